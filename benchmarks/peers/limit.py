"""What the contestants are measured against: loops in C that do nothing but call the core."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import numpy as np
from numpy.typing import NDArray

from peers.worker import Setting
from pylibretro.command_line.limit import RawLimit

COPIES_AT_MOST = 16


class Limit:
    """Raw C loops, as many at the same time as there are lanes.

    Every copy of the game is a process of its own that plays the very frames that this copy plays
    in a batch, and stops in between. A lane runs its copies one after another, so that at any
    time one process a lane is running.

    Args:
        setting: What is played.
        start: Joypad masks from power-on to the start of play.
        lanes: Loops at the same time.
        steps: Steps that one `measure` plays.
        skipped: Steps that are played before the first one.
        repeats: How many times `measure` will be called.
        cpu_time: Count processor time.
        copies: How many copies are played; a lane that has one keeps it in its caches.
    """

    def __init__(
        self,
        setting: Setting,
        start: NDArray[np.uint16],
        *,
        lanes: int,
        steps: int,
        skipped: int,
        repeats: int,
        cpu_time: bool,
        copies: int,
    ) -> None:
        """Start all processes, and let them play to where the first measurement begins."""
        self.frames = steps * setting.skip
        self.cpu_time = cpu_time
        self.resources = ExitStack()
        self.pool = self.resources.enter_context(ThreadPoolExecutor(lanes))
        arguments = [setting.core, *([setting.content] if setting.content else [])]
        arguments += [f"--option={key}={value}" for key, value in setting.options.items()]
        if cpu_time:
            arguments.append("--cpu-time")
        played = np.load(setting.masks)[: skipped + steps * repeats]
        self.lanes: list[list[RawLimit]] = [[] for _ in range(lanes)]

        def begin(copy: int) -> RawLimit:
            held = np.repeat(played[:, copy % setting.count], setting.skip)
            # One frame without buttons, which every contestant has after loading the state.
            masks = np.concatenate([start, np.zeros(1, np.uint16), held])
            return RawLimit(
                arguments,
                frames=self.frames,
                repeats=repeats,
                warmup=len(start) + 1 + skipped * setting.skip,
                masks=np.stack([masks, np.zeros_like(masks)], axis=1),
            )

        copies = min(max(copies, lanes), COPIES_AT_MOST)
        copies -= copies % lanes
        for copy, process in enumerate(self.pool.map(begin, range(copies))):
            self.lanes[copy % lanes].append(self.resources.enter_context(process))

    def measure(self) -> float:
        """Play one repeat.

        Returns:
            Frames a second of all lanes together, or frames in a second of processor time.
        """
        rates = list(self.pool.map(self._measure_lane, self.lanes))
        return statistics.harmonic_mean(rates) if self.cpu_time else sum(rates)

    def _measure_lane(self, processes: Sequence[RawLimit]) -> float:
        seconds = sum(self.frames / process.measure() for process in processes)
        return self.frames * len(processes) / seconds

    def close(self) -> None:
        """End all processes."""
        self.resources.close()
