"""Input: what Python sets is what the core reads, for every device, all through the frame."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observe import BuildCore, OpenCore, notes, words

from pylibretro import (
    PORT_INPUT,
    AnalogStick,
    Core,
    CoreBatch,
    Device,
    Joypad,
    Key,
    Lightgun,
    Mouse,
    Pointer,
)

PORTS, TOUCHES, KEYS = 16, 16, 342
QUERIES: list[tuple[int, int, int]] = [
    *((Device.JOYPAD, 0, id) for id in range(16)),
    (Device.JOYPAD, 0, 256),
    *((Device.ANALOG, stick, id) for stick in range(2) for id in range(2)),
    *((Device.ANALOG, 2, id) for id in range(16)),
    *((Device.MOUSE, 0, id) for id in range(11)),
    *((Device.LIGHTGUN, 0, id) for id in range(17)),
    *((Device.POINTER, touch, id) for touch in range(TOUCHES) for id in (0, 1, 2, 15)),
    (Device.POINTER, 0, Pointer.COUNT),
    *((Device.KEYBOARD, 0, id) for id in range(KEYS)),
]
PLACES = {query: place for place, query in enumerate(QUERIES)}


class Answers:
    """What tests/cores/input.c got from input_state in its last frame."""

    def __init__(self, core: Core) -> None:
        seen = words(core)
        self.table = np.array(seen[: PORTS * len(QUERIES)]).reshape(PORTS, len(QUERIES))
        self.changed, self.disagreed, self.senseless = seen[PORTS * len(QUERIES) :][:3]

    def get(self, port: int, device: int, index: int, id: int) -> int:
        answer = self.table[port][PLACES[device, index, id]]
        return int(answer) - 0x10000 if answer & 0x8000 else int(answer)

    def nonzero(self) -> set[tuple[int, int, int, int]]:
        ports, places = np.nonzero(self.table)
        return {(int(port), *QUERIES[place]) for port, place in zip(ports, places, strict=True)}

    def assert_consistent(self) -> None:
        assert (self.changed, self.disagreed, self.senseless) == (0, 0, 0)


@pytest.fixture(params=[(0, 1), (1, 1), (5, 5)], ids=["no poll", "one poll", "ten polls"])
def echo(open_core: OpenCore, request: pytest.FixtureRequest) -> Core:
    """The echo core, in the three ways in which real cores poll."""
    return open_core("input", bytes(request.param))


def test_nothing_is_pressed_at_first(echo: Core) -> None:
    echo.run(2)
    answers = Answers(echo)
    assert answers.nonzero() == set()
    answers.assert_consistent()


@pytest.mark.parametrize("button", list(Joypad), ids=lambda button: button.name)
def test_each_button(open_core: OpenCore, button: Joypad) -> None:
    core = open_core("input", bytes([1, 2]))
    core.set_buttons(button, port=3)
    core.run()
    answers = Answers(core)
    id = int(button).bit_length() - 1
    assert answers.get(3, Device.JOYPAD, 0, id) == 1
    assert answers.nonzero() == {
        (3, Device.JOYPAD, 0, id),
        (3, Device.JOYPAD, 0, 256),
        (3, Device.ANALOG, 2, id),
    }
    assert answers.get(3, Device.ANALOG, 2, id) == 0x7FFF
    answers.assert_consistent()


@pytest.mark.environment("GET_INPUT_BITMASKS")
def test_all_buttons_at_once(echo: Core) -> None:
    echo.set_buttons(0xFFFF, port=15)
    echo.run()
    answers = Answers(echo)
    assert all(answers.get(15, Device.JOYPAD, 0, id) == 1 for id in range(16))
    assert answers.get(15, Device.JOYPAD, 0, 256) == -1
    answers.assert_consistent()


def test_buttons_are_held_until_changed(echo: Core) -> None:
    echo.set_buttons(Joypad.A | Joypad.LEFT)
    for _ in range(3):
        echo.run(2)
        assert Answers(echo).get(0, Device.JOYPAD, 0, 256) == 0x140
    echo.set_buttons(0)
    echo.run()
    assert Answers(echo).nonzero() == set()


@pytest.mark.parametrize("x", [-32768, -32767, -1, 0, 1, 32767])
def test_analog_sticks_keep_their_full_range(echo: Core, x: int) -> None:
    echo.set_analog(1, AnalogStick.LEFT, x, 5)
    echo.set_analog(1, AnalogStick.RIGHT, -6, x)
    echo.run()
    answers = Answers(echo)
    assert answers.get(1, Device.ANALOG, 0, 0) == x
    assert answers.get(1, Device.ANALOG, 0, 1) == 5
    assert answers.get(1, Device.ANALOG, 1, 0) == -6
    assert answers.get(1, Device.ANALOG, 1, 1) == x
    answers.assert_consistent()


def test_analog_buttons(echo: Core) -> None:
    echo.inputs["analog_buttons"][2, 12] = 12345
    echo.run()
    answers = Answers(echo)
    assert answers.nonzero() == {(2, Device.ANALOG, 2, 12)}
    assert answers.get(2, Device.ANALOG, 2, 12) == 12345


def test_mouse(echo: Core) -> None:
    echo.inputs["mouse"][1] = (-7, 300)
    echo.inputs["mouse_buttons"][1] = 1 << Mouse.RIGHT | 1 << Mouse.WHEELUP | 1 << Mouse.BUTTON_5
    echo.run()
    answers = Answers(echo)
    assert answers.get(1, Device.MOUSE, 0, Mouse.X) == -7
    assert answers.get(1, Device.MOUSE, 0, Mouse.Y) == 300
    pressed = {id for id in range(2, 11) if answers.get(1, Device.MOUSE, 0, id)}
    assert pressed == {Mouse.RIGHT, Mouse.WHEELUP, Mouse.BUTTON_5}


def test_lightgun(echo: Core) -> None:
    echo.inputs["lightgun"][0] = (-32767, 1234)
    echo.inputs["lightgun_relative"][0] = (3, -4)
    echo.inputs["lightgun_buttons"][0] = 1 << Lightgun.TRIGGER | 1 << Lightgun.RELOAD
    echo.run()
    answers = Answers(echo)
    assert answers.get(0, Device.LIGHTGUN, 0, Lightgun.SCREEN_X) == -32767
    assert answers.get(0, Device.LIGHTGUN, 0, Lightgun.SCREEN_Y) == 1234
    assert answers.get(0, Device.LIGHTGUN, 0, 0) == 3
    assert answers.get(0, Device.LIGHTGUN, 0, 1) == -4
    buttons = set(range(17)) - {0, 1, Lightgun.SCREEN_X, Lightgun.SCREEN_Y}
    pressed = {id for id in buttons if answers.get(0, Device.LIGHTGUN, 0, id)}
    assert pressed == {Lightgun.TRIGGER, Lightgun.RELOAD}


def test_pointer_with_several_touches(echo: Core) -> None:
    inputs = echo.inputs
    touches = inputs["pointer"].shape[1]
    for touch in range(touches):
        inputs["pointer"][4, touch] = (1000 * touch, -1000 * touch)
        inputs["pointer_pressed"][4, touch] = touch % 2
    inputs["pointer_offscreen"][4, 1] = True
    echo.run()
    answers = Answers(echo)
    assert answers.get(4, Device.POINTER, 0, Pointer.COUNT) == touches // 2
    for touch in range(touches):
        assert answers.get(4, Device.POINTER, touch, 0) == 1000 * touch
        assert answers.get(4, Device.POINTER, touch, 1) == -1000 * touch
        assert answers.get(4, Device.POINTER, touch, 2) == touch % 2
        assert answers.get(4, Device.POINTER, touch, 15) == (touch == 1)
    answers.assert_consistent()


def test_keyboard(echo: Core) -> None:
    keys = {Key.A, Key.SPACE, Key.F12, Key.UP, Key.LCTRL}
    for key in keys:
        echo.inputs["keyboard"][0, key] = True
    echo.run()
    assert Answers(echo).nonzero() == {(0, Device.KEYBOARD, 0, key) for key in keys}


def test_the_whole_array_can_be_assigned(echo: Core) -> None:
    inputs = np.zeros(PORTS, PORT_INPUT)
    inputs["joypad"] = np.arange(PORTS)
    echo.inputs = inputs
    inputs["joypad"] = 0xFFFF
    echo.run()
    answers = Answers(echo)
    seen = [answers.get(port, Device.JOYPAD, 0, 256) for port in range(PORTS)]
    assert seen == list(range(PORTS))


def anything(seed: int) -> np.ndarray[Any, Any]:
    """Records in which everything has some value, nonsensical bits included."""
    generator = np.random.default_rng(seed)
    records = np.frombuffer(generator.bytes(PORTS * PORT_INPUT.itemsize), PORT_INPUT).copy()
    for field in ("pointer_pressed", "pointer_offscreen", "keyboard"):
        records[field] = generator.integers(0, 2, records[field].shape).astype(bool)
    for field in ("accelerometer", "gyroscope", "illuminance"):
        records[field] = generator.normal(size=records[field].shape).astype(np.float32)
    records["analog_buttons"][:, ::3] = 0
    return np.array(records)


def expected_answer(record: Any, device: int, index: int, id: int) -> int:
    """What libretro.h says that this question means, of one port's record."""
    touches = len(record["pointer"])
    if device == Device.JOYPAD:
        mask = int(record["joypad"])
        return int(np.uint16(mask).view(np.int16)) if id == 256 else mask >> id & 1
    if device == Device.ANALOG and index == 2:
        analog = int(record["analog_buttons"][id])
        return analog or 0x7FFF * (int(record["joypad"]) >> id & 1)
    if device == Device.ANALOG:
        return int(record["analog"][index][id])
    if device == Device.MOUSE:
        if id in (Mouse.X, Mouse.Y):
            return int(record["mouse"][id])
        return int(record["mouse_buttons"]) >> id & 1
    if device == Device.LIGHTGUN:
        if id in (0, 1):
            return int(record["lightgun_relative"][id])
        if id in (Lightgun.SCREEN_X, Lightgun.SCREEN_Y):
            return int(record["lightgun"][id - Lightgun.SCREEN_X])
        return int(record["lightgun_buttons"]) >> id & 1
    if device == Device.KEYBOARD:
        return int(record["keyboard"][id])
    if id == Pointer.COUNT:
        return int(record["pointer_pressed"].sum())
    if index >= touches:
        return 0
    if id in (Pointer.X, Pointer.Y):
        return int(record["pointer"][index][id])
    pressed = record["pointer_pressed" if id == Pointer.PRESSED else "pointer_offscreen"]
    return int(pressed[index])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("way", ["live", "inputs", "batch"])
