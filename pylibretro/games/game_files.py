"""Game files of one's own that have ids, so that `gymnasium.make` finds them by name.

A directory in the user's own data directory has one small file for each, which says where the game
file is: the game file itself stays where it was written, and may be changed there.
"""

from __future__ import annotations

import os
import re

from pylibretro.error import GameError
from pylibretro.files.whole_file import replace_file
from pylibretro.games.game import Game
from pylibretro.games.integration import integration_trees
from pylibretro.games.roms import data_directory

__all__ = ["forget_game_file", "game_files", "game_id", "note_game_file"]

ENDING = ".path"
PREFIX = "pylibretro/"
_TAKEN = ("Libretro-v0", "2048-v0", "2048-board-v0")

_Path = str | os.PathLike[str]


def game_files() -> dict[str, str]:
    """Return the paths of the game files that have ids, by id.

    >>> all(name.startswith("pylibretro/") for name in game_files())
    True
    """
    found = {}
    directory = _directory()
    try:
        names = sorted(os.listdir(directory))
    except OSError:
        return {}
    for name in names:
        if not name.endswith(ENDING):
            continue
        try:
            with open(os.path.join(directory, name), encoding="utf-8") as file:
                found[PREFIX + name.removesuffix(ENDING)] = file.read().strip()
        except (OSError, UnicodeDecodeError):
            continue
    return found


def game_id(name: str) -> str:
    """Return the id that a game of this name has.

    >>> game_id("my game"), game_id("Airstriker-Genesis-v0")
    ('pylibretro/my-game-v0', 'pylibretro/Airstriker-Genesis-v0')
    """
    plain = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-.") or "game"
    return PREFIX + (plain if re.search(r"-v\d+$", plain) else f"{plain}-v0")


def note_game_file(path: _Path) -> str:
    """Note where a game file is, and return its id, as `add_game_file` does."""
    file = os.path.abspath(os.fspath(path))
    identifier = game_id(Game.load(file).name)
    name = identifier.removeprefix(PREFIX)
    installed = {known for tree in integration_trees() for known in tree.names()}
    if name in _TAKEN or installed & {name, name.removesuffix("-v0")}:
        raise GameError(
            f"{identifier} is the id of another game; give the game in {file} another name"
        )
    directory = _directory()
    try:
        os.makedirs(directory, exist_ok=True)
        replace_file(os.path.join(directory, name + ENDING), f"{file}\n".encode())
    except OSError as problem:
        raise GameError(f"{directory} cannot be written: {problem.strerror}") from problem
    return identifier


def forget_game_file(identifier: str) -> None:
    """Forget where a game file is, as `remove_game_file` does."""
    if identifier not in game_files():
        raise GameError(f"no game file has the id {identifier!r}")
    os.remove(os.path.join(_directory(), identifier.removeprefix(PREFIX) + ENDING))


def _directory() -> str:
    return os.path.join(data_directory(), "game_files")
