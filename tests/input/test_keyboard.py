"""The keyboard callback: events in order, with characters and modifiers; and text without keys."""

from __future__ import annotations

import string
from typing import Any, NamedTuple

import numpy as np
import pytest
from observe import BuildCore, OpenCore, notes

from pylibretro import PORT_INPUT, Core, CoreBatch, CoreBusyError, Key, LibretroError
from pylibretro.enums import KeyModifier

SHIFT, CTRL, ALT, META = KeyModifier.SHIFT, KeyModifier.CTRL, KeyModifier.ALT, KeyModifier.META
CAPS, NUM, SCROLL = KeyModifier.CAPSLOCK, KeyModifier.NUMLOCK, KeyModifier.SCROLLOCK


class Event(NamedTuple):
    frame: int
    down: bool
    key: int
    character: str
    modifiers: int


def events(core: Core) -> list[Event]:
    """All that tests/cores/keyboard.c has been told."""
    told = [line.split() for line in notes(core)]
    return [
        Event(int(frame), way == "down", int(key), chr(int(code)) if int(code) else "", int(mods))
        for frame, way, key, code, mods in told
    ]


def press(core: Core, *keys: int) -> list[Event]:
    """Hold just these keys for a frame; what the core is told of that."""
    before = len(events(core))
    core.inputs["keyboard"][0] = False
    core.inputs["keyboard"][0, list(keys)] = True
    core.run()
    return events(core)[before:]


def typed(core: Core, *keys: int) -> str:
    return "".join(event.character for event in press(core, *keys))


@pytest.fixture
def keyboard(open_core: OpenCore) -> Core:
    return open_core("keyboard")


@pytest.mark.environment("SET_KEYBOARD_CALLBACK", "called before a frame for each key that changed")
def test_keys_are_told_when_they_change(keyboard: Core) -> None:
    keyboard.run()
    keyboard.inputs["keyboard"][0, Key.X] = True
    keyboard.run(3)
    keyboard.inputs["keyboard"][0, Key.X] = False
    keyboard.run(2)
    assert events(keyboard) == [Event(1, True, Key.X, "x", 0), Event(4, False, Key.X, "", 0)]


def test_modifiers_go_down_before_other_keys_and_up_after_them(keyboard: Core) -> None:
    assert press(keyboard, Key.A, Key.LSHIFT) == [
        Event(0, True, Key.LSHIFT, "", SHIFT),
        Event(0, True, Key.A, "A", SHIFT),
    ]
    assert press(keyboard, Key.B, Key.RCTRL) == [
        Event(1, False, Key.A, "", SHIFT),
        Event(1, False, Key.LSHIFT, "", 0),
        Event(1, True, Key.RCTRL, "", CTRL),
        Event(1, True, Key.B, "", CTRL),
    ]


def test_keys_of_one_frame_come_in_the_order_of_their_numbers(keyboard: Core) -> None:
    keys = [Key.F12, Key.C, Key.SPACE, Key.UP, Key.B]
    assert [event.key for event in press(keyboard, *keys)] == sorted(keys)


@pytest.mark.parametrize(
    ("key", "modifier"),
    [
        (Key.LSHIFT, SHIFT),
        (Key.RSHIFT, SHIFT),
        (Key.LCTRL, CTRL),
        (Key.RCTRL, CTRL),
        (Key.LALT, ALT),
        (Key.RALT, ALT),
        (Key.LMETA, META),
        (Key.RMETA, META),
        (Key.LSUPER, META),
        (Key.RSUPER, META),
    ],
)
def test_each_modifier(keyboard: Core, key: int, modifier: int) -> None:
    told = press(keyboard, key, Key.DIGIT_1)
    assert told == [
        Event(0, True, key, "", modifier),
        Event(0, True, Key.DIGIT_1, "!" if modifier == SHIFT else "", modifier),
    ]
    assert press(keyboard) == [
        Event(1, False, Key.DIGIT_1, "", modifier),
        Event(1, False, key, "", 0),
    ]


PLAIN = "`1234567890-=[]\\;',./ "
SHIFTED = '~!@#$%^&*()_+{}|:"<>? '


