r"""Where files are kept that can be had again, and may be deleted at any time.

`$XDG_CACHE_HOME/pylibretro` on Linux (`~/.cache` unless set), `~/Library/Caches/pylibretro` on
macOS, `%LOCALAPPDATA%\pylibretro\cache` on Windows; `PYLIBRETRO_CACHE_PATH` names another.
"""

from __future__ import annotations

import os
import sys

__all__ = ["cache_directory"]


def cache_directory() -> str:
    """Return the directory for files that can be had again; it need not be there."""
    chosen = os.environ.get("PYLIBRETRO_CACHE_PATH")
    if chosen:
        return os.path.abspath(os.path.expanduser(chosen))
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or os.path.expanduser(r"~\AppData\Local")
        return os.path.join(base, "pylibretro", "cache")
    if sys.platform == "darwin":
        base = os.path.expanduser("~/Library/Caches")
    else:
        base = os.environ.get("XDG_CACHE_HOME", "")
        if not os.path.isabs(base):  # as the specification says
            base = os.path.expanduser("~/.cache")
    return os.path.join(base, "pylibretro")
