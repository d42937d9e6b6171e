"""What a batch leaves out of frames that nobody sees or hears, and the proof of it for its game.

What is known of a build of a core was compared over many games before it came into the files of
`pylibretro/skips/builds`. A game that nobody has tried may be the one that differs: so the first
batch that opens it lets one copy run some hundred frames both ways. The answer is kept with the
hashes of all that it depends on in the user's directory of caches.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import State
from pylibretro.batch.trial import alone, random_input
from pylibretro.content.lookup import find_core
from pylibretro.core_spec import CoreSpec
from pylibretro.error import LibretroError
from pylibretro.files.cache_directory import cache_directory
from pylibretro.files.whole_file import replace_file
from pylibretro.skips.build_skips import BuildSkips, known_skips, read_build_skips

__all__ = ["GivenSkips", "SkippedWork", "compare_with_skips", "difference_with_skips"]

FRAMES_COMPARED = 360
STEPS = (1, 2, 4, 4, 4, 7, 16, 60)  # frames, of which the last one is seen
STEPS_BETWEEN_STATES = 9
ENDS = "frames % 5 == 3"  # where a comparison has steps end
ADDRESS_BYTES = 8
SAVES = 3  # of one moment
PROOF_VERSION = 4

_logger = logging.getLogger("pylibretro.skips")


@dataclass(frozen=True)
class SkippedWork:
    """What a core of a batch leaves out.

    Attributes:
        build: What is known of its build; None if nothing is.
        unseen: Names of what it leaves out of frames that nobody sees.
        unheard: Names of what it leaves out because nobody hears it.
        faster: Names of what it computes in another way, which comes to the same in less time.
        reason: Why nothing more is left out; None where there is nothing more to say.

    Example:
        >>> from pylibretro import CoreBatch
        >>> with CoreBatch("2048", count=2) as batch:
        ...     batch.skips[0].unseen, batch.skips[0].reason
        ((), 'nothing is known of this build of 2048')
    """

    build: BuildSkips | None = field(default=None, repr=False)
    unseen: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()
    faster: tuple[str, ...] = ()
    reason: str | None = None

    def __bool__(self) -> bool:
        """Whether anything is left out, or computed in less time."""
        return bool(self.unseen or self.unheard or self.faster)


OpenBatch = Callable[..., Any]
GivenSkips = bool | None | str | os.PathLike[str] | BuildSkips


def checked_skips(skips: object) -> GivenSkips:
    """Return what was given as `skips` of a batch, or raise TypeError."""
    if skips is None or isinstance(skips, (bool, str, os.PathLike, BuildSkips)):
        return skips
    raise TypeError(
        f"skips is {skips!r}; None, True, False, the path of a file of skips or a BuildSkips is "
        f"needed"
    )


def allowed_work(spec: CoreSpec, skips: GivenSkips, *, unseen: bool, unheard: bool) -> SkippedWork:
    """Return what is known that a core may leave out.

    Args:
        spec: The core.
        skips: False for nothing, a file or `BuildSkips` instead of what is known.
        unseen: Whether frames can be unseen.
        unheard: Whether nobody hears anything.

    Raises:
        ValueError: A file of skips makes no sense.
        OSError: It cannot be read.
    """
    if skips is False:
        return SkippedWork(reason="skips is False")
    path = find_core(spec.path)
    build: BuildSkips | None
    if isinstance(skips, BuildSkips):
        build = skips
    elif isinstance(skips, (str, os.PathLike)):
        build = read_build_skips(skips)
    else:
        try:
            build = known_skips(path)
        except ValueError as error:
            return SkippedWork(reason=str(error))
    if build is None:
        name = os.path.basename(path).partition("_libretro")[0].partition(".")[0]
        return SkippedWork(reason=f"nothing is known of this build of {name}")
    work = SkippedWork(
        build,
        build.names("unseen") if unseen else (),
        build.names("unheard") if unheard else (),
        build.names("always"),
    )
    return work if work else replace(work, reason="every frame is seen and heard")


def work_with_going_back(spec: CoreSpec, work: SkippedWork, open_batch: OpenBatch) -> SkippedWork:
    """Return what a core may leave out where a rule can end a step in a frame that was not drawn.

    Its picture is then had by going back to where the step began, which takes a core whose states
    bring back a machine that has run on for a few frames.
    """
    difference = difference_with_skips(spec, work, open_batch, goes_back=True)
    if difference is None:
        return work
    reason = (
        f"a rule can end a step in a frame that was not drawn, and with going back {difference}"
    )
    return replace(work, unseen=(), reason=reason)


def proven_work(
    spec: CoreSpec, work: SkippedWork, open_batch: OpenBatch, begins_in: State | None = None
) -> SkippedWork:
    """Return what a core may leave out of this game: nothing where that makes a difference."""
    difference = difference_with_skips(spec, work, open_batch, begins_in)
    if difference is None:
        return work
    _logger.warning("%s leaves nothing out: %s", find_core(spec.path), difference)
    return SkippedWork(work.build, reason=difference)


def difference_with_skips(
    spec: CoreSpec,
    work: SkippedWork,
    open_batch: OpenBatch,
    begins_in: State | None = None,
    *,
    goes_back: bool = False,
) -> str | None:
    """Compare a machine that leaves something out with one that does not.

    Two machines are played at random for 360 frames with the same input, the pictures of some of
    them seen, with states that change places on the way. The answer is kept, by the hashes of the
    game, of what is left out and of the core, in the user's directory of caches.

    Args:
        spec: The core and its content.
        work: What is left out.
        open_batch: `CoreBatch`.
        begins_in: The state that both go on from; None for power-on.
        goes_back: Whether a rule ends steps in frames that were not drawn, too.

    Returns:
        What differed, as text; None if nothing did.
    """
    spec = alone(spec)
    key = _key(spec, work, begins_in, goes_back)
    kept = os.path.join(cache_directory(), "skips", f"{key}.json")
    try:
        with open(kept, encoding="utf-8") as file:
            known = json.load(file)["difference"]
            if known is None or isinstance(known, str):
                return known
    except (OSError, ValueError, KeyError, TypeError):
        pass
    difference = compare_with_skips(
        spec, work, open_batch, begins_in=begins_in, goes_back=goes_back
    )
    try:
        os.makedirs(os.path.dirname(kept), exist_ok=True)
        replace_file(kept, json.dumps({"difference": difference}).encode())
    except OSError as error:
        _logger.info("what was proven cannot be kept in %s: %s", kept, error)
    return difference


def compare_with_skips(
    spec: CoreSpec,
    work: SkippedWork,
    open_batch: OpenBatch,
    *,
    frames: int = FRAMES_COMPARED,
    begins_in: State | None = None,
    goes_back: bool = False,
) -> str | None:
    """Compare as `difference_with_skips` does, anew.

    Args:
        spec: The core and its content.
        work: What is left out.
        open_batch: `CoreBatch`.
        frames: How many are compared.
        begins_in: The state that both go on from; None for power-on.
        goes_back: Whether a rule ends steps in frames that were not drawn, too.

    Returns:
        What differed, as text; None if nothing did.
    """
    ends: dict[str, Any] = {"done": ENDS, "stop_when_done": True} if goes_back else {}
    heard = not work.unheard
    try:
        with (
            open_batch([spec] * 2, skips=False, threads=1, sound=heard, **ends) as plain,
            open_batch([spec], skips=Proven(work), sound=heard, **ends) as skipping,
        ):
            if begins_in is not None:
                plain.load_states([begins_in, begins_in])
                skipping.load_states([begins_in])
            return _played_apart(plain, skipping, work, frames)
    except (LibretroError, ValueError) as error:
        return f"it cannot be compared: {error}"


@dataclass(frozen=True)
class Proven:
    """What is to be left out without asking again, for the comparison itself."""

    work: SkippedWork


def _played_apart(plain: Any, skipping: Any, work: SkippedWork, frames: int) -> str | None:
    random = np.random.default_rng(1)
    states = _States(work)
    inputs = random_input(frames + max(STEPS), 1)
    frame = step = 0
    while frame < frames:
        count = int(random.choice(STEPS))
        given = inputs[frame : frame + count, None]
        run = [*plain.run(count, given.repeat(2, axis=1)), *skipping.run(count, given)]
        if len(set(run)) > 1:
            return f"the number of frames of a step differs after {frame} frames of a comparison"
        frame += max(1, int(run[0]))
        step += 1
        part = _differing(plain[0], skipping[0], heard=not work.unheard)
        if part is None and step % STEPS_BETWEEN_STATES == 0:
            part = states.exchange(plain, skipping)
        if part is not None:
            return f"{part} differs after {frame} frames of a comparison"
    return None


def _differing(plain: Any, skipping: Any, *, heard: bool) -> str | None:
    for name in ("system_ram", "save_ram", "video_ram", "rtc"):
        if not _equal(getattr(plain.memory, name), getattr(skipping.memory, name)):
            return name
    if heard and not _equal(plain.audio, skipping.audio):
        return "the sound"
    return None if _equal(plain.frame, skipping.frame) else "the picture"


def _equal(one: NDArray[Any] | None, other: NDArray[Any] | None) -> bool:
    if one is None or other is None:
        return one is other
    return np.array_equal(one, other)


class _States:
    """States of two machines that leave nothing out and one that does, compared again and again.

    Of some bytes it does not matter whether they differ: those of sound, and what was ever not the
    same in the two machines that leave nothing out, or in states that were saved one right after
    the other: addresses, and what was never written, with as much around it as an address has. They
    stay in states that go from one machine to another.
    """

    def __init__(self, work: SkippedWork) -> None:
        """Know of no unsteady bytes yet."""
        self.work = work
        self.unsteady: dict[int, NDArray[np.bool_]] = {}

    def exchange(self, plain: Any, skipping: Any) -> str | None:
        """Let each machine go on from the other's state."""
        try:
            ones = [state for _ in range(SAVES) for state in plain.save_states()]
            others = [state for _ in range(SAVES) for state in skipping.save_states()]
        except LibretroError:
            return None  # a core without states, or without one at this moment
        data = [
            [np.frombuffer(bytes(state), np.uint8) for state in states] for states in (ones, others)
        ]
        if len(data[0][0]) != len(data[1][0]):
            return "the size of the state"
        if len({len(state) for states in data for state in states}) == 1:
            unlike = np.zeros(len(data[0][0]), np.bool_)
            for states in data:
                for state in states[1:]:
                    unlike |= states[0] != state
            if ((data[0][0] != data[1][0]) & ~self.no_matter(unlike)).any():
                return "the state"
        plain.load_states([others[0], others[0]])
        skipping.load_states([ones[0]])
        return None

    def no_matter(self, unlike: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Tell of which bytes it does not matter, now that these were not the same."""
        size = len(unlike)
        unsteady = self.unsteady.setdefault(size, np.zeros(size, np.bool_))
        unsteady |= unlike
        for distance in range(1, ADDRESS_BYTES):
            unsteady[distance:] |= unlike[:-distance]
            unsteady[:-distance] |= unlike[distance:]
        found: NDArray[np.bool_] = unsteady.copy()
        assert self.work.build is not None
        for when, left_out in (("unseen", self.work.unseen), ("unheard", self.work.unheard)):
            if left_out:
                for start, end in self.work.build.unread(size, when):
                    found[start:end] = True
        return found


def _key(spec: CoreSpec, work: SkippedWork, begins_in: State | None, goes_back: bool) -> str:
    assert work.build is not None
    said = replace(spec, path="", content=None)
    try:
        arguments = pickle.dumps(said, protocol=4)
    except Exception:  # whatever somebody's own object raises when it is pickled
        arguments = repr(said).encode()
    parts = (
        str(PROOF_VERSION),
        work.build.digest,
        work.build.sha256,
        repr((work.unseen, work.unheard, work.faster, goes_back)),
        _content_digest(spec.content),
        "" if begins_in is None else hashlib.sha256(bytes(begins_in)).hexdigest(),
    )
    return hashlib.sha256("\n".join(parts).encode() + arguments).hexdigest()


def _content_digest(content: Any) -> str:
    """Return a hash of a game, wherever it is."""
    if content is None:
        return ""
    if isinstance(content, (bytes, bytearray, memoryview)):
        return hashlib.sha256(content).hexdigest()
    if isinstance(content, (str, os.PathLike)):
        path, _, member = os.fspath(content).partition("#")
        digest = hashlib.sha256()
        try:
            with open(path if member else content, "rb") as file:
                while chunk := file.read(1 << 20):
                    digest.update(chunk)
        except OSError:
            return str(content)
        return digest.hexdigest() + member
    if isinstance(content, (list, tuple)):
        return "+".join(map(_content_digest, content))
    return repr(content)
