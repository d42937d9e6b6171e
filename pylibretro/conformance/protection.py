"""Folders that this process, with the core in it, can read but not change: Linux's Landlock."""

from __future__ import annotations

import ctypes
import os
import stat
import struct
import sys
from collections.abc import Iterable, Iterator

__all__ = ["can_protect", "protect"]

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
ASK_VERSION = 1
PATH_BENEATH = 1
NO_NEW_PRIVILEGES = 38
# linux/landlock.h: 1 WRITE_FILE, 4-12 REMOVE_* and MAKE_*, 13 REFER, 14 TRUNCATE.
OF_FILES = 1 << 1 | 1 << 14
ALL_WRITING = OF_FILES | sum(1 << bit for bit in range(4, 14))
# The first version that keeps files from being cut.
LEAST_VERSION = 3


def system_call(number: int, *arguments: object) -> int:
    """Make one of Landlock's calls; -1 where there is none."""
    if not sys.platform.startswith("linux"):
        return -1
    call = ctypes.CDLL(None, use_errno=True).syscall
    call.restype = ctypes.c_long
    return int(call(ctypes.c_long(number), *arguments))


def can_protect() -> bool:
    """Whether this system lets a process give up its right to write somewhere."""
    version = system_call(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(ASK_VERSION))
    return version >= LEAST_VERSION


def protect(folders: Iterable[str], allowed: str) -> bool:
    """Keep this thread, and those that it starts, from changing anything below some folders.

    Args:
        folders: Real paths of the folders.
        allowed: A directory that stays writable, even below one of them.

    Returns:
        Whether the system has agreed.
    """
    protected = {os.path.realpath(folder) for folder in folders}
    if not protected:
        return True
    if not can_protect():
        return False
    rights = struct.pack("=QQ", ALL_WRITING, 0)[:8]
    ruleset = system_call(CREATE_RULESET, rights, ctypes.c_size_t(len(rights)), ctypes.c_uint(0))
    if ruleset < 0:
        return False
    try:
        for path in [os.path.realpath(allowed), *around(protected)]:
            allow(ruleset, path)
        libc = ctypes.CDLL(None, use_errno=True)
        zeros = [ctypes.c_ulong(0)] * 3
        if libc.prctl(NO_NEW_PRIVILEGES, ctypes.c_ulong(1), *zeros) != 0:
            return False
        return system_call(RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint(0)) == 0
    finally:
        os.close(ruleset)


def around(protected: set[str]) -> Iterator[str]:
    """Yield paths that together are the whole file system but the protected folders."""
    parents = {os.path.dirname(folder) for folder in protected}
    ancestors = {
        parent[:end] or "/"
        for parent in parents
        for end in (0, *(n for n, letter in enumerate(parent) if letter == "/"), len(parent))
    }
    for ancestor in sorted(ancestors):
        if any(ancestor == folder or ancestor.startswith(folder + "/") for folder in protected):
            continue
        try:
            entries = list(os.scandir(ancestor))
        except OSError:
            continue
        for entry in entries:
            if not entry.is_symlink() and entry.path not in protected | ancestors:
                yield entry.path


def allow(ruleset: int, path: str) -> None:
    """Allow all writing below one path."""
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # it has gone in the meantime, or is out of reach anyway
    try:
        is_directory = stat.S_ISDIR(os.fstat(place).st_mode)
        rule = struct.pack("=Qi", ALL_WRITING if is_directory else OF_FILES, place)
        system_call(
            ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(PATH_BENEATH), rule, ctypes.c_uint(0)
        )
    finally:
        os.close(place)
