"""Games of stable-retro: all of them are read, and come to what stable-retro itself comes to."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child
from parity import compare_airstriker
from real import PLAYS, Play, package_directory

from pylibretro import CoreBatch, GameError, StateError
from pylibretro.envs.actions import buttons_mask
from pylibretro.error import GameWarning
from pylibretro.games.game import Game, state_origin
from pylibretro.games.integration import (
    _AddressSpace,
    _Variables,
    find_game,
    find_integrations,
    integration_trees,
    read_integration,
)


@pytest.fixture(scope="module")
def stable_retro() -> Path:
    package = package_directory("stable_retro")
    if package is None:
        pytest.skip("stable-retro is not installed")
    return package


@pytest.fixture(scope="module")
def games(stable_retro: Path) -> dict[str, Game]:
    found = find_integrations([stable_retro / "data"])
    return {
        name: read_integration(directory, cores=cores) for name, (directory, cores) in found.items()
    }


# What cannot be had exactly, and is said: a number in mixed order, words that a core keeps swapped,
# a mask on decimal digits, and first states that are not shipped.
DIFFERENT = {
    "MsPacMan-Sms-v0": "score",
    "NHL94-Genesis-v0": "PenguinsVsSenators",
    "NHL941on1-Genesis-v0": "PenguinsVsSenators",
    "VirtuaFighter2-Saturn-v0": "time",
    "WizardOfWor-Atari2600-v0": "scoreHi",
}


def test_every_game_is_read(games: dict[str, Game]) -> None:
    """Game checks its rules: all scenarios have been translated when this passes."""
    assert len(games) >= 1000
    assert {name for name, game in games.items() if game.differences} == set(DIFFERENT)
    for name, word in DIFFERENT.items():
        assert word in " ".join(games[name].differences)
    scripted = {name for name, game in games.items() if game.script is not None}
    assert len(scripted) >= 40
    assert "Airstriker-Genesis-v0" in games
    for name, game in games.items():
        assert game.console, name
        assert game.watches, name
        assert game.actions, name
        assert os.path.isfile(game.core), name
        start = game.start_state()
        assert start is None or os.path.isfile(str(game.states[start])), name
    ruled = [game for game in games.values() if game.script or game.reward or game.done]
    assert len(ruled) >= 1020
    assert sum(not game.sha1 for game in games.values()) <= 45  # some experimental ones
    assert sum(game.start is None for game in games.values()) <= 40
    assert sum(game.crop is not None for game in games.values()) >= 80


def test_every_state_is_whole_and_says_who_made_it(games: dict[str, Game]) -> None:
    origins = set()
    for game in list(games.values())[::10]:
        start = game.start_state()
        if start is not None:
            data = game.state(start)
            assert len(data) > 100
            origins.add((game.console, state_origin(data)))
    assert ("Genesis", "Genesis Plus GX 1.7.5") in origins
    assert any(console == "Snes" and "Snes9x" in str(origin) for console, origin in origins)


def test_games_have_players_rewards_and_states(games: dict[str, Game]) -> None:
    pong = games["Pong-Atari2600-v0"]
    assert pong.rewards == (
        "max(delta(score1), 0) * -1 + max(delta(score2), 0) * 1",
        "max(delta(score1), 0) * 1 + max(delta(score2), 0) * -1",
    )
    assert pong.start == ("Start", "Start.2P")
    assert pong.start_state(2) == "Start.2P"
    assert pong.players == 2
    airstriker = games["Airstriker-Genesis-v0"]
    assert airstriker.done == "(gameover == 1) and (lives == 0)"
    assert airstriker.reward == "max(delta(score), 0) * 1"
    assert airstriker.content is not None


# ---- against stable-retro itself -------------------------------------------------------------

PRELUDE = """
import contextlib, json, os, sys, zlib
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import numpy as np
"""

# Numbers of every type at random addresses of a game that runs.
DECODE = """
rom, directory = sys.argv[1:3]
with open(os.devnull, "w") as nothing:
    kept = os.dup(2), os.dup(1)
    os.dup2(nothing.fileno(), 2), os.dup2(nothing.fileno(), 1)
    emulator = stable_retro.RetroEmulator(rom)
    for _ in range(40):
        emulator.step()
    os.dup2(kept[0], 2), os.dup2(kept[1], 1)
