"""Content: what the user gave as a game, turned into what a core must be given.

A core that needs a full path opens the file itself. Any other core gets the bytes, but also the
path of an existing file, because many cores crash without one. Bytes and members of a zip are
therefore always written to a scratch file first.
"""

from __future__ import annotations

import mmap
import os
import stat
import sys
from typing import IO, TYPE_CHECKING, NamedTuple, Protocol, cast
from weakref import WeakValueDictionary

from pylibretro.error import ContentError, ContentNotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import TypeAlias
    from zipfile import ZipFile, ZipInfo

    class Buffer(Protocol):
        """Anything with the buffer protocol, such as bytes or an array."""

        def __buffer__(self, flags: int, /) -> memoryview: ...

    ContentSource: TypeAlias = str | os.PathLike[str] | bytes | bytearray | memoryview | Buffer

__all__ = ["Content", "explain_refusal", "extension_of", "resolve_content"]

MEMBER_SIZE_LIMIT = 2 << 30
NAME_LENGTH_LIMIT = 120
CHUNK_SIZE = 1 << 20
# Up to here a copy costs less than a mapping, which before Python 3.13 keeps a file open.
COPIED_SIZE = 1 << 16
FOREIGN_ARCHIVES = frozenset(
    ["7z", "bz2", "gz", "lha", "lzh", "rar", "tar", "tbz2", "tgz", "txz", "xz", "zipx", "zst"]
)
# Files that name other files: one of these is to be loaded when it lies in a zip beside what it
# names.
PLAYLISTS = ("m3u", "m3u8", "cue", "gdi", "ccd", "toc", "mds")
RESERVED_ON_WINDOWS = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)


class Content(NamedTuple):
    """One piece of content as a core is told of it.

    Corresponds to `retro_game_info` and `retro_game_info_ext` in libretro.h.

    Attributes:
        path: The absolute path of an existing file that holds the content.
        data: The content in memory, private to this object: what a core writes there reaches
            neither the file nor another core. None when the core opens `path` itself.
        archive_path: The zip that `data` came from, or None.
        archive_file: Its name inside that zip, or None.
        directory: The directory of the file, or of the zip that `data` came from.
        name: The canonical name without extension, for save files: that of the file, or of the
            zip when the core's extensions chose the member whose bytes are in `data`.
        extension: Lower case and without dot; may be empty.
        display_name: What to call the content in a message, such as `"pack.zip#game.sfc"`.
        owner: Keeps alive what `data` shares with other Cores on the same file.
    """

    path: str
    data: mmap.mmap | bytearray | None
    archive_path: str | None
    archive_file: str | None
    directory: str
    name: str
    extension: str
    display_name: str
    owner: object


class _Rules(NamedTuple):
    """What one core said about the content it takes."""

    core: str
    extensions: tuple[str, ...]
    need_fullpath: bool
    block_extract: bool
    overrides: dict[str, bool]
    scratch: Callable[[str], str]

    def needs_fullpath(self, extension: str) -> bool:
        return self.overrides.get(extension, self.need_fullpath)

    def fresh_directory(self) -> str:
        """Make an empty directory, so that the files of two contents never meet."""
        from tempfile import mkdtemp

        return mkdtemp(dir=os.path.abspath(self.scratch("content")), prefix="")

    def takes_archive(self, extension: str) -> bool:
        return self.block_extract or not self.extensions or extension in self.extensions


