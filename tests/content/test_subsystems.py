"""Subsystems: several contents loaded at once, with memories of their own."""

from __future__ import annotations

import logging
import os
import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import BuildCore, OpenCore, notes
from real import CORES
from rom_images import ROM_IMAGES

from pylibretro import (
    ContentError,
    ContentNotFoundError,
    Core,
    CoreBatch,
    CoreSpec,
    StateError,
    Subsystem,
)

# RETRO_DEVICE_SUBCLASS(base, id): what libretro makes numbers of memories of a subsystem with.
FIRST_SAVE, SECOND_SAVE, SECOND_CLOCK = 0x100, 0x200, 0x301


@pytest.fixture
def games(tmp_path: Path) -> tuple[Path, Path]:
    directory = tmp_path / "games"
    directory.mkdir()
    first, second = directory / "One.v1.bin", directory / "Two.ROM"
    first.write_bytes(b"first game")
    second.write_bytes(b"the second game")
    return first, second


@pytest.mark.environment("SET_SUBSYSTEM_INFO", "`core.subsystems`, loaded with `subsystem=`")
def test_what_is_declared(open_core: OpenCore) -> None:
    core = open_core("subsystem")
    two, one, last = core.subsystems
    assert core.memory.system_ram[4] == 1
    assert (two.identifier, two.description, two.id) == ("two", "Two games", 0x101)
    first, second = two.roms
    assert (first.description, first.extensions, first.required) == ("First game", ("bin",), True)
    assert second.extensions == ("bin", "rom")
    assert (second.need_fullpath, second.required) == (True, False)
    assert [memory.extension for memory in second.memories] == ["srm", "rtc"]
    assert [memory.type for rom in two.roms for memory in rom.memories] == [
        FIRST_SAVE,
        SECOND_SAVE,
        SECOND_CLOCK,
    ]
    assert (one.identifier, len(one.roms), one.roms[0].block_extract) == ("one", 1, True)
    assert [rom.required for rom in last.roms] == [False, False, True]


@pytest.mark.environment("GET_GAME_INFO_EXT", "one for each content of a subsystem")
def test_two_games_at_once(open_core: OpenCore, games: tuple[Path, Path]) -> None:
    core = open_core("subsystem", games, subsystem="two")
    assert notes(core) == [
        "type=101 count=2",
        "0 path=One.v1.bin size=10 has_data=1",
        "1 path=Two.ROM size=0 has_data=0",  # it needs a full path
        "0 name=One.v1 ext=bin size=10 path=1 archive=(null)",
        "1 name=Two ext=rom size=0 path=1 archive=(null)",
    ]
    assert core.run(3) == 3
    assert "One.v1.bin" in repr(core)


@pytest.mark.parametrize(
    "form",
    [
        lambda first, second: [str(first), second],
        lambda first, second: {1: second, 0: first},
        lambda first, second: {"Second game": second, "First game": first},
        lambda first, second: {"Second game": second, 0: first},
        lambda first, second: (first, second.read_bytes()),
    ],
    ids=["list", "numbers", "descriptions", "both", "bytes"],
)
def test_forms_of_contents(open_core: OpenCore, games: tuple[Path, Path], form: Any) -> None:
    core = open_core("subsystem", form(*games), subsystem=open_core("subsystem").subsystems[0])
    assert notes(core)[1].startswith("0 path=One.v1.bin size=10")
    assert notes(core)[2].startswith("1 path=")


def test_names_for_contents_given_as_bytes(open_core: OpenCore) -> None:
    names = ["My game.bin", "other.rom"]
    core = open_core("subsystem", [b"first", b"second"], subsystem="two", content_name=names)
    assert notes(core)[1:3] == [
        "0 path=My game.bin size=5 has_data=1",
        "1 path=other.rom size=0 has_data=0",
    ]
    with pytest.raises(ContentError, match="1 names for 2 contents"):
        open_core("subsystem", [b"1", b"2"], subsystem="two", content_name=["one.bin"])


