"""`pylibretro check`: what a core does wrong is found, and nothing else."""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from misbehaving import innocence, misbehaviours
from observe import BuildCore
from real import PLAYS, Play

from pylibretro.conformance import ConformanceReport, check, private_files
from pylibretro.error import CoreNotFoundError

FRAMES = 130
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="the test core needs POSIX for this")
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")

FINDINGS = {
    "LARGE_PICTURE": ("error", "picture-too-large", "32 x 48, more than the 32 x 24"),
    "SHORT_PITCH": ("error", "pitch-too-small", "pitch of 64, less than the 128 bytes"),
    "EMPTY_PICTURE": ("error", "empty-picture", "32 x 0"),
    "FOREIGN_THREAD": ("error", "foreign-thread", "video_refresh"),
    "MUCH_SOUND": ("warning", "sound-rate", "44100"),
    "NULL_SOUND": ("error", "null-sound", "without data"),
    "UNKNOWN_COMMAND": ("warning", "unknown-command", "0xfa0"),
    "NULL_DATA": ("error", "null-data", "SET_GEOMETRY without data, in retro_init"),
    "WRONG_PLACE": ("warning", "wrong-place", "SET_SUPPORT_NO_GAME in retro_run"),
    "DEFAULT_NOT_OFFERED": ("warning", "option", "test_a"),
    "KEY_TWICE": ("error", "option", "test_a is declared twice"),
    "GROWING_STATE": ("warning", "state-grows", "grew from"),
    "STATE_REFUSED": ("error", "state-saving", "refused to save"),
    "STATE_LACKS_SOMETHING": ("warning", "replay", "RAM differs after a state was loaded"),
    "TIME_DEPENDENT": ("warning", "not-repeatable", "RAM differs in a second process"),
    "WRITES_OUTSIDE": ("warning", "writes-outside", "working directory: left-behind"),
    "PRINTS": ("note", "output", "it prints lines instead of logging them: "),
    "CRASHES": ("error", "crash", "while running: misbehaving crashed: SIGSEGV at address 0x"),
    "ABORTS": ("error", "crash", "while running"),
    "HANGS": ("error", "hang", "while running"),
    "LEAKS_FILES": ("warning", "leak", "it leaves 1 files open"),
    "LEAKS_MEMORY": ("warning", "leak", "kilobytes"),
    "PICTURE_IN_RESET": ("warning", "picture-outside-run", "retro_reset"),
    "BITMASK_WITHOUT_ASKING": ("warning", "bitmask-without-asking", "GET_INPUT_BITMASKS"),
    "HARDWARE_PICTURE": ("error", "hardware-picture", "without a context"),
    "CHANGES_DIRECTORY": ("warning", "process-changed", "(cwd)"),
    "SOUND_WITHOUT_RATE": ("error", "sound-without-rate", "rate is 0"),
    "CRASHES_AT_THE_END": ("error", "crash", "closed, misbehaving crashed: SIGSEGV at address 0x"),
    "REPEATS_WITHOUT_ASKING": ("warning", "repeat-without-asking", "GET_CAN_DUPE"),
    "STATE_LACKS_START": ("warning", "replay", "RAM differs after a state was loaded"),
    "STATE_LACKS_SELECT": ("warning", "replay", "RAM differs after a state was loaded"),
    "STATE_LACKS_SECOND_PORT": ("warning", "replay", "RAM differs after a state was loaded"),
    "STATE_LACKS_A_STICK": ("warning", "replay", "RAM differs after a state was loaded"),
    "REMEMBERS_BEYOND_STATES": ("warning", "restore", "RAM differs between a state restored in"),
    "LEAVES_A_HANDLER": ("error", "handler-left-behind", "SIGSEGV in code that is gone"),
    "IGNORES_A_SIGNAL": ("warning", "process-changed", "SIGUSR1"),
    "CHANGES_ROUNDING": ("warning", "process-changed", "floating-point mode behind in retro_run"),
    "FLUSHES_DENORMALS_AT_START": ("warning", "process-changed", "mode behind in retro_init"),
    "SETS_A_VARIABLE": ("warning", "process-changed", "environment variables LEFT_BEHIND"),
    "BLOCKS_A_SIGNAL": ("warning", "process-changed", "signal mask"),
    "ABORTS_AT_THE_END": ("error", "crash", "in retro_deinit"),
    "EXITS_AT_THE_END": ("error", "crash", "in retro_deinit"),
    "ABORTS_WHEN_UNLOADED": ("error", "crash", "in retro_unload_game"),
    "ABORTS_IN_A_DESTRUCTOR": ("error", "crash", "in its destructors"),
    "ENDS_THE_PROCESS": ("error", "crash", "_exit(0), in a thread of its own"),
    "SLEEPS_FOR_EVER": ("error", "hang", "waiting while running"),
    "HANGS_AT_THE_END": ("error", "hang", "processor time while closing"),
    "LEAKS_WITH_A_GAME": ("warning", "leak", "kilobytes"),
}
NEEDS = {
    "FOREIGN_THREAD": POSIX,
    "TIME_DEPENDENT": LINUX,
    "PRINTS": POSIX,
    "CRASHES": POSIX,
    "LEAKS_FILES": LINUX,
    "LEAKS_MEMORY": LINUX,
    "CHANGES_DIRECTORY": POSIX,
    "CRASHES_AT_THE_END": POSIX,
    "LEAVES_A_HANDLER": LINUX,
    "IGNORES_A_SIGNAL": POSIX,
    "FLUSHES_DENORMALS_AT_START": pytest.mark.skipif(
        platform.machine() not in ("x86_64", "AMD64"), reason="the test core does this on x86-64"
    ),
    "SETS_A_VARIABLE": POSIX,
    "BLOCKS_A_SIGNAL": POSIX,
    "ABORTS_IN_A_DESTRUCTOR": LINUX,
    "ENDS_THE_PROCESS": POSIX,
    "SLEEPS_FOR_EVER": LINUX,
    "LEAKS_WITH_A_GAME": LINUX,
}


