"""Going back in time: what was there is there again, and goes on as it did."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import OpenCore, present, words
from oracle import random_masks
from real import PLAYS, Play

from pylibretro import (
    ClosedError,
    Core,
    CoreBatch,
    CoreBusyError,
    CoreCrashedError,
    CoreSpec,
    Joypad,
    LibretroError,
    Rewind,
    StateError,
)

PLAIN, REPEATS, GROWS, REFUSES, CRASHES, NEEDS_A_FRAME, TELLS, NO_STATES, FULL = range(9)
REFUSES_LOAD, TURNS, SHUTS_DOWN = range(9, 12)
SAVED, RUNS, CONTEXT, BITS = 256, 256, 259, 260


def seen(core: Core) -> tuple[Any, ...]:
    """All that a machine shows after a frame."""
    frame = core.frame
    return (
        None if frame is None else (frame.shape, frame.tobytes()),
        core.audio.tobytes(),
        words(core)[:SAVED],
        core.frame_count,
        core.rotation,
        core.snapshot(),
    )


def play(core: Core, masks: Any) -> list[tuple[Any, ...]]:
    frames = []
    for mask in masks:
        core.run(1, [mask])
        frames.append(seen(core))
    return frames


@pytest.mark.parametrize("mode", [PLAIN, REPEATS, GROWS, FULL, TURNS, NEEDS_A_FRAME])
@pytest.mark.parametrize("frames", [1, 2, 3, 40, 99])
def test_a_moment_comes_back_and_goes_on(open_core: OpenCore, mode: int, frames: int) -> None:
    core = open_core("time_machine", bytes([mode]), rewind=Rewind(memory=4 << 20))
    masks = random_masks(100)
    once = play(core, masks)
    assert core.rewind_frames == 100 - (mode == NEEDS_A_FRAME)
    if mode == NEEDS_A_FRAME and frames == 99:
        assert core.step_back(frames) == frames
        assert core.frame_count == 1
        return
    assert core.step_back(frames) == frames
    assert seen(core) == once[99 - frames]
    assert core.rewind_frames == 100 - frames - (mode == NEEDS_A_FRAME)
    assert play(core, masks[100 - frames :]) == once[100 - frames :]


def test_going_back_step_by_step_and_forth(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([REPEATS]), rewind=Rewind())
    masks = random_masks(60)
    once = play(core, masks)
    for frame in range(58, 20, -1):
        assert core.step_back() == 1
        assert seen(core) == once[frame]
    assert play(core, masks[22:40]) == once[22:40]
    for frame in range(38, 10, -1):
        assert core.step_back() == 1
        assert seen(core) == once[frame]


def test_the_beginning_is_a_moment_too(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([REPEATS]))
    masks = random_masks(50)
    core.run(7, masks[:7])
    before = core.snapshot(), present(core.frame).tobytes(), words(core)[:SAVED]
    core.rewind = Rewind()
    once = play(core, masks[7:])
    assert core.rewind_frames == 43
    assert core.step_back(1000) == 43
    assert (core.snapshot(), present(core.frame).tobytes(), words(core)[:SAVED]) == before
    assert core.audio.shape == (0, 2)
    assert core.rewind_frames == 0
    assert core.step_back() == 0
    assert play(core, masks[7:]) == once
    assert core.step_back(20) == 20
    assert seen(core) == once[22]


def test_before_the_first_frame_there_is_no_picture(open_core: OpenCore) -> None:
    core = open_core("time_machine", rewind=Rewind())
    core.run(5)
    assert core.step_back(5) == 5
    assert core.frame is None
    assert core.frame_count == 0


def test_what_was_written_into_memory_comes_back(open_core: OpenCore) -> None:
    core = open_core("time_machine", rewind=Rewind())
    core.run(10)
    ram = core.memory.system_ram.view(np.uint32)
    ram[50] = 1234
    once = play(core, random_masks(20))
    assert core.step_back(20) == 20
    assert ram[50] == 1234, "as when it went on"
    ram[50] = 99
    core.step_back(1)
    assert ram[50] == 0, "before that was written"
    core.run(1)
    ram[50] = 1234
    assert play(core, random_masks(20)) == once


def test_a_cheat_of_the_past_stays_in_the_past(open_core: OpenCore) -> None:
    core = open_core("time_machine", rewind=Rewind())
    core.run(10)
    core.set_cheat(0, "anything")
    core.run(10)
    assert core.step_back(12) == 12
    assert words(core)[100] == 0


def test_only_so_much_is_remembered(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([FULL]), rewind=Rewind(memory=1 << 16))
    masks = random_masks(500)
    once = play(core, masks)
    available = core.rewind_frames
    assert 30 < available < 100
    assert core.rewind_bytes <= 1 << 16
    assert core.step_back(500) == available
    assert seen(core) == once[499 - available]
    assert core.rewind_frames == 0
    assert core.step_back() == 0
    assert play(core, masks[500 - available :]) == once[500 - available :]
    assert core.step_back(available) == available


def test_a_moment_larger_than_the_memory_begins_a_new_past(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([GROWS]), rewind=Rewind(memory=1 << 16))
    ram = core.memory.system_ram.view(np.uint32)
    core.run(10)
    ram[0] = 40_000  # frames: a state of 160 KB, which the next one does not have
    core.run(3)
    assert core.rewind_frames == 13
    ram[0] = 5
    core.run(10)
    assert core.rewind_frames == 9
    before = core.snapshot()
    core.run(5)
    assert core.step_back(5) == 5
    assert core.snapshot() == before


@pytest.mark.parametrize("granularity", [2, 7])
def test_moments_may_lie_apart(open_core: OpenCore, granularity: int) -> None:
    core = open_core("time_machine", rewind=Rewind(granularity=granularity))
    masks = random_masks(50)
    once = play(core, masks)
    gone = core.step_back(10)
    assert 10 <= gone < 10 + granularity
    assert (50 - gone - 1) % granularity == 0
    assert seen(core) == once[49 - gone]
    assert play(core, masks[50 - gone :]) == once[50 - gone :]


def test_records_of_input_and_captures(open_core: OpenCore) -> None:
    core = open_core("time_machine", rewind=Rewind())
    records = core.inputs[:2].copy()
    inputs = np.repeat(records[None], 40, axis=0)
    inputs["analog"][:, 1, 0, 0] = np.arange(40) * 100
    first = core.capture(40, inputs, audio=True).frames
    assert core.step_back(15) == 15
    assert np.array_equal(present(core.frame), first[24])
    assert np.array_equal(core.capture(15, inputs[25:]).frames, first[25:])


def test_keys_held_are_held_again(open_core: OpenCore) -> None:
    core = open_core("keyboard", rewind=Rewind())
    core.inputs["keyboard"][0, ord("a")] = True
    core.run(5)
    core.inputs["keyboard"][0, ord("a")] = False
    core.run(5)
    before = core.snapshot()
    core.step_back(7)
    core.run(2)
    core.inputs["keyboard"][0, ord("a")] = False
    core.run(5)
    assert core.snapshot() == before


@pytest.mark.parametrize("change", ["reset", "load_state", "restore", "rewind"])
def test_another_machine_has_another_past(open_core: OpenCore, change: str) -> None:
    core = open_core("time_machine", rewind=Rewind())
    core.run(10)
    state = core.snapshot()
    core.run(10)
    if change == "reset":
        core.reset()
    elif change == "load_state":
        core.load_state(bytes(state))
    elif change == "restore":
        core.restore(state)
    else:
        core.rewind = Rewind()
    assert core.rewind_frames == 0
    assert core.step_back() == 0
    core.run(3)
    assert core.rewind_frames == 3


def test_the_core_is_told_that_only_this_instance_loads_the_state(open_core: OpenCore) -> None:
    core = open_core("time_machine", rewind=Rewind())
    core.run(2)
    assert words(core)[CONTEXT] == 1  # RUNAHEAD_SAME_INSTANCE
    assert words(core)[BITS] == 1 | 2 | 4  # and fast save states, in the older way
    core.snapshot()
    assert words(core)[CONTEXT] == 0
    assert words(core)[BITS] == 1 | 2
    core.step_back()
    assert words(core)[CONTEXT] == 1


def test_what_cannot_be_saved_is_left_out(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([REFUSES]), rewind=Rewind())
    core.run(55)
    assert core.rewind_frames == 0
    core.run(15)
    assert core.rewind_frames == 10
    assert core.step_back(20) == 10
    assert core.frame_count == 60


def test_a_crash_in_saving_is_a_crash(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([CRASHES]), rewind=Rewind())
    with pytest.raises(CoreCrashedError):
        core.run(60)
    assert core.frame_count == 50
    with pytest.raises(CoreCrashedError):
        core.step_back()


def test_a_state_that_the_core_refuses(open_core: OpenCore) -> None:
    core = open_core("time_machine", bytes([REFUSES_LOAD]), rewind=Rewind())
    core.run(5)
    with pytest.raises(StateError, match="refused a state of its own past"):
        core.step_back()


def test_a_core_without_states_has_no_past(open_core: OpenCore) -> None:
    with pytest.raises(StateError, match="has no states"):
        open_core("time_machine", bytes([NO_STATES]), rewind=Rewind())
    core = open_core("time_machine", bytes([NO_STATES]))
    with pytest.raises(StateError, match="has no states"):
        core.rewind = Rewind()
    assert core.rewind is None
    assert core.run(3) == 3


def test_without_rewind_there_is_no_way_back(open_core: OpenCore) -> None:
    core = open_core("time_machine")
    core.run(3)
    assert core.rewind is None
    assert core.rewind_frames == core.rewind_bytes == 0
    with pytest.raises(LibretroError, match="remembers no past"):
        core.step_back()
    core.rewind = Rewind(granularity=2)
    assert core.rewind == Rewind(granularity=2)
    core.run(5)
    core.rewind = None
    assert core.rewind_frames == 0


def test_wrong_settings() -> None:
    for wrong in ({"memory": 1}, {"memory": 1 << 50}, {"granularity": 0}, {"granularity": -1}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            Rewind(**wrong)
    with pytest.raises(TypeError):
        Rewind(memory="much")  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="a Rewind is needed"):
        Core("2048", rewind=5)  # type: ignore[arg-type]
    with Core("2048") as core:
        with pytest.raises(TypeError, match="a Rewind is needed"):
            core.rewind = 256  # type: ignore[assignment]
        core.rewind = Rewind()
        with pytest.raises(ValueError, match="counts frames"):
            core.step_back(-1)
        assert core.step_back(0) == 0
    for use in ("rewind", "rewind_frames", "rewind_bytes"):
        with pytest.raises(ClosedError):
            getattr(core, use)
    with pytest.raises(ClosedError):
        core.step_back()


def test_a_core_that_gets_its_content_later(build_core: Any) -> None:
    with Core(build_core("late_game"), rewind=Rewind()) as core:
        assert core.rewind == Rewind()
        assert core.rewind_frames == 0
        core.load_game(b"game", content_name="game.bin")
        core.run(5)
        assert core.step_back(3) == 3
        assert core.frame_count == 2


def test_not_from_inside_a_hook(open_core: OpenCore) -> None:
    errors: list[BaseException] = []

    def go_back(_: object) -> None:
        try:
            core.step_back()
        except CoreBusyError as error:
            errors.append(error)

    core = open_core("time_machine", bytes([TELLS]), rewind=Rewind(), on_message=go_back)
    core.run()
    assert errors


def test_each_core_of_a_batch_has_its_past(build_core: Any) -> None:
    path = build_core("time_machine")
    masks = random_masks(60)[:, :1]
    with CoreBatch([CoreSpec(path, rewind=Rewind()), CoreSpec(path)], threads=2) as batch:
        for mask in masks:
            batch.run(1, [mask[0], mask[0]])
        assert batch[0].rewind_frames == 60
        assert batch[0].step_back(20) == 20
        with Core(path) as alone:
            alone.run(40, masks[:40, 0])
            assert np.array_equal(present(alone.frame), present(batch[0].frame))
            assert alone.snapshot() == batch[0].snapshot()
        states = batch.save_states()
        batch.load_states(states)
        assert batch[0].rewind_frames == 0


# ---- real cores ----------------------------------------------------------------------------------

# What a core leaves out of its states (see test_snapshots.py) is not as it was after going back.
EXACT = ("fceumm", "gambatte", "genesis_plus_gx", "mednafen_vb", "picodrive", "snes9x")


@pytest.mark.parametrize(
    "play_", [play for play in PLAYS if play.core.stem.removesuffix("_libretro") in EXACT],
    ids=lambda play: play.id,
)  # fmt: skip
def test_a_real_core_goes_back_and_on(play_: Play, tmp_path: Path) -> None:
    masks = random_masks(150)
    name = play_.core_id.partition(":")[2]

    def show(core: Core) -> tuple[Any, ...]:
        frame = core.frame
        assert frame is not None
        memory = core.memory.system_ram.tobytes() if name != "picodrive" else b""
        return frame.tobytes(), memory

    with play_.open(tmp_path) as core:
        core.run(100)
        core.rewind = Rewind()
        once = []
        for mask in masks:
            core.run(1, mask[None])
            once.append(show(core))
        assert len({picture for picture, _ in once}) > 1
        assert core.step_back(60) == 60
        assert show(core) == once[89]
        for number in range(90, 150):
            core.run(1, masks[number][None])
            assert show(core) == once[number]
        assert core.step_back(1000) == 150
        core.run(1, masks[0][None])
        assert show(core) == once[0]


def test_the_bundled_game_goes_back() -> None:
    with Core("2048", rewind=Rewind()) as core:
        core.run(60)
        core.run(4, [Joypad.START] * 4)
        played = []
        for button in (Joypad.LEFT, Joypad.UP, Joypad.RIGHT, Joypad.DOWN) * 5:
            core.run(10, [button] * 5 + [0] * 5)
            played.append((core.snapshot(), present(core.frame).tobytes()))
        for state, picture in played[-2::-1]:
            assert core.step_back(10) == 10
            assert core.snapshot() == state
            assert present(core.frame).tobytes() == picture
