"""Checksums of what a core produced: those in a movie, and what a replay finds."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np

from pylibretro._core import Core

__all__ = [
    "ALL_PARTS",
    "CHECKS",
    "RAM_ALONE",
    "RAM_AND_VIDEO",
    "Desync",
    "Verdict",
    "differing_parts",
    "machine_checksums",
]

# One row for each moment that was checked: CRC-32 of system RAM after `frame` frames, of the
# picture as RGB, and of the sound since the row before; `parts` says which of them are known.
CHECKS = np.dtype(
    [("frame", "<u8"), ("ram", "<u4"), ("video", "<u4"), ("audio", "<u4"), ("parts", "u1")]
)
CHECK_PARTS = ("ram", "video", "audio")
ALL_PARTS = 7
RAM_ALONE = 1
RAM_AND_VIDEO = 3


@dataclass(frozen=True)
class Desync:
    """Where a replay went astray from its movie.

    Attributes:
        first: The first frame that may be to blame; frames are counted from 1.
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
    """How the replay of a movie went.

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
        """Whether all of it was played and nothing differed."""
        return self.desync is None and self.error is None


def machine_checksums(core: Core) -> tuple[int, int]:
    """Return the checksums of system RAM and of the picture, as a tape has them."""
    picture = core.frame
    video = 0
    if picture is not None:
        video = zlib.crc32(picture.data, zlib.crc32(repr(picture.shape).encode()))
    return zlib.crc32(core.memory.system_ram.data), video


def differing_parts(due: Any, core: Core, sound: int, parts: int) -> tuple[str, ...]:
    """Return which of the checksums that are due differ now."""
    found = (*machine_checksums(core), sound)
    return tuple(
        part
        for i, part in enumerate(CHECK_PARTS)
        if due["parts"] & parts & 1 << i and due[part] != found[i]
    )
