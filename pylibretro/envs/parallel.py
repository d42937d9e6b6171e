"""A game for several players as a PettingZoo parallel environment."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from pettingzoo import ParallelEnv

from pylibretro._core import Core
from pylibretro.batch.skipping import GivenSkips
from pylibretro.envs.actions import Action, Actions, actions_space
from pylibretro.envs.env import first_row
from pylibretro.envs.env_spec import EnvSpec, spec_from
from pylibretro.envs.episodes import Episodes, Outcome
from pylibretro.envs.live_metadata import LiveMetadata, render_fps
from pylibretro.envs.snapshot import VectorEnvSnapshot, attributes_to_copy, put_back, taken
from pylibretro.envs.vector import checked_options, checked_render_mode

__all__ = ["LibretroParallelEnv"]

_OPENED = {"episodes", "generators", "metadata", "_arguments"}  # what a copy makes of its own


class LibretroParallelEnv(ParallelEnv[str, Any, Any]):
    """One copy of a game that several agents play at the same time.

    The agents are "player_1", "player_2", ... on the ports 0, 1, ...; all see the same and the
    episode ends for all at once.

    Args:
        core: As for `EnvSpec`, or an `EnvSpec`. Its `actions` are each agent's, whatever their
            ports; its `reward` is a rule for each agent, or one for all.
        content: As for `EnvSpec`.
        players: How many agents.
        render_mode: "rgb_array" for `render`, or None: then no pictures but the observed ones are
            kept, and cores that can do so draw no others and make no sound.
        skip_rendering: As for `CoreBatch`.
        skips: As for `CoreBatch`.
        record_to: A directory: each episode becomes a movie in it, see docs/movies.md. With lives,
            a movie is of a whole game.
        **arguments: Any other arguments of `EnvSpec`.

    Attributes:
        env_spec: The `EnvSpec`.
        core: The `Core`, to look at between steps.

    >>> env = LibretroParallelEnv("2048", players=2, reward=["1", "-1"])
    >>> observations, infos = env.reset(seed=1)
    >>> actions = {agent: env.action_space(agent).sample() for agent in env.agents}
    >>> observations, rewards, terminations, truncations, infos = env.step(actions)
    >>> rewards
    {'player_1': 1.0, 'player_2': -1.0}
    >>> env.close()
    """

    metadata: dict[str, Any] = LiveMetadata(  # type: ignore[assignment]
        {
            "name": "libretro_v0",
            "render_modes": ["rgb_array"],
            "render_fps": 60,
        },
        lambda env: render_fps(env.core, env.env_spec),
    )

    def __init__(
        self,
        core: Any,
        content: Any = None,
        *,
        players: int = 2,
        render_mode: str | None = None,
        skip_rendering: bool | None = None,
        skips: GivenSkips = None,
        record_to: str | os.PathLike[str] | None = None,
        **arguments: Any,
    ) -> None:
        """Open the core."""
        if players < 1:
            raise ValueError(f"players is {players}; at least 1 is needed")
        spec = spec_from(core, content, arguments)
        own: Any = spec.actions
        self.possible_agents = [f"player_{port + 1}" for port in range(players)]
        each = {agent: on_port(own, port) for port, agent in enumerate(self.possible_agents)}
        reward: Any = spec.reward
        if not (reward is None or isinstance(reward, str)) and len(reward) != players:
            raise ValueError(f"reward has {len(reward)} rules for {players} players")
        self._arguments = {
            "players": players,
            "render_mode": render_mode,
            "skip_rendering": skip_rendering,
            "skips": skips,
        }
        self._given_spec = spec
        self.env_spec: EnvSpec = replace(spec, actions=each)
        self.render_mode = checked_render_mode(render_mode, ["rgb_array"])
        self.generators: list[Any] = [None]
        self.episodes = Episodes(
            self.env_spec,
            1,
            self.generators,
            pictures=self.render_mode is not None,
            threads=1,
            skip_rendering=skip_rendering,
            skips=skips,
            record_to=record_to,
        )
        self.metadata = {
            **type(self).metadata,
            "render_fps": render_fps(self.core, self.env_spec),
        }
        space = self.episodes.senses.space(self.episodes.batch)
        self.observation_spaces = dict.fromkeys(self.possible_agents, space)
        self.action_spaces = {agent: actions_space(part) for agent, part in each.items()}
        self.agents: list[str] = []
        self._begun = False
        self._seed: int | None = None

    @property
    def core(self) -> Core:
        """The `Core`, to look at between steps."""
        return self.episodes.batch[0]

    def observation_space(self, agent: str) -> gymnasium.Space[Any]:
        """Return the observation space of an agent."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gymnasium.Space[Any]:
        """Return the action space of an agent."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Begin an episode, as `LibretroEnv.reset`."""
        checked_options(options, ("state", "options"))  # PettingZoo's own tests have "options"
        if seed is not None or self.generators[0] is None:
            self.generators[0], self._seed = seeding.np_random(seed)
        states = self.episodes.chosen_states((options or {}).get("state"))
        self.episodes.begin(np.zeros(1, np.intp), states, [seed is not None])
        outcome = self.episodes.step_some(None, np.ones(1, np.bool_))
        self.agents = list(self.possible_agents)
        self._begun = True
        return self._observations(outcome), self._infos(outcome)

    def step(
        self, actions: Mapping[str, Any]
    ) -> tuple[dict[str, Any], dict[str, float], dict[str, bool], dict[str, bool], dict[str, Any]]:
        """Do an action of each agent for `frame_skip` frames, or until the game is over.

        Raises:
            gymnasium.error.ResetNeeded: `reset` has not been called, or the episode has ended.
            ActionError: An agent has no action, there is no such agent, or no such action.
        """
        if not self.agents:
            raise gymnasium.error.ResetNeeded("no episode is under way: call reset() before step()")
        outcome = self.episodes.step(self.episodes.of_one(actions))
        agents = self.agents
        terminated, truncated = bool(outcome.terminations[0]), bool(outcome.truncations[0])
        if "rewards" in outcome.infos:
            rewards = outcome.infos["rewards"][0].tolist()
        else:
            rewards = [float(outcome.rewards[0])] * len(agents)
        results = (
            self._observations(outcome),
            dict(zip(agents, rewards, strict=True)),
            dict.fromkeys(agents, terminated),
            dict.fromkeys(agents, truncated),
            self._infos(outcome),
        )
        if terminated or truncated:
            self.agents = []
        return results

    def _observations(self, outcome: Outcome) -> dict[str, Any]:
        return {agent: _own(first_row(outcome.observations)) for agent in self.agents or ()}

    def _infos(self, outcome: Outcome) -> dict[str, Any]:
        infos: dict[str, Any] = {}
        for agent in self.agents:
            infos[agent] = {
                name: column[0].item()
                for name, column in outcome.infos.items()
                if f"_{name}" in outcome.infos and column.ndim == 1
            }
        return infos

    def render(self) -> Any:
        """Return the last picture as `LibretroEnv.render` does, (height, width, 3) uint8 RGB."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs render_mode='rgb_array'")
            return None
        return self.episodes.picture(0)

    def state(self) -> Any:
        """Return what all agents together know: the console's RAM, (size,) uint8."""
        return self.core.memory.system_ram.copy()

    def add_state(self, name: str, state: Any, weight: float = 1.0) -> None:
        """Have episodes begin in one more state from now on, see `LibretroEnv.add_state`."""
        self.episodes.add_state(name, state, weight)
        self.env_spec = self.episodes.spec  # what copies of this env are made from

    def snapshot(self) -> VectorEnvSnapshot:
        """Return where the env is, as `LibretroEnv.snapshot`."""
        return taken(
            self.episodes, [self._seed], np.array([not self.agents]), np.array([self._begun])
        )

    def restore(self, snapshot: VectorEnvSnapshot) -> None:
        """Go on where a snapshot was made, as `LibretroEnv.restore`."""
        put_back(self.episodes, snapshot)
        self._seed = snapshot.seeds[0]
        self._begun = bool(snapshot.begun[0])
        self.agents = [] if snapshot.ended[0] else list(self.possible_agents)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes another env that goes on where this one is, for pickle and copy."""
        return {
            "spec": self._given_spec,
            "arguments": self._arguments,
            "attributes": attributes_to_copy(self, _OPENED),
            "snapshot": self.snapshot() if self._begun else None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open a core of its own, and go on there."""
        LibretroParallelEnv.__init__(self, state["spec"], **state["arguments"])
        self.__dict__.update(state["attributes"])
        if state["snapshot"] is not None:
            self.restore(state["snapshot"])

    def close(self) -> None:
        """Close the core; closing again does nothing."""
        self.episodes.close()


def on_port(actions: Any, port: int) -> Actions:
    """Return the same actions for one port."""
    if isinstance(actions, Action):
        return replace(actions, ports=(port,))  # type: ignore[type-var]
    if isinstance(actions, Mapping):
        return {name: on_port(part, port) for name, part in actions.items()}
    parts: Sequence[Any] = actions
    return tuple(on_port(part, port) for part in parts)


def _own(observation: Any) -> Any:
    """Return a copy, so that no agent writes into what another one sees."""
    if isinstance(observation, Mapping):
        return {name: part.copy() for name, part in observation.items()}
    return observation.copy()
