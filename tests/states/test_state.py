"""Save states: exact, refused where the core refuses, and never past the buffer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from observe import OpenCore, notes, present, words

from pylibretro.error import LibretroError, ProtocolError, StateError

(
    PLAIN,
    GROWS,
    REFUSES_SAVE,
    REFUSES_LOAD,
    SIZE_ZERO,
    HUGE_SIZE,
    SHRINKS,
    FILLS,
    NEEDS_A_FRAME,
    WRITES_TOO_MUCH,
    TAKES_LATE,
) = range(11)


def test_a_state_brings_back_the_machine(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(5)
    state = core.save_state()
    assert isinstance(state, bytes)
    assert len(state) == core.state_size
    picture, ram = present(core.frame), core.memory.system_ram.copy()
    core.run(3)
    after = present(core.frame)
    core.load_state(state)
    np.testing.assert_array_equal(core.memory.system_ram, ram)
    assert core.save_state() == state
    core.run(3)
    np.testing.assert_array_equal(core.frame, after)
    assert not np.array_equal(picture, after)


def test_a_state_goes_into_another_core(open_core: OpenCore) -> None:
    first, second = open_core("plain"), open_core("plain")
    first.run(7)
    second.load_state(first.save_state())
    second.run()
    first.run()
    np.testing.assert_array_equal(first.frame, second.frame)


def as_array(state: bytes) -> Any:
    return np.frombuffer(state, np.uint8)


@pytest.mark.parametrize("form", [bytearray, memoryview, as_array])
def test_a_state_may_be_any_bytes(open_core: OpenCore, form: Callable[[bytes], Any]) -> None:
    core = open_core("plain")
    core.run(5)
    state = core.save_state()
    core.run()
    core.load_state(form(state))
    assert core.memory.system_ram[0] == 5


@pytest.mark.parametrize("wrong", ["text", None, 17, [1, 2]])
def test_a_state_must_be_bytes(open_core: OpenCore, wrong: Any) -> None:
    with pytest.raises(TypeError):
        open_core("plain").load_state(wrong)


@pytest.mark.parametrize("change", [-4100, -1, 1, 100])
def test_a_state_of_another_size_is_refused(open_core: OpenCore, change: int) -> None:
    core = open_core("plain")
    core.run(5)
    state = core.save_state()
    wrong = state[:change] if change < 0 else state + bytes(change)
    with pytest.raises(StateError, match=rf"\b{len(wrong)}\b"):
        core.load_state(wrong)
    assert core.save_state() == state
    core.run()
    assert core.memory.system_ram[0] == 6


def test_a_core_may_refuse_to_save(open_core: OpenCore) -> None:
    core = open_core("states", bytes([REFUSES_SAVE]))
    with pytest.raises(StateError, match="refused"):
        core.save_state()
    assert core.run() == 1


def test_a_core_may_refuse_to_load_and_its_words_are_quoted(open_core: OpenCore) -> None:
    core = open_core("states", bytes([REFUSES_LOAD]))
    state = core.save_state()
    with pytest.raises(StateError, match="this state does not fit"):
        core.load_state(state)
    assert core.run() == 1


def test_a_core_without_states(open_core: OpenCore) -> None:
    core = open_core("states", bytes([SIZE_ZERO]))
    assert core.state_size == 0
    with pytest.raises(StateError, match="no states"):
        core.save_state()
    with pytest.raises(StateError):
        core.load_state(b"1234")
    assert words(core)[1] == 0


def test_a_size_that_cannot_be(open_core: OpenCore) -> None:
    core = open_core("states", bytes([HUGE_SIZE]))
    with pytest.raises(LibretroError, match=str(1 << 62)):
        core.save_state()
    with pytest.raises(LibretroError):
        core.load_state(bytes(16))
    assert words(core)[1] == 0, "it was not asked to fill such a state"
    assert core.run() == 1


def test_the_size_is_asked_again_before_each_state(open_core: OpenCore) -> None:
    core = open_core("states", bytes([GROWS]))
    for frame in range(5):
        assert len(core.save_state()) == 16 + frame
        assert words(core)[2] == 16 + frame
        core.run()


def test_states_of_other_frames_fit_a_core_whose_states_grow(open_core: OpenCore) -> None:
    core = open_core("states", bytes([GROWS]))
    core.run(2)
    short = core.save_state()
    core.run(5)
    long = core.save_state()
    core.load_state(short)
    core.run()
    assert words(core)[0] == 3
    core.load_state(long)
    core.run()
    assert words(core)[0] == 8


def test_a_state_made_after_the_first_frame_fits_a_fresh_core(open_core: OpenCore) -> None:
    first = open_core("states", bytes([SHRINKS]))
    assert len(first.save_state()) == 64
    first.run(4)
    state = first.save_state()
    assert len(state) == 16
    fresh = open_core("states", bytes([SHRINKS]))
    fresh.load_state(state)
    fresh.run()
    assert words(fresh)[0] == 5


def test_every_byte_belongs_to_the_core(open_core: OpenCore) -> None:
    core = open_core("states", bytes([FILLS]))
    core.run(3)
    state = core.save_state()
    assert state[4:] == b"\xab" * 12


def test_writing_past_the_state_is_noticed(open_core: OpenCore) -> None:
    core = open_core("states", bytes([WRITES_TOO_MUCH]))
    with pytest.raises(ProtocolError, match="past"):
        core.save_state()


def test_a_core_may_need_a_frame_first(open_core: OpenCore) -> None:
    core = open_core("states", bytes([NEEDS_A_FRAME]))
    with pytest.raises(StateError):
        core.save_state()
    core.run()
    assert len(core.save_state()) == 16


@pytest.mark.environment("GET_SAVESTATE_CONTEXT")
def test_the_savestate_context_is_normal(open_core: OpenCore) -> None:
    core = open_core("states")
    core.save_state()
    assert words(core)[4:6] == [0, 1]


@pytest.mark.environment("GET_AUDIO_VIDEO_ENABLE")
def test_audio_and_video_are_on_while_saving(open_core: OpenCore) -> None:
    core = open_core("av_enable")
    core.run(2)
    core.save_state()
    assert words(core)[:5] == [2, 3, 0, 0, 3]


def test_reset(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(5)
    core.reset()
    assert core.memory.system_ram[0] == 0
    core.run()
    assert core.memory.system_ram[0] == 1
    assert core.frame_count == 6, "frames are counted from loading"


def test_cheats(open_core: OpenCore) -> None:
    core = open_core("cheats")
    core.set_cheat(0, "ABC-DEF")
    core.set_cheat(7, "00FF:12+x\u00e9", enabled=False)
    core.reset_cheats()
    assert notes(core) == ["set 0 1 ABC-DEF", "set 7 0 00FF:12+x\u00e9", "reset"]
    with pytest.raises(ValueError, match="-1"):
        core.set_cheat(-1, "A")
