"""Steps in which cores run different numbers of frames, and lead into games."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from observe import BuildCore, present

from pylibretro import (
    AudioWindow,
    Core,
    CoreBatch,
    CoreBusyError,
    CoreCrashedError,
    CoreSpec,
    Joypad,
    Observation,
)

RICH: dict[str, Any] = {
    "observation": Observation((24, 32), gray=True, pool=2, stack=3),
    "audio_window": AudioWindow(1000, rate=22050),
    "watches": {"score": (0x20, "<u4"), "moves": (0x0C, "<u4")},
    "reward": ["delta(score)", "frames"],
    "done": "moves >= 5",
}
BUTTONS = np.array([Joypad.START, Joypad.LEFT, Joypad.RIGHT, Joypad.UP, Joypad.DOWN], np.uint16)


def presses(*shape: int, seed: int = 1) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).choice(BUTTONS, shape)


def rows(batch: Any) -> list[NDArray[Any]]:
    return [
        present(batch.observations),
        present(batch.audio_windows),
        present(batch.watches),
        present(batch.rewards),
        present(batch.done),
        present(batch.frames_run),
    ]


@pytest.mark.parametrize("threads", [1, 3])
def test_each_core_runs_its_own_number_of_frames(threads: int) -> None:
    """Row by row the same as batches of one core that run so many frames."""
    counts = np.array([[4, 0, 7, 1], [0, 0, 3, 2], [5, 5, 0, 9]])
    inputs = presses(3, 9, 4, 1)
    with CoreBatch("2048", count=4, threads=threads, **RICH) as batch:
        for step, frames in enumerate(counts):
            most = frames.max()
            assert batch.run(frames, inputs[step, :most]).tolist() == frames.tolist()
        together = rows(batch)
        held = batch.run(counts[0].tolist(), inputs[0, 0])
        assert held.tolist() == counts[0].tolist()
    for core in range(4):
        with CoreBatch("2048", count=1, **RICH) as alone:
            for step, frames in enumerate(counts[:, core].tolist()):
                alone.run(frames, inputs[step, :frames, core : core + 1])
            for one, all_rows in zip(rows(alone), together, strict=True):
                np.testing.assert_array_equal(one[0], all_rows[core])


def test_a_core_without_frames_shows_what_it_showed_before() -> None:
    with CoreBatch("2048", count=2, **RICH) as batch:
        batch.run(10, presses(10, 2, 1))
        before = rows(batch)
        batch.run([0, 3], presses(3, 2, 1))
        after = rows(batch)
        for part in range(3):
            np.testing.assert_array_equal(before[part][0], after[part][0])
            if part < 2:
                assert (before[part][1] != after[part][1]).any()
        assert after[3][0].tolist() == [0, 0]
        assert not after[4][0]


def test_a_game_begins_after_its_first_frames() -> None:
    """What a rule remembers, stacks and windows begin as after reset() to the state there."""
    lead_in = presses(8, 3, 1, seed=2)
    later = presses(20, 4, 3, 1, seed=3)
    with CoreBatch("2048", count=3, **RICH) as batch:
        batch.run(30, presses(30, 3, 1))
        batch.run([8, 0, 5], lead_in, begins=[True, False, True])
        begun = rows(batch)
        seen = []
        for masks in later:
            batch.run(4, masks)
            seen.append(rows(batch))
    with CoreBatch("2048", count=3, **RICH) as batch:
        batch.run(30, presses(30, 3, 1))
        batch.run([8, 0, 5], lead_in)
        reached = batch.save_states()
        batch.reset_states = reached
        batch.reset([0, 2])
        np.testing.assert_array_equal(batch.observations, begun[0])
        for masks, wanted in zip(later, seen, strict=True):
            batch.run(4, masks)
            for one, other in zip(rows(batch), wanted, strict=True):
                np.testing.assert_array_equal(one, other)
    observations, sound, watches, rewards, done, _ = begun
    for core in (0, 2):
        assert (observations[core, 0] == observations[core, 2]).all()
        assert not sound[core].any()
        assert rewards[core].tolist() == [0, 0]
        assert not done[core]
        assert seen[0][3][core, 1] == 1 + 2 + 3 + 4, "frames of rules count from the beginning"
    assert seen[0][3][1, 1] == 31 + 32 + 33 + 34
    assert watches.shape == (3, 2)


def test_rules_leave_out_the_frames_before_a_game() -> None:
    with CoreBatch(
        "2048", count=2, watches=RICH["watches"], reward="1", done="True", stop_when_done=True
    ) as batch:
        batch.run(5, begins=[True, False])
        assert batch.frames_run.tolist() == [5, 1]
        assert batch.rewards.tolist() == [0, 1]
        assert batch.done.tolist() == [False, True]


def test_a_game_begins_with_the_picture_of_a_state_without_observation() -> None:
    look = Observation(gray=True, stack=2)
    with Core("2048") as core:
        core.run(20, np.full(20, Joypad.START, np.uint16))
        state = core.snapshot()
        with CoreBatch("2048", count=2, observation=look) as batch:
            batch.load_states(state)
            assert not batch.observations.any()
            batch.run(0, begins=[True, True])
            shown = batch.observations
            assert shown.any()
            np.testing.assert_array_equal(shown[0], shown[1])
            np.testing.assert_array_equal(shown[0, 0], shown[0, 1])
            with CoreBatch("2048", count=1, observation=look) as other:
                other.run(20, np.full((20, 1, 1), Joypad.START, np.uint16))
                np.testing.assert_array_equal(other.observations[0, 1], shown[0, 1])
            batch.run(0, begins=[True, True])
            np.testing.assert_array_equal(batch.observations, shown)


@pytest.mark.parametrize("threads", [1, 3])
def test_sent_steps_have_their_own_frames_and_beginnings(threads: int) -> None:
    inputs = presses(9, 4, 1)
    frames, begins = [9, 4, 0, 6], [True, False, True, False]
    with CoreBatch("2048", count=4, threads=threads, **RICH) as batch:
        batch.send(inputs, frames, begins=begins)
        first = batch.recv()
        batch.send(inputs[:4, [2, 0]], [4, 3], ids=[2, 0], begins=[False, True])
        second = batch.recv(2)
    with CoreBatch("2048", count=4, threads=threads, **RICH) as batch:
        batch.run(frames, inputs, begins=begins)
        for one, other in zip(rows(first), rows(batch), strict=True):
            np.testing.assert_array_equal(one, other[first.ids])
        again = np.zeros((4, 4, 1), np.uint16)
        again[:, [2, 0]] = inputs[:4, [2, 0]]
        batch.run([3, 0, 4, 0], again, begins=[True, False, False, False])
        for one, other in zip(rows(second), rows(batch), strict=True):
            np.testing.assert_array_equal(one, other[second.ids])


def test_cores_are_put_into_states_while_others_step() -> None:
    masks = presses(300, 3, 1)
    with CoreBatch("2048", count=3, threads=2, **RICH) as batch:
        batch.run(5, masks[:5])
        states = batch.save_states()
        batch.send(masks[:, :2], 300, ids=[0, 1])
        batch.load_states(states, [-1, -1, 0])
        with pytest.raises(CoreBusyError, match="core 1 of the batch has a step under way"):
            batch.load_states(states, [-1, 0, 0])
        batch.send(masks[:, :1], 300, ids=[2])
        result = batch.recv()
        order = result.ids.tolist()
        first, third = order.index(0), order.index(2)
        for part in rows(result):
            np.testing.assert_array_equal(part[first], part[third])
        batch.load_states(states)


@pytest.mark.parametrize(
    ("frames", "begins"),
    [
        ([1, 2, 3], None),
        ([1.0, 2.0], None),
        ([-1, 1], None),
        ([[1, 2]], None),
        (1, [True]),
        (1, [1, 0]),
        (1, [[True, False]]),
    ],
)
def test_frames_and_beginnings_have_to_fit(frames: Any, begins: Any) -> None:
    with CoreBatch("2048", count=2) as batch:
        with pytest.raises(ValueError, match=r"frames|begins"):
            batch.run(frames, begins=begins)
        with pytest.raises(ValueError, match=r"frames|begins"):
            batch.send(None, frames, begins=begins)
        assert [core.frame_count for core in batch] == [0, 0]
        batch.run(np.array([3, 0], np.uint8))
        assert [core.frame_count for core in batch] == [3, 0]


def test_a_crash_on_the_way_into_a_game_is_told(build_core: BuildCore) -> None:
    path = build_core("crash")
    crash = {"crash_where": "later", "crash_how": "throw"}
    specs = [CoreSpec(path, options=crash), CoreSpec(path)]
    with CoreBatch(specs, watches={"frames": (0, "<u4")}) as batch:
        batch.run([1, 2], begins=[True, True])
        with pytest.raises(CoreCrashedError, match="core 0 of the batch"):
            batch.run([9, 3], begins=[True, True])
        assert present(batch.frames_run).tolist()[1] == 3
        assert present(batch.watches)[:, 0].tolist() == [0, 5]
