"""Memory: live views that never dangle, and bus addresses through the core's map."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import OpenCore, notes, present

from pylibretro import Core, MemoryFlag
from pylibretro.error import AddressError, ClosedError

EACH_FRAME, AT_RESET, AT_UNSERIALIZE, VANISHES, DOUBLES = 1, 2, 4, 8, 16


def test_system_ram_is_live_in_both_directions(open_core: OpenCore) -> None:
    core = open_core("plain")
    ram = core.memory.system_ram
    assert ram.dtype == np.uint8
    assert ram.flags.writeable
    core.run(3)
    assert ram[0] == 3
    ram[100] = 77
    assert core.memory.system_ram[100] == 77
    state = core.save_state()
    assert state[100] == 77


def test_memory_that_a_core_does_not_have_is_empty(open_core: OpenCore) -> None:
    core = open_core("plain")
    for view in (core.memory.save_ram, core.memory.rtc):
        assert view.shape == (0,)
        assert view.dtype == np.uint8


def test_a_pointer_with_size_zero_is_no_memory(open_core: OpenCore) -> None:
    core = open_core("memory")
    assert core.memory.rtc.shape == (0,)


def test_a_size_without_a_pointer_is_no_memory(open_core: OpenCore) -> None:
    core = open_core("memory", bytes([0, 1]))
    assert core.memory.save_ram.shape == (0,)


@pytest.mark.parametrize("mode", [EACH_FRAME, AT_RESET, AT_UNSERIALIZE, DOUBLES])
def test_memory_that_moves_is_found_again(open_core: OpenCore, mode: int) -> None:
    core = open_core("memory", bytes([mode]))
    core.run(2)
    core.memory.system_ram[7] = 99
    state = core.save_state()
    core.run(2)
    assert core.memory.system_ram[0] == 4
    if mode != DOUBLES:
        core.load_state(state)
        core.reset()
    ram = core.memory.system_ram
    assert len(ram) == (512 if mode == DOUBLES else 256)
    assert ram[7] == 99
    core.run()
    assert core.memory.system_ram[0] == (5 if mode == DOUBLES else core.frame_count)


def test_memory_may_vanish(open_core: OpenCore) -> None:
    core = open_core("memory", bytes([VANISHES]))
    core.run(4)
    assert core.memory.system_ram[0] == 4
    core.run()
    assert core.memory.system_ram.shape == (0,)


def test_views_outlive_the_core(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(5)
    ram = core.memory.system_ram
    core.close()
    del core
    gc.collect()
    assert ram[0] == 5
    ram[1] = 3
    assert ram[1] == 3


def test_memory_of_a_closed_core_raises(open_core: OpenCore) -> None:
    core = open_core("plain")
    memory = core.memory
    core.close()
    for use in (
        lambda: memory.system_ram,
        lambda: memory.map,
        lambda: memory.read(0),
        lambda: memory.write(0, 0),
    ):
        with pytest.raises(ClosedError):
            use()


@pytest.fixture
def mapped(open_core: OpenCore) -> Core:
    return open_core("memory_map")


@pytest.mark.environment(
    "SET_MEMORY_MAPS", "`core.memory.map`, `read` and `write` by RetroArch's rules"
)
@pytest.mark.parametrize(
    ("address", "value"),
    [
        (0x000001, 0x01),
        (0x0000FF, 0xFF),
        (0x001FFE, 0xFE),
        (0x002001, 0x01),  # the first mirror
        (0x01E0AB, 0xAB),  # the last mirror
        (0x200001, 0x03),
        (0x207FFF, 3 * 0x7FFF & 255),
        (0x208001, 0x03),  # bit 15 is not connected
        (0x210001, 3 * 0x8001 & 255),
        (0x7E0003, 0x0F),
        (0x7EFFFF, 5 * 0xFFFF & 255),  # a length worked out from select
        (0xC00001, 0x0B),  # the second bank
        (0xC00FFF, 11 * 0xFFF & 255),
        (0xE00002, 0x1A),
    ],
)
def test_addresses_go_through_the_map(mapped: Core, address: int, value: Any) -> None:
    assert mapped.memory.read(address) == value


@pytest.mark.parametrize("address", [0xA00000, 0xA00FFF, 0x100000, 0x300000, 0xC01000, 0xFFFFFFFF])
def test_addresses_that_are_not_mapped(mapped: Core, address: int) -> None:
    with pytest.raises(AddressError, match=f"{address:#x}"):
        mapped.memory.read(address)
    with pytest.raises(IndexError):
        mapped.memory.write(address, 1)


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("|u1", 0x0B),
        ("|i1", 0x0B),
        ("<u2", 0x160B),
        (">u2", 0x0B16),
        (">u4", 0x0B16212C),
        ("<u3", 0x21160B),
        (">i8", 0x0B16212C37424D58),
        (np.dtype("<u4"), 0x2C21160B),
        ("<f4", np.array([0x2C21160B], np.uint32).view(np.float32)[0]),
        (">n2", 0xB % 10 * 10 + 0x6),
        ("|d1", 0 * 10 + 0xB % 10),
    ],
    ids=str,
)
def test_types(mapped: Core, type: Any, value: Any) -> None:
    assert mapped.memory.read(0xC00001, type) == value


@pytest.mark.parametrize(
    ("type", "value", "stored"),
    [
        ("|u1", 255, "ff"),
        ("|i1", -1, "ff"),
        ("<u2", 0x1234, "3412"),
        (">i4", -2, "fffffffe"),
        ("<u4", 0xFEDCBA98, "98badcfe"),
        (">u8", 0xFEDCBA9876543210, "fedcba9876543210"),
        ("<i8", -(2**63), "0000000000000080"),
        (">u3", 0xABCDEF, "abcdef"),
        ("<u5", 2**40 - 1, "ffffffffff"),
        ("<f8", 1.0, "000000000000f03f"),
        (">d2", 1234, "1234"),
        ("<d2", 1234, "3412"),
        (">n3", 123, "010203"),
    ],
)
def test_writing(mapped: Core, type: Any, value: Any, stored: str) -> None:
    mapped.memory.write(0x7E0100, value, type)
    size = len(stored) // 2
    assert bytes(mapped.memory.read(0x7E0100 + i) for i in range(size)).hex() == stored
    assert mapped.memory.read(0x7E0100, type) == value


def test_writes_show_in_every_mirror_and_in_the_next_frame(mapped: Core) -> None:
    mapped.memory.write(0x0003, 123)
    assert mapped.memory.read(0x4003) == 123
    mapped.run(9)
    assert mapped.memory.read(0x0000) == 9
    assert mapped.memory.read(0x1E000) == 9


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("|u1", 256),
        ("|u1", -1),
        ("|i1", 128),
        (">d1", 100),
        ("|n1", 10),
        ("<u4", 2**32),
        ("<i4", 2**31),
        ("<i4", -(2**31) - 1),
        ("<u8", 2**64),
        ("<i8", 2**63),
    ],
)
def test_a_value_that_does_not_fit(mapped: Core, type: Any, value: Any) -> None:
    with pytest.raises(OverflowError, match=str(value)):
        mapped.memory.write(0x10, value, type)


@pytest.mark.parametrize("type", ["", "u", "<u9", "<x4", "<f3", "u16", None, 7])
def test_a_type_that_means_nothing(mapped: Core, type: Any) -> None:
    with pytest.raises((ValueError, TypeError)):
        mapped.memory.read(0x10, type)


@pytest.mark.environment("SET_MEMORY_MAPS")
def test_the_map_is_a_copy_of_the_cores(mapped: Core) -> None:
    entries = mapped.memory.map
    assert [entry.start for entry in entries] == [
        0x000000,
        0x200000,
        0x7E0000,
        0x000000,
        0xA00000,
        0xE00000,
        0xC00000,
    ]
    assert [entry.address_space for entry in entries][:2] == ["work", "rom"]
    assert entries[0].flags == MemoryFlag.SYSTEM_RAM
    assert entries[1].flags == MemoryFlag.CONST
    assert entries[2].length == 0x10000
    assert [entry.mapped for entry in entries] == [True] * 4 + [False] + [True] * 2


@pytest.mark.environment("SET_MEMORY_MAPS")
def test_a_map_sent_again_replaces_the_first(open_core: OpenCore) -> None:
    core = open_core("memory_map", bytes([1]))
    core.run()
    assert core.memory.read(0xC00001) == 11
    core.reset()
    assert len(core.memory.map) == 6
    with pytest.raises(AddressError):
        core.memory.read(0xC00001)


def test_without_a_map_addresses_are_those_of_system_ram(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(0x12)
    assert core.memory.read(0) == 0x12
    core.memory.write(4, 0xBEEF, "<u2")
    assert core.memory.system_ram[4:6].tolist() == [0xEF, 0xBE]
    with pytest.raises(AddressError):
        core.memory.read(len(core.memory.system_ram))
    with pytest.raises(AddressError):
        core.memory.read(len(core.memory.system_ram) - 1, "<u2")


def test_watches_are_read_after_each_frame(open_core: OpenCore) -> None:
    core = open_core("plain")
    captured = core.capture(6, every=2, watch={"frame": (0, "<u4"), "half": (0, "<u2")})
    assert present(captured.watch).tolist() == [[2, 2], [4, 4], [6, 6]]


@pytest.mark.parametrize("mode", [EACH_FRAME, DOUBLES])
def test_watches_follow_memory_that_moves(open_core: OpenCore, mode: int) -> None:
    core = open_core("memory", bytes([mode]))
    captured = core.capture(6, watch=[(0, "|u1")])
    assert present(captured.watch)[:, 0].tolist() == [1, 2, 3, 4, 5, 6]


def test_watched_memory_may_vanish(open_core: OpenCore) -> None:
    core = open_core("memory", bytes([VANISHES]))
    with pytest.raises(AddressError):
        core.capture(10, watch=[(0, "|u1")])
    assert core.run() == 1


def test_a_wrong_watch_is_refused_before_a_frame_runs(open_core: OpenCore) -> None:
    core = open_core("plain")
    with pytest.raises(AddressError):
        core.capture(2, watch=[(1 << 20, "|u1")])
    with pytest.raises((TypeError, ValueError)):
        core.capture(2, watch=[0])  # type: ignore[list-item]
    assert core.frame_count == 0


def test_save_ram_is_kept_in_a_file(open_core: OpenCore, tmp_path: Path) -> None:
    game = tmp_path / "Some Game.bin"
    game.write_bytes(b"\0")
    saves = tmp_path / "saves"
    core = open_core("save_ram", game, save_dir=saves)
    core.run(10)
    core.close()
    file = saves / "Some Game.srm"
    data = file.read_bytes()
    assert (len(data), data[0], data[63]) == (64, 10, 0x5A)

    core = open_core("save_ram", game, save_dir=saves)
    core.run(2)
    assert notes(core) == ["first frame sees 10 90"], "save RAM is there before the first frame"
    core.flush_save_ram()
    assert file.read_bytes()[0] == 12
    core.run()
    core.close()
    assert file.read_bytes()[0] == 13


def test_save_ram_leaves_nothing_behind_unless_asked(open_core: OpenCore, tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    core = open_core("save_ram", game)
    core.run(3)
    core.close()
    assert [path.name for path in tmp_path.iterdir()] == ["game.bin"]


def test_save_ram_that_comes_into_being_later_is_written(
    open_core: OpenCore, tmp_path: Path
) -> None:
    game = tmp_path / "late.bin"
    game.write_bytes(b"\1")
    core = open_core("save_ram", game, save_dir=tmp_path)
    core.run(5)
    core.close()
    assert (tmp_path / "late.srm").read_bytes()[0] == 5


@pytest.mark.parametrize("size", [0, 32, 128])
def test_a_save_file_of_another_size_does_no_harm(
    open_core: OpenCore, tmp_path: Path, size: int
) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    (tmp_path / "game.srm").write_bytes(b"\x11" * size)
    core = open_core("save_ram", game, save_dir=tmp_path)
    core.run()
    assert len(core.memory.save_ram) == 64


def test_the_clock_of_a_cartridge_is_kept(open_core: OpenCore, tmp_path: Path) -> None:
    wishes = {"content_name": "game.bin", "save_dir": tmp_path}
    core = open_core("save_ram", bytes([2]), **wishes)
    core.run(5)
    core.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["game.rtc", "game.srm"]
    assert (tmp_path / "game.rtc").read_bytes() == bytes([0] * 7 + [15])
    core = open_core("save_ram", bytes([2]), **wishes)
    assert core.memory.rtc.tolist() == [0] * 7 + [15]
    core.run()
    core.flush_save_ram()
    assert (tmp_path / "game.rtc").read_bytes()[7] == 18
