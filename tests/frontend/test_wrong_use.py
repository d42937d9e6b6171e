"""Use at the wrong time and of the wrong object: the documented error each time, and no crash.

What might end an interpreter runs in a child process, and has to come to a good end there.
"""

from __future__ import annotations

import contextlib
import copy
import gc
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest
from child import run_child
from observe import BuildCore, OpenCore, content_of
from uses import ALWAYS, BEFORE_CONTENT, EVERY_USE, OF_MEMORY, OF_OPTIONS, SOMETHING, USES

from pylibretro import (
    ClosedError,
    ContentError,
    ContentNotFoundError,
    Core,
    CoreCrashedError,
    CoreShutdownError,
    FilePolicy,
    Memory,
    Options,
    UnknownOptionError,
)


def public_names(thing: type) -> set[str]:
    return {name for name in dir(thing) if not name.startswith("_")}


def test_no_public_name_is_forgotten_here() -> None:
    assert public_names(Core) == set(USES) | ALWAYS
    assert public_names(Memory) == set(OF_MEMORY)
    assert public_names(Options) == {name for name in OF_OPTIONS if not name.startswith("_")}


# ---- the wrong time


@pytest.mark.parametrize("name", EVERY_USE)
def test_after_close(open_core: OpenCore, name: str) -> None:
    core = open_core("plain")
    core.run()
    core.close()
    with pytest.raises(ClosedError, match=r"plain.* has been closed"):
        EVERY_USE[name](core)


def test_what_works_after_close(open_core: OpenCore) -> None:
    core = open_core("order")
    core.close()
    core.close()
    assert core.closed
    assert core.name == "order"
    assert Path(core.path).is_file()
    assert "deinit" in [line.text for line in core.log]
    assert core.messages == []
    assert repr(core) == "<pylibretro.Core order (closed)>"


def test_parts_kept_from_before_close(open_core: OpenCore) -> None:
    core = open_core("plain")
    memory, options, run = core.memory, core.options, core.run
    core.close()
    uses: list[Callable[[], object]] = [
        lambda: memory.system_ram,
        lambda: memory.read(0),
        lambda: options["a"],
        lambda: repr(options),
        lambda: run(3),
    ]
    for use in uses:
        with pytest.raises(ClosedError):
            use()


@pytest.mark.parametrize("name", sorted(set(EVERY_USE) - {"load_game"}))
def test_before_content(build_core: BuildCore, name: str) -> None:
    with Core(build_core("late_game"), files=FilePolicy(record=True)) as core:
        if name in BEFORE_CONTENT:
            try:
                EVERY_USE[name](core)
            except UnknownOptionError:
                # What a Core has to be opened for is missing here.
                assert name.startswith("options.") or name in ("audio_float", "step_back")
        else:
            with pytest.raises(ContentError, match="late_game has no content yet"):
                EVERY_USE[name](core)
        core.load_game(b"a game")
        assert core.run(2) == 2


def test_content_is_loaded_once(open_core: OpenCore) -> None:
    core = open_core("late_game", b"a game")
    with pytest.raises(ContentError, match="already has its content"):
        core.load_game(b"another")
    assert core.run() == 1


@pytest.mark.parametrize("content", [None, 5, 1.5, SOMETHING], ids=repr)
def test_wrong_content_for_load_game(open_core: OpenCore, content: object) -> None:
    core = open_core("late_game")
    with pytest.raises((ContentError, TypeError)):
        core.load_game(content)  # type: ignore[arg-type]


def test_a_core_that_refused_content_is_closed(build_core: BuildCore) -> None:
    core = Core(build_core("content", "-DCORE_NEED_FULLPATH=false"))
    with pytest.raises(ContentNotFoundError):
        core.load_game("no such game.bin")
    assert core.closed
    with pytest.raises(ClosedError):
        core.run()


@pytest.mark.parametrize("name", EVERY_USE)
def test_a_core_that_was_never_opened(name: str) -> None:
    core = Core.__new__(Core)
    with pytest.raises(ClosedError):
        EVERY_USE[name](core)
    assert core.closed
    core.close()
    assert core.log == []
    assert core.messages == []
    assert "closed" in repr(core)
    del core
    gc.collect()


