"""Playlists of disks: the `.m3u` files of games that come on more than one."""

from __future__ import annotations

import os

from pylibretro.error import ContentError, ContentNotFoundError

__all__ = ["read_playlist"]

PLAYLIST_SIZE_LIMIT = 1 << 20


def read_playlist(path: str) -> list[str]:
    """Return the absolute paths that an `.m3u` file lists, in order.

    Lines that begin with # name no files; a name may be followed by | and a label.

    Raises:
        ContentNotFoundError: There is no such playlist.
        ContentError: The playlist cannot be read, or lists nothing.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(PLAYLIST_SIZE_LIMIT)
    except FileNotFoundError:
        raise ContentNotFoundError(f"there is no content at {path}") from None
    except OSError as problem:
        raise ContentError(f"{path} cannot be read: {problem.strerror}") from problem
    text = data.decode("utf-8-sig", "surrogateescape")
    lines = [line.strip() for line in text.splitlines()]
    listed = [_entry(path, line) for line in lines if line and not line.startswith("#")]
    if not listed:
        raise ContentError(f"{path} lists no files")
    return listed


def _entry(playlist: str, line: str) -> str:
    directory = os.path.dirname(os.path.abspath(playlist))
    named = os.path.normpath(os.path.join(directory, line))
    if "|" in line and not os.path.exists(named):
        return os.path.normpath(os.path.join(directory, line.rpartition("|")[0].rstrip()))
    return named
