"""Sound files."""

from __future__ import annotations

import math
import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError
from pylibretro.files.whole_file import open_whole

__all__ = ["Resampler", "open_wav"]


@contextmanager
def open_wav(
    path: str, sample_rate: float
) -> Iterator[Callable[[NDArray[numpy.int16], float], None]]:
    """Open a .wav file of 16-bit stereo samples; what it gives appends (n, 2) samples at a rate.

    A file has one rate. Samples at the rate with which it began are written as they are; those at
    another one, to which a core may change at any time, are resampled.

    Args:
        path: The file to write; it is there when the block ends without an exception.
        sample_rate: Samples per second at first, rounded because a file holds a whole number.
    """
    if not 1 <= sample_rate < 1 << 31:
        raise CommandError(f"there is no sound to write to {path}: the core has none")
    with open_whole(path) as file, wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(round(sample_rate))
        resampler = Resampler(sample_rate)

        def write(samples: NDArray[numpy.int16], rate: float) -> None:
            samples = resampler.resample(samples, rate)
            little_endian = samples.byteswap() if sys.byteorder == "big" else samples
            sound.writeframesraw(little_endian.tobytes())

        yield write


class Resampler:
    """Brings sound whose rate changes to one rate, by straight lines between samples.

    Args:
        rate: Samples per second that are wanted. Sound at this rate passes unchanged.
    """

    def __init__(self, rate: float) -> None:
        """Begin in silence."""
        self.rate = rate
        self._due = 0.0  # seconds from the last sample to the next one that is wanted
        self._last = numpy.zeros((1, 2))

    def resample(self, samples: NDArray[numpy.int16], rate: float) -> NDArray[numpy.int16]:
        """Return the (n, 2) samples of the next part of the sound at the wanted rate.

        Args:
            samples: (m, 2) samples.
            rate: How many of them a second has.
        """
        if not len(samples):
            return samples
        if rate == self.rate or not 1 <= rate < 1 << 31:
            self._due = 0.0
            self._last = samples[-1:].astype(float)
            return samples
        duration = len(samples) / rate
        # Sample i of this part is at i / rate; before it stands the last one of the part before.
        count = max(0, math.ceil((duration - self._due) * self.rate - 1e-9))
        at = (self._due + numpy.arange(count) / self.rate) * rate + 1
        self._due += count / self.rate - duration
        line = numpy.concatenate([self._last, samples])
        places = numpy.arange(len(line))
        result = numpy.stack([numpy.interp(at, places, line[:, side]) for side in (0, 1)], axis=1)
        self._last = samples[-1:].astype(float)
        rounded: NDArray[numpy.int16] = numpy.rint(result).astype(numpy.int16)
        return rounded
