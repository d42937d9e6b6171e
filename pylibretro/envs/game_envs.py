"""Envs of games: those that the ids of installed integrations make, and those of game files."""

from __future__ import annotations

import os
from functools import partial
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv

from pylibretro.envs.env import LibretroEnv
from pylibretro.envs.env_spec import EnvSpec, spec_from
from pylibretro.envs.familiar_arguments import collections_of, translated
from pylibretro.envs.plain import from_plain
from pylibretro.envs.presets import preset_arguments
from pylibretro.envs.vector import LibretroVectorEnv
from pylibretro.error import AddressError, GameError
from pylibretro.games.game import Game
from pylibretro.games.integration import (
    find_game,
    integration_trees,
    is_game,
    read_integration,
)
from pylibretro.games.lua import LuaScenario

__all__ = ["LuaRewards", "game_spec", "make_game_env", "make_game_vector_env"]

OF_A_GAME = {"actions", "players", "state", "states"}


def make_game_env(
    game: str | Game,
    *,
    scenario: str | None = None,
    info: str | None = None,
    inttype: Any = None,
    preset: str | None = None,
    **arguments: Any,
) -> gymnasium.Env[Any, Any]:
    """Make an env of a game, as `gymnasium.make` does with the id of an integration.

    Args:
        game: The name of an installed integration, the path of a game file (`.toml`), or a `Game`.
        scenario: Which of an integration's scenarios, as for `read_integration`.
        info: Which of its files of variables.
        inttype: Where integrations are looked for, a member of stable-retro's `Integrations`;
            everywhere unless given.
        preset: As for `preset_arguments`: "atari" or "deepmind".
        **arguments: Those of `Game.env_arguments`: actions, players, state and states; and further
            ones of `LibretroEnv`, instead of what the game and the preset say, but for `watches`,
            which are added to the game's. Those of
            `stable_retro.make` mean what they mean there; `render_mode` is None unless given.

    Returns:
        A `LibretroEnv`, wrapped in `LuaRewards` if a Lua script decides on its rewards or ends.

    Raises:
        ContentNotFoundError: The game's content is not here.
        GameError: There is no such game, or none of its states has that name.
        TypeError: An env has no such argument; the message names the one that it has instead.
    """
    found = _game(game, scenario, info, inttype)
    try:
        env = LibretroEnv(**_arguments(found, preset, arguments))
    except AddressError:
        found = found.readable(arguments.get("content"))
        env = LibretroEnv(**_arguments(found, preset, arguments))
    if found.script is None:
        return env
    try:
        return LuaRewards(env, found)
    except BaseException:
        env.close()
        raise


def make_game_vector_env(
    game: str | Game,
    *,
    num_envs: int = 1,
    scenario: str | None = None,
    info: str | None = None,
    inttype: Any = None,
    preset: str | None = None,
    **arguments: Any,
) -> VectorEnv[Any, Any, Any]:
    """Make many envs of a game, as `gymnasium.make_vec` does.

    Args:
        game: As for `make_game_env`.
        num_envs: How many.
        scenario: As for `make_game_env`, and so are the next three.
        info: Which file of variables.
        inttype: Where integrations are looked for.
        preset: "atari" or "deepmind".
        **arguments: Those of `Game.env_arguments`, and further ones of `LibretroVectorEnv`; also
            those of `stable_retro.make`.

    Returns:
        A `LibretroVectorEnv`. A Lua script runs in Python after each frame of one env, so games
        with one are a `SyncVectorEnv`, which takes autoreset_mode and the arguments of
        `LibretroEnv`.

    Raises:
        ContentNotFoundError, GameError: As for `make_game_env`.
    """
    found = _game(game, scenario, info, inttype)
    if found.script is None:
        try:
            return LibretroVectorEnv(**_arguments(found, preset, arguments), num_envs=num_envs)
        except AddressError:
            found = found.readable(arguments.get("content"))
            return LibretroVectorEnv(**_arguments(found, preset, arguments), num_envs=num_envs)
    mode = AutoresetMode(arguments.pop("autoreset_mode", AutoresetMode.NEXT_STEP))
    make = partial(make_game_env, found, preset=preset, **arguments)
    return SyncVectorEnv([make] * num_envs, autoreset_mode=mode)


def game_spec(game: str | Game, *, preset: str | None = None, **arguments: Any) -> EnvSpec:
    """Return a game as an `EnvSpec`.

    Args:
        game: As for `make_game_env`.
        preset: As for it.
        **arguments: Its others that are none of a single env's, such as `render_mode`.

    Raises:
        ContentNotFoundError: As for `make_game_env`.
        GameError: As for it; or the game has a Lua script, which no spec can hold.
    """
    choices = {name: arguments.pop(name, None) for name in ("scenario", "info", "inttype")}
    found = _game(game, **choices)
    if found.script is not None:
        raise GameError(f"{found.name} has a Lua script, which needs an env of its own")
    known = _arguments(found, preset, arguments)
    return spec_from(known.pop("core"), known.pop("content", None), known)


