"""Importing games: they are found in files, directories and zips by their SHA-1, and kept."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import NamedTuple

from pylibretro.error import GameError
from pylibretro.files.archives import member_chunks, open_zip
from pylibretro.files.containers import PackedError
from pylibretro.files.whole_file import open_whole
from pylibretro.games.game import Game
from pylibretro.games.game_files import game_files
from pylibretro.games.integration import find_integrations
from pylibretro.games.rom_forms import forms_of
from pylibretro.games.roms import find_content, library_directory

__all__ = ["ImportedGame", "content_hash", "import_games", "known_hashes"]

LARGEST_GAME = 1 << 32
# Only cartridges have forms; what is larger is hashed and copied as it is read.
LARGEST_CARTRIDGE = 1 << 27
READ_AT_ONCE = 1 << 20
LONGEST_NAME = 100

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

    A file is recognised by its SHA-1, also where the known one is that of another form of it: what
    follows the header of a NES, FDS, Lynx or Atari 7800 file or a copier's 512 bytes, a Super Magic
    Drive dump (`.smd`) put in order, a Nintendo 64 game in another order of its bytes (`.z64`,
    `.v64`, `.n64`). What cannot be read or unpacked is passed over.

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
            digest, data = _look(read())
        except (OSError, PackedError):
            continue  # unreadable, damaged or encrypted: no game
        for form, content in [(digest, None)] if data is None else forms_of(data):
            if form in wanted and form not in found:
                chunks = read() if content is None else iter([content])
                try:
                    found[form] = _keep(form, chunks, source, wanted[form])
                except PackedError:
                    continue  # it has changed since it was looked at
                break
    return list(found.values())


def content_hash(path: _Path) -> str | None:
    """Return the SHA-1 by which a game's file is recognised, as `import_games` does.

    Args:
        path: The file, or `archive.zip#member`, which may be left out where there is a single one.
            Of an NES game the header does not count.

    Returns:
        None for what is no file, or none of at most four gigabytes.
    """
    archive, _, member = os.fspath(path).partition("#")
    try:
        members = [source.partition("#")[2] for source, _ in _files([archive])]
        if not member and len(members) == 2:
            member = members[1]  # an archive of a single file is that file's
        for source, read in _files([archive]):
            if source.partition("#")[2] == member:
                digest, data = _look(read())
                return digest if data is None else next(forms_of(data))[0]
    except (GameError, OSError, PackedError):
        return None
    return None


def _look(chunks: Iterator[bytes]) -> tuple[str, bytes | None]:
    """Return the SHA-1 of what is read, and all of it if it may be a cartridge."""
    digest = hashlib.sha1(usedforsecurity=False)
    kept: list[bytes] | None = []
    size = 0
    for chunk in chunks:
        digest.update(chunk)
        size += len(chunk)
        if kept is not None:
            kept.append(chunk)
            if size > LARGEST_CARTRIDGE:
                kept = None
    return digest.hexdigest(), None if kept is None else b"".join(kept)


def _files(paths: Iterable[_Path]) -> Iterator[tuple[str, Callable[[], Iterator[bytes]]]]:
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


def _file(path: str) -> Iterator[tuple[str, Callable[[], Iterator[bytes]]]]:
    try:
        if not os.path.isfile(path) or not 0 < os.path.getsize(path) <= LARGEST_GAME:
            return
    except OSError:
        return
    yield path, partial(_chunks, path)  # arcade games are zips themselves
    try:
        if not zipfile.is_zipfile(path):
            return
        with open_zip(path) as archive:
            for member in archive.infolist():
                if not member.filename.endswith("/") and 0 < member.file_size <= LARGEST_GAME:
                    read = partial(member_chunks, archive, member, LARGEST_GAME)
                    yield f"{path}#{member.filename}", read
    except (OSError, PackedError):
        return


def _chunks(path: str) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while chunk := file.read(READ_AT_ONCE):
            yield chunk


def _keep(
    digest: str, chunks: Iterator[bytes], source: str, names: tuple[str, ...]
) -> ImportedGame:
    existing = find_content(digest)
    if existing is not None:
        return ImportedGame(digest, names, source, existing, False)
    directory = os.path.join(library_directory(), digest)
    path = os.path.join(directory, _name_of(source))
    try:
        os.makedirs(directory, exist_ok=True)
        with open_whole(path) as file:
            for chunk in chunks:
                file.write(chunk)
    except OSError as problem:
        raise GameError(f"{path} cannot be written: {problem.strerror}") from problem
    return ImportedGame(digest, names, source, path, True)


def _name_of(source: str) -> str:
    """Return the file name that a game keeps, in a form that any system takes."""
    inside = source.rpartition("#")[2] if "#" in source else source
    name = os.path.basename(inside.replace("\\", "/"))
    name = "".join("_" if c in '<>:"|?*' or not c.isprintable() else c for c in name)
    stem, extension = os.path.splitext(name.strip(". "))
    if extension.lower() == ".smd":
        extension = ".md"
    return (stem[:LONGEST_NAME] or "game") + extension[:16]
