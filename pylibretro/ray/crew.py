"""The workers of a pool: what they have been asked for, and how one that is lost is replaced."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import gymnasium
import numpy as np
import ray
from numpy.typing import NDArray
from ray import exceptions

from pylibretro.error import WorkerError, WorkerLostError
from pylibretro.ray.arrays import Tree, apply
from pylibretro.ray.fragment import Fragment
from pylibretro.ray.worker import Beginning, Order, WorkerInfo, WorkerSettings

__all__ = ["LOST", "Crew", "Worker", "about"]

# What Ray raises when the process or machine that had the answer, or was to give it, is gone.
LOST = (
    exceptions.RayActorError,
    exceptions.ObjectLostError,
    exceptions.NodeDiedError,
    exceptions.WorkerCrashedError,
    exceptions.OutOfMemoryError,
)
CLOSE_SECONDS = 2.0


@dataclass(eq=False)
class Call:
    """A call of a worker's method, in the order in which it was made."""

    method: str
    order: Any = None
    reference: Any = None

    @property
    def is_snapshot(self) -> bool:
        return self.method == "snapshot"


@dataclass(eq=False)
class Worker:
    """What the pool knows of a worker."""

    number: int
    actor: Any = None
    info: WorkerInfo | None = None
    calls: deque[Call] = field(default_factory=deque)
    arrived: deque[Fragment] = field(default_factory=deque)
    snapshot: NDArray[np.uint8] | None = None
    # What it has to repeat after its snapshot.
    played: list[Tree | Beginning] = field(default_factory=list)
    asked: int = 0
    delivered: int = 0
    lost: int = 0
    recoveries: int = 0
    deadline: float = 0.0
    in_order: bool = False

    @property
    def pending(self) -> int:
        """How many fragments it has been asked for that have not been taken."""
        return len(self.arrived) + sum(call.order is not None for call in self.calls)


