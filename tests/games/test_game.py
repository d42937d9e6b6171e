"""Game files: what is written is what is read, and what an env is made of."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import pytest

from pylibretro import Core, CoreBatch, EnvSpec, GameError, Joypad, Watch
from pylibretro.actions import ButtonActions, DiscreteActions, MultiDiscreteActions
from pylibretro.error import ContentNotFoundError, RuleError
from pylibretro.games.game import Game
from pylibretro.games.game_toml import game_fields, toml_from_fields
from pylibretro.integration import find_integrations, read_integration

TEXT = '''\
name = "2048"
core = "2048"
start = "Begun"
reward = """
delta(score) / 100
- (mode == 3)"""
done = "mode == 3"
actions = [[[], ["UP"], ["DOWN"]], [[], ["LEFT", "A"]]]

[options]
2048_seed = "7"

[controllers]
1 = 5

[states]
Begun = "begun.state"

[watches]
score = { address = 0x20, type = "<u4" }
mode = [0x05, "|u1"]
"high bits" = { address = 0x30, type = ">u2", mask = 0xf0 }
'''


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    with Core("2048", options={"2048_seed": "7"}) as core:
        core.run(10)
        core.run(1, [Joypad.START])
        core.run(5)
        (tmp_path / "begun.state").write_bytes(gzip.compress(core.save_state()))
    (tmp_path / "game.toml").write_text(TEXT)
    return tmp_path


def test_a_file_is_a_game(directory: Path) -> None:
    game = Game.load(directory / "game.toml")
    assert game.name == game.core == "2048"
    assert game.options == {"2048_seed": "7"}
    assert game.controllers == {1: 5}
    assert game.watches == {
        "score": Watch(0x20, "<u4"),
        "mode": Watch(5),
        "high bits": Watch(0x30, ">u2", 0xF0),
    }
    assert game.rewards == ("delta(score) / 100\n- (mode == 3)",)
    assert game.actions == (((), ("UP",), ("DOWN",)), ((), ("LEFT", "A")))
    assert game.start_state() == "Begun"
    with game.open() as core:
        assert core.options["2048_seed"] == "7"
        assert core.memory.read(5) == 1
        assert core.save_state() == game.state("Begun")


def test_what_is_saved_is_what_was_there(directory: Path, tmp_path: Path) -> None:
    game = Game.load(directory / "game.toml")
    game.save(tmp_path / "sub" / "again.toml")
    again = Game.load(tmp_path / "sub" / "again.toml")
    assert again.state("Begun") == game.state("Begun")
    for name in ("name", "watches", "reward", "done", "actions", "options", "controllers", "start"):
        assert getattr(again, name) == getattr(game, name), name
    full = Game(
        name='odd "name" \\ \t é',
        core="2048",
        console="Genesis",
        content="a b.md",
        sha1=("AB", "cd"),
        states={"a/b": b"\0state", "c": b"\x1f\x8b"},
        start=("a/b", "a/b"),
        watches={"x.1": Watch(1, ">d3"), " y": Watch(2, "|u1")},
        reward=("watch('x.1')", "0"),
        crop=(1, 2, 3, 4),
        players=3,
        actions=[[["MODE", "c"]], [[]]],
    )
    full.save(tmp_path / "full.toml")
    read = Game.load(tmp_path / "full.toml")
    assert read.name == full.name
    assert read.sha1 == ("ab", "cd")
    assert read.state("a/b") == b"\0state"
    assert read.content == "a b.md" or str(read.content).endswith("a b.md")
    for name in ("console", "start", "watches", "reward", "crop", "players", "actions"):
        assert getattr(read, name) == getattr(full, name), name


def test_every_integration_goes_through_a_file() -> None:
    found = find_integrations()
    if not found:
        pytest.skip("no integrations are installed")
    for name, (directory, cores) in list(found.items())[::17]:
        game = read_integration(directory, cores=cores)
        if game.script is None:
            again = Game(**game_fields(toml_from_fields(vars(game))), path=game.path)
            for field in ("watches", "reward", "done", "actions", "sha1", "start", "crop", "core"):
                assert getattr(again, field) == getattr(game, field), (name, field)


def test_an_env_is_made_of_it(directory: Path) -> None:
    game = Game.load(directory / "game.toml")
    spec = EnvSpec(**game.env_arguments(max_episode_steps=9))
    assert spec.max_episode_steps == 9
    assert set(spec.states) == {"Begun"}
    assert isinstance(spec.actions, tuple) or spec.actions is not None
    batch_arguments: dict[str, Any] = {
        name: value
        for name, value in game.env_arguments().items()
        if name in ("options", "controllers", "watches", "reward", "done")
    }
    with CoreBatch(game.core, **batch_arguments) as batch:
        batch.run(3)
        assert batch.rewards.shape == (1,)
    assert "states" not in game.env_arguments(state="")
    kinds = {
        kind: game.env_arguments(actions=kind, players=2)["actions"]
        for kind in ("buttons", "filtered", "discrete", "multi_discrete")
    }
    assert kinds["buttons"] == ButtonActions(tuple(Joypad.__members__), ports=(0, 1))
    assert kinds["filtered"].groups == (((), ("UP",), ("DOWN",)), ((), ("LEFT", "A")))
    assert isinstance(kinds["discrete"], DiscreteActions)
    assert len(kinds["discrete"].combinations) == 6
    assert isinstance(kinds["multi_discrete"], MultiDiscreteActions)
    with pytest.raises(ValueError, match="actions"):
        game.env_arguments(actions="all")
    with pytest.raises(GameError, match="no 3 players"):
        game.env_arguments(players=3)


def test_buttons_have_the_console_s_names() -> None:
    game = Game(name="a", core="b", console="Genesis", actions=[[[], ["C"], ["Z", "MODE"]]])
    actions = game.env_arguments(content=None)["actions"]
    assert actions.groups == (((), ("A",), ("SELECT", "R")),)
    assert game.buttons[8] == "C"
    with pytest.raises(GameError, match="Genesis has no button 'L'"):
        Game(name="a", core="b", console="Genesis", actions=[[["L"]]])
    cropped = {
        crop: Game(name="a", core="2048", crop=crop).env_arguments()["observation"].crop
        for crop in ((1, 8, 16, 32), (0, 8, 0, 16), (10, 0, 100, 0), (10, 20, 0, 0))
    }
    assert cropped == {
        (1, 8, 16, 32): (8, 1, 32, 16),
        (0, 8, 0, 16): (8, 0, 16, 320),
        (10, 0, 100, 0): (0, 10, 240, 100),
        (10, 20, 0, 0): (20, 10, 220, 310),
    }
    assert "observation" not in Game(name="a", core="b", crop=(0, 0, 0, 0)).env_arguments()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = 3\ncore = 'a'", "name is 3"),
        ("name = 'a'", "no core"),
        ("name = 'a'\ncore = 'b'\nwatchs = {}", "no 'watchs'"),
        ("name = ", "no TOML"),
        ("name = 'a'\ncore = 'b'\n[watches]\nx = { adress = 3 }", "watch 'x'"),
        ("name = 'a'\ncore = 'b'\n[watches]\nx = [3, 'u9']", "watch 'x'"),
        ("name = 'a'\ncore = 'b'\n[options]\nx = 3", "x is 3"),
        ("name = 'a'\ncore = 'b'\n[controllers]\nx = 3", "port 'x'"),
        ("name = 'a'\ncore = 'b'\nstart = 'x'", "starts from 'x'"),
        ("name = 'a'\ncore = 'b'\ncrop = [1, 2]", "crop"),
        ("name = 'a'\ncore = 'b'\ncrop = 'x'", "crop"),
        ("name = 'a'\ncore = 'b'\nplayers = true", "players"),
        ("name = 'a'\ncore = 'b'\nactions = [[['JUMP']]]", "no button 'JUMP'"),
        ("name = 'a'\ncore = 'b'\nactions = ['UP']", "actions"),
        ("name = 'a'\ncore = 'b'\nreward = 'x +'", "a rule is"),
    ],
)
def test_what_no_game_has_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.toml").write_text(text)
    with pytest.raises((GameError, RuleError), match=message):
        Game.load(tmp_path / "a.toml")


def test_missing_files_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path))
    game = Game(name="a", core="b", sha1=("ab",), states={"x": "none.state", "y": b"\x1f\x8bz"})
    with pytest.raises(ContentNotFoundError, match="pylibretro import"):
        game.find_content()
    with pytest.raises(GameError, match=r"none\.state"):
        game.state("x")
    with pytest.raises(GameError, match="damaged"):
        game.state("y")
    with pytest.raises(GameError, match="its states are: x, y"):
        game.state("z")
