"""Wrong arguments of a Core's calls: the documented error each time, and the interpreter lives.

What might end an interpreter runs in a child process, and has to come to a good end there.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from child import run_child
from observe import BuildCore, OpenCore, words
from uses import Use

from pylibretro import (
    PORT_INPUT,
    AddressError,
)


@pytest.mark.parametrize(
    ("frames", "error"),
    [
        (-1, ValueError),
        (-(1 << 70), ValueError),
        (1 << 62, ValueError),
        (1 << 200, ValueError),
        (1.5, TypeError),
        ("3", TypeError),
        (None, TypeError),
        ([1], TypeError),
    ],
    ids=str,
)
def test_frames(open_core: OpenCore, frames: object, error: type[Exception]) -> None:
    core = open_core("plain")
    with pytest.raises(error):
        core.run(frames)  # type: ignore[arg-type]
    with pytest.raises(error):
        core.capture(frames)  # type: ignore[arg-type]
    assert core.frame_count == 0
    assert core.run(0) == 0
    assert len(core.capture(0).frames) == 0
    assert core.frame_count == 0


@pytest.mark.parametrize("frames", [1 << 50, (1 << 61) - 1, 1 << 61])
def test_a_capture_that_no_memory_holds(open_core: OpenCore, frames: int) -> None:
    core = open_core("plain")
    core.run()
    with pytest.raises((MemoryError, ValueError)):
        core.capture(frames)
    assert core.frame_count == 1
    assert core.run() == 1


def records(*shape: int) -> np.ndarray:
    return np.zeros(shape, PORT_INPUT)


WRONG_INPUTS: dict[str, tuple[object, type[Exception]]] = {
    "too few": (np.zeros(2, np.uint16), ValueError),
    "too many": (np.zeros(4, np.uint16), ValueError),
    "one number": (np.uint16(1), ValueError),
    "no frames": ([], ValueError),
    "17 ports": (np.zeros((3, 17), np.uint16), ValueError),
    "three dimensions": (np.zeros((3, 1, 1), np.uint16), ValueError),
    "float": (np.zeros(3), TypeError),
    "complex": (np.zeros(3, complex), TypeError),
    "bool": (np.zeros(3, bool), TypeError),
    "text": (["A", "B", "C"], TypeError),
    "objects": ([object()] * 3, TypeError),
    "None in it": ([None] * 3, TypeError),
    "ragged": ([[1], [1, 2], [3]], ValueError),
    "negative": ([0, -1, 0], ValueError),
    "beyond 16 bits": ([0, 65536, 0], ValueError),
    "beyond 64 bits": ([1 << 70] * 3, TypeError),
    "records, too few": (records(2), ValueError),
    "records, 17 ports": (records(3, 17), ValueError),
    "foreign records": (np.zeros(3, [("joypad", np.uint16)]), TypeError),
    "swapped records": (np.zeros(3, PORT_INPUT.newbyteorder()), TypeError),
    "a mapping": ({0: 1}, TypeError),
    "dates": (np.zeros(3, "datetime64[s]"), TypeError),
}


@pytest.mark.parametrize("case", WRONG_INPUTS)
def test_inputs(open_core: OpenCore, case: str) -> None:
    core = open_core("plain")
    inputs, error = WRONG_INPUTS[case]
    for call in (core.run, core.capture):
        with pytest.raises(error):
            call(3, inputs)  # type: ignore[arg-type]
    assert core.frame_count == 0


@pytest.mark.parametrize(
    "array",
    [
        np.array([1, 2, 3], ">u2"),
        np.array([1, 2, 3], np.int64),
        np.array([[1, 0], [2, 0], [3, 0]], np.uint16)[:, 0],
        np.array([1, 9, 2, 9, 3, 9], np.uint16)[::2],
        np.array([3, 2, 1], np.uint16)[::-1],
        np.frombuffer(bytes([1, 0, 2, 0, 3, 0]), "<u2"),
        np.frombuffer(bytes([9, 1, 0, 2, 0, 3, 0]), "<u2", offset=1),
        np.array([[1], [2], [3]], np.uint16),
        np.array([1, 2, 3], np.uint16).view(np.recarray),
    ],
    ids=range(9),
)
def test_inputs_of_unusual_layout_are_understood(open_core: OpenCore, array: np.ndarray) -> None:
    core = open_core("input", bytes([1, 1]))
    for frame in range(3):
        core.run(frame + 1, array[: frame + 1])
        assert words(core)[16] == array.ravel()[frame] == frame + 1
    assert core.run(3, np.zeros((3, 0), np.uint16)) == 3, "no port at all"
    assert core.run(0, []) == 0


WRONG_OUT: dict[str, tuple[Callable[[], object], type[Exception]]] = {
    "a list": (lambda: [[[[0]]]], TypeError),
    "bytes": (lambda: bytes(3 * 24 * 32 * 3), ValueError),
    "int16": (lambda: np.zeros((3, 24, 32, 3), np.int16), TypeError),
    "too few": (lambda: np.zeros((2, 24, 32, 3), np.uint8), ValueError),
    "too many": (lambda: np.zeros((4, 24, 32, 3), np.uint8), ValueError),
    "flat": (lambda: np.zeros((3, 24, 32), np.uint8), ValueError),
    "four channels": (lambda: np.zeros((3, 24, 32, 4), np.uint8), ValueError),
    "no channel": (lambda: np.zeros((3, 24, 32, 0), np.uint8), ValueError),
    "Fortran order": (lambda: np.zeros((3, 24, 32, 3), np.uint8, order="F"), ValueError),
    "strided": (lambda: np.zeros((6, 24, 32, 3), np.uint8)[::2], ValueError),
    "read-only": (lambda: frozen(np.zeros((3, 24, 32, 3), np.uint8)), ValueError),
    "a row too low": (lambda: np.zeros((3, 23, 32, 3), np.uint8), ValueError),
    "a column too narrow": (lambda: np.zeros((3, 24, 31, 3), np.uint8), ValueError),
    "no pixels": (lambda: np.zeros((3, 0, 0, 3), np.uint8), ValueError),
    "one dimension": (lambda: np.zeros(3, np.uint8), ValueError),
}


def frozen(array: np.ndarray) -> np.ndarray:
    array.flags.writeable = False
    return array


@pytest.mark.parametrize("case", WRONG_OUT)
def test_out(open_core: OpenCore, case: str) -> None:
    core = open_core("plain")
    make, error = WRONG_OUT[case]
    out = make()
    with pytest.raises(error):
        core.capture(3, out=out)  # type: ignore[arg-type]
    assert core.run() == 1


@pytest.mark.parametrize("every", [0, -1, 1.5, "2", None], ids=repr)
def test_every(open_core: OpenCore, every: object) -> None:
    core = open_core("plain")
    with pytest.raises((ValueError, TypeError)):
        core.capture(3, every=every)  # type: ignore[arg-type]
    assert len(core.capture(3, every=1 << 100).frames) == 0


WRONG_WATCHES: dict[str, tuple[object, type[Exception]]] = {
    "a number": (5, TypeError),
    "numbers": ([5, 6], TypeError),
    "text": ("ab", TypeError),
    "quadruples": ([(0, "|u1", 3, 4)], TypeError),
    "no type": ([(0,)], TypeError),
    "unknown kind": ([(0, "<x4")], ValueError),
    "unknown size": ([(0, "<u9")], ValueError),
    "half a float": ([(0, "<f2")], ValueError),
    "no address": ([("zero", "|u1")], TypeError),
    "a fraction": ([(0.5, "|u1")], TypeError),
    "negative": ([(-1, "|u1")], AddressError),
    "beyond 64 bits": ([(1 << 80, "|u1")], AddressError),
    "not mapped": ([(4096, "|u1")], AddressError),
    "half mapped": ([(4093, "<u4")], AddressError),
    "wraps around": ([((1 << 64) - 256, "<u8")], AddressError),
    "one of many": ({"good": (0, "|u1"), "bad": (1 << 40, "|u1")}, AddressError),
}


@pytest.mark.parametrize("case", WRONG_WATCHES)
def test_watch(open_core: OpenCore, case: str) -> None:
    core = open_core("plain")
    watch, error = WRONG_WATCHES[case]
    with pytest.raises(error):
        core.capture(3, watch=watch)  # type: ignore[arg-type]
    assert core.frame_count == 0
    empty = core.capture(2, watch=[])
    assert empty.watch is not None
    assert empty.watch.shape == (2, 0)


@pytest.mark.parametrize("address", [1, 8, 200, 255])
def test_watched_memory_that_vanishes(build_core: BuildCore, address: int) -> None:
    printed = run_child(
        """
