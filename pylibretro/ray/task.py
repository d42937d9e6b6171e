"""What a pool plays, whichever way it is given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pylibretro.envs.env_spec import EnvSpec, spec_from
from pylibretro.error import GameError
from pylibretro.games.game import Game
from pylibretro.games.integration import find_game

__all__ = ["spec_of"]


def spec_of(task: Any, arguments: dict[str, Any]) -> EnvSpec:
    """Return the `EnvSpec` of a task.

    Args:
        task: An `EnvSpec`, the id of an env that is registered with Gymnasium, the name of an
            installed game, the path of a game file (`.toml`), a `Game`, or a mapping of the
            arguments of an `EnvSpec`.
        arguments: Arguments of `EnvSpec`, instead of those of the task.

    Raises:
        GameError: There is no such game, or a Lua script decides on its rewards.
        gymnasium.error.Error: There is no such id, or it is that of another library's env.
        TypeError: It is none of these.

    >>> spec_of("pylibretro/2048-v0", {"frame_skip": 4}).frame_skip
    4
    """
    if isinstance(task, EnvSpec):
        return spec_from(task, None, arguments)
    if isinstance(task, Mapping):
        return _from_arguments({**task, **arguments})
    if isinstance(task, Game):
        return _of_game(task, arguments)
    if not isinstance(task, str):
        raise TypeError(
            f"a pool plays an EnvSpec, the id of an env, a game, or a mapping of the arguments of "
            f"an EnvSpec; not {task!r}"
        )
    if "/" in task and not task.endswith(".toml"):
        return _registered(task, arguments)
    return _of_game(Game.load(task) if task.endswith(".toml") else find_game(task), arguments)


def _from_arguments(arguments: dict[str, Any]) -> EnvSpec:
    others = dict(arguments)
    return spec_from(others.pop("core", None), others.pop("content", None), others)


def _registered(identifier: str, arguments: dict[str, Any]) -> EnvSpec:
    import gymnasium

    from pylibretro.envs.registration import VECTOR_ENTRY_POINT, register_envs

    register_envs()
    found = gymnasium.spec(identifier)
    known = dict(found.kwargs)
    if found.max_episode_steps is not None:
        known.setdefault("max_episode_steps", found.max_episode_steps)
    known.update(arguments)
    if found.vector_entry_point == VECTOR_ENTRY_POINT:
        return _from_arguments(known)
    if "game" not in known:
        raise gymnasium.error.Error(f"{identifier!r} is no env of pylibretro")
    asked = {name: known.pop(name) for name in ("scenario", "info") if name in found.kwargs}
    game = known.pop("game")
    if game.endswith(".toml"):
        return _of_game(Game.load(game), known)
    return _of_game(find_game(game, **asked), known)


def _of_game(game: Game, arguments: dict[str, Any]) -> EnvSpec:
    if game.script is not None:
        raise GameError(
            f"{game.name} has a Lua script, which is told of every frame in Python; a pool plays "
            f"games whose rewards and ends are rules"
        )
    return _from_arguments(game.env_arguments(**arguments))
