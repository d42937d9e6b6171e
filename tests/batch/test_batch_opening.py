"""Opening the cores of a batch: those that write files when they load do not meet."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import pytest
from observe import BuildCore, words

from pylibretro import Core, CoreBatch, CoreSpec, FilePolicy, LibretroError, SaveRAMError


@pytest.mark.parametrize("by_vfs", [0, 1])
def test_copies_that_unpack_files_beside_their_content(
    build_core: BuildCore, tmp_path: Path, by_vfs: int
) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"packed")
    path = build_core("unpacking", f"-DUNPACK_BY_VFS={by_vfs}")
    files = FilePolicy(write=[tmp_path])
    with CoreBatch(path, game, count=8, threads=4, files=files) as batch:
        assert [words(core)[0] for core in batch] == [1] * 8
    specs = [CoreSpec(path, game, files=files) for _ in range(6)]
    with CoreBatch(specs, threads=4) as batch:
        assert [words(core)[0] for core in batch] == [1] * 6


def test_the_first_that_fails_is_named(build_core: BuildCore, tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"packed")
    (tmp_path / "game.bin.unpacked").mkdir()
    with pytest.raises(LibretroError, match="core 0"):
        CoreBatch(build_core("unpacking"), game, count=3, threads=2)


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [r.getMessage() for r in caplog.records if "save RAM of another" in r.getMessage()]


def test_two_cores_with_one_save_file(
    build_core: BuildCore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = build_core("save_ram")
    (tmp_path / "here").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "here")
    with caplog.at_level(logging.WARNING):
        first = Core(path, bytes([0]), save_dir=tmp_path / "here", content_name="game.bin")
        assert warnings_of(caplog) == []
        second = Core(path, bytes([0]), save_dir=tmp_path / "link", content_name="game.bin")
        third = Core(path, bytes([0]), save_dir=tmp_path / "here", content_name="game.bin")
    (told,) = warnings_of(caplog)
    assert os.path.join("link", "game.srm") in told
    assert "save_dir of its own" in told
    for number, core in enumerate((first, second, third)):
        core.memory.save_ram[:] = number + 1
    first.close()
    for core in (second, third):
        with pytest.raises(SaveRAMError, match=r"game\.srm"):
            core.close()
        assert not core.closed
        core.close(save=False)
        assert core.closed
    caplog.clear()
    with (
        caplog.at_level(logging.WARNING),
        Core(path, bytes([0]), save_dir=tmp_path / "here", content_name="game.bin") as again,
    ):
        assert int(again.memory.save_ram[0]) == 1
    assert warnings_of(caplog) == []


def test_cores_without_save_ram_share_a_directory(
    build_core: BuildCore, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = build_core("plain")
    with (
        caplog.at_level(logging.WARNING),
        Core(path, b"game", save_dir=tmp_path) as first,
        Core(path, b"game", save_dir=tmp_path) as second,
    ):
        assert first.run(2) == second.run(2) == 2
    assert warnings_of(caplog) == []
