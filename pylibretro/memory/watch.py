"""Watches: numbers in a console's memory that are read after every frame."""

from __future__ import annotations

import operator
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from pylibretro.error import AddressError

__all__ = ["Watch", "watch_from", "watches_beside"]

LAST_ADDRESS = 0xFFFFFFFFFFFFFF00  # so that the bytes after it still have addresses


@dataclass(frozen=True)
class Watch:
    """A number at an address of the core's bus, as `Memory.read` finds it.

    Where watches are named in a mapping, a tuple `(address, type)` or `(address, type, mask)` means
    the same.

    Args:
        address: Where the first byte of the number is on the console's bus.
        type: Order, kind and size of the number as for `Memory.read`: `"<u2"`, `">i4"`, `"|u1"`,
            `"<f4"`; "d" and "n" are decimal digits, two a byte or one. A NumPy dtype works, too.
        mask: The bits to keep, before they are read as a number of this kind; None keeps all. A
            negative one means the bits that it has as a number of this size.

    Raises:
        AddressError: No bus has such an address.
        TypeError: The address or the mask is not an integer, or the type does not describe a
            number.
        ValueError: There is no such type, or the mask keeps none of its bits or has bits beyond
            them.

    >>> Watch(0xFF024E, ">u4")
    Watch(address=16712270, type='>u4', mask=None)
    >>> Watch(0xCE, mask=0b1000)
    Watch(address=206, type='|u1', mask=8)
    """

    address: int
    type: str = "|u1"
    mask: int | None = None

    def __post_init__(self) -> None:
        """Check what was given, and write it in one way."""
        address = _integer(self.address, "the address of a watch")
        if not 0 <= address <= LAST_ADDRESS:
            raise AddressError(f"{address} is no bus address")
        type_text = _number_type(self.type)
        object.__setattr__(self, "address", address)
        object.__setattr__(self, "type", type_text)
        if self.mask is not None:
            mask, every_bit = (
                _integer(self.mask, "the mask of a watch"),
                256 ** int(type_text[2]) - 1,
            )
            if not -every_bit // 2 <= mask <= every_bit or mask == 0:
                raise ValueError(
                    f"mask {mask:#x} of a watch of type {type_text!r}: a mask that keeps some of "
                    f"its bits is needed, from 0x1 to {every_bit:#x}"
                )
            mask &= every_bit
            object.__setattr__(self, "mask", mask)


def watch_from(value: Any) -> Watch:
    """Return the watch that `value` means: a `Watch`, `(address, type)` or `(address, type, mask)`.

    Raises:
        AddressError, TypeError, ValueError: As for `Watch`; TypeError also for anything else.

    >>> watch_from((0xFF024E, ">u4"))
    Watch(address=16712270, type='>u4', mask=None)
    """
    if isinstance(value, Watch):
        return value
    if isinstance(value, (tuple, list)) and 2 <= len(value) <= 3:
        return Watch(*value)
    raise TypeError(
        f"{value!r} is no watch; Watch(address, type), or a tuple of an address and a type, is "
        f"needed, such as (0xFF024E, '>u4')"
    )


def watches_beside(
    known: Mapping[str, Any] | None, own: Mapping[str, Any] | None
) -> dict[str, Watch]:
    """Return the watches of a game and, behind them, others that somebody has of it.

    Raises:
        AddressError, TypeError, ValueError: As for `watch_from`; ValueError also where a name
            stands for another number in the game.

    >>> list(watches_beside({"score": (0x20, "<u4")}, {"moves": (0x0C, "<u4")}))
    ['score', 'moves']
    """
    watches = {name: watch_from(value) for name, value in (known or {}).items()}
    for name, value in (own or {}).items():
        watch = watch_from(value)
        if watches.setdefault(name, watch) != watch:
            raise ValueError(
                f"the game has a watch {name!r} already, {watches[name]}; give {watch} another name"
            )
    return watches


def _integer(value: Any, role: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{role} is {value!r}; an integer is needed") from None


def _number_type(description: Any) -> str:
    if isinstance(description, str):
        text = description
    else:
        try:
            text = np.dtype(description).str if description is not None else ""
        except TypeError:
            text = ""
        if not text:
            raise TypeError(
                f"{description!r} does not say how to read memory; give text such as '<u2'"
            )
    if len(text) == 2:
        text = ("<" if sys.byteorder == "little" else ">") + text
    if not re.fullmatch("[<>|=][uifdn][1-8]", text):
        raise ValueError(
            f"{description!r} does not say how to read memory: an order (< > |), a kind "
            f"(u i f d n) and a size in bytes (1 to 8) are needed, such as '<u2'"
        )
    if text[1] == "f" and text[2] not in "48":
        raise ValueError(f"{description!r}: floating-point numbers have 4 or 8 bytes")
    return text
