"""Kinds of writing that may be cut short at any moment, and what has to be there afterwards.

Each kind writes one of several versions of a file again and again. After a `kill -9` the file is
one of these versions, whole, and nothing else is beside it once it has been opened again.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from pylibretro import Core, Joypad, record
from pylibretro.content.save_ram import SaveRAMFile
from pylibretro.files.whole_file import remove_interrupted
from pylibretro.games.game import Game

LONGEST_LIFE = 0.02  # seconds


@dataclass(frozen=True)
class Writing:
    """One kind of writing.

    Attributes:
        name: The file's name.
        writers: For each version a function that writes it to a path.
        extras: Names of other files that belong to it.
    """

    name: str
    writers: Callable[[], list[Callable[[Path], object]]]
    extras: tuple[str, ...] = ()


def _movies() -> list[Callable[[Path], object]]:
    with Core("2048") as core, record(core, every=30) as recorder:
        core.run(300, [0, Joypad.START, Joypad.LEFT] * 100)
    movie = recorder.movie
    return [replace(movie, notes={"x": notes}).save for notes in ("old", "new")]


def _games() -> list[Callable[[Path], object]]:
    game = Game(name="Kill", core="2048", states={"one": bytes(range(256)) * 40})
    games = (game, replace(game, name="Killed"))
    return [game.save for game in games]


def _save_ram() -> list[Callable[[Path], object]]:
    def write(value: int, path: Path) -> None:
        file = SaveRAMFile(str(path))
        memory = np.zeros(1 << 15, np.uint8)
        file.load(memory)
        memory[:] = value
        file.flush(memory)

    return [partial(write, value) for value in (1, 2)]


def _states() -> list[Callable[[Path], object]]:
    def write(frames: int, path: Path) -> None:
        with Core("2048") as core:
            core.run(frames)
            for _ in range(50):
                core.save_state_to(path)

    return [partial(write, frames) for frames in (1, 2)]


WRITINGS = {
    "save RAM": Writing("game.srm", _save_ram),
    "movie": Writing("run.plm", _movies),
    "game": Writing("game.toml", _games, ("game.one.state",)),
    "state": Writing("game.state", _states),
}


def versions(writing: Writing, directory: Path) -> list[bytes]:
    """Return what the file is when each version has been written in peace."""
    found = []
    for write in writing.writers():
        path = directory / writing.name
        path.unlink(missing_ok=True)
        write(path)
        found.append(path.read_bytes())
        path.unlink()
    for extra in writing.extras:
        (directory / extra).unlink(missing_ok=True)
    return found


def damages(kind: str, kills: int, directory: Path, seed: int = 0) -> Iterator[str]:
    """Kill processes that write, at random moments, and yield what was wrong afterwards."""
    writing = WRITINGS[kind]
    draw = random.Random(seed)
    good = versions(writing, directory)
    writers = writing.writers()
    path = directory / writing.name
    writers[0](path)
    for number in range(kills):
        child = os.fork()
        if child == 0:
            turn = number
            while True:
                turn += 1
                writers[turn % len(writers)](path)
        time.sleep(draw.random() * LONGEST_LIFE)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        if path.read_bytes() not in good:
            yield f"{kind}, kill {number}: the file is neither the old nor the new one"
        for name in (writing.name, *writing.extras):
            remove_interrupted(directory / name)
        names = {entry.name for entry in directory.iterdir()}
        rest = sorted(names - {writing.name, *writing.extras})
        if rest:
            yield f"{kind}, kill {number}: left beside it: {rest}"
            for name in rest:
                (directory / name).unlink()
