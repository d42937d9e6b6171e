"""BizHawk's movies, `.bk2`, as far as stable-retro and gamepads go.

A `.bk2` is a zip. `Header.txt` has a word and its value in each line; `Input Log.txt` names the
buttons and has a line for each frame, with a letter for each button that is held and a dot for one
that is not; `Core.bin` is the state at the beginning, if there is one. BizHawk writes `LogKey:`
before the names of the buttons; stable-retro leaves that out, and the console's own two buttons.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Container, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro.error import MovieError
from pylibretro.files.archives import member_chunks, open_zip, read_member
from pylibretro.files.containers import PackedError
from pylibretro.files.json_text import parse_json
from pylibretro.files.whole_file import open_whole
from pylibretro.input.consoles import STABLE_RETRO_OPTIONS, Console, find_console
from pylibretro.movies.bk2_columns import PLATFORMS, Column, FrameReader, Switches, columns_of
from pylibretro.movies.core_needs import PAL_OPTIONS, needs_of
from pylibretro.movies.events import Event
from pylibretro.movies.input_log import InputLog
from pylibretro.movies.recorded_run import RecordedRun
from pylibretro.states.state_files import LARGEST_STATE

__all__ = ["read_bk2", "write_bk2"]

RETRO = "Retro"  # what stable-retro calls the version of its movies
# Frames without input that stable-retro has run by the time its first movie from power-on begins:
# one when it opens the core, and one when it makes the env.
FRAMES_BEFORE = 2
LARGEST_TEXT = 1 << 20
LARGEST_SAVE_RAM = 1 << 26
LARGEST_LOG = 1 << 30  # which is read line by line
LONGEST_LINE = 1 << 12
MOST_COLUMNS = 1024

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

    What the movie needs of the core, such as its region, more than two gamepads, or sticks, is
    among its `options` and `controllers`.

    Raises:
        MovieError: It is not a `.bk2`, or has input that no gamepad has, or begins with a state of
            BizHawk's, or needs what the core of its console cannot be told.
        OSError: The file cannot be read.
    """
    name = os.fspath(path)
    try:
        with open_zip(name) as archive:
            return _read(archive, name)
    except PackedError as problem:
        raise MovieError(f"{name} is no .bk2: {problem}") from None
    except MovieError as problem:
        raise MovieError(f"{name}: {problem}") from None


def _read(archive: zipfile.ZipFile, name: str) -> RecordedRun:
    header = _header(_text(archive, "Header.txt", name))
    platform = header.get("Platform", "")
    console = find_console(PLATFORMS.get(platform, platform)) if "." not in platform else None
    if console is None:
        raise MovieError(f"it is a movie of the console {platform[:40]!r}, which is not known here")
    of_retro = header.get("MovieVersion") == RETRO
    state = _member(archive, "Core.bin", LARGEST_STATE) or None
    if not of_retro and (state is not None or _is_true(header, "StartsFromSavestate")):
        raise MovieError(
            "it begins with a state of BizHawk's own core, which no libretro core can load"
        )
    save_ram = _save_ram(archive) if _is_true(header, "StartsFromSaveRam") else None
    switches = None
    if console.bizhawk == "A26" and not of_retro:
        switches = Switches(_difficulties_at_a(archive))
    log, resets, columns = _input(archive, console, of_retro=of_retro, switches=switches)
    before = FRAMES_BEFORE if of_retro and state is None else 0
    options: dict[str, str] = {}
    controllers: dict[int, int] = {}
    if of_retro:
        options |= STABLE_RETRO_OPTIONS.get(console.core, {})
    else:
        options, controllers = needs_of(console, columns)
    if _is_true(header, "PAL"):
        options |= PAL_OPTIONS.get(console.core, {})
    return RecordedRun(
        core_file=console.core,
        options=options,
        controllers=controllers,
        content_name=header.get("GameName") or None,
        start=state,
        save_ram=save_ram,
        events=tuple((frame + before, Event.RESET, None) for frame in resets),
        notes={"format": "bk2", "header": header}
        | ({"region": "PAL"} if _is_true(header, "PAL") else {}),
        **log.attributes(before=before),
    )


def _is_true(header: Mapping[str, str], key: str) -> bool:
    return header.get(key, "").strip().lower() in ("true", "1")


def _find(archive: zipfile.ZipFile, name: str) -> zipfile.ZipInfo | None:
    for info in archive.infolist():
        if info.filename.casefold() == name.casefold():
            return info
    return None


