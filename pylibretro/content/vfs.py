"""What a core may do with files through libretro's virtual file system, and what it did."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

__all__ = ["FileOperation", "FilePolicy"]

_Directories = Iterable["str | os.PathLike[str]"]


@dataclass(frozen=True, init=False)
class FilePolicy:
    """Where a core may read and write through libretro's VFS, the `files` of a `Core`.

    It applies to what a core asks of the frontend (`RETRO_ENVIRONMENT_GET_VFS_INTERFACE`, versions
    1 to 4); what a core does itself, with the C library, is not for the frontend to allow. Paths
    are judged by where they lead: neither ".." nor a symbolic link leads out of a directory. What
    is refused fails for the core as any other error does, and is logged.

    Attributes:
        read: Directories with all that is below them that the core may read, besides those that
            it may write, its system, save and assets directory and that of its content; None for
            everything that this process can read.
        write: Directories with all that is below them that the core may write; None for its
            system, save and assets directory.
        record: Whether to keep every operation for `Core.take_file_operations`.

    Directories are made absolute here and have to exist when a Core is opened; they are told to
    the core as `RETRO_ENVIRONMENT_GET_VFS_AUTHORIZED_LOCATIONS`, too.

    Raises:
        TypeError: A single path was given where several are expected, or something other than
            paths.

    >>> FilePolicy(write=(), record=True)
    FilePolicy(read=None, write=(), record=True)
    """

    read: tuple[str, ...] | None = None
    write: tuple[str, ...] | None = None
    record: bool = False

    def __init__(
        self,
        *,
        read: _Directories | None = None,
        write: _Directories | None = None,
        record: bool = False,
    ) -> None:
        """Take any iterables of paths."""
        object.__setattr__(self, "read", _absolute("read", read))
        object.__setattr__(self, "write", _absolute("write", write))
        object.__setattr__(self, "record", bool(record))


def _absolute(argument: str, directories: Any) -> tuple[str, ...] | None:
    if directories is None:
        return None
    if isinstance(directories, (str, bytes, os.PathLike)):
        raise TypeError(
            f"{argument} is the single path {directories!r}; give a sequence of directories, "
            f"such as [{directories!r}]"
        )
    return tuple(
        os.path.abspath(os.path.expanduser(os.fsdecode(directory))) for directory in directories
    )


class FileOperation(NamedTuple):
    """What a core did through libretro's VFS, by `Core.take_file_operations`.

    Attributes:
        frame: How many frames the core had run.
        operation: libretro's name of it: "open", "close", "size", "tell", "seek", "read", "write",
            "flush", "remove", "rename", "truncate", "stat", "mkdir", "opendir", "readdir" or
            "closedir". The last operation of a list may be "left out".
        path: The path as the core gave it; for a handle, the one by which it was opened.
        new_path: The new path of a "rename"; None for all others.
        mode: The `RETRO_VFS_FILE_ACCESS_*` bits of "open", the `RETRO_VFS_SEEK_POSITION_*` of
            "seek", else 0.
        argument: How many bytes to "read" or "write", the offset of a "seek", the length of a
            "truncate", else 0.
        result: What the core was answered; for "open", "opendir" and "readdir", 1 if there is
            something and 0 if not. For "left out", how many operations are missing, because more
            were waiting than are kept.
        size: The size in bytes that "stat" returned, else 0.
        refused: Whether the `FilePolicy` refused it.
    """

    frame: int
    operation: str
    path: str
    new_path: str | None
    mode: int
    argument: int
    result: int
    size: int
    refused: bool
