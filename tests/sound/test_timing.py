"""Time and sound: what a core is told of them, and what it says."""

from __future__ import annotations

import logging
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from observe import OpenCore, content_of, words

from pylibretro import (
    Core,
    CoreBatch,
    CoreSpec,
    Display,
    FastForwardingOverride,
    Host,
    LibretroError,
    PerformanceCounter,
    ThrottleMode,
    ThrottleState,
)

EPOCH = 946_684_800 * 1_000_000


def test_defaults_are_the_same_everywhere(open_core: OpenCore) -> None:
    core = open_core("timing")
    core.run(3)
    assert words(core)[1:9] == [60_000, 0, 0, ThrottleMode.UNBLOCKED, 0, 0, 0, 0]
    assert core.refresh_rate == 60.0
    assert core.throttle == ThrottleState(ThrottleMode.UNBLOCKED, 0.0)
    assert core.fast_forwarding is False
    assert core.fast_forwarding_override is None


@pytest.mark.environment(
    "GET_TARGET_REFRESH_RATE", "60 Hz on every machine, or `Display(refresh_rate=...)`"
)
def test_the_refresh_rate_is_the_users_choice(open_core: OpenCore) -> None:
    core = open_core("timing", display=Display(refresh_rate=59.5))
    core.run()
    assert words(core)[1] == 59_500
    core.refresh_rate = 144
    core.run()
    assert words(core)[1] == 144_000
    for wrong in (0, -1, float("nan"), float("inf")):
        with pytest.raises(ValueError, match="refresh_rate"):
            core.refresh_rate = wrong
    assert core.refresh_rate == 144.0


@pytest.mark.environment(
    "GET_TARGET_SAMPLE_RATE", "refused, unless `Display(sample_rate=...)` says one"
)
def test_a_sample_rate_may_be_asked_for(open_core: OpenCore) -> None:
    core = open_core("timing", display=Display(sample_rate=48_000))
    core.run()
    assert words(core)[2:4] == [1, 48_000]
    assert words(core)[16] == 48_000, "already while it loads"
    for wrong in (0, -1, 1 << 30):
        with pytest.raises(ValueError, match="sample_rate"):
            open_core("timing", display=Display(sample_rate=wrong))


@pytest.mark.environment("GET_THROTTLE_STATE", "unblocked, or what `core.throttle` says")
def test_the_throttle_is_what_the_user_says(open_core: OpenCore) -> None:
    core = open_core("timing")
    core.throttle = ThrottleState(ThrottleMode.SLOW_MOTION, 30.0)
    core.run()
    assert words(core)[4:6] == [ThrottleMode.SLOW_MOTION, 30_000]
    core.throttle = ThrottleMode.FRAME_STEPPING
    core.run()
    assert words(core)[4:6] == [ThrottleMode.FRAME_STEPPING, 0]
    with pytest.raises(ValueError, match="99"):
        core.throttle = 99  # type: ignore[assignment]
    assert core.throttle == ThrottleState(ThrottleMode.FRAME_STEPPING, 0.0)


@pytest.mark.environment("GET_FASTFORWARDING", "false, or what `core.fast_forwarding` says")
def test_the_core_may_be_told_that_it_runs_fast(open_core: OpenCore) -> None:
    core = open_core("timing")
    core.fast_forwarding = True
    core.run()
    assert words(core)[6] == 1


@pytest.mark.environment("SET_FASTFORWARDING_OVERRIDE", "kept: `core.fast_forwarding_override`")
def test_what_the_core_says_of_running_fast_is_kept(open_core: OpenCore) -> None:
    core = open_core("timing")
    core.reset()
    assert words(core)[7] == 1
    assert core.fast_forwarding_override == FastForwardingOverride(2.5, True, False, True)
    assert core.fast_forwarding is False, "that is for the user to decide"


@pytest.mark.environment("SET_PERFORMANCE_LEVEL", "kept: `core.performance_level`")
@pytest.mark.environment("SET_MINIMUM_AUDIO_LATENCY", "kept: `core.minimum_audio_latency`")
def test_what_the_core_demands_is_kept(open_core: OpenCore) -> None:
    core = open_core("timing")
    assert core.performance_level == 7
    assert core.minimum_audio_latency == 96
    plain = open_core("plain")
    assert plain.performance_level == plain.minimum_audio_latency == 0


@pytest.mark.environment(
    "SET_AUDIO_BUFFER_STATUS_CALLBACK",
    "called before each frame: half full, or as `core.audio_buffer_occupancy` says",
)
def test_the_buffer_is_as_full_as_the_user_says(open_core: OpenCore) -> None:
    core = open_core("timing")
    for occupancy, told in ((50, [50, 0, 1]), (24, [24, 1, 1]), (25, [25, 0, 1]), (0, [0, 1, 1])):
        core.audio_buffer_occupancy = occupancy
        core.run()
        assert words(core)[12:15] == told
    core.audio_buffer_occupancy = None
    core.run()
    assert words(core)[12:15] == [0, 0, 0]
    assert core.audio_buffer_occupancy is None
    with pytest.raises(ValueError, match="percentage"):
        core.audio_buffer_occupancy = 101


# ---- the performance interface -------------------------------------------------------------------


@pytest.mark.environment(
    "GET_PERF_INTERFACE", "the instance's own clock, or the machine's with `Host(real_time=True)`"
)
def test_the_clock_of_the_performance_interface_is_the_instances(open_core: OpenCore) -> None:
    one, other = open_core("timing"), open_core("timing")
    seen = []
    for core in (one, other):
        for _ in range(5):
            core.run()
            seen.append(words(core)[10:12])
    assert seen[:5] == seen[5:]
    times = [time for time, _ in seen[:5]]
    assert times[0] - EPOCH % (1 << 32) in range(1, 10)
    for before, after in pairwise(times):
        assert 0 <= after - before - 16_667 <= 10, "a frame, and a microsecond for each question"


