"""Runs a core in a child process, and tells one that is slow from one that hangs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pylibretro.conformance.private_files import Copies, files_below

__all__ = ["run_task"]

OUTPUT_KEPT = 2000
LOOK_EVERY = 0.1
# Where the system does not tell processor time, the clock alone has to decide, and others may work.
PATIENCE_BY_THE_CLOCK = 5
STATE, USER_TIME, SYSTEM_TIME = 0, 11, 12
# Caches of drivers and libraries, which are no work of the core.
NO_CACHES = {
    "MESA_SHADER_CACHE_DISABLE": "true",
    "MESA_GLSL_CACHE_DISABLE": "true",
    "__GL_SHADER_DISK_CACHE": "0",
    "CUDA_CACHE_DISABLE": "1",
}

Progress = Callable[[int, str], object]


def run_task(
    task: str,
    wishes: dict[str, Any],
    directory: Path,
    timeout: float,
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run one task in a child process, and return the facts and how it ended."""
    for name in ("work", "home", "tmp", "cache"):
        (directory / name).mkdir(parents=True)
    copies = Copies(directory)
    given = {**wishes, "content": copies.content(wishes["content"])}
    if wishes["system_dir"] is not None:
        given["system_dir"] = str(copies.folder(Path(wishes["system_dir"]), "system"))
    given["protected"], given["private"] = copies.linked, str(directory)
    before = marks_of_files(directory)

    def heard(steps: int) -> None:
        if progress is not None:
            progress(steps, task)

    command = [
        sys.executable, "-m", "pylibretro.conformance.run", task,
        str(directory / "facts.json"), str(directory / "beats"),
    ]  # fmt: skip
    ended: dict[str, Any] = {"hung": None, "left_out": copies.left_out}
    with (
        open(directory / "stdout", "w+b") as output,
        open(directory / "stderr", "w+b") as errors,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            cwd=directory / "work",
            env=environment_of_child(directory),
        ) as child,
    ):
        try:
            assert child.stdin is not None
            try:
                child.stdin.write(json.dumps(given).encode())
                child.stdin.close()
            except BrokenPipeError:
                pass  # it has ended before it began: its status says how
            ended["hung"] = watch(child, directory / "beats", timeout, heard)
        finally:
            child.kill()
            child.wait()
        for name, file in (("stdout", output), ("stderr", errors)):
            file.seek(0)
            ended[name] = file.read(OUTPUT_KEPT).decode("utf-8", "replace")
        ended["status"] = child.returncode
    ended["signal"] = None if ended["hung"] else signal_name(child.returncode)
    ended["facts"] = read_facts(directory / "facts.json")
    after = marks_of_files(directory)
    own = {"facts.json", "beats", "stdout", "stderr"}
    ended["written"] = sorted(
        path for path, mark in after.items() if before.get(path) != mark and path not in own
    )
    ended["removed"] = sorted(before.keys() - after.keys())
    return ended


def marks_of_files(directory: Path) -> dict[str, tuple[int, int]]:
    """Return what tells of each file below a directory whether it has been changed."""
    marks = {}
    for path in files_below(directory):
        status = os.lstat(path)
        marks[os.path.relpath(path, directory)] = status.st_size, status.st_mtime_ns
    return marks


def environment_of_child(directory: Path) -> dict[str, str]:
    """Environment variables with all of the user's directories replaced by empty ones."""
    home = directory / "home"
    environment = {
        **os.environ,
        **NO_CACHES,
        "HOME": str(home),
        "TMPDIR": str(directory / "tmp"),
        "XDG_CACHE_HOME": str(directory / "cache"),
        **{f"XDG_{kind}_HOME": str(home / kind.lower()) for kind in ("CONFIG", "DATA", "STATE")},
    }
    # The child finds the package as this process did, wherever it starts.
    environment["PYTHONPATH"] = os.pathsep.join(
        [str(Path(__file__).resolve().parents[2]), environment.get("PYTHONPATH", "")]
    ).rstrip(os.pathsep)
    return environment


def watch(
    child: subprocess.Popen[bytes], beats: Path, timeout: float, heard: Callable[[int], object]
) -> str | None:
    """Wait for the end of a child; return why it must be ended, if it hangs.

    It hangs if it gets no further in ``timeout`` seconds of processor time of its own, or of
    waiting: on a machine with other work it may be slow for as long as it likes.
    """
    heart, beating, worked_before, slept = 0, time.monotonic(), 0.0, 0.0
    looked = beating
    while True:
        try:
            child.wait(LOOK_EVERY)
            return None
        except subprocess.TimeoutExpired:
            pass
        now = time.monotonic()
        worked, asleep = process_times(child.pid)
        beat = beats.stat().st_size if beats.exists() else 0
        if beat != heart:
            heard(beat - heart)
            heart, beating, slept = beat, now, 0.0
            worked_before = worked or 0.0
        elif worked is None:
            if now - beating > timeout * PATIENCE_BY_THE_CLOCK:
                return f"{now - beating:.0f} seconds"
        else:
            slept += now - looked if asleep else 0.0
            if worked - worked_before > timeout:
                return f"{worked - worked_before:.0f} seconds of processor time"
            if slept > timeout:
                return f"{slept:.0f} seconds of waiting"
        looked = now


def process_times(process: int) -> tuple[float | None, bool]:
    """Seconds that a process has worked, if the system says so, and whether all of it sleeps."""
    worked, asleep = 0.0, True
    try:
        fields = fields_of(Path(f"/proc/{process}/stat"))
        worked = (int(fields[USER_TIME]) + int(fields[SYSTEM_TIME])) / os.sysconf("SC_CLK_TCK")
        for thread in Path(f"/proc/{process}/task").iterdir():
            asleep &= fields_of(thread / "stat")[STATE] not in "RD"
    except (OSError, IndexError, ValueError):
        return None, False
    return worked, asleep


def fields_of(file: Path) -> list[str]:
    """Fields of Linux's stat files, from the state on; the name before it may hold anything."""
    return file.read_text("utf-8", "replace").rpartition(")")[2].split()


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
