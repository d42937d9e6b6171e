"""Evaluating policies: the right scores, from the right states, and movies that replay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real import package_directory

gymnasium = pytest.importorskip("gymnasium")

from pylibretro import Core, EnvSpec, Game, LibretroEnv, Movie, verify  # noqa: E402
from pylibretro.envs.evaluation import Evaluation, evaluate  # noqa: E402
from pylibretro.envs.known_scores import ScoreReference, known_scores  # noqa: E402
from pylibretro.envs.registration import game_2048  # noqa: E402

ID = "pylibretro/2048-v0"


class Model:
    """A policy as Stable-Baselines3 has them; it remembers how it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[Any, bool, bool]] = []

    def predict(
        self,
        observation: Any,
        state: Any = None,
        episode_start: Any = None,
        deterministic: bool = False,
    ) -> tuple[Any, Any]:
        assert observation.shape == (240, 320, 3)
        self.asked.append((state, bool(episode_start[0]), deterministic))
        return np.array(0 if state is None else (state + 1) % 4), 0 if state is None else state + 1


def by_hand(seed: int, steps: int, policy: Any, **arguments: Any) -> float:
    env = LibretroEnv(**{**game_2048(), "max_episode_steps": steps, **arguments})
    observation, _ = env.reset(seed=seed)
    score = 0.0
    while True:
        observation, reward, terminated, truncated, _ = env.step(policy(observation))
        score += reward
        if terminated or truncated:
            env.close()
            return score


class Turning:
    """A function of the observation that turns round."""

    def __init__(self) -> None:
        self.number = -1

    def __call__(self, _: Any) -> int:
        self.number += 1
        return self.number % 4


def test_scores_are_those_of_the_episodes_played_by_hand() -> None:
    cases: list[tuple[Any, dict[str, Any]]] = [
        (ID, {"max_episode_steps": 40}),
        (EnvSpec(**{**game_2048(), "max_episode_steps": 40}), {}),
        (LibretroEnv(**game_2048(), max_episode_steps=40), {}),
        (gymnasium.make(ID, max_episode_steps=40), {}),
    ]
    for env, arguments in cases:
        result = evaluate(lambda _: 1, env, episodes=3, seed=7, **arguments)
        wanted = [by_hand(7 + number, 40, lambda _: 1) for number in range(3)]
        assert result.scores.tolist() == wanted
        assert [episode.seed for episode in result.episodes] == [7, 8, 9]
        assert all(episode.steps == 40 for episode in result.episodes)
        assert all(not episode.terminated for episode in result.episodes)
        if isinstance(env, gymnasium.Env):
            env.reset()  # what was given stays open
            env.close()


def test_the_numbers_of_a_result() -> None:
    result = evaluate(Turning(), ID, episodes=9, max_episode_steps=60)
    scores = result.scores
    assert len(set(scores)) > 4
    assert result.mean == scores.mean()
    assert result.quantiles() == {
        share: np.quantile(scores, share) for share in (0, 0.25, 0.5, 0.75, 1)
    }
    assert result.best.score == scores.max()
    assert result.worst.score == scores.min()
    assert result.standard_error == pytest.approx(scores.std(ddof=1) / 3)
    assert result.human_normalised is None
    known = evaluate(Turning(), ID, episodes=9, max_episode_steps=60, reference=(100, 300))
    assert known.human_normalised == pytest.approx((scores.mean() - 100) / 200)
    said = json.loads(json.dumps(result.as_dict()))
    assert [episode["score"] for episode in said["episodes"]] == scores.tolist()
    assert said["episodes"][0]["info"]["moves"] > 0
    assert str(result).startswith("9 episodes: mean score ")


def test_the_same_seed_is_the_same_evaluation_also_by_chance() -> None:
    one = evaluate(None, ID, episodes=3, seed=4, max_episode_steps=30)
    other = evaluate(None, ID, episodes=3, seed=4, max_episode_steps=30)
    assert one == other
    assert one != evaluate(None, ID, episodes=3, seed=5, max_episode_steps=30)


def test_models_are_asked_as_they_want_to_be() -> None:
    model = Model()
    result = evaluate(model, ID, episodes=2, max_episode_steps=3)
    assert model.asked == [(None, True, True), (0, False, True), (1, False, True)] * 2
    assert len(result.episodes) == 2
    evaluate(model, ID, episodes=1, deterministic=False, max_episode_steps=1)
    assert model.asked[-1] == (None, True, False)

    class Simple:
        def predict(self, observation: Any) -> int:
            return int(observation[0, 0, 0]) % 4

    assert evaluate(Simple(), ID, episodes=1, max_episode_steps=3).episodes[0].steps == 3


def states() -> dict[str, bytes]:
    found = {}
    with Core("2048") as core:
        core.run(60)
        core.run(1, [8])
        for name, moves in (("early", 2), ("late", 40)):
            for number in range(moves):
                core.run(1, [16 << number % 4])
                core.run(20)
            found[name] = core.save_state()
    return found


