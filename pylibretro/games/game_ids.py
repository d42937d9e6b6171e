"""The ids of games: one for every integration that is installed here, and for own game files."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

from pylibretro.games.game_files import forget_game_file, game_files, note_game_file
from pylibretro.games.integration import integration_trees

__all__ = ["add_game_file", "register_games", "remove_game_file"]


def register_games() -> None:
    """Register ids such as "pylibretro/Airstriker-Genesis-v0" with Gymnasium.

    Game files that have been given ids, see `add_game_file`, have them as well.
    Directories are listed, and nothing in them is read until an env is made. A game whose
    directory has no version, as in gym-retro, has version 0.
    """
    from gymnasium.envs.registration import registry

    for tree in integration_trees():
        directories = dict.fromkeys(tree.names())
        for directory in directories:
            name = directory if re.search(r"-v\d+$", directory) else f"{directory}-v0"
            identifier = f"pylibretro/{name}"
            hidden = name != directory and name in directories
            if not hidden and "-" in directory and identifier not in registry:
                _register(identifier, directory)
    for identifier, path in game_files().items():
        known = registry.get(identifier)
        if known is None or str(known.kwargs.get("game", "")).endswith(".toml"):
            _register(identifier, path)


def _register(identifier: str, game: str) -> None:
    from gymnasium.envs.registration import EnvSpec, registry
    from gymnasium.error import Error

    # A name that cannot be an id is no game's.
    with suppress(Error):
        # register() would compare each id with all others.
        registry[identifier] = EnvSpec(
            id=identifier,
            entry_point="pylibretro.envs.game_envs:make_game_env",
            vector_entry_point="pylibretro.envs.game_envs:make_game_vector_env",
            kwargs={"game": game},
        )


def add_game_file(path: str | os.PathLike[str]) -> str:
    """Give a game file an id, with which `gymnasium.make` makes an env of it, now and later.

    Args:
        path: The file, as `Game.save` and `pylibretro search` write it. It stays where it is.

    Returns:
        The id: `pylibretro/`, the game's name, and `-v0` unless that has a version.

    Raises:
        GameError: This is no game file, its name is that of another game, or it cannot be noted
            where it is.
    """
    identifier = note_game_file(path)
    if "gymnasium" in sys.modules:
        register_games()
    return identifier


def remove_game_file(identifier: str) -> None:
    """Take the id of a game file away again; the game file itself stays.

    Args:
        identifier: What `add_game_file` returned.

    Raises:
        GameError: No game file has this id.
    """
    forget_game_file(identifier)
    if "gymnasium" in sys.modules:
        from gymnasium.envs.registration import registry

        registry.pop(identifier, None)