def resolve_content(
    content: ContentSource | None,
    *,
    core: str = "the core",
    extensions: Iterable[str] = (),
    need_fullpath: bool = False,
    block_extract: bool = False,
    overrides: Iterable[tuple[str | Iterable[str], bool, bool]] = (),
    content_name: str | None = None,
    scratch: Callable[[str], str],
) -> Content | None:
    """Find, check and prepare the content for one core.

    Args:
        content: A path, `"game.zip"`, a member of a zip such as `"game.zip#folder/game.sfc"`, the
            content itself in any object with a buffer, or None for no content.
        core: What to call the core in messages.
        extensions: The extensions the core lists, in its order.
        need_fullpath: Whether the core opens files itself.
        block_extract: Whether the core wants archives unopened.
        overrides: `(extensions, need_fullpath, persistent_data)` as the core declared them with
            `RETRO_ENVIRONMENT_SET_CONTENT_INFO_OVERRIDE`; extensions as `"md|sms"` or a sequence.
            Of several entries for one extension, the first counts.
        content_name: What to call content that was given as bytes, such as `"game.sfc"`.
        scratch: Called with `"content"` when a file must be written: the path of a writable
            directory that exists for as long as the core does.

    Returns:
        What to tell the core, or None when `content` is None.

    Raises:
        ContentNotFoundError: There is no such file, or no such member in the zip.
        ContentError: The content is unreadable, a directory or a broken archive, or a
            zip without any file that the core takes.
        TypeError: `content` is neither a path nor a buffer.
    """
    if content is None:
        return None
    rules = _Rules(
        core,
        tuple(extension.lower().lstrip(".") for extension in extensions if extension),
        need_fullpath,
        block_extract,
        _first_overrides(overrides),
        scratch,
    )
    if isinstance(content, (str, os.PathLike)):
        path = os.fspath(content)
        if not isinstance(path, str):
            raise TypeError(f"content must be a str path, not {path!r}; bytes are the game itself")
        return _from_path(os.path.expanduser(path), rules)
    return _from_bytes(content, content_name, rules)


def extension_of(path: str) -> str:
    """Return the extension of a file name in lower case and without its dot; `""` if it has none.

    Example:
        >>> extension_of("folder.d/Game.v1.SFC")
        'sfc'
    """
    return os.path.splitext(os.path.basename(path))[1][1:].lower()


def explain_refusal(content: Content | None, extensions: Sequence[str]) -> str:
    """Return what may be wrong with content that a core refused, as a sentence, or `""`.

    Example:
        >>> explain_refusal(None, ["sfc", "smc"])
        'It was given no content; it takes .sfc, .smc.'
    """
    taken = tuple(dict.fromkeys(extension.lower() for extension in extensions))
    if content is None:
        return f"It was given no content; it takes {_listed(taken)}." if taken else ""
    if _is_empty(content):
        return "It is empty: it has 0 bytes."
    if not taken or content.extension in taken:
        return ""
    ending = f"ends in .{content.extension}" if content.extension else "has no extension"
    return f"The name {content.display_name!r} {ending}; this core takes {_listed(taken)}."


def _is_empty(content: Content) -> bool:
    try:
        return (os.path.getsize(content.path) if content.data is None else len(content.data)) == 0
    except OSError:
        return False


def _listed(extensions: Sequence[str], limit: int = 16) -> str:
    more = f" and {len(extensions) - limit} more" if len(extensions) > limit else ""
    return ", ".join(f".{extension}" for extension in extensions[:limit]) + more


def _first_overrides(
    overrides: Iterable[tuple[str | Iterable[str], bool, bool]],
) -> dict[str, bool]:
    first: dict[str, bool] = {}
    for extensions, need_fullpath, _ in overrides:
        listed = extensions.split("|") if isinstance(extensions, str) else extensions
        for extension in listed:
            first.setdefault(extension.strip().lower(), need_fullpath)
    return first


def _from_path(path: str, rules: _Rules) -> Content:
    archive, member = _split_archive_notation(path)
    if archive is not None:
        with _open_zip(archive, archive) as opened:
            found = _named_member(opened, member, archive)
            return _from_zip(opened, found, archive, rules, chosen_by_name=True)
    if not path:
        raise ContentNotFoundError("the content path is empty; give None to load no content")
    path = os.path.abspath(path)
    _check_file(path)
    extension = extension_of(path)
    if not rules.takes_archive(extension):
        if extension == "zip":
            with _open_zip(path, path) as opened:
                return _from_zip(opened, _fitting_member(opened, path, rules), path, rules)
        if extension in FOREIGN_ARCHIVES:
            raise ContentError(
                f"{path} is an archive of a kind that is not opened here, and {rules.core} takes "
                f"only {_listed(rules.extensions)}; extract it, or pack it as .zip"
            )
    if rules.needs_fullpath(extension):
        return _plain(path, None)
    if os.path.getsize(path) <= COPIED_SIZE:
        return _plain(path, _copy(path))
    snapshot = _snapshot(path)
    return _plain(path, snapshot.view(), snapshot)


def _plain(path: str, data: mmap.mmap | bytearray | None, owner: object = None) -> Content:
    return Content(
        path=path,
        data=data,
        archive_path=None,
        archive_file=None,
        directory=os.path.dirname(path),
        name=_stem(path),
        extension=extension_of(path),
        display_name=os.path.basename(path),
        owner=owner,
    )


