"""A pytest plugin for the tests of libretro cores: `pytest --libretro-core=PATH`.

It lies beside the package, so that a run of pytest that has nothing to do with cores does not
import pylibretro.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pylibretro import Core
    from pylibretro.conformance import ConformanceReport

__all__ = ["core", "core_arguments", "core_check"]

MARK = "libretro"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options that say which core is tested."""
    group = parser.getgroup("libretro", "a libretro core to test (pylibretro)")
    group.addoption(
        "--libretro-core", metavar="CORE", help="path of the core, or the name of an installed one"
    )
    group.addoption("--libretro-content", metavar="FILE", help="the game that it is given")
    group.addoption("--libretro-system-dir", metavar="DIR", help="where it finds firmware")
    group.addoption(
        "--libretro-option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="a core option to set (as often as needed)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Make the mark known."""
    config.addinivalue_line(
        "markers",
        f"{MARK}(**arguments): arguments of pylibretro.Core for this test's `core`, such as "
        f"content= or options=",
    )


@pytest.fixture
def core_arguments(request: pytest.FixtureRequest) -> dict[str, Any]:
    """The arguments that this test's `core` is opened with; override it to add others."""
    arguments = arguments_from(request.config)
    for mark in reversed(list(request.node.iter_markers(MARK))):
        if mark.args:
            pytest.fail(f"@pytest.mark.{MARK} takes arguments of Core by name", pytrace=False)
        given = dict(mark.kwargs)
        if "options" in given:
            given["options"] = {**arguments.get("options", {}), **given["options"]}
        arguments |= given
    return arguments


@pytest.fixture
def core(core_arguments: dict[str, Any]) -> Iterator[Core]:
    """A fresh Core for each test, closed after it."""
    from pylibretro import Core

    with Core(**core_arguments) as opened:
        yield opened


@pytest.fixture(scope="session")
def core_check(pytestconfig: pytest.Config) -> ConformanceReport:
    """The report of `pylibretro check` on the core, made once."""
    from pylibretro.conformance import check

    arguments = arguments_from(pytestconfig)
    report = check(arguments.pop("path"), **arguments)
    if report.nothing_run:
        reason = next(found.message for found in report.findings if found.name == "nothing-run")
        pytest.fail(f"{reason} (--libretro-content=FILE, --libretro-system-dir=DIR)", pytrace=False)
    return report


def arguments_from(config: pytest.Config) -> dict[str, Any]:
    """Return what the command line says of the core."""
    path = config.getoption("--libretro-core")
    if path is None:
        pytest.fail("say which core is tested: pytest --libretro-core=PATH", pytrace=False)
    arguments: dict[str, Any] = {
        "path": path,
        "content": config.getoption("--libretro-content"),
        "system_dir": config.getoption("--libretro-system-dir"),
        "options": {},
    }
    for word in config.getoption("--libretro-option"):
        key, separator, value = word.partition("=")
        if not separator or not key:
            pytest.fail(f"--libretro-option takes KEY=VALUE, not {word!r}", pytrace=False)
        arguments["options"][key] = value
    return arguments
