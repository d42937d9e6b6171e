"""What is done to a machine besides input, as movies note it."""

from __future__ import annotations

from enum import Enum

__all__ = ["Event"]


class Event(str, Enum):
    """What was done between two frames; a movie's file has the values."""

    RESET = "reset"
    STATE = "state"
    CONTROLLER = "controller"
    OPTION = "option"
    CHEAT = "cheat"
    ENABLE_CHEAT = "enable_cheat"
    RESET_CHEATS = "reset_cheats"
    EJECT = "eject"
    DISK = "disk"
    DISK_CONTENT = "disk content"
