"""What ends a command: a sentence for the user instead of a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["CommandError", "needs_package"]


class CommandError(Exception):
    """The command cannot do what was asked; the message says why and what to do."""


@contextmanager
def needs_package(name: str, purpose: str) -> Iterator[None]:
    """Turn a failed import of an optional package into a sentence that says how to install it."""
    try:
        yield
    except ImportError as problem:
        if problem.name is not None and problem.name.partition(".")[0] != name:
            raise
        package = {"PIL": "Pillow"}.get(name, name)
        raise CommandError(
            f"{purpose} needs {package}, which is not installed: pip install 'pylibretro[cli]'"
        ) from None
