"""A batch without pictures, or sound, does the same as one with them, but for these."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle import random_masks
from real import Play, find_plays

from pylibretro import (
    AudioWindow,
    Core,
    CoreBatch,
    Joypad,
    LibretroError,
    LibretroVectorEnv,
    MemoryWindow,
    Observation,
)
from pylibretro.envs.registration import game_2048

WATCHES = {"score": (0x20, "<u4"), "state": (0x05, "|u1")}
GAME: dict[str, Any] = {"watches": WATCHES, "reward": "delta(score)", "done": "state == 3"}
QUICK = ("fceumm", "gambatte", "genesis_plus_gx", "picodrive", "snes9x", "stella")
PLAYS = [play for play in find_plays() if play.core_id.partition(":")[2] in QUICK]
OPENING = np.array([Joypad.START, 0], np.uint16)


def moves(frames: int, seed: int = 1) -> NDArray[np.uint16]:
    generator = np.random.default_rng(seed)
    inputs = np.zeros((frames, 2, 1), np.uint16)
    inputs[::2] = 1 << generator.integers(4, 8, size=(len(inputs[::2]), 2, 1))
    return inputs


def opened(*, pictures: bool, **arguments: Any) -> CoreBatch:
    return CoreBatch("2048", count=2, pictures=pictures, **{**GAME, **arguments})


@pytest.mark.parametrize("stop_when_done", [False, True])
def test_all_but_the_pictures_is_the_same(stop_when_done: bool) -> None:
    results = []
    for pictures in (True, False):
        with opened(pictures=pictures, stop_when_done=stop_when_done) as batch:
            batch.run(2, np.broadcast_to(OPENING[:, np.newaxis, np.newaxis], (2, 2, 1)))
            seen: list[Any] = []
            for step in range(40):
                batch.run(50, moves(50, step))
                seen += [batch.rewards.tolist(), batch.done.tolist(), batch.watches.tolist()]
                seen += [core.audio.tobytes() for core in batch]
                seen += [core.save_state() for core in batch]
            assert any(batch.done), "no game has ended"
            seen += [batch.run_until("score > 100", 500).tolist()]
        results.append(seen)
    assert results[0] == results[1]


def test_without_sound_the_machines_are_the_same() -> None:
    results = []
    for sound in (True, False):
        with opened(pictures=True, sound=sound) as batch:
            batch.run(2, np.broadcast_to(OPENING[:, np.newaxis, np.newaxis], (2, 2, 1)))
            seen: list[Any] = []
            for step in range(40):
                batch.run(50, moves(50, step))
                seen += [batch.watches.tolist(), *(core.save_state() for core in batch)]
                seen.append(batch.frames.tobytes())
            assert any(len(core.audio) for core in batch) is sound
            with Core("2048") as core:  # and it sounds again elsewhere
                core.restore(batch.save_states([0])[0])
                core.run(50, moves(50)[:, 0, 0])
                seen.append(core.audio.tobytes())
        results.append(seen)
    assert results[0] == results[1]
    with pytest.raises(ValueError, match="audio_window needs sound"):
        CoreBatch("2048", audio_window=AudioWindow(400), sound=False)


def test_branches_are_the_same_and_their_states_are_small() -> None:
    ends, sizes = [], []
    for pictures in (True, False):
        with opened(pictures=pictures) as batch:
            batch.run(2, np.broadcast_to(OPENING[:, np.newaxis, np.newaxis], (2, 2, 1)))
            tried = batch.branch(
                batch.save_states([0])[0],
                moves(8)[:, :, 0].T.repeat(4, axis=0),
                frames=1,
                save=True,
            )
            ends.append(
                [
                    tried.watches.tolist(),
                    tried.rewards.tolist(),
                    [bytes(state) for state in tried.states],
                ]
            )
            sizes.append(tried.states[0].nbytes)
            assert tried.states[0].has_picture is pictures
    assert ends[0] == ends[1]
    assert sizes[1] < 5000 < 100_000 < sizes[0]


def test_nothing_is_shown_and_asking_for_it_says_why() -> None:
    with opened(pictures=False) as batch:
        batch.run(4)
        for ask in (lambda: batch.frames, lambda: batch.frame_sizes):
            with pytest.raises(LibretroError, match="pictures=False"):
                ask()
        assert batch[0].frame is None
    with pytest.raises(ValueError, match="observation needs pictures"):
        CoreBatch("2048", observation=Observation(size=(8, 8)), pictures=False)


def test_a_core_of_the_batch_shows_the_right_picture_when_it_runs_alone() -> None:
    with opened(pictures=False) as batch, Core("2048") as core:
        inputs = np.concatenate([OPENING, moves(60)[:, 0, 0]])
        core.run(len(inputs), inputs)
        batch.run(len(inputs), inputs[:, np.newaxis, np.newaxis].repeat(2, 1))
        state = batch.save_states([0])[0]
        core.run()
        batch[0].run()
        np.testing.assert_array_equal(batch[0].frame, core.frame)
        with Core("2048") as other:
            other.restore(state)
            other.run()
            np.testing.assert_array_equal(other.frame, core.frame)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.id)
def test_real_cores_do_the_same(play: Play, tmp_path: Path) -> None:
    found, shown = [], []
    masks = random_masks(240, 3).reshape(60, 4, 1, 2)
    for pictures in (True, False):
        with CoreBatch(play.core, play.content(tmp_path), pictures=pictures) as batch:
            sound = []
            for inputs in masks:
                batch.run(4, inputs)
                sound.append(batch[0].audio.tobytes())
            batch.load_states(batch.save_states())
            batch.run(4, masks[0])
            core = batch[0]
            found.append((sound, core.memory.system_ram.tobytes(), core.frame_count))
            core.run(1)
            shown.append(None if core.frame is None else core.frame.tobytes())
    assert found[0] == found[1]
    if shown[1] is not None:  # the frame was no repeat of one that nobody wanted
        assert shown[0] == shown[1]


def test_envs_keep_pictures_for_those_who_can_see_them() -> None:
    board = {**game_2048(), "observation": MemoryWindow(start=0x10, size=16)}
    seen = []
    for mode in (None, "rgb_array"):
        envs = LibretroVectorEnv(**board, num_envs=2, render_mode=mode)
        observations, _ = envs.reset(seed=1)
        steps = [observations]
        for action in np.random.default_rng(1).integers(4, size=(50, 2)):
            result = envs.step(action)
            steps += [result[0], result[1]]
        seen.append(np.concatenate([np.ravel(step) for step in steps]))
        assert (envs.batch[0].frame is None) is (mode is None)
        envs.close()
    np.testing.assert_array_equal(seen[0], seen[1])
