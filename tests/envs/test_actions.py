"""Actions: what an agent does becomes what is held on the ports."""

from __future__ import annotations

import itertools
import pickle
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pylibretro import (
    ActionError,
    AnalogActions,
    AnalogButtonActions,
    AnalogStick,
    ButtonActions,
    DiscreteActions,
    Joypad,
    Key,
    KeyActions,
    Lightgun,
    LightgunActions,
    Mouse,
    MouseActions,
    MultiDiscreteActions,
    PointerActions,
)
from pylibretro.envs.actions import (
    Action,
    Actions,
    HeldInput,
    actions_from,
    actions_space,
    buttons_mask,
    each_action,
    press_actions,
)

ALL = [
    ButtonActions(("UP", "A"), ports=(1, 0)),
    ButtonActions(groups=(((), ("UP",)),)),
    DiscreteActions(["UP", ("A", "B"), ()]),
    DiscreteActions(["UP", "A", ()], ports=(0, 1, 2)),
    MultiDiscreteActions([[(), "LEFT"], [(), "A", "B"]], ports=(0, 2)),
    AnalogActions(),
    AnalogButtonActions(),
    PointerActions(2),
    LightgunActions(("TRIGGER", "RELOAD")),
    MouseActions(),
    KeyActions(("RETURN", "A")),
]


def held_by(actions: Actions, given: Any, cores: int, ports: int = 3) -> HeldInput:
    joypad_only = all(action.joypad_only for action in each_action(actions))
    held = HeldInput.nothing(cores, ports, joypad_only=joypad_only)
    press_actions(actions, given, held)
    return held


def masks(actions: Actions, given: Any, cores: int, ports: int = 3) -> list[list[int]]:
    joypad: NDArray[np.uint16] = held_by(actions, given, cores, ports).joypad
    listed: list[list[int]] = joypad.tolist()
    return listed


def test_buttons_have_names_and_masks() -> None:
    assert buttons_mask(()) == 0
    assert buttons_mask("l2") == Joypad.L2
    assert buttons_mask(Joypad.A | Joypad.B) == 0x101
    assert buttons_mask(["A", Joypad.UP, "X", "Y"]) == 0x312
    for wrong in ("", "AB", -1, 0x10000):
        with pytest.raises(ValueError, match="joypad"):
            buttons_mask(wrong)
    for other in (None, 1.5, [None]):
        with pytest.raises(TypeError, match="button"):
            buttons_mask(other)  # type: ignore[arg-type]


def test_any_buttons_of_any_ports() -> None:
    actions = ButtonActions(("UP", "A", "START"), ports=(2, 0))
    given = [[1, 0, 1, 0, 1, 0], [0, 0, 0, 1, 1, 1]]
    up, a, start = Joypad.UP, Joypad.A, Joypad.START
    assert masks(actions, given, 2) == [[a, 0, up | start], [up | a | start, 0, 0]]
    assert masks(ButtonActions(), np.ones((1, 16), np.int8), 1, 1) == [[0xFFFF]]


def test_groups_let_only_their_combinations_be_held() -> None:
    """As stable-retro filters buttons: what a group does not list holds none of its buttons."""
    groups = [
        [(), "UP", "DOWN"],
        [(), "LEFT", "RIGHT"],
        [(), "A", "B", ("A", "B")],
    ]
    actions = ButtonActions(
        ("UP", "DOWN", "LEFT", "RIGHT", "A", "B", "X"), tuple(map(tuple, groups))
    )
    given = np.array(list(itertools.product([0, 1], repeat=7)), np.int8)
    for row, (held, *_) in zip(given.tolist(), masks(actions, given, len(given)), strict=True):
        up, down, left, right, a, b, _ = row
        wanted = 0
        wanted |= Joypad.UP if up and not down else 0
        wanted |= Joypad.DOWN if down and not up else 0
        wanted |= Joypad.LEFT if left and not right else 0
        wanted |= Joypad.RIGHT if right and not left else 0
        wanted |= Joypad.A if a else 0
        wanted |= Joypad.B if b else 0
        assert held == wanted


def test_discrete_combinations_count_the_first_port_fastest() -> None:
    one = DiscreteActions([(), "A", ("LEFT", "B")])
    left_b = Joypad.LEFT | Joypad.B
    assert masks(one, [2, 0, 1], 3, 1) == [[left_b], [0], [Joypad.A]]
    two = DiscreteActions([(), "A", ("LEFT", "B")], ports=(0, 2))
    every = masks(two, np.arange(9), 9)
    choices = [0, int(Joypad.A), int(left_b)]
    assert every == [[first, 0, second] for second in choices for first in choices]


def test_groups_make_combinations_with_the_first_group_fastest() -> None:
    made = DiscreteActions.of_groups([[(), "UP"], [(), "A", "B"]], ports=(1,))
    assert made.combinations == ((), ("UP",), ("A",), ("UP", "A"), ("B",), ("B", "UP"))
    assert made.ports == (1,)


