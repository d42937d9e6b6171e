"""A place on earth."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["LocationPosition", "check_position"]


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


def check_position(position: object) -> None:
    """Check a position that a core is to be told.

    Raises:
        TypeError: It is no `LocationPosition` of numbers.
        ValueError: There is no such place on earth, or the accuracy is negative.

    >>> check_position(LocationPosition(46.5, 8.0))
    """
    if not isinstance(position, LocationPosition):
        raise TypeError(
            f"the position is {position!r}; a LocationPosition is needed, or None for an unknown "
            f"one"
        )
    latitude, longitude, horizontal, vertical = position
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise ValueError(
            f"the position is at latitude {latitude} and longitude {longitude}; -90 to 90 and "
            f"-180 to 180 degrees are possible"
        )
    if not (horizontal >= 0 and vertical >= 0):
        raise ValueError(
            f"the position is known to {horizontal} and {vertical} metres; an accuracy is not "
            f"negative"
        )
