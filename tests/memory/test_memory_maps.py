"""Memory maps of every shape, against the rules in plain words: which byte an address means."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace

import numpy as np
import pytest
from observe import OpenCore, content_of, words

from pylibretro import AddressError, Core

BITS = 64
ALL = (1 << BITS) - 1
NOWHERE = 0xFFFFFFFF
SPACES = ("", "", "rom", "video")
BLOCK = (
    (np.arange(4 << 20, dtype=np.uint64) * 2654435761 % (1 << 32) >> np.uint64(13)) & np.uint64(255)
).astype(np.uint8)


@dataclass(frozen=True)
class Descriptor:
    """As a core declares it; `where` is the place of its pointer in the block."""

    flags: int = 0
    where: int = 0
    offset: int = 0
    start: int = 0
    select: int = 0
    disconnect: int = 0
    length: int = 0
    space: str = ""

    def words(self) -> list[int]:
        """The numbers that the test core reads."""
        numbers = [self.flags & 0xFFFFFFFF, self.flags >> 32, self.where, self.offset]
        for value in (self.start, self.select, self.disconnect, self.length):
            numbers += [value & 0xFFFFFFFF, value >> 32]
        return numbers


# ---- the rules, one bit at a time


def smear(value: int) -> int:
    """All bits up to the highest one that is set."""
    return (1 << value.bit_length()) - 1


def without(value: int, mask: int) -> int:
    """The bits of `value` that are not in `mask`, moved together."""
    bits = [value >> bit & 1 for bit in range(BITS) if not mask >> bit & 1]
    return sum(bit << place for place, bit in enumerate(bits))


def around(value: int, mask: int) -> int:
    """The bits of `value`, in order, at the places that are not in `mask`."""
    places = [bit for bit in range(BITS) if not mask >> bit & 1]
    return sum((value >> i & 1) << place for i, place in enumerate(places))


def completed(declared: list[Descriptor]) -> list[Descriptor]:
    """What RetroArch makes of a map; descriptors that it cannot use are left out."""
    top = 1
    for d in declared:
        top |= d.select or (d.start + d.length - 1) & ALL
    top = smear(top)
    result = []
    for d in declared:
        if d.select == 0:
            if d.length == 0 or bin(d.length).count("1") != 1:
                continue
            d = replace(d, select=top & ~around(smear(d.length - 1), d.disconnect))
        if d.length == 0:
            d = replace(d, length=smear(without(top & ~d.select, d.disconnect)) + 1)
        if d.start & ~d.select or d.length > ALL:
            continue
        reachable = around(d.length - 1, d.disconnect)
        # address lines above the highest that matters are not connected: the block is mirrored
        for bit in reversed(range(reachable.bit_length(), BITS)):
            if (top & ~d.select) >> bit & 1:
                d = replace(d, disconnect=d.disconnect | 1 << bit)
        result.append(d)
    return result


def place(descriptors: list[Descriptor], address: int) -> int | None:
    """Where in the block the byte of an address is."""
    for d in descriptors:
        if (address ^ d.start) & d.select:
            continue
        if d.where == NOWHERE:
            return None
        offset = without(address - d.start, d.disconnect)
        while offset >= d.length:
            offset -= 1 << offset.bit_length() - 1
        return d.where + d.offset + offset
    return None


# ---- maps


def some_bits(random_bits: random.Random, width: int, chance: float) -> int:
    return sum(1 << bit for bit in range(width) if random_bits.random() < chance)


def any_descriptor(choose: random.Random, width: int, number: int) -> Descriptor:
    """A descriptor in an address space of so many bits, mostly one that can be used."""
    length = choose.choice([0, 1, 2, 3, 0x10, 0x18, 0x80, 0x100, 0x180, 0x1000, 0x2800, 0x8000])
    select = choose.choice(
        [
            0,
            (1 << width) - (1 << choose.randrange(width)),  # the high bits, as most maps have it
            some_bits(choose, width, 0.5),
            some_bits(choose, width, 0.2),
        ]
    )
    disconnect = choose.choice([0, 0, 1 << choose.randrange(width), some_bits(choose, width, 0.2)])
    start = some_bits(choose, width, 0.4)
    if select:
        start &= select if choose.random() < 0.9 else ALL
    elif length and choose.random() < 0.9:
        start &= ~smear(length - 1)
    return Descriptor(
        flags=choose.getrandbits(5) | choose.choice([0, 1 << 16, 3 << 24, 1 << 40]),
        where=NOWHERE if choose.random() < 0.1 else choose.randrange(1 << 20),
        offset=choose.choice([0, 0, 1, 0x1000, 0xABCDE]),
        start=start,
        select=select,
        disconnect=disconnect,
        length=length,
        space=SPACES[number % 4],
    )


def open_map(open_core: OpenCore, declared: list[Descriptor]) -> Core:
    core = open_core("any_map", content_of(*[word for d in declared for word in d.words()]))
    assert words(core)[0] == 1
    return core


@pytest.mark.environment("SET_MEMORY_MAPS")
@pytest.mark.parametrize("seed", range(60))
def test_any_map(open_core: OpenCore, seed: int) -> None:
    choose = random.Random(seed)
    width = choose.choice([8, 12, 16, 20])
    declared = [any_descriptor(choose, width, i) for i in range(choose.randrange(1, 12))]
    expected = completed(declared)
    core = open_map(open_core, declared)
    assert [
        (d.start, d.length, d.select, d.disconnect, d.offset, int(d.flags), d.address_space)
        for d in core.memory.map
    ] == [
        (d.start, d.length, d.select, d.disconnect, d.offset, d.flags & 0xFFFFFFFF, d.space)
        for d in expected
    ]
    assert [d.mapped for d in core.memory.map] == [d.where != NOWHERE for d in expected]
    if not expected:
        assert core.memory.read(0) == 1, "its system RAM, as without a map"
        return
    addresses = [choose.randrange(1 << width) for _ in range(300)]
    for d in declared:
        addresses += [d.start, d.start + d.length, max(d.start + d.length - 1, 0), d.start | 0xFF]
    for address in addresses:
        where = place(expected, address)
        if where is None:
            with pytest.raises(AddressError):
                core.memory.read(address)
        else:
            assert core.memory.read(address) == BLOCK[where], hex(address)


def test_the_random_maps_are_of_all_kinds() -> None:
    """So that the test above cannot pass because nothing of interest comes up."""
    kept = left_out = mirrored = banked = shadowed = derived = 0
    for seed in range(60):
        choose = random.Random(seed)
        width = choose.choice([8, 12, 16, 20])
        declared = [any_descriptor(choose, width, i) for i in range(choose.randrange(1, 12))]
        expected = completed(declared)
        kept += len(expected)
        left_out += len(declared) - len(expected)
        derived += sum(d.length == 0 or d.select == 0 for d in declared)
        for before, after in zip(declared, expected, strict=False):
            mirrored += before.start == after.start and before.disconnect != after.disconnect
        banked += sum(bin(d.select).count("1") != d.select.bit_length() for d in expected)
        for address in range(0, 1 << width, 97):
            hits = [d for d in expected if not (address ^ d.start) & d.select]
            shadowed += len(hits) > 1
    assert min(kept, left_out, mirrored, banked, shadowed, derived) > 20


@pytest.mark.parametrize(
    ("declared", "disconnect", "length"),
    [
        # select high, a line not connected in the middle: the lines above those in use mirror
        (Descriptor(select=0x8000, disconnect=0x110, length=0x100), 0x7D10, 0x100),
        (Descriptor(select=0x80, disconnect=0x12, length=0x10), 0x52, 0x10),
        (Descriptor(select=0x8000, disconnect=0x210, length=0x180), 0x7A10, 0x180),
        (Descriptor(select=0xC000, disconnect=0x2000), 0x2000, 0x2000),
        (Descriptor(select=0x7E0000), 0, 0x20000),
    ],
)
def test_single_descriptors(
    open_core: OpenCore, declared: Descriptor, disconnect: int, length: int
) -> None:
    (entry,) = open_map(open_core, [declared]).memory.map
    assert (entry.disconnect, entry.length) == (disconnect, length)
    assert completed([declared])[0] == replace(declared, disconnect=disconnect, length=length)


def test_addresses_of_64_bits(open_core: OpenCore) -> None:
    high = 0xFFFF_FFFF_8000_0000
    core = open_map(open_core, [Descriptor(start=high, select=high, length=0x10000, where=5)])
    assert core.memory.read(high + 3) == BLOCK[8]
    assert core.memory.read(high + 0x10003) == BLOCK[8], "mirrored"
    with pytest.raises(AddressError):
        core.memory.read(3)


def test_no_descriptors_at_all(open_core: OpenCore) -> None:
    core = open_core("any_map", b"\0")
    assert words(core)[0] == 1
    assert core.memory.map == []
    assert core.memory.read(0) == 1, "its system RAM, as without a map"
