"""The bundled game as tasks."""

from __future__ import annotations

from typing import Any

from pylibretro.envs.actions import DiscreteActions
from pylibretro.envs.memory_window import MemoryWindow

__all__ = ["bundled_task", "game_2048"]


def game_2048() -> dict[str, Any]:
    """Return the arguments of an env of the bundled game, see docs/2048.md.

    A step is a move: a direction is pressed in the first frame, together with A, which continues
        the game after a win, and both are released in the second.
    """
    return {
        "core": "2048",
        "options": {"2048_animation": "disabled"},
        "random_memory": ((0x30, "<u8"),),
        "start": (("START", 1), ((), 1)),
        "watches": {
            "score": (0x20, "<u4"),
            "moves": (0x0C, "<u4"),
            "highest": (0x07, "|u1"),
            "legal": (0x06, "|u1"),
            "mode": (0x05, "|u1"),
        },
        "info": ("score", "moves", "highest", "legal"),
        "reward": "delta(score)",
        "done": "mode == 3",
        "actions": DiscreteActions([("UP", "A"), ("DOWN", "A"), ("LEFT", "A"), ("RIGHT", "A")]),
        "frame_skip": 2,
        "hold_frames": 1,
    }


def bundled_task(name: str) -> dict[str, Any]:
    """Return the arguments of an env of a task by its name, as `task=` of an env means it.

    Raises:
        ValueError: There is no such task.
    """
    if name == "2048":
        return game_2048()
    if name == "2048-board":
        return {**game_2048(), "observation": MemoryWindow(start=0x10, size=16)}
    raise ValueError(f"task is {name!r}; there are '2048' and '2048-board'")
