"""Small discs for a PlayStation, made here: an ISO 9660 file system in raw sectors, a cue sheet.

No console would start them, but a core takes them for discs.
"""

from __future__ import annotations

from pathlib import Path

SECTORS = 200
SECTOR_BYTES = 2048
ROOT, FIRST_FILE = 18, 20


def write_disc(path: Path, files: dict[str, bytes]) -> Path:
    """Write ``path`` with its cue sheet beside it, and return the cue sheet's path."""
    path.write_bytes(raw_sectors(file_system(files)))
    sheet = path.with_suffix(".cue")
    sheet.write_text(f'FILE "{path.name}" BINARY\n  TRACK 01 MODE2/2352\n    INDEX 01 00:00:00\n')
    return sheet


def both_orders(number: int, size: int) -> bytes:
    return number.to_bytes(size, "little") + number.to_bytes(size, "big")


def directory_record(name: bytes, sector: int, size: int, *, directory: bool) -> bytes:
    record = bytes([0]) + both_orders(sector, 4) + both_orders(size, 4)
    record += bytes([100, 1, 1, 0, 0, 0, 0, 2 * directory, 0, 0]) + both_orders(1, 2)
    record += bytes([len(name)]) + name
    record += bytes(1 - len(record) % 2)
    return bytes([len(record) + 1]) + record


def file_system(files: dict[str, bytes]) -> list[bytes]:
    """The sectors of a disc with these files in its only directory."""
    entries = b"".join(
        directory_record(name, ROOT, SECTOR_BYTES, directory=True) for name in (b"\0", b"\1")
    )
    sectors = {}
    free = FIRST_FILE
    for name, data in files.items():
        entries += directory_record(name.encode() + b";1", free, len(data), directory=False)
        for start in range(0, len(data), SECTOR_BYTES):
            sectors[free] = data[start : start + SECTOR_BYTES]
            free += 1
    volume = bytearray(SECTOR_BYTES)
    volume[0:7] = b"\1CD001\1"
    volume[8:40] = b"PLAYSTATION".ljust(32)
    volume[40:72] = b"TEST".ljust(32)
    volume[80:88] = both_orders(SECTORS, 4)
    volume[120:124] = volume[124:128] = both_orders(1, 2)
    volume[128:132] = both_orders(SECTOR_BYTES, 2)
    volume[156:190] = directory_record(b"\0", ROOT, SECTOR_BYTES, directory=True)
    sectors[16], sectors[17], sectors[ROOT] = bytes(volume), b"\xffCD001\1", entries
    assert free <= SECTORS
    return [sectors.get(number, b"").ljust(SECTOR_BYTES, b"\0") for number in range(SECTORS)]


def raw_sectors(sectors: list[bytes]) -> bytes:
    """Sectors of 2352 bytes, mode 2 form 1: address, subheader, data, check sum, parity (0)."""
    raw = bytearray()
    for number, data in enumerate(sectors):
        frames = number + 150
        address = [frames // 4500, frames // 75 % 60, frames % 75]
        raw += b"\0" + b"\xff" * 10 + b"\0" + bytes(part // 10 << 4 | part % 10 for part in address)
        checked = bytes([0, 0, 8, 0] * 2) + data
        raw += b"\2" + checked + check_sum(checked).to_bytes(4, "little") + bytes(276)
    return bytes(raw)


def check_sum_table() -> list[int]:
    table = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = value >> 1 ^ (0xD8018001 if value & 1 else 0)
        table.append(value)
    return table


TABLE = check_sum_table()


def check_sum(data: bytes) -> int:
    value = 0
    for byte in data:
        value = value >> 8 ^ TABLE[(value ^ byte) & 0xFF]
    return value
