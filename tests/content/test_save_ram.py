"""Files of save RAM: what is read, what is never overwritten, and how they are written."""

from __future__ import annotations

import os
import stat
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pylibretro import Core, CoreBatch, CoreCrashedError, LibretroError, SaveRAMError
from pylibretro.content.save_ram import SaveRAMFile

OpenCore = Callable[..., Core]
SIZE = 64


def rzip(contents: bytes, chunk_size: int = 131072) -> bytes:
    """An RZIP as RetroArch writes it."""
    data = b"#RZIPv\x01#" + struct.pack("<IQ", chunk_size, len(contents))
    for start in range(0, len(contents), chunk_size):
        part = zlib.compress(contents[start : start + chunk_size], 6)
        data += struct.pack("<I", len(part)) + part
    return data


def unpack(data: bytes) -> bytes:
    """What an RZIP holds, by another way than the library's."""
    chunk_size, size = struct.unpack_from("<IQ", data, 8)
    position, unpacked = 20, b""
    while position < len(data):
        (length,) = struct.unpack_from("<I", data, position)
        unpacked += zlib.decompress(data[position + 4 : position + 4 + length])
        position += 4 + length
    assert len(unpacked) == size
    assert chunk_size
    return unpacked


@pytest.fixture
def opened(open_core: OpenCore, tmp_path: Path) -> Callable[[], Core]:
    """Opens the core of 64 bytes of save RAM that counts its frames in the first."""
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    return lambda: open_core("save_ram", game, save_dir=tmp_path)


@pytest.mark.parametrize("chunk_size", [131072, 64, 16, 7])
def test_an_rzip_is_read_and_written_as_one(
    opened: Callable[[], Core], tmp_path: Path, chunk_size: int
) -> None:
    file = tmp_path / "game.srm"
    file.write_bytes(rzip(bytes(range(100, 164)), chunk_size))
    core = opened()
    assert core.memory.save_ram.tolist() == list(range(100, 164))
    core.run(3)
    core.close()
    written = file.read_bytes()
    assert written[:12] == b"#RZIPv\x01#" + struct.pack("<I", chunk_size)
    assert unpack(written) == bytes([103, *range(101, 163), 0x5A])
    with opened() as core:
        assert core.memory.save_ram[0] == 103


@pytest.mark.parametrize("pack", [bytes, rzip], ids=["plain", "rzip"])
def test_half_a_file_is_the_first_half(
    opened: Callable[[], Core], tmp_path: Path, pack: Any
) -> None:
    file = tmp_path / "game.srm"
    file.write_bytes(pack(bytes([7] * 32)))
    core = opened()
    assert core.memory.save_ram.tolist() == [7] * 32 + [0] * 32
    core.run(2)
    core.close()
    data = file.read_bytes()
    assert (unpack(data) if pack is rzip else data) == bytes([9] + [7] * 31 + [0] * 31 + [0x5A])


@pytest.mark.parametrize("pack", [bytes, rzip], ids=["plain", "rzip"])
def test_what_a_double_file_has_beyond_the_memory_stays(
    opened: Callable[[], Core], tmp_path: Path, pack: Any
) -> None:
    file = tmp_path / "game.srm"
    file.write_bytes(pack(bytes([7] * 64 + [8] * 64)))
    core = opened()
    assert core.memory.save_ram.tolist() == [7] * 64
    core.run(2)
    core.close()
    data = file.read_bytes()
    assert (unpack(data) if pack is rzip else data) == bytes([9] + [7] * 62 + [0x5A] + [8] * 64)


WRONG = {
    "short": bytes(10),
    "one less": bytes(63),
    "one more": bytes(65),
    "long": bytes(1000),
    "a text": b"My saves are in another castle",
    "gzip": bytes.fromhex("1f8b0800000000000003"),
    "an empty RZIP": b"#RZIPv\x01#" + struct.pack("<IQ", 131072, 0),
    "an RZIP of another size": rzip(bytes(63)),
    "a cut RZIP": rzip(os.urandom(64))[:-5],
    "a cut header": rzip(bytes(64))[:15],
    "an RZIP with a tail": rzip(bytes(64)) + b"tail",
    "an RZIP without chunks": b"#RZIPv\x01#" + struct.pack("<IQ", 0, 64),
    "a flipped RZIP": rzip(bytes(64))[:-3] + b"\xff\xff\xff",
    "an RZIP of 2**60 bytes": b"#RZIPv\x01#" + struct.pack("<IQ", 131072, 1 << 60),
    "a bomb": rzip(bytes(50_000_000)),
    "a bomb in one chunk": b"#RZIPv\x01#"
    + struct.pack("<IQI", 64, 64, len(zlib.compress(bytes(50_000_000))))
    + zlib.compress(bytes(50_000_000)),
}


