"""The VFS of a Core: its policy and its record, and what real cores do with it."""

from __future__ import annotations

import logging
import os
import pickle
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from file_system import CURRENT, VALID, descriptors
from observe import BuildCore, OpenCore, noted, notes
from oracle import observe, random_masks
from real import PLAYS, Play

from pylibretro import Core, CoreBatch, CoreSpec, FileOperation, FilePolicy
from pylibretro.error import ClosedError, LibretroError

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
