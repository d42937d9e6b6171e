"""What movies of other programs need of a libretro core: regions, more gamepads, sticks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pylibretro.error import MovieError
from pylibretro.input.consoles import Console
from pylibretro.movies.bk2_columns import Column

__all__ = ["NES_FOUR_PADS", "PAL_OPTIONS", "needs_of"]

# Cores that are told the region; others find it in the game, and Movie.begin looks what they found.
PAL_OPTIONS: Mapping[str, Mapping[str, str]] = {
    "fceumm": {"fceumm_region": "PAL"},
    "genesis_plus_gx": {"genesis_plus_gx_region_detect": "pal"},
    "picodrive": {"picodrive_region": "Europe"},
}

# FCEUmm's "Gamepad", whatever its data base says of a game: four of them are a Four Score.
NES_FOUR_PADS: Mapping[int, int] = dict.fromkeys(range(4), 513)

_SNES_MULTITAP = 257
_MEGA_DRIVE_PADS = {False: 257, True: 513}  # of three and six buttons
_MEGA_DRIVE_TEAM_PLAYER = {False: 1537, True: 1793}
_DUALSHOCK = 517
_MOST_PLAYERS = {"SNES": 5, "GEN": 8, "SCD": 8, "32X": 2, "NES": 4, "N64": 4, "PCE": 5}


def needs_of(console: Console, columns: Sequence[Column]) -> tuple[dict[str, str], dict[int, int]]:
    """Return the options and controllers that a movie of BizHawk with these columns needs.

    Raises:
        MovieError: The core of this console cannot be given them.
    """
    placed = [column for column in columns if column.place is not None]
    players = 1 + max((column.place[1] for column in placed if column.place), default=0)
    most = _MOST_PLAYERS.get(console.bizhawk, 2)
    if players > most:
        raise MovieError(
            f"it has {players} players, and {console.core} can be given {most} gamepads of "
            f"{console.name}"
        )
    options: dict[str, str] = {}
    controllers: dict[int, int] = {}
    if console.bizhawk == "SNES" and players > 2:
        controllers[1] = _SNES_MULTITAP
    elif console.bizhawk in ("GEN", "SCD"):
        six = any(column.name.upper().endswith((" X", " MODE")) for column in columns)
        if players > 2:
            controllers[0] = _MEGA_DRIVE_TEAM_PLAYER[six]
            controllers[1] = _MEGA_DRIVE_TEAM_PLAYER[six] if players > 5 else _MEGA_DRIVE_PADS[six]
        else:
            controllers = {0: _MEGA_DRIVE_PADS[six], 1: _MEGA_DRIVE_PADS[six]}
    elif console.bizhawk == "NES" and players > 2:
        controllers |= NES_FOUR_PADS
    sticks = {column.place[1] for column in placed if column.place and column.place[0] == "analog"}
    if console.bizhawk == "PSX":
        controllers |= dict.fromkeys(sticks, _DUALSHOCK)
    elif console.bizhawk == "N64":
        options = {
            "parallel-n64-astick-deadzone": "0",
            "parallel-n64-astick-sensitivity": "200",
            "parallel-n64-gfxplugin": "angrylion",
        }
    return options, controllers
