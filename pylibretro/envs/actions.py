"""What the actions of an env press: plain data that say what an agent may do with which devices.

An env has one of these, a tuple of them (its action space is a `Tuple`), or a mapping from name to
them (a `Dict`). Each says which ports it is for, so that several players are several actions, or
one action with several ports.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from operator import index
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT
from pylibretro.enums import AnalogStick, Joypad, Key, Lightgun, Mouse
from pylibretro.error import ActionError

if TYPE_CHECKING:
    import gymnasium

__all__ = [
    "Action",
    "Actions",
    "AnalogActions",
    "AnalogButtonActions",
    "ButtonActions",
    "DiscreteActions",
    "KeyActions",
    "LightgunActions",
    "MouseActions",
    "MultiDiscreteActions",
    "PointerActions",
    "actions_from",
    "buttons_mask",
]

Buttons = str | int | Sequence[str | int]
"""Buttons held together: a name of `Joypad`, a mask, or several of these; `()` is none."""

FARTHEST = 0x7FFF  # how far sticks and pointers go to either side of the centre
MOST_DISCRETE = 1 << 24


def buttons_mask(buttons: Buttons) -> int:
    """Return the joypad mask of buttons held together.

    Args:
        buttons: A name of `Joypad` in any case, a mask, or several of these.

    Raises:
        ValueError: There is no such button.
        TypeError: This is not a name, a mask, or a sequence of these.

    >>> buttons_mask(["a", "RIGHT"]) == Joypad.A | Joypad.RIGHT
    True
    >>> buttons_mask("Z")
    Traceback (most recent call last):
        ...
    ValueError: there is no joypad button 'Z'; the buttons are B, Y, SELECT, START, UP, DOWN, ...
    """
    if isinstance(buttons, str):
        try:
            return int(Joypad[buttons.upper()])
        except KeyError:
            raise ValueError(
                f"there is no joypad button {buttons!r}; the buttons are {', '.join(_JOYPAD)}"
            ) from None
    if isinstance(buttons, Iterable) and not isinstance(buttons, Joypad):
        mask = 0
        for button in buttons:
            mask |= buttons_mask(button)
        return mask
    try:
        mask = index(buttons)
    except TypeError:
        raise TypeError(
            f"{buttons!r} is no button; a name such as 'A', a mask such as Joypad.A, or several "
            f"of these are needed"
        ) from None
    if not 0 <= mask <= 0xFFFF:
        raise ValueError(f"{mask} is no joypad mask; those have 16 bits")
    return mask


_JOYPAD = tuple(Joypad.__members__)
_GUN_BUTTONS = tuple(
    name
    for name in Lightgun.__members__
    if name not in ("SCREEN_X", "SCREEN_Y", "IS_OFFSCREEN", "X", "Y")
)
_MOUSE_BUTTONS = tuple(name for name in Mouse.__members__ if name not in ("X", "Y"))


def _ports(ports: Any) -> tuple[int, ...]:
    numbers = tuple(ports) if isinstance(ports, Iterable) else (ports,)
    try:
        checked = tuple(index(port) for port in numbers)
    except TypeError:
        raise TypeError(f"ports are numbers from 0, not {ports!r}") from None
    if not checked or min(checked) < 0 or len(set(checked)) < len(checked):
        raise ValueError(f"ports are different numbers from 0, at least one, not {ports!r}")
    return checked


def _combinations(combinations: Any, what: str) -> tuple[tuple[str, ...], ...]:
    """Combinations of buttons in one form: tuples of names."""
    if isinstance(combinations, str) or not isinstance(combinations, Iterable):
        raise TypeError(f"{what} is a sequence of combinations of buttons, not {combinations!r}")
    settled = tuple(_names(buttons_mask(buttons)) for buttons in combinations)
    if not settled:
        raise ValueError(f"{what} is empty; there has to be something to do")
    return settled


def _names(mask: int) -> tuple[str, ...]:
    return tuple(name for name, bit in Joypad.__members__.items() if mask & bit)


def _masks(combinations: Iterable[Buttons]) -> NDArray[np.uint16]:
    return np.array([buttons_mask(buttons) for buttons in combinations], np.uint16)


def _array(actions: Any, what: str) -> NDArray[Any]:
    """Actions as an array: what NumPy makes of lists, tensors, and whatever else it knows."""
    try:
        return np.asarray(actions)
    except Exception as error:  # tensors raise what they like, such as RuntimeError
        raise ActionError(f"{what} are {type(actions).__name__}, no array: {error}") from error


def _shaped(actions: Any, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    numbers = _array(actions, what)
    if numbers.shape != shape:
        raise ActionError(f"{what} have shape {numbers.shape}; {shape} is needed")
    return numbers


def _whole_numbers(actions: Any, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    numbers = _array(actions, what)
    if numbers.dtype.kind not in "iub":
        raise ActionError(f"{what} are whole numbers, not {numbers.dtype}")
    if numbers.dtype.kind == "b":
        numbers = numbers.astype(np.int8)  # as an index it would be a mask
    return _shaped(numbers, shape, what)


def _held_or_not(actions: Any, shape: tuple[int, ...], what: str) -> NDArray[Any]:
    """Numbers of a `MultiBinary`, which Stable-Baselines3's policies have as float32."""
    numbers = _shaped(actions, shape, what)
    kind = numbers.dtype.kind
    if kind not in "iubf":
        raise ActionError(f"{what} are 0 and 1, not {numbers.dtype}")
    if kind == "b" or not numbers.size:
        return numbers
    if not 0 <= numbers.min() <= numbers.max() <= 1 or (
        kind == "f" and (numbers != np.rint(numbers)).any()
    ):
        others = numbers[(numbers != 0) & (numbers != 1)]
        raise ActionError(f"{what} are 0 and 1, not {others[0]}")
    return numbers


