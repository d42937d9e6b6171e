"""FCEUX's movies, `.fm2`, for NES games: text, or a text with binary frames.

After words and their values, each frame is a line `|commands|pad 1|pad 2|...|`, where a pad is
eight letters in the order `RLDUTSBA`, with a dot or a space for a button that is not held. In a
binary one, a `|` ends the words, and each frame has a byte of commands and one for each pad, whose
highest bit is R. Source: FCEUX's `movie.cpp`.
"""

from __future__ import annotations

import os
from typing import IO

from pylibretro.enums import Joypad
from pylibretro.error import MovieError
from pylibretro.movies.core_needs import NES_FOUR_PADS
from pylibretro.movies.events import Event
from pylibretro.movies.input_log import InputLog, Places
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
LONGEST_LINE = 1 << 16
MOST_WORDS = 1 << 12
READ_AT_ONCE = 1 << 16
GAMEPAD, NOTHING = "1", "0"


def read_fm2(path: str | os.PathLike[str]) -> RecordedRun:
    """Read an `.fm2` of gamepads that begins at power-on.

    Raises:
        MovieError: It is not an `.fm2`, begins with a state of FCEUX, or has input that no gamepad
            has.
        OSError: The file cannot be read.
    """
    name = os.fspath(path)
    with open(name, "rb") as file:
        try:
            return _read(file)
        except MovieError as problem:
            raise MovieError(f"{name}: {problem}") from None


class _Words:
    """The words with which a movie begins, and what they say."""

    def __init__(self) -> None:
        self.header: dict[str, str] = {}
        self.comments: list[str] = []

    def add(self, line: bytes) -> None:
        key, _, value = line.decode("utf-8", "replace").strip().lstrip("\ufeff").partition(" ")
        if key in ("comment", "subtitle"):
            self.comments.append(value)
        elif key:
            self.header[key] = value
        if len(self.header) + len(self.comments) > MOST_WORDS:
            raise MovieError(f"it has more than {MOST_WORDS:,} words before its frames")

    def flag(self, key: str) -> bool:
        return self.header.get(key, "0").strip() not in ("0", "")

    def check(self) -> None:
        """Refuse what cannot be played, with the reason."""
        if self.header.get("version") != "3":
            raise MovieError("it is no .fm2 of version 3")
        if "savestate" in self.header or "saveram" in self.header:
            raise MovieError("it begins with a state of FCEUX, which no libretro core can load")
        devices = [self.header.get(f"port{port}", NOTHING) for port in range(2)]
        if not self.flag("fourscore") and not set(devices) <= {GAMEPAD, NOTHING}:
            raise MovieError("it has devices that are no gamepads")
        if self.header.get("port2", NOTHING) != NOTHING:
            raise MovieError("it has a device in the expansion port, which is no gamepad")

    @property
    def pads(self) -> list[int]:
        """The ports with gamepads."""
        if self.flag("fourscore"):
            return [0, 1, 2, 3]
        pads = [port for port in range(2) if self.header.get(f"port{port}") == GAMEPAD]
        return pads if "port0" in self.header or "port1" in self.header else [0]


def _read(file: IO[bytes]) -> RecordedRun:
    words, log = _Words(), InputLog()
    resets: list[int] = []
    checked = False
    while line := file.readline(LONGEST_LINE):
        if line.startswith(b"|"):
            if not checked:
                words.check()
                checked = True
            if words.flag("binary"):
                _read_binary(line[1:], file, words, log, resets)
                break
            command, held = _frame(line.decode("latin-1").strip("\r\n"), log.frames, words)
            _note(command, log, resets)
            log.add(held)
        elif len(line) >= LONGEST_LINE:
            raise MovieError(f"it has a line of more than {LONGEST_LINE:,} letters")
        else:
            words.add(line)
    if not checked:
        words.check()
        if words.flag("binary"):
            raise MovieError("it is binary, and has no frames")
    options = {} if "palFlag" not in words.header else {"fceumm_region": _region(words)}
    return RecordedRun(
        core_file="fceumm",
        options=options,
        controllers=NES_FOUR_PADS if words.flag("fourscore") else {},
        content_name=words.header.get("romFilename"),
        events=tuple((frame, Event.RESET, None) for frame in resets),
        notes={"format": "fm2", "header": words.header, "comments": words.comments},
        **log.attributes(),
    )


def _region(words: _Words) -> str:
    return "PAL" if words.flag("palFlag") else "NTSC"


def _read_binary(
    begun: bytes, file: IO[bytes], words: _Words, log: InputLog, resets: list[int]
) -> None:
    """Read binary frames, of which a line that was read has the first bytes."""
    pads = words.pads
    size = 1 + len(pads)
    while part := begun or file.read(READ_AT_ONCE):
        part += file.read(-len(part) % size)
        begun = b""
        for start in range(0, len(part), size):
            record = part[start : start + size]
            if len(record) < size:
                raise MovieError(f"frame {log.frames} is cut off")
            held = {}
            for port, letters in zip(pads, record[1:], strict=True):
                mask = sum(
                    int(button) for i, button in enumerate(BUTTONS) if letters >> (7 - i) & 1
                )
                if mask:
                    held["joypad", port, 0] = mask
            _note(record[0], log, resets)
            log.add(held)


def _note(command: int, log: InputLog, resets: list[int]) -> None:
    if command & ~(RESET | (POWER if log.frames == 0 else 0)):
        raise MovieError(f"frame {log.frames} has the command {command}, which cannot be played")
    if command & RESET:
        resets.append(log.frames)


def _frame(line: str, frame: int, words: _Words) -> tuple[int, Places]:
    fields = line.split("|")[1:]
    text = fields[0] or "0"
    if not text.isascii() or not text.isdigit() or len(text) > 3:
        raise MovieError(f"frame {frame} begins with {text[:20]!r}, which is no command")
    held = {}
    # A port without a pad has an empty field.
    for port in words.pads:
        pad = fields[1 + port] if 1 + port < len(fields) else ""
        if pad and len(pad) != len(BUTTONS):
            raise MovieError(f"frame {frame} has {pad[:20]!r}, which is no gamepad")
        mask = sum(
            int(button) for button, letter in zip(BUTTONS, pad, strict=False) if letter not in ". "
        )
        if mask:
            held["joypad", port, 0] = mask
    return int(text), held
