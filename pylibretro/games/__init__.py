"""Games as tasks: game files, installed integrations, imported ROMs."""

from pylibretro.games.game import Game
from pylibretro.games.integration import find_game, find_integrations, read_integration

__all__ = ["Game", "find_game", "find_integrations", "read_integration"]