@pytest.mark.parametrize(
    "contents", [["first"], ["first", None], {0: "first"}, {1: None, 0: "first"}]
)
def test_what_is_not_required_may_be_left_out(
    open_core: OpenCore, games: tuple[Path, Path], contents: Any
) -> None:
    if isinstance(contents, Mapping):
        given: Any = {key: value and games[0] for key, value in contents.items()}
    else:
        given = [value and games[0] for value in contents]
    core = open_core("subsystem", given, subsystem="two")
    assert notes(core)[0] == "type=101 count=1"


def test_a_hole_before_what_is_required(open_core: OpenCore) -> None:
    names = [None, "more.bin", "base.sys"]
    core = open_core("subsystem", [None, b"m", b"bb"], subsystem="last", content_name=names)
    assert notes(core) == [
        "type=103 count=3",
        "0 path=(null) size=0 has_data=0",
        "1 path=more.bin size=1 has_data=1",
        "2 path=base.sys size=2 has_data=1",
        "0 name=(null) ext=(null) size=0 path=1 archive=(null)",
        "1 name=more ext=bin size=1 path=1 archive=(null)",
        "2 name=base ext=sys size=2 path=1 archive=(null)",
    ]


def test_a_single_content_needs_no_list(open_core: OpenCore, games: tuple[Path, Path]) -> None:
    for content in (games[0], str(games[0]), b"first game", [games[0]]):
        assert notes(open_core("subsystem", content, subsystem="one"))[0] == "type=102 count=1"


def test_members_of_a_zip_as_each_rom_wants_them(
    open_core: OpenCore, games: tuple[Path, Path], tmp_path: Path
) -> None:
    archive = tmp_path / "pack.zip"
    with zipfile.ZipFile(archive, "w") as pack:
        for game in games:
            pack.write(game, f"in/{game.name}")
    core = open_core("subsystem", [archive, f"{archive}#in/Two.ROM"], subsystem="two")
    assert notes(core)[1:] == [
        "0 path=One.v1.bin size=10 has_data=1",
        "1 path=Two.ROM size=0 has_data=0",
        "0 name=pack ext=bin size=10 path=1 archive=in/One.v1.bin",
        "1 name=Two ext=rom size=0 path=1 archive=(null)",
    ]
    core = open_core("subsystem", archive, subsystem="one")
    assert notes(core)[1] == f"0 path=pack.zip size={archive.stat().st_size} has_data=1"


