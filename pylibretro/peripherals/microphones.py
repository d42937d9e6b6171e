"""What a core's microphones may hear."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["check_samples"]


def check_samples(samples: Any, what: str) -> NDArray[Any]:
    """Return samples as an array, perhaps the same one.

    Args:
        samples: What ought to be (n,) int16.
        what: What a message calls them.

    Raises:
        TypeError: They are no int16.
        ValueError: There is more than one channel.

    >>> check_samples([], "silence").shape
    (0,)
    """
    array = np.asarray(samples)
    if array.dtype != np.int16 and array.size:
        raise TypeError(f"{what} has dtype {array.dtype}; samples are int16")
    if array.ndim != 1:
        raise ValueError(
            f"{what} has shape {array.shape}; a microphone has one channel, so (n,) is needed"
        )
    return array