def _one_of(names: Any, known: Sequence[str], what: str) -> tuple[str, ...]:
    given = (names,) if isinstance(names, str) else tuple(names)
    settled = tuple(str(name).upper() for name in given)
    for name, as_given in zip(settled, given, strict=True):
        if name not in known:
            raise ValueError(f"there is no {what} {as_given!r}; there are {', '.join(known)}")
    if len(set(settled)) < len(settled):
        raise ValueError(f"{what}s are named twice in {given!r}")
    return settled


class HeldInput(NamedTuple):
    """What is held on many cores.

    Attributes:
        joypad: (cores, ports) uint16 masks.
        records: (cores, ports) of `PORT_INPUT`, of which `joypad` is a part; None if there are only
            joypads.
    """

    joypad: NDArray[np.uint16]
    records: Any

    @classmethod
    def nothing(cls, cores: int, ports: int, *, joypad_only: bool) -> HeldInput:
        """Return input for this many cores and ports in which nothing is held."""
        if joypad_only:
            return cls(np.zeros((cores, ports), np.uint16), None)
        records = np.zeros((cores, ports), PORT_INPUT)
        return cls(records["joypad"], records)

    @property
    def inputs(self) -> Any:
        """What `CoreBatch.run` takes."""
        return self.joypad if self.records is None else self.records


class Action(ABC):
    """What all kinds of actions have in common.

    Attributes:
        ports: Which ports it is for. With more than one, the action has as many numbers for each,
            port after port.
        joypad_only: Whether it presses nothing but buttons of the joypad.
    """

    ports: Sequence[int]
    joypad_only: ClassVar[bool] = True

    @abstractmethod
    def space(self) -> gymnasium.Space[Any]:
        """Return the action space of one env."""

    @abstractmethod
    def press(self, actions: Any, held: HeldInput) -> None:
        """Add what these actions press to the input of many cores.

        Args:
            actions: A row for each core: an array, or what NumPy makes one of.
            held: The input.

        Raises:
            ActionError: These are no actions of this kind.
        """

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)


