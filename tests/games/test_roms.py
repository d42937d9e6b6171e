"""Imported games: found in any wrapping by their SHA-1, kept in the user's directory."""

from __future__ import annotations

import hashlib
import io
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real import package_directory

from pylibretro import GameError
from pylibretro.games.game_import import import_games, known_hashes
from pylibretro.games.rom_forms import in_order, nintendo_64_orders
from pylibretro.games.roms import find_content, library_directory

DATA = np.random.default_rng(0).integers(0, 256, 0x8000).astype(np.uint8).tobytes()


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path / "data"))
    return tmp_path / "data"


def sha1(data: bytes) -> str:
    return hashlib.sha1(data).hexdigest()


def interleaved(data: bytes) -> bytes:
    blocks = [data[start : start + 0x4000] for start in range(0, len(data), 0x4000)]
    return b"".join(block[1::2] + block[0::2] for block in blocks)


def test_games_are_found_in_any_wrapping(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "deep" / "er").mkdir(parents=True)
    nes = b"NES\x1a" + bytes(12) + DATA[:100]
    (source / "deep" / "er" / "plain.bin").write_bytes(DATA[:1000])
    (source / "game.nes").write_bytes(nes)
    (source / "dump.smd").write_bytes(bytes(512) + interleaved(DATA))
    (source / "copied.smc").write_bytes(bytes(512) + DATA[:2048])
    (source / "other.txt").write_text("no game")
    (source / "broken.zip").write_bytes(b"PK\3\4" + bytes(100))
    with zipfile.ZipFile(source / "games.zip", "w") as archive:
        archive.writestr("folder/zipped.sfc", DATA[:333])
    with zipfile.ZipFile(source / "arcade.zip", "w") as archive:
        archive.writestr("chip", DATA[:50])
    arcade = (source / "arcade.zip").read_bytes()
    known = {
        sha1(DATA[:1000]): ("Plain-Genesis-v0",),
        sha1(DATA[:100]): ("Some-Nes-v0",),
        sha1(DATA).upper(): ("Dump-Genesis-v0", "Other-Genesis-v0"),
        sha1(DATA[:2048]): ("Copied-Snes-v0",),
        sha1(DATA[:333]): ("Zipped-Snes-v0",),
        sha1(arcade): ("Some-Arcade-v0",),
        sha1(b"nobody has it"): ("None-Nes-v0",),
    }
    seen: list[str] = []
    found = {game.names[0]: game for game in import_games([source], known, progress=seen.append)}
    assert set(found) == {names[0] for names in known.values()} - {"None-Nes-v0"}
    assert all(game.is_new for game in found.values())
    assert len(seen) == 10  # 8 files, and what is in two of them
    kept = {name: Path(game.path).read_bytes() for name, game in found.items()}
    assert kept["Some-Nes-v0"] == nes
    assert kept["Dump-Genesis-v0"] == DATA
    assert kept["Copied-Snes-v0"] == DATA[:2048]
    assert kept["Zipped-Snes-v0"] == DATA[:333]
    assert kept["Some-Arcade-v0"] == arcade
    assert Path(found["Some-Arcade-v0"].path).name == "arcade.zip"
    assert Path(found["Dump-Genesis-v0"].path).name == "dump.md"
    assert Path(found["Zipped-Snes-v0"].path).name == "zipped.sfc"
    assert find_content(["ff", sha1(DATA[:100])]) == found["Some-Nes-v0"].path
    assert find_content("ff") is None
    again = import_games([source], known)
    assert not any(game.is_new for game in again)
    assert {game.path for game in again} == {game.path for game in found.values()}


def test_dumps_are_put_in_order() -> None:
    assert in_order(interleaved(DATA)) == DATA
    assert in_order(b"") == b""


def test_a_path_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(GameError, match="no file or directory"):
        import_games([tmp_path / "none"], {})


def test_the_directory_is_the_user_s_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("PYLIBRETRO_DATA_PATH")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    monkeypatch.setenv("LOCALAPPDATA", str(tmp_path))
    expected = {
        "linux": tmp_path / "pylibretro" / "games",
        "win32": tmp_path / "pylibretro" / "games",
        "darwin": Path("~/Library/Application Support/pylibretro/games").expanduser(),
    }
    assert library_directory() == str(expected.get(sys.platform, expected["linux"]))
    if sys.platform == "linux":
        monkeypatch.setenv("XDG_DATA_HOME", "relative")
        assert library_directory() == str(Path("~/.local/share/pylibretro/games").expanduser())


