"""Envs of games: by id, from files, with Lua scripts."""

from __future__ import annotations

import json
import warnings
import zlib
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child
from parity import as_stable_retro
from real import package_directory

gymnasium = pytest.importorskip("gymnasium", reason="Gymnasium is not installed")

from gymnasium.utils.env_checker import check_env  # noqa: E402
from gymnasium.vector import AutoresetMode, SyncVectorEnv  # noqa: E402

from pylibretro import ContentNotFoundError, Game, GameError, LibretroVectorEnv  # noqa: E402
from pylibretro.envs.game_envs import LuaRewards, make_game_env, make_game_vector_env  # noqa: E402
from pylibretro.games.game_ids import register_games  # noqa: E402
from pylibretro.integration import read_integration  # noqa: E402
from pylibretro.rules import Watch  # noqa: E402

STABLE_RETRO = package_directory("stable_retro")
NAME = "Airstriker-Genesis-v0"
ID = f"pylibretro/{NAME}"

with_stable_retro = pytest.mark.skipif(STABLE_RETRO is None, reason="stable-retro is not installed")


@pytest.fixture
def trees(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    """An empty directory of games, whose ids are forgotten after the test."""
    before = set(gymnasium.registry)
    monkeypatch.setenv("RETRO_DATA_PATH", str(tmp_path))
    yield tmp_path
    for name in set(gymnasium.registry) - before:
        del gymnasium.registry[name]


# Random buttons as an agent draws them; what a combination of the game does not have is filtered.
PLAY = """
import contextlib, json, os, sys, zlib
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import numpy as np
os.environ["RETRO_DATA_PATH"] = sys.argv[1]
env = stable_retro.make(sys.argv[2], render_mode="rgb_array")
draw = np.random.default_rng(5)
observation, _ = env.reset()
for _ in range(int(sys.argv[3])):
    pressed = draw.integers(0, 2, env.num_buttons)
    observation, reward, terminated, truncated, info = env.step(pressed)
    picture = zlib.crc32(np.ascontiguousarray(observation))
    print(json.dumps([reward, terminated, truncated, info, picture]))
    if terminated:
        env.reset()
env.close()
"""


@with_stable_retro
def test_an_id_is_the_env_of_stable_retro() -> None:
    assert STABLE_RETRO is not None
    steps = 1500
    printed = run_child(PLAY, STABLE_RETRO / "data", NAME, steps, prelude="").splitlines()
    expected = [json.loads(line) for line in printed[-steps:]]
    env = gymnasium.make(ID)
    assert env.action_space == gymnasium.spaces.MultiBinary(12)
    assert env.observation_space.shape == (224, 320, 3)
    draw = np.random.default_rng(5)
    env.reset(seed=0)
    score = 0.0
    for number, step in enumerate(expected):
        observation, reward, terminated, truncated, info = env.step(
            draw.integers(0, 2, 12).astype(np.int8)
        )
        del info["episode_frame_number"]
        seen = [
            reward,
            terminated,
            truncated,
            info,
            zlib.crc32(as_stable_retro(observation)),
        ]
        assert seen == step, number
        score += float(reward)
        if terminated:
            env.reset()
    env.close()
    assert score > 0
    assert any(terminated for _, terminated, *_ in expected)


@with_stable_retro
@pytest.mark.parametrize("arguments", [{}, {"actions": "discrete", "players": 2, "frame_skip": 4}])
def test_gymnasiums_checker_finds_nothing(arguments: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make(ID, render_mode="rgb_array", **arguments)
        check_env(env.unwrapped)
        env.close()


ACTIONS = """
modes = {"buttons": "ALL", "filtered": "FILTERED", "discrete": "DISCRETE",
         "multi_discrete": "MULTI_DISCRETE"}
env = stable_retro.make(sys.argv[2], render_mode="rgb_array", players=int(sys.argv[5]),
                        use_restricted_actions=stable_retro.Actions[modes[sys.argv[4]]])
env.action_space.seed(5)
print(env.action_space)
env.reset()
for _ in range(int(sys.argv[3])):
    observation, reward, terminated, truncated, info = env.step(env.action_space.sample())
    ram = zlib.crc32(env.get_ram())
    print(json.dumps([reward, terminated, truncated, info, ram]))
    if terminated:
        env.reset()
env.close()
"""


# With two players, stable-retro itself raises an IndexError for "multi_discrete".
@with_stable_retro
@pytest.mark.parametrize(
    ("actions", "players"),
    [
        *((actions, 1) for actions in ("buttons", "filtered", "discrete", "multi_discrete")),
        *((actions, 2) for actions in ("buttons", "filtered", "discrete")),
    ],
)
def test_kinds_of_actions_press_what_they_press_in_stable_retro(actions: str, players: int) -> None:
    """The same numbers out of the same space: RAM is equal after every step."""
    assert STABLE_RETRO is not None
    steps = 600
    source = PLAY[: PLAY.index("env = ")] + ACTIONS
    arguments = STABLE_RETRO / "data", NAME, steps, actions, players
    space, *lines = run_child(source, *arguments, prelude="").splitlines()[-steps - 1 :]
    env = gymnasium.make(ID, actions=actions, players=players)
    assert str(env.action_space) == space
    env.action_space.seed(5)
    env.reset(seed=0)
    unwrapped: Any = env.unwrapped
    core = unwrapped.core
    pressed = set()
    for number, line in enumerate(lines):
        _, reward, terminated, truncated, info = env.step(env.action_space.sample())
        del info["episode_frame_number"]
        ram = zlib.crc32(core.memory.system_ram.data)
        assert [reward, terminated, truncated, info, ram] == json.loads(line), number
        pressed.add(ram)
        if terminated:
            env.reset()
    env.close()
    assert len(pressed) > steps // 2


def assert_equal(one: Any, other: Any) -> None:
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_equal(one[name], other[name])
    else:
        np.testing.assert_array_equal(one, other)


@with_stable_retro
@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_many_envs_do_what_as_many_single_ones_do(mode: AutoresetMode) -> None:
    arguments: dict[str, Any] = {
        "actions": "discrete",
        "frame_skip": 8,
        "noop_max": 30,
        "max_episode_steps": 60,
    }
    envs = gymnasium.make_vec(ID, num_envs=4, autoreset_mode=mode, **arguments)
    assert isinstance(envs, LibretroVectorEnv)
    assert envs.single_action_space == gymnasium.spaces.Discrete(126)
    single = SyncVectorEnv([partial(make_game_env, NAME, **arguments)] * 4, autoreset_mode=mode)
    assert envs.observation_space == single.observation_space
    assert envs.single_observation_space.shape == (224, 320, 3)
    for one, other in zip(envs.reset(seed=3), single.reset(seed=3), strict=True):
        assert_equal(one, other)
    envs.action_space.seed(7)
    earned, ended = np.zeros(4), np.zeros(4)
    for _ in range(130):
        action = envs.action_space.sample()
        results, others = envs.step(action), single.step(action)
        for one, other in zip(results[:4], others[:4], strict=True):
            assert_equal(one, other)
        for key in ("score", "lives", "gameover", "episode_frame_number"):
            assert_equal(results[4][key], others[4][key])
        earned += results[1]
        ended += results[3]
    assert (ended >= 2).all()
    assert len(set(earned)) > 1  # each has played a game of its own
    envs.close()
    single.close()


@with_stable_retro
def test_every_game_has_an_id(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without its content, making its env says how to get that."""
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path))
    assert STABLE_RETRO is not None
    monkeypatch.delenv("RETRO_DATA_PATH", raising=False)
    register_games()
    directories = {
        path.parent.name.removesuffix("-v0") for path in STABLE_RETRO.glob("data/*/*/data.json")
    }
    assert len(directories) >= 1000
    refused = []
    for directory in sorted(directories):
        try:
            gymnasium.make(f"pylibretro/{directory}-v0").close()
        except ContentNotFoundError as problem:
            refused.append((directory, str(problem)))
    assert all(message.startswith(directory) for directory, message in refused)
    assert all("give its path as content" in message for _, message in refused)
    imports = sum("let `pylibretro import DIRECTORY` find it" in said for _, said in refused)
    assert imports >= len(directories) - 10


@with_stable_retro
def test_choices_of_an_env() -> None:
    env = make_game_env(NAME, actions="multi_discrete", players=2, state="")
    assert env.action_space == gymnasium.spaces.MultiDiscrete([3, 3, 14] * 2)
    env.close()
    with pytest.raises(GameError, match="no state 'Level99'; its states are: Level1"):
        gymnasium.make(ID, state="Level99")
    with pytest.raises(GameError, match=f"no game '{NAME}0'; did you mean {NAME}"):
        make_game_env(f"{NAME}0")
    with pytest.raises(gymnasium.error.NameNotFound, match="Did you mean: `Airstriker-Genesis`"):
        gymnasium.make("pylibretro/Airstrker-Genesis-v0")
    with pytest.raises(GameError, match="no scenario 'hard'; it has: scenario"):
        gymnasium.make(ID, scenario="hard")


def test_a_file_is_an_env(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    watches = {"score": Watch(0x20, "<u4")}
    Game(name="a", core="2048", watches=watches, reward="delta(score)").save(path)
    env = make_game_env(str(path), frame_skip=2)
    _, info = env.reset()
    assert info == {"score": 0, "episode_frame_number": 0}
    assert env.step(env.action_space.sample())[4]["episode_frame_number"] == 2
    env.close()
    envs = make_game_vector_env(str(path), num_envs=2)
    assert envs.reset()[1]["score"].tolist() == [0, 0]
    envs.close()


@pytest.mark.parametrize("imports", ["import gymnasium, pylibretro", "import pylibretro"])
def test_games_are_not_looked_into_for_their_ids(trees: Path, imports: str) -> None:
    """There is nothing in these; and without Gymnasium nobody looks for them."""
    for name in ("Aa-Nes", "Bb-Nes-v0", "Bb-Nes", "Bb-Nes-v2", "No id?-Nes", "roms", "_Aa-Nes"):
        (trees / name).mkdir()
    lines = run_child(
        f"""
import os, sys
{imports}
print("gymnasium" in sys.modules or "pylibretro.games.integration" not in sys.modules)
import gymnasium
print("pylibretro.envs.game_envs" in sys.modules or "pylibretro.envs.env" in sys.modules)
here = os.listdir(sys.argv[1])
for name, spec in gymnasium.registry.items():
    if spec.kwargs.get("game") in here:
        print(name, spec.kwargs)
""",
        trees,
        prelude="",
    ).splitlines()
    assert lines == [
        "True",
        "False",
        "pylibretro/Aa-Nes-v0 {'game': 'Aa-Nes'}",
        "pylibretro/Bb-Nes-v0 {'game': 'Bb-Nes-v0'}",
        "pylibretro/Bb-Nes-v2 {'game': 'Bb-Nes-v2'}",
    ]


LUA = """
steps = 0
function reward() steps = steps + 1 return steps + data.lives end
function other() data.score = 70 + steps return -steps end
function done() return steps > 5 end
"""


def write_scripted(directory: Path, scenario: dict[str, Any]) -> Path:
    assert STABLE_RETRO is not None
    source = STABLE_RETRO / "data" / "stable" / NAME
    directory.mkdir()
    for name in ("data.json", "metadata.json", "rom.md", "rom.sha", "Level1.state"):
        (directory / name).write_bytes((source / name).read_bytes())
    (directory / "script.lua").write_text(LUA)
    (directory / "scenario.json").write_text(json.dumps({"scripts": ["script.lua"], **scenario}))
    return directory


@with_stable_retro
def test_a_lua_script_tells_rewards_and_ends(trees: Path) -> None:
    pytest.importorskip("lupa", reason="lupa is not installed")
    told = {"reward": {"script": "lua:reward"}, "done": {"script": "lua:done"}}
    write_scripted(trees / "Scripted-Genesis", told)
    register_games()
    env = gymnasium.make("pylibretro/Scripted-Genesis-v0")
    action = np.zeros(12, np.int8)
    for _ in range(2):
        _, info = env.reset()
        lives = info["lives"]
        assert lives > 0
        seen = [env.step(action)[1:3] for _ in range(5)]
        # The script was asked once at the reset, and its end is asked before its reward.
        assert seen == [(lives + step + 2.0, False) for step in range(4)] + [(lives + 6.0, False)]
        assert env.step(action)[2]
    env.close()
    envs = gymnasium.make_vec("pylibretro/Scripted-Genesis-v0", num_envs=3)
    envs.reset(seed=1)
    ends = []
    for step in range(7):
        _, rewards, terminations, *_ = envs.step(np.zeros((3, 12), np.int8))
        ends.append(terminations.tolist())
        if step < 6:
            assert rewards.tolist() == [lives + step + 2.0] * 3
    assert ends == [[False] * 3] * 5 + [[True] * 3, [False] * 3]
    envs.close()
    with pytest.raises(GameError, match="its frame_skip is 1, not 4"):
        gymnasium.make("pylibretro/Scripted-Genesis-v0", frame_skip=4)


@with_stable_retro
def test_a_script_and_a_rule_reward_a_player_each(tmp_path: Path) -> None:
    pytest.importorskip("lupa", reason="lupa is not installed")
    told = {
        "rewards": [
            {"variables": {"lives": {"measurement": "absolute", "reward": 2.0}}},
            {"script": "lua:other"},
        ]
    }
    directory = write_scripted(tmp_path / "Scripted-Genesis-v0", told)
    assert STABLE_RETRO is not None
    game = read_integration(directory, cores=str(STABLE_RETRO / "cores"))
    env = make_game_env(game)
    assert isinstance(env, LuaRewards)
    _, info = env.reset()
    _, reward, terminated, _, info = env.step(np.zeros(12, np.int8))
    assert reward == 2.0 * info["lives"] > 0
    assert info["rewards"].tolist() == [reward, 0.0]
    assert not terminated
    # What a script writes is in memory, and in what an agent is told.
    core: Any = env.unwrapped
    assert info["score"] == core.core.memory.read(game.watches["score"].address, ">u4") == 70
    env.close()
