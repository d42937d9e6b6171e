"""Disk control: what a player does with disks, of both versions, and the disk of a state."""

from __future__ import annotations

import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from disc_image import write_disc
from observe import OpenCore, notes, present, words
from real import CORES

from pylibretro import (
    ClosedError,
    ContentError,
    ContentNotFoundError,
    Core,
    CoreBatch,
    CoreCrashedError,
    CoreSpec,
    Disk,
    DiskError,
    StateError,
)

REFUSES_EJECT, REFUSES_INDEX, REFUSES_REPLACE, REFUSES_ADD, FORGETS_INITIAL = range(1, 6)
EXTENDED, PLAIN = ("-DDISK_EXTENDED=1",), ("-DDISK_EXTENDED=0",)
WITHOUT_PLAYLISTS = ("-DDISK_TAKES_M3U=0",)
BOTH = pytest.mark.parametrize("flags", [EXTENDED, PLAIN], ids=["v1", "v0"])


@pytest.fixture
def core(open_core: OpenCore) -> Core:
    return open_core("disk", b"\0disk")


@pytest.fixture
def disk(core: Core) -> Disk:
    return present(core.disk)


def told(core: Core) -> list[str]:
    """What the core was asked to do since it was loaded."""
    lines = notes(core)
    return lines[next(i for i, line in enumerate(lines) if line.startswith("load")) + 1 :]


def files(directory: Path, *names: str) -> list[Path]:
    """Files of that name, which hold nothing but it and a 0 before it."""
    paths = [directory / name for name in names]
    for path in paths:
        path.write_bytes(b"\0" + path.name.encode())
    return paths


@pytest.mark.environment("GET_DISK_CONTROL_INTERFACE_VERSION")
@BOTH
def test_what_there_is(open_core: OpenCore, flags: tuple[str, ...]) -> None:
    core = open_core("disk", flags=flags)
    disk = present(core.disk)
    assert (disk.count, disk.index, disk.ejected) == (3, 0, False)
    assert words(core)[1:4] == [1, 1, 1], "the interface is taken, and there is version 1"
    assert core.name in repr(disk)
    labels = [disk.label(0), disk.path(0)]
    assert labels == (["Disk 1", "/disks/0.bin"] if flags is EXTENDED else [None, None])


def test_a_core_without_disks(open_core: OpenCore) -> None:
    assert open_core("plain").disk is None


def test_labels_and_paths(disk: Disk) -> None:
    assert [disk.path(i) for i in range(3)] == ["/disks/0.bin", "/disks/1.bin", None]
    assert disk.label(2) == "Disk 3"
    assert set(present(disk.label(1))) == {"x"}, "a label without an end is cut"


@pytest.mark.environment("SET_DISK_CONTROL_INTERFACE", "`core.disk`")
@pytest.mark.environment("SET_DISK_CONTROL_EXT_INTERFACE", "`core.disk`")
@BOTH
def test_swap(open_core: OpenCore, flags: tuple[str, ...]) -> None:
    core = open_core("disk", flags=flags)
    disk = present(core.disk)
    core.run()
    disk.swap(2)
    core.run()
    assert (disk.index, disk.ejected, words(core)[0]) == (2, False, 2)
    assert told(core) == ["eject 1", "index 2", "eject 0"]


def test_ejecting_takes_frames_if_a_game_wants_them(core: Core, disk: Disk) -> None:
    disk.ejected = True
    disk.ejected = True
    core.run(30)
    assert words(core)[0] == 99
    disk.index = 1
    core.run(30)
    assert (words(core)[0], disk.index, disk.ejected) == (99, 1, True)
    disk.ejected = False
    core.run()
    assert words(core)[0] == 1
    assert told(core) == ["eject 1", "index 1", "eject 0"], "open is not opened again"


def test_an_empty_drive(core: Core, disk: Disk) -> None:
    disk.swap(None)
    assert disk.index is None
    assert told(core)[1] == "index 3", "libretro's word for no disk is a number beyond the last"
    disk.ejected = True
    disk.index = 0
    disk.index = None
    assert disk.index is None


def test_other_content_in_a_place(core: Core, disk: Disk, tmp_path: Path) -> None:
    (path,) = files(tmp_path, "other.bin")
    disk.ejected = True
    disk.replace(1, path)
    disk.replace(2, b"1234567", content_name="in memory.bin")
    disk.replace(0, None)
    assert disk.count == 2
    assert told(core)[1:] == [
        "replace 1 other.bin 10",
        "replace 2 in memory.bin 7",
        "replace 0 (removed) 0",
    ]


