"""libretro's virtual file system: what it does to files, where it may, and what it tells."""

from __future__ import annotations

import ctypes
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from compiler import NoCompilerError, build
from file_system import (
    CHARACTER_SPECIAL,
    DIRECTORY,
    END,
    MODES,
    PROBE,
    READ,
    READ_WRITE,
    SIGNATURES,
    START,
    UNITS,
    UPDATE,
    VALID,
    WRITE,
    FileSystem,
    Handle,
    Info,
    Int32,
    descriptors,
    link,
    load_probe,
    tree,
)


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
