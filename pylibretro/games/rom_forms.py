"""The forms in which dumps of one cartridge are found, which have different hashes.

Sources: the headers of NES 2.0, FDS (`FDS`), Lynx (`LYNX`) and Atari 7800 (`ATARI7800`) files
as their wikis describe them; the first word of a Nintendo 64 game is 0x80371240.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

__all__ = ["forms_of", "in_order", "nintendo_64_orders", "sha1_of"]

NES, NES_HEADER, NES_TRAINER = b"NES\x1a", 16, 512
# Where a header's magic is, the magic, and the size of the header.
HEADERS = ((0, b"FDS\x1a", 16), (0, b"LYNX\0", 64), (1, b"ATARI7800", 128))
COPIER_HEADER = 512
SMD_BLOCK = 0x4000
# The first word of a Nintendo 64 game as the console has it (.z64), in .v64, and in .n64.
NINTENDO_64 = (b"\x80\x37\x12\x40", b"\x37\x80\x40\x12", b"\x40\x12\x37\x80")


def forms_of(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the SHA-1s by which a file may be known, and the content to keep for each.

    Headers that cores read are kept; what only copiers needed is not.
    """
    if data.startswith(NES):
        body = data[NES_HEADER:]
        yield sha1_of(body), data
        if len(data) > 6 and data[6] & 4:
            yield sha1_of(body[NES_TRAINER:]), data
    yield sha1_of(data), data
    for place, magic, size in HEADERS:
        if data[place : place + len(magic)] == magic:
            yield sha1_of(data[size:]), data
    for order in nintendo_64_orders(data):
        yield sha1_of(order), order
    if len(data) % 1024 == COPIER_HEADER:
        body = data[COPIER_HEADER:]
        if len(body) % SMD_BLOCK == 0:
            ordered = in_order(body)
            yield sha1_of(ordered), ordered
        yield sha1_of(body), body


def sha1_of(data: bytes) -> str:
    """Return the SHA-1 of these bytes in hexadecimal."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def in_order(body: bytes) -> bytes:
    """Put the bytes of a Super Magic Drive dump in order.

    Each block of 16 KiB holds first the bytes of odd addresses, then those of even ones.

    >>> in_order(b"o" * 0x2000 + b"e" * 0x2000)[:6]
    b'eoeoeo'
    """
    ordered = bytearray(len(body))
    half = SMD_BLOCK // 2
    for start in range(0, len(body), SMD_BLOCK):
        ordered[start + 1 : start + SMD_BLOCK : 2] = body[start : start + half]
        ordered[start : start + SMD_BLOCK : 2] = body[start + half : start + SMD_BLOCK]
    return bytes(ordered)


def nintendo_64_orders(data: bytes) -> list[bytes]:
    """Return a Nintendo 64 game in the orders of bytes that it is not in; none of another file.

    >>> game = bytes.fromhex("37804012 02010403")  # a .v64
    >>> [order.hex() for order in nintendo_64_orders(game)]
    ['8037124001020304', '4012378004030201']
    """
    if data[:4] not in NINTENDO_64 or len(data) % 4:
        return []
    big = _swapped(data, NINTENDO_64.index(data[:4]))
    return [_swapped(big, way) for way in range(3) if NINTENDO_64[way] != data[:4]]


def _swapped(data: bytes, way: int) -> bytes:
    """Swap the bytes of each half word (1), or of each word (2), or nothing (0)."""
    if way == 0:
        return data
    swapped = bytearray(len(data))
    # Where each byte of a word comes from; both are their own inverse.
    for to, source in enumerate(((1, 0, 3, 2), (3, 2, 1, 0))[way - 1]):
        swapped[to::4] = data[source::4]
    return bytes(swapped)
