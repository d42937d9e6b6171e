"""Lua scripts of integrations: as stable-retro runs them, frame by frame."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child
from real import package_directory

from pylibretro import GameError
from pylibretro.games.game import Game, Script
from pylibretro.integration import find_integrations, read_integration

pytest.importorskip("lupa", reason="lupa is not installed")

from pylibretro.games.lua import LuaScenario

LUA = """
total = 0
data.best = 10
function reward()
    total = total + data.small * 2
    if data.small > data.best then data.best = data.small end
    return total / 3 + scenario.frame + scenario.timestep * 100 + data[0xFF8001]
end
function done()
    return data.best > 11 and data.count == 2
end
function nothing() end
function text() return string.format("%d", 3) end
"""

INFO = {
    "small": {"address": 0xFF8000, "type": "|i1"},
    "large": {"address": 0xFF8002, "type": ">i4"},
    "count": {"address": 0xFF8008, "type": ">u2"},
}
SCENARIO = {
    "scripts": ["script.lua"],
    "reward": {"script": "lua:reward"},
    "done": {"script": "lua:done"},
}

PRELUDE = """
import contextlib, json, os, sys
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
"""
PLAY = """
import random
emulator = stable_retro.RetroEmulator(sys.argv[2])
emulator.step()
data = stable_retro.data.GameData()
emulator.configure_data(data)
assert data.load(os.path.join(sys.argv[1], "data.json"), os.path.join(sys.argv[1], "scenario.json"))
draw = random.Random(0)
data.reset()
data.update_ram()
def seen():
    byte = bytes(data.memory.blocks[0xFF0000])[0x8001 ^ 1]
    return [data.lookup_all(), byte, data.current_reward(), data.is_done()]
frames = [seen()]
for _ in range(60):
    data.set_value("small", draw.randint(-3, 14))
    data.set_value("count", draw.randint(0, 3))
    emulator.step()
    data.update_ram()
    frames.append(seen())
