"""Ways in which agents are shown games that papers have agreed on, as arguments of an env.

What the Arcade Learning Environment calls its actions, in which order, and which of them each of
its games has, are facts of its version 0.12.1 (`getLegalActionSet`, `getMinimalActionSet`).
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Any

from pylibretro.envs.actions import DiscreteActions
from pylibretro.picture.observation import Observation

__all__ = ["ATARI_ACTIONS", "PRESETS", "atari_actions", "preset_arguments"]

PRESETS = ("atari", "deepmind")

ATARI_SCREEN = (210, 160)
ATARI_FRAMES = 108_000  # half an hour

_DIRECTIONS = (
    ("UP",),
    ("RIGHT",),
    ("LEFT",),
    ("DOWN",),
    ("UP", "RIGHT"),
    ("UP", "LEFT"),
    ("DOWN", "RIGHT"),
    ("DOWN", "LEFT"),
)
FIRE = ("B",)  # the joystick's button on libretro's RetroPad
ATARI_ACTIONS: tuple[tuple[str, ...], ...] = (
    (),
    FIRE,
    *_DIRECTIONS,
    *((*direction, "B") for direction in _DIRECTIONS),
)
"""The 18 actions of the Arcade Learning Environment, in its order, as buttons of a RetroPad."""

# The games that have fewer, by the numbers of the actions that they have.
_GAMES_WITH = {
    "0 1 3 4 11 12": "airraid carnival demonattack galaxian namethisgame pong sirlancelot "
    "spaceinvaders",
    "0 2 3 4 5 6 7 8 9": "asterix crazyclimber koolaid lostluggage mspacman",
    "0 1 2 3 4 5 10 11 12 13": "amidar mrdo timepilot wizardofwor",
    "0 1 2 3 4 5": "basicmath kingkong qbert",
    "0 1 2 3 4 5 6 7 8 9": "othello tictactoe3d videochess",
    "0 1 2 5 10 13": "bowling pooyan upndown",
    "0 2 3 4 5": "frogger pacman surround",
    "0 1 2 5": "blackjack casino",
    "0 1 3 4": "breakout kaboom",
    "0 1 11 12": "atlantis2 atlantis",
    "0 1 2 3 4 5 6 7 8 9 10 11 12 13": "keystonekapers",
    "0 1 2 3 4 5 6 7 8 9 11 12": "turmoil",
    "0 1 2 3 4 5 6 7 10 11 12 13 14 15": "asteroids",
    "0 1 2 3 4 5 10 11 12": "videopinball",
    "0 1 2 3 4 6 7 11 12": "beamrider",
    "0 1 2 3 4 10 11 12": "gopher",
    "0 1 2 3 4 11 12": "assault",
    "0 1 3 4 5": "tetris",
    "0 1 3 4 5 8 9 11 12": "enduro",
    "0 1 3 4 5 11 12 13": "phoenix",
    "0 2 3 4 5 6 7 8 9 11 12 13 14 15 16 17": "journeyescape",
    "0 2 3 4 5 8 9 11 12 13 14 15 16 17": "kungfumaster",
    "0 2 3 4 5 10 11 12": "tutankham",
    "0 2 5": "freeway",
    "0 3 4": "skiing",
    "1 3 4": "backgammon",
    "1 6 7 8 9": "videocheckers",
}
_MINIMAL = {
    game: tuple(int(number) for number in numbers.split())
    for numbers, games in _GAMES_WITH.items()
    for game in games.split()
}

# Where stella turns the first player's paddle with the stick's other axis: RIGHT of the Arcade
# Learning Environment moves the paddle up.
_TURNED = {"pong": {"RIGHT": "UP", "LEFT": "DOWN"}}


def atari_actions(game: str | None = None) -> DiscreteActions:
    """Return the actions that the Arcade Learning Environment has for an Atari 2600 game.

    Args:
        game: Its name in any spelling, such as "ms_pacman" or "MsPacman-Atari2600-v0"; None for all
            18 actions. Games that this library does not know have all of them, too.

    >>> atari_actions("Breakout").combinations
    ((), ('B',), ('RIGHT',), ('LEFT',))
    >>> len(atari_actions().combinations)
    18
    >>> atari_actions("Pong").combinations  # stella turns its paddle with UP and DOWN
    ((), ('B',), ('UP',), ('DOWN',), ('B', 'UP'), ('B', 'DOWN'))
    """
    name = plain_name(game or "")
    turned = _TURNED.get(name, {})
    numbers = _MINIMAL.get(name, range(len(ATARI_ACTIONS)))
    return DiscreteActions(
        [tuple(turned.get(button, button) for button in ATARI_ACTIONS[n]) for n in numbers]
    )


def plain_name(game: str) -> str:
    """Return the name of a game in letters and figures alone."""
    name = os.path.splitext(os.path.basename(game))[0] if os.sep in game or "." in game else game
    return re.sub(r"[^a-z0-9]", "", re.sub(r"-Atari2600(-v\d+)?$", "", name).lower())


def preset_arguments(preset: str, game: str | None, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of an env that a preset stands for.

    Args:
        preset: "atari", as the ids `ALE/...-v5` of the Arcade Learning Environment are; or
            "deepmind", with the preprocessing of DeepMind's DQN. See docs/gymnasium.md.
        game: The name of the game, which says what its actions are; None for all.
        given: What the env is given anyway: its `actions` replace those of the preset, and its
            watch `lives` says when a life is lost.

    Raises:
        ValueError: There is no such preset.

    >>> sorted(preset_arguments("atari", "pong", {}))[:3]
    ['actions', 'frame_skip', 'max_episode_frames']
    """
    if preset not in PRESETS:
        raise ValueError(f"preset is {preset!r}; one of {', '.join(PRESETS)} is needed")
    actions = given.get("actions") or atari_actions(game)
    arguments: dict[str, Any] = {
        "actions": actions,
        "frame_skip": 4,
        "max_episode_frames": ATARI_FRAMES,
    }
    # What the Arcade Learning Environment does at a reset, unless a state says where to start.
    start: list[Any] = [] if given.get("states") else [((), 60), ("START", 4)]
    if preset == "atari":
        picture = Observation(ATARI_SCREEN, layout="HWC")
        chance = {"repeat_action_probability": 0.25}
        return arguments | chance | {"observation": picture, "start": start}
    fires = FIRE in (getattr(actions, "combinations", None) or ())
    arguments |= {
        "observation": Observation((84, 84), gray=True, pool=2, stack=4, resize="area-exact"),
        "noop_max": 30,
        "reward_clip": "sign",
        "start": [*start, (FIRE, 1)] if fires else start,
    }
    if "lives" in (given.get("watches") or {}):
        arguments["life_loss"] = "lives < previous(lives)"
        arguments["life_start"] = [((), 4), *([(FIRE, 4)] if fires else [])]
    return arguments