@dataclass(frozen=True)
class ButtonActions(Action):
    """Any buttons of a joypad: `MultiBinary`, a number for each button, 1 while it is held.

    Args:
        buttons: Names of `Joypad`, in the order of the numbers.
        groups: What may be held together: groups of combinations of buttons. A group's buttons are
            held if together they are one of its combinations, otherwise none of them are; buttons
            in no group are never held. None allows everything, even left and right at once.
        ports: Which ports, see `Action`.

    >>> ButtonActions(("left", "right"), groups=[[(), "left", "right"]]).groups
    (((), ('LEFT',), ('RIGHT',)),)
    """

    buttons: Sequence[str] = _JOYPAD
    groups: Sequence[Sequence[Buttons]] | None = None
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("buttons", _one_of(self.buttons, _JOYPAD, "joypad button"))
        if not self.buttons:
            raise ValueError("buttons is empty; at least one is needed")
        if self.groups is not None:
            groups = tuple(_combinations(group, "a group") for group in self.groups)
            self._settle("groups", groups)
        self._settle("_bits", np.array([Joypad[name] for name in self.buttons], np.uint16))
        self._settle("_allowed", None if self.groups is None else self._filter())

    _bits: ClassVar[NDArray[np.uint16]]
    _allowed: ClassVar[NDArray[np.uint16] | None]

    def _filter(self) -> NDArray[np.uint16]:
        """What is held of each of all masks."""
        every = np.arange(1 << 16, dtype=np.uint16)
        held = np.zeros_like(every)
        for group in self.groups or ():
            masks = _masks(group)
            part = every & np.bitwise_or.reduce(masks)
            held |= np.where(np.isin(part, masks), part, np.uint16(0))
        return held

    def space(self) -> gymnasium.Space[Any]:
        """Return the action space of one env, a `MultiBinary`."""
        from gymnasium.spaces import MultiBinary

        return MultiBinary(len(self.buttons) * len(self.ports))

    def press(self, actions: Any, held: HeldInput) -> None:
        """Add what these actions press, see `Action.press`."""
        cores, width = len(held.joypad), len(self.buttons)
        numbers = _held_or_not(actions, (cores, width * len(self.ports)), "button actions")
        for place, port in enumerate(self.ports):
            masks = numbers[:, place * width : (place + 1) * width].astype(np.uint16) @ self._bits
            held.joypad[:, port] |= masks if self._allowed is None else self._allowed[masks]


@dataclass(frozen=True)
class DiscreteActions(Action):
    """One of several combinations of buttons: `Discrete`.

    Args:
        combinations: The combinations, each a name of `Joypad` or several; `()` presses nothing.
        ports: Which ports, see `Action`: with several, the action is `a + n * b` when the first
            port presses combination `a` and the second `b` of `n`.

    >>> DiscreteActions(["LEFT", "RIGHT", ("RIGHT", "A"), ()]).combinations
    (('LEFT',), ('RIGHT',), ('RIGHT', 'A'), ())
    >>> DiscreteActions.of_groups([[(), "LEFT", "RIGHT"], [(), "A"]]).combinations
    ((), ('LEFT',), ('RIGHT',), ('A',), ('LEFT', 'A'), ('RIGHT', 'A'))
    """

    combinations: Sequence[Buttons]
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("combinations", _combinations(self.combinations, "combinations"))
        masks = _masks(self.combinations)
        if len(masks) ** len(self.ports) > MOST_DISCRETE:
            raise ValueError(
                f"{len(masks)} combinations on {len(self.ports)} ports are more than "
                f"{MOST_DISCRETE} actions; take MultiDiscreteActions"
            )
        self._settle("_masks", masks)

    _masks: ClassVar[NDArray[np.uint16]]

    @classmethod
    def of_groups(
        cls, groups: Iterable[Iterable[Buttons]], *, ports: Sequence[int] = (0,)
    ) -> DiscreteActions:
        """Return all that can be pressed with one combination of each group.

        Args:
            groups: Groups of combinations; the first one changes fastest.
            ports: As for the class.
        """
        combinations: list[int] = [0]
        for group in groups:
            masks = [buttons_mask(buttons) for buttons in group]
            combinations = [held | mask for mask in masks for held in combinations]
        return cls(tuple(_names(mask) for mask in combinations), ports=tuple(ports))

    def space(self) -> gymnasium.Space[Any]:
        """Return the action space of one env, a `Discrete`."""
        from gymnasium.spaces import Discrete

        return Discrete(len(self.combinations) ** len(self.ports))

    def press(self, actions: Any, held: HeldInput) -> None:
        """Add what these actions press, see `Action.press`."""
        numbers = _whole_numbers(actions, (len(held.joypad),), "discrete actions")
        count = len(self._masks)
        most = count ** len(self.ports)
        if numbers.size and not 0 <= numbers.min() <= numbers.max() < most:
            raise ActionError(f"discrete actions are 0 to {most - 1}, not {numbers.tolist()}")
        for port in self.ports:
            held.joypad[:, port] |= self._masks[numbers if count == most else numbers % count]
            numbers = numbers if count == most else numbers // count