def test_every_device_index_and_id_at_once(
    open_core: OpenCore, build_core: BuildCore, way: str, seed: int
) -> None:
    records = anything(seed)
    if way == "batch":
        with CoreBatch(build_core("input"), bytes([1, 2]), count=2) as batch:
            batch.run(1, np.stack([anything(seed + 100), records]))
            answers = Answers(batch[1])
    else:
        core = open_core("input", bytes([1, 2]))
        if way == "live":
            core.inputs = records
            core.run()
        else:
            core.run(1, inputs=records[np.newaxis])
        answers = Answers(core)
    answers.assert_consistent()
    for port in range(PORTS):
        for query in QUERIES:
            assert answers.get(port, *query) == expected_answer(records[port], *query), query


def test_masks_for_each_frame(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 1]))
    masks = np.array([1, 2, 0x8000, 0], np.uint16)
    for last in range(1, 5):
        fresh = open_core("input", bytes([1, 1]))
        assert fresh.run(last, inputs=masks[:last]) == last
        assert Answers(fresh).get(0, Device.JOYPAD, 0, 256) & 0xFFFF == masks[last - 1]
        fresh.close()
    core.run(4, inputs=[3, 3, 3, Joypad.START])
    assert Answers(core).get(0, Device.JOYPAD, 0, 256) == Joypad.START


