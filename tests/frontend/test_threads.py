"""Threads that share nothing, or what may be shared: also what ThreadSanitizer looks at."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from observe import words

from pylibretro import (
    ClosedError,
    Core,
    CoreBusyError,
    CoreCrashedError,
    Joypad,
    LibretroError,
    Message,
    UnknownOptionError,
)

OpenCore = Callable[..., Core]
BuildCore = Callable[..., Path]


def together(*works: Callable[[], object]) -> None:
    """Run each in a thread of its own, all from the same moment; the first failure is raised."""
    start = threading.Barrier(len(works))
    failures: list[BaseException] = []

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait()
            work()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def until(stop: threading.Event, work: Callable[[], object]) -> Callable[[], None]:
    def repeat() -> None:
        while not stop.is_set():
            work()

    return repeat


def test_two_threads_two_cores() -> None:
    results: dict[int, bytes] = {}

    def play(number: int) -> None:
        with Core("2048") as core:
            for step in range(30):
                core.run(5, inputs=[Joypad.START, 0, Joypad.LEFT, 0, Joypad.UP])
                core.set_buttons(0)
                frame, audio = core.frame, core.audio
                assert frame is not None
                state = core.save_state()
                if step % 7 == 3:
                    core.load_state(state)
                assert len(audio) > 0
            results[number] = core.save_state() + core.memory.system_ram.tobytes()

    together(lambda: play(0), lambda: play(1), lambda: play(2))
    assert results[0] == results[1] == results[2]


def test_cores_on_one_file_are_born_run_and_die_in_many_threads(build_core: BuildCore) -> None:
    path = build_core("globals")

    def live() -> None:
        for frames in range(1, 8):
            with Core(path) as core:
                core.run(frames)
                assert words(core)[:5] == [1, 1000 + frames, frames, frames, frames]
                view = core.memory.system_ram
            assert view[8] == frames, "the view lives on"
            del view

    together(*[live] * 6)


@contextmanager
def hearing() -> Iterator[list[logging.LogRecord]]:
    """All that Python's logging gets from the log core."""
    heard: list[logging.LogRecord] = []
    handler = logging.Handler()
    handler.emit = heard.append  # type: ignore[assignment]
    logger = logging.getLogger("pylibretro.log")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        yield heard
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)


def test_log_lines_from_the_cores_threads(open_core: OpenCore) -> None:
    many_threads = bytes([2])
    cores = [open_core("log", many_threads) for _ in range(2)]
    with hearing() as heard:
        together(*[lambda core=core: [core.run() for _ in range(2)] for core in cores])
    texts = [record.getMessage() for record in heard]
    assert len(texts) == 2 * 2 * 4000
    for thread in range(4):
        mine = [text for text in texts if text.startswith(f"thread {thread} line ")]
        assert len(mine) == 4000
        assert all(text.endswith("of a thousand, told by its own thread") for text in mine)


def test_log_lines_of_a_thread_that_outlives_the_frame(build_core: BuildCore) -> None:
    between_frames = bytes([7])
    with hearing() as heard:
        with Core(build_core("log"), between_frames) as core:
            heard.clear()
            for frames in range(100):
                core.run(frames)
        texts = [record.getMessage() for record in heard]
    assert texts == [f"line {number}" for number in range(20000)]


def test_callbacks_from_the_cores_threads(open_core: OpenCore) -> None:
    cores = [open_core("threads") for _ in range(3)]
    together(*[lambda core=core: core.capture(25, audio=True) for core in cores])
    for core in cores:
        assert words(core)[:2] == [25, 0]
        assert len(core.log) == 25


def read_options(core: Core) -> dict[str, str]:
    try:
        return dict(core.options)
    except UnknownOptionError:  # declared no more since its key was read
        return {}


READS: dict[str, Callable[[Core], object]] = {
    "options": read_options,
    "definitions": lambda core: core.options.definitions,
    "categories": lambda core: core.options.categories,
    "controllers": lambda core: core.controllers,
    "input_descriptors": lambda core: core.input_descriptors,
    "subsystems": lambda core: core.subsystems,
    "memory map": lambda core: core.memory.map,
    "log": lambda core: core.log,
    "messages": lambda core: core.messages,
    "info": lambda core: core.info,
    "repr": lambda core: repr(core),
    "rumble": lambda core: core.rumble,
}


@pytest.mark.parametrize("name", ["options", "messages", "log", "controllers", "memory_map"])
def test_declarations_are_read_while_the_core_runs(open_core: OpenCore, name: str) -> None:
    declare_again = bytes([4]) if name == "options" else bytes([2]) if name == "log" else b"\0"
    core = open_core(name, declare_again)
    expected = {key: type(read(core)) for key, read in READS.items()}
    stop = threading.Event()

    def run() -> None:
        try:
            for _ in range(60 if name != "log" else 4):
                core.run(3 if name != "log" else 1)
        finally:
            stop.set()

    def read() -> None:
        for key, look in READS.items():
            assert type(look(core)) is expected[key]

    together(run, until(stop, read))
    assert core.frame_count == (180 if name != "log" else 4)
    if name == "options":
        assert core.options["test_late"] == "never"


