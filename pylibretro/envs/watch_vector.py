"""Watched numbers as an observation: a vector of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

__all__ = ["WatchVector"]


@dataclass(frozen=True)
class WatchVector:
    """Watched numbers after a step: (K,) float32.

    Args:
        names: Which watches, in the order of the vector; None for all.
        limits: Limits of some of them, name to (low, high): these numbers are scaled to go from 0
            at the low limit to 1 at the high one, and cut off beyond.

    Raises:
        TypeError: A value is of the wrong kind.
        ValueError: The low limit is not below the high one.

    >>> WatchVector(["x", "lives"], limits={"x": (0, 255)}).names
    ('x', 'lives')
    """

    names: Sequence[str] | None = None
    limits: Mapping[str, tuple[float, float]] | None = None

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        if self.names is not None:
            object.__setattr__(self, "names", _names(self.names))
        limits = {} if self.limits is None else dict(self.limits)
        for name, pair in limits.items():
            low, high = (float(number) for number in pair)
            if not (isfinite(low) and isfinite(high) and low < high):
                raise ValueError(
                    f"the limits of {name!r} are {low} and {high}; low < high is needed"
                )
            limits[name] = (low, high)
        object.__setattr__(self, "limits", limits or None)


def _names(names: Any) -> tuple[str, ...]:
    if isinstance(names, str) or not isinstance(names, Iterable):
        raise TypeError(f"names is a sequence of names of watches, not {names!r}")
    settled = tuple(names)
    if not settled or not all(isinstance(name, str) for name in settled):
        raise TypeError(f"names is a sequence of names of watches, not {names!r}")
    return settled
