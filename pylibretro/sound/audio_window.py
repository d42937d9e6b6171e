"""What a learner hears of a game: how `CoreBatch` makes windows from a core's sound."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from math import isnan
from operator import index
from typing import Any, Literal

import numpy

__all__ = ["AudioWindow"]

DTYPES = ("int16", "float32")

# The limits of include/audio_window.h.
LENGTH_LIMIT = 1 << 24
RATE_LIMIT = 1 << 24


def _whole_number(value: Any, what: str, least: int, most: int) -> int:
    try:
        if isinstance(value, (bool, numpy.bool_)):
            raise TypeError
        number = index(value)
    except TypeError:
        raise TypeError(f"{what} is a whole number, not {value!r}") from None
    if not least <= number <= most:
        raise ValueError(f"{what} is between {least} and {most}, not {number}")
    return number


def _rate(value: Any) -> float:
    try:
        if isinstance(value, (bool, numpy.bool_, str, bytes)):
            raise TypeError
        rate = float(value)
    except OverflowError:
        rate = float("inf")
    except (TypeError, ValueError):
        raise TypeError(
            f"rate is a number of samples per second, or None for the core's own, not {value!r}"
        ) from None
    if isnan(rate) or not 1 <= rate <= RATE_LIMIT:
        raise ValueError(
            f"rate is between 1 and {RATE_LIMIT} samples per second, not {value!r}; "
            "None keeps the core's own"
        )
    return rate


def _dtype(value: Any) -> Literal["int16", "float32"]:
    try:
        # None would be NumPy's float64.
        found = None if value is None else numpy.dtype(value)
    except (TypeError, ValueError):
        found = None
    if found == numpy.dtype("int16"):
        return "int16"
    if found == numpy.dtype("float32"):
        return "float32"
    raise ValueError(f"dtype is 'int16' or 'float32', not {value!r}")


@dataclass(frozen=True)
class AudioWindow:
    """How the sound of a core becomes a window of a fixed length.

    After every step the window holds the newest `length` samples, whatever number of them the step
    made: windows overlap when a step is shorter, and skip when it is longer. Before the first
    sample after a reset there is silence; a step without samples leaves the window as it was. It is
    plain data: it can be compared, hashed and pickled, and one object serves any number of batches.

    A `rate` other than the core's `AVInfo.sample_rate` (`retro_system_timing`) resamples through a
    low-pass filter that leaves everything below 0.8 of the lower of the two Nyquist frequencies as
    it is (within 0.1 dB) and lets nothing pass above that frequency (60 dB down). The filter has to
    look ahead: the newest sample is the sound of 20 to 28 samples of the lower rate before the end
    of the step, about 1.5 ms at 16 kHz. The resampler counts in whole numbers: no sample is gained
    or lost over any time, and the same sound gives the same bytes on every machine.

    Args:
        length: Samples in the window, per channel: 1 to 16777216. A step has `rate / fps * frames`
            of them.
        rate: Samples per second, 1 to 16777216, not necessarily a whole number; None for the
            core's own, whose samples are passed on untouched.
        channels: 1, the mean of left and right (rounded, halves to the even number, as NumPy's
            `rint` does); or 2, left and right.
        dtype: "int16", or "float32": the same divided by 32768, from -1 to 1. NumPy's own objects
            for these two are also taken.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: A value is out of its range.

    >>> from pylibretro.sound.audio_window import AudioWindow
    >>> hearing = AudioWindow(800, rate=16000)
    >>> hearing.shape
    (800, 1)
    >>> hearing.seconds(44100)
    0.05
    >>> AudioWindow(800, rate=0)
    Traceback (most recent call last):
        ...
    ValueError: rate is between 1 and 16777216 samples per second, not 0; None keeps the core's own
    """

    length: int
    _: KW_ONLY
    rate: float | None = None
    channels: Literal[1, 2] = 1
    dtype: Literal["int16", "float32"] = "int16"

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("length", _whole_number(self.length, "length", 1, LENGTH_LIMIT))
        if self.rate is not None:
            self._settle("rate", _rate(self.rate))
        self._settle("channels", _whole_number(self.channels, "channels", 1, 2))
        self._settle("dtype", _dtype(self.dtype))

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    @property
    def shape(self) -> tuple[int, int]:
        """(length, channels): the order of `Core.audio`."""
        return self.length, self.channels

    @property
    def nbytes(self) -> int:
        """Bytes of one window.

        >>> AudioWindow(800, channels=2, dtype="float32").nbytes
        6400
        """
        return self.length * self.channels * numpy.dtype(self.dtype).itemsize

    def seconds(self, sample_rate: float) -> float:
        """Return the time that the window spans.

        Args:
            sample_rate: The core's own rate, `AVInfo.sample_rate` in samples per second; only a
                window without a `rate` of its own depends on it.

        >>> AudioWindow(735).seconds(44100)
        0.016666666666666666
        """
        return self.length / (sample_rate if self.rate is None else self.rate)
