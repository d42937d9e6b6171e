"""The machine code of detours, run by an emulator of both processors."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from compiler import build

unicorn: Any = pytest.importorskip(
    "unicorn", reason="Unicorn, which emulates processors, is absent"
)

PROBE = Path(__file__).with_name("detour_probe.c")
CODE, STUB, DATA, END = 0x10_0000, 0x30_0000, 0x48_0000, 0x50_0000
SWITCHES = STUB + 0x8000

# Code: add 1 to the first register; add 16; return.
CODES = {
    "x86_64": {"add 1": "4883c001" + "90", "add 16": "4883c010", "return": "c3"},
    "aarch64": {"add 1": "00040091", "add 16": "00400091", "return": "c0035fd6"},
}

Write = Callable[..., list[str]]


@pytest.fixture
def write(tmp_path_factory: pytest.TempPathFactory) -> Write:
    cache = tmp_path_factory.getbasetemp() / "compiled"
    probe = build(PROBE, "detour_probe", cache, units=["loader/detour_code.c"])

    def written(
        machine: str,
        original: str,
        instead: str,
        *targets: str,
        to: int = 0,
        stub: int = STUB,
        relative: str = "-",
    ) -> list[str]:
        numbers = [f"{number:x}" for number in (CODE, 3, to, stub, stub + 0x8000)]
        command = [str(probe), machine, *numbers, original, relative, instead, *targets]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.split(
            "\n"
        )

    return written


def run(machine: str, jump: str, stub: str, behind: str, *, switched: bool) -> int:
    """Call the place of the detour; return what the first register is afterwards."""
    arm = machine == "aarch64"
    emulator = unicorn.Uc(*((unicorn.UC_ARCH_ARM64, unicorn.UC_MODE_ARM) if arm else
                            (unicorn.UC_ARCH_X86, unicorn.UC_MODE_64)))  # fmt: skip
    emulator.mem_map(CODE, END - CODE)
    emulator.mem_write(CODE, bytes.fromhex(jump + behind))
    emulator.mem_write(STUB, bytes.fromhex(stub))
    emulator.mem_write(SWITCHES, bytes([9, 9, 9, switched, 9]))  # the others are of no concern
    emulator.mem_write(DATA, (1000).to_bytes(8, "little"))
    if arm:
        names: Any = import_module("unicorn.arm64_const")

        first, link, stack = names.UC_ARM64_REG_X0, names.UC_ARM64_REG_LR, names.UC_ARM64_REG_SP
        emulator.reg_write(link, END - 16)
    else:
        names = import_module("unicorn.x86_const")

        first, stack = names.UC_X86_REG_RAX, names.UC_X86_REG_RSP
        emulator.mem_write(END - 0x1000, (END - 16).to_bytes(8, "little"))
    emulator.reg_write(stack, END - 0x1000)
    emulator.reg_write(first, 0)
    emulator.emu_start(CODE, END - 16, count=50)
    return int(emulator.reg_read(first))


@pytest.mark.parametrize("machine", CODES)
def test_the_switch_chooses(machine: str, write: Write) -> None:
    code = CODES[machine]
    jump, stub, _ = write(machine, code["add 1"], code["add 16"] + code["return"])
    behind = code["add 1"] + code["return"]
    assert run(machine, jump, stub, behind, switched=False) == 1 + 1
    assert run(machine, jump, stub, behind, switched=True) == 16


@pytest.mark.parametrize("machine", CODES)
def test_it_can_go_on_elsewhere(machine: str, write: Write) -> None:
    code = CODES[machine]
    size = len(bytes.fromhex(code["add 1"]))
    behind = code["add 1"] * 3 + code["return"]
    # Behind the second of four.
    jump, stub, _ = write(machine, code["add 1"], code["add 16"], to=CODE + 2 * size)
    assert run(machine, jump, stub, behind, switched=False) == 4
    assert run(machine, jump, stub, behind, switched=True) == 16 + 2


@pytest.mark.parametrize("machine", CODES)
def test_code_can_lead_to_other_places(machine: str, write: Write) -> None:
    code = CODES[machine]
    size = len(bytes.fromhex(code["add 1"]))
    behind = code["add 1"] * 3 + code["return"]
    branch, place = ("00000014", 0) if machine == "aarch64" else ("e900000000", 1)
    place += len(bytes.fromhex(code["add 16"]))
    target = f"{place:x}={CODE + 3 * size:x}"
    jump, stub, _ = write(machine, code["add 1"], code["add 16"] + branch, target)
    assert run(machine, jump, stub, behind, switched=True) == 16 + 1


def test_distances_of_what_was_there_stay_right(write: Write) -> None:
    distance = DATA - (CODE + 7)
    original = "480305" + distance.to_bytes(4, "little").hex()  # add what lies there
    jump, stub, _ = write("x86_64", original, "c3", relative="3")
    assert run("x86_64", jump, stub, "c3", switched=False) == 1000
    assert run("x86_64", jump, stub, "c3", switched=True) == 0
    # A branch over one instruction, of what was there.
    branch = "02000014"
    jump, stub, _ = write("aarch64", branch, CODES["aarch64"]["return"], relative="0")
    behind = CODES["aarch64"]["add 1"] * 2 + CODES["aarch64"]["return"]
    assert run("aarch64", jump, stub, behind, switched=False) == 1


@pytest.mark.parametrize(("machine", "reach"), [("x86_64", 1 << 31), ("aarch64", 1 << 27)])
def test_what_is_too_far_away_is_not_written(machine: str, reach: int, write: Write) -> None:
    code = CODES[machine]
    jump, _, _ = write(machine, code["add 1"], code["return"], stub=CODE + reach // 2)
    assert jump != "too far"
    jump, stub, _ = write(machine, code["add 1"], code["return"], stub=CODE + 2 * reach)
    assert (jump, stub) == ("too far", "too far")