def _stem(path: str) -> str:
    return os.path.splitext(os.path.basename(path))[0]


def _check_file(path: str) -> None:
    """Refuse what cannot be content, with the reason."""
    try:
        status = os.stat(path)
        if stat.S_ISDIR(status.st_mode):
            raise ContentError(f"{path} is a directory; give the file inside it that is the game")
        if not stat.S_ISREG(status.st_mode):
            raise ContentError(f"{path} is not a regular file")
        with open(path, "rb"):
            pass
    except (FileNotFoundError, NotADirectoryError):
        raise ContentNotFoundError(f"there is no content at {path}") from None
    except (OSError, ValueError) as problem:
        if isinstance(problem, ContentError):
            raise
        reason = getattr(problem, "strerror", None) or problem
        raise ContentError(f"{path!r} cannot be read: {reason}") from problem


def _split_archive_notation(path: str) -> tuple[str | None, str]:
    """Split `"game.zip#member"`, unless there is a file with this whole name."""
    if "#" in path and not os.path.exists(path):
        position = path.find("#")
        while position >= 0:
            archive, member = path[:position], path[position + 1 :]
            if extension_of(archive) == "zip" and os.path.isfile(archive):
                archive = os.path.abspath(archive)
                _check_file(archive)
                return archive, member
            position = path.find("#", position + 1)
    return None, ""


def _open_zip(file: str | IO[bytes], what: str) -> ZipFile:
    from zipfile import ZipFile

    try:
        return ZipFile(file)
    except Exception as problem:  # zipfile meets damage with exceptions of a dozen types
        raise ContentError(f"{what} is not a readable zip: {problem}") from problem


def _files_in(archive: ZipFile) -> list[ZipInfo]:
    return [
        member
        for member in archive.infolist()
        if not member.filename.endswith("/")
        and not member.filename.startswith("__MACOSX/")
        and not os.path.basename(member.filename).startswith("._")
    ]


def _named_member(archive: ZipFile, member: str, what: str) -> ZipInfo:
    files = _files_in(archive)
    for exact in (True, False):
        for info in files:
            if info.filename == member or (
                not exact and info.filename.casefold() == member.casefold()
            ):
                return info
    names = _some_names(info.filename for info in files)
    raise ContentNotFoundError(f"{what} has no file {member!r}; it holds {names}")


def _fitting_member(archive: ZipFile, what: str, rules: _Rules) -> ZipInfo:
    files = _files_in(archive)
    fitting = [info for info in files if extension_of(info.filename) in rules.extensions]
    if not fitting:
        names = _some_names(info.filename for info in files)
        raise ContentError(
            f"{what} holds nothing that {rules.core} takes ({_listed(rules.extensions)}); it holds "
            f"{names}. Name a file in it as {os.path.basename(what)}#FILE to try it all the same"
        )
    archive_stem = _stem(what).casefold()

    def order(info: ZipInfo) -> tuple[int, bool, list[tuple[int, int | str]]]:
        stem, extension = os.path.splitext(os.path.basename(info.filename))
        extension = extension[1:].lower()
        rank = PLAYLISTS.index(extension) if extension in PLAYLISTS else len(PLAYLISTS)
        return rank, stem.casefold() != archive_stem, _natural_order(info.filename)

    return min(fitting, key=order)


def _natural_order(name: str) -> list[tuple[int, int | str]]:
    import re

    parts = re.split(r"([0-9]+)", name.casefold())
    return [(0, int(part)) if i % 2 else (1, part) for i, part in enumerate(parts)]


def _some_names(names: Iterable[str], limit: int = 8) -> str:
    listed = list(names)
    more = f" and {len(listed) - limit} more" if len(listed) > limit else ""
    return (", ".join(listed[:limit]) or "no files") + more


def _from_zip(
    archive: ZipFile,
    member: ZipInfo,
    archive_path: str,
    rules: _Rules,
    *,
    chosen_by_name: bool = False,
) -> Content:
    extension = extension_of(member.filename)
    directory = rules.fresh_directory()
    path = _extract(archive, member, directory)
    display_name = f"{os.path.basename(archive_path)}#{member.filename}"
    if rules.needs_fullpath(extension):
        if extension in PLAYLISTS:
            _extract_neighbours(archive, member, directory)
        return _plain(path, None)._replace(display_name=display_name)
    data, owner = _shared_view(path)
    return Content(
        path=path,
        data=data,
        archive_path=archive_path,
        archive_file=member.filename,
        directory=os.path.dirname(archive_path),
        name=_stem(path if chosen_by_name else archive_path),
        extension=extension,
        display_name=display_name,
        owner=owner,
    )


