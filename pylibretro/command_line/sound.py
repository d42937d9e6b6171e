"""Sound files."""

from __future__ import annotations

import sys
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError

__all__ = ["open_wav"]


@contextmanager
def open_wav(path: str, sample_rate: float) -> Iterator[Callable[[NDArray[numpy.int16]], None]]:
    """Open a .wav file of 16-bit stereo samples; what it gives appends (n, 2) samples.

    Args:
        path: The file to write.
        sample_rate: Samples per second; it is rounded, because a file holds a whole number.
    """
    if not sample_rate >= 1:
        raise CommandError(f"there is no sound to write to {path}: the core has none")
    with open(path, "wb") as file, wave.open(file, "wb") as sound:
        sound.setnchannels(2)
        sound.setsampwidth(2)
        sound.setframerate(round(sample_rate))

        def write(samples: NDArray[numpy.int16]) -> None:
            little_endian = samples.byteswap() if sys.byteorder == "big" else samples
            sound.writeframesraw(little_endian.tobytes())

        yield write
