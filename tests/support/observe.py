"""What the test cores show of themselves: words in system RAM, and notes in video RAM."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np

from pylibretro import Core

Anything = TypeVar("Anything")
# The fixtures build_core and open_core of conftest.py.
BuildCore = Callable[..., Path]
OpenCore = Callable[..., Core]


def words(core: Core) -> list[int]:
    """The words that the core has written to its system RAM."""
    return [int(word) for word in core.memory.system_ram.view(np.uint32)]


def notes(core: Core) -> list[str]:
    """The lines that the core has noted."""
    return core.memory.video_ram.tobytes().split(b"\0")[0].decode().splitlines()


def noted(core: Core) -> dict[str, str]:
    """The notes of the form "name=value"; a later one takes the place of an earlier one."""
    return dict(line.split("=", 1) for line in notes(core) if "=" in line)


def present(value: Anything | None) -> Anything:
    """The value, which is not None."""
    assert value is not None
    return value


def content_of(*numbers: int) -> bytes:
    """Content for a core that reads it as words."""
    return np.array(numbers, np.uint32).tobytes()
