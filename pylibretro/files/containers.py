"""What files of saves and states may be packed in: RetroArch's RZIP, gzip, and zip.

An RZIP begins with 20 bytes, `#RZIPv`, a version byte of 1, `#`, the size of a chunk (u32) and of
the whole (u64), little-endian. Each chunk has its compressed size (u32) and a stream of zlib.
Source: libretro-common's `streams/rzip_stream.c`.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import IO

__all__ = [
    "GZIP",
    "RZIP",
    "ZIP",
    "PackedError",
    "inflated",
    "pack_rzip",
    "rzip_chunk_size",
    "unpack_gzip",
    "unpack_rzip",
    "unpack_zip",
]

RZIP = b"#RZIPv\x01#"
GZIP = b"\x1f\x8b"
ZIP = b"PK\x03\x04"
_HEADER = struct.Struct("<8sIQ")
_CHUNK = struct.Struct("<I")
# Deflate packs no more than 1,032 bytes into one.
_BEST_RATIO = 1032
_READ_AT_ONCE = 1 << 20


class PackedError(ValueError):
    """What is packed is damaged, or would unpack to more than it may; the message says which."""


def inflated(data: bytes | memoryview, limit: int, *, window: int = zlib.MAX_WBITS) -> bytes:
    """Return what one stream of zlib, or of gzip with `window` 31, unpacks to.

    Args:
        data: The stream, and nothing behind it.
        limit: How many bytes it may unpack to.
        window: As for `zlib.decompressobj`.

    Raises:
        PackedError: It is damaged, cut off, followed by something, or unpacks to more.
    """
    unpacker = zlib.decompressobj(window)
    try:
        unpacked = unpacker.decompress(data, limit + 1)
    except zlib.error as problem:
        raise PackedError(f"it is damaged: {problem}") from None
    if len(unpacked) > limit:
        raise PackedError(f"it unpacks to more than the {limit:,} bytes that it may have")
    if not unpacker.eof:
        raise PackedError("it is damaged: it is cut off")
    if unpacker.unused_data:
        raise PackedError(f"it has {len(unpacker.unused_data):,} bytes behind its end")
    return unpacked


def unpack_rzip(data: bytes | memoryview, limit: int) -> bytes:
    """Return what an RZIP holds.

    Raises:
        PackedError: It is damaged, or holds more than `limit` bytes.
    """
    data = memoryview(data)
    if len(data) < _HEADER.size:
        raise PackedError("it is damaged: it is cut off")
    magic, chunk_size, size = _HEADER.unpack_from(data)
    if magic != RZIP:
        raise PackedError("it is no RZIP")
    if size > limit:
        raise PackedError(f"it would unpack to {size:,} bytes, and may have {limit:,}")
    if not chunk_size or size > len(data) * _BEST_RATIO:
        raise PackedError(f"it is damaged: it says that it has {size:,} bytes, which cannot be")
    unpacked = bytearray()
    position = _HEADER.size
    while len(unpacked) < size:
        if position + _CHUNK.size > len(data):
            raise PackedError(
                f"it is damaged: it is cut off: {len(unpacked):,} of {size:,} bytes are there"
            )
        (length,) = _CHUNK.unpack_from(data, position)
        position += _CHUNK.size
        if position + length > len(data):
            raise PackedError(
                f"it is damaged: it is cut off: {len(unpacked):,} of {size:,} bytes are there"
            )
        part = inflated(data[position : position + length], min(chunk_size, size - len(unpacked)))
        if not part:
            raise PackedError("it is damaged: a part of it is empty")
        unpacked += part
        position += length
    if position != len(data):
        raise PackedError(f"it has {len(data) - position:,} bytes behind its end")
    return bytes(unpacked)


def rzip_chunk_size(data: bytes) -> int:
    """Return the size of the chunks of an RZIP."""
    return int(_HEADER.unpack_from(data)[1])


def pack_rzip(contents: bytes, chunk_size: int = 1 << 17) -> bytes:
    """Return an RZIP of these bytes, as RetroArch makes it.

    >>> unpack_rzip(pack_rzip(bytes(100_000), 4096), 100_000) == bytes(100_000)
    True
    """
    packed = [_HEADER.pack(RZIP, chunk_size, len(contents))]
    for start in range(0, len(contents), chunk_size):
        part = zlib.compress(contents[start : start + chunk_size], 6)
        packed += [_CHUNK.pack(len(part)), part]
    return b"".join(packed)


def unpack_gzip(data: bytes, limit: int) -> bytes:
    """Return what a gzip holds, all its members one after the other.

    Raises:
        PackedError: It is damaged, or holds more than `limit` bytes.
    """
    unpacked = bytearray()
    rest = data
    while rest:
        unpacker = zlib.decompressobj(31)
        try:
            unpacked += unpacker.decompress(rest, limit - len(unpacked) + 1)
        except zlib.error as problem:
            raise PackedError(f"it is damaged: {problem}") from None
        if len(unpacked) > limit:
            raise PackedError(f"it unpacks to more than the {limit:,} bytes that it may have")
        if not unpacker.eof:
            raise PackedError("it is damaged: it is cut off")
        rest = unpacker.unused_data.lstrip(b"\0")  # tapes and tools pad with zeros
    return bytes(unpacked)


def unpack_zip(data: bytes, limit: int) -> bytes:
    """Return the one file that a zip holds.

    Raises:
        PackedError: It is damaged, encrypted or packed in a way that Python does not know, holds
            none or several files, or one of more than `limit` bytes.
    """
    from zipfile import ZipFile

    try:
        with ZipFile(io.BytesIO(data)) as archive:
            members = [
                member
                for member in archive.infolist()
                if not member.filename.endswith("/") and not member.filename.startswith("__MACOSX/")
            ]
            if len(members) != 1:
                names = ", ".join(member.filename for member in members[:8]) or "nothing"
                raise PackedError(f"one file is needed in it, and it holds {names}")
            if members[0].flag_bits & 1:
                raise PackedError("it is encrypted")
            with archive.open(members[0]) as file:
                return read_at_most(file, limit)
    except PackedError:
        raise
    except MemoryError:  # an LZMA dictionary may be said to be as large as 4 GiB
        raise PackedError("it needs more memory to be unpacked than there is") from None
    except Exception as problem:  # zipfile meets damage with exceptions of a dozen types
        raise PackedError(f"it is no readable zip: {problem or type(problem).__name__}") from None


def read_at_most(file: IO[bytes], limit: int) -> bytes:
    """Read all of a file that unpacks as it is read.

    Raises:
        PackedError: It has more than `limit` bytes.
    """
    unpacked = bytearray()
    while part := file.read(min(_READ_AT_ONCE, limit - len(unpacked) + 1)):
        unpacked += part
        if len(unpacked) > limit:
            raise PackedError(f"it unpacks to more than the {limit:,} bytes that it may have")
    return bytes(unpacked)
