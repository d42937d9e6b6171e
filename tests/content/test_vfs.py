"""libretro's virtual file system: what it does to files, where it may, and what it tells."""

from __future__ import annotations

import ctypes
import logging
import os
import pickle
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from compiler import NoCompilerError, build, build_library
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from observe import BuildCore, OpenCore, noted, notes
from oracle import observe, random_masks
from real import PLAYS, Play

from pylibretro import Core, CoreBatch, CoreSpec, FileOperation, FilePolicy
from pylibretro.error import ClosedError, LibretroError

PROBE = Path(__file__).with_name("vfs_probe.c")
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


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    return load_probe(build_cache)


@pytest.fixture
def files(probe: ctypes.CDLL, tmp_path: Path) -> Iterator[FileSystem]:
    """May write in tmp_path."""
    opened = FileSystem(probe)
    assert opened.allow(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def fenced(probe: ctypes.CDLL, tmp_path: Path) -> Iterator[FileSystem]:
    """May write in tmp_path/inside and read in tmp_path/shelf, and nothing else."""
    opened = FileSystem(probe)
    for name in ("inside", "shelf", "outside"):
        (tmp_path / name).mkdir()
    (tmp_path / "shelf" / "book").write_bytes(b"a book")
    (tmp_path / "outside" / "secret").write_bytes(b"a secret")
    opened.probe.probe_restrict_reading(opened.vfs)
    assert opened.allow(tmp_path / "inside")
    assert opened.allow(tmp_path / "shelf", write=False)
    yield opened
    opened.close()


# ---- the interface ------------------------------------------------------------------------------


@pytest.mark.parametrize("version", range(5))
def test_every_version_up_to_ours_gets_the_whole_table(probe: ctypes.CDLL, version: int) -> None:
    vfs = probe.probe_new()
    info = Info(version)
    assert probe.probe_interface(vfs, ctypes.byref(info))
    assert info.required_interface_version == 4
    for name in SIGNATURES:
        assert ctypes.cast(getattr(info.iface.contents, name), ctypes.c_void_p).value, name
    probe.probe_free(vfs)


def test_a_later_version_is_refused_and_nothing_is_written(probe: ctypes.CDLL) -> None:
    vfs = probe.probe_new()
    info = Info(5)
    assert not probe.probe_interface(vfs, ctypes.byref(info))
    assert info.required_interface_version == 5
    assert not info.iface
    assert not probe.probe_interface(vfs, None)
    probe.probe_free(vfs)


# ---- files: against Python's own ----------------------------------------------------------------

MODES = {
    READ: "rb",
    WRITE: "wb",
    READ_WRITE: "w+b",
    WRITE | UPDATE: "r+b",
    READ_WRITE | UPDATE: "r+b",
}
NAMES = st.sampled_from(["a", "b", "höhle 洞穴", "d/a", "d/b", ".hidden", "missing/a"])
ENTRIES = NAMES | st.sampled_from(["d", "d/e", "missing", "a"])
DIRECTORIES = st.sampled_from([".", "d", "d/e", "missing", "a"])
CONTENTS = st.builds(
    lambda size, seed: bytes((seed + i * i) % 256 for i in range(size)),
    st.sampled_from(SIZES),
    st.integers(0, 255),
)


class Twin(RuleBasedStateMachine):
    """The same operations here by the VFS and there by Python give the same answers and files."""

    probe: ctypes.CDLL

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="vfs-"))
        self.ours, self.theirs = self.root / "ours", self.root / "theirs"
        self.ours.mkdir()
        self.theirs.mkdir()
        self.files = FileSystem(self.probe)
        assert self.files.allow(self.ours)
        self.opened: list[tuple[Any, Any, str, int]] = []

    def teardown(self) -> None:
        for handle, file, _, _ in self.opened:
            file.close()
            assert self.files.table.close(handle) == 0
        assert tree(self.ours) == tree(self.theirs)
        self.files.close()
        shutil.rmtree(self.root)

    @rule(name=NAMES, mode=st.integers(0, 8), hints=st.integers(0, 3))
    def open(self, name: str, mode: int, hints: int) -> None:
        if any(name == other for _, _, other, _ in self.opened):
            return  # what one handle has not written yet another does not see
        handle = self.files.open(self.ours / name, mode, hints)
        try:
            file: Any = open(self.theirs / name, MODES[mode], buffering=0)  # noqa: SIM115
        except (OSError, KeyError):
            assert not handle
            return
        assert handle
        assert self.files.table.get_path(handle) == os.fsencode(self.ours / name)
        self.opened.append((handle, file, name, mode))

    def pick(self, data: st.DataObject) -> tuple[Any, Any, str, int]:
        entry: tuple[Any, Any, str, int] = data.draw(st.sampled_from(self.opened))
        return entry

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), size=st.sampled_from(SIZES))
    def read(self, data: st.DataObject, size: int) -> None:
        handle, file, _, mode = self.pick(data)
        expected = file.read(size) if mode & READ or mode & UPDATE else -1
        if mode == WRITE | UPDATE:
            # As RetroArch opens it, it can also be read.
            assert file.readable()
        assert self.files.read(handle, size) == expected

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), content=CONTENTS)
    def write(self, data: st.DataObject, content: bytes) -> None:
        handle, file, _, mode = self.pick(data)
        expected = file.write(content) if mode & WRITE else -1
        assert self.files.write(handle, content) == expected

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), offset=st.integers(-50000, 50000), whence=st.integers(-1, 3))
    def seek(self, data: st.DataObject, offset: int, whence: int) -> None:
        handle, file, _, _ = self.pick(data)
        answer = self.files.table.seek(handle, offset, whence)
        try:
            if whence not in (START, CURRENT, END):
                raise ValueError
            file.seek(offset, whence)
        except (OSError, ValueError):
            assert answer == -1
        else:
            assert answer == 0

    @precondition(lambda self: self.opened)
    @rule(data=st.data(), length=st.sampled_from([-1, *SIZES]))
    def truncate(self, data: st.DataObject, length: int) -> None:
        handle, file, _, mode = self.pick(data)
        answer = self.files.table.truncate(handle, length)
        if mode & WRITE and length >= 0:
            file.truncate(length)
            assert answer == 0
        else:
            assert answer == -1

    @precondition(lambda self: self.opened)
    @rule(data=st.data())
    def size_and_tell(self, data: st.DataObject) -> None:
        handle, file, _, _ = self.pick(data)
        assert self.files.table.size(handle) == os.fstat(file.fileno()).st_size
        assert self.files.table.tell(handle) == file.tell()

    @precondition(lambda self: self.opened)
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        entry = self.pick(data)
        self.opened.remove(entry)
        handle, file, _, _ = entry
        file.close()
        assert self.files.table.close(handle) == 0
        assert self.files.table.close(handle) == -1

    @rule(name=ENTRIES)
    def remove(self, name: str) -> None:
        there = self.theirs / name
        assert self.files.remove(self.ours / name) == outcome(
            there.rmdir if there.is_dir() else there.unlink
        )

    @rule(old=ENTRIES, new=ENTRIES)
    def rename(self, old: str, new: str) -> None:
        assert self.files.rename(self.ours / old, self.ours / new) == outcome(
            lambda: os.replace(self.theirs / old, self.theirs / new)
        )
        self.opened = [(h, f, f"renamed {n}" if n == old else n, m) for h, f, n, m in self.opened]

    @rule(name=NAMES | DIRECTORIES)
    def mkdir(self, name: str) -> None:
        answer = self.files.mkdir(self.ours / name)
        try:
            os.mkdir(self.theirs / name)
        except FileExistsError:
            assert answer == -2
        except OSError:
            assert answer == -1
        else:
            assert answer == 0

    @rule(name=NAMES | DIRECTORIES)
    def stat(self, name: str) -> None:
        for handle, *_ in self.opened:
            assert self.files.table.flush(handle) == 0
        there = self.theirs / name
        flags, size = self.files.stat(self.ours / name)
        if not there.exists():
            assert (flags, size) == (0, -7)
        elif there.is_dir():
            assert flags == VALID | DIRECTORY
        else:
            assert (flags, size) == (VALID, there.stat().st_size)

    @rule(name=DIRECTORIES, hidden=st.booleans())
    def list(self, name: str, hidden: bool) -> None:
        there = self.theirs / name
        expected = None
        if there.is_dir():
            expected = sorted(
                ((e.name, e.is_dir()) for e in there.iterdir() if hidden or e.name[0] != "."),
                key=lambda entry: os.fsencode(entry[0]),
            )
        assert self.files.list(self.ours / name, hidden) == expected

    @invariant()
    def nothing_was_refused(self) -> None:
        assert self.files.refusals == 0


