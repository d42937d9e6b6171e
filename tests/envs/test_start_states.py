"""Where episodes begin, what is pressed and what is seen, where that is not the game's choice."""

from __future__ import annotations

import copy
import gzip
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real import package_directory

from pylibretro import (
    Core,
    DiscreteActions,
    EnvSpec,
    GameError,
    Joypad,
    LibretroEnv,
    LibretroVectorEnv,
    Observation,
    StateError,
)
from pylibretro.envs.game_envs import make_game_env, make_game_vector_env
from pylibretro.games import find_game

NAME = "Airstriker-Genesis-v0"
with_stable_retro = pytest.mark.skipif(
    package_directory("stable_retro") is None, reason="stable-retro is not installed"
)


def states() -> dict[str, bytes]:
    made = {}
    with Core("2048") as core:
        for name, frames in (("early", 5), ("late", 50)):
            core.run(frames, [int(Joypad.START)] * frames)
            made[name] = core.save_state()
    return made


def begun(env: Any, episodes: int) -> list[int]:
    return [env.reset()[1]["start_state"] for _ in range(episodes)]


def test_states_are_drawn_by_their_weights() -> None:
    given = states()
    with_weights = {"late": 0, "early": 1}
    env = LibretroEnv("2048", states=given, state_weights=with_weights)
    env.reset(seed=1)
    assert begun(env, 20) == [0] * 20
    env.close()
    env = LibretroEnv("2048", states=given, state_weights=[1, 9])
    env.reset(seed=1)
    drawn = begun(env, 200)
    assert 150 < sum(drawn) < 200
    env.reset(seed=1)
    assert begun(env, 200) == drawn
    env.close()


@pytest.mark.parametrize(
    "weights", [[1], [1, 2, 3], [0, 0], [-1, 2], [float("nan"), 1], {"early": 1}, {"other": 1}]
)
def test_weights_that_fit_no_states(weights: Any) -> None:
    with pytest.raises(ValueError, match="state_weights"):
        EnvSpec(core="2048", states=states(), state_weights=weights)
    with pytest.raises(ValueError, match="there are none"):
        EnvSpec(core="2048", state_weights=[1])


def test_states_are_added_to_envs_that_run() -> None:
    given = states()
    env = LibretroEnv("2048", states={"early": given["early"]})
    env.reset(seed=1)
    env.step(env.action_space.sample())
    env.add_state("late", given["late"], weight=1000)
    observation, _, *_ = env.step(env.action_space.sample())
    assert 1 in begun(env, 3)
    observation, info = env.reset(options={"state": "late"})
    assert info["start_state"] == 1
    fresh = LibretroEnv("2048", states={"late": given["late"]})
    assert np.array_equal(observation, fresh.reset()[0])
    with pytest.raises(ValueError, match="'late' already"):
        env.add_state("late", given["late"])
    with pytest.raises(StateError):
        env.add_state("wrong", b"no state")
    assert 1 in begun(env, 3)
    fresh.close()
    env.close()
    envs = LibretroVectorEnv("2048", num_envs=3, states={"early": given["early"]})
    envs.reset(seed=1)
    envs.add_state("late", given["late"])
    _, infos = envs.reset(options={"state": ["late", "early", "late"]})
    assert infos["start_state"].tolist() == [1, 0, 1]
    envs.close()


def test_copies_of_an_env_have_the_states_that_were_added() -> None:
    given = states()
    env = LibretroEnv("2048", states={"early": given["early"]})
    env.reset(seed=1)
    env.add_state("late", given["late"], weight=3)
    for other in (copy.deepcopy(env), pickle.loads(pickle.dumps(env))):
        assert list(other.env_spec.states) == ["early", "late"]
        assert other.reset(seed=4, options={"state": "late"})[1]["start_state"] == 1
        assert begun(other, 30) == begun_after(env, 30)
        other.close()
    env.close()
    plain = LibretroEnv("2048")
    plain.reset(seed=1)
    plain.add_state("late", given["late"])
    other = copy.deepcopy(plain)
    assert other.reset(options={"state": ""})[1]["start_state"] == 0
    other.close()
    plain.close()


