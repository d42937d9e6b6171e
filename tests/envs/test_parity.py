"""Games of stable-retro's integrations, played here and there: the same, step by step."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from parity_of_games import ACTIONS, FREE_ROMS, consoles, load, play, playable
from real import PLAYS, package_directory

from pylibretro.games import Game
from pylibretro.games.integration import CONSOLE_NAMES

STABLE_RETRO = package_directory("stable_retro")
if STABLE_RETRO is None or package_directory("ale_py") is None:
    pytest.skip("needs stable-retro and ale-py", allow_module_level=True)

GAMES = {
    "Airstriker-Genesis-v0": "buttons",
    "Breakout-Atari2600-v0": "discrete",  # its paddles are in no state
    "ElevatorAction-Atari2600-v0": "multi_discrete",  # what it shows first stays in the machine
    "FishingDerby-Atari2600-v0": "filtered",  # rewards for two players
    "Seaquest-Atari2600-v0": "buttons",
}


@pytest.mark.parametrize("name", GAMES)
def test_a_game_is_the_same_in_stable_retro(name: str, tmp_path: Path) -> None:
    assert STABLE_RETRO is not None
    game, state = next(each for each in playable(STABLE_RETRO) if each[0].name == name)
    played = play(game, state, GAMES[name], steps=400, directory=tmp_path, seed=3)
    assert played.steps == 400
    assert played.space
    assert not played.differ, played


@pytest.mark.parametrize("actions", ACTIONS)
def test_every_kind_of_action_is_the_same_on_a_console_that_lacks_buttons(
    actions: str, tmp_path: Path
) -> None:
    assert STABLE_RETRO is not None
    game, state = next(each for each in playable(STABLE_RETRO) if "Phoenix" in each[0].name)
    played = play(game, state, actions, steps=150, directory=tmp_path)
    assert played.space
    assert not played.differ, played


def systems() -> list[Any]:
    found: dict[str, Any] = {}
    for file in sorted((STABLE_RETRO or Path()).glob("cores/*.json")):
        found.update(json.loads(file.read_text()))
    return list(found.items())


@pytest.mark.parametrize(("system", "described"), systems(), ids=lambda value: str(value)[:12])
@pytest.mark.parametrize("players", [1, 2])
def test_there_are_as_many_numbers_as_in_stable_retro(
    system: str, described: dict[str, Any], players: int
) -> None:
    game = Game(name="some", core="2048", console=CONSOLE_NAMES.get(system, system), players=2)
    action = game.env_arguments(actions="buttons", players=players)["actions"]
    assert action.space().n == len(described["buttons"]) * players


@pytest.mark.parametrize("console", ["Atari2600", "GameBoy", "Snes"])
def test_states_of_other_games_are_judged_the_same(console: str, tmp_path: Path) -> None:
    assert STABLE_RETRO is not None
    wanted = f"stable_retro:{FREE_ROMS[console]}"
    free = next((each for each in PLAYS if each.id == wanted), None)
    assert free is not None
    states = consoles(STABLE_RETRO)[console][:5]
    loaded = load(free.core, free.content(tmp_path), console, states)
    assert loaded.states == 5
    assert loaded.differ == []
