"""What the JSON of integrations says, read as stable-retro reads it.

Its parser takes the first value of a file, and of a name that is there twice the first one. Where a
value has another type than the one that is needed there, it goes on as if it were not there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from pylibretro.error import GameError
from pylibretro.files.json_text import read_text

__all__ = ["crop_of", "entries", "first_value", "member", "rewards_of", "single", "whole"]

WHITESPACE = " \t\n\r"


def first_value(path: str) -> Any:
    """Return the first value of a JSON file, whatever comes after it.

    Raises:
        GameError: There is none.
        OSError: The file cannot be read.
    """
    try:
        text = read_text(path).lstrip(WHITESPACE)
        value, _ = _DECODER.raw_decode(text)
    except RecursionError:
        raise GameError(f"{path} is no JSON: it is nested too deeply") from None
    except ValueError as problem:
        raise GameError(f"{path} is no JSON: {problem}") from None
    return value


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs)) if len(dict(pairs)) < len(pairs) else dict(pairs)


def _finite(text: str) -> float:
    number = float(text)
    if abs(number) == float("inf"):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


def _unknown(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number in JSON")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_first_of_each, parse_float=_finite, parse_constant=_unknown
)


def member(node: Any, name: str) -> Any:
    """Return a member of an object; None if it has none, or is no object."""
    return node.get(name) if isinstance(node, Mapping) else None


def entries(value: Any, what: str) -> Mapping[str, Any]:
    """Return an object that may be left out, null or empty.

    Raises:
        GameError: It is something else.
    """
    if isinstance(value, Mapping):
        return value
    if value is None or value == []:
        return {}
    raise GameError(f"its {what} are {value!r}; an object from name to what is said is needed")


def whole(value: Any) -> int:
    """Return a number as 64 bits with a sign, as processors cut it; 0 if it is none."""
    if not isinstance(value, (int, float)):
        return 0
    number = int(value)
    if isinstance(value, int) and 1 << 63 <= number < 1 << 64:
        return number - (1 << 64)
    return number if -(1 << 63) <= number < 1 << 63 else -(1 << 63)


def single(value: Any) -> float:
    """Return a coefficient in single precision, of which the largest stands for infinity."""
    if not isinstance(value, (int, float)):
        return 0.0
    with np.errstate(over="ignore"):
        number = float(np.float32(value))
    return number if abs(number) < float("inf") else np.copysign(sys.float_info.max, number).item()


def rewards_of(told: Mapping[str, Any]) -> list[Any]:
    """Return what earns each player a reward.

    With `rewards` beside `reward`, both are the first player's: of a variable that is in both,
    `reward` counts, of anything else `rewards`.

    Raises:
        GameError: `rewards` is no list.
    """
    one, several = told.get("reward"), told.get("rewards")
    if several is None or several == {}:
        several = []
    if not isinstance(several, Sequence) or isinstance(several, str):
        raise GameError(f"its rewards are {several!r}; a list with one for each player is needed")
    players = list(several)
    if "reward" in told:
        players[:1] = [_joined(one, players[0]) if players else one]
    return [] if len(players) == 1 and not players[0] else players


def _joined(one: Any, other: Any) -> Any:
    variables = {
        **entries(member(other, "variables"), "variables of a reward"),
        **entries(member(one, "variables"), "variables of a reward"),
    }
    both: dict[str, Any] = {}
    for each in (one, other):
        if isinstance(each, Mapping):
            both |= each
    return both | {"variables": variables}


def crop_of(told: Mapping[str, Any]) -> tuple[int, int, int, int] | None:
    """Return the crop of a scenario, in whole pixels; a size below 0 is all, as 0 is.

    Raises:
        GameError: It is no crop, or begins beside the picture.
    """
    if "crop" not in told:
        return None
    crop = told["crop"]
    given = crop[:4] if isinstance(crop, list) else ()
    numbers = [int(n) for n in given if isinstance(n, (int, float)) and not isinstance(n, bool)]
    if len(numbers) < 4:
        raise GameError(f"its crop is {crop!r}; x, y, width and height are needed")
    left, top, width, height = numbers
    if left < 0 or top < 0:
        raise GameError(f"its crop {crop!r} begins outside of the picture")
    return left, top, max(width, 0), max(height, 0)
