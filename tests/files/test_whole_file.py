"""Files are replaced whole or not at all."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from pylibretro.files import whole_file
from pylibretro.files.whole_file import open_whole, replace_file


@pytest.fixture(params=["nameless", "named"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to write: with files that have no name, and as systems without these need it."""
    if request.param == "named":
        monkeypatch.setattr(whole_file, "_nameless", lambda _: None)


both_ways = pytest.mark.usefixtures("way")


@both_ways
def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    with open_whole(path) as file:
        file.write(b"new")
        file.flush()
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["file"]


@both_ways
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt, OSError])
def test_a_failure_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, error: type[BaseException]
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write_half() -> None:
        with open_whole(path) as file:
            file.write(b"half")
            raise error

    with pytest.raises(error):
        write_half()
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


@both_ways
@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
@pytest.mark.parametrize("mode", [0o600, 0o664, 0o777])
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "file"
    path.touch()
    path.chmod(mode)
    replace_file(path, b"new")
    assert stat.S_IMODE(path.stat().st_mode) == mode
    fresh = tmp_path / "fresh"
    before = os.umask(0o027)
    try:
        replace_file(fresh, b"new")
    finally:
        os.umask(before)
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o640


@both_ways
def test_no_such_directory_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "nowhere" / "file"
    with pytest.raises(FileNotFoundError) as caught:
        replace_file(path, b"")
    assert caught.value.filename == str(path)


def test_a_nul_in_a_name_is_an_oserror(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="NUL"):
        replace_file(f"{tmp_path}/a\0b", b"")


@both_ways
def test_a_long_name_is_written(tmp_path: Path) -> None:
    path = tmp_path / ("\N{GRINNING FACE}" * 63)
    replace_file(path, b"new")
    assert os.listdir(tmp_path) == [path.name]


def test_what_is_no_file_is_written_to(tmp_path: Path) -> None:
    replace_file(os.devnull, b"gone")
    if not hasattr(os, "mkfifo"):
        return
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE)
    replace_file(pipe, b"through")
    assert reader.communicate()[0] == b"through"


@pytest.mark.skipif(sys.platform != "linux", reason="files without a name are Linux's")
def test_a_killed_process_leaves_nothing(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")
    child = """
import os, sys
from pylibretro.files.whole_file import open_whole
with open_whole(sys.argv[1]) as file:
    file.write(b"half")
    file.flush()
    os.kill(os.getpid(), 9)
"""
    assert subprocess.run([sys.executable, "-c", child, str(path)]).returncode == -9
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["file"]


def test_what_a_killed_process_left_beside_a_file_goes(tmp_path: Path) -> None:
    gone = 2**22 + 5  # more than any number of a process
    left = tmp_path / f".file-{gone}-0.new"
    others = [tmp_path / f".file-{os.getppid()}-0.new", tmp_path / ".file-notes.new"]
    for path in (left, *others):
        path.write_bytes(b"part of it")
    replace_file(tmp_path / "file", b"all of it")
    assert not left.exists()
    assert all(path.exists() for path in others)
