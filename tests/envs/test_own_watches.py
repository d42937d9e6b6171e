"""Watches of one's own beside those of a game."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

gymnasium = pytest.importorskip("gymnasium")

import pylibretro  # noqa: E402
from pylibretro import EnvSpec, Game, LibretroEnv, LibretroVectorEnv, Watch  # noqa: E402
from pylibretro.envs.game_envs import make_game_env, make_game_vector_env  # noqa: E402
from pylibretro.envs.registration import game_2048  # noqa: E402

OWN = {"corner": (0x10, "|u1"), "board": Watch(0x11)}
GAME = Game(
    name="b",
    core="2048",
    watches={"score": (0x20, "<u4"), "mode": (5, "|u1")},  # type: ignore[dict-item]
    reward="delta(score)",
    done="mode == 3",
)


def assert_shows(env: Any, *names: str) -> None:
    _, info = env.reset(seed=1)
    env.step(env.action_space.sample())
    *_, info = env.step(env.action_space.sample())
    for name in names:
        assert name in info, sorted(info)
    env.close()


@pytest.mark.parametrize("name", ["pylibretro/2048-v0", "pylibretro/2048-board-v0"])
def test_the_bundled_game(name: str) -> None:
    env = gymnasium.make(name, watches=OWN)
    env.reset(seed=1)
    core = env.unwrapped.core
    for action in (0, 1, 2, 3):
        _, reward, *_, info = env.step(action)
        assert info["corner"] == core.memory.read(0x10)
        assert info["board"] == core.memory.read(0x11)
        assert "mode" not in info  # the task shows four of its five, and ours
    assert info["score"] >= reward
    assert_shows(env, "score", "moves", "highest", "legal", "corner", "board")
    assert_shows(gymnasium.make_vec(name, num_envs=2, watches=OWN), "score", "corner", "board")


@pytest.mark.parametrize("make", [make_game_env, make_game_vector_env])
@pytest.mark.parametrize("preset", [None, "deepmind"])
def test_games(make: Any, preset: str | None) -> None:
    assert_shows(make(GAME, watches=OWN, preset=preset), "score", "mode", "corner", "board")


def test_specs_and_tasks() -> None:
    spec = EnvSpec(**game_2048())
    assert_shows(LibretroEnv(spec, watches=OWN), "score", "corner")
    assert_shows(LibretroVectorEnv(spec, num_envs=2, watches=OWN), "score", "corner")
    assert_shows(LibretroEnv("2048", task="2048", watches=OWN), "score", "corner")
    only = LibretroEnv(spec, watches=OWN, info=["corner"])
    *_, info = only.reset(seed=1)
    assert "score" not in info
    assert "corner" in info
    only.close()
    with pytest.raises(ValueError, match="there are '2048' and '2048-board'"):
        LibretroEnv("2048", task="chess")


def test_rules_of_ones_own_may_use_both() -> None:
    env = gymnasium.make(
        "pylibretro/2048-v0", watches=OWN, reward="delta(score) + 0 * corner", done="moves >= 3"
    )
    env.reset(seed=1)
    for step in range(8):
        *_, terminated, _, info = env.step(step % 4)
        assert terminated == (info["moves"] >= 3)
        if terminated:
            break
    assert terminated
    env.close()


def test_the_same_name_for_another_number_is_refused() -> None:
    for make in (
        lambda watches: make_game_env(GAME, watches=watches),
        lambda watches: LibretroEnv(EnvSpec(**game_2048()), watches=watches),
        lambda watches: gymnasium.make("pylibretro/2048-v0", watches=watches),
    ):
        with pytest.raises(ValueError, match="the game has a watch 'score' already"):
            make({"score": (0x10, "|u1")})
        make({"score": (0x20, "<u4")}).close()


def test_integrations() -> None:
    name = "pylibretro/Airstriker-Genesis-v0"
    if name not in gymnasium.registry:
        pytest.skip("stable-retro is not installed")
    env = gymnasium.make(name, watches={"own": (0xFF0000, ">u2")})
    assert_shows(env, "score", "lives", "gameover", "own")


def test_without_gymnasium_the_arguments_are_there() -> None:
    code = (
        "import sys; sys.modules['gymnasium'] = None\n"
        "from pylibretro.envs.registration import game_2048\n"
        "print(game_2048()['core'])"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    )
    assert ended.stdout == "2048\n", ended.stderr
    assert pylibretro.__version__
