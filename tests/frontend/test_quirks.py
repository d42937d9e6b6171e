"""What a core says of its states by quirks, and what follows from it."""

from __future__ import annotations

import pickle
from collections.abc import Callable

import pytest
from observe import BuildCore, OpenCore, content_of, words

from pylibretro import Core, CoreBatch, SerializationQuirk, StateError
from pylibretro.states import machine

NONE = SerializationQuirk(0)
KNOWN = SerializationQuirk(0x7F)
FRONT = SerializationQuirk.FRONT_VARIABLE_SIZE


def quirky(open_core: OpenCore, quirks: int) -> Core:
    return open_core("quirks", content_of(quirks & 0xFFFFFFFF, quirks >> 32))


@pytest.mark.environment(
    "SET_SERIALIZATION_QUIRKS",
    "`core.serialization_quirks`; states may change size, and what is not known is cleared",
)
@pytest.mark.parametrize("quirks", [0, 1, 0x40, 0x7F, 0xFF, 1 << 40, (1 << 64) - 1])
def test_the_core_is_told_which_quirks_are_known(open_core: OpenCore, quirks: int) -> None:
    core = quirky(open_core, quirks)
    assert words(core)[1:4] == [quirks & KNOWN | FRONT, 0, 1]
    assert core.serialization_quirks == quirks & KNOWN & ~FRONT
    assert isinstance(core.serialization_quirks, SerializationQuirk)


def test_a_core_that_says_nothing(open_core: OpenCore) -> None:
    assert open_core("plain").serialization_quirks == NONE


# ---- a frame first


def test_no_states_before_the_first_frame(open_core: OpenCore) -> None:
    """The core would abort: it is not asked."""
    core = quirky(open_core, SerializationQuirk.MUST_INITIALIZE)
    for use in (core.save_state, core.snapshot, lambda: core.state_size):
        with pytest.raises(StateError, match=r"before its first frame.*run\(\)"):
            use()
    core.run()
    assert core.state_size == len(core.save_state()) == core.snapshot().size


def test_a_state_is_loaded_after_a_frame_that_nobody_sees(open_core: OpenCore) -> None:
    core = quirky(open_core, SerializationQuirk.MUST_INITIALIZE)
    core.run(5)
    state, data = core.snapshot(), core.save_state()
    core.run(3)
    expected = core.snapshot()
    loads: list[Callable[[Core], None]] = [
        lambda new: new.restore(state),
        lambda new: new.load_state(data),
    ]
    for load in loads:
        new = quirky(open_core, SerializationQuirk.MUST_INITIALIZE)
        load(new)
        assert words(new)[0] == 5
        assert len(new.audio) == 0
        new.run(3)
        assert bytes(new.snapshot()) == bytes(expected)


def test_a_batch_before_its_first_frame(build_core: BuildCore) -> None:
    content = content_of(SerializationQuirk.MUST_INITIALIZE, 0)
    with CoreBatch(build_core("quirks"), content, count=2) as batch:
        with pytest.raises(StateError, match="before its first frame"):
            batch.save_states()
        batch[0].run(4)
        batch.load_states(batch[0].snapshot())
        assert [words(core)[0] for core in batch] == [4, 4]
        assert batch.run(2).tolist() == [2, 2]
        assert [words(core)[0] for core in batch] == [6, 6]


# ---- where a state may be loaded


def test_a_state_of_a_single_session(open_core: OpenCore) -> None:
    core = quirky(open_core, SerializationQuirk.SINGLE_SESSION)
    core.run(2)
    state = core.snapshot()
    core.run(2)
    core.restore(state)
    core.restore(state.compressed(core.snapshot()))
    assert core.frame_count == 2
    other = quirky(open_core, SerializationQuirk.SINGLE_SESSION)
    for elsewhere, made in ((other, state), (core, pickle.loads(pickle.dumps(state)))):
        with pytest.raises(StateError, match="only in the Core that made them"):
            elsewhere.restore(made)
    other.load_state(bytes(state))


@pytest.mark.parametrize(
    ("quirk", "elsewhere", "message"),
    [
        (SerializationQuirk.ENDIAN_DEPENDENT, ("here", "middle"), "byte order .*made on middle"),
        (SerializationQuirk.PLATFORM_DEPENDENT, ("mars", "here"), "platform .*made on mars"),
    ],
)
def test_states_of_other_machines(
    open_core: OpenCore,
    monkeypatch: pytest.MonkeyPatch,
    quirk: SerializationQuirk,
    elsewhere: tuple[str, str],
    message: str,
) -> None:
    here = machine.this_platform()
    platform = tuple(
        mine if place == "here" else place for mine, place in zip(here, elsewhere, strict=True)
    )
    with monkeypatch.context() as patch:
        patch.setattr(machine, "this_platform", lambda: platform)
        there = quirky(open_core, quirk), quirky(open_core, 0)
    flagged, plain = (pickle.loads(pickle.dumps(core.snapshot())) for core in there)
    core = quirky(open_core, quirk)
    core.restore(pickle.loads(pickle.dumps(core.snapshot())))
    with pytest.raises(StateError, match=message):
        core.restore(flagged)
    quirky(open_core, 0).restore(plain)


def test_states_of_any_size(open_core: OpenCore) -> None:
    core = quirky(open_core, SerializationQuirk.CORE_VARIABLE_SIZE)
    states = []
    for _ in range(5):
        states.append((core.snapshot(), core.save_state(), words(core)[0]))
        core.run(7)
    assert len({state.size for state, _, _ in states}) == 5
    for state, data, frame in reversed(states):
        core.restore(state)
        assert words(core)[0] == frame
        core.load_state(data)
        assert words(core)[0] == frame
        new = quirky(open_core, SerializationQuirk.CORE_VARIABLE_SIZE)
        new.restore(state)
        new.run()
        assert words(new)[0] == frame + 1
