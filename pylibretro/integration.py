"""The name by which users import: see `pylibretro.games.integration`."""

from pylibretro.games.integration import *
