"""From open to close: the order of calls, private instances, crashes, threads, what is no core."""

from __future__ import annotations

import gc
import logging
import os
import subprocess
import sys
import threading
import weakref
from pathlib import Path

import numpy as np
import pytest
from compiler import MUSL
from observe import BuildCore, OpenCore, present, words

from pylibretro import Core, Device, Host
from pylibretro.error import (
    ClosedError,
    ContentError,
    CoreBusyError,
    CoreCrashedError,
    CoreCrashWarning,
    CoreForkedError,
    InvalidCoreError,
    LibretroError,
)

ENTRY_POINTS = [
    "retro_set_environment",
    "retro_set_video_refresh",
    "retro_set_audio_sample",
    "retro_set_audio_sample_batch",
    "retro_set_input_poll",
    "retro_set_input_state",
    "retro_init",
    "retro_deinit",
    "retro_api_version",
    "retro_get_system_info",
    "retro_get_system_av_info",
    "retro_set_controller_port_device",
    "retro_reset",
    "retro_run",
    "retro_serialize_size",
    "retro_serialize",
    "retro_unserialize",
    "retro_cheat_reset",
    "retro_cheat_set",
    "retro_load_game",
    "retro_load_game_special",
    "retro_unload_game",
    "retro_get_region",
    "retro_get_memory_data",
    "retro_get_memory_size",
]
CALLBACKS = [
    "set_audio_sample",
    "set_audio_sample_batch",
    "set_input_poll",
    "set_input_state",
    "set_video_refresh",
]


def calls(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if not message.startswith("get_memory_size")]


@pytest.fixture
def ordered(open_core: OpenCore, caplog: pytest.LogCaptureFixture) -> OpenCore:
    caplog.set_level(logging.DEBUG, "pylibretro")
    return lambda *arguments, **wishes: open_core("order", *arguments, **wishes)


def test_calls_come_in_libretros_order(ordered: OpenCore, caplog: pytest.LogCaptureFixture) -> None:
    core = ordered()
    core.run(2)
    core.set_controller(1, Device.ANALOG)
    core.reset()
    core.close()
    core.close()
    order = calls(caplog)
    begin = order.index("set_environment")
    assert set(order[:begin]) <= {"get_system_info"}, "only this may come before set_environment"
    assert order[begin + 1] == "init"
    assert sorted(order[begin + 2 : begin + 7]) == CALLBACKS
    assert order[begin + 7 :] == [
        "load_game without a game",
        "get_system_av_info",
        "set_controller_port_device 0 1",
        "set_controller_port_device 1 1",
        "run",
        "run",
        "set_controller_port_device 1 5",
        "reset",
        "unload_game",
        "deinit",
    ]


