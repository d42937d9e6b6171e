"""The team of threads of pylibretro/workers.c: each item once, none lost, none held up."""

from __future__ import annotations

import platform
import shutil
import subprocess
from pathlib import Path

import pytest
from compiler import NoCompilerError, build

PROBE = Path(__file__).with_name("workers_probe.c")
TEAMS = [(1, 1), (1, 9), (2, 1), (2, 2), (2, 3), (3, 8), (4, 64), (8, 5), (8, 257)]


def build_probe(cache: Path, *flags: str) -> Path:
    try:
        return build(
            PROBE,
            "workers_probe",
            cache,
            "-O2",
            "-g",
            "-pthread",
            *flags,
            units=["batch/workers.c", "platform/platform.c"],
        )
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> list[str]:
    return [str(build_probe(build_cache))]


@pytest.fixture(scope="module")
def watched_probe(build_cache: Path) -> list[str]:
    """The probe under ThreadSanitizer."""
    try:
        program = str(build_probe(build_cache, "-fsanitize=thread"))
    except RuntimeError:
        pytest.skip("the compiler has no ThreadSanitizer")
    # ThreadSanitizer of some compilers cannot place its shadow under a randomised layout.
    fixed = ["setarch", platform.machine(), "--addr-no-randomize"]
    for command in ([*fixed, program] if shutil.which("setarch") else [program], [program]):
        if (
            subprocess.run([*command, *["run", "1", "1", "1", "0", "1"]], check=False).returncode
            == 0
        ):
            return command
    pytest.skip("ThreadSanitizer does not run here")


def put_to_work(
    probe: list[str], mode: str, team: tuple[int, int], rounds: int, spin: bool, seed: int = 1
) -> None:
    threads, items = team
    arguments = map(str, [mode, threads, items, rounds, int(spin), seed])
    result = subprocess.run(
        [*probe, *arguments], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("spin", [False, True])
@pytest.mark.parametrize("team", TEAMS)
def test_each_item_is_done_once_in_each_run(
    probe: list[str], team: tuple[int, int], spin: bool
) -> None:
    put_to_work(probe, "run", team, 300, spin)


@pytest.mark.parametrize("team", [(2, 2), (2, 9), (3, 3), (4, 64), (8, 5)])
def test_threads_help_one_that_is_held_up(probe: list[str], team: tuple[int, int]) -> None:
    put_to_work(probe, "help", team, 30, spin=False)


@pytest.mark.parametrize("team", [(2, 8), (2, 9), (3, 8), (4, 64)])
def test_an_item_that_takes_long_comes_first(probe: list[str], team: tuple[int, int]) -> None:
    put_to_work(probe, "order", team, 200, spin=True)


@pytest.mark.parametrize("spin", [False, True])
@pytest.mark.parametrize("team", TEAMS)
def test_what_is_submitted_comes_back_once(
    probe: list[str], team: tuple[int, int], spin: bool
) -> None:
    for seed in range(3):
        put_to_work(probe, "submit", team, 200, spin, seed)


@pytest.mark.parametrize("team", [(2, 2), (2, 9), (3, 8), (4, 64)])
def test_a_straggler_holds_nobody_up(probe: list[str], team: tuple[int, int]) -> None:
    put_to_work(probe, "straggle", team, 20, spin=False)


@pytest.mark.parametrize("team", TEAMS)
def test_what_is_submitted_is_done_before_the_end(probe: list[str], team: tuple[int, int]) -> None:
    put_to_work(probe, "stop", team, 20, spin=False)


@pytest.mark.parametrize("mode", ["run", "help", "order", "submit", "straggle", "stop"])
@pytest.mark.parametrize("team", [(2, 3), (4, 9)])
def test_nothing_is_touched_by_two_threads_without_order(
    watched_probe: list[str], mode: str, team: tuple[int, int]
) -> None:
    put_to_work(watched_probe, mode, team, 40, spin=True)
