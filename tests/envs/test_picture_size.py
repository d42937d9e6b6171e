"""An env shows a game in one size, that in which it is played."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import BuildCore, content_of
from real import CORES, PLAYS, Play, corpus_directory

from pylibretro import Core, MemoryWindow, Observation

gymnasium = pytest.importorskip("gymnasium")

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402
from pylibretro.picture.fitting import fitted  # noqa: E402

CORPUS = corpus_directory()


def game_of_genesis_plus_gx() -> tuple[Path, Path]:
    """A game during whose first second the picture grows from 256 x 192 to 320 x 224."""
    core = CORES.get("stable_retro:genesis_plus_gx")
    if core is None:
        pytest.skip("genesis_plus_gx of stable-retro is not installed")
    if CORPUS is None:
        pytest.skip("the folder of test ROMs is not here")
    return core, CORPUS / "roms" / "md" / "sgdk" / "basics__hello-world.bin"


def test_a_picture_that_grows_is_seen_and_shown_in_its_later_size() -> None:
    core, rom = game_of_genesis_plus_gx()
    with Core(core, rom) as alone:
        sizes = []
        pictures = []
        for _ in range(40):
            alone.run()
            assert alone.frame is not None
            sizes.append(alone.frame.shape[:2])
            pictures.append(alone.frame)
    assert sizes[0] == (192, 256)
    assert sizes[-1] == (224, 320)
    with LibretroEnv(core, rom, render_mode="rgb_array") as env:
        assert env.observation_space.shape == (224, 320, 3)
        observation, _ = env.reset(seed=1)
        for step in range(39):
            assert env.observation_space.contains(observation)
            shown: Any = env.render()
            np.testing.assert_array_equal(shown, fitted(pictures[step], 224, 320))
            observation, *_ = env.step(np.zeros(16, np.int8))
    envs = LibretroVectorEnv(core, rom, num_envs=2, render_mode="rgb_array")
    assert envs.single_observation_space.shape == (224, 320, 3)
    envs.reset(seed=1)
    for _ in range(20):
        shown = envs.render()
        assert [picture.shape for picture in shown] == [(224, 320, 3)] * 2
        envs.step(np.zeros((2, 16), np.int8))
    envs.close()


def test_what_has_a_size_of_its_own_keeps_it() -> None:
    core, rom = game_of_genesis_plus_gx()
    for sense, shape in (
        (Observation((84, 84)), (3, 84, 84)),
        (Observation(crop=(0, 0, 100, 50)), (3, 100, 50)),
        (Observation(gray=True, stack=2), (2, 224, 320)),
    ):
        with LibretroEnv(core, rom, observation=sense) as env:
            assert env.observation_space.shape == shape
            assert env.reset(seed=1)[0].shape == shape
    with LibretroEnv(core, rom, observation=MemoryWindow(), render_mode="rgb_array") as env:
        env.reset(seed=1)
        assert env.render().shape == (224, 320, 3)


def test_a_video_of_it_is_recorded(tmp_path: Path) -> None:
    pytest.importorskip("moviepy")
    core, rom = game_of_genesis_plus_gx()
    env: Any = LibretroEnv(core, rom, render_mode="rgb_array", max_episode_steps=50)
    env = gymnasium.wrappers.RecordVideo(env, str(tmp_path / "videos"), disable_logger=True)
    env.reset(seed=1)
    for _ in range(50):
        env.step(env.action_space.sample())
    env.close()
    assert [file.suffix for file in (tmp_path / "videos").iterdir()] == [".mp4"]


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.id)
def test_every_core_has_one_size(play: Play, tmp_path: Path) -> None:
    """Pictures of a second of play have the shape that was said, seen and shown."""
    env = LibretroEnv(
        play.core, play.content(tmp_path), options=play.options, render_mode="rgb_array"
    )
    with env:
        observation, _ = env.reset(seed=1)
        for _ in range(30):
            assert env.observation_space.contains(observation)
            assert env.render().shape == env.observation_space.shape
            observation, *_ = env.step(env.action_space.sample())
        frame = env.core.frame
        assert frame is None or frame.shape == env.observation_space.shape


def test_a_turned_picture_is_shown_upright_and_seen_as_asked(build_core: BuildCore) -> None:
    """A first picture of 40 x 20, then 30 x 50 turned by a quarter: 50 wide and 30 high."""
    picture, rotation = 0, 4
    rows = [0, picture, 40, 20, 80, 1, 1, rotation, 1, 0, 0, 0]
    for frame in range(1, 100):
        rows += [frame, picture, 30, 50, 60, frame]
    core, content = build_core("video"), content_of(*rows)
    for rotate, shape in ((True, (30, 50, 3)), (False, (50, 30, 3))):
        sense = Observation(rotate=rotate, layout="HWC")
        with LibretroEnv(core, content, observation=sense, render_mode="rgb_array") as env:
            assert env.observation_space.shape == shape
            for _ in range(3):
                observation, _ = env.reset(seed=1)
                assert env.render().shape == (30, 50, 3)
                for _ in range(3):
                    assert observation.shape == shape
                    observation, *_ = env.step(np.zeros(16, np.int8))
                    assert env.render().shape == (30, 50, 3)


def test_the_size_is_that_after_the_start(build_core: BuildCore) -> None:
    core = build_core("growing")  # 16 x 12 in five frames, then 32 x 24
    starts: list[Any] = [(), [("A", 70)]]
    for start in starts:
        with LibretroEnv(core, start=start) as env:
            assert env.observation_space.shape == (24, 32, 3)
    with Core(core) as alone:
        alone.run(2)
        early = alone.save_state()
    with LibretroEnv(core, states=[early]) as env:
        assert env.observation_space.shape == (12, 16, 3)


def test_looking_for_the_size_writes_no_save_ram(tmp_path: Path) -> None:
    core = CORES.get("stable_retro:gambatte")
    if core is None or CORPUS is None:
        pytest.skip("gambatte of stable-retro, or the folder of test ROMs, is not here")
    rom = CORPUS / "roms" / "gb" / "homebrew" / "2048.gb"
    with LibretroEnv(core, rom, save_dir=tmp_path, render_mode="rgb_array") as env:
        assert not list(tmp_path.iterdir())
        env.reset(seed=1)