def test_the_command_imports(tmp_path: Path) -> None:
    package = package_directory("stable_retro")
    if package is None:
        pytest.skip("stable-retro is not installed")
    rom = package / "data/stable/Airstriker-Genesis-v0/rom.md"
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.write(rom, "Airstriker (World).md")
    command = [sys.executable, "-m", "pylibretro", "import", str(tmp_path / "a.zip")]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "imported Airstriker-Genesis-v0" in said
    assert "1 of 1 games are new" in said
    said = subprocess.run([*command, "--json"], capture_output=True, text=True, check=True).stdout
    answer = json.loads(said)
    assert answer["known"] >= 1000
    assert answer["games"][0]["is_new"] is False
    digest = sha1(rom.read_bytes())
    assert "Airstriker-Genesis-v0" in known_hashes()[digest]
    found = find_content(digest)
    assert found is not None
    assert Path(found).read_bytes() == rom.read_bytes()


# ---- forms ------------------------------------------------------------------------------------

NINTENDO_64 = bytes.fromhex("80371240") + bytes(range(256)) * 16


def v64(game: bytes) -> bytes:
    return b"".join(game[i : i + 2][::-1] for i in range(0, len(game), 2))


def n64(game: bytes) -> bytes:
    return b"".join(game[i : i + 4][::-1] for i in range(0, len(game), 4))


@pytest.mark.parametrize("known", [bytes, v64, n64], ids=["z64", "v64", "n64"])
@pytest.mark.parametrize("given", [bytes, v64, n64], ids=["z64", "v64", "n64"])
def test_all_orders_of_a_nintendo_64_game(tmp_path: Path, known: Any, given: Any) -> None:
    path = tmp_path / "game.rom"
    path.write_bytes(given(NINTENDO_64))
    digest = sha1(known(NINTENDO_64))
    (found,) = import_games([path], {digest: ("Some-N64-v0",)})
    assert Path(found.path).read_bytes() == known(NINTENDO_64)
    assert len(nintendo_64_orders(given(NINTENDO_64))) == 2


HEADERED = {
    "nes": (b"NES\x1a\1\1" + bytes(10), DATA),
    "trainer": (b"NES\x1a\1\1\4" + bytes(9 + 512), DATA),
    "fds": (b"FDS\x1a\1" + bytes(11), DATA),
    "lnx": (b"LYNX" + bytes(60), DATA),
    "a78": (b"\1ATARI7800" + bytes(118), DATA),
}


@pytest.mark.parametrize("kind", HEADERED)
def test_headers_that_cores_read_are_kept(tmp_path: Path, kind: str) -> None:
    header, body = HEADERED[kind]
    path = tmp_path / f"game.{kind}"
    path.write_bytes(header + body)
    for digest in (sha1(body), sha1(header + body)):
        (found,) = import_games([path], {digest: ("Some-Game-v0",)})
        assert Path(found.path).read_bytes() == header + body


def test_one_bad_file_does_not_end_an_import(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\3\4" + bytes(40))
    for name, method in (("b", zipfile.ZIP_LZMA), ("c", zipfile.ZIP_BZIP2), ("d", 8), ("e", 0)):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("game.bin", DATA * 20)
        data = bytearray(file.getvalue())
        data[60:80] = b"\xff" * 20
        (tmp_path / f"{name}.zip").write_bytes(data)
        (tmp_path / f"{name}-cut.zip").write_bytes(file.getvalue()[:-30])
    for name, place, value in (("f", 6, 1), ("g", 8, 97), ("h", 8, 9)):  # encrypted, unknown
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("game.bin", DATA)
        data = bytearray(file.getvalue())
        data[place] = value
        data[data.index(b"PK\1\2") + place + 2] = value
        (tmp_path / f"{name}.zip").write_bytes(data)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "zz.bin").write_bytes(DATA)
    (found,) = import_games([tmp_path], {sha1(DATA): ("Some-Game-v0",)})
    assert found.source == str(tmp_path / "zz.bin")


@pytest.mark.parametrize(
    "name", ["a\n\0b.bin", "CON", "x" * 300 + ".bin", "..", "a/../../b.bin", "."]
)
def test_games_keep_names_that_files_can_have(tmp_path: Path, name: str) -> None:
    path = tmp_path / "games.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("placeholder", DATA)
    data = path.read_bytes()
    if len(name) == len("placeholder"):
        data = data.replace(b"placeholder", name.encode())
    else:
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr(zipfile.ZipInfo(name), DATA)
        data = path.read_bytes()
    path.write_bytes(data)
    (found,) = import_games([path], {sha1(DATA): ("Some-Game-v0",)})
    assert Path(found.path).read_bytes() == DATA
    assert Path(found.path).parent == tmp_path / "data" / "games" / sha1(DATA)
