"""Games as tasks: game files, installed integrations, imported ROMs.

A `Game` says which core, content, start, watches and rules make a task. It is read from a file
(`game_toml`) or from an installed stable-retro (`integration`). Its content is the path that it
names, the ROM that lies in its integration, or what `pylibretro import` has kept (`game_import`
takes games in, `roms` finds them by their SHA-1).
"""

from pylibretro.games.game import Game
from pylibretro.games.game_ids import add_game_file, remove_game_file
from pylibretro.games.integration import find_game, find_integrations, read_integration
from pylibretro.games.playable import PlayableGame, playable_games

__all__ = [
    "Game",
    "PlayableGame",
    "add_game_file",
    "find_game",
    "find_integrations",
    "playable_games",
    "read_integration",
    "remove_game_file",
]
