r"""Where the games that a user has imported are kept, each under its SHA-1.

They are kept in the user's own data directory, never in a package's: in
`$XDG_DATA_HOME/pylibretro/games` on Linux (`~/.local/share` unless set), in
`~/Library/Application Support/pylibretro/games` on macOS, in `%LOCALAPPDATA%\pylibretro\games` on
Windows; the environment variable `PYLIBRETRO_DATA_PATH` names another place. Each game has a
directory named after its SHA-1, in which it keeps the name that its file had.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

__all__ = ["find_content", "library_directory"]


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
