"""Input scripts: a text file that says which buttons are held for how many frames."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import NamedTuple

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError
from pylibretro.enums import Joypad
from pylibretro.files.json_text import read_text

__all__ = ["SCRIPT_HELP", "InputScript", "read_script"]

PORTS = 16
FRAMES_LIMIT = 1 << 40

SCRIPT_HELP = """\
input scripts:
  One line is a number of frames and the buttons held during them. Without buttons nothing is
  held. Buttons are joined with +; those of another port than 0 stand behind its number and a
  colon. The rest of a line after # is a comment. After the last line nothing is held.

    120                     # wait two seconds
    5   START
    60  RIGHT+A   1:LEFT    # player one runs and jumps, player two goes left

  Buttons: """ + " ".join(str(button.name) for button in Joypad)


class Segment(NamedTuple):
    """Some frames with the same buttons on every port."""

    frames: int
    masks: tuple[int, ...]


class InputScript:
    """What is held in every frame of a run.

    Args:
        segments: The lines of the script.
    """

    def __init__(self, segments: Iterable[Segment]) -> None:
        """Keep the lines, and how many ports they need."""
        self.segments = tuple(segments)
        self.frames = sum(segment.frames for segment in self.segments)
        self.ports = max((len(segment.masks) for segment in self.segments), default=0) or 1

    def masks(self, start: int, stop: int) -> NDArray[numpy.uint16]:
        """Return the joypad masks of frames `start` to `stop`, (frames, ports)."""
        masks = numpy.zeros((stop - start, self.ports), numpy.uint16)
        begins = 0
        for segment in self.segments:
            ends = begins + segment.frames
            if begins < stop and ends > start:
                held = slice(max(begins - start, 0), ends - start)
                masks[held, : len(segment.masks)] = segment.masks
            begins = ends
        return masks


def read_script(path: str) -> InputScript:
    """Read a script from a file, or from standard input for `"-"`.

    Raises:
        CommandError: A line makes no sense; the message names it.
        OSError: The file cannot be read.
    """
    if path == "-":
        return parse_script(sys.stdin, "standard input")
    if not os.path.isfile(path):  # a pipe, or what open says is not there
        with open(path, encoding="utf-8") as lines:
            return parse_script(lines, path)
    try:
        return parse_script(read_text(path).splitlines(), path)
    except UnicodeDecodeError:
        raise CommandError(f"{path} is no input script: it is not text") from None
    except ValueError as problem:
        raise CommandError(f"{path} is no input script: {problem}") from None


def parse_script(lines: Iterable[str], source: str) -> InputScript:
    """Parse the lines of a script; `source` names it in messages."""
    segments = []
    for number, line in enumerate(lines, 1):
        words = line.partition("#")[0].split()
        if not words:
            continue
        try:
            segments.append(parse_line(words))
        except ValueError as problem:
            raise CommandError(f"{source}, line {number}: {problem}") from None
    return InputScript(segments)


def parse_line(words: list[str]) -> Segment:
    """Parse `FRAMES [BUTTON+BUTTON] [PORT:BUTTON+BUTTON]...`."""
    if not words[0].isascii() or not words[0].isdigit() or int(words[0]) > FRAMES_LIMIT:
        raise ValueError(f"a line begins with a number of frames, not {words[0]!r}")
    masks = [0]
    for word in words[1:]:
        port_text, separator, buttons = word.rpartition(":")
        port = 0
        if separator:
            if not port_text.isascii() or not port_text.isdigit() or int(port_text) >= PORTS:
                raise ValueError(f"a port is 0 to {PORTS - 1}, not {port_text!r}")
            port = int(port_text)
        masks += [0] * (port + 1 - len(masks))
        for name in buttons.split("+"):
            masks[port] |= button_mask(name)
    return Segment(int(words[0]), tuple(masks))


def button_mask(name: str) -> int:
    """Return the mask of one button's name."""
    names = {str(button.name): int(button) for button in Joypad}
    if name.upper() in names:
        return names[name.upper()]
    from difflib import get_close_matches

    close = get_close_matches(name.upper(), names, n=1)
    hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(names)}"
    raise ValueError(f"there is no button {name!r}; {hint}")
