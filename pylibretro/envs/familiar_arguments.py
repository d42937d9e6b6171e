"""Arguments that other libraries give their envs: what they mean here, or what to give instead."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from enum import Enum
from typing import Any

from pylibretro.core_spec import place_of_argument
from pylibretro.envs.memory_window import MemoryWindow
from pylibretro.games.game import ACTION_KINDS

__all__ = ["collections_of", "refuse_unknown", "translated"]

# Names in stable-retro, gym-retro, ale-py, EnvPool and the wrappers of others -> what to give here.
OURS = {
    "use_restricted_actions": "actions=ButtonActions(...), DiscreteActions(...), ...",
    "obs_type": "observation=MemoryWindow() for RAM, Observation(...) for pictures",
    "inttype": "the id of an installed game: gymnasium.make('pylibretro/NAME')",
    "record": "record_to=DIRECTORY",
    "scenario": "reward=, done= and watches=, or the id of an installed game",
    "game": "core= and content=, or the id of an installed game: gymnasium.make('pylibretro/NAME')",
    "state": "states=PATH, or states={name: PATH, ...}",
    "players": "ports=(0, 1) of actions, or LibretroParallelEnv(players=2)",
    "frameskip": "frame_skip",
    "frame_stack": "observation=Observation(stack=4)",
    "stack_num": "observation=Observation(stack=4)",
    "img_height": "observation=Observation(size=(84, 84))",
    "img_width": "observation=Observation(size=(84, 84))",
    "grayscale": "observation=Observation(gray=True)",
    "grayscale_obs": "observation=Observation(gray=True)",
    "gray_scale": "observation=Observation(gray=True)",
    "screen_size": "observation=Observation(size=(84, 84))",
    "maxpool": "observation=Observation(pool=2)",
    "reward_clipping": "reward_clip='sign'",
    "clip_reward": "reward_clip='sign'",
    "episodic_life": "life_loss='lives < previous(lives)'",
    "terminal_on_life_loss": "life_loss='lives < previous(lives)'",
    "use_fire_reset": "start=[('B', 1)]",
    "full_action_space": "actions=atari_actions() of pylibretro.envs.presets",
    "max_num_frames_per_episode": "max_episode_frames",
    "num_threads": "threads",
    "env_num": "num_envs",
    "n_envs": "num_envs",
    "noops": "noop_max",
    "rom": "content",
    "rom_path": "content",
    "sticky_actions": "repeat_action_probability=0.25",
    "seed": "reset(seed=...)",
}


def refuse_unknown(given: Iterable[str], known: Iterable[str]) -> None:
    """Raise `TypeError` for arguments that envs do not have, with the name that they have here."""
    names = sorted(known)
    for name in given:
        if name in names:
            continue
        if name in OURS:
            raise TypeError(f"envs have no argument {name!r}; what it does is {OURS[name]} here")
        place = place_of_argument("EnvSpec", name, names)
        if place is not None:
            raise TypeError(place)
        near = get_close_matches(name, names, 2)
        hint = f"did you mean {' or '.join(near)}?" if near else f"they have {', '.join(names)}"
        raise TypeError(f"envs have no argument {name!r}; {hint}")


def _number(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def translated(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of `stable_retro.make` as those of `Game.env_arguments` and of an env.

    Args:
        given: All arguments; those that are this library's own stay as they are.

    Raises:
        TypeError, ValueError: stable-retro has no such value.
    """
    arguments = dict(given)
    if "use_restricted_actions" in arguments:
        kind = arguments.pop("use_restricted_actions")
        if "actions" in arguments:
            raise TypeError("actions and use_restricted_actions say the same; give one of them")
        arguments["actions"] = ACTION_KINDS[_one_of("use_restricted_actions", kind, 4)]
    if "obs_type" in arguments:
        kind = arguments.pop("obs_type")
        if "observation" in arguments:
            raise TypeError("observation and obs_type say the same; give one of them")
        if _one_of("obs_type", kind, 2):
            arguments["observation"] = MemoryWindow()
    if "record" in arguments:
        record = arguments.pop("record")
        if record:
            arguments["record_to"] = os.getcwd() if record is True else record
    state = arguments.get("state")
    if isinstance(state, Enum):
        arguments["state"] = {-1: None, 0: ""}.get(state.value, state)
    for name in ("scenario", "info"):
        if name in arguments and arguments[name] is None:
            del arguments[name]
    return arguments


def _one_of(name: str, value: Any, count: int) -> int:
    number = _number(value)
    if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number < count:
        raise ValueError(
            f"{name} is {value!r}; a member of stable_retro's enumeration is needed, or what it is "
            f"called here: {OURS[name]}"
        )
    return number


def collections_of(inttype: Any) -> list[str] | None:
    """Return what `stable_retro.data.Integrations` names: collections, and directories of games.

    Returns:
        None for its `DEFAULT`, which leaves the choice to others: everywhere.

    Raises:
        TypeError: This is no such value.
    """
    number = _number(inttype)
    if isinstance(inttype, Enum) and not isinstance(number, int):
        return None
    if isinstance(number, bool) or not isinstance(number, int):
        raise TypeError(f"inttype is {inttype!r}; a member of Integrations is needed")
    found = []
    if number & 4:
        found.append("contrib")
    if number & 2:
        found.append("experimental")
    if number & 8:
        found += [os.fspath(path) for path in getattr(type(inttype), "CUSTOM_PATHS", [])]
    return [*found, "stable"] if number & 1 else found
