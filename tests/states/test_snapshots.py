"""State: what follows a restored machine is what followed the one it was made of."""

from __future__ import annotations

import copy
import ctypes
import gc
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child
from compiler import NoCompilerError, build, build_library
from hypothesis import given, settings
from hypothesis import strategies as st
from observe import OpenCore, notes, present, words
from oracle import Recording, observe, random_masks, record
from real import CHECKOUT, PLAYS, Play

from pylibretro import PORT_INPUT, Core, Host, Key, State
from pylibretro.error import ClosedError, CoreCrashedError, ProtocolError, StateError

PROBE = Path(__file__).with_name("state_delta_probe.c")
UNITS = ["states/state_delta.c"]
# The modes of tests/cores/states.c.
GROWS, REFUSES_SAVE, REFUSES_LOAD, SIZE_ZERO, HUGE_SIZE, SHRINKS = range(1, 7)
NEEDS_A_FRAME, WRITES_TOO_MUCH = 8, 9


# ---- the frontend's part of a machine ------------------------------------------------------------


def play_on(core: Core, frames: int = 30) -> list[Any]:
    seen: list[Any] = []
    for _ in range(frames):
        core.run()
        seen.append((present(core.frame).tobytes(), core.audio.tobytes(), words(core)))
    return seen


@pytest.mark.parametrize("other", [False, True], ids=["the same Core", "another Core"])
def test_random_numbers_and_the_time_of_day_go_on(open_core: OpenCore, other: bool) -> None:
    core = open_core("libc_state", bytes([1]))
    core.run(7)
    state = core.snapshot()
    expected = [words(core)[:3] for _ in range(150) if core.run()]
    assert len({seen[2] for seen in expected}) > 1, "the clock has moved"
    into = open_core("libc_state", bytes([1]), host=Host(clock=1)) if other else core
    into.restore(state)
    assert [words(into)[:3] for _ in range(150) if into.run()] == expected


def test_a_place_in_another_instances_memory_is_not_taken(open_core: OpenCore) -> None:
    """strtok goes on in the text of the Core that it is called in."""
    core, other = open_core("libc_state"), open_core("libc_state")
    core.run(3)
    state = core.snapshot()
    core.close()
    other.run(1)
    other.restore(state)
    other.run(1)
    assert words(other)[3] == len("one "), "its own second word"


def test_clock_callbacks_are_told_the_same(open_core: OpenCore) -> None:
    core = open_core("clocks")
    core.run(5)
    state = core.snapshot()
    expected = play_on(core)
    core.restore(state)
    assert play_on(core) == expected


def test_frames_are_counted_from_the_state_on(open_core: OpenCore) -> None:
    core, other = open_core("plain"), open_core("plain")
    core.run(12)
    state = core.snapshot()
    assert state.frame_count == 12
    other.restore(state)
    assert other.frame_count == 12
    core.run(3)
    core.restore(state)
    core.run()
    assert core.frame_count == 13


def test_rotation_and_rates_come_back(open_core: OpenCore) -> None:
    """A core tells them when they change, which may have been before the state."""
    core = open_core("snapshots")
    core.run(120)
    state = core.snapshot()
    fps, shape = core.av_info.fps, present(core.frame).shape
    rumble = core.rumble
    assert (core.rotation, fps, rumble[1, 0]) == (1, 50.0, 77)
    fresh = open_core("snapshots")
    fresh.run()
    assert (fresh.rotation, fresh.av_info.fps) == (0, 60.0)
    fresh.restore(state)
    assert fresh.av_info.fps == fps
    np.testing.assert_array_equal(fresh.rumble, rumble)
    fresh.run()
    assert present(fresh.frame).shape == shape
    assert fresh.rotation == 1


