"""What the columns of a `.bk2` are in libretro, for all consoles of BizHawk that cores here play.

Names of columns are those of BizHawk's controllers: a player and a button, such as `P1 Up`; the
console's own switches and the buttons of handhelds have no player. A column of an axis is a number
and a comma, any other one a letter. Sources: BizHawk's controller definitions and its
`Bk2MnemonicLookup.cs`; what libretro cores call their buttons (`SET_INPUT_DESCRIPTORS`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pylibretro.error import MovieError
from pylibretro.input.consoles import Console
from pylibretro.movies.input_log import Places

__all__ = ["PLATFORMS", "Column", "FrameReader", "Switches", "columns_of"]

# BizHawk's names of consoles that are another one's with something added.
PLATFORMS = {"SGX": "PCE", "PCECD": "PCE", "SGXCD": "PCE", "SG": "SMS"}

_PAD = {"PAD " + d: d for d in ("UP", "DOWN", "LEFT", "RIGHT")}
_D_PAD = {"D-" + name: button for name, button in _PAD.items()}
_TURBO = {"B1": "I", "B2": "II", "B3": "III", "B4": "IV", "B5": "V", "B6": "VI"}

# Buttons that BizHawk calls by other names than `pylibretro.input.consoles` does.
_ALIASES: Mapping[str, Mapping[str, str]] = {
    "SMS": {"B1": "B", "B2": "A"},
    "GG": {"B1": "B", "B2": "A"},
    "PCE": _TURBO,
    "PSX": {
        **_D_PAD,
        "X": "CROSS",
        "□": "SQUARE",
        "△": "TRIANGLE",
        "○": "CIRCLE",
        "LEFT STICK, BUTTON": "L3",
        "RIGHT STICK, BUTTON": "R3",
    },
    "SAT": _D_PAD,
    "N64": {"DPAD U": "UP", "DPAD D": "DOWN", "DPAD L": "LEFT", "DPAD R": "RIGHT"},
}

# Buttons of the RetroPad where a core has them in other places than stable-retro's console.
# Mednafen's Saturn: `input_map_pad` of beetle-saturn's input.cpp; ParaLLEl N64: B is Y.
_BITS: Mapping[str, Mapping[str, int]] = {
    "SAT": {"A": 0, "B": 8, "C": 11, "X": 1, "Y": 9, "Z": 10, "L": 12, "R": 13, "START": 3},
    "N64": {"A": 0, "B": 1, "START": 3, "L": 10, "R": 11, "Z": 12},
}

_FULL = 32767
_N64_FULL = 26010  # 127 steps of 32768 / 160, see _AXES
# Digital columns that hold a stick: field, place, value.
_STICKS: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "N64": {
        "A UP": (1, -_N64_FULL),
        "A DOWN": (1, _N64_FULL),
        "A LEFT": (0, -_N64_FULL),
        "A RIGHT": (0, _N64_FULL),
        "C UP": (3, -_FULL),
        "C DOWN": (3, _FULL),
        "C LEFT": (2, -_FULL),
        "C RIGHT": (2, _FULL),
    },
}

# Axes: place in `analog`, what stands for the middle, and the values of libretro for one step.
_AXES: Mapping[str, Mapping[str, tuple[int, int, float]]] = {
    # A stick of 160 steps each way: the core's sensitivity is set to 200 of 80 steps.
    "N64": {"X AXIS": (0, 0, 32768 / 160), "Y AXIS": (1, 0, -32768 / 160)},
    "PSX": {
        "LSTICK X": (0, 128, 256),
        "LSTICK Y": (1, 128, 256),
        "RSTICK X": (2, 128, 256),
        "RSTICK Y": (3, 128, 256),
        "LEFT STICK LEFT / RIGHT": (0, 128, 256),
        "LEFT STICK UP / DOWN": (1, 128, 256),
        "RIGHT STICK LEFT / RIGHT": (2, 128, 256),
        "RIGHT STICK UP / DOWN": (3, 128, 256),
    },
}

_IS_AXIS = re.compile(
    r"( AXIS|[LR]STICK [XY]|STICK (LEFT / RIGHT|UP / DOWN|X|Y)|(MOUSE|TOUCH|LIGHTGUN|ZAPPER|TILT"
    r"|PEN|STYLUS|SCOPE|CURSOR|WHEEL|POSITION) [XYZ]( [12])?|PADDLE( [12])?|LIGHT SENSOR|MIC VOLUME"
    r"|DISC SELECT|DISK INDEX|RESET (CYCLE|INSTRUCTION)|TRIGGER [LR]|[LR] TRIGGER|MOTION .*)$"
)
_OTHER_DEVICE = re.compile(
    r"^(P\d+ )?(MOUSE|LIGHTGUN|ZAPPER|FIRE$|PADDLE|SUPER ?SCOPE|CURSOR|JUSTIFIER|PP\d+$|PEDAL|PEN "
    r"|STYLUS|OFFSCREEN|WHEEL|KEY )"
)
_PLAYER = re.compile(r"^P([0-9]{1,2}) (.+)$", re.ASCII)
_MOST_PORTS = 16
# What may stand in an axis that is no input at all, such as the microphone's volume.
_LEFT_ALONE = ("MIC VOLUME", "LIGHT SENSOR", "RESET CYCLE", "RESET INSTRUCTION", "DIS")

# Nintendo DS: a picture of two screens, one above the other, of 256x192; the lower one is touched.
_TOUCH = {"TOUCH X": (0, 256, 0, 256), "TOUCH Y": (1, 192, 192, 384)}


# The buttons of Stella for positions A and B of each switch.
DIFFICULTIES = {"TOGGLE LEFT DIFFICULTY": (10, 12), "TOGGLE RIGHT DIFFICULTY": (11, 13)}


class Column(NamedTuple):
    """One column of the input log.

    Attributes:
        name: What it is called.
        axis: Whether it holds a number.
        place: Where it goes: field of `PORT_INPUT`, port, place in the field; None for none.
        value: What it adds there when it is held; for an axis the value of one step.
        middle: What an axis has when it is left alone; None if it may have anything, unchanged.
        switch: A switch of the console, such as "RESET"; "" for a button.
    """

    name: str
    axis: bool = False
    place: tuple[str, int, int] | None = None
    value: float = 0
    middle: int | None = 0
    switch: str = ""


def columns_of(keys: Sequence[str], console: Console, *, of_bizhawk: bool) -> list[Column]:
    """Return what the columns with these names are.

    Args:
        keys: The names.
        console: The console.
        of_bizhawk: Whether BizHawk made the movie, whose consoles have switches of their own.

    Raises:
        MovieError: There are more players than ports, or devices that are no gamepads.
    """
    return [_column(key, console, of_bizhawk) for key in keys]


def _switches_of(platform: str, of_bizhawk: bool) -> tuple[str, ...]:
    """The columns that are no buttons; those of an Atari 2600 are, but for these."""
    if platform == "A26" and of_bizhawk:
        return ("POWER", *DIFFICULTIES)
    return ("POWER", "RESET")


def _column(key: str, console: Console, of_bizhawk: bool) -> Column:
    platform, upper = console.bizhawk, key.upper()
    if _OTHER_DEVICE.match(upper):
        raise MovieError(f"it has {key!r}, a device that is no gamepad")
    found = _PLAYER.match(upper)
    port = 0
    if found:
        port, upper = int(found[1]) - 1, found[2]
        if not 0 <= port < _MOST_PORTS:
            raise MovieError(f"it has {port + 1} players; there are {_MOST_PORTS} ports")
    elif upper in _switches_of(platform, of_bizhawk):
        return Column(key, switch=upper)
    if platform == "NDS" and upper in _TOUCH:
        return Column(key, True, ("pointer", port, _TOUCH[upper][0]), 1, None)
    if platform == "NDS" and upper == "TOUCH":
        return Column(key, False, ("pointer_pressed", port, 0), 1)
    if upper in _AXES.get(platform, {}):
        index, middle, step = _AXES[platform][upper]
        return Column(key, True, ("analog", port, index), step, middle)
    if _IS_AXIS.search(upper):
        alone = upper.startswith(_LEFT_ALONE) or upper.endswith("LIGHT SENSOR")
        return Column(key, True, middle=None if alone else 0)
    if upper in _STICKS.get(platform, {}):
        index, value = _STICKS[platform][upper]
        return Column(key, False, ("analog", port, index), value)
    upper = _ALIASES.get(platform, {}).get(upper, upper)
    bit = _BITS.get(platform, {}).get(upper) if of_bizhawk else None
    if bit is None:
        bit = console.button_bit(upper)
    if bit is None or (not found and not of_bizhawk):
        return Column(key)
    return Column(key, False, ("joypad", port, 0), 1 << bit)


class Switches:
    """The difficulty switches of an Atari 2600, which BizHawk's columns change over when pressed.

    libretro's Stella has a button for each position: L and R for A, L2 and R2 for B.
    """

    def __init__(self, at_a: Sequence[str] = ()) -> None:
        """Begin with both in position B, or with those that are named in position A."""
        self.at_a = set(at_a)
        self._pressed: frozenset[str] = frozenset()
        self._first = True

    def press(self, pressed: frozenset[str]) -> int:
        """Return the mask of the buttons that bring the switches where they are in this frame."""
        mask = 0
        if self._first:
            self._first = False
            for name in self.at_a:
                mask |= 1 << DIFFICULTIES[name][0]
        for name in pressed - self._pressed:
            self.at_a ^= {name}
            mask |= 1 << DIFFICULTIES[name][name not in self.at_a]
        self._pressed = pressed
        return mask


class FrameReader:
    """Reads the lines of an input log.

    Args:
        columns: What its columns are.
        switches: The difficulty switches of an Atari 2600.
    """

    KNOWN_LINES = 1 << 14

    def __init__(self, columns: Sequence[Column], switches: Switches | None = None) -> None:
        """Know no line yet."""
        self._columns = columns
        self._switches = switches
        self._lines: dict[str, tuple[Places, frozenset[str]]] = {}
        self._constants: dict[str, str] = {}

    def read(self, line: str, frame: int) -> tuple[Places, bool]:
        """Return what is held in a frame, and whether the console is reset before it.

        Raises:
            MovieError: It does not fit the columns, or has what cannot be played.
        """
        known = self._lines.get(line)
        if known is None:
            known = self._parse(line, frame)
            if len(self._lines) < self.KNOWN_LINES:
                self._lines[line] = known
        held, pressed = known
        if "POWER" in pressed and frame:  # a movie begins with the power being switched on
            raise MovieError(f"frame {frame} has 'Power', which cannot be played")
        difficulty = frozenset(name for name in pressed if name in DIFFICULTIES)
        if self._switches is not None and (mask := self._switches.press(difficulty)):
            place = ("joypad", 0, 0)
            held = {**held, place: held.get(place, 0) | mask}
        return held, "RESET" in pressed

    def _parse(self, line: str, frame: int) -> tuple[Places, frozenset[str]]:
        text = line.replace("|", "")
        held: dict[tuple[str, int, int], int] = {}
        pressed = set()
        position = 0
        for column in self._columns:
            if column.axis:
                comma = text.find(",", position)
                if comma < 0:
                    raise MovieError(f"frame {frame} has no number for {column.name!r}")
                self._axis(column, text[position:comma], frame, held)
                position = comma + 1
                continue
            letter = text[position : position + 1]
            position += 1
            if letter in ("", ".", " "):
                continue
            if column.switch:
                pressed.add(column.switch)
            elif column.place is None:
                raise MovieError(f"frame {frame} has {column.name!r}, which cannot be played")
            elif column.place[0] == "joypad":
                held[column.place] = held.get(column.place, 0) | int(column.value)
            else:
                both = held.get(column.place, 0) + int(column.value)
                held[column.place] = max(-_FULL, min(_FULL, both))
        if position != len(text):
            letters = sum(not column.axis for column in self._columns)
            numbers = f" and {len(self._columns) - letters} numbers"
            raise MovieError(
                f"frame {frame} has {len(text)} letters for {letters} buttons"
                f"{numbers if letters < len(self._columns) else ''}"
            )
        if not held.get(("pointer_pressed", 0, 0)):
            for index in (0, 1):
                held.pop(("pointer", 0, index), None)
        return held, frozenset(pressed)

    def _axis(
        self, column: Column, text: str, frame: int, held: dict[tuple[str, int, int], int]
    ) -> None:
        try:
            number = int(text) if len(text) <= 12 and text.isascii() and "_" not in text else None
        except ValueError:
            number = None
        if number is None:
            raise MovieError(f"frame {frame} has {text[:20]!r} for {column.name!r}; it is a number")
        if column.place is None:
            if column.middle is None:
                if self._constants.setdefault(column.name, text) != text:
                    raise MovieError(f"frame {frame} moves {column.name!r}, which cannot be played")
            elif number not in (column.middle, 128):
                raise MovieError(f"frame {frame} moves {column.name!r}, which cannot be played")
            return
        if column.place[0] == "pointer":
            size, above, whole = list(_TOUCH.values())[column.place[2]][1:]
            number = max(0, min(size - 1, number))
            held[column.place] = round((above + number + 0.5) / whole * 65534 - 32767)
            return
        value = round((number - (column.middle or 0)) * column.value)
        if value and column.place in held:
            value += held[column.place]
        elif not value:
            return
        held[column.place] = max(-_FULL - 1, min(_FULL, value))
