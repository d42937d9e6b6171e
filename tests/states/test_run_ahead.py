"""Running ahead: the picture is that of later frames, the machine stays where it is."""

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
    CoreCrashedError,
    CoreSpec,
    Joypad,
    ProtocolError,
    Rewind,
    RunAhead,
    StateError,
)

PLAIN, REPEATS, GROWS, REFUSES, CRASHES, NEEDS_A_FRAME, TELLS, NO_STATES, FULL = range(9)
REFUSES_LOAD, TURNS, SHUTS_DOWN = range(9, 12)
SAVED, RUNS, SAVES, LOADS, CONTEXT, BITS = 256, 256, 257, 258, 259, 260

KINDS: dict[str, dict[str, Any]] = {
    "one instance": {"instances": 1},
    "two instances": {"instances": 2},
    "preemptive": {"preemptive": True},
}
every_kind = pytest.mark.parametrize("kind", KINDS)


def settings(kind: str, frames: int) -> RunAhead:
    return RunAhead(frames=frames, **KINDS[kind])


def picture(core: Core) -> Any:
    frame = core.frame
    return None if frame is None else (frame.shape, frame.tobytes(), core.rotation)


def machine(core: Core) -> tuple[Any, ...]:
    return words(core)[:SAVED], core.frame_count, core.snapshot(), core.av_info


class Plain:
    """The same core without running ahead, and what it would show so many frames later."""

    def __init__(self, open_core: OpenCore, content: bytes, frames: int) -> None:
        self.core = open_core("time_machine", content)
        self.frames = frames

    def run(self, mask: int) -> tuple[Any, Any, bytes, bytes]:
        """Return what the machine is, what is shown, and the sound of the one and the other."""
        self.core.run(1, [mask])
        now = self.core.snapshot()
        is_now = machine(self.core), picture(self.core)
        sound = self.core.audio.tobytes()
        for _ in range(self.frames):
            self.core.run(1, [mask])
        shown = picture(self.core), self.core.audio.tobytes()
        self.core.restore(now)
        return is_now[0], shown[0], sound, shown[1]


@every_kind
@pytest.mark.parametrize("mode", [PLAIN, REPEATS, GROWS, FULL, TURNS, NEEDS_A_FRAME])
@pytest.mark.parametrize("frames", [1, 2, 4])
def test_the_picture_is_that_of_later_frames(
    open_core: OpenCore, mode: int, frames: int, kind: str
) -> None:
    content = bytes([mode])
    plain = Plain(open_core, content, frames)
    core = open_core("time_machine", content, run_ahead=settings(kind, frames))
    for mask in random_masks(70)[:, 0]:
        is_now, shown, sound, shown_sound = plain.run(mask)
        core.run(1, [mask])
        assert picture(core) == shown
        assert core.audio.tobytes() == (sound if kind == "two instances" else shown_sound)
        assert machine(core) == is_now


@every_kind
def test_one_call_is_as_many(open_core: OpenCore, kind: str) -> None:
    masks = random_masks(60)[:, 0]
    core = open_core("time_machine", bytes([REPEATS]), run_ahead=settings(kind, 2))
    other = open_core("time_machine", bytes([REPEATS]), run_ahead=settings(kind, 2))
    pictures, sounds = [], []
    for mask in masks:
        core.run(1, [mask])
        pictures.append(present(core.frame))
        sounds.append(core.audio)
    captured = other.capture(60, masks, audio=True)
    assert np.array_equal(captured.frames, np.stack(pictures))
    assert np.array_equal(present(captured.audio), np.concatenate(sounds))
    assert machine(core) == machine(other)
    core.run(17)
    other.run(10)
    other.run(7)
    assert machine(core) == machine(other)
    assert picture(core) == picture(other)


def test_with_constant_input_it_is_the_plain_run_some_frames_early(open_core: OpenCore) -> None:
    plain = open_core("time_machine")
    expected = plain.capture(50).frames
    for kind in KINDS:
        core = open_core("time_machine", run_ahead=settings(kind, 3))
        assert np.array_equal(core.capture(47).frames, expected[3:]), kind


def test_preemptive_frames_run_again_only_for_other_input(open_core: OpenCore) -> None:
    core = open_core("time_machine", run_ahead=settings("preemptive", 3))
    core.run(1, [0])
    assert words(core)[RUNS] == 4
    core.run(20)
    assert words(core)[RUNS] == 24
    core.run(1, [Joypad.A])
    assert words(core)[RUNS] == 28
    core.run(1, [Joypad.A])
    assert words(core)[RUNS] == 29
    loads = words(core)[LOADS]
    core.run(20, [Joypad.A] * 20)
    assert words(core)[LOADS] == loads + 2, "to go ahead and to come back"


def test_one_instance_runs_each_frame_once_more(open_core: OpenCore) -> None:
    core = open_core("time_machine", run_ahead=1)
    core.run(10)
    assert words(core)[RUNS] == 20
    assert words(core)[CONTEXT] == 1  # RUNAHEAD_SAME_INSTANCE
    assert words(core)[BITS] == 1 | 2 | 4


