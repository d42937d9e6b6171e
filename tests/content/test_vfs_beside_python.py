"""Files of the VFS behave as those of Python: any calls, in any order, on both."""

from __future__ import annotations

import ctypes
import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest
from file_system import (
    CURRENT,
    DIRECTORY,
    END,
    MODES,
    READ,
    SIZES,
    START,
    UPDATE,
    VALID,
    WRITE,
    FileSystem,
    load_probe,
    tree,
)
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

NAMES = st.sampled_from(["a", "b", "höhle 洞穴", "d/a", "d/b", ".hidden", "missing/a"])
ENTRIES = NAMES | st.sampled_from(["d", "d/e", "missing", "a"])
DIRECTORIES = st.sampled_from([".", "d", "d/e", "missing", "a"])
CONTENTS = st.builds(
    lambda size, seed: bytes((seed + i * i) % 256 for i in range(size)),
    st.sampled_from(SIZES),
    st.integers(0, 255),
)


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    return load_probe(build_cache)


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
