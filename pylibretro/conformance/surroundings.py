"""What belongs to the whole process, and what no core should change or leave behind in it."""

from __future__ import annotations

import ctypes
import locale
import os
import signal
import sys
from pathlib import Path
from typing import Any

__all__ = ["files_open_for_writing", "resources", "signal_handlers", "surroundings"]

# glibc keeps the first two real-time signals for itself.
OWN_SIGNALS = {32, 33}
LARGEST_SIGACTION = 512


def surroundings() -> dict[str, Any]:
    """Everything that a process has once and that any of its libraries can change."""
    mask = os.umask(0)
    os.umask(mask)
    found: dict[str, Any] = {
        "cwd": os.getcwd(),
        "umask": mask,
        "locale": locale.setlocale(locale.LC_ALL),
        "environment variables": environment_variables(),
    }
    if sys.platform == "win32":
        return found
    import resource

    found["signal mask"] = sorted(map(int, signal.pthread_sigmask(signal.SIG_BLOCK, [])))
    found["limits"] = {
        name: resource.getrlimit(getattr(resource, name))
        for name in dir(resource)
        if name.startswith("RLIMIT_")
    }
    found["timers"] = [
        bool(any(signal.getitimer(timer)))
        for timer in (signal.ITIMER_REAL, signal.ITIMER_VIRTUAL, signal.ITIMER_PROF)
    ]
    found["priority"] = os.getpriority(os.PRIO_PROCESS, 0)
    found["standard streams"] = [identity_of(stream) for stream in range(3)]
    if hasattr(os, "sched_getaffinity"):
        found["processors"] = sorted(os.sched_getaffinity(0))
    return found


def environment_variables() -> dict[str, str]:
    """Return the variables that C code sees now; `os.environ` is what Python saw at its start."""
    if sys.platform == "win32":
        return {}
    try:
        entries = ctypes.POINTER(ctypes.c_char_p).in_dll(ctypes.CDLL(None), "environ")
    except ValueError:
        return {}
    variables: dict[str, str] = {}
    for n in range(1 << 16):
        entry = entries[n] if entries else None
        if entry is None:
            break
        name, _, value = entry.decode("utf-8", "replace").partition("=")
        variables[name] = value
    return variables


def identity_of(descriptor: int) -> list[int] | None:
    """Return what a descriptor leads to, or None if it is closed."""
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return [status.st_dev, status.st_ino]


def signal_handlers() -> dict[str, list[Any]]:
    """Return the address of each signal's handler, and the file that it lies in.

    The file is "" where there is no code, and None where the system does not tell.
    """
    if sys.platform == "win32":
        return {}
    sigaction = ctypes.CDLL(None).sigaction
    found = {}
    for number in sorted(set(signal.valid_signals()) - OWN_SIGNALS):
        action = ctypes.create_string_buffer(LARGEST_SIGACTION)
        if sigaction(int(number), None, action) != 0:
            continue
        # The handler is the first member in the C libraries of Linux, macOS and the BSDs.
        handler = ctypes.c_void_p.from_buffer(action).value or 0
        if handler > 1:  # neither SIG_DFL nor SIG_IGN
            found[name_of(number)] = [handler, file_at(handler)]
        elif handler:
            found[name_of(number)] = [handler, None]
    return found


def name_of(number: int) -> str:
    """Libc's name of a signal."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {int(number)}"


def file_at(address: int) -> str | None:
    """Return the file that is mapped at an address; "" if nothing is that can be executed."""
    try:
        lines = Path("/proc/self/maps").read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        places, rights, *rest = line.split(None, 5)
        first, _, end = places.partition("-")
        if int(first, 16) <= address < int(end, 16) and "x" in rights:
            return rest[3] if len(rest) > 3 else "memory of its own"
    return ""


def files_open_for_writing() -> list[str]:
    """Return the paths of the files that this process may write to, where the system says so."""
    found = []
    for entry in sorted(Path("/proc/self/fd").glob("*")):
        try:
            path = os.readlink(entry)
            flags = (
                Path(f"/proc/self/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0]
            )
        except (OSError, IndexError):
            continue
        named = path.startswith("/") and not path.startswith(("/dev/", "/memfd:", "/proc/"))
        if named and int(flags, 8) & os.O_ACCMODE and "(deleted)" not in path:
            found.append(path)
    return found


def resources() -> dict[str, int]:
    """How many threads, files, mappings and bytes this process has, where the system says so."""
    process = Path("/proc/self")
    if not (process / "smaps_rollup").exists():
        return {}
    rollup = dict(
        line.split(":") for line in (process / "smaps_rollup").read_text().splitlines()[1:]
    )
    return {
        "threads": len(list((process / "task").iterdir())),
        "files": len(list((process / "fd").iterdir())),
        "mappings": len((process / "maps").read_text().splitlines()),
        "kilobytes": int(rollup["Private_Dirty"].split()[0]),
    }
