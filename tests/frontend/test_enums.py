"""Every member of pylibretro.enums has the value of the constant it is named after."""

from __future__ import annotations

import doctest
import re
from collections.abc import Callable
from enum import Enum

import pytest
from abi_probe import our_header

from pylibretro import enums
from pylibretro.enums import Device, Joypad, Key, PixelFormat, Rotation

PREFIXES: dict[type[Enum], str] = {
    enums.AnalogStick: "RETRO_DEVICE_INDEX_ANALOG_",
    enums.Device: "RETRO_DEVICE_",
    enums.EnvironmentCommand: "RETRO_ENVIRONMENT_",
    enums.HardwareContextType: "RETRO_HW_CONTEXT_",
    enums.Key: "RETROK_",
    enums.KeyModifier: "RETROKMOD_",
    enums.Language: "RETRO_LANGUAGE_",
    enums.Lightgun: "RETRO_DEVICE_ID_LIGHTGUN_",
    enums.LogLevel: "RETRO_LOG_",
    enums.MemoryFlag: "RETRO_MEMDESC_",
    enums.MemoryType: "RETRO_MEMORY_",
    enums.MessageTarget: "RETRO_MESSAGE_TARGET_",
    enums.MessageType: "RETRO_MESSAGE_TYPE_",
    enums.Mouse: "RETRO_DEVICE_ID_MOUSE_",
    enums.NetpacketFlag: "RETRO_NETPACKET_",
    enums.PixelFormat: "RETRO_PIXEL_FORMAT_",
    enums.Pointer: "RETRO_DEVICE_ID_POINTER_",
    enums.PowerState: "RETRO_POWERSTATE_",
    enums.Region: "RETRO_REGION_",
    enums.ThrottleMode: "RETRO_THROTTLE_",
    enums.RumbleEffect: "RETRO_RUMBLE_",
    enums.SavestateContext: "RETRO_SAVESTATE_CONTEXT_",
    enums.Sensor: "RETRO_SENSOR_",
    enums.SerializationQuirk: "RETRO_SERIALIZATION_QUIRK_",
}

# Constants under an enumeration's prefix that are no values of it.
NOT_MEMBERS: dict[type[Enum], str] = {
    enums.AnalogStick: r"BUTTON",
    enums.Device: r"ID_.*|INDEX_.*|MASK|TYPE_SHIFT|SUBCLASS\(.*",
    enums.EnvironmentCommand: r"EXPERIMENTAL|PRIVATE|RETROARCH_START_BLOCK",
    enums.HardwareContextType: r"DUMMY",
    enums.Key: r"FIRST|LAST|DUMMY",
    enums.KeyModifier: r"NONE|DUMMY",
    enums.Language: r"LAST|DUMMY",
    enums.LogLevel: r"DUMMY",
    enums.MemoryType: r"MASK|ACCESS_.*|TYPE_.*",
    enums.NetpacketFlag: r"BROADCAST",
    enums.PixelFormat: r"UNKNOWN",
    enums.PowerState: r"NO_ESTIMATE",
    enums.RumbleEffect: r"DUMMY",
    enums.SavestateContext: r"UNKNOWN",
    enums.Sensor: r".*_ENABLE|.*_DISABLE|DUMMY",
}

# How a constant's name becomes a Python name, where it has to change.
RENAMED: dict[type[Enum], Callable[[str], str]] = {
    Key: lambda name: f"DIGIT_{name}" if name.isdigit() else name.upper(),
    PixelFormat: lambda name: name.removeprefix("0"),
}


@pytest.mark.parametrize("enumeration", PREFIXES, ids=lambda enumeration: enumeration.__name__)
def test_members_are_the_constants_of_the_header(enumeration: type[Enum]) -> None:
    prefix = PREFIXES[enumeration]
    rename = RENAMED.get(enumeration, str)
    constants = {
        rename(name.removeprefix(prefix)): value
        for name, value in our_header().values.items()
        if name.startswith(prefix)
        and not re.fullmatch(NOT_MEMBERS.get(enumeration, "(?!)"), name.removeprefix(prefix))
    }
    members = {name: member.value for name, member in enumeration.__members__.items()}
    assert len(members) > 1
    assert members == constants


def test_joypad_members_are_the_bits_of_the_button_ids() -> None:
    prefix = "RETRO_DEVICE_ID_JOYPAD_"
    ids = {
        name.removeprefix(prefix): value
        for name, value in our_header().values.items()
        if name.startswith(prefix) and not name.endswith("MASK")
    }
    assert len(ids) == 16
    assert {name: int(button) for name, button in Joypad.__members__.items()} == {
        name: 1 << number for name, number in ids.items()
    }
    assert {name: button.id for name, button in Joypad.__members__.items()} == ids


def test_every_public_enumeration_is_compared() -> None:
    compared = {enumeration.__name__ for enumeration in PREFIXES} | {"Joypad", "Rotation"}
    assert set(enums.__all__) == compared


def test_button_ids_and_masks_convert_both_ways() -> None:
    assert [Joypad.from_id(number).id for number in range(16)] == list(range(16))
    assert Joypad.from_id(8) is Joypad.A


@pytest.mark.parametrize("mask", [Joypad(0), Joypad.A | Joypad.B])
def test_an_id_belongs_to_one_button(mask: Joypad) -> None:
    with pytest.raises(ValueError, match="exactly one button"):
        _ = mask.id


@pytest.mark.parametrize("number", [-1, 16, 256])
def test_an_unknown_button_id_is_refused(number: int) -> None:
    with pytest.raises(ValueError, match=f"0 to 15, not {number}"):
        Joypad.from_id(number)


@pytest.mark.parametrize("base", Device)
@pytest.mark.parametrize("variant", [0, 1, 200])
def test_device_variants_are_libretros(base: Device, variant: int) -> None:
    device = base.subclass(variant)
    assert device == Device.subclass(base, variant)
    assert device == our_header().values[f"RETRO_DEVICE_SUBCLASS({int(base)}, {variant})"]
    assert Device.base(device) is base
    assert Device.base(base) is base


def test_wrong_device_variants_are_refused() -> None:
    with pytest.raises(ValueError, match="numbered from 0, not -1"):
        Device.JOYPAD.subclass(-1)
    with pytest.raises(ValueError, match="77"):
        Device.base(77)


def test_rotation_counts_quarter_turns() -> None:
    assert [int(rotation) * 90 for rotation in Rotation] == [0, 90, 180, 270]
    assert Rotation(3).name == "DEGREES_270"


def test_the_examples_in_the_docstrings_run() -> None:
    result = doctest.testmod(enums)
    assert result.attempted >= 8
    assert result.failed == 0


def test_every_enumeration_says_what_it_is() -> None:
    for name in enums.__all__:
        text = getattr(enums, name).__doc__
        assert text
        assert "``" in text, f"{name} does not name its libretro source"
