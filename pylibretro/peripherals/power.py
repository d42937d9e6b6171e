"""The power of the device that a core believes to run on."""

from __future__ import annotations

import operator
from typing import NamedTuple

from pylibretro.enums import PowerState

__all__ = ["DevicePower", "check_power"]

MOST_SECONDS = (1 << 31) - 1


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


def check_power(power: object) -> None:
    """Check what a core is to be told of the battery.

    Raises:
        TypeError: It is no `DevicePower` of whole numbers.
        ValueError: No battery is like that.
        OverflowError: None lasts so long.

    >>> check_power(DevicePower(percent=50))
    """
    if not isinstance(power, DevicePower):
        raise TypeError(f"power is {power!r}; a DevicePower is needed, or None for not available")
    PowerState(power.state)
    if power.seconds is not None and not 0 <= operator.index(power.seconds) <= MOST_SECONDS:
        kind = OverflowError if power.seconds > MOST_SECONDS else ValueError
        raise kind(
            f"power has {power.seconds} seconds; a time left of up to {MOST_SECONDS} is needed, or "
            f"None for no estimate"
        )
    if power.percent is not None and not 0 <= operator.index(power.percent) <= 100:
        raise ValueError(
            f"power has {power.percent} percent; 0 to 100 are possible, or None for no estimate"
        )
