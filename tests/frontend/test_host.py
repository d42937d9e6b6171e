"""What a core may ask of the machine: how much memory there is, and memory for code."""

from __future__ import annotations

import platform
import sys
from pathlib import Path
from typing import Any

import pytest
from observe import OpenCore, noted

from pylibretro import Core, Host
from pylibretro.error import LibretroError

UNAVAILABLE, UNRESTRICTED, RWX, WX_TOGGLE, DUAL_MAP = range(5)
MODES = {"rwx": RWX, "wx toggle": WX_TOGGLE, "dual map": DUAL_MAP}
RUNS_CODE = platform.machine().lower() in ("x86_64", "amd64", "aarch64", "arm64")
PAGES = 5


def open_host(open_core: OpenCore, **wishes: Any) -> Core:
    try:
        return open_core("host", bytes([PAGES]), **wishes)
    except LibretroError as error:
        if "this system gives no such memory" in str(error):
            pytest.skip(str(error))
        raise


@pytest.mark.environment(
    "EXEC_MEM_ALLOC", 'memory that is executable, mapped as `Host(jit="rwx")` or another mode says'
)
@pytest.mark.environment("EXEC_MEM_FREE", "unmapped; what is left is unmapped at close")
@pytest.mark.parametrize("jit", MODES)
def test_memory_of_each_mode(open_core: OpenCore, jit: str) -> None:
    told = noted(open_host(open_core, host=Host(jit=jit)))
    mode = MODES[jit]
    assert told["capable"] == "1 1"
    assert told["question"] == f"1 {mode} 0", "a question gets no memory"
    assert told["first"] == f"1 {mode}"
    assert int(told["size"]) >= PAGES * 4096 - 1
    assert int(told["size"]) % 4096 == 0
    assert told["one mapping"] == str(int(mode != DUAL_MAP))
    assert told["same code"] == "1", "what is written to one mapping is in the other"
    if RUNS_CODE and mode != WX_TOGGLE:
        assert told["returned"] == "42", "the code ran"
    assert (told["second"], told["apart"]) == ("1", "1")
    assert (told["freed"], told["freed again"], told["not ours"]) == ("1", "0", "0")
    assert told["huge"] == "0 77"


@pytest.mark.environment("EXEC_MEM_ALLOC", "a core may also map its own: mode UNRESTRICTED")
@pytest.mark.environment("GET_JIT_CAPABLE", "true where this system allows it")
def test_by_default_a_core_may_map_its_own(open_core: OpenCore) -> None:
    told = noted(open_host(open_core))
    assert told["capable"] == "1 1"
    if sys.platform == "linux":
        assert told["question"] == f"1 {UNRESTRICTED} 0"
    assert told["first"][0] == "1", "and one that asks all the same gets some"
    assert told["same code"] == "1"
    if RUNS_CODE and "returned" in told:
        assert told["returned"] == "42"


@pytest.mark.environment("EXEC_MEM_ALLOC", "refused with `Host(jit=False)`: mode UNAVAILABLE")
@pytest.mark.environment("GET_JIT_CAPABLE", "false with `Host(jit=False)`")
@pytest.mark.parametrize("jit", [False, None])
def test_a_core_may_be_kept_to_its_interpreter(open_core: OpenCore, jit: bool | None) -> None:
    told = noted(open_host(open_core, host=Host(jit=jit)))
    assert told["capable"] == "1 0"
    assert told["question"] == f"1 {UNAVAILABLE} 0"
    assert told["first"] == "0 77"


@pytest.mark.environment("EXEC_MEM_FREE")
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="looks into /proc")
@pytest.mark.parametrize("jit", [True, *MODES])
def test_nothing_stays_mapped_after_close(open_core: OpenCore, jit: bool | str) -> None:
    core = open_host(open_core, host=Host(jit=jit))
    first_rx, first_rw, *second = (int(text, 16) for text in noted(core)["addresses"].split())

    def mapped(address: int) -> bool:
        lines = Path("/proc/self/maps").read_text().splitlines()
        ranges = (line.split(" ", 1)[0].split("-") for line in lines)
        return any(int(start, 16) <= address < int(end, 16) for start, end in ranges)

    assert all(map(mapped, second))
    core.close()
    assert not any(map(mapped, [first_rx, first_rw, *second]))


@pytest.mark.parametrize("jit", ["", "dynarec", 1, 4.0])
def test_a_mode_that_is_none(open_core: OpenCore, jit: Any) -> None:
    with pytest.raises(ValueError, match="dual map"):
        open_core("host", host=Host(jit=jit))


@pytest.mark.environment(
    "GET_MEMORY_STATUS", "1 GiB of 4 GiB on every machine, or `Host(memory_status=...)`"
)
def test_the_memory_is_the_same_on_every_machine(open_core: OpenCore) -> None:
    assert noted(open_core("host"))["memory"] == f"1 {1 << 30} {4 << 30}"
    given = open_core("host", host=Host(memory_status=(123, 4567)))
    assert noted(given)["memory"] == "1 123 4567"


@pytest.mark.environment("GET_MEMORY_STATUS", "refused with `Host(memory_status=None)`")
def test_the_memory_may_stay_unknown(open_core: OpenCore) -> None:
    assert noted(open_core("host", host=Host(memory_status=None)))["memory"] == "0 7 8"


@pytest.mark.parametrize("status", [5, (1,), (1, 2, 3), ("1", "2"), (-1, 5), (1 << 64, 1 << 64)])
def test_a_memory_that_cannot_be(open_core: OpenCore, status: Any) -> None:
    with pytest.raises((TypeError, ValueError, OverflowError), match=r"memory_status"):
        open_core("host", host=Host(memory_status=status))
