"""Branches that are shared out among the workers of a pool."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

import numpy as np
import ray
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT, State
from pylibretro.batch.results import BranchResult

__all__ = ["BranchPart", "Branches"]

PARTS_PER_WORKER = 4


class Branches:
    """The branches to be tried, in parts, and the results.

    Args:
        states: One state for all, or one for each branch.
        inputs: As for `CoreBatch.branch`.
        frames: As for it.
        save: As for it.
        workers: Among how many workers they are shared out.

    Raises:
        TypeError, ValueError: The arguments do not fit each other.
    """

    def __init__(
        self, states: State | Sequence[State], inputs: Any, frames: int, save: bool, workers: int
    ) -> None:
        """Cut the branches into parts."""
        rows = np.asarray(inputs)
        if rows.dtype != PORT_INPUT and not np.issubdtype(rows.dtype, np.integer):
            raise TypeError(f"actions are {rows.dtype}; joypad masks or PORT_INPUT are needed")
        if rows.dtype != PORT_INPUT:
            if rows.size and (rows.min() < 0 or rows.max() > 0xFFFF):
                raise ValueError("actions hold what is no joypad mask of 16 bits")
            rows = rows.astype(np.uint16)
        if rows.ndim not in (2, 3) or 0 in rows.shape:
            raise ValueError(
                f"actions have shape {rows.shape}; (branches, steps) or (branches, steps, ports) "
                f"is needed, with at least one of each"
            )
        count = len(rows)
        shared: list[Any] | None = None
        if isinstance(states, State):
            shared = [ray.put(states)]
        else:
            states = list(states)
            for state in states:
                if not isinstance(state, State):
                    raise TypeError(f"states holds {type(state).__name__}; a State is needed")
            if len(states) != count:
                raise ValueError(
                    f"there are {len(states)} states for {count} branches; one for all, or one for "
                    f"each is needed"
                )
        size = -(-count // (workers * PARTS_PER_WORKER))
        self.parts: list[BranchPart] = []
        for first in range(0, count, size):
            own = slice(first, min(first + size, count))
            given = states[own] if shared is None else shared  # type: ignore[index]
            self.parts.append(BranchPart(first, given, shared is not None, rows[own], frames, save))
        self.untried = deque(self.parts)

    @property
    def are_done(self) -> bool:
        """Whether all parts have been tried."""
        return all(part.result is not None for part in self.parts)

    def result(self) -> BranchResult:
        """Return the results of all branches, in their order."""
        results: list[Any] = [part.result for part in self.parts]
        joined: dict[str, Any] = {}
        for name in BranchResult.__dataclass_fields__:
            values = [getattr(result, name) for result in results]
            if values[0] is None:
                joined[name] = None
            elif isinstance(values[0], list):
                joined[name] = [state for value in values for state in value]
            else:
                joined[name] = np.concatenate(values)
        return BranchResult(**joined)


class BranchPart:
    """Some of the branches.

    Args:
        first: The number of the first one.
        states: The state of each, or [a reference to the one that all begin with].
        is_shared: Whether it is the latter.
        inputs: Their inputs.
        frames: As for `CoreBatch.branch`.
        save: As for it.
    """

    def __init__(
        self,
        first: int,
        states: list[Any],
        is_shared: bool,
        inputs: NDArray[Any],
        frames: int,
        save: bool,
    ) -> None:
        """Send a state that many branches begin with once."""
        self.first = first
        self.last = first + len(inputs) - 1
        self.index: NDArray[np.int64] | None = None
        self.states = states
        if not is_shared:
            different = {id(state): state for state in states}
            places = {name: place for place, name in enumerate(different)}
            self.states = list(different.values())
            self.index = np.array([places[id(state)] for state in states], np.int64)
        self.inputs = inputs
        self.frames = frames
        self.save = save
        self.lost = 0
        self.result: BranchResult | None = None

    def arguments(self) -> tuple[Any, ...]:
        """Return the arguments for `RolloutWorker.branch`."""
        return self.states, self.index, self.inputs, self.frames, self.save

    def take(self, result: BranchResult) -> None:
        """Keep the results of these branches."""
        self.result = result
