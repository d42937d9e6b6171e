"""What a core is told about its content, and for how long it may use it."""

from __future__ import annotations

import logging
import mmap
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from observe import BuildCore, OpenCore, noted, notes

from pylibretro import Core
from pylibretro.error import ContentError, ContentNotFoundError

GAME = bytes(range(256)) * 4
FULL_PATH = "-DCORE_NEED_FULLPATH=true"
OVERRIDE = "-DCONTENT_OVERRIDE=1"


def hash_of(data: bytes) -> str:
    """FNV-1a, as tests/cores/core.h computes it."""
    result = 14695981039346656037
    for byte in data:
        result = (result ^ byte) * 1099511628211 % 2**64
    return f"{result:016x}"


@pytest.fixture
def game(tmp_path: Path) -> Path:
    path = tmp_path / "a folder" / "Na.me.BIN"
    path.parent.mkdir()
    path.write_bytes(GAME)
    return path


def test_a_core_that_takes_data_gets_data_and_a_path(open_core: OpenCore, game: Path) -> None:
    told = noted(open_core("content", game))
    assert told["path"] == str(game)
    assert (told["size"], told["has_data"], told["hash"]) == ("1024", "1", hash_of(GAME))
    assert told["meta"] == "(null)"


def test_a_core_that_opens_files_gets_the_path_alone(open_core: OpenCore, game: Path) -> None:
    told = noted(open_core("content", game, flags=(FULL_PATH,)))
    assert told["path"] == str(game)
    assert (told["size"], told["has_data"]) == ("0", "0")
    assert told["file.hash"] == hash_of(GAME)


@pytest.mark.parametrize("flags", [(), (FULL_PATH,)], ids=["data", "full path"])
def test_a_relative_path_becomes_absolute(
    open_core: OpenCore, game: Path, flags: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(game.parent)
    told = noted(open_core("content", game.name, flags=flags))
    assert told["path"] == str(game)


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview])
@pytest.mark.parametrize("flags", [(), (FULL_PATH,)], ids=["data", "full path"])
def test_content_may_be_bytes(
    open_core: OpenCore, form: Callable[[bytes], Any], flags: tuple[str, ...]
) -> None:
    core = open_core("content", form(GAME), flags=flags)
    told = noted(core)
    assert os.path.isabs(told["path"])
    if flags:
        assert told["has_data"] == "0"
        assert told["file.hash"] == hash_of(GAME), "the file exists while the core loads"
        assert os.path.exists(told["path"]), "and for as long as it is open"
    else:
        assert (told["size"], told["hash"]) == ("1024", hash_of(GAME))
    core.close()
    assert not os.path.exists(told["path"])


