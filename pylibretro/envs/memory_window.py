"""Bytes of a console's memory as an observation."""

from __future__ import annotations

from dataclasses import dataclass
from operator import index
from typing import Any, Literal

__all__ = ["MemoryWindow"]

MEMORIES = ("system_ram", "save_ram", "video_ram", "rtc")


@dataclass(frozen=True)
class MemoryWindow:
    """Bytes of one of a core's memories, as they are after a step: (size,) uint8.

    Args:
        memory: Which: "system_ram", "save_ram", "video_ram" or "rtc", see `Memory`.
        start: The first byte.
        size: How many bytes; None for all that follow.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: A value is out of its range.

    >>> MemoryWindow(start=0x10, size=16)
    MemoryWindow(memory='system_ram', start=16, size=16)
    """

    memory: Literal["system_ram", "save_ram", "video_ram", "rtc"] = "system_ram"
    start: int = 0
    size: int | None = None

    def __post_init__(self) -> None:
        """Check every value."""
        if self.memory not in MEMORIES:
            raise ValueError(f"memory is one of {', '.join(MEMORIES)}, not {self.memory!r}")
        if index(self.start) < 0:
            raise ValueError(f"start is a number from 0, not {self.start}")
        if self.size is not None and index(self.size) < 1:
            raise ValueError(f"size is at least 1, or None for all, not {self.size}")

    def of(self, core: Any) -> Any:
        """Return the live view of these bytes of a `Core`.

        Raises:
            ValueError: The core's memory does not have as many bytes.
        """
        memory = getattr(core.memory, self.memory)
        size = len(memory) - self.start if self.size is None else self.size
        if size < 1 or self.start + size > len(memory):
            raise ValueError(
                f"{self!r} does not fit: the {self.memory} of {core.name} has {len(memory)} bytes"
            )
        return memory[self.start : self.start + size]
