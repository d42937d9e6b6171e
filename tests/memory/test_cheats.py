"""Cheats: set, switched off and on, forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest
from observe import OpenCore, notes
from real import PLAYS, Play

from pylibretro import Cheat


def test_cheats_reach_the_core(open_core: OpenCore) -> None:
    core = open_core("cheats")
    core.set_cheat(3, "AB-CD")
    core.set_cheat(0, "ünïcode", enabled=False)
    assert notes(core) == ["set 3 1 AB-CD", "set 0 0 ünïcode"]
    assert core.cheats == {0: Cheat("ünïcode", False), 3: Cheat("AB-CD", True)}
    assert list(core.cheats) == [0, 3]
    core.reset_cheats()
    assert notes(core)[2:] == ["reset"]
    assert core.cheats == {}


def test_switching_gives_the_core_what_is_on(open_core: OpenCore) -> None:
    core = open_core("cheats")
    for number, code in ((7, "seven"), (2, "two"), (4, "four")):
        core.set_cheat(number, code)
    core.enable_cheat(4, False)
    assert notes(core)[3:] == ["reset", "set 0 1 two", "set 1 1 seven"]
    core.enable_cheat(4)
    assert notes(core)[6:] == ["reset", "set 0 1 two", "set 1 1 four", "set 2 1 seven"]
    assert core.cheats[4] == Cheat("four", True)


def test_a_list_that_is_changed_changes_nothing(open_core: OpenCore) -> None:
    core = open_core("cheats")
    core.set_cheat(0, "code")
    core.cheats.clear()
    assert core.cheats == {0: Cheat("code", True)}


def test_wrong_cheats(open_core: OpenCore) -> None:
    core = open_core("cheats")
    for code, error in ((3, TypeError), ("a\0b", ValueError), ("\ud800", ValueError)):
        with pytest.raises(error, match="code"):
            core.set_cheat(0, code)  # type: ignore[arg-type]
    for index in (-1, 1 << 31):
        with pytest.raises(ValueError, match="counted from 0"):
            core.set_cheat(index, "code")
    with pytest.raises(ValueError, match="no such cheat; there are none"):
        core.enable_cheat(0)
    core.set_cheat(5, "code")
    with pytest.raises(ValueError, match=r"there are \[5\]"):
        core.enable_cheat(4)
    assert notes(core) == ["set 5 1 code"]


# Codes that write 0x99 into RAM in every frame; most of these cores never look at `enabled`.
CODES = {
    ("snes9x", "super_nintendo"): ("7E010099", 0x7E0100),
    ("genesis_plus_gx", "mega_drive"): ("FF0100:0099", 0xFF0101),
    ("picodrive", "mega_drive"): ("FF0100:0099", 0xFF0101),
    ("nestopia", "nes"): ("0300:99", 0x300),
}


@pytest.mark.parametrize(
    "play", [p for p in PLAYS if (p.core_id.partition(":")[2], p.game) in CODES], ids=lambda p: p.id
)
def test_codes_of_real_cores(play: Play, tmp_path: Path) -> None:
    code, address = CODES[play.core_id.partition(":")[2], play.game]
    with play.open(tmp_path) as core:
        core.run(3)
        core.set_cheat(0, code)
        core.run(2)
        assert core.memory.read(address) == 0x99
        for _ in range(2):
            core.enable_cheat(0, False)
            core.memory.write(address, 0)
            core.run(2)
            assert core.memory.read(address) == 0
            core.enable_cheat(0)
            core.run(2)
            assert core.memory.read(address) == 0x99
