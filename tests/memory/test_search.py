"""RAM search: what is left is what a patient reader of all memory would be left with."""

from __future__ import annotations

import json
import operator
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from observe import OpenCore
from real import PLAYS, Play

from pylibretro import Core, CoreBatch, Game, Joypad, Search
from pylibretro.memory.search import COMPARISONS, TYPES

COMPARE = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def digits_are_valid(core: Core, address: int, kind: str) -> bool:
    data = core.memory.read_bytes(address, int(kind[2])).tolist()
    if kind[1] == "d":
        return all(byte >> 4 < 10 and byte & 15 < 10 for byte in data)
    return kind[1] != "n" or all(byte < 10 for byte in data)


def everything(core: Core, kinds: tuple[str, ...]) -> dict[tuple[int, str], int]:
    """Every number of every kind in memory, read one by one."""
    return {
        (address, kind): core.memory.read(address, kind)
        for start, size in core.memory.regions
        for kind in kinds
        for address in range(start, start + size - int(kind[2]) + 1)
        if digits_are_valid(core, address, kind)
    }


def found(search: Search) -> set[tuple[int, str]]:
    return {(one.watch.address, one.watch.type) for one in search.candidates()}


@pytest.mark.parametrize("kinds", [TYPES[:10], TYPES[10:19], TYPES[19:]])
def test_what_is_left_is_what_fits(kinds: tuple[str, ...]) -> None:
    draw = np.random.default_rng(3)
    with Core("2048") as core:
        ram = core.memory.system_ram
        ram[:] = draw.choice([0, 1, 2, 9, 0x10, 0x99, 0xFF], len(ram))
        search = Search(core, kinds)
        before = everything(core, kinds)
        assert len(search) == sum(len(ram) - int(kind[2]) + 1 for kind in kinds)
        left = set(before)
        for comparison in COMPARISONS:
            for value in (0, 9, -1, 0x0909, 99):
                restarted = Search(core, kinds)
                count = restarted.keep(comparison, value)
                fitting = {
                    place for place, now in before.items() if COMPARE[comparison](now, value)
                }
                assert found(restarted) == fitting
                assert count == len(restarted) == len(fitting)
        for comparison, value in (("!=", 0), (">", 0), (">=", -2), ("==", 1)):
            where = draw.integers(0, len(ram), 3 * len(ram) // 4)
            ram[where] += draw.integers(0, 2, len(where)).astype(np.uint8)
            now = everything(core, kinds)
            left = {
                place
                for place in left
                if place in now and COMPARE[comparison](now[place] - before[place], value)
            }
            assert search.keep_change(comparison, value) == len(left)
            assert found(search) == left
            before = now


def test_a_look_is_what_changes_are_seen_against() -> None:
    with Core("2048") as core:
        search = Search(core, ["|u1"])
        core.memory.write(0x31, 5)
        search.look()
        core.memory.write(0x32, 5)
        assert search.keep_change("!=") == 1
        (candidate,) = search.candidates()
        assert (candidate.watch.address, candidate.value, candidate.previous) == (0x32, 5, 5)
        core.memory.write(0x32, 9)
        assert search.candidates()[0].value == 9
        assert search.candidates()[0].previous == 5
        assert search.keep_change("==", 4) == 1
        assert search.undo() == 1
        assert search.undo() >= 60
        search.restart()
        assert len(search) >= 60


def test_aligned_numbers_only() -> None:
    with Core("2048") as core:
        core.memory.write(0x31, 77, "<u2")
        core.memory.write(0x36, 77, "<u2")
        assert Search(core, ["<u2"]).keep("==", 77) == 2
        search = Search(core, ["<u2"], aligned=True)
        assert search.keep("==", 77) == 1
        assert search.candidates()[0].watch.address == 0x36


def test_a_place_has_to_fit_in_all_cores() -> None:
    with CoreBatch("2048", count=3) as batch:
        for number, core in enumerate(batch):
            core.memory.write(0x31, 5)
            core.memory.write(0x34 + number, 5)
        search = Search(batch, ["|u1"])
        assert search.keep("==", 5) >= 1
        assert {one.watch.address for one in search.candidates()} >= {0x31}
        assert not {one.watch.address for one in search.candidates()} & {0x34, 0x35, 0x36}


def test_the_score_of_2048_is_found_by_playing() -> None:
    with Core("2048") as core:
        core.run(60)
        core.run(1, [Joypad.START])
        core.run(30)
        search = Search(core)
        search.keep("==", 0)
        for button in [Joypad.LEFT, Joypad.DOWN, Joypad.RIGHT, Joypad.UP] * 12:
            core.run(1, [button])
            core.run(20)
            search.keep("==", core.memory.read(0x20, "<u4"))
        assert core.memory.read(0x20, "<u4") > 0
        assert (0x20, "<u4") in found(search)
        assert len(search) < 10


def test_wrong_use_is_said() -> None:
    with pytest.raises(ValueError, match="no core"):
        Search([])
    with Core("2048") as core:
        with pytest.raises(ValueError, match="u9"):
            Search(core, ["<u9"])
        with pytest.raises(ValueError, match="compares nothing"):
            Search(core).keep("=", 3)


@pytest.mark.parametrize(
    "play",
    [play for play in PLAYS if play.core_id.startswith("stable_retro:")],
    ids=lambda play: play.id,
)
def test_real_memory_is_searched_by_bus_address(play: Play, tmp_path: Path) -> None:
    with play.open(tmp_path) as core:
        core.run(30)
        if not core.memory.regions:
            pytest.skip("this core shows no memory")
        start, size = core.memory.regions[0]
        address = start + size // 2
        search = Search(core, ["|u1"])
        value = (core.memory.read(address) + 91) % 256
        core.memory.write(address, value)
        search.keep("==", value)
        search.keep_change("==", 0)
        assert (address, "|u1") in found(search)
        assert len(search) < sum(size for _, size in core.memory.regions)


def test_bytes_that_are_not_there_are_said(open_core: OpenCore) -> None:
    core = open_core("input")
    assert core.memory.regions == [(0, 1 << 16)]
    with pytest.raises(IndexError, match="maps no 20 bytes"):
        core.memory.read_bytes((1 << 16) - 10, 20)


def test_bytes_are_read_by_bus_address() -> None:
    with Core("2048") as core:
        regions = core.memory.regions
        assert regions == [(0, len(core.memory.system_ram))]
        core.memory.write(0x32, 0x01020304, ">u4")
        assert core.memory.read_bytes(0x32, 4).tolist() == [1, 2, 3, 4]
        assert (core.memory.read_bytes(*regions[0]) == core.memory.system_ram).all()
        assert core.memory.read_bytes(0, 0).shape == (0,)
        with pytest.raises(ValueError, match="size"):
            core.memory.read_bytes(0, -1)


SCRIPT = """
run 60
press START 1
run 30          # the board is there
restart <u4,>u4,<u2
is 0
press LEFT 1
run 20
save first
{moves}
list 5
name score {number}
names
reward delta(score)
done score > 100
export {file}
"""


def test_a_session_ends_in_a_game_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Core("2048") as core:
        core.run(60)
        core.run(1, [Joypad.START])
        core.run(30)
        core.run(1, [Joypad.LEFT])
        core.run(20)
        moves = []
        for button in ("DOWN", "RIGHT", "UP", "LEFT") * 6:
            core.run(1, [int(Joypad[button])])
            core.run(20)
            moves += [f"press {button} 1", "run 20", f"is {core.memory.read(0x20, '<u4')}"]
    file = tmp_path / "found.toml"
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path / "data"))
    script = SCRIPT.format(moves="\n".join(moves), number=0, file=file)
    command = [sys.executable, "-m", "pylibretro", "search", "2048"]
    ended = subprocess.run(command, input=script, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "0x00000020  <u4" in ended.stdout
    assert "score = " in ended.stdout
    game = Game.load(file)
    assert game.watches["score"].address == 0x20
    assert game.reward == "delta(score)"
    assert game.start == "first"
    assert game.actions == (
        ((), ("UP",), ("DOWN",)),
        ((), ("LEFT",), ("RIGHT",)),
        ((), ("B",), ("A",)),
    )
    assert 'gymnasium.make("pylibretro/found-v0") plays it' in ended.stdout
    with game.open() as core:
        assert core.memory.read(0x20, "<u4") == 0
    ended = subprocess.run(
        [*command, "--json", "--types", "|u1"],
        input="run 2\nis 3\nundo\nrestart <u2\n",
        capture_output=True,
        text=True,
        check=True,
    )
    said = json.loads(ended.stdout)
    assert said["count"] >= 60
    assert said["candidates"][0]["type"] == "<u2"


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("rn 3", "did you mean run"),
        ("is x", "'x' is no whole number"),
        ("press JUMP", "no button 'JUMP'"),
        ("load a", "no state was saved"),
        ("name a", "say the number"),
        ("reward score +", "a rule is"),
        ("forget a", "nothing is called"),
        ("save", "takes one word"),
        ('"', "No closing quotation"),
    ],
)
def test_a_session_says_what_is_wrong(line: str, message: str) -> None:
    command = [sys.executable, "-m", "pylibretro", "search", "2048"]
    ended = subprocess.run(command, input=line + "\n", capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert message in ended.stderr
    assert len(ended.stderr.splitlines()) == 1
