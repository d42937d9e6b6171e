"""Steps per second of an env whose game changes its frame rate."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from pylibretro.envs.env import LibretroEnv
from pylibretro.envs.vector import LibretroVectorEnv


@pytest.fixture
def game(build_core: Callable[..., Path], tmp_path: Path) -> tuple[str, str]:
    """From frame 20 on at 50 frames per second instead of 60."""
    rows = [(0, 60000, 44100, 64, 48), (20, 50000, 44100, 64, 48)]
    content = tmp_path / "game.bin"
    content.write_bytes(np.array(rows, "<u4").tobytes())
    return str(build_core("changing")), str(content)


def test_render_fps_is_that_of_the_game_now(game: tuple[str, str]) -> None:
    env = LibretroEnv(*game, frame_skip=4, render_mode="rgb_array")
    kept = env.metadata
    assert kept["render_fps"] == 15
    env.reset(seed=1)
    for _ in range(6):
        env.step(env.action_space.sample())
    assert env.metadata["render_fps"] == 12.5
    assert env.metadata is kept
    assert copy.deepcopy(env).metadata["render_fps"] == 12.5
    env.reset(seed=1)
    assert env.metadata["render_fps"] == 15
    env.close()
    assert env.metadata["render_fps"] == 15
    assert LibretroEnv.metadata["render_fps"] == 60


def test_a_vector_env_follows_too(game: tuple[str, str]) -> None:
    envs = LibretroVectorEnv(*game, num_envs=2)
    envs.reset(seed=1)
    assert envs.metadata["render_fps"] == 60
    for _ in range(30):
        envs.step(envs.action_space.sample())
    assert envs.metadata["render_fps"] == 50
    envs.close()
    assert envs.metadata["render_fps"] == 50


def test_agents_follow_too(game: tuple[str, str]) -> None:
    pytest.importorskip("pettingzoo", reason="PettingZoo is not installed")
    from pylibretro.envs.parallel import LibretroParallelEnv

    env = LibretroParallelEnv(*game)
    env.reset(seed=1)
    assert env.metadata["render_fps"] == 60
    for _ in range(30):
        env.step({agent: env.action_space(agent).sample() for agent in env.agents})
    assert env.metadata["render_fps"] == 50
    env.close()
