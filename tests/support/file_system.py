"""The VFS as a core sees it: the functions of its table, called by ctypes."""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from compiler import NoCompilerError, build_library
from real import CHECKOUT

PROBE = CHECKOUT / "tests" / "content" / "vfs_probe.c"
SYSTEM = "windows" if sys.platform == "win32" else "posix"
UNITS = [
    *(f"content/{name}.c" for name in ("file_system", f"file_system_{SYSTEM}", "vfs")),
    *("content/vfs_journal.c", "content/vfs_policy.c", "platform/platform.c"),
]

READ, WRITE, READ_WRITE, UPDATE = 1, 2, 3, 4
START, CURRENT, END = range(3)
VALID, DIRECTORY, CHARACTER_SPECIAL = 1, 2, 4
# Sizes around those of the buffer, which bytes below it go through.
SIZES = [0, 1, 7, 1000, 16383, 16384, 16385, 40000]

MODES = {
    READ: "rb",
    WRITE: "wb",
    READ_WRITE: "w+b",
    WRITE | UPDATE: "r+b",
    READ_WRITE | UPDATE: "r+b",
}

Handle = ctypes.c_void_p
Text, Int32, Int64, Size = ctypes.c_char_p, ctypes.c_int32, ctypes.c_int64, ctypes.c_uint64
Integer, Unsigned, Bool = ctypes.c_int, ctypes.c_uint, ctypes.c_bool


SIGNATURES: dict[str, tuple[Any, ...]] = {
    "get_path": (Text, Handle),
    "open": (Handle, Text, Unsigned, Unsigned),
    "close": (Integer, Handle),
    "size": (Int64, Handle),
    "tell": (Int64, Handle),
    "seek": (Int64, Handle, Int64, Integer),
    "read": (Int64, Handle, ctypes.c_void_p, Size),
    "write": (Int64, Handle, ctypes.c_void_p, Size),
    "flush": (Integer, Handle),
    "remove": (Integer, Text),
    "rename": (Integer, Text, Text),
    "truncate": (Int64, Handle, Int64),
    "stat": (Integer, Text, ctypes.POINTER(Int32)),
    "mkdir": (Integer, Text),
    "opendir": (Handle, Text, Bool),
    "readdir": (Bool, Handle),
    "dirent_get_name": (Text, Handle),
    "dirent_is_dir": (Bool, Handle),
    "closedir": (Integer, Handle),
    "stat_64": (Integer, Text, ctypes.POINTER(Int64)),
}


class Table(ctypes.Structure):
    """`struct retro_vfs_interface`."""

    _fields_ = [(name, ctypes.CFUNCTYPE(*types)) for name, types in SIGNATURES.items()]


class Info(ctypes.Structure):
    """`struct retro_vfs_interface_info`."""

    _fields_ = [
        ("required_interface_version", ctypes.c_uint32),
        ("iface", ctypes.POINTER(Table)),
    ]


class Location(ctypes.Structure):
    """`struct retro_vfs_authorized_location`."""

    _fields_ = [("path", Text), ("label", Text), ("flags", Unsigned)]


class FileSystem:
    """A `struct vfs` as a core sees it: its table, with paths and bytes of Python."""

    def __init__(self, probe: ctypes.CDLL) -> None:
        self.probe = probe
        self.vfs = probe.probe_new()
        info = Info(1)
        assert probe.probe_interface(self.vfs, ctypes.byref(info))
        self.table = info.iface.contents

    def close(self) -> None:
        self.probe.probe_end(self.vfs)
        self.probe.probe_free(self.vfs)

    def allow(self, directory: Path, write: bool = True, label: str | None = None) -> bool:
        return bool(
            self.probe.probe_allow(
                self.vfs, os.fsencode(directory), write, label.encode() if label else None
            )
        )

    def open(self, path: Path | str, mode: int, hints: int = 0) -> Any:
        return self.table.open(os.fsencode(path), mode, hints)

    def read(self, handle: Any, size: int) -> bytes | int:
        """The bytes, or the answer when it is no number of bytes."""
        memory = ctypes.create_string_buffer(size + 16)
        done = int(self.table.read(handle, memory, size))
        assert memory.raw[max(done, 0) :] == bytes(size + 16 - max(done, 0)), "nothing behind them"
        return memory.raw[:done] if done >= 0 else done

    def write(self, handle: Any, data: bytes) -> int:
        return int(self.table.write(handle, data, len(data)))

    def stat(self, path: Path | str) -> tuple[int, int]:
        size = Int64(-7)
        return int(self.table.stat_64(os.fsencode(path), ctypes.byref(size))), size.value

    def remove(self, path: Path | str) -> int:
        return int(self.table.remove(os.fsencode(path)))

    def rename(self, old: Path | str, new: Path | str) -> int:
        return int(self.table.rename(os.fsencode(old), os.fsencode(new)))

    def mkdir(self, path: Path | str) -> int:
        return int(self.table.mkdir(os.fsencode(path)))

    def list(self, path: Path | str, hidden: bool = True) -> list[tuple[str, bool]] | None:
        handle = self.table.opendir(os.fsencode(path), hidden)
        if not handle:
            return None
        entries = []
        while self.table.readdir(handle):
            name = self.table.dirent_get_name(handle)
            entries.append((os.fsdecode(name), bool(self.table.dirent_is_dir(handle))))
        assert self.table.dirent_get_name(handle) is None
        assert self.table.closedir(handle) == 0
        return entries

    def write_file(self, path: Path | str, data: bytes) -> bool:
        handle = self.open(path, WRITE)
        return (
            bool(handle) and self.write(handle, data) == len(data) and not self.table.close(handle)
        )

    @property
    def refusals(self) -> int:
        return int(self.probe.probe_refusals())


def load_probe(cache: Path) -> ctypes.CDLL:
    try:
        file = build_library(PROBE, "vfs_probe", cache, "-O2", "-g", "-pthread", units=UNITS)
    except NoCompilerError as error:
        pytest.skip(str(error))
    library = ctypes.CDLL(str(file))
    library.probe_new.restype = Handle
    library.probe_allow.argtypes = [Handle, Text, Bool, Text]
    library.probe_allow.restype = Bool
    library.probe_interface.argtypes = [Handle, ctypes.POINTER(Info)]
    library.probe_interface.restype = Bool
    library.probe_locations.argtypes = [Handle, ctypes.POINTER(ctypes.POINTER(Location))]
    library.probe_locations.restype = ctypes.c_size_t
    for name in ("restrict_reading", "end", "free"):
        getattr(library, f"probe_{name}").argtypes = [Handle]
    return library


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def link(path: Path, target: Path | str) -> None:
    try:
        path.symlink_to(target)
    except (OSError, NotImplementedError):
        pytest.skip("symbolic links cannot be made here")


def descriptors() -> int:
    directory = Path("/proc/self/fd")
    if not directory.is_dir():
        pytest.skip("this system does not list its descriptors")
    return len(list(directory.iterdir()))
