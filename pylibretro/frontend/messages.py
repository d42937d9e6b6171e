"""What a core says: lines of its log, and messages for the player."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LogLine", "Message"]


class LogLine(NamedTuple):
    """A line of the core's log; `level` is one of the `logging` module's numbers."""

    level: int
    text: str


class Message(NamedTuple):
    """A message for the player (`RETRO_ENVIRONMENT_SET_MESSAGE`, `SET_MESSAGE_EXT`).

    `unit` says what `duration` counts: "frames" or "milliseconds". `progress` is 0 to 100, or -1
    for none. `level` is one of the `logging` module's numbers.
    """

    text: str
    duration: int
    unit: str
    priority: int
    level: int
    target: int
    type: int
    progress: int
