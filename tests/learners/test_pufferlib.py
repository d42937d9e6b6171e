"""PufferLib steps LibretroPufferEnv in its own memory, and trains on it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

from learners.task import EPISODE_STEPS, LEARNED, pictures, task

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    torch = pytest.importorskip("torch")
    pytest.importorskip("pufferlib")
    from pufferlib import models, vector

    from learners.ppo import advantages_of, loss_of
    from pylibretro import ButtonActions, MemoryWindow, WatchVector
    from pylibretro.pufferlib import LibretroPufferEnv

pytestmark = pytest.mark.filterwarnings("ignore")

ENVS = 8


def test_agents_do_what_single_envs_do() -> None:
    """With the seeds that were made for them, also over the ends of episodes."""
    pytest.importorskip("gymnasium", "1.1", reason="LibretroEnv needs Gymnasium 1.1")
    from pylibretro import LibretroEnv

    changed: dict[str, Any] = {"max_episode_steps": 5, "done": "moves >= 7", "noop_max": 3}
    envs = LibretroPufferEnv(**pictures(**changed), num_envs=3)
    observations, infos = envs.reset(seed=5)
    assert observations is envs.observations
    assert infos == []
    singles = [LibretroEnv(**pictures(**changed)) for _ in range(3)]
    assert len(set(envs.seeds)) == 3
    for single, seed, seen in zip(singles, envs.seeds, observations, strict=True):
        np.testing.assert_array_equal(seen, single.reset(seed=seed)[0])
    rng = np.random.default_rng(1)
    returns = np.zeros(3)
    ended = 0
    for _ in range(40):
        actions = rng.integers(4, size=3).astype(np.int32)
        results = envs.step(actions)
        assert results[:4] == (envs.observations, envs.rewards, envs.terminals, envs.truncations)
        told = iter(results[4])
        for i, single in enumerate(singles):
            seen, reward, terminated, truncated, info = single.step(actions[i])
            returns[i] += reward
            assert envs.rewards[i] == np.float32(reward)
            assert (envs.terminals[i], envs.truncations[i]) == (terminated, truncated)
            if terminated or truncated:
                seen, _ = single.reset()
                summary = next(told)
                assert summary["moves"] == info["moves"]
                assert summary["episode_return"] == returns[i]
                assert 0 < summary["episode_length"] <= 5
                returns[i] = 0
                ended += 1
            np.testing.assert_array_equal(envs.observations[i], seen)
        assert next(told, None) is None
    assert ended > 20
    np.testing.assert_array_equal(envs.render(), singles[0].core.frame)
    for single in singles:
        single.close()
    envs.close()
    envs.close()


def test_pictures_are_written_where_they_are_wanted() -> None:
    """No array but PufferLib's is taken for them, and it is the one of a larger memory."""
    envs = LibretroPufferEnv(**pictures(), num_envs=2)
    assert envs._in_place is envs.observations
    assert envs.episodes.batch.observations is not None
    envs.reset(seed=1)
    envs.step(np.zeros(2, np.int32))
    assert np.shares_memory(envs.episodes.batch.observations, envs.observations)
    envs.close()


@pytest.mark.parametrize("backend", ["PufferEnv", "Multiprocessing"])
def test_its_vectorization_takes_it(backend: str) -> None:
    """Workers share its memory; their agents play different games."""
    workers = {} if backend == "PufferEnv" else {"num_envs": 2, "num_workers": 2, "overwork": True}
    vecenv = vector.make(
        LibretroPufferEnv,
        env_kwargs=task(num_envs=4, threads=1),
        backend=getattr(vector, backend),
        **workers,
    )
    count = 4 * workers.get("num_envs", 1)
    observations, _ = vecenv.reset(seed=3)
    assert observations.shape == (count, 16)
    assert len({board.tobytes() for board in observations}) > count // 2
    first = observations.copy()
    finished = 0
    # One step more than two episodes: its workers cannot be reset after a step that brought infos.
    for step in range(1, 2 * EPISODE_STEPS + 2):
        observations, _, _, truncations, infos = vecenv.step(np.full(count, step % 4, np.int32))
        assert truncations.all() == (step % EPISODE_STEPS == 0)
        finished += bool(infos)
    assert finished == 2 if backend == "PufferEnv" else finished >= 2
    again, _ = vecenv.reset(seed=3)
    np.testing.assert_array_equal(again, first)
    vecenv.close()


def test_what_it_does_not_take_is_said() -> None:
    with pytest.raises(ValueError, match="takes actions that are a Discrete"):
        LibretroPufferEnv(**task(actions=ButtonActions(["A"])))
    with pytest.raises(ValueError, match="takes observations that are a Box"):
        LibretroPufferEnv(**task(observation={"a": MemoryWindow(), "b": WatchVector()}))
    with pytest.raises(ValueError, match="num_envs is 0"):
        LibretroPufferEnv(**task(), num_envs=0)
    envs = LibretroPufferEnv(**task())
    with pytest.raises(Exception, match="call reset"):
        envs.step(np.zeros(1, np.int32))
    envs.close()


def test_ppo_learns() -> None:
    """With its vectorization and its policy; its own trainer needs CUDA."""
    torch.manual_seed(1)
    torch.set_num_threads(1)
    vecenv = vector.make(LibretroPufferEnv, env_kwargs=task(num_envs=ENVS))
    policy = models.Default(vecenv, hidden_size=64)
    optimizer = torch.optim.Adam(policy.parameters(), lr=3e-3)

    def act(observations: Any) -> Any:
        logits, values = policy(torch.as_tensor(observations, dtype=torch.float32) / 10)
        return logits, values.reshape(len(observations))

    observations, _ = vecenv.reset(seed=1)
    means, lengths = [], []
    for _ in range(24):
        steps: dict[str, list[Any]] = {
            name: [] for name in ("obs", "act", "logp", "rew", "val", "done")
        }
        for _ in range(64):
            with torch.no_grad():
                logits, values = act(observations)
            drawn = torch.distributions.Categorical(logits=logits)
            actions = drawn.sample()
            steps["obs"].append(torch.tensor(observations))
            steps["act"].append(actions)
            steps["logp"].append(drawn.log_prob(actions))
            steps["val"].append(values)
            observations, rewards, terminals, truncations, infos = vecenv.step(
                actions.numpy().astype(np.int32)
            )
            steps["rew"].append(torch.tensor(rewards))
            steps["done"].append(torch.tensor(terminals | truncations, dtype=torch.float32))
            lengths += [info["episode_length"] for info in infos]
        batch = {name: torch.stack(column) for name, column in steps.items()}
        with torch.no_grad():
            last_value = act(observations)[1]
        advantages = advantages_of(batch["rew"], batch["val"], batch["done"], last_value)
        returns = (advantages + batch["val"]).flatten()
        flat = {name: column.flatten(0, 1) for name, column in batch.items()}
        for _ in range(8):
            logits, values = act(flat["obs"])
            loss = loss_of(logits, values, flat, advantages.flatten(), returns)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        means.append(float(flat["rew"].mean()))
    vecenv.close()
    assert means[0] < LEARNED < means[-1], means
    assert len(lengths) == 24 * 64 // EPISODE_STEPS * ENVS
