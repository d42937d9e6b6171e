"""LibretroParallelEnv: several agents at one console."""

from __future__ import annotations

import numpy as np
import pytest
from observe import BuildCore

from pylibretro import ButtonActions, DiscreteActions, Joypad, MemoryWindow, Observation

gymnasium = pytest.importorskip("gymnasium")
pytest.importorskip("pettingzoo")

from pettingzoo.test import parallel_api_test, parallel_seed_test  # noqa: E402

from pylibretro import LibretroEnv, LibretroParallelEnv  # noqa: E402
from pylibretro.envs.registration import game_2048  # noqa: E402


@pytest.mark.filterwarnings("ignore::UserWarning:pettingzoo")
def test_pettingzoos_tests_pass() -> None:
    parallel_api_test(LibretroParallelEnv(**game_2048(), players=2), num_cycles=300)
    parallel_seed_test(
        lambda: LibretroParallelEnv(**{**game_2048(), "noop_max": 5}, players=3), num_cycles=20
    )


def test_each_agent_has_a_port_and_a_reward() -> None:
    env = LibretroParallelEnv(
        "2048",
        players=3,
        actions={"pad": ButtonActions(("A", "B"))},
        reward=["1", "2", "3"],
        frame_skip=2,
        max_episode_steps=2,
        observation=MemoryWindow(),
    )
    assert env.possible_agents == ["player_1", "player_2", "player_3"]
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step({})
    observations, infos = env.reset(seed=1)
    assert set(observations) == set(infos) == set(env.agents)
    assert not np.shares_memory(observations["player_1"], observations["player_2"])
    held = {"player_1": [1, 0], "player_2": [0, 0], "player_3": [1, 1]}
    pressed = env.episodes.pressed({agent: {"pad": [pad]} for agent, pad in held.items()})
    assert pressed.tolist() == [[Joypad.A, 0, Joypad.A | Joypad.B]]
    actions = {agent: {"pad": np.array(pad)} for agent, pad in held.items()}
    _, rewards, terminations, truncations, _ = env.step(actions)
    assert rewards == {"player_1": 2, "player_2": 4, "player_3": 6}
    assert not any(terminations.values())
    assert not any(truncations.values())
    with pytest.raises(ValueError, match="player_1, player_2, player_3"):
        env.step({"player_1": actions["player_1"]})
    *_, truncations, _ = env.step(actions)
    assert all(truncations.values())
    assert env.agents == []
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(actions)
    env.close()
    env.close()


def test_one_player_sees_what_an_env_shows() -> None:
    arguments = {**game_2048(), "observation": {"look": Observation((30, 40), stack=2)}}
    env = LibretroEnv(**arguments)
    parallel = LibretroParallelEnv(**arguments, players=1, render_mode="rgb_array")
    one, info = env.reset(seed=4)
    other, infos = parallel.reset(seed=4)
    for action in np.random.default_rng(1).integers(4, size=30):
        np.testing.assert_array_equal(one["look"], other["player_1"]["look"])
        assert info == infos["player_1"]
        one, reward, *_, info = env.step(action)
        other, rewards, *_, infos = parallel.step({"player_1": action})
        assert rewards == {"player_1": reward}
    np.testing.assert_array_equal(parallel.render(), env.core.frame)
    assert parallel.state().tobytes() == env.core.memory.system_ram.tobytes()
    env.close()
    parallel.close()


def test_wrong_players_are_refused(build_core: BuildCore) -> None:
    with pytest.raises(ValueError, match="players"):
        LibretroParallelEnv("2048", players=0)
    with pytest.raises(ValueError, match="2 rules for 3 players"):
        LibretroParallelEnv("2048", players=3, reward=["1", "2"])
    env = LibretroParallelEnv(build_core("input"), actions=DiscreteActions(["A", ()]))
    env.reset()
    env.step(dict.fromkeys(env.agents, 1))
    env.close()