def test_multi_discrete_takes_one_of_each_group() -> None:
    actions = MultiDiscreteActions([[(), "LEFT", "RIGHT"], [(), "A"]], ports=(0, 1))
    given = [[0, 0, 0, 0], [1, 1, 2, 0], [2, 0, 0, 1]]
    left, right, a = Joypad.LEFT, Joypad.RIGHT, Joypad.A
    assert masks(actions, given, 3, 2) == [[0, 0], [left | a, right], [right, a]]


def test_sticks_and_triggers_go_all_the_way() -> None:
    held = held_by(AnalogActions(("RIGHT",), ports=(1,)), [[-1, 0.5], [2, -2]], 2).records
    assert held["analog"][:, 1, AnalogStick.RIGHT].tolist() == [[-32767, 16384], [32767, -32767]]
    assert not held["analog"][:, 1, AnalogStick.LEFT].any()
    assert not held["analog"][:, 0].any()
    held = held_by(AnalogButtonActions("R2"), [[-0.5], [1]], 2).records
    assert held["analog_buttons"][:, 0, Joypad.R2.id].tolist() == [0, 32767]


def test_fingers_guns_mice_and_keys() -> None:
    held = held_by(PointerActions(2), [[-1, 1, 0.1, 0, 0, 0]], 1, 1).records[0, 0]
    assert held["pointer"][:2].tolist() == [[-32767, 32767], [0, 0]]
    assert held["pointer_pressed"].tolist() == [True] + [False] * 7
    held = held_by(LightgunActions(("TRIGGER", "RELOAD")), [[0, -1, -1, 1]], 1, 1).records[0, 0]
    assert held["lightgun"].tolist() == [0, -32767]
    assert held["lightgun_buttons"] == 1 << Lightgun.RELOAD
    held = held_by(MouseActions("MIDDLE", speed=10), [[-1, 0.5, 1]], 1, 1).records[0, 0]
    assert held["mouse"].tolist() == [-10, 5]
    assert held["mouse_buttons"] == 1 << Mouse.MIDDLE
    held = held_by(KeyActions(("RETURN", "A")), [[0, 1]], 1, 1).records[0, 0]
    assert np.flatnonzero(held["keyboard"]).tolist() == [Key.A]


def test_structures_of_actions_press_together() -> None:
    actions = actions_from(
        {
            "move": DiscreteActions(["LEFT", "RIGHT"]),
            "others": [ButtonActions("A"), AnalogActions("LEFT", ports=(1,))],
        }
    )
    held = held_by(actions, {"move": [0, 1], "others": ([[1], [0]], [[1, 0], [0, 1]])}, 2)
    assert held.joypad[:, 0].tolist() == [Joypad.LEFT | Joypad.A, Joypad.RIGHT]
    assert held.records["joypad"][:, 0].tolist() == held.joypad[:, 0].tolist()
    assert held.records["analog"][:, 1, 0].tolist() == [[32767, 0], [0, 32767]]
    for wrong in ({"move": [0, 1]}, [0, 1], {"move": [0, 1], "others": ([[1], [0]],)}):
        with pytest.raises(ValueError, match="actions are a"):
            held_by(actions, wrong, 2)


@pytest.mark.parametrize("actions", ALL, ids=repr)
def test_what_a_space_samples_can_be_pressed(actions: Action) -> None:
    pytest.importorskip("gymnasium")
    from gymnasium.vector.utils import batch_space

    space = actions.space()
    batched = batch_space(space, 5)
    batched.seed(1)
    for _ in range(20):
        held_by(actions, batched.sample(), 5)
    assert pickle.loads(pickle.dumps(actions)) == actions
    assert actions_space({"one": actions})["one"] == space  # type: ignore[index]
    assert actions_space((actions, actions))[1] == space  # type: ignore[index]


@pytest.mark.parametrize(
    ("actions", "given"),
    [
        (ButtonActions("A"), [[2]]),
        (ButtonActions("A"), [[-1]]),
        (ButtonActions("A"), [1]),
        (DiscreteActions(["A", "B"]), [2]),
        (DiscreteActions(["A", "B"]), [-1]),
        (DiscreteActions(["A", "B"], ports=(0, 1)), [4]),
        (DiscreteActions(["A", "B"]), [[1]]),
        (MultiDiscreteActions([["A", "B"]]), [[2]]),
        (MultiDiscreteActions([["A", "B"]]), [[-1]]),
        (MultiDiscreteActions([["A", "B"]]), [[0, 0]]),
        (AnalogActions(), [[0, 0]]),
        (AnalogActions("LEFT"), [[0, float("nan")]]),
        (KeyActions("A"), [[2]]),
    ],
)
def test_actions_that_do_not_exist_are_refused(actions: Action, given: Any) -> None:
    with pytest.raises(ValueError, match="actions"):
        held_by(actions, given, 1)
    with pytest.raises(ActionError):
        held_by(actions, given, 1)


