"""Sound files."""

from __future__ import annotations

import sys
import wave
from types import TracebackType

import numpy
from numpy.typing import NDArray

from .failure import CommandError

__all__ = ["WAVWriter"]


class WAVWriter:
    """Writes 16-bit stereo samples to a .wav file as they come.

    Args:
        path: The file to write.
        sample_rate: Samples per second; a file holds whole numbers only, so it is rounded.
    """

    def __init__(self, path: str, sample_rate: float) -> None:
        """Open the file, so that a wrong path is reported before the run."""
        if not sample_rate >= 1:
            raise CommandError(f"there is no sound to write to {path}: the core has none")
        self._file = open(path, "wb")  # noqa: SIM115
        self._wave = wave.open(self._file, "wb")
        self._wave.setnchannels(2)
        self._wave.setsampwidth(2)
        self._wave.setframerate(round(sample_rate))

    def __enter__(self) -> WAVWriter:
        """Return the writer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Complete the file's header and close it."""
        self._wave.close()
        self._file.close()

    def write(self, samples: NDArray[numpy.int16]) -> None:
        """Append (n, 2) samples."""
        if sys.byteorder == "big":
            samples = samples.byteswap()
        self._wave.writeframesraw(samples.tobytes())
