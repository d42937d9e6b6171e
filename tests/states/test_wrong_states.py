"""States that are wrong, given to every core: an error or none, and the interpreter lives.

What might end an interpreter runs in a child process, and has to come to a good end there.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from child import run_child
from real import PLAYS, Play

from pylibretro import (
    Core,
    Joypad,
    StateError,
)


def wrong_states(good: bytes) -> dict[str, bytes]:
    rng = np.random.default_rng(4)
    size = len(good)
    return {
        "empty": b"",
        "one byte": good[:1],
        "half": good[: size // 2],
        "a byte short": good[:-1],
        "a byte long": good + b"\0",
        "twice": good + good,
        "random and short": rng.bytes(size // 3),
        "random and long": rng.bytes(size + 64),
    }


def test_states_of_the_bundled_core() -> None:
    rng = np.random.default_rng(2)
    with Core("2048") as core:
        core.run(30, inputs=[Joypad.START] * 30)
        good = core.save_state()
        ram = core.memory.system_ram.tobytes()
        for state in wrong_states(good).values():
            with pytest.raises(StateError):
                core.load_state(state)
            assert core.memory.system_ram.tobytes() == ram
        for _ in range(50):
            with contextlib.suppress(StateError):
                core.load_state(rng.bytes(len(good)))
            core.run(2)
        core.load_state(good)
        assert core.memory.system_ram.tobytes() == ram


TRY_STATES = """
import ast
core = Core(sys.argv[1], sys.argv[2], options=ast.literal_eval(sys.argv[3]))
core.run(10)
good = core.save_state()
size = len(good)
rng = np.random.default_rng(4)
shorter = [b"", good[:1], good[:size // 2], good[:-1], rng.bytes(size // 3)]
longer = [good + bytes(1), good + good, good + rng.bytes(64)]
refused = 0
for state in shorter + longer:
    try:
        core.load_state(state)
    except StateError:
        refused += state in shorter
    core.run(2)
core.load_state(good)
print(refused, "of", len(shorter), core.run(3))
"""
ONE_PLAY_OF_EACH_CORE = list({play.core_id: play for play in PLAYS}.values())


@pytest.mark.parametrize("play", ONE_PLAY_OF_EACH_CORE, ids=lambda play: play.id)
def test_states_of_the_wrong_size_and_real_cores(play: Play, tmp_path: Path) -> None:
    printed = run_child(
        TRY_STATES.replace("import ast", "import ast; os.dup2(os.open(os.devnull, os.O_RDWR), 2)"),
        play.core,
        play.content(tmp_path),
        play.options,
    )
    assert printed.splitlines()[-1] == "5 of 5 3"


# Cores that fall over some states of the right size, in code of their own.
TRUSTING = {"gambatte", "melonds", "desmume"}


@pytest.mark.parametrize("play", ONE_PLAY_OF_EACH_CORE, ids=lambda play: play.id)
def test_damaged_states_and_real_cores(play: Play, tmp_path: Path) -> None:
    if play.core_id.partition(":")[2] in TRUSTING:
        pytest.skip("this core trusts every state of the right size and crashes in its own code")
    printed = run_child(
        """
import ast
os.dup2(os.open(os.devnull, os.O_RDWR), 2)
core = Core(sys.argv[1], sys.argv[2], options=ast.literal_eval(sys.argv[3]))
core.run(10)
good = core.save_state()
rng = np.random.default_rng(6)
damaged = [bytes(len(good)), b"\\xff" * len(good), rng.bytes(len(good)), rng.bytes(len(good))]
for _ in range(4):
    some = np.frombuffer(good, np.uint8).copy()
    places = rng.integers(0, len(good), len(good) // 2000 + 1)
    some[places] ^= rng.integers(1, 256, len(places), dtype=np.uint8)
    damaged.append(some.tobytes())
for state in damaged:
    try:
        core.load_state(state)
        core.run(2)
    except StateError:
        pass
    except CoreCrashedError:
        core.close()
        core = Core(sys.argv[1], sys.argv[2])
        core.run(10)
core.load_state(good)
print(core.run(3))
""",
        play.core,
        play.content(tmp_path),
        play.options,
    )
    assert printed.splitlines()[-1] == "3"