def test_save_ram_is_asked_for_before_the_first_frame(
    ordered: OpenCore, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    core = ordered(save_dir=tmp_path)
    core.run()
    question = caplog.messages.index("get_memory_size of the save RAM")
    assert caplog.messages.index("get_system_av_info") < question < caplog.messages.index("run")


def test_a_refused_game_is_not_unloaded(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    with pytest.raises(ContentError, match="this is no game of ours") as refusal:
        open_core("refuse", b"anything")
    assert "bad header at offset 512" in str(refusal.value)
    assert "deinit after refusal" in caplog.messages
    gc.collect()


def test_everything_after_close_raises(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run()
    core.close()
    core.close()
    assert core.closed
    for use in (
        core.run,
        core.reset,
        core.save_state,
        core.__enter__,
        lambda: core.capture(1),
        lambda: core.load_state(b""),
        lambda: core.set_buttons(0),
        lambda: core.set_analog(0, 0, 0, 0),
        lambda: core.set_controller(0, 1),
        lambda: core.set_cheat(0, "a"),
        lambda: core.frame,
        lambda: core.raw_frame,
        lambda: core.audio,
        lambda: core.inputs,
        lambda: core.info,
        lambda: core.av_info,
        lambda: core.geometry,
        lambda: core.options["a"],
        lambda: core.memory.system_ram,
        lambda: core.state_size,
        lambda: core.controllers,
        lambda: core.input_descriptors,
    ):
        with pytest.raises(ClosedError):
            use()
    assert "closed" in repr(core)


def test_a_core_closes_with_its_block(build_core: BuildCore) -> None:
    with Core(build_core("plain")) as core:
        assert core.run(3) == 3
        assert not core.closed
    assert core.closed


def test_a_core_that_is_collected_closes_quietly(
    build_core: BuildCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    core = Core(build_core("order"))
    gone = weakref.ref(core)
    del core
    gc.collect()
    assert gone() is None
    assert calls(caplog)[-2:] == ["unload_game", "deinit"]


def test_a_core_is_opened_once(open_core: OpenCore) -> None:
    core = open_core("plain")
    with pytest.raises(TypeError, match="once"):
        core.__init__(core.path)  # type: ignore[misc]


def test_what_a_core_says_of_itself(open_core: OpenCore) -> None:
    core = open_core("plain")
    assert tuple(core.info) == ("test core", "1.0", ("bin",), False, False)
    assert core.av_info.fps == 60
    assert (core.av_info.max_width, core.av_info.aspect_ratio) == (
        core.geometry.max_width,
        core.geometry.aspect_ratio,
    )
    assert core.av_info.sample_rate == 44100
    assert core.geometry.aspect_ratio == pytest.approx(32 / 24), "0 means width / height"
    assert core.supports_no_game
    assert core.name == "plain"


@pytest.mark.parametrize("av_info", range(7))
def test_a_core_that_says_nonsense(open_core: OpenCore, av_info: int) -> None:
    core = open_core("hostile", bytes([av_info]))
    assert core.info.name
    assert core.info.extensions == ()
    assert core.geometry.aspect_ratio == core.av_info.geometry.aspect_ratio or av_info == 3
    assert "hostile" in repr(core)
    assert dict(core.options)["test_something"] in ("a", "b", "c")
    assert [subsystem.identifier for subsystem in core.subsystems] == ["empty", "nameless"]
    assert [descriptor.description for descriptor in core.input_descriptors] == ["far away", ""]
    assert core.memory.map == []
    assert core.messages == []
    core.run(3)
    assert words(core)[:3] == [3, 0, 0]
    assert present(core.frame).shape == (24, 32, 3)
    assert core.frame_count == 3


# ---- what is no core


@pytest.mark.parametrize("missing", ENTRY_POINTS)
def test_a_library_without_an_entry_point_is_no_core(build_core: BuildCore, missing: str) -> None:
    path = build_core("plain", f"-DOWN_{missing}")
    with pytest.raises(InvalidCoreError, match=rf"\b{missing}\b"):
        Core(path)


@pytest.mark.parametrize("version", [0, 2, 2**32 - 1])
def test_other_versions_of_the_api_are_refused(build_core: BuildCore, version: int) -> None:
    path = build_core("plain", f"-DCORE_API_VERSION={version}u")
    with pytest.raises(InvalidCoreError, match=rf"\b{version}\b"):
        Core(path)


# ---- private instances


def test_two_cores_on_one_file_share_nothing(open_core: OpenCore) -> None:
    first, second = open_core("globals"), open_core("globals")
    first.run(10)
    second.run(3)
    assert words(first)[:5] == [1, 1010, 10, 10, 10]
    assert words(second)[:5] == [1, 1003, 3, 3, 3]
    first.close()
    second.run()
    assert words(second)[:5] == [1, 1004, 4, 4, 4]


def test_a_core_opened_again_starts_afresh(open_core: OpenCore) -> None:
    for _ in range(5):
        core = open_core("globals")
        core.run(4)
        assert words(core)[:5] == [1, 1004, 4, 4, 4]
        core.close()


def test_random_numbers_are_each_cores_own(open_core: OpenCore) -> None:
    def sequence(core: Core, frames: int = 25) -> list[tuple[int, ...]]:
        seen = []
        for _ in range(frames):
            core.run()
            seen.append(tuple(words(core)[:2]))
        return seen

    alone = sequence(open_core("libc_state"))
    first, second = open_core("libc_state"), open_core("libc_state")
    together = [
        (a, b)
        for _ in range(25)
        for a, b in zip(sequence(first, 1), sequence(second, 1), strict=True)
    ]
    assert [a for a, _ in together] == alone
    assert [b for _, b in together] == alone
    assert len({number for number, _ in alone}) > 20
    seeded = sequence(open_core("libc_state", bytes([1])))
    assert [number for number, _ in seeded][:9] != [number for number, _ in alone][:9]


def test_strtok_is_each_cores_own(open_core: OpenCore) -> None:
    first, second = open_core("libc_state"), open_core("libc_state")
    places = []
    for _ in range(4):
        first.run()
        second.run()
        places.append((words(first)[3], words(second)[3]))
    assert places == [(0, 0), (4, 4), (8, 8), (14, 14)]


def test_the_clock_runs_with_the_frames(open_core: OpenCore) -> None:
    first = open_core("libc_state")
    first.run()
    start = words(first)[2]
    first.run(603)
    assert words(first)[2] - start == 10
    given = open_core("libc_state", host=Host(clock=1_000_000_000))
    given.run()
    assert words(given)[2] == 1_000_000_000


# ---- crashes


EVERYWHERE = {
    "init": lambda open_crash: open_crash(),
    "load_game": lambda open_crash: open_crash(),
    "get_system_av_info": lambda open_crash: open_crash(),
    "set_controller_port_device": lambda open_crash: open_crash(),
    "run": lambda open_crash: open_crash().run(),
    "later": lambda open_crash: open_crash().run(10),
    "reset": lambda open_crash: open_crash().reset(),
    "serialize_size": lambda open_crash: open_crash().save_state(),
    "serialize": lambda open_crash: open_crash().save_state(),
    "unserialize": lambda open_crash: open_crash().load_state(bytes(4)),
    "get_memory_data": lambda open_crash: open_crash().memory.system_ram,
    "cheat_set": lambda open_crash: open_crash().set_cheat(0, "x"),
}
HOW = {
    "throw": "thrown in|nobody catches",  # the latter where we were built without C++
    "throw_number": "threw",
    "exit": "3",
    "abort": "abort",
    "assert": "asserted",
}


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("where", EVERYWHERE)
def test_a_crash_is_an_exception(open_core: OpenCore, where: str, how: str) -> None:
    options = {"crash_where": where, "crash_how": how}
    with pytest.raises(CoreCrashedError, match=HOW[how]) as crash:
        EVERYWHERE[where](lambda: open_core("crash", options=options))
    assert "about to fail in" in str(crash.value)


@pytest.mark.parametrize("how", HOW)
def test_a_crashed_core_can_only_be_closed(open_core: OpenCore, how: str) -> None:
    core = open_core("crash", options={"crash_where": "later", "crash_how": how})
    core.run(2)
    with pytest.raises(CoreCrashedError):
        core.run(5)
    assert core.frame_count == 2
    for use in (core.run, core.reset, core.save_state, lambda: core.memory.system_ram):
        with pytest.raises(CoreCrashedError, match="crashed before"):
            use()
    core.close()
    assert core.closed


@pytest.mark.parametrize("how", HOW)
@pytest.mark.parametrize("where", ["unload_game", "deinit"])
def test_a_crash_while_closing_is_survived(open_core: OpenCore, where: str, how: str) -> None:
    core = open_core("crash", options={"crash_where": where, "crash_how": how})
    core.run()
    with pytest.warns(CoreCrashWarning, match=f"crash (threw|aborted|exited).*, in retro_{where}"):
        core.close()
    assert core.closed


def test_other_cores_live_on_after_a_crash(open_core: OpenCore) -> None:
    healthy = open_core("plain")
    healthy.run(2)
    for how in HOW:
        with pytest.raises(CoreCrashedError):
            open_core("crash", options={"crash_where": "run", "crash_how": how}).run()
    healthy.run(2)
    assert words(healthy)[0] == 4
    open_core("crash").run(3)


def test_a_process_with_crashed_cores_ends_well(build_core: BuildCore) -> None:
    script = f"""
import pylibretro
for how in {list(HOW)!r}:
    core = pylibretro.Core({str(build_core("crash"))!r},
                           options={{"crash_where": "run", "crash_how": how}})
    try:
        core.run()
    except pylibretro.error.CoreCrashedError:
        print("crashed")
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["crashed"] * len(HOW)


# ---- threads


def test_callbacks_come_from_the_cores_own_threads(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    first, second = open_core("threads"), open_core("threads")
    for _ in range(5):
        first.run(10)
        second.run(4)
    assert words(first)[:2] == [50, 0]
    assert words(second)[:2] == [20, 0]
    assert present(first.frame)[0, 0, 0] == 50
    assert present(second.frame)[0, 0, 0] == 20
    assert len(first.audio) == 1000
    assert first.audio[0, 0] == 41 * 100
    assert [line.text for line in first.log][-1] == "picture 50"
    assert words(first)[2] == 55, "a thread-local variable of the thread that runs the core"


def test_cores_run_side_by_side(open_core: OpenCore) -> None:
    cores = [open_core("audio" if n % 2 else "input", bytes([1, 1, 0, 0] * 3)) for n in range(6)]
    threads = [threading.Thread(target=core.run, args=(300,)) for core in cores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [core.frame_count for core in cores] == [300] * 6
    for core in cores:
        assert present(core.frame)[0, 0, 0] == 300 & 255


def test_a_second_thread_is_turned_away(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 20]))
    frames: list[int] = []
    thread = threading.Thread(target=lambda: frames.append(core.run(400)))
    thread.start()
    turned_away = ""
    while thread.is_alive() and not turned_away:
        try:
            core.save_state()
        except CoreBusyError as error:
            turned_away = str(error)
    assert "another thread" in turned_away
    with pytest.raises(CoreBusyError):
        core.close()
    thread.join()
    assert frames == [400]
    core.run()
    core.close()
    assert core.closed


def test_cores_open_and_close_in_many_threads(build_core: BuildCore) -> None:
    path, failures = build_core("globals"), []

    def work() -> None:
        try:
            for _ in range(10):
                with Core(path) as core:
                    core.run(5)
                    assert words(core)[:5] == [1, 1005, 5, 5, 5]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_a_core_may_move_from_thread_to_thread(open_core: OpenCore) -> None:
    core = open_core("plain")
    for _ in range(5):
        thread = threading.Thread(target=core.run, args=(2,))
        thread.start()
        thread.join()
    assert words(core)[0] == 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork()")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_core_does_not_survive_fork(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(3)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            core.run()
        except CoreForkedError:
            code = 0
        except BaseException:
            code = 2
        os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    core.run()
    assert words(core)[0] == 4


# ---- many


def test_256_cores_live_at_once(build_core: BuildCore) -> None:
    path = build_core("globals")
    cores = [Core(path) for _ in range(256)]
    try:
        for count, core in enumerate(cores):
            core.run(1 + count % 3)
        for count, core in enumerate(cores):
            assert words(core)[2] == 1 + count % 3
        cores.pop(100).close()
        for core in cores:
            core.run()
    finally:
        for core in cores:
            core.close()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts by /proc")
@pytest.mark.parametrize("name", ["plain", "globals", "refuse", "crash"])
def test_opening_and_closing_leaves_nothing_behind(build_core: BuildCore, name: str) -> None:
    path = build_core(name)

    def cycle() -> None:
        try:
            with Core(path, b"\0") as core:
                core.run()
        except LibretroError:
            assert name == "refuse"

    def counted() -> tuple[int, int]:
        gc.collect()
        with open("/proc/self/maps") as maps:
            return len(os.listdir("/proc/self/fd")), len(maps.readlines())

    for _ in range(5):
        cycle()
    before = counted()
    for _ in range(50):
        cycle()
    after = counted()
    assert after[0] == before[0], "file descriptors"
    assert MUSL or after[1] <= before[1] + 4, "mappings"


def test_signals_end_a_long_run(build_core: BuildCore) -> None:
    script = f"""
import os, signal, threading, time
import pylibretro
core = pylibretro.Core({str(build_core("input"))!r}, bytes([1, 5]))
threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
try:
    core.run(10**9)
except KeyboardInterrupt:
    frames = core.frame_count
    assert 0 < frames < 10**9
    core.run()
    assert core.frame_count == frames + 1
    print("interrupted")
"""
    result = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    assert result.stdout.strip() == "interrupted", result.stderr


def test_the_same_frames_in_any_instance(open_core: OpenCore) -> None:
    masks = np.random.default_rng(5).integers(0, 1 << 16, 200).astype(np.uint16)

    def watch(core: Core) -> tuple[bytes, ...]:
        captured = core.capture(200, masks, audio=True)
        return (
            captured.frames.tobytes(),
            present(captured.audio).tobytes(),
            core.memory.system_ram.tobytes(),
        )

    first = watch(open_core("libc_state"))
    assert watch(open_core("libc_state")) == first
