"""A pool as one vector environment, all of whose envs step together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from pylibretro.envs.vector import checked_reset_mask
from pylibretro.ray.arrays import Tree, apply, part_of
from pylibretro.ray.fragment import Fragment

__all__ = ["PoolVectorEnv", "SteppedPool"]


class SteppedPool(Protocol):
    """The part of a `RolloutPool` that is needed to step all its envs together."""

    num_workers: int
    num_envs: int
    autoreset_mode: AutoresetMode

    @property
    def single_observation_space(self) -> gymnasium.Space[Any]:
        """The observation space of one env."""

    @property
    def single_action_space(self) -> gymnasium.Space[Any]:
        """The action space of one env."""

    def begin_again(
        self, seeds: Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> list[Fragment]:
        """Begin new episodes in all envs, or in some."""

    def run(self, actions: Tree) -> list[Fragment]:
        """Let all envs do given actions."""


class PoolVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """All envs of a pool, which step together: for debugging, and as slow as that is.

    It does what a `LibretroVectorEnv` with the same number of envs does. Each step is a fragment of
    the pool.

    Args:
        pool: A `RolloutPool`; it is not closed together with this.
    """

    def __init__(self, pool: SteppedPool) -> None:
        """Take spaces and mode from the pool."""
        self.pool = pool
        self.num_envs = pool.num_workers * pool.num_envs
        self.autoreset_mode = pool.autoreset_mode
        self.metadata = {**type(self).metadata, "autoreset_mode": pool.autoreset_mode}
        self.single_observation_space = pool.single_observation_space
        self.single_action_space = pool.single_action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.render_mode = None

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode of all envs, or of some.

        Args:
            seed: As for `LibretroVectorEnv.reset`.
            options: As for `LibretroVectorEnv.reset`.

        Raises:
            gymnasium.error.AlreadyPendingCallError: Fragments of the pool are under way.
        """
        count = self.num_envs
        if seed is None or isinstance(seed, (int, np.integer)):
            seeds = [None if seed is None else int(seed) + i for i in range(count)]
        else:
            seeds = list(seed)
            if len(seeds) != count:
                raise ValueError(f"there are {len(seeds)} seeds for {count} envs")
        options = dict(options or {})
        if "reset_mask" in options:
            options["reset_mask"] = checked_reset_mask(options["reset_mask"], count)
        state = options.get("state")
        if state is not None and not isinstance(state, (str, int, np.integer)):
            options["state"] = list(state)
            if len(options["state"]) != count:
                raise ValueError(f"state is a name or number, or one for each of {count} envs")
        fragments = self.pool.begin_again(seeds, options)
        observations = self._whole([part_of(fragment.observations, 0) for fragment in fragments])
        mask = options.get("reset_mask", np.ones(count, np.bool_))
        infos: dict[str, Any] = {}
        for name in {name: None for one in fragments for name in one.infos}:
            given = [one.infos[name][0] if name in one.infos else None for one in fragments]
            like = next(column for column in given if column is not None)
            columns = [np.zeros_like(like) if column is None else column for column in given]
            infos[name] = np.concatenate(columns)
            infos[f"_{name}"] = mask.copy()
        return observations, infos

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Step all envs.

        Args:
            actions: A row for each env.

        Raises:
            gymnasium.error.AlreadyPendingCallError: Fragments of the pool are under way.
            WorkerError, WorkerLostError: As for `RolloutPool.run`.
        """
        rows = apply(lambda part: np.asarray(part)[np.newaxis], actions)
        fragments = self.pool.run(rows)
        infos: dict[str, Any] = {}
        for name in fragments[0].infos:
            infos[name] = np.concatenate([one.infos[name][0] for one in fragments])
            infos[f"_{name}"] = np.ones(self.num_envs, np.bool_)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            self._add_finals(fragments, infos)
        return (
            self._whole([part_of(fragment.observations, 1) for fragment in fragments]),
            np.concatenate([fragment.rewards[0] for fragment in fragments]),
            np.concatenate([fragment.terminations[0] for fragment in fragments]),
            np.concatenate([fragment.truncations[0] for fragment in fragments]),
            infos,
        )

    def _add_finals(self, fragments: Sequence[Fragment], infos: dict[str, Any]) -> None:
        """Add what the episodes that have just ended ended with."""
        final_obs = np.full(self.num_envs, None, dtype=object)
        ended = np.zeros(self.num_envs, np.bool_)
        final_info: dict[str, Any] = {}
        for fragment in fragments:
            for place, i in enumerate(fragment.final_envs.tolist()):
                env = int(fragment.env_ids[i])
                ended[env] = True
                final_obs[env] = apply(np.array, part_of(fragment.final_observations, place))
                for name, column in fragment.final_infos.items():
                    whole = final_info.setdefault(
                        name, np.zeros((self.num_envs, *column.shape[1:]), column.dtype)
                    )
                    whole[env] = column[place]
        if ended.any():
            infos["final_obs"], infos["_final_obs"] = final_obs, ended
            for name in list(final_info):
                final_info[f"_{name}"] = ended.copy()
            infos["final_info"], infos["_final_info"] = final_info, ended.copy()

    def _whole(self, parts: Sequence[Tree]) -> Tree:
        """Join the rows of all workers."""
        if isinstance(parts[0], Mapping):
            return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
        return np.concatenate(parts)