def test_the_first_of_two_instances_runs_as_ever(open_core: OpenCore) -> None:
    core = open_core("time_machine", run_ahead=RunAhead(instances=2))
    core.run(1, [0])
    core.run(10)
    assert words(core)[RUNS] == 11
    assert words(core)[LOADS] == 0
    assert words(core)[CONTEXT] == 2  # RUNAHEAD_SAME_BINARY


@every_kind
def test_what_is_written_into_memory_is_not_lost(open_core: OpenCore, kind: str) -> None:
    plain = Plain(open_core, bytes([PLAIN]), 2)
    core = open_core("time_machine", bytes([PLAIN]), run_ahead=settings(kind, 2))
    for number in range(30):
        if number % 5 == 3:
            for written in (plain.core, core):
                written.memory.system_ram.view(np.uint32)[100] = number
        if number % 7 == 2:
            for written in (plain.core, core):
                written.memory.write(4 * 50, number)
        is_now, shown, _, _ = plain.run(0)
        core.run(1, [0])
        assert picture(core) == shown, number
        assert machine(core) == is_now


@every_kind
def test_cheats_states_and_resets_take_part(open_core: OpenCore, kind: str) -> None:
    plain = Plain(open_core, bytes([PLAIN]), 2)
    core = open_core("time_machine", bytes([PLAIN]), run_ahead=settings(kind, 2))
    states: list[Any] = []

    def change(some: Core, number: int) -> None:
        if number == 5:
            some.set_cheat(0, "code")
        elif number == 9:
            states.append(some.snapshot())
        elif number == 12:
            some.reset()
        elif number == 15:
            some.restore(states[-1])
        elif number == 18:
            some.load_state(bytes(states[-1]))
        elif number == 21:
            some.set_controller(0, 5)

    for number in range(30):
        change(plain.core, number)
        change(core, number)
        is_now, shown, _, _ = plain.run(number // 4)
        core.run(1, [number // 4])
        assert picture(core) == shown, number
        assert machine(core) == is_now, number


@every_kind
def test_each_message_is_heard_once(open_core: OpenCore, kind: str) -> None:
    heard: list[Any] = []
    core = open_core(
        "time_machine", bytes([TELLS]), run_ahead=settings(kind, 2), on_message=heard.append
    )
    for mask in random_masks(20)[:, 0]:
        core.run(1, [mask])
    core.run(10)
    assert len(heard) == 30 + (2 if kind == "preemptive" else 0)


@every_kind
def test_a_game_that_ends(open_core: OpenCore, kind: str) -> None:
    core = open_core("time_machine", bytes([SHUTS_DOWN]), run_ahead=settings(kind, 2))
    ran = core.run(100)
    assert core.shut_down
    assert ran == (50 if kind == "two instances" else 48)
    assert core.frame_count == ran


def run_one_by_one(core: Core) -> None:
    for mask in random_masks(60)[:, 0]:
        core.run(1, [mask])


@every_kind
def test_a_core_that_refuses_to_save(open_core: OpenCore, kind: str) -> None:
    core = open_core("time_machine", bytes([REFUSES]), run_ahead=settings(kind, 1))
    with pytest.raises(ProtocolError, match="refused to save the state by which it runs ahead"):
        run_one_by_one(core)
    core.run_ahead = None
    assert core.run(20) == 20


@every_kind
def test_a_core_that_refuses_its_states(open_core: OpenCore, kind: str) -> None:
    core = open_core("time_machine", bytes([REFUSES_LOAD]), run_ahead=settings(kind, 1))
    with pytest.raises(ProtocolError, match="refused the state"):
        core.run()


@every_kind
def test_a_crash_is_a_crash(open_core: OpenCore, kind: str) -> None:
    core = open_core("time_machine", bytes([CRASHES]), run_ahead=settings(kind, 1))
    with pytest.raises(CoreCrashedError):
        run_one_by_one(core)


@every_kind
def test_a_core_without_states_cannot_run_ahead(open_core: OpenCore, kind: str) -> None:
    with pytest.raises(StateError, match="has no states"):
        open_core("time_machine", bytes([NO_STATES]), run_ahead=settings(kind, 1))
    core = open_core("time_machine", bytes([NO_STATES]))
    with pytest.raises(StateError, match="has no states"):
        core.run_ahead = settings(kind, 1)
    assert core.run_ahead is None
    assert core.run(3) == 3


@every_kind
def test_it_may_begin_and_end_at_any_time(open_core: OpenCore, kind: str) -> None:
    plain = Plain(open_core, bytes([REPEATS]), 3)
    core = open_core("time_machine", bytes([REPEATS]))
    masks = random_masks(60)[:, 0]
    for number, mask in enumerate(masks):
        if number in (10, 40):
            core.run_ahead = settings(kind, 3)
        elif number == 25:
            core.run_ahead = None
        is_now, shown, _, _ = plain.run(mask)
        core.run(1, [mask])
        assert machine(core) == is_now
        if core.run_ahead is not None:
            assert picture(core) == shown, number


@every_kind
@pytest.mark.parametrize("mode", [PLAIN, REPEATS])
def test_rewind_and_run_ahead(open_core: OpenCore, kind: str, mode: int) -> None:
    core = open_core(
        "time_machine", bytes([mode]), run_ahead=settings(kind, 2), rewind=Rewind(memory=1 << 20)
    )
    masks = random_masks(50)[:, 0]
    once = []
    for mask in masks:
        core.run(1, [mask])
        once.append((machine(core), picture(core)))
    assert core.step_back(20) == 20
    assert (machine(core), picture(core)) == once[29]
    for number in range(30, 50):
        core.run(1, [masks[number]])
        assert (machine(core), picture(core)) == once[number], number


@every_kind
def test_cores_of_a_batch_run_ahead(build_core: Any, kind: str) -> None:
    path = build_core("time_machine")
    masks = random_masks(40)
    wanted = settings(kind, 2)
    with (
        CoreBatch([CoreSpec(path, run_ahead=wanted), CoreSpec(path)], threads=2) as batch,
        Core(path, run_ahead=wanted) as alone,
    ):
        for mask in masks[:, 0]:
            batch.run(2, [mask, mask])
            alone.run(2, [mask, mask])
            assert np.array_equal(batch.frames[0], present(alone.frame))
            assert batch[0].snapshot() == alone.snapshot() == batch[1].snapshot()


def test_settings() -> None:
    with Core("2048", run_ahead=3) as core:
        assert core.run_ahead == RunAhead(3)
        core.run_ahead = 0
        assert core.run_ahead is None
        core.run_ahead = RunAhead(2, preemptive=True)
        with pytest.raises(ValueError, match="frames is 13"):
            core.run_ahead = 13
        with pytest.raises(TypeError, match="number of frames"):
            core.run_ahead = "far"  # type: ignore[assignment]
        assert core.run_ahead == RunAhead(2, preemptive=True)
    for wrong in ({"frames": 0}, {"instances": 3}, {"instances": 2, "preemptive": True}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            RunAhead(**wrong)  # type: ignore[arg-type]
    with pytest.raises(ClosedError):
        core.run_ahead = 1


def test_the_second_instance_goes_with_the_first(build_core: Any) -> None:
    import gc

    from pylibretro._core import _open_cores  # type: ignore[attr-defined]

    gc.collect()
    before = len(_open_cores)
    core = Core(build_core("time_machine"), run_ahead=RunAhead(instances=2))
    assert len(_open_cores) == before + 2
    core.run_ahead = 1
    assert len(_open_cores) == before + 1
    core.run_ahead = RunAhead(instances=2)
    core.close()
    assert len(_open_cores) == before


def test_options_reach_the_second_instance() -> None:
    with Core("2048") as plain, Core("2048", run_ahead=RunAhead(1, instances=2)) as core:
        key = next(iter(core.options))
        for number in range(60):
            if number == 20:
                value = core.options.definitions[key].values[-1]
                plain.options[key] = core.options[key] = value
            plain.run(1, [Joypad.START if number == 5 else 0])
            core.run(1, [Joypad.START if number == 5 else 0])
            assert core.snapshot() == plain.snapshot()
        plain.run()
        assert np.array_equal(present(core.frame), present(plain.frame))


# ---- real cores ----------------------------------------------------------------------------------

# Cores that save all that a picture needs (see test_snapshots.py).
EXACT = ("fceumm", "gambatte", "genesis_plus_gx", "snes9x", "picodrive")


def ram(core: Core) -> bytes:
    """What a core's memory holds, but for that of PicoDrive: loading a state leaves some of it."""
    return b"" if core.name == "picodrive" else core.memory.system_ram.tobytes()


EXACT_PLAYS = [play for play in PLAYS if play.core_id.partition(":")[2] in EXACT]


@every_kind
@pytest.mark.parametrize("play", EXACT_PLAYS, ids=lambda play: play.id)
def test_a_real_core_runs_ahead(play: Play, tmp_path: Path, kind: str) -> None:
    masks = random_masks(80)
    with play.open(tmp_path) as plain, play.open(tmp_path) as core:
        plain.run(100)
        core.run(100)
        core.run_ahead = settings(kind, 2)
        for mask in masks:
            plain.run(1, mask[None])
            core.run(1, mask[None])
            now = plain.snapshot()
            memory = ram(plain)
            plain.run(2, np.stack([mask, mask]))
            assert np.array_equal(present(plain.frame), present(core.frame))
            plain.restore(now)
            assert ram(core) == memory
            assert core.frame_count == plain.frame_count


@pytest.mark.parametrize("play", EXACT_PLAYS, ids=lambda play: play.id)
def test_two_instances_leave_the_sound_alone(play: Play, tmp_path: Path) -> None:
    masks = random_masks(60)
    with play.open(tmp_path) as plain, play.open(tmp_path) as core:
        core.run_ahead = RunAhead(frames=1, instances=2)
        expected = plain.capture(60, masks, audio=True).audio
        assert np.array_equal(present(core.capture(60, masks, audio=True).audio), present(expected))
