"""Which installed games can be played, and why the others cannot."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from real import package_directory

from pylibretro.games import playable_games
from pylibretro.games.game_import import import_games

STABLE_RETRO = package_directory("stable_retro")


def write(directory: Path, name: str, data: str = '{"info": {}}') -> Path:
    path = directory / "stable" / name
    path.mkdir(parents=True)
    (path / "data.json").write_text(data)
    return path


def test_what_is_missing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETRO_DATA_PATH", str(tmp_path / "games"))
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path / "kept"))
    whole = write(tmp_path / "games", "Whole-Nes-v0")
    (whole / "rom.nes").write_bytes(b"NES")
    (whole / "Level1.state").write_bytes(b"")
    (whole / "metadata.json").write_text('{"default_state": "Level1"}')
    lacks = write(tmp_path / "games", "Lacks-Nes-v0")
    (lacks / "rom.sha").write_text("0" * 40)
    write(tmp_path / "games", "Broken-Nes-v0", "{")
    write(tmp_path / "games", "Strange-Toaster-v0")
    games = {game.name: game for game in playable_games() if str(tmp_path) in game.directory}
    assert set(games) == {"Whole-Nes-v0", "Lacks-Nes-v0", "Broken-Nes-v0", "Strange-Toaster-v0"}
    assert games["Whole-Nes-v0"].content == str(whole / "rom.nes")
    assert games["Whole-Nes-v0"].states == ("Level1",)
    assert games["Whole-Nes-v0"].start == "Level1"
    assert f"SHA-1 {'0' * 40} is not here" in str(games["Lacks-Nes-v0"].reason)
    assert "no JSON" in str(games["Broken-Nes-v0"].reason)
    assert "'Toaster' is not known" in str(games["Strange-Toaster-v0"].reason)


def run(*words: str) -> str:
    command = [sys.executable, "-m", "pylibretro", "games", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout


@pytest.mark.skipif(STABLE_RETRO is None, reason="stable-retro is not installed")
def test_the_command_lists_games(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "200")
    found = json.loads(run("airstriker", "--json"))
    assert [game["name"] for game in found] == ["Airstriker-Genesis-v0"]
    assert found[0]["playable"]
    assert found[0]["start"] == "Level1"
    text = run("airstriker")
    assert "1 of 1 games can be played here" in text
    assert len(json.loads(run("--json"))) > 1000
    atari = package_directory("ale_py")
    if atari is not None:
        before = json.loads(run("Atari2600", "--playable", "--json"))
        assert before == []
        import_games([atari / "roms"])
        assert len(json.loads(run("Atari2600", "--playable", "--json"))) >= 32
