"""Gymnasium's wrappers around the envs: as around its own, and what they record."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pylibretro import AnalogActions, DiscreteActions, EnvSpec, MemoryWindow, Observation

gymnasium = pytest.importorskip("gymnasium")

from env_play import PLAY, assert_equal  # noqa: E402
from gymnasium import wrappers  # noqa: E402
from gymnasium.vector import AutoresetMode, SyncVectorEnv  # noqa: E402

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402

GAME: dict[str, Any] = {**PLAY, "done": "moves >= 4", "max_episode_steps": 9}
BOARD = EnvSpec(**{**GAME, "observation": MemoryWindow(start=0x10, size=16)})
PICTURE = EnvSpec(**{**GAME, "observation": Observation((24, 32), layout="HWC")})
STICKS = EnvSpec(**{**GAME, "actions": AnalogActions(), "observation": MemoryWindow(size=64)})

Wrap = Callable[[Any], Any]
VECTOR_WRAPPERS: dict[str, tuple[EnvSpec, Wrap]] = {
    "RecordEpisodeStatistics": (BOARD, wrappers.vector.RecordEpisodeStatistics),
    "DictInfoToList": (BOARD, wrappers.vector.DictInfoToList),
    "NormalizeObservation": (BOARD, wrappers.vector.NormalizeObservation),
    "NormalizeReward": (BOARD, wrappers.vector.NormalizeReward),
    "ClipReward": (BOARD, lambda envs: wrappers.vector.ClipReward(envs, -1, 1)),
    "DtypeObservation": (BOARD, lambda envs: wrappers.vector.DtypeObservation(envs, np.float32)),
    "RescaleObservation": (
        BOARD,
        lambda envs: wrappers.vector.RescaleObservation(envs, np.uint8(0), np.uint8(1)),
    ),
    "FlattenObservation": (PICTURE, wrappers.vector.FlattenObservation),
    "GrayscaleObservation": (PICTURE, wrappers.vector.GrayscaleObservation),
    "ReshapeObservation": (
        PICTURE,
        lambda envs: wrappers.vector.ReshapeObservation(envs, (24 * 32, 3)),
    ),
    "RescaleAction": (
        STICKS,
        lambda envs: wrappers.vector.RescaleAction(envs, np.float32(-2), np.float32(2)),
    ),
}


def without_times(results: Any) -> Any:
    """All but how long an episode took."""
    if isinstance(results, dict):
        return {
            name: without_times(part) for name, part in results.items() if name not in ("t", "_t")
        }
    return tuple(map(without_times, results)) if isinstance(results, (list, tuple)) else results


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", VECTOR_WRAPPERS)
def test_vector_wrappers_do_what_they_do_around_a_sync_vector_env(
    name: str, mode: AutoresetMode
) -> None:
    spec, wrap = VECTOR_WRAPPERS[name]
    inner = LibretroVectorEnv(spec, num_envs=3, autoreset_mode=mode)
    sync = SyncVectorEnv([lambda: LibretroEnv(spec)] * 3, autoreset_mode=mode)
    try:
        theirs = wrap(sync)
    except (ValueError, AssertionError) as refusal:  # it is not for this mode
        with pytest.raises(type(refusal), match=f"^{re.escape(str(refusal))}$"):
            wrap(inner)
        inner.close()
        sync.close()
        return
    ours = wrap(inner)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert_equal(without_times(ours.reset(seed=1)), without_times(theirs.reset(seed=1)), "reset")
    ours.action_space.seed(2)
    ends = 0
    for step in range(30):
        actions = ours.action_space.sample()
        results = ours.step(actions), theirs.step(actions)
        if name != "RecordEpisodeStatistics" or mode is not AutoresetMode.DISABLED:
            assert_equal(without_times(results[0]), without_times(results[1]), f"step {step}")
        ended = results[0][2] | results[0][3]
        ends += int(ended.sum())
        if mode is AutoresetMode.DISABLED and ended.any():
            for envs in (ours, theirs):
                envs.reset(options={"reset_mask": ended.copy()})
    assert ends > 6
    ours.close()
    theirs.close()


@pytest.mark.parametrize("mode", AutoresetMode, ids=lambda mode: mode.value)
def test_statistics_of_episodes_are_true(mode: AutoresetMode) -> None:
    """Those of envs that go on are kept when others are reset."""
    version = tuple(map(int, gymnasium.__version__.split(".")[:2]))
    if mode is AutoresetMode.SAME_STEP and version < (1, 4):
        pytest.skip("older ones than Gymnasium 1.4 leave out a step of each episode in this mode")
    envs: Any = LibretroVectorEnv(BOARD, num_envs=3, autoreset_mode=mode)
    envs = wrappers.vector.RecordEpisodeStatistics(envs)
    envs.reset(seed=1)
    envs.action_space.seed(2)
    returns, lengths = np.zeros(3), np.zeros(3, int)
    wanted: list[tuple[float, int]] = []
    begins = np.zeros(3, bool)
    for _ in range(40):
        _, rewards, terminations, truncations, _ = envs.step(envs.action_space.sample())
        returns = np.where(begins, 0, returns + rewards)
        lengths = np.where(begins, 0, lengths + 1)
        ended = terminations | truncations
        wanted += zip(returns[ended].tolist(), lengths[ended].tolist(), strict=True)
        begins = ended if mode is AutoresetMode.NEXT_STEP else np.zeros(3, bool)
        if mode is not AutoresetMode.NEXT_STEP:
            returns[ended] = lengths[ended] = 0
        if mode is AutoresetMode.DISABLED and ended.any():
            envs.reset(options={"reset_mask": ended})
    assert len(wanted) > 10
    assert list(zip(envs.return_queue, envs.length_queue, strict=True)) == wanted
    envs.close()


def test_wrappers_of_single_envs() -> None:
    env: Any = LibretroEnv(PICTURE)
    env = wrappers.RecordEpisodeStatistics(wrappers.TimeLimit(env, 6))
    env = wrappers.FrameStackObservation(wrappers.GrayscaleObservation(env), 3)
    env = wrappers.NormalizeReward(env)
    observation, _ = env.reset(seed=1)
    assert observation.shape == (3, 24, 32)
    pictures = [observation[-1]]
    ended = False
    while not ended:
        observation, _, terminated, truncated, info = env.step(env.action_space.sample())
        np.testing.assert_array_equal(observation[-2], pictures[-1])
        pictures.append(observation[-1].copy())
        ended = terminated or truncated
    assert info["episode"]["l"] == len(pictures) - 1
    env.close()


def film(path: Path) -> list[Any]:
    av = pytest.importorskip("av")
    with av.open(str(path)) as file:
        return [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]


def test_videos_are_recorded(tmp_path: Path) -> None:
    """Of a single env, and of the envs of a vector env side by side."""
    pytest.importorskip("moviepy")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        env: Any = LibretroEnv(BOARD, render_mode="rgb_array")
        env = wrappers.RecordVideo(env, str(tmp_path / "one"), disable_logger=True)
        env.reset(seed=1)
        frames = 1
        ended = False
        while not ended:
            *_, terminated, truncated, _ = env.step(env.action_space.sample())
            frames += 1
            ended = terminated or truncated
        env.close()
        (path,) = (tmp_path / "one").glob("*.mp4")
        pictures = film(path)
        assert frames - 1 <= len(pictures) <= frames  # as the times of frames are rounded
        assert pictures[0].shape == (240, 320, 3)
        assert pictures[0].std() > 10
        if not hasattr(wrappers.vector, "RecordVideo"):
            pytest.skip("this Gymnasium has no RecordVideo of vector envs")
        envs: Any = LibretroVectorEnv(BOARD, num_envs=2, render_mode="rgb_array")
        envs = wrappers.vector.RecordVideo(
            envs, str(tmp_path / "two"), video_length=5, disable_logger=True
        )
        envs.reset(seed=1)
        for _ in range(6):
            envs.step(envs.action_space.sample())
        envs.close()
        path = next(iter((tmp_path / "two").glob("*.mp4")))
        (height, width, _) = film(path)[0].shape
        assert height * width >= 2 * 240 * 320


def test_windows_of_gymnasium_show_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    many = LibretroVectorEnv(BOARD, num_envs=2, render_mode="rgb_array")
    for wrapped in (
        wrappers.HumanRendering(LibretroEnv(BOARD, render_mode="rgb_array")),
        wrappers.vector.HumanRendering(many),
    ):
        envs: Any = wrapped
        envs.reset(seed=1)
        for _ in range(3):
            envs.step(envs.action_space.sample())
        envs.close()


def test_an_env_of_a_choice_of_actions_is_wrapped() -> None:
    spec = EnvSpec(**{**GAME, "actions": DiscreteActions(["LEFT", "UP", "A", "B"])})
    env: Any = wrappers.TransformAction(
        LibretroEnv(spec), lambda action: action % 2, gymnasium.spaces.Discrete(8)
    )
    other = LibretroEnv(spec)
    env.reset(seed=1)
    other.reset(seed=1)
    for action in (5, 2, 7, 0):
        assert_equal(env.step(action), other.step(action % 2), f"action {action}")
    env.close()
    other.close()
