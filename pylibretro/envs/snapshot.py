"""Where all envs of a vector env are, as plain data."""

from __future__ import annotations

from collections.abc import Sequence, Set
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import State
from pylibretro.envs.episodes import Episodes
from pylibretro.error import StateError

__all__ = ["VectorEnvSnapshot", "attributes_to_copy", "put_back", "taken"]


@dataclass(frozen=True, eq=False)
class VectorEnvSnapshot:
    """Where all envs of a `LibretroVectorEnv` are, as `LibretroVectorEnv.snapshot` returns it.

    That of a `LibretroEnv` or `LibretroParallelEnv` is one of a single env.

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


def taken(
    episodes: Episodes,
    seeds: Sequence[int | None],
    ended: NDArray[np.bool_],
    begun: NDArray[np.bool_],
    last_ids: NDArray[np.int64] | None = None,
) -> VectorEnvSnapshot:
    """Return where envs are.

    Args:
        episodes: Their episodes.
        seeds: Their seeds.
        ended: (n,) whose episode has ended.
        begun: (n,) which have been reset.
        last_ids: Those that `recv` returned last.
    """
    return VectorEnvSnapshot(
        states=tuple(episodes.save_states(ended)),
        generators=tuple(deepcopy(episodes.generators)),
        seeds=tuple(seeds),
        steps=episodes.steps.copy(),
        frames=episodes.frames.copy(),
        begun_in=episodes.begun_in.copy(),
        keys=episodes.keys.copy(),
        lost_life=episodes.lost_life.copy(),
        previous=episodes.previous.copy(),
        ended=ended.copy(),
        begun=begun.copy(),
        last_ids=np.arange(episodes.count) if last_ids is None else last_ids.copy(),
    )


def put_back(episodes: Episodes, snapshot: VectorEnvSnapshot) -> None:
    """Put the episodes of envs where a snapshot was made.

    Raises:
        StateError: It is of other envs than these.
    """
    if not isinstance(snapshot, VectorEnvSnapshot):
        raise TypeError(f"{snapshot!r} is no snapshot; snapshot() of an env returns one")
    if len(snapshot.states) != episodes.count:
        raise StateError(
            f"the snapshot is of {len(snapshot.states)} envs, and this has {episodes.count}"
        )
    previous = episodes.previous
    if snapshot.previous.shape != previous.shape or snapshot.previous.dtype != previous.dtype:
        raise StateError(
            "the snapshot is of envs with actions for other ports or devices than these; "
            "restore it in an env of the same spec"
        )
    if int(snapshot.begun_in.max(initial=0)) >= len(episodes.states):
        raise StateError(
            f"the snapshot is of envs with more start states than the {len(episodes.states)} "
            f"here; restore it in an env of the same spec"
        )
    episodes.load_states(snapshot.states)
    generators: Any = snapshot.generators
    episodes.generators[:] = deepcopy(list(generators))
    episodes.steps[:] = snapshot.steps
    episodes.frames[:] = snapshot.frames
    episodes.begun_in[:] = snapshot.begun_in
    episodes.keys[:] = snapshot.keys
    episodes.lost_life[:] = snapshot.lost_life
    previous[:] = snapshot.previous


def attributes_to_copy(env: Any, opened: Set[str]) -> dict[str, Any]:
    """Return the attributes of an env that a copy takes over, even a shallow one, as its own.

    Args:
        env: The env.
        opened: Those that a copy makes anew.
    """
    kept = {name: value for name, value in vars(env).items() if name not in opened}
    for name, value in kept.items():
        if name.endswith(("_space", "_spaces")):  # with the random numbers of `sample`
            kept[name] = deepcopy(value)
    return kept
