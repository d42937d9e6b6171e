"""Zips of unknown origin: whatever is wrong with one is a `PackedError`, and none fills memory."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from pylibretro.files.containers import PackedError

if TYPE_CHECKING:
    from zipfile import ZipFile, ZipInfo

__all__ = ["member_chunks", "open_member", "open_zip", "read_member"]

CHUNK_SIZE = 1 << 20
# zipfile unpacks all that it has read at once, and each 45 bytes of bzip2 may be 900,000.
SMALL_CHUNK_SIZE = 1 << 12


@contextmanager
def open_zip(file: str | os.PathLike[str] | IO[bytes]) -> Iterator[ZipFile]:
    """Open a zip; errors of its own within the block, and in opening it, are `PackedError`.

    Raises:
        PackedError: It is no zip, or damaged; the message says how.
        OSError: The file cannot be read.
    """
    from zipfile import ZipFile

    with _as_packed_errors("it is no readable zip"):
        archive = ZipFile(file)
    with archive:
        yield archive


@contextmanager
def open_member(archive: ZipFile, member: ZipInfo) -> Iterator[IO[bytes]]:
    """Open a file of a zip for reading; errors of the zip within the block are `PackedError`."""
    if member.flag_bits & 1:
        raise PackedError("it is encrypted")
    with _as_packed_errors("it cannot be unpacked"), archive.open(member) as file:
        yield file


def member_chunks(archive: ZipFile, member: ZipInfo, limit: int) -> Iterator[bytes]:
    """Yield what a file of a zip holds, in parts.

    Raises:
        PackedError: It is damaged, encrypted, packed in a way that is not known here, has more
            bytes than `limit`, or not as many as the zip says.
    """
    from zipfile import ZIP_DEFLATED, ZIP_STORED

    if member.file_size > limit:
        raise PackedError(f"it would unpack to {member.file_size:,} bytes, and may have {limit:,}")
    known = member.compress_type in (ZIP_STORED, ZIP_DEFLATED)
    left = member.file_size
    with open_member(archive, member) as file:
        while part := file.read(min(CHUNK_SIZE if known else SMALL_CHUNK_SIZE, left + 1)):
            left -= len(part)
            if left < 0:
                raise PackedError("it is longer than the zip says")
            yield part
    if left:
        raise PackedError(f"it is {left:,} bytes shorter than the zip says")


def read_member(archive: ZipFile, member: ZipInfo, limit: int) -> bytes:
    """Return what a file of a zip holds; raises what `member_chunks` raises."""
    return b"".join(member_chunks(archive, member, limit))


@contextmanager
def _as_packed_errors(what: str) -> Iterator[None]:
    """Turn what zipfile, zlib, bz2 and lzma raise over damage into one error: it is anything."""
    try:
        yield
    except (PackedError, KeyboardInterrupt, FileNotFoundError, PermissionError, IsADirectoryError):
        raise
    except Exception as problem:
        raise PackedError(f"{what}: {str(problem) or type(problem).__name__}") from problem
