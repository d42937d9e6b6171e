"""A PPO in one file, as CleanRL writes them, on gymnasium.make_vec and its wrappers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from learners.task import LEARNED, task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")
    gymnasium = pytest.importorskip("gymnasium")
    import pylibretro
    from learners.ppo import advantages_of, loss_of

pytestmark = pytest.mark.filterwarnings("ignore")

ENVS, STEPS, UPDATES, EPOCHS = 8, 64, 24, 8


class Agent(torch.nn.Module):  # type: ignore[misc,name-defined]
    """Two small networks."""

    def __init__(self, inputs: int, actions: int) -> None:
        super().__init__()
        layers = [torch.nn.Linear(inputs, 64), torch.nn.Tanh()]
        self.actor = torch.nn.Sequential(*layers, torch.nn.Linear(64, actions))
        self.critic = torch.nn.Sequential(
            torch.nn.Linear(inputs, 64), torch.nn.Tanh(), torch.nn.Linear(64, 1)
        )

    def logits(self, observations: Any) -> Any:
        return self.actor(observations / 10)

    def value(self, observations: Any) -> Any:
        return self.critic(observations / 10)[..., 0]


@pytest.mark.parametrize("mode", ["NextStep", "SameStep"])
@pytest.mark.parametrize("owner", ["env", "caller"])
def test_ppo_learns(mode: str, owner: str) -> None:
    """Also with the memory of observations in the learner's hands, as PufferLib has it."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    buffers = {
        "observations": np.zeros((ENVS, 16), np.uint8),
        "rewards": np.zeros(ENVS, np.float32),
        "terminations": np.zeros(ENVS, np.bool_),
        "truncations": np.zeros(ENVS, np.bool_),
    }
    arguments = {key: value for key, value in task().items() if key != "max_episode_steps"}
    envs: Any = gymnasium.make_vec(
        "pylibretro/Libretro-v0",
        num_envs=ENVS,
        max_episode_steps=task()["max_episode_steps"],
        autoreset_mode=mode,
        buffers=buffers if owner == "caller" else None,
        **arguments,
    )
    assert isinstance(envs.unwrapped, pylibretro.LibretroVectorEnv)
    envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
    agent = Agent(16, int(envs.single_action_space.n))
    optimizer = torch.optim.Adam(agent.parameters(), lr=3e-3)
    observations, _ = envs.reset(seed=1)
    now = torch.tensor(observations, dtype=torch.float32)
    ended = torch.zeros(ENVS)
    means = []
    for _ in range(UPDATES):
        steps: dict[str, list[Any]] = {
            name: [] for name in ("obs", "act", "logp", "rew", "val", "done", "valid")
        }
        for _ in range(STEPS):
            with torch.no_grad():
                policy = torch.distributions.Categorical(logits=agent.logits(now))
                actions = policy.sample()
                value = agent.value(now)
            observations, rewards, terminations, truncations, _ = envs.step(actions.numpy())
            dones = torch.tensor(terminations | truncations, dtype=torch.float32)
            steps["obs"].append(now)
            steps["act"].append(actions)
            steps["logp"].append(policy.log_prob(actions))
            steps["rew"].append(torch.tensor(rewards, dtype=torch.float32))
            steps["val"].append(value)
            # In the next step mode, the step after an end is no step of the agent's.
            steps["valid"].append(1 - ended if mode == "NextStep" else torch.ones(ENVS))
            steps["done"].append(torch.maximum(dones, ended) if mode == "NextStep" else dones)
            now = torch.tensor(observations, dtype=torch.float32)
            ended = dones
        batch = {name: torch.stack(column) for name, column in steps.items()}
        with torch.no_grad():
            last_value = agent.value(now)
        advantages = advantages_of(batch["rew"], batch["val"], batch["done"], last_value)
        returns = advantages + batch["val"]
        valid = batch["valid"].flatten() > 0
        flat = {name: column.flatten(0, 1)[valid] for name, column in batch.items()}
        advantages, returns = advantages.flatten()[valid], returns.flatten()[valid]
        for _ in range(EPOCHS):
            logits, values = agent.logits(flat["obs"]), agent.value(flat["obs"])
            loss = loss_of(logits, values, flat, advantages, returns)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        means.append(float(flat["rew"].mean()))
    assert means[0] < LEARNED < means[-1], means
    assert len(envs.return_queue) == 100  # the last ones are kept
    envs.close()
