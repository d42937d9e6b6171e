"""What a step is worth, and lives: episodes of the agent within one of the game."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from env_play import PLAY

from pylibretro import EnvSpec, MemoryWindow, RuleError

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AutoresetMode  # noqa: E402

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402

LIVES: dict[str, Any] = {
    **PLAY,
    "observation": MemoryWindow(),
    "life_loss": "delta(moves) and moves % 3 == 0",
    "done": "moves >= 7",
}


def test_the_sum_of_a_step_is_clipped_and_not_that_of_a_frame() -> None:
    """Four frames of which one is worth 10 and the others -1 are worth 1, not -2."""
    rule = "10 if frames % 4 == 0 else -1"
    task = {**PLAY, "reward": rule, "frame_skip": 4, "hold_frames": None}
    for clip, worth in (("sign", 1.0), ((-2, 5), 5.0), ((8, 9), 8.0), (None, 7.0)):
        with LibretroEnv(**{**task, "reward_clip": clip}) as env:
            env.reset(seed=1)
            for _ in range(3):
                *_, reward, _, _, info = env.step(4)
                assert reward == worth
                assert isinstance(reward, float)
                assert info.get("unclipped_reward") == (None if clip is None else 7.0)


def test_each_players_reward_is_clipped_alone() -> None:
    envs = LibretroVectorEnv(
        **{**PLAY, "reward": ["-3", "1 / 8", "0"], "reward_clip": "sign"}, num_envs=2
    )
    envs.reset(seed=1)
    _, rewards, _, _, infos = envs.step([4, 4])
    assert rewards.tolist() == [-1, -1]
    assert infos["rewards"].tolist() == [[-1, 1, 0]] * 2
    assert infos["unclipped_reward"].tolist() == [[-6, 0.25, 0]] * 2
    envs.close()


def move(env: LibretroEnv) -> tuple[Any, ...]:
    """Press directions until something has moved, and return the step's results."""
    before = env.core.memory.read(0x0C, "<u4")
    for action in (0, 2, 1, 3):
        results = env.step(action)
        if results[-1]["moves"] != before:
            return results
    raise AssertionError("no move")


def test_a_lost_life_ends_the_agents_episode_and_not_the_game() -> None:
    with LibretroEnv(**LIVES) as env:
        _, info = env.reset(seed=1)
        assert (info["moves"], info["game_over"]) == (0, False)
        for moves, ends, over in ((1, 0, 0), (2, 0, 0), (3, 1, 0), (4, 0, 0), (5, 0, 0), (6, 1, 0)):
            observation, _, terminated, truncated, info = move(env)
            assert info["moves"] == moves
            assert (terminated, truncated, info["game_over"]) == (bool(ends), False, bool(over))
            if terminated:
                with pytest.raises(gymnasium.error.ResetNeeded):
                    env.step(4)
                frames = info["episode_frame_number"]
                again, info = env.reset()
                np.testing.assert_array_equal(again, observation)
                assert info["moves"] == moves
                assert info["episode_frame_number"] == frames
        *_, terminated, _, info = move(env)
        assert (info["moves"], terminated, info["game_over"]) == (7, True, True)
        assert env.reset()[1]["moves"] == 0


def test_a_seed_or_a_state_begins_a_new_game_and_so_does_a_reset_in_between() -> None:
    with LibretroEnv(**LIVES) as env:
        for again in ({"seed": 2}, {"options": {"state": 0}}, {}):
            env.reset(seed=2)
            for _ in range(3 if again else 2):
                *_, terminated, _, info = move(env)
            assert terminated is bool(again)
            assert info["moves"] != 0
            assert env.reset(**again)[1]["moves"] == 0


def test_a_limit_is_the_games_and_ends_it() -> None:
    with LibretroEnv(**{**LIVES, "life_loss": "frames == 6", "max_episode_steps": 5}) as env:
        env.reset(seed=1)
        ends = []
        for step in range(1, 9):
            *_, terminated, truncated, info = env.step(4)
            ends.append((step, terminated, truncated, info["game_over"]))
            if terminated or truncated:
                env.reset()
        assert [end for end in ends if any(end[1:])] == [
            (3, True, False, False),
            (5, False, True, False),
            (8, True, False, False),
        ]


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.value)
def test_games_of_a_vector_env_go_on_after_lost_lives(mode: AutoresetMode) -> None:
    """All three modes: moves go on growing over a lost life, and from 0 after the game."""
    envs = LibretroVectorEnv(**LIVES, num_envs=3, autoreset_mode=mode)
    _, infos = envs.reset(seed=4)
    ended = over = np.zeros(3, np.bool_)
    before = infos["moves"]
    lives = games = 0
    for step in range(150):
        if mode is AutoresetMode.DISABLED and ended.any():
            _, reset_infos = envs.reset(options={"reset_mask": ended})
            before = np.where(ended, reset_infos["moves"], before)
            np.testing.assert_array_equal(before == 0, over | (before == 0))
            ended = over = np.zeros(3, np.bool_)
        _, _, terminations, _, infos = envs.step(np.full(3, step % 4))
        now = infos["moves"]
        last = infos
        if mode is AutoresetMode.SAME_STEP and terminations.any():
            last = infos["final_info"]
            np.testing.assert_array_equal(now[terminations] == 0, last["game_over"][terminations])
        elif mode is AutoresetMode.NEXT_STEP:
            np.testing.assert_array_equal(now[ended & ~over], before[ended & ~over])
            assert not now[ended & over].any()
        over = terminations & last["game_over"]
        lives += int((terminations & ~over).sum())
        games += int(over.sum())
        ended, before = terminations, now
    assert lives >= 3
    assert games >= 3
    envs.close()


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"reward_clip": "no"}, TypeError),
        ({"reward_clip": 1}, TypeError),
        ({"reward_clip": (1, 1)}, ValueError),
        ({"reward_clip": (float("nan"), 1)}, ValueError),
        ({"life_loss": 3}, TypeError),
        ({"life_start": "A"}, TypeError),
    ],
)
def test_what_makes_no_sense_is_refused(arguments: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        EnvSpec(**{**PLAY, **arguments})


def test_a_wrong_rule_is_shown_as_it_was_written() -> None:
    for wrong in ({"life_loss": "movs > 1"}, {"done": "movs > 1"}):
        with pytest.raises(RuleError, match=r"did you mean 'moves'.*\n +movs > 1\n"):
            LibretroEnv(**{**LIVES, **wrong})