@pytest.mark.parametrize("before", [1, 30, 100])
def test_a_repeated_picture_is_that_of_the_state(open_core: OpenCore, before: int) -> None:
    """The core draws at every second frame only, so that after odd ones the next is a repeat."""
    core = open_core("snapshots", b"\1")
    core.run(2 * before - 1)
    state = core.snapshot()
    picture = present(core.frame)
    core.run()
    np.testing.assert_array_equal(core.frame, picture)
    core.run(7)
    assert not np.array_equal(present(core.frame), picture)
    for into in (core, open_core("snapshots", b"\1")):
        into.restore(state)
        into.run()
        np.testing.assert_array_equal(into.frame, picture)


def test_keys_held_at_the_moment_are_held_after_it(open_core: OpenCore) -> None:
    def hold(core: Core, *keys: Key) -> None:
        record = np.zeros(1, PORT_INPUT)
        record["keyboard"][0, list(keys)] = True
        core.inputs[:1] = record

    core = open_core("keyboard")
    hold(core, Key.A, Key.LSHIFT)
    core.run(2)
    state = core.snapshot()
    hold(core, Key.A)
    core.run()
    original = notes(core)[-1]
    for into in (core, open_core("keyboard")):
        hold(into)
        into.run()
        into.restore(state)
        before = len(notes(into))
        hold(into, Key.A)
        into.run()
        assert notes(into)[before:] == [original], "one event: the key let go since the state"


