"""BizHawk's movies, `.bk2`, as far as stable-retro and gamepads go.

A `.bk2` is a zip. `Header.txt` has a word and its value in each line; `Input Log.txt` names the
buttons and has a line for each frame, with a letter for each button that is held and a dot for one
that is not; `Core.bin` is the state at the beginning, if there is one. BizHawk writes `LogKey:`
before the names of the buttons; stable-retro leaves that out, and the console's own two buttons.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Container, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro.error import MovieError
from pylibretro.input.consoles import STABLE_RETRO_OPTIONS, Console, find_console
from pylibretro.movies.events import Event
from pylibretro.movies.recorded_run import RecordedRun

__all__ = ["read_bk2", "write_bk2"]

RETRO = "Retro"  # what stable-retro calls the version of its movies
# Frames without input that stable-retro has run by the time its first movie from power-on begins:
# one when it opens the core, and one when it makes the env.
FRAMES_BEFORE = 2
LARGEST_FILE = 1 << 30

LETTERS = {
    "A": "A",
    "B": "B",
    "C": "C",
    "X": "X",
    "Y": "Y",
    "Z": "Z",
    "START": "S",
    "SELECT": "s",
    "MODE": "M",
    "UP": "U",
    "DOWN": "D",
    "LEFT": "L",
    "RIGHT": "R",
    "L": "l",
    "R": "r",
    "BUTTON": "B",
}


def read_bk2(path: str | os.PathLike[str]) -> RecordedRun:
    """Read a `.bk2` of stable-retro, or one of BizHawk's own that begins at power-on.

    Raises:
        MovieError: It is not a `.bk2`, or has input that no gamepad has, or begins with a state of
            BizHawk's.
    """
    name = os.fspath(path)
    try:
        with zipfile.ZipFile(name) as archive:
            header = _header(_text(archive, "Header.txt"))
            log = _text(archive, "Input Log.txt")
            state = _member(archive, "Core.bin") or None
    except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError) as problem:
        raise MovieError(f"{name} is no .bk2: {problem}") from None
    platform = header.get("Platform", "")
    console = find_console(platform)
    if console is None:
        raise MovieError(f"{name} is a movie of the console {platform!r}, which is not known here")
    of_retro = header.get("MovieVersion") == RETRO
    if not of_retro and (state is not None or header.get("StartsFromSavestate") in ("True", "1")):
        raise MovieError(
            f"{name} begins with a state of BizHawk's own core, which no libretro core can load"
        )
    try:
        inputs, resets = _parse(log, console)
    except MovieError as problem:
        raise MovieError(f"{name}: {problem}") from None
    if of_retro and state is None:
        inputs = np.concatenate([np.zeros((FRAMES_BEFORE, inputs.shape[1]), np.uint16), inputs])
        resets = [frame + FRAMES_BEFORE for frame in resets]
    return RecordedRun.from_inputs(
        inputs,
        core_file=console.core,
        options=STABLE_RETRO_OPTIONS.get(console.core, {}) if of_retro else {},
        content_name=header.get("GameName") or None,
        start=state,
        events=tuple((frame, Event.RESET, None) for frame in resets),
        notes={"format": "bk2", "header": header},
    )


def _member(archive: zipfile.ZipFile, name: str) -> bytes | None:
    for info in archive.infolist():
        if info.filename.casefold() == name.casefold():
            if info.file_size > LARGEST_FILE:
                raise MovieError(f"its {name} would unpack to {info.file_size:,} bytes")
            return archive.read(info)
    return None


def _text(archive: zipfile.ZipFile, name: str) -> str:
    data = _member(archive, name)
    if data is None:
        raise MovieError(f"{archive.filename} is no .bk2: it has no {name}")
    return data.decode("utf-8-sig", "replace")


def _header(text: str) -> dict[str, str]:
    pairs = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return {key: value for key, _, value in pairs}


def _parse(log: str, console: Console) -> tuple[NDArray[np.uint16], list[int]]:
    """Return the joypad masks (frames, ports), and before which frames the console was reset."""
    keys: list[str] | None = None
    lines = []
    for line in log.splitlines():
        if line.startswith("LogKey:"):
            keys = [key for key in line[7:].replace("#", "|").split("|") if key]
        elif line.startswith("P1 ") and keys is None:
            keys = ["Reset", "Power", *(key for key in line.split("|") if key)]
        elif line.startswith("|"):
            lines.append(line)
    if keys is None:
        raise MovieError("it names no buttons: there is no LogKey in its Input Log.txt")
    columns: list[tuple[int, int] | str] = []
    for key in keys:
        player, _, button = key.partition(" ")
        bit = console.button_bit(button)
        if player[:1] == "P" and player[1:].isdigit() and bit is not None:
            columns.append((int(player[1:]) - 1, bit))
        else:
            columns.append(key)
    ports = max((column[0] for column in columns if isinstance(column, tuple)), default=0) + 1
    if ports > 16:
        raise MovieError(f"it has {ports} players; there are 16 ports")
    inputs = np.zeros((len(lines), ports), np.uint16)
    resets = []
    for frame, line in enumerate(lines):
        letters = line.replace("|", "")
        if len(letters) != len(keys):
            raise MovieError(
                f"frame {frame} has {len(letters)} letters for {len(keys)} buttons; sticks and "
                f"mice of a .bk2 cannot be read"
            )
        for column, letter in zip(columns, letters, strict=True):
            if letter in ". ":
                continue
            if isinstance(column, tuple):
                inputs[frame, column[0]] |= 1 << column[1]
            elif column == "Reset":
                resets.append(frame)
            elif column != "Power" or frame:  # a movie begins with the power being switched on
                raise MovieError(f"frame {frame} has {column!r}, which cannot be played")
    return inputs, resets


def write_bk2(
    movie: RecordedRun,
    path: str | os.PathLike[str],
    *,
    console: str | None = None,
    game: str | None = None,
) -> None:
    """Write a movie as a `.bk2`, which stable-retro plays.

    Args:
        movie: A movie with gamepads alone.
        path: The file.
        console: The name of the console, as BizHawk or stable-retro call it; unless given, it is
            that of the `.bk2` that the movie was read from, or that of the content's file name.
        game: What to call the game; in stable-retro the name of its integration.

    Raises:
        MovieError: The movie has other devices, buttons that the console lacks, or events other
            than resets; or it begins at power-on and has input in its first two frames, which
            stable-retro runs without any before a movie begins.
    """
    header_read = movie.notes.get("header", {}) if movie.notes.get("format") == "bk2" else {}
    told = console or header_read.get("Platform") or movie.content_name or ""
    known = find_console(told)
    if known is None:
        raise MovieError(
            f"which console is this movie of? {told or 'it'} does not tell; give console="
        )
    letters = {
        bit: LETTERS[button]
        for bit, button in enumerate(known.buttons)
        if button is not None and button in LETTERS
    }
    _check_representable(movie, known, letters)
    inputs = movie.inputs()
    resets = {frame for frame, _, _ in movie.events}
    if movie.start is None:
        inputs = inputs[FRAMES_BEFORE:]
        resets = {frame - FRAMES_BEFORE for frame in resets}
    header = {
        "MovieVersion": RETRO,
        "Author": str(movie.notes.get("author", "?")),
        "emuVersion": "pylibretro",
        "Platform": known.bizhawk,
        "GameName": game or movie.content_name or "?",
        "SHA1": movie.content_sha1 or "?",
        "Core": f"{movie.core_name} {movie.core_version}" if movie.core_name else "?",
        "rerecordCount": "1",
    }
    text = "".join(f"{key} {value}\n" for key, value in header.items())
    names = [_column_name(known, bit) for bit in letters]
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        _write(archive, "Header.txt", text)
        _write(archive, "Input Log.txt", _input_log(inputs, resets, names, letters))
        # stable-retro opens no movie without this, and takes an empty one for none.
        _write(archive, "Core.bin", b"" if movie.start is None else bytes(movie.start))


def _check_representable(movie: RecordedRun, console: Console, letters: Mapping[int, str]) -> None:
    if not movie.joypads_only:
        raise MovieError("a .bk2 has gamepads alone, and this movie has other devices")
    others = sorted({what for _, what, _ in movie.events if what != Event.RESET})
    if others:
        raise MovieError(f"a .bk2 cannot say what this movie has: {', '.join(others)}")
    inputs = movie.inputs()
    lacking = int(np.bitwise_or.reduce(inputs, axis=None)) & ~sum(1 << bit for bit in letters)
    if lacking:
        raise MovieError(
            f"the movie holds RetroPad buttons (mask {lacking:#x}) that a .bk2 of {console.name} "
            f"does not have"
        )
    if movie.start is None:
        before = inputs[:FRAMES_BEFORE]
        first_reset = min((frame for frame, _, _ in movie.events), default=FRAMES_BEFORE)
        if len(before) < FRAMES_BEFORE or before.any() or first_reset < FRAMES_BEFORE:
            raise MovieError(
                f"a .bk2 from power-on begins after {FRAMES_BEFORE} frames without input, as "
                f"stable-retro runs them, and this movie does something in them; record it from "
                f"a state: record(..., start='state')"
            )


def _input_log(
    inputs: NDArray[np.uint16],
    resets: Container[int],
    names: Sequence[str],
    letters: Mapping[int, str],
) -> str:
    pads_named = "".join(
        f"P{port + 1} {name}|" for port in range(inputs.shape[1]) for name in names
    )
    # stable-retro counts players in the second line; BizHawk looks for its LogKey.
    log = ["[Input]", pads_named, "LogKey:#Reset|Power|#" + pads_named]
    for frame, masks in enumerate(inputs):
        pads = (
            "".join(letter if mask >> bit & 1 else "." for bit, letter in letters.items())
            for mask in masks.tolist()
        )
        log.append(f"|{'r' if frame in resets else '.'}.|{'|'.join(pads)}|")
    log.append("[/Input]")
    return "\n".join(log) + "\n"


def _write(archive: zipfile.ZipFile, name: str, data: Any) -> None:
    info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))  # equal movies make equal files
    info.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(info, data)


def _column_name(console: Console, bit: int) -> str:
    return str(console.buttons[bit]).capitalize()
