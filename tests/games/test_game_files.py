"""Game files of one's own: what `pylibretro search` writes, and the ids that they get."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from real import find_plays

from pylibretro import Game, GameError
from pylibretro.enums import Joypad
from pylibretro.games import add_game_file, remove_game_file
from pylibretro.games.game_files import game_files, game_id
from pylibretro.games.game_import import content_hash
from pylibretro.input.consoles import console_of

gymnasium = pytest.importorskip("gymnasium")

TASK: dict[str, Any] = {
    "core": "2048",
    "watches": {"score": (0x20, "<u4"), "board": (0x10, "|u1"), "mode": (5, "|u1")},
    "reward": "delta(sum(board[0:16]))",
    "done": "mode == 3",
    "actions": [[[], ["UP"], ["DOWN"]], [[], ["LEFT"], ["RIGHT"]]],
}


@pytest.fixture(autouse=True)
def fixture_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path / "data"))
    known = dict(gymnasium.registry)
    yield
    gymnasium.registry.clear()
    gymnasium.registry.update(known)


def test_a_game_file_has_an_id_here_and_in_other_processes(tmp_path: Path) -> None:
    file = tmp_path / "games" / "My Own.toml"
    Game(name="My Own", **TASK).save(file)
    assert add_game_file(file) == "pylibretro/My-Own-v0"
    with gymnasium.make("pylibretro/My-Own-v0", actions="discrete") as env:
        assert env.action_space.n == 9
        _, info = env.reset(seed=1)
        assert info["score"] == 0
    many = gymnasium.make_vec("pylibretro/My-Own-v0", num_envs=2)
    assert many.reset(seed=1)[0].shape[0] == 2
    many.close()
    code = (
        "import gymnasium, pylibretro\n"
        "env = gymnasium.make('pylibretro/My-Own-v0')\n"
        "env.reset(seed=1); print(env.step(env.action_space.sample())[4]['score'])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "0\n", ended.stderr
    assert game_files() == {"pylibretro/My-Own-v0": str(file)}
    remove_game_file("pylibretro/My-Own-v0")
    with pytest.raises(gymnasium.error.Error):
        gymnasium.make("pylibretro/My-Own-v0")
    assert file.is_file()
    with pytest.raises(GameError, match="no game file has the id"):
        remove_game_file("pylibretro/My-Own-v0")


def test_the_file_is_what_it_is_now(tmp_path: Path) -> None:
    file = tmp_path / "g.toml"
    Game(name="g", **TASK).save(file)
    name = add_game_file(file)
    Game(name="g", **{**TASK, "reward": "7"}).save(file)
    with gymnasium.make(name) as env:
        env.reset(seed=1)
        assert env.step(env.action_space.sample())[1] == 7
    file.unlink()
    with pytest.raises(GameError, match=r"g\.toml cannot be read"):
        gymnasium.make(name)
    other = tmp_path / "elsewhere.toml"
    Game(name="g", **TASK).save(other)
    assert add_game_file(other) == name
    gymnasium.make(name).close()


def test_names_of_other_games_are_refused(tmp_path: Path) -> None:
    for name in ("2048", "Libretro-v0"):
        file = tmp_path / f"{name}.toml"
        Game(name=name, **TASK).save(file)
        with pytest.raises(GameError, match="is the id of another game"):
            add_game_file(file)
    with pytest.raises(GameError, match="cannot be read"):
        add_game_file(tmp_path / "nothing.toml")


def test_ids_are_what_gymnasium_takes() -> None:
    for name in ("a", "Sonic & Knuckles (World)", "ä", "x-v3", "../../etc", "a.b", "-"):
        identifier = game_id(name)
        assert gymnasium.envs.registration.parse_env_id(identifier)[0] == "pylibretro"
        assert os.sep not in identifier.removeprefix("pylibretro/")


SESSION = """
run 60
press START 1
run 30
save first
restart |u1
{console}
list 1
name x 0
reward delta(x)
export {file}
"""


def search(core: str, *content: str, console: str = "", file: Path) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "pylibretro", "search", core, *content],
        input=SESSION.format(console=console, file=file),
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_search_writes_console_actions_content_and_hash(tmp_path: Path) -> None:
    play = next((one for one in find_plays() if "snes9x" in one.id), None)
    if play is None:
        pytest.skip("there is no snes9x here")
    core, game = str(play.core), play.content(tmp_path)
    rom = tmp_path / "roms" / f"game{Path(game).suffix}"
    rom.parent.mkdir()
    shutil.copy(game, rom)
    file = tmp_path / "tasks" / "mine.toml"
    said = search(core, str(rom), file=file)
    assert 'gymnasium.make("pylibretro/mine-v0") plays it' in said
    found = Game.load(file)
    assert found.console == "Snes"
    assert found.content == f"../roms/{rom.name}"
    assert found.sha1 == (hashlib.sha1(rom.read_bytes()).hexdigest(),)
    assert found.actions is not None
    assert found.actions[0] == ((), ("UP",), ("DOWN",))
    assert ("START",) not in [one for group in found.actions for one in group]
    code = "import gymnasium, pylibretro; e = gymnasium.make('pylibretro/mine-v0'); e.reset(seed=1)"
    subprocess.run([sys.executable, "-c", code], check=True)
    # The game is found by its hash when it is no longer where it was.
    rom.unlink()
    library = Path(os.environ["PYLIBRETRO_DATA_PATH"]) / "games" / found.sha1[0]
    library.mkdir(parents=True)
    shutil.copy(game, library / rom.name)
    subprocess.run([sys.executable, "-c", code], check=True)


def test_search_lets_its_user_say_what_may_be_pressed(tmp_path: Path) -> None:
    file = tmp_path / "two.toml"
    said = search("2048", console="actions up|DOWN left|right|LEFT+UP", file=file)
    assert "nothing | UP | DOWN" in said
    found = Game.load(file)
    assert found.console is None
    assert found.actions == (
        ((), ("UP",), ("DOWN",)),
        ((), ("LEFT",), ("RIGHT",), ("LEFT", "UP")),
    )
    assert found.core == "2048"
    ended = subprocess.run(
        [sys.executable, "-m", "pylibretro", "search", "2048"],
        input="console Genesis\nactions A|JUMP\n",
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "Genesis has no button 'JUMP'; it has B, A, MODE" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_consoles_are_known_by_core_and_content() -> None:
    cases = {
        ("/x/stella_libretro.so", "Stella", "pong.bin"): "Atari2600",
        ("genesis_plus_gx", "Genesis Plus GX", "a.bin"): "Genesis",
        ("genesis_plus_gx", "Genesis Plus GX", "a.gg"): "GameGear",
        ("gambatte", "Gambatte", "a.zip#b.gbc"): "GbColor",
        ("bsnes", "bsnes", "a.SFC"): "Snes",
        ("nestopia", "Nestopia", "a.nes"): "Nes",
    }
    for (path, name, content), console in cases.items():
        found = console_of([path, name], content)
        assert found is not None
        assert found.name == console
    for case in (("2048", "2048", None), ("other", "Other", "a.bin"), ("genesis_plus_gx", "", "x")):
        assert console_of(case[:2], case[2]) is None


def test_hashes_of_contents(tmp_path: Path) -> None:
    body = bytes(range(256)) * 64
    (tmp_path / "a.nes").write_bytes(b"NES\x1a" + bytes(12) + body)
    assert content_hash(tmp_path / "a.nes") == hashlib.sha1(body).hexdigest()
    shutil.make_archive(str(tmp_path / "z"), "zip", tmp_path, "a.nes")
    for name in ("z.zip", "z.zip#a.nes"):
        assert content_hash(tmp_path / name) == hashlib.sha1(body).hexdigest()
    assert content_hash(tmp_path / "z.zip#b.nes") is None
    assert content_hash(tmp_path / "nothing") is None


def test_import_knows_what_game_files_need(tmp_path: Path) -> None:
    rom = tmp_path / "roms" / "g.bin"
    rom.parent.mkdir()
    rom.write_bytes(b"game" * 100)
    digest = hashlib.sha1(rom.read_bytes()).hexdigest()
    file = tmp_path / "g.toml"
    Game(name="g", sha1=(digest,), **TASK).save(file)
    add_game_file(file)
    ended = subprocess.run(
        [sys.executable, "-m", "pylibretro", "import", "--json", str(rom.parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    (found,) = json.loads(ended.stdout)["games"]
    assert (found["sha1"], found["names"]) == (digest, ["g-v0"])
    assert int(Joypad.B) == 1
