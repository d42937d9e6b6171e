"""Names of the functions in a library, for messages about its code."""

from __future__ import annotations

import os
import struct
from typing import BinaryIO

_SYMBOL_TABLES = {2, 11}  # SHT_SYMTAB, SHT_DYNSYM
_FUNCTION = 2  # STT_FUNC
_LARGEST_TABLE = 64 << 20


def function_at(path: str | os.PathLike[str], offset: int) -> str | None:
    """Return the name of the function of a 64-bit ELF library whose code is at an offset.

    Args:
        path: The library.
        offset: Bytes from where the library is loaded.

    Returns:
        The name, without C++'s types and namespaces being made readable; None if no symbol says.

    >>> from pylibretro import find_core
    >>> function_at(find_core("2048"), 0) is None
    True
    """
    try:
        with open(path, "rb") as library:
            return _function_at(library, offset)
    except (OSError, ValueError, struct.error):
        return None


def _function_at(library: BinaryIO, offset: int) -> str | None:
    def read_at(place: int, length: int) -> bytes:
        if length > _LARGEST_TABLE:
            raise ValueError("no table of symbols is that large")
        library.seek(place)
        return library.read(length)

    header = read_at(0, 64)
    if header[:5] != b"\x7fELF\x02" or header[5] not in (1, 2):
        return None
    order = "<" if header[5] == 1 else ">"
    (sections_at,) = struct.unpack_from(f"{order}Q", header, 40)
    size, count = struct.unpack_from(f"{order}HH", header, 58)
    sections = [
        struct.unpack_from(f"{order}IIQQQQIIQQ", read_at(sections_at + i * size, 64))
        for i in range(count)
    ]
    for section in sections:
        kind, place, length, strings = section[1], section[4], section[5], section[6]
        if kind not in _SYMBOL_TABLES or strings >= count:
            continue
        for name, info, _, _, value, extent in struct.iter_unpack(
            f"{order}IBBHQQ", read_at(place, length - length % 24)
        ):
            if info & 15 == _FUNCTION and value <= offset < value + extent:
                text = read_at(sections[strings][4] + name, 512)
                return text.partition(b"\0")[0].decode("utf-8", "replace") or None
    return None