def test_masks_for_each_frame_and_port_leave_other_ports_alone(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 1]))
    core.set_buttons(Joypad.Y, port=2)
    core.run(2, inputs=np.array([[1, 2], [3, 4]], np.uint16))
    answers = Answers(core)
    assert [answers.get(port, Device.JOYPAD, 0, 256) for port in range(4)] == [3, 4, Joypad.Y, 0]


def test_the_live_input_returns_after_inputs_for_frames(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 1]))
    core.set_buttons(Joypad.B)
    core.run(1, inputs=[Joypad.A])
    assert Answers(core).get(0, Device.JOYPAD, 0, 256) == Joypad.A
    core.run(1)
    assert Answers(core).get(0, Device.JOYPAD, 0, 256) == Joypad.B


def test_records_for_each_frame(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 1]))
    records = np.zeros((3, 2), PORT_INPUT)
    records["analog"][2, 1, 0] = (-5, 6)
    records["keyboard"][2, 0, Key.RETURN] = True
    core.run(3, inputs=records)
    assert Answers(core).nonzero() == {
        (1, Device.ANALOG, 0, 0),
        (1, Device.ANALOG, 0, 1),
        (0, Device.KEYBOARD, 0, Key.RETURN),
    }


@pytest.mark.parametrize(
    ("inputs", "error"),
    [
        (np.zeros(3, np.uint16), ValueError),
        (np.zeros((2, 17), np.uint16), ValueError),
        (np.zeros((2, 1, 1), np.uint16), ValueError),
        (np.uint16(0), ValueError),
        ([0, 65536], ValueError),
        ([0, -1], ValueError),
        ([0.0, 1.0], TypeError),
        (["a", "b"], TypeError),
        (np.zeros(2, [("joypad", np.uint16)]), TypeError),
    ],
)
def test_wrong_inputs_are_refused_before_a_frame_runs(
    open_core: OpenCore, inputs: Any, error: type[Exception]
) -> None:
    core = open_core("input")
    with pytest.raises(error, match="inputs"):
        core.run(2, inputs=inputs)
    assert core.frame_count == 0


