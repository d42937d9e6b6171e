"""What the buttons of consoles are called, and which button of libretro's RetroPad each of them is.

A libretro core sees the buttons of a RetroPad, whose names are those of a Super Nintendo pad. Other
consoles have other names for them, and so do movies and integrations made for these.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["CONSOLES", "STABLE_RETRO_OPTIONS", "Console", "console_of", "find_console"]

# stable-retro answers hardly any core's question about its options. Where a core then behaves
# differently than with its defaults, these options make it behave so here.
STABLE_RETRO_OPTIONS = {
    "genesis_plus_gx": {
        "genesis_plus_gx_addr_error": "disabled",
        "genesis_plus_gx_force_dtack": "disabled",
    },
    "parallel_n64": {"parallel-n64-gfxplugin": "angrylion"},
}


class Console(NamedTuple):
    """A console, as integrations and movies call it.

    Attributes:
        name: Its name in stable-retro's games, such as "Genesis".
        bizhawk: Its name in BizHawk's movies, such as "GEN".
        core: The core that stable-retro plays it with.
        extensions: The extensions of its games' files; the first is the usual one.
        buttons: Names of its buttons, by the number of the RetroPad's button; None where it has
            none.
    """

    name: str
    bizhawk: str
    core: str
    extensions: tuple[str, ...]
    buttons: tuple[str | None, ...]

    def button_bit(self, name: str) -> int | None:
        """Return the number of the RetroPad button of this name; None if it has none.

        >>> find_console("Genesis").button_bit("C")
        8
        """
        upper = name.upper()
        return self.buttons.index(upper) if upper in self.buttons else None


_CROSS = ("UP", "DOWN", "LEFT", "RIGHT")
_SIX = ("B", "A", "MODE", "START", *_CROSS, "C", "Y", "X", "Z")
_TWO = ("B", None, "SELECT", "START", *_CROSS, "A")
_SEGA = ("B", None, None, "START", *_CROSS, "A")
_SUPER = ("B", "Y", "SELECT", "START", *_CROSS, "A", "X", "L", "R")
_N64 = ("A", "B", None, "START", *_CROSS, "C-RIGHT", "C-UP", "L", "R", "Z", "C-MODE", "L3", "R3")

_PLAYSTATION = (
    *("CROSS", "SQUARE", "SELECT", "START", *_CROSS, "CIRCLE", "TRIANGLE"),
    *("L1", "R1", "L2", "R2", "L3", "R3"),
)
_VIRTUAL_BOY = (
    *("B", None, "SELECT", "START", "L_UP", "L_DOWN", "L_LEFT", "L_RIGHT", "A", None, "L", "R"),
    *("R_UP", "R_LEFT", "R_DOWN", "R_RIGHT"),
)
_WONDERSWAN = (
    *("B", None, None, "START", "X1", "X3", "X4", "X2", "A", None, "Y4", "Y2", "Y3", "Y1"),
)

CONSOLES = (
    Console("Genesis", "GEN", "genesis_plus_gx", ("md", "smd", "gen", "bin"), _SIX),
    Console("Snes", "SNES", "snes9x", ("sfc", "smc"), _SUPER),
    Console("Nes", "NES", "fceumm", ("nes",), _TWO),
    Console("Atari2600", "A26", "stella", ("a26",), ("BUTTON", None, "SELECT", "RESET", *_CROSS)),
    Console("GameBoy", "GB", "gambatte", ("gb",), _TWO),
    Console("GbColor", "GBC", "gambatte", ("gbc",), _TWO),
    Console("GbAdvance", "GBA", "mgba", ("gba",), (*_TWO, None, "L", "R")),
    Console("Sms", "SMS", "genesis_plus_gx", ("sms",), ("B", None, None, "PAUSE", *_CROSS, "A")),
    Console("GameGear", "GG", "genesis_plus_gx", ("gg",), _SEGA),
    Console("SCD", "SCD", "genesis_plus_gx", ("scd",), _SIX),
    Console(
        "PCEngine",
        "PCE",
        "mednafen_pce_fast",
        ("pce",),
        ("II", "III", "SELECT", "RUN", *_CROSS, "I", "IV", "V", "VI"),
    ),
    Console("32x", "32X", "picodrive", ("32x",), _SIX),
    Console("Saturn", "SAT", "mednafen_saturn", ("chd",), _SIX),
    Console("N64", "N64", "parallel_n64", ("n64", "v64", "z64"), _N64),
    Console("NintendoDs", "NDS", "melonds", ("nds",), (*_SUPER, "L2", "R2", "L3", "R3")),
    Console("Arcade", "Arcade", "fbneo", ("zip",), _SIX),
    Console("PlayStation", "PSX", "mednafen_psx", ("pbp",), _PLAYSTATION),
    Console("VirtualBoy", "VB", "mednafen_vb", ("vb", "vboy"), _VIRTUAL_BOY),
    Console("WonderSwan", "WSWAN", "mednafen_wswan", ("ws", "wsc"), _WONDERSWAN),
)


def find_console(name: str) -> Console | None:
    """Return the console with this name in stable-retro or BizHawk, or with this extension.

    >>> find_console("game.sfc").name, find_console("A26").name, find_console("Vectrex")
    ('Snes', 'Atari2600', None)
    """
    wanted = name.lower()
    for console in CONSOLES:
        if wanted in (console.name.lower(), console.bizhawk.lower()):
            return console
    extension = os.path.splitext(wanted.partition("#")[2] or wanted)[1][1:]
    for console in CONSOLES:
        if extension in console.extensions:
            return console
    return None


def console_of(core_names: Iterable[str], content: str | None) -> Console | None:
    """Return the console that a core plays a game of; None where that is not known.

    Args:
        core_names: What the core is called: its library's file, its own name.
        content: The name of the game's file.

    >>> console_of(["stella_libretro.so"], "pong.bin").name, console_of(["bsnes"], "game.sfc").name
    ('Atari2600', 'Snes')
    """
    stems = [os.path.basename(name).removesuffix("_libretro").lower() for name in core_names]
    plain = {"".join(c for c in stem.split("_libretro")[0] if c.isalnum()) for stem in stems}
    name = (content or "").lower()
    extension = os.path.splitext(name.partition("#")[2] or name)[1][1:]
    of_core = [one for one in CONSOLES if one.core.replace("_", "") in plain]
    for console in of_core:
        if extension in console.extensions:
            return console
    if len(of_core) == 1:
        return of_core[0]
    if of_core or extension in _OF_MANY:
        return None
    return next((one for one in CONSOLES if extension in one.extensions), None)


_OF_MANY = ("bin", "chd", "zip", "")  # extensions that games of many consoles have
