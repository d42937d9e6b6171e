"""What users' code relies on where there are signals, threads and forks, see test_semantics.py."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from child import run_child

from pylibretro import (
    PORT_INPUT,
    Core,
    CoreBusyError,
    Message,
    StateError,
)

OpenCore = Callable[..., Core]
BuildCore = Callable[..., Path]

posix = pytest.mark.skipif(os.name != "posix", reason="signals and fork() of POSIX")


# ---- 8. Ctrl-C ends a long run between two frames


@posix
@pytest.mark.parametrize("busy", [False, True], ids=["alone", "beside a busy thread"])
@pytest.mark.parametrize("call", ["run", "capture"])
def test_8_ctrl_c(busy: bool, call: str) -> None:
    printed = run_child(
        f"""
def compute():
    while not done:
        sum(range(1000))

done = False
core = Core("2048")
if {busy}:
    threading.Thread(target=compute, daemon=True).start()
for round in range(3):
    threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        if {call == "run"}:
            core.run(10**9)
        else:
            core.capture(10**8, every=10**8)
        print("ran to its end")
    except KeyboardInterrupt:
        print("interrupted")
    count = core.frame_count
    print(0 < count < 10**8, core.run(5), core.frame_count - count, core.frame is not None)
done = True
"""
    )
    assert printed.splitlines() == ["interrupted", "True 5 5 True"] * 3


@posix
def test_8_other_signals_reach_their_handlers_during_a_run() -> None:
    """A handler that returns lets the run go on, one that raises ends it."""
    printed = run_child(
        """
heard = []
def note(number, frame):
    heard.append(core.frame_count)
    if len(heard) == 3:
        raise TimeoutError("enough")
signal.signal(signal.SIGALRM, note)
core = Core("2048")
signal.setitimer(signal.ITIMER_REAL, 0.1, 0.3)
try:
    core.run(10**9)
except TimeoutError as error:
    print(error, len(heard), 0 < heard[0] < heard[1] < heard[2])
signal.setitimer(signal.ITIMER_REAL, 0)
"""
    )
    assert printed == "enough 3 True\n"


@posix
def test_8_a_run_in_another_thread_does_not_take_ctrl_c() -> None:
    printed = run_child(
        """
core = Core("2048")
frames = []
thread = threading.Thread(target=lambda: frames.append(core.run(20000)))
thread.start()
try:
    os.kill(os.getpid(), signal.SIGINT)
    while True:
        time.sleep(0.01)
except KeyboardInterrupt:
    print("main thread")
