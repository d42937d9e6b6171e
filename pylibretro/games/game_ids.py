"""The ids of games: one for every integration that is installed here."""

from __future__ import annotations

import re

from pylibretro.games.integration import integration_trees

__all__ = ["register_games"]


def register_games() -> None:
    """Register ids such as "pylibretro/Airstriker-Genesis-v0" with Gymnasium.

    Directories are listed, and nothing in them is read until an env is made. A game whose
    directory has no version, as in gym-retro, has version 0.
    """
    from gymnasium.envs.registration import EnvSpec, registry
    from gymnasium.error import Error

    for tree in integration_trees():
        directories = dict.fromkeys(tree.names())
        for directory in directories:
            name = directory if re.search(r"-v\d+$", directory) else f"{directory}-v0"
            identifier = f"pylibretro/{name}"
            hidden = name != directory and name in directories
            if hidden or "-" not in directory or identifier in registry:
                continue
            try:
                # register() would compare each id with all others.
                registry[identifier] = EnvSpec(
                    id=identifier,
                    entry_point="pylibretro.envs.game_envs:make_game_env",
                    vector_entry_point="pylibretro.envs.game_envs:make_game_vector_env",
                    kwargs={"game": directory},
                )
            except Error:
                continue  # a name that cannot be an id is no game's
