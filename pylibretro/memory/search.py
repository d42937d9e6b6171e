"""Finding where in memory a game keeps its numbers: a search that narrows with every look.

A `Search` looks at memory, remembers it, and keeps those places and ways to read a number that fit
what is said of it: it is 3, it has grown, it is one less than before. Several cores of one game may
be searched at once; a place has to fit in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pylibretro.error import AddressError
from pylibretro.memory.watch import Watch

if TYPE_CHECKING:
    from pylibretro._core import Core

__all__ = ["Candidate", "Search"]

TYPES = (
    "|u1", "<u2", ">u2", "<u4", ">u4", "|i1", "<i2", ">i2", "<i4", ">i4",
    "|d1", "<d2", ">d2", "<d3", ">d3", "<d4", ">d4",
    "<n2", ">n2", "<n3", ">n3", "<n4", ">n4", "<n5", ">n5", "<n6", ">n6", "<n8", ">n8",
)  # fmt: skip
OFFSETS_AT_ONCE = 1 << 16

_Test = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.bool_]]

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "==": np.equal,
    "!=": np.not_equal,
    "<": np.less,
    "<=": np.less_equal,
    ">": np.greater,
    ">=": np.greater_equal,
}


class Candidate(NamedTuple):
    """A place in memory and a way to read a number there that fit all that was said.

    Attributes:
        watch: The address and type, for `Game.watches` and `CoreBatch(watches=)`.
        value: What is there now, in the first core.
        previous: What was there at the last look.
    """

    watch: Watch
    value: int
    previous: int


class Search:
    """A search for one number in the memory of one core, or of several of the same game.

    Args:
        cores: A Core, or several.
        types: The ways to read a number that are tried, as for `Watch`.
        aligned: Whether numbers of 2, 4 or 8 bytes lie only at multiples of their size.

    Raises:
        AddressError: The core shows no memory.

    >>> from pylibretro import Core, Joypad
    >>> with Core("2048") as core:
    ...     search = Search(core, ["<u4"])
    ...     core.run(60)
    ...     search.keep("==", 0)
    ...     core.memory.write(0x20, 1234, "<u4")
    ...     search.keep("==", 1234)
    ...     [hex(found.watch.address) for found in search.candidates()]
    60
    ...
    1
    ['0x20']
    """

    def __init__(
        self,
        cores: Core | Iterable[Core],
        types: Sequence[str] = TYPES,
        *,
        aligned: bool = False,
    ) -> None:
        """Look for the first time: everything fits."""
        self.cores = tuple(cores) if isinstance(cores, Iterable) else (cores,)
        if not self.cores:
            raise ValueError("there is no core to search")
        self.types = tuple(Watch(0, kind).type for kind in types)
        self.aligned = aligned
        self._regions = [core.memory.regions for core in self.cores]
        if not self._regions[0]:
            raise AddressError(f"{self.cores[0].name} shows no memory to search")
        if any(regions != self._regions[0] for regions in self._regions):
            raise ValueError("the cores have different memory; take several of the same game")
        self._look()
        # For each block and type the offsets that still fit; None for all of them.
        self._fitting: list[dict[str, NDArray[np.int64] | None]] = [
            dict.fromkeys(self.types) for _ in self._regions[0]
        ]
        self._history: list[list[dict[str, NDArray[np.int64] | None]]] = []

    def _read(self) -> list[list[NDArray[np.uint8]]]:
        return [
            [core.memory.read_bytes(*region) for region in regions]
            for core, regions in zip(self.cores, self._regions, strict=True)
        ]

    def _look(self) -> None:
        self._now = self._read()
        self._before = self._now

    def look(self) -> None:
        """Remember memory as it is now, for what is said of changes later."""
        self._look()

    def keep(self, comparison: str, value: int) -> int:
        """Keep what compares with a number in this way: "==", "!=", "<", "<=", ">" or ">=".

        Returns:
            How many candidates are left.
        """
        compare = self._comparison(comparison)
        return self._narrow(lambda now, _: compare(now, value))

    def keep_change(self, comparison: str, value: int = 0) -> int:
        """Keep what has changed in this way since the last look: the value now less the one then.

        `keep_change("==")` is unchanged, "!=" changed, ">" increased, "<" decreased, and
        `keep_change("==", -1)` one less.

        Returns:
            How many candidates are left.
        """
        compare = self._comparison(comparison)
        return self._narrow(lambda now, before: compare(now - before, value))

    @staticmethod
    def _comparison(comparison: str) -> Callable[[Any, Any], Any]:
        if comparison not in COMPARISONS:
            raise ValueError(
                f"{comparison!r} compares nothing; one of {', '.join(COMPARISONS)} is needed"
            )
        return COMPARISONS[comparison]

    def _narrow(self, fits: _Test) -> int:
        before = self._now
        self._history.append([dict(block) for block in self._fitting])
        self._now = self._read()
        for number, kinds in enumerate(self._fitting):
            for kind in self.types:
                kept = kinds[kind]
                for core in range(len(self.cores)):
                    kept = _fitting(
                        self._now[core][number], before[core][number], kind, kept, fits, self
                    )
                kinds[kind] = kept
        self._before = before
        return len(self)

    def undo(self) -> int:
        """Take back what was said last; what memory was like then is forgotten.

        Returns:
            How many candidates there are again.
        """
        if self._history:
            self._fitting = self._history.pop()
        return len(self)

    def restart(self) -> None:
        """Begin again: everything fits."""
        self._look()
        self._fitting = [dict.fromkeys(self.types) for _ in self._regions[0]]
        self._history.clear()

    def __len__(self) -> int:
        """How many candidates there are."""
        total = 0
        for memory, kinds in zip(self._now[0], self._fitting, strict=True):
            for kind, kept in kinds.items():
                total += (
                    len(_offsets(len(memory), kind, self.aligned)) if kept is None else len(kept)
                )
        return total

    def candidates(self, limit: int | None = None) -> list[Candidate]:
        """Return what fits, the lowest addresses first, at most `limit` of them."""
        found = []
        for candidate in self._candidates(limit):
            found.append(candidate)
        found.sort(key=lambda one: (one.watch.address, self.types.index(one.watch.type)))
        return found[:limit]

    def _candidates(self, limit: int | None) -> Iterator[Candidate]:
        for number, kinds in enumerate(self._fitting):
            start, size = self._regions[0][number]
            memory = self.cores[0].memory.read_bytes(start, size)
            for kind, kept in kinds.items():
                offsets = _offsets(len(memory), kind, self.aligned) if kept is None else kept
                offsets = offsets[:limit]
                now, _ = _values(memory, kind, offsets)
                before, _ = _values(self._now[0][number], kind, offsets)
                for offset, value, old in zip(offsets, now, before, strict=True):
                    yield Candidate(Watch(start + int(offset), kind), int(value), int(old))


def _offsets(size: int, kind: str, aligned: bool) -> NDArray[np.int64]:
    width = int(kind[2])
    step = width if aligned and width in (2, 4, 8) else 1
    return np.arange(0, max(size - width + 1, 0), step, dtype=np.int64)


def _fitting(
    now: NDArray[np.uint8],
    before: NDArray[np.uint8],
    kind: str,
    kept: NDArray[np.int64] | None,
    fits: _Test,
    search: Search,
) -> NDArray[np.int64]:
    if kept is not None:
        if not len(kept):
            return kept
        new, valid = _values(now, kind, kept)
        old, valid_before = _values(before, kind, kept)
        return kept[fits(new, old) & valid & valid_before]
    size = min(len(now), len(before))
    offsets = _offsets(size, kind, search.aligned)
    found = []
    for start in range(0, len(offsets), OFFSETS_AT_ONCE):  # what is computed stays in the cache
        part = offsets[start : start + OFFSETS_AT_ONCE]
        window = slice(int(part[0]), int(part[-1]) + int(kind[2]))
        step = int(part[1] - part[0]) if len(part) > 1 else 1
        new, valid = _row_of_values(now[window], kind, step)
        old, valid_before = _row_of_values(before[window], kind, step)
        found.append(part[fits(new, old) & valid & valid_before])
    return np.concatenate(found) if found else offsets


def _row_of_values(
    memory: NDArray[np.uint8], kind: str, step: int
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """As `_values`, for every `step`-th offset."""
    form, width = kind[1], int(kind[2])
    count = (len(memory) - width) // step + 1
    if form in "ui" and width in (1, 2, 4, 8):
        numbers = np.ndarray((count,), kind, memory, 0, (step,))
        return numbers.astype(np.int64), np.ones(count, bool)
    return _combined(
        [memory[place : place + (count - 1) * step + 1 : step] for place in range(width)], kind
    )


def _values(
    memory: NDArray[np.uint8], kind: str, offsets: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The numbers at some offsets, and which of them are numbers of this kind at all."""
    return _combined([memory[offsets + place] for place in range(int(kind[2]))], kind)


def _combined(
    columns: list[NDArray[np.uint8]], kind: str
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Numbers of their bytes, which are given in the order of memory."""
    order, form, width = kind[0], kind[1], int(kind[2])
    valid = np.ones(len(columns[0]), bool)
    values = np.zeros(len(columns[0]), np.int64)
    for byte in columns if order == ">" else columns[::-1]:
        if form in "ui":
            values = values << 8 | byte
        elif form == "d":  # digits above 9 are no number to look for, whatever a watch would read
            high, low = byte >> 4, byte & 15
            valid &= (high < 10) & (low < 10)
            values = values * 100 + (high * 10 + low)
        else:
            valid &= byte < 10
            values = values * 10 + byte
    if form == "i" and width < 8:
        half = np.int64(1) << (8 * width - 1)
        values = (values ^ half) - half
    return values, valid
