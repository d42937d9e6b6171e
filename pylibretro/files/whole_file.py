"""Writing files so that there is never half of one: a file is replaced whole or not at all."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

__all__ = ["open_whole", "remove_interrupted", "replace_file"]

_Path = str | os.PathLike[str]

# The files beside which this process has looked for what others had left.
_looked_beside: set[str] = set()


@contextmanager
def open_whole(path: _Path) -> Iterator[IO[bytes]]:
    """Open a file that takes the place of `path` when the block ends without an exception.

    A symbolic link stays one, and what it leads to is replaced. The new file has the mode of the
    old one. Until then, and if anything fails, the old file is there as it was, and on Linux
    nothing else is, even after the process was killed. What is no regular file, such as a pipe or
    a device, is written to as the block goes.

    Args:
        path: The file; its directory must exist.

    Raises:
        OSError: The file cannot be written.

    >>> with tempfile.TemporaryDirectory() as directory:
    ...     with open_whole(os.path.join(directory, "file")) as file:
    ...         _ = file.write(b"all of it")
    ...     os.listdir(directory)
    ['file']
    """
    target = os.path.realpath(checked(path))
    try:
        old: os.stat_result | None = os.stat(target)
    except FileNotFoundError:
        old = None
    if old is not None and not stat.S_ISREG(old.st_mode):
        with open(target, "wb") as file:
            yield file
        return
    directory, name = os.path.split(target)
    if target not in _looked_beside:
        _looked_beside.add(target)
        remove_interrupted(target)
    try:
        if old is not None and not os.access(target, os.W_OK):
            raise PermissionError(13, os.strerror(13), os.fspath(path))
        descriptor, temporary = _nameless(directory), None
        if descriptor is None:
            descriptor, temporary = _named(directory, name)
    except OSError as problem:
        raise type(problem)(problem.errno, problem.strerror, os.fspath(path)) from None
    try:
        with open(descriptor, "w+b") as file:
            yield file
            file.flush()
            _keep_owner_and_mode(file.fileno(), old)
            os.fsync(file.fileno())
            if temporary is None:
                temporary = _give_name(file.fileno(), directory, name)
        os.replace(temporary, target)
    except BaseException:
        if temporary is not None:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
        raise


def remove_interrupted(path: _Path) -> None:
    """Remove what a process that was killed while it wrote a file has left beside it.

    It happens in the moment between two system calls. What another process is writing stays.
    """
    directory, name = os.path.split(os.path.realpath(os.fspath(path)))
    beginning = f".{name[:40]}-"
    with contextlib.suppress(OSError):
        for entry in os.scandir(directory or "."):
            if not entry.name.startswith(beginning) or not entry.name.endswith(".new"):
                continue
            process, _, number = entry.name[len(beginning) : -len(".new")].partition("-")
            if process.isdecimal() and number.isdecimal() and not _is_alive(int(process)):
                with contextlib.suppress(OSError):
                    os.unlink(entry.path)


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except OSError:
        pass  # somebody else's
    return True


def replace_file(path: _Path, contents: bytes | bytearray | memoryview) -> None:
    """Write a file that has these bytes, in place of the one that is there, see `open_whole`.

    Raises:
        OSError: The file cannot be written; the old one is as it was.
    """
    with open_whole(path) as file:
        file.write(contents)


def checked(path: _Path) -> str:
    """Return a path as text.

    Raises:
        OSError: No file can have this name: it has a NUL.
    """
    name = os.fspath(path)
    if "\0" in name:
        raise OSError(22, "no file has a NUL in its name", name)
    return name


def _nameless(directory: str) -> int | None:
    """Open a file without a name: it is gone with the process. None where there are none."""
    if sys.platform != "linux" or not os.path.isdir("/proc/self/fd"):
        return None
    try:
        return os.open(directory, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except OSError:
        return None  # network and overlay file systems have none


def _named(directory: str, name: str) -> tuple[int, str]:
    descriptor, path = tempfile.mkstemp(prefix=f".{name[:40]}-", suffix=".new", dir=directory)
    if sys.platform != "win32":
        # mkstemp keeps others from reading; the mode of a new file is what the user's mask leaves.
        mask = os.umask(0o077)
        os.umask(mask)
        os.fchmod(descriptor, 0o666 & ~mask)
    return descriptor, path


def _give_name(descriptor: int, directory: str, name: str) -> str:
    """Give a nameless file a name of its own, under which it is for a moment only."""
    source = f"/proc/self/fd/{descriptor}"
    for number in range(1000):
        path = os.path.join(directory, f".{name[:40]}-{os.getpid()}-{number}.new")
        with contextlib.suppress(FileExistsError):
            os.link(source, path, src_dir_fd=descriptor)  # linkat, which follows it
            return path
    raise FileExistsError(17, os.strerror(17), os.path.join(directory, name))


def _keep_owner_and_mode(descriptor: int, old: os.stat_result | None) -> None:
    if old is None or sys.platform == "win32":
        return
    if (old.st_uid, old.st_gid) != (os.geteuid(), os.getegid()):
        with contextlib.suppress(OSError):  # only root may give files away
            os.fchown(descriptor, old.st_uid, old.st_gid)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))
