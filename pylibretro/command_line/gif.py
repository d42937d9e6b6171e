"""Animated GIF files: one palette for all frames, of which only the changes are stored.

Pillow compresses the pixels. It does not write the animation, because it repeats the palette in
every frame and stores unchanged pixels too, which makes files of pixel art twice as large.
"""

from __future__ import annotations

import struct
from io import BytesIO
from typing import IO

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import needs_package

__all__ = ["MOST_COLOURS", "GIFWriter"]

# One of the 256 places of the palette stands for "as before".
MOST_COLOURS = 255
UNCHANGED = 255

FULL_TABLE = 0xF7  # a global palette of 256 colours, 8 bits a colour
KEEP_AND_TRANSPARENT = 1 << 2 | 1
LOOP_FOR_EVER = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00"
IMAGE, EXTENSION, TRAILER = 0x2C, 0x21, b"\x3b"


class GIFWriter:
    """Writes frames, as places in a palette, to a GIF that repeats for ever.

    Args:
        file: Where to write.
        width: Width of all frames.
        height: Height of all frames.
        palette: (n, 3) uint8 RGB colours, n up to 255.
    """

    def __init__(
        self, file: IO[bytes], width: int, height: int, palette: NDArray[numpy.uint8]
    ) -> None:
        """Write the header."""
        self._file = file
        self._before: NDArray[numpy.uint8] | None = None
        table = numpy.zeros((256, 3), numpy.uint8)
        table[: len(palette)] = palette
        file.write(b"GIF89a" + struct.pack("<HHBBB", width, height, FULL_TABLE, 0, 0))
        file.write(table.tobytes())
        file.write(LOOP_FOR_EVER)

    def add(self, frame: NDArray[numpy.uint8], hundredths: int) -> None:
        """Append an (H, W) frame that is shown for some hundredths of a second."""
        left, top, changed, data = 0, 0, frame, b""
        if self._before is not None:
            left, top, changed, difference = self._difference(frame)
            data = compressed(difference)
        whole = compressed(changed)
        if not data or len(whole) < len(data):
            data = whole
        self._before = frame
        control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, KEEP_AND_TRANSPARENT, hundredths, 255, 0)
        size = (changed.shape[1], changed.shape[0])
        self._file.write(control + struct.pack("<BHHHHB", IMAGE, left, top, *size, 0) + data)

    def close(self) -> None:
        """Write the end of the file."""
        self._file.write(TRAILER)

    def _difference(
        self, frame: NDArray[numpy.uint8]
    ) -> tuple[int, int, NDArray[numpy.uint8], NDArray[numpy.uint8]]:
        """The box that holds all changes: its place, its pixels, and only those that changed."""
        differs = frame != self._before
        rows, columns = (numpy.flatnonzero(differs.any(axis)) for axis in (1, 0))
        if not len(rows):
            rows = columns = numpy.zeros(1, int)
        box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
        changed = frame[box]
        only_changes = numpy.where(differs[box], changed, numpy.uint8(UNCHANGED))
        return int(columns[0]), int(rows[0]), changed, only_changes


def compressed(pixels: NDArray[numpy.uint8]) -> bytes:
    """Return pixels as the data of a GIF image: code size, blocks, and the empty last block."""
    with needs_package("PIL", "a picture"):
        from PIL import Image
    file = BytesIO()
    image = Image.fromarray(numpy.ascontiguousarray(pixels))
    image.save(file, "GIF", optimize=False, interlace=0)
    whole = file.getvalue()
    position = 13 + table_size(whole[10])
    while whole[position] == EXTENSION:
        position = after_blocks(whole, position + 2)
    start = position + 10 + table_size(whole[position + 9])
    return whole[start : after_blocks(whole, start + 1)]


def table_size(flags: int) -> int:
    """Return the size of the palette that a descriptor's flags announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def after_blocks(data: bytes, position: int) -> int:
    """Return where a chain of data blocks ends."""
    while data[position]:
        position += data[position] + 1
    return position + 1
