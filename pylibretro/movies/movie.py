"""Movies: the input of every frame, from power-on or from a state, and checksums of what came out.

A movie replays bit for bit in any process, because nothing else influences a core: with `record`
it is made while a Core runs, `Movie.play` runs it again, `verify` does so for many at once.
"""

from __future__ import annotations

import io
import json
import operator
import os
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT, Core, State, Tape
from pylibretro.error import LibretroError, MovieError
from pylibretro.movies.file import (
    CHECKS,
    Part,
    read_chunks,
    state_from_bytes,
    state_to_bytes,
    write_chunk,
)

if TYPE_CHECKING:
    from pylibretro.content.content import ContentSource

__all__ = ["Desync", "Movie", "MovieRecorder", "Verdict", "record", "verify"]

FORMAT = 1
CHECK_PARTS = ("ram", "video", "audio")
ALL_PARTS = 7
RAM_ALONE = 1
RAM_AND_VIDEO = 3
FRAMES_AT_ONCE = 4096

_TAPE_JOYPAD = np.dtype([("frame", "u8"), ("port", "u2"), ("joypad", "u2"), ("unused", "u4")])
_TAPE_RECORD = np.dtype(
    {
        "names": ["frame", "port", "input"],
        "formats": ["u8", "u8", PORT_INPUT],
        "offsets": [0, 8, 16],
        "itemsize": 16 + -(-PORT_INPUT.itemsize // 8) * 8,
    }
)

_Path = str | os.PathLike[str]


@dataclass(frozen=True)
class Desync:
    """Where a replay left its movie.

    Attributes:
        first: The first frame that may be to blame, counted from 1.
        last: The frame after which the difference was seen.
        parts: What differed: "ram", "video", "audio".
    """

    first: int
    last: int
    parts: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in words."""
        where = f"frame {self.last}"
        if self.first != self.last:
            where = f"one of the frames {self.first} to {self.last}"
        return f"{' and '.join(self.parts)} differ since {where}"


@dataclass(frozen=True)
class Verdict:
    """What came of replaying a movie.

    Attributes:
        frames: How many frames ran.
        checks: How many times checksums were compared.
        desync: The first difference, a `Desync`; None if there was none.
        error: Why it could not be played, for `verify`; None if it could.
    """

    frames: int
    checks: int
    desync: Desync | None = None
    error: str | None = None

    @property
    def ok(self) -> bool:
        """Whether all was played, and nothing differed."""
        return self.desync is None and self.error is None


@dataclass(frozen=True)
class Movie:
    """A recorded run of a core; made by `record`, `Movie.load`, or of inputs of one's own.

    Attributes:
        frames: How many frames it has.
        core_name, core_version, core_sha1: Which core made it; None where nobody knows.
        core_file: The short name of the core's file, such as "snes9x".
        content_name, content_sha1: Which content it is of.
        options, controllers: Core options, and devices by port.
        clock: The time of day at its beginning that the core saw, in seconds since 1970.
        fps: Frames per second.
        start: The `State` it begins with, a core's own state as bytes, or None for power-on.
        save_ram: Save RAM at power-on; None where the core had none.
        events: What was done besides input, as (frames before it, what, value).
        checks: Checksums, see `docs/movies.md`.
        check_every: How many frames are between two checks; 0 if there are none.
        complete: Whether the recording came to its end; False after a crash or a power cut.
        notes: Anything else that its author wants to be known.
    """

    frames: int = 0
    core_name: str | None = None
    core_version: str | None = None
    core_sha1: str | None = None
    core_file: str | None = None
    content_name: str | None = None
    content_sha1: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    controllers: Mapping[int, int] = field(default_factory=dict)
    clock: int | None = None
    fps: float | None = None
    start: State | bytes | None = field(default=None, repr=False)
    save_ram: bytes | None = field(default=None, repr=False)
    events: tuple[tuple[int, str, Any], ...] = field(default=(), repr=False)
    checks: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, CHECKS), repr=False)
    check_every: int = 0
    complete: bool = True
    notes: Mapping[str, Any] = field(default_factory=dict)
    _tracks: Mapping[tuple[str, int], tuple[NDArray[np.uint64], NDArray[Any]]] = field(
        default_factory=dict, repr=False
    )

    # ---- files -------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: _Path | IO[bytes]) -> Movie:
        """Read a movie: our own, a BizHawk `.bk2` (also stable-retro's), or an FCEUX `.fm2`.

        Args:
            path: The file; or an open binary file, for our own format.

        Raises:
            MovieError: It is no movie, or has what we cannot play.
        """
        if isinstance(path, (str, os.PathLike)):
            name = os.fspath(path)
            if name.lower().endswith(".bk2"):
                from pylibretro.movies.bk2 import read_bk2

                return read_bk2(name)
            if name.lower().endswith(".fm2"):
                from pylibretro.movies.fm2 import read_fm2

                return read_fm2(name)
            with open(name, "rb") as file:
                try:
                    return cls._read(file)
                except MovieError as problem:
                    raise MovieError(f"{name}: {problem}") from None
        return cls._read(path)

    @classmethod
    def _read(cls, file: IO[bytes]) -> Movie:
        head: dict[str, Any] | None = None
        parts: list[Part | int] = []
        start: State | bytes | None = None
        save_ram: bytes | None = None
        complete = False
        try:
            for tag, data in read_chunks(file):
                if tag == b"HEAD":
                    head = json.loads(data)
                elif tag == b"STAT":
                    start = state_from_bytes(data)
                elif tag == b"CORE":
                    start = zlib.decompress(data)
                elif tag == b"SRAM":
                    save_ram = zlib.decompress(data)
                elif tag == b"PART":
                    parts.append(Part.from_bytes(data))
                elif tag == b"BACK":
                    parts.append(int.from_bytes(data, "little"))
                elif tag == b"TAIL":
                    complete = True
            if head is None:
                raise MovieError("the movie is damaged: it has no beginning")
            if head["format"] != FORMAT:
                raise MovieError(
                    f"the movie has version {head['format']} of its format, and this pylibretro "
                    f"reads version {FORMAT}"
                )
            core, content = head["core"], head["content"] or {}
            known = cls(
                core_name=core["name"],
                core_version=core["version"],
                core_sha1=core["sha1"],
                core_file=core["file"],
                content_name=content.get("name"),
                content_sha1=content.get("sha1"),
                options=dict(head["options"]),
                controllers={int(port): int(device) for port, device in head["controllers"]},
                clock=head["clock"],
                fps=head["fps"],
                start=start,
                save_ram=save_ram,
                check_every=head["check_every"],
                complete=complete,
                notes=head["notes"],
            )
        except (LookupError, TypeError, AttributeError, ValueError, zlib.error) as problem:
            if isinstance(problem, MovieError):
                raise
            raise MovieError(f"the movie is damaged: {problem}") from None
        return known._with_parts(parts)

    def _with_parts(self, parts: Sequence[Part | int]) -> Movie:
        """Join parts; a number among them is the frame to which the recording went back."""
        frames = 0
        pieces: dict[tuple[str, int], list[tuple[NDArray[np.uint64], NDArray[Any]]]] = {}
        events: list[tuple[int, str, Any]] = []
        checks = [np.zeros(0, CHECKS)]
        for part in parts:
            if not isinstance(part, Part):
                frames = min(frames, part)
                for key, track in pieces.items():
                    pieces[key] = [_cut(at, values, frames) for at, values in track]
                    pieces[key].append(
                        (np.array([frames], np.uint64), np.zeros_like(track[-1][1][:1]))
                    )
                # What was set stays set.
                events = [(min(frame, frames), what, value) for frame, what, value in events]
                checks = [kept[kept["frame"] <= frames] for kept in checks]
                continue
            for name, (at, ports, values) in part.changes.items():
                for port in np.unique(ports):
                    mine = ports == port
                    pieces.setdefault((name, int(port)), []).append(
                        (at[mine] + np.uint64(frames), values[mine])
                    )
            events += [(frames + frame, what, value) for frame, what, value in part.events]
            checks.append(part.checks)
            frames += part.frames
        tracks = {
            key: (np.concatenate([a for a, _ in track]), np.concatenate([v for _, v in track]))
            for key, track in pieces.items()
        }
        return _replace(
            self,
            frames=frames,
            _tracks=tracks,
            events=tuple(events),
            checks=np.concatenate(checks),
        )

    def save(self, path: _Path | IO[bytes]) -> None:
        """Write the movie to a file of our own format, or, for a name that ends so, to a `.bk2`.

        Raises:
            MovieError: The other format cannot say what the movie has.
        """
        if isinstance(path, (str, os.PathLike)):
            if os.fspath(path).lower().endswith(".bk2"):
                from pylibretro.movies.bk2 import write_bk2

                write_bk2(self, path)
                return
            with open(path, "wb") as file:
                self.save(file)
            return
        write_head(path, self)
        if self.frames or self.events:
            part = Part(self.frames, {}, list(self.events), self.checks)
            for name in dict.fromkeys(name for name, _ in self._tracks):
                tracks = {port: t for (field_, port), t in self._tracks.items() if field_ == name}
                at = np.concatenate([t[0] for t in tracks.values()])
                ports = np.concatenate(
                    [np.full(len(t[0]), port, np.uint8) for port, t in tracks.items()]
                )
                values = np.concatenate([t[1] for t in tracks.values()])
                order = np.argsort(at, kind="stable")
                part.changes[name] = (at[order], ports[order], values[order])
            write_chunk(path, b"PART", part.to_bytes())
        write_chunk(path, b"TAIL", json.dumps({"frames": self.frames}).encode())

    @classmethod
    def from_inputs(cls, inputs: NDArray[Any], **attributes: Any) -> Movie:
        """Make a movie of the inputs of all frames.

        Args:
            inputs: (frames,) or (frames, ports) joypad masks or records, as for `Core.run`.
            **attributes: Those of a `Movie` that are known, such as `core_name` and `start`.

        >>> Movie.from_inputs(np.array([1, 1, 0], np.uint16)).inputs(0, 3).tolist()
        [[1], [1], [0]]
        """
        array = np.asarray(inputs)
        if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > 16):
            raise ValueError(f"inputs has shape {array.shape}; (frames,) or (frames, ports)")
        array = array.reshape(len(array), -1)
        if array.dtype.names is None:
            if array.dtype.kind not in "ui" or (
                array.size and not 0 <= array.min() <= array.max() < 1 << 16
            ):
                raise ValueError("inputs are joypad masks of 0 to 65535, or records of PORT_INPUT")
            fields = {"joypad": array.astype(np.uint16)}
        else:
            fields = {name: array[name] for name in PORT_INPUT.names or ()}
        tracks = {}
        for name, values in fields.items():
            for port in range(array.shape[1]):
                column = np.ascontiguousarray(values[:, port])
                flat = column.reshape(len(column), -1)
                before = np.zeros_like(flat)
                before[1:] = flat[:-1]
                at = np.flatnonzero((flat != before).any(axis=1))
                if len(at):
                    tracks[name, port] = (at.astype(np.uint64), column[at])
        return cls(frames=len(array), _tracks=tracks, **attributes)

    # ---- input -------------------------------------------------------------------------------

    @property
    def ports(self) -> int:
        """How many ports have input: 1 more than the highest, and at least 1."""
        return max((port for _, port in self._tracks), default=0) + 1

    @property
    def joypads_only(self) -> bool:
        """Whether no other device was touched."""
        return all(name == "joypad" for name, _ in self._tracks)

    def inputs(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Return the input of frames `start` to `stop` (all unless given).

        Returns:
            (frames, ports): uint16 joypad masks, or records of `PORT_INPUT` where the movie has
            other devices; both go into `Core.run` and, an axis added, into `CoreBatch.run`.
        """
        stop = self.frames if stop is None else min(stop, self.frames)
        count = max(stop - start, 0)
        masks = self.joypads_only
        inputs = np.zeros((count, self.ports), np.uint16 if masks else PORT_INPUT)
        frames = np.arange(start, start + count, dtype=np.uint64)
        for (name, port), (at, values) in self._tracks.items():
            which = np.searchsorted(at, frames, side="right") - 1
            known = which >= 0
            column = inputs[:, port] if masks else inputs[name][:, port]
            column[known] = values[which[known]]
        return inputs

    # ---- replay ------------------------------------------------------------------------------

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
            core: The core, where the one of its name is not meant.
            **core_arguments: Others of `Core`'s.

        Raises:
            MovieError: Nobody knows which core or content it needs.
            CoreNotFoundError, ContentError: They are not here.
        """
        wanted = core if core is not None else self.core_file
        if wanted is None:
            raise MovieError("the movie does not say which core it is of; name one with core=")
        if content is None and self.content_name is not None:
            content = self._find_content()
        settings: dict[str, Any] = {"options": self.options, "controllers": self.controllers}
        if self.clock is not None and self.start is None:
            settings["clock"] = self.clock
        return Core(wanted, content, **(settings | core_arguments))

    def _find_content(self) -> str:
        from pylibretro.games.game_library import find_content

        name = self.content_name or ""
        imported = find_content(self.content_sha1) if self.content_sha1 is not None else None
        if imported is not None:
            return imported
        if os.path.isfile(name):
            return name
        raise MovieError(
            f"the movie is of {name} (SHA-1 {self.content_sha1}), which is not here; give its "
            f"content"
        )

    def begin(self, core: Core) -> None:
        """Put a Core to where the movie begins: a state is loaded, or it is found at power-on.

        This also works for a core of a batch, whose next frames are then those of `inputs`.

        Raises:
            MovieError: The Core is another one, has other content or options, or has run already.
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

        >>> from pylibretro import Core, Joypad
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
        # A picture and a sound that run ahead are not those of the machine.
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
                differ = _differing(due, core, sound, parts)
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


def _machine_checksums(core: Core) -> tuple[int, int]:
    """Return the checksums of system RAM and of the picture, as a tape has them."""
    picture = core.frame
    video = 0
    if picture is not None:
        video = zlib.crc32(picture.data, zlib.crc32(repr(picture.shape).encode()))
    return zlib.crc32(core.memory.system_ram.data), video


def _differing(due: Any, core: Core, sound: int, parts: int) -> tuple[str, ...]:
    """Which of the checksums that are due are others now."""
    found = (*_machine_checksums(core), sound)
    return tuple(
        part
        for i, part in enumerate(CHECK_PARTS)
        if due["parts"] & parts & 1 << i and due[part] != found[i]
    )


def _cut(
    at: NDArray[np.uint64], values: NDArray[Any], frames: int
) -> tuple[NDArray[np.uint64], NDArray[Any]]:
    """Leave out what came later."""
    keep = at < frames
    return at[keep], values[keep]


def _replace(movie: Movie, **changes: Any) -> Movie:
    import dataclasses

    return dataclasses.replace(movie, **changes)


def _do(core: Core, what: str, value: Any) -> None:
    """Do once more what was done while the movie was recorded."""
    if what == "reset":
        core.reset()
    elif what == "state":
        core.restore(value)
    elif what == "controller":
        core.set_controller(*value)
    elif what == "option":
        core.options[value[0]] = value[1]
    elif what == "cheat":
        core.set_cheat(*value)
    elif what == "enable_cheat":
        core.enable_cheat(*value)
    elif what in ("eject", "disk"):
        drive = core.disk
        if drive is None:
            raise MovieError(f"the movie changes disks, and {core.name} has no drive")
        if what == "eject":
            drive.ejected = value
        else:
            drive.index = value if value < drive.count else None
    elif what == "reset_cheats":
        core.reset_cheats()
    else:
        raise MovieError(f"the movie has an event {what!r}, which this pylibretro does not know")


def write_head(file: IO[bytes], movie: Movie) -> None:
    """Write the chunks with which a movie begins."""
    from pylibretro import __version__

    content = None
    if movie.content_name is not None or movie.content_sha1 is not None:
        content = {"name": movie.content_name, "sha1": movie.content_sha1}
    head = {
        "format": FORMAT,
        "made_by": f"pylibretro {__version__}",
        "core": {
            "name": movie.core_name,
            "version": movie.core_version,
            "sha1": movie.core_sha1,
            "file": movie.core_file,
        },
        "content": content,
        "options": dict(movie.options),
        "controllers": sorted(movie.controllers.items()),
        "clock": movie.clock,
        "fps": movie.fps,
        "check_every": movie.check_every,
        "notes": dict(movie.notes),
    }
    write_chunk(file, b"HEAD", json.dumps(head, ensure_ascii=False).encode())
    if movie.save_ram is not None:
        write_chunk(file, b"SRAM", zlib.compress(movie.save_ram, 6))
    if isinstance(movie.start, State):
        write_chunk(file, b"STAT", state_to_bytes(movie.start))
    elif movie.start is not None:
        write_chunk(file, b"CORE", zlib.compress(movie.start, 6))


# ---- recording -------------------------------------------------------------------------------


def record(
    core: Core,
    path: _Path | None = None,
    *,
    start: str = "auto",
    every: int = 60,
    notes: Mapping[str, Any] | None = None,
) -> MovieRecorder:
    """Record a movie of a Core: whatever `run` and `capture` run until the recorder stops.

    Each frame's input is taken down where it is latched, from `inputs=` or live. Resets, states
    that are loaded, options, controllers and cheats are part of the movie, too; what is written
    into memory is not.

    Args:
        core: The Core.
        path: A file that grows as the Core runs; without it the movie is kept in memory.
        start: "power-on", "state", or "auto": power-on for a Core that has not run yet.
        every: How many frames from one checksum of RAM, picture and sound to the next, so that a
            replay that goes astray is located; 1 tells the very frame. 0 for none.
        notes: What else is to be known of the movie; anything that JSON can say.

    Returns:
        A `MovieRecorder`, to be used as a context manager or stopped with `stop`.

    Raises:
        MovieError: The Core has run already, and `start` is "power-on".
        LibretroError: The Core is being recorded already.

    >>> from pylibretro import Core, Joypad
    >>> with Core("2048") as core, record(core) as recorder:
    ...     core.run(3, [Joypad.START, 0, Joypad.LEFT])
    3
    >>> recorder.movie.frames, recorder.movie.inputs().ravel().tolist()
    (3, [8, 0, 64])
    """
    return MovieRecorder(core, path, start=start, every=every, notes=notes)


class MovieRecorder:
    """A recording in progress, see `record`.

    Args:
        core, path, start, every, notes: As for `record`.
        follow: Whether to take down what the Core runs by itself. Without it, `append` says what
            ran: for a core of a batch, which runs it without its calls.
    """

    def __init__(
        self,
        core: Core,
        path: _Path | None = None,
        *,
        start: str = "auto",
        every: int = 60,
        notes: Mapping[str, Any] | None = None,
        follow: bool = True,
    ) -> None:
        """Begin the movie where the Core is now."""
        if start not in ("auto", "power-on", "state"):
            raise ValueError(f"start is {start!r}; 'auto', 'power-on' or 'state' is needed")
        if every < 0:
            raise ValueError(f"every is {every}; it counts frames from 0 up")
        self._core = core
        self._movie: Movie | None = None
        self._position = 0  # frames that have been written
        self._before_tape = 0  # frames that the movie had when its tape began
        self._last = np.zeros(16, PORT_INPUT)
        self._every = every
        self._ran_ahead = False
        self._tape = Tape(core, every if follow else 0, self._write if follow else None)
        try:
            if not follow:
                self._tape.stop()
            from_power_on = self._tape.at_power_on and start != "state"
            if start == "power-on" and not from_power_on:
                raise MovieError(
                    f"a movie from power-on needs a Core that has neither run nor loaded a state; "
                    f"this one has run {core.frame_count} frames"
                )
            name, version, core_sha1, content_sha1, content_name = self._tape.machine
            save_ram = core.memory.save_ram.tobytes() if from_power_on else b""
            start_state = None if from_power_on else core.snapshot()
            if start_state is not None:
                # What a state lacks, such as the rest of a sound, lacks here as in a replay.
                core.restore(start_state)
                self._tape.take()
            self._head = Movie(
                core_name=name,
                core_version=version,
                core_sha1=core_sha1,
                core_file=core.name,
                content_name=content_name,
                content_sha1=content_sha1,
                options=dict(core.options),
                controllers=self._tape.plugged,
                clock=self._tape.clock,
                fps=core.av_info.fps,
                start=start_state,
                save_ram=save_ram or None,
                check_every=every,
                notes=dict(notes or {}),
            )
            self._path = None if path is None else os.path.abspath(os.fspath(path))
            self._file: IO[bytes] = (
                io.BytesIO() if self._path is None else open(self._path, "wb")  # noqa: SIM115
            )
            write_head(self._file, self._head)
        except BaseException:
            self._tape.stop()
            raise
        self._follows = follow
        self._expected = core.frame_count

    def __enter__(self) -> MovieRecorder:
        """Return the recorder itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    @property
    def frames(self) -> int:
        """How many frames have been recorded."""
        return self._before_tape + self._tape.frame if self._follows else self._position

    @property
    def recording(self) -> bool:
        """Whether it has not been stopped yet."""
        return self._movie is None and not self._file.closed

    def append(self, inputs: Any, frames: int = 1) -> None:
        """Take down what a batch has just run on its core.

        Args:
            inputs: What this core was given, held through all frames: a joypad mask, one for each
                port, or records of `PORT_INPUT`; None for the live input.
            frames: How many frames that was, see `CoreBatch.frames_run`.

        Raises:
            MovieError: The recorder follows the calls of its Core, or other frames have run.
        """
        if self._follows:
            raise MovieError("this recorder follows its Core; open it with follow=False to append")
        if not self.recording:
            raise MovieError("this recording has been stopped")
        frames = operator.index(frames)
        self._expected += frames
        if self._core.frame_count != self._expected:
            raise MovieError(
                f"the core has run {self._core.frame_count} frames, and this movie was told of "
                f"{self._expected}"
            )
        held = self._core.inputs.copy()
        if inputs is not None:
            given = np.atleast_1d(np.asarray(inputs))
            if given.dtype.names is None:
                held["joypad"][: len(given)] = given
            else:
                held[: len(given)] = given
        part = Part(frames)
        for name in PORT_INPUT.names or ():
            now, before = held[name].reshape(16, -1), self._last[name].reshape(16, -1)
            ports = np.flatnonzero((now != before).any(axis=1))
            if frames and len(ports):
                at = np.zeros(len(ports), np.uint64)
                part.changes[name] = (at, ports.astype(np.uint8), held[name][ports])
        if frames:
            self._last = held
        self._position += frames
        every = self._head.check_every
        if every and frames and self._position % every == 0:
            ram = zlib.crc32(self._core.memory.system_ram.data)
            part.checks = np.array([(self._position, ram, 0, 0, 1)], CHECKS)
        write_chunk(self._file, b"PART", part.to_bytes())

    def _write(self) -> None:
        """Write what is on the tape as one part."""
        frame, joypads, records, events, checks = self._tape.take()
        frame += self._before_tape
        if frame == self._position and not events and not checks:
            return
        since = self._position - self._before_tape
        part = Part(frame - self._position)
        part.changes = self._changes(joypads, records, since)
        part.events = [(at - since, what, value) for at, what, value in events]
        self._ran_ahead |= self._core.run_ahead is not None
        noted = []
        for at, *found in checks:
            parts = RAM_ALONE if self._ran_ahead else ALL_PARTS
            noted.append((at + self._before_tape, *found, parts))
        part.checks = np.array(noted, CHECKS)
        self._position = frame
        write_chunk(self._file, b"PART", part.to_bytes())

    def step_back(self, frames: int = 1) -> int:
        """Go back in time with the Core, see `Core.step_back`, and take the movie back with it.

        What was recorded since then is no longer part of the movie, which goes on from there: it
        replays as if it had been played at one go.

        Args:
            frames: How many frames to go back; not to before the movie began.

        Returns:
            How many frames it went back.

        Raises:
            MovieError: The recorder does not follow its Core, or has been stopped.
            LibretroError: The Core remembers no past.
        """
        if not self._follows:
            raise MovieError("a recorder with follow=False cannot go back: append says what ran")
        if not self.recording:
            raise MovieError("this recording has been stopped")
        self._write()
        gone = self._core.step_back(min(operator.index(frames), self._position))
        if gone:
            self._position -= gone
            self._before_tape = self._position
            self._last = np.zeros(16, PORT_INPUT)
            self._tape.stop()
            self._tape = Tape(self._core, self._every, self._write)
            write_chunk(self._file, b"BACK", self._position.to_bytes(8, "little"))
            if self._every and self._position:
                parts = RAM_ALONE if self._ran_ahead else RAM_AND_VIDEO
                check = (self._position, *_machine_checksums(self._core), 0, parts)
                part = Part(0, checks=np.array([check], CHECKS))
                write_chunk(self._file, b"PART", part.to_bytes())
        return gone

    def _changes(
        self, joypads: bytes, records: bytes, since: int
    ) -> dict[str, tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[Any]]]:
        pads = np.frombuffer(joypads, _TAPE_JOYPAD)
        whole = np.frombuffer(records, _TAPE_RECORD)
        changes = {}
        at = np.concatenate([pads["frame"], whole["frame"]])
        ports = np.concatenate([pads["port"], whole["port"]]).astype(np.uint8)
        values = np.concatenate([pads["joypad"], whole["input"]["joypad"]])
        order = np.argsort(at, kind="stable")
        if len(at):
            changes["joypad"] = self._new("joypad", at[order], ports[order], values[order], since)
        if len(whole):
            for name in PORT_INPUT.names or ():
                if name != "joypad":
                    ports = whole["port"].astype(np.uint8)
                    changes[name] = self._new(
                        name, whole["frame"], ports, whole["input"][name], since
                    )
        return {name: change for name, change in changes.items() if len(change[0])}

    def _new(
        self,
        name: str,
        at: NDArray[np.uint64],
        ports: NDArray[np.uint8],
        values: NDArray[Any],
        since: int,
    ) -> tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[Any]]:
        """Only what is no repetition, for each port."""
        keep = np.zeros(len(at), bool)
        for port in np.unique(ports):
            mine = np.flatnonzero(ports == port)
            flat = values[mine].reshape(len(mine), -1)
            before = np.empty_like(flat)
            before[0] = np.asarray(self._last[name][port]).reshape(-1)
            before[1:] = flat[:-1]
            keep[mine] = (flat != before).any(axis=1)
            self._last[name][port] = values[mine[-1]]
        at = at[keep] - np.uint64(since)
        return at, ports[keep], np.ascontiguousarray(values[keep])

    def stop(self) -> None:
        """End the movie and write what is left of it; stopping again does nothing."""
        if not self.recording:
            return
        try:
            if self._follows:
                self._tape.stop()
                self._write()
            write_chunk(self._file, b"TAIL", json.dumps({"frames": self._position}).encode())
            if isinstance(self._file, io.BytesIO):
                self._file.seek(0)
                self._movie = Movie.load(self._file)
        finally:
            self._file.close()

    @property
    def movie(self) -> Movie:
        """The `Movie`, when the recording has been stopped."""
        if self.recording:
            raise MovieError("the movie is still being recorded; stop it first")
        if self._movie is None:
            assert self._path is not None
            self._movie = Movie.load(self._path)
        return self._movie


# ---- verification ----------------------------------------------------------------------------


def verify(
    movies: Iterable[_Path],
    content: ContentSource | None = None,
    *,
    core: _Path | None = None,
    processes: int | None = None,
    progress: Callable[[int, Verdict], object] | None = None,
) -> list[Verdict]:
    """Replay many movies in processes of their own, and compare all their checksums.

    Args:
        movies: Files of movies.
        content: As for `Movie.open`, for all of them.
        core: As for `Movie.open`, for all of them.
        processes: How many work at a time; as many as processors may be used unless given, and 0
            for none but this one.
        progress: Called with the index and the `Verdict` of each, as they come.

    Returns:
        A `Verdict` for each, in the order of the movies; one that cannot be played has an `error`.
    """
    from pylibretro.batch.processors import available_processors

    paths = [os.fspath(path) for path in movies]
    wanted = available_processors() if processes is None else processes
    verdicts: dict[int, Verdict] = {}

    def keep(index: int, verdict: Verdict) -> None:
        verdicts[index] = verdict
        if progress is not None:
            progress(index, verdict)

    if min(wanted, len(paths)) < 1:
        for index, path in enumerate(paths):
            keep(index, _verify_one(path, content, core))
        return [verdicts[index] for index in range(len(paths))]
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    with ProcessPoolExecutor(min(wanted, len(paths)), get_context("spawn")) as pool:
        futures = {
            pool.submit(_verify_one, path, content, core): index for index, path in enumerate(paths)
        }
        for future in as_completed(futures):
            try:
                verdict = future.result()
            except Exception as problem:  # a worker that its core took along
                verdict = Verdict(0, 0, error=str(problem) or type(problem).__name__)
            keep(futures[future], verdict)
    return [verdicts[index] for index in range(len(paths))]


def _verify_one(path: str, content: Any, core: Any) -> Verdict:
    try:
        movie = Movie.load(path)
        with movie.open(content, core=core) as opened:
            verdict = movie.play(opened)
        if verdict.ok and verdict.frames < movie.frames:
            message = f"the core asked to shut down after {verdict.frames} of {movie.frames} frames"
            return Verdict(verdict.frames, verdict.checks, error=message)
        return verdict
    except (LibretroError, OSError) as problem:
        return Verdict(0, 0, error=str(problem))
