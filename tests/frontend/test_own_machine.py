"""What the machine shows every program - its clocks, random numbers - as a core sees it."""

from __future__ import annotations

import platform
from datetime import datetime, timezone

import pytest
from observe import BuildCore, OpenCore, notes, words

from pylibretro import Core, CoreBatch, Host

pytestmark = pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="the core asks in all the ways of glibc"
)

CLOCK = 1_234_567_890
TIMES = [
    "CLOCK_REALTIME",
    "CLOCK_REALTIME_COARSE",
    "CLOCK_TAI",
    "timespec_get",
    "SYS_clock_gettime",
    "gettimeofday",
    "ftime",
    "time",
]
NUMBERS = ["getrandom", "getentropy", "SYS_getrandom", "fopen", "open", "openat"]


def told(core: Core) -> list[dict[str, str]]:
    """What was told in the first frame and in the second."""
    frames: list[dict[str, str]] = [{}]
    for line in notes(core):
        if line:
            name, _, value = line.partition("=")
            frames[-1][name] = value
        else:
            frames.append({})
    return frames[:2]


def test_every_clock_shows_the_cores_time_of_day(open_core: OpenCore) -> None:
    core = open_core("time_of_day", host=Host(clock=CLOCK))
    core.run(2)
    first, second = told(core)
    for name in TIMES:
        passed = int(first[name]) - CLOCK * 1_000_000
        assert 0 <= passed < 1_000_000 / 60 + 1000, name
        assert 0 <= int(second[name]) - CLOCK * 1_000_000 < 2 * 1_000_000 / 60 + 1000, name
    for name in TIMES[:4]:
        assert int(second[name]) - int(first[name]) == pytest.approx(1_000_000 / 60, abs=1)
    moment = datetime.fromtimestamp(CLOCK, timezone.utc)
    assert first["ctime_r"] == moment.strftime("%a %b %e %H:%M:%S %Y")


def test_random_numbers_are_the_same_at_every_run(open_core: OpenCore) -> None:
    def numbers(**wishes: object) -> list[str]:
        core = open_core("time_of_day", **wishes)
        core.run(2)
        return [frame[name] for frame in told(core) for name in NUMBERS]

    seen = numbers()
    assert seen == numbers()
    assert len(set(seen)) == 2 * len(NUMBERS)
    assert "0" not in seen
    assert not set(seen) & set(numbers(host=Host(clock=CLOCK)))


def test_random_numbers_come_again_with_a_state(open_core: OpenCore) -> None:
    core = open_core("cpp_machine")
    core.run(3)
    moment = core.snapshot()
    core.run()
    after = words(core)[:6]
    core.run(4)
    assert words(core)[2:4] != after[2:4]
    core.restore(moment)
    core.run()
    assert words(core)[2:4] == after[2:4]


def test_waiting_for_a_time_of_day_ends(open_core: OpenCore) -> None:
    """In as many ways as there are: it takes as long as it should, and then the time has come."""
    core = open_core("time_of_day", bytes([1]))
    core.run(3)
    ended, begun, naps = words(core)[:3]
    assert begun == 6
    assert ended == begun
    assert 1 <= naps <= 4


@pytest.mark.parametrize("flags", [(), ("-static-libstdc++", "-static-libgcc")])
def test_the_clock_and_random_numbers_of_cpp(open_core: OpenCore, flags: tuple[str, ...]) -> None:
    """Whether the core uses the system's C++ library or brings one."""
    first = open_core("cpp_machine", bytes([1]), flags=flags, host=Host(clock=CLOCK))
    second = open_core("cpp_machine", bytes([1]), flags=flags, host=Host(clock=CLOCK))
    for core in (first, second):
        core.run()
        core.run(2)
        seen = words(core)
        assert seen[:2] == [CLOCK, CLOCK]
        assert seen[5:7] == [3, 6]
    assert words(first)[2:4] == words(second)[2:4]


def test_threads_of_cpp_belong_to_their_core(build_core: BuildCore) -> None:
    """rand() in one of them is the core's own sequence, whatever other cores draw."""
    path = build_core("cpp_machine")
    with Core(path) as alone:
        expected = []
        for _ in range(5):
            alone.run()
            expected.append(words(alone)[4])
    assert len(set(expected)) == 5
    with CoreBatch(path, count=3, threads=2) as batch:
        for number in expected:
            batch.run()
            assert [words(core)[4] for core in batch] == [number] * 3