def _arguments(game: Game, preset: str | None, given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of an env: the game's, those of the preset over them, then those given."""
    ours = {name: from_plain(value) for name, value in translated(given).items()}
    of_its_own = {}
    if not isinstance(ours.get("actions", ""), str):
        of_its_own["actions"] = ours.pop("actions")  # instead of the game's
    if preset is None:
        return game.env_arguments(**ours) | of_its_own
    own = {name: ours[name] for name in OF_A_GAME & set(ours)}
    others = {name: ours[name] for name in set(ours) - set(own)}
    arguments = game.env_arguments(**own, **others)
    others.pop("watches", None)  # they are beside the game's
    actions = of_its_own.get("actions", arguments["actions"] if "actions" in ours else None)
    shown = preset_arguments(preset, game.name, {**arguments, "actions": actions})
    return game.cropped({**arguments, **shown, **others})


def _game(game: str | Game, scenario: str | None, info: str | None, inttype: Any) -> Game:
    game = from_plain(game)
    if isinstance(game, Game):
        return game
    if game.endswith(".toml"):
        return Game.load(game)
    choices = {name: one for name, one in (("scenario", scenario), ("info", info)) if one}
    collections = None if inttype is None else collections_of(inttype)
    if collections is None:
        return find_game(game, **choices)
    for tree in integration_trees():
        for collection in collections:
            directory = os.path.join(tree.data, collection, game)
            if is_game(directory):
                return read_integration(directory, cores=tree.cores, **choices)
    raise GameError(
        f"there is no game {game!r} in {', '.join(collections) or 'no collection at all'}; without "
        f"inttype it is looked for everywhere"
    )


class LuaRewards(gymnasium.Wrapper[Any, Any, Any, Any]):
    """An env on whose rewards or ends a game's Lua script decides after each step.

    Args:
        env: A `LibretroEnv` with a `frame_skip` of 1, because scripts count frames.
        game: Its `Game`.

    Raises:
        GameError: The env skips frames, or lupa is not installed.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], game: Game) -> None:
        """Read the script."""
        super().__init__(env)
        inner: Any = env.unwrapped
        if inner.env_spec.frame_skip != 1:
            raise GameError(
                f"{game.name} has a Lua script, which is told of every frame: its frame_skip is "
                f"1, not {inner.env_spec.frame_skip}; a wrapper may repeat actions"
            )
        # What a script may look at while it is read, before there is an episode.
        self._info: dict[str, Any] = dict.fromkeys(game.watches, 0)
        self._game = game
        self._begun = False
        self.scenario = LuaScenario(game, lambda: self._info, self._peek, self._poke)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes another env, before the first reset.

        Raises:
            GameError: An episode has begun: what the script remembers cannot be copied.
        """
        if self._begun:
            raise GameError(
                f"{self._game.name} has a Lua script, whose variables cannot be copied; copy or "
                f"pickle the env before its first reset"
            )
        return {name: value for name, value in vars(self).items() if name != "scenario"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read the script again."""
        self.__dict__.update(state)
        self.scenario = LuaScenario(self._game, lambda: self._info, self._peek, self._poke)

    def _peek(self, address: int) -> int:
        inner: Any = self.unwrapped
        return int(inner.core.memory.read(address))

    def _poke(self, name: str, value: int) -> None:
        inner: Any = self.unwrapped
        watch = self._game.watches[name]
        inner.core.memory.write(watch.address, value, watch.type)
        self._info[name] = value

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode, and start the script anew."""
        observation, self._info = self.env.reset(seed=seed, options=options)
        self.scenario.reset()
        self._begun = True
        return observation, self._info

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Do an action, and ask the script what it was worth."""
        observation, reward, terminated, truncated, self._info = self.env.step(action)
        told, done = self.scenario.step()
        inner: Any = self.unwrapped
        clipped = inner.episodes.scoring.clipped
        if len(told) > 1:
            rewards = np.array(self._info["rewards"], np.float64)
            rewards[:] = [
                by_rule if by_script is None else clipped(np.float64(by_script))
                for by_rule, by_script in zip(rewards, told, strict=True)
            ]
            self._info["rewards"] = rewards
            reward = float(rewards[0])
        elif told and told[0] is not None:
            reward = float(clipped(np.float64(told[0])))
        return (
            observation,
            reward,
            terminated if done is None else done,
            truncated,
            self._info,
        )
