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
    import gymnasium
    from stable_baselines3 import A2C, DDPG, DQN, PPO, SAC, TD3
    from stable_baselines3.common.env_checker import check_env
    from stable_baselines3.common.evaluation import evaluate_policy
    from stable_baselines3.common.vec_env import VecFrameStack, VecMonitor, VecNormalize

    from pylibretro import LibretroEnv, LibretroVectorEnv, MemoryWindow, Observation
    from pylibretro.actions import (
        AnalogActions,
        AnalogButtonActions,
        ButtonActions,
        DiscreteActions,
        KeyActions,
        LightgunActions,
        MouseActions,
        MultiDiscreteActions,
        PointerActions,
    )
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
    assert len(envs.env_method("get_ram", indices=[1])[0]) == 64
    assert len(envs.env_method("get_action_meanings")) == envs.num_envs
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


# Every kind of action, and the algorithms that take its space.

CROSS = [[(), ("UP",), ("DOWN",)], [(), ("LEFT",), ("RIGHT",)]]
ACTIONS: dict[str, Any] = {
    "buttons": ButtonActions(),
    "buttons of groups": ButtonActions(("UP", "DOWN", "LEFT", "RIGHT"), CROSS),
    "buttons of two": ButtonActions(("UP", "DOWN"), ports=(0, 1)),
    "discrete": DiscreteActions(["UP", "DOWN", "LEFT", "RIGHT"]),
    "discrete of groups": DiscreteActions.of_groups(CROSS),
    "discrete of two": DiscreteActions([(), "UP"], ports=(0, 1)),
    "multi discrete": MultiDiscreteActions(CROSS),
    "keys": KeyActions(["a", "SPACE"]),
    "analog": AnalogActions(),
    "analog buttons": AnalogButtonActions(["L2", "R2"]),
    "pointer": PointerActions(),
    "light gun": LightgunActions(),
    "mouse": MouseActions(),
}
COLLECTED = {"n_steps": 8, "seed": 1}
REPLAYED = {"learning_starts": 8, "batch_size": 8, "buffer_size": 64, "train_freq": 4, "seed": 1}
ALGORITHMS: dict[str, tuple[Any, dict[str, Any], set[str]]] = {
    "PPO": (
        PPO,
        {**COLLECTED, "batch_size": 16, "n_epochs": 1},
        {"MultiBinary", "Discrete", "MultiDiscrete", "Box"},
    ),
    "A2C": (A2C, COLLECTED, {"MultiBinary", "Discrete", "MultiDiscrete", "Box"}),
    "DQN": (DQN, REPLAYED, {"Discrete"}),
    "SAC": (SAC, REPLAYED, {"Box"}),
    "TD3": (TD3, REPLAYED, {"Box"}),
    "DDPG": (DDPG, REPLAYED, {"Box"}),
}
try:
    from sb3_contrib import ARS, QRDQN, TQC, TRPO, CrossQ, RecurrentPPO
except ImportError:
    pass
else:
    every = {"MultiBinary", "Discrete", "MultiDiscrete", "Box"}
    ALGORITHMS |= {
        "TRPO": (TRPO, {**COLLECTED, "batch_size": 16}, every),
        # sb3-contrib 2.9.2 trains no recurrent policy on any MultiBinary space, whosever env it is.
        "RecurrentPPO": (
            RecurrentPPO,
            {**COLLECTED, "batch_size": 16, "n_epochs": 1},
            every - {"MultiBinary"},
        ),
        "QRDQN": (QRDQN, REPLAYED, {"Discrete"}),
        "TQC": (TQC, REPLAYED, {"Box"}),
        "CrossQ": (CrossQ, REPLAYED, {"Box"}),
        "ARS": (ARS, {"n_delta": 2, "seed": 1}, {"Discrete", "Box"}),
    }


def space_of(actions: Any) -> str:
    return type(actions.space()).__name__


CASES = [
    (kind, name)
    for kind, actions in ACTIONS.items()
    for name, (_, _, spaces) in ALGORITHMS.items()
    if space_of(actions) in spaces
]


def test_every_kind_of_action_is_among_them() -> None:
    from pylibretro import actions as every_kind
    from pylibretro.envs.actions import Action

    kinds = {
        value
        for value in vars(every_kind).values()
        if isinstance(value, type) and issubclass(value, Action) and value is not Action
    }
    assert {type(actions) for actions in ACTIONS.values()} >= kinds
    assert {name for _, name in CASES} == set(ALGORITHMS)


@pytest.mark.parametrize("many", [False, True], ids=["LibretroEnv", "LibretroVecEnv"])
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_every_algorithm_takes_every_kind_of_action(kind: str, name: str, many: bool) -> None:
    learner, settings, _ = ALGORITHMS[name]
    arguments = task(actions=ACTIONS[kind], done="moves >= 4", max_episode_steps=12)
    envs: Any = LibretroVecEnv(**arguments, num_envs=2) if many else LibretroEnv(**arguments)
    network = {"net_arch": [8]}
    policy = "MlpLstmPolicy" if name == "RecurrentPPO" else "MlpPolicy"
    model = learner(policy, envs, policy_kwargs=network, **settings)
    before = {key: part.clone() for key, part in model.policy.state_dict().items()}
    model.learn(32)
    assert model.num_timesteps >= 32
    after = model.policy.state_dict()
    # ARS compares the rewards of whole episodes, and here they may all be the same.
    assert name == "ARS" or any((before[key] != part).any() for key, part in after.items())
    observations = envs.reset() if many else envs.reset(seed=1)[0]
    for _ in range(14):
        action, _ = model.predict(observations)
        if many:
            observations, rewards, *_ = envs.step(action)
            assert np.isfinite(rewards).all()
        else:
            assert action in envs.action_space
            observations, reward, terminated, truncated, _ = envs.step(action)
            assert np.isfinite(reward)
            if terminated or truncated:
                observations, _ = envs.reset()
    envs.close()


@pytest.mark.parametrize("name", ["PPO", "A2C"])
def test_a_games_own_env_trains_with_pictures_and_its_usual_actions(name: str) -> None:
    """The shortest script: an id, a policy for pictures, and nothing else."""
    game = "pylibretro/Airstriker-Genesis-v0"
    if game not in gymnasium.registry:
        pytest.skip("stable-retro is not installed")
    env = gymnasium.make(game, observation=Observation((36, 36), gray=True))
    assert type(env.action_space).__name__ == "MultiBinary"
    learner, settings, _ = ALGORITHMS[name]
    model = learner("CnnPolicy", env, **settings)
    model.learn(16)
    assert model.num_timesteps >= 16
    env.close()