print(json.dumps(frames))
"""


def write(directory: Path, lua: str = LUA, scenario: Any = None) -> Path:
    directory.mkdir(exist_ok=True)
    (directory / "data.json").write_text(json.dumps({"info": INFO}))
    (directory / "scenario.json").write_text(json.dumps(scenario or SCENARIO))
    (directory / "script.lua").write_text(lua)
    return directory


def scenario_of(game: Game, values: dict[str, int], memory: dict[int, int]) -> LuaScenario:
    return LuaScenario(game, lambda: values, memory.__getitem__, values.__setitem__)


def test_scripts_say_what_they_say_in_stable_retro(tmp_path: Path) -> None:
    package = package_directory("stable_retro")
    if package is None:
        pytest.skip("stable-retro is not installed")
    directory = write(tmp_path / "Some-Genesis-v0")
    rom = package / "data/stable/Airstriker-Genesis-v0/rom.md"
    frames = json.loads(run_child(PLAY, directory, rom, prelude=PRELUDE).splitlines()[-1])
    values: dict[str, int] = {}
    memory: dict[int, int] = {}
    scenario = scenario_of(read_integration(directory), values, memory)
    ends = 0
    for number, (lookup, byte, reward, done) in enumerate(frames):
        values.update({name: value for name, value in lookup.items() if name in INFO})
        memory[0xFF8001] = byte
        if number == 0:
            scenario.reset()
            continue
        rewards, over = scenario.step()
        assert rewards == (reward,)
        assert over is done
        ends += bool(over)
    assert 0 < ends < 60


def test_a_reset_begins_anew(tmp_path: Path) -> None:
    game = read_integration(write(tmp_path / "Some-Genesis-v0"))
    values = {"small": 12, "large": 0, "count": 2}
    scenario = scenario_of(game, values, {0xFF8001: 0})
    scenario.reset()
    first = [scenario.step() for _ in range(6)]
    assert first[0] == ((17.0,), True)
    scenario.reset()
    assert [scenario.step() for _ in range(6)] == first
    assert scenario.frame == 7


def test_what_a_script_returns(tmp_path: Path) -> None:
    for function, expected in (("nothing", 0.0), ("text", 0.0)):
        told = {"scripts": ["script.lua"], "reward": {"script": f"lua:{function}"}}
        game = read_integration(write(tmp_path / "Some-Genesis-v0", scenario=told))
        assert scenario_of(game, {}, {}).step() == ((expected,), None)


def test_scripts_write_variables(tmp_path: Path) -> None:
    lua = "function f() data.large = 7 data.own = true data.own = nil return data.large end"
    told = {"scripts": ["script.lua"], "reward": {"script": "lua:f"}}
    game = read_integration(write(tmp_path / "Some-Genesis-v0", lua, told))
    values = {"large": 1}
    assert scenario_of(game, values, {}).step() == ((7.0,), None)
    assert values == {"large": 7}


@pytest.mark.parametrize(
    ("lua", "message"),
    [
        ("function f(", "script.lua"),
        ("function g() end", "no function f"),
        ("function f() return data.nowhere end", "'nowhere', which is no variable"),
        ("function f() return scenario.now end", "no 'now'"),
        ("function f() return io.open('x') end", "io"),
        ("function f() return os.exit(3) end", "os"),
        ("function f() return python.eval('1') end", "python"),
        ("function f() return load('return 1')() end", "load"),
        ("function f() error('as it says') end", "as it says"),
    ],
)
def test_what_goes_wrong_in_a_script_is_said(tmp_path: Path, lua: str, message: str) -> None:
    told = {"scripts": ["script.lua"], "reward": {"script": "lua:f"}}
    game = read_integration(write(tmp_path / "Some-Genesis-v0", lua, told))
    with pytest.raises(GameError, match=message):
        scenario_of(game, {}, {}).step()


def test_every_installed_script_is_run() -> None:
    """With numbers of all its variables that do not stand for anything."""
    found = find_integrations()
    if not found:
        pytest.skip("no integrations are installed")
    run = 0
    draw = np.random.default_rng(0)
    for name, (directory, cores) in found.items():
        for file in sorted(Path(directory).glob("*.json")):
            if '"script"' not in file.read_text():
                continue
            game = read_integration(directory, cores=cores, scenario=str(file))
            assert isinstance(game.script, Script), name
            values = {watch: int(draw.integers(0, 4)) for watch in game.watches}
            scenario = scenario_of(game, values, defaultdict(int))
            try:
                for _ in range(5):
                    rewards, _ = scenario.step()
                    assert len(rewards) >= 1
            except GameError as problem:
                # Tables of levels that these numbers do not name.
                if "nil" not in str(problem):
                    raise
            run += 1
    assert run >= 50


def test_a_game_without_a_script_is_refused() -> None:
    with pytest.raises(GameError, match="no script"):
        LuaScenario(Game(name="a", core="b"), dict, lambda _: 0)


@pytest.mark.parametrize(
    "endless",
    [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "coroutine.wrap(function() while true do end end)()",
        "local c = coroutine.create(function() while true do end end) "
        "while true do coroutine.resume(c) end",
    ],
)
def test_a_script_that_does_not_end_meets_a_limit(tmp_path: Path, endless: str) -> None:
    told = {"scripts": ["script.lua"], "reward": {"script": "lua:f"}}
    lua = f"function f() if data.small == 1 then {endless} end return 5 end"
    game = read_integration(write(tmp_path / "Some-Genesis-v0", lua, told))
    values = {"small": 0}
    scenario = scenario_of(game, values, {})
    assert scenario.step() == ((5.0,), None)
    values["small"] = 1
    with pytest.raises(GameError, match="it ran for more than 50,000,000 instructions"):
        scenario.step()
    values["small"] = 0
    scenario.reset()
    assert scenario.step() == ((5.0,), None)


def test_a_script_that_is_read_for_ever_meets_a_limit(tmp_path: Path) -> None:
    told = {"scripts": ["script.lua"], "reward": {"script": "lua:f"}}
    lua = "function f() return 5 end while true do end"
    game = read_integration(write(tmp_path / "Some-Genesis-v0", lua, told))
    with pytest.raises(GameError, match="instructions"):
        scenario_of(game, {}, {})


def test_a_script_has_only_so_much_memory(tmp_path: Path) -> None:
    told = {"scripts": ["script.lua"], "reward": {"script": "lua:f"}}
    lua = "function f() local t = 'x' for i = 1, 40 do t = t .. t end return #t end"
    game = read_integration(write(tmp_path / "Some-Genesis-v0", lua, told))
    with pytest.raises(GameError, match="memory"):
        scenario_of(game, {}, {}).step()


def test_bytecode_is_no_script(tmp_path: Path) -> None:
    told = {"scripts": ["script.lua"], "reward": {"script": "lua:f"}}
    directory = write(tmp_path / "Some-Genesis-v0", "", told)
    (directory / "script.lua").write_bytes(b"\x1bLuaQ\0\x01\x04\x08\x04\x08\0")
    with pytest.raises(GameError, match="bytecode"):
        scenario_of(read_integration(directory), {}, {})
