"""Movies of episodes: one each, that a replay confirms."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from env_play import PLAY, assert_equal
from observe import BuildCore

from pylibretro import (
    ActionError,
    CoreBatch,
    CoreCrashedError,
    Movie,
    MovieError,
    Observation,
    record,
    verify,
)

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AutoresetMode  # noqa: E402

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402

TASK: dict[str, Any] = {
    **PLAY,
    "frame_skip": 3,
    "hold_frames": 2,
    "noop_max": 9,
    "repeat_action_probability": 0.3,
    "done": "moves >= 5",
    "max_episode_steps": 60,
    "observation": Observation((16, 16)),
}


def movies_in(directory: Path) -> list[Path]:
    return sorted(directory.glob("*.plm"))


def confirmed(paths: list[Path]) -> None:
    for path, verdict in zip(paths, verify(paths, processes=0), strict=True):
        assert verdict.ok, (path.name, verdict)
        assert verdict.checks >= 1, path.name
        assert verdict.frames == Movie.load(path).frames > 0


def test_each_episode_of_an_env_is_a_movie(tmp_path: Path) -> None:
    directory = tmp_path / "movies" / "here"
    frames, rams = [], []
    with LibretroEnv(**TASK, record_to=directory) as env, LibretroEnv(**TASK) as plain:
        env.action_space.seed(1)
        for episode in range(4):
            results: list[Any] = [each.reset(seed=episode) for each in (env, plain)]
            assert_equal(results[0], results[1], "as without recording")
            for _ in range(4 if episode == 2 else 100):
                action = env.action_space.sample()
                results = [each.step(action) for each in (env, plain)]
                assert_equal(results[0], results[1], "as without recording")
                if results[0][2] or results[0][3]:
                    break
            frames.append(results[0][-1]["episode_frame_number"])
            rams.append(env.get_ram())
    paths = movies_in(directory)
    assert [path.name for path in paths] == [f"env0-episode{i:06}.plm" for i in range(4)]
    confirmed(paths)
    for path, ran, ram in zip(paths, frames, rams, strict=True):
        movie = Movie.load(path)
        assert movie.complete
        assert movie.notes["episode"] == int(path.stem[-6:])
        assert 0 <= movie.frames - ran - 2 <= 9, "the start, and up to nine frames without input"
        with movie.open() as core:
            movie.play(core)
            np.testing.assert_array_equal(core.memory.system_ram, ram)
    with LibretroEnv(**TASK, record_to=directory) as env:
        env.reset(seed=1)
        env.step(0)
    assert len(movies_in(directory)) == 5, "what was there is kept"


@pytest.mark.parametrize("mode", list(AutoresetMode), ids=lambda mode: mode.value)
def test_each_episode_of_a_vector_env_is_a_movie(mode: AutoresetMode, tmp_path: Path) -> None:
    task = {**TASK, "life_loss": "delta(moves) and moves % 2 == 0"}
    envs = LibretroVectorEnv(**task, num_envs=3, autoreset_mode=mode, record_to=tmp_path)
    plain = LibretroVectorEnv(**task, num_envs=3, autoreset_mode=mode)
    for each in (envs, plain):
        each.action_space.seed(2)
        each.reset(seed=4)
    games = 0
    for _ in range(120):
        results = [each.step(each.action_space.sample()) for each in (envs, plain)]
        assert_equal(results[0], results[1], "as without recording")
        infos = results[0][4]
        ended = results[0][2] | results[0][3]
        over = infos["final_info"]["game_over"] if "final_info" in infos else infos["game_over"]
        games += int((over | results[0][3]).sum())
        if mode is AutoresetMode.DISABLED and ended.any():
            for each in (envs, plain):
                each.reset(options={"reset_mask": ended.copy()})
    envs.close()
    plain.close()
    paths = movies_in(tmp_path)
    assert games >= 6
    assert games <= len(paths) <= games + 3
    confirmed([path for path in paths if Movie.load(path).frames])


def test_restoring_a_snapshot_begins_a_movie_there(tmp_path: Path) -> None:
    with LibretroEnv(**TASK, record_to=tmp_path) as env:
        env.reset(seed=1)
        env.step(1)
        snapshot = env.snapshot()
        env.step(2)
        env.restore(snapshot)
        env.step(3)
        env.step(3)
    paths = movies_in(tmp_path)
    assert len(paths) == 2
    assert Movie.load(paths[1]).frames == 6
    confirmed(paths)


def play_on(env: LibretroEnv, steps: int) -> None:
    for _ in range(steps):
        env.step(np.zeros(16, np.int8))


def test_a_crash_ends_the_movie_of_that_copy_alone(build_core: BuildCore, tmp_path: Path) -> None:
    options = {"crash_where": "later", "crash_how": "throw"}
    env = LibretroEnv(build_core("crash"), options=options, record_to=tmp_path)
    env.reset(seed=1)
    with pytest.raises(CoreCrashedError):
        play_on(env, 100)
    env.close()
    assert len(movies_in(tmp_path)) == 1
    assert Movie.load(movies_in(tmp_path)[0]).complete


def test_sent_steps_are_refused_while_recording(tmp_path: Path) -> None:
    envs = LibretroVectorEnv(**TASK, num_envs=2, record_to=tmp_path)
    envs.reset(seed=1)
    with pytest.raises(MovieError, match="record_to"):
        envs.send([0, 0])
    envs.close()


def step_and_fail(env: LibretroEnv) -> None:
    env.step(1)
    env.step("no action")


def test_a_movie_that_misses_what_an_env_ran_is_no_movie(tmp_path: Path) -> None:
    """It was empty, and `verify` called it right."""
    path = tmp_path / "empty.plm"
    with LibretroEnv(**PLAY) as env:
        env.reset(seed=1)
        recorder = record(env.core, path)
        env.step(1)
        with pytest.raises(MovieError, match=r"2 frames that this movie does not have.*record_to"):
            recorder.stop()
        recorder.stop()
        with pytest.raises(ActionError), record(env.core):
            step_and_fail(env)  # that is what is said, and not what the movie lacks
    with CoreBatch("2048", count=2) as batch:
        with pytest.raises(MovieError, match="follow=False"), record(batch[1]):
            batch.run(5)
        with record(batch[0]) as kept:
            batch[0].run(3)
        assert kept.movie.frames == 3


def test_recording_an_argument_of_stable_retro(tmp_path: Path) -> None:
    pytest.importorskip("stable_retro")
    from pylibretro.envs.game_envs import make_game_env

    with make_game_env("Airstriker-Genesis-v0", record=str(tmp_path)) as env:
        env.reset(seed=1)
        for _ in range(130):
            env.step(env.action_space.sample())
    paths = movies_in(tmp_path)
    assert len(paths) == 1
    content = env.unwrapped.env_spec.content  # type: ignore[attr-defined]
    core = env.unwrapped.env_spec.core  # type: ignore[attr-defined]
    (verdict,) = verify(paths, content, core=core, processes=0)
    assert verdict.ok, verdict
    assert (verdict.frames, verdict.checks) == (130, 3)
