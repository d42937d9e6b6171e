"""The input of a foreign movie, taken down frame by frame as changes."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np

from pylibretro._core import PORT_INPUT
from pylibretro.error import MovieError
from pylibretro.movies.changes import Track

__all__ = ["InputLog", "Places"]

Places = Mapping[tuple[str, int, int], int]
"""What is held in a frame: values by field of `PORT_INPUT`, port, and place in the field."""

# 38 hours at 60 frames per second, and no frame like the one before.
MOST_FRAMES = 1 << 23
MOST_CHANGES = 1 << 23


class InputLog:
    """Takes down what is held in each frame, in memory only what changes."""

    def __init__(self) -> None:
        """Begin without frames."""
        self.frames = 0
        self._held: Places = {}
        self._changes = 0
        self._at: dict[tuple[str, int, int], tuple[array[int], array[int]]] = {}

    def add(self, held: Places) -> None:
        """Append a frame; what is not named is 0.

        Raises:
            MovieError: These are more frames or changes than any movie has.
        """
        if self.frames >= MOST_FRAMES:
            raise MovieError(f"it has more than {MOST_FRAMES:,} frames")
        if held is not self._held and held != self._held:
            for place in self._held.keys() | held.keys():
                value = held.get(place, 0)
                if value != self._held.get(place, 0):
                    self._change(place, value)
        self._held = held
        self.frames += 1

    def _change(self, place: tuple[str, int, int], value: int) -> None:
        if place not in self._at:
            self._at[place] = (array("I"), array("i"))
        frames, values = self._at[place]
        frames.append(self.frames)
        values.append(value)
        self._changes += 1
        if self._changes > MOST_CHANGES:
            raise MovieError(f"it has more than {MOST_CHANGES:,} changes of input")

    def tracks(self, *, before: int = 0) -> dict[tuple[str, int], Track]:
        """Return the tracks of a `RecordedRun`.

        Args:
            before: How many frames without input come before.
        """
        tracks: dict[tuple[str, int], Track] = {}
        for name, port in dict.fromkeys((name, port) for name, port, _ in self._at):
            mine = {place: self._at[place] for place in self._at if place[:2] == (name, port)}
            every = np.unique(np.concatenate([np.frombuffer(at, "I") for at, _ in mine.values()]))
            dtype = PORT_INPUT[name]
            values = np.zeros((len(every), int(np.prod(dtype.shape, dtype=int))), dtype.base)
            for (_, _, index), (at, found) in mine.items():
                which = np.searchsorted(np.frombuffer(at, "I"), every, side="right")
                known = np.concatenate([[0], np.frombuffer(found, "i")])
                values[:, index] = known[which].astype(dtype.base)
            at = every.astype(np.uint64) + np.uint64(before)
            tracks[name, port] = (at, values.reshape(len(every), *dtype.shape))
        return tracks

    def attributes(self, *, before: int = 0) -> dict[str, Any]:
        """Return `frames` and the tracks as arguments of `RecordedRun`."""
        return {"frames": self.frames + before, "_tracks": self.tracks(before=before)}
