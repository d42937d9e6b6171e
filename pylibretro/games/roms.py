r"""Where the ROMs of games are found: beside their integration, or among those that were imported.

An integration has its ROM in its own directory, or names it by its SHA-1. Imported games are kept
in the user's own data directory, never in a package's: in `$XDG_DATA_HOME/pylibretro/games` on
Linux (`~/.local/share` unless set), in `~/Library/Application Support/pylibretro/games` on macOS,
in `%LOCALAPPDATA%\pylibretro\games` on Windows; the environment variable `PYLIBRETRO_DATA_PATH`
names another place. Each game has a directory named after its SHA-1, in which it keeps the name
that its file had.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

__all__ = ["find_content", "hashes_of_integration", "library_directory", "rom_of_integration"]


def data_directory() -> str:
    """Return the directory for what this library keeps for its user."""
    chosen = os.environ.get("PYLIBRETRO_DATA_PATH")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
    elif sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Application Support")
    else:
        base = os.environ.get("XDG_DATA_HOME", "")
        if not os.path.isabs(base):  # as the specification says
            base = os.path.expanduser("~/.local/share")
    return os.path.join(base, "pylibretro")


def library_directory() -> str:
    """Return the directory in which imported games are kept; it need not be there."""
    return os.path.join(data_directory(), "games")


def find_content(sha1: str | Iterable[str]) -> str | None:
    """Return the path of the imported game with one of these SHA-1s; None if there is none."""
    for digest in [sha1] if isinstance(sha1, str) else sha1:
        directory = os.path.join(library_directory(), digest.lower())
        try:
            names = sorted(os.listdir(directory))
        except OSError:
            continue
        for name in names:
            if not name.startswith("."):
                return os.path.join(directory, name)
    return None


def rom_of_integration(
    path: str, metadata: Mapping[str, Any], extensions: Sequence[str]
) -> str | None:
    """Return the path of the ROM that lies in an integration's directory; None if none does."""
    names = [metadata["original_rom_name"]] if "original_rom_name" in metadata else []
    for name in (*names, *(f"rom.{extension}" for extension in extensions)):
        if os.path.isfile(os.path.join(path, name)):
            return os.path.join(path, name)
    return None


def hashes_of_integration(path: str) -> tuple[str, ...]:
    """Return the SHA-1s of the ROMs that an integration is for."""
    try:
        with open(os.path.join(path, "rom.sha"), encoding="ascii") as file:
            return tuple(dict.fromkeys(file.read().split()))
    except (OSError, UnicodeDecodeError):
        return ()
