"""The files that an env needs, made ready to travel to other machines.

Each file travels once, known by its SHA-256. On every machine it is kept in a directory of the
user's caches, which may be deleted at any time, see `pylibretro.files.cache_directory`.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro.content.content import extension_of
from pylibretro.content.directories import ScratchDirectory
from pylibretro.content.lookup import find_core
from pylibretro.content.vfs import FilePolicy
from pylibretro.envs.env_spec import EnvSpec, state_contents
from pylibretro.error import ContentError, ContentNotFoundError
from pylibretro.files.cache_directory import cache_directory

__all__ = ["Shipment", "ShippedTree", "pack", "unpack"]

CHUNK_SIZE = 1 << 20
DIRECTORIES = ("system_dir", "assets_dir")
HOST_DIRECTORIES = ("playlist_dir", "browser_dir")

Fetch = Callable[[str], Any]


@dataclass(frozen=True)
class ShippedTree:
    """Files that lie together; it replaces the path of one of them or of their directory.

    Attributes:
        files: Pairs of a relative path, with "/", and the SHA-256 of the file there, or None for a
            directory.
        entry: Which of them is meant; "" for the directory.
        member: What of a zip is meant, with "#" before it; or "".
        as_bytes: Whether the bytes of the file are meant.
        private: Whether the files may be written, so that nobody else may have the same.
    """

    files: tuple[tuple[str, str | None], ...]
    entry: str = ""
    member: str = ""
    as_bytes: bool = False
    private: bool = False

    def __fspath__(self) -> str:
        """Refuse: it stands for a path, but is none until it has been unpacked."""
        raise TypeError("these files are not on this machine; unpack the shipment first")

    @property
    def sha256(self) -> str:
        """The hash of all these files together."""
        listed = "\n".join(f"{digest} {path}" for path, digest in self.files)
        return hashlib.sha256(listed.encode("utf-8", "surrogatepass")).hexdigest()


@dataclass(frozen=True)
class Shipment:
    """An `EnvSpec` whose files have been taken out of it.

    Attributes:
        spec: The spec, with a `ShippedTree` instead of each path and of content in memory.
        files: By SHA-256, where each file's bytes are on this machine: a path, or the bytes
            themselves.
    """

    spec: EnvSpec
    files: dict[str, str | bytes] = field(repr=False)

    def read(self, sha256: str) -> NDArray[np.uint8]:
        """Return the bytes of a file.

        Raises:
            ContentError: The file has changed since.
        """
        source = self.files[sha256]
        if isinstance(source, bytes):
            return np.frombuffer(source, np.uint8)
        contents = np.fromfile(source, np.uint8)
        if hashlib.sha256(contents.data).hexdigest() != sha256:
            raise ContentError(f"{source} has changed while it was being sent to other machines")
        return contents


# Packing


def pack(spec: EnvSpec, beside: Sequence[str | os.PathLike[str]] = ()) -> Shipment:
    """Take the files out of a spec.

    Args:
        spec: The spec. A core that is given by its name is looked for on this machine.
        beside: Files that the content needs to have beside it and does not name, such as the
            parent of an arcade game's romset.

    Raises:
        CoreNotFoundError, ContentError, ContentNotFoundError: A file is not here, or names others
            by paths that only mean something on this machine.
        ValueError: The spec has a `save_dir`, a `FilePolicy` with directories, or another path
            that would mean nothing elsewhere.

    >>> from pylibretro import EnvSpec
    >>> shipment = pack(EnvSpec(core="2048"))
    >>> shipment.spec.core.entry.rpartition(".")[0]
    '2048_libretro'
    >>> there = unpack(shipment.spec, shipment.read, ScratchDirectory(), "cache")
    >>> os.path.basename(there.core) == shipment.spec.core.entry
    True
    """
    packer = _Packer()
    _refuse_what_stays_here(spec, spec.core_arguments or {})
    core = packer.files([os.fspath(find_core(spec.core))])
    changes = packer.directories(spec, DIRECTORIES)
    changes["host"] = replace(spec.host, **packer.directories(spec.host, HOST_DIRECTORIES))
    if spec.states is not None:
        changes["states"] = {name: state_contents(state) for name, state in spec.states.items()}
    packed = replace(
        spec,
        core=core,
        content=packer.content(spec.content, [os.fspath(path) for path in beside]),
        **changes,
    )
    return Shipment(packed, packer.sources)


def _refuse_what_stays_here(spec: EnvSpec, others: Mapping[str, Any]) -> None:
    if others.get("save_dir") is not None:
        raise ValueError(
            f"save_dir is {others['save_dir']!r}, a directory of this machine, which cores on "
            f"others cannot write; leave it out: snapshots keep what a game has saved"
        )
    files = spec.files
    if isinstance(files, FilePolicy) and (files.read or files.write):
        raise ValueError(
            f"files is {files!r}, which names directories of this machine; on others give a "
            f"FilePolicy without them, or True"
        )
    disk = others.get("initial_disk")
    if isinstance(disk, tuple):
        raise ValueError(f"initial_disk is {disk!r}, with a path of this machine; give its number")


class _Packer:
    """Files of this machine by their SHA-256."""

    def __init__(self) -> None:
        self.sources: dict[str, str | bytes] = {}

    def add(self, path: str) -> str:
        digest = hashlib.sha256()
        try:
            with open(path, "rb") as file:
                while chunk := file.read(CHUNK_SIZE):
                    digest.update(chunk)
        except FileNotFoundError:
            raise ContentNotFoundError(f"there is no content at {path}") from None
        except OSError as problem:
            raise ContentError(f"{path} cannot be read: {problem.strerror}") from problem
        self.sources.setdefault(digest.hexdigest(), path)
        return digest.hexdigest()

    def files(self, paths: Sequence[str], member: str = "") -> ShippedTree:
        """Pack files together with where they lie beside each other; the first one is the entry."""
        absolute = [os.path.abspath(path) for path in paths]
        root = os.path.commonpath([os.path.dirname(path) for path in absolute])
        named = {os.path.relpath(path, root).replace(os.sep, "/"): path for path in absolute}
        files = tuple((name, self.add(path)) for name, path in sorted(named.items()))
        return ShippedTree(files, next(iter(named)), member)

    def directories(self, group: object, names: Sequence[str]) -> dict[str, Any]:
        """Pack the directories, as far as they are given."""
        given = {name: getattr(group, name) for name in names}
        return {
            name: self.directory(name, path) for name, path in given.items() if path is not None
        }

    def directory(self, name: str, directory: Any) -> ShippedTree:
        root = os.path.abspath(os.path.expanduser(os.fspath(directory)))
        if not os.path.isdir(root):
            raise ContentNotFoundError(f"{name} is {root}, where there is no directory")
        entries: list[tuple[str, str | None]] = []
        for path, is_directory in sorted(_walk(root)):
            relative = os.path.relpath(path, root).replace(os.sep, "/")
            entries.append((relative, None if is_directory else self.add(path)))
        return ShippedTree(tuple(entries), private=True)

    def content(self, content: Any, beside: list[str]) -> Any:
        if content is None:
            return None
        if isinstance(content, (list, tuple)):
            return [self.content(one, beside) for one in content]
        if isinstance(content, Mapping):
            return {key: self.content(one, beside) for key, one in content.items()}
        if not isinstance(content, (str, os.PathLike)):
            contents = bytes(memoryview(content))
            digest = hashlib.sha256(contents).hexdigest()
            self.sources.setdefault(digest, contents)
            return ShippedTree((("content", digest),), "content", as_bytes=True)
        path, member = _archive_and_member(os.path.expanduser(os.fspath(content)))
        named = dict.fromkeys([os.path.abspath(path), *files_named_by(path)])
        return self.files([*named, *(os.path.expanduser(one) for one in beside)], member)


def _walk(root: str) -> Iterator[tuple[str, bool]]:
    """Files and directories below a directory; links are followed, but not into themselves."""
    seen = {os.path.realpath(root)}
    for directory, folders, files in os.walk(root, followlinks=True):
        for name in list(folders):
            real = os.path.realpath(os.path.join(directory, name))
            if real in seen:
                folders.remove(name)
                continue
            seen.add(real)
            yield os.path.join(directory, name), True
        for name in files:
            if os.path.isfile(os.path.join(directory, name)):
                yield os.path.join(directory, name), False


def _archive_and_member(path: str) -> tuple[str, str]:
    """Split `"game.zip#member"` as for content, unless there is a file with this whole name."""
    position = path.find("#")
    while position >= 0 and not os.path.exists(path):
        if extension_of(path[:position]) == "zip" and os.path.isfile(path[:position]):
            return path[:position], path[position:]
        position = path.find("#", position + 1)
    return path, ""


# Other files that a file names


def files_named_by(path: str) -> list[str]:
    """Return the files that a playlist or a disc's sheet names, and those that these name.

    Args:
        path: A `.m3u`, `.m3u8`, `.cue`, `.toc`, `.gdi`, `.ccd` or `.mds` file; others name none.

    Raises:
        ContentNotFoundError: A named file is not there.
        ContentError: It is named by an absolute path, which would mean nothing elsewhere.
    """
    found: dict[str, None] = {}
    waiting = [os.path.abspath(path)]
    while waiting:
        sheet = waiting.pop()
        for name in _names_in(sheet):
            other = _beside(sheet, name)
            if other not in found:
                found[other] = None
                waiting.append(other)
    return list(found)


def _names_in(sheet: str) -> Iterable[str]:
    extension = extension_of(sheet)
    if extension not in ("m3u", "m3u8", "cue", "toc", "gdi", "ccd", "mds"):
        return []
    stem = os.path.splitext(os.path.basename(sheet))[0]
    if extension == "ccd":
        images = [f"{stem}.img", f"{stem}.sub"]
        return [name for name in images if os.path.exists(_joined(sheet, name))] or images[:1]
    if extension == "mds":
        return [f"{stem}.mdf"]
    try:
        with open(sheet, encoding="utf-8-sig", errors="surrogateescape") as file:
            lines = [line.strip() for line in file]
    except FileNotFoundError:
        raise ContentNotFoundError(f"there is no content at {sheet}") from None
    if extension in ("m3u", "m3u8"):
        # Some cores accept a label after the name.
        return [line.partition("|")[0] for line in lines if line and not line.startswith("#")]
    if extension == "gdi":
        tracks = (re.match(r'\d+\s+\d+\s+\d+\s+\d+\s+("[^"]*"|\S+)', line) for line in lines)
    else:
        tracks = (
            re.match(r'(?:FILE|DATAFILE|AUDIOFILE)\s+("[^"]*"|\S+)', line, re.IGNORECASE)
            for line in lines
        )
    return dict.fromkeys(track[1].strip('"') for track in tracks if track)


def _joined(sheet: str, name: str) -> str:
    return os.path.normpath(os.path.join(os.path.dirname(sheet), name.replace("\\", "/")))


def _beside(sheet: str, name: str) -> str:
    if os.path.isabs(name) or re.match(r"[A-Za-z]:", name):
        raise ContentError(
            f"{sheet} names {name!r} by a path of this machine, which other machines do not have; "
            f"name it as it lies beside the {extension_of(sheet)} file"
        )
    path = _joined(sheet, name)
    if os.path.isfile(path):
        return path
    directory, wanted = os.path.split(path)
    if os.path.isdir(directory):
        for other in os.listdir(directory):  # as cores that were written for Windows do
            if other.casefold() == wanted.casefold():
                return os.path.join(directory, other)
    raise ContentNotFoundError(f"{sheet} names {name!r}, and there is no file {path}")


# Unpacking


def unpack(
    spec: EnvSpec,
    fetch: Fetch,
    scratch: ScratchDirectory,
    cache: str | None = None,
) -> EnvSpec:
    """Put the files of a spec on this machine, and return the spec with their paths.

    What is already there with the right hash is not fetched. Several processes may do this at the
    same time.

    Args:
        spec: The spec of a `Shipment`.
        fetch: Called with the SHA-256 of a file that is not here; returns its bytes, in any object
            with a buffer.
        scratch: Where to put directories that cores may write; they are there as long as it is.
        cache: Where to keep files, instead of `cache_directory()`.

    Raises:
        ContentError: What was fetched has a different hash.
    """
    unpacker = _Unpacker(fetch, cache or cache_directory(), scratch)
    changes: dict[str, Any] = {
        name: unpacker.unpack(getattr(spec, name), name) for name in DIRECTORIES
    }
    changes["host"] = replace(
        spec.host,
        **{name: unpacker.unpack(getattr(spec.host, name), name) for name in HOST_DIRECTORIES},
    )
    return replace(
        spec,
        core=unpacker.unpack(spec.core, "core"),
        content=unpacker.unpack(spec.content, "content"),
        **changes,
    )


class _Unpacker:
    """Files of a shipment on this machine."""

    def __init__(self, fetch: Fetch, cache: str, scratch: ScratchDirectory) -> None:
        self.fetch = fetch
        self.cache = os.path.abspath(cache)
        self.scratch = scratch
        self.found: dict[str, str] = {}

    def unpack(self, value: Any, name: str) -> Any:
        if isinstance(value, list):
            return [self.unpack(one, name) for one in value]
        if isinstance(value, dict):
            return {key: self.unpack(one, name) for key, one in value.items()}
        if not isinstance(value, ShippedTree):
            return value
        if value.as_bytes:
            digest = value.files[0][1]
            assert digest is not None
            with open(self.file(digest), "rb") as file:
                return file.read()
        if value.private:
            directory = self.scratch.path(f"shipped-{name}")
            self.lay_out(value, directory, shutil.copyfile)
        else:
            directory = self.tree(value)
        if not value.entry:
            return directory
        return os.path.join(directory, *value.entry.split("/")) + value.member

    def file(self, digest: str) -> str:
        """Return the path of the file with this hash."""
        if digest not in self.found:
            self.found[digest] = self.checked_file(digest)
        return self.found[digest]

    def checked_file(self, digest: str) -> str:
        path = os.path.join(self.cache, "files", digest)
        if not is_intact(path, digest):
            contents = memoryview(self.fetch(digest)).cast("B")
            if hashlib.sha256(contents).hexdigest() != digest:
                raise ContentError(f"a file was to come with the SHA-256 {digest}, and has another")
            os.makedirs(os.path.dirname(path), exist_ok=True)
            descriptor, written = tempfile.mkstemp(dir=os.path.dirname(path), prefix=".")
            try:
                with open(descriptor, "wb") as file:
                    file.write(contents)
                os.chmod(written, 0o644)
                os.replace(written, path)
            except BaseException:
                with suppress(FileNotFoundError):
                    os.remove(written)
                raise
        return path

    def tree(self, tree: ShippedTree) -> str:
        """Return a directory with these files, into which nobody writes."""
        paths = {digest: self.file(digest) for _, digest in tree.files if digest is not None}
        directory = os.path.join(self.cache, "trees", tree.sha256)
        if all(
            digest is None or is_same_file(os.path.join(directory, name), paths[digest], digest)
            for name, digest in tree.files
        ):
            return directory
        os.makedirs(os.path.dirname(directory), exist_ok=True)
        made = tempfile.mkdtemp(dir=os.path.dirname(directory), prefix=".")
        try:
            os.chmod(made, 0o755)
            self.lay_out(tree, made, link_or_copy)
            for _ in range(100):  # another process may be doing the same
                try:
                    os.rename(made, directory)
                    return directory
                except OSError:
                    if is_complete(tree, directory):
                        return directory
                    aside = tempfile.mkdtemp(dir=os.path.dirname(directory), prefix=".")
                    with suppress(OSError):
                        os.rename(directory, os.path.join(aside, "damaged"))
                    shutil.rmtree(aside, ignore_errors=True)
            raise ContentError(f"{directory} cannot be replaced; delete it")
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def lay_out(
        self, tree: ShippedTree, directory: str, place: Callable[[str, str], object]
    ) -> None:
        for name, digest in tree.files:
            path = os.path.join(directory, *name.split("/"))
            if digest is None:
                os.makedirs(path, exist_ok=True)
            else:
                os.makedirs(os.path.dirname(path), exist_ok=True)
                place(self.file(digest), path)


def is_intact(path: str, digest: str) -> bool:
    """Whether a file is there and has this SHA-256."""
    found = hashlib.sha256()
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK_SIZE):
                found.update(chunk)
    except OSError:
        return False
    return found.hexdigest() == digest


def is_same_file(path: str, other: str, digest: str) -> bool:
    """Whether a file is a link to one that is intact, or intact itself."""
    try:
        return os.path.samefile(path, other) or is_intact(path, digest)
    except OSError:
        return False


def is_complete(tree: ShippedTree, directory: str) -> bool:
    """Whether all files of a tree are in a directory."""
    return all(
        digest is None or is_intact(os.path.join(directory, *name.split("/")), digest)
        for name, digest in tree.files
    )


def link_or_copy(source: str, target: str) -> None:
    """Put a file in a second place, without copying it where possible."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)