def test_content_may_be_mapped_memory(open_core: OpenCore, game: Path) -> None:
    with open(game, "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        told = noted(open_core("content", data))
    assert told["hash"] == hash_of(GAME)


def test_bytes_take_the_name_they_are_given(open_core: OpenCore) -> None:
    core = open_core("content", GAME, content_name="Some Game.ROM")
    told = noted(core)
    assert os.path.basename(told["path"]) == "Some Game.ROM"
    assert (told["ext.name"], told["ext.ext"]) == ("Some Game", "rom")


@pytest.mark.parametrize("flags", [(), (FULL_PATH,)], ids=["data", "full path"])
def test_a_game_inside_a_zip(open_core: OpenCore, tmp_path: Path, flags: tuple[str, ...]) -> None:
    archive = tmp_path / "games.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as pack:
        pack.writestr("readme.txt", b"not a game")
        pack.writestr("folder/Inside.Rom", GAME)
    for content in (archive, f"{archive}#folder/Inside.Rom"):
        told = noted(open_core("content", content, flags=flags))
        if flags:
            assert told["file.hash"] == hash_of(GAME)
        else:
            assert told["hash"] == hash_of(GAME)
        # The save files of a game that the archive alone stands for are named after the archive.
        chosen_alone = content is archive and not flags
        assert told["ext.name"] == ("games" if chosen_alone else "Inside")
        assert told["ext.ext"] == "rom"


@pytest.mark.environment(
    "GET_GAME_INFO_EXT", "path, directory, name, extension and data of the content"
)
def test_extended_information(open_core: OpenCore, game: Path) -> None:
    told = noted(open_core("content", game))
    assert told["ext.answer"] == "1"
    assert told["ext.full_path"] == str(game)
    assert told["ext.dir"] == str(game.parent)
    assert told["ext.name"] == "Na.me"
    assert told["ext.ext"] == "bin"
    assert (told["ext.size"], told["ext.has_data"]) == ("1024", "1")
    assert told["ext.file_in_archive"] == "0"
    assert told["ext.archive_path"] == told["ext.archive_file"] == "(null)"
    assert told["ext.persistent_data"] == "1"


@pytest.mark.environment("GET_GAME_INFO_EXT")
def test_extended_information_of_an_archive(open_core: OpenCore, tmp_path: Path) -> None:
    archive = tmp_path / "games.zip"
    with zipfile.ZipFile(archive, "w") as pack:
        pack.writestr("Inside.rom", GAME)
    told = noted(open_core("content", archive))
    assert told["ext.file_in_archive"] == "1"
    assert told["ext.archive_path"] == str(archive)
    assert told["ext.archive_file"] == "Inside.rom"


@pytest.mark.environment(
    "SET_CONTENT_INFO_OVERRIDE", "decides by extension whether the core gets a path or data"
)
@pytest.mark.parametrize("full_path", [False, True])
@pytest.mark.parametrize("extension", ["ovr", "OVR", "bin"])
def test_a_core_may_override_by_extension(
    open_core: OpenCore, tmp_path: Path, full_path: bool, extension: str
) -> None:
    path = tmp_path / f"game.{extension}"
    path.write_bytes(GAME)
    flags = (OVERRIDE, FULL_PATH) if full_path else (OVERRIDE,)
    told = noted(open_core("content", path, flags=flags))
    wants_path = full_path != (extension.lower() == "ovr")
    assert told["has_data"] == ("0" if wants_path else "1")
    assert told["path"] == str(path)


@pytest.mark.parametrize("content", [GAME, bytearray(GAME)])
def test_the_data_stays_until_the_core_is_gone(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture, content: Any
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    core = open_core("content", content)
    if isinstance(content, bytearray):
        content[:] = bytes(len(content))
    core.run(3)
    core.reset()
    core.run()
    core.close()
    assert "content in deinit: intact" in caplog.text
    assert "path in deinit: intact" in caplog.text


@pytest.mark.environment("SET_SUPPORT_NO_GAME", "a core that says so starts without content")
def test_a_core_may_run_without_content(open_core: OpenCore) -> None:
    core = open_core("content", flags=("-DNO_GAME=1",))
    assert notes(core) == ["game=0"]
    core.run()
    assert core.frame is not None


@pytest.mark.environment("SET_SUPPORT_NO_GAME")
def test_a_core_that_needs_content_says_so(open_core: OpenCore, game: Path) -> None:
    core = open_core("content")
    assert core.info.extensions == ("bin", "rom", "ovr")
    assert not core.supports_no_game
    with pytest.raises(ContentError, match=r"bin, rom, ovr"):
        core.run()
    core.load_game(game)
    assert core.run() == 1
    with pytest.raises(ContentError, match="already"):
        core.load_game(game)


def test_a_missing_file_is_named(build_core: BuildCore, tmp_path: Path) -> None:
    missing = tmp_path / "no such game.bin"
    with pytest.raises(ContentNotFoundError, match=r"no such game\.bin"):
        Core(build_core("content"), missing)
    with pytest.raises(FileNotFoundError):
        Core(build_core("content"), str(missing))


def test_the_refusal_of_a_strange_extension_mentions_it(
    build_core: BuildCore, tmp_path: Path
) -> None:
    path = tmp_path / "picture.png"
    path.write_bytes(GAME)
    with pytest.raises(ContentError, match="png") as refusal:
        Core(build_core("refuse"), path)
    assert "bin" in str(refusal.value)
    assert "this is no game of ours" in str(refusal.value)


def test_the_extension_is_not_enforced(open_core: OpenCore, tmp_path: Path) -> None:
    path = tmp_path / "game.xyz"
    path.write_bytes(GAME)
    assert noted(open_core("content", path))["hash"] == hash_of(GAME)


@pytest.mark.parametrize("content", [17, 3.5, ["game"], object()])
def test_content_of_another_kind_is_refused(build_core: BuildCore, content: Any) -> None:
    with pytest.raises(TypeError, match="content"):
        Core(build_core("content"), content)