def test_live_input_is_written_while_the_core_runs(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 2]))
    stop = threading.Event()
    numbers = iter(range(1 << 60))

    def run() -> None:
        try:
            for _ in range(10):
                core.run(5)
        finally:
            stop.set()

    def write() -> None:
        number = next(numbers)
        core.set_buttons(number & 0xFFFF, number % 16)
        core.set_analog(number % 16, number & 1, number % 32768, -(number % 32768))

    together(run, until(stop, write))
    changed, disagreed = words(core)[16 * 471 :][:2]
    assert (changed, disagreed) == (0, 0)


def test_close_while_another_thread_runs(build_core: BuildCore) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def hear(_: Message) -> None:
        inside.set()
        go_on.wait()

    core = Core(build_core("messages"), on_message=hear)
    thread = threading.Thread(target=core.run, args=(3,))
    thread.start()
    try:
        inside.wait()
        for use in (core.close, core.run, core.save_state):
            with pytest.raises(CoreBusyError, match="another thread"):
                use()
        assert not core.closed
    finally:
        go_on.set()
        thread.join()
    assert core.frame_count == 3
    core.close()
    assert core.closed


@pytest.mark.parametrize("round", range(5))
def test_many_threads_want_one_core_and_one_closes_it(build_core: BuildCore, round: int) -> None:
    """Everyone gets frames or an error that says why not; in the end it is closed, once."""
    core = Core(build_core("log"), bytes([4]))
    outcomes: list[str] = []

    def use() -> None:
        for _ in range(200):
            try:
                core.run(2)
                outcomes.append("ran")
                core.memory.system_ram[0] = 1
                assert core.frame is not None
            except CoreBusyError:
                outcomes.append("busy")
            except ClosedError:
                outcomes.append("closed")
                return

    def close() -> None:
        for _ in range(50 * round):
            if "ran" in outcomes:
                break
        while not core.closed:
            try:
                core.close()
            except CoreBusyError:
                outcomes.append("busy")

    together(use, use, use, close)
    assert core.closed
    assert [line.text for line in core.log].count("deinit says goodbye") == 1
    with pytest.raises(ClosedError):
        core.run()


def test_views_go_away_in_another_thread(build_core: BuildCore) -> None:
    path = build_core("log")
    logging.getLogger("pylibretro.log").setLevel(logging.CRITICAL)
    try:
        for _ in range(10):
            core = Core(path, bytes([4]))
            views = [[core.memory.system_ram[n:]] for n in range(4)]
            core.close()

            def drop(views: list[list[np.ndarray]] = views) -> None:
                while views:
                    try:
                        views.pop().clear()
                    except IndexError:
                        return

            together(drop, drop, drop)
            assert [line.text for line in core.log][-1] == "deinit says goodbye"
    finally:
        logging.getLogger("pylibretro.log").setLevel(logging.NOTSET)


def test_a_core_handed_from_thread_to_thread(open_core: OpenCore) -> None:
    core = open_core("globals")
    for turn in range(1, 9):
        together(lambda: core.run(3))
        assert words(core)[2] == 3 * turn


def test_a_hook_may_use_other_cores(open_core: OpenCore) -> None:
    others = [open_core("plain") for _ in range(2)]

    first = open_core("messages", on_message=lambda _: others[0].run())
    second = open_core("messages", on_message=lambda _: others[1].run())
    together(
        lambda: [first.run() for _ in range(20)],
        lambda: [second.run() for _ in range(20)],
    )
    assert [core.frame_count for core in others] == [40, 40]


def test_a_crash_in_one_thread_leaves_the_others_alone(build_core: BuildCore) -> None:
    path = build_core("crash")

    def crash(how: str) -> None:
        for _ in range(3):
            core = Core(path, options={"crash_where": "later", "crash_how": how})
            with pytest.raises(CoreCrashedError):
                core.run(10)
            assert core.frame_count == 2
            core.close()

    def live() -> None:
        for _ in range(10):
            with Core(path) as core:
                assert core.run(30) == 30

    together(lambda: crash("throw"), lambda: crash("abort"), lambda: crash("exit"), live)


def test_errors_while_opening_in_many_threads(build_core: BuildCore, tmp_path: Path) -> None:
    (tmp_path / "text.so").write_text("no core")
    refuse, good = build_core("refuse"), build_core("plain")
    errors: list[type[BaseException]] = []

    def fail() -> None:
        for core in (tmp_path / "text.so", refuse, tmp_path / "missing.so") * 5:
            try:
                Core(core, b"game")
            except LibretroError as error:
                errors.append(type(error))

    def work() -> None:
        for _ in range(15):
            with Core(good) as core:
                core.run()

    together(fail, fail, work)
    assert len(errors) == 30
