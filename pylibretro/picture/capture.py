"""What `Core.capture` returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy

__all__ = ["Capture"]


class Capture(NamedTuple):
    """The pictures of a run, and what else was asked for.

    What was not asked for is None.

    Attributes:
        frames: (n, H, W, 3) uint8. If the picture's size changed during the run, H and W are the
            largest, and smaller pictures lie in the upper left corner, on black.
        sizes: If the size changed, the heights and widths of the pictures: (n, 2) int32.
        audio: All samples, (samples, 2) int16.
        audio_offsets: (n + 1,) int64: the samples since the picture before the i-th lie from
            `audio_offsets[i]` to `audio_offsets[i + 1]`.
        watch: (n, K): the watched values as they were after each frame kept.
    """

    frames: numpy.ndarray
    sizes: numpy.ndarray | None
    audio: numpy.ndarray | None
    audio_offsets: numpy.ndarray | None
    watch: numpy.ndarray | None
