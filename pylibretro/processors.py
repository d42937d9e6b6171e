"""How many processors this process may use."""

from __future__ import annotations

import math
import os
from pathlib import Path

__all__ = ["available_processors"]

_CGROUPS = Path("/sys/fs/cgroup")


def available_processors() -> int:
    """Return how many threads can run at once.

    That is the CPU affinity, and no more than the cgroup's quota: where that is 1.5 processors,
    there is room for 2 threads.

    >>> from pylibretro.processors import available_processors
    >>> available_processors() >= 1
    True
    """
    if hasattr(os, "sched_getaffinity"):
        count = len(os.sched_getaffinity(0))
    else:
        count = os.cpu_count() or 1
    quota = cgroup_quota(_CGROUPS, own_cgroup())
    return max(1, count if quota is None else min(count, math.ceil(quota)))


def own_cgroup() -> str:
    """Return the path of this process in the cgroup v2 hierarchy, or "/" when there is none."""
    try:
        lines = Path("/proc/self/cgroup").read_text(encoding="utf-8").splitlines()
    except OSError:
        return "/"
    for line in lines:
        hierarchy, _, path = line.split(":", 2)
        if hierarchy == "0":
            return path
    return "/"


def cgroup_quota(root: Path, own: str) -> float | None:
    """Return the smallest quota on the way from `own` up to `root`, in processors; None without."""
    quotas = []
    directory = root / own.strip("/")
    for group in (directory, *directory.parents):
        quotas.append(quota_of(group))
        if group == root:
            break
    return min((quota for quota in quotas if quota is not None), default=None)


def quota_of(group: Path) -> float | None:
    """Return the quota of one cgroup, of version 2 or 1, in processors."""
    try:
        text = (group / "cpu.max").read_text(encoding="ascii").split()
    except OSError:
        text = []
    try:
        if len(text) == 2:
            return None if text[0] == "max" else int(text[0]) / int(text[1])
        microseconds = int((group / "cpu" / "cpu.cfs_quota_us").read_text(encoding="ascii"))
        period = int((group / "cpu" / "cpu.cfs_period_us").read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None
    return microseconds / period if microseconds > 0 else None
