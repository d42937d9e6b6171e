"""What goes wrong in a CoreBatch: who is told, with which number, and what the others do."""

from __future__ import annotations

import gc
import os
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child
from observe import BuildCore, content_of, present

from pylibretro import (
    AddressError,
    ClosedError,
    ContentError,
    Core,
    CoreBatch,
    CoreBusyError,
    CoreCrashedError,
    CoreNotFoundError,
    CoreShutdownError,
    CoreSpec,
    LibretroError,
    Observation,
    OptionError,
    ProtocolError,
    RuleError,
)

NOTHING, SHUT_DOWN, NO_PITCH, HIDE_MEMORY, LOG = range(5)
FRAMES = {"frames": (0, "<u4")}


def index_of(error: BaseException) -> int:
    index = error.index  # type: ignore[attr-defined]
    assert isinstance(index, int)
    return index


def errors_of(error: BaseException) -> dict[int, BaseException]:
    return dict(error.errors)  # type: ignore[attr-defined]


def frame_counts(batch: CoreBatch) -> list[int]:
    return [core.frame_count for core in batch]


def five(build_core: BuildCore, *faults: tuple[int, int, int]) -> list[CoreSpec]:
    """Five cores, of which some do something: (core, what, in which frame)."""
    contents = [content_of(NOTHING, 0, 0)] * 5
    for i, what, frame in faults:
        contents[i] = content_of(what, frame, 0)
    return [CoreSpec(build_core("batch"), content) for content in contents]


# ---- a core fails in a step ----------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 5])
@pytest.mark.parametrize("how", ["throw", "throw_number", "exit", "abort", "assert"])
def test_a_crash_has_a_number_and_the_others_finish(
    build_core: BuildCore, how: str, threads: int
) -> None:
    crash = {"crash_where": "later", "crash_how": how}
    path = build_core("crash")
    specs = [CoreSpec(path, options=crash if i in (1, 3) else None) for i in range(5)]
    watched = Observation((24, 32))
    with CoreBatch(specs, threads=threads, watches=FRAMES, observation=watched) as batch:
        assert batch.run(2).tolist() == [2] * 5
        with pytest.raises(CoreCrashedError, match="core 1 of the batch") as caught:
            batch.run(4)
        assert index_of(caught.value) == 1
        assert sorted(errors_of(caught.value)) == [1, 3]
        assert all(isinstance(e, CoreCrashedError) for e in errors_of(caught.value).values())
        assert frame_counts(batch) == [6, 2, 6, 2, 6]
        assert present(batch.frames_run).tolist() == [4, 0, 4, 0, 4]
        assert present(batch.watches)[:, 0].tolist() == [6, 0, 6, 0, 6]
        assert [row.any() for row in present(batch.observations)] == [
            True,
            False,
            True,
            False,
            True,
        ]

        with pytest.raises(CoreCrashedError, match="core 1 of the batch") as caught:
            batch.run()
        assert index_of(caught.value) == 1
        assert frame_counts(batch) == [6, 2, 6, 2, 6], "nobody ran"
        batch.send(frames=3, ids=[0, 2, 4])
        with pytest.raises(CoreCrashedError) as caught:
            batch.send(ids=[3])
        assert index_of(caught.value) == 3
        assert batch[4] is not None
    assert batch.closed


@pytest.mark.parametrize("threads", [1, 3])
def test_a_crash_in_a_callback(build_core: BuildCore, threads: int) -> None:
    """Reading what a watch needs is a call into the core, too."""
    watch = bytes([7])
    specs = [CoreSpec(build_core("callback_crash"), c) for c in (b"\0", b"\0", watch, b"\0")]
    with CoreBatch(specs, threads=threads, watches=FRAMES) as batch:
        with pytest.raises(CoreCrashedError, match="thrown in a callback") as caught:
            batch.run(4)
        assert index_of(caught.value) == 2
        assert [batch[i].frame_count for i in (0, 1, 3)] == [4, 4, 4]
        assert present(batch.watches)[:, 0].tolist() == [4, 4, 0, 4]


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("sent", [False, True])
def test_a_broken_rule_of_libretro(build_core: BuildCore, threads: int, sent: bool) -> None:
    with CoreBatch(five(build_core, (2, NO_PITCH, 3)), threads=threads, watches=FRAMES) as batch:
        if sent:
            batch.send(frames=5)
        with pytest.raises(ProtocolError, match=r"core 2 of the batch.*pitch") as caught:
            batch.recv() if sent else batch.run(5)
        assert index_of(caught.value) == 2
        if sent:
            result = batch.recv()
            assert sorted(result.ids.tolist()) == [0, 1, 3, 4]
            assert result.frames_run.tolist() == [5] * 4
            assert batch.steps_in_flight == 0
        else:
            assert present(batch.frames_run).tolist() == [5, 5, 3, 5, 5]
            assert present(batch.watches)[:, 0].tolist() == [5, 5, 0, 5, 5]
        assert batch.run(5).tolist() == [5] * 5, "it may run on"
        assert frame_counts(batch) == [10, 10, 8, 10, 10]


