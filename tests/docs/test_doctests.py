"""Every example in a docstring runs and shows what it says, also those in the compiled module."""

from __future__ import annotations

import doctest
import importlib
import inspect
import os
import pkgutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import pylibretro

FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
# What running them needs beyond the library itself.
EXTRAS = {
    "PIL",
    "gymnasium",
    "pettingzoo",
    "pufferlib",
    "ray",
    "rich",
    "stable_baselines3",
    "stable_retro",
}


def all_modules() -> Iterator[str]:
    yield "pylibretro"
    for found in pkgutil.walk_packages(pylibretro.__path__, "pylibretro."):
        if not found.name.endswith((".__main__", ".callbacks", ".raw_limit")):  # two are in C only
            yield found.name
    yield "pylibretro.__main__"


MODULES = list(all_modules())


def own_things(module: ModuleType) -> Iterator[tuple[str, object]]:
    """The module, its functions and classes, and their members: also what Cython compiled.

    doctest itself looks over compiled functions and properties, because they are no Python ones.
    """
    yield module.__name__, module
    for name, thing in vars(module).items():
        if getattr(thing, "__module__", None) != module.__name__:
            continue
        yield f"{module.__name__}.{name}", thing
        if inspect.isclass(thing):
            for member_name, member in vars(thing).items():
                inner = (
                    member.__func__ if isinstance(member, (classmethod, staticmethod)) else member
                )
                yield f"{module.__name__}.{name}.{member_name}", inner


def examples_in(module: ModuleType) -> Iterator[doctest.DocTest]:
    parser = doctest.DocTestParser()
    for name, thing in own_things(module):
        text = getattr(thing, "__doc__", None)
        if isinstance(text, str) and ">>>" in text:
            yield parser.get_doctest(inspect.cleandoc(text), vars(module).copy(), name, None, 0)


def load(name: str) -> ModuleType:
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name not in EXTRAS:
            raise
        pytest.skip(f"{error.name} is not installed")


@pytest.mark.parametrize("name", MODULES)
def test_examples(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    report: list[str] = []
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    for test in examples_in(load(name)):
        runner.run(test, out=report.append)
    assert runner.failures == 0, "".join(report)


def test_the_examples_are_found() -> None:
    """So that the test above cannot pass because it looks in the wrong place."""
    found = {
        test.name
        for name in ("pylibretro", "pylibretro._core")
        for test in examples_in(importlib.import_module(name))
    }
    assert {
        "pylibretro",
        "pylibretro._core.Core",
        "pylibretro._core.Core.run",
        "pylibretro._core.Core.capture",
        "pylibretro._core.Core.save_state",
        "pylibretro._core.Memory",
        "pylibretro._core.Memory.read",
        "pylibretro._core.Options",
    } <= found


@pytest.mark.parametrize("kind", [pylibretro.Core, pylibretro.Memory, pylibretro.Options])
def test_everything_public_in_the_compiled_module_is_described(kind: type) -> None:
    assert inspect.getdoc(kind)
    for name, member in vars(kind).items():
        if not name.startswith("_"):
            text = inspect.getdoc(member) or ""
            assert text.rstrip().split("\n")[0].endswith((".", ":")) or "`" in text, name
            assert text, name


def test_everything_exported_is_described() -> None:
    for name in pylibretro.__all__:
        thing = getattr(pylibretro, name)
        if callable(thing):
            text = thing.__doc__ or ""
            assert text, name
            assert not text.startswith(f"{name}("), f"{name} has only NumPy's or NamedTuple's words"


def test_the_examples_leave_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    runner = doctest.DocTestRunner(verbose=False, optionflags=FLAGS)
    for name in ("pylibretro", "pylibretro._core"):
        for test in examples_in(importlib.import_module(name)):
            runner.run(test, out=lambda _: None)
    assert os.listdir(tmp_path) == []