def begun_after(env: LibretroEnv, episodes: int) -> list[int]:
    env.reset(seed=4, options={"state": "late"})
    return begun(env, episodes)


def test_power_on_is_one_of_several_states() -> None:
    given = states()
    env = LibretroEnv("2048", states={"": None, "late": given["late"]}, state_weights=[1, 1])
    first, info = env.reset(seed=1, options={"state": ""})
    assert info["start_state"] == 0
    plain = LibretroEnv("2048")
    assert np.array_equal(plain.reset(seed=1)[0], first)
    plain.close()
    assert set(begun(env, 30)) == {0, 1}
    env.close()


@with_stable_retro
def test_a_game_may_begin_at_power_on_too() -> None:
    env = make_game_env(NAME, states=["", "Level1"])
    _, info = env.reset(options={"state": "Level1"})
    assert info["start_state"] == 1
    assert env.reset(options={"state": ""})[1]["start_state"] == 0
    env.close()


@with_stable_retro
def test_a_game_begins_where_somebody_wants(tmp_path: Path) -> None:
    game = find_game(NAME)
    data = game.state("Level1")
    (tmp_path / "own.state").write_bytes(gzip.compress(data))
    with game.open() as core:
        core.run(50)
        snapshot = core.snapshot()
    first = None
    for state in (
        "Level1",
        "Level1.state",
        data,
        tmp_path / "own.state",
        str(tmp_path / "own.state"),
    ):
        env = make_game_env(NAME, state=state)
        observation, _ = env.reset(seed=1)
        first = observation if first is None else first
        assert np.array_equal(observation, first), state
        env.close()
    with pytest.raises(GameError, match="no state 'Level9'"):
        make_game_env(NAME, state="Level9")
    envs = make_game_vector_env(
        NAME, num_envs=2, states={"level": "Level1", "later": snapshot}, state_weights=[1, 3]
    )
    _, infos = envs.reset(seed=3, options={"state": ["later", "level"]})
    assert infos["start_state"].tolist() == [1, 0]
    envs.close()


@with_stable_retro
def test_a_game_takes_actions_of_ones_own() -> None:
    own = DiscreteActions(["LEFT", "RIGHT", ("RIGHT", "B")])
    env = make_game_env(NAME, actions=own)
    assert str(env.action_space) == "Discrete(3)"
    env.reset(seed=1)
    env.step(2)
    env.close()


@with_stable_retro
def test_a_picture_of_ones_own_keeps_the_crop() -> None:
    from dataclasses import replace

    game = replace(find_game(NAME), crop=(16, 32, 1000, 100))
    whole = make_game_env(game)
    shown, _ = whole.reset(seed=1)
    assert shown.shape == (100, 304, 3)
    whole.close()
    plain = make_game_env(replace(game, crop=None))
    assert np.array_equal(plain.reset(seed=1)[0][32:132, 16:320], shown)
    plain.close()
    small = Observation(size=(50, 152), resize="area", layout="HWC")
    cropped = make_game_env(game, observation=small)
    by_hand = make_game_env(
        replace(game, crop=None), observation=replace(small, crop=(32, 16, 100, 304))
    )
    assert np.array_equal(cropped.reset(seed=1)[0], by_hand.reset(seed=1)[0])
    cropped.close()
    by_hand.close()
    parts = make_game_env(game, observation={"picture": small})
    assert parts.reset(seed=1)[0]["picture"].shape == (50, 152, 3)
    parts.close()
    own = make_game_env(game, observation=replace(small, crop=(0, 0, 20, 20)))
    assert own.env_spec.observation.crop == (0, 0, 20, 20)  # type: ignore[attr-defined]
    own.close()
    with pytest.raises(GameError, match="nothing of its picture"):
        make_game_env(replace(game, crop=(400, 0, 10, 10)))
