"""A progress bar for whatever takes longer than a second."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["ProgressBar"]

PATIENCE = 1.0


class ProgressBar:
    """A bar on standard error that appears after one second.

    Nothing is shown if standard error is not a terminal, or if rich is not installed.

    Args:
        description: What is going on.
        total: How many steps it takes.
        quiet: Whether never to show it.
    """

    def __init__(self, description: str, total: int, *, quiet: bool = False) -> None:
        """Start the clock."""
        self._description = description
        self._total = total
        self._done = 0
        self._shown: Progress | None = None
        self._task: TaskID | None = None
        self._appears_at = time.monotonic() + PATIENCE
        if quiet or not sys.stderr.isatty():
            self._appears_at = float("inf")

    def __enter__(self) -> ProgressBar:
        """Return the bar itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Remove the bar."""
        if self._shown is not None:
            self._shown.stop()

    def advance(self, steps: int, note: str = "") -> None:
        """Count steps done, and show a note beside the bar."""
        self._done += steps
        if self._shown is None:
            if time.monotonic() < self._appears_at:
                return
            self._appear()
        if self._shown is not None and self._task is not None:
            self._shown.update(self._task, completed=self._done, note=note)

    def _appear(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn
        except ImportError:
            self._appears_at = float("inf")
            return
        self._shown = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[note]}"),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._shown.add_task(self._description, total=self._total, note="")
        self._shown.start()
