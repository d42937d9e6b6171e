"""Options that are wrong: the documented error each time, and the core runs on."""

from __future__ import annotations

import pytest
from observe import BuildCore, OpenCore

from pylibretro import (
    Core,
    OptionError,
    UnknownOptionError,
)


@pytest.mark.parametrize(
    ("key", "value", "error"),
    [
        ("no such key", "red", UnknownOptionError),
        ("test_late", "now", UnknownOptionError),
        ("", "", UnknownOptionError),
        (5, "red", UnknownOptionError),
        (None, "red", UnknownOptionError),
        (b"test_colour", "red", UnknownOptionError),
        ("test_colour\0", "red", UnknownOptionError),
        ("\udc80", "red", UnknownOptionError),
        ("test_colour", "infrared", OptionError),
        ("test_colour", "", OptionError),
        ("test_colour", "RED", OptionError),
        ("test_colour", "red\0", OptionError),
        ("test_colour", "\udc80", OptionError),
        ("test_colour", b"red", OptionError),
        ("test_colour", 1, OptionError),
        ("test_colour", None, OptionError),
    ],
)
def test_options(open_core: OpenCore, key: str, value: str, error: type[Exception]) -> None:
    core = open_core("options")
    before = dict(core.options)
    with pytest.raises(error):
        core.options[key] = value
    with pytest.raises(error):
        core.options.update({key: value})
    if error is UnknownOptionError:
        assert key not in core.options
        assert core.options.get(key, "nothing") == "nothing"
        with pytest.raises(KeyError):
            core.options[key]
    assert dict(core.options) == before
    with pytest.raises(TypeError, match="cannot be deleted"):
        del core.options[key]


def test_an_option_declared_late(open_core: OpenCore) -> None:
    core = open_core("options", bytes([4]))
    with pytest.raises(UnknownOptionError):
        core.options["test_late"] = "now"
    core.run(4)
    core.options["test_late"] = "now"
    assert "test_speed" not in core.options
    with pytest.raises(UnknownOptionError, match="test_speed"):
        core.options["test_speed"] = "1x"


@pytest.mark.parametrize(
    "options",
    [5, "text", [("test_colour",)], {"test_colour": 5}, {5: "red"}, {"a\0": "b"}],
    ids=repr,
)
def test_options_for_the_start(build_core: BuildCore, options: object) -> None:
    with pytest.raises((TypeError, ValueError)):
        Core(build_core("options"), options=options)  # type: ignore[arg-type]
