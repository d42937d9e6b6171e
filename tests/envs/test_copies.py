"""Copies of envs: by `copy`, by pickle and in other processes they go on where the first one is."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest
from env_play import PLAY, assert_equal
from playing import in_another_process

from pylibretro import EnvSpec, GameError, MemoryWindow, Observation, StateError
from pylibretro.envs.registration import game_2048

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AsyncVectorEnv, AutoresetMode, SyncVectorEnv  # noqa: E402

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402

TASK: dict[str, Any] = {
    **PLAY,
    "noop_max": 3,
    "repeat_action_probability": 0.2,
    "life_loss": "delta(moves) and moves % 3 == 0",
    "done": "moves >= 8",
    "max_episode_steps": 30,
    "observation": Observation((16, 20), gray=True, stack=3),
}


def pickled(env: Any) -> Any:
    return pickle.loads(pickle.dumps(env))


WAYS: dict[str, Callable[[Any], Any]] = {
    "deepcopy": copy.deepcopy,
    "copy": copy.copy,
    "pickle": pickled,
}
ways = pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)


def played(env: Any, steps: int) -> list[Any]:
    """Results of steps with actions drawn from the env's own space, and resets after ends."""
    results: list[Any] = []
    for _ in range(steps):
        results.append(env.step(env.action_space.sample()))
        if results[-1][2] or results[-1][3]:
            results.append(env.reset())
    results.append(env.np_random.integers(1 << 30))
    return results


@ways
@pytest.mark.parametrize("steps", [0, 1, 17])
def test_a_copy_goes_on_where_the_env_is(way: Callable[[Any], Any], steps: int) -> None:
    with LibretroEnv(**TASK, render_mode="rgb_array") as env:
        env.action_space.seed(3)
        env.reset(seed=5)
        played(env, steps)
        other = way(env)
        assert other.core is not env.core
        assert other.env_spec == env.env_spec
        assert other.render_mode == "rgb_array"
        np.testing.assert_array_equal(env.render(), other.render())
        expected = played(other, 40)
        assert_equal(played(env, 40), expected, "after copying")
        assert env.np_random_seed == other.np_random_seed == 5
        other.close()
        env.step(0)


@ways
def test_a_copy_before_the_first_reset_is_a_new_env(way: Callable[[Any], Any]) -> None:
    with LibretroEnv(**TASK) as env, way(env) as other:
        with pytest.raises(gymnasium.error.ResetNeeded):
            other.step(0)
        assert_equal(env.reset(seed=1), other.reset(seed=1), "reset")


@ways
def test_wrapped_envs_are_copied_as_a_whole(way: Callable[[Any], Any]) -> None:
    env = gymnasium.make("pylibretro/2048-v0", max_episode_steps=20)
    env = gymnasium.wrappers.RecordEpisodeStatistics(env)
    env.action_space.seed(1)
    env.reset(seed=2)
    played(env, 5)
    other = copy.deepcopy(env) if way is copy.copy else way(env)
    assert other.spec == env.spec
    one, two = played(env, 40), played(other, 40)
    for results in (*one[:-1], *two[:-1]):
        results[-1].get("episode", {}).pop("t", None)
    assert_equal(one, two, "after copying")
    env.close()
    other.close()


class Counting(LibretroEnv):
    """An env with attributes of its own."""

    def __init__(self, count: int) -> None:
        super().__init__(**TASK)
        self.count = count
        self.kept = [count]


@ways
def test_attributes_of_a_subclass_go_along(way: Callable[[Any], Any]) -> None:
    with Counting(3) as env, way(env) as other:
        assert type(other) is Counting
        assert (other.count, other.kept) == (3, [3])


def test_snapshots_of_an_env_can_be_restored_often_and_elsewhere() -> None:
    task = {**TASK, "life_loss": None}
    with LibretroEnv(**task) as env, LibretroEnv(**task) as other:
        assert not env.snapshot().begun[0]
        env.reset(seed=3)
        env.action_space.seed(1)
        script = [int(env.action_space.sample()) for _ in range(12)]
        for action in script[:4]:
            env.step(action)
        snapshot = pickle.loads(pickle.dumps(env.snapshot()))
        results = []
        for again in (env, other, env):
            again.restore(snapshot)
            results.append([again.step(action) for action in script[4:7]])
        assert_equal(results[0], results[1], "elsewhere")
        assert_equal(results[0], results[2], "again")
        envs = LibretroVectorEnv(**task, num_envs=1)
        envs.restore(snapshot)
        np.testing.assert_array_equal(envs.step([script[4]])[0][0], results[0][0][0])
        env.restore(envs.snapshot())
        envs.close()
        two = LibretroVectorEnv(**task, num_envs=2)
        two.reset(seed=1)
        with pytest.raises(StateError, match="of 2 envs"):
            env.restore(two.snapshot())
        two.close()
        with pytest.raises(TypeError, match="no snapshot"):
            env.restore(b"")  # type: ignore[arg-type]


@ways
@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.value)
def test_a_copied_vector_env_goes_on(way: Callable[[Any], Any], mode: AutoresetMode) -> None:
    envs = LibretroVectorEnv(**TASK, num_envs=3, autoreset_mode=mode, threads=2)
    envs.action_space.seed(1)
    envs.reset(seed=[5, 6, 7])
    for _ in range(2):
        envs.step(envs.action_space.sample())
    other = way(envs)
    assert (other.num_envs, other.autoreset_mode) == (3, mode)
    for step in range(25):
        results = [each.step(each.action_space.sample()) for each in (envs, other)]
        assert_equal(results[0], results[1], f"step {step}")
        ended = results[0][2] | results[0][3]
        if mode is AutoresetMode.DISABLED and ended.any():
            for each in (envs, other):
                each.reset(options={"reset_mask": ended.copy()})
    envs.close()
    other.close()


