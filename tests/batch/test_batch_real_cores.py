"""Every real core in a CoreBatch shows, plays and holds what it does alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from observe import present
from oracle import random_masks, sha256
from playing import frames_to_repeat
from real import CORES, PLAYS, Play

from pylibretro import Core, CoreBatch, CoreSpec, Observation

Picture = NDArray[np.uint8]

STEP = 4
SEEDS = (1, 2, 2)
NO_PICTURE = np.zeros((0, 0, 3), np.uint8)


@pytest.fixture(scope="module")
def games(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("games")


@dataclass
class Alone:
    """What a core by itself did in each frame, and held in the end."""

    pictures: list[Picture]
    sounds: list[bytes]
    ram: bytes


def inputs_of(seed: int, frames: int) -> NDArray[np.uint16]:
    return random_masks(frames, seed)


def play_alone(play: Play, games: Path, seed: int, frames: int) -> Alone:
    with play.open(games) as core:
        pictures, sounds = [], []
        for masks in inputs_of(seed, frames):
            core.run(1, masks[None])
            pictures.append(NO_PICTURE if core.frame is None else core.frame)
            sounds.append(core.audio.tobytes())
        return Alone(pictures, sounds, core.memory.system_ram.tobytes())


def gray(picture: Picture) -> NDArray[np.uint8]:
    red, green, blue = np.moveaxis(picture.astype(np.uint32), -1, 0)
    mixed = (9798 * red + 19235 * green + 3735 * blue + 16384) >> 15
    return np.asarray(mixed, np.uint8)


def pooled(pictures: list[Picture], size: tuple[int, int]) -> NDArray[np.uint8] | None:
    """The brightest of pictures that have this size, or are not there at all."""
    if any(picture.size and picture.shape[:2] != size for picture in pictures):
        return None
    black = np.zeros(size, np.uint8)
    brightest: NDArray[np.uint8] = np.maximum.reduce(
        [gray(p) if p.size else black for p in pictures]
    )
    return brightest


def picture_in(batch: CoreBatch, pictures: Picture, i: int) -> Picture:
    height, width = batch.frame_sizes[i]
    assert not pictures[i, height:].any()
    assert not pictures[i, :, width:].any()
    return np.ascontiguousarray(pictures[i, :height, :width])


def assert_same_step(batch: CoreBatch, alone: list[Alone], done: int) -> None:
    """The step that ended after frame ``done`` of each core equals those frames alone."""
    pictures, sounds = batch.frames, batch.audio
    for i, one in enumerate(alone):
        assert sha256(picture_in(batch, pictures, i)) == sha256(one.pictures[done - 1])
        assert sounds[i].tobytes() == b"".join(
            one.sounds[done - present(batch.frames_run)[i] : done]
        )


@pytest.fixture(scope="module", params=PLAYS, ids=lambda play: play.id)
def played(request: pytest.FixtureRequest, games: Path) -> tuple[Play, list[Alone]]:
    play: Play = request.param
    frames = frames_to_repeat(play) // STEP * STEP
    known = {seed: play_alone(play, games, seed, frames) for seed in set(SEEDS)}
    return play, [known[seed] for seed in SEEDS]


def masks_of_all(frames: int) -> NDArray[np.uint16]:
    return np.stack([inputs_of(seed, frames) for seed in SEEDS], axis=1)


def test_equals_single_cores(played: tuple[Play, list[Alone]], games: Path) -> None:
    play, alone = played
    frames = len(alone[0].pictures)
    masks = masks_of_all(frames)
    with CoreBatch(
        play.core, play.content(games), count=len(SEEDS), threads=2, options=play.options
    ) as batch:
        for done in range(STEP, frames + 1, STEP):
            assert batch.run(STEP, masks[done - STEP : done]).tolist() == [STEP] * len(SEEDS)
            assert_same_step(batch, alone, done)
        for core, one in zip(batch, alone, strict=True):
            assert core.memory.system_ram.tobytes() == one.ram


def test_observations_equal_what_numpy_makes_of_the_pictures(
    played: tuple[Play, list[Alone]], games: Path
) -> None:
    play, alone = played
    frames = len(alone[0].pictures)
    masks = masks_of_all(frames)
    size: tuple[int, int] = alone[0].pictures[-1].shape[:2]
    compared = 0
    with CoreBatch(
        play.core,
        play.content(games),
        count=len(SEEDS),
        threads=3,
        options=play.options,
        observation=Observation(size, gray=True, pool=2, stack=3),
    ) as batch:
        expected: list[list[NDArray[np.uint8] | None]] = [[] for _ in alone]
        for done in range(STEP, frames + 1, STEP):
            batch.run(STEP, masks[done - STEP : done])
            for i, one in enumerate(alone):
                expected[i].append(pooled(one.pictures[done - 2 : done], size))
                stack = (expected[i][:1] * 3 + expected[i])[-3:]
                # Pictures of other sizes are resized, which has tests of its own.
                if not any(each is None for each in stack):
                    np.testing.assert_array_equal(present(batch.observations)[i], stack)
                    compared += 1
    assert compared


@pytest.fixture(scope="module")
def few_plays() -> list[Play]:
    """One play of each of a few quick and different cores."""
    wanted = ["snes9x", "genesis_plus_gx", "gambatte", "stella", "fceumm"]
    chosen = {play.core_id.partition(":")[2]: play for play in PLAYS}
    plays = [chosen[name] for name in wanted if name in chosen]
    if len(plays) < 2:
        pytest.skip("no two different real cores here")
    return plays


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
def test_different_cores_in_one_batch(few_plays: list[Play], games: Path, threads: int) -> None:
    plays = [few_plays[i % len(few_plays)] for i in range(2 * len(few_plays) - 1)]
    frames = 60
    alone = [play_alone(play, games, seed, frames) for seed, play in enumerate(plays, 1)]
    masks = np.stack([inputs_of(seed, frames) for seed in range(1, len(plays) + 1)], axis=1)
    specs = [CoreSpec(play.core, play.content(games), options=play.options) for play in plays]
    done = 0
    with CoreBatch(specs, threads=threads) as batch:
        for count in (1, 2, 17, 1, 30, 9):
            batch.run(count, masks[done : done + count])
            done += count
            assert_same_step(batch, alone, done)
        for core, one in zip(batch, alone, strict=True):
            assert core.memory.system_ram.tobytes() == one.ram


def test_sent_steps_equal_single_cores(few_plays: list[Play], games: Path) -> None:
    frames = 60
    random = np.random.default_rng(7)
    alone = [play_alone(play, games, seed, frames) for seed, play in enumerate(few_plays, 1)]
    masks = [inputs_of(seed, frames) for seed in range(1, len(few_plays) + 1)]
    specs = [CoreSpec(play.core, play.content(games), options=play.options) for play in few_plays]
    done = [0] * len(specs)
    sent = [0] * len(specs)
    with CoreBatch(specs, threads=2, recv_size=1) as batch:
        while min(done) < frames:
            for i in range(len(specs)):
                if sent[i] == done[i] < frames and (
                    random.integers(2) or not batch.steps_in_flight
                ):
                    count = min(int(random.choice([1, 3, 4, 11])), frames - done[i])
                    batch.send(
                        masks[i][None, sent[i] : sent[i] + count].swapaxes(0, 1), count, ids=[i]
                    )
                    sent[i] += count
            while batch.steps_in_flight and (random.integers(3) or min(sent) == frames):
                result = batch.recv()
                [i] = result.ids
                assert result.frames_run.tolist() == [sent[i] - done[i]]
                picture = batch[i].frame
                assert sha256(NO_PICTURE if picture is None else picture) == sha256(
                    alone[i].pictures[sent[i] - 1]
                )
                assert batch[i].audio.tobytes() == b"".join(alone[i].sounds[done[i] : sent[i]])
                done[i] = sent[i]
        assert batch.steps_in_flight == 0
        for core, one in zip(batch, alone, strict=True):
            assert core.memory.system_ram.tobytes() == one.ram


def test_a_state_goes_to_all_cores_which_then_play_the_same(
    few_plays: list[Play], games: Path
) -> None:
    """Some cores leave a little out of their states, so the core alone has the same past."""
    masks = inputs_of(4, 240)
    for play in few_plays:
        with (
            play.open(games) as core,
            CoreBatch(
                play.core, play.content(games), count=9, threads=3, options=play.options
            ) as batch,
        ):
            with play.open(games) as first:
                first.run(40, inputs_of(3, 40))
                state = first.snapshot()
            core.run(5)
            core.restore(state)
            batch.run(5)
            batch.load_states(state)
            for begin in range(0, len(masks), 40):
                chunk = masks[begin : begin + 40]
                core.run(40, chunk)
                batch.run(40, np.repeat(chunk[:, None], 9, axis=1))
                frames, sounds = batch.frames, batch.audio
                for i, one in enumerate(batch):
                    assert one.frame_count == core.frame_count
                    np.testing.assert_array_equal(frames[i], core.frame)
                    np.testing.assert_array_equal(sounds[i], core.audio)
                    assert one.memory.system_ram.tobytes() == core.memory.system_ram.tobytes()


def test_there_are_real_cores() -> None:
    if not CORES:
        pytest.skip("no real cores: install stable-retro or the distribution's libretro packages")
    assert PLAYS


# The states of some cores leave out where they are between two samples, in C as here.
SAVES_NO_SOUND = {"distribution:gambatte"}


def digest(core: Core, play: Play) -> str:
    """All that can be seen and heard of a core, and its memory."""
    assert core.frame is not None
    sound = b"" if play.core_id in SAVES_NO_SOUND else core.audio.tobytes()
    memory = core.memory.system_ram.tobytes() + core.memory.save_ram.tobytes()
    return sha256(core.frame.tobytes() + sound + memory)


@pytest.mark.parametrize(("copies", "frames"), [(256, 60), (16, 1000)])
@pytest.mark.parametrize("core_id", ["distribution:gambatte", "stable_retro:picodrive"])
def test_fan_out(core_id: str, copies: int, frames: int, games: Path) -> None:
    """One state in many copies: each goes on as the original does, wherever it was before."""
    play = next((play for play in PLAYS if play.core_id == core_id), None)
    if play is None:
        pytest.skip(f"{core_id} is not installed, or there is no game for it")
    masks = inputs_of(3, 90 + frames)
    content = play.content(games)
    with (
        play.open(games) as original,
        CoreBatch(play.core, content, count=copies, options=play.options) as batch,
    ):
        original.run(90, masks[:90])
        batch.run(45, np.repeat(masks[45:90, None], copies, axis=1))
        batch.load_states(original.snapshot())
        for done in range(90, 90 + frames, 20):
            part = masks[done : done + 20]
            original.run(20, part)
            batch.run(20, np.repeat(part[:, None], copies, axis=1))
        expected = digest(original, play)
        assert [digest(core, play) for core in batch] == [expected] * copies