@pytest.mark.parametrize("extension", ["srm", "rtc"])
@pytest.mark.parametrize("what", WRONG)
def test_any_other_file_is_named_and_left(
    open_core: OpenCore, tmp_path: Path, what: str, extension: str
) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\2")  # with a clock of 8 bytes
    file = tmp_path / f"game.{extension}"
    file.write_bytes(WRONG[what])
    with pytest.raises(SaveRAMError, match=rf"game\.{extension} is no save RAM") as caught:
        open_core("save_ram", game, save_dir=tmp_path)
    assert isinstance(caught.value, LibretroError)
    assert file.read_bytes() == WRONG[what]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["game.bin", file.name]


def test_an_empty_file_is_none(opened: Callable[[], Core], tmp_path: Path) -> None:
    (tmp_path / "game.srm").touch()
    core = opened()
    core.run(4)
    core.close()
    assert (tmp_path / "game.srm").read_bytes()[0] == 4


def test_a_directory_and_a_pipe_are_no_save_files(
    opened: Callable[[], Core], tmp_path: Path
) -> None:
    file = tmp_path / "game.srm"
    file.mkdir()
    with pytest.raises(SaveRAMError, match="no file"):
        opened()
    if hasattr(os, "mkfifo"):
        file.rmdir()
        os.mkfifo(file)
        with pytest.raises(SaveRAMError, match="no file"):
            opened()


def test_a_file_that_somebody_else_changed_stays(
    opened: Callable[[], Core], tmp_path: Path
) -> None:
    file = tmp_path / "game.srm"
    first, second = opened(), opened()
    first.run(5)
    first.flush_save_ram()
    theirs = file.read_bytes()
    second.run(9)
    with pytest.raises(SaveRAMError, match="changed by another"):
        second.flush_save_ram()
    assert file.read_bytes() == theirs
    first.run()
    first.flush_save_ram()
    assert file.read_bytes()[0] == 6, "who wrote it may write again"
    file.unlink()
    second.flush_save_ram()
    assert file.read_bytes()[0] == 9


def test_a_file_that_was_never_loaded_stays(open_core: OpenCore, tmp_path: Path) -> None:
    game = tmp_path / "late.bin"
    game.write_bytes(b"\1")  # its save RAM comes into being at frame 2
    file = tmp_path / "late.srm"
    file.write_bytes(bytes([99] * 64))
    core = open_core("save_ram", game, save_dir=tmp_path)
    core.run(5)
    with pytest.raises(SaveRAMError, match="had no save RAM yet"):
        core.close()
    core.close(save=False)
    assert file.read_bytes() == bytes([99] * 64)


@pytest.mark.skipif(sys.platform == "win32", reason="modes and links of POSIX")
@pytest.mark.parametrize("mode", [0o664, 0o600, 0o646])
def test_links_and_modes_stay(opened: Callable[[], Core], tmp_path: Path, mode: int) -> None:
    real = tmp_path / "elsewhere"
    real.mkdir()
    (real / "save").write_bytes(bytes(64))
    (real / "save").chmod(mode)
    (tmp_path / "game.srm").symlink_to("elsewhere/save")
    core = opened()
    core.run(3)
    core.close()
    assert (tmp_path / "game.srm").is_symlink()
    assert (real / "save").read_bytes()[0] == 3
    assert stat.S_IMODE((real / "save").stat().st_mode) == mode
    assert [path.name for path in real.iterdir()] == ["save"]


@pytest.mark.skipif(sys.platform == "win32", reason="modes of POSIX")
def test_a_new_file_has_the_mode_of_new_files(opened: Callable[[], Core], tmp_path: Path) -> None:
    before = os.umask(0o002)
    try:
        core = opened()
        core.run()
        core.close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "game.srm").stat().st_mode) == 0o664


def test_a_link_to_nothing_is_followed(opened: Callable[[], Core], tmp_path: Path) -> None:
    (tmp_path / "game.srm").symlink_to(tmp_path / "new" / "save")
    core = opened()
    core.run(3)
    core.close()
    assert (tmp_path / "game.srm").is_symlink()
    assert (tmp_path / "new" / "save").read_bytes()[0] == 3


# Cores whose memory shrinks as they learn what the game has.


def test_a_core_that_shows_less_later_can_read_its_file_again(tmp_path: Path) -> None:
    path = str(tmp_path / "game.srm")
    memory = np.full(64, 0xEE, np.uint8)
    file = SaveRAMFile(path, "some core")
    file.load(memory)
    file.flush(np.arange(10, dtype=np.uint8))
    assert Path(path).read_bytes() == bytes([*range(10), *[0xEE] * 54])
    again = np.full(64, 0xEE, np.uint8)
    SaveRAMFile(path, "some core").load(again)
    assert again[:11].tolist() == [*range(10), 0xEE]


