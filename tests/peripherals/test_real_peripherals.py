"""Real cores with cartridges that have motors, sensors and cameras, and with a light gun.

The cartridges are assembled here: each does nothing but to copy what its hardware says into RAM.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from real import CORES
from rom_images import Code, place

from pylibretro import Core, Joypad, Lightgun, Mouse

MGBA = "distribution:mgba"
Open = Callable[..., Core]


def game_boy(code: Code, kind: int, ram: int = 0) -> bytes:
    """A Game Boy cartridge of 32 KB with this kind of hardware."""
    image = bytearray(0x8000)
    place(image, 0x100, bytes([0x00, 0xC3, 0x50, 0x01]))  # NOP, JP $0150
    place(image, 0x104, bytes([0xCE, 0xED, 0x66, 0x66]))
    place(image, 0x134, b"PYLIBRETRO")
    place(image, 0x147, bytes([kind, 0x00, ram]))
    image[0x14D] = -sum(image[0x134:0x14D]) - 25 & 0xFF
    place(image, 0x150, code.data)
    return bytes(image)


def rumble_cartridge() -> bytes:
    """MBC5 with a motor, which runs while A is held."""
    code = Code(0x150)
    start = code.address
    code(0x3E, 0x10, 0xE0, 0x00)  # LD A,$10, LDH ($00),A   buttons
    code(0xF0, 0x00, 0xF0, 0x00, 0x2F, 0xE6, 0x01)  # read twice, CPL, AND 1
    code(0x87, 0x87, 0x87, 0xEA, 0x00, 0x40)  # three times ADD A,A; LD ($4000),A
    code.branch(0x18, start)  # JR
    return game_boy(code, 0x1C)


def tilt_cartridge() -> bytes:
    """MBC7: the acceleration at $C000, two words, low byte first."""
    code = Code(0x150)
    code(0x3E, 0x0A, 0xEA, 0x00, 0x00)  # LD A,$0A, LD ($0000),A
    code(0x3E, 0x40, 0xEA, 0x00, 0x40)  # LD A,$40, LD ($4000),A
    start = code.address
    code(0x3E, 0x55, 0xEA, 0x00, 0xA0)  # LD A,$55, LD ($A000),A   forget
    code(0x3E, 0xAA, 0xEA, 0x10, 0xA0)  # LD A,$AA, LD ($A010),A   measure
    for number in range(4):
        code(0xFA, 0x20 + 0x10 * number, 0xA0, 0xEA, number, 0xC0)  # LD A,($A0n0), LD ($C00n),A
    code.branch(0x18, start)
    return game_boy(code, 0x22)


def camera_cartridge() -> bytes:
    """A Game Boy Camera: 16 bytes of the middle of the picture at $C000, and a count at $C010."""
    code = Code(0x150)
    code(0x3E, 0x0A, 0xEA, 0x00, 0x00)  # LD A,$0A, LD ($0000),A
    code(0xAF, 0xEA, 0x10, 0xC0)  # XOR A, LD ($C010),A
    start = code.address
    code(0x3E, 0x10, 0xEA, 0x00, 0x40)  # LD A,$10, LD ($4000),A   the camera's registers
    for register, value in [(1, 0), (2, 0x10), (3, 0), (4, 0x07), (5, 0xBF)]:
        code(0x3E, value, 0xEA, register, 0xA0)
    for matrix in range(16):  # thresholds of four shades, the same for every dot
        for shade, level in enumerate((0x40, 0x80, 0xC0)):
            code(0x3E, level, 0xEA, 6 + 3 * matrix + shade, 0xA0)
    code(0x3E, 0x03, 0xEA, 0x00, 0xA0)  # LD A,3, LD ($A000),A   take a picture
    wait = code.address
    code(0xFA, 0x00, 0xA0, 0xE6, 0x01)  # LD A,($A000), AND 1
    code.branch(0x20, wait)  # JR NZ
    code(0xAF, 0xEA, 0x00, 0x40)  # XOR A, LD ($4000),A   the picture
    for number in range(16):
        code(0xFA, number, 0xA8, 0xEA, number, 0xC0)  # LD A,($A80n), LD ($C00n),A
    code(0x21, 0x10, 0xC0, 0x34)  # LD HL,$C010, INC (HL)
    code(0xC3, start & 0xFF, start >> 8)  # JP
    return game_boy(code, 0xFC, ram=4)


def zapper_cartridge() -> bytes:
    """NES: what port 2 says at $0010, once for each frame near the end of a white picture."""
    code = Code(0xC000)
    interrupt = code.address
    code(0x40)  # RTI
    reset = code.address
    code(0x78, 0xD8, 0xA2, 0xFF, 0x9A, 0xE8)  # SEI, CLD, LDX #$FF, TXS, INX
    code(0x8E, 0x00, 0x20, 0x8E, 0x01, 0x20)  # STX $2000, STX $2001
    for _ in range(2):
        wait = code.address
        code(0x2C, 0x02, 0x20)  # BIT $2002
        code.branch(0x10, wait)  # BPL
    code(0xA9, 0x3F, 0x8D, 0x06, 0x20)  # LDA #$3F, STA $2006   palette entry 0
    code(0xA9, 0x00, 0x8D, 0x06, 0x20)  # LDA #0, STA $2006
    code(0xA9, 0x30, 0x8D, 0x07, 0x20)  # LDA #$30, STA $2007   white
    code(0xA9, 0x00, 0x8D, 0x06, 0x20, 0x8D, 0x06, 0x20)  # LDA #0, STA $2006 twice
    code(0xA9, 0x0A, 0x8D, 0x01, 0x20)  # LDA #$0A, STA $2001   background on
    frame = code.address
    code(0xA9, 0x00, 0x85, 0x11)  # LDA #0, STA $11
    sample = code.address
    code(0xAD, 0x17, 0x40, 0x29, 0x18)  # LDA $4017, AND #$18
    code(0x49, 0x08)  # EOR #$08   light and trigger, both 1 for yes
    code(0x05, 0x11, 0x85, 0x11)  # ORA $11, STA $11
    code(0x2C, 0x02, 0x20)  # BIT $2002
    code.branch(0x10, sample)  # BPL   until vertical blank
    code(0xA5, 0x11, 0x85, 0x10)  # LDA $11, STA $10
    code(0x4C, frame & 0xFF, frame >> 8)  # JMP

    program = bytearray(0x4000)
    place(program, 0, code.data)
    vectors = Code(0xFFFA)
    vectors.little16(interrupt, reset, reset)
    place(program, 0x3FFA, vectors.data)
    return b"NES\x1a" + bytes([1, 1, 0, 0]) + bytes(8) + program + bytes(0x2000)


@pytest.fixture
def open_real(tmp_path: Path) -> Iterator[Open]:
    opened: list[Core] = []

    def open_one(core_id: str, name: str, image: bytes, **wishes: object) -> Core:
        if core_id not in CORES:
            pytest.skip(f"{core_id} is not installed")
        (tmp_path / name).write_bytes(image)
        opened.append(Core(CORES[core_id], tmp_path / name, **wishes))  # type: ignore[arg-type]
        return opened[-1]

    yield open_one
    for core in opened:
        core.close()


def test_a_rumble_cartridge(open_real: Open) -> None:
    core = open_real(MGBA, "rumble.gb", rumble_cartridge())
    core.run(30)
    assert not core.rumble.any()
    core.set_buttons(Joypad.A)
    core.run(30)
    assert core.rumble[0].min() > 0xC000
    assert core.rumble_peak[0].min() > 0xC000
    core.set_buttons(0)
    core.run(30)
    assert not core.rumble.any()


def test_a_cartridge_with_a_motion_sensor(open_real: Open) -> None:
    core = open_real(MGBA, "tilt.gb", tilt_cartridge())
    core.run(10)
    assert core.sensors[0].accelerometer is not None
    level = [core.memory.read(address, "<u2") for address in (0xC000, 0xC002)]
    core.inputs["accelerometer"][0] = (1, 0, 0)
    core.run(10)
    left = [core.memory.read(address, "<u2") for address in (0xC000, 0xC002)]
    core.inputs["accelerometer"][0] = (0, -0.5, 0)
    core.run(10)
    up = [core.memory.read(address, "<u2") for address in (0xC000, 0xC002)]
    assert level == [0x81D0, 0x81D0], "at rest"
    assert abs(left[0] - level[0]) > 50
    assert left[1] == level[1]
    assert up[0] == level[0]
    assert abs(up[1] - level[1]) > 20


def test_a_light_gun(open_real: Open) -> None:
    """It sees the white picture, and nothing beside it."""
    core = open_real("distribution:nestopia", "zapper.nes", zapper_cartridge())
    (zapper,) = [c.id for c in core.controllers[1] if c.description == "Zapper"]
    core.set_controller(1, zapper)

    def seen(where: tuple[int, int], *, pressed: bool) -> int:
        # Which of these this core looks at depends on its options.
        core.inputs["pointer"][:, 0] = where
        core.inputs["pointer_pressed"][:, 0] = pressed
        core.inputs["lightgun"][:] = where
        core.inputs["lightgun_buttons"][:] = pressed << Lightgun.TRIGGER
        core.inputs["mouse_buttons"][:] = pressed << Mouse.LEFT
        core.run(20)
        return int(core.memory.system_ram[0x10])

    trigger, light = 0x10, 0x08
    assert not seen((0, 0), pressed=False) & trigger
    assert seen((0, 0), pressed=True) == trigger | light
    assert not seen((-32768, -32768), pressed=False) & trigger
    assert seen((-32768, -32768), pressed=True) == trigger


def test_a_camera_cartridge(open_real: Open) -> None:
    core = open_real(MGBA, "camera.gb", camera_cartridge())
    core.run(60)
    assert core.camera.wanted_size == (128, 112)
    assert core.camera.running
    assert core.camera.position == 60

    def seen() -> set[int]:
        return {core.memory.read(0xC000 + number) for number in range(16)}

    assert seen() == {0xFF}, "the dark"
    core.camera.source = np.full((112, 128, 3), 255, np.uint8)
    core.run(60)
    assert seen() == {0}