@pytest.mark.parametrize("threads", [1, 2])
def test_a_core_that_shuts_down(build_core: BuildCore, threads: int) -> None:
    with CoreBatch(five(build_core, (3, SHUT_DOWN, 4)), threads=threads, watches=FRAMES) as batch:
        assert batch.run(6).tolist() == [6, 6, 6, 4, 6]
        assert present(batch.watches)[:, 0].tolist() == [6, 6, 6, 4, 6]
        with pytest.raises(CoreShutdownError, match="core 3 of the batch") as caught:
            batch.run(6)
        assert index_of(caught.value) == 3
        assert frame_counts(batch) == [6, 6, 6, 4, 6]


def test_a_sent_step_ends_where_the_core_shuts_down(build_core: BuildCore) -> None:
    with CoreBatch(five(build_core, (1, SHUT_DOWN, 2)), watches=FRAMES) as batch:
        batch.send(frames=5)
        result = batch.recv()
        order = np.argsort(result.ids)
        assert result.frames_run[order].tolist() == [5, 2, 5, 5, 5]
        assert result.watches is not None
        assert result.watches[order, 0].tolist() == [5, 2, 5, 5, 5]
        with pytest.raises(CoreShutdownError) as caught:
            batch.send(ids=[0, 1, 2])
        assert index_of(caught.value) == 1
        assert batch.steps_in_flight == 0
        assert frame_counts(batch) == [5, 2, 5, 5, 5]
        batch[0].run()


def test_a_watch_that_is_not_mapped(build_core: BuildCore) -> None:
    beyond = {"beyond": (0x1000, "|u1")}
    with CoreBatch(build_core("plain"), count=3, watches=beyond) as batch:
        with pytest.raises(AddressError, match="core 0 of the batch") as caught:
            batch.run(3)
        assert sorted(errors_of(caught.value)) == [0, 1, 2]
    with CoreBatch(five(build_core, (4, HIDE_MEMORY, 3)), watches=FRAMES) as batch:
        assert batch.run(2).tolist() == [2] * 5
        with pytest.raises(AddressError, match="core 4 of the batch") as caught:
            batch.run(4)
        assert index_of(caught.value) == 4
        assert frame_counts(batch) == [6, 6, 6, 6, 3]
        assert present(batch.watches)[:, 0].tolist() == [6, 6, 6, 6, 0]
        batch.send(frames=1, ids=[0, 1, 2])


def test_errors_of_sent_steps_come_one_after_the_other(build_core: BuildCore) -> None:
    specs = five(build_core, (0, NO_PITCH, 1), (3, NO_PITCH, 1))
    with CoreBatch(specs, recv_size=2, threads=2) as batch:
        batch.send()
        failed, finished = [], []
        while batch.steps_in_flight:
            try:
                finished += batch.recv().ids.tolist()
            except ProtocolError as error:
                failed += sorted(errors_of(error))
            except CoreBusyError:  # fewer than two are left
                batch.send(ids=finished[:1])
                finished = finished[1:]
        assert sorted(failed) == [0, 3]
        assert set(finished) <= {1, 2, 4}
        assert batch.run().tolist() == [1] * 5


def test_log_lines_arrive_with_the_step(build_core: BuildCore) -> None:
    with CoreBatch(five(build_core, (1, LOG, 2), (4, LOG, 3))) as batch:
        batch.run(5)
        logs = [[line.text for line in core.log if "frame" in line.text] for core in batch]
        assert logs == [[], ["frame 2"], [], [], ["frame 3"]]
        batch[1].reset()
        batch.send(frames=4, ids=[1])
        batch.send(frames=4, ids=[0, 2, 3, 4])
        batch.recv()
        assert [line.text for line in batch[1].log].count("frame 2") == 2


# ---- making one ----------------------------------------------------------------------------------


