"""What commands print: tables for people, JSON for machines."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pylibretro.command_line.failure import needs_package

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["make_console", "make_table", "plain", "print_json"]

WIDTH_IN_FILES = 160


def print_json(value: Any) -> None:
    """Print one JSON document on standard output."""
    print(json.dumps(plain(value), indent=2, ensure_ascii=False, allow_nan=False))


def plain(value: Any) -> Any:
    """Turn named tuples, paths and the like into the types of JSON."""
    if hasattr(value, "_asdict"):
        return plain(value._asdict())
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, os.PathLike):
        return os.fspath(value)
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def make_console() -> Console:
    """Return a console for standard output, wide enough for whole lines in a file or pipe."""
    with needs_package("rich", "a table"):
        from rich.console import Console

    class PipeConsole(Console):
        def on_broken_pipe(self) -> None:
            """Leave it to the command line, which expects that a reader may leave."""
            raise

    width = None if sys.stdout.isatty() else WIDTH_IN_FILES
    # Texts of cores may hold square brackets, which rich would take for markup.
    return PipeConsole(highlight=False, markup=False, width=width)


def make_table(title: str, columns: Iterable[str], right: Iterable[str] = ()) -> Table:
    """Return an empty table in the style of all commands.

    Args:
        title: The line above it, or "" for none.
        columns: The headings.
        right: Which of them are numbers, aligned at the right.
    """
    with needs_package("rich", "a table"):
        from rich import box
        from rich.table import Table
        from rich.text import Text
    table = Table(
        title=Text(title, style="bold") if title else None,
        title_justify="left",
        box=box.SIMPLE_HEAD,
        pad_edge=False,
        header_style="bold cyan",
    )
    numbers = set(right)
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    return table