def test_numbers_have_to_be_whole() -> None:
    for actions in (DiscreteActions(["A"]), MultiDiscreteActions([["A"]])):
        with pytest.raises(TypeError, match="whole numbers"):
            held_by(actions, [[0.0]], 1)


@pytest.mark.parametrize("dtype", ["?", "i1", "u1", "i8", "u8", "f2", "f4", "f8"])
def test_buttons_and_keys_are_0_and_1_of_any_type(dtype: str) -> None:
    given = np.array([[1, 0], [0, 1]], dtype)
    for each in (given, given.tolist(), list(given), given[::-1][::-1]):
        assert masks(ButtonActions(("A", "B")), each, 2, 1) == [[Joypad.A], [Joypad.B]]
        keyboard = held_by(KeyActions(("A", "B")), each, 2, 1).records["keyboard"]
        assert keyboard[:, 0, [Key.A, Key.B]].tolist() == given.tolist()


class Tensor:
    """What an action of a library that NumPy does not know looks like to it."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = numbers

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        del copy
        if isinstance(self.numbers, Exception):
            raise self.numbers
        return np.asarray(self.numbers, dtype)


def test_actions_are_whatever_numpy_makes_an_array_of() -> None:
    assert masks(ButtonActions(("A", "B")), Tensor([[0.0, 1.0]]), 1, 1) == [[Joypad.B]]
    assert masks(DiscreteActions(["A", "B"]), Tensor([1]), 1, 1) == [[Joypad.B]]
    assert masks(DiscreteActions(["A", "B"]), [np.array(1), np.int8(0)], 2, 1)[0] == [Joypad.B]
    assert masks(DiscreteActions(["A", "B"]), [True, False], 2, 1) == [[Joypad.B], [Joypad.A]]
    held = held_by(AnalogActions("LEFT"), Tensor(np.ones((1, 2), np.float16)), 1, 1)
    assert held.records["analog"][0, 0, AnalogStick.LEFT].tolist() == [0x7FFF, 0x7FFF]


@pytest.mark.parametrize(
    ("actions", "given"),
    [
        (ButtonActions("A"), [[0.5]]),
        (ButtonActions("A"), [[float("nan")]]),
        (ButtonActions("A"), [["1"]]),
        (ButtonActions("A"), [[None]]),
        (ButtonActions("A"), [[1j]]),
        (ButtonActions(("A", "B")), [[1, 0], [1]]),
        (ButtonActions("A"), None),
        (ButtonActions("A"), Tensor(RuntimeError("this tensor requires grad"))),
        (ButtonActions("A"), {"a": 1}),
        (DiscreteActions(["A"]), None),
        (DiscreteActions(["A"]), ["A"]),
        (MultiDiscreteActions([["A"]]), [[None]]),
        (AnalogActions("LEFT"), [["a", "b"]]),
        (AnalogActions("LEFT"), [[1j, 0]]),
        (KeyActions("A"), [[0.5]]),
        ((DiscreteActions(["A"]),), 3),
        ((DiscreteActions(["A"]),), None),
        ({"a": DiscreteActions(["A"])}, [0]),
    ],
)
def test_what_is_no_action_is_refused_as_such(actions: Actions, given: Any) -> None:
    with pytest.raises(ActionError):
        held_by(actions, given, 1)


@pytest.mark.parametrize(
    ("make", "error"),
    [
        (lambda: ButtonActions(()), ValueError),
        (lambda: ButtonActions(("A", "a")), ValueError),
        (lambda: ButtonActions("A", ports=()), ValueError),
        (lambda: ButtonActions("A", ports=(0, 0)), ValueError),
        (lambda: ButtonActions("A", ports=("0",)), TypeError),  # type: ignore[arg-type]
        (lambda: ButtonActions("A", groups=((),)), ValueError),
        (lambda: DiscreteActions("A"), TypeError),
        (lambda: DiscreteActions([]), ValueError),
        (lambda: DiscreteActions(range(100), ports=range(9)), ValueError),
        (lambda: MultiDiscreteActions([]), ValueError),
        (lambda: AnalogActions("MIDDLE"), ValueError),
        (lambda: AnalogActions(()), ValueError),
        (lambda: AnalogButtonActions(()), ValueError),
        (lambda: PointerActions(0), ValueError),
        (lambda: PointerActions(9), ValueError),
        (lambda: LightgunActions("SCREEN_X"), ValueError),
        (lambda: MouseActions("X"), ValueError),
        (lambda: MouseActions(speed=0), ValueError),
        (lambda: KeyActions(()), ValueError),
        (lambda: KeyActions("NO_SUCH_KEY"), ValueError),
    ],
)
def test_wrong_descriptions_are_refused(make: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        make()