thread.join()
print(frames)
"""
    )
    assert printed == "main thread\n[20000]\n"


# ---- 9. One Core is one thread's at a time; a Core does not survive fork()

NOT_FOR_THE_CHILD = [
    "run",
    "capture",
    "frame",
    "raw_frame",
    "audio",
    "inputs",
    "options",
    "memory",
    "save_state",
    "reset",
    "frame_count",
    "av_info",
    "region",
    "state_size",
]


def test_9_a_second_thread_is_turned_away_from_every_call(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 40]))
    record = np.zeros(1, PORT_INPUT)
    calls: dict[str, Callable[[], object]] = {
        "run": lambda: core.run(),
        "run with inputs": lambda: core.run(1, inputs=record),
        "capture": lambda: core.capture(1),
        "frame": lambda: core.frame,
        "raw_frame": lambda: core.raw_frame,
        "audio": lambda: core.audio,
        "save_state": lambda: core.save_state(),
        "load_state": lambda: core.load_state(b"1234"),
        "state_size": lambda: core.state_size,
        "reset": lambda: core.reset(),
        "set_controller": lambda: core.set_controller(0, 1),
        "set_cheat": lambda: core.set_cheat(0, "a"),
        "reset_cheats": lambda: core.reset_cheats(),
        "system_ram": lambda: core.memory.system_ram,
        "read": lambda: core.memory.read(0),
        "write": lambda: core.memory.write(0, 1),
        "region": lambda: core.region,
        "flush_save_ram": lambda: core.flush_save_ram(),
        "close": lambda: core.close(),
    }
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            core.run(50)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        turned_away: set[str] = set()
        deadline = time.monotonic() + 60
        while turned_away != set(calls) - {"close"} and time.monotonic() < deadline:
            for name, call in calls.items():
                if name == "close":
                    continue
                try:
                    call()
                except CoreBusyError:
                    turned_away.add(name)
                except StateError:  # in a moment between two runs
                    pass
    finally:
        stop.set()
        thread.join()
    assert turned_away == set(calls) - {"close"}
    assert core.run() == 1


def test_9_a_hook_cannot_call_into_its_own_core(open_core: OpenCore) -> None:
    refused: list[str] = []

    def hear(_: Message) -> None:
        for call in (core.run, core.close, core.save_state, core.reset):
            try:
                call()
            except CoreBusyError as error:
                refused.append(str(error))

    core = open_core("messages", on_message=hear)
    core.run()
    assert len(refused) == 8
    assert all("inside one of its own calls" in text for text in refused)
    assert core.frame_count == 1
    assert not core.closed


@posix
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_9_a_forked_child_gets_errors_and_may_open_its_own(build_core: BuildCore) -> None:
    printed = run_child(
        """
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
core = Core(sys.argv[1], bytes([4]))
view = core.memory.system_ram
core.run(2)
sys.stdout.flush()
child = os.fork()
if child == 0:
    problems = []
    for name in sys.argv[2].split():
        try:
            value = getattr(core, name)
            if name in ("options", "memory"):
                list(value) if name == "options" else value.system_ram
            elif callable(value):
                value(1) if name == "capture" else value()
            problems.append(f"{name} worked")
        except CoreForkedError as error:
            if "child" not in str(error):
                problems.append(str(error))
    with Core("2048") as own:
        print(problems, own.run(3), view[0], core.closed)
    core.close()
    print(core.closed, repr(core))
    sys.stdout.flush()
    sys.exit(0)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
print(core.run(3), core.frame_count, core.closed)
""",
        build_core("log"),
        " ".join(NOT_FOR_THE_CHILD),
    )
    assert printed.splitlines() == [
        "[] 3 0 False",
        "True <pylibretro.Core log (closed)>",
        "0",
        "3 5 False",
    ]


@posix
@pytest.mark.parametrize("ending", ["sys.exit(0)", "os._exit(0)"])
def test_9_a_closed_core_whose_views_live_is_the_parents_to_unload(
    build_core: BuildCore, ending: str
) -> None:
    printed = run_child(
        f"""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
class Printer(logging.Handler):
    def emit(self, record):
        print(record.getMessage(), flush=True)
logging.getLogger("pylibretro").addHandler(Printer())
logging.getLogger("pylibretro").setLevel(logging.DEBUG)
core = Core(sys.argv[1], bytes([4]))
view = core.memory.system_ram
core.close()
child = os.fork()
if child == 0:
    del view, core
    gc.collect()
    print("child", flush=True)
    {ending}
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
del view
gc.collect()
""",
        build_core("log"),
    )
    assert printed.splitlines() == ["set_environment", "child", "0", "deinit says goodbye"]


@posix
def test_9_a_child_forked_while_other_threads_open_and_close_cores_opens_its_own(
    build_core: BuildCore,
) -> None:
    printed = run_child(
        """
import faulthandler, warnings
warnings.simplefilter("ignore", DeprecationWarning)
stop = threading.Event()
def open_and_close():
    while not stop.is_set():
        Core(sys.argv[1]).close()
threads = [threading.Thread(target=open_and_close) for _ in range(3)]
for thread in threads:
    thread.start()
endings = set()
for _ in range(25):
    child = os.fork()
    if child == 0:
        faulthandler.dump_traceback_later(60, exit=True)
        with Core(sys.argv[1]) as own:
            os._exit(own.run(3))
    endings.add(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
stop.set()
for thread in threads:
    thread.join()
print(endings)
""",
        build_core("globals"),
    )
    assert printed == "{3}\n"
