"""The JSON of integrations, read as stable-retro's parser and its tables of rewards do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pylibretro.error import GameError, GameWarning
from pylibretro.games import find_integrations
from pylibretro.games.integration import read_integration

INFO = {"a": {"address": 0xFF0000, "type": "|u1"}, "b": {"address": 0xFF0002, "type": "|u1"}}


def make_game(path: Path, **scenario: Any) -> Path:
    path.mkdir(parents=True)
    (path / "data.json").write_text(json.dumps({"info": INFO}))
    (path / "scenario.json").write_text(json.dumps(scenario))
    return path


def earned(value: float) -> dict[str, Any]:
    return {"variables": {"a": {"reward": value}}}


@pytest.mark.parametrize(
    ("scenario", "rules"),
    [
        ({"reward": earned(1), "rewards": [earned(2)]}, ["max(delta(a), 0) * 1"]),
        (
            {"reward": earned(1), "rewards": [{"variables": {"b": {"reward": 3}}}, earned(4)]},
            ["max(delta(b), 0) * 3 + max(delta(a), 0) * 1", "max(delta(a), 0) * 4"],
        ),
        (
            {"reward": {"time": {"reward": 1}}, "rewards": [{"time": {"reward": 2}}]},
            ["max(1, 0) * 2"],
        ),
        ({"reward": None, "rewards": [earned(2)]}, ["max(delta(a), 0) * 2"]),
        ({"reward": earned(1), "rewards": {}}, ["max(delta(a), 0) * 1"]),
        ({"reward": "a"}, ["0"]),
    ],
)
def test_rewards_beside_reward_are_one_players(
    tmp_path: Path, scenario: dict[str, Any], rules: list[str]
) -> None:
    game = read_integration(make_game(tmp_path / "Some-Genesis-v0", **scenario))
    assert list(game.rewards) == rules


def test_of_groups_with_the_same_buttons_the_first_counts(tmp_path: Path) -> None:
    actions = [[["LEFT"], ["RIGHT"]], [["LEFT", "RIGHT"], []]]
    game = read_integration(make_game(tmp_path / "Some-Genesis-v0", actions=actions))
    assert game.actions == ((("LEFT",), ("RIGHT",)),)


def test_a_button_that_no_console_has_is_named_and_never_pressed(tmp_path: Path) -> None:
    path = make_game(tmp_path / "Some-Genesis-v0", actions=[[[], ["JUMP"], ["JUMP", "A"]]])
    with pytest.warns(GameWarning, match="the buttons 'JUMP'"):
        game = read_integration(path)
    assert game.actions == (((), (), ("A",)),)
    assert any("JUMP" in text for text in game.differences)


@pytest.mark.parametrize(
    "actions", ["LEFT", ["LEFT"], [["LEFT"]], [[None]], [[[1]]], [[["LEFT", ["A"]]]]]
)
def test_actions_that_are_no_groups(tmp_path: Path, actions: Any) -> None:
    with pytest.raises(GameError, match="groups of combinations"):
        read_integration(make_game(tmp_path / "Some-Genesis-v0", actions=actions))


@pytest.mark.parametrize(
    ("crop", "kept"),
    [
        ([10.7, 20.2, 100.5, 50.9], (10, 20, 100, 50)),
        ([1, 2, 3, 4, 5], (1, 2, 3, 4)),
        ([1, 2, -3, -4], (1, 2, 0, 0)),
    ],
)
def test_crops(tmp_path: Path, crop: list[float], kept: tuple[int, ...]) -> None:
    assert read_integration(make_game(tmp_path / "Some-Genesis-v0", crop=crop)).crop == kept


@pytest.mark.parametrize(
    "crop", [None, 5, {"x": 1}, [True, True, 9, 9], ["1", "2", "3", "4"], [-1] * 4]
)
def test_what_is_no_crop(tmp_path: Path, crop: Any) -> None:
    with pytest.raises(GameError, match="its crop"):
        read_integration(make_game(tmp_path / "Some-Genesis-v0", crop=crop))


def test_a_game_without_data_has_no_variables(tmp_path: Path) -> None:
    path = make_game(tmp_path / "stable" / "Some-Genesis-v0")
    (path / "data.json").unlink()
    assert "Some-Genesis-v0" in find_integrations([tmp_path])
    with pytest.warns(GameWarning, match=r"no data\.json"):
        game = read_integration(path)
    assert dict(game.watches) == {}
    with pytest.raises(GameError, match="no variables 'other'"):
        read_integration(path, info="other")


def test_a_rom_says_the_console_where_the_name_does_not(tmp_path: Path) -> None:
    path = make_game(tmp_path / "MyOwnGame")
    with pytest.raises(GameError, match="is not known"):
        read_integration(path)
    (path / "rom.md").write_bytes(b"SEGA")
    game = read_integration(path)
    assert game.console == "Genesis"
    assert game.content == str(path / "rom.md")


def test_a_rule_that_needs_what_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = make_game(tmp_path / "Some-Genesis-v0", reward={"variables": {"x": {"reward": 1}}})
    info = INFO | {"x": {"address": 0x1000000, "type": "|u1"}}
    (path / "data.json").write_text(json.dumps({"info": info}))
    with (
        pytest.warns(GameWarning, match="'x' is left out"),
        pytest.raises(GameError, match=r"'x', which cannot be read: .* beyond the console"),
    ):
        read_integration(path)


def test_two_players_begin_where_one_does_unless_they_have_a_state(tmp_path: Path) -> None:
    path = make_game(tmp_path / "Some-Genesis-v0")
    for name in ("One", "Any"):
        (path / f"{name}.state").write_bytes(b"state")
    told = {"default_state": "Any", "default_player_state": ["One.state"]}
    (path / "metadata.json").write_text(json.dumps(told))
    game = read_integration(path)
    assert (game.start_state(1), game.start_state(2)) == ("One", "Any")