# What a second process, or opening again, shows; the others need one run.
NEEDS_ALL = {
    "TIME_DEPENDENT",
    "LEAKS_FILES",
    "LEAKS_MEMORY",
    "REMEMBERS_BEYOND_STATES",
    "LEAKS_WITH_A_GAME",
}
HANG = {"HANGS", "SLEEPS_FOR_EVER", "HANGS_AT_THE_END"}


def report_of(
    build_core: BuildCore, misbehaviour: int, content: Path | None = None, **wishes: Any
) -> ConformanceReport:
    core = build_core("misbehaving", f"-DMISBEHAVIOUR={misbehaviour}")
    return check(core, content, **{"frames": FRAMES, **wishes})


def test_a_core_that_does_all_right(build_core: BuildCore) -> None:
    report = report_of(build_core, 0)
    assert [finding.name for finding in report.findings] == ["no-input-descriptors"]
    assert report.ok
    assert report.of("note") == report.findings


def test_every_misbehaviour_is_tried() -> None:
    assert set(FINDINGS) == set(misbehaviours())


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=NEEDS.get(name, ())) for name in FINDINGS]
)
def test_each_misbehaviour_is_found_and_nothing_else(
    build_core: BuildCore, name: str, tmp_path: Path
) -> None:
    timeout = 3 if name in HANG else 60
    quick = name not in NEEDS_ALL
    game = None
    if name == "LEAKS_WITH_A_GAME":
        game = tmp_path / "game.bin"
        game.write_bytes(b"\0")
    report = report_of(build_core, misbehaviours()[name], game, timeout=timeout, quick=quick)
    severity, finding, words = FINDINGS[name]
    others = {"no-input-descriptors"}
    if name in ("CRASHES_AT_THE_END", "CHANGES_DIRECTORY", "STATE_LACKS_SOMETHING"):
        others |= {finding}
    found = [f for f in report.findings if f.name == finding and words in f.message]
    assert [f.severity for f in found] == [severity] * len(found), report.findings
    assert found, report.findings
    assert {f.name for f in report.findings} - {finding} <= others
    assert report.ok == (severity != "error")


@POSIX
@pytest.mark.parametrize("name", innocence())
def test_what_is_not_wrong_is_not_found(build_core: BuildCore, name: str, tmp_path: Path) -> None:
    (tmp_path / "game" / "data").mkdir(parents=True)
    game = tmp_path / "game" / "game.bin"
    game.write_bytes(b"\0")
    (tmp_path / "game" / "data" / "level.txt").write_text("1")
    system = tmp_path / "system"
    system.mkdir()
    (system / "firmware.rom").write_bytes(b"\0")
    timeout, quick = (3, True) if name == "IS_SLOW" else (60, name != "NEEDS_A_NEIGHBOUR")
    report = report_of(
        build_core, innocence()[name], game, timeout=timeout, quick=quick, system_dir=system
    )
    wanted = {"no-input-descriptors"} | ({"slow"} if name == "IS_SLOW" else set())
    assert {finding.name for finding in report.findings} == wanted
    assert not report.nothing_run
    if name == "NEEDS_FIRMWARE":
        without = report_of(build_core, innocence()[name], game, quick=True)
        assert without.ok
        assert without.nothing_run
        assert "--system-dir" in without.findings[0].message


