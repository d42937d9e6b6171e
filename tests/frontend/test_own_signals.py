"""Signal handlers of cores: each has its own, gone with it, and the program keeps what it has."""

from __future__ import annotations

import logging
import os
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from observe import BuildCore, OpenCore, words
from real import CORES
from rom_images import ROM_IMAGES

from pylibretro import Core, CoreBatch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals as Linux has them")


def handled() -> int:
    """The signals that this process has handlers for, bit by bit."""
    status = Path("/proc/self/status").read_text()
    return int(status.split("SigCgt:")[1].split()[0], 16)


def test_cores_that_handle_faults_come_and_go_in_any_order(build_core: BuildCore) -> None:
    path = build_core("fast_memory")
    before = handled()
    random.seed(3)
    cores = [Core(path) for _ in range(5)]
    while cores:
        for core in cores:
            core.run()
        cores.pop(random.randrange(len(cores))).close()
        if len(cores) == 2:
            cores.append(Core(path))
            assert words(cores[0])[1] == 0
            cores.pop(0).close()
    assert handled() == before


def test_every_fault_reaches_the_core_whose_it_is(open_core: OpenCore) -> None:
    first, second, third = (open_core("fast_memory") for _ in range(3))
    for core, frames in ((second, 3), (first, 2), (third, 4), (second, 1)):
        core.run(frames)
    assert [words(core)[:3] for core in (first, second, third)] == [[4, 0, 1], [8, 0, 1], [8, 0, 1]]


def test_a_batch_of_them(build_core: BuildCore) -> None:
    with CoreBatch(build_core("fast_memory"), count=6, threads=2) as batch:
        batch.run(3)
        batch.reopen([1, 4])
        batch.run(2)
        assert [words(core)[:2] for core in batch] == [
            [4 if number in (1, 4) else 10, 0] for number in range(6)
        ]


def test_a_handler_that_a_core_forgets_is_gone_all_the_same(
    build_core: BuildCore, caplog: pytest.LogCaptureFixture
) -> None:
    path = build_core("fast_memory")
    before = handled()
    with caplog.at_level(logging.WARNING), Core(path) as first, Core(path, bytes([1])) as second:
        second.run()
        second.close()
        said = [line.text for line in second.log if "handler of signal 11" in line.text]
        assert len(said) == 1
        first.run(2)
        assert words(first)[:2] == [4, 0]
    assert handled() == before


def test_signals_of_the_program_stay_the_programs(open_core: OpenCore) -> None:
    core = open_core("fast_memory")
    core.run()
    assert words(core)[2] == 1, "the core believes that SIGINT is its"
    assert signal.getsignal(signal.SIGINT) is not None
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), signal.SIGINT)
    core.run()
    assert words(core)[3] == 0


@pytest.mark.skipif("stable_retro:melonds" not in CORES, reason="melonDS is not installed here")
def test_cores_that_are_packaged_with_fast_memory() -> None:
    """MelonDS, compiled code and all: one closes, one is opened again, and the others go on."""
    content = ROM_IMAGES["nintendo_ds"].build()
    with CoreBatch(CORES["stable_retro:melonds"], content, count=4, threads=2) as batch:
        batch.run(20)
        batch.reopen([1])
        batch.run(20)
        batch.reopen([0, 3])
        batch.run(5)
        assert [core.frame_count for core in batch] == [5, 25, 45, 5]


FAULT = """
import ctypes, faulthandler, sys
from pylibretro import Core
faulthandler.enable()
core = Core(sys.argv[1])
core.run()
if len(sys.argv) > 2:
    core.close()
ctypes.string_at(8)
"""


@pytest.mark.parametrize("closed", [False, True])
def test_faults_of_the_program_go_where_they_went_before(
    build_core: BuildCore, closed: bool
) -> None:
    arguments = [sys.executable, "-c", FAULT, str(build_core("fast_memory")), *["closed"] * closed]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in done.stderr
    assert "string_at" in done.stderr
