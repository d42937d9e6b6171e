"""A place on earth."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LocationPosition"]


class LocationPosition(NamedTuple):
    """Where a core is told that its device is (`retro_location_get_position_t`).

    Attributes:
        latitude: Degrees, north positive.
        longitude: Degrees, east positive.
        horizontal_accuracy: How far off that may be, in metres.
        vertical_accuracy: The same for the height.
    """

    latitude: float
    longitude: float
    horizontal_accuracy: float = 0.0
    vertical_accuracy: float = 0.0
