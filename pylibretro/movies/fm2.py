"""FCEUX's movies, `.fm2`: text, for NES games.

After words and their values, each frame is a line `|commands|pad 1|pad 2|...|`, where a pad is
eight letters in the order `RLDUTSBA`, with a dot or a space for a button that is not held.
"""

from __future__ import annotations

import os

import numpy as np
from numpy.typing import NDArray

from pylibretro.enums import Joypad
from pylibretro.error import MovieError
from pylibretro.movies.events import Event
from pylibretro.movies.recorded_run import RecordedRun

__all__ = ["read_fm2"]

BUTTONS = (
    Joypad.RIGHT,
    Joypad.LEFT,
    Joypad.DOWN,
    Joypad.UP,
    Joypad.START,
    Joypad.SELECT,
    Joypad.B,
    Joypad.A,
)
RESET, POWER = 1, 2


def read_fm2(path: str | os.PathLike[str]) -> RecordedRun:
    """Read an `.fm2` of gamepads that begins at power-on.

    Raises:
        MovieError: It is not an `.fm2`, is binary, begins with a state of FCEUX, or has input that
            no gamepad has.
    """
    name = os.fspath(path)
    with open(name, encoding="utf-8", errors="replace") as file:
        lines = file.read().splitlines()
    try:
        return _parse(lines)
    except MovieError as problem:
        raise MovieError(f"{name}: {problem}") from None


def _parse(lines: list[str]) -> RecordedRun:
    header: dict[str, str] = {}
    comments = []
    frames = []
    for line in lines:
        if line.startswith("|"):
            frames.append(line)
            continue
        key, _, value = line.strip().partition(" ")
        if key in ("comment", "subtitle"):
            comments.append(value)
        elif key:
            header[key] = value
    if header.get("version") != "3":
        raise MovieError("it is no .fm2 of version 3")
    if header.get("binary", "0") not in ("0", ""):
        raise MovieError("it is binary; save it as text in FCEUX")
    if "savestate" in header:
        raise MovieError("it begins with a state of FCEUX, which no libretro core can load")
    ports = _ports(header)
    inputs = np.zeros((len(frames), ports), np.uint16)
    resets = []
    for frame, line in enumerate(frames):
        command = _read_frame(line, frame, inputs[frame], header)
        if command & RESET:
            resets.append(frame)
    return RecordedRun.from_inputs(
        inputs,
        core_file="fceumm",
        content_name=header.get("romFilename"),
        events=tuple((frame, Event.RESET, None) for frame in resets),
        notes={"format": "fm2", "header": header, "comments": comments},
    )


def _ports(header: dict[str, str]) -> int:
    if header.get("fourscore", "0") == "1":
        return 4
    devices = [header.get("port0", "0"), header.get("port1", "0")]
    if not set(devices) <= {"0", "1"}:
        raise MovieError("it has devices that are no gamepads")
    return 2 if devices[1] == "1" else 1


def _read_frame(line: str, frame: int, masks: NDArray[np.uint16], header: dict[str, str]) -> int:
    fields = line.split("|")[1:]
    try:
        command = int(fields[0] or "0")
    except ValueError:
        raise MovieError(f"frame {frame} begins with {fields[0]!r}, which is no command") from None
    if command & ~(RESET | (POWER if frame == 0 else 0)):
        raise MovieError(f"frame {frame} has the command {command}, which cannot be played")
    # A port without a pad has an empty field.
    plugged = [0, 1, 2, 3] if header.get("fourscore", "0") == "1" else [0, 1][: len(masks)]
    for port in plugged:
        pad = fields[1 + port] if 1 + port < len(fields) else ""
        if pad and len(pad) != len(BUTTONS):
            raise MovieError(f"frame {frame} has {pad!r}, which is no gamepad")
        for button, letter in zip(BUTTONS, pad, strict=False):
            if letter not in ". ":
                masks[port] |= int(button)
    return command
