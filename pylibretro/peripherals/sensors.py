"""Which sensors a core listens to."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Sensors"]


class Sensors(NamedTuple):
    """What the core asked of the sensors of a port (`retro_set_sensor_state_t`).

    Each is the rate in Hz at which the core wants new values, where 0 leaves it to the frontend, or
    None for a sensor that the core has not enabled. Values are set in `Core.inputs`.
    """

    accelerometer: int | None = None
    gyroscope: int | None = None
    illuminance: int | None = None