@pytest.mark.parametrize("large", [False, True])
def test_the_users_files_stay_as_they_are(
    build_core: BuildCore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    folder = tmp_path / "game"
    (folder / "data").mkdir(parents=True)
    names = ("game.bin", "game.sav", "other.sav", "data/level.txt")
    for name in names:
        (folder / name).write_text("mine")
    if large:
        monkeypatch.setattr(private_files, "FOLDER_FILES", 2)
        monkeypatch.setattr(private_files, "SMALL_FILE", 0)
    report = check(build_core("writes_beside"), folder / "game.bin", frames=10, quick=True)
    assert {(folder / name).read_text() for name in names} == {"mine"}
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == sorted(
        Path(name).name for name in names
    )
    assert not report.nothing_run
    found = [finding for finding in report.findings if finding.name == "writes-outside"]
    assert "new.txt" in found[0].message
    assert "/" not in found[0].message.partition("directory: ")[2].replace("game/", "")
    if not large:
        wrote, removed = sorted(finding.message for finding in found)[::-1]
        assert all(name in wrote for name in ("game.bin", "game.sav", "other.sav"))
        assert removed == "it removed from the content's directory: game/data/level.txt"


def test_the_bundled_core_is_without_fault() -> None:
    report = check("2048", frames=60)
    assert report.ok
    assert not report.of("warning")
    assert report.facts["play"]["facts"]["info"]["name"] == "2048"


def test_a_core_without_the_game_it_needs_is_described(build_core: BuildCore) -> None:
    report = check(build_core("content", "-DCONTENT_NO_GAME=0"))
    assert report.facts["play"]["facts"]["loaded"] in (True, False)
    assert not [finding for finding in report.findings if finding.name in ("crash", "hang")]


def test_content_that_is_refused(build_core: BuildCore, tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"anything")
    report = check(build_core("refuse"), game)
    assert report.ok
    assert report.nothing_run
    assert [finding.name for finding in report.findings] == ["nothing-run"]
    assert "this is no game of ours" in report.findings[0].message


def test_what_is_no_core(tmp_path: Path) -> None:
    with pytest.raises(CoreNotFoundError):
        check(tmp_path / "nothing_libretro.so")
    file = tmp_path / "text_libretro.so"
    file.write_text("no core")
    report = check(file)
    assert [finding.name for finding in report.of("error")] == ["broken"]


@pytest.mark.parametrize(
    "play", [play for play in PLAYS if play.game == "airstriker"], ids=lambda play: play.id
)
def test_real_cores_are_not_accused(play: Play, tmp_path: Path) -> None:
    report = check(play.core, play.content(tmp_path), options=play.options)
    assert report.ok, report.of("error")
    assert not {"leak", "sound-rate", "wrong-place", "crash"} & {f.name for f in report.findings}


def command_line(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pylibretro", "check", *map(str, words)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip


def test_the_command(build_core: BuildCore, tmp_path: Path) -> None:
    numbers = misbehaviours()
    good = command_line("2048", "--frames", 60, "--strict")
    assert (good.returncode, good.stderr) == (0, "")
    assert good.stdout.splitlines()[-1].startswith("0 errors, 0 warnings, ")
    warned = build_core("misbehaving", f"-DMISBEHAVIOUR={numbers['UNKNOWN_COMMAND']}")
    assert command_line(warned).returncode == 0
    assert command_line(warned, "--strict").returncode == 1
    wrong = build_core("misbehaving", f"-DMISBEHAVIOUR={numbers['SHORT_PITCH']}")
    told = command_line(wrong, "--json")
    assert (told.returncode, told.stderr) == (1, "")
    report = json.loads(told.stdout)
    assert report["counts"]["error"] == 1
    assert report["findings"][0]["name"] == "pitch-too-small"
    assert report["info"]["name"] == "misbehaving"
    assert not report["ok"]
    refusing = build_core("refuse")
    game = tmp_path / "game.bin"
    game.write_bytes(b"anything")
    for given in ([refusing], [refusing, game], [build_core("content", "-DCONTENT_NO_GAME=0")]):
        nothing = command_line(*given)
        assert (nothing.returncode, nothing.stderr) == (3, "")
        assert "nothing-run" in nothing.stdout
    crashing = build_core("misbehaving", f"-DMISBEHAVIOUR={numbers['CRASHES_AT_THE_END']}")
    assert command_line(crashing, "--quick").returncode == 1
    for words in (["no such core"], ["2048", "no such game"], ["2048", "--frames", "x"], [],
                  ["2048", "--option", "no_such=1"]):  # fmt: skip
        failed = command_line(*words)
        assert failed.returncode == 2
        assert len(failed.stderr.splitlines()) == 1
