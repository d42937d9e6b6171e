"""RLlib trains on LibretroVectorEnv by its vector entry point, without code of ours."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from learners.task import EPISODE_STEPS, LEARNED, task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    gymnasium = pytest.importorskip("gymnasium")
    ray = pytest.importorskip("ray")
    torch = pytest.importorskip("torch")
    pytest.importorskip("ray.rllib")
    from ray.rllib.algorithms.ppo import PPOConfig
    from ray.rllib.connectors.env_to_module import FlattenObservations
    from ray.rllib.core.rl_module.default_model_config import DefaultModelConfig

    from pylibretro import LibretroVectorEnv, Observation

pytestmark = pytest.mark.filterwarnings("ignore")

ENVS, STEPS = 8, 64


@pytest.fixture(scope="module", autouse=True)
def cluster() -> Iterator[None]:
    # A cluster of its own, whatever else runs on this machine.
    ray.init("local", num_cpus=2, include_dashboard=False, log_to_driver=False)
    yield
    ray.shutdown()


def ppo(env: str, env_config: dict[str, Any], model: Any, runners: int = 0) -> Any:
    return (
        PPOConfig()
        .environment(env, env_config=env_config)
        .env_runners(
            num_env_runners=runners,
            num_envs_per_env_runner=ENVS,
            gym_env_vectorize_mode="vector_entry_point",
            rollout_fragment_length=STEPS,
        )
        .rl_module(model_config=model)
        .training(
            train_batch_size_per_learner=ENVS * STEPS,
            minibatch_size=128,
            num_epochs=8,
            lr=3e-3,
            gamma=0.9,
        )
        .debugging(seed=1)
    )


def flattened(config: Any) -> Any:
    """Its networks of dense layers compute with float32 alone, and so this makes of bytes."""
    return config.env_runners(
        env_to_module_connector=lambda env, spaces, device: FlattenObservations()  # noqa: ARG005
    )


def test_ppo_learns() -> None:
    model = DefaultModelConfig(fcnet_hiddens=[64])
    config = flattened(ppo("pylibretro:pylibretro/Libretro-v0", task(), model))
    algorithm = config.build_algo()
    try:
        envs = algorithm.env_runner.env.unwrapped
        assert isinstance(envs, LibretroVectorEnv)
        assert envs.num_envs == ENVS
        returns = [
            algorithm.train()["env_runners"]["episode_return_mean"] / EPISODE_STEPS
            for _ in range(16)
        ]
    finally:
        algorithm.stop()
    assert returns[0] < LEARNED < returns[-1], returns


def test_runners_in_other_processes_play() -> None:
    """By the id alone: a runner imports pylibretro, which registers it there."""
    model = DefaultModelConfig(fcnet_hiddens=[64])
    config = flattened(ppo("pylibretro:pylibretro/2048-board-v0", {}, model, runners=1))
    algorithm = config.build_algo()
    try:
        for _ in range(2):
            result = algorithm.train()
        assert result["env_runners"]["num_env_steps_sampled_lifetime"] >= 2 * ENVS * STEPS
        assert algorithm.env_runner_group.num_healthy_remote_workers() == 1
    finally:
        algorithm.stop()


def test_convolutions_train_on_pictures() -> None:
    observation = Observation((84, 84), gray=True, stack=4, layout="HWC", dtype="float32")
    model = DefaultModelConfig(conv_filters=[(8, 8, 4), (16, 4, 2)], fcnet_hiddens=[])
    config = ppo("pylibretro:pylibretro/2048-v0", {"observation": observation}, model)
    algorithm = config.training(num_epochs=1).build_algo()
    try:
        before = [part.detach().clone() for part in parameters(algorithm)]
        algorithm.train()
        after = parameters(algorithm)
        assert any((a != b).any() for a, b in zip(before, after, strict=True))
        assert any(part.ndim == 4 for part in after)
    finally:
        algorithm.stop()


def parameters(algorithm: Any) -> list[Any]:
    return list(algorithm.get_module().parameters())
