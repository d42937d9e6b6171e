"""Whether a used machine that is put into a state goes on as one that has just been opened.

The states of some cores leave out what stays in a running machine, so that what follows them
depends on what ran before. That cannot be asked, but it can be tried.
"""

from __future__ import annotations

import hashlib
import os
import pickle
import time
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import Core, State
from pylibretro.batch.trial import alone, random_input
from pylibretro.core_spec import CoreSpec
from pylibretro.error import LibretroError, StateError

__all__ = ["Restoring", "compare_restoring"]

FRAMES_OF_USE = (97, 151, 211)
FRAMES_COMPARED = 120
FRAMES_BETWEEN_LOOKS_AT_MEMORY = 8
SECONDS_AT_MOST = 5.0

PARTS = PICTURE, SOUND, MEMORY, STATE = ("picture", "sound", "memory", "state")
SEEN_PARTS = (PICTURE, MEMORY, STATE)


@dataclass(frozen=True)
class Restoring:
    """What came of putting used and fresh machines into the same state.

    Attributes:
        differs: What was different after that: any of "picture", "sound", "memory" (system RAM)
            and "state"; empty if nothing was.
        frame: The frame after restoring in which the first difference showed, counted from 1; 0 if
            there was none.
        reproducible: Whether two fresh machines did the same. Where they did not, opening the core
            again helps nobody.
        reason: Why the comparison did not come to its end; None if it did.

    >>> from pylibretro import CoreSpec
    >>> compare_restoring(CoreSpec("2048"))
    Restoring(differs=(), frame=0, reproducible=True, reason=None)
    """

    differs: tuple[str, ...] = ()
    frame: int = 0
    reproducible: bool = True
    reason: str | None = None

    def opens_again(self, parts: tuple[str, ...] = PARTS) -> bool:
        """Whether only a core that is opened again begins the same each time.

        Args:
            parts: What has to be the same: names as in `differs`.
        """
        if not self.reproducible:
            return False
        return self.reason is not None or any(part in parts for part in self.differs)


def compare_restoring(
    spec: CoreSpec, contents: State | bytes | None = None, *, frames: int = 0
) -> Restoring:
    """Compare a used machine that is put into a state with one that has just been opened.

    A machine is played at random for a while and put into the state, three times after different
    numbers of frames; then it gets the same inputs as a fresh one, for 120 frames. The answer is
    kept for as long as the process lives.

    Args:
        spec: The core and its content.
        contents: The state to begin with, a `State` or the core's own bytes; None for the machine
            as it is after loading.
        frames: How many frames are run before the state is saved that is then restored.

    Raises:
        LibretroError: The core cannot be opened, or refuses `contents`.

    Returns:
        A `Restoring`.
    """
    spec = alone(spec)
    key = _key(spec, contents, frames)
    known = _known.get(key)
    if known is None:
        known = _compare(spec, contents, frames)
        if key is not None:
            _known[key] = known
    return known


_known: dict[Any, Restoring] = {}


@dataclass
class _Trace:
    """What a machine showed: a check sum of each part for each frame, and its last state."""

    frames: list[tuple[int, ...]]
    state: bytes
    complete: bool


def _compare(spec: CoreSpec, contents: State | bytes | None, frames: int) -> Restoring:
    end = time.thread_time() + SECONDS_AT_MOST
    with Core(spec) as used:
        _put(used, contents)
        used.run(frames)
        try:
            state = used.snapshot()
        except StateError as error:
            return Restoring(reason=str(error))
        # What is compared is how episodes begin: in a core that was opened for it, or in a state.
        begins_opened = contents is None and frames == 0
        inputs = random_input(FRAMES_COMPARED, 0)
        try:
            fresh = _fresh(spec, None if begins_opened else state, inputs, end)
            if not fresh.complete:
                return Restoring(reason="the core is too slow to compare it in a few seconds")
            for number, use in enumerate(FRAMES_OF_USE, 1):
                _run(used, random_input(use, number), end)
                used.restore(state)
                trace = _traced(used, inputs, end)
                if not trace.complete:
                    return Restoring(reason="the core is too slow to compare it in a few seconds")
                if trace != fresh:
                    return _difference(spec, None if begins_opened else state, inputs, fresh, trace)
        except LibretroError as error:
            return Restoring(reason=str(error))
    return Restoring()


def _difference(
    spec: CoreSpec, state: State | None, inputs: NDArray[Any], fresh: _Trace, trace: _Trace
) -> Restoring:
    """Tell what differs, without what differs in two fresh machines as well."""
    other = _fresh(spec, state, inputs, time.thread_time() + SECONDS_AT_MOST)
    same = _differing(fresh, other)
    differs = tuple(part for part in _differing(fresh, trace) if part not in same)
    pairs = zip(fresh.frames, trace.frames, strict=True)
    frame = next((i for i, (one, two) in enumerate(pairs, 1) if one != two), FRAMES_COMPARED)
    if any(part in same for part in (PICTURE, MEMORY)):
        return Restoring(_differing(fresh, trace), frame, reproducible=False)
    return Restoring(differs, frame if differs else 0)


def _differing(one: _Trace, other: _Trace) -> tuple[str, ...]:
    columns = zip(*one.frames, strict=True), zip(*other.frames, strict=True)
    parts = [part for part, a, b in zip(PARTS, *columns, strict=False) if a != b]
    return tuple(parts + [STATE] * (one.state != other.state))


def _fresh(spec: CoreSpec, state: State | None, inputs: NDArray[Any], end: float) -> _Trace:
    with Core(spec) as core:
        _put(core, state)
        return _traced(core, inputs, end)


def _put(core: Core, contents: State | bytes | None) -> None:
    if isinstance(contents, State):
        core.restore(contents)
    elif contents is not None:
        core.load_state(contents)


def _run(core: Core, inputs: NDArray[Any], end: float) -> bool:
    """Run frames, as many as the time allows."""
    for i in range(len(inputs)):
        if time.thread_time() > end or core.run(1, inputs[i : i + 1]) == 0:
            return False
    return True


def _traced(core: Core, inputs: NDArray[Any], end: float) -> _Trace:
    frames: list[tuple[int, ...]] = []
    for i in range(len(inputs)):
        if not _run(core, inputs[i : i + 1], end):
            return _Trace(frames, b"", False)
        picture = core.raw_frame
        memory = core.memory.system_ram if i % FRAMES_BETWEEN_LOOKS_AT_MEMORY == 0 else None
        parts = picture, core.audio, memory
        frames.append(tuple(0 if part is None else _check_sum(part) for part in parts))
    return _Trace(frames, core.save_state(), True)


def _check_sum(part: NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(part).view(np.uint8).data)


def _key(spec: CoreSpec, contents: State | bytes | None, frames: int) -> Any:
    """Return what tells this comparison from others; None if nothing does."""
    files = [
        os.stat(path)[:4] + os.stat(path)[6:10]
        for path in (spec.path, spec.content)
        if isinstance(path, (str, bytes, os.PathLike)) and _is_file(path)
    ]
    given = bytes(contents) if contents is not None else b""
    try:
        said = pickle.dumps(spec)
    except Exception:  # whatever somebody's own object raises when it is pickled
        return None
    return hashlib.sha1(said + given, usedforsecurity=False).digest(), tuple(files), frames


def _is_file(path: Any) -> bool:
    try:
        return os.path.isfile(path)
    except (OSError, ValueError):
        return False
