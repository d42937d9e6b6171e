"""What a core is told about time, and what it says about it."""

from __future__ import annotations

from typing import NamedTuple, SupportsFloat

from pylibretro.enums import ThrottleMode

__all__ = ["FastForwardingOverride", "PerformanceCounter", "ThrottleState", "checked_refresh_rate"]


class ThrottleState(NamedTuple):
    """How fast frames run (`RETRO_ENVIRONMENT_GET_THROTTLE_STATE`).

    Attributes:
        mode: A `ThrottleMode`.
        rate: Frames a second that are aimed at; 0 for as many as possible.
    """

    mode: ThrottleMode
    rate: float = 0.0


class FastForwardingOverride(NamedTuple):
    """How a core wants to be run faster (`RETRO_ENVIRONMENT_SET_FASTFORWARDING_OVERRIDE`).

    Attributes:
        ratio: How many times its normal speed; 0 for as fast as possible, below 0 for the
            frontend's choice.
        fast_forward: Whether it wants to run faster at all.
        notification: Whether the player may be told so.
        inhibit_toggle: Whether the player may not change it.
    """

    ratio: float
    fast_forward: bool
    notification: bool
    inhibit_toggle: bool


class PerformanceCounter(NamedTuple):
    """What a core has measured about itself (`retro_perf_counter`).

    Attributes:
        name: What it calls this.
        calls: How often it was started.
        total: Ticks between its starts and stops: nanoseconds of the instance's clock, which only
            moves between frames and when it is asked; with `Host(real_time=True)` of the
            processor.
    """

    name: str
    calls: int
    total: int


def checked_refresh_rate(rate: SupportsFloat) -> float:
    """Return how many pictures a second a display shows.

    Raises:
        TypeError, ValueError: No display does.

    >>> checked_refresh_rate(60)
    60.0
    """
    try:
        hertz = float(rate)
    except (TypeError, ValueError) as error:
        raise type(error)(f"refresh_rate is {rate!r}; pictures a second are needed") from None
    if not 1 <= hertz <= 100_000:
        raise ValueError(f"refresh_rate is {hertz}; pictures a second from 1 up are needed")
    return hertz