def _member(archive: zipfile.ZipFile, name: str, limit: int) -> bytes | None:
    info = _find(archive, name)
    if info is None:
        return None
    try:
        return read_member(archive, info, limit)
    except PackedError as problem:
        raise MovieError(f"its {name}: {problem}") from None


def _text(archive: zipfile.ZipFile, name: str, path: str) -> str:
    data = _member(archive, name, LARGEST_TEXT)
    if data is None:
        raise MovieError(f"{os.path.basename(path)} is no .bk2: it has no {name}")
    return data.decode("utf-8-sig", "replace")


def _header(text: str) -> dict[str, str]:
    pairs = (line.strip().partition(" ") for line in text.splitlines() if line.strip())
    return {key: value for key, _, value in pairs}


def _save_ram(archive: zipfile.ZipFile) -> bytes:
    for name in ("MovieSaveRam.bin", "MovieSaveRam", "SaveRam.bin"):
        data = _member(archive, name, LARGEST_SAVE_RAM)
        if data is not None:
            return data
    packed = [info.filename for info in archive.infolist() if "saveram" in info.filename.lower()]
    if packed:
        raise MovieError(
            f"it begins from save RAM, which is packed as {packed[0]}; save the movie again with a "
            f"BizHawk of version 2.9 or newer"
        )
    raise MovieError("it begins from save RAM, and has none in it")


def _difficulties_at_a(archive: zipfile.ZipFile) -> list[str]:
    """Return which difficulty switches of an Atari 2600 the movie begins with in position A."""
    data = _member(archive, "SyncSettings.json", LARGEST_TEXT)
    if not data:
        return []
    try:
        settings = parse_json(data.decode("utf-8-sig", "replace"))
    except ValueError:
        return []
    settings = settings.get("o", settings) if isinstance(settings, dict) else {}
    return [
        f"TOGGLE {side.upper()} DIFFICULTY"
        for side in ("Left", "Right")
        if isinstance(settings, dict) and settings.get(f"{side}Difficulty") is False
    ]


def _input(
    archive: zipfile.ZipFile, console: Console, *, of_retro: bool, switches: Switches | None
) -> tuple[InputLog, list[int], list[Column]]:
    """Return what is held, before which frames the console is reset, and the columns."""
    info = _find(archive, "Input Log.txt")
    if info is None:
        raise MovieError("it is no .bk2: it has no Input Log.txt")
    log, resets = InputLog(), []
    columns: list[Column] = []
    reader: FrameReader | None = None
    try:
        for line in _lines(archive, info):
            if line.startswith("LogKey:") or (line.startswith("P1 ") and reader is None):
                keys = _keys(line)
                columns = columns_of(keys, console, of_bizhawk=not of_retro)
                reader = FrameReader(columns, switches)
            elif line.startswith("|"):
                if reader is None:
                    raise MovieError("it names no buttons: its Input Log.txt has no LogKey")
                held, is_reset = reader.read(line, log.frames)
                if is_reset:
                    resets.append(log.frames)
                log.add(held)
    except PackedError as problem:
        raise MovieError(f"its Input Log.txt: {problem}") from None
    if reader is None:
        raise MovieError("it names no buttons: its Input Log.txt has no LogKey")
    return log, resets, columns


def _keys(line: str) -> list[str]:
    if line.startswith("LogKey:"):
        keys = [key for key in line[7:].replace("#", "|").split("|") if key]
    else:
        keys = ["Reset", "Power", *(key for key in line.split("|") if key)]
    if len(keys) > MOST_COLUMNS:
        raise MovieError(f"it has {len(keys):,} columns; {MOST_COLUMNS} are the most")
    return keys


def _lines(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[str]:
    rest = b""
    for part in member_chunks(archive, info, LARGEST_LOG):
        *lines, rest = (rest + part).split(b"\n")
        for line in lines:
            yield line.rstrip(b"\r").decode("utf-8-sig", "replace")
        if len(rest) > LONGEST_LINE:
            raise MovieError(f"it has a line of more than {LONGEST_LINE:,} letters")
    yield rest.rstrip(b"\r").decode("utf-8-sig", "replace")


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
        bit: LETTERS.get(button, button[0])
        for bit, button in enumerate(known.buttons)
        if button is not None
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
    with open_whole(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
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
