"""What a CoreBatch answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["BatchResult", "BranchResult"]


@dataclass(frozen=True)
class BatchResult:
    """What `CoreBatch.recv` returns: the steps that have finished, one row for each.

    Attributes:
        ids: (n,) int64, which cores these rows are of.
        frames_run: (n,) int64, frames that each ran.
        observations: (n, ...) as `CoreBatch.observations`, or None without an `Observation`.
        audio_windows: (n, length, channels), or None without an `AudioWindow`.
        watches: (n, K) int64, or float64 when one of them is a floating-point number; None without
            watches.
        rewards: (n,) or (n, R) float64, summed over the step's frames; None without reward rules.
        done: (n,) bool, whether the done rule held after any of the step's frames; None without.
    """

    ids: npt.NDArray[np.int64]
    frames_run: npt.NDArray[np.int64]
    observations: npt.NDArray[Any] | Any = None
    audio_windows: npt.NDArray[Any] | Any = None
    watches: npt.NDArray[Any] | Any = None
    rewards: npt.NDArray[np.float64] | Any = None
    done: npt.NDArray[np.bool_] | Any = None


@dataclass(frozen=True)
class BranchResult:
    """What `CoreBatch.branch` returns: a row for each branch, in the order of the inputs.

    Attributes:
        frames_run: (branches, steps) int64.
        observations: (branches, ...), what the last step shows; None without an `Observation`.
        audio_windows: (branches, length, channels), the sound at the end; None without an
            `AudioWindow`.
        watches: (branches, steps, K) int64 or float64, after each step; None without watches.
        rewards: (branches, steps) or (branches, steps, R) float64; None without reward rules.
        done: (branches, steps) bool. With `stop_when_done` all later steps of the branch are done,
            too, and run no frames; None without a done rule.
        states: The `State` at the end of each branch, a list; None without `save=True`.
    """

    frames_run: npt.NDArray[np.int64]
    observations: npt.NDArray[Any] | Any = None
    audio_windows: npt.NDArray[Any] | Any = None
    watches: npt.NDArray[Any] | Any = None
    rewards: npt.NDArray[np.float64] | Any = None
    done: npt.NDArray[np.bool_] | Any = None
    states: list[Any] | Any = None