def first_step(pickled_env: bytes) -> Any:
    env = pickle.loads(pickled_env)
    results = env.step(env.action_space.sample())
    env.close()
    return results


def test_a_pickled_env_goes_on_in_another_process() -> None:
    with LibretroEnv(**TASK) as env:
        env.action_space.seed(2)
        env.reset(seed=5)
        played(env, 7)
        results = in_another_process(first_step, pickle.dumps(env))
        assert_equal(env.step(env.action_space.sample()), results, "elsewhere")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no fork")
@pytest.mark.parametrize("context", ["fork", "spawn", "forkserver"])
def test_envs_of_async_vector_env_do_what_those_here_do(context: str) -> None:
    with LibretroEnv(**TASK) as open_before_the_fork:
        open_before_the_fork.reset(seed=1)
        make = partial(LibretroEnv, **TASK)  # which a new process can import
        there = AsyncVectorEnv([make] * 2, context=context)
        here = SyncVectorEnv([make] * 2)
        assert_equal(there.reset(seed=4), here.reset(seed=4), "reset")
        for step in range(8):
            actions = here.action_space.sample()
            assert_equal(there.step(actions), here.step(actions), f"step {step}")
        there.close()
        here.close()
        open_before_the_fork.step(0)


def test_an_env_with_a_script_is_copied_before_it_begins(tmp_path: Any) -> None:
    pytest.importorskip("lupa")
    from pylibretro.games.game import Game, Script

    script = tmp_path / "script.lua"
    script.write_text("function worth() return 2 end\n")
    game = Game(
        name="scripted", core="2048", script=Script((str(script),), rewards=("worth",)), path=None
    )
    from pylibretro.envs.game_envs import make_game_env

    env = make_game_env(game)
    other = copy.deepcopy(env)
    other.reset(seed=1)
    assert other.step(other.action_space.sample())[1] == 2
    with pytest.raises(GameError, match="before its first reset"):
        copy.deepcopy(other)
    env.close()
    other.close()


# PettingZoo and SuperSuit


def parallel_env() -> Any:
    pytest.importorskip("pettingzoo")
    from pylibretro import LibretroParallelEnv

    return LibretroParallelEnv(
        **{
            **TASK,
            "life_loss": None,
            "reward": ["delta(moves)", "-1"],
            "observation": MemoryWindow(),
        },
        players=2,
    )


def played_together(env: Any, steps: int) -> list[Any]:
    results = []
    for _ in range(steps):
        results.append(env.step({agent: env.action_space(agent).sample() for agent in env.agents}))
        if not env.agents:
            results.append(env.reset())
    return results


@ways
def test_a_copied_parallel_env_goes_on(way: Callable[[Any], Any]) -> None:
    env = parallel_env()
    env.reset(seed=1)
    for agent in env.agents:
        env.action_space(agent).seed(4)
    played_together(env, 5)
    other = way(env)
    assert other.agents == env.agents
    assert_equal(played_together(env, 25), played_together(other, 25), "after copying")
    other.restore(env.snapshot())
    for agent in env.agents:
        env.action_space(agent).seed(4)
        other.action_space(agent).seed(4)
    assert_equal(played_together(env, 5), played_together(other, 5), "after restoring")
    env.close()
    other.close()


def test_pettingzoos_wrappers_take_copies() -> None:
    env = parallel_env()
    from pettingzoo.utils import BaseParallelWrapper, parallel_to_aec

    wrapped = BaseParallelWrapper(env)
    wrapped.reset(seed=1)
    other = copy.deepcopy(wrapped)
    results = [
        each.step(dict.fromkeys(each.unwrapped.possible_agents, 0)) for each in (wrapped, other)
    ]
    assert_equal(results[0], results[1], "step")
    turns = parallel_to_aec(parallel_env())
    turns.reset(seed=1)
    again = pickled(turns)
    for each in (turns, again):
        each.step(1)
        each.step(2)
    assert turns.rewards == again.rewards
    for each in (wrapped, other, turns, again):
        each.close()


@pytest.mark.parametrize("processes", [0, 2])
def test_supersuit_concatenates_envs(processes: int) -> None:
    supersuit = pytest.importorskip("supersuit")
    env = supersuit.pettingzoo_env_to_vec_env_v1(parallel_env())
    envs = supersuit.concat_vec_envs_v1(env, 2, num_cpus=processes, base_class="gymnasium")
    observations, _ = envs.reset(seed=1)
    assert len(observations) == 4
    for _ in range(3):
        observations, rewards, *_ = envs.step(np.zeros(4, np.int64))
        assert rewards[1] == rewards[3] == -2
    envs.close()


def test_what_cannot_be_pickled_says_so() -> None:
    """As anything in Python: what the user gave has to be picklable."""
    with LibretroEnv("2048") as env:
        env.something = lambda: None  # type: ignore[attr-defined]
        with pytest.raises((AttributeError, pickle.PicklingError)):
            pickle.dumps(env)
        copy.deepcopy(env).close()
    assert pickled(EnvSpec(**game_2048())) == EnvSpec(**game_2048())
