"""The file of a movie: chunks that are written as the game runs, so that a crash loses little.

A file begins with `MAGIC`. A chunk is four letters, the length of its data and their CRC-32, and
the data. What follows a chunk that is cut off or damaged is not read. `PART` chunks hold what
happened in some frames: changes of input as columns, one set for each field of
`pylibretro.PORT_INPUT`, whose bytes are sorted by significance before they are compressed. A `BACK`
chunk holds the number of frames that are left of those before it: the recording went back.
"""

from __future__ import annotations

import io
import json
import pickle
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT, State, _unpickle_state
from pylibretro.error import MovieError
from pylibretro.states.machine import Machine

__all__ = ["CHECKS", "Part", "read_chunks", "state_from_bytes", "state_to_bytes", "write_chunk"]

MAGIC = b"PLMOVIE1"
CHUNK = struct.Struct("<4sII")
LARGEST_PART = 1 << 30

# One row for each moment that was checked: CRC-32 of system RAM after `frame` frames, of the
# picture as RGB, and of the sound since the row before; `parts` says which of them are known.
CHECKS = np.dtype(
    [("frame", "<u8"), ("ram", "<u4"), ("video", "<u4"), ("audio", "<u4"), ("parts", "u1")]
)


@dataclass
class Part:
    """What happened in some frames.

    Attributes:
        frames: How many frames.
        changes: For each field of `PORT_INPUT` that changed: the frames in which it did, counted
            from the first of this part, the ports, and the new values.
        events: What else was done, as (frames before it, what, value).
        checks: (n,) `CHECKS`, whose frames are counted from the beginning of the movie.
    """

    frames: int = 0
    changes: dict[str, tuple[NDArray[np.uint64], NDArray[np.uint8], NDArray[Any]]] = field(
        default_factory=dict
    )
    events: list[tuple[int, str, Any]] = field(default_factory=list)
    checks: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, CHECKS))

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
    def from_bytes(cls, data: bytes) -> Part:
        """Return what `to_bytes` made.

        Raises:
            MovieError: The data are none of its.
        """
        try:
            return cls._from_bytes(data)
        except (ValueError, KeyError, TypeError, struct.error, zlib.error) as problem:
            if isinstance(problem, MovieError):
                raise
            raise MovieError(f"the movie is damaged: {problem}") from None

    @classmethod
    def _from_bytes(cls, data: bytes) -> Part:
        unpacker = zlib.decompressobj()
        reader = io.BytesIO(unpacker.decompress(data, LARGEST_PART))
        if not unpacker.eof:
            raise MovieError("the movie is damaged: a part of it unpacks to more than it may")
        (length,) = struct.unpack("<I", reader.read(4))
        head = json.loads(reader.read(length))
        part = cls(frames=int(head["frames"]))
        for name, count in head["fields"]:
            dtype = PORT_INPUT[name]
            steps = _from_planes(reader, np.dtype("<u8"), count)
            ports = np.frombuffer(_exactly(reader, count), "u1")
            values = _from_planes(reader, dtype.base.newbyteorder("<"), count, dtype.shape)
            if count and ports.max() > 15:
                raise MovieError(f"the movie is damaged: it has input of port {ports.max()}")
            part.changes[name] = (np.cumsum(steps, dtype=np.uint64), ports, values)
        part.checks = np.frombuffer(
            _exactly(reader, head["checks"] * CHECKS.itemsize), CHECKS
        ).copy()
        for frame, what, value in head["events"]:
            if isinstance(value, dict):
                value = state_from_bytes(_exactly(reader, int(value["state"])))
            part.events.append((int(frame), str(what), value))
        return part


def _exactly(reader: io.BytesIO, size: int) -> bytes:
    data = reader.read(size)
    if size < 0 or len(data) != size:
        raise MovieError("the movie is damaged: a part of it is too short")
    return data


def _little(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(values.astype(values.dtype.newbyteorder("<")))


def _planes(values: NDArray[Any]) -> bytes:
    """All first bytes of the values, then all second ones: columns of what hardly changes."""
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
    """Yield tags and data of the chunks of a file, up to the first that is not whole.

    Raises:
        MovieError: The file is no movie.
    """
    if file.read(len(MAGIC)) != MAGIC:
        raise MovieError("this is no movie of pylibretro")
    while len(head := file.read(CHUNK.size)) == CHUNK.size:
        tag, length, check = CHUNK.unpack(head)
        data = file.read(length)
        if len(data) != length or zlib.crc32(data) != check:
            return
        yield tag, data


class _StateReader(pickle.Unpickler):
    """Reads a pickled `State`, and nothing else that a pickle might do."""

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


def state_from_bytes(data: bytes) -> State:
    """Return the state that `state_to_bytes` stored; nothing else can come of the data.

    Raises:
        MovieError: The data hold something else.
    """
    try:
        unpacker = zlib.decompressobj()
        pickled = unpacker.decompress(data, LARGEST_PART)
        state = _StateReader(io.BytesIO(pickled)).load()
    except MovieError:
        raise
    except Exception as problem:  # whatever a damaged pickle leads to
        raise MovieError(f"the movie is damaged: its state cannot be read: {problem}") from None
    if not isinstance(state, State):
        raise MovieError("the movie is damaged: what should be a state is none")
    return state