def outcome(act: Any) -> int:
    try:
        act()
    except OSError:
        return -1
    return 0


def tree(root: Path) -> dict[str, bytes | None]:
    return {
        str(path.relative_to(root)): path.read_bytes() if path.is_file() else None
        for path in root.rglob("*")
    }


def test_files_behave_as_those_of_python(probe: ctypes.CDLL) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Twin.probe = probe
    run_state_machine_as_test(
        Twin,
        settings=settings(
            max_examples=60,
            stateful_step_count=40,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )


# ---- files: what Python has no word for ---------------------------------------------------------


def test_a_file_beyond_four_gigabytes(files: FileSystem, tmp_path: Path) -> None:
    far = 5 << 30
    handle = files.open(tmp_path / "far", READ_WRITE)
    assert files.table.seek(handle, far, START) == 0
    assert files.write(handle, b"end") == 3
    assert files.table.size(handle) == far + 3
    assert files.table.seek(handle, -3, END) == 0
    assert files.table.tell(handle) == far
    assert files.read(handle, 10) == b"end"
    assert files.stat(tmp_path / "far") == (VALID, far + 3)
    small = Int32(-7)
    assert files.table.stat(os.fsencode(tmp_path / "far"), ctypes.byref(small)) == VALID
    assert small.value == 2**31 - 1, "as much as fits, rather than a small or a negative number"
    assert files.table.truncate(handle, far - 1) == 0
    assert files.table.size(handle) == far - 1
    assert files.table.close(handle) == 0
    (tmp_path / "far").unlink()


def test_an_offset_that_cannot_be(files: FileSystem, tmp_path: Path) -> None:
    handle = files.open(tmp_path / "file", READ_WRITE)
    assert files.write(handle, b"12345") == 5
    most = 2**63 - 1
    assert files.table.seek(handle, most, END) == -1
    assert files.table.tell(handle) == 5, "where it was"
    assert files.table.seek(handle, most, START) == 0
    assert files.read(handle, 4) == b""
    assert files.table.close(handle) == 0
    assert (tmp_path / "file").read_bytes() == b"12345"


def test_an_answer_may_be_left_out_of_stat(files: FileSystem, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path)
    assert files.table.stat(path, None) == files.table.stat_64(path, None) == VALID | DIRECTORY


def test_a_device_is_character_special(files: FileSystem) -> None:
    if not Path("/dev/null").is_char_device():
        pytest.skip("this system has no /dev/null")
    assert files.stat("/dev/null")[0] == VALID | CHARACTER_SPECIAL


def test_what_opens_and_is_no_file_is_refused(files: FileSystem, tmp_path: Path) -> None:
    for mode in MODES:
        assert not files.open(tmp_path, mode)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        for mode in MODES:
            assert not files.open(tmp_path / "pipe", mode), (
                "and nobody has waited for its other end"
            )


def test_no_path_and_no_handle(files: FileSystem) -> None:
    table = files.table
    for path in (None, b""):
        assert not table.open(path, READ, 0)
        assert table.remove(path) == table.mkdir(path) == -1
        assert table.rename(path, b"x") == table.rename(b"x", path) == -1
        assert table.stat(path, None) == table.stat_64(path, None) == 0
        assert not table.opendir(path, True)
    handle_functions = {
        name: getattr(table, name)
        for name, types in SIGNATURES.items()
        if types[1] is Handle and name != "get_path"
    }
    more = {"seek": (0, START), "read": (b"", 0), "write": (b"", 0), "truncate": (0,)}
    assert table.get_path(None) is None
    for name, function in handle_functions.items():
        answer = function(None, *more.get(name, ()))
        expected = {"readdir": False, "dirent_get_name": None, "dirent_is_dir": False}
        assert answer == expected.get(name, -1), name


def test_a_closed_handle_fails_and_harms_nobody(files: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    closed = files.open(tmp_path / "file", READ_WRITE | UPDATE)
    assert files.table.close(closed) == 0
    other = files.open(tmp_path / "other", READ_WRITE)
    for _ in range(3):
        assert files.table.close(closed) == files.table.closedir(closed) == -1
    assert files.read(closed, 1) == files.write(closed, b"x") == files.table.size(closed) == -1
    assert files.table.seek(closed, 0, START) == files.table.tell(closed) == -1
    assert files.table.truncate(closed, 0) == files.table.flush(closed) == -1
    assert files.table.get_path(closed) is None
    assert files.table.readdir(closed) is False
    assert files.write(other, b"fine") == 4
    assert files.table.close(other) == 0
    assert (tmp_path / "file").read_bytes() == b"12345"
    assert (tmp_path / "other").read_bytes() == b"fine"


def test_a_handle_of_one_kind_is_none_of_the_other(files: FileSystem, tmp_path: Path) -> None:
    directory = files.table.opendir(os.fsencode(tmp_path), True)
    file = files.open(tmp_path / "file", WRITE)
    assert files.table.close(directory) == files.read(directory, 1) == -1
    assert files.table.closedir(file) == -1
    assert files.table.dirent_get_name(file) is None
    assert files.table.closedir(directory) == files.table.close(file) == 0


def test_handles_are_used_again_at_last(files: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    seen = set()
    for _ in range(2000):
        handle = files.open(tmp_path / "file", READ)
        seen.add(handle)
        assert files.table.close(handle) == 0
    assert 100 < len(seen) < 400


def test_a_directory_is_read_in_one_order(files: FileSystem, tmp_path: Path) -> None:
    for name in ("b", "C", "a", "ä", ".h"):
        (tmp_path / name).touch()
    (tmp_path / "d").mkdir()
    names = [("C", False), ("a", False), ("b", False), ("d", True), ("ä", False)]
    assert files.list(tmp_path, hidden=False) == names
    assert files.list(tmp_path, hidden=True) == [(".h", False), *names]
    handle = files.table.opendir(os.fsencode(tmp_path), False)
    assert files.table.dirent_get_name(handle) is None, "before the first"
    assert not files.table.dirent_is_dir(handle)
    assert files.table.closedir(handle) == 0


def test_a_link_to_a_directory_is_one(files: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    link(tmp_path / "to d", tmp_path / "d")
    link(tmp_path / "to nothing", tmp_path / "nothing")
    assert files.list(tmp_path) == [("d", True), ("to d", True), ("to nothing", False)]


def descriptors() -> int:
    directory = Path("/proc/self/fd")
    if not directory.is_dir():
        pytest.skip("this system does not list its descriptors")
    return len(list(directory.iterdir()))


def test_the_end_writes_and_closes_what_is_open(probe: ctypes.CDLL, tmp_path: Path) -> None:
    before = descriptors()
    files = FileSystem(probe)
    assert files.allow(tmp_path)
    handles = [files.open(tmp_path / str(n), WRITE) for n in range(20)]
    for handle in handles:
        assert files.write(handle, b"written at the end") == 18
    directory = files.table.opendir(os.fsencode(tmp_path), True)
    assert descriptors() == before + 20
    probe.probe_end(files.vfs)
    assert descriptors() == before
    assert all((tmp_path / str(n)).read_bytes() == b"written at the end" for n in range(20))
    assert files.write(handles[0], b"late") == files.table.close(handles[0]) == -1
    assert files.table.closedir(directory) == -1
    assert not files.open(tmp_path / "0", READ)
    assert descriptors() == before
    probe.probe_free(files.vfs)


def test_a_full_disk_is_told(files: FileSystem) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("this system has no /dev/full")
    assert files.allow(Path("/dev"))
    handle = files.open("/dev/full", WRITE | UPDATE)
    assert handle
    assert files.write(handle, b"waits in the buffer") == 19
    assert files.table.flush(handle) == -1
    assert files.write(handle, bytes(20000)) == -1
    assert files.table.close(handle) == -1


def test_a_forked_child_writes_nothing(files: FileSystem, tmp_path: Path) -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    handle = files.open(tmp_path / "file", WRITE)
    assert files.write(handle, b"once") == 4
    child = os.fork()
    if child == 0:
        files.probe.probe_free(files.vfs)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert (tmp_path / "file").read_bytes() == b""
    assert files.table.close(handle) == 0
    assert (tmp_path / "file").read_bytes() == b"once"


# ---- the policy ---------------------------------------------------------------------------------


def link(path: Path, target: Path | str) -> None:
    try:
        path.symlink_to(target)
    except (OSError, NotImplementedError):
        pytest.skip("symbolic links cannot be made here")


def test_writing_stays_inside(fenced: FileSystem, tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    assert fenced.write_file(inside / "save", b"kept")
    assert fenced.mkdir(inside / "d") == 0
    assert fenced.write_file(inside / "d" / ".." / "d" / "save", b"kept")
    assert fenced.refusals == 0
    before = tree(tmp_path)
    for escape in (
        outside / "new",
        outside / "secret",
        inside / ".." / "outside" / "secret",
        inside / "d" / ".." / ".." / "outside" / "new",
        tmp_path / "inside-not" / ".." / "outside" / "new",
        tmp_path / "shelf" / "book",
        tmp_path / "new",
    ):
        seen = fenced.refusals
        for mode in (WRITE, READ_WRITE, WRITE | UPDATE, READ_WRITE | UPDATE):
            assert not fenced.open(escape, mode)
        assert fenced.remove(escape) == -1
        assert fenced.mkdir(f"{escape}-directory") == -1
        assert fenced.rename(inside / "save", escape) == -1
        assert fenced.rename(escape, inside / "stolen") == -1
        if "inside-not" not in str(escape):  # which leads nowhere, and so is no escape
            assert fenced.refusals >= seen + 4, escape
    assert tree(tmp_path) == before


def test_a_neighbour_with_a_longer_name_is_outside(fenced: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "inside more").mkdir()
    assert not fenced.write_file(tmp_path / "inside more" / "file", b"x")
    assert fenced.refusals == 1


def test_links_lead_nowhere_else(fenced: FileSystem, tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    link(inside / "to secret", outside / "secret")
    link(inside / "to outside", outside)
    link(inside / "to new", outside / "new")
    link(inside / "to link", inside / "to new")
    link(inside / "up", "..")
    before = tree(outside)
    for escape in ("to secret", "to outside/new", "to new", "to link", "up/outside/secret"):
        for mode in MODES:
            assert not fenced.open(inside / escape, mode), escape
    assert fenced.mkdir(inside / "to outside" / "d") == -1
    assert fenced.remove(inside / "to outside" / "secret") == -1
    assert fenced.rename(inside / "to outside" / "secret", inside / "mine") == -1
    assert fenced.stat(inside / "to secret") == (0, -7)
    assert fenced.list(inside / "to outside") is None
    assert tree(outside) == before
    assert fenced.remove(inside / "to secret") == 0, "the link itself is inside"
    assert tree(outside) == before


def test_links_that_stay_inside_are_followed(fenced: FileSystem, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    (inside / "d").mkdir()
    link(inside / "to d", "d")
    assert fenced.write_file(inside / "to d" / "file", b"x")
    assert (inside / "d" / "file").read_bytes() == b"x"
    link(inside / "to file", inside / "d" / "file")
    assert fenced.write_file(inside / "to file", b"yy")
    assert (inside / "d" / "file").read_bytes() == b"yy"
    assert fenced.refusals == 0


def test_the_directory_itself_stays(fenced: FileSystem, tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    for name in (inside, f"{inside}/", inside / "d" / "..", f"{inside}//."):
        assert fenced.remove(name) == -1
        assert fenced.rename(name, inside / "x") == -1
    assert inside.is_dir()
    for name in (inside, f"{inside}/", tmp_path / "shelf"):
        assert fenced.mkdir(name) == -2, "there already, which a core that makes sure wants to hear"
    assert fenced.mkdir(tmp_path / "outside") == -1


def test_reading_stays_where_it_is_allowed(fenced: FileSystem, tmp_path: Path) -> None:
    book = fenced.open(tmp_path / "shelf" / "book", READ)
    assert fenced.read(book, 100) == b"a book"
    assert fenced.table.close(book) == 0
    assert fenced.stat(tmp_path / "shelf" / "book") == (VALID, 6)
    assert fenced.list(tmp_path / "shelf") == [("book", False)]
    assert fenced.refusals == 0
    assert not fenced.open(tmp_path / "outside" / "secret", READ)
    assert not fenced.open(tmp_path / "shelf" / ".." / "outside" / "secret", READ)
    assert fenced.stat(tmp_path / "outside" / "secret") == (0, -7)
    assert fenced.stat(tmp_path) == (0, -7)
    assert fenced.list(tmp_path / "outside") is None
    assert fenced.refusals == 5


def test_reading_is_free_unless_it_is_restricted(files: FileSystem) -> None:
    handle = files.open(__file__, READ)
    assert files.read(handle, 3) == b'"""'
    assert files.table.close(handle) == 0
    assert not files.open(__file__, WRITE | UPDATE)


def test_relative_paths_are_those_of_the_process(
    fenced: FileSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path / "inside")
    assert fenced.write_file("file", b"x")
    assert fenced.write_file("./file", b"y")
    assert fenced.rename("file", "other") == 0
    assert not fenced.write_file("../outside/file", b"x")
    assert not fenced.write_file("..", b"x")
    assert (tmp_path / "inside" / "other").read_bytes() == b"y"
    assert fenced.list(".") == [("other", False)]


def test_the_root_directory_holds_everything(probe: ctypes.CDLL, tmp_path: Path) -> None:
    files = FileSystem(probe)
    assert files.allow(Path(tmp_path.anchor))
    assert files.write_file(tmp_path / "file", b"x")
    assert files.refusals == 0
    files.close()


def test_a_core_that_goes_on_trying_is_told_of_for_a_while(
    fenced: FileSystem, tmp_path: Path
) -> None:
    for _ in range(1000):
        assert fenced.remove(tmp_path / "outside" / "secret") == -1
    assert fenced.refusals == 256


def test_only_a_directory_can_be_allowed(files: FileSystem, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert not files.allow(tmp_path / "file")
    assert not files.allow(tmp_path / "missing")


# ---- as a core sees it --------------------------------------------------------------------------

EVERYTHING = """\
version 5
version 4
version 1
version 0
open a save:new.sav 2
write a score:1234
tell a
seek a 6 0
write a 9
size a
flush a
get_path a
close a
close a
open a save:new.sav 7
read a 5
seek a -3 2
read a 100
truncate a 5
size a
close a
stat save:new.sav
stat_64 save:new.sav
stat save:
stat save:missing
mkdir save:slots
mkdir save:slots
mkdir save:missing/slots
rename save:new.sav save:slots/0.sav
rename save:new.sav save:other
open b content:vfs.txt 1
read b 9
close b
open b save:missing 1
open b save:missing 6
opendir d save: 1
readdir d
readdir d
closedir d
closedir d
thread open n save:of-a-thread 2
thread write n hello
thread close n
remove save:slots
remove save:slots/0.sav
remove save:slots
close 0
read 0 5
"""

ANSWERS = {
    "version 5": "0 5",
    "version 4": "1 4",
    "version 1": "1 4",
    "version 0": "1 4",
    "open a save:new.sav 2": "1",
    "write a score:1234": "10",
    "tell a": "10",
    "seek a 6 0": "0",
    "write a 9": "1",
    "flush a": "0",
    "close a": "0",
    "open a save:new.sav 7": "1",
    "read a 5": "5 score",
    "seek a -3 2": "0",
    "read a 100": "3 234",
    "truncate a 5": "0",
    "size a": "5",
    "stat save:new.sav": "1 5",
    "stat_64 save:new.sav": "1 5",
    "stat save:missing": "0 -7",
    "mkdir save:slots": "-2",
    "mkdir save:missing/slots": "-1",
    "rename save:new.sav save:slots/0.sav": "0",
    "rename save:new.sav save:other": "-1",
    "open b content:vfs.txt 1": "1",
    "read b 9": "9 version 5",
    "open b save:missing 1": "0",
    "open b save:missing 6": "0",
    "opendir d save: 1": "1",
    "readdir d": "0 (null) 0",
    "closedir d": "-1",
    "open n save:of-a-thread 2": "1",
    "write n hello": "5",
    "close n": "0",
    "remove save:slots": "0",
    "remove save:slots/0.sav": "0",
    "close 0": "-1",
    "read 0 5": "-1 ",
}


@pytest.fixture
def run_script(open_core: OpenCore, tmp_path: Path) -> Callable[..., Core]:
    """Opens the test core with a script, in directories of this test, and runs it."""

    def run(script: str, **wishes: Any) -> Core:
        for name in ("save", "system", "content"):
            (tmp_path / name).mkdir(exist_ok=True)
        content = tmp_path / "content" / "vfs.txt"
        content.write_text(script)
        directories = {"save_dir": tmp_path / "save", "system_dir": tmp_path / "system"}
        core = open_core("vfs", content, **{**directories, **wishes})
        core.run(2)
        return core

    return run


@pytest.mark.environment("GET_VFS_INTERFACE", "version 4, under the `FilePolicy` of `files=`")
def test_everything_a_core_can_do(run_script: Callable[..., Core], tmp_path: Path) -> None:
    core = run_script(EVERYTHING)
    answers = noted(core)
    assert answers.pop("get_path a") == str(tmp_path / "save" / "new.sav")
    closed_again = [line for line in notes(core) if line.startswith("close a=")]
    assert closed_again == ["close a=0", "close a=-1", "close a=0"]
    made = [line for line in notes(core) if line.startswith("mkdir save:slots=")]
    assert made == ["mkdir save:slots=0", "mkdir save:slots=-2"]
    removed = [line for line in notes(core) if line.startswith("remove save:slots=")]
    assert removed == ["remove save:slots=-1", "remove save:slots=0"]
    assert "readdir d=1 slots 1" in notes(core)
    assert answers.pop("stat save:").startswith("3 ")
    assert {name: answers[name] for name in ANSWERS} == ANSWERS
    assert os.listdir(tmp_path / "save") == ["of-a-thread"]
    assert (tmp_path / "save" / "of-a-thread").read_bytes() == b"hello"


@pytest.mark.environment("GET_VFS_INTERFACE", "refused with `files=None`")
@pytest.mark.environment("GET_VFS_AUTHORIZED_LOCATIONS", "refused with `files=None`")
@pytest.mark.parametrize("files", [None, False])
def test_none_offers_no_vfs(run_script: Callable[..., Core], files: bool | None) -> None:
    answers = noted(run_script("version 1\nlocations\nstat save:", files=files))
    assert answers == {"version 1": "0 1", "locations": "0", "stat save:": "no vfs"}


ESCAPES = """\
version 3
open a save:kept 2
close a
open a system:kept 2
close a
open a content:vfs.txt 1
close a
open a content:vfs.txt 7
open a content:new 2
open a save:../outside 2
remove content:vfs.txt
rename content:vfs.txt save:stolen
rename save:kept content:given
mkdir content:d
mkdir save:
opendir a content: 0
"""
DEFAULT_ANSWERS = {
    "open a save:kept 2": "1",
    "open a system:kept 2": "1",
    "open a content:vfs.txt 1": "1",
    "open a content:vfs.txt 7": "0",
    "open a content:new 2": "0",
    "open a save:../outside 2": "0",
    "remove content:vfs.txt": "-1",
    "rename content:vfs.txt save:stolen": "-1",
    "rename save:kept content:given": "-1",
    "mkdir content:d": "-1",
    "mkdir save:": "-2",
    "opendir a content: 0": "1",
}


@pytest.mark.parametrize(
    ("policy", "different"),
    [
        (True, {}),
        (FilePolicy(), {}),
        (FilePolicy(read=()), {}),
        (
            FilePolicy(write=()),
            {"open a save:kept 2": "0", "open a system:kept 2": "0"},
        ),
        (
            FilePolicy(read=(), write=()),
            {"open a save:kept 2": "0", "open a system:kept 2": "0"},
        ),
    ],
    ids=str,
)
def test_where_a_core_may_write(
    run_script: Callable[..., Core],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    policy: FilePolicy | bool,
    different: dict[str, str],
) -> None:
    core = run_script(ESCAPES, files=policy)
    answers = noted(core)
    expected = {**DEFAULT_ANSWERS, **different}
    assert {name: answers[name] for name in expected} == expected
    assert not (tmp_path / "outside").exists()
    assert sorted(os.listdir(tmp_path / "content")) == ["vfs.txt"]
    refusal = f"refused to remove {tmp_path / 'content' / 'vfs.txt'}"
    assert [line for line in core.log if refusal in line.text and line.level == logging.WARNING]
    assert refusal in caplog.text


@pytest.mark.environment("GET_VFS_AUTHORIZED_LOCATIONS", "the directories that the policy names")
def test_named_directories(run_script: Callable[..., Core], tmp_path: Path) -> None:
    for name in ("shelf", "work", "outside"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    script = "version 4\nlocations\n"
    for name in ("shelf", "work", "outside", "save"):
        script += f"open a {tmp_path / name / 'file'} 1\nread a 9\nclose a\n"
        script += f"open a {tmp_path / name / 'new'} 2\nclose a\n"
    policy = FilePolicy(read=[tmp_path / "shelf"], write=[tmp_path / "work"])
    core = run_script(script, files=policy)
    answers = noted(core)
    shelf, work = tmp_path / "shelf", tmp_path / "work"
    assert answers["locations"] == f"1 shelf>{shelf} work>{work}"
    assert [line for line in notes(core) if line.startswith("read a 9=")] == [
        "read a 9=5 shelf", "read a 9=4 work", "read a 9=-1 ", "read a 9=-1 ",
    ]  # fmt: skip
    written = {name: answers[f"open a {tmp_path / name / 'new'} 2"] for name in ("shelf", "work")}
    assert written == {"shelf": "0", "work": "1"}
    assert answers[f"open a {tmp_path / 'outside' / 'new'} 2"] == "0"
    assert answers[f"open a {tmp_path / 'save' / 'new'} 2"] == "0", "not named, so not writable"


def test_a_policy_is_plain_data() -> None:
    policy = FilePolicy(read=["/a/../b"], write=iter([Path("c")]), record=True)
    assert policy.read == (os.path.abspath("/b"),)
    assert policy.write == (os.path.abspath("c"),)
    assert pickle.loads(pickle.dumps(policy)) == policy
    assert len({policy, FilePolicy(), FilePolicy()}) == 2
    with pytest.raises(AttributeError):
        policy.record = False  # type: ignore[misc]


@pytest.mark.parametrize("path", ["saves", b"saves", Path("saves")])
def test_a_single_path_is_no_sequence_of_directories(path: Any) -> None:
    with pytest.raises(TypeError, match=r"write is the single path .*saves.*give a sequence"):
        FilePolicy(write=path)


def test_wrong_policies(open_core: OpenCore, tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    with pytest.raises(
        LibretroError, match=re.escape(f"write of this Core's FilePolicy has {missing}")
    ):
        open_core("vfs", b"", files=FilePolicy(write=[missing]))
    with pytest.raises(TypeError, match="files is 'saves'; a FilePolicy is needed"):
        open_core("vfs", b"", files="saves")


def test_the_record(run_script: Callable[..., Core], tmp_path: Path) -> None:
    script = "version 1\nopen a save:s 3\nwrite a 12345\nseek a -2 1\nread a 9\ntruncate a 1\n"
    script += "close a\nclose a\nstat save:s\nrename save:s content:t\n"
    script += "opendir d save: 0\nreaddir d\nreaddir d\nclosedir d"
    core = run_script(script, files=FilePolicy(record=True))
    save, content = tmp_path / "save", str(tmp_path / "content" / "t")
    file = str(save / "s")
    assert core.take_file_operations() == [
        FileOperation(1, "open", file, None, 3, 0, 1, 0, False),
        FileOperation(1, "write", file, None, 0, 5, 5, 0, False),
        FileOperation(1, "seek", file, None, CURRENT, -2, 0, 0, False),
        FileOperation(1, "read", file, None, 0, 9, 2, 0, False),
        FileOperation(1, "truncate", file, None, 0, 1, 0, 0, False),
        FileOperation(1, "close", file, None, 0, 0, 0, 0, False),
        FileOperation(1, "close", file, None, 0, 0, -1, 0, False),
        FileOperation(1, "stat", file, None, 0, 0, VALID, 1, False),
        FileOperation(1, "rename", file, content, 0, 0, -1, 0, True),
        FileOperation(1, "opendir", str(save), None, 0, 0, 1, 0, False),
        FileOperation(1, "readdir", str(save), None, 0, 0, 1, 0, False),
        FileOperation(1, "readdir", str(save), None, 0, 0, 0, 0, False),
        FileOperation(1, "closedir", str(save), None, 0, 0, 0, 0, False),
    ]
    assert core.take_file_operations() == []
    core.close()
    with pytest.raises(ClosedError):
        core.take_file_operations()


def test_the_record_has_an_end(run_script: Callable[..., Core]) -> None:
    script = "version 1\nopen a save:s 2\n" + 70000 * "tell a\n"
    core = run_script(script, files=FilePolicy(record=True))
    operations = core.take_file_operations()
    assert len(operations) == 65536 + 1
    assert operations[-1][1:] == ("left out", "", None, 0, 0, 70001 - 65536, 0, False)
    assert core.take_file_operations() == []


def test_a_record_nobody_asked_for(run_script: Callable[..., Core]) -> None:
    for policy in (FilePolicy(), None):
        core = run_script("version 1", files=policy)
        with pytest.raises(LibretroError, match=r"files=FilePolicy\(record=True\)"):
            core.take_file_operations()


def test_closing_a_core_closes_what_it_left_open(
    run_script: Callable[..., Core], tmp_path: Path
) -> None:
    run_script("version 1").close()  # what is opened once a process
    before = descriptors()
    script = "version 1\n" + "".join(
        f"open {letter} save:{letter} 2\nwrite {letter} left\n" for letter in "abcdefgh"
    )
    core = run_script(script + "opendir i save: 1\nclose a\n")
    core.close()
    assert descriptors() == before
    assert {(tmp_path / "save" / letter).read_bytes() for letter in "abcdefgh"} == {b"left"}


def test_files_in_deinit(
    run_script: Callable[..., Core], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    script = "version 1\nopen a save:a 2\nwrite a one\ndeinit\n"
    core = run_script(script + "write a two\nclose a\nclose a\nopen b save:b 2\nwrite b late\n")
    core.close()
    assert "write a two=3" in caplog.text
    assert "close a=0" in caplog.text
    assert "close a=-1" in caplog.text
    assert (tmp_path / "save" / "a").read_bytes() == b"onetwo"
    assert (tmp_path / "save" / "b").read_bytes() == b"late"


def test_two_cores_have_files_of_their_own(build_core: BuildCore, tmp_path: Path) -> None:
    script = tmp_path / "vfs.txt"
    script.write_text("version 1\nopen a save:s 2\nwrite a hello\nclose a\nstat save:s\n")
    record = FilePolicy(record=True)
    specs = [CoreSpec(build_core("vfs"), script, files=record) for _ in range(4)]
    with CoreBatch(specs) as batch:
        batch.run(2)
        paths = {core.take_file_operations()[0].path for core in batch}
        assert len(paths) == 4
        assert all(noted(core)["stat save:s"] == "1 5" for core in batch)


# ---- real cores ---------------------------------------------------------------------------------

REAL_FRAMES = 90


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.id)
def test_real_cores_run_as_without_it(play: Play, tmp_path: Path) -> None:
    game, masks = play.content(tmp_path), random_masks(REAL_FRAMES)
    with Core(play.core, game, options=play.options, files=None) as core:
        expected = observe(core, masks)
    policy = FilePolicy(record=True)
    with Core(play.core, game, options=play.options, files=policy) as core:
        seen = observe(core, masks)
        operations = core.take_file_operations()
    assert seen.frames == expected.frames
    assert seen.audio == expected.audio
    assert seen.memory == expected.memory
    assert not [operation for operation in operations if operation.refused]


@pytest.mark.parametrize(
    ("core_id", "file", "operations"),
    [
        ("stable_retro:picodrive", "carthw.cfg", {"open", "read", "close"}),
        ("stable_retro:melonds", "bios7.bin", {"open"}),
    ],
)
def test_real_cores_use_it(tmp_path: Path, core_id: str, file: str, operations: set[str]) -> None:
    plays = [play for play in PLAYS if play.core_id == core_id]
    if not plays:
        pytest.skip(f"{core_id} is not installed")
    system = tmp_path / "system"
    system.mkdir()
    (system / "carthw.cfg").write_text("# no cartridges\n")
    game = plays[0].content(tmp_path)
    policy = FilePolicy(record=True, read=())
    with Core(plays[0].core, game, system_dir=system, files=policy) as core:
        core.run(2)
        seen = core.take_file_operations()
    assert {entry.operation for entry in seen if entry.path == str(system / file)} >= operations
    assert sum(entry.result for entry in seen if entry.operation == "read") == (
        len("# no cartridges\n") if "read" in operations else 0
    )


# ---- threads, and what sanitizers see -----------------------------------------------------------


@pytest.mark.parametrize("sanitizer", ["address,undefined", "thread"])
def test_sanitizers_find_nothing(build_cache: Path, tmp_path: Path, sanitizer: str) -> None:
    if sys.platform == "win32":
        pytest.skip("no sanitizers there")
    flags = ["-O1", "-g", "-pthread", "-DPROBE_MAIN"]
    flags += [f"-fsanitize={sanitizer}", "-fno-sanitize-recover=all"]
    try:
        program = str(build(PROBE, "vfs_probe", build_cache, *flags, units=UNITS))
    except (RuntimeError, NoCompilerError) as error:
        pytest.skip(f"the compiler has no such sanitizer: {error}")
    # ThreadSanitizer of some compilers cannot place its shadow under a randomised layout.
    command = ["setarch", platform.machine(), "--addr-no-randomize", program]
    if not shutil.which("setarch"):
        command = [program]
    ended = subprocess.run(
        [*command, str(tmp_path), "4", "4000"], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (0, "")
    assert int(ended.stdout) > 10000
