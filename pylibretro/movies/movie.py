"""Movies: the input of every frame, from power-on or from a state, and checksums of what came out.

A movie replays bit for bit in any process, because nothing else influences a core: `record` makes
one while a Core runs, `Movie.play` runs it again, and `verify` does so for many at once.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, TYPE_CHECKING, Any

import numpy as np

from pylibretro._core import PORT_INPUT, Core, Disk, State, Tape
from pylibretro.content.lookup import find_installed_core
from pylibretro.core_spec import CoreSpec
from pylibretro.error import LibretroError, MovieError
from pylibretro.files.whole_file import open_whole
from pylibretro.games.roms import find_content
from pylibretro.movies.bk2 import read_bk2, write_bk2
from pylibretro.movies.checks import ALL_PARTS, RAM_ALONE, Desync, Verdict, differing_parts
from pylibretro.movies.events import Event
from pylibretro.movies.file import read_movie, write_movie
from pylibretro.movies.fm2 import read_fm2
from pylibretro.movies.recorded_run import RecordedRun

if TYPE_CHECKING:
    from pylibretro.content.content import ContentSource

__all__ = ["Movie"]

FRAMES_AT_ONCE = 4096

_Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Movie(RecordedRun):
    """A recorded run of a core; made by `record`, by `Movie.load`, or from inputs of one's own.

    Attributes:
        frames: How many frames it has.
        core_name, core_version, core_sha1: Which core made it; None where that is not known.
        core_file: The short name of the core's file, such as "snes9x".
        content_name, content_sha1: Which content it is of.
        options, controllers: Core options, and devices by port.
        clock: The time of day that the core saw at its beginning, in seconds since 1970.
        fps: Frames per second.
        start: The `State` it begins with, a core's own state as bytes, or None for power-on.
        save_ram: Save RAM at power-on; None where the core had none.
        events: What was done besides input, as (frames before it, what, value).
        checks: Checksums, see `docs/movies.md`.
        check_every: How many frames lie between two checks; 0 if there are none.
        complete: Whether the recording came to its end; False after a crash or a power cut.
        notes: Anything else that its author wanted to say.
    """

    @classmethod
    def load(cls, path: _Path | IO[bytes]) -> Movie:
        """Read a movie: our own, a BizHawk `.bk2` (also stable-retro's), or an FCEUX `.fm2`.

        Args:
            path: The file; or an open binary file, for our own format.

        Raises:
            MovieError: It is not a movie, or has something that cannot be played here.
            OSError: The file cannot be read.
        """
        if isinstance(path, (str, os.PathLike)):
            name = os.fspath(path)
            if "\0" in name:
                raise MovieError(f"{name!r} is no movie: no file has a NUL in its name")
            if name.lower().endswith(".bk2"):
                return cls(**vars(read_bk2(name)))
            if name.lower().endswith(".fm2"):
                return cls(**vars(read_fm2(name)))
            with open(name, "rb") as file:
                try:
                    return cls(**vars(read_movie(file)))
                except MovieError as problem:
                    raise MovieError(f"{name}: {problem}") from None
        return cls(**vars(read_movie(path)))

    def save(self, path: _Path | IO[bytes]) -> None:
        """Write the movie to a file of our own format, or to a `.bk2` if the name ends so.

        A file that is there is replaced when all of the movie has been written.

        Raises:
            MovieError: The other format cannot say what the movie has.
            OSError: The file cannot be written.
        """
        if isinstance(path, (str, os.PathLike)):
            if os.fspath(path).lower().endswith(".bk2"):
                write_bk2(self, path)
                return
            with open_whole(path) as file:
                self.save(file)
            return
        write_movie(path, self)

    def open(
        self,
        content: ContentSource | None = None,
        *,
        core: _Path | None = None,
        **core_arguments: Any,
    ) -> Core:
        """Open the core of this movie, with its options, controllers and clock.

        Args:
            content: The content; unless given, the game with its SHA-1 that `pylibretro import`
                has stored, or a file of its name.
            core: The core, if not the one of its name.
            **core_arguments: Further arguments of `Core`.

        Raises:
            MovieError: It does not say which core it needs, or its content is not found.
            CoreNotFoundError, ContentError: They are not here.
        """
        wanted = core if core is not None else self._find_core()
        if content is None and self.content_name is not None:
            content = self._find_content()
        settings: dict[str, Any] = {"options": self.options, "controllers": self.controllers}
        settings |= core_arguments
        host = settings.get("host", CoreSpec.host)
        if self.clock is not None and self.start is None and host.clock is None:
            settings["host"] = replace(host, clock=self.clock)
        return Core(wanted, content, **settings)

    def _find_core(self) -> str:
        """Return the path of the installed core that has the name that the movie says.

        A movie may come from anybody: no path in it decides which library is loaded.
        """
        name = self.core_file
        if name is None:
            raise MovieError("the movie does not say which core it is of; name one with core=")
        return str(find_installed_core(name))

    def _find_content(self) -> str:
        name = self.content_name or ""
        imported = find_content(self.content_sha1) if self.content_sha1 is not None else None
        if imported is not None:
            return imported
        if "\0" not in name and os.path.isfile(name):
            return name
        raise MovieError(
            f"the movie is of {name} (SHA-1 {self.content_sha1}), which is not here; give its "
            f"content"
        )

    def begin(self, core: Core) -> None:
        """Put a Core where the movie begins: load its state, or check that the Core is at power-on.

        This also works for a core of a batch, whose next frames are then those of `inputs`.

        Raises:
            MovieError: It is a different core, has different content or options, or has run
                already.
        """
        tape = Tape(core, 0)
        tape.stop()
        name, version, core_sha1, content_sha1, _ = tape.machine
        for what, ours, theirs in (
            ("core", self.core_name, name),
            ("version of the core", self.core_version, version),
            ("build of the core", self.core_sha1, core_sha1),
            ("content", self.content_sha1, content_sha1),
        ):
            if ours is not None and theirs is not None and ours != theirs:
                raise MovieError(f"the movie is of another {what}: {ours}, and here is {theirs}")
        if self.start is None and not tape.at_power_on:
            raise MovieError(
                f"the movie begins at power-on, and this Core has run {core.frame_count} frames or "
                f"loaded a state; open another one with Movie.open"
            )
        for key, value in self.options.items():
            if core.options.get(key) != value:
                if self.start is None:
                    raise MovieError(
                        f"the movie was made with {key} = {value!r}, and this Core was opened with "
                        f"{core.options.get(key)!r}; open another one with Movie.open"
                    )
                core.options[key] = value
        for port, device in self.controllers.items():
            if tape.plugged.get(port) != device:
                core.set_controller(port, device)
        region = self.notes.get("region")
        if region is not None and core.region.name != region:
            raise MovieError(
                f"the movie is of a console of the region {region}, and {core.name} runs this game "
                f"as one of {core.region.name}"
            )
        core.inputs = np.zeros(16, PORT_INPUT)
        if self.start is None and self.save_ram is not None:
            memory = core.memory.save_ram
            if len(memory) != len(self.save_ram):
                raise MovieError(
                    f"the movie has save RAM of {len(self.save_ram)} bytes, and here are "
                    f"{len(memory)}"
                )
            memory[:] = np.frombuffer(self.save_ram, np.uint8)
        if isinstance(self.start, State):
            core.restore(self.start)
        elif self.start is not None:
            core.load_state(self.start)

    def play(
        self,
        core: Core,
        frames: int | None = None,
        *,
        check: bool = True,
        at_once: int = FRAMES_AT_ONCE,
        each: Callable[[Core, int], object] | None = None,
    ) -> Verdict:
        """Play the movie from its beginning in a Core, and compare the checksums.

        Args:
            core: A Core of the same core and content: from `Movie.open`, or any other one if the
                movie begins with a state.
            frames: How many frames to play; all unless given.
            check: Whether to compare checksums. The first difference ends the replay.
            at_once: How many frames to run at a time, at most.
            each: Called after each such run with the Core and the number of frames; its `frame`
                and `audio` are those of the run.

        Raises:
            MovieError: The movie is not of this Core.

        >>> from pylibretro import Core, Joypad, record
        >>> with Core("2048") as core, record(core, every=30) as recorder:
        ...     core.run(60)
        ...     core.set_buttons(Joypad.START)
        ...     core.run(60)
        60
        60
        >>> with recorder.movie.open() as core:
        ...     recorder.movie.play(core)
        Verdict(frames=120, checks=4, desync=None, error=None)
        """
        if at_once < 1:
            raise ValueError(f"at_once is {at_once}; it counts frames from 1 up")
        self.begin(core)
        total = self.frames if frames is None else min(frames, self.frames)
        # Picture and sound that run ahead are not the machine's own.
        parts = RAM_ALONE if core.run_ahead is not None else ALL_PARTS
        events = list(self.events)
        checks = iter(self.checks if check else ())
        due = next(checks, None)
        position = compared = matched = sound = 0
        while True:
            while events and events[0][0] <= position:
                _do(core, *events.pop(0)[1:])
            if position >= total:
                break
            until = min(total, position + at_once, events[0][0] if events else total)
            while due is not None and due["frame"] <= position:
                due = next(checks, None)
            if due is not None:
                until = min(until, int(due["frame"]))
            ran = core.run(until - position, self.inputs(position, until))
            position += ran
            if due is not None:
                sound = zlib.crc32(core.audio.data, sound)
            if due is not None and position == due["frame"]:
                differ = differing_parts(due, core, sound, parts)
                if differ:
                    return Verdict(position, compared + 1, Desync(matched + 1, position, differ))
                compared += 1
                matched = position
                sound = 0
            if each is not None:
                each(core, ran)
            if core.shut_down:
                break
        return Verdict(position, compared)


def _set_option(core: Core, value: Any) -> None:
    core.options[value[0]] = value[1]


def _drive(core: Core) -> Disk:
    if core.disk is None:
        raise MovieError(f"the movie changes disks, and {core.name} has no drive")
    return core.disk


def _eject(core: Core, value: Any) -> None:
    _drive(core).ejected = value


def _choose_disk(core: Core, value: Any) -> None:
    drive = _drive(core)
    drive.index = value if value < drive.count else None


def _replace_disk(core: Core, value: Any) -> None:
    raise MovieError(
        f"the movie gives {core.name} other disk content as disk {value} from here on, and no "
        f"movie holds content: play it up to this frame, and replace the disk with "
        f"core.disk.replace"
    )


REPLAYERS: dict[Event, Callable[[Core, Any], None]] = {
    Event.RESET: lambda core, _: core.reset(),
    Event.STATE: lambda core, value: core.restore(value),
    Event.CONTROLLER: lambda core, value: core.set_controller(*value),
    Event.OPTION: _set_option,
    Event.CHEAT: lambda core, value: core.set_cheat(*value),
    Event.ENABLE_CHEAT: lambda core, value: core.enable_cheat(*value),
    Event.RESET_CHEATS: lambda core, _: core.reset_cheats(),
    Event.EJECT: _eject,
    Event.DISK: _choose_disk,
    Event.DISK_CONTENT: _replace_disk,
}


def _do(core: Core, what: str, value: Any) -> None:
    """Do again what was done while the movie was recorded."""
    try:
        event = Event(what)
    except ValueError:
        raise MovieError(
            f"the movie has an event {what!r}, which this pylibretro does not know"
        ) from None
    try:
        REPLAYERS[event](core, value)
    except LibretroError:
        raise
    except (TypeError, ValueError, LookupError, ArithmeticError, AttributeError) as problem:
        raise MovieError(f"the movie has an event {what!r} with {value!r}: {problem}") from None
