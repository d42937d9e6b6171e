"""Arguments of envs in plain form: values of JSON that say the same, for specs that are stored.

What is no value of JSON is an object with its `kind`: `{"kind": "Observation", "size": [84, 84]}`.
Fields that have their defaults are left out.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from typing import Any

import numpy as np

from pylibretro._core import State
from pylibretro.content.vfs import FilePolicy
from pylibretro.core_spec import Display, Host, Peripherals
from pylibretro.envs.actions import (
    AnalogActions,
    AnalogButtonActions,
    ButtonActions,
    DiscreteActions,
    KeyActions,
    LightgunActions,
    MouseActions,
    MultiDiscreteActions,
    PointerActions,
)
from pylibretro.envs.memory_window import MemoryWindow
from pylibretro.envs.watch_vector import WatchVector
from pylibretro.games.game import Game, Script
from pylibretro.memory.watch import Watch
from pylibretro.movies.file import state_from_bytes, state_to_bytes
from pylibretro.picture.observation import Observation
from pylibretro.sound.audio_window import AudioWindow

__all__ = ["from_plain", "plain"]

KINDS: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        AnalogActions,
        AnalogButtonActions,
        AudioWindow,
        ButtonActions,
        DiscreteActions,
        Display,
        FilePolicy,
        Game,
        Host,
        KeyActions,
        LightgunActions,
        MemoryWindow,
        MouseActions,
        MultiDiscreteActions,
        Observation,
        Peripherals,
        PointerActions,
        Script,
        Watch,
        WatchVector,
    )
}
# Gymnasium's own `EnvSpec.to_json` makes dictionaries of dataclasses, which have the names of all
# fields; those of two classes with the same fields are not told apart.
_FIELDS: dict[frozenset[str], str] = {}
for _name, _kind in KINDS.items():
    _names = frozenset(field.name for field in fields(_kind))
    _FIELDS[_names] = "" if _names in _FIELDS else _name


def plain(value: Any) -> Any:
    """Return a value as values of JSON.

    Args:
        value: An argument of an env. What has no plain form, such as a function, stays as it is.

    >>> plain(Observation((84, 84), gray=True))
    {'kind': 'Observation', 'size': [84, 84], 'gray': 'bt601'}
    >>> from_plain(plain({"sound": AudioWindow(735)}))["sound"] == AudioWindow(735)
    True
    """
    if isinstance(value, Enum):
        return plain(value.value)
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"kind": "bytes", "base64": b64encode(value).decode()}
    if isinstance(value, State):
        return {"kind": "State", "base64": b64encode(state_to_bytes(value)).decode()}
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, (list, tuple, set, frozenset, range)):
        return [plain(part) for part in value]
    if isinstance(value, Mapping):
        if all(isinstance(name, str) for name in value):
            return {name: plain(part) for name, part in value.items()}
        items = [[plain(name), plain(part)] for name, part in value.items()]
        return {"kind": "mapping", "items": items}
    if is_dataclass(value) and KINDS.get(type(value).__name__) is type(value):
        return {"kind": type(value).__name__} | {
            field.name: plain(getattr(value, field.name))
            for field in fields(value)
            if field.init and not _has_default(field, getattr(value, field.name))
        }
    if is_dataclass(value) and type(value).__name__ == "EnvSpec":
        arguments: Any = value
        return {"kind": "EnvSpec", **{n: plain(v) for n, v in arguments.env_arguments().items()}}
    return value


def _has_default(field: Any, value: Any) -> bool:
    return (
        field.default is not MISSING
        and type(field.default) is type(value)
        and bool(field.default == value)
    )


def from_plain(value: Any) -> Any:
    """Return what a plain form stands for.

    Args:
        value: What `plain` returned, also after it has been through JSON; anything else stays as it
            is, but for sequences and mappings, in which plain forms are looked for.

    Raises:
        TypeError, ValueError: A field is wrong.
    """
    if isinstance(value, list):
        return [from_plain(part) for part in value]
    if not isinstance(value, dict):
        return value
    kind = value.get("kind")
    if kind in ("bytes", "State") and set(value) == {"kind", "base64"}:
        data = b64decode(value["base64"])
        return data if kind == "bytes" else state_from_bytes(data)
    if kind == "mapping" and set(value) == {"kind", "items"}:
        return {name: from_plain(part) for name, part in value["items"]}
    given = {name: from_plain(part) for name, part in value.items()}
    if isinstance(kind, str) and kind in KINDS:
        del given["kind"]
        return KINDS[kind](**given)
    name = _FIELDS.get(frozenset(given))
    if name:
        try:
            return KINDS[name](**given)
        except (TypeError, ValueError, LookupError):
            return given  # names of a user's own that happen to be these
    return given