@pytest.mark.parametrize("mask", [-1, 65536])
def test_a_wrong_mask_is_refused(open_core: OpenCore, mask: int) -> None:
    with pytest.raises(ValueError, match="65535"):
        open_core("input").set_buttons(mask)


@pytest.mark.parametrize("port", [-1, 16])
def test_a_wrong_port_is_refused(open_core: OpenCore, port: int) -> None:
    core = open_core("input")
    calls: list[Callable[[], None]] = [
        lambda: core.set_buttons(0, port=port),
        lambda: core.set_analog(port, 0, 0, 0),
        lambda: core.set_controller(port, Device.JOYPAD),
    ]
    for call in calls:
        with pytest.raises(ValueError, match="port"):
            call()


@pytest.mark.parametrize(("stick", "x", "y"), [(2, 0, 0), (0, 32768, 0), (1, 0, -32769)])
def test_a_wrong_stick_is_refused(open_core: OpenCore, stick: int, x: int, y: int) -> None:
    with pytest.raises(ValueError, match="stick"):
        open_core("input").set_analog(0, stick, x, y)


@pytest.mark.environment("SET_INPUT_DESCRIPTORS", "`core.input_descriptors`")
@pytest.mark.environment("SET_CONTROLLER_INFO", "`core.controllers`")
def test_controllers_and_button_names(open_core: OpenCore) -> None:
    core = open_core("controllers")
    assert [[(c.description, c.id) for c in port] for port in core.controllers] == [
        [("Pad", 1), ("Six buttons", 0x101), ("Light gun", 0x204)],
        [("Mouse", 2)],
    ]
    assert [tuple(descriptor) for descriptor in core.input_descriptors] == [
        (0, Device.JOYPAD, 0, 0, "Fire"),
        (0, Device.ANALOG, 0, 0, "Steer"),
        (1, Device.MOUSE, 0, Mouse.LEFT, "Shoot"),
    ]


def test_joypads_are_plugged_in_after_loading(open_core: OpenCore) -> None:
    core = open_core("controllers")
    assert notes(core) == ["0 0 1", "0 1 1"]


@pytest.mark.environment("SET_INPUT_DESCRIPTORS")
def test_other_controllers_can_be_plugged_in(open_core: OpenCore) -> None:
    core = open_core("controllers", controllers={1: Device.MOUSE, 4: 0x101})
    assert notes(core) == ["0 0 1", "0 1 2", "0 4 257"]
    core.run()
    core.set_controller(0, 0x204)
    assert notes(core)[-1] == "1 0 516"
    assert [tuple(d) for d in core.input_descriptors] == [(0, Device.JOYPAD, 0, 8, "Changed")]


@given(
    st.dictionaries(st.integers(0, 15), st.integers(0, 0xFFFF), max_size=16),
    st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=6),
)
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_buttons(open_core: OpenCore, held: dict[int, int], masks: list[int]) -> None:
    core = open_core("input", bytes([2, 2]))
    for port, mask in held.items():
        core.set_buttons(mask, port)
    core.run()
    answers = Answers(core)
    for port in range(PORTS):
        assert answers.get(port, Device.JOYPAD, 0, 256) & 0xFFFF == held.get(port, 0)
    core.run(len(masks), inputs=masks)
    answers = Answers(core)
    assert answers.get(0, Device.JOYPAD, 0, 256) & 0xFFFF == masks[-1]
    answers.assert_consistent()
    core.close()
