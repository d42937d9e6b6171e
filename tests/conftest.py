"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from compiler import NoCompilerError, build_library
from opengl import why_no_egl

from pylibretro import Core

CORES = Path(__file__).with_name("cores")


# Tests of these directories take long, so they are not left for the end, when other processes have
# nothing more to do. Ray's are the very first: one process has them all and starts one cluster.
FIRST = ["ray", "real_cores", "docs"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    def place(item: pytest.Item) -> int:
        directory = item.path.parent.name
        return FIRST.index(directory) if directory in FIRST else len(FIRST)

    items.sort(key=place)


@pytest.fixture(scope="session")
def build_cache(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Directory that keeps compiled test code, across sessions where pytest has a cache."""
    cache = getattr(pytestconfig, "cache", None)
    return cache.mkdir("compiled") if cache else tmp_path_factory.mktemp("compiled")


@pytest.fixture(scope="session")
def build_core(build_cache: Path) -> Callable[..., Path]:
    """Compile ``tests/cores/<name>`` and return the path of the core.

    Further arguments are for the compiler: ``build_core("options", "-DOPTIONS_INTERFACE=0")``.
    """

    def build(name: str, *flags: str) -> Path:
        source = CORES / f"{name}.c"
        if not source.exists():
            source = CORES / f"{name}.cpp"
        standard = "-std=gnu11" if source.suffix == ".c" else "-std=c++17"
        try:
            return build_library(
                source, f"{name}_libretro", build_cache, standard, "-O1", "-g", "-pthread", *flags
            )
        except NoCompilerError as error:
            pytest.skip(str(error))

    return build


@pytest.fixture
def open_core(build_core: Callable[..., Path]) -> Iterator[Callable[..., Core]]:
    """Open a core of ``tests/cores`` and close it after the test.

    ``flags`` are for the compiler, all other arguments for the Core.
    """
    opened = []

    def open_one(
        name: str, content: Any = None, *, flags: tuple[str, ...] = (), **wishes: Any
    ) -> Core:
        opened.append(Core(build_core(name, *flags), content, **wishes))
        return opened[-1]

    yield open_one
    for core in opened:
        core.close()


@pytest.fixture
def egl() -> None:
    """Skips where there is no OpenGL without a window."""
    reason = why_no_egl()
    if reason:
        pytest.skip(f"no OpenGL without a window here: {reason}")


@pytest.fixture(scope="session")
def corpus_dir() -> Path:
    """Directory of free test ROMs with reference pictures, named by PYLIBRETRO_CORPUS."""
    directory = Path(os.environ.get("PYLIBRETRO_CORPUS", "corpus"))
    if not (directory / "expected.json").is_file():
        pytest.skip("PYLIBRETRO_CORPUS names no directory of test ROMs")
    return directory.resolve()
