"""Archives, scripts, games and sparse files that are damaged or crafted, one by one."""

from __future__ import annotations

import io
import json
import os
import warnings
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from pylibretro import ContentError, Core, GameError, LibretroError, Watch
from pylibretro.command_line import run_command
from pylibretro.error import GameWarning
from pylibretro.games.game import Game, Script
from pylibretro.games.integration import read_integration

METHODS = {
    "stored": zipfile.ZIP_STORED,
    "deflate": zipfile.ZIP_DEFLATED,
    "bzip2": zipfile.ZIP_BZIP2,
    "lzma": zipfile.ZIP_LZMA,
}


def archive(method: int, data: bytes = bytes(range(256)) * 200) -> bytearray:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as packed:
        packed.writestr("game.bin", data)
    return bytearray(file.getvalue())


def with_method(data: bytearray, method: int, flags: int = 0) -> bytearray:
    for magic, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        at = data.rindex(magic)
        data[at + place] |= flags
        data[at + place + 2] = method
    return data


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("place", ["begin", "middle", "end", "cut"])
def test_damaged_archives_of_any_method_are_content_errors(
    build_core: Callable[..., Path], tmp_path: Path, method: str, place: str
) -> None:
    data = archive(METHODS[method])
    start, end = 30 + len("game.bin"), data.rindex(b"PK\1\2")
    at = {"begin": start, "middle": (start + end) // 2, "end": end - 12}.get(place)
    if at is None:
        data = data[: len(data) // 2]
    else:
        data[at : at + 8] = bytes(byte ^ 0xA5 for byte in data[at : at + 8])
    path = tmp_path / "game.zip"
    path.write_bytes(data)
    with pytest.raises(ContentError, match=r"zip"):
        Core(build_core("plain"), path)
    with pytest.raises(ContentError, match=r"zip"):
        Core(build_core("plain"), bytes(data), content_name="game.zip")
    assert run_command(["run", str(build_core("plain")), str(path), "--frames", "1"]) == 2


@pytest.mark.parametrize("method", [1, 6, 9, 10, 19, 93, 97, 98, 99])
def test_methods_that_python_does_not_have(
    build_core: Callable[..., Path], tmp_path: Path, method: int
) -> None:
    path = tmp_path / "game.zip"
    path.write_bytes(with_method(archive(zipfile.ZIP_STORED), method))
    with pytest.raises(ContentError, match="cannot be unpacked"):
        Core(build_core("plain"), path)


@pytest.mark.parametrize("method", METHODS)
def test_encrypted_archives(build_core: Callable[..., Path], tmp_path: Path, method: str) -> None:
    path = tmp_path / "game.zip"
    path.write_bytes(with_method(archive(METHODS[method]), METHODS[method], 1))
    with pytest.raises(ContentError, match="is encrypted; extract it first"):
        Core(build_core("plain"), path)


def test_a_sparse_file_takes_no_memory(open_core: Callable[..., Core], tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    with open(path, "wb") as file:
        file.write(b"begin")
        file.seek(900 << 20)
        file.write(b"end")
    if path.stat().st_blocks * 512 > 1 << 24:
        pytest.skip("this file system has no sparse files")

    def shared() -> int:
        fields = dict(
            line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines()
        )
        return int(fields["RssShmem"].split()[0])

    known = os.path.exists("/proc/self/status")
    before = shared() if known else 0
    core = open_core("plain", path)  # which reads no more than its beginning
    core.run()
    if known:
        assert shared() - before < 100_000


def test_a_terabyte_is_no_content(build_core: Callable[..., Path], tmp_path: Path) -> None:
    path = tmp_path / "sparse.bin"
    with open(path, "wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ContentError, match="can be given"):
        Core(build_core("plain"), path)
    for name in ("a.plm", "a.fm2", "a.bk2", "a.toml"):
        path.rename(tmp_path / name)
        path = tmp_path / name
        if name == "a.toml":
            with pytest.raises(GameError):
                Game.load(path)
        else:
            assert run_command(["replay", str(path)]) == 2
    assert run_command(["run", "2048", "--input", str(path)]) == 2
    assert run_command(["run", "2048", "--state", str(path)]) == 2


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 100_000,
        "name = 'a'\ncore = 'b'\ncrop = [" + str(2**70) + ", 0, 0, 0]\nplayers = " + "9" * 5000,
        "name = 'a'\ncore = 'b'\n[watches]\nx = " + str(2**70),
        "name = 'a'\ncore = 'b'\n[watches]\nx = inf",
        "name = 'a'\ncore = 'b'\n[watches]\nx = { address = nan }",
        "name = 'a\0'\ncore = 'b'",
        "\xff\xfe",
        "name = 'a'\ncore = 'b'\n[controllers]\n" + "9" * 400 + " = 1",
        "name = 'a'\ncore = 'b'\nreward = '" + "(" * 5000 + "'",
    ],
)
def test_crafted_games(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text, encoding="latin-1")
    with pytest.raises(LibretroError):
        Game.load(path)


@pytest.mark.parametrize(
    "number", ["Infinity", "-Infinity", "NaN", str(2**70), "9" * 5000, "[" * 100_000]
)
@pytest.mark.parametrize("place", ["data", "scenario", "metadata"])
def test_crafted_integrations(tmp_path: Path, number: str, place: str) -> None:
    directory = tmp_path / "Game-Genesis-v0"
    directory.mkdir()
    texts = {
        "data": json.dumps({"info": {"x": {"address": "HERE", "type": "|u1"}}}),
        "scenario": json.dumps({"reward": {"variables": {"x": {"reward": "HERE"}}}}),
        "metadata": json.dumps({"default_state": "HERE"}),
    }
    for name, text in texts.items():
        value = number if name == place else {"data": "16711680", "scenario": "1"}.get(name, "null")
        (directory / f"{name}.json").write_text(text.replace('"HERE"', value))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", GameWarning)  # of what is left out
            assert read_integration(directory).name == directory.name
    except LibretroError:
        return


@pytest.mark.parametrize(
    "script",
    [
        "function reward() return data[0/0] end",
        "function reward() return data[1/0] end",
        "function reward() data.x = 0/0 return 0 end",
        "function reward() data.x = {} return 0 end",
        "function reward() return data[{}] end",
        "function reward() return loadstring('return 1')() end",
        "function reward() return string.dump(reward) end",
        "function reward() return scenario.x end",
        "function reward() error({}) end",
        "function reward() return reward() + 1 end",
        "return \0",
    ],
)
def test_crafted_scripts(tmp_path: Path, script: str) -> None:
    pytest.importorskip("lupa", reason="lupa is not installed")
    from pylibretro.games.lua import LuaScenario

    path = tmp_path / "a.lua"
    path.write_text(script)
    watches = {"x": Watch(0, "|u1")}
    game = Game(name="a", core="2048", watches=watches, script=Script((str(path),), ("reward",)))
    values = {"x": 1}
    with pytest.raises(GameError):
        LuaScenario(game, lambda: values, lambda at: at & 255, values.__setitem__).reset()


def test_files_that_commands_write_are_whole_or_the_old_ones(
    build_core: Callable[..., Path], tmp_path: Path
) -> None:
    old = b"what was there"
    names = ("a.state", "a.gif", "a.wav", "a.png", "b.state", "b.plm")
    for name in names:
        (tmp_path / name).write_bytes(old)
    words = ["run", "2048", "--frames", "0", "--gif", str(tmp_path / "a.gif")]
    words += ["--wav", str(tmp_path / "a.wav"), "--save-state", str(tmp_path / "a.state")]
    assert run_command(words) == 2, "there is no picture"
    assert run_command(["run", str(build_core("plain")), "nothing.bin", *words[4:]]) == 2
    for name in names:
        if name != "a.wav":
            assert (tmp_path / name).read_bytes() == old
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)


def test_a_video_that_fails_leaves_the_old_one(tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    import numpy as np

    from pylibretro.command_line.video import VideoWriter

    path = tmp_path / "a.mp4"
    path.write_bytes(b"the old one")
    picture, sound = np.zeros((16, 16, 3), np.uint8), np.zeros((700, 2), np.int16)

    def write_half() -> None:
        with VideoWriter(str(path), (16, 16), fps=60.0, sample_rate=44100.0) as video:
            video.add(picture, sound)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert path.read_bytes() == b"the old one"
    assert os.listdir(tmp_path) == ["a.mp4"]
    with VideoWriter(str(path), (16, 16), fps=60.0, sample_rate=44100.0) as video:
        video.add(picture, sound)
    assert path.stat().st_size > 500
    assert os.listdir(tmp_path) == ["a.mp4"]
