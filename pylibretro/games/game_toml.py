"""The TOML of game files: read by the standard library's parser, written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

from pylibretro.error import GameError
from pylibretro.memory.watch import Watch

__all__ = ["game_fields", "parse_toml", "toml_from_fields"]

TEXTS = ("name", "core", "content", "console", "done")
KEYS = (
    *TEXTS,
    "sha1",
    "start",
    "players",
    "reward",
    "crop",
    "actions",
    "options",
    "controllers",
    "states",
    "watches",
)
LINE = 100


def parse_toml(text: str) -> dict[str, Any]:
    """Parse TOML with what this Python has.

    Raises:
        GameError: It is not TOML, or Python 3.10 lacks tomli.
    """
    tomllib: Any
    try:
        tomllib = import_module("tomllib")
    except ImportError:
        try:
            tomllib = import_module("tomli")
        except ImportError:
            raise GameError(
                "Python 3.10 reads TOML with tomli: pip install 'pylibretro[games]'"
            ) from None
    try:
        parsed: dict[str, Any] = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise GameError(f"this is no TOML: {problem}") from None
    return parsed


def game_fields(text: str) -> dict[str, Any]:
    """Return the arguments of `Game` that a TOML text gives.

    Raises:
        GameError: It has something that no game has, or something of the wrong type.
    """
    fields = parse_toml(text)
    for key in fields:
        if key not in KEYS:
            raise GameError(f"a game has no {key!r}; it has {', '.join(KEYS)}")
    for key in TEXTS:
        if key in fields:
            _check(key, fields[key], str, "a text")
    for key in ("name", "core"):
        if key not in fields:
            raise GameError(f"the game has no {key}")
    if "sha1" in fields:
        given = fields["sha1"]
        fields["sha1"] = (given,) if isinstance(given, str) else _texts("sha1", given)
    for key in ("start", "reward"):
        if key in fields and not isinstance(fields[key], str):
            fields[key] = _texts(key, fields[key])
    if "players" in fields:
        _check("players", fields["players"], int, "a number")
    if "crop" in fields:
        fields["crop"] = _numbers("crop", fields["crop"])
    for key in ("options", "controllers", "states", "watches"):
        if key in fields:
            _check(key, fields[key], dict, "a table")
    if "options" in fields:
        fields["options"] = {k: _check(k, v, str, "a text") for k, v in fields["options"].items()}
    if "states" in fields:
        fields["states"] = {k: _check(k, v, str, "a path") for k, v in fields["states"].items()}
    if "controllers" in fields:
        fields["controllers"] = {
            _port(port): _check(port, device, int, "a device")
            for port, device in fields["controllers"].items()
        }
    if "watches" in fields:
        fields["watches"] = {k: _watch(k, v) for k, v in fields["watches"].items()}
    if "actions" in fields:
        groups = _check("actions", fields["actions"], list, "an array of groups")
        fields["actions"] = tuple(
            tuple(
                tuple(_texts("actions", combination))
                for combination in _check("actions", group, list, "an array of combinations")
            )
            for group in groups
        )
    return fields


def _check(key: str, value: Any, kind: type, what: str) -> Any:
    if not isinstance(value, kind) or isinstance(value, bool):
        raise GameError(f"{key} is {value!r}; {what} is needed")
    return value


def _texts(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise GameError(f"{key} has {value!r}; an array of texts is needed")
    return tuple(value)


def _numbers(key: str, value: Any) -> tuple[int, ...]:
    if not isinstance(value, list) or not all(type(item) is int for item in value):
        raise GameError(f"{key} is {value!r}; an array of numbers is needed")
    return tuple(value)


def _port(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise GameError(f"controllers has a port {text!r}; a number is needed")
    return int(text)


def _watch(name: str, value: Any) -> Watch:
    try:
        if isinstance(value, dict):
            unknown = set(value) - {"address", "type", "mask"}
            if unknown or "address" not in value:
                raise ValueError("address, and perhaps type and mask are needed")
            return Watch(value["address"], value.get("type", "|u1"), value.get("mask"))
        if isinstance(value, list):
            return Watch(*value)
        raise TypeError(f"{value!r} is no watch")
    except (TypeError, ValueError, IndexError) as problem:
        raise GameError(f"the watch {name!r}: {problem}") from None


def toml_from_fields(fields: Mapping[str, Any]) -> str:
    """Return the TOML text of a game with these arguments of `Game`.

    Raises:
        GameError: The game is played by a Lua script.
    """
    if fields["script"] is not None:
        raise GameError(
            f"{fields['name']} is played by a Lua script, which a game file does not have"
        )
    lines = [f"name = {_text(fields['name'])}", f"core = {_text(fields['core'])}"]
    for key in ("console", "content"):
        if fields[key] is not None:
            lines.append(f"{key} = {_text(fields[key])}")
    if fields["sha1"]:
        lines.append(f"sha1 = {_array(fields['sha1'])}")
    if fields["start"] is not None:
        lines.append(f"start = {_value(fields['start'])}")
    if fields["players"] != 1:
        lines.append(f"players = {fields['players']}")
    for key in ("reward", "done", "crop"):
        if fields[key] is not None:
            lines.append(f"{key} = {_value(fields[key])}")
    if fields["actions"] is not None:
        lines.append("actions = [")
        lines += [f"    {_array(group)}," for group in fields["actions"]]
        lines.append("]")
    for key, table in (
        ("options", fields["options"]),
        ("controllers", {str(port): device for port, device in fields["controllers"].items()}),
        ("states", fields["states"]),
    ):
        if table:
            lines += ["", f"[{key}]", *(f"{_key(k)} = {_value(v)}" for k, v in table.items())]
    if fields["watches"]:
        lines += ["", "[watches]"]
        for name, watch in fields["watches"].items():
            mask = "" if watch.mask is None else f", mask = {watch.mask:#x}"
            lines.append(
                f"{_key(name)} = {{ address = {watch.address:#x}, "
                f"type = {_text(watch.type)}{mask} }}"
            )
    return "\n".join(lines) + "\n"


def _key(text: str) -> str:
    bare = text and all(c.isascii() and (c.isalnum() or c in "-_") for c in text)
    return text if bare else _text(text)


def _text(text: str) -> str:
    if "\n" in text and '"""' not in text and "\\" not in text and "\r" not in text:
        return f'"""\n{text}"""'
    escaped = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return (
        '"'
        + "".join(
            escaped.get(c, c if c.isprintable() or ord(c) > 0x9F else f"\\u{ord(c):04x}")
            for c in text
        )
        + '"'
    )


def _array(items: Sequence[Any]) -> str:
    return "[" + ", ".join(_value(item) for item in items) + "]"


def _value(value: Any) -> str:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        raise TypeError("tables have lines of their own")
    if isinstance(value, Sequence):
        return _array(value)
    return str(value)
