"""Microphones: every sample that the core hears, in order, from arrays and callables."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from observe import BuildCore, OpenCore, content_of, words

from pylibretro import ClosedError, Core, CoreBatch, CoreBusyError, LibretroError, Peripherals

HEARD, KEPT = 1024, 8192
OFFERED, VERSION, RATE, STATE_AT_FIRST, STATE, READ_OFF, TOO_MANY, NONSENSE = range(16, 24)
AHEAD = 2400
Samples = npt.NDArray[np.int16]


def content(
    count: int = 1, rate: int = 0, samples: int = 100, *, at_load: bool = False, times: int = 1
) -> bytes:
    return content_of(count, rate, samples, at_load, times)


def heard(core: Core, number: int = 0) -> Samples:
    """All samples that tests/cores/microphones.c has heard by one of its microphones."""
    seen = words(core)
    assert seen[number] <= KEPT
    start = HEARD + KEPT * number
    return np.array(seen[start : start + seen[number]], np.uint16).view(np.int16)


def noise(length: int, seed: int = 0) -> Samples:
    return np.random.default_rng(seed).integers(-32768, 32768, length).astype(np.int16)


def padded(samples: Samples, length: int) -> Samples:
    return np.concatenate([samples, np.zeros(length, np.int16)])[:length]


class Tape:
    """A source of samples that notes how it was asked."""

    def __init__(self, samples: Samples) -> None:
        self.samples = samples
        self.asked: list[tuple[int, int]] = []

    def __call__(self, start: int, count: int) -> Samples:
        self.asked.append((start, count))
        return self.samples[start : start + count]


@pytest.mark.environment("GET_MICROPHONE_INTERFACE", "four, silent unless given a source")
def test_silence_unless_told(open_core: OpenCore) -> None:
    core = open_core("microphones", content(4))
    core.run(3)
    seen = words(core)
    assert seen[OFFERED] == 1
    assert seen[VERSION] == 1
    assert seen[8:12] == [100] * 4
    for number in range(4):
        assert heard(core, number).tolist() == [0] * 300


def test_what_the_core_is_told(open_core: OpenCore) -> None:
    core = open_core("microphones", content(4, rate=16000))
    core.run()
    seen = words(core)
    assert (seen[STATE_AT_FIRST], seen[STATE]) == (0, 1)
    assert seen[RATE] == 16000
    assert seen[READ_OFF] == 0xFFFFFFFF, "-1 while it is off"
    assert seen[TOO_MANY] == 0
    assert seen[NONSENSE] == 0


def test_a_core_need_not_say_a_rate(open_core: OpenCore) -> None:
    core = open_core("microphones", content())
    core.run()
    assert words(core)[RATE] == 48000
    assert core.microphones[0].rate == 48000


def test_what_python_is_told(open_core: OpenCore) -> None:
    core = open_core("microphones", content(2, rate=8000, samples=50))
    assert [(m.open, m.active, m.rate, m.position) for m in core.microphones] == [
        (False, False, None, 0)
    ] * 4
    core.run(2)
    assert [(m.open, m.active, m.rate, m.position) for m in core.microphones] == [
        (True, True, 8000, 100),
        (True, True, 8000, 100),
        (False, False, None, 0),
        (False, False, None, 0),
    ]


@pytest.mark.environment("GET_MICROPHONE_INTERFACE", "refused with `Peripherals(microphones=None)`")
@pytest.mark.parametrize("refusal", [None, False])
def test_microphones_can_be_refused(open_core: OpenCore, refusal: Any) -> None:
    core = open_core("microphones", content(), peripherals=Peripherals(microphones=refusal))
    core.run()
    assert words(core)[OFFERED] == 0
    with pytest.raises(LibretroError, match="microphones=True"):
        core.microphones[0].source = noise(10)


@pytest.mark.environment("GET_MICROPHONE_INTERFACE", "arrays and callables: `core.microphones`")
@pytest.mark.parametrize("kind", ["array", "callable"])
@pytest.mark.parametrize("frames_at_once", [1, 7])
@pytest.mark.parametrize("at_load", [False, True], ids=["in a frame", "while loading"])
def test_every_sample_is_heard_once_and_in_order(
    open_core: OpenCore, kind: str, frames_at_once: int, at_load: bool
) -> None:
    samples = noise(2000)
    source = samples if kind == "array" else Tape(samples)
    core = open_core(
        "microphones",
        content(samples=333, at_load=at_load),
        peripherals=Peripherals(microphones=source),
    )
    for _ in range(7 // frames_at_once):
        core.run(frames_at_once)
    np.testing.assert_array_equal(heard(core), padded(samples, 333 * (7 + at_load)))
    if isinstance(source, Tape):
        ends = [start + count for start, count in source.asked]
        assert [start for start, _ in source.asked] == [0, *ends[:-1]], "each sample once"


def test_a_callable_is_asked_ahead_between_frames(open_core: OpenCore) -> None:
    tape = Tape(noise(20000))
    core = open_core("microphones", content(samples=100), peripherals=Peripherals(microphones=tape))
    assert tape.asked == [(0, AHEAD)]
    core.run(3)
    assert tape.asked == [(0, AHEAD), (AHEAD, 100), (AHEAD + 100, 100)]
    core.run(1)
    assert tape.asked[3:] == [(AHEAD + 200, 100)]


def test_several_microphones_hear_different_things(open_core: OpenCore) -> None:
    core = open_core("microphones", content(3, samples=10))
    first, third = noise(100, 1), Tape(noise(100, 3))
    core.microphones[0].source = first
    core.microphones[2].source = third
    core.run(5)
    np.testing.assert_array_equal(heard(core, 0), first[:50])
    assert not heard(core, 1).any()
    np.testing.assert_array_equal(heard(core, 2), third.samples[:50])


def test_a_source_given_at_the_start_is_for_the_first_microphone(open_core: OpenCore) -> None:
    samples = noise(100)
    core = open_core(
        "microphones", content(2, samples=10), peripherals=Peripherals(microphones=samples)
    )
    core.run(2)
    np.testing.assert_array_equal(heard(core, 0), samples[:20])
    assert not heard(core, 1).any()


def test_a_source_can_change_between_frames(open_core: OpenCore) -> None:
    core = open_core("microphones", content(samples=10))
    core.run(2)
    samples = noise(100)
    core.microphones[0].source = samples
    samples[:] = 0
    core.run(2)
    core.microphones[0].source = None
    core.run(2)
    expected = np.zeros(60, np.int16)
    expected[20:40] = noise(100)[20:40]
    np.testing.assert_array_equal(heard(core), expected)


def test_an_array_is_copied_and_given_back(open_core: OpenCore) -> None:
    core = open_core("microphones", content())
    samples = noise(10)
    core.microphones[0].source = samples
    assert core.microphones[0].source is not samples
    np.testing.assert_array_equal(core.microphones[0].source, samples)
    core.microphones[0].source = None
    assert core.microphones[0].source is None


@pytest.mark.parametrize("rate", [8000, 48000, 192000])
def test_reading_until_there_is_nothing_left_comes_to_an_end(
    open_core: OpenCore, rate: int
) -> None:
    core = open_core(
        "microphones",
        content(rate=rate, samples=0),
        peripherals=Peripherals(microphones=Tape(noise(99999))),
    )
    core.run()
    limit = max(2048, rate // 20)
    assert core.microphones[0].position == limit
    core.run()
    assert core.microphones[0].position == 2 * limit


def test_a_callable_may_return_less(open_core: OpenCore) -> None:
    core = open_core(
        "microphones",
        content(samples=5),
        peripherals=Peripherals(microphones=Tape(np.array([7, 8], np.int16))),
    )
    core.run(2)
    assert heard(core).tolist() == [7, 8, 0, 0, 0, 0, 0, 0, 0, 0]


def test_a_source_that_returns_nothing_is_silence(open_core: OpenCore) -> None:
    core = open_core(
        "microphones", content(samples=5), peripherals=Peripherals(microphones=lambda *_: None)
    )
    core.run(2)
    assert heard(core).tolist() == [0] * 10


@pytest.mark.parametrize("kind", ["array", "callable"])
def test_a_state_knows_how_much_was_heard(open_core: OpenCore, kind: str) -> None:
    samples = noise(5000)
    content_bytes = content(2, samples=150)
    first = open_core("microphones", content_bytes)
    second = open_core("microphones", content_bytes)
    for core in (first, second):
        for microphone in core.microphones[:2]:
            microphone.source = samples if kind == "array" else Tape(samples)
    first.run(5)
    state = first.snapshot()
    first.run(9)
    expected = [heard(first, number) for number in range(2)]
    second.run(1)
    for core in (first, second):
        core.restore(state)
        assert [m.position for m in core.microphones] == [750, 750, 0, 0]
        core.run(9)
        for number in range(2):
            np.testing.assert_array_equal(heard(core, number), expected[number])


def test_batches_hear_the_same(build_core: BuildCore) -> None:
    samples = noise(3000)
    content_bytes = content(samples=40)
    with CoreBatch(build_core("microphones"), content_bytes, count=3, threads=2) as batch:
        batch[0].microphones[0].source = samples
        batch[1].microphones[0].source = Tape(samples)
        batch.run(20)
        batch.send(frames=5)
        batch.recv()
        np.testing.assert_array_equal(heard(batch[0]), samples[:1000])
        np.testing.assert_array_equal(heard(batch[1]), samples[:1000])
        assert not heard(batch[2]).any()


def test_branches_hear_the_same(build_core: BuildCore) -> None:
    samples = noise(3000)
    with CoreBatch(
        build_core("microphones"),
        content(samples=40),
        count=2,
        watches={"last": ((HEARD + 799) * 4, "<u4"), "heard": (0, "<u4")},
        peripherals=Peripherals(microphones=Tape(samples)),
    ) as batch:
        batch.run(10)
        start = batch.save_states([0])[0]
        branches = batch.branch(start, np.zeros((5, 10), np.uint16), frames=1)
        assert branches.watches[:, -1].tolist() == [[int(samples.view(np.uint16)[799]), 800]] * 5


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ([0.5, 1.0], TypeError),
        (np.zeros(5, np.uint8), TypeError),
        (np.zeros((5, 2), np.int16), ValueError),
        (np.int16(5), ValueError),
        ("noise", TypeError),
    ],
)
def test_wrong_sources_are_refused(
    open_core: OpenCore, source: Any, error: type[Exception]
) -> None:
    core = open_core("microphones", content())
    with pytest.raises(error):
        core.microphones[0].source = source
    assert core.microphones[0].source is None
    with pytest.raises(error):
        open_core("microphones", content(), peripherals=Peripherals(microphones=source))


class Broken:
    """A source that fails from some sample on."""

    def __init__(self, from_sample: int, answer: Any = None) -> None:
        self.from_sample = from_sample
        self.answer = answer

    def __call__(self, start: int, count: int) -> Any:
        if start < self.from_sample:
            return np.ones(count, np.int16)
        if self.answer is None:
            raise ZeroDivisionError("the tape is torn")
        return self.answer


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (None, ZeroDivisionError),
        (np.zeros(AHEAD * 2, np.int16), ValueError),
        (np.zeros(3), TypeError),
        (5, TypeError),
    ],
)
def test_an_exception_of_a_source_is_raised_from_run(
    open_core: OpenCore, answer: Any, error: type[Exception]
) -> None:
    core = open_core("microphones", content(samples=100))
    core.microphones[0].source = Broken(AHEAD + 250, answer)
    with pytest.raises(error):
        core.run(10)
    assert core.frame_count == 4
    with pytest.raises(error):
        core.run(10)
    assert core.frame_count == 4
    core.microphones[0].source = None
    core.run(10)
    assert core.frame_count == 14


def test_an_exception_of_a_source_in_a_batch_says_whose_it_is(build_core: BuildCore) -> None:
    with CoreBatch(build_core("microphones"), content(samples=100), count=3) as batch:
        batch[1].microphones[0].source = Broken(AHEAD + 250)
        with pytest.raises(ZeroDivisionError) as caught:
            batch.run(10)
        assert caught.value.index == 1  # type: ignore[attr-defined]
        assert [core.frame_count for core in batch] == [10, 4, 10]


def test_a_source_may_not_use_its_core(open_core: OpenCore) -> None:
    core = open_core("microphones", content(samples=100))

    def source(*_: int) -> Samples:
        core.run()
        return np.zeros(0, np.int16)

    with pytest.raises(CoreBusyError):
        core.microphones[0].source = source


def test_a_source_cannot_change_while_a_step_is_in_flight(build_core: BuildCore) -> None:
    with CoreBatch(build_core("microphones"), content(), count=1) as batch:
        batch.send(frames=2)
        with pytest.raises(CoreBusyError):
            batch[0].microphones[0].source = noise(5)
        batch.recv()


def test_sources_go_with_the_core(open_core: OpenCore) -> None:
    core = open_core("microphones", content(), peripherals=Peripherals(microphones=noise(100000)))
    core.run()
    microphones = core.microphones
    core.close()
    with pytest.raises(ClosedError):
        _ = microphones[0].source


def test_cores_with_callables_in_several_threads(build_core: BuildCore) -> None:
    path = build_core("microphones")
    wrong: list[int] = []

    def play(seed: int) -> None:
        tape = Tape(noise(4000, seed))
        with Core(path, content(samples=40), peripherals=Peripherals(microphones=tape)) as core:
            core.run(50)
            if not np.array_equal(heard(core), tape.samples[:2000]):
                wrong.append(seed)

    threads = [threading.Thread(target=play, args=(seed,)) for seed in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