def test_one_more_disk(core: Core, disk: Disk, tmp_path: Path) -> None:
    (path,) = files(tmp_path, "fourth.bin")
    disk.ejected = True
    assert disk.append(path) == 3
    assert disk.append(b"fifth") == 4
    assert disk.count == 5
    assert told(core)[1:] == ["add", "replace 3 fourth.bin 11", "add", "replace 4 content.m3u 5"]
    disk.index = 3
    disk.ejected = False
    core.run()
    assert words(core)[0] == 3


def test_contents_stay_until_the_core_has_ended(
    core: Core, disk: Disk, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pylibretro")
    disk.ejected = True
    for path in files(tmp_path, *[f"{number}.bin" for number in range(4)]):
        disk.append(path)
        path.unlink()
    disk.replace(0, bytes(range(256)) * 1000)
    disk.replace(1, None)
    core.close()
    assert "6 of 6 contents intact" in caplog.text


@pytest.mark.parametrize("wrong", [3, -1, 1 << 40])
def test_disks_that_there_are_not(core: Core, disk: Disk, wrong: int) -> None:
    disk.ejected = True
    uses: list[Callable[[], object]] = [
        lambda: disk.swap(wrong),
        lambda: setattr(disk, "index", wrong),
        lambda: disk.replace(wrong, b"content"),
        lambda: disk.label(wrong),
        lambda: disk.path(wrong),
    ]
    for use in uses:
        with pytest.raises(DiskError, match=f"no disk {wrong}; it has 3"):
            use()
    assert told(core) == ["eject 1"], "the core was not asked"
    with pytest.raises(TypeError):
        disk.swap("1")  # type: ignore[arg-type]


def test_a_closed_drive(core: Core, disk: Disk) -> None:
    for use in (
        lambda: setattr(disk, "index", 1),
        lambda: disk.replace(1, b"content"),
        lambda: disk.append(b"content"),
    ):
        with pytest.raises(DiskError, match="drive is closed"):
            use()
    assert told(core) == []


def test_content_that_is_missing(core: Core, disk: Disk) -> None:
    disk.ejected = True
    for missing in ("no such.bin", None):
        with pytest.raises(ContentError):
            disk.append(missing)  # type: ignore[arg-type]
    with pytest.raises(ContentNotFoundError):
        disk.replace(1, "no such.bin")
    assert told(core) == ["eject 1"]
    assert disk.count == 3


def test_a_core_may_refuse(open_core: OpenCore) -> None:
    disk = present(open_core("disk", bytes([REFUSES_EJECT])).disk)
    with pytest.raises(DiskError, match="refused to eject"):
        disk.swap(1)
    core = open_core("disk", bytes([REFUSES_INDEX]))
    disk = present(core.disk)
    with pytest.raises(DiskError, match="refused to take disk 1"):
        disk.swap(1)
    assert (disk.index, disk.ejected) == (0, False), "as before"
    core = open_core("disk", bytes([REFUSES_REPLACE]))
    disk = present(core.disk)
    disk.ejected = True
    with pytest.raises(DiskError, match=r"refused to take content.m3u as disk 1"):
        disk.replace(1, b"content")
    with pytest.raises(DiskError, match=r"refused to take content.m3u as disk 3"):
        disk.append(b"content")
    assert disk.count == 3, "the place for it is gone again"
    disk = present(open_core("disk", bytes([REFUSES_ADD])).disk)
    disk.ejected = True
    with pytest.raises(DiskError, match="refused to take another disk"):
        disk.append(b"content")


def test_after_close(core: Core, disk: Disk) -> None:
    core.close()
    uses: list[Any] = [
        lambda: disk.count,
        lambda: disk.index,
        lambda: disk.ejected,
        lambda: disk.swap(1),
        lambda: setattr(disk, "ejected", True),
        lambda: setattr(disk, "index", 0),
        lambda: disk.append(b"content"),
        lambda: disk.replace(0, None),
        lambda: disk.path(0),
        lambda: disk.label(0),
        lambda: core.disk,
    ]
    for use in uses:
        with pytest.raises(ClosedError):
            use()


# ---- playlists and the first disk


@pytest.fixture
def playlist(tmp_path: Path) -> Path:
    directory = tmp_path / "disks"
    directory.mkdir()
    names = ("first.bin", "second ä.bin", "third|x.bin")
    names = names if os.name != "nt" else (*names[:2], "third.bin")
    files(directory, *names)
    path = tmp_path / "game.m3u"
    lines = [
        f"disks/{names[0]}",
        f"  disks/{names[1]}|Side B  ",
        "",
        "#EXTM3U",
        f"disks/{names[2]}",
    ]
    path.write_text("\ufeff" + "\r\n".join(lines), encoding="utf-8")
    return path


def test_a_playlist_goes_to_a_core_that_takes_it(open_core: OpenCore, playlist: Path) -> None:
    core = open_core("disk", playlist)
    assert notes(core)[0] == "load game.m3u"


@pytest.mark.environment("SET_DISK_CONTROL_EXT_INTERFACE", "`initial_disk=`")
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_first_disk(open_core: OpenCore, playlist: Path, number: int) -> None:
    core = open_core("disk", playlist, initial_disk=number)
    names = ["first.bin", "second ä.bin", "third|x.bin" if os.name != "nt" else "third.bin"]
    assert notes(core) == [f"initial {number} {names[number]}", "load game.m3u"], "before the load"
    core.run()
    assert words(core)[0] == number


def test_the_first_disk_with_its_path(open_core: OpenCore, tmp_path: Path) -> None:
    core = open_core("disk", b"content", initial_disk=(2, tmp_path / "somewhere.bin"))
    assert notes(core)[0] == "initial 2 somewhere.bin"


def test_first_disks_that_cannot_be(open_core: OpenCore, playlist: Path) -> None:
    for wishes, words_of_it in (
        ({"initial_disk": 3}, "lists 3 disks"),
        ({"initial_disk": (8, "a.bin")}, "refused to begin with disk 8"),
        ({"initial_disk": 1, "flags": PLAIN}, r"disk.swap\(1\)"),
    ):
        with pytest.raises(ContentError, match=words_of_it):
            open_core("disk", playlist, **wishes)
    with pytest.raises(ContentError, match=r"no \.m3u playlist"):
        open_core("disk", b"content", content_name="a.bin", initial_disk=1)
    with pytest.raises(ContentError, match="began with disk 0 instead of 2"):
        open_core("disk", bytes([FORGETS_INITIAL]), initial_disk=(2, "a.bin"))
    with pytest.raises(ContentError, match="cannot change disks"):
        open_core("plain", b"content", initial_disk=0)
    with pytest.raises(ContentError, match="content is None"):
        open_core("disk", initial_disk=0)
    for wrong, error in ((-1, ValueError), ("1", TypeError), ((1, 2, 3), TypeError)):
        with pytest.raises(error):
            open_core("disk", b"content", initial_disk=wrong)


@pytest.mark.parametrize("number", [None, 0, 2])
def test_a_playlist_is_taken_apart_for_a_core_that_only_changes_disks(
    open_core: OpenCore, playlist: Path, number: int | None
) -> None:
    core = open_core("disk", playlist, flags=WITHOUT_PLAYLISTS, initial_disk=number)
    third = "third|x.bin" if os.name != "nt" else "third.bin"
    assert notes(core) == [
        "load first.bin",
        "eject 1",
        "add",
        "replace 1 second ä.bin 14",
        "add",
        f"replace 2 {third} {len(third) + 1}",
        *([f"index {number}"] if number is not None else []),
        "eject 0",
    ]
    disk = present(core.disk)
    assert (disk.count, disk.index, disk.ejected) == (3, number or 0, False)
    assert core.frame_count == 0


def test_playlists_that_cannot_be(open_core: OpenCore, tmp_path: Path) -> None:
    playlist = tmp_path / "game.m3u"
    for text, words_of_it in (
        ("", "lists no files"),
        ("#nothing\n", "lists no files"),
        ("missing.bin", "no content at"),
    ):
        playlist.write_text(text)
        with pytest.raises(ContentError, match=words_of_it):
            open_core("disk", playlist, flags=WITHOUT_PLAYLISTS)
    files(tmp_path, "first.bin")
    playlist.write_text("first.bin\nmissing.bin\n")
    with pytest.raises(ContentNotFoundError, match=r"missing\.bin"):
        open_core("disk", playlist, flags=WITHOUT_PLAYLISTS)
    with pytest.raises(ContentError, match="no content at"):
        open_core("disk", tmp_path / "no.m3u", flags=WITHOUT_PLAYLISTS)


# ---- states


def test_a_state_tells_which_disk_was_in_the_drive(core: Core, disk: Disk) -> None:
    disk.swap(1)
    core.run(3)
    second = core.snapshot()
    disk.ejected = True
    opened = core.snapshot()
    disk.index = 2
    disk.ejected = False
    core.restore(second)
    assert (disk.index, disk.ejected) == (1, False)
    core.run()
    assert words(core)[0] == 1
    core.restore(pickle.loads(pickle.dumps(opened)))
    assert (disk.index, disk.ejected) == (1, True)
    core.restore(second)
    assert (disk.index, disk.ejected) == (1, False)


def test_a_state_with_the_disk_that_is_there_moves_nothing(core: Core) -> None:
    state = core.snapshot()
    core.run()
    core.restore(state)
    assert told(core) == []


def test_states_with_different_disks_differ(core: Core, disk: Disk) -> None:
    before = core.snapshot()
    disk.swap(1)
    assert core.snapshot() != before
    disk.swap(0)
    assert core.snapshot() == before


def test_a_state_with_a_disk_that_is_no_more(open_core: OpenCore) -> None:
    first, second = open_core("disk", b"\0disk"), open_core("disk", b"\0disk")
    disk = present(first.disk)
    disk.ejected = True
    disk.append(b"fourth")
    disk.append(b"fifth")
    disk.index = 4
    disk.ejected = False
    first.run(5)
    with pytest.raises(StateError, match="disk 4"):
        second.restore(first.snapshot())
    other = present(second.disk)
    assert (other.index, other.ejected, second.frame_count) == (0, False, 0)
    second.run()


def test_disks_of_a_batch(core: Core, playlist: Path) -> None:
    specs = [CoreSpec(core.path, playlist, initial_disk=number) for number in (0, 2)]
    with CoreBatch(specs) as batch:
        batch.run(1)
        assert [words(batch[i])[0] for i in range(2)] == [0, 2]
        states = batch.save_states()
        batch.load_states(states, [1, 0])
        batch.run(1)
        assert [words(batch[i])[0] for i in range(2)] == [2, 0]


# ---- a real core


@pytest.fixture(scope="module")
def playstation_discs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A playlist of three discs, and beside it a directory of firmware that does nothing."""
    directory = tmp_path_factory.mktemp("discs")
    program = {"SYSTEM.CNF": b"BOOT = cdrom:\\TEST_000.01;1\r\n", "TEST_000.01": b"PS-X EXE" * 400}
    sheets = [
        write_disc(directory / f"disc {number}.bin", {**program, "NUMBER": bytes([number])})
        for number in (1, 2, 3)
    ]
    (directory / "game.m3u").write_text("\n".join(sheet.name for sheet in sheets))
    (directory / "firmware").mkdir()
    for region in ("scph5500", "scph5501", "scph5502"):
        (directory / "firmware" / f"{region}.bin").write_bytes(bytes(512 << 10))
    return directory


def playstation() -> Path:
    path = CORES.get("distribution:mednafen_psx")
    return path if path is not None else pytest.skip("mednafen_psx is not installed here")


def test_discs_of_a_playstation(playstation_discs: Path) -> None:
    with Core(
        playstation(), playstation_discs / "game.m3u", system_dir=playstation_discs / "firmware"
    ) as core:
        disk = present(core.disk)
        assert (disk.count, disk.index, disk.ejected) == (3, 0, False)
        core.run(3)
        disk.swap(2)
        core.run(3)
        third = core.snapshot()
        disk.swap(1)
        assert (disk.index, disk.ejected) == (1, False)
        core.restore(third)
        assert (disk.index, disk.ejected) == (2, False)
        core.run(3)
        disk.ejected = True
        assert disk.append(playstation_discs / "disc 1.cue") == 3
        disk.index = 3
        disk.ejected = False
        assert (disk.count, disk.index) == (4, 3)
        assert core.run(3) == 3


def test_a_playstation_without_firmware(playstation_discs: Path) -> None:
    """The core throws, which ends nothing but the core."""
    with pytest.raises(CoreCrashedError, match="MDFN_Error"):
        Core(playstation(), playstation_discs / "game.m3u")