def test_if_one_core_cannot_be_opened_all_are_closed(build_core: BuildCore, tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    good = CoreSpec(build_core("log"), bytes([4]))
    specs = [good, good, CoreSpec(build_core("refuse"), b"game"), good, CoreSpec(gone)]
    for _ in range(3):
        with pytest.raises(LibretroError) as caught:
            CoreBatch(specs, threads=2)
        assert index_of(caught.value) in (2, 4)
        assert set(errors_of(caught.value)) <= {2, 4}
    del caught
    gc.collect()
    assert not [core for core in gc.get_objects() if isinstance(core, Core) and not core.closed]


@pytest.mark.parametrize(
    ("arguments", "error", "match"),
    [
        ({"path": "no such core"}, CoreNotFoundError, "core 0"),
        ({"path": "2048", "content": "/nowhere/game"}, ContentError, "core 0"),
        ({"path": "2048", "options": {"2048_seed": "99"}}, OptionError, "core 0"),
        ({"path": []}, ValueError, "at least one"),
        ({"path": ["2048"]}, TypeError, "CoreSpec"),
        ({"path": [CoreSpec("2048")], "count": 2}, TypeError, "count"),
        ({"path": [CoreSpec("2048")], "content": b""}, TypeError, "content"),
        ({"path": [CoreSpec("2048")], "options": {}}, TypeError, "options"),
        ({"path": "2048", "on_message": print}, TypeError, "on_message"),
        ({"path": "2048", "recv_size": 2}, ValueError, "recv_size"),
        ({"path": "2048", "observation": (84, 84)}, TypeError, "observation"),
        ({"path": "2048", "audio_window": 735}, TypeError, "audio_window"),
        ({"path": "2048", "stop_when_done": True}, ValueError, "done="),
        ({"path": "2048", "watches": ["score"]}, TypeError, "watches"),
        ({"path": "2048", "watches": {1: (0, "u1")}}, TypeError, "names"),
        ({"path": "2048", "watches": {"score": 0x20}}, TypeError, "watch"),
        ({"path": "2048", "watches": {"score": (0x20, "<u9")}}, ValueError, "u9"),
        ({"path": "2048", "watches": {"score": (-1, "<u4")}}, AddressError, "-1"),
        ({"path": "2048", "reward": "score"}, RuleError, "score"),
        ({"path": "2048", "reward": ["frames", "1 +"]}, RuleError, r"1 \+"),
        ({"path": "2048", "done": "frames >"}, RuleError, "frames >"),
    ],
)
def test_arguments_that_make_no_batch(
    arguments: dict[str, Any], error: type[Exception], match: str
) -> None:
    with pytest.raises(error, match=match):
        CoreBatch(**arguments)


def test_copies_do_not_share_a_save_directory(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="save_dir"):
        CoreBatch("2048", count=2, save_dir=tmp_path)
    with CoreBatch("2048", save_dir=tmp_path) as batch:
        batch.run()


def test_a_batch_is_opened_once() -> None:
    with CoreBatch("2048") as batch:
        with pytest.raises(TypeError, match="once"):
            batch.__init__("2048")
        assert batch.run().tolist() == [1]


def test_a_batch_that_was_never_opened() -> None:
    batch = CoreBatch.__new__(CoreBatch)
    for use in CALLS.values():
        with pytest.raises(ClosedError):
            use(batch)
    assert "closed" in repr(batch)
    batch.close()


# ---- the end -------------------------------------------------------------------------------------

CALLS: dict[str, Any] = {
    "run": lambda b: b.run(),
    "run_until": lambda b: b.run_until("frames > 1", 2),
    "send": lambda b: b.send(),
    "recv": lambda b: b.recv(),
    "save_states": lambda b: b.save_states(),
    "load_states": lambda b: b.load_states([b"", b"", b""]),
    "reset": lambda b: b.reset(),
    "reset_states": lambda b: b.reset_states,
    "frames": lambda b: b.frames,
    "audio": lambda b: b.audio,
    "observations": lambda b: b.observations,
    "watches": lambda b: b.watches,
    "done": lambda b: b.done,
    "frames_run": lambda b: b.frames_run,
    "[0]": lambda b: b[0],
    "iter": lambda b: list(b),
    "with": lambda b: b.__enter__(),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.parametrize("in_flight", [False, True])
def test_after_close(name: str, in_flight: bool) -> None:
    batch = CoreBatch("2048", count=3, observation=Observation((8, 8)), watches=FRAMES)
    cores = list(batch)
    batch.run()
    if in_flight:
        batch.send(frames=100)
    batch.close()
    batch.close()
    assert batch.closed
    assert all(core.closed for core in cores)
    with pytest.raises(ClosedError):
        CALLS[name](batch)
    assert "closed" in repr(batch)


def test_garbage_is_closed(build_core: BuildCore) -> None:
    for in_flight in (False, True):
        batch = CoreBatch(build_core("batch"), content_of(0, 0, 2), count=4, threads=2)
        cores = list(batch)
        if in_flight:
            batch.send(frames=1000)
        cycle: list[Any] = [batch]
        cycle.append(cycle)
        del batch, cycle
        gc.collect()
        assert all(core.closed for core in cores)


def test_a_core_closed_by_itself(build_core: BuildCore) -> None:
    with CoreBatch(build_core("plain"), count=3) as batch:
        batch.run()
        batch[1].close()
        with pytest.raises(ClosedError) as caught:
            batch.run()
        assert index_of(caught.value) == 1
        assert [batch[0].frame_count, batch[2].frame_count] == [1, 1]
        batch.send(ids=[0, 2], frames=3)


@pytest.mark.parametrize("in_flight", [False, True])
def test_the_interpreter_ends(build_core: BuildCore, in_flight: bool) -> None:
    printed = run_child(
        """
batch = CoreBatch(sys.argv[1], np.array([0, 0, 5], np.uint32).tobytes(), count=4, threads=3)
batch.run(2)
if sys.argv[2] == "True":
    batch.send(frames=1_000_000)
print("bye")
""",
        build_core("batch"),
        in_flight,
    )
    assert printed == "bye\n"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
@pytest.mark.parametrize("in_flight", [False, True])
def test_fork(build_core: BuildCore, in_flight: bool) -> None:
    printed = run_child(
        """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)  # fork() with threads
content = np.array([0, 0, 1], np.uint32).tobytes()
batch = CoreBatch(sys.argv[1], content, count=4, threads=2, watches={"frames": (0, "<u4")})
batch.run(3)
if sys.argv[2] == "True":
    batch.send(frames=50)
child = os.fork()
if child == 0:
    refused = 0
    for use in (batch.run, batch.send, batch.recv, batch.save_states, lambda: batch.frames,
                lambda: batch.watches, lambda: batch[0]):
        try:
            use()
        except CoreForkedError:
            refused += 1
    with CoreBatch(sys.argv[1], content, count=3, threads=2) as own:
        ran = own.run(4).tolist()
        own.send(frames=2)
        ran += own.recv().frames_run.tolist()
    batch.close()
    del batch
    gc.collect()
    good = refused == 7 and ran == [4, 4, 4, 2, 2, 2]
    os._exit(0 if good else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
if sys.argv[2] == "True":
    assert batch.recv().watches.ravel().tolist() == [53] * 4
assert batch.run(2).tolist() == [2] * 4
print("both")
""",
        build_core("batch"),
        in_flight,
    )
    assert printed == "both\n"


# ---- other threads, and between calls ------------------------------------------------------------


def test_a_second_thread_is_told_that_the_batch_is_busy(build_core: BuildCore) -> None:
    slow = content_of(NOTHING, 0, 5)
    with CoreBatch(build_core("batch"), slow, count=2, threads=2) as batch:
        stepping = threading.Thread(target=batch.run, args=(60,))
        stepping.start()
        try:
            while not batch[0].frame_count:
                pass
            for name in ("run", "run_until", "send", "recv", "save_states", "frames"):
                with pytest.raises(CoreBusyError, match="another"):
                    CALLS[name](batch)
            with pytest.raises(CoreBusyError):
                batch.close()
            with pytest.raises(CoreBusyError):
                batch[1].run()
        finally:
            stepping.join()
        assert frame_counts(batch) == [60, 60]
        assert not batch.closed


def test_many_threads_want_one_batch() -> None:
    ran: list[int] = []
    with CoreBatch("2048", count=3, threads=2) as batch:

        def use() -> None:
            for _ in range(50):
                try:
                    batch.run(3)
                    ran.append(3)
                except CoreBusyError:
                    pass

        threads = [threading.Thread(target=use) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert frame_counts(batch) == [sum(ran)] * 3


def test_a_core_in_use_by_another_thread_stops_the_step(build_core: BuildCore) -> None:
    with CoreBatch(build_core("batch"), content_of(NOTHING, 0, 5), count=3) as batch:
        stepping = threading.Thread(target=batch[1].run, args=(60,))
        stepping.start()
        try:
            while not batch[1].frame_count:
                pass
            with pytest.raises(CoreBusyError) as caught:
                batch.run()
            assert index_of(caught.value) == 1
            with pytest.raises(CoreBusyError) as caught:
                batch.send(ids=[0, 1, 2])
            assert index_of(caught.value) == 1
        finally:
            stepping.join()
        assert frame_counts(batch) == [0, 60, 0]
        assert batch.run().tolist() == [1, 1, 1]


def test_cores_are_busy_while_their_steps_are_in_flight(build_core: BuildCore) -> None:
    slow = content_of(NOTHING, 0, 2)
    with CoreBatch(build_core("batch"), slow, count=3, recv_size=1, threads=1) as batch:
        batch.send(frames=30, ids=[0, 2])
        for core in (batch[0], batch[2]):
            with pytest.raises(CoreBusyError):
                core.run()
            with pytest.raises(CoreBusyError):
                core.close()
        assert batch[1].run(3) == 3
        for name in ("run", "run_until", "save_states", "reset", "frames"):
            with pytest.raises(CoreBusyError, match="2 cores"):
                CALLS[name](batch)
        batch.recv()
        batch.recv()
        assert frame_counts(batch) == [30, 3, 30]
        assert batch.run().tolist() == [1, 1, 1]


# ---- Ctrl-C --------------------------------------------------------------------------------------

INTERRUPTED = """
path, call, threads = sys.argv[1], sys.argv[2], int(sys.argv[3])
content = np.array([0, 0, 2], np.uint32).tobytes()
watches = {"frames": (0, "<u4")}
batch = CoreBatch(path, content, count=4, threads=threads, watches=watches)
state = batch.save_states([0])[0]
calls = {
    "run": lambda: batch.run(1_000_000),
    "run_until": lambda: batch.run_until("frames < 0", 1_000_000),
    "recv": lambda: (batch.send(frames=400), batch.recv()),
    "branch": lambda: batch.branch(state, np.zeros((4, 1_000_000), np.uint16)),
    "long branch": lambda: batch.branch(state, np.zeros((4, 1), np.uint16), frames=1_000_000),
}
threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    calls[call]()
    print("not interrupted")
except KeyboardInterrupt:
    pass
if call == "recv":
    assert batch.steps_in_flight == 4
    result = batch.recv()
    assert sorted(result.ids.tolist()) == [0, 1, 2, 3] and result.frames_run.tolist() == [400] * 4
counts = [core.frame_count for core in batch]
assert max(counts) < 500_000, counts
assert [int(core.memory.system_ram.view(np.uint32)[0]) for core in batch] == counts
batch.run(3)
assert batch.watches[:, 0].tolist() == [count + 3 for count in counts]
batch.load_states(state)
batch.run(2)
assert batch.watches[:, 0].tolist() == [2] * 4
batch.close()
print("interrupted")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("call", ["run", "run_until", "recv", "branch", "long branch"])
def test_ctrl_c(build_core: BuildCore, call: str, threads: int) -> None:
    printed = run_child(INTERRUPTED, build_core("batch"), call, threads, timeout=60)
    assert printed == "interrupted\n"


HANDLED = """
heard = []
signal.signal(signal.SIGINT, lambda *_: heard.append(1))
content = np.array([0, 0, 2], np.uint32).tobytes()
call = sys.argv[2]
batch = CoreBatch(sys.argv[1], content, count=3, threads=2, watches={"frames": (0, "<u4")})
state = batch.save_states([0])[0]
threading.Timer(0.15, os.kill, (os.getpid(), signal.SIGINT)).start()
if call == "run":
    assert batch.run(200).tolist() == [200] * 3
elif call == "run_until":
    assert batch.run_until("frames >= 200", 1000).tolist() == [True] * 3
elif call == "recv":
    batch.send(frames=200)
    assert batch.recv().frames_run.tolist() == [200] * 3
else:
    tried = batch.branch(state, np.zeros((5, 100), np.uint16), frames=1)
    assert tried.frames_run.tolist() == [[1] * 100] * 5
    assert tried.watches[:, :, 0].tolist() == [list(range(1, 101))] * 5
assert heard == [1]
print("heard")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends the process there")
@pytest.mark.parametrize("call", ["run", "run_until", "recv", "branch"])
def test_a_handler_that_returns_lets_the_step_go_on(build_core: BuildCore, call: str) -> None:
    assert run_child(HANDLED, build_core("batch"), call, timeout=60) == "heard\n"
