"""Scratch directories: where a core may write if the user has named no directory.

Each process has at most one directory, `pylibretro-scratch-...` in the system's temporary
directory, with one subdirectory per Core inside. The process holds a lock on it for as long as it
lives, so a later process can tell the leftovers of a crashed one from a directory in use; and it
puts a marker inside, so that a directory that merely has such a name is never removed.
"""

from __future__ import annotations

# Not in the functions, where they would be loaded by the first Core: a thread that forked just then
# would leave the child an import that never ends.
import atexit
import itertools
import os
import shutil
import stat
import sys
import tempfile
import threading

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

from pylibretro.error import LibretroError

__all__ = ["NOWHERE", "ScratchDirectory"]

PREFIX = "pylibretro-scratch-"
NOWHERE = os.path.abspath(os.devnull)
_PURPOSES = {"content": "the content", "save": "what the core saves", "ahead": "a second instance"}
MARKER = "made by pylibretro, removed with its process"


class ScratchDirectory:
    """The private directories of one Core, made when first asked for.

    A scratch directory belongs to the process that made it: a forked child neither uses nor
    removes its parent's.

    Example:
        >>> scratch = ScratchDirectory()
        >>> save_dir = scratch.path("save")
        >>> os.path.isdir(save_dir)
        True
        >>> scratch.remove()
        >>> os.path.exists(save_dir)
        False
    """

    def __init__(self) -> None:
        """Make nothing yet: the first call of `path` does."""
        self._root: str | None = None
        self._pid = 0

    def path(self, name: str) -> str:
        """Return the absolute path of the subdirectory `name`, which exists and is writable.

        Raises:
            LibretroError: This system has no directory for temporary files that can be written.
        """
        try:
            with _process.lock:
                if self._root is None or self._pid != os.getpid():
                    self._root = _process.add()
                    self._pid = os.getpid()
                directory = os.path.join(self._root, name)
                os.makedirs(directory, mode=0o700, exist_ok=True)
        except OSError as problem:
            raise LibretroError(
                f"no temporary directory can be made for {_PURPOSES.get(name, 'its files')}: "
                f"{problem.strerror or problem}; set TMPDIR to a directory that can be written, or "
                f"give system_dir, save_dir and content as paths of your own"
            ) from problem
        return directory

    def path_or_nowhere(self, name: str) -> str:
        """As `path`, or a path at which nothing can ever be where none can be made."""
        try:
            return self.path(name)
        except LibretroError:
            return os.path.join(NOWHERE, name)

    def holds(self, path: str) -> bool:
        """Whether a path lies in one of the subdirectories."""
        return self._root is not None and path.startswith(os.path.join(self._root, ""))

    def remove(self) -> None:
        """Delete every subdirectory with all that is in it; does nothing if there are none."""
        root, self._root = self._root, None
        if root is not None and self._pid == os.getpid():
            with _process.lock:
                _process.discard(root)

    def __del__(self) -> None:
        """Remove what was left by a Core that was never closed."""
        if getattr(self, "_root", None) is not None and not sys.is_finalizing():
            self.remove()


