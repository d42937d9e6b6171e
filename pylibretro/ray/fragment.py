"""What a worker of a pool has played: some steps of all its envs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from pylibretro.ray.arrays import Tree

__all__ = ["Fragment", "StackedFrames"]


@dataclass(frozen=True, eq=False)
class Fragment:
    """Some steps of all envs of one worker: a row for each step, and in it one for each env.

    Its arrays are read-only and lie in memory that Ray's processes share, which is freed when
    nobody holds them any more; but `observations` that were stacked are made here, and are yours.

    Attributes:
        worker: The number of the worker.
        number: Which fragment of this worker it is, from 0.
        weights_version: The version of the weights that its policy had, see
            `RolloutPool.set_weights`.
        env_ids: (n,) int64, the numbers of the envs in the pool.
        actions: (steps, n, ...), or a tuple or dict of such arrays.
        rewards: (steps, n) float64.
        terminations: (steps, n) bool.
        truncations: (steps, n) bool.
        begins: (steps, n) bool, which steps began an episode; their actions were ignored.
        infos: (steps, n) arrays by name, 0 where a step has no such info.
        extras: (steps, n, ...) arrays by name, what the policy returned beside the actions.
        final_steps: (k,) int64, with autoreset in the same step the steps that ended an episode,
        final_envs: and (k,) the places of the envs in this fragment,
        final_observations: and (k, ...) what the episodes ended with,
        final_infos: and (k,) arrays by name, their infos.
        seen: The observations as they travelled: arrays, or `StackedFrames`; or a dict of these.
    """

    worker: int
    number: int
    weights_version: int
    env_ids: NDArray[np.int64]
    actions: Tree
    rewards: NDArray[np.float64]
    terminations: NDArray[np.bool_]
    truncations: NDArray[np.bool_]
    begins: NDArray[np.bool_]
    infos: dict[str, NDArray[Any]]
    extras: dict[str, NDArray[Any]]
    final_steps: NDArray[np.int64]
    final_envs: NDArray[np.int64]
    final_observations: Tree
    final_infos: dict[str, NDArray[Any]]
    seen: Any = field(repr=False)

    @property
    def steps(self) -> int:
        """How many steps there are."""
        return len(self.rewards)

    @property
    def observations(self) -> Any:
        """(steps + 1, n, ...), or a dict of such arrays.

        Row t is what the action of row t was chosen from; the last row is what there is to see
        after the last step. Stacks are made from single frames whenever this is asked for.
        """
        if isinstance(self.seen, Mapping):
            return {name: _whole(part) for name, part in self.seen.items()}
        return _whole(self.seen)

    def observations_at(self, steps: ArrayLike, envs: ArrayLike) -> Any:
        """Return some of the observations, such as those of a minibatch, without making the others.

        Args:
            steps: (m,) which rows of `observations`.
            envs: (m,) the places of the envs in this fragment.

        Returns:
            (m, ...), or a dict of such arrays.

        Raises:
            IndexError: There is no such step or env.
        """
        t, i = np.broadcast_arrays(np.asarray(steps), np.asarray(envs))
        if isinstance(self.seen, Mapping):
            return {name: _some(part, t, i) for name, part in self.seen.items()}
        return _some(self.seen, t, i)


@dataclass(frozen=True, eq=False)
class StackedFrames:
    """Stacked pictures as they travel: the stacks at the beginning, and then single frames.

    Attributes:
        first: (n, ...), the stacks before the first step.
        frames: (steps, n, ...), the newest frame after each step.
        begins: (steps, n) bool, whether the frame is the first of an episode.
        stack: How many frames are stacked.
        layout: "CHW" or "HWC".
        repeats: Whether the first frame of an episode stands for those before it; otherwise they
            are black.
    """

    first: NDArray[Any]
    frames: NDArray[Any]
    begins: NDArray[np.bool_]
    stack: int
    layout: str
    repeats: bool

    def places(self) -> NDArray[np.int64]:
        """Return (steps + 1, n, stack) int64: the place of each frame of each stack.

        Numbers below `stack` are frames of `first`, those from there on of `frames`; -1 is black.
        """
        steps, count = self.begins.shape
        places = np.empty((steps + 1, count, self.stack), np.int64)
        places[0] = np.arange(self.stack)
        for t in range(steps):
            now, newest = places[t + 1], self.stack + t
            now[:, :-1] = places[t, :, 1:]
            now[:, -1] = newest
            if self.begins[t].any():
                now[self.begins[t]] = newest if self.repeats else -1
                now[:, -1] = newest
        return places

    def _unstacked(self, stacks: NDArray[Any]) -> NDArray[Any]:
        """View (..., stacked) as (..., stack, single)."""
        if self.layout == "CHW":
            *rows, channels, height, width = stacks.shape
            shape = (*rows, self.stack, channels // self.stack, height, width)
            return stacks.reshape(shape)
        *rows, height, width, channels = stacks.shape
        parted = stacks.reshape((*rows, height, width, self.stack, channels // self.stack))
        return np.moveaxis(parted, -2, len(rows))

    def whole(self) -> NDArray[Any]:
        """Return all stacks, (steps + 1, n, ...)."""
        steps = len(self.begins)
        whole = np.empty((steps + 1, *self.first.shape), self.first.dtype)
        parted, first = self._unstacked(whole), self._unstacked(self.first)
        for t in range(steps + 1):  # as if no episode began; by step, as the caches like it
            known = max(self.stack - t, 0)
            parted[t, :, :known] = first[:, self.stack - known :]
            for j in range(known, self.stack):
                parted[t, :, j] = self.frames[t + j - self.stack]
        places = self.places()
        expected = np.arange(steps + 1)[:, np.newaxis] + np.arange(self.stack)
        others = places != expected[:, np.newaxis]
        if others.any():
            rows, envs, depths = np.nonzero(others)
            found = self._gathered(places[rows, envs, depths], envs)
            parted[rows, envs, depths] = found
        return whole

    def some(self, t: NDArray[Any], i: NDArray[Any]) -> NDArray[Any]:
        """Return the stacks of some steps and envs, (m, ...)."""
        places = self.places()[t, i]
        some = np.empty((*places.shape[:-1], *self.first.shape[1:]), self.first.dtype)
        parted = self._unstacked(some)
        envs = np.arange(self.begins.shape[1])[i]
        parted[...] = self._gathered(places, np.broadcast_to(envs[..., np.newaxis], places.shape))
        return some

    def _gathered(self, places: NDArray[np.int64], envs: NDArray[Any]) -> NDArray[Any]:
        """Return the frames at some places, each of one env."""
        single = self.frames.shape[2:]
        gathered = np.zeros((*places.shape, *single), self.frames.dtype)
        first = self._unstacked(self.first)
        old = (places >= 0) & (places < self.stack)
        gathered[old] = first[envs[old], places[old]]
        new = places >= self.stack
        gathered[new] = self.frames[places[new] - self.stack, envs[new]]
        return gathered


def _whole(part: Any) -> NDArray[Any]:
    whole: NDArray[Any] = part.whole() if isinstance(part, StackedFrames) else part
    return whole


def _some(part: Any, t: NDArray[Any], i: NDArray[Any]) -> NDArray[Any]:
    some: NDArray[Any] = part.some(t, i) if isinstance(part, StackedFrames) else part[t, i]
    return some
