"""Sound: every sample, in order, however it is sent."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observe import OpenCore, content_of, present, words

from pylibretro import Core

SINGLE, BATCH, INSISTING_BATCH, EMPTY_BATCH = range(4)


# Of (frame, operation, count).
Rows = list[tuple[int, int, int]]


def as_content(rows: Rows) -> bytes:
    """Rows of (frame, operation, count) as tests/cores/audio.c reads them."""
    return content_of(*(word for row in [*rows, (2**32 - 1, BATCH, 0)] for word in row))


def samples(first: int, count: int) -> np.ndarray:
    left = (7 * np.arange(first, first + count)).astype(np.uint16).view(np.int16)
    return np.stack([left, ~left], axis=1)


def sent(rows: Rows, frames: range) -> int:
    return sum(count for frame, operation, count in rows if frame in frames and operation < 3)


def check(core: Core, rows: Rows, steps: list[int]) -> None:
    first = frame = 0
    for step in steps:
        core.run(step)
        count = sent(rows, range(frame, frame + step))
        assert core.audio.dtype == np.int16
        assert core.audio.shape == (count, 2)
        np.testing.assert_array_equal(core.audio, samples(first, count))
        first, frame = first + count, frame + step
    assert words(core)[:2] == [first, 0], "the core counts what it sent and what was not taken"


@pytest.mark.parametrize("operation", [SINGLE, BATCH, INSISTING_BATCH])
@pytest.mark.parametrize("count", [0, 1, 2, 735, 2048, 65536])
def test_all_samples_arrive(open_core: OpenCore, operation: int, count: int) -> None:
    rows = [(n, operation, count) for n in range(3)]
    check(open_core("audio", as_content(rows)), rows, [1, 2])


def test_single_samples_and_batches_keep_their_order(open_core: OpenCore) -> None:
    rows = [(0, SINGLE, 3), (0, BATCH, 500), (0, SINGLE, 1), (0, EMPTY_BATCH, 0)]
    rows += [(0, BATCH, 0), (0, INSISTING_BATCH, 64), (0, SINGLE, 2)]
    check(open_core("audio", as_content(rows)), rows, [1])


def test_frames_without_sound(open_core: OpenCore) -> None:
    rows = [(n, BATCH, 1024) for n in range(0, 20, 2)]
    check(open_core("audio", as_content(rows)), rows, [1] * 20)


def test_nothing_is_dropped_in_a_long_run(open_core: OpenCore) -> None:
    rows = [(n, BATCH, 60000) for n in range(40)]
    check(open_core("audio", as_content(rows)), rows, [40])


def test_a_core_may_have_no_sound(open_core: OpenCore) -> None:
    core = open_core("plain", flags=("-DCORE_SAMPLE_RATE=0.0",))
    core.run(3)
    assert core.av_info.sample_rate == 0
    assert core.audio.shape == (0, 2)


def test_samples_are_yours(open_core: OpenCore) -> None:
    core = open_core("audio", as_content([(n, BATCH, 100) for n in range(9)]))
    core.run()
    first = core.audio
    kept = first.copy()
    core.run(5)
    np.testing.assert_array_equal(first, kept)
    first[:] = 0
    np.testing.assert_array_equal(core.audio, samples(100, 500))


def test_capture_tells_where_the_samples_of_each_picture_begin(open_core: OpenCore) -> None:
    counts = [100, 0, 7, 2000, 1, 50, 3]
    rows = [(n, BATCH, count) for n, count in enumerate(counts)]
    captured = open_core("audio", as_content(rows)).capture(7, every=2, audio=True)
    np.testing.assert_array_equal(captured.audio, samples(0, sum(counts)))
    assert present(captured.audio_offsets).tolist() == [0, 100, 2107, 2158]


def test_capture_leaves_the_samples_in_audio(open_core: OpenCore) -> None:
    core = open_core("audio", as_content([(n, BATCH, 10) for n in range(4)]))
    assert core.capture(4).audio is None
    np.testing.assert_array_equal(core.audio, samples(0, 40))


rows_of_sound = st.lists(
    st.tuples(st.integers(0, 9), st.sampled_from([SINGLE, BATCH, INSISTING_BATCH, EMPTY_BATCH]),
              st.integers(0, 3000)),
    max_size=30,
).map(lambda rows: sorted(rows, key=lambda row: row[0]))  # fmt: skip


@given(rows_of_sound, st.lists(st.integers(1, 4), min_size=1, max_size=5))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_way_of_sending(open_core: OpenCore, rows: Rows, steps: list[int]) -> None:
    core = open_core("audio", as_content(rows))
    check(core, rows, steps)
    core.close()
