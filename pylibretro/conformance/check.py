"""Runs a core in separate processes and reports what it did wrong or unusually."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pylibretro.error as errors
from pylibretro.conformance.lengths import (
    CYCLES,
    FRAMES_BEFORE_STATE,
    FRAMES_OF_OTHER_PLAY,
    REPLAY_FRAMES,
    RESTORED_FRAMES,
)
from pylibretro.conformance.rules import judge
from pylibretro.conformance.supervision import run_task
from pylibretro.content.lookup import find_core

__all__ = ["ConformanceReport", "Finding", "check"]

SEVERITIES = ("error", "warning", "note")
# The tasks, with how many steps each takes beside the frames that were asked for.
EXPECTED_STEPS = {
    "play": 2 * REPLAY_FRAMES,
    "repeat": 0,
    "restore": FRAMES_BEFORE_STATE + FRAMES_OF_OTHER_PLAY + 2 * RESTORED_FRAMES,
    "open": CYCLES,
}
# What was asked for and cannot be: no work of the core.
WISHES_REFUSED = {"OptionError", "UnknownOptionError", "ContentNotFoundError"}


@dataclass(frozen=True)
class Finding:
    """Something that a core did wrong or unusually.

    Attributes:
        severity: "error" for what breaks a rule of libretro or does harm, "warning" for what many
            frontends will not cope with, "note" for what is merely unusual.
        name: A short name, the same for all findings of one kind, such as "pitch-too-small".
        message: What was seen.
    """

    severity: str
    name: str
    message: str


@dataclass(frozen=True)
class ConformanceReport:
    """What `check` found.

    Attributes:
        core: Path of the core.
        findings: Each `Finding`, errors first.
        facts: What was measured, as JSON data: the core's name and version, its calls, and so on.
    """

    core: str
    findings: tuple[Finding, ...]
    facts: Mapping[str, Any]

    def of(self, severity: str) -> tuple[Finding, ...]:
        """Return the findings of one severity."""
        return tuple(finding for finding in self.findings if finding.severity == severity)

    @property
    def ok(self) -> bool:
        """Whether there is no error."""
        return not self.of("error")

    @property
    def nothing_run(self) -> bool:
        """Whether no frame was run, as something that the core needs was not there."""
        return any(finding.name == "nothing-run" for finding in self.findings)


def steps_of(frames: int, *, quick: bool = False) -> int:
    """Return how many steps a check takes at least, if its core is not slow."""
    if quick:
        return frames + EXPECTED_STEPS["play"]
    return 2 * frames + sum(EXPECTED_STEPS.values())


def check(
    core: str | os.PathLike[str],
    content: str | os.PathLike[str] | None = None,
    *,
    options: Mapping[str, str] | None = None,
    system_dir: str | os.PathLike[str] | None = None,
    subsystem: str | None = None,
    frames: int = 240,
    timeout: float = 60.0,
    quick: bool = False,
    progress: Callable[[int, str], object] | None = None,
) -> ConformanceReport:
    """Run a core and report what it did wrong or unusually.

    It runs in four processes: two run it with the same input, to be compared, one restores a state
    in a machine that has run and in a fresh one, and one opens and closes it again and again. Each
    has an empty working directory and home directory, and copies of the game with the folder that
    it lies in and of the system directory: the originals stay as they are. A core that crashes or
    hangs ends its process and is reported.

    Args:
        core: A path to a core, or the name of an installed one.
        content: The game: a path, or None for a core that needs none.
        options: Core options to set.
        system_dir: Where the core finds firmware.
        subsystem: The identifier of the subsystem that the game is for.
        frames: How many frames to run.
        timeout: How many seconds of processor time, or of waiting, a process may spend without
            getting further before it is said to hang. A third of it is what a process uses in all:
            of slow cores fewer frames are run. What other processes do on the machine does not
            count.
        quick: Whether to run the first process alone, so that nothing is compared and no leak is
            found.
        progress: Called with how many steps have been done since it was called last, and with
            what is being done: "play", "repeat", "restore" or "open".

    Raises:
        CoreNotFoundError: There is no such core.
        ContentNotFoundError: There is no such game.
        UnknownOptionError: The core has no such option.
        OptionError: The option has no such value.

    >>> from pylibretro.conformance import check
    >>> report = check("2048", frames=60)
    >>> report.ok, report.of("warning")
    (True, ())
    """
    path = os.path.abspath(find_core(core))
    private = Path(tempfile.mkdtemp(prefix="pylibretro-check-"))
    wishes: dict[str, Any] = {
        "core": path,
        "content": None if content is None else os.fspath(content),
        "options": dict(options or {}),
        "system_dir": None if system_dir is None else os.path.abspath(system_dir),
        "subsystem": subsystem,
        "frames": frames,
        "seconds": timeout / 3,
    }
    runs: dict[str, dict[str, Any]] = {}
    try:
        for task in list(EXPECTED_STEPS)[: 1 if quick else None]:
            runs[task] = run_task(task, wishes, private / task, timeout, progress)
            shutil.rmtree(private / task, ignore_errors=True)
            facts = runs[task]["facts"]
            kind, message = facts.get("raised", ("", ""))
            if task == "play" and kind in WISHES_REFUSED:
                raise getattr(errors, kind)(message)
            if task == "play" and not facts.get("complete"):
                break
    finally:
        shutil.rmtree(private, ignore_errors=True)
    findings = []
    for severity, name, message in judge(runs):
        for task in runs:
            message = message.replace(f"{private / task}{os.sep}", "")
        findings.append(Finding(severity, name, message))
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return ConformanceReport(path, tuple(dict.fromkeys(findings)), runs)