@dataclass(frozen=True)
class MultiDiscreteActions(Action):
    """One combination of buttons from each of several groups: `MultiDiscrete`.

    Args:
        groups: The groups of combinations.
        ports: Which ports, see `Action`.
    """

    groups: Sequence[Sequence[Buttons]]
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("groups", tuple(_combinations(group, "a group") for group in self.groups))
        if not self.groups:
            raise ValueError("groups is empty; at least one is needed")
        self._settle("_masks", [_masks(group) for group in self.groups])
        self._settle("_counts", np.array([len(group) for group in self.groups]))

    _masks: ClassVar[list[NDArray[np.uint16]]]
    _counts: ClassVar[NDArray[np.int64]]

    def space(self) -> gymnasium.Space[Any]:
        """Return the action space of one env, a `MultiDiscrete`."""
        from gymnasium.spaces import MultiDiscrete

        return MultiDiscrete(np.tile(self._counts, len(self.ports)))

    def press(self, actions: Any, held: HeldInput) -> None:
        """Add what these actions press, see `Action.press`."""
        width = len(self.groups)
        shape = (len(held.joypad), len(self.ports), width)
        numbers = _whole_numbers(actions, (shape[0], shape[1] * width), "multi-discrete actions")
        numbers = numbers.reshape(shape)
        if numbers.size and ((numbers < 0) | (numbers >= self._counts)).any():
            raise ActionError(f"multi-discrete actions are below {self._counts.tolist()}")
        for place, port in enumerate(self.ports):
            for group, masks in enumerate(self._masks):
                held.joypad[:, port] |= masks[numbers[:, place, group]]


class _BoxAction(Action):
    """Numbers from -1 to 1 (or 0 to 1): a `Box`."""

    joypad_only: ClassVar[bool] = False
    lowest: ClassVar[float] = -1.0

    @property
    @abstractmethod
    def width(self) -> int:
        """How many numbers there are for each port."""

    def space(self) -> gymnasium.Space[Any]:
        """Return the action space of one env, a `Box`."""
        from gymnasium.spaces import Box

        return Box(self.lowest, 1.0, (self.width * len(self.ports),), np.float32)

    def press(self, actions: Any, held: HeldInput) -> None:
        """Add what these actions press, see `Action.press`."""
        numbers = _shaped(actions, (len(held.joypad), self.width * len(self.ports)), "actions")
        if numbers.dtype.kind not in "iubf":
            raise ActionError(f"actions are numbers, not {numbers.dtype}")
        if np.isnan(numbers).any():
            raise ActionError("actions hold NaN")
        numbers = numbers.astype(np.float64).clip(self.lowest, 1)
        for place, port in enumerate(self.ports):
            part = numbers[:, place * self.width : (place + 1) * self.width]
            self.press_port(part, held.records[:, port])

    @abstractmethod
    def press_port(self, numbers: NDArray[np.float64], records: Any) -> None:
        """Add what these numbers press to the input of one port of many cores."""


def _deflection(numbers: NDArray[np.float64]) -> NDArray[np.int16]:
    return np.rint(numbers * FARTHEST).astype(np.int16)


@dataclass(frozen=True)
class AnalogActions(_BoxAction):
    """Analog sticks: `Box` from -1 to 1, x and y of each; x grows to the right, y down.

    Args:
        sticks: "LEFT", "RIGHT" or both.
        ports: Which ports, see `Action`.

    >>> AnalogActions("left").width
    2
    """

    sticks: Sequence[str] = ("LEFT", "RIGHT")
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("sticks", _one_of(self.sticks, tuple(AnalogStick.__members__), "stick"))
        if not self.sticks:
            raise ValueError("sticks is empty; at least one is needed")

    @property
    def width(self) -> int:
        """How many numbers there are for each port."""
        return 2 * len(self.sticks)

    def press_port(self, numbers: NDArray[np.float64], records: Any) -> None:
        """Move the sticks of one port of many cores."""
        for place, name in enumerate(self.sticks):
            records["analog"][:, AnalogStick[name]] = _deflection(
                numbers[:, 2 * place : 2 * place + 2]
            )


