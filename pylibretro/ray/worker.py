"""What runs in an actor: the envs of one worker of a pool, in a process of their own."""

from __future__ import annotations

import math
import os
import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import ray
from gymnasium import spaces
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from pylibretro.batch._batch import CoreBatch
from pylibretro.batch.processors import available_processors
from pylibretro.batch.results import BranchResult
from pylibretro.content.directories import ScratchDirectory
from pylibretro.envs.picture_size import played_size, sized
from pylibretro.envs.senses import Senses
from pylibretro.envs.vector import LibretroVectorEnv
from pylibretro.picture.observation import Observation
from pylibretro.ray.arrays import Tree, apply, joined, part_of
from pylibretro.ray.fragment import StackedFrames
from pylibretro.ray.random_actions import generator_of, random_actions
from pylibretro.ray.shipment import unpack

__all__ = ["Beginning", "Order", "Policy", "RolloutWorker", "WorkerInfo", "WorkerSettings"]

Policy = Callable[..., Any]
"""`policy(observations, weights, random)` returns actions, or (actions, dict of arrays)."""


class WorkerSettings(NamedTuple):
    """What a worker is made of. What is large is a reference in a list, to be fetched once.

    Attributes:
        worker: Its number.
        spec: [reference to the `EnvSpec` of a `Shipment`].
        files: References to the bytes of its files, by SHA-256.
        num_envs: How many envs.
        cpus: How many processors it may use.
        seed: The seed of the pool.
        policy: [reference to the policy], or None.
        autoreset_mode: As for the envs.
        skip_rendering: As for the envs.
    """

    worker: int
    spec: list[Any]
    files: Mapping[str, Any]
    num_envs: int
    cpus: float
    seed: int
    policy: list[Any] | None
    autoreset_mode: AutoresetMode
    skip_rendering: bool | None


class WorkerInfo(NamedTuple):
    """Where a worker of a pool is.

    Attributes:
        worker: Its number.
        node_id: Ray's id of its node.
        pid: The id of its process on that node.
        threads: How many threads step its envs.
        files_fetched: How many files had to be fetched, because the node did not have them.
        recoveries: How many times it has been replaced.
    """

    worker: int
    node_id: str
    pid: int
    threads: int
    files_fetched: int
    recoveries: int = 0


class Beginning(NamedTuple):
    """New episodes in envs of a worker.

    Attributes:
        seeds: As `LibretroVectorEnv.reset` takes them.
        options: As `LibretroVectorEnv.reset` takes them, but a "reset_mask" may select no env.
    """

    seeds: list[int | None] | None = None
    options: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Order:
    """What a worker is to play.

    Attributes:
        number: The number of the fragment.
        steps: How many steps.
        weights: [reference to the weights of the policy], or None.
        weights_version: Their version.
        actions: (steps, num_envs, ...) or a tree of these; None for the policy's.
        beginning: New episodes to begin; then there are no steps.
    """

    number: int
    steps: int
    weights: list[Any] | None = None
    weights_version: int = 0
    actions: Tree = None
    beginning: Beginning | None = None


