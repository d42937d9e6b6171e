"""Many copies of a game as a `PufferEnv` of PufferLib."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray
from pufferlib import PufferEnv

from pylibretro.batch.skipping import GivenSkips
from pylibretro.envs.actions import actions_space
from pylibretro.envs.env_spec import spec_from
from pylibretro.envs.episodes import Episodes, Outcome

__all__ = ["LibretroPufferEnv"]


class LibretroPufferEnv(PufferEnv):
    """Copies of a game that write what they see into PufferLib's own memory.

    Each copy is an agent. An episode that has ended is followed by the next one in the same step:
    `terminals` or `truncations` say so, and the observation is the first of the next. Pictures are
    written where PufferLib wants them, without a copy, even in the memory that the workers of
    `pufferlib.vector.Multiprocessing` share.

    It works with PufferLib 2 and 3, and with every version of Gymnasium that they ask for.

    Args:
        core: As for `EnvSpec`, or an `EnvSpec`.
        content: As for `EnvSpec`.
        num_envs: How many copies.
        buf: PufferLib's memory, which PufferLib itself gives.
        seed: The seed of the first episodes, if `reset` is called without one.
        threads: How many threads step; as many as there are usable processors unless given.
        skip_rendering: As for `CoreBatch`.
        skips: As for `CoreBatch`.
        record_to: As for `LibretroVectorEnv`.
        **arguments: Any other arguments of `EnvSpec`. PufferLib takes actions that are a choice
            (`DiscreteActions`, `MultiDiscreteActions`) or a `Box`, and observations that are a
            `Box`.

    Attributes:
        env_spec: The `EnvSpec`.
        episodes: What steps it; `episodes.batch` is the `CoreBatch`, to look at its cores.
        seeds: The seed of each copy: `LibretroEnv.reset` with this seed begins the same episodes.

    Raises:
        ValueError: The actions or observations are not of a kind that PufferLib takes.

    ```python
    import pufferlib.vector
    from pylibretro.envs.pufferlib import LibretroPufferEnv
    from pylibretro.envs.registration import game_2048

    vecenv = pufferlib.vector.make(LibretroPufferEnv, env_kwargs={**game_2048(), "num_envs": 64})
    observations, infos = vecenv.reset(seed=1)
    ```
    """

    render_mode = "rgb_array"

    def __init__(
        self,
        core: Any,
        content: Any = None,
        *,
        num_envs: int = 1,
        buf: Any = None,
        seed: int | None = None,
        threads: int | None = None,
        skip_rendering: bool | None = None,
        skips: GivenSkips = None,
        record_to: str | os.PathLike[str] | None = None,
        **arguments: Any,
    ) -> None:
        """Open the cores and start the threads."""
        self.env_spec = spec_from(core, content, arguments)
        self.num_agents = int(num_envs)
        if self.num_agents < 1:
            raise ValueError(f"num_envs is {num_envs}; at least 1 is needed")
        self.seeds: list[int | None] = [None] * self.num_agents
        self._seed = seed
        self._begun = False
        generators: list[Any] = [None] * self.num_agents  # until reset() has made them
        self.episodes = Episodes(
            self.env_spec,
            self.num_agents,
            generators,
            threads=threads,
            skip_rendering=skip_rendering,
            skips=skips,
            record_to=record_to,
        )
        try:
            self.single_observation_space = taken(
                "observations", self.episodes.senses.space(self.episodes.batch), ("Box",)
            )
            self.single_action_space = taken(
                "actions",
                actions_space(self.episodes.actions),
                ("Discrete", "MultiDiscrete", "Box"),
            )
            super().__init__(buf)
        except BaseException:
            self.episodes.close()
            raise
        self._returns = np.zeros(self.num_agents)
        self._in_place: Any = None
        in_c = self.observations.flags.c_contiguous
        if in_c and self.episodes.batch.observation is not None:
            self._in_place = self.observations

    def reset(self, seed: int | Sequence[int] | None = None) -> tuple[Any, list[dict[str, Any]]]:
        """Begin an episode of all copies.

        Args:
            seed: What the seeds of all copies are made from, so that neighbouring workers with
                neighbouring seeds share none; None goes on with the present random numbers.

        Returns:
            The observations, and an empty list.
        """
        if seed is None and not self._begun:
            seed = self._seed
        if seed is not None or not self._begun:
            drawn = np.random.SeedSequence(seed).generate_state(self.num_agents, np.uint64)
            self.seeds = drawn.tolist()
            for i, own in enumerate(drawn.tolist()):
                self.episodes.generators[i] = seeding.np_random(own)[0]
        self._begin(np.ones(self.num_agents, np.bool_), seeded=seed is not None)
        self.rewards[:] = 0
        self.terminals[:] = self.truncations[:] = False
        self._begun = True
        return self.observations, []

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], list[dict[str, Any]]]:
        """Step all copies; those whose episode ends begin the next one.

        Args:
            actions: A row for each copy.

        Returns:
            Observations, rewards, terminals and truncations, in PufferLib's memory; and an info for
            each episode that has ended, with its "episode_return" and "episode_length" and the last
            values of its infos.

        Raises:
            gymnasium.error.ResetNeeded: `reset` has not been called.
            ActionError: There are no such actions.
            CoreCrashedError, ...: A core failed, as for `CoreBatch.run`; `reset` opens it again.
        """
        if not self._begun:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        outcome = self.episodes.step(actions, self._in_place)
        self._returns += outcome.rewards
        self.rewards[:] = outcome.rewards
        self.terminals[:] = outcome.terminations
        self.truncations[:] = outcome.truncations
        ended = outcome.terminations | outcome.truncations
        infos = [self._summary(outcome, i) for i in np.flatnonzero(ended).tolist()]
        if infos:
            self._begin(ended)
        else:
            self._observe(outcome)
        return self.observations, self.rewards, self.terminals, self.truncations, infos

    def _begin(self, which: NDArray[np.bool_], *, seeded: bool = False) -> None:
        self.episodes.begin(np.flatnonzero(which), None, [seeded] * self.num_agents)
        self._observe(self.episodes.step_some(None, which, self._in_place))
        self._returns[which] = 0

    def _observe(self, outcome: Outcome) -> None:
        if self._in_place is None:
            self.observations[...] = outcome.observations

    def _summary(self, outcome: Outcome, i: int) -> dict[str, Any]:
        summary: dict[str, Any] = {
            name: column[i].item()
            for name, column in outcome.infos.items()
            if column.ndim == 1 and f"_{name}" in outcome.infos
        }
        summary["episode_return"] = float(self._returns[i])
        summary["episode_length"] = int(self.episodes.steps[i])
        return summary

    def render(self) -> NDArray[np.uint8]:
        """Return the last picture of the first copy, (height, width, 3) uint8 RGB, upright."""
        return self.episodes.picture(0)

    def close(self) -> None:
        """Stop the threads and close all cores; closing again does nothing."""
        self.episodes.close()


def taken(what: str, space: Any, kinds: Sequence[str]) -> Any:
    """Return a space if PufferLib takes its kind."""
    if type(space).__name__ not in kinds:
        raise ValueError(
            f"PufferLib takes {what} that are a {' or '.join(kinds)}, and these are {space}"
        )
    return space