@pytest.mark.parametrize(("plain", "shifted"), list(zip(PLAIN, SHIFTED, strict=True)))
def test_characters_of_an_american_keyboard(keyboard: Core, plain: str, shifted: str) -> None:
    assert typed(keyboard, ord(plain)) == plain
    press(keyboard)
    assert typed(keyboard, ord(plain), Key.LSHIFT) == shifted
    press(keyboard)
    press(keyboard, Key.CAPSLOCK)
    press(keyboard)
    assert typed(keyboard, ord(plain)) == plain, "Caps Lock is for letters"


def test_letters_with_shift_and_caps_lock(keyboard: Core) -> None:
    letters = [ord(letter) for letter in string.ascii_lowercase]
    assert typed(keyboard, *letters) == string.ascii_lowercase
    press(keyboard)
    assert typed(keyboard, *letters, Key.RSHIFT) == string.ascii_uppercase
    press(keyboard, Key.CAPSLOCK)
    assert typed(keyboard, *letters) == string.ascii_uppercase
    press(keyboard)
    assert typed(keyboard, *letters, Key.LSHIFT) == string.ascii_lowercase


@pytest.mark.parametrize(
    ("key", "lock"), [(Key.CAPSLOCK, CAPS), (Key.NUMLOCK, NUM), (Key.SCROLLOCK, SCROLL)]
)
def test_locks_change_each_time_their_key_goes_down(keyboard: Core, key: int, lock: int) -> None:
    assert press(keyboard, key) == [Event(0, True, key, "", lock)]
    assert press(keyboard) == [Event(1, False, key, "", lock)]
    assert [event.modifiers for event in press(keyboard, Key.F1)] == [lock]
    assert [event.modifiers for event in press(keyboard, Key.F1, Key.LALT)] == [lock | ALT]
    press(keyboard)
    assert press(keyboard, key)[0].modifiers == 0
    assert press(keyboard, Key.F2)[-1].modifiers == 0


def test_keypad(keyboard: Core) -> None:
    numbers = range(Key.KP0, Key.KP_PERIOD + 1)
    others = range(Key.KP_DIVIDE, Key.KP_EQUALS + 1)
    assert typed(keyboard, *numbers, *others) == "/*-+\r="
    press(keyboard, Key.NUMLOCK)
    press(keyboard)
    assert typed(keyboard, *numbers, *others) == "0123456789./*-+\r="


@pytest.mark.parametrize(
    ("key", "character"),
    [
        (Key.RETURN, "\r"),
        (Key.TAB, "\t"),
        (Key.BACKSPACE, "\b"),
        (Key.ESCAPE, "\x1b"),
        (Key.DELETE, "\x7f"),
        (Key.F5, ""),
        (Key.LEFT, ""),
        (Key.PRINT, ""),
    ],
)
def test_keys_that_are_no_letters(keyboard: Core, key: int, character: str) -> None:
    assert typed(keyboard, key) == character


def test_every_key_can_be_pressed_and_released(keyboard: Core) -> None:
    keys = [key for key in Key if key != Key.UNKNOWN]
    assert sorted(event.key for event in press(keyboard, *keys)) == sorted(keys)
    assert sorted(event.key for event in press(keyboard)) == sorted(keys)


def test_only_port_0_has_events(keyboard: Core) -> None:
    keyboard.inputs["keyboard"][1:, Key.A] = True
    keyboard.run()
    assert events(keyboard) == []


@pytest.mark.parametrize("way", ["run", "batch"])
def test_events_of_records_for_each_frame(
    open_core: OpenCore, build_core: BuildCore, way: str
) -> None:
    records = np.zeros((4, 1), PORT_INPUT)
    records["keyboard"][1, 0, [Key.H, Key.LSHIFT]] = True
    records["keyboard"][2, 0, Key.I] = True
    expected = [
        Event(1, True, Key.LSHIFT, "", SHIFT),
        Event(1, True, Key.H, "H", SHIFT),
        Event(2, False, Key.H, "", SHIFT),
        Event(2, False, Key.LSHIFT, "", 0),
        Event(2, True, Key.I, "i", 0),
        Event(3, False, Key.I, "", 0),
    ]
    if way == "run":
        core = open_core("keyboard")
        core.run(4, inputs=records)
        assert [event._replace(frame=event.frame) for event in events(core)] == expected
    else:
        with CoreBatch(build_core("keyboard"), count=2) as batch:
            batch.run(4, np.stack([records, np.zeros_like(records)], axis=1))
            assert events(batch[0]) == expected
            assert events(batch[1]) == []


