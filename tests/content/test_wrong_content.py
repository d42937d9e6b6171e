"""Content that is wrong, and wrong arguments for its opening: the documented error each time."""

from __future__ import annotations

import gc
import os
import zipfile
from pathlib import Path

import pytest
from observe import BuildCore, noted
from uses import SOMETHING

from pylibretro import (
    ContentError,
    ContentNotFoundError,
    Core,
    Host,
    LibretroError,
)


def test_content_that_is_none(build_core: BuildCore, tmp_path: Path) -> None:
    core = build_core("content")
    (tmp_path / "broken.zip").write_bytes(b"PK\x03\x04" + bytes(50))
    (tmp_path / "nothing.zip").write_bytes(b"")
    with zipfile.ZipFile(tmp_path / "other.zip", "w") as archive:
        archive.writestr("readme.txt", "no game")
    with zipfile.ZipFile(tmp_path / "game.zip", "w") as archive:
        archive.writestr("game.bin", b"a game")
    encrypted = bytearray((tmp_path / "game.zip").read_bytes())
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        encrypted[encrypted.index(mark) + place] |= 1
    (tmp_path / "encrypted.zip").write_bytes(encrypted)
    wrong: list[tuple[object, type[Exception]]] = [
        (tmp_path / "missing.bin", ContentNotFoundError),
        (tmp_path, ContentError),
        (tmp_path / "broken.zip", ContentError),
        (tmp_path / "nothing.zip", ContentError),
        (tmp_path / "other.zip", ContentError),
        (tmp_path / "encrypted.zip", ContentError),
        (f"{tmp_path / 'game.zip'}#missing.bin", ContentNotFoundError),
        (f"{tmp_path / 'missing.zip'}#game.bin", ContentNotFoundError),
        ("", ContentError),
        (5, TypeError),
        (SOMETHING, TypeError),
        ([1, 2], TypeError),
        ("a\0b", (ContentError, ValueError)),  # type: ignore[list-item]
    ]
    for content, error in wrong:
        with pytest.raises(error):
            Core(core, content)  # type: ignore[arg-type]
    if os.name == "posix":
        os.mkfifo(tmp_path / "pipe.bin")
        with pytest.raises(ContentError, match="regular file"):
            Core(core, tmp_path / "pipe.bin")
    with Core(core, tmp_path / "game.zip") as opened:
        assert opened.run() == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"system_dir": 5},
        {"save_dir": SOMETHING},
        {"assets_dir": 1.5},
        {"controllers": 5},
        {"controllers": {16: 1}},
        {"controllers": {-1: 1}},
        {"controllers": {0: "joypad"}},
        {"controllers": {0: -1}},
        {"controllers": [1] * 17},
        {"host": 5},
        {"display": Host()},
        {"peripherals": None},
        {"on_message": 5},
        {"content_name": "name.bin"},
        {"content": b"a game", "content_name": 5},
        {"no_such_argument": 1},
    ],
    ids=str,
)
def test_wrong_arguments_of_the_constructor(
    build_core: BuildCore, arguments: dict[str, object]
) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError, LibretroError)):
        Core(build_core("plain"), **arguments)  # type: ignore[arg-type]
    gc.collect()


def test_a_save_directory_that_cannot_be(build_core: BuildCore, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(LibretroError, match=r"save_dir is .*file"):
        Core(build_core("plain"), save_dir=tmp_path / "file" / "below")
    with pytest.raises(LibretroError, match=r"system_dir is .*file"):
        Core(build_core("plain"), system_dir=tmp_path / "file")


def test_empty_content_is_the_cores_to_judge(build_core: BuildCore, tmp_path: Path) -> None:
    """There are cores that ship files of 0 bytes, for what they have inside."""
    empty = tmp_path / "placeholder.bin"
    empty.touch()
    with zipfile.ZipFile(tmp_path / "game.zip", "w") as archive:
        archive.writestr("game.bin", b"")
    for flags in ((), ("-DCORE_NEED_FULLPATH=true",)):
        path = build_core("content", *flags)
        for content in (empty, b"", tmp_path / "game.zip"):
            with Core(path, content) as core:
                assert core.run(2) == 2
                seen = noted(core)
                assert (seen["size"], seen["has_data"]) == ("0", str(int(not flags)))
                if content == empty:
                    assert seen["path"] == str(empty)
    with pytest.raises(ContentError, match="It is empty"):
        Core(build_core("refuse"), empty)
