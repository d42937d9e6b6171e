"""Fitting pictures of changing sizes into one: a core may change the size at any frame."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["fitted"]


def fitted(picture: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """Return a picture in another size, each of its pixels repeated or left out.

    The whole picture fills the whole size, as a television shows it; no colour is mixed.

    Args:
        picture: (H, W) or (H, W, channels), with at least one pixel.
        height: The height that is wanted, in pixels.
        width: The width.

    Returns:
        (height, width) or (height, width, channels); the picture itself if it has that size.

    >>> fitted(np.array([[1, 2], [3, 4]]), 2, 4).tolist()
    [[1, 1, 2, 2], [3, 3, 4, 4]]
    """
    if picture.shape[:2] == (height, width):
        return picture
    rows = np.arange(height) * picture.shape[0] // height
    columns = np.arange(width) * picture.shape[1] // width
    result: NDArray[Any] = picture.take(columns, axis=1).take(rows, axis=0)
    return result