def test_episodes_begin_in_the_states_by_turns() -> None:
    task = {**game_2048(), "states": states(), "start": (), "max_episode_steps": 20}
    spec = EnvSpec(**task)
    result = evaluate(Turning(), spec, episodes=4, states=["late", "early"])
    assert [episode.state for episode in result.episodes] == ["late", "early"] * 2
    late, early = result.episodes[0].info["moves"], result.episodes[1].info["moves"]
    assert late > early
    assert set(result.by_state()) == {"late", "early"}
    assert result.by_state()["late"] == np.mean([result.scores[0], result.scores[2]])
    for wrong, error in ((["none"], ValueError), ("late", TypeError), ([], ValueError)):
        with pytest.raises(error):
            evaluate(Turning(), spec, states=wrong)


def test_clipped_rewards_and_lives_do_not_change_what_a_game_scores() -> None:
    arguments: dict[str, Any] = {"max_episode_steps": 40}
    plain = evaluate(Turning(), ID, episodes=2, **arguments)
    clipped = evaluate(Turning(), ID, episodes=2, reward_clip="sign", **arguments)
    assert clipped.scores.tolist() == plain.scores.tolist()
    task = {**game_2048(), "max_episode_steps": 40}
    task["info"] = None
    lives = evaluate(
        Turning(), EnvSpec(**task, life_loss="moves % 5 == 0 and delta(moves) > 0"), episodes=2
    )
    assert lives.scores.tolist() == plain.scores.tolist()
    assert [episode.steps for episode in lives.episodes] == [40, 40]


MOVIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "sticky": {"repeat_action_probability": 0.25, "frame_skip": 4, "hold_frames": 3},
    "waits": {"noop_max": 30},
    "states": {"states": states()},
    "random memory": {"random_memory": ((0x30, "<u8"), (0x20, "<u4", 0xFF))},
    "lives": {"life_loss": "moves % 7 == 0 and delta(moves) > 0", "life_start": [("A", 3)]},
}


@pytest.mark.parametrize("kind", MOVIES)
def test_movies_of_the_best_and_the_worst_replay(kind: str, tmp_path: Path) -> None:
    spec = EnvSpec(**{**game_2048(), "max_episode_steps": 30, **MOVIES[kind]})
    result = evaluate(None, spec, episodes=5, seed=3, movies=tmp_path / "movies")
    assert sorted(result.movies) == ["best", "worst"]
    for name, episode in (("best", result.best), ("worst", result.worst)):
        path = result.movies[name]
        (verdict,) = verify([path], processes=0)
        assert verdict.ok, verdict
        assert verdict.checks > 0
        movie = Movie.load(path)
        assert verdict.frames == movie.frames >= episode.frames
        with movie.open() as core:
            movie.play(core)
            assert core.memory.read(0x20, "<u4") == episode.info["score"]
            assert core.memory.read(0x0C, "<u4") == episode.info["moves"]


@pytest.mark.skipif(
    package_directory("stable_retro") is None or package_directory("ale_py") is None,
    reason="stable-retro's stella and the ROMs of ale-py are not here",
)
def test_a_game_whose_core_is_opened_again_at_each_reset(tmp_path: Path) -> None:
    ale = package_directory("ale_py")
    assert ale is not None
    rom = ale / "roms" / "pong.bin"
    if not rom.is_file():
        pytest.skip("ale-py has no ROM of pong")
    result = evaluate(
        None,
        "pylibretro/Pong-Atari2600-v0",
        episodes=2,
        movies=tmp_path,
        content=str(rom),
        preset="deepmind",
        max_episode_frames=1200,
    )
    assert result.reference == known_scores("pong") == ScoreReference(-20.7, 14.6)
    assert result.human_normalised == pytest.approx((result.mean + 20.7) / 35.3)
    assert all(verdict.ok for verdict in verify(result.movies.values(), rom, processes=0))


def test_known_scores() -> None:
    for name in ("ms_pacman", "MsPacman-Atari2600-v0", "pylibretro/MsPacman-Atari2600-v0"):
        assert known_scores(name) == (307.3, 6951.6)
    assert known_scores("Airstriker-Genesis-v0") is None
    assert known_scores("") is None
    reference = ScoreReference(1.7, 30.5)
    assert (reference.normalised(1.7), reference.normalised(30.5)) == (0.0, 1.0)


def test_wrong_use_is_said() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        evaluate(None, ID, episodes=0)
    with pytest.raises(TypeError, match="a function of the observation"):
        evaluate(3, ID)
    with pytest.raises(TypeError, match="the id of an env"):
        evaluate(None, 3)
    env = gymnasium.make(ID)
    with pytest.raises(TypeError, match="takes no frame_skip"):
        evaluate(None, env, frame_skip=2)
    env.close()
    with pytest.raises(TypeError, match="movies are made of a LibretroEnv"):
        evaluate(None, gymnasium.make("CartPole-v1"), episodes=1, movies="x")
    game = Game(name="g", core="2048", reward="1")
    result = evaluate(None, game, episodes=1, max_episode_steps=3)
    assert isinstance(result, Evaluation)
    assert result.mean == 3