def test_the_clock_goes_on_from_a_state(open_core: OpenCore) -> None:
    core, other = open_core("timing"), open_core("timing")
    core.run(10)
    state = core.snapshot()
    core.run(5)
    later = words(core)[10:12]
    other.restore(state)
    other.run(5)
    assert words(other)[10:12] == later


def test_counters_can_be_read(open_core: OpenCore) -> None:
    core = open_core("timing")
    assert core.performance_counters == [
        PerformanceCounter("work", 0, 0),
        PerformanceCounter("rest", 0, 0),
    ]
    core.run(4)
    work, rest = core.performance_counters
    assert work.calls == 4
    assert work.total == 4 * 3 * 1000, "two questions between start and stop, and stop's own"
    assert rest == PerformanceCounter("rest", 0, 0)


def test_counters_are_logged_when_the_core_says_so(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "pylibretro")
    core = open_core("timing")
    core.run(2)
    core.reset()
    lines = [line.text for line in core.log]
    assert "performance: work: 2 calls, 6000 ticks" in lines
    assert "performance: rest: 0 calls, 0 ticks" in lines


def test_real_time_is_the_machines(open_core: OpenCore) -> None:
    core, other = (
        open_core("timing", host=Host(real_time=True)),
        open_core("timing", host=Host(real_time=True)),
    )
    seen = []
    for some in (core, other, core, other):
        some.run()
        seen.append(words(some)[11])
    assert len(set(seen)) == 4, "one clock for all"
    assert core.performance_counters[0].calls == 2


# ---- sound ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("samples", [1, 10, 735, 1024, 5000])
@pytest.mark.environment(
    "SET_AUDIO_CALLBACK", "switched on after loading, called until a frame's sound has come"
)
def test_the_callback_is_called_for_as_much_sound_as_is_due(
    open_core: OpenCore, samples: int
) -> None:
    core = open_core("timing", content_of(samples))
    total = 0
    for frame in range(1, 61):
        core.run()
        total += len(core.audio)
        assert 735 * frame - samples <= total <= 735 * frame + samples
    assert total == samples * words(core)[15]


def test_a_callback_that_sends_nothing_is_called_once_a_frame(open_core: OpenCore) -> None:
    core = open_core("timing", content_of(0))
    core.run(10)
    assert words(core)[15] == 10
    assert len(core.audio) == 0


def test_sound_that_is_due_is_part_of_a_state(open_core: OpenCore) -> None:
    core, other = (open_core("timing", content_of(1024)) for _ in range(2))
    core.run(7)
    other.restore(core.snapshot())
    core.run(20)
    other.run(20)
    assert len(core.audio) == len(other.audio)


def float_content(values: Any) -> bytes:
    return content_of(0) + np.asarray(values, np.float32).tobytes()


@pytest.mark.environment(
    "GET_AUDIO_SAMPLE_BATCH_FLOAT", "refused, unless `Display(float_audio=True)`"
)
def test_floating_point_sound(open_core: OpenCore) -> None:
    step = 1 / 32768
    sent = [0.0, 1.0, -1.0, 2.0, -2.0, 0.5, -0.5, step / 2, -step / 2, step * 0.49, -step * 0.49]
    sent += [step * 1.5, -step * 1.5, step * 32766.5, float("nan"), float("inf"), -float("inf"), 0]
    integers = [0, 32767, -32768, 32767, -32768, 16384, -16384, 1, -1, 0, 0]
    integers += [2, -2, 32767, 0, 32767, -32768, 0]
    core = open_core("timing", float_content(sent), display=Display(float_audio=True))
    core.run()
    assert words(core)[8:10] == [1, 1]
    expected = np.array([*sent, -1.0, 0.5], np.float32).reshape(-1, 2)
    assert core.audio_float.dtype == np.float32
    np.testing.assert_array_equal(core.audio_float, expected)
    np.testing.assert_array_equal(core.audio, np.array([*integers, -32768, 16384]).reshape(-1, 2))
    core.run(3)
    np.testing.assert_array_equal(core.audio_float, np.concatenate([expected] * 3))


def test_much_floating_point_sound(open_core: OpenCore) -> None:
    sent = np.sin(np.arange(60_000)).astype(np.float32)
    core = open_core("timing", float_content(sent), display=Display(float_audio=True))
    core.run(20)
    one = np.concatenate([sent.reshape(-1, 2), np.array([[-1, 0.5]], np.float32)])
    np.testing.assert_array_equal(core.audio_float, np.concatenate([one] * 20))
    captured = core.capture(2, audio=True)
    assert len(captured.audio) == len(core.audio_float)  # type: ignore[arg-type]


def test_without_float_audio_sound_is_whole_numbers(open_core: OpenCore) -> None:
    core = open_core("timing", float_content([0.5, 0.5]))
    core.run()
    assert words(core)[8] == 0
    assert len(core.audio) == 0
    with pytest.raises(LibretroError, match="float_audio=True"):
        _ = core.audio_float


def test_a_batch_takes_them_too(build_core: Any) -> None:
    path = build_core("timing")
    with CoreBatch(
        [CoreSpec(path, display=Display(sample_rate=22_050, refresh_rate=50.0))]
    ) as batch:
        batch.run(1)
        assert words(batch[0])[1:4] == [50_000, 1, 22_050]
    with Core(path) as core:
        core.run()
        assert words(core)[2] == 0