def test_contents_stay_until_the_core_has_ended(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pylibretro")
    contents = [b"\1" * 300_000, b"more", b"base"]
    open_core("subsystem", contents, subsystem="last").close()
    assert "3 of 3 contents intact" in caplog.text


def test_loading_later(build_core: BuildCore, games: tuple[Path, Path]) -> None:
    with Core(build_core("subsystem", "-DSUBSYSTEM_NO_GAME=0")) as core:
        core.load_game(games, subsystem="two")
        assert core.run(2) == 2
    with (
        Core(build_core("subsystem", "-DSUBSYSTEM_NO_GAME=0")) as core,
        pytest.raises(ContentError, match="no subsystem 'three'"),
    ):
        core.load_game(games, subsystem="three")
    with pytest.raises(ContentError, match="no content yet"):
        Core(build_core("subsystem", "-DSUBSYSTEM_NO_GAME=0"), subsystem="two")


# ---- what cannot be


@pytest.mark.parametrize(
    ("contents", "subsystem", "message"),
    [
        ([b"a"], "three", r"no subsystem 'three'; it has 'two' \(Two games\), 'one' "),
        ([], "two", "nothing is given for number 0, First game"),
        ([None, b"a"], "two", "nothing is given for number 0, First game"),
        ([b"a", b"b", b"c"], "two", r"takes 2 contents .*but 3 were given"),
        ({2: b"a"}, "two", "2 is none of them"),
        ({"Third game": b"a"}, "two", "'Third game' is none of them"),
        ({0: b"a", "First game": b"b"}, "two", "'First game' is given twice"),
        ([b"a", b"b"], "last", "nothing is given for number 2, Base"),
        (None, "two", r"takes 2 contents \(First game, Second game, if wanted\)"),
        (b"a", "two", "give a list"),
        ("a.bin", "two", "give a list"),
        ([b"a", ""], "two", "path is empty"),
        ([b"refuse this", b"b"], "two", r"refused content.bin, content.bin as subsystem 'two'"),
    ],
)
def test_contents_that_cannot_be(
    open_core: OpenCore, contents: Any, subsystem: str, message: str
) -> None:
    with pytest.raises((ContentError, TypeError), match=message):
        open_core("subsystem", contents, subsystem=subsystem)


def test_the_wrong_order_is_told(open_core: OpenCore, games: tuple[Path, Path]) -> None:
    with pytest.raises(ContentError, match=r"Two\.ROM.* First game .*place 1, Second game"):
        open_core("subsystem", [games[1], games[0]], subsystem="two")
    odd = games[0].with_suffix(".odd")
    odd.write_bytes(b"what the name says may be wrong")
    assert open_core("subsystem", [odd], subsystem="two").run() == 1


def test_content_that_is_missing(open_core: OpenCore, games: tuple[Path, Path]) -> None:
    with pytest.raises(ContentNotFoundError, match=r"missing\.bin"):
        open_core("subsystem", [games[0], "missing.bin"], subsystem="two")


@pytest.mark.parametrize("wrong", [7, b"two", ["two"]])
def test_subsystems_are_named(open_core: OpenCore, wrong: Any) -> None:
    with pytest.raises(TypeError, match="identifier"):
        open_core("subsystem", [b"a"], subsystem=wrong)


def test_a_core_without_subsystems(open_core: OpenCore) -> None:
    with pytest.raises(ContentError, match="it has none"):
        open_core("plain", [b"a"], subsystem="two")
    with pytest.raises(TypeError, match=r"list.*subsystem="):
        open_core("plain", [b"a"])


# ---- memories


def test_memories_of_a_subsystem(open_core: OpenCore, games: tuple[Path, Path]) -> None:
    core = open_core("subsystem", games, subsystem="two")
    core.run(5)
    sizes = {FIRST_SAVE: 16, SECOND_SAVE: 32, SECOND_CLOCK: 8}
    for kind, size in sizes.items():
        memory = core.memory.view(kind)
        assert memory.shape == (size,)
        assert memory[0] == 5
        memory[1] = kind >> 8
        assert core.memory.view(kind)[1] == kind >> 8
    assert core.memory.view(2).shape == core.memory.system_ram.shape
    assert core.memory.view(0x777).shape == (0,)
    for wrong in (-1, 1 << 32):
        with pytest.raises(ValueError, match="no memory"):
            core.memory.view(wrong)


def test_memories_are_kept_in_files(
    open_core: OpenCore, games: tuple[Path, Path], tmp_path: Path
) -> None:
    saves = tmp_path / "saves"
    core = open_core("subsystem", games, subsystem="two", save_dir=saves)
    core.run(7)
    core.memory.view(SECOND_SAVE)[31] = 99
    core.flush_save_ram()
    assert sorted(os.listdir(saves)) == ["One.v1.srm", "Two.rtc", "Two.srm"]
    core.run()
    core.close()
    assert [(saves / name).read_bytes()[0] for name in sorted(os.listdir(saves))] == [8, 8, 8]
    assert (saves / "Two.srm").read_bytes() == bytes([8, *[0] * 30, 99])
    again = open_core("subsystem", games, subsystem="two", save_dir=saves)
    assert again.memory.view(SECOND_SAVE)[31] == 99
    assert again.memory.view(SECOND_CLOCK)[0] == 8


def test_the_same_game_twice_has_two_files(open_core: OpenCore, tmp_path: Path) -> None:
    (tmp_path / "game.bin").write_bytes(b"game")
    contents = [tmp_path / "game.bin"] * 2
    core = open_core("subsystem", contents, subsystem="two", save_dir=tmp_path / "saves")
    core.run()
    core.memory.view(FIRST_SAVE)[1] = 1
    core.memory.view(SECOND_SAVE)[1] = 2
    core.close()
    assert (tmp_path / "saves" / "game.srm").read_bytes()[1] == 1
    assert (tmp_path / "saves" / "game-2.srm").read_bytes()[1] == 2


def test_a_memory_of_content_that_is_left_out_has_no_file(
    open_core: OpenCore, games: tuple[Path, Path], tmp_path: Path
) -> None:
    core = open_core("subsystem", games[:1], subsystem="two", save_dir=tmp_path / "saves")
    core.run()
    core.close()
    assert os.listdir(tmp_path / "saves") == ["One.v1.srm"]


# ---- states and batches


def test_a_state_is_of_all_contents(open_core: OpenCore, games: tuple[Path, Path]) -> None:
    core = open_core("subsystem", games, subsystem="two")
    core.run(4)
    state = pickle.loads(pickle.dumps(core.snapshot()))
    twin = open_core("subsystem", [path.read_bytes() for path in games], subsystem="two")
    twin.restore(state)
    assert twin.frame_count == 4
    for others in ([games[0]], [games[0], b"another"], [b"another", games[1]]):
        with pytest.raises(StateError, match="other content"):
            open_core("subsystem", others, subsystem="two").restore(state)
    with pytest.raises(StateError, match="other content"):
        open_core("subsystem", games[0]).restore(state)


def test_subsystems_in_a_batch(build_core: BuildCore, games: tuple[Path, Path]) -> None:
    path = build_core("subsystem")
    with CoreBatch(path, games, count=2, subsystem="two") as batch:
        assert batch.run(3).tolist() == [3, 3]
        states = batch.save_states()
        batch.load_states(states[0])
    specs = [CoreSpec(path, games, subsystem="two"), CoreSpec(path, games[0])]
    with CoreBatch(specs) as batch:
        assert [notes(core)[0] for core in batch] == ["type=101 count=2", "load_game"]


# ---- real cores


def real_core(name: str) -> Path:
    for key, path in CORES.items():
        if key.endswith(f":{name}"):
            return path
    pytest.skip(f"{name} is not installed here")


def subsystem_of(core: Core, identifier: str) -> Subsystem:
    return next(found for found in core.subsystems if found.identifier == identifier)


def test_a_ds_with_a_game_in_each_slot(tmp_path: Path) -> None:
    """MelonDS reads the cartridge in its second slot through the address of a Game Boy Advance."""
    path = real_core("melonds")
    contents = [ROM_IMAGES["nintendo_ds"].build(), ROM_IMAGES["game_boy_advance"].build()]
    with Core(path, contents, subsystem="gba", save_dir=tmp_path) as core:
        core.run(30)
        two = core.frame
        (memory,) = subsystem_of(core, "gba").roms[1].memories
        assert core.memory.view(memory.type).size >= 0
        state = core.snapshot()
        core.run(10)
        core.restore(state)
    with Core(path, contents[0], content_name="game.nds") as core:
        core.run(30)
        np.testing.assert_array_equal(core.frame, two)


def test_a_cartridge_without_its_disk() -> None:
    """The core says that it needs neither, and refuses one without the other."""
    path = real_core("parallel_n64")
    contents = {"Cartridge": ROM_IMAGES["nintendo_64"].build()}
    with pytest.raises(ContentError, match=r"refused content\.n64 as subsystem 'n64_cart_disk'"):
        Core(path, contents, subsystem="n64_cart_disk")


@pytest.mark.parametrize("name", ["bsnes_mercury_performance", "bsnes_mercury_accuracy"])
def test_a_game_boy_in_a_super_nintendo(name: str, tmp_path: Path) -> None:
    """With a free game in the place of the Super Game Boy's own program."""
    path = real_core(name)
    contents = {
        "GameBoy": ROM_IMAGES["game_boy"].build(),
        "Super GameBoy BIOS": ROM_IMAGES["super_nintendo"].build(),
    }
    with Core(path, contents, subsystem="sgb", save_dir=tmp_path) as core:
        assert core.run(10) == 10
        assert core.frame is not None
