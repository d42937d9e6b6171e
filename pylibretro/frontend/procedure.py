"""What a function that a core offers takes and returns, by the type of a `ctypes` function."""

from __future__ import annotations

import ctypes
import sys
from typing import Any

__all__ = ["ARGUMENTS_LIMIT", "PassedArgument", "argument_class", "passed", "returned"]

ARGUMENTS_LIMIT = 6
INTEGER, FLOAT, DOUBLE = range(3)
SIGNED = "bhilq"
UNSIGNED = "?BHILQ"
POINTERS = "PzZ"

PassedArgument = tuple[int, bool, Any]


def argument_class(kind: Any, what: str) -> int:
    """Return whether a `ctypes` type is passed as an integer, a float or a double.

    Raises:
        TypeError: It cannot be passed, such as a structure by value.
    """
    code = getattr(kind, "_type_", None)
    if isinstance(kind, type) and issubclass(kind, ctypes._Pointer):
        return INTEGER
    if isinstance(kind, type) and issubclass(kind, ctypes._SimpleCData) and isinstance(code, str):
        if code in SIGNED + UNSIGNED + POINTERS or code == "c":
            return INTEGER
        if code in "fd":
            return FLOAT if code == "f" else DOUBLE
    raise TypeError(
        f"{what} is {kind!r}; functions of cores can be called with ctypes' integers, c_float, "
        f"c_double, c_char_p, c_void_p and pointers"
    )


def passed(kind: Any, value: Any) -> PassedArgument:
    """Return the 64 bits that pass a value as `kind`, whether as floating point, and its owner."""
    box = value if isinstance(value, kind) else _boxed(kind, value)
    signed = issubclass(kind, ctypes._SimpleCData) and kind._type_ in SIGNED
    number = int.from_bytes(bytes(box), sys.byteorder, signed=signed)
    return number & (2**64 - 1), argument_class(kind, "an argument") != INTEGER, (box, value)


def _boxed(kind: Any, value: Any) -> Any:
    if issubclass(kind, ctypes._Pointer) or (
        kind._type_ in POINTERS and not isinstance(value, (int, bytes, str, type(None)))
    ):
        return ctypes.cast(value, kind)
    return kind(value)


def returned(kind: Any, bits: int) -> Any:
    """Return what a function of the type `kind` returned with these bits, as `ctypes` does."""
    if kind is None:
        return None
    size = ctypes.sizeof(kind)
    data = (bits & (2 ** (8 * size) - 1)).to_bytes(size, sys.byteorder)
    box = kind.from_buffer_copy(data)
    # As in ctypes, types of the user's own stay what they are.
    return box.value if kind.__base__ is ctypes._SimpleCData else box