def _extract(archive: ZipFile, member: ZipInfo, directory: str) -> str:
    from pylibretro.files.archives import member_chunks
    from pylibretro.files.containers import PackedError

    what = f"{member.filename!r} in the zip"
    if member.flag_bits & 1:
        raise ContentError(f"{what} is encrypted; extract it first")
    if member.file_size > MEMBER_SIZE_LIMIT:
        raise ContentError(
            f"{what} would unpack to {member.file_size:,} bytes, more than the limit of "
            f"{MEMBER_SIZE_LIMIT:,}; extract it yourself if that is right"
        )
    path = os.path.join(directory, _safe_name(member.filename))
    try:
        with open(path, "wb") as target:
            for chunk in member_chunks(archive, member, MEMBER_SIZE_LIMIT):
                target.write(chunk)
    except PackedError as problem:
        raise ContentError(f"{what}: {problem}") from problem
    except OSError as problem:
        raise ContentError(f"{what} cannot be unpacked: {problem}") from problem
    return path


def _extract_neighbours(archive: ZipFile, member: ZipInfo, directory: str) -> None:
    """Unpack what a playlist or cue sheet may name: the files in its own folder of the zip."""
    folder = member.filename[: member.filename.rfind("/") + 1]
    neighbours = [
        info
        for info in _files_in(archive)
        if info is not member
        and info.file_size
        and info.filename.startswith(folder)
        and "/" not in info.filename[len(folder) :]
    ]
    if sum(info.file_size for info in neighbours) > MEMBER_SIZE_LIMIT:
        raise ContentError(
            f"the files beside {member.filename!r} in the zip would unpack to more than "
            f"{MEMBER_SIZE_LIMIT:,} bytes; extract them yourself if that is right"
        )
    for info in neighbours:
        _extract(archive, info, directory)


def _from_bytes(content: object, content_name: str | None, rules: _Rules) -> Content:
    try:
        view = memoryview(cast("bytes", content))
    except TypeError:
        several = isinstance(content, (list, tuple, dict))
        hint = "; several contents are for a subsystem of the core, subsystem=" if several else ""
        raise TypeError(
            f"content must be a path, bytes or None, not {type(content).__name__}{hint}"
        ) from None
    with view:
        raw = view.tobytes()
    if content_name is not None and not isinstance(content_name, str):
        raise TypeError(f"content_name is {content_name!r}; a file name as str is needed")
    name = _safe_name(content_name or "content")
    if not extension_of(name) and rules.extensions:
        name = f"{name}.{rules.extensions[0]}"
    is_zip = raw.startswith(b"PK\3\4") and not rules.takes_archive("zip")
    if is_zip:
        name = os.path.splitext(name)[0] + ".zip"
    path = os.path.join(rules.fresh_directory(), name)
    with open(path, "wb") as file:
        file.write(raw)
    if is_zip:
        with _open_zip(path, "the content") as archive:
            return _from_zip(archive, _fitting_member(archive, path, rules), path, rules)
    if rules.needs_fullpath(extension_of(path)):
        return _plain(path, None)
    return _plain(path, *_shared_view(path))


