"""Scratch directories: private, removed in time, and never somebody else's."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from observe import BuildCore

from pylibretro.content.directories import MARKER, ScratchDirectory

MAKE_ONE = """
from pylibretro.content.directories import ScratchDirectory
scratch = ScratchDirectory()
print(scratch.path("save"), flush=True)
"""


@pytest.fixture
def temporary_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary directory of this test alone, for child processes."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("TEMP", str(tmp_path))
    monkeypatch.setenv("TMP", str(tmp_path))
    return tmp_path


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )


def leftovers(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.glob("pylibretro-*"))


def test_nothing_is_made_before_a_path_is_asked_for(temporary_directory: Path) -> None:
    code = (
        "from pylibretro.content.directories import ScratchDirectory; ScratchDirectory().remove()"
    )
    assert run(code).returncode == 0
    assert leftovers(temporary_directory) == []


def test_each_name_is_its_own_writable_absolute_directory() -> None:
    scratch = ScratchDirectory()
    try:
        paths = [scratch.path(name) for name in ("system", "save", "content")]
        assert len(set(paths)) == 3
        for path in paths:
            assert os.path.isabs(path)
            (Path(path) / "file").write_bytes(b"x")
        assert scratch.path("save") == paths[1]
        assert (Path(paths[1]) / "file").exists()
    finally:
        scratch.remove()
    assert not any(os.path.exists(path) for path in paths)


def test_two_scratch_directories_share_nothing() -> None:
    first, second = ScratchDirectory(), ScratchDirectory()
    kept = second.path("save")
    assert first.path("save") != kept
    first.remove()
    assert os.path.isdir(kept)
    second.remove()


def test_only_the_user_may_look_inside() -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no permission bits")
    scratch = ScratchDirectory()
    path = Path(scratch.path("save"))
    try:
        while path != Path(os.path.realpath(tempfile.gettempdir())):
            assert stat.S_IMODE(path.stat().st_mode) == 0o700
            path = path.parent
    finally:
        scratch.remove()


def test_it_can_be_used_again_after_remove() -> None:
    scratch = ScratchDirectory()
    first = scratch.path("save")
    scratch.remove()
    scratch.remove()
    again = scratch.path("save")
    assert os.path.isdir(again)
    assert not os.path.exists(first) or first == again
    scratch.remove()


def test_a_forgotten_one_is_removed_by_garbage_collection() -> None:
    scratch = ScratchDirectory()
    path = scratch.path("save")
    del scratch
    assert not os.path.exists(path)


def test_a_temporary_directory_cleaned_by_somebody_else_is_made_again() -> None:
    import shutil

    scratch = ScratchDirectory()
    shutil.rmtree(Path(scratch.path("save")).parents[1])
    other = ScratchDirectory()
    assert os.path.isdir(other.path("save"))
    assert os.path.isdir(scratch.path("save"))
    other.remove()
    scratch.remove()


def test_the_exit_of_the_process_removes_everything(temporary_directory: Path) -> None:
    ended = run(MAKE_ONE)
    assert ended.returncode == 0
    assert ended.stderr == ""
    assert ended.stdout.startswith(str(temporary_directory.resolve()))
    assert leftovers(temporary_directory) == []


def test_a_later_process_removes_what_a_killed_one_left(temporary_directory: Path) -> None:
    code = MAKE_ONE + "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    killed = run(code)
    assert killed.returncode != 0
    assert len(leftovers(temporary_directory)) == 1
    assert Path(killed.stdout.strip()).is_dir()
    assert run(MAKE_ONE).returncode == 0
    assert leftovers(temporary_directory) == []


def test_the_directory_of_a_living_process_is_left_alone(temporary_directory: Path) -> None:
    code = MAKE_ONE + "input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as living:
        assert living.stdout is not None
        path = Path(living.stdout.readline().strip())
        assert path.is_dir()
        assert run(MAKE_ONE).returncode == 0
        assert path.is_dir()
        living.communicate("\n", timeout=60)
    assert leftovers(temporary_directory) == []


def test_a_link_with_our_prefix_is_not_followed(temporary_directory: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("making a symbolic link needs a privilege on Windows")
    precious = temporary_directory / "precious"
    precious.mkdir()
    (precious / "file").write_text("keep")
    (precious / MARKER).touch()
    (temporary_directory / "pylibretro-scratch-link").symlink_to(precious)
    assert run(MAKE_ONE).returncode == 0
    assert (precious / "file").read_text() == "keep"


@pytest.mark.parametrize("name", ["pylibretro-src", "pylibretro-scratch-book", "pylibretro"])
def test_what_only_has_such_a_name_is_left_alone(name: str, temporary_directory: Path) -> None:
    (temporary_directory / name).mkdir()
    (temporary_directory / name / "thesis.txt").write_text("keep")
    assert run(MAKE_ONE).returncode == 0
    assert (temporary_directory / name / "thesis.txt").read_text() == "keep"


def test_a_file_with_such_a_name_is_left_alone(temporary_directory: Path) -> None:
    (temporary_directory / "pylibretro-scratch-list").write_text("keep")
    assert run(MAKE_ONE).returncode == 0
    assert (temporary_directory / "pylibretro-scratch-list").read_text() == "keep"


def test_one_left_before_it_was_marked_is_removed(temporary_directory: Path) -> None:
    (temporary_directory / "pylibretro-scratch-12345678").mkdir()
    assert run(MAKE_ONE).returncode == 0
    assert leftovers(temporary_directory) == []


def test_processes_that_start_together_do_not_take_each_others(temporary_directory: Path) -> None:
    code = (
        MAKE_ONE
        + """
