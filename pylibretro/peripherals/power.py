"""The power of the device that a core believes to run on."""

from __future__ import annotations

from typing import NamedTuple

from pylibretro.enums import PowerState

__all__ = ["DevicePower"]


class DevicePower(NamedTuple):
    """What a core is told of the battery (`RETRO_ENVIRONMENT_GET_DEVICE_POWER`).

    Attributes:
        state: A `PowerState`.
        seconds: How long the battery lasts, None for no estimate.
        percent: How full it is, 0 to 100, None for no estimate.

    >>> DevicePower(PowerState.DISCHARGING, seconds=3600, percent=42).percent
    42
    """

    state: PowerState = PowerState.PLUGGED_IN
    seconds: int | None = None
    percent: int | None = 100