class RolloutWorker:
    """The envs of one worker, played fragment by fragment.

    Args:
        settings: What it is made of.
    """

    def __init__(self, settings: WorkerSettings) -> None:
        """Remember the settings; `open` does the work, so that the caller gets what it raises."""
        self.settings = settings
        self.first = settings.worker * settings.num_envs
        self.fetched = 0
        self.weights: tuple[int, Any] = (-1, None)
        self.observations: Any = None
        self.branches: CoreBatch | None = None
        self.memory: dict[str, NDArray[Any]] = {}
        self.in_order = False

    def greet(self) -> None:
        """Return, which shows that the process runs."""

    def open(self) -> tuple[WorkerInfo, spaces.Space[Any]]:
        """Unpack the files, open the envs, and return where they are and what one observes."""
        settings = self.settings
        self.scratch = ScratchDirectory()
        packed = ray.get(settings.spec[0])
        self.spec = unpack(packed, self._fetch, self.scratch)
        self.policy: Policy | None = (
            None if settings.policy is None else ray.get(settings.policy[0])
        )
        self.threads = min(max(1, math.ceil(settings.cpus)), available_processors())
        self.envs = LibretroVectorEnv(
            self.spec,
            num_envs=settings.num_envs,
            autoreset_mode=settings.autoreset_mode,
            threads=self.threads,
            copy=False,
            skip_rendering=settings.skip_rendering,
        )
        node_id = ray.get_runtime_context().get_node_id()
        info = WorkerInfo(settings.worker, node_id, os.getpid(), self.threads, self.fetched)
        return info, self.envs.single_observation_space

    def _fetch(self, digest: str) -> Any:
        self.fetched += 1
        return ray.get(self.settings.files[digest])

    # Where the envs are

    def begin(self) -> None:
        """Begin the first episodes."""
        seed = self.settings.seed + self.first
        self.observations, _ = self.envs.reset(seed=seed)
        self.in_order = True

    def snapshot(self) -> NDArray[np.uint8]:
        """Return where the envs are, pickled."""
        self._check_in_order()
        snapshot = self.envs.snapshot()
        # Copies of a game have most of their bytes in common.
        first, *others = snapshot.states
        states = (first, *(state.compressed(first) for state in others))
        moment = replace(snapshot, states=states), self.observations
        return np.frombuffer(pickle.dumps(moment, pickle.HIGHEST_PROTOCOL), np.uint8)

    def restore(self, moment: NDArray[np.uint8] | None, played: Sequence[Tree]) -> None:
        """Put the envs where they were.

        Args:
            moment: What `snapshot` returned; None for the beginning.
            played: The actions of each fragment since then, or a `Beginning`.
        """
        self.in_order = False
        if moment is None:
            self.begin()
        else:
            snapshot, self.observations = pickle.loads(moment.data)
            self.envs.restore(snapshot)
        for actions in played:
            if isinstance(actions, Beginning):
                self._begin_again(actions)
                continue
            for t in range(_length(actions)):
                self.observations = self.envs.step(part_of(actions, t))[0]
        self.in_order = True

    def _begin_again(self, beginning: Beginning) -> dict[str, Any]:
        options = dict(beginning.options or {})
        if "reset_mask" in options and not options["reset_mask"].any():
            return {}
        self.observations, infos = self.envs.reset(seed=beginning.seeds, options=options)
        return {name: column for name, column in infos.items() if not name.startswith("_")}

    def _check_in_order(self) -> None:
        if not self.in_order:
            raise RuntimeError("an earlier fragment of this worker has failed")

    # Fragments

    def play(self, order: Order) -> dict[str, Any]:
        """Play a fragment, and return what a `Fragment` is made of.

        The pictures are in memory into which the next call writes; Ray has copied them by then.
        """
        self._check_in_order()
        self.in_order = False  # until the fragment has been played to its end
        made = self._played(order)
        self.in_order = True
        return made

    def _played(self, order: Order) -> dict[str, Any]:
        steps, count, seed = order.steps, self.settings.num_envs, self.settings.seed
        envs = self.envs
        if order.beginning is not None:
            infos = self._begin_again(order.beginning)
            made = _Record(envs, 0, self.observations, self.memory).finished()
            made["infos"] = {name: column[np.newaxis] for name, column in infos.items()}
            return {**made, "actions": order.beginning, "extras": {}}
        actions = order.actions
        if actions is None and self.policy is None:
            space = envs.single_action_space
            actions = random_actions(space, steps, seed, self.first, count, order.number)
        record = _Record(envs, steps, self.observations, self.memory)
        weights = self._weights(order) if actions is None else None
        random = generator_of(seed, self.first, order.number)
        chosen: list[Tree] = []
        extras: list[Mapping[str, Any]] = []
        for t in range(steps):
            if actions is not None:
                action = part_of(actions, t)
            else:
                assert self.policy is not None
                action = self.policy(self.observations, weights, random)
                if isinstance(action, tuple) and _has_extras(action):
                    action, told = action
                    extras.append({name: np.array(value) for name, value in told.items()})
                # A policy may return the same array every time.
                action = apply(np.array, action)
                chosen.append(action)
            self.observations = record.step(t, action)
        made = record.finished()
        made["actions"] = joined(chosen, axis=0) if actions is None else actions
        made["extras"] = joined(extras, axis=0) if extras else {}
        return made

    def _weights(self, order: Order) -> Any:
        if order.weights is None:
            return None
        if self.weights[0] != order.weights_version:
            self.weights = (-1, None)  # so that these and the old ones are not in memory at once
            self.weights = (order.weights_version, ray.get(order.weights[0]))
        return self.weights[1]

    # Branches

    def branch(
        self, states: Any, index: NDArray[np.int64] | None, inputs: Any, frames: int, save: bool
    ) -> BranchResult:
        """Try sequences of inputs, as `CoreBatch.branch` does, on cores kept for this.

        Args:
            states: The states; or a list with a reference to a single one.
            index: Which of them each branch begins with; None for a single one.
            inputs: As for `CoreBatch.branch`.
            frames: As for it.
            save: As for it.
        """
        if self.branches is None:
            self.branches = self._opened_branches()
        if index is None:
            return self.branches.branch(ray.get(states[0]), inputs, frames, save=save)
        return self.branches.branch([states[i] for i in index], inputs, frames, save=save)

    def _opened_branches(self) -> CoreBatch:
        spec = self.spec
        asked = Senses(spec).batch_arguments()
        if "observation" in asked:
            asked["observation"] = sized(asked["observation"], played_size(spec))
        reward: Any = spec.reward
        batch = CoreBatch(
            [spec.core_spec()] * self.threads,
            threads=self.threads,
            watches=spec.watches,
            reward=reward,
            done=spec.done,
            stop_when_done=spec.done is not None,
            **asked,
        )
        return batch

    def close(self) -> None:
        """Close everything."""
        if self.branches is not None:
            self.branches.close()
        if hasattr(self, "envs"):
            self.envs.close()
        if hasattr(self, "scratch"):
            self.scratch.remove()


