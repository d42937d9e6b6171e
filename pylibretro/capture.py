"""What `Core.capture` returns."""

from __future__ import annotations

from typing import NamedTuple

import numpy

__all__ = ["Capture"]


class Capture(NamedTuple):
    """The pictures of a run, and what was asked for beside them.

    `frames` is (n, H, W, 3) uint8. When the picture's size changed during the run, H and W are the largest, smaller
    pictures lie in the upper left corner on black, and `sizes` is an (n, 2) int32 array of their heights and widths;
    otherwise `sizes` is None. `audio` is (samples, 2) int16 with `audio_offsets` (n + 1) int64: the samples that came
    since the picture before lie from `audio_offsets[i]` to `audio_offsets[i + 1]`. `watch` is (n, K): the watched
    values as they were after each frame. What was not asked for is None.
    """

    frames: numpy.ndarray
    sizes: numpy.ndarray | None
    audio: numpy.ndarray | None
    audio_offsets: numpy.ndarray | None
    watch: numpy.ndarray | None
