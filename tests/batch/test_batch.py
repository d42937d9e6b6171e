"""CoreBatch: any batch runs as its cores alone do; what goes in, and the arrays that come out."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np
import pytest
from child import run_child
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from observe import BuildCore, content_of, present, words

from pylibretro import (
    PORT_INPUT,
    AudioWindow,
    Core,
    CoreBatch,
    CoreBusyError,
    CoreSpec,
    Joypad,
    Observation,
)
from pylibretro.batch.processors import available_processors

BUTTONS = np.array(
    [0, Joypad.START, Joypad.LEFT, Joypad.RIGHT, Joypad.UP, Joypad.DOWN, Joypad.A], np.uint16
)
WATCHES = {"score": (0x20, "<u4"), "moves": (0x0C, "<u4"), "random": (0x30, "<u8")}


def presses(frames: int, cores: int, seed: int = 1) -> NDArray[np.uint16]:
    """Buttons for 2048: (frames, cores)."""
    return np.random.default_rng(seed).choice(BUTTONS, (frames, cores))


def seeded(count: int) -> list[CoreSpec]:
    return [
        CoreSpec(
            "2048",
            options={
                "2048_seed": str(1 + i),
                "2048_pixel_format": "RGB565" if i % 2 else "XRGB8888",
            },
        )
        for i in range(count)
    ]


@cache
def played_alone(core: int, cores: int, frames: int, seed: int) -> list[tuple[bytes, bytes, bytes]]:
    return play_alone(seeded(cores)[core], presses(frames, cores, seed)[:, core])


def play_alone(spec: CoreSpec, buttons: NDArray[np.uint16]) -> list[tuple[bytes, bytes, bytes]]:
    """Picture, sound and RAM after each frame."""
    with Core(spec) as core:
        seen = []
        for mask in buttons:
            core.run(1, [mask])
            assert core.frame is not None
            seen.append(
                (
                    core.frame.tobytes(),
                    core.audio.tobytes(),
                    core.memory.system_ram.tobytes(),
                )
            )
        return seen


# ---- the same bytes ------------------------------------------------------------------------------


@pytest.mark.parametrize("threads", [1, 2, 3, 8])
@pytest.mark.parametrize("count", [1, 2, 5, 9])
def test_equals_cores_alone(count: int, threads: int) -> None:
    frames = 40
    specs = seeded(count)
    buttons = presses(frames, count)
    alone = [play_alone(spec, buttons[:, i]) for i, spec in enumerate(specs)]
    done = 0
    with CoreBatch(specs, threads=threads, watches=WATCHES) as batch:
        assert len(batch) == count
        assert batch.threads == min(threads, count)
        for step in (1, 7, 1, 2, 19, 10):
            inputs = buttons[done : done + step, :, None]
            assert batch.run(step, inputs).tolist() == [step] * count
            done += step
            pictures, sounds, values = batch.frames, batch.audio, present(batch.watches)
            for i, seen in enumerate(alone):
                picture, _, ram = seen[done - 1]
                assert pictures[i].tobytes() == picture
                sound = b"".join(each[1] for each in seen[done - step : done])
                assert sounds[i].tobytes() == sound
                assert batch[i].memory.system_ram.tobytes() == ram
                assert values[i].tolist() == [
                    int.from_bytes(ram[0x20:0x24], "little"),
                    int.from_bytes(ram[0x0C:0x10], "little"),
                    int.from_bytes(ram[0x30:0x38], "little", signed=False) - (ram[0x37] >> 7 << 64),
                ]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_any_interleaving_of_calls_gives_the_same_bytes(data: st.DataObject) -> None:
    """run(), send() and recv() in any order, on any number of threads."""
    count = data.draw(st.integers(1, 5))
    threads = data.draw(st.integers(1, 4))
    recv_size = data.draw(st.integers(1, count))
    frames = 30
    specs = seeded(count)
    seed = data.draw(st.integers(0, 3))
    buttons = presses(frames, count, seed)
    alone = [played_alone(i, count, frames, seed) for i in range(count)]
    done = [0] * count
    away: dict[int, int] = {}
    with CoreBatch(specs, threads=threads, recv_size=recv_size, watches=WATCHES) as batch:

        def check(i: int, step: int) -> None:
            assert batch[i].frame_count == done[i]
            if done[i]:
                picture, _, ram = alone[i][done[i] - 1]
                assert batch[i].memory.system_ram.tobytes() == ram
                shown = batch[i].frame
                assert shown is not None
                assert shown.tobytes() == picture
            sound = b"".join(each[1] for each in alone[i][done[i] - step : done[i]])
            assert batch[i].audio.tobytes() == sound

        for _ in range(data.draw(st.integers(1, 12))):
            here = [i for i in range(count) if i not in away]
            actions = ["send"] * bool(here) + ["recv"] * (len(away) >= recv_size)
            action = data.draw(st.sampled_from(actions + ["run"] * (not away)))
            room = frames - max((done[i] for i in here), default=0)
            step = data.draw(st.integers(0, min(room, 6)))
            if action == "run":
                chosen = np.stack([buttons[d : d + step, i] for i, d in enumerate(done)], axis=1)
                batch.run(step, chosen[:, :, None])
                for i in range(count):
                    done[i] += step
                    check(i, step)
            elif action == "send":
                ids = data.draw(st.lists(st.sampled_from(here), unique=True))
                chosen = np.zeros((step, len(ids), 1), np.uint16)
                for column, i in enumerate(ids):
                    chosen[:, column, 0] = buttons[done[i] : done[i] + step, i]
                batch.send(chosen, step, ids=ids)
                chosen[:] = 0xFFFF  # what was sent is no longer the caller's
                away.update(dict.fromkeys(ids, step))
            else:
                result = batch.recv()
                assert len(result.ids) == recv_size
                for row, i in enumerate(result.ids.tolist()):
                    step = away.pop(i)
                    done[i] += step
                    assert result.frames_run[row] == step
                    check(i, step)
                    ram = batch[i].memory.system_ram
                    assert result.watches is not None
                    assert result.watches[row].view(np.uint64).tolist() == [
                        ram[0x20:0x24].view("<u4")[0],
                        ram[0x0C:0x10].view("<u4")[0],
                        ram[0x30:0x38].view("<u8")[0],
                    ]
            assert batch.steps_in_flight == len(away)


def test_sound_and_observations_do_not_depend_on_the_threads() -> None:
    def play(threads: int) -> list[NDArray[Any]]:
        seen: list[NDArray[Any]] = []
        with CoreBatch(
            seeded(5),
            threads=threads,
            observation=Observation((84, 84), gray=True, pool=2, stack=4),
            audio_window=AudioWindow(500, rate=22050),
            watches=WATCHES,
            reward="delta(score)",
            done="moves >= 9",
        ) as batch:
            for step in range(12):
                batch.run(4, presses(4, 5, step)[:, :, None])
                seen += [
                    present(batch.observations),
                    present(batch.audio_windows),
                    present(batch.watches),
                    present(batch.rewards),
                    present(batch.done),
                    batch.frames,
                ]
        return seen

    first = play(1)
    assert any(array.any() for array in first[3::6]), "nobody was rewarded"
    assert any(array.any() for array in first[4::6]), "nobody was done"
    for threads in (2, 3, 5):
        for one, other in zip(first, play(threads), strict=True):
            np.testing.assert_array_equal(one, other)


def test_pictures_of_different_sizes_lie_in_the_corner(build_core: BuildCore) -> None:
    with CoreBatch([CoreSpec("2048"), CoreSpec(build_core("plain"))]) as batch:
        batch.run(3)
        assert batch.frames.shape == (2, 240, 320, 3)
        assert batch.frame_sizes.tolist() == [[240, 320], [24, 32]]
        np.testing.assert_array_equal(batch.frames[0], batch[0].frame)
        np.testing.assert_array_equal(batch.frames[1, :24, :32], batch[1].frame)
        assert not batch.frames[1, 24:].any()
        assert not batch.frames[1, :, 32:].any()


def test_before_the_first_step() -> None:
    with CoreBatch("2048", count=2, observation=Observation((8, 8)), watches=WATCHES) as batch:
        assert batch.frames.shape == (2, 0, 0, 3)
        assert batch.frame_sizes.tolist() == [[0, 0], [0, 0]]
        assert present(batch.observations).shape == (2, 3, 8, 8)
        assert not present(batch.observations).any()
        assert (batch.watches, batch.rewards, batch.done, batch.frames_run) == (None,) * 4
        assert [len(sound) for sound in batch.audio] == [0, 0]
        assert batch.run(0).tolist() == [0, 0]
        assert batch[0].frame_count == 0


def test_a_picture_overwritten_after_it_was_sent(build_core: BuildCore) -> None:
    """Some cores clear their framebuffer in the frame that sent it: whoever looks needs a copy."""
    specs = [CoreSpec(build_core("overwriting"), content_of(0))] * 2
    observation = Observation()
    with (
        CoreBatch(
            specs, observation=observation, done="frames % 90 == 67", stop_when_done=True
        ) as b,
        Core(specs[0].path, specs[0].content) as core,
    ):
        for _ in range(4):
            for ran in set(b.run(90).tolist()):
                for _ in range(ran):
                    core.run()
            assert core.frame is not None
            for i in range(2):
                np.testing.assert_array_equal(b.frames[i], core.frame)
                upright = present(b.observations)[i].transpose(1, 2, 0)
                np.testing.assert_array_equal(upright, core.frame)


def test_pictures_of_a_core_that_begins_to_draw_over_them(build_core: BuildCore) -> None:
    """What it did for 40 frames promises nothing; only its first such repeat takes by surprise."""
    with CoreBatch(build_core("late_redraw"), content_of(0), observation=Observation()) as batch:
        for frame in range(1, 101):
            batch.run(1)
            shown = frame if frame <= 40 or frame % 2 else frame - 1
            assert (present(batch.observations)[0, 0] == shown).all(), frame
            if frame != 42:
                assert (batch.frames[0, :, :, 0] == shown).all(), frame


def test_the_picture_of_a_step_that_ends_early_is_its_last() -> None:
    """The bundled game may skip drawing, but not in a batch in which any frame may be the last."""
    moves = [0, Joypad.START, 0, 0, Joypad.LEFT, 0, Joypad.DOWN, 0, Joypad.RIGHT, 0, Joypad.UP, 0]
    seen = set()
    with (
        CoreBatch("2048", done="frames % 5 == 2", stop_when_done=True) as batch,
        Core("2048") as core,
    ):
        for move in moves:
            core.set_buttons(move)
            core.run(int(batch.run(5, [int(move)])[0]))
            assert core.frame is not None
            np.testing.assert_array_equal(batch.frames[0], core.frame)
            seen.add(core.frame.tobytes())
    assert len(seen) > len(moves) // 2


@pytest.mark.parametrize("sent", [False, True])
def test_a_fault_that_a_core_lives_on(build_core: BuildCore, sent: bool) -> None:
    """A thread that blocked it would hold the fault back, or end the process."""
    run_child(
        """
        faults, plain, sent = sys.argv[1:]
        specs = [CoreSpec(plain), CoreSpec(faults)]
        with CoreBatch(specs, threads=2) as batch:
            for _ in range(50):
                if sent == "True":
                    batch.send(frames=2)
                    batch.recv()
                else:
                    batch.run(2)
            assert batch[1].memory.system_ram.view(np.uint32)[:2].tolist() == [100, 100]
        """.replace("\n        ", "\n"),
        build_core("faults"),
        build_core("plain"),
        sent,
    )


# ---- threads -------------------------------------------------------------------------------------


def test_threads_are_those_that_may_run() -> None:
    with CoreBatch("2048", count=3) as batch:
        assert batch.threads == min(3, available_processors())
    with CoreBatch("2048", count=2, threads=64) as batch:
        assert batch.threads == 2
        assert batch.run().tolist() == [1, 1]


@pytest.mark.parametrize("name", ["count", "threads", "recv_size"])
@pytest.mark.parametrize(("wrong", "error"), [(0, ValueError), (-1, ValueError), ("2", TypeError)])
def test_numbers_that_make_no_batch(name: str, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        CoreBatch("2048", **{name: wrong})


# ---- input ---------------------------------------------------------------------------------------


@pytest.fixture
def batch() -> Iterator[CoreBatch]:
    with CoreBatch("2048", count=3, threads=2) as opened:
        yield opened


def buttons_held(batch: CoreBatch) -> list[int]:
    return [int(core.memory.read(0x0A, "<u2")) for core in batch]


def test_inputs_held_through_all_frames(batch: CoreBatch) -> None:
    for inputs in (
        [1, 2, 3],
        np.array([1, 2, 3], np.int64),
        [[1], [2], [3]],
        [[1, 9], [2, 9], [3, 9]],
    ):
        batch.run(3, np.asarray(inputs))
        assert buttons_held(batch) == [1, 2, 3]
        batch.run(1)
        assert buttons_held(batch) == [0, 0, 0], "live input is back"


def test_inputs_of_each_frame(batch: CoreBatch) -> None:
    masks = np.arange(4 * 3 * 2, dtype=np.uint16).reshape(4, 3, 2)
    for frames in range(5):
        batch.run(frames, masks[:frames])
        assert buttons_held(batch) == (masks[frames - 1, :, 0].tolist() if frames else [0, 0, 0])


def test_inputs_are_read_where_they_lie(batch: CoreBatch) -> None:
    masks = np.arange(4 * 6 * 4, dtype=np.uint16).reshape(4, 6, 4)
    for view in (masks[:, ::2, :2], masks[::-1, :3, ::-1], masks.swapaxes(0, 1)[:4, :3]):
        batch.run(len(view), view)
        assert buttons_held(batch) == view[-1, :, 0].tolist()
        batch.run(2, view[0])
        assert buttons_held(batch) == view[0, :, 0].tolist()
    big_endian = masks[0, :3, 0].astype(">u2")
    batch.run(1, big_endian)
    assert buttons_held(batch) == big_endian.tolist()


@pytest.mark.parametrize("frames", [0, 3])
def test_inputs_as_records(build_core: BuildCore, frames: int) -> None:
    """Every device of every port, for each core, as Core.run takes them."""
    random = np.random.default_rng(frames)
    path = build_core("input")
    shape = (frames, 3, 16) if frames else (3, 16)
    records = np.zeros(shape, PORT_INPUT)
    view = records.view(np.uint8)
    view[...] = random.integers(0, 2, view.shape)
    with CoreBatch(path, bytes([1, 2]), count=3) as batch:
        batch.run(max(frames, 1), records)
        for i, core in enumerate(batch):
            with Core(path, bytes([1, 2])) as alone:
                given = records[:, i] if frames else records[None, i]
                alone.run(len(given), given)
                assert words(core) == words(alone)
                assert any(words(core))


WRONG_INPUTS: list[tuple[Any, type[Exception]]] = [
    ([1, 2], ValueError),
    ([1, 2, 3, 4], ValueError),
    (7, ValueError),
    (np.zeros((2, 3), np.uint16), ValueError),
    (np.zeros((2, 3, 1), np.uint16), ValueError),
    (np.zeros((4, 2, 1), np.uint16), ValueError),
    (np.zeros((4, 3, 1, 1), np.uint16), ValueError),
    (np.zeros((3, 17), np.uint16), ValueError),
    ([0, 0, 65536], ValueError),
    ([0, 0, -1], ValueError),
    ([0.0, 1.0, 2.0], TypeError),
    (["a", "b", "c"], TypeError),
    ([None] * 3, TypeError),
    (np.zeros(3, [("joypad", np.uint16)]), TypeError),
    ([True, False, True], TypeError),
]


@pytest.mark.parametrize(("wrong", "error"), WRONG_INPUTS, ids=range(len(WRONG_INPUTS)))
def test_wrong_inputs_run_nothing(batch: CoreBatch, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        batch.run(4, wrong)
    with pytest.raises(error):
        batch.run_until("frames > 2", 4, wrong)
    with pytest.raises(error):
        batch.send(wrong, 4)
    assert batch.steps_in_flight == 0
    assert [core.frame_count for core in batch] == [0, 0, 0]
    assert batch.run(4, [1, 2, 3]).tolist() == [4, 4, 4]


@pytest.mark.parametrize(("wrong", "error"), [(-1, ValueError), (1.5, TypeError), ("4", TypeError)])
def test_wrong_numbers_of_frames_run_nothing(
    batch: CoreBatch, wrong: Any, error: type[Exception]
) -> None:
    for call in (batch.run, lambda n: batch.run_until("frames", n), lambda n: batch.send(frames=n)):
        with pytest.raises(error):
            call(wrong)
    assert [core.frame_count for core in batch] == [0, 0, 0]


# ---- arrays --------------------------------------------------------------------------------------


def address(array: NDArray[Any]) -> int:
    return int(array.__array_interface__["data"][0])


ARRAYS = (
    "observations",
    "watches",
    "rewards",
    "done",
    "frames_run",
    "audio_windows",
    "watch_deltas",
)


@pytest.fixture
def rich() -> Iterator[CoreBatch]:
    with CoreBatch(
        seeded(3),
        threads=2,
        observation=Observation((24, 32)),
        audio_window=AudioWindow(400),
        watches=WATCHES,
        watch_deltas=True,
        reward=["delta(score)", "1"],
        done="frames >= 20",
    ) as opened:
        yield opened


def test_arrays_that_are_held_stay_as_they_are(rich: CoreBatch) -> None:
    held: list[tuple[NDArray[Any], NDArray[Any]]] = []
    for step in range(10):
        rich.run(4, presses(4, 3, step)[:, :, None])
        arrays = [getattr(rich, name) for name in ARRAYS] + [rich.frames, *rich.audio]
        held += [(array, array.copy()) for array in arrays]
        rich.send(presses(4, 3, step)[0])
        result = rich.recv()
        held += [
            (array, array.copy())
            for array in (result.observations, result.watches, result.rewards, result.ids)
            if array is not None
        ]
        rich.load_states(rich.save_states())
        held.append((present(rich.observations), present(rich.observations).copy()))
    assert len({address(array) for array, _ in held if array.size}) == len(held)
    for array, copy in held:
        np.testing.assert_array_equal(array, copy)


def test_a_view_holds_its_array(rich: CoreBatch) -> None:
    rich.run(4)
    view = present(rich.observations)[1, :, 3:]
    copy = view.copy()
    for step in range(40):
        rich.run(1, presses(1, 3, step)[0])
    np.testing.assert_array_equal(view, copy)


def test_arrays_outlive_the_batch() -> None:
    with CoreBatch("2048", count=2, observation=Observation()) as batch:
        batch.run(2)
        observations, frames = present(batch.observations), batch.frames
    del batch
    gc.collect()
    np.testing.assert_array_equal(observations.transpose(0, 2, 3, 1), frames)


@pytest.mark.parametrize("name", ["observations", "frames", "watches"])
def test_memory_of_arrays_that_were_let_go_serves_again(rich: CoreBatch, name: str) -> None:
    seen = set()
    for _ in range(50):
        rich.run()
        seen.add(address(getattr(rich, name)))
    assert len(seen) <= 3


def test_out(rich: CoreBatch) -> None:
    out = np.full((3, 3, 24, 32), 7, np.uint8)
    rich.run(2, out=out)
    assert rich.observations is out
    kept = out.copy()
    rich.run(2, presses(1, 3)[0])
    assert rich.observations is not out
    np.testing.assert_array_equal(out, kept)
    with CoreBatch(seeded(3), observation=Observation((24, 32))) as other:
        other.run(2)
        np.testing.assert_array_equal(other.observations, kept)


WRONG_OUTS: list[tuple[Any, type[Exception]]] = [
    (np.zeros((3, 3, 24, 32), np.int8), TypeError),
    (np.zeros((3, 3, 24, 32), np.float32), TypeError),
    ([[0]], TypeError),
    (bytearray(3 * 3 * 24 * 32 - 1), ValueError),
    (np.zeros((2, 3, 24, 32), np.uint8), ValueError),
    (np.zeros((3, 24, 32, 3), np.uint8), ValueError),
    (np.zeros((3, 3, 24, 64), np.uint8)[..., ::2], ValueError),
    (np.frombuffer(bytes(3 * 3 * 24 * 32), np.uint8).reshape(3, 3, 24, 32), ValueError),
]


@pytest.mark.parametrize(("wrong", "error"), WRONG_OUTS, ids=range(len(WRONG_OUTS)))
def test_wrong_outs_run_nothing(rich: CoreBatch, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        rich.run(2, out=wrong)
    assert [core.frame_count for core in rich] == [0, 0, 0]
    assert rich.run(2).tolist() == [2, 2, 2]


def test_out_needs_an_observation(batch: CoreBatch) -> None:
    with pytest.raises(ValueError, match="observation="):
        batch.run(1, out=np.zeros((3, 3, 8, 8), np.uint8))
    assert batch.run().tolist() == [1, 1, 1]


def test_a_batch_is_a_sequence_of_its_cores(batch: CoreBatch) -> None:
    assert [core.name for core in batch] == ["2048"] * 3
    assert batch[-1] is batch[2]
    assert batch[:2] == tuple(batch)[:2]
    with pytest.raises(IndexError):
        batch[3]
    batch.run(3)
    batch[1].run(5)
    batch[1].set_buttons(Joypad.START)
    batch.run(2)
    assert [core.frame_count for core in batch] == [5, 10, 5]
    assert buttons_held(batch) == [0, Joypad.START, 0]


def test_recv_takes_what_is_left() -> None:
    with CoreBatch("2048", count=5, recv_size=4) as batch:
        batch.send()
        first = batch.recv()
        with pytest.raises(CoreBusyError, match="1 steps are under way"):
            batch.recv()
        last = batch.recv(1)
        assert sorted([*first.ids, *last.ids]) == [0, 1, 2, 3, 4]
        assert batch.steps_in_flight == 0
        with pytest.raises(ValueError, match="count is 0"):
            batch.recv(0)
