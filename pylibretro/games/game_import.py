"""Importing games: they are found in files, directories and zips by their SHA-1, and kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from pylibretro.error import GameError
from pylibretro.games.game import Game
from pylibretro.games.game_files import game_files
from pylibretro.games.integration import find_integrations
from pylibretro.games.roms import find_content, library_directory

__all__ = ["ImportedGame", "content_hash", "import_games", "known_hashes"]

LARGEST_GAME = 1 << 30
NES = b"NES\x1a"
NES_HEADER = 16
COPIER_HEADER = 512
SMD_BLOCK = 0x4000

_Path = str | os.PathLike[str]


class ImportedGame(NamedTuple):
    """A file that turned out to be a known game.

    Attributes:
        sha1: The SHA-1 by which it is known.
        names: Names of the games that it is the content of.
        source: Where it was found, such as "games.zip#game.sfc".
        path: Where it is kept.
        is_new: Whether it was not there before.
    """

    sha1: str
    names: tuple[str, ...]
    source: str
    path: str
    is_new: bool


def known_hashes() -> dict[str, tuple[str, ...]]:
    """Return the SHA-1s of all games of the installed integrations and of game files with ids."""
    known: dict[str, list[str]] = {}
    for identifier, path in game_files().items():
        with suppress(GameError):
            for digest in Game.load(path).sha1:
                known.setdefault(digest, []).append(identifier.removeprefix("pylibretro/"))
    for name, (directory, _) in find_integrations().items():
        try:
            with open(os.path.join(directory, "rom.sha"), encoding="ascii") as file:
                hashes = file.read().split()
        except (OSError, UnicodeDecodeError):
            continue
        for digest in hashes:
            known.setdefault(digest.lower(), []).append(name)
    return {digest: tuple(names) for digest, names in known.items()}


def import_games(
    paths: Iterable[_Path],
    known: Mapping[str, tuple[str, ...]] | None = None,
    *,
    progress: Callable[[str], object] | None = None,
) -> list[ImportedGame]:
    """Look for known games in files, directories and zips, and keep those that are found.

    A file is recognised by its SHA-1, an NES game by that of what follows its header. A Super Magic
    Drive dump (`.smd`) is put in order, and a copier's header of 512 bytes is removed, where the
    result is a known game.

    Args:
        paths: Files and directories; directories are searched with all that is in them.
        known: The SHA-1s to look for, with the names of their games; those of the installed
            integrations unless given.
        progress: Called with each file's name.

    Raises:
        GameError: There is no such path, or the games cannot be kept.
    """
    wanted = known_hashes() if known is None else {k.lower(): v for k, v in known.items()}
    found: dict[str, ImportedGame] = {}
    for source, read in _files(paths):
        if progress is not None:
            progress(source)
        try:
            data = read()
        except (OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
            continue  # unreadable, or encrypted: no game
        for digest, content in _forms(data):
            if digest in wanted and digest not in found:
                found[digest] = _keep(digest, content, source, wanted[digest])
                break
    return list(found.values())


def content_hash(path: _Path) -> str | None:
    """Return the SHA-1 by which a game's file is recognised, as `import_games` does.

    Args:
        path: The file, or `archive.zip#member`, which may be left out where there is a single one.
            Of an NES game the header does not count.

    Returns:
        None for what is no file, or none of at most a gigabyte.
    """
    archive, _, member = os.fspath(path).partition("#")
    try:
        members = [source.partition("#")[2] for source, _ in _files([archive])]
        if not member and len(members) == 2:
            member = members[1]  # an archive of a single file is that file's
        for source, read in _files([archive]):
            if source.partition("#")[2] == member:
                return next((digest for digest, _ in _forms(read())), None)
    except (GameError, OSError, zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError):
        return None
    return None


def _files(paths: Iterable[_Path]) -> Iterator[tuple[str, Callable[[], bytes]]]:
    for given in paths:
        path = os.path.abspath(os.path.expanduser(os.fspath(given)))
        if os.path.isdir(path):
            for directory, folders, names in os.walk(path):
                folders.sort()
                for name in sorted(names):
                    yield from _file(os.path.join(directory, name))
        elif os.path.isfile(path):
            yield from _file(path)
        else:
            raise GameError(f"there is no file or directory {path}")


def _file(path: str) -> Iterator[tuple[str, Callable[[], bytes]]]:
    try:
        if not os.path.isfile(path) or not 0 < os.path.getsize(path) <= LARGEST_GAME:
            return
    except OSError:
        return

    def whole() -> bytes:
        with open(path, "rb") as file:
            return file.read()

    yield path, whole  # arcade games are zips themselves
    if not zipfile.is_zipfile(path):
        return
    try:
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if not member.is_dir() and 0 < member.file_size <= LARGEST_GAME:
                    yield f"{path}#{member.filename}", partial(archive.read, member)
    except (OSError, zipfile.BadZipFile):
        return


def _forms(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the SHA-1s by which a file may be known, and the content to keep for each."""
    if data.startswith(NES):
        yield _sha1(data[NES_HEADER:]), data
    yield _sha1(data), data
    if len(data) % 1024 == COPIER_HEADER:
        body = data[COPIER_HEADER:]
        if len(body) % SMD_BLOCK == 0:
            ordered = in_order(body)
            yield _sha1(ordered), ordered
        yield _sha1(body), body


def _sha1(data: bytes) -> str:
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


def _keep(digest: str, data: bytes, source: str, names: tuple[str, ...]) -> ImportedGame:
    existing = find_content(digest)
    if existing is not None:
        return ImportedGame(digest, names, source, existing, False)
    directory = os.path.join(library_directory(), digest)
    name = os.path.basename(source.rpartition("#")[2] if "#" in source else source)
    stem, extension = os.path.splitext(name)
    if extension.lower() == ".smd":
        name = f"{stem}.md"
    path = os.path.join(directory, name.lstrip(".") or "game")
    try:
        os.makedirs(directory, exist_ok=True)
        # In one step: a game that is there is whole.
        descriptor, scratch = tempfile.mkstemp(prefix=".", dir=directory)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        os.replace(scratch, path)
    except OSError as problem:
        raise GameError(f"{path} cannot be written: {problem.strerror}") from problem
    return ImportedGame(digest, names, source, path, True)