data = stable_retro.data.GameData()
emulator.configure_data(data)
state = emulator.get_state()
draw = np.random.default_rng(0)
types = ["|u1", "|i1", "|d1", "|n1"] + [
    order + kind + str(size) for kind in "uidn" for size in range(2, 9)
    for order in ("<", ">", "=", "><", "<>", ">=", "<=")
    if len(order) == 1 or (size % 2 == 0 and len(sys.argv) > 3)  # "mixed"
]
blocks = {
    start: bytes(block) for start, block in data.memory.blocks.items()
    if start != 0xFE00  # a Game Boy's sprites, which the core maps by another call
}
info = {}
for number in range(900):
    kind = types[number % len(types)]
    start = int(draw.choice(sorted(blocks)))
    size = len(blocks[start])
    used = [i for i in range(0, size, 64) if any(blocks[start][i:i + 64])] or [0]
    place = int(draw.choice(used)) + int(draw.integers(64))
    if place + 8 > size:
        continue
    info[f"v{number}"] = {"address": start + place, "type": kind}
    if number % 7 == 0:
        info[f"v{number}"]["mask"] = int(draw.integers(1, 128))
with open(os.path.join(directory, "data.json"), "w") as file:
    json.dump({"info": info}, file)
assert data.load(os.path.join(directory, "data.json"), os.path.join(directory, "scenario.json"))
data.update_ram()
with open(os.path.join(directory, "Start.state"), "wb") as file:
    file.write(bytes(state))
print(json.dumps(data.lookup_all()))
"""

SYSTEMS = {
    "game_boy": "GameBoy",
    "game_boy_advance": "GbAdvance",
    "game_gear": "GameGear",
    "master_system": "Sms",
    "mega_drive": "Genesis",
    "airstriker": "Genesis",
    "nes": "Nes",
    "pc_engine": "PCEngine",
    "super_nintendo": "Snes",
    "atari2600": "Atari2600",
}
OF_STABLE_RETRO = [
    play
    for play in PLAYS
    if play.core_id.startswith("stable_retro:")
    and play.game in SYSTEMS
    and "picodrive" not in play.core_id
]


@pytest.mark.parametrize("play", OF_STABLE_RETRO, ids=lambda play: play.id)
def test_numbers_of_every_type_are_those_of_stable_retro(
    stable_retro: Path, tmp_path: Path, play: Play
) -> None:
    directory = tmp_path / f"Some-{SYSTEMS[play.game]}-v0"
    directory.mkdir()
    (directory / "scenario.json").write_text("{}")
    (directory / "metadata.json").write_text('{"default_state": "Start"}')
    rom = play.content(tmp_path)
    # What halves of words are that a core keeps swapped, nobody says, and no game has any.
    mixed = [] if SYSTEMS[play.game] == "Genesis" else ["mixed"]
    printed = run_child(DECODE, rom, directory, *mixed, prelude=PRELUDE)
    expected = json.loads(printed.splitlines()[-1])
    assert len(expected) > 100
    game = read_integration(directory, cores=str(stable_retro / "cores"))
    info = json.loads((directory / "data.json").read_text())["info"]
    about = json.loads((stable_retro / "cores" / f"{play.core.stem[:-9]}.json").read_text())
    system = about[SYSTEMS[play.game]]
    space = _AddressSpace(game.console or "", system.get("rambase", 0), system.get("overlay"))
    expressions = _Variables(info, space).expressions
    names = [
        name
        for name in expressions
        if abs(expected[name]) < 1 << 53
        # There they are signed: 2**63 and more would be negative.
        and not (info[name]["type"].endswith("u8") and expected[name] < 0)
    ]
    with CoreBatch(
        play.core,
        rom,
        options=play.options | dict(game.options),
        watches=game.watches,
        reward=[f"{expressions[name]} + 0" for name in names],
    ) as batch:
        batch.run(2)  # a state may come before the first frame for some cores only
        core = batch[0]
        core.load_state(game.state("Start"))
        # What is read now, before any frame runs.
        found = dict(zip(game.watches, read_watches(core, game), strict=True))
        wrong = [
            (name, info[name], expected[name], computed(expressions[name], found))
            for name in names
            if computed(expressions[name], found) != expected[name]
        ]
        assert not wrong
    assert len(names) > 100


VALID_ACTIONS = """
with open(os.devnull, "w") as nothing:
    kept = os.dup(2), os.dup(1)
    os.dup2(nothing.fileno(), 2), os.dup2(nothing.fileno(), 1)
    emulator = stable_retro.RetroEmulator(sys.argv[1])
    os.dup2(kept[0], 2), os.dup2(kept[1], 1)
found = []
for directory in sys.argv[2:]:
    data = stable_retro.data.GameData()
    emulator.configure_data(data)
    files = [os.path.join(directory, name) for name in ("data.json", "scenario.json")]
    found.append(data.valid_actions() if data.load(*files) else None)
