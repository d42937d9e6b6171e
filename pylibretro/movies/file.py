"""The file of a movie: chunks that are written as the game runs, so that a crash loses little.

A file begins with `MAGIC`. A chunk is four letters, the length of its data and their CRC-32, and
the data. Nothing is read beyond a chunk that is cut off or damaged. `PART` chunks hold what
happened in some frames: changes of input as columns, one set for each field of
`pylibretro.PORT_INPUT`, whose bytes are sorted by significance before they are compressed. A `BACK`
chunk says that the recording went back: it holds how many of the frames before it are left.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT, State, _unpickle_state
from pylibretro.error import MovieError
from pylibretro.files.containers import inflated
from pylibretro.files.json_text import parse_json
from pylibretro.movies.changes import Changes, Track, changes_of, track_until
from pylibretro.movies.checks import CHECKS
from pylibretro.movies.recorded_run import RecordedRun
from pylibretro.states.machine import Machine
from pylibretro.version import __version__

__all__ = [
    "Part",
    "read_chunks",
    "read_movie",
    "state_from_bytes",
    "state_to_bytes",
    "write_chunk",
    "write_head",
    "write_movie",
    "write_part",
    "write_return",
    "write_tail",
]

MAGIC = b"PLMOVIE1"
CHUNK = struct.Struct("<4sII")
FORMAT = 1
# A movie of a game is read whole: what all of it may unpack to, and how many frames it may have.
LARGEST_MOVIE = 1 << 27
BEST_RATIO = 100
LARGEST_HEAD = 1 << 23
LARGEST_CHUNK = 1 << 29
MOST_FRAMES = 1 << 31
READ_AT_ONCE = 1 << 20


@dataclass
class Part:
    """What happened in some frames.

    Attributes:
        frames: How many frames.
        changes: For each field of `PORT_INPUT` that changed: the frames in which it did so, counted
            from the first of this part, the ports, and the new values.
        events: What else was done, as (frames before it, what, value).
        checks: (n,) `CHECKS`, whose frames are counted from the beginning of the movie.
    """

    frames: int = 0
    changes: dict[str, Changes] = field(default_factory=dict)
    events: list[tuple[int, str, Any]] = field(default_factory=list)
    checks: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, CHECKS))

    @property
    def nbytes(self) -> int:
        """How many bytes it takes in memory, about."""
        changes = sum(array.nbytes for change in self.changes.values() for array in change)
        states = sum(value.nbytes for _, _, value in self.events if isinstance(value, State))
        return changes + self.checks.nbytes + states + 256 * (1 + len(self.events))

    def to_bytes(self) -> bytes:
        """Return the data of a `PART` chunk."""
        blobs: list[bytes] = []
        events = []
        for frame, what, value in self.events:
            if isinstance(value, State):
                blobs.append(state_to_bytes(value))
                value = {"state": len(blobs[-1])}
            events.append([frame, what, value])
        columns = []
        for frames, ports, values in self.changes.values():
            steps = np.diff(frames, prepend=np.uint64(0)).astype("<u8")
            columns += [_planes(steps), ports.astype("u1").tobytes(), _planes(_little(values))]
        head = {
            "frames": self.frames,
            "fields": [[name, len(change[0])] for name, change in self.changes.items()],
            "events": events,
            "checks": len(self.checks),
        }
        text = json.dumps(head, separators=(",", ":")).encode()
        packed = [struct.pack("<I", len(text)), text, *columns, self.checks.tobytes(), *blobs]
        return zlib.compress(b"".join(packed), 9)

    @classmethod
    def from_bytes(cls, data: bytes, limit: int = LARGEST_MOVIE) -> Part:
        """Return what `to_bytes` made.

        Raises:
            MovieError: The data were not made by it, or unpack to more bytes than `limit`.
        """
        with damage():
            return cls._from_bytes(inflated(data, limit), limit)

    @classmethod
    def _from_bytes(cls, data: bytes, limit: int) -> Part:
        reader = io.BytesIO(data)
        (length,) = struct.unpack("<I", reader.read(4))
        head = _head(_exactly(reader, length))
        part = cls(frames=_whole(head["frames"]))
        for name, count in head["fields"]:
            dtype = PORT_INPUT[name]
            steps = _from_planes(reader, np.dtype("<u8"), _whole(count))
            ports = np.frombuffer(_exactly(reader, count), "u1")
            values = _from_planes(reader, dtype.base.newbyteorder("<"), count, dtype.shape)
            if count and ports.max() > 15:
                raise MovieError(f"the movie is damaged: it has input of port {ports.max()}")
            frames = np.cumsum(steps, dtype=np.uint64)
            if count and (frames[-1] >= part.frames or (frames[1:] < frames[:-1]).any()):
                raise MovieError("the movie is damaged: it has input beyond its frames")
            part.changes[name] = (frames, ports, values)
        part.checks = np.frombuffer(
            _exactly(reader, _whole(head["checks"]) * CHECKS.itemsize), CHECKS
        ).copy()
        for frame, what, value in head["events"]:
            if isinstance(value, dict):
                value = state_from_bytes(_exactly(reader, _whole(value["state"])), limit)
                limit -= value.nbytes
            part.events.append((_whole(frame), str(what), value))
        return part


@contextmanager
def damage() -> Iterator[None]:
    """Turn whatever damaged data lead to into a MovieError."""
    try:
        yield
    except MovieError:
        raise
    except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError) as problem:
        raise MovieError(f"the movie is damaged: {problem}") from None
    except (struct.error, zlib.error, EOFError, RecursionError, pickle.PickleError) as problem:
        raise MovieError(f"the movie is damaged: {problem}") from None


def _head(data: bytes) -> Any:
    if len(data) > LARGEST_HEAD:
        raise ValueError(f"it has a text of {len(data):,} bytes")
    return parse_json(data)


def _whole(value: Any) -> int:
    """Return a count that JSON gave."""
    if type(value) is not int or not 0 <= value <= MOST_FRAMES:
        raise ValueError(f"it has {str(value)[:40]} where it counts")
    return value


def _exactly(reader: io.BytesIO, size: int) -> bytes:
    data = reader.read(size)
    if size < 0 or len(data) != size:
        raise MovieError("the movie is damaged: a part of it is too short")
    return data


def _little(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))


def _planes(values: NDArray[Any]) -> bytes:
    """All first bytes of the values, then all second ones: columns that hardly change."""
    if not len(values):
        return b""
    return np.ascontiguousarray(values.view("u1").reshape(len(values), -1).T).tobytes()


def _from_planes(
    reader: io.BytesIO, dtype: np.dtype[Any], count: int, shape: tuple[int, ...] = ()
) -> NDArray[Any]:
    size = dtype.itemsize * int(np.prod(shape, dtype=int))
    planes = np.frombuffer(_exactly(reader, size * count), "u1").reshape(size, count)
    values = np.ascontiguousarray(planes.T).view(dtype).reshape(count, *shape)
    return values.astype(dtype.newbyteorder("="))


def write_chunk(file: IO[bytes], tag: bytes, data: bytes) -> None:
    """Append one chunk to a file, and a `MAGIC` before the first one."""
    if file.tell() == 0:
        file.write(MAGIC)
    file.write(CHUNK.pack(tag, len(data), zlib.crc32(data)) + data)
    file.flush()


def read_chunks(file: IO[bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Yield the tags and data of a file's chunks, up to the first that is not whole.

    Raises:
        MovieError: The file is no movie.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise MovieError("this is no movie of pylibretro")
    while len(head := file.read(CHUNK.size)) == CHUNK.size:
        tag, length, check = CHUNK.unpack(head)
        if length > LARGEST_CHUNK:
            return
        # In parts, because a file makes room for what it is asked for before it reads.
        data = bytearray()
        while len(data) < length and (part := file.read(min(READ_AT_ONCE, length - len(data)))):
            data += part
        if len(data) != length or zlib.crc32(data) != check:
            return
        yield tag, bytes(data)


class _StateReader(pickle._Unpickler):
    """Reads a pickled `State`, and nothing else that a pickle might do.

    Python's own unpickler and not that in C, which takes 16 GB when a pickle numbers an object so.
    """

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("pylibretro._core", "_unpickle_state"):
            return _unpickle_state
        if module in ("pylibretro.machine", "pylibretro.states.machine") and name == "Machine":
            return Machine
        if (module, name) == ("builtins", "getattr"):
            return _machine_from_pickle
        raise MovieError(f"the movie is damaged: its state asks for {module}.{name}")


def _machine_from_pickle(owner: object, name: str) -> Any:
    if owner is not Machine or name != "from_pickle":
        raise MovieError(f"the movie is damaged: its state asks for {name!r}")
    return Machine.from_pickle


def state_to_bytes(state: State) -> bytes:
    """Return a state as it is stored in a movie."""
    return zlib.compress(pickle.dumps(state, 4), 6)


def state_from_bytes(data: bytes, limit: int = LARGEST_MOVIE) -> State:
    """Return the state that `state_to_bytes` stored; the data can yield nothing else.

    Raises:
        MovieError: The data hold something else, or unpack to more bytes than `limit`.
    """
    try:
        state = _StateReader(io.BytesIO(inflated(data, limit))).load()
    except MovieError:
        raise
    except Exception as problem:  # whatever a damaged pickle leads to
        raise MovieError(f"the movie is damaged: its state cannot be read: {problem}") from None
    if not isinstance(state, State):
        raise MovieError("the movie is damaged: what should be a state is none")
    return state


def read_movie(file: IO[bytes]) -> RecordedRun:
    """Read a whole movie.

    Raises:
        MovieError: The file is no movie, or is damaged.
    """
    head: dict[str, Any] = {}
    parts: list[Part | int] = []
    start: State | bytes | None = None
    save_ram: bytes | None = None
    complete = False
    unpacked = size = 0
    with damage():
        for tag, data in read_chunks(file):
            size += len(data)
            limit = max(LARGEST_MOVIE, BEST_RATIO * size)
            if tag == b"HEAD":
                head = _head(data)
            elif tag == b"STAT":
                start = state_from_bytes(data, limit)
            elif tag == b"CORE":
                start = inflated(data, limit)
            elif tag == b"SRAM":
                save_ram = inflated(data, LARGEST_MOVIE)
            elif tag == b"PART":
                part = Part.from_bytes(data, limit - unpacked)
                parts.append(part)
                unpacked += part.nbytes
            elif tag == b"BACK":
                parts.append(int.from_bytes(data, "little"))
            elif tag == b"TAIL":
                complete = True
        if not head:
            raise MovieError("the movie is damaged: it has no beginning")
        if head["format"] != FORMAT:
            raise MovieError(
                f"the movie has version {str(head['format'])[:40]} of its format, and this "
                f"pylibretro reads version {FORMAT}"
            )
        known = replace(_run_from_head(head), start=start, save_ram=save_ram, complete=complete)
        return _joined(known, parts)


def _run_from_head(head: Mapping[str, Any]) -> RecordedRun:
    core, content = head["core"], head["content"] or {}
    clock, fps = head["clock"], head["fps"]
    if clock is not None and type(clock) is not int:
        raise ValueError(f"its clock is {clock!r}")
    if fps is not None and (type(fps) not in (int, float) or not 0 < fps < 1 << 20):
        fps = None
    options = {_text(key): _text(value) for key, value in head["options"].items()}
    return RecordedRun(
        core_name=_text_or_none(core["name"]),
        core_version=_text_or_none(core["version"]),
        core_sha1=_text_or_none(core["sha1"]),
        core_file=_text_or_none(core["file"]),
        content_name=_text_or_none(content.get("name")),
        content_sha1=_text_or_none(content.get("sha1")),
        options=options,
        controllers={_whole(port): _whole(device) for port, device in head["controllers"]},
        clock=clock,
        fps=fps,
        check_every=_whole(head["check_every"]),
        notes=dict(head["notes"]),
    )


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"it has {str(value)[:40]} where a text is needed")
    return value


def _text_or_none(value: Any) -> str | None:
    return None if value is None else _text(value)


def _joined(run: RecordedRun, parts: Sequence[Part | int]) -> RecordedRun:
    """Join parts; a number among them is the frame to which the recording went back."""
    frames = 0
    pieces: dict[tuple[str, int], list[Track]] = {}
    events: list[tuple[int, str, Any]] = []
    checks = [np.zeros(0, CHECKS)]
    for part in parts:
        if not isinstance(part, Part):
            frames = min(frames, part)
            for key, track in pieces.items():
                pieces[key] = [track_until(piece, frames) for piece in track]
                pieces[key].append((np.array([frames], np.uint64), np.zeros_like(track[-1][1][:1])))
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
        if frames > MOST_FRAMES:
            raise MovieError(f"the movie is damaged: it has {frames:,} frames")
    tracks = {
        key: (np.concatenate([a for a, _ in track]), np.concatenate([v for _, v in track]))
        for key, track in pieces.items()
    }
    return replace(
        run,
        frames=frames,
        _tracks=tracks,
        events=tuple(events),
        checks=np.concatenate(checks),
    )


def write_movie(file: IO[bytes], run: RecordedRun) -> None:
    """Write a whole movie."""
    write_head(file, run)
    if run.frames or run.events:
        changes = changes_of(run._tracks)
        write_part(file, Part(run.frames, changes, list(run.events), run.checks))
    write_tail(file, run.frames)


def write_head(file: IO[bytes], run: RecordedRun) -> None:
    """Write the chunks with which a movie begins."""
    content = None
    if run.content_name is not None or run.content_sha1 is not None:
        content = {"name": run.content_name, "sha1": run.content_sha1}
    head = {
        "format": FORMAT,
        "made_by": f"pylibretro {__version__}",
        "core": {
            "name": run.core_name,
            "version": run.core_version,
            "sha1": run.core_sha1,
            "file": run.core_file,
        },
        "content": content,
        "options": dict(run.options),
        "controllers": sorted(run.controllers.items()),
        "clock": run.clock,
        "fps": run.fps,
        "check_every": run.check_every,
        "notes": dict(run.notes),
    }
    write_chunk(file, b"HEAD", json.dumps(head, ensure_ascii=False).encode())
    if run.save_ram is not None:
        write_chunk(file, b"SRAM", zlib.compress(run.save_ram, 6))
    if isinstance(run.start, State):
        write_chunk(file, b"STAT", state_to_bytes(run.start))
    elif run.start is not None:
        write_chunk(file, b"CORE", zlib.compress(run.start, 6))


def write_part(file: IO[bytes], part: Part) -> None:
    """Append what happened in some frames."""
    write_chunk(file, b"PART", part.to_bytes())


def write_return(file: IO[bytes], frames: int) -> None:
    """Say that the recording went back to after so many frames."""
    write_chunk(file, b"BACK", frames.to_bytes(8, "little"))


def write_tail(file: IO[bytes], frames: int) -> None:
    """End a movie, which is complete then."""
    write_chunk(file, b"TAIL", json.dumps({"frames": frames}).encode())