import os
for _ in range(50):
    path = scratch.path("save")
    with open(os.path.join(path, "file"), "w") as file:
        file.write("x")
    scratch.remove()
"""
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        for _ in range(6)
    ]
    for process in processes:
        assert process.communicate(timeout=120)[1] == b""
        assert process.returncode == 0
    assert leftovers(temporary_directory) == []


def test_a_forked_child_leaves_its_parents_directory_alone() -> None:
    if not hasattr(os, "fork"):
        pytest.skip("this system has no fork")
    code = """
import os
from pylibretro.content.directories import ScratchDirectory
scratch = ScratchDirectory()
path = scratch.path("save")
child = os.fork()
if child == 0:
    own = ScratchDirectory()
    assert os.path.dirname(os.path.dirname(own.path("save"))) not in path
    assert scratch.path("save") != path
    scratch.remove()
    raise SystemExit
assert os.waitpid(child, 0)[1] == 0
assert os.path.isdir(path), "the child removed it"
print("kept")
"""
    ended = run(code)
    assert (ended.stdout, ended.stderr) == ("kept\n", "")


def test_an_interrupted_process_cleans_up(temporary_directory: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("Windows has no SIGINT for another process")
    code = MAKE_ONE + "import time; time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
    assert leftovers(temporary_directory) == []


def test_many_threads_get_distinct_directories() -> None:
    scratches = [ScratchDirectory() for _ in range(64)]

    def use(scratch: ScratchDirectory) -> str:
        path = scratch.path("save")
        (Path(path) / "file").write_bytes(b"x")
        return path

    with ThreadPoolExecutor(8) as pool:
        paths = list(pool.map(use, scratches))
        assert len(set(paths)) == 64
        list(pool.map(ScratchDirectory.remove, scratches))
    assert not any(os.path.exists(path) for path in paths)


NO_TEMPORARY_DIRECTORY = """
import sys, tempfile
tempfile.tempdir = "/dev/null"  # what tempfile.gettempdir() finds
from pylibretro import Core, CoreBatch, LibretroError, Rewind
core_path, content, needs_path, own = sys.argv[1:]
with Core(core_path, content) as core, CoreBatch("2048", count=2) as batch:
    core.run(3)
    moment = core.snapshot()
    core.run()
    core.restore(moment)
    batch.run(3)
    assert core.frame is not None and not list(batch.frames)[0] is None
with Core(core_path, content, system_dir=own, save_dir=own) as core:
    core.run()
with Core(needs_path, content) as core:
    core.run()
for path, given in ((core_path, b"a game"), (needs_path, b"a game")):
    try:
        Core(path, given)
        print("was opened")
    except LibretroError as error:
        print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the loader needs none on Linux alone")
def test_without_any_temporary_directory(build_core: BuildCore, tmp_path: Path) -> None:
    """What needs no writing works, and the rest says what to do."""
    game = tmp_path / "game.bin"
    game.write_bytes(b"a game")
    (tmp_path / "own").mkdir()
    arguments = [build_core("content"), game, build_core("content", "-DCORE_NEED_FULLPATH=true")]
    command = [sys.executable, "-c", NO_TEMPORARY_DIRECTORY, *arguments, tmp_path / "own"]
    done = subprocess.run(
        list(map(str, command)), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "has no system_dir" in done.stderr
    refused = done.stdout.splitlines()
    assert len(refused) == 2
    for line in refused:
        assert "TMPDIR" in line
        assert "for the content" in line