print(json.dumps(found))
"""


@pytest.mark.parametrize(
    "play",
    {SYSTEMS[play.game]: play for play in OF_STABLE_RETRO}.values(),
    ids=lambda play: play.id,
)
def test_combinations_are_in_the_order_of_stable_retro(
    games: dict[str, Game], tmp_path: Path, play: Play
) -> None:
    """Agents that were trained there choose the same by the same number."""
    chosen = [
        game
        for game in games.values()
        if game.console == SYSTEMS[play.game] and Path(game.path or "", "scenario.json").exists()
    ]
    paths = [game.path for game in chosen]
    printed = run_child(VALID_ACTIONS, play.content(tmp_path), *paths, prelude=PRELUDE)
    expected = json.loads(printed.splitlines()[-1])
    assert len(expected) == len(chosen)
    compared = 0
    for game, groups in zip(chosen, expected, strict=True):
        if groups is None:
            continue
        action = game._action("multi_discrete", 1)
        masks = [[buttons_mask(combination) for combination in group] for group in action.groups]
        assert masks == groups, game.name
        compared += 1
    assert compared >= len(chosen) - 5
    assert compared or not chosen


def read_watches(core: Any, game: Game) -> list[int]:
    values = []
    for watch in game.watches.values():
        value = int(core.memory.read(watch.address, watch.type))
        if watch.mask is not None:
            unsigned = core.memory.read(watch.address, watch.type.replace("i", "u"))
            value = int(unsigned) & watch.mask
        values.append(value)
    return values


def computed(expression: str, values: dict[str, int]) -> int:
    """An expression of sums, products and masks over watches."""
    return int(eval(expression, {"watch": values.__getitem__}, dict(values)))


@pytest.mark.parametrize("seed", [0, 1])
def test_airstriker_is_what_it_is_in_stable_retro(stable_retro: Path, seed: int) -> None:
    """All of benchmarks/parity.py runs 20,000 steps of this."""
    found = compare_airstriker(stable_retro, steps=1500, seed=seed)
    assert found.steps == 1500
    assert found.episodes > 0
    assert found.mismatches == {"reward": 0, "done": 0, "info": 0, "picture": 0}


# ---- reading ---------------------------------------------------------------------------------


def make_game(
    directory: Path,
    info: dict[str, Any],
    scenario: dict[str, Any] | None = None,
    metadata: dict[str, Any] | None = None,
) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "data.json").write_text(json.dumps({"info": info}))
    if scenario is not None:
        (directory / "scenario.json").write_text(json.dumps(scenario))
    if metadata is not None:
        (directory / "metadata.json").write_text(json.dumps(metadata))
    return directory


INFO = {"score": {"address": 0xFF0010, "type": ">u4"}, "x y": {"address": 0xFF0020, "type": "|i1"}}


def test_scenarios_become_rules(tmp_path: Path) -> None:
    scenario = {
        "reward": {
            "time": {"reward": -0.1, "penalty": 2},
            "variables": {
                "score": {"reward": 0.1, "penalty": 0.1},
                "x y": {"measurement": "absolute", "op": "less-than", "reference": 3, "penalty": 1},
            },
        },
        "done": {
            "condition": "all",
            "variables": {"score": {"op": "sign"}},
            "nodes": {"a": {"variables": {"x y": {"op": "zero"}, "score": {"op": "positive"}}}},
        },
    }
    game = read_integration(make_game(tmp_path / "Some-Genesis-v3", INFO, scenario))
    assert game.name == "Some-Genesis-v3"
    assert game.core == "genesis_plus_gx"
    tenth = float(np.float32(0.1))
    assert game.reward == (
        f"max(1, 0) * {-tenth!r} + min(1, 0) * 2 + (delta(score)) * {tenth!r} + "
        f"min(watch('x y') < 3, 0) * 1"
    )
    assert game.done == "((sign(score)) > 0) and ((watch('x y') == 0) or (score > 0))"
    assert game.watches["score"].address == 0xFF0010
    assert game.start is None


@pytest.mark.parametrize(
    ("console", "address", "kind", "watch"),
    [
        ("Genesis", 0xFF0011, ">u2", (0xFF0011, ">u2")),
        ("Sms", 0xC123, "<u2", (0xC123, "<u2")),
        ("PCEngine", 0xF80010, "<d2", (0x1F0010, "<d2")),
        ("Atari2600", 0x90, "|u1", (0x90, "|u1")),
        ("Snes", 0x7E0123, "<u3", (0x7E0123, "<u3")),
        ("N64", 0x10, "|u1", (0x80000013, "|u1")),
        ("N64", 0x10, ">u4", (0x80000010, "<u4")),
        ("N64", 0x12, "<u2", (0x80000010, ">u2")),
    ],
)
def test_addresses_become_those_of_the_bus(
    stable_retro: Path,
    tmp_path: Path,
    console: str,
    address: int,
    kind: str,
    watch: tuple[int, str],
) -> None:
    directory = make_game(tmp_path / f"Some-{console}", {"a": {"address": address, "type": kind}})
    for cores in (None, str(stable_retro / "cores")):
        game = read_integration(directory, cores=cores)
        assert (game.watches["a"].address, game.watches["a"].type) == watch
        assert not game.differences


def test_numbers_that_lie_in_no_row_are_put_together(tmp_path: Path) -> None:
    info = {"a": {"address": 0xC000, "type": "><i4"}}
    game = read_integration(
        make_game(tmp_path / "Some-Sms", info, {"done": {"variables": {"a": {"op": "negative"}}}})
    )
    assert [(name, watch.address, watch.type) for name, watch in game.watches.items()] == [
        ("a.3", 0xC001, "|i1"),
        ("a.2", 0xC000, "|u1"),
        ("a.1", 0xC003, "|u1"),
        ("a.0", 0xC002, "|u1"),
    ]
    assert game.done == (
        "(watch('a.3') * 16777216 + watch('a.2') * 65536 + watch('a.1') * 256 + watch('a.0') * 1)"
        " < 0"
    )
    assert game.differences


def test_collections_are_found_where_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_game(tmp_path / "mine" / "Own-Nes-v0", {"a": {"address": 0, "type": "|u1"}}, {})
    make_game(tmp_path / "retro" / "stable" / "Both-Snes-v0", {}, {"crop": [1, 2, 3, 4]})
    make_game(tmp_path / "retro" / "contrib" / "Both-Snes-v0", {}, {})
    make_game(tmp_path / "retro" / "experimental" / "Old-Nes", {}, {})
    monkeypatch.setenv("RETRO_DATA_PATH", str(tmp_path / "retro"))
    monkeypatch.setenv("RETRO_CORE_PATH", str(tmp_path))
    trees = integration_trees([tmp_path / "mine"])
    assert [tree.data for tree in trees[:2]] == [str(tmp_path / "mine"), str(tmp_path / "retro")]
    assert trees[0].cores == str(tmp_path)
    found = find_integrations([tmp_path / "mine"])
    assert {"Own-Nes-v0", "Both-Snes-v0", "Old-Nes"} <= set(found)
    assert find_game("Both-Snes", [tmp_path / "mine"]).crop == (1, 2, 3, 4)
    with pytest.raises(GameError, match="did you mean Own-Nes-v0"):
        find_game("Own-Ness", [tmp_path / "mine"])


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"data.json": "{"}, "no JSON"),
        ({"data.json": "[]"}, "no JSON object"),
        ({"data.json": "{}"}, "make no sense"),
        ({"scenario.json": '{"reward": {"variables": {"b": {"reward": 1}}}}'}, "the variable 'b'"),
        ({"scenario.json": '{"done": {"script": "python:f"}}'}, "no language"),
        ({"metadata.json": '{"system": "Vectrex"}'}, "'Vectrex' is not known"),
    ],
)
def test_what_makes_no_sense_is_said(tmp_path: Path, files: dict[str, str], message: str) -> None:
    directory = make_game(tmp_path / "Some-Genesis-v0", INFO)
    for name, text in files.items():
        (directory / name).write_text(text)
    with pytest.raises(GameError, match=f"Some-Genesis-v0: .*{message}"):
        read_integration(directory)


@pytest.mark.parametrize(
    ("variable", "message"),
    [
        ({"address": 0xFF0000, "type": "u9"}, "its type is 'u9'"),
        ({"address": 3, "type": "|u1"}, "below the console's RAM"),
        ({"address": 0xFFFFFF, "type": ">u2"}, "beyond the console's RAM"),
        ({"address": "here", "type": "|u1"}, "its address is 'here'"),
    ],
)
def test_a_variable_that_cannot_be_read_is_left_out(
    tmp_path: Path, variable: dict[str, Any], message: str
) -> None:
    data = {"info": {"a": variable, "b": {"address": "0xff0002", "type": "|u1"}}}
    directory = make_game(tmp_path / "Some-Genesis-v0", INFO)
    (directory / "data.json").write_text(json.dumps(data))
    (directory / "scenario.json").unlink(missing_ok=True)
    with pytest.warns(GameWarning, match=f"Some-Genesis-v0: the variable 'a' .*{message}"):
        game = read_integration(directory)
    assert list(game.watches) == ["b"]
    assert any("'a' is left out" in each for each in game.differences)


def test_a_refused_state_says_who_made_it(games: dict[str, Game]) -> None:
    game = games["Airstriker-Genesis-v0"]
    with game.open() as core:
        state = core.save_state()
        core.run(1)
        broken = Game(
            name="Broken",
            core=game.core,
            content=game.content,
            states={"Level1": b"GENPLUS-GX 9.9.9" + state[16:-1]},
            start="Level1",
        )
        with pytest.raises(StateError, match=r"made by Genesis Plus GX 9\.9\.9"):
            broken.load_state(core, "Level1")
    with pytest.raises(StateError, match=r"made by Genesis Plus GX 9\.9\.9"):
        broken.open()