def _has_extras(action: tuple[Any, ...]) -> bool:
    """Whether a tuple is actions and extras; one of a `Tuple` space does not end with a dict."""
    return len(action) == 2 and isinstance(action[1], Mapping)


def _length(actions: Tree) -> int:
    while isinstance(actions, (Mapping, tuple)):
        actions = next(iter(actions.values())) if isinstance(actions, Mapping) else actions[0]
    return len(actions)


class _Record:
    """The results of a fragment's steps, written into arrays of the whole fragment."""

    def __init__(
        self,
        envs: LibretroVectorEnv,
        steps: int,
        observations: Any,
        memory: dict[str, NDArray[Any]],
    ) -> None:
        count = envs.num_envs
        self.envs = envs
        self.rewards = np.zeros((steps, count))
        self.terminations = np.zeros((steps, count), np.bool_)
        self.truncations = np.zeros((steps, count), np.bool_)
        self.begins = np.zeros((steps, count), np.bool_)
        self.fresh = self.begins  # the first observations of episodes
        self.same_step = envs.autoreset_mode is AutoresetMode.SAME_STEP
        if self.same_step:
            self.fresh = np.zeros((steps, count), np.bool_)
        self.infos: dict[str, NDArray[Any]] = {}
        self.finals: list[tuple[int, int, Any, dict[str, Any]]] = []
        sense = envs.env_spec.observation
        self.named = isinstance(sense, Mapping)
        parts: Any = sense if isinstance(sense, Mapping) else {"": sense}
        before = observations if self.named else {"": observations}
        self.parts: dict[str, _Plain | _Stacked] = {}
        for name, part in parts.items():
            stacked = isinstance(part, Observation) and part.stack > 1
            kind = _Stacked if stacked else _Plain
            self.parts[name] = kind(part, before[name], partial(_reused, memory, name, steps))
        self.direct: NDArray[Any] | None = None
        only = self.parts.get("")
        if isinstance(only, _Plain) and isinstance(sense, Observation):
            self.direct = only.rows  # the cores write into it themselves

    def step(self, t: int, action: Tree) -> Any:
        envs = self.envs
        if not self.same_step:
            self.begins[t] = envs.ended
        if self.direct is not None:
            envs.write_next_observations(self.direct[t + 1])
        observations, rewards, terminations, truncations, infos = envs.step(action)
        self.rewards[t] = rewards
        self.terminations[t] = terminations
        self.truncations[t] = truncations
        if "final_obs" in infos:
            self.fresh[t] = infos["_final_obs"]
            self._note_finals(t, infos)
        if self.direct is None:
            for name, part in self.parts.items():
                part.take(t, observations[name] if self.named else observations)
        for name, column in infos.items():
            if name[0] != "_" and name not in ("final_obs", "final_info"):
                if name not in self.infos:
                    self.infos[name] = np.zeros((len(self.rewards), *column.shape), column.dtype)
                self.infos[name][t] = column
        return observations

    def _note_finals(self, t: int, infos: dict[str, Any]) -> None:
        told = {
            name: column for name, column in infos["final_info"].items() if not name.startswith("_")
        }
        for i in np.flatnonzero(infos["_final_obs"]).tolist():
            row = {name: column[i].copy() for name, column in told.items()}
            self.finals.append((t, i, infos["final_obs"][i], row))

    def finished(self) -> dict[str, Any]:
        seen = {name: part.finished(self.fresh) for name, part in self.parts.items()}
        finals = self.finals
        return {
            "rewards": self.rewards,
            "terminations": self.terminations,
            "truncations": self.truncations,
            "begins": self.begins,
            "infos": self.infos,
            "final_steps": np.array([final[0] for final in finals], np.int64),
            "final_envs": np.array([final[1] for final in finals], np.int64),
            "final_observations": joined([final[2] for final in finals], 0) if finals else None,
            "final_infos": joined([final[3] for final in finals], 0) if finals else {},
            "seen": seen if self.named else seen[""],
        }