@dataclass(frozen=True)
class AnalogButtonActions(_BoxAction):
    """How far buttons are pressed, such as triggers: `Box` from 0 to 1, a number for each.

    Args:
        buttons: Names of `Joypad`.
        ports: Which ports, see `Action`.
    """

    lowest: ClassVar[float] = 0.0
    buttons: Sequence[str] = ("L2", "R2")
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("buttons", _one_of(self.buttons, _JOYPAD, "joypad button"))
        if not self.buttons:
            raise ValueError("buttons is empty; at least one is needed")

    @property
    def width(self) -> int:
        """How many numbers there are for each port."""
        return len(self.buttons)

    def press_port(self, numbers: NDArray[np.float64], records: Any) -> None:
        """Press the buttons of one port of many cores."""
        for place, name in enumerate(self.buttons):
            records["analog_buttons"][:, Joypad[name].id] = _deflection(numbers[:, place])


@dataclass(frozen=True)
class PointerActions(_BoxAction):
    """Fingers on a screen: `Box` from -1 to 1, for each x, y, and whether it touches.

    x and y go from one border of the picture to the other, rightwards and downwards; a finger whose
    third number is above 0 touches.

    Args:
        touches: How many fingers, 1 to 8.
        ports: Which ports, see `Action`.
    """

    touches: int = 1
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        most = PORT_INPUT["pointer_pressed"].shape[0]
        if not 1 <= index(self.touches) <= most:
            raise ValueError(f"touches is 1 to {most}, not {self.touches}")

    @property
    def width(self) -> int:
        """How many numbers there are for each port."""
        return 3 * self.touches

    def press_port(self, numbers: NDArray[np.float64], records: Any) -> None:
        """Put the fingers on the screens of many cores."""
        for touch in range(self.touches):
            records["pointer"][:, touch] = _deflection(numbers[:, 3 * touch : 3 * touch + 2])
            records["pointer_pressed"][:, touch] = numbers[:, 3 * touch + 2] > 0


@dataclass(frozen=True)
class LightgunActions(_BoxAction):
    """A light gun: `Box` from -1 to 1: x and y on the screen, then each button, held above 0.

    Args:
        buttons: Names of `Lightgun`.
        ports: Which ports, see `Action`.
    """

    buttons: Sequence[str] = ("TRIGGER",)
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("buttons", _one_of(self.buttons, _GUN_BUTTONS, "gun button"))

    @property
    def width(self) -> int:
        """How many numbers there are for each port."""
        return 2 + len(self.buttons)

    def press_port(self, numbers: NDArray[np.float64], records: Any) -> None:
        """Aim and shoot with the guns of many cores."""
        records["lightgun"] = _deflection(numbers[:, :2])
        for place, name in enumerate(self.buttons):
            held = (numbers[:, 2 + place] > 0).astype(np.uint32)
            records["lightgun_buttons"] |= held << np.uint32(Lightgun[name])


@dataclass(frozen=True)
class MouseActions(_BoxAction):
    """A mouse: `Box` from -1 to 1: how far it moves right and down, then each button, held above 0.

    Args:
        buttons: Names of `Mouse`.
        speed: How far the number 1 moves it in every frame.
        ports: Which ports, see `Action`.
    """

    buttons: Sequence[str] = ("LEFT", "RIGHT")
    _: KW_ONLY
    speed: int = 16
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("buttons", _one_of(self.buttons, _MOUSE_BUTTONS, "mouse button"))
        if not 1 <= index(self.speed) <= FARTHEST:
            raise ValueError(f"speed is 1 to {FARTHEST}, not {self.speed}")

    @property
    def width(self) -> int:
        """How many numbers there are for each port."""
        return 2 + len(self.buttons)

    def press_port(self, numbers: NDArray[np.float64], records: Any) -> None:
        """Move and click the mice of many cores."""
        records["mouse"] = np.rint(numbers[:, :2] * self.speed).astype(np.int16)
        for place, name in enumerate(self.buttons):
            held = (numbers[:, 2 + place] > 0).astype(np.uint16)
            records["mouse_buttons"] |= held << np.uint16(Mouse[name])


