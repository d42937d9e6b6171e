"""RLlib trains on LibretroVectorEnv by its vector entry point, without code of ours."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

from learners.task import EPISODE_STEPS, task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    gymnasium = pytest.importorskip("gymnasium")
    ray = pytest.importorskip("ray")
    pytest.importorskip("ray.rllib")
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

    import pylibretro
    from pylibretro.registration import ENTRY_POINT, VECTOR_ENTRY_POINT

pytestmark = pytest.mark.filterwarnings("ignore")

NAME = "pylibretro/Task-v0"


def register() -> None:
    if NAME not in gymnasium.registry:
        gymnasium.register(
            NAME, entry_point=ENTRY_POINT, vector_entry_point=VECTOR_ENTRY_POINT, kwargs=task()
        )


@pytest.mark.parametrize("runners", [0, 1])
def test_ppo_learns(runners: int) -> None:
    register()
    ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False, ignore_reinit_error=True)
    config = (
        PPOConfig()
        .environment(NAME if runners == 0 else "pylibretro:pylibretro/2048-board-v0")
        .env_runners(
            num_env_runners=runners,
            num_envs_per_env_runner=8,
            gym_env_vectorize_mode="vector_entry_point",
            rollout_fragment_length=64,
        )
        .rl_module(model_config=DefaultModelConfig(fcnet_hiddens=[64]))
        .training(
            train_batch_size_per_learner=512, minibatch_size=128, num_epochs=8, lr=3e-3, gamma=0.9
        )
        .debugging(seed=1)
    )
    algorithm = config.build_algo()
    returns: list[Any] = []
    try:
        for _ in range(16 if runners == 0 else 2):
            result = algorithm.train()
            returns.append(result["env_runners"].get("episode_return_mean"))
        if runners == 0:
            vector_env = algorithm.env_runner.env.unwrapped
            assert isinstance(vector_env, pylibretro.LibretroVectorEnv)
            assert vector_env.num_envs == 8
            assert returns[-1] / EPISODE_STEPS > 0.6, returns
    finally:
        algorithm.stop()
        ray.shutdown()
