"""States of a CoreBatch in bulk: saved, loaded, fanned out, reset and branched."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from observe import BuildCore, content_of, present

from pylibretro import (
    PORT_INPUT,
    AudioWindow,
    Core,
    CoreBatch,
    CoreCrashedError,
    CoreSpec,
    Joypad,
    LibretroError,
    Observation,
    State,
    StateError,
)

BUTTONS = np.array([Joypad.START, Joypad.LEFT, Joypad.RIGHT, Joypad.UP, Joypad.DOWN], np.uint16)
WATCHES = {"score": (0x20, "<u4"), "moves": (0x0C, "<u4")}
RICH: dict[str, Any] = {
    "observation": Observation((24, 32), gray=True, pool=2, stack=3),
    "audio_window": AudioWindow(1000, rate=22050),
    "watches": WATCHES,
    "reward": ["delta(score)", "frames + initial(moves)"],
    "done": "moves >= 25",
}


def presses(*shape: int, seed: int = 1) -> NDArray[np.uint16]:
    return np.random.default_rng(seed).choice(BUTTONS, shape)


def look(batch: CoreBatch) -> list[NDArray[Any]]:
    return [
        present(batch.observations),
        present(batch.audio_windows),
        present(batch.watches),
        present(batch.rewards),
        present(batch.done),
        batch.frames,
    ]


def play(batch: CoreBatch, steps: int, seed: int) -> list[list[NDArray[Any]]]:
    seen = []
    for masks in presses(steps, 4, len(batch), 1, seed=seed):
        batch.run(4, masks)
        seen.append(look(batch))
    return seen


def assert_equal(one: list[list[NDArray[Any]]], other: list[list[NDArray[Any]]]) -> None:
    for a, b in zip(one, other, strict=True):
        for x, y in zip(a, b, strict=True):
            np.testing.assert_array_equal(x, y)


@pytest.mark.parametrize("form", [list, tuple, lambda s: pickle.loads(pickle.dumps(s))])
def test_a_batch_goes_on_where_it_was_saved(form: Callable[[list[State]], Any]) -> None:
    """All of it: the stack, the sound of the window, and what rules compare with."""
    with CoreBatch("2048", count=3, threads=2, **RICH) as batch:
        play(batch, 7, seed=1)
        states = batch.save_states()
        observations = batch.observations
        original = play(batch, 9, seed=2)
        batch.load_states(form(states))
        np.testing.assert_array_equal(batch.observations, observations)
        assert_equal(play(batch, 9, seed=2), original)
        with CoreBatch("2048", count=3, threads=1, **RICH) as other:
            other.load_states(form(states))
            assert_equal(play(other, 9, seed=2), original)


def test_states_go_where_the_index_says() -> None:
    with CoreBatch("2048", count=5, threads=2, watches=WATCHES) as batch:
        for i, core in enumerate(batch):
            core.run(10 * i)
        states = batch.save_states([4, 2, 3])
        assert [state.frame_count for state in states] == [40, 20, 30]
        batch.load_states(states, [0, 2, -1, 1, 1])
        assert [core.frame_count for core in batch] == [40, 30, 20, 20, 20]
        batch.load_states(states[0], [-1, 0, -1, 0, -1])
        assert [core.frame_count for core in batch] == [40, 40, 20, 40, 20]
        batch.load_states(states[1])
        assert [core.frame_count for core in batch] == [20] * 5
        batch.load_states([], [-1] * 5)
        assert batch.save_states([]) == []
        assert batch.run().tolist() == [1] * 5


def test_bytes_are_states_too() -> None:
    with CoreBatch("2048", count=3, **RICH) as batch:
        play(batch, 5, seed=1)
        state = batch.save_states([1])[0]
        out = np.full((3, state.size + 5), 7, np.uint8)
        assert batch.save_states(out=out) is out
        assert out[1, : state.size].tobytes() == bytes(state) == batch[1].save_state()
        assert not out[:, state.size :].any()
        exact = batch.save_states(out=np.zeros((3, state.size), np.uint8))
        before = [core.memory.system_ram.copy() for core in batch]
        play(batch, 2, seed=3)
        for given in (exact, [row.tobytes() for row in exact], [bytearray(row) for row in exact]):
            batch.load_states(given)
            for core, ram in zip(batch, before, strict=True):
                np.testing.assert_array_equal(core.memory.system_ram, ram)
            batch.run(2)
            assert (
                present(batch.rewards)[:, 1].tolist()
                == (3 + 2 * present(batch.watches)[:, 1]).tolist()
            )


def test_fan_out() -> None:
    with CoreBatch("2048", count=9, threads=3, **RICH) as batch:
        play(batch, 5, seed=1)
        batch.load_states(batch.save_states([6])[0])
        for masks in presses(60, 4, 1, 1, seed=2):
            batch.run(4, np.repeat(masks, 9, axis=1))
            for array in look(batch):
                np.testing.assert_array_equal(array, np.repeat(array[:1], 9, axis=0))


@pytest.mark.parametrize(
    ("states", "index", "error"),
    [
        (lambda s: s[:2], None, ValueError),
        (lambda s: s, [0, 1], ValueError),
        (lambda s: s, [0, 1, 3], IndexError),
        (lambda s: s, [0, 1, -2], IndexError),
        (lambda s: s, [0.0, 1.0, 2.0], TypeError),
        (lambda s: s[0], [0, 0, 1], IndexError),
        (lambda s: bytes(s[0]), None, TypeError),
        (lambda _: "abc", None, TypeError),
        (lambda _: 7, None, TypeError),
        (lambda s: [s[0], 7, s[1]], None, TypeError),
        (lambda s: [s[0], None, s[1]], None, TypeError),
        (lambda s: np.zeros((3, s[0].size), np.int8), None, TypeError),
        (lambda _: np.zeros(3, np.uint8), None, TypeError),
    ],
)
def test_states_that_do_not_fit_load_nothing(
    states: Callable[[list[State]], Any], index: Any, error: type[Exception]
) -> None:
    with CoreBatch("2048", count=3) as batch:
        saved = batch.save_states()
        batch.run(3)
        with pytest.raises(error):
            batch.load_states(states(saved), index)
        assert [core.frame_count for core in batch] == [3, 3, 3]


def test_a_state_that_a_core_refuses_has_its_number() -> None:
    with CoreBatch("2048", count=3) as batch:
        batch.run(5)
        good = [bytes(state) for state in batch.save_states()]
        batch.run(5)
        for bad in (b"", good[1][:-1], bytes(len(good[1]))):
            with pytest.raises(StateError, match="core 1 of the batch") as caught:
                batch.load_states([good[0], bad, good[2]])
            assert caught.value.index == 1  # type: ignore[attr-defined]
            assert set(caught.value.errors) == {1}  # type: ignore[attr-defined]
        assert batch.run().tolist() == [1] * 3


def test_a_foreign_state_has_the_number_of_the_core(build_core: BuildCore) -> None:
    specs = [CoreSpec("2048"), CoreSpec(build_core("plain")), CoreSpec("2048")]
    with CoreBatch(specs) as batch:
        batch.run(3)
        states = batch.save_states()
        batch.run(2)
        batch.load_states(states)
        assert [core.frame_count for core in batch] == [3, 3, 3]
        batch.run(2)
        with pytest.raises(StateError, match="core 1 of the batch") as caught:
            batch.load_states(states[0])
        assert caught.value.index == 1  # type: ignore[attr-defined]
        assert [core.frame_count for core in batch] == [3, 5, 3], "the others have been loaded"
        with pytest.raises(StateError, match="core 1 of the batch") as caught:
            batch.branch(states[0], [[0, 0]])
        assert caught.value.index == 1  # type: ignore[attr-defined]
        batch.reset_states = [states[2], states[1], states[0]]
        batch.reset()
        assert [core.frame_count for core in batch] == [3, 3, 3]


def test_a_core_without_states_has_its_number(build_core: BuildCore) -> None:
    size_zero, refuses = bytes([4]), bytes([2])
    for content, frames in ((size_zero, 3), (refuses, 3)):
        specs = [CoreSpec("2048"), CoreSpec(build_core("states"), content), CoreSpec("2048")]
        with CoreBatch(specs) as batch:
            for _ in range(2):
                with pytest.raises(StateError, match="core 1 of the batch") as caught:
                    batch.save_states()
                assert caught.value.index == 1  # type: ignore[attr-defined]
            assert len(batch.save_states([0, 2])) == 2
            assert batch.run(frames).tolist() == [3, 3, 3]


@pytest.mark.parametrize(
    "out",
    [
        np.zeros((2, 200), np.uint8),
        np.zeros((3, 100), np.uint8),
        np.zeros((3, 200), np.int8),
        np.zeros(600, np.uint8),
        bytearray(601),
    ],
    ids=range(5),
)
def test_room_for_states_that_does_not_fit(out: Any) -> None:
    with CoreBatch("2048", count=3) as batch, pytest.raises((TypeError, ValueError)):
        batch.save_states(out=out)


def test_states_that_grow(build_core: BuildCore) -> None:
    grows = bytes([1])
    with CoreBatch(build_core("states"), grows, count=3) as batch:
        for i, core in enumerate(batch):
            core.run(5 * i)
        states = batch.save_states()
        assert [state.size for state in states] == [16, 21, 26]
        out = batch.save_states(out=np.full((3, 30), 9, np.uint8))
        assert [bytes(state) for state in states] == [
            out[i, : 16 + 5 * i].tobytes() for i in range(3)
        ]
        batch.load_states(states, [-1, 2, 0])
        assert [core.frame_count for core in batch] == [0, 10, 0]
        batch.run()
        batch.load_states(states, [2, 1, 1])
        assert [core.frame_count for core in batch] == [10, 5, 5]


# ---- reset ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("index", "chosen"),
    [
        (None, [0, 1, 2]),
        ([], []),
        ([2, 0], [0, 2]),
        (np.array([1]), [1]),
        (np.array([True, False, True]), [0, 2]),
        ([False, True, True], [1, 2]),
        (np.zeros(3, bool), []),
    ],
)
def test_reset_of_some(index: Any, chosen: list[int]) -> None:
    with CoreBatch("2048", count=3, **RICH) as batch, Core("2048") as fresh:
        play(batch, 5, seed=1)
        batch.reset(index)
        frame_counts = [0 if i in chosen else 20 for i in range(3)]
        assert [core.frame_count for core in batch] == frame_counts
        for i in chosen:
            assert batch[i].memory.system_ram.tobytes() == fresh.memory.system_ram.tobytes()
        batch.run(4)
        since = present(batch.rewards)[:, 1]
        assert [reward == 1 + 2 + 3 + 4 for reward in since] == [i in chosen for i in range(3)]


@pytest.mark.parametrize(
    ("index", "error"),
    [([3], IndexError), ([-1], IndexError), ([0, 0], ValueError), (0, TypeError),
     ([0.0], TypeError), ("all", TypeError)],
)  # fmt: skip
def test_wrong_cores_reset_nothing(index: Any, error: type[Exception]) -> None:
    with CoreBatch("2048", count=3) as batch:
        batch.run(5)
        for call in (batch.reset, batch.save_states):
            with pytest.raises(error):
                call(index)
        with pytest.raises(ValueError, match="bool"):
            batch.reset(np.array([True, False]))
        assert [core.frame_count for core in batch] == [5] * 3


@pytest.mark.parametrize("padding", ["repeat", "zero"])
def test_the_stack_after_a_reset(padding: Any) -> None:
    observation = Observation((24, 32), gray=True, stack=4, padding=padding)
    with (
        CoreBatch("2048", count=2, observation=observation) as batch,
        CoreBatch("2048", count=2, observation=observation) as fresh,
    ):
        for masks in presses(9, 2):
            batch.run(4, masks)
        untouched = present(batch.observations)[0]
        batch.reset([1])
        np.testing.assert_array_equal(present(batch.observations)[0], untouched)
        batch.run(4)
        fresh.run(4)
        np.testing.assert_array_equal(
            present(batch.observations)[1], present(fresh.observations)[1]
        )
        newest = present(batch.observations)[1, 3]
        missing = newest if padding == "repeat" else np.zeros_like(newest)
        np.testing.assert_array_equal(present(batch.observations)[1, :3], np.stack([missing] * 3))
        batch.run(4, [0, Joypad.START])
        np.testing.assert_array_equal(present(batch.observations)[1, 2], newest)


def test_reset_states() -> None:
    with CoreBatch("2048", count=3, **RICH) as batch:
        play(batch, 4, seed=1)
        states = batch.save_states()
        play(batch, 4, seed=2)
        batch.reset_states = states
        assert batch.reset_states == states
        batch.reset()
        assert [core.frame_count for core in batch] == [16] * 3
        last = present(batch.observations)[:, -1:]
        np.testing.assert_array_equal(batch.observations, np.repeat(last, 3, axis=1))
        batch.reset_states = states[0]
        batch.reset([2])
        assert batch[2].memory.system_ram.tobytes() == batch[0].memory.system_ram.tobytes()
        for wrong, error in (
            (states[:2], ValueError),
            ([bytes(states[0])] * 3, TypeError),
            (None, TypeError),
        ):
            with pytest.raises(error):
                batch.reset_states = wrong  # type: ignore[assignment]
        assert batch.reset_states == [states[0]] * 3


# ---- branch --------------------------------------------------------------------------------------


def by_hand(
    state: State, masks: NDArray[np.uint16], frames: int
) -> tuple[list[int], NDArray[np.uint8] | None, list[list[int]], State]:
    """Scores after each step, the last picture and the state at the end of one branch."""
    with Core("2048") as core:
        core.restore(state)
        values = []
        for mask in masks:
            core.run(frames, [mask] * frames)
            values.append([int(core.memory.read(*watch)) for watch in WATCHES.values()])
        return [value[0] for value in values], core.frame, values, core.snapshot()


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize(("branches", "steps", "frames"), [(1, 5, 4), (20, 30, 1), (7, 12, 3)])
def test_branches_equal_single_cores(threads: int, branches: int, steps: int, frames: int) -> None:
    observation = Observation(layout="HWC")
    with CoreBatch(
        "2048",
        count=4,
        threads=threads,
        watches=WATCHES,
        reward="delta(score)",
        done="moves >= 10",
        observation=observation,
    ) as batch:
        starts = []
        for masks in presses(branches, 8, 4, 1):
            batch.run(8, masks)
            starts.append(batch.save_states([0])[0])
        masks = presses(branches, steps, seed=5)
        tried = batch.branch(starts, masks, frames=frames, save=True)
        assert tried.frames_run.tolist() == [[frames] * steps] * branches
        assert tried.states is not None
        for i, start in enumerate(starts):
            scores, picture, values, end = by_hand(start, masks[i], frames)
            assert tried.watches is not None
            assert tried.rewards is not None
            assert tried.done is not None
            assert tried.observations is not None
            assert tried.watches[i].tolist() == values
            assert tried.rewards[i].tolist() == np.diff([score_of(start), *scores]).tolist()
            assert tried.done[i].tolist() == [value[1] >= 10 for value in values]
            np.testing.assert_array_equal(tried.observations[i], picture)
            assert bytes(tried.states[i]) == bytes(end)
            assert tried.states[i].frame_count == start.frame_count + steps * frames
        again = batch.branch(starts, masks[:, :, None], frames=frames)
        np.testing.assert_array_equal(again.watches, tried.watches)
        assert again.states is None
        records = np.zeros((branches, steps, 2), PORT_INPUT)
        records["joypad"][:, :, 0] = masks
        again = batch.branch(starts, records, frames=frames)
        np.testing.assert_array_equal(again.watches, tried.watches)
        batch.load_states(tried.states[-1])
        assert batch.run(2).tolist() == [2] * 4


def score_of(state: State) -> int:
    with Core("2048") as core:
        core.restore(state)
        return int(core.memory.read(*WATCHES["score"]))


def test_a_branch_stops_when_done() -> None:
    with CoreBatch(
        "2048",
        count=2,
        watches=WATCHES,
        reward="1",
        done="frames == 12 or frames == 30",
        stop_when_done=True,
    ) as batch:
        start = batch.save_states([0])[0]
        tried = batch.branch(start, np.zeros((3, 6), np.uint16), frames=5, save=True)
        assert tried.frames_run.tolist() == [[5, 5, 2, 0, 0, 0]] * 3
        assert tried.rewards is not None
        assert tried.done is not None
        assert tried.states is not None
        assert tried.rewards.tolist() == [[5, 5, 2, 0, 0, 0]] * 3
        assert tried.done.tolist() == [[False, False, True, True, True, True]] * 3
        assert [state.frame_count for state in tried.states] == [12] * 3


@pytest.mark.parametrize(
    ("states", "inputs", "error"),
    [
        (lambda s: s, np.zeros((3, 17, 17), np.uint16), ValueError),
        (lambda s: s, np.zeros(3, np.uint16), ValueError),
        (lambda s: s, np.zeros((1, 2, 3, 4), np.uint16), ValueError),
        (lambda s: s, [[0.5]], TypeError),
        (lambda s: s, [[65536]], ValueError),
        (lambda s: [s, s], [[0]], ValueError),
        (lambda s: [bytes(s)], [[0]], (TypeError, ValueError)),
        (lambda _: 7, [[0]], TypeError),
    ],
    ids=range(8),
)
def test_wrong_branches_run_nothing(
    states: Callable[[State], Any], inputs: Any, error: type[Exception]
) -> None:
    with CoreBatch("2048", count=2) as batch:
        batch.run(3)
        start = batch.save_states([0])[0]
        with pytest.raises(error):
            batch.branch(states(start), inputs)
        assert [core.frame_count for core in batch] == [3, 3]


@pytest.mark.parametrize("shape", [(0, 5), (5, 0)])
def test_no_branches_or_no_steps(shape: tuple[int, int]) -> None:
    with CoreBatch("2048", count=2, **RICH) as batch:
        batch.run(3)
        start = batch.save_states([0])[0]
        tried = batch.branch(start, np.zeros(shape, np.uint16), save=True)
        assert tried.frames_run.shape == shape
        assert tried.states is not None
        assert [state.frame_count for state in tried.states] == [3] * shape[0]


def test_a_crash_in_a_branch_has_the_number_of_the_core(build_core: BuildCore) -> None:
    options = {"crash_where": "later", "crash_how": "throw"}
    with CoreBatch(build_core("crash"), count=3, threads=2, options=options) as batch:
        batch.run(1)
        start = batch.save_states([1])[0]
        with pytest.raises(CoreCrashedError, match="thrown in later") as caught:
            batch.branch(start, np.zeros((9, 5), np.uint16))
        crashed = caught.value.index  # type: ignore[attr-defined]
        with pytest.raises(LibretroError):
            batch[crashed].run()
    assert batch.closed


def test_a_branch_ends_where_the_core_shuts_down(build_core: BuildCore) -> None:
    shut_down = content_of(1, 4, 0)
    frames = {"frames": (0, "<u4")}
    with CoreBatch(build_core("batch"), shut_down, count=1, watches=frames) as batch:
        start = batch.save_states([0])[0]
        tried = batch.branch(start, np.zeros((1, 5), np.uint16), frames=3)
        assert tried.frames_run.tolist() == [[3, 1, 0, 0, 0]]
        assert tried.watches is not None
        assert tried.watches.ravel().tolist() == [3, 4, 4, 4, 4]


def test_a_state_has_the_picture_that_its_core_may_repeat(build_core: BuildCore) -> None:
    """A core that has asked whether it may repeat pictures may begin to with the next frame."""
    picture, repeat, may_repeat = 0, 1, 7  # operations of tests/cores/video.c
    frames, size = 200, (320, 240, 640)
    words = [0, may_repeat, 0, 0, 0, 0]
    for frame in range(frames):
        words += [frame, picture, *size, frame]
    words += [frames, repeat, *size, 99]
    video, content = build_core("video"), content_of(*words)
    with CoreBatch(video, content) as batch, Core(video, content) as other:
        for _ in range(frames):
            batch.run()
        state = batch.save_states()[0]
        shown = batch.frames[0]
        other.restore(state)
        other.run()
        np.testing.assert_array_equal(present(other.frame), shown)