@pytest.mark.parametrize("core", ["Genesis Plus GX", "Genesis Plus GX Wide", "mGBA"])
def test_cores_that_are_known_to_write_less_read_less(tmp_path: Path, core: str) -> None:
    path = tmp_path / "game.srm"
    path.write_bytes(bytes([5] * 10))
    memory = np.full(64, 0xFF, np.uint8)
    file = SaveRAMFile(str(path), core)
    file.load(memory)
    assert memory[:11].tolist() == [5] * 10 + [0xFF]
    file.flush(np.full(20, 6, np.uint8))
    assert path.read_bytes() == bytes([6] * 20)


def test_a_crashed_cores_save_ram_is_written_beside(
    build_core: Callable[..., Path], tmp_path: Path
) -> None:
    saves = tmp_path / "saves"
    saves.mkdir()
    core = Core(
        build_core("broken"),
        b"game",
        content_name="game.bin",
        options={"how": "abort", "where": "later"},
        save_dir=saves,
    )
    core.run(50)
    core.flush_save_ram()
    before = (saves / "game.srm").read_bytes()
    core.run(49)
    with pytest.raises(CoreCrashedError):
        core.run()
    core.close()
    assert (saves / "game.srm").read_bytes() == before
    rescued = (saves / "game.srm.crashed").read_bytes()
    assert len(rescued) == len(before)
    assert int.from_bytes(before[:4], "little") == 50
    assert int.from_bytes(rescued[:4], "little") == 100


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_core_stays_open_until_its_save_ram_is_written(
    opened: Callable[[], Core], tmp_path: Path
) -> None:
    (tmp_path / "game.srm").symlink_to("/dev/full")
    core = opened()
    core.run(3)
    with pytest.raises(OSError, match="No space left"):
        core.close()
    assert not core.closed
    assert core.memory.save_ram[0] == 3
    core.run()
    (tmp_path / "game.srm").unlink()
    core.close()
    assert core.closed
    assert (tmp_path / "game.srm").read_bytes()[0] == 4


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_core_can_be_closed_without_its_save_ram(
    opened: Callable[[], Core], tmp_path: Path
) -> None:
    (tmp_path / "game.srm").symlink_to("/dev/full")
    core = opened()
    core.run(3)
    core.close(save=False)
    assert core.closed


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_a_batch_stays_open_until_all_save_ram_is_written(
    opened: Callable[[], Core], tmp_path: Path
) -> None:
    core = opened()
    spec = core.spec
    core.close()
    (tmp_path / "game.srm").unlink(missing_ok=True)
    (tmp_path / "game.srm").symlink_to("/dev/full")
    batch = CoreBatch([spec])
    batch.run(3)
    with pytest.raises(OSError, match="No space left"):
        batch.close()
    batch.run(2)
    (tmp_path / "game.srm").unlink()
    batch.close()
    assert (tmp_path / "game.srm").read_bytes()[0] == 5


def test_save_ram_is_written_while_playing(open_core: OpenCore, tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    file = tmp_path / "game.srm"
    core = open_core("save_ram", game, save_dir=tmp_path, save_interval=1e-9)
    core.run(3)
    assert file.read_bytes()[0] == 3
    before = file.stat().st_ino
    core.memory.save_ram[0] = 3
    core.run(0)
    assert file.stat().st_ino == before, "what has not changed is not written"
    core.run(2)
    assert file.read_bytes()[0] == 5
    seldom = open_core("save_ram", game, save_dir=tmp_path, save_interval=None)
    seldom.run(3)
    assert file.read_bytes()[0] == 5
    seldom.close(save=False)


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full is Linux's")
def test_what_cannot_be_written_while_playing_is_told_once(
    open_core: OpenCore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    (tmp_path / "game.srm").symlink_to("/dev/full")
    core = open_core("save_ram", game, save_dir=tmp_path, save_interval=1e-9)
    for _ in range(5):
        assert core.run() == 1
    told = [text for text in caplog.messages if "save RAM could not be written" in text]
    assert len(told) == 1
    core.close(save=False)


def test_a_state_is_written_whole_or_not_at_all(opened: Callable[[], Core], tmp_path: Path) -> None:
    core = opened()
    core.run(3)
    file = tmp_path / "game.state"
    core.save_state_to(file)
    assert file.read_bytes() == core.save_state()
    core.run()
    core.save_state_to(str(file))
    assert file.read_bytes() == core.save_state()
    with pytest.raises(FileNotFoundError):
        core.save_state_to(tmp_path / "nowhere" / "game.state")
    assert sorted(path.name for path in tmp_path.glob("*.state*")) == ["game.state"]
