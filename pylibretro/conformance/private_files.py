"""What a core that is checked gets of its user's files: copies, so that the originals stay."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from pylibretro.conformance.protection import can_protect

__all__ = ["Copies", "files_below"]

# A folder within these limits is copied whole: games look for their data beside themselves.
FOLDER_BYTES = 128 << 20
FOLDER_FILES = 4000
# Of a larger folder these are copied, and the rest is linked to where it cannot be harmed.
SMALL_FILE = 1 << 20
LARGEST_GAME = 512 << 20
LARGEST_LIST = 64 << 10
NOT_OF_GAMES = {".git", ".hg", ".svn", "__pycache__", "node_modules"}


class Copies:
    """Copies of what a core is given, in a directory of its own.

    Args:
        directory: Where they are made.

    Attributes:
        linked: Folders that were too large to be copied and are reached through links: nothing
            below them may be written.
        left_out: Whether something of a folder is missing, because it is too large to be copied
            and this system cannot keep a process from writing to it.
    """

    def __init__(self, directory: Path) -> None:
        """Begin with nothing."""
        self.directory = directory
        self.linked: list[str] = []
        self.left_out = False

    def content(self, content: str | None) -> str | None:
        """Copy a game with the folder that it lies in, and return where it is now."""
        if content is None:
            return None
        source, member = Path(content).expanduser().absolute(), ""
        while not source.exists() and "#" in source.name:  # a member of an archive
            name, _, inner = source.name.rpartition("#")
            source, member = source.with_name(name), f"#{inner}{member}"
        if not source.exists():
            return content
        if source.is_dir():
            return str(self.folder(source, "content"))
        copied = self.folder(source.parent, "content", game=source) / source.name
        return f"{copied}{member}"

    def folder(self, source: Path, place: str, game: Path | None = None) -> Path:
        """Copy a folder to one of the same name below ``place``, as far as its size allows."""
        target = self.directory / place / (source.name or "root")
        target.mkdir(parents=True)
        files = files_within_limits(source)
        if files is None:
            self.link(source, target, game)
        else:
            for file in files:
                copy(file, target / file.relative_to(source))
        return target

    def link(self, source: Path, target: Path, game: Path | None) -> None:
        """Copy what is small, and link to the rest of a folder."""
        protected = can_protect()
        parts = parts_of(game) if game is not None else ""
        left = FOLDER_BYTES
        for file in sorted(source.iterdir(), key=lambda file: file != game):
            size = file.stat().st_size if file.is_file() else None
            is_part = game is not None and (file.stem.startswith(game.stem) or file.name in parts)
            largest = LARGEST_GAME if is_part else min(SMALL_FILE, left)
            if size is not None and size <= largest:
                copy(file, target / file.name)
                left -= size or 0
            elif protected:
                (target / file.name).symlink_to(file)
            else:
                self.left_out = True
        if protected:
            self.linked.append(os.path.realpath(source))


def parts_of(game: Path) -> str:
    """Return the text of a game that may name further files, as lists of disks and tracks do."""
    try:
        if game.stat().st_size > LARGEST_LIST:
            return ""
        return game.read_text("utf-8", "replace")
    except OSError:
        return ""


def files_within_limits(folder: Path) -> list[Path] | None:
    """Return all regular files of a folder, or None if they are too many or too large."""
    found: list[Path] = []
    size = 0
    for parent, directories, names in os.walk(folder):
        directories[:] = [name for name in directories if name not in NOT_OF_GAMES]
        for name in names:
            file = Path(parent, name)
            if not file.is_file():
                continue  # a socket, a device, a link to nowhere
            found.append(file)
            size += file.stat().st_size
            if len(found) > FOLDER_FILES or size > FOLDER_BYTES:
                return None
    return found


def copy(source: Path, target: Path) -> None:
    """Copy a file with its date, if it can be read."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        shutil.copy2(source, target)
    except PermissionError:
        target.unlink(missing_ok=True)


def files_below(directory: Path) -> Iterator[str]:
    """Paths of all files below a directory, links not followed."""
    for parent, _, names in os.walk(directory):
        yield from (os.path.join(parent, name) for name in names)
