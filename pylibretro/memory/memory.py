"""Memory maps, and where consoles have their RAM when a core publishes no map."""

from __future__ import annotations

from typing import NamedTuple

from pylibretro.enums import MemoryFlag

__all__ = ["MemoryDescriptor"]


class MemoryDescriptor(NamedTuple):
    """One entry of a core's memory map (`retro_memory_descriptor`), completed as RetroArch does.

    An address belongs to it when `(address ^ start) & select == 0`. `mapped` is False where the
    core says that nothing can be read.
    """

    start: int
    length: int
    select: int
    disconnect: int
    offset: int
    flags: MemoryFlag
    address_space: str
    mapped: bool


class RAMLocation(NamedTuple):
    """Where on its bus a console has the block that a core offers as system RAM.

    A core may keep the words of a big-endian console in the host's order: the byte of address
    `start + i` is then at `i ^ swap`, with 1 for words of 16 bits and 3 for words of 32.
    """

    start: int
    swap: int = 0


_LOCATIONS: dict[str, dict[int | None, RAMLocation]] = {
    # library_name: size of the system RAM (None: any) -> location
    "Genesis Plus GX": {0x10000: RAMLocation(0xFF0000, 1), None: RAMLocation(0xC000)},
    "PicoDrive": {0x10000: RAMLocation(0xFF0000, 1), None: RAMLocation(0xC000)},
    "Stella": {None: RAMLocation(0x80)},
    "Stella 2014": {None: RAMLocation(0x80)},
    "Mednafen PCE Fast": {None: RAMLocation(0x1F0000)},
    "Beetle PCE Fast": {None: RAMLocation(0x1F0000)},
    "Snes9x": {None: RAMLocation(0x7E0000)},
    "bsnes-mercury": {None: RAMLocation(0x7E0000)},
    "Gambatte": {None: RAMLocation(0xC000)},
    "melonDS": {None: RAMLocation(0x2000000)},
    "ParaLLEl N64": {None: RAMLocation(0x80000000, 3)},
}


# Games of 8-bit consoles on cores that also play those of 16-bit ones.
_EIGHT_BITS = {"Genesis Plus GX": ("sms", "gg", "sg"), "PicoDrive": ("sms", "gg", "sg")}


def ram_location(library_name: str, size: int, extension: str = "") -> RAMLocation:
    """Return where system RAM of `size` bytes lies on the bus; at 0 if the core is not known.

    Args:
        library_name: The core's name for itself.
        size: How much memory it says there is; some say more than there is.
        extension: What the content's name ends with, which tells the console.
    """
    known = _LOCATIONS.get(library_name, {})
    if extension in _EIGHT_BITS.get(library_name, ()):
        return known[None]
    return known.get(size) or known.get(None) or RAMLocation(0)
