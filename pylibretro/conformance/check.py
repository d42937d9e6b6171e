"""Runs a core in separate processes and reports what it did wrong or unusually."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pylibretro.conformance.rules import judge
from pylibretro.content.lookup import find_core

__all__ = ["ConformanceReport", "Finding", "check"]

SEVERITIES = ("error", "warning", "note")
# Content that names further files: it is opened where it lies, as it cannot be copied alone.
LISTS_OF_FILES = (".cue", ".m3u", ".toc", ".gdi", ".ccd", ".mds", ".zip", ".7z")
LARGEST_COPY = 1 << 29
OUTPUT_KEPT = 2000


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


def check(
    core: str | os.PathLike[str],
    content: str | os.PathLike[str] | None = None,
    *,
    options: Mapping[str, str] | None = None,
    system_dir: str | os.PathLike[str] | None = None,
    frames: int = 240,
    timeout: float = 60.0,
    quick: bool = False,
) -> ConformanceReport:
    """Run a core and report what it did wrong or unusually.

    It runs in three processes: two run it with the same input, to be compared, and one opens and
    closes it again and again. Each has an empty working directory and home directory. A core that
    crashes or hangs ends its process and is reported.

    Args:
        core: A path to a core, or the name of an installed one.
        content: The game: a path, or None for a core that needs none.
        options: Core options to set.
        system_dir: Where the core finds firmware.
        frames: How many frames to run.
        timeout: How many seconds each process may take.
        quick: Whether to run the first process alone, so that nothing is compared and no leak is
            found.

    Raises:
        CoreNotFoundError: There is no such core.

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
        "frames": frames,
        "seconds": timeout / 3,
    }
    try:
        runs = {}
        for task in ("play",) if quick else ("play", "repeat", "open"):
            runs[task] = run_task(task, wishes, private / task, timeout)
            if task == "play" and not runs[task]["facts"].get("complete"):
                break
    finally:
        shutil.rmtree(private, ignore_errors=True)
    findings = [Finding(*found) for found in judge(runs)]
    findings.sort(key=lambda finding: SEVERITIES.index(finding.severity))
    return ConformanceReport(path, tuple(dict.fromkeys(findings)), runs)


def run_task(task: str, wishes: dict[str, Any], directory: Path, timeout: float) -> dict[str, Any]:
    """Run one task in a child process, and return the facts and how it ended."""
    for name in ("work", "home", "tmp", "content"):
        (directory / name).mkdir(parents=True)
    content = copy_of_content(wishes["content"], directory / "content")
    before = set(files_below(directory))
    facts_file = directory / "facts.json"
    environment = {
        **os.environ,
        "HOME": str(directory / "home"),
        "TMPDIR": str(directory / "tmp"),
        **{
            f"XDG_{kind}_HOME": str(directory / "home" / kind.lower())
            for kind in ("CACHE", "CONFIG", "DATA", "STATE")
        },
    }
    # The child finds the package as this process did, wherever it starts.
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).resolve().parents[2]), environment.get("PYTHONPATH", "")]
    ).rstrip(os.pathsep)
    command = [sys.executable, "-m", "pylibretro.conformance.run", task, str(facts_file)]
    ended: dict[str, Any] = {"hung": False}
    with (
        open(directory / "stdout", "w+b") as output,
        open(directory / "stderr", "w+b") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            cwd=directory / "work",
            env=environment,
        ) as child,
    ):
        try:
            child.communicate(json.dumps({**wishes, "content": content}).encode(), timeout)
        except subprocess.TimeoutExpired:
            ended["hung"] = True
            child.kill()
            child.communicate()
        except BaseException:
            child.kill()
            raise
        for name, file in (("stdout", output), ("stderr", errors)):
            file.seek(0)
            ended[name] = file.read(OUTPUT_KEPT).decode("utf-8", "replace")
        ended["status"] = child.returncode
    ended["signal"] = signal_name(child.returncode)
    ended["facts"] = read_facts(facts_file)
    own = {"facts.json", "stdout", "stderr"}
    ended["appeared"] = [
        os.path.relpath(path, directory)
        for path in sorted(set(files_below(directory)) - before)
        if os.path.relpath(path, directory) not in own
    ]
    return ended


def copy_of_content(content: str | None, directory: Path) -> str | None:
    """Copy a game that is one file, so that it is seen what the core writes beside it."""
    if content is None:
        return None
    source = Path(content).expanduser()
    if (
        source.is_file()
        and source.suffix.lower() not in LISTS_OF_FILES
        and source.stat().st_size <= LARGEST_COPY
    ):
        shutil.copyfile(source, directory / source.name)
        return str(directory / source.name)
    return os.path.abspath(source)


def files_below(directory: Path) -> Iterator[str]:
    """Paths of all files below a directory, links not followed."""
    for parent, _, names in os.walk(directory):
        yield from (os.path.join(parent, name) for name in names)


def read_facts(file: Path) -> dict[str, Any]:
    """Return the facts that the child has written: the lines that are complete."""
    facts: dict[str, Any] = {}
    if file.exists():
        for line in file.read_text(encoding="utf-8").splitlines(keepends=True):
            if line.endswith("\n"):
                facts.update(json.loads(line))
    return facts


def signal_name(status: int) -> str | None:
    """Name of the signal that ended a process, or None."""
    if status >= 0:
        return None
    try:
        return signal.Signals(-status).name
    except ValueError:
        return f"signal {-status}"
