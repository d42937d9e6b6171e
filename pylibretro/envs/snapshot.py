"""Where all envs of a vector env are, as plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import State

__all__ = ["VectorEnvSnapshot"]


@dataclass(frozen=True, eq=False)
class VectorEnvSnapshot:
    """Where all envs of a `LibretroVectorEnv` are, as `LibretroVectorEnv.snapshot` returns it.

    It can be pickled, and restored in another env of the same spec, in another process or on
    another machine, where the same actions then give the same results.

    Attributes:
        states: A `State` for each env.
        generators: The random numbers of each env; None before its first reset.
        seeds: The seeds that these were made from.
        steps: (num_envs,) int64, steps of the episode.
        frames: (num_envs,) int64, frames of the episode.
        begun_in: (num_envs,) int64, the number of the start state.
        keys: (num_envs,) uint64, which decide where sticky actions stick.
        lost_life: (num_envs,) bool, whether the episode has ended with a life, not with the game.
        previous: (num_envs, ports), the input of the last frame.
        ended: (num_envs,) bool, whether the episode has ended.
        begun: (num_envs,) bool, whether there has been a reset.
        last_ids: (n,) int64, the envs that `recv` returned last.

    >>> import pickle
    >>> from pylibretro import DiscreteActions, LibretroVectorEnv
    >>> task = {"core": "2048", "num_envs": 2, "actions": DiscreteActions(["LEFT", "UP"])}
    >>> envs, others = LibretroVectorEnv(**task), LibretroVectorEnv(**task)
    >>> _ = envs.reset(seed=1)
    >>> stored = pickle.dumps(envs.snapshot())
    >>> others.restore(pickle.loads(stored))
    >>> bool((envs.step([0, 1])[0] == others.step([0, 1])[0]).all())
    True
    >>> envs.close()
    >>> others.close()
    """

    states: tuple[State, ...]
    generators: tuple[np.random.Generator | None, ...]
    seeds: tuple[int | None, ...]
    steps: NDArray[np.int64]
    frames: NDArray[np.int64]
    begun_in: NDArray[np.int64]
    keys: NDArray[np.uint64]
    lost_life: NDArray[np.bool_]
    previous: NDArray[Any]
    ended: NDArray[np.bool_]
    begun: NDArray[np.bool_]
    last_ids: NDArray[np.int64]

    @property
    def nbytes(self) -> int:
        """How many bytes of memory the states take."""
        return sum(state.nbytes for state in self.states)