@dataclass(frozen=True)
class KeyActions(Action):
    """Keys of a keyboard: `MultiBinary`, a number for each key, 1 while it is held.

    Args:
        keys: Names of `Key`.
        ports: Which ports, see `Action`.
    """

    joypad_only: ClassVar[bool] = False
    keys: Sequence[str]
    _: KW_ONLY
    ports: Sequence[int] = (0,)

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        self._settle("ports", _ports(self.ports))
        self._settle("keys", _one_of(self.keys, tuple(Key.__members__), "key"))
        if not self.keys:
            raise ValueError("keys is empty; at least one is needed")

    def space(self) -> gymnasium.Space[Any]:
        """Return the action space of one env, a `MultiBinary`."""
        from gymnasium.spaces import MultiBinary

        return MultiBinary(len(self.keys) * len(self.ports))

    def press(self, actions: Any, held: HeldInput) -> None:
        """Add what these actions press, see `Action.press`."""
        width = len(self.keys)
        shape = (len(held.joypad), width * len(self.ports))
        numbers = _held_or_not(actions, shape, "key actions")
        for place, port in enumerate(self.ports):
            for number, name in enumerate(self.keys):
                pressed = numbers[:, place * width + number] != 0
                held.records["keyboard"][:, port, Key[name]] |= pressed


Actions = Action | Sequence["Actions"] | Mapping[str, "Actions"]
"""An action, a tuple of actions, or a mapping from name to actions, in any depth."""


def actions_from(value: Any) -> Actions:
    """Return the actions that `value` means, with sequences made tuples.

    Raises:
        TypeError: There is something else in them.
    """
    if isinstance(value, Action):
        return value
    if isinstance(value, Mapping):
        return {str(name): actions_from(part) for name, part in value.items()}
    if isinstance(value, (tuple, list)) and value:
        return tuple(actions_from(part) for part in value)
    raise TypeError(
        f"{value!r} is no action; ButtonActions(), DiscreteActions(...), another Action, or a "
        f"tuple or mapping of these is needed"
    )


def each_action(actions: Actions) -> Iterator[Action]:
    """Yield every action there is in a structure of them."""
    if isinstance(actions, Action):
        yield actions
    else:
        for part in actions.values() if isinstance(actions, Mapping) else actions:
            yield from each_action(part)


def actions_space(actions: Actions) -> gymnasium.Space[Any]:
    """Return the action space of one env with these actions."""
    if isinstance(actions, Action):
        return actions.space()
    from gymnasium.spaces import Dict, Tuple

    if isinstance(actions, Mapping):
        return Dict({name: actions_space(part) for name, part in actions.items()})
    return Tuple([actions_space(part) for part in actions])


def press_actions(actions: Actions, given: Any, held: HeldInput) -> None:
    """Add what an agent does to the input of many cores, see `Action.press`."""
    if isinstance(actions, Action):
        actions.press(given, held)
        return
    for part, given_part in _parts(actions, given):
        press_actions(part, given_part, held)


def _parts(actions: Any, given: Any) -> Iterator[tuple[Actions, Any]]:
    """Yield each part of a structure of actions with what is given for it."""
    if isinstance(actions, Mapping):
        if not isinstance(given, Mapping) or set(given) != set(actions):
            raise ActionError(f"actions are a mapping of {', '.join(actions)}, not {given!r}")
        yield from ((part, given[name]) for name, part in actions.items())
    else:
        if (
            isinstance(given, Mapping)
            or not hasattr(given, "__len__")
            or len(given) != len(actions)
        ):
            raise ActionError(f"actions are a tuple of {len(actions)}, not {given!r}")
        yield from zip(actions, given, strict=True)


def actions_of_one(actions: Actions, given: Any) -> Any:
    """Return what a single env is given as the actions of many."""
    if isinstance(actions, Action):
        return _array(given, "actions")[np.newaxis]
    rows = [actions_of_one(part, given_part) for part, given_part in _parts(actions, given)]
    return dict(zip(actions, rows, strict=True)) if isinstance(actions, Mapping) else tuple(rows)


def actions_of_some(actions: Actions, given: Any, rows: NDArray[np.intp], count: int) -> Any:
    """Return those actions that are given for some of many envs.

    Args:
        actions: What the envs take.
        given: Actions of all of them.
        rows: The numbers of the envs.
        count: How many there are.
    """
    if isinstance(actions, Action):
        numbers = _array(given, "actions")
        if numbers.ndim == 0 or len(numbers) != count:
            raise ActionError(f"actions have shape {numbers.shape}; {count} rows are needed")
        return numbers[rows]
    some = [actions_of_some(part, one, rows, count) for part, one in _parts(actions, given)]
    return dict(zip(actions, some, strict=True)) if isinstance(actions, Mapping) else tuple(some)
