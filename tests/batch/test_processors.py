"""How many threads may run at once: CPU affinity and the quota of the process's cgroup."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from pylibretro.batch import processors
from pylibretro.batch.processors import available_processors, cgroup_quota, own_cgroup, quota_of


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def version_1(group: Path, quota: int, period: int = 100_000) -> None:
    write(group / "cpu.cfs_quota_us", f"{quota}\n")
    write(group / "cpu.cfs_period_us", f"{period}\n")


@pytest.mark.parametrize(
    ("text", "quota"),
    [
        ("150000 100000\n", 1.5),
        ("max 100000\n", None),
        ("1000 1000000\n", 0.001),
        ("", None),
        ("many few\n", None),
        ("100000\n", None),
    ],
)
def test_a_quota_of_version_2(tmp_path: Path, text: str, quota: float | None) -> None:
    write(tmp_path / "cpu.max", text)
    assert quota_of(tmp_path) == quota


def test_no_period_is_no_quota(tmp_path: Path) -> None:
    write(tmp_path / "cpu.max", "100000 0\n")
    assert quota_of(tmp_path) is None


@pytest.mark.parametrize(("microseconds", "quota"), [(250_000, 2.5), (-1, None), (0, None)])
def test_a_quota_of_version_1(tmp_path: Path, microseconds: int, quota: float | None) -> None:
    version_1(tmp_path, microseconds)
    assert quota_of(tmp_path) == quota


def test_no_group_at_all(tmp_path: Path) -> None:
    assert cgroup_quota(tmp_path / "missing", "/some/where") is None


def test_the_smallest_quota_on_the_way_up_counts(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "c" / "cpu.max", "max 100000\n")
    write(tmp_path / "a" / "b" / "cpu.max", "300000 100000\n")
    write(tmp_path / "a" / "cpu.max", "200000 100000\n")
    write(tmp_path / "a" / "other" / "cpu.max", "100000 100000\n")
    write(tmp_path.parent / "cpu.max", "1000 100000\n")  # outside the hierarchy
    assert cgroup_quota(tmp_path, "/a/b/c") == 2.0
    assert cgroup_quota(tmp_path, "/a/b/c/") == 2.0
    assert cgroup_quota(tmp_path, "/") is None


def test_a_container_that_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    write(tmp_path / "cpu.max", "150000 100000\n")
    assert cgroup_quota(tmp_path, "/") == 1.5
    assert cgroup_quota(tmp_path, "/not/shown/here") == 1.5


@pytest.mark.parametrize(("quota", "expected"), [(0.2, 1), (1.0, 1), (1.5, 2), (64.0, 5)])
def test_processors_are_whole_and_at_least_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, quota: float, expected: int
) -> None:
    write(tmp_path / "cpu.max", f"{int(quota * 100_000)} 100000\n")
    monkeypatch.setattr(processors, "_CGROUPS", tmp_path)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(5)), raising=False)
    assert available_processors() == expected


def test_without_affinity_all_processors_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processors, "_CGROUPS", tmp_path)
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 7)
    assert available_processors() == 7
    monkeypatch.setattr(os, "cpu_count", lambda: None)
    assert available_processors() == 1


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no affinity to set")
def test_the_affinity_of_this_process_counts() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert available_processors() == 1
    finally:
        os.sched_setaffinity(0, allowed)


@pytest.mark.parametrize("version", [1, 2])
def test_the_group_of_this_process_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, version: int
) -> None:
    """In version 1 each controller has a hierarchy of its own, with paths of its own."""
    paths = {"": "/pods/new", "cpu": "/pods/old"}
    monkeypatch.setattr(processors, "_CGROUPS", tmp_path)
    monkeypatch.setattr(processors, "own_cgroup", lambda controller: paths[controller])
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(64)), raising=False)
    assert available_processors() == 64
    if version == 1:
        version_1(tmp_path / "cpu" / "pods" / "old", 310_000)
    else:
        write(tmp_path / "pods" / "new" / "cpu.max", "310000 100000\n")
    assert available_processors() == 4


def test_the_paths_of_this_process(tmp_path: Path) -> None:
    listing = tmp_path / "cgroup"
    write(listing, "12:name=systemd:/a\n4:cpu,cpuacct:/b:c\n3:cpuset:/d\n0::/e/f\n")
    assert own_cgroup("", listing) == "/e/f"
    assert own_cgroup("cpu", listing) == "/b:c"
    assert own_cgroup("memory", listing) == "/"
    assert own_cgroup("", tmp_path / "missing") == "/"
    assert own_cgroup("").startswith("/")
