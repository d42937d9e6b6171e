"""Choose which pylibretro the tests import: the installed one, else the one built in place.

A checkout holds an uncompiled package under the name of the installed one. Python would import it
in `python -m pytest`, and in every child process started in the checkout. So the checkout leaves
`sys.path`, the tests run in an empty directory, and child processes get the same answer.
PYTHONPATH decides when it names a directory with a compiled package.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES
from importlib.util import find_spec
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent


def is_compiled(directory: Path) -> bool:
    return any((directory / "pylibretro" / f"_core{end}").exists() for end in EXTENSION_SUFFIXES)


def choose_package() -> None:
    search_path = [
        str(Path(entry).resolve())
        for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep)
        if entry
    ]
    requested = [entry for entry in search_path if is_compiled(Path(entry))]
    sys.path[:] = [entry for entry in sys.path if Path(entry or ".").resolve() != CHECKOUT]
    if not requested and find_spec("pylibretro") is None:
        if not is_compiled(CHECKOUT):
            raise pytest.UsageError(
                "pylibretro is neither installed nor built in place; run: pip install '.[test]'"
            )
        requested = [str(CHECKOUT)]
    sys.path[:0] = requested
    os.environ["PYTHONPATH"] = os.pathsep.join(dict.fromkeys(requested + search_path))


choose_package()
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # As shells start what runs in the background; child processes would never hear Ctrl-C.
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Let all processors share the whole suite, where pytest-xdist is installed."""
    if (
        config.pluginmanager.hasplugin("xdist")
        and not hasattr(config, "workerinput")
        and config.args_source is pytest.Config.ArgsSource.TESTPATHS
        and config.option.numprocesses is None
        and config.option.dist == "no"
    ):
        config.option.numprocesses = "logical"
        config.option.dist = "worksteal"


def pytest_report_header() -> str:
    import pylibretro

    return f"pylibretro: {pylibretro.__version__} from {Path(pylibretro.__file__).parent}"


@pytest.fixture(scope="session", autouse=True)
def empty_working_directory(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run in an empty directory, so that nothing is found in, or left in, the checkout."""
    before = Path.cwd()
    os.chdir(tmp_path_factory.mktemp("empty"))
    yield
    os.chdir(before)