def test_a_reset_tells_no_keys(keyboard: Core) -> None:
    """As of a keyboard when a computer is reset: what is held stays held until it is let go."""
    press(keyboard, Key.CAPSLOCK, Key.A)
    before = len(events(keyboard))
    keyboard.reset()
    keyboard.run()
    assert events(keyboard)[before:] == []
    assert [(event.down, event.key) for event in press(keyboard)] == [
        (False, Key.A),
        (False, Key.CAPSLOCK),
    ]
    assert press(keyboard, Key.A)[0].modifiers == CAPS


def test_a_restored_state_has_the_keys_and_locks_of_its_moment(
    keyboard: Core, open_core: OpenCore
) -> None:
    press(keyboard, Key.CAPSLOCK)
    press(keyboard, Key.NUMLOCK, Key.Q)
    state = keyboard.snapshot()
    go_on = press(keyboard, Key.W, Key.NUMLOCK, Key.KP7)
    press(keyboard)
    press(keyboard, Key.CAPSLOCK)
    for core in (keyboard, open_core("keyboard")):
        core.restore(state)
        again = press(core, Key.W, Key.NUMLOCK, Key.KP7)
        assert [event[1:] for event in again] == [event[1:] for event in go_on]
        assert [event.character for event in again if event.down] == ["W", "7"]


def test_restoring_tells_held_lock_keys_without_changing_their_lock(keyboard: Core) -> None:
    press(keyboard, Key.CAPSLOCK)
    state = keyboard.snapshot()
    press(keyboard)
    press(keyboard, Key.CAPSLOCK)
    press(keyboard)
    assert press(keyboard, Key.A)[0].character == "a"
    before = len(events(keyboard))
    keyboard.restore(state)
    told = events(keyboard)[before:]
    assert [(event.down, event.key) for event in told] == [(False, Key.A), (True, Key.CAPSLOCK)]
    assert {event.modifiers for event in told} == {CAPS}
    assert press(keyboard, Key.CAPSLOCK, Key.A)[-1].character == "A"


@pytest.mark.environment("SET_KEYBOARD_CALLBACK", "and for `core.type_text`")
def test_text_is_told_before_the_next_frame(keyboard: Core) -> None:
    keyboard.run(2)
    keyboard.type_text("Grüße, 世界 🎮")
    keyboard.type_text("!")
    assert events(keyboard) == []
    keyboard.run(3)
    told = events(keyboard)
    assert "".join(event.character for event in told) == "Grüße, 世界 🎮!"
    assert {event[:3] + event[4:] for event in told} == {(2, True, int(Key.UNKNOWN), 0)}


def test_text_has_the_modifiers_that_are_held(keyboard: Core) -> None:
    press(keyboard, Key.LSHIFT)
    keyboard.type_text("é")
    assert press(keyboard, Key.LSHIFT) == [Event(1, True, Key.UNKNOWN, "é", SHIFT)]


def test_text_waits_in_batches_too(build_core: BuildCore) -> None:
    with CoreBatch(build_core("keyboard"), count=2) as batch:
        batch[1].type_text("ok")
        batch.run(2)
        assert events(batch[0]) == []
        assert [event.character for event in events(batch[1])] == ["o", "k"]
        batch.send()
        with pytest.raises(CoreBusyError):
            batch[1].type_text("late")
        batch.recv()


@pytest.mark.parametrize("text", ["\0", "a\0", "\ud800", "x" * 1025])
def test_wrong_text_is_refused(keyboard: Core, text: str) -> None:
    with pytest.raises(ValueError, match="text"):
        keyboard.type_text(text)
    keyboard.type_text("x" * 1024)
    with pytest.raises(ValueError, match="waiting"):
        keyboard.type_text("x")
    keyboard.run()
    assert len(events(keyboard)) == 1024


@pytest.mark.parametrize("text", [None, 5, b"bytes"])
def test_text_is_a_str(keyboard: Core, text: Any) -> None:
    with pytest.raises(TypeError, match="str"):
        keyboard.type_text(text)


def test_a_core_without_keyboard_events_takes_no_text(open_core: OpenCore) -> None:
    with pytest.raises(LibretroError, match="inputs"):
        open_core("plain").type_text("x")
