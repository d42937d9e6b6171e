"""A task that every learner has to get better at, in a few thousand steps."""

from __future__ import annotations

from typing import Any

from pylibretro import MemoryWindow, Observation
from pylibretro.envs.registration import game_2048

EPISODE_STEPS = 32
BY_CHANCE = 0.35  # a reward that one cannot have without having learned is above it
LEARNED = 0.75


def task(**changed: Any) -> dict[str, Any]:
    """Arguments of an env of the bundled game with a reward of 1 while the last move was left."""
    game = game_2048()
    return {
        **game,
        "watches": {**game["watches"], "direction": (0x08, "|u1")},
        "reward": "(direction == 2) / 2",  # in both frames of a step
        "observation": MemoryWindow(start=0x10, size=16),
        "max_episode_steps": EPISODE_STEPS,
        **changed,
    }


def pictures(**changed: Any) -> dict[str, Any]:
    """The same with pictures, four of them stacked."""
    return task(observation=Observation((84, 84), gray=True, stack=4), **changed)
