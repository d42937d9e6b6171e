"""Movies of the episodes of envs: one for each, in a directory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro.batch._batch import CoreBatch
from pylibretro.movies.recorder import MovieRecorder

__all__ = ["Recordings"]

FRAMES_BETWEEN_CHECKS = 60


class Recordings:
    """The movies that are being recorded of the copies of a game.

    Args:
        directory: Where the files go: `env0-episode000000.plm` and so on. What is there already is
            kept, and counting goes on after it.
        batch: The copies.
    """

    def __init__(self, directory: str | os.PathLike[str], batch: CoreBatch) -> None:
        """Make the directory."""
        self.directory = os.path.abspath(os.fspath(directory))
        os.makedirs(self.directory, exist_ok=True)
        self.batch = batch
        self.recorders: dict[int, MovieRecorder] = {}
        self.episodes = [0] * len(batch)

    def begin(self, copies: Iterable[int], notes: Iterable[dict[str, Any]]) -> None:
        """Begin movies of copies that have been put where an episode begins.

        Args:
            copies: Their numbers.
            notes: What is to be said about each.
        """
        for copy, about in zip(copies, notes, strict=True):
            self.finish([copy])
            path = self._free_path(copy)
            self.recorders[copy] = MovieRecorder(
                self.batch[copy],
                path,
                start="state",
                every=FRAMES_BETWEEN_CHECKS,
                notes={"env": copy, "episode": self.episodes[copy], **about},
                follow=False,
            )
            self.episodes[copy] += 1

    def _free_path(self, copy: int) -> str:
        while True:
            name = f"env{copy}-episode{self.episodes[copy]:06}.plm"
            path = os.path.join(self.directory, name)
            if not os.path.exists(path):
                return path
            self.episodes[copy] += 1

    def ran(self, inputs: NDArray[Any] | None) -> None:
        """Take down what a step has run on those copies that are recorded.

        Args:
            inputs: (copies, ports) or (frames, copies, ports); None for none.
        """
        for copy, recorder in self.recorders.items():
            frames = recorder.frames_unseen
            if frames <= 0:
                continue
            if inputs is None:
                held: Any = np.zeros((frames, 1), np.uint16)
            elif inputs.ndim == 2:
                held = np.broadcast_to(inputs[copy], (frames, inputs.shape[1]))
            else:
                held = inputs[:frames, copy]
            recorder.append(held, frames)

    def finish(self, copies: Iterable[int]) -> None:
        """End the movies of copies whose episode has ended or is left."""
        for copy in copies:
            recorder = self.recorders.pop(copy, None)
            if recorder is not None:
                recorder.stop()

    def close(self) -> None:
        """End all movies."""
        self.finish(list(self.recorders))