def _reused(
    memory: dict[str, NDArray[Any]], name: str, steps: int, like: NDArray[Any], more: int
) -> NDArray[Any]:
    """Return an array with a row for each step and some more, if possible that of last time.

    New memory of this size would cost a page fault for each of its pages.
    """
    shape = (steps + more, *like.shape)
    found = memory.get(name)
    if found is None or found.shape != shape or found.dtype != like.dtype:
        found = memory[name] = np.empty(shape, like.dtype)
    return found


_RowsLike = Callable[[NDArray[Any], int], NDArray[Any]]


class _Plain:
    """Observations that travel as they are."""

    def __init__(self, _part: Any, before: NDArray[Any], rows_like: _RowsLike) -> None:
        self.rows = rows_like(before, 1)
        self.rows[0] = before

    def take(self, t: int, observations: NDArray[Any]) -> None:
        self.rows[t + 1] = observations

    def finished(self, _begins: Any) -> NDArray[Any]:
        return self.rows


class _Stacked:
    """Stacks, of which only the newest frames travel."""

    def __init__(self, part: Observation, before: NDArray[Any], rows_like: _RowsLike) -> None:
        self.part = part
        self.first = before.copy()
        self.frames = rows_like(self.newest(before), 0)

    def newest(self, observations: NDArray[Any]) -> NDArray[Any]:
        channels = self.part.channels
        if self.part.layout == "CHW":
            return observations[:, -channels:]
        return observations[..., -channels:]

    def take(self, t: int, observations: NDArray[Any]) -> None:
        self.frames[t] = self.newest(observations)

    def finished(self, begins: NDArray[np.bool_]) -> StackedFrames:
        part = self.part
        return StackedFrames(
            self.first,
            self.frames,
            begins,
            part.stack,
            part.layout,
            part.padding == "repeat",
        )
