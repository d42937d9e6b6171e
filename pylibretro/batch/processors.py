"""How many processors this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["available_processors"]

_CGROUPS = Path("/sys/fs/cgroup")


def available_processors() -> int:
    """Return how many threads can run at once, given the CPU affinity and the cgroup's quota.

    A container with a quota of 1.5 processors has room for 2 threads.

    >>> from pylibretro.batch.processors import available_processors
    >>> available_processors() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    # Version 2 has one hierarchy of groups; version 1 has one for each controller.
    found = [
        cgroup_quota(_CGROUPS, own_cgroup("")),
        cgroup_quota(_CGROUPS / "cpu", own_cgroup("cpu")),
    ]
    return max(1, min([count, *(math.ceil(quota) for quota in found if quota is not None)]))


def own_cgroup(controller: str, listing: Path = Path("/proc/self/cgroup")) -> str:
    """Return the path of this process in the hierarchy of a version 1 controller, or of version 2.

    Args:
        controller: Such as "cpu"; "" for the hierarchy of version 2, whose line names none.
        listing: The system's list of a process's groups, `/proc/self/cgroup`.

    Returns:
        The path from the root of that hierarchy; "/" when there is none.
    """
    try:
        lines = listing.read_text(encoding="utf-8").splitlines()
    except OSError:
        return "/"
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return path
    return "/"


def cgroup_quota(root: Path, own: str) -> float | None:
    """Return the smallest quota, in processors, from `own` up to `root`; None if there is none."""
    quotas = []
    directory = root / own.strip("/")
    for group in (directory, *directory.parents):
        quotas.append(quota_of(group))
        if group == root:
            break
    return min((quota for quota in quotas if quota is not None), default=None)


def quota_of(group: Path) -> float | None:
    """Return the quota of one cgroup, of version 2 or 1, in processors; None if it has none."""
    try:
        if (group / "cpu.max").exists():
            quota, period = (group / "cpu.max").read_text(encoding="ascii").split()
        else:
            quota = (group / "cpu.cfs_quota_us").read_text(encoding="ascii")
            period = (group / "cpu.cfs_period_us").read_text(encoding="ascii")
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError, ZeroDivisionError):  # ValueError: no quota is "max"
        return None
