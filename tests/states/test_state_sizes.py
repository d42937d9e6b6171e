"""States of other sizes than a core says, and cores that take states only after some frames."""

from __future__ import annotations

import gzip
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from observe import OpenCore, content_of, words
from real import CORES, _atari_roms, package_directory

from pylibretro import Core, CoreBatch, SerializationQuirk, State, StateError

PLAIN, GROWS, TAKES_LATE = 0, 1, 10  # of tests/cores/states.c


def started(core: Core, frame: int) -> bool:
    """Whether the machine is where it was after that many frames."""
    core.run()
    return words(core)[0] == frame + 1


def put_into(core: Core, state: State | bytes) -> None:
    if isinstance(state, State):
        core.restore(state)
    else:
        core.load_state(state)


@pytest.mark.parametrize("more", [1, 31, 4096])
def test_a_larger_state_is_the_cores_to_judge(open_core: OpenCore, more: int) -> None:
    made = open_core("states", bytes([PLAIN]))
    made.run(7)
    state = made.save_state() + bytes(more)
    for frames in (0, 5):
        core = open_core("states", bytes([PLAIN]))
        core.run(frames)
        core.load_state(state)
        assert words(core)[2] == len(state)
        assert started(core, 7)


def test_a_smaller_state_is_refused_unread(open_core: OpenCore) -> None:
    core = open_core("states", bytes([PLAIN]))
    core.run(7)
    state = core.save_state()
    with pytest.raises(StateError, match=r"15 bytes, but .* now has states of 16 bytes"):
        core.load_state(state[:-1])
    assert started(core, 7)


@pytest.mark.parametrize(
    "quirk", [SerializationQuirk.CORE_VARIABLE_SIZE, SerializationQuirk.INCOMPLETE]
)
def test_a_smaller_state_of_a_core_that_says_so(
    open_core: OpenCore, quirk: SerializationQuirk
) -> None:
    core = open_core("quirks", content_of(quirk | SerializationQuirk.CORE_VARIABLE_SIZE, 0))
    core.run(4)
    state = core.save_state()
    core.run(20)
    smaller = open_core("quirks", content_of(quirk, 0))
    smaller.run(20)
    if quirk == SerializationQuirk.INCOMPLETE:
        assert len(state) > smaller.state_size
        state = state[:16]
    core.load_state(state)
    assert started(core, 4)
    smaller.load_state(state)
    assert started(smaller, 4)


@pytest.mark.parametrize("before", [0, 1, 2, 9])
@pytest.mark.parametrize("late", [1, 2, 5, 40])
def test_a_core_that_takes_states_late(open_core: OpenCore, late: int, before: int) -> None:
    content = bytes([TAKES_LATE, late])
    made = open_core("states", content)
    made.run(50)
    data, state = made.save_state(), made.snapshot()
    for given in (data, state):
        core = open_core("states", content)
        core.run(before)
        put_into(core, given)
        assert started(core, 50)


def test_a_batch_of_a_core_that_takes_states_late(build_core: Any) -> None:
    core = build_core("states")
    with CoreBatch(core, bytes([TAKES_LATE, 3]), count=3, threads=2) as batch:
        batch.reset()
        assert [each.frame_count for each in batch] == [0, 0, 0]
        batch.run(50)
        states = batch.save_states()
        data = [bytes(state) for state in states]
    for form in (states, data):
        with CoreBatch(core, bytes([TAKES_LATE, 3]), count=3, threads=2) as batch:
            batch.load_states(form)
            assert all(started(each, 50) for each in batch)
    with CoreBatch(core, bytes([TAKES_LATE, 3]), count=2) as batch:
        result = batch.branch(states[0], [[0, 0]] * 3)
        assert result.frames_run.tolist() == [[1, 1]] * 3


def test_a_refused_state_leaves_the_machine(open_core: OpenCore) -> None:
    for before in (0, 3, 100):
        core = open_core("states", bytes([TAKES_LATE, 2]))
        core.run(before)
        with pytest.raises(StateError, match="refused the state of 16 bytes"):
            core.load_state(b"\xff" * 16)
        assert started(core, before)


def test_a_growing_core_takes_states_that_were_larger(open_core: OpenCore) -> None:
    core = open_core("states", bytes([GROWS]))
    core.run(30)
    state = core.save_state()
    new = open_core("states", bytes([GROWS]))
    new.load_state(state)
    assert started(new, 30)


@pytest.mark.skipif("stable_retro:parallel_n64" not in CORES, reason="needs stable-retro")
def test_parallel_n64_takes_states_at_once(tmp_path: Path) -> None:
    from real import PLAYS

    play = next(play for play in PLAYS if play.core_id == "stable_retro:parallel_n64")
    with play.open(tmp_path) as made:
        made.run(20)
        data, state = made.save_state(), made.snapshot()
        made.run(5)
        ram = made.memory.system_ram.tobytes()
    for before in (0, 1):
        for given in (data, state):
            with play.open(tmp_path) as core:
                core.run(before)
                put_into(core, given)
                core.run(5)
                assert core.memory.system_ram.tobytes() == ram


@pytest.mark.skipif(
    "stable_retro:stella" not in CORES or package_directory("ale_py") is None,
    reason="needs stable-retro and ale-py",
)
def test_every_start_state_of_the_atari_games_is_taken() -> None:
    package = package_directory("stable_retro")
    assert package is not None
    roms = {sha1(path.read_bytes()).hexdigest(): path for path in _atari_roms().values()}
    taken = 0
    for game in sorted(package.glob("data/*/*-Atari2600-v0")):
        digests = (game / "rom.sha").read_text().split()
        rom = next((roms[known] for known in digests if known in roms), None)
        for file in sorted(game.glob("*.state")) if rom is not None else ():
            with Core(CORES["stable_retro:stella"], rom) as core:
                core.load_state(gzip.decompress(file.read_bytes()))
                assert core.run(2) == 2
                taken += 1
    assert taken >= 32
