"""Several games in one vector env: each slot does what an env of its own does."""

from __future__ import annotations

import copy
import pickle
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from env_play import PLAY, assert_equal
from real import package_directory

from pylibretro import (
    ActionError,
    DiscreteActions,
    EnvSpec,
    MemoryWindow,
    Movie,
    Observation,
    StateError,
)
from pylibretro.envs.presets import atari_actions

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AutoresetMode, SyncVectorEnv  # noqa: E402

from pylibretro import LibretroEnv, LibretroMultiTaskVectorEnv  # noqa: E402

LOOK = Observation((16, 20), gray=True, stack=2)
ONE = EnvSpec(**{**PLAY, "observation": LOOK, "done": "moves >= 4", "noop_max": 3})
OTHER = EnvSpec(
    **{
        **PLAY,
        "observation": LOOK,
        "frame_skip": 4,
        "watches": {"moves": (0x0C, "<u4"), "highest": (0x07, "|u1")},
        "reward": "delta(moves)",
        "max_episode_steps": 6,
    }
)
GAMES = {"one": ONE, "other": OTHER}


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.value)
def test_it_equals_a_sync_vector_env_of_the_games(mode: AutoresetMode) -> None:
    order = [ONE, OTHER, ONE, OTHER, ONE]
    ours = LibretroMultiTaskVectorEnv(GAMES, num_envs=5, autoreset_mode=mode)
    makes = [partial(LibretroEnv, spec) for spec in order]
    theirs = SyncVectorEnv(makes, autoreset_mode=mode)
    assert ours.specs == order
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.metadata["autoreset_mode"] is mode
    names = ["one", "other", "one", "other", "one"]

    def same(here: Any, there: Any, where: str) -> None:
        game, mask = here[-1].pop("game"), here[-1].pop("_game")
        assert game[mask].tolist() == [name for name, m in zip(names, mask, strict=True) if m]
        assert_equal(here[:-1], there[:-1], where)
        shared = {name: there[-1][name] for name in here[-1]}
        assert set(there[-1]) == set(here[-1])
        for name, column in here[-1].items():
            if not isinstance(column, dict):
                assert column.shape == shared[name].shape
                for a, b in zip(column.tolist(), shared[name].tolist(), strict=True):
                    np.testing.assert_array_equal(a, b, err_msg=f"{where}: {name}")

    same(ours.reset(seed=3), theirs.reset(seed=3), "reset")
    ends = 0
    for step in range(40):
        actions = ours.action_space.sample()
        here, there = ours.step(actions), theirs.step(actions)
        ended = here[2] | here[3]
        ends += int(ended.sum())
        same(here, there, f"step {step}")
        if mode is AutoresetMode.DISABLED and ended.any():
            with pytest.raises(gymnasium.error.ResetNeeded):
                ours.step(actions)
            masks = [{"reset_mask": ended.copy()} for _ in range(2)]
            same(ours.reset(options=masks[0]), theirs.reset(options=masks[1]), "reset of some")
    assert ends > 8
    assert ours.np_random_seed == theirs.np_random_seed
    ours.close()
    theirs.close()


def test_what_one_game_refuses_no_game_does() -> None:
    envs = LibretroMultiTaskVectorEnv(GAMES)
    before = envs.reset(seed=1)[1]["episode_frame_number"]
    for wrong in ([0, 9], [0], 3, "no"):
        with pytest.raises(ActionError):
            envs.step(wrong)
    frames = envs.step([0, 0])[4]["episode_frame_number"]
    assert (frames - before).tolist() == [2, 4]
    envs.close()


@pytest.mark.parametrize("way", [copy.deepcopy, lambda env: pickle.loads(pickle.dumps(env))])
def test_copies_go_on(way: Any) -> None:
    envs = LibretroMultiTaskVectorEnv(GAMES, num_envs=3)
    envs.action_space.seed(1)
    envs.reset(seed=1)
    envs.step(envs.action_space.sample())
    other = way(envs)
    for _ in range(12):
        actions = envs.action_space.sample()
        assert_equal(envs.step(actions)[:4], other.step(actions)[:4], "step")
    snapshot = envs.snapshot()
    other.restore(snapshot)
    assert_equal(envs.step([0, 1, 2])[:4], other.step([0, 1, 2])[:4], "restored")
    with pytest.raises(StateError, match="of 1 games"):
        envs.restore(snapshot[:1])
    envs.close()
    other.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        envs.step([0, 0, 0])


def test_games_are_given_in_many_ways_and_refused_where_their_spaces_differ(tmp_path: Path) -> None:
    envs = LibretroMultiTaskVectorEnv([ONE], num_envs=2, render_mode="rgb_array")
    assert envs.games == ["2048", "2048"]
    envs.reset(seed=[1, None], options={"state": 0})
    shown = envs.render()
    assert shown is not None
    assert [picture.shape for picture in shown] == [(240, 320, 3)] * 2
    assert len(envs.call("core")) == 2
    envs.close()
    envs = LibretroMultiTaskVectorEnv(
        {"a": dict(PLAY), "b": ONE}, observation=MemoryWindow(), record_to=tmp_path
    )
    envs.reset(seed=1)
    envs.step([0, 0])
    envs.close()
    assert [Movie.load(p).notes["env"] for p in sorted(tmp_path.glob("*/*.plm"))] == [0, 0]
    with pytest.raises(ValueError, match=r"a has Box.* where b has .*: give observation= for all"):
        LibretroMultiTaskVectorEnv({"a": dict(PLAY), "b": ONE})
    fewer = {**ONE.env_arguments(), "actions": DiscreteActions(["A"])}
    with pytest.raises(ValueError, match="give actions= for all"):
        LibretroMultiTaskVectorEnv({"a": fewer, "b": ONE})
    nothing: list[Any] = [[], {}, [3]]
    for wrong in nothing:
        with pytest.raises((ValueError, TypeError)):
            LibretroMultiTaskVectorEnv(wrong)
    with pytest.raises(ValueError, match="two games are called"):
        LibretroMultiTaskVectorEnv([ONE, OTHER])


def test_atari_games_share_a_preset() -> None:
    ale = package_directory("ale_py")
    if ale is None or package_directory("stable_retro") is None:
        pytest.skip("ale-py and stable-retro are not both installed")
    from pylibretro.envs.game_envs import game_spec

    games = {
        name: game_spec(
            f"{name}-Atari2600-v0",
            content=ale / "roms" / f"{name.lower()}.bin",
            preset="deepmind",
            actions=atari_actions(),
        )
        for name in ("Breakout", "Seaquest")
    }
    envs = LibretroMultiTaskVectorEnv(games, num_envs=4)
    observations, infos = envs.reset(seed=1)
    assert observations.shape == (4, 4, 84, 84)
    assert infos["game"].tolist() == ["Breakout", "Seaquest"] * 2
    for _ in range(5):
        observations, *_, infos = envs.step(envs.action_space.sample())
    assert infos["lives"].tolist()[0] == 5
    assert (observations[0] != observations[1]).any()
    envs.close()
