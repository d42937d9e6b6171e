"""Small games for thirteen machines, assembled here byte by byte, so that every real core can play.

They all do the same sixty times a second: count frames, read both joypads, write the count and the
buttons into RAM, and show a colour made of both, so that a lost frame or button changes the
picture. Where it takes few instructions they also play a tone that depends on the buttons.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


class Code:
    """Machine code that grows from ``origin``; branches go back to an ``address`` noted before."""

    def __init__(self, origin: int) -> None:
        self.origin = origin
        self.data = bytearray()

    @property
    def address(self) -> int:
        return self.origin + len(self.data)

    def __call__(self, *values: int) -> None:
        """Append bytes."""
        self.data += bytes(values)

    def branch(self, *opcode_and_target: int) -> None:
        """Append an opcode and the distance from the end of the instruction to the target."""
        *opcode, target = opcode_and_target
        distance = target - (self.address + len(opcode) + 1)
        self(*opcode, *distance.to_bytes(1, "little", signed=True))

    def big16(self, *values: int) -> None:
        """Append 16-bit words, high byte first."""
        for value in values:
            self.data += value.to_bytes(2, "big")

    def little16(self, *values: int) -> None:
        """Append 16-bit words, low byte first."""
        for value in values:
            self.data += value.to_bytes(2, "little")

    def little32(self, *values: int) -> None:
        """Append 32-bit words, low byte first."""
        for value in values:
            self.data += value.to_bytes(4, "little")

    def big32(self, *values: int) -> None:
        """Append 32-bit words, high byte first."""
        for value in values:
            self.data += value.to_bytes(4, "big")


def place(image: bytearray, offset: int, data: bytes | bytearray) -> None:
    """Overwrite part of an image without changing its size."""
    if offset + len(data) > len(image):
        raise ValueError(f"{len(data)} bytes at {offset:#x} end after the image of {len(image)}")
    image[offset : offset + len(data)] = data


# --- Nintendo Entertainment System: 6502 ----------------------------------------------------------


def nes() -> bytes:
    """Return an iNES image: NROM, 16 KB program at $C000, 8 KB tiles, battery RAM at $6000."""
    code = Code(0xC000)

    vertical_blank = code.address
    code(0xE6, 0x00)  # INC $00            the count
    code(0xEE, 0x00, 0x60)  # INC $6000    and in save RAM
    code(0xA9, 0x01, 0x8D, 0x16, 0x40)  # LDA #1, STA $4016   latch the joypads
    code(0xA9, 0x00, 0x8D, 0x16, 0x40)  # LDA #0, STA $4016
    code(0xA2, 0x08)  # LDX #8
    next_button = code.address
    code(0xAD, 0x16, 0x40, 0x4A, 0x26, 0x01)  # LDA $4016, LSR A, ROL $01   A ends in bit 7
    code(0xAD, 0x17, 0x40, 0x4A, 0x26, 0x02)  # LDA $4017, LSR A, ROL $02
    code(0xCA)  # DEX
    code.branch(0xD0, next_button)  # BNE
    code(0xA9, 0x3F, 0x8D, 0x06, 0x20)  # LDA #$3F, STA $2006   palette entry 0
    code(0xA9, 0x00, 0x8D, 0x06, 0x20)  # LDA #0, STA $2006
    code(0xA5, 0x01, 0x4A, 0x4A, 0x45, 0x02)  # LDA $01, LSR A, LSR A, EOR $02
    code(0x18, 0x65, 0x00, 0x29, 0x3F)  # CLC, ADC $00, AND #$3F
    code(0x8D, 0x07, 0x20)  # STA $2007
    code(0xA9, 0x00, 0x8D, 0x06, 0x20, 0x8D, 0x06, 0x20)  # LDA #0, STA $2006 twice
    code(0x8D, 0x05, 0x20, 0x8D, 0x05, 0x20)  # STA $2005 twice
    code(0xA5, 0x01, 0x8D, 0x02, 0x40)  # LDA $01, STA $4002   pitch
    code(0x40)  # RTI

    reset = code.address
    code(0x78, 0xD8, 0xA2, 0xFF, 0x9A, 0xE8)  # SEI, CLD, LDX #$FF, TXS, INX
    code(0x8E, 0x00, 0x20, 0x8E, 0x01, 0x20)  # STX $2000, STX $2001
    code(0x86, 0x00, 0x86, 0x01, 0x86, 0x02)  # STX $00, STX $01, STX $02
    for _ in range(2):  # the picture unit is ready in its second vertical blank
        wait = code.address
        code(0x2C, 0x02, 0x20)  # BIT $2002
        code.branch(0x10, wait)  # BPL
    code(0xA9, 0x01, 0x8D, 0x15, 0x40)  # LDA #1, STA $4015   square wave on
    code(0xA9, 0xBF, 0x8D, 0x00, 0x40)  # LDA #$BF, STA $4000
    code(0xA9, 0x08, 0x8D, 0x01, 0x40)  # LDA #8, STA $4001
    code(0xA9, 0x01, 0x8D, 0x03, 0x40)  # LDA #1, STA $4003
    code(0xA9, 0x0A, 0x8D, 0x01, 0x20)  # LDA #$0A, STA $2001   background on
    code(0xA9, 0x80, 0x8D, 0x00, 0x20)  # LDA #$80, STA $2000   interrupt each vertical blank
    forever = code.address
    code(0x4C, forever & 0xFF, forever >> 8)  # JMP

    program = bytearray(0x4000)
    place(program, 0, code.data)
    vectors = Code(0xFFFA)
    vectors.little16(vertical_blank, reset, reset)
    place(program, 0x3FFA, vectors.data)
    header = b"NES\x1a" + bytes([1, 1, 0x02]) + bytes(9)
    return header + program + bytes(0x2000)


# --- Atari 2600: 6507 -----------------------------------------------------------------------------


def atari2600() -> bytes:
    """Return a 4 KB cartridge at $F000; joysticks in $81, the count in $80."""
    code = Code(0xF000)

    def lines(count: int) -> None:
        code(0xA2, count)  # LDX #count
        line = code.address
        code(0x85, 0x02, 0xCA)  # STA WSYNC, DEX
        code.branch(0xD0, line)  # BNE

    code(0x78, 0xD8, 0xA2, 0xFF, 0x9A)  # SEI, CLD, LDX #$FF, TXS
    code(0xA9, 0x00)  # LDA #0
    clear = code.address
    code(0x95, 0x00, 0xCA)  # STA 0,X, DEX
    code.branch(0xD0, clear)  # BNE
    code(0xA9, 0x04, 0x85, 0x15)  # LDA #4, STA AUDC0
    code(0xA9, 0x08, 0x85, 0x19)  # LDA #8, STA AUDV0
    frame = code.address
    code(0xA9, 0x02, 0x85, 0x01, 0x85, 0x00)  # LDA #2, STA VBLANK, STA VSYNC
    lines(3)
    code(0xA9, 0x00, 0x85, 0x00)  # LDA #0, STA VSYNC
    lines(36)
    code(0xE6, 0x80)  # INC $80
    code(0xAD, 0x80, 0x02, 0x49, 0xFF, 0x85, 0x81)  # LDA SWCHA, EOR #$FF, STA $81
    code(0xA5, 0x0C, 0x29, 0x80, 0x49, 0x80, 0x85, 0x82)  # LDA INPT4, AND/EOR #$80, STA $82
    code(0x45, 0x81, 0x85, 0x17)  # EOR $81, STA AUDF0
    code(0x18, 0x65, 0x80, 0x85, 0x09)  # CLC, ADC $80, STA COLUBK
    code(0xA9, 0x00, 0x85, 0x02, 0x85, 0x01)  # LDA #0, STA WSYNC, STA VBLANK
    lines(192)
    code(0xA9, 0x02, 0x85, 0x01)  # LDA #2, STA VBLANK
    lines(30)
    code(0x4C, frame & 0xFF, frame >> 8)  # JMP

    image = bytearray(0x1000)
    place(image, 0, code.data)
    vectors = Code(0xFFFA)
    vectors.little16(0xF000, 0xF000, 0xF000)
    place(image, 0xFFA, vectors.data)
    return bytes(image)


# --- Master System and Game Gear: Z80 -------------------------------------------------------------


def master_system() -> bytes:
    """Return a 32 KB cartridge; the count at $C000, the joypads at $C001 and $C002.

    A Game Gear runs it too, by the other extension.
    """
    code = Code(0x68)
    code(0xF3, 0xED, 0x56, 0x31, 0xF0, 0xDF)  # DI, IM 1, LD SP,$DFF0
    code(0xAF, 0x32, 0x00, 0xC0)  # XOR A, LD ($C000),A
    registers = {0: 0x04, 1: 0x40, 2: 0xFF, 5: 0xFF, 6: 0xFB, 7: 0x00, 8: 0, 9: 0, 10: 0xFF}
    for register, value in registers.items():  # mode 4, picture on, no interrupts
        code(0x3E, value, 0xD3, 0xBF)  # LD A,value, OUT ($BF),A
        code(0x3E, 0x80 | register, 0xD3, 0xBF)
    code(0x3E, 0x94, 0xD3, 0x7F)  # LD A,$94, OUT ($7F),A   volume of tone 0
    frame = code.address
    code(0xDB, 0xBF, 0xE6, 0x80)  # IN A,($BF), AND $80
    code.branch(0x28, frame)  # JR Z   until vertical blank
    code(0x21, 0x00, 0xC0, 0x34)  # LD HL,$C000, INC (HL)
    code(0xDB, 0xDC, 0x2F, 0x32, 0x01, 0xC0)  # IN A,($DC), CPL, LD ($C001),A
    code(0xDB, 0xDD, 0x2F, 0xE6, 0x0F)  # IN A,($DD), CPL, AND $0F   rest of joypad 2
    code(0x32, 0x02, 0xC0)  # LD ($C002),A
    code(0x3E, 0x00, 0xD3, 0xBF)  # LD A,0, OUT ($BF),A   colour 0
    code(0x3E, 0xC0, 0xD3, 0xBF)  # LD A,$C0, OUT ($BF),A
    code(0x3A, 0x02, 0xC0, 0x47)  # LD A,($C002), LD B,A
    code(0x3A, 0x01, 0xC0, 0xA8, 0x86)  # LD A,($C001), XOR B, ADD A,(HL)
    code(0xD3, 0xBE, 0xD3, 0xBE)  # OUT ($BE),A twice   two bytes a colour on the Game Gear
    code(0x3A, 0x01, 0xC0, 0xE6, 0x0F, 0xF6, 0x80, 0xD3, 0x7F)  # low pitch bits
    code(0x3E, 0x08, 0xD3, 0x7F)  # LD A,8, OUT ($7F),A
    code(0xC3, frame & 0xFF, frame >> 8)  # JP
    image = bytearray(0x8000)
    place(image, 0x00, bytes([0xC3, 0x68, 0x00]))  # JP $0068
    place(image, 0x66, bytes([0xED, 0x45]))  # RETN   the pause button
    place(image, 0x68, code.data)
    return bytes(image)


# --- Mega Drive: 68000 ----------------------------------------------------------------------------


def mega_drive() -> bytes:
    """Return a 128 KB cartridge; the count at $FF0000, the joypads at $FF0002 and $FF0003."""
    code = Code(0x200)
    code.big16(0x46FC, 0x2700)  # MOVE #$2700,SR
    code.big16(0x41F9, 0x00C0, 0x0004)  # LEA $C00004,A0   control port
    code.big16(0x43F9, 0x00C0, 0x0000)  # LEA $C00000,A1   data port
    code.big16(0x4279, 0x00FF, 0x0000)  # CLR.W $FF0000
    code.big16(0x13FC, 0x0040, 0x00A1, 0x0009)  # MOVE.B #$40,$A10009   TH is an output
    code.big16(0x13FC, 0x0040, 0x00A1, 0x000B)  # MOVE.B #$40,$A1000B
    for register in (0x8004, 0x8144, 0x8230, 0x8407, 0x8578, 0x8700, 0x8B00, 0x8C81, 0x8D3F):
        code.big16(0x30BC, register)  # MOVE.W #register,(A0)   mode 5, 320 wide, picture on
    code.big16(0x30BC, 0x8F02, 0x30BC, 0x9001)
    code.big16(0x13FC, 0x0094, 0x00C0, 0x0011)  # MOVE.B #$94,$C00011   volume of tone 0
    frame = code.address
    code.big16(0x3010, 0x0800, 0x0003)  # MOVE.W (A0),D0, BTST #3,D0
    code.branch(0x67, frame)  # BEQ   until vertical blank
    code.big16(0x5279, 0x00FF, 0x0000)  # ADDQ.W #1,$FF0000
    for pad in (0, 1):
        data = 0x0003 + 2 * pad
        code.big16(0x13FC, 0x0040, 0x00A1, data)  # MOVE.B #$40,$A1000x
        code.big16(0x4E71, 0x4E71)  # NOP, NOP
        code.big16(0x1239, 0x00A1, data, 0x0201, 0x003F)  # MOVE.B $A1000x,D1, ANDI.B #$3F,D1
        code.big16(0x13FC, 0x0000, 0x00A1, data)  # MOVE.B #0,$A1000x
        code.big16(0x4E71, 0x4E71)
        code.big16(0x1439, 0x00A1, data, 0x0202, 0x0030)  # MOVE.B $A1000x,D2, ANDI.B #$30,D2
        code.big16(0xE50A, 0x8202, 0x4601)  # LSL.B #2,D2, OR.B D2,D1, NOT.B D1
        code.big16(0x13C1, 0x00FF, 0x0002 + pad)  # MOVE.B D1,$FF000x
    code.big16(0x20BC, 0xC000, 0x0000)  # MOVE.L #$C0000000,(A0)   colour 0
    code.big16(0x3639, 0x00FF, 0x0002)  # MOVE.W $FF0002,D3
    code.big16(0xD679, 0x00FF, 0x0000)  # ADD.W $FF0000,D3
    code.big16(0xE34B, 0x3283)  # LSL.W #1,D3, MOVE.W D3,(A1)
    code.big16(0x0203, 0x000F, 0x0003, 0x0080)  # ANDI.B #$0F,D3, ORI.B #$80,D3
    code.big16(0x13C3, 0x00C0, 0x0011)  # MOVE.B D3,$C00011   low pitch bits
    code.big16(0x13FC, 0x0008, 0x00C0, 0x0011)  # MOVE.B #8,$C00011
    blank = code.address
    code.big16(0x3010, 0x0800, 0x0003)  # MOVE.W (A0),D0, BTST #3,D0
    code.branch(0x66, blank)  # BNE   until the picture begins
    code.big16(0x6000, frame - code.address - 2 & 0xFFFF)  # BRA.W

    vectors = Code(0)
    vectors.big32(0x00FFFE00, 0x200, *[0x200] * 62)
    image = bytearray(0x20000)
    place(image, 0, vectors.data)
    place(image, 0x200, code.data)
    return bytes(image)


# --- Super Nintendo: 65816 ------------------------------------------------------------------------


def super_nintendo() -> bytes:
    """Return a 32 KB LoROM; the count in $7E0000, the joypads in the next four bytes."""
    code = Code(0x8000)
    code(0x78, 0x18, 0xFB, 0xE2, 0x30)  # SEI, CLC, XCE, SEP #$30
    code(0xA9, 0x80, 0x8D, 0x00, 0x21)  # LDA #$80, STA $2100   picture off
    # Some emulators fill memory at random: copy a zero at $9000 over all 128 KB and all colours.
    code(0x9C, 0x81, 0x21, 0x9C, 0x82, 0x21, 0x9C, 0x83, 0x21)  # STZ $2181, $2182, $2183
    code(0x9C, 0x21, 0x21)  # STZ $2121
    code(0x9C, 0x02, 0x43, 0x9C, 0x04, 0x43)  # STZ $4302, $4304
    code(0xA9, 0x90, 0x8D, 0x03, 0x43)  # LDA #$90, STA $4303
    code(0xA9, 0x08, 0x8D, 0x00, 0x43)  # LDA #8, STA $4300   one source byte, again and again
    for register, high_size in ((0x80, 0x00), (0x80, 0x00), (0x22, 0x02)):
        code(0xA9, register, 0x8D, 0x01, 0x43)  # LDA #register, STA $4301
        code(0x9C, 0x05, 0x43)  # STZ $4305
        code(0xA9, high_size, 0x8D, 0x06, 0x43)  # LDA #size, STA $4306   0 is 64 KB
        code(0xA9, 0x01, 0x8D, 0x0B, 0x42)  # LDA #1, STA $420B
    code(0x9C, 0x2C, 0x21, 0x9C, 0x30, 0x21, 0x9C, 0x31, 0x21)  # STZ $212C, $2130, $2131
    code(0xA9, 0x01, 0x8D, 0x00, 0x42)  # LDA #1, STA $4200   read joypads by itself
    blank = code.address
    code(0xAD, 0x12, 0x42)  # LDA $4212
    code.branch(0x10, blank)  # BPL   until vertical blank
    code(0xA9, 0x0F, 0x8D, 0x00, 0x21)  # LDA #$0F, STA $2100   picture on
    frame = code.address
    code(0xAD, 0x12, 0x42)  # LDA $4212
    code.branch(0x10, frame)  # BPL   until vertical blank
    code(0xA2, 0xFF)  # LDX #$FF
    pause = code.address
    code(0xCA)  # DEX   the reading begins a little after the blank
    code.branch(0xD0, pause)  # BNE
    busy = code.address
    code(0xAD, 0x12, 0x42, 0x29, 0x01)  # LDA $4212, AND #1
    code.branch(0xD0, busy)  # BNE
    code(0xE6, 0x00)  # INC $00
    for byte in range(4):
        code(0xAD, 0x18 + byte, 0x42, 0x85, 0x01 + byte)  # LDA $4218+n, STA $01+n
    code(0x9C, 0x21, 0x21)  # STZ $2121   colour 0
    code(0xA5, 0x01, 0x45, 0x03, 0x18, 0x65, 0x00)  # LDA $01, EOR $03, CLC, ADC $00
    code(0x8D, 0x22, 0x21)  # STA $2122
    code(0xA5, 0x02, 0x45, 0x04, 0x29, 0x7F, 0x8D, 0x22, 0x21)  # high byte, STA $2122
    picture = code.address
    code(0xAD, 0x12, 0x42)  # LDA $4212
    code.branch(0x30, picture)  # BMI   until the picture begins
    code.branch(0x80, frame)  # BRA
    interrupt = code.address
    code(0x40)  # RTI

    image = bytearray(0x8000)
    place(image, 0, code.data)
    place(image, 0x7FC0, b"PYLIBRETRO TEST      ")
    place(image, 0x7FD5, bytes([0x20, 0x00, 0x05, 0x00, 0x01, 0x00, 0x00]))  # LoROM, 32 KB
    vectors = Code(0xFFE4)
    vectors.little16(*[interrupt] * 12, 0x8000, interrupt)
    place(image, 0x7FE4, vectors.data)
    checksum = (sum(image) + 0x1FE) & 0xFFFF  # the four bytes below always add up to $1FE
    check = Code(0xFFDC)
    check.little16(checksum ^ 0xFFFF, checksum)
    place(image, 0x7FDC, check.data)
    return bytes(image)


# --- PC Engine: HuC6280 ---------------------------------------------------------------------------


def pc_engine() -> bytes:
    """Return an 8 KB card; the count at $2000, the joypad at $2001."""
    code = Code(0xE000)
    code(0x78, 0xD4, 0xD8, 0xA2, 0xFF, 0x9A)  # SEI, CSH, CLD, LDX #$FF, TXS
    code(0xA9, 0xFF, 0x53, 0x01)  # LDA #$FF, TAM #1   devices at $0000
    code(0xA9, 0xF8, 0x53, 0x02)  # LDA #$F8, TAM #2   RAM at $2000
    code(0x64, 0x00)  # STZ $00
    registers = {
        0x05: 0x0008,  # tell of vertical blanks, no layers
        0x09: 0x0010,
        0x0A: 0x0202,  # timing of a picture 256 wide
        0x0B: 0x031F,
        0x0C: 0x0F02,
        0x0D: 0x00EF,
        0x0E: 0x0003,
    }
    for register, value in registers.items():
        code(0x03, register, 0x13, value & 0xFF, 0x23, value >> 8)  # ST0, ST1, ST2
    code(0x9C, 0x00, 0x04)  # STZ $0400   5 MHz pixels
    frame = code.address
    code(0xAD, 0x00, 0x00, 0x29, 0x20)  # LDA $0000, AND #$20
    code.branch(0xF0, frame)  # BEQ   until vertical blank
    code(0xE6, 0x00)  # INC $00
    for select in (1, 3, 1):  # the multitap starts again at joypad 1
        code(0xA9, select, 0x8D, 0x00, 0x10)  # LDA #select, STA $1000
    code(0xEA, 0xEA, 0xAD, 0x00, 0x10)  # NOP, NOP, LDA $1000   directions
    code(0x0A, 0x0A, 0x0A, 0x0A, 0x85, 0x01)  # ASL A four times, STA $01
    code(0x9C, 0x00, 0x10, 0xEA, 0xEA)  # STZ $1000, NOP, NOP
    code(0xAD, 0x00, 0x10, 0x29, 0x0F)  # LDA $1000, AND #$0F   buttons
    code(0x05, 0x01, 0x49, 0xFF, 0x85, 0x01)  # ORA $01, EOR #$FF, STA $01
    for page in (0, 1):  # colour 0 of the background and of the border
        code(0x9C, 0x02, 0x04)  # STZ $0402
        code(0xA9, page, 0x8D, 0x03, 0x04)  # LDA #page, STA $0403
        code(0xA5, 0x01, 0x18, 0x65, 0x00)  # LDA $01, CLC, ADC $00
        code(0x8D, 0x04, 0x04)  # STA $0404
        code(0xA5, 0x01, 0x2A, 0x29, 0x01)  # LDA $01, ROL A, AND #1
        code(0x8D, 0x05, 0x04)  # STA $0405
    code(0x4C, frame & 0xFF, frame >> 8)  # JMP
    interrupt = code.address
    code(0x40)  # RTI

    image = bytearray(0x2000)
    place(image, 0, code.data)
    vectors = Code(0xFFF6)
    vectors.little16(*[interrupt] * 4, 0xE000)
    place(image, 0x1FF6, vectors.data)
    return bytes(image)


# --- Game Boy: SM83 -------------------------------------------------------------------------------


def game_boy() -> bytes:
    """Return a 32 KB MBC1 image with battery RAM; the count at $C000, the buttons at $C001.

    It starts without the maker's picture: real hardware would refuse it.
    """
    code = Code(0x150)
    code(0xF3, 0x31, 0xFF, 0xDF)  # DI, LD SP,$DFFF
    code(0x3E, 0x0A, 0xEA, 0x00, 0x00)  # LD A,$0A, LD ($0000),A   save RAM on
    code(0x3E, 0x80, 0xE0, 0x26)  # LD A,$80, LDH ($26),A   sound on
    code(0x3E, 0xFF, 0xE0, 0x25)  # LD A,$FF, LDH ($25),A
    code(0x3E, 0x77, 0xE0, 0x24)  # LD A,$77, LDH ($24),A
    code(0x3E, 0xF0, 0xE0, 0x12)  # LD A,$F0, LDH ($12),A
    code(0x3E, 0x80, 0xE0, 0x11)  # LD A,$80, LDH ($11),A
    code(0x3E, 0x86, 0xE0, 0x14)  # LD A,$86, LDH ($14),A
    code(0xAF, 0xEA, 0x00, 0xC0)  # XOR A, LD ($C000),A
    code(0x3E, 0x91, 0xE0, 0x40)  # LD A,$91, LDH ($40),A   background on
    frame = code.address
    code(0xF0, 0x44, 0xFE, 0x90)  # LDH A,($44), CP 144
    code.branch(0x20, frame)  # JR NZ   until vertical blank
    code(0x21, 0x00, 0xC0, 0x34)  # LD HL,$C000, INC (HL)
    code(0x21, 0x00, 0xA0, 0x34)  # LD HL,$A000, INC (HL)   and in save RAM
    code(0x3E, 0x20, 0xE0, 0x00)  # LD A,$20, LDH ($00),A   directions
    code(0xF0, 0x00, 0xF0, 0x00, 0x2F, 0xE6, 0x0F, 0xCB, 0x37, 0x47)  # read, SWAP A, LD B,A
    code(0x3E, 0x10, 0xE0, 0x00)  # LD A,$10, LDH ($00),A   buttons
    code(0xF0, 0x00, 0xF0, 0x00, 0xF0, 0x00, 0x2F, 0xE6, 0x0F, 0xB0)  # read, OR B
    code(0xEA, 0x01, 0xC0, 0xE0, 0x13)  # LD ($C001),A, LDH ($13),A   pitch
    code(0x47, 0xCB, 0x37, 0xA8, 0x47)  # fold the eight bits to two: LD B,A, SWAP A, XOR B, LD B,A
    code(0xCB, 0x3F, 0xCB, 0x3F, 0xA8)  # SRL A, SRL A, XOR B
    code(0x47, 0xFA, 0x00, 0xC0, 0x80, 0xE6, 0x03)  # LD B,A, LD A,($C000), ADD A,B, AND 3
    code(0x47, 0x87, 0x87, 0xB0, 0x47)  # the same shade four times: LD B,A, ADD A,A, ADD A,A, OR B
    code(0xCB, 0x37, 0xB0, 0xE0, 0x47)  # LD B,A, SWAP A, OR B, LDH ($47),A
    line = code.address
    code(0xF0, 0x44, 0xFE, 0x90)  # LDH A,($44), CP 144
    code.branch(0x28, line)  # JR Z   until the next line
    code.branch(0x18, frame)  # JR

    image = bytearray(0x8000)
    place(image, 0x100, bytes([0x00, 0xC3, 0x50, 0x01]))  # NOP, JP $0150
    place(image, 0x104, bytes([0xCE, 0xED, 0x66, 0x66]))  # mGBA knows the machine by these four
    place(image, 0x134, b"PYLIBRETRO")
    place(image, 0x147, bytes([0x03, 0x00, 0x02]))  # MBC1 with battery, 32 KB, 8 KB RAM
    image[0x14D] = -sum(image[0x134:0x14D]) - 25 & 0xFF
    place(image, 0x150, code.data)
    return bytes(image)


# --- Game Boy Advance and DS: ARM -----------------------------------------------------------------


def _arm_game(code: Code, data_address: int, display_control: int, first_blank_line: int) -> None:
    code.little32(
        0xE3A00301,  # MOV R0,#0x04000000   devices
        0xE3A01405,  # MOV R1,#0x05000000   colours
        0xE3A02000 | data_address,  # MOV R2,#data
        0xE3A03000 | display_control,  # MOV R3,#control
        0xE5803000,  # STR R3,[R0]
        0xE3A04000,  # MOV R4,#0
    )
    frame = code.address
    code.little32(0xE1D030B6, 0xE3530000 | first_blank_line)  # LDRH R3,[R0,#6], CMP R3,#line
    code.little32(_arm_branch(0x1, code.address, frame))  # BNE
    code.little32(
        0xE2844001,  # ADD R4,R4,#1
        0xE5824000,  # STR R4,[R2]
        0xE2805E13,  # ADD R5,R0,#0x130
        0xE1D550B0,  # LDRH R5,[R5]
        0xE1E05005,  # MVN R5,R5
        0xE1A05B05,  # MOV R5,R5,LSL #22   ten buttons
        0xE1A05B25,  # MOV R5,R5,LSR #22
        0xE5825004,  # STR R5,[R2,#4]
        0xE0846285,  # ADD R6,R4,R5,LSL #5
        0xE1C160B0,  # STRH R6,[R1]   colour 0
    )
    line = code.address
    code.little32(0xE1D030B6, 0xE3530000 | first_blank_line)  # LDRH R3,[R0,#6], CMP R3,#line
    code.little32(_arm_branch(0x0, code.address, line))  # BEQ
    code.little32(_arm_branch(0xE, code.address, frame))  # B


def _arm_branch(condition: int, address: int, target: int) -> int:
    return condition << 28 | 0x0A000000 | (target - address - 8 >> 2 & 0xFFFFFF)


def game_boy_advance() -> bytes:
    """Return a cartridge; the count at 0x02000000, the buttons at 0x02000004."""
    code = Code(0x080000C0)
    _arm_game(code, data_address=0x402, display_control=0, first_blank_line=160)
    image = bytearray(0x8000)
    start = Code(0x08000000)
    start.little32(_arm_branch(0xE, 0x08000000, 0x080000C0))
    place(image, 0, start.data)
    place(image, 0xA0, b"PYLIBRETRO")
    image[0xB2] = 0x96
    image[0xBD] = -sum(image[0xA0:0xBD]) - 0x19 & 0xFF
    place(image, 0xC0, code.data)
    return bytes(image)


def nintendo_ds() -> bytes:
    """Return a card; the count at 0x02200000, the buttons at 0x02200004."""
    arm9, arm7 = Code(0x02000000), Code(0x02380000)
    arm9.little32(
        0xE3A00301,  # MOV R0,#0x04000000
        0xE2800FC1,  # ADD R0,R0,#0x304
        0xE3A03902,  # MOV R3,#0x8000
        0xE2833003,  # ADD R3,R3,#3
        0xE1C030B0,  # STRH R3,[R0]   both screens on, the first above
    )
    _arm_game(arm9, data_address=0x622, display_control=0x801, first_blank_line=192)
    arm7.little32(_arm_branch(0xE, 0x02380000, 0x02380000))
    image = bytearray(0x20000)
    place(image, 0x00, b"PYLIBRETRO\0\0####")
    header = Code(0x20)
    header.little32(0x8000, 0x02000000, 0x02000000, len(arm9.data) + 3 & ~3)
    header.little32(0x10000, 0x02380000, 0x02380000, len(arm7.data) + 3 & ~3)
    place(image, 0x20, header.data)
    sizes = Code(0x80)
    sizes.little32(0x10004, 0x4000)  # bytes used, bytes of header
    place(image, 0x80, sizes.data)
    check = Code(0x15E)
    check.little16(_crc16(image[:0x15E]))
    place(image, 0x15E, check.data)
    place(image, 0x8000, arm9.data)
    place(image, 0x10000, arm7.data)
    return bytes(image)


def _crc16(data: bytes | bytearray) -> int:
    crc = 0xFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    return crc


# --- Virtual Boy: V810 ----------------------------------------------------------------------------


def virtual_boy() -> bytes:
    """Return a 64 KB cartridge; the count at 0x05000000, the buttons at 0x05000002."""
    code = Code(0x07000000)

    def long(opcode: int, to: int, base: int, value: int) -> None:
        code.little16(opcode << 10 | to << 5 | base, value & 0xFFFF)

    movea, movhi, load, store, andi = 0x28, 0x2F, 0x31, 0x35, 0x2D
    vip, hardware, ram = 10, 11, 12

    def write(base: int, offset: int, value: int) -> None:
        long(movea, 1, 0, value)  # MOVEA value,R0,R1
        long(store, 1, base, offset)  # ST.H R1,offset[base]

    def branch(condition: int, target: int) -> None:
        code.little16(0x8000 | condition << 9 | (target - code.address & 0x1FF))

    long(movhi, vip, 0, 0x0006)
    long(movea, vip, vip, 0xF800)  # R10 = 0x0005F800, the video processor
    long(movhi, hardware, 0, 0x0200)  # R11 = 0x02000000, pad and timers
    long(movhi, ram, 0, 0x0500)  # R12 = 0x05000000
    long(movhi, 2, 0, 0x0004)
    long(movea, 2, 2, 0xDBE0)  # R2 = 0x0003DBE0, the first world
    write(2, 0, 0x0040)  # no worlds: only the background
    write(ram, 0, 0)
    write(vip, 0x24, 32)  # brightness of the three reds
    write(vip, 0x26, 64)
    write(vip, 0x28, 32)
    write(vip, 0x22, 0x0302)  # display on
    write(vip, 0x42, 0x0002)  # drawing on
    frame = code.address
    write(hardware, 0x28, 0x0004)  # read the pad
    pad = code.address
    long(load, 1, hardware, 0x28)  # LD.H 0x28[R11],R1
    long(andi, 1, 1, 0x0002)
    branch(0xA, pad)  # BNE while it reads
    long(load, 3, hardware, 0x14)  # high byte
    long(andi, 3, 3, 0x00FF)
    code.little16(0x14 << 10 | 3 << 5 | 8)  # SHL 8,R3
    long(load, 4, hardware, 0x10)  # low byte
    long(andi, 4, 4, 0x00FF)
    code.little16(0x0C << 10 | 3 << 5 | 4)  # OR R4,R3
    long(store, 3, ram, 2)
    begin = code.address
    long(load, 1, vip, 0x00)  # pending events
    long(andi, 1, 1, 0x0010)
    branch(0x2, begin)  # BE until a new picture begins
    write(vip, 0x04, 0x0010)  # seen
    long(load, 5, ram, 0)
    code.little16(0x11 << 10 | 5 << 5 | 1)  # ADD 1,R5
    long(store, 5, ram, 0)
    for shift in (8, 4, 2):  # fold the buttons to two bits
        code.little16(0x00 << 10 | 4 << 5 | 3)  # MOV R3,R4
        code.little16(0x15 << 10 | 4 << 5 | shift)  # SHR shift,R4
        code.little16(0x0E << 10 | 3 << 5 | 4)  # XOR R4,R3
    code.little16(0x01 << 10 | 3 << 5 | 5)  # ADD R5,R3
    long(andi, 3, 3, 0x0003)
    long(store, 3, vip, 0x70)  # background
    distance = frame - code.address & 0x3FFFFFF
    code.little16(0x2A << 10 | distance >> 16, distance & 0xFFFF)  # JR frame

    image = bytearray(0x10000)
    place(image, 0, code.data)
    reset = Code(0x0700FFF0)
    reset.little16(movhi << 10 | 1 << 5 | 0, 0x0700)  # MOVHI 0x0700,R0,R1
    reset.little16(0x06 << 10 | 1)  # JMP [R1]
    place(image, 0xFFF0, reset.data)
    return bytes(image)


# --- WonderSwan: V30 ------------------------------------------------------------------------------


def wonderswan() -> bytes:
    """Return a 64 KB cartridge; the count at 0000, the buttons at 0002 and 0003."""
    code = Code(0x0000)
    code(0xFA, 0x31, 0xC0, 0x8E, 0xD8)  # CLI, XOR AX,AX, MOV DS,AX
    code(0xA3, 0x00, 0x00)  # MOV [0],AX
    code(0xE6, 0x00)  # OUT 0,AL   no layers
    for port, shades in ((0x1C, 0x20), (0x1D, 0x64), (0x1E, 0xA8), (0x1F, 0xEC)):
        code(0xB0, shades, 0xE6, port)  # MOV AL,shades, OUT port,AL
    frame = code.address
    code(0xE4, 0x02, 0x3C, 0x90)  # IN AL,2, CMP AL,144
    code.branch(0x75, frame)  # JNE   until vertical blank
    code(0xFF, 0x06, 0x00, 0x00)  # INC WORD [0]
    for group, target in ((0x10, 2), (0x20, 3), (0x40, 4)):  # Y pad, X pad, buttons
        code(0xB0, group, 0xE6, 0xB5)  # MOV AL,group, OUT 0xB5,AL
        code(0x90, 0x90, 0xE4, 0xB5, 0x24, 0x0F)  # NOP, NOP, IN AL,0xB5, AND AL,15
        code(0xA2, target, 0x00)  # MOV [target],AL
    code(0x32, 0x06, 0x02, 0x00)  # XOR AL,[2]
    code(0x32, 0x06, 0x03, 0x00)  # XOR AL,[3]
    code(0x02, 0x06, 0x00, 0x00, 0x24, 0x07, 0xE6, 0x01)  # ADD AL,[0], AND AL,7, OUT 1,AL
    line = code.address
    code(0xE4, 0x02, 0x3C, 0x90)  # IN AL,2, CMP AL,144
    code.branch(0x74, line)  # JE   until the next line
    code.branch(0xEB, frame)  # JMP

    image = bytearray(0x10000)
    place(image, 0, code.data)
    place(image, 0xFFF0, bytes([0xEA, 0x00, 0x00, 0x00, 0xF0]))  # JMP F000:0000
    place(image, 0xFFF6, bytes([0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x04, 0x00]))
    check = Code(0xFFFE)
    check.little16(sum(image) & 0xFFFF)
    place(image, 0xFFFE, check.data)
    return bytes(image)


# --- Nintendo 64: MIPS ----------------------------------------------------------------------------


def nintendo_64() -> bytes:
    """Return a cartridge; the count at 0x80200000, the joypads at 0x80200044 and 0x8020004C.

    The game is the boot code, which runs where it is copied to, at 0xA4000040.
    """
    code = Code(0xA4000040)
    zero, value, video, serial, ram, count, pads, colour, pixel, end = (
        0,
        8,
        9,
        10,
        11,
        12,
        13,
        14,
        15,
        16,
    )

    def immediate(opcode: int, to: int, base: int, number: int) -> None:
        code.big32(opcode << 26 | base << 21 | to << 16 | number & 0xFFFF)

    def load_number(to: int, number: int) -> None:
        immediate(0x0F, to, zero, number >> 16)  # LUI
        immediate(0x0D, to, to, number)  # ORI

    def load(to: int, base: int, offset: int) -> None:
        immediate(0x23, to, base, offset)  # LW

    def store(what: int, base: int, offset: int) -> None:
        immediate(0x2B, what, base, offset)  # SW

    def write(base: int, offset: int, number: int) -> None:
        load_number(value, number)
        store(value, base, offset)

    def branch_unless_equal(left: int, right: int, target: int) -> None:
        immediate(0x05, right, left, target - code.address - 4 >> 2)  # BNE
        code.big32(0)  # NOP

    load_number(video, 0xA4400000)
    load_number(serial, 0xA4800000)
    load_number(ram, 0xA0200000)
    store(zero, ram, 0)
    registers = (
        (0x04, 0x00100000),  # origin of the picture
        (0x08, 320),
        (0x0C, 0x200),
        (0x14, 0x03E52239),  # timing of NTSC
        (0x18, 0x20D),
        (0x1C, 0xC15),
        (0x20, 0x0C150C15),
        (0x24, 0x006C02EC),
        (0x28, 0x002501FF),
        (0x2C, 0x000E0204),
        (0x30, 0x200),
        (0x34, 0x400),
        (0x00, 0x202),  # 16 bits a pixel, on
    )
    for offset, number in registers:
        write(video, offset, number)
    frame = code.address
    for wanted in (0x20, 0x1E0):  # a line of the picture, then one below it
        immediate(0x0D, end, zero, wanted)  # ORI
        line = code.address
        load(value, video, 0x10)
        immediate(0x0C, value, value, 0x3F0)  # ANDI
        branch_unless_equal(value, end, line)
    load(count, ram, 0)
    immediate(0x09, count, count, 1)  # ADDIU
    store(count, ram, 0)
    for offset in range(0x40, 0x80, 4):
        store(zero, ram, offset)
    for offset in (0x40, 0x48):  # ask both joypads: send 1 byte, receive 4, command 1
        write(ram, offset, 0xFF010401)
        write(ram, offset + 4, 0xFFFFFFFF)
    write(ram, 0x50, 0xFE000000)
    write(ram, 0x7C, 0x00000001)
    for direction in (0x10, 0x04):  # to the joypads, and back
        write(serial, 0x00, 0x00200040)
        write(serial, direction, 0x1FC007C0)
        wait = code.address
        load(value, serial, 0x18)
        immediate(0x0C, value, value, 0x0003)  # ANDI
        branch_unless_equal(value, zero, wait)
    load(pads, ram, 0x44)
    code.big32(pads << 16 | colour << 11 | 16 << 6 | 0x02)  # SRL colour,pads,16
    load(pads, ram, 0x4C)
    code.big32(pads << 16 | pads << 11 | 16 << 6 | 0x02)  # SRL pads,pads,16
    code.big32(colour << 21 | pads << 16 | colour << 11 | 0x26)  # XOR colour,colour,pads
    code.big32(colour << 21 | count << 16 | colour << 11 | 0x21)  # ADDU colour,colour,count
    code.big32(colour << 16 | colour << 11 | 17 << 6 | 0x00)  # SLL colour,colour,17
    code.big32(colour << 16 | value << 11 | 16 << 6 | 0x02)  # SRL value,colour,16
    code.big32(colour << 21 | value << 16 | colour << 11 | 0x25)  # OR colour,colour,value
    load_number(pixel, 0xA0100000)
    load_number(end, 0xA0100000 + 320 * 240 * 2)
    fill = code.address
    store(colour, pixel, 0)
    immediate(0x09, pixel, pixel, 4)  # ADDIU
    branch_unless_equal(pixel, end, fill)
    branch_unless_equal(end, zero, frame)

    image = bytearray(0x100000)
    header = Code(0)
    header.big32(0x80371240, 0x0000000F, 0x80000400)  # byte order and bus timing, clock, entry
    place(image, 0, header.data)
    place(image, 0x20, b"PYLIBRETRO")
    place(image, 0x40, code.data)
    return bytes(image)


@dataclass(frozen=True)
class RomImage:
    """A game of ours.

    Attributes:
        name: File name; cores choose the machine by its extension.
        build: Assembles it.
        count: Offset of the count's low byte in system RAM, where the core shows that.
        buttons: Offset of a byte that joypad 1 changes.
        joypads: How many joypads change the picture.
    """

    name: str
    build: Callable[[], bytes]
    count: int
    buttons: int
    joypads: int = 1


ROM_IMAGES = {
    image.name.partition(".")[0]: image
    for image in (
        RomImage("nes.nes", nes, count=0, buttons=1, joypads=2),
        RomImage("atari2600.a26", atari2600, count=0, buttons=1),
        RomImage("master_system.sms", master_system, count=0, buttons=1, joypads=2),
        RomImage("game_gear.gg", master_system, count=0, buttons=1),
        RomImage("mega_drive.md", mega_drive, count=0, buttons=3, joypads=2),
        RomImage("super_nintendo.sfc", super_nintendo, count=0, buttons=2, joypads=2),
        RomImage("pc_engine.pce", pc_engine, count=0, buttons=1),
        RomImage("game_boy.gb", game_boy, count=0, buttons=1),
        RomImage("game_boy_advance.gba", game_boy_advance, count=0, buttons=4),
        RomImage("nintendo_ds.nds", nintendo_ds, count=0x200000, buttons=0x200004),
        RomImage("nintendo_64.z64", nintendo_64, count=0x200000, buttons=0x200047, joypads=2),
        RomImage("virtual_boy.vb", virtual_boy, count=0, buttons=2),
        RomImage("wonderswan.ws", wonderswan, count=0, buttons=2),
    )
}
