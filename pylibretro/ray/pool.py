"""A pool of workers that play a game on the machines of a Ray cluster."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import replace
from os import PathLike
from types import TracebackType
from typing import Any

import gymnasium
import numpy as np
import ray
from gymnasium.vector import AutoresetMode
from ray import exceptions

from pylibretro._core import State
from pylibretro.batch.results import BranchResult
from pylibretro.envs.actions import Actions, actions_space
from pylibretro.error import ClosedError, WorkerError, WorkerLostError
from pylibretro.ray.arrays import Tree, apply, part_of
from pylibretro.ray.branches import Branches, BranchPart
from pylibretro.ray.crew import LOST, Crew, Worker, about
from pylibretro.ray.fragment import Fragment
from pylibretro.ray.lockstep import PoolVectorEnv
from pylibretro.ray.shipment import pack
from pylibretro.ray.task import spec_of
from pylibretro.ray.worker import (
    Beginning,
    Order,
    Policy,
    RolloutWorker,
    WorkerInfo,
    WorkerSettings,
)

__all__ = ["RolloutPool"]


class RolloutPool:
    """Workers that play a game on the machines of a Ray cluster, and ship what they have played.

    Each worker is an actor with a `LibretroVectorEnv` of its own. The core and the content travel
    to each machine once. Env i of worker w has the number w * num_envs + i, and is seeded with
    seed + number: what it plays does not depend on how many workers there are, or where.

    When a worker's process or machine is lost, another worker takes its place: it goes on at the
    last snapshot, repeats what has been delivered since, and does what is left to do. No fragment
    is lost, and none comes twice. Whatever cores do not keep in their states may differ from then
    on.

    Ray is started on this machine, if this process is not connected to a cluster and there is none.

    Args:
        spec: An `EnvSpec`, the id of an env such as "pylibretro/2048-v0", the name of an installed
            game, a game file (`.toml`), a `Game`, or a mapping of the arguments of an `EnvSpec`.
        num_workers: How many workers.
        num_envs: How many envs each has.
        cpus_per_worker: How many processors Ray keeps for each worker; as many threads step its
            envs.
        steps: How many steps a fragment has, unless `rollouts` or `collect` say otherwise.
        placement: "SPREAD" over the machines, "DEFAULT" (few of them), or another scheduling
            strategy of Ray.
        seed: Of the first env; random unless given.
        policy: `policy(observations, weights, random)`: returns the actions, or a tuple of them and
            of a dict of arrays with a row for each env, which come with the fragment as `extras`.
            `random` is a `numpy.random.Generator` that depends on the seed, the worker's first env,
            and the number of the fragment; `weights` are None until there are some. The
            observations are valid until it returns. It should remember nothing from one call to the
            next. None or "random" means random actions, which depend on the seed, the env and the
            number of the fragment alone.
        weights: The first weights, see `set_weights`.
        autoreset_mode: As for `LibretroVectorEnv`, in the next or in the same step.
        skip_rendering: As for `LibretroVectorEnv`.
        snapshot_every: After how many fragments a worker sends a snapshot of its envs.
        max_recoveries: How many workers may be lost one after the other without delivering
            anything.
        start_timeout: How many seconds to wait for room in the cluster for a worker.
        beside: Files that the content needs to have beside it and does not name, such as the
            parent of an arcade game's romset.
        actor_options: Further options of Ray for actors, such as `resources`.
        **arguments: Arguments of `EnvSpec`, instead of those of `spec`.

    Raises:
        WorkerError: A worker could not open its envs; `__cause__` says why.
        WorkerLostError: There was no room for a worker.
        CoreNotFoundError, ContentError, GameError, ValueError: The spec cannot be played elsewhere.

    Attributes:
        spec: The `EnvSpec`.
        seed: The seed.
        num_workers, num_envs, steps, autoreset_mode: The arguments.

    ```python
    from pylibretro.ray import RolloutPool

    with RolloutPool("pylibretro/2048-v0", num_workers=4) as pool:
        for fragment in pool.rollouts(fragments=100):
            learn(fragment.observations, fragment.actions, fragment.rewards)
    ```
    """

    def __init__(
        self,
        spec: Any,
        *,
        num_workers: int,
        num_envs: int = 64,
        cpus_per_worker: float = 1,
        steps: int = 32,
        placement: Any = "SPREAD",
        seed: int | None = None,
        policy: Policy | str | None = None,
        weights: Any = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        skip_rendering: bool | None = None,
        snapshot_every: int = 8,
        max_recoveries: int = 3,
        start_timeout: float = 120.0,
        beside: Sequence[str | PathLike[str]] = (),
        actor_options: dict[str, Any] | None = None,
        **arguments: Any,
    ) -> None:
        """Start the workers and wait until they have opened their envs."""
        self._closed = True  # until there is something to close
        self.spec = spec_of(spec, arguments)
        self.num_workers = _at_least("num_workers", num_workers, 1)
        self.num_envs = _at_least("num_envs", num_envs, 1)
        self.steps = _at_least("steps", steps, 1)
        snapshot_every = _at_least("snapshot_every", snapshot_every, 1)
        max_recoveries = _at_least("max_recoveries", max_recoveries, 0)
        self.autoreset_mode = mode = AutoresetMode(autoreset_mode)
        if mode is AutoresetMode.DISABLED:
            raise ValueError(
                "autoreset_mode is disabled, and the workers of a pool begin episodes by "
                "themselves: choose AutoresetMode.NEXT_STEP or AutoresetMode.SAME_STEP"
            )
        if policy is not None and policy != "random" and not callable(policy):
            raise TypeError(f"policy is {policy!r}; a callable, 'random' or None is needed")
        if seed is None:
            seed = int(np.random.SeedSequence().generate_state(1)[0])
        self.seed = _at_least("seed", seed, 0)
        shipment = pack(self.spec, beside)
        self._started_ray = _connect()
        settings = WorkerSettings(
            worker=0,
            spec=[ray.put(shipment.spec)],
            files={digest: ray.put(shipment.read(digest)) for digest in shipment.files},
            num_envs=self.num_envs,
            cpus=cpus_per_worker,
            seed=self.seed,
            policy=[ray.put(policy)] if callable(policy) else None,
            autoreset_mode=mode,
            skip_rendering=skip_rendering,
        )
        make_actor = ray.remote(RolloutWorker).options(
            **{
                **(actor_options or {}),
                "num_cpus": cpus_per_worker,
                "scheduling_strategy": placement,
                "max_restarts": 0,
                "max_task_retries": 0,
            }
        )
        self._crew = Crew(
            self.num_workers,
            make_actor,
            settings,
            snapshot_every=snapshot_every,
            max_recoveries=max_recoveries,
            start_timeout=float(start_timeout),
        )
        self._closed = False
        try:
            if weights is not None:
                self.set_weights(weights)
                self._crew.weights_version = 0
            self._crew.begin()
        except BaseException:
            self.close()
            raise

    # What it is

    @property
    def single_action_space(self) -> gymnasium.Space[Any]:
        """The action space of one env."""
        actions: Actions = self.spec.actions  # type: ignore[assignment]
        return actions_space(actions)

    @property
    def single_observation_space(self) -> gymnasium.Space[Any]:
        """The observation space of one env."""
        return self._crew.observation_space

    @property
    def workers(self) -> tuple[WorkerInfo, ...]:
        """Where the workers are; for one that is being replaced, where it was."""
        return tuple(
            worker.info._replace(recoveries=worker.recoveries)
            for worker in self._crew.workers
            if worker.info is not None
        )

    @property
    def start_timeout(self) -> float:
        """How many seconds to wait for room in the cluster for a worker; it may be changed."""
        return self._crew.start_timeout

    @start_timeout.setter
    def start_timeout(self, seconds: float) -> None:
        self._crew.start_timeout = float(seconds)

    @property
    def weights_version(self) -> int:
        """How many times `set_weights` has been called."""
        return self._crew.weights_version

    @property
    def pending(self) -> int:
        """How many fragments have been asked for and not yet delivered."""
        return sum(worker.pending for worker in self._crew.workers)

    @property
    def closed(self) -> bool:
        """Whether `close` has been called."""
        return self._closed

    # Weights

    def set_weights(self, weights: Any) -> int:
        """Give the policy new weights for all fragments that are asked for from now on.

        They are put into Ray's object store once, and each machine fetches them once.

        Args:
            weights: Anything that can be pickled, such as a dict of arrays; the policy cannot
                write into arrays.

        Returns:
            Their version, one more than before; fragments have it as `weights_version`.
        """
        self._check_open()
        self._crew.weights = [ray.put(weights)]
        self._crew.weights_version += 1
        return self._crew.weights_version

    # Fragments

    def rollouts(
        self, steps: int | None = None, in_flight: int = 2, fragments: int | None = None
    ) -> Iterator[Fragment]:
        """Yield fragments as they are finished, those of each worker in their order.

        Workers play on while the caller has a fragment, as far as `in_flight` lets them. What has
        been asked for by the time the caller stops is what the next call begins with.

        Args:
            steps: How many steps a fragment has; those of the pool unless given.
            in_flight: How many fragments of each worker may be under way or wait to be taken.
            fragments: How many fragments of each worker to yield; without end unless given.

        Raises:
            WorkerError: An exception in a worker. The others are not disturbed, and what they
                raised comes out of later calls. The next call lets the worker play this fragment
                again, with the weights of that time; `skip_fragment` leaves it out.
            WorkerLostError: More than `max_recoveries` workers were lost in this place one after
                the other, or there was no room for another one within `start_timeout`.
        """
        self._check_open()
        steps = self.steps if steps is None else _at_least("steps", steps, 1)
        in_flight = _at_least("in_flight", in_flight, 1)
        if fragments is not None:
            fragments = _at_least("fragments", fragments, 0)
        return self._rollouts(steps, in_flight, fragments)

    def _rollouts(self, steps: int, in_flight: int, fragments: int | None) -> Iterator[Fragment]:
        yielded = [0] * self.num_workers

        def fill(worker: Worker) -> bool:
            left = None if fragments is None else fragments - yielded[worker.number]
            self._crew.ensure(worker)
            while worker.pending < in_flight and (left is None or worker.pending < left):
                self._crew.ask(worker, Order(worker.asked, steps))
            return left is None or left > 0

        while True:
            self._check_open()
            wanted = [worker for worker in self._crew.workers if fill(worker)]
            if not wanted:
                return
            worker = self._crew.wait_for_fragment(wanted)
            fragment = worker.arrived.popleft()
            yielded[worker.number] += 1
            fill(worker)
            yield fragment

    def collect(self, steps: int | None = None) -> list[Fragment]:
        """Return the next fragment of each worker, in the order of the workers.

        Args:
            steps: As for `rollouts`.

        Raises:
            WorkerError, WorkerLostError: As for `rollouts`; fragments of other workers are kept for
                the next call.
        """
        self._check_open()
        steps = self.steps if steps is None else _at_least("steps", steps, 1)
        return self._collected(steps, None)

    def run(self, actions: Tree) -> list[Fragment]:
        """Let all envs do the given actions, and return a fragment of each worker.

        Args:
            actions: (steps, num_workers * num_envs, ...), or a tuple or dict of such arrays, as the
                action space of one env requires.

        Raises:
            gymnasium.error.AlreadyPendingCallError: Fragments are under way; `collect` them first.
            ValueError: The shape of the actions does not fit.
            WorkerError, WorkerLostError: As for `collect`, which tries these actions again.
        """
        self._check_nothing_pending("run")
        actions = apply(np.asarray, actions)
        lengths: set[tuple[int, ...]] = set()
        apply(lambda part: lengths.add(part.shape[:2]), actions)
        everyone = self.num_workers * self.num_envs
        steps = max((shape[0] for shape in lengths if shape), default=0)
        if lengths != {(steps, everyone)} or steps < 1:
            raise ValueError(
                f"actions have rows and columns {sorted(lengths)}; a row for each step, at least "
                f"one, and in it one for each of {everyone} envs is needed"
            )
        return self._collected(steps, actions)

    def begin_again(
        self, seeds: Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> list[Fragment]:
        """Begin new episodes in all envs, or in some.

        Args:
            seeds: One for each env; None goes on with its present random numbers.
            options: As for `LibretroVectorEnv.reset`, for all envs of the pool.

        Returns:
            A fragment of each worker without steps: its `observations` have one row, and its
            `infos` have one for the beginning.

        Raises:
            gymnasium.error.AlreadyPendingCallError: Fragments are under way; `collect` them first.
            WorkerError, WorkerLostError: As for `collect`.
        """
        self._check_nothing_pending("begin_again")
        return self._collected(
            0, None, [self._beginning(w, seeds, options) for w in self._crew.workers]
        )

    def _beginning(
        self, worker: Worker, seeds: Sequence[int | None] | None, options: dict[str, Any] | None
    ) -> Beginning:
        own = slice(worker.number * self.num_envs, (worker.number + 1) * self.num_envs)
        everyone = self.num_workers * self.num_envs
        chosen = dict(options or {})
        for name, given in (("seeds", seeds), *chosen.items()):
            if given is None or isinstance(given, (str, int, np.integer)):
                continue
            if len(given) != everyone:
                raise ValueError(f"{name} has {len(given)} entries; there are {everyone} envs")
            if name != "seeds":
                chosen[name] = given[own]
        return Beginning(None if seeds is None else list(seeds[own]), chosen)

    def as_vector_env(self) -> PoolVectorEnv:
        """Return all envs as one `gymnasium.vector.VectorEnv`, whose steps go through Ray.

        It is for debugging: a call to each worker for each step is slow. `reset` has to be called
            first, and nothing may be under way.
        """
        self._check_open()
        return PoolVectorEnv(self)

    def _check_nothing_pending(self, what: str) -> None:
        self._check_open()
        if self.pending:
            raise gymnasium.error.AlreadyPendingCallError(
                f"{self.pending} fragments are under way; take them with collect() or rollouts() "
                f"before {what}()",
                "rollouts",
            )

    def _collected(
        self, steps: int, actions: Tree, beginnings: Sequence[Beginning] | None = None
    ) -> list[Fragment]:
        for worker in self._crew.workers:
            self._crew.ensure(worker)
            if not worker.pending:
                order = Order(worker.asked, steps)
                if beginnings is not None:
                    order = replace(order, beginning=beginnings[worker.number])
                if actions is not None:
                    own = slice(worker.number * self.num_envs, (worker.number + 1) * self.num_envs)
                    order = replace(order, actions=part_of(actions, (slice(None), own)))
                self._crew.ask(worker, order)
        while waiting := [worker for worker in self._crew.workers if not worker.arrived]:
            self._crew.wait_for_fragment(waiting)
        return [worker.arrived.popleft() for worker in self._crew.workers]

    def skip_fragment(self, worker: int) -> None:
        """Leave out the next fragment of a worker, and begin new episodes in all of its envs.

        For a fragment that cannot be played, because a core crashes in it, for example.

        Args:
            worker: The number of the worker.

        Raises:
            IndexError: There is no such worker.
            ValueError: The worker has not failed.
        """
        self._check_open()
        failed = self._crew.workers[worker]
        if failed.in_order:
            raise ValueError(f"worker {worker} has not failed: there is nothing to leave out")
        orders = [call for call in failed.calls if call.order is not None]
        failed.calls.remove(orders[0])
        failed.played.append(Beginning())

    # Branches

    def map_branches(
        self,
        states: State | Sequence[State],
        actions: Any,
        frames: int | None = None,
        *,
        save: bool = False,
    ) -> BranchResult:
        """Try sequences of inputs, each from a state, on all workers, as `CoreBatch.branch` does.

        Workers have separate cores for this: what the envs play is not disturbed.

        Args:
            states: The `State` that all begin with, or a sequence with one for each branch, of the
                pool's core and content.
            actions: What is pressed, as the inputs of `CoreBatch.branch`: (branches, steps) or
                (branches, steps, ports) uint16 joypad masks, or records of
                `pylibretro.PORT_INPUT`, each held for `frames` frames.
            frames: How many frames a step has; `frame_skip` of the spec unless given.
            save: Whether to return the states at the ends.

        Returns:
            A `BranchResult`, a row for each branch. Where the spec has a done rule, steps after
            the end of a game run no frames.

        Raises:
            WorkerError: An exception in a worker, such as that a state is of another core.
            WorkerLostError: Some branches have cost more than `max_recoveries` workers, or none is
                left and there was no room for another one.
            TypeError, ValueError: The arguments do not fit.
        """
        self._check_open()
        frames = self.spec.frame_skip if frames is None else _at_least("frames", frames, 1)
        branches = Branches(states, actions, frames, save, self.num_workers)
        for worker in self._crew.workers:
            self._crew.ensure(worker)
        under_way: dict[Any, tuple[Worker, Any, BranchPart]] = {}
        while not branches.are_done:
            self._share_out(branches, under_way)
            waiting = [
                worker
                for worker in self._crew.workers
                if worker.calls and worker.calls[0].order is None and worker.in_order
            ]
            try:
                ready = self._crew.wait(waiting, list(under_way))
            except WorkerLostError:
                if all(worker.actor is None for worker in self._crew.workers):
                    raise
                ready = []
            for reference in ready:
                worker, actor, part = under_way.pop(reference)
                try:
                    part.take(ray.get(reference))
                except LOST as error:
                    self._lose_part(branches, part, worker, actor, error)
                except exceptions.RayTaskError as error:
                    cause = error.cause or error
                    raise about(
                        WorkerError(
                            f"worker {worker.number}, branches {part.first} to {part.last}: "
                            f"{type(cause).__name__}: {cause}"
                        ),
                        worker,
                        None,
                    ) from cause
        return branches.result()

    def _share_out(
        self, branches: Branches, under_way: dict[Any, tuple[Worker, Any, BranchPart]]
    ) -> None:
        for worker in self._crew.workers:
            has_begun = not any(call.method in ("greet", "open") for call in worker.calls)
            if worker.actor is None or not has_begun:
                continue
            busy = sum(one is worker for one, _, _ in under_way.values())
            while busy < 2 and branches.untried:
                part = branches.untried.popleft()
                reference = worker.actor.branch.remote(*part.arguments())
                under_way[reference] = (worker, worker.actor, part)
                busy += 1

    def _lose_part(
        self, branches: Branches, part: BranchPart, worker: Worker, actor: Any, error: Exception
    ) -> None:
        """Let branches whose worker was lost be tried elsewhere."""
        branches.untried.appendleft(part)
        part.lost += 1
        if part.lost > self._crew.max_recoveries:
            raise about(
                WorkerLostError(
                    f"branches {part.first} to {part.last} have cost {part.lost} workers one after "
                    f"the other, so that the core or memory may be the reason; the last time: "
                    f"{error}"
                ),
                worker,
                None,
            ) from error
        if worker.actor is actor:  # otherwise it has already been replaced
            worker.lost = 0  # branches have a count of their own
            self._crew.recover(worker, error)

    # The end

    def close(self) -> None:
        """End the workers. Ray goes on, unless this pool started it."""
        if self._closed:
            return
        self._closed = True
        self._crew.close()
        if self._started_ray:
            ray.shutdown()

    def __enter__(self) -> RolloutPool:
        """Return the pool."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the pool."""
        self.close()

    def _check_open(self) -> None:
        if self._closed:
            raise ClosedError("the pool has been closed; make a new one")


def _connect() -> bool:
    """Connect to Ray unless that has been done; return whether Ray was started here."""
    if ray.is_initialized():
        return False
    try:
        ray.init(address="auto", log_to_driver=True)
    except ConnectionError:
        ray.init(address="local", include_dashboard=False)
    return True


def _at_least(name: str, value: Any, least: int) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {value!r}") from None
    if number < least:
        raise ValueError(f"{name} is at least {least}, not {number}")
    return number
