"""What the test cores show of themselves: words in system RAM, and notes in video RAM."""

from __future__ import annotations

import numpy as np


def words(core) -> list[int]:
    """The words that the core has written to its system RAM."""
    return core.memory.system_ram.view(np.uint32).tolist()


def notes(core) -> list[str]:
    """The lines that the core has noted."""
    return core.memory.video_ram.tobytes().split(b"\0")[0].decode().splitlines()


def noted(core) -> dict[str, str]:
    """The notes of the form "name=value"; a later one takes the place of an earlier one."""
    return dict(line.split("=", 1) for line in notes(core) if "=" in line)


def content_of(*numbers: int) -> bytes:
    """Content for a core that reads it as words."""
    return np.array(numbers, np.uint32).tobytes()