def _safe_name(name: str) -> str:
    """Return a name that an ordinary file can have in any directory on any system."""
    name = name.replace("\\", "/").rpartition("/")[2]
    name = name.encode("utf-8", "replace").decode("utf-8")
    name = "".join("_" if c in '<>:"|?*' or not c.isprintable() else c for c in name)
    name = name.rstrip(". ").lstrip()
    stem, extension = os.path.splitext(name)
    if stem.casefold() in RESERVED_ON_WINDOWS:
        stem = f"_{stem}"
    extension = _shortened(extension, NAME_LENGTH_LIMIT // 2)
    return (_shortened(stem, NAME_LENGTH_LIMIT - len(extension.encode())) or "content") + extension


def _shortened(text: str, limit: int) -> str:
    return text.encode()[:limit].decode("utf-8", "ignore")


def _written_parts(file: IO[bytes], size: int) -> Iterator[tuple[int, int]]:
    """Where a file has something; what lies between in a sparse one takes no memory, either."""
    if not hasattr(os, "SEEK_DATA"):
        yield 0, size
        return
    end = 0
    while end < size:
        try:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        except OSError:  # nothing more, or a file system that cannot say
            if end == 0 and os.fstat(file.fileno()).st_blocks:
                yield 0, size
            return
        yield start, min(end, size)


class _Snapshot:
    """A copy of content, shared by every Core of this process that was given the same.

    Each Core maps it privately, so the bytes exist once in memory however many Cores there are;
    and as nobody else can reach the copy, truncating the file cannot crash a running core.
    """

    def __init__(self, path: str) -> None:
        self.file = _nameless_file()
        with open(path, "rb") as source:
            size = os.fstat(source.fileno()).st_size
            if size > MEMBER_SIZE_LIMIT:
                raise ContentError(
                    f"{path} has {size:,} bytes; a core that does not open files itself can be "
                    f"given {MEMBER_SIZE_LIMIT:,}"
                )
            for start, end in _written_parts(source, size):
                source.seek(start)
                self.file.seek(start)
                while start < end and (chunk := source.read(min(CHUNK_SIZE, end - start))):
                    self.file.write(chunk)
                    start += len(chunk)
            self.file.flush()
            self.file.truncate(size)
            self.file.seek(size)
        if size == 0:
            raise ContentError(f"{path} is empty")

    def view(self) -> mmap.mmap:
        return _map(self.file)

    def shared(self) -> _Snapshot:
        """Return the snapshot of the same bytes that other Cores have, otherwise this one."""
        status = os.fstat(self.file.fileno())
        if getattr(status, "st_blocks", status.st_size) * 512 < status.st_size // 2:
            return self  # to read the holes of a sparse file would fill them
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as mine:
            return _same_content(mine, lambda: self)

    def holds(self, content: mmap.mmap) -> bool:
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as mine:
            return all(
                mine[i : i + CHUNK_SIZE] == content[i : i + CHUNK_SIZE]
                for i in range(0, len(mine), CHUNK_SIZE)
            )

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.file.close()


# By what identifies a file, and by size and checksum.
_snapshots: WeakValueDictionary[tuple[object, ...], _Snapshot] = WeakValueDictionary()
_same_contents: WeakValueDictionary[tuple[int, int], _Snapshot] = WeakValueDictionary()


def _snapshot(path: str) -> _Snapshot:
    import time

    try:
        status = os.stat(path)
        key = (path, status.st_dev, status.st_ino, status.st_size, status.st_ctime_ns)
        # A file changed within the clock's tick of its last change keeps its time, so only one
        # that has been left alone for a while may be taken for unchanged.
        settled = time.time() - max(status.st_mtime, status.st_ctime) > 2
        shared = _snapshots.get(key) if settled else None
        if shared is None:
            shared = _Snapshot(path)
            shared = _snapshots.setdefault(key, shared) if settled else shared.shared()
    except OSError as problem:
        raise ContentError(f"{path} cannot be read: {problem.strerror}") from problem
    return shared


def _same_content(content: mmap.mmap, make: Callable[[], _Snapshot]) -> _Snapshot:
    """Return the snapshot shared by all Cores that are given these bytes; make it if need be."""
    import binascii

    key = len(content), binascii.crc32(content)
    found = _same_contents.get(key)
    if found is None:
        found = _same_contents.setdefault(key, make())
    return found if found.holds(content) else make()


def _nameless_file() -> IO[bytes]:
    if sys.platform == "linux":
        try:
            return open(os.memfd_create("pylibretro-content"), "w+b")
        except OSError:
            pass
    from tempfile import TemporaryFile

    return TemporaryFile(prefix="pylibretro-")


def _shared_view(path: str) -> tuple[mmap.mmap | bytearray, _Snapshot | None]:
    """Return the bytes of a scratch file as writable memory, and what must stay alive for it."""
    if os.path.getsize(path) <= COPIED_SIZE:
        return _copy(path), None
    with open(path, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        snapshot = _same_content(content, lambda: _Snapshot(path))
    return snapshot.view(), snapshot


def _copy(path: str) -> bytearray:
    with open(path, "rb") as file:
        return bytearray(file.read())


def _map(file: IO[bytes]) -> mmap.mmap:
    """Map a file copy-on-write: writable memory that never reaches the file."""
    if sys.version_info >= (3, 13) and sys.platform != "win32":
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY, trackfd=False)
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
