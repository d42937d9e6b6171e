"""TorchRL collects from LibretroVectorEnv and trains on it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from learners.task import EPISODE_STEPS, LEARNED, task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")
    pytest.importorskip("torchrl")
    from tensordict.nn import TensorDictModule
    from torchrl.collectors import Collector
    from torchrl.envs import GymWrapper
    from torchrl.envs.utils import check_env_specs
    from torchrl.modules import ProbabilisticActor, ValueOperator
    from torchrl.objectives import ClipPPOLoss
    from torchrl.objectives.value import GAE

    from pylibretro import LibretroEnv, LibretroVectorEnv

pytestmark = pytest.mark.filterwarnings("ignore")

ENVS = 4


def wrapped(mode: str, **changed: Any) -> Any:
    envs = LibretroVectorEnv(**task(**changed), num_envs=ENVS, autoreset_mode=mode)
    return GymWrapper(envs, categorical_action_encoding=True)


@pytest.mark.parametrize("mode", ["SameStep", "Disabled"])
def test_rollouts_are_those_of_the_env(mode: str) -> None:
    env = wrapped(mode)
    check_env_specs(env)
    env.set_seed(3)
    steps = 3 * EPISODE_STEPS
    rollout = env.rollout(steps, break_when_any_done=False)
    assert rollout.shape == (ENVS, steps)
    done = rollout["next", "done"][..., 0]
    assert done[:, EPISODE_STEPS - 1 :: EPISODE_STEPS].all()
    assert int(done.sum()) == 3 * ENVS
    # What comes after an end is not what the next episode begins with.
    last = rollout["next", "observation"][:, EPISODE_STEPS - 1]
    first = rollout["observation"][:, EPISODE_STEPS]
    assert (last != first).any()
    tiles = (first > 0).sum(-1)
    assert (tiles == 2).all(), "an episode of 2048 begins with two tiles"
    assert ((last > 0).sum(-1) > 2).any()
    env.close()


def test_a_single_env_is_wrapped() -> None:
    env = GymWrapper(LibretroEnv(**task()), categorical_action_encoding=True)
    check_env_specs(env)
    assert env.rollout(50)["next", "reward"].shape == (EPISODE_STEPS, 1)
    env.close()


def test_ppo_learns() -> None:
    torch.manual_seed(1)
    torch.set_num_threads(1)
    env = wrapped("Disabled")

    class Scaled(torch.nn.Module):  # type: ignore[misc,name-defined]
        def forward(self, observation: Any) -> Any:
            return observation.float() / 10

    def network(outputs: int) -> Any:
        return torch.nn.Sequential(
            Scaled(), torch.nn.Linear(16, 64), torch.nn.Tanh(), torch.nn.Linear(64, outputs)
        )

    actor = ProbabilisticActor(
        TensorDictModule(network(4), in_keys=["observation"], out_keys=["logits"]),
        in_keys=["logits"],
        distribution_class=torch.distributions.Categorical,
        return_log_prob=True,
        spec=env.action_spec,
    )
    critic = ValueOperator(network(1), in_keys=["observation"])
    advantage = GAE(gamma=0.9, lmbda=0.9, value_network=critic)
    loss_module = ClipPPOLoss(actor, critic, entropy_coeff=0.001)
    optimizer = torch.optim.Adam(loss_module.parameters(), lr=3e-3)
    frames = ENVS * 128
    collector = Collector(env, actor, frames_per_batch=frames, total_frames=24 * frames)
    means = []
    for data in collector:
        means.append(float(data["next", "reward"].mean()))
        for _ in range(8):
            advantage(data)
            losses = loss_module(data.reshape(-1))
            loss = losses["loss_objective"] + losses["loss_critic"] + losses["loss_entropy"]
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    collector.shutdown()
    assert means[0] < LEARNED < np.mean(means[-2:]), means
