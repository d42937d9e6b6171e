"""How much of its past a Core remembers."""

from __future__ import annotations

import operator
from dataclasses import dataclass

__all__ = ["Rewind"]

SMALLEST_MEMORY = 1 << 16


@dataclass(frozen=True)
class Rewind:
    """Settings of `Core.rewind`, by which `Core.step_back` goes back in time.

    Attributes:
        memory: Bytes for the past, whose oldest part is forgotten when they are full. States are
            stored as differences; for many games these take a hundred to a few thousand bytes a
            frame.
        granularity: How many frames lie between moments to which it can go back.

    >>> from pylibretro import Core, Rewind
    >>> with Core("2048", rewind=Rewind(memory=64 << 20)) as core:
    ...     core.run(60)
    ...     core.step_back(20), core.frame_count
    60
    (20, 40)
    """

    memory: int = 256 << 20
    granularity: int = 1

    def __post_init__(self) -> None:
        """Check the values."""
        memory, granularity = operator.index(self.memory), operator.index(self.granularity)
        if not SMALLEST_MEMORY <= memory < 1 << 40:
            raise ValueError(
                f"memory is {memory}; the past needs from {SMALLEST_MEMORY} bytes to a terabyte"
            )
        if not 1 <= granularity < 1 << 31:
            raise ValueError(f"granularity is {granularity}; it counts frames from 1 up")