@pytest.mark.parametrize("where", ["run", "later"])
@pytest.mark.parametrize("name", EVERY_USE)
def test_after_a_crash(open_core: OpenCore, name: str, where: str) -> None:
    options = {"crash_where": where, "crash_how": "throw"}
    core = open_core("crash", options=options, files=FilePolicy(record=True))
    with pytest.raises(CoreCrashedError):
        core.run(5)
    with contextlib.suppress(CoreCrashedError, ContentError, UnknownOptionError):
        EVERY_USE[name](core)
    with pytest.raises(CoreCrashedError, match="crashed before"):
        core.run()
    core.close()
    with pytest.raises(ClosedError):
        core.run()


def test_after_shutdown(open_core: OpenCore) -> None:
    shutdown = 8
    core = open_core("video", content_of(2, shutdown, 0, 0, 0, 0))
    assert core.run(10) == 3
    assert core.shut_down
    for use in ("run", "capture", "save_state", "reset"):
        with pytest.raises(CoreShutdownError):
            USES[use](core)
    assert core.memory.system_ram.size
    core.close()


# ---- the wrong object


def test_opened_twice(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(2)
    with pytest.raises(TypeError, match="opened once"):
        core.__init__("2048")  # type: ignore[misc]
    assert core.run() == 1
    core.close()
    with pytest.raises(TypeError, match="opened once"):
        core.__init__("2048")  # type: ignore[misc]


def test_opened_while_opening() -> None:
    printed = run_child(
        """
class Path:
    def __fspath__(self):
        try:
            core.__init__("2048")
        except TypeError as error:
            print(error)
        return core_path

core_path = find_core("2048").__fspath__()
core = Core.__new__(Core)
core.__init__(Path())
print(core.run(3))
"""
    )
    assert printed == "a Core is opened once, by its constructor\n3\n"


def test_a_core_is_not_copied_or_pickled() -> None:
    class Subclass(Core):
        pass

    with Core("2048") as core, Subclass("2048") as other:
        for thing in (core, other, core.memory, core.options):
            for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
                with pytest.raises(TypeError):
                    pickle.dumps(thing, protocol)
            for duplicate in (copy.copy, copy.deepcopy):
                with pytest.raises(TypeError, match="cannot pickle"):
                    duplicate(thing)
        assert core.run() == 1


def test_weak_references() -> None:
    core = Core("2048")
    reference = weakref.ref(core)
    assert reference() is core
    core.close()
    assert reference() is core
    del core
    gc.collect()
    assert reference() is None


def test_a_subclass() -> None:
    class Counting(Core):
        runs = 0

        def run(self, *arguments: object, **more: object) -> int:
            self.runs += 1
            return super().run(*arguments, **more)  # type: ignore[arg-type]

    class Lazy(Core):
        def __init__(self) -> None:
            self.opened = False

    with Counting("2048") as core:
        core.run(2)
        core.note = "any attribute"  # type: ignore[attr-defined]
        assert (core.runs, core.frame_count) == (1, 2)
    lazy = Lazy()
    with pytest.raises(ClosedError):
        lazy.run()
    with pytest.raises(TypeError):
        Lazy("2048")  # type: ignore[call-arg]


def test_parts_of_no_core() -> None:
    printed = run_child(
        """
for part in (Memory, Options):
    for arguments in ((), (None,), (5,), ("2048",)):
        try:
            part(*arguments)
            print("made", part)
        except TypeError:
            pass
    try:
        part.__new__(part)
        print("made", part)
    except TypeError:
        pass
never = Core.__new__(Core)
for part in (Memory(never), Options(never)):
    for name in dir(part):
        try:
            getattr(part, name)
        except ClosedError:
            pass
    try:
        len(part)
    except (ClosedError, TypeError):
        pass
    del part
for name in ("CoreBuffer", "CaptureSink", "FrameInputs", "Block", "BlockPool"):
    inner = getattr(_core, name, None)
    for arguments in ((), (None,), (None, 1), (None, 1, 1, None, False, None)):
        try:
            made = inner(*arguments)
            memoryview(made).tobytes()
        except (TypeError, ValueError, AttributeError, BufferError):
            pass
print("lives")
"""
    )
    assert printed == "lives\n"


def test_members_cannot_be_replaced(open_core: OpenCore) -> None:
    core = open_core("plain")
    for name in ("frame", "audio", "options", "memory", "path", "name", "frame_count", "av_info"):
        with pytest.raises(AttributeError):
            setattr(core, name, None)
    with pytest.raises(AttributeError):
        core.no_such_name = 1  # type: ignore[attr-defined]


# ---- the wrong argument
# ---- options
# ---- states
# ---- the wrong file
# ---- the wrong content
# ---- cores that do wrong
# ---- the end of the interpreter
