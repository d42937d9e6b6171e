"""What the actions of an env mean: to people, to wrappers that ask for it, and on a keyboard."""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import combinations, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro.enums import Joypad
from pylibretro.envs.actions import (
    Action,
    ButtonActions,
    DiscreteActions,
    KeyActions,
    MultiDiscreteActions,
    each_action,
)
from pylibretro.envs.env_spec import EnvSpec
from pylibretro.error import ActionError
from pylibretro.input.consoles import CONSOLES, Console, find_console

__all__ = ["ActionMeanings"]

# RetroArch's keys of the first player, as SDL numbers them, which pygame and so Gymnasium take.
KEYS = {
    "UP": 1073741906,
    "DOWN": 1073741905,
    "LEFT": 1073741904,
    "RIGHT": 1073741903,
    "A": ord("x"),
    "B": ord("z"),
    "X": ord("s"),
    "Y": ord("a"),
    "L": ord("q"),
    "R": ord("w"),
    "START": ord("\r"),
    "SELECT": 1073742053,  # the right shift
    "L2": ord("e"),
    "R2": ord("r"),
    "L3": ord("d"),
    "R3": ord("f"),
}
MOST_AT_ONCE = 4  # fingers on a keyboard
MOST_MEANINGS = 1 << 16


class ActionMeanings:
    """An env that tells what its actions mean."""

    env_spec: EnvSpec

    @property
    def buttons(self) -> list[str | None]:
        """The buttons that the numbers of an action stand for, by the console's own names.

        Those of `ButtonActions` in their order, as stable-retro has them; for other actions, all
        that the console has. A button that the console lacks is None.
        """
        console = console_of(self.env_spec)
        actions: Any = self.env_spec.actions
        for action in each_action(actions):
            if isinstance(action, ButtonActions):
                return [_name(button, console) for button in action.buttons]
        names = console.buttons if console is not None else tuple(Joypad.__members__)
        return list(names)

    def get_action_meanings(self) -> Any:
        """Return what each action means.

        Returns:
            For a `Discrete` space, a list with a text for each action, such as "NOOP", "FIRE" and
            "UPFIRE" on an Atari 2600 and "RIGHT+A" elsewhere; for `MultiBinary`, the name of each
            number; for `MultiDiscrete`, a list for each group; for a `Box`, what each number moves;
            for a `Tuple` or `Dict`, those of its parts.

        Raises:
            ActionError: There are more than 65,536 actions.
        """
        return _meanings(self.env_spec.actions, console_of(self.env_spec))

    def get_keys_to_action(self) -> dict[tuple[int, ...], Any]:
        """Return which keys of a keyboard do what, for `gymnasium.utils.play.play`.

        The keys are RetroArch's: arrows, X and Z for A and B, S and A for X and Y, Q and W for L
        and R, Enter for START, the right Shift for SELECT. They play on the first of the actions'
        ports. With buttons (`MultiBinary`), `play` is to be told what no key does:
        `play(env, noop=env.action_space.sample() * 0)`.

        Raises:
            ActionError: The actions are no buttons, or several things at once.
        """
        return _keys(self.env_spec.actions)


def console_of(spec: EnvSpec) -> Console | None:
    """Return the console that the core of an env is; None if it cannot be told."""
    core = spec.core
    if not isinstance(core, str | os.PathLike):
        return None
    stem = os.path.basename(os.fspath(core)).partition("_libretro")[0]
    known = [console for console in CONSOLES if console.core == stem]
    content = spec.content
    if isinstance(content, str | os.PathLike):
        by_name = find_console(os.fspath(content))
        if by_name is not None and (by_name in known or not known):
            return by_name
    return known[0] if known else None


def _name(button: str, console: Console | None) -> str | None:
    if console is None:
        return button
    bit = Joypad[button].id
    return console.buttons[bit] if bit < len(console.buttons) else None


