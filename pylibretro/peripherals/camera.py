"""What a core's camera may see."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_pictures"]

SIDE_LIMIT = 16384


def check_pictures(pictures: Any, what: str) -> NDArray[np.uint8]:
    """Return pictures as an array, perhaps the same one.

    Args:
        pictures: What ought to be (H, W, 3) or (n, H, W, 3) uint8.
        what: What a message calls them.

    Raises:
        TypeError: They are no uint8.
        ValueError: They have another shape, or are too large.

    >>> check_pictures(np.zeros((240, 320, 3), np.uint8), "the dark").shape
    (240, 320, 3)
    """
    array = np.asarray(pictures)
    if array.dtype != np.uint8:
        raise TypeError(f"{what} has dtype {array.dtype}; pictures are uint8")
    if array.ndim not in (3, 4) or array.shape[-1] != 3 or array.size == 0:
        raise ValueError(f"{what} has shape {array.shape}; (H, W, 3) or (n, H, W, 3) is needed")
    if max(array.shape[-3:-1]) > SIDE_LIMIT:
        raise ValueError(f"{what} has shape {array.shape}; no side can be longer than {SIDE_LIMIT}")
    return array