class _ProcessDirectory:
    """The directory of this process, which exists while any Core has something in it."""

    def __init__(self) -> None:
        # Reentrant, because garbage collection may remove a scratch directory while the same
        # thread is making another.
        self.lock = threading.RLock()
        self._path: str | None = None
        self._lock_file = -1
        self._members: set[str] = set()
        self._numbers = itertools.count()
        self._seen_leftovers = False

    def add(self) -> str:
        """Make the directory of one more Core."""
        path = self._path
        if path is None or not os.path.isdir(path):
            path = self._create()
        member = os.path.join(path, str(next(self._numbers)))
        os.mkdir(member, 0o700)
        self._members.add(member)
        return member

    def discard(self, member: str) -> None:
        """Delete the directory of one Core, and after the last one that of the process."""
        _remove_tree(member)
        self._members.discard(member)
        if not self._members:
            self.remove()

    def remove(self) -> None:
        """Delete everything this process has written."""
        with self.lock:
            path, self._path = self._path, None
            self._members.clear()
            self._unlock()
            if path is not None:
                _remove_tree(path)

    def forget(self) -> None:
        """In a forked child, leave the parent's directory alone and start anew."""
        self._unlock()
        self.__init__()  # type: ignore[misc]

    def _unlock(self) -> None:
        # Forgotten before it is closed: another thread may fork in between.
        descriptor, self._lock_file = self._lock_file, -1
        if descriptor >= 0:
            os.close(descriptor)

    def _create(self) -> str:
        if not self._seen_leftovers:
            self._seen_leftovers = True
            atexit.register(self.remove)
            _remove_leftovers(tempfile.gettempdir())
        self._unlock()
        self._members.clear()
        while self._lock_file < 0:
            # A process that is just looking for leftovers may lock the new directory first.
            path = os.path.realpath(tempfile.mkdtemp(prefix=PREFIX))
            try:
                self._lock_file = _lock(path, create=True)
            except FileNotFoundError:
                continue
        os.close(os.open(os.path.join(path, MARKER), os.O_CREAT | os.O_WRONLY, 0o600))
        self._path = path
        return path


def _lock(directory: str, *, create: bool = False) -> int:
    """Lock a process's directory: the file descriptor that holds the lock, or -1 if it is held.

    Only the owner makes the file that is locked on Windows (`create`); elsewhere the lock is on
    the directory itself, which also keeps systemd-tmpfiles from ageing what is in it.
    """
    if sys.platform == "win32":
        flags = os.O_RDWR | (os.O_CREAT if create else 0)
        descriptor = os.open(os.path.join(directory, "lock"), flags)
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            os.close(descriptor)
            return -1
        return descriptor

    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return -1
    except OSError:
        # A file system without locks: the owner goes on without one, and nobody else may take it.
        if create:
            return descriptor
        os.close(descriptor)
        return -1
    if create and not _is_open_as(directory, descriptor):
        os.close(descriptor)
        return -1
    return descriptor


def _is_open_as(directory: str, descriptor: int) -> bool:
    try:
        return os.path.samestat(os.stat(directory), os.fstat(descriptor))
    except FileNotFoundError:
        return False


def _remove_leftovers(temporary_directory: str) -> None:
    """Remove the directories of processes of this user that ended without removing them."""
    try:
        names = os.listdir(temporary_directory)
    except OSError:
        return
    for name in names:
        path = os.path.join(temporary_directory, name)
        try:
            if name.startswith(PREFIX) and _is_our_own(path):
                _remove_if_left(path)
        except OSError:
            continue


def _is_our_own(path: str) -> bool:
    """Whether a path is a directory of this user that one of our processes made."""
    status = os.lstat(path)
    if not stat.S_ISDIR(status.st_mode):
        return False
    if sys.platform != "win32" and status.st_uid != os.getuid():
        return False
    # One without a marker is that of a process that ended at once, and empty, or it is not ours.
    return os.path.exists(os.path.join(path, MARKER)) or not os.listdir(path)


def _remove_if_left(path: str) -> None:
    descriptor = _lock(path)
    if descriptor < 0:
        return
    if sys.platform == "win32":
        # Windows does not remove an open file, so the lock is given up first.
        os.close(descriptor)
        _remove_tree(path)
    else:
        _remove_tree(path)
        os.close(descriptor)


def _remove_tree(path: str) -> None:
    shutil.rmtree(path, ignore_errors=True)


_process = _ProcessDirectory()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_process.forget)


def _renew_lock_of_tempfile() -> None:
    """Let a forked child not wait for a lock that a thread of its parent has taken."""
    if hasattr(tempfile, "_once_lock"):
        tempfile._once_lock = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_renew_lock_of_tempfile)
