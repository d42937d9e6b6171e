"""Stable-Baselines3 trains on LibretroVecEnv."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from learners.task import EPISODE_STEPS, LEARNED, pictures, task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")
    pytest.importorskip("stable_baselines3")
    from stable_baselines3 import DQN, PPO
    from stable_baselines3.common.env_checker import check_env
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.vec_env import VecFrameStack, VecMonitor, VecNormalize

    from pylibretro import LibretroEnv, LibretroVectorEnv, MemoryWindow
    from pylibretro.stable_baselines3 import LibretroVecEnv

pytestmark = pytest.mark.filterwarnings("ignore")
torch.set_num_threads(1)


def test_ppo_learns() -> None:
    envs = VecMonitor(LibretroVecEnv(**task(), num_envs=8))
    model = PPO(
        "MlpPolicy", envs, n_steps=64, batch_size=128, n_epochs=8, learning_rate=1e-3, seed=1
    )
    model.learn(12_000)
    reward, _ = evaluate_policy(model, envs, n_eval_episodes=16)
    assert reward / EPISODE_STEPS > LEARNED
    envs.close()


def test_convolutions_train_on_pictures() -> None:
    envs = LibretroVecEnv(**pictures(), num_envs=4)
    model = PPO("CnnPolicy", envs, n_steps=16, batch_size=32, n_epochs=2, seed=1)
    before = [part.detach().clone() for part in model.policy.parameters()]
    model.learn(256)
    assert any((a != b).any() for a, b in zip(before, model.policy.parameters(), strict=True))
    envs.close()


def test_dqn_trains_on_a_single_env() -> None:
    env = LibretroEnv(**task())
    check_env(env)
    model = DQN("MlpPolicy", env, learning_starts=50, seed=1)
    model.learn(400)
    assert model.num_timesteps == 400
    env.close()


def test_ends_of_episodes_are_told() -> None:
    """The last observation is that of the episode that ended, and time is no game over."""
    envs = LibretroVecEnv(**task(max_episode_steps=5, done="moves >= 7"), num_envs=3)
    other = LibretroVectorEnv(
        **task(max_episode_steps=5, done="moves >= 7"), num_envs=3, autoreset_mode="SameStep"
    )
    envs.seed(5)
    np.testing.assert_array_equal(envs.reset(), other.reset(seed=5)[0])
    rng = np.random.default_rng(1)
    ended = 0
    for _ in range(60):
        actions = rng.integers(4, size=3)
        observations, rewards, dones, infos = envs.step(actions)
        wanted = other.step(actions)
        np.testing.assert_array_equal(observations, wanted[0])
        assert rewards.dtype == np.float32
        np.testing.assert_array_equal(rewards, wanted[1].astype(np.float32))
        np.testing.assert_array_equal(dones, wanted[2] | wanted[3])
        for i, info in enumerate(infos):
            assert ("terminal_observation" in info) == bool(dones[i])
            if dones[i]:
                np.testing.assert_array_equal(
                    info["terminal_observation"], wanted[4]["final_obs"][i]
                )
                assert info["TimeLimit.truncated"] == (wanted[3][i] and not wanted[2][i])
                assert info["moves"] == wanted[4]["final_info"]["moves"][i]
                ended += 1
            else:
                assert info["moves"] == wanted[4]["moves"][i]
    assert ended > 20
    envs.close()
    other.close()


def test_wrappers_of_stable_baselines3_fit() -> None:
    envs: Any = LibretroVecEnv(**task(), num_envs=2)
    envs = VecNormalize(VecFrameStack(VecMonitor(envs), 3))
    envs.reset()
    begun = envs.get_attr("frame_count", [1])[0]
    for _ in range(20):
        observations, *_ = envs.step(np.array([0, 2]))
    assert observations.shape == (2, 48)
    assert envs.get_attr("frame_count", [1]) == [begun + 40]
    assert len(envs.env_method("save_state", indices=0)[0]) == 128
    assert envs.env_is_wrapped(VecMonitor) == [False, False]
    envs.close()


def test_an_env_of_another_mode_is_refused() -> None:
    envs = LibretroVectorEnv("2048", num_envs=1, observation=MemoryWindow())
    with pytest.raises(ValueError, match="SAME_STEP"):
        LibretroVecEnv(envs)
    envs.close()
    envs = LibretroVectorEnv(
        "2048",
        num_envs=1,
        observation=MemoryWindow(),
        autoreset_mode="SameStep",
        render_mode="rgb_array",
    )
    wrapped = LibretroVecEnv(envs)
    wrapped.reset()
    assert wrapped.get_images()[0].shape == (240, 320, 3)  # type: ignore[union-attr]
    wrapped.close()
