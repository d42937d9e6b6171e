"""The game that a session of `pylibretro search` has found out about: its console and actions."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from pylibretro.command_line.failure import CommandError
from pylibretro.content.lookup import LIBRARY_SUFFIX, find_core
from pylibretro.enums import Device, Joypad
from pylibretro.error import LibretroError
from pylibretro.input.consoles import CONSOLES, Console, find_console

if TYPE_CHECKING:
    from pylibretro._core import Core

__all__ = ["action_groups", "chosen_console", "core_as_written", "usual_actions"]

Groups = tuple[tuple[tuple[str, ...], ...], ...]

# Buttons that pause a game or leave it.
_OF_THE_SYSTEM = {"SELECT", "START", "MODE", "RESET", "PAUSE", "RUN", "L3", "R3"}


def chosen_console(name: str) -> Console | None:
    """Return the console with this name; None for "none".

    Raises:
        CommandError: There is no such console.
    """
    if name.lower() == "none":
        return None
    found = find_console(name)
    if found is None or name.lower() not in (found.name.lower(), found.bizhawk.lower()):
        known = ", ".join(console.name for console in CONSOLES)
        raise CommandError(f"there is no console {name!r}; there are {known}, and none")
    return found


def buttons_of(console: Console | None) -> tuple[str | None, ...]:
    """Return the names of a console's buttons, by the number of the RetroPad's."""
    return tuple(Joypad.__members__) if console is None else console.buttons


def action_groups(words: Sequence[str], console: Console | None) -> Groups:
    """Return the actions that words such as `UP|DOWN LEFT|RIGHT B|A|A+B` mean.

    Args:
        words: A group each, of which one combination is pressed, or nothing.
        console: Whose names of buttons these are.

    Raises:
        CommandError: It has no such button.
    """
    known = {name for name in buttons_of(console) if name}
    groups = []
    for word in words:
        combinations: list[tuple[str, ...]] = [()]
        for text in word.split("|"):
            combination = tuple(name.upper() for name in text.split("+") if name)
            for name in combination:
                if name not in known:
                    whose = "a RetroPad" if console is None else console.name
                    shown = ", ".join(name for name in buttons_of(console) if name)
                    raise CommandError(f"{whose} has no button {name!r}; it has {shown}")
            if combination and combination not in combinations:
                combinations.append(combination)
        groups.append(tuple(combinations))
    return tuple(groups)


def usual_actions(core: Core, console: Console | None) -> Groups:
    """Return what may be pressed unless somebody says otherwise: directions, and a button.

    Buttons that the core has not described are left out, and so are those that pause a game.
    """
    described = {
        one.id for one in core.input_descriptors if one.port == 0 and one.device == Device.JOYPAD
    }
    names = {
        name
        for bit, name in enumerate(buttons_of(console))
        if name and (not described or bit in described)
    }
    pairs: tuple[tuple[str, ...], ...] = (("UP", "DOWN"), ("LEFT", "RIGHT"))
    groups: list[tuple[tuple[str, ...], ...]] = [
        ((), *((name,) for name in pair if name in names)) for pair in pairs
    ]
    others = [
        name
        for name in buttons_of(console)
        if name in names and name not in _OF_THE_SYSTEM | {"UP", "DOWN", "LEFT", "RIGHT"}
    ]
    groups.append(((), *((name,) for name in others)))
    return tuple(group for group in groups if len(group) > 1)


def core_as_written(given: str) -> str:
    """Return how a game file names a core: by its name, where that finds the same library."""
    if not os.path.exists(given):
        return given
    path = os.path.abspath(given)
    name = os.path.basename(path).removesuffix(LIBRARY_SUFFIX).removesuffix("_libretro")
    try:
        if os.path.samefile(find_core(name), path):
            return name
    except (LibretroError, OSError):
        pass
    return path