core = Core(sys.argv[1], bytes([8]))
try:
    core.capture(9, watch=[(int(sys.argv[2]), "|u1")])
except AddressError as error:
    print(core.frame_count, error)
print(core.run(3))
""",
        build_core("memory"),
        address,
    )
    assert printed == "5 memory no longer maps a watched address\n3\n"


@pytest.mark.parametrize(
    ("use", "error"),
    [
        (lambda core: core.set_buttons(-1), ValueError),
        (lambda core: core.set_buttons(1 << 16), ValueError),
        (lambda core: core.set_buttons(0, 16), ValueError),
        (lambda core: core.set_buttons(0, -1), ValueError),
        (lambda core: core.set_buttons(0, 1 << 40), ValueError),
        (lambda core: core.set_buttons("A"), TypeError),
        (lambda core: core.set_buttons(1.0), TypeError),
        (lambda core: core.set_buttons(None), TypeError),
        (lambda core: core.set_buttons(0, None), TypeError),
        (lambda core: core.set_analog(0, 2, 0, 0), ValueError),
        (lambda core: core.set_analog(0, -1, 0, 0), ValueError),
        (lambda core: core.set_analog(16, 0, 0, 0), ValueError),
        (lambda core: core.set_analog(0, 0, 32768, 0), ValueError),
        (lambda core: core.set_analog(0, 0, 0, -32769), ValueError),
        (lambda core: core.set_analog(0, 0, 0.5, 0), TypeError),
        (lambda core: core.set_controller(16, 1), ValueError),
        (lambda core: core.set_controller(0, -1), ValueError),
        (lambda core: core.set_controller(0, 1 << 32), ValueError),
        (lambda core: core.set_controller(0, "joypad"), TypeError),
        (lambda core: core.set_cheat(-1, "a"), ValueError),
        (lambda core: core.set_cheat(1 << 40, "a"), ValueError),
        (lambda core: core.set_cheat("first", "a"), TypeError),
        (lambda core: core.set_cheat(0, b"a"), TypeError),
        (lambda core: core.set_cheat(0, None), TypeError),
        (lambda core: core.set_cheat(0, "a\0b"), ValueError),
        (lambda core: core.set_cheat(0, "\udc80"), ValueError),
        (lambda core: setattr(core, "inputs", "text"), ValueError),
        (lambda core: setattr(core, "inputs", records(15)), ValueError),
        (lambda core: core.load_state("text"), TypeError),
        (lambda core: core.load_state(None), TypeError),
        (lambda core: core.load_state(5), TypeError),
        (lambda core: core.load_state(np.zeros((80, 80), np.uint8)[:, ::2]), ValueError),
        (lambda core: core.memory.read("0"), TypeError),
        (lambda core: core.memory.read(0, 5), (TypeError, ValueError)),
        (lambda core: core.memory.read(0, "no type"), ValueError),
        (lambda core: core.memory.read(-1), AddressError),
        (lambda core: core.memory.read(1 << 90), AddressError),
        (lambda core: core.memory.write(0, 256), OverflowError),
        (lambda core: core.memory.write(0, -1), OverflowError),
        (lambda core: core.memory.write(0, 1.5), TypeError),
        (lambda core: core.memory.write(0, "1"), TypeError),
        (lambda core: core.memory.write(4096, 1), AddressError),
        (lambda core: core.memory.write(4095, 1, "<u2"), AddressError),
    ],
)
def test_wrong_arguments(
    open_core: OpenCore, use: Use, error: type[Exception] | tuple[type[Exception], ...]
) -> None:
    core = open_core("plain")
    before = core.memory.system_ram.copy()
    with pytest.raises(error):
        use(core)
    assert np.array_equal(core.memory.system_ram, before)
    assert not core.inputs["joypad"].any()
    assert core.run() == 1


def test_an_input_array_that_shrinks_while_it_is_read() -> None:
    """What Python code in an argument does to other arguments."""
    printed = run_child(
        """
class Index:
    def __index__(self):
        core.close()
        return 2

core = Core("2048")
for use in (
    lambda: core.run(Index()),
    lambda: core.set_buttons(Index()),
    lambda: core.memory.read(Index()),
    lambda: core.memory.write(0, Index()),
    lambda: core.capture(3, watch=[(Index(), "|u1")]),
    lambda: core.set_analog(Index(), 0, 0, 0),
    lambda: core.set_cheat(Index(), "a"),
    lambda: core.set_controller(0, Index()),
):
    core = Core("2048")
    try:
        print(use())
    except LibretroError as error:
        print(type(error).__name__)
"""
    )
    # A hidden close() inside capture() is refused, because the Core is at work by then.
    assert set(printed.split()) <= {"ClosedError", "CoreBusyError", "None"}
