"""States as files have them: a core's own bytes, in the containers of RetroArch, gzip or zip.

RetroArch's container begins with `RASTATE` and a version byte of 1. Blocks follow, each with four
letters, its size (u32, little-endian) and its data, filled up to a multiple of 8: `MEM ` is what
the core serialized, `ACHV` and `RPLY` are RetroArch's own, `END ` is the last. All of it may be
packed as an RZIP. Source: RetroArch's `tasks/task_save.c`.
"""

from __future__ import annotations

import os
import stat
import struct
from collections.abc import Container
from typing import Any

from pylibretro.error import StateError
from pylibretro.files.containers import (
    GZIP,
    RZIP,
    ZIP,
    PackedError,
    unpack_gzip,
    unpack_rzip,
    unpack_zip,
)

__all__ = ["LARGEST_STATE", "looks_packed", "read_state_file", "unpacked_state"]

LARGEST_STATE = 1 << 28
RASTATE = b"RASTATE"
_VERSION = 1
_BLOCK = struct.Struct("<4sI")
_MOST_LAYERS = 4
_NAMES = {
    RASTATE: "RetroArch's container",
    RZIP: "an RZIP of RetroArch",
    GZIP: "a gzip",
    ZIP: "a zip",
}


def looks_packed(state: bytes | memoryview) -> bool:
    """Whether these bytes begin as one of the containers does."""
    return bytes(state[:8]).startswith((RASTATE, RZIP, GZIP, ZIP))


def read_state_file(path: str | os.PathLike[str]) -> bytes:
    """Return what the file of a state has, packed or not.

    Raises:
        StateError: It is no file, or larger than any state.
        OSError: It cannot be read.
    """
    name = os.fspath(path)
    if "\0" in name:
        raise StateError(f"{name!r} is no state: no file has a NUL in its name")
    status = os.stat(name)
    if not stat.S_ISREG(status.st_mode):
        raise StateError(f"{name} is no state: it is no regular file")
    if status.st_size > LARGEST_STATE:
        raise StateError(
            f"{name} is no state: it has {status.st_size:,} bytes, more than {LARGEST_STATE:,}"
        )
    with open(name, "rb") as file:
        return file.read()


def unpacked_state(state: Any, own_sizes: Container[int] = (), limit: int = LARGEST_STATE) -> bytes:
    r"""Return the core's own bytes of a state that may lie in containers, also in one another.

    Args:
        state: A bytes-like object.
        own_sizes: Sizes of states of the core. What has one of them and begins as a gzip or zip
            may be a state of a core that packs them itself, and is left as it is.
        limit: How many bytes a state may unpack to.

    Raises:
        StateError: A container is damaged, or holds no state or too large a one.

    >>> unpacked_state(b"RASTATE\1MEM \3\0\0\0abc\0\0\0\0\0END \0\0\0\0")
    b'abc'
    """
    contents = bytes(memoryview(state).cast("B")) if not isinstance(state, bytes) else state
    for _ in range(_MOST_LAYERS):
        try:
            if contents.startswith(RASTATE):
                contents = _memory_of(contents)
            elif contents.startswith(RZIP):
                contents = unpack_rzip(contents, limit)
            elif len(contents) in own_sizes:
                return contents
            elif contents.startswith(GZIP):
                contents = unpack_gzip(contents, limit)
            elif contents.startswith(ZIP):
                contents = unpack_zip(contents, limit)
            else:
                return contents
        except PackedError as problem:
            what = next(name for magic, name in _NAMES.items() if contents.startswith(magic))
            raise StateError(f"the state is in {what}, but {problem}") from None
    if looks_packed(contents) and len(contents) not in own_sizes:
        raise StateError(f"the state is packed more than {_MOST_LAYERS} times")
    return contents


def _memory_of(contents: bytes) -> bytes:
    """Return the block of RetroArch's container that is the core's state."""
    position = len(RASTATE) + 1
    version = contents[len(RASTATE) : position]
    if version != bytes([_VERSION]):
        raise PackedError(f"of version {version[0] if version else '?'}; {_VERSION} is known here")
    memory = None
    while position + _BLOCK.size <= len(contents):
        tag, size = _BLOCK.unpack_from(contents, position)
        position += _BLOCK.size
        if tag == b"END ":
            break
        if position + size > len(contents):
            raise PackedError(
                f"it is damaged: it is cut off within its block {tag.decode('latin-1')!r}"
            )
        if tag == b"MEM ":
            memory = contents[position : position + size]
        position += -(-size // 8) * 8
    if memory is None:
        raise PackedError("it has no block 'MEM ', in which a core's state is")
    return memory