class Crew:
    """The workers of a pool, from the first call to the last.

    Args:
        count: How many workers.
        make_actor: Called with the `WorkerSettings` of a worker; returns its actor.
        settings: The settings of all workers.
        snapshot_every: As for `RolloutPool`.
        max_recoveries: As for `RolloutPool`.
        start_timeout: As for `RolloutPool`.

    Attributes:
        workers: What is known of each worker.
        observation_space: The observation space of one env.
        weights: [reference to the weights of the policy], or None.
        weights_version: Their version.
        max_recoveries, start_timeout: The arguments.
    """

    def __init__(
        self,
        count: int,
        make_actor: Any,
        settings: WorkerSettings,
        *,
        snapshot_every: int,
        max_recoveries: int,
        start_timeout: float,
    ) -> None:
        """Start nothing yet."""
        self.workers = [Worker(number) for number in range(count)]
        self.observation_space: gymnasium.Space[Any]
        self.weights: list[Any] | None = None
        self.weights_version = 0
        self.max_recoveries = max_recoveries
        self.start_timeout = start_timeout
        self._make_actor = make_actor
        self._settings = settings
        self._snapshot_every = snapshot_every

    def begin(self) -> None:
        """Start all workers, and wait until they have opened their envs."""
        for worker in self.workers:
            self._start(worker)
        for worker in self.workers:
            self._settle(worker)

    def _start(self, worker: Worker) -> None:
        """Make an actor, and ask it again for what has not been delivered."""
        worker.actor = self._make_actor.remote(self._settings._replace(worker=worker.number))
        worker.deadline = time.monotonic() + self.start_timeout
        again = [call for call in worker.calls if call.order is not None or call.is_snapshot]
        worker.calls = deque([Call("greet"), Call("open")])
        self._put_in_order(worker, again)

    def _put_in_order(self, worker: Worker, again: Sequence[Call]) -> None:
        """Bring a worker to where it was, and ask it again for what has not been delivered."""
        worker.calls.append(Call("restore"))
        worker.calls.extend(again)
        worker.in_order = True
        for call in worker.calls:
            if call.reference is None or call in again:
                self._send(worker, call)

    def _send(self, worker: Worker, call: Call) -> None:
        actor = worker.actor
        method = getattr(actor, call.method)
        if call.method == "restore":
            call.reference = method.remote(worker.snapshot, worker.played)
        elif call.order is not None:
            call.reference = method.remote(call.order)
        else:
            call.reference = method.remote()

    def ask(self, worker: Worker, order: Order) -> None:
        """Ask a worker for a fragment, and for a snapshot when it is time for one."""
        if order.actions is None:
            order = replace(order, weights=self.weights, weights_version=self.weights_version)
        self._add(worker, Call("play", order))
        worker.asked += 1
        if worker.asked % self._snapshot_every == 0:
            self._add(worker, Call("snapshot"))

    def _add(self, worker: Worker, call: Call) -> None:
        worker.calls.append(call)
        self._send(worker, call)

    def ensure(self, worker: Worker) -> None:
        """Bring back a worker that has failed or been given up."""
        if worker.actor is None:
            self._start(worker)
        elif not worker.in_order:
            again = list(worker.calls)
            for call in again:
                if call.order is not None and call.order.actions is None:
                    call.order = replace(
                        call.order, weights=self.weights, weights_version=self.weights_version
                    )
            worker.calls = deque()
            self._put_in_order(worker, again)

    def _settle(self, worker: Worker) -> None:
        """Wait until a new worker has begun."""
        while worker.calls and not worker.arrived:
            self.wait([worker])

    def wait_for_fragment(self, candidates: Sequence[Worker]) -> Worker:
        """Wait for a fragment of one of these, preferably of one that has delivered less."""
        while True:
            arrived = [worker for worker in candidates if worker.arrived]
            if arrived:
                return min(arrived, key=lambda worker: worker.delivered)
            self.wait(candidates)

    def wait(self, workers: Sequence[Worker], others: Sequence[Any] = ()) -> list[Any]:
        """Wait until one of the first calls of some workers is done, and take what it brings.

        Args:
            workers: Whose calls.
            others: References to wait for as well.

        Returns:
            Those of the other references that are ready.
        """
        waiting = [worker for worker in workers if worker.calls and worker.actor is not None]
        waiting.sort(key=lambda worker: worker.delivered)
        heads = {worker.calls[0].reference: worker for worker in waiting}
        late = [worker.deadline for worker in waiting if worker.calls[0].method == "greet"]
        timeout = max(0.0, min(late) - time.monotonic()) if late else None
        ready, _ = ray.wait([*heads, *others], num_returns=1, timeout=timeout)
        for reference in ready:
            if reference in heads:
                self._take(heads[reference])
        now = time.monotonic()
        for worker in waiting:
            if worker.actor is None or not worker.calls or worker.calls[0].method != "greet":
                continue
            if worker.deadline <= now and not ray.wait([worker.calls[0].reference], timeout=0)[0]:
                self._give_up(worker)
                raise self._no_room(worker)
        return [reference for reference in ready if reference not in heads]

    def _take(self, worker: Worker) -> None:
        """Take what the first call of a worker has brought."""
        call = worker.calls[0]
        try:
            result = ray.get(call.reference)
        except LOST as error:
            self.recover(worker, error)
            return
        except exceptions.RayTaskError as error:
            raise self._failure(worker, call, error) from (error.cause or error)
        except exceptions.RayError as error:
            self._give_up(worker)
            raise about(
                WorkerLostError(f"worker {worker.number} cannot be had: {error}"), worker, None
            ) from error
        worker.calls.popleft()
        if call.method == "open":
            worker.info, self.observation_space = result
        elif call.order is not None:
            fragment = self._fragment(worker, call.order, result)
            worker.arrived.append(fragment)
            # Copies, so that the memory in which it was delivered may be freed.
            actions = fragment.actions
            if call.order.beginning is None:
                actions = apply(np.array, actions)
            worker.played.append(actions)
            worker.delivered += 1
            worker.lost = 0
        elif call.is_snapshot:
            # A copy of our own, which is not lost together with the machine that it came from.
            worker.snapshot = np.array(result)
            worker.played.clear()
            worker.lost = 0

    def _fragment(self, worker: Worker, order: Order, made: dict[str, Any]) -> Fragment:
        first = worker.number * self._settings.num_envs
        return Fragment(
            worker=worker.number,
            number=order.number,
            weights_version=order.weights_version,
            env_ids=np.arange(first, first + self._settings.num_envs),
            **made,
        )

    def _failure(self, worker: Worker, call: Call, error: Any) -> WorkerError:
        """Note that a worker has failed, and return the exception that says so."""
        if call.method in ("greet", "open"):
            self._give_up(worker)  # it is useless without its envs
        else:
            worker.in_order = False
            worker.calls = deque(
                one for one in worker.calls if one.order is not None or one.is_snapshot
            )
        number = None if call.order is None else call.order.number
        doing = {
            "greet": "starting",
            "open": "opening its envs",
            "restore": "going back to where it was",
            "snapshot": "telling where it is",
        }.get(call.method, f"fragment {number}")
        cause = error.cause or error
        return about(
            WorkerError(f"worker {worker.number}, {doing}: {type(cause).__name__}: {cause}"),
            worker,
            number,
        )

    def recover(self, worker: Worker, error: Exception) -> None:
        """Put another worker in the place of one that was lost."""
        worker.lost += 1
        worker.recoveries += 1
        if worker.lost > self.max_recoveries:
            orders = [call.order for call in worker.calls if call.order is not None]
            times = worker.lost
            self._give_up(worker)
            number = orders[0].number if orders else None
            doing = "its start" if number is None else f"fragment {number}"
            raise about(
                WorkerLostError(
                    f"worker {worker.number} was lost {times} times one after the other in "
                    f"{doing}, so that its core, its policy or memory may be the reason; the last "
                    f"time: {error}"
                ),
                worker,
                number,
            ) from error
        kill(worker.actor)
        self._start(worker)

    def _give_up(self, worker: Worker) -> None:
        """Do without a worker until the next call."""
        kill(worker.actor)
        worker.actor = None
        worker.lost = 0

    def _no_room(self, worker: Worker) -> WorkerLostError:
        wanted, there, free = (
            self._settings.cpus,
            ray.cluster_resources().get("CPU", 0),
            ray.available_resources().get("CPU", 0),
        )
        return about(
            WorkerLostError(
                f"there was no room for worker {worker.number} for {self.start_timeout:g} "
                f"seconds: it wants {wanted:g} processors, and of the {there:g} of the cluster "
                f"{free:g} are free; add machines, or ask for fewer workers or cpus_per_worker"
            ),
            worker,
            None,
        )

    def close(self) -> None:
        """End the workers."""
        idle = [one for one in self.workers if one.actor is not None and not one.calls]
        if idle and ray.is_initialized():
            ends = [worker.actor.close.remote() for worker in idle]
            ray.wait(ends, num_returns=len(ends), timeout=CLOSE_SECONDS)
        for worker in self.workers:
            kill(worker.actor)
            worker.actor = None
            worker.calls.clear()
        self.weights = None
        del self._settings  # which holds the files


def about(error: Any, worker: Worker, fragment: int | None) -> Any:
    """Return an exception that says which worker and fragment it is about."""
    error.worker, error.fragment = worker.number, fragment
    return error


def kill(actor: Any) -> None:
    """End an actor, if there is one."""
    if actor is not None and ray.is_initialized():
        with suppress(exceptions.RayError, ValueError):
            ray.kill(actor, no_restart=True)