def _together(held: Any, console: Console | None) -> str:
    """One combination of buttons in a text."""
    atari = console is not None and console.name == "Atari2600"
    names = [_name(button, console) or button for button in held]
    if atari:
        names = ["FIRE" if name == "BUTTON" else name for name in names]
        order = ["UP", "DOWN", "RIGHT", "LEFT"]
        names.sort(key=lambda name: order.index(name) if name in order else len(order))
    return ("" if atari else "+").join(names) or "NOOP"


def _meanings(actions: Any, console: Console | None) -> Any:
    if isinstance(actions, Mapping):
        return {name: _meanings(part, console) for name, part in actions.items()}
    if not isinstance(actions, Action):
        return tuple(_meanings(part, console) for part in actions)
    ports = len(actions.ports)
    if isinstance(actions, DiscreteActions):
        if len(actions.combinations) ** ports > MOST_MEANINGS:
            raise ActionError(f"there are more than {MOST_MEANINGS} actions, too many to list")
        each = [_together(held, console) for held in actions.combinations]
        return [", ".join(reversed(held)) for held in product(each, repeat=ports)]
    if isinstance(actions, MultiDiscreteActions):
        groups = [[_together(held, console) for held in group] for group in actions.groups]
        return groups * ports
    if isinstance(actions, ButtonActions):
        names = [_name(button, console) for button in actions.buttons]
    elif isinstance(actions, KeyActions):
        names = list(actions.keys)
    else:
        names = _axes(actions)
    return names * ports


def _axes(actions: Any) -> list[str | None]:
    """What each number of a `Box` moves."""
    if hasattr(actions, "sticks"):
        return [f"{stick} {axis}" for stick in actions.sticks for axis in "XY"]
    if hasattr(actions, "touches"):
        return [f"{i} {what}" for i in range(actions.touches) for what in ("X", "Y", "TOUCH")]
    if actions.width == len(actions.buttons):
        return list(actions.buttons)
    return ["X", "Y", *actions.buttons]


def _keys(actions: Any) -> dict[tuple[int, ...], Any]:
    single = isinstance(actions, Action)
    if isinstance(actions, ButtonActions):
        names = [name for name in actions.buttons if name in KEYS]
        keys: dict[tuple[int, ...], Any] = {}
        for count in range(1, MOST_AT_ONCE + 1):
            for held in combinations(names, count):
                keys[_pressed(held)] = _binary(actions, held)
        return keys
    if isinstance(actions, DiscreteActions):
        found = [(held, number) for number, held in enumerate(actions.combinations)]
        return {_pressed(held): number for held, number in reversed(found) if held}
    if isinstance(actions, MultiDiscreteActions):
        return _keys_of_groups(actions)
    what = "are several things at once" if not single else "are no buttons"
    raise ActionError(f"the actions {what}, which keys do not say; give play() keys_to_action")


def _pressed(held: Any) -> tuple[int, ...]:
    return tuple(sorted(KEYS[name] for name in held))


def _binary(actions: ButtonActions, held: Any) -> NDArray[np.int8]:
    numbers = np.zeros(len(actions.buttons) * len(actions.ports), np.int8)
    for name in held:
        numbers[list(actions.buttons).index(name)] = 1
    return numbers


def _keys_of_groups(actions: MultiDiscreteActions) -> dict[tuple[int, ...], Any]:
    if np.prod([float(len(group)) for group in actions.groups]) > MOST_MEANINGS:
        raise ActionError(
            f"there are more than {MOST_MEANINGS} actions; give play() keys_to_action"
        )
    keys: dict[tuple[int, ...], Any] = {}
    for chosen in product(*(range(len(group)) for group in actions.groups)):
        groups: Any = actions.groups
        held = {
            name for group, number in zip(groups, chosen, strict=True) for name in group[number]
        }
        if held and len(held) <= MOST_AT_ONCE:
            numbers = [*chosen] + [0] * (len(chosen) * (len(actions.ports) - 1))
            keys.setdefault(_pressed(held), np.array(numbers, np.int64))
    return keys