def test_live_input_stays(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run()
    state = core.snapshot()
    core.set_buttons(5)
    core.restore(state)
    assert core.inputs["joypad"][0] == 5


def test_fan_out_is_exact(open_core: OpenCore) -> None:
    core = open_core("libc_state", bytes([1]))
    core.run(11)
    state = core.snapshot()
    copies = [open_core("libc_state", bytes([1])) for _ in range(16)]
    for into in copies:
        into.restore(state)
    core.run(1000)
    for into in copies:
        into.run(1000)
        assert words(into)[:3] == words(core)[:3]
        np.testing.assert_array_equal(into.frame, core.frame)
        # all but strtok's place, which is an address: each instance keeps its own
        theirs, ours = into.snapshot(), core.snapshot()
        assert theirs.frame_count == ours.frame_count


# ---- the core's part -----------------------------------------------------------------------------


def test_the_bytes_are_the_cores_own(open_core: OpenCore) -> None:
    core, other = open_core("plain"), open_core("plain")
    core.run(5)
    state = core.snapshot()
    assert bytes(state) == core.save_state()
    assert memoryview(state).readonly
    assert state.size == len(bytes(state)) == core.state_size
    other.load_state(state)
    assert other.memory.system_ram[0] == 5


def test_states_of_any_size_fit_a_core_whose_states_grow(open_core: OpenCore) -> None:
    core = open_core("states", bytes([GROWS]))
    states = []
    for _ in range(10):
        core.run()
        states.append(core.snapshot())
        assert bytes(states[-1]) == core.save_state()
    for state in [*states, *states[::-1]]:
        core.restore(state)
        core.run()
        assert words(core)[0] == state.frame_count + 1


def test_a_state_made_after_the_first_frame_fits_a_fresh_core(open_core: OpenCore) -> None:
    first, fresh = open_core("states", bytes([SHRINKS])), open_core("states", bytes([SHRINKS]))
    first.run(4)
    fresh.restore(first.snapshot())
    fresh.run()
    assert words(fresh)[0] == 5
    assert fresh.frame_count == 5


def test_what_a_core_refuses_is_an_error(open_core: OpenCore) -> None:
    for mode, words_of_error in [
        (REFUSES_SAVE, "refused"),
        (SIZE_ZERO, "no states"),
        (HUGE_SIZE, str(1 << 62)),
        (NEEDS_A_FRAME, "refused"),
    ]:
        core = open_core("states", bytes([mode]))
        with pytest.raises(StateError, match=words_of_error):
            core.snapshot()
        assert core.run() == 1
    core = open_core("states", bytes([REFUSES_LOAD]))
    with pytest.raises(StateError, match="this state does not fit"):
        core.restore(core.snapshot())


def test_writing_past_the_state_is_noticed(open_core: OpenCore) -> None:
    core = open_core("states", bytes([WRITES_TOO_MUCH]))
    for _ in range(3):
        with pytest.raises(ProtocolError, match="past the 16 bytes"):
            core.snapshot()


def test_the_savestate_context_is_normal(open_core: OpenCore) -> None:
    core = open_core("states")
    core.snapshot()
    assert words(core)[4:6] == [0, 1]


@pytest.mark.parametrize("length", [4096, 5000, 30_000, 65_528, 65_536])
def test_bytes_that_a_core_leaves_out_are_zero(open_core: OpenCore, length: int) -> None:
    """Whatever was in the memory before, and however much the core writes this time."""
    core = open_core("snapshots", b"\2" + length.to_bytes(4, "little"))
    for frame in range(30):
        core.run()
        expected = core.save_state()
        assert bytes(core.snapshot()) == expected, frame
        held = [core.snapshot() for _ in range(3)]
        assert all(bytes(state) == expected for state in held), frame
        assert len(set(held)) == 1
        for state in held:
            core.restore(state)


def test_a_crash_is_an_error(build_core: Callable[..., Path]) -> None:
    core = Core(build_core("snapshots"), b"\3")
    core.run()
    with pytest.raises(CoreCrashedError):
        core.snapshot()


# ---- real cores ----------------------------------------------------------------------------------

# What differs after a restore because the core leaves it out of its states: in the Core that made
# the state, in a fresh one, and what that is as far as measuring shows. The test that reads this
# measures each difference again in raw_limit.c, a C frontend that shares no code with this one.
NOTHING: frozenset[str] = frozenset()
SOUND = frozenset({"sound"})
SEEN = SOUND | {"pictures"}
ALL = SEEN | {"memory"}
NOT_SAVED: dict[str, tuple[frozenset[str], frozenset[str], str]] = {
    "fceumm": (SOUND, SOUND, "samples under way"),
    "gambatte": (SOUND, SOUND, "samples under way"),
    "genesis_plus_gx": (SOUND, SOUND, "samples under way"),
    "mednafen_pce_fast": (SEEN, SEEN, "a sixth of the pictures in one of two builds"),
    "mednafen_vb": (SOUND, SOUND, "samples under way"),
    "mednafen_wswan": (SOUND, SOUND, "samples under way"),
    "melonds": (NOTHING, ALL, "pictures of a Core that has run few frames"),
    "mgba": (SOUND, ALL, "samples under way; the save RAM of a Game Boy"),
    "picodrive": (SOUND, SOUND, "samples under way, on a Mega Drive"),
    "snes9x": (SOUND, SOUND, "samples under way"),
    "stella": (ALL, ALL, "where paddles stand (breakout, pong); samples under way"),
}
SLOW = ("desmume", "melonds", "parallel_n64")


@pytest.fixture(scope="session")
def games(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("games")


@pytest.fixture(scope="session")
def raw_limit(build_cache: Path) -> Path:
    if sys.platform == "win32":
        pytest.skip("raw_limit.c is for POSIX systems")
    try:
        return build(CHECKOUT / "benchmarks" / "raw_limit.c", "raw_limit", build_cache, "-O2")
    except NoCompilerError as error:
        pytest.skip(str(error))


def different(one: Recording, other: Recording) -> frozenset[str]:
    return frozenset(
        name
        for name, equal in (
            ("pictures", one.frames == other.frames),
            ("sound", one.audio == other.audio),
            ("memory", one.memory == other.memory),
        )
        if not equal
    )


def raw_differences(
    raw_limit: Path, play: Play, games: Path, before: int, masks: Any
) -> tuple[frozenset[str], frozenset[str]]:
    """What the C frontend sees differ after loading a state, in the same process and a new one."""
    core, content, state = play.core, play.content(games), games / "state"
    original = record(raw_limit, core, content, masks, play.options)
    replayed = record(raw_limit, core, content, masks, play.options, replay=before)
    record(raw_limit, core, content, masks[:before], play.options, save_state=state)
    sounds = 4 * sum(original.audio_per_run[:before])
    once = Recording(original.frames[before:], original.audio[sounds:], memory=original.memory)
    again = Recording(
        replayed.frames[len(masks) :],
        replayed.audio[len(original.audio) :],
        memory=replayed.memory,
    )
    try:
        fresh = record(raw_limit, core, content, masks[before:], play.options, load_state=state)
    except RuntimeError:  # it refuses the state before its first frames
        return different(once, again), ALL
    return different(once, again), different(once, fresh)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.id)
def test_a_real_core_goes_on_as_before(play: Play, games: Path, raw_limit: Path) -> None:
    name = play.core_id.partition(":")[2]
    if name == "bsnes_mercury_accuracy":
        pytest.skip("this core sometimes never returns from retro_serialize")
    before, after = (40, 40) if name in SLOW else (200, 300)
    masks = random_masks(before + after)
    with play.open(games) as core, play.open(games) as other:
        core.run(before, masks[:before])
        state = core.snapshot()
        original = observe(core, masks[before:])
        core.restore(state)
        same = different(original, observe(core, masks[before:]))
        other.restore(pickle.loads(pickle.dumps(state)))
        fresh = different(original, observe(other, masks[before:]))
    assert len(set(original.frames)) > 1
    allowed_same, allowed_fresh, _ = NOT_SAVED.get(name, (NOTHING, NOTHING, ""))
    assert same <= allowed_same
    assert fresh <= allowed_fresh
    if same or fresh:
        raw_same, raw_fresh = raw_differences(raw_limit, play, games, before, masks)
        assert same <= raw_same, "the C frontend does better"
        assert fresh <= raw_fresh, "the C frontend does better"


# ---- what fits what ------------------------------------------------------------------------------


def test_a_state_of_another_core_is_refused(open_core: OpenCore) -> None:
    state = open_core("plain").snapshot()
    other = open_core("states")
    with pytest.raises(StateError, match=r"is of test core 1\.0, and this is states 1\.0"):
        other.restore(state)
    with pytest.raises(StateError, match="is of"):
        state.compressed(other.snapshot())


def test_a_state_of_another_build_is_refused(open_core: OpenCore) -> None:
    state = open_core("plain").snapshot()
    other = open_core("plain", flags=("-DANOTHER_BUILD", "-O0"))
    assert state.core_sha1 != other.snapshot().core_sha1
    with pytest.raises(StateError, match=f"another build.*{state.core_sha1}"):
        other.restore(state)


def test_a_state_of_other_content_is_refused(open_core: OpenCore, tmp_path: Path) -> None:
    import hashlib

    file = tmp_path / "game.bin"
    file.write_bytes(b"\0content")
    state = open_core("states", b"\0content").snapshot()
    assert state.content_sha1 == hashlib.sha1(b"\0content").hexdigest()
    open_core("states", file).restore(state)
    with pytest.raises(StateError, match="other content"):
        open_core("states", b"\0other content").restore(state)
    with pytest.raises(StateError, match="with content, and this one is without"):
        open_core("states").restore(state)
    assert open_core("states").snapshot().content_sha1 is None


def test_a_file_that_has_changed_since_has_no_hash(
    build_core: Callable[..., Path], tmp_path: Path
) -> None:
    file = tmp_path / "game.bin"
    file.write_bytes(b"\0content")
    with Core(build_core("states"), file) as core:
        state = core.snapshot()
        file.write_bytes(b"\0something else")
        assert state.content_sha1 is None
        core.restore(state)


@pytest.mark.parametrize("wrong", [None, b"bytes", 3])
def test_only_a_state_can_be_restored(open_core: OpenCore, wrong: Any) -> None:
    core = open_core("plain")
    with pytest.raises(TypeError, match="State is needed"):
        core.restore(wrong)
    with pytest.raises(TypeError, match="State is needed"):
        core.snapshot().compressed(wrong)


def test_states_are_made_by_cores(open_core: OpenCore) -> None:
    with pytest.raises(TypeError, match="snapshot"):
        State()
    core = open_core("plain")
    state = core.snapshot()
    core.close()
    with pytest.raises(ClosedError):
        core.snapshot()
    with pytest.raises(ClosedError):
        core.restore(state)
    assert len(bytes(state)) == state.size, "it does not need its Core"


# ---- handles -------------------------------------------------------------------------------------


def test_equality_is_that_of_all_they_hold(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(3)
    one, same = core.snapshot(), core.snapshot()
    core.run()
    other = core.snapshot()
    assert one == same
    assert hash(one) == hash(same)
    assert one != other
    assert one != bytes(one)
    assert {one, same, other} == {one, other}
    assert other.compressed(one) == other
    assert hash(other.compressed(one)) == hash(other)
    assert copy.copy(one) is one
    assert copy.deepcopy(one) is one
    assert repr(one) == f"<pylibretro.State of test core 1.0, frame 3, {one.size} bytes>"


def test_a_difference_takes_little_memory_and_keeps_its_parent(open_core: OpenCore) -> None:
    core = open_core("snapshots", b"\2" + (1 << 16).to_bytes(4, "little"))
    core.run(100)
    parent = core.snapshot()
    core.run()
    whole = core.snapshot()
    small = whole.compressed(parent)
    assert small.parent is parent
    assert whole.parent is None
    assert small.nbytes < 1000 < 30_000 < whole.nbytes
    expected = bytes(whole)
    del whole, parent
    gc.collect()
    assert bytes(small) == expected
    core.restore(small)
    assert core.frame_count == 101


def test_chains_stay_short(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(100)
    states = [core.snapshot()]
    contents = [bytes(states[0])]
    for _ in range(30):
        core.run()
        contents.append(core.save_state())
        states.append(core.snapshot().compressed(states[-1]))

    def depth(state: State) -> int:
        return 0 if state.parent is None else 1 + depth(state.parent)

    assert max(map(depth, states)) == 8
    assert [bytes(state) for state in states] == contents
    assert states[0].compressed(states[0]) is states[0]


def test_a_difference_that_would_be_larger_is_not_made(open_core: OpenCore) -> None:
    core = open_core("snapshots", b"\4")
    core.run(100)
    first = core.snapshot()
    core.run()
    assert core.snapshot().compressed(first).parent is None, "noise has nothing in common"


def test_memory_comes_back() -> None:
    """In a process of its own, whose memory nothing else takes."""
    printed = run_child("""
from pathlib import Path
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
if not sys.platform.startswith("linux"):
    print("ok")
    sys.exit()
core = Core("2048")
core.run(100)
states = [core.snapshot() for _ in range(100)]
before = resident()
for _ in range(50):
    del states
    states = [core.snapshot() for _ in range(100)]
    small = [state.compressed(states[0]) for state in states]
assert resident() - before < 8 << 20, resident() - before
small.clear()
core.close()
print("ok")
""")
    assert printed == "ok\n"


def test_states_may_be_used_by_many_threads(open_core: OpenCore) -> None:
    from concurrent.futures import ThreadPoolExecutor

    core = open_core("plain")
    core.run(50)
    parent = core.snapshot()
    core.run()
    state = core.snapshot().compressed(parent)
    others = [open_core("plain") for _ in range(8)]

    def use(other: Core) -> bytes:
        for _ in range(200):
            other.restore(state)
            other.run()
            other.snapshot().compressed(state)
        return other.save_state()

    with ThreadPoolExecutor(8) as threads:
        results = set(threads.map(use, others))
    core.run()
    assert results == {core.save_state()}


# ---- pickles -------------------------------------------------------------------------------------

UNPICKLE = """
core = Core(sys.argv[1], bytes([1]))
import pickle
first, second, again = pickle.loads(Path(sys.argv[2]).read_bytes())
assert second.parent is first and again is first
core.restore(second)
core.run(20)
print(core.frame_count, core.memory.system_ram[:12].tobytes().hex())
core.close()
"""


def test_a_pickled_state_goes_on_in_another_process(
    open_core: OpenCore, build_core: Callable[..., Path], tmp_path: Path
) -> None:
    core = open_core("libc_state", bytes([1]))
    core.run(9)
    first = core.snapshot()
    core.run(9)
    second = core.snapshot().compressed(first)
    file = tmp_path / "states.pickle"
    file.write_bytes(pickle.dumps([first, second, first]))
    core.run(20)
    printed = run_child("from pathlib import Path\n" + UNPICKLE, build_core("libc_state"), file)
    assert printed.split() == ["38", core.memory.system_ram[:12].tobytes().hex()]


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_every_pickle_protocol(open_core: OpenCore, protocol: int) -> None:
    core = open_core("plain")
    core.run(5)
    state = core.snapshot()
    back = pickle.loads(pickle.dumps(state, protocol))
    assert back == state
    assert hash(back) == hash(state)
    assert (back.core, back.core_sha1) == (state.core, state.core_sha1)
    core.restore(back)


def damaged(arguments: tuple[Any, ...], index: int, value: Any) -> tuple[Any, ...]:
    return (*arguments[:index], value, *arguments[index + 1 :])


def test_a_damaged_pickle_is_an_error(open_core: OpenCore) -> None:
    core = open_core("plain")
    core.run(5)
    parent = core.snapshot()
    core.run()
    child = core.snapshot().compressed(parent)
    for state in (parent, child):
        rebuild, arguments = state.__reduce__()[:2]
        assert rebuild(*arguments) == state
        data, sizes = arguments[5], arguments[3]
        flipped = bytes([data[0] ^ 1]) + data[1:]
        wrong = [
            damaged(arguments, 0, 99),
            damaged(arguments, 1, {"little": "big", "big": "little"}[sys.byteorder]),
            damaged(arguments, 2, None),
            damaged(arguments, 3, (sizes[0] + 1, *sizes[1:])),
            damaged(arguments, 3, (sizes[0], sizes[1] + 1, *sizes[2:])),
            damaged(arguments, 3, sizes[:2]),
            damaged(arguments, 3, (-1, 1, 2, 3)),
            damaged(arguments, 4, b"no state"),
            damaged(arguments, 5, flipped),
            damaged(arguments, 5, data[:-1]),
            damaged(arguments, 5, b""),
            damaged(arguments, 5, "text"),
            damaged(arguments, 6, 0),
        ]
        for values in wrong:
            with pytest.raises(StateError):
                rebuild(*values)
    rebuild, arguments = child.__reduce__()[:2]
    for other in (child, core.snapshot(), None):
        with pytest.raises(StateError):
            rebuild(*damaged(arguments, 4, other))


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_any_change_of_a_pickle_is_noticed_or_harmless(
    build_core: Callable[..., Path], data: st.DataObject
) -> None:
    with Core(build_core("states")) as core:
        state = core.snapshot()
    pickled = bytearray(pickle.dumps(state.__reduce__()[1][3:]))
    place = data.draw(st.integers(0, len(pickled) - 1))
    pickled[place] ^= data.draw(st.integers(1, 255))
    rebuild, arguments = state.__reduce__()[:2]
    try:
        values = pickle.loads(bytes(pickled))
        assert isinstance(values, tuple)
        assert len(values) == 4
    except Exception:
        return  # pickle itself has noticed
    try:
        back = rebuild(*arguments[:3], *values)
    except StateError:
        return
    assert back == state


# ---- the codec -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def codec(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "state_delta_probe", build_cache, "-O2", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    size = ctypes.c_size_t
    library.probe_bound.argtypes = [size]
    library.probe_bound.restype = size
    library.probe_encode.argtypes = [ctypes.c_char_p, size, ctypes.c_char_p, size, ctypes.c_char_p]
    library.probe_encode.restype = size
    library.probe_decode.argtypes = [
        ctypes.c_char_p, size, ctypes.c_char_p, size, ctypes.c_char_p, size,
    ]  # fmt: skip
    return library


def encode(codec: ctypes.CDLL, parent: bytes, child: bytes) -> bytes:
    room = ctypes.create_string_buffer(codec.probe_bound(len(child)))
    size = codec.probe_encode(parent, len(parent), child, len(child), room)
    assert size <= len(room)
    return room.raw[:size]


def decode(codec: ctypes.CDLL, parent: bytes, delta: bytes, size: int) -> bytes | None:
    room = ctypes.create_string_buffer(size + 1)
    done = codec.probe_decode(parent, len(parent), delta, len(delta), room, size)
    return room.raw[:size] if done else None


@st.composite
def related(draw: st.DrawFn) -> tuple[bytes, bytes]:
    parent = draw(st.binary(max_size=300))
    child = bytearray(draw(st.sampled_from([parent, parent * 2, parent[: len(parent) // 2]])))
    for _ in range(draw(st.integers(0, 6))):
        place = draw(st.integers(0, len(child)))
        piece = draw(st.binary(max_size=20))
        child[place : place + len(piece)] = piece
    return parent, bytes(child)


@settings(deadline=None)
@given(pair=related())
def test_a_delta_gives_the_child_back(codec: ctypes.CDLL, pair: tuple[bytes, bytes]) -> None:
    parent, child = pair
    delta = encode(codec, parent, child)
    assert len(delta) <= len(child) + 30
    assert decode(codec, parent, delta, len(child)) == child
    assert decode(codec, parent, delta, len(child) + 1) is None
    assert decode(codec, parent, delta[:-1], len(child)) is None
    assert decode(codec, parent, delta + b"\0", len(child)) is None


@settings(deadline=None)
@given(parent=st.binary(max_size=100), delta=st.binary(max_size=60), size=st.integers(0, 120))
def test_any_bytes_may_be_decoded(
    codec: ctypes.CDLL, parent: bytes, delta: bytes, size: int
) -> None:
    decoded = decode(codec, parent, delta, size)
    assert decoded is None or len(decoded) == size


def test_few_changes_make_a_small_delta(codec: ctypes.CDLL) -> None:
    random = np.random.default_rng(3)
    parent = random.integers(0, 256, 50_000, np.uint8)
    child = parent.copy()
    places = random.choice(len(child), 40, replace=False)
    child[places] += 1
    delta = encode(codec, parent.tobytes(), child.tobytes())
    assert len(delta) < 40 * 5 + 10
    assert len(encode(codec, parent.tobytes(), parent.tobytes())) < 10
    noise = random.integers(0, 256, 50_000, np.uint8).tobytes()
    assert len(noise) < len(encode(codec, parent.tobytes(), noise)) <= len(noise) + 30


def test_the_codec_under_sanitizers(build_cache: Path) -> None:
    if sys.platform == "win32":
        pytest.skip("no sanitizers there")
    flags = ("-DPROBE_MAIN", "-g", "-O1", "-fsanitize=address,undefined",
             "-fno-sanitize-recover=all")  # fmt: skip
    try:
        program = build(PROBE, "state_delta_probe", build_cache, *flags, units=UNITS)
    except (NoCompilerError, RuntimeError) as error:
        pytest.skip(f"no compiler with sanitizers: {error}")
    result = subprocess.run([str(program)], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (0, "sound\n"), result.stderr
