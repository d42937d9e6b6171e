"""Windows over a core's sound: include/audio_window.h and what Python says about them."""

from __future__ import annotations

import ctypes
import dataclasses
import pickle
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import cycle
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from compiler import NoCompilerError, build, build_library
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from real import PLAYS, Play

from pylibretro.sound.audio_window import LENGTH_LIMIT, RATE_LIMIT, AudioWindow

PROBE = Path(__file__).with_name("audio_window_probe.c")
UNITS = ["platform/simd.c"]
LEVELS = ("scalar", "ssse3", "avx2", "neon", "avx512vbmi")
LEVELS_HERE = {
    "x86_64": ("scalar", "ssse3", "avx2", "avx512vbmi"),
    "AMD64": ("scalar", "ssse3", "avx2", "avx512vbmi"),
    "aarch64": ("scalar", "neon"),
    "arm64": ("scalar", "neon"),
}.get(platform.machine(), ("scalar",))

LOBES, CUTOFF, BETA = 20, 0.9, 6.25
RATES = [
    (44100, 16000),
    (32040.5, 16000),
    (31440, 22050),
    (65536, 8000),
    (44100, 48000),
    (48000, 44100),
    (22050.25, 96000.125),
]

# What lies in memory before it is written: something else every time.
GARBAGE = cycle(range(1, 256, 2))

Frames = npt.NDArray[np.int16]
Samples = npt.NDArray[Any]


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "audio_window_probe", build_cache, "-O3", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    size, pointer, double = ctypes.c_size_t, ctypes.c_void_p, ctypes.c_double
    for name, result, arguments in [
        ("create", pointer, [size, double, ctypes.c_uint, ctypes.c_int, double]),
        ("destroy", None, [pointer]),
        ("set_source_rate", ctypes.c_int, [pointer, double]),
        ("clear", None, [pointer]),
        ("feed", None, [pointer, pointer, size]),
        ("write", None, [pointer, pointer]),
        ("bytes", size, [pointer]),
        ("state_bytes", size, [pointer]),
        ("save", None, [pointer, pointer]),
        ("load", ctypes.c_int, [pointer, pointer, size]),
        ("filter", None, [pointer, pointer]),
        ("rows", pointer, [pointer]),
        ("skip", None, [pointer, ctypes.c_uint64, pointer]),
    ]:
        function = getattr(library, f"probe_{name}")
        function.restype, function.argtypes = result, arguments
    library.probe_force(LEVELS.index(LEVELS_HERE[-1]))
    return library


@pytest.fixture(params=LEVELS_HERE)
def level(request: pytest.FixtureRequest, probe: ctypes.CDLL) -> Iterator[str]:
    """Every level this processor has, one after the other."""
    if not probe.probe_force(LEVELS.index(request.param)):
        pytest.skip(f"this processor has no {request.param} kernels")
    yield request.param
    probe.probe_force(LEVELS.index(LEVELS_HERE[-1]))


class Window:
    """One window of the probe."""

    def __init__(self, probe: ctypes.CDLL, wish: AudioWindow, source_rate: float) -> None:
        self.probe, self.wish = probe, wish
        self.address = probe.probe_create(
            wish.length, wish.rate or 0, wish.channels, wish.dtype == "float32", source_rate
        )
        assert self.address

    def __del__(self) -> None:
        self.probe.probe_destroy(getattr(self, "address", None))

    def feed(self, frames: Frames) -> None:
        frames = np.ascontiguousarray(frames, np.int16)
        self.probe.probe_feed(self.address, frames.ctypes.data, len(frames))

    def read(self) -> Samples:
        out: Samples = np.empty(self.wish.shape, self.wish.dtype)
        assert out.nbytes == self.wish.nbytes == self.probe.probe_bytes(self.address)
        self.probe.probe_write(self.address, out.ctypes.data)
        return out

    def set_source_rate(self, rate: float) -> None:
        assert self.probe.probe_set_source_rate(self.address, rate)

    def clear(self) -> None:
        self.probe.probe_clear(self.address)

    def save(self) -> bytes:
        state = ctypes.create_string_buffer(self.probe.probe_state_bytes(self.address))
        ctypes.memset(state, next(GARBAGE), len(state))
        self.probe.probe_save(self.address, state)
        return state.raw

    def load(self, state: bytes) -> bool:
        return bool(self.probe.probe_load(self.address, state, len(state)))

    def skip(self, count: int) -> Fraction:
        numbers = (ctypes.c_uint64 * 3)()
        self.probe.probe_skip(self.address, count, numbers)
        return numbers[0] + Fraction(numbers[1], numbers[2])

    @property
    def filter(self) -> tuple[int, int, int, int]:
        """Taps, samples ahead, rows between two samples, sum of each row."""
        numbers = (ctypes.c_uint64 * 5)()
        self.probe.probe_filter(self.address, numbers)
        taps, ahead, phase_bits, gain_bits, _ = numbers
        return taps, ahead, 1 << phase_bits, 1 << gain_bits

    @property
    def rows(self) -> Samples:
        taps, _, phases, _ = self.filter
        address = self.probe.probe_rows(self.address)
        count = (phases + 1) * taps
        rows: Samples = np.array((ctypes.c_int16 * count).from_address(address))
        return rows.reshape(phases + 1, taps)


OpenWindow = Callable[..., Window]


@pytest.fixture(scope="module")
def open_window(probe: ctypes.CDLL) -> OpenWindow:
    def open_one(length: int, source_rate: float, **wishes: Any) -> Window:
        return Window(probe, AudioWindow(length, **wishes), source_rate)

    return open_one


# ------------------------------------------------------------------------- the definition


def exact(rate: float) -> Fraction:
    return Fraction(round(rate * 2**32), 2**32)


def drawn_rows(source_rate: float, rate: float, taps: int, phases: int, gain: int) -> Samples:
    """The kernel as arithmetic: a sinc under Kaiser's window, each row's sum brought to `gain`."""
    half = taps // 2
    cutoff = CUTOFF * min(1, rate / source_rate)
    distance = np.arange(taps) - (half - 1) - np.arange(phases + 1)[:, None] / phases
    window = np.i0(BETA * np.sqrt(np.maximum(0, 1 - (distance / half) ** 2)))
    kernel = np.sinc(cutoff * distance) * window
    rows = kernel / kernel.sum(axis=1, keepdims=True) * gain
    rounded: Samples = (np.sign(rows) * np.floor(np.abs(rows) + 0.5)).astype(np.int64)
    largest = rounded.argmax(axis=1)
    rounded[np.arange(phases + 1), largest] += gain - rounded.sum(axis=1)
    return rounded


def mixed(frames: Frames, channels: int) -> npt.NDArray[np.float64]:
    sound = frames.astype(np.float64)
    return np.rint(sound.mean(axis=1, keepdims=True)) if channels == 1 else sound


def resampled(
    frames: Frames, source_rate: float, rate: float, channels: int, window: Window, first: int = 0
) -> npt.NDArray[np.float64]:
    """All samples that can be computed from `frames`, from number `first` on, not rounded."""
    taps, ahead, phases, gain = window.filter
    rows = drawn_rows(source_rate, rate, taps, phases, gain) / gain
    sound = mixed(frames, channels)
    sound = np.concatenate([np.zeros((taps, channels)), sound])
    step = exact(source_rate) / exact(rate)
    samples = []
    moment = first * step
    while (whole := int(moment)) + ahead < len(frames):
        row, weight = divmod(float(moment - whole) * phases, 1)
        kernel = (1 - weight) * rows[int(row)] + weight * rows[int(row) + 1]
        start = taps + whole - (ahead - 1)
        samples.append(kernel @ sound[start : start + taps])
        moment += step
    return np.array(samples).reshape(-1, channels)


def noise(count: int, seed: int = 1) -> Frames:
    return np.random.default_rng(seed).integers(-32768, 32768, (count, 2)).astype(np.int16)


def newest(samples: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.float64]:
    silence = np.zeros((length, samples.shape[1]))
    return np.concatenate([silence, samples])[-length:]


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("source_rate", "rate"), RATES)
@pytest.mark.usefixtures("level")
def test_equals_its_definition(
    open_window: OpenWindow, source_rate: float, rate: float, channels: int
) -> None:
    frames = noise(1500)
    window = open_window(3000, source_rate, rate=rate, channels=channels)
    expected = resampled(frames, source_rate, rate, channels, window)
    length = len(expected) + 5
    window = open_window(length, source_rate, rate=rate, channels=channels)
    window.feed(frames)
    difference = window.read() - np.clip(newest(expected, length), -32768, 32767)
    assert np.abs(difference).max() <= 1


@pytest.mark.parametrize(("source_rate", "rate"), [*RATES, (384000, 11025), (11025, 384000)])
def test_every_tap(open_window: OpenWindow, source_rate: float, rate: float) -> None:
    window = open_window(1, source_rate, rate=rate)
    taps, ahead, phases, gain = window.filter
    assert taps == 2 * ahead
    assert taps % 16 == 0
    assert LOBES <= ahead * min(1, rate / source_rate) < LOBES + 8
    np.testing.assert_array_equal(window.rows, drawn_rows(source_rate, rate, taps, phases, gain))
    assert (window.rows.sum(axis=1, dtype=np.int64) == gain).all()


@pytest.mark.parametrize("loudness", [32767, 4000])
@pytest.mark.parametrize(("source_rate", "rate"), [*RATES, (44100, 300), (44100, 20)])
@pytest.mark.usefixtures("level")
def test_the_loudest_sound_overflows_nothing(
    open_window: OpenWindow, source_rate: float, rate: float, loudness: int
) -> None:
    """Samples with the sign of their tap are the worst case for the sums."""
    window = open_window(1, source_rate, rate=rate)
    taps, ahead, phases, _ = window.filter
    number = int(taps * rate / source_rate) + 1
    moment = number * exact(source_rate) / exact(rate)
    start = int(moment) - (ahead - 1)
    row = window.rows[int(moment % 1 * phases)].astype(int)
    loudest = np.where(row < 0, -loudness - 1, loudness)
    frames = np.repeat(np.concatenate([np.zeros(start), loudest])[:, None], 2, axis=1)
    expected = resampled(frames.astype(np.int16), source_rate, rate, 1, window, number)
    assert expected.max() > 1.5 * loudness
    window = open_window(len(expected), source_rate, rate=rate)
    window.feed(frames.astype(np.int16))
    assert np.abs(window.read() - np.minimum(expected, 32767)).max() <= 1


# --------------------------------------------------------------------------------- quality


def tone(frequency: float, source_rate: float, count: int, loudness: float = 30000) -> Frames:
    wave = np.rint(loudness * np.sin(2 * np.pi * frequency * np.arange(count) / source_rate))
    return np.repeat(wave[:, None], 2, axis=1).astype(np.int16)


def heard(
    open_window: OpenWindow, frequency: float, source_rate: float, rate: float
) -> tuple[float, float]:
    """Loudness in dB of the tone itself, and of all else, relative to what was fed."""
    length = 2000
    window = open_window(length, source_rate, rate=rate)
    ahead = window.filter[1]
    window.feed(tone(frequency, source_rate, int(1.05 * length * source_rate / rate) + 4 * ahead))
    samples = window.read()[:, 0].astype(np.float64) / 30000
    angle = 2 * np.pi * frequency / rate * np.arange(length)
    waves = np.stack([np.sin(angle), np.cos(angle), np.ones(length)], axis=1)
    found = np.linalg.lstsq(waves, samples, rcond=None)[0]
    rest = samples - waves @ found
    return (
        20 * np.log10(np.hypot(found[0], found[1]) + 1e-9),
        20 * np.log10(np.sqrt(2 * np.mean(rest**2)) + 1e-9),
    )


@pytest.mark.parametrize(("source_rate", "rate"), RATES)
def test_what_is_to_be_heard_passes_unchanged(
    open_window: OpenWindow, source_rate: float, rate: float
) -> None:
    highest = 0.8 * min(source_rate, rate) / 2
    for frequency in np.linspace(0.01, 1, 30) * highest:
        loudness, rest = heard(open_window, frequency, source_rate, rate)
        assert abs(loudness) < 0.1, frequency
        assert rest < -60, f"images or noise beside {frequency}"


@pytest.mark.parametrize(
    ("source_rate", "rate"), [pair for pair in RATES if pair[0] > pair[1]] + [(44100, 1000.5)]
)
def test_nothing_above_the_nyquist_frequency_comes_back_as_an_alias(
    open_window: OpenWindow, source_rate: float, rate: float
) -> None:
    for frequency in np.linspace(rate / 2, 0.9999 * source_rate / 2, 60):
        length = 1000
        window = open_window(length, source_rate, rate=rate)
        count = int(1.05 * length * source_rate / rate) + 4 * window.filter[1]
        window.feed(tone(frequency, source_rate, count))
        loudness = np.sqrt(2 * np.mean((window.read() / 30000.0) ** 2))
        assert 20 * np.log10(loudness + 1e-9) < -60, frequency


@pytest.mark.parametrize("value", [-32768, -1, 1, 257, 32767])
@pytest.mark.parametrize(("source_rate", "rate"), [*RATES, (44100, 7), (1.5, 16000)])
def test_a_constant_stays_constant(
    open_window: OpenWindow, source_rate: float, rate: float, value: int
) -> None:
    check_constant(open_window, source_rate, rate, value)


@pytest.mark.parametrize(
    ("source_rate", "rate"), [(384000, 1), (1, 384000), (RATE_LIMIT, 8000), (1, RATE_LIMIT)]
)
def test_extreme_rates(open_window: OpenWindow, source_rate: float, rate: float) -> None:
    check_constant(open_window, source_rate, rate, 257)


def check_constant(open_window: OpenWindow, source_rate: float, rate: float, value: int) -> None:
    window = open_window(3, source_rate, rate=rate)
    count = int(4 * source_rate / rate) + 2 * window.filter[0]
    window.feed(np.full((count, 2), value, np.int16))
    assert np.unique(window.read()).tolist() == [value]


# ------------------------------------------------------------------------------------ time


@pytest.mark.parametrize(
    ("source_rate", "rate"), [*RATES, (384000, 1), (1, 384000), (44100.1, 3.7)]
)
def test_no_drift(open_window: OpenWindow, source_rate: float, rate: float) -> None:
    window = open_window(1, source_rate, rate=rate)
    step = exact(source_rate) / exact(rate)
    for count in (1, 2, 3, 1000, 10**8 + 7, 10**11 + 1):
        assert window.skip(count) == count * step


@pytest.mark.parametrize(("source_rate", "rate"), [(44099.7, 16000.3), (32040.5, 48000)])
def test_no_drift_in_a_million_samples(
    open_window: OpenWindow, source_rate: float, rate: float
) -> None:
    frames = noise(1_000_000)
    whole = open_window(40, source_rate, rate=rate)
    whole.feed(frames)
    in_steps = open_window(40, source_rate, rate=rate)
    for first in range(0, len(frames), 735):
        in_steps.feed(frames[first : first + 735])
        in_steps.read()
    np.testing.assert_array_equal(whole.read(), in_steps.read())
    last = int((len(frames) - whole.filter[1]) * exact(rate) / exact(source_rate))
    expected = resampled(frames, source_rate, rate, 1, whole, first=last - 60)
    difference = whole.read() - np.clip(newest(expected, 40), -32768, 32767)
    assert np.abs(difference).max() <= 1


CUTS = st.lists(
    st.one_of(st.integers(0, 5), st.integers(0, 3000), st.sampled_from([4096, 40000])), max_size=12
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    cuts=CUTS,
    looks=st.integers(0, 2**12 - 1),
    rates=st.sampled_from([*RATES, (44100, None), (44100, 44100), (44100, 500), (500, 44100)]),
    length=st.sampled_from([1, 2, 100, 1000, 9000]),
    channels=st.sampled_from([1, 2]),
)
def test_cuts_do_not_matter(
    open_window: OpenWindow,
    cuts: list[int],
    looks: int,
    rates: tuple[float, float | None],
    length: int,
    channels: int,
) -> None:
    frames = noise(sum(cuts))
    whole = open_window(length, rates[0], rate=rates[1], channels=channels)
    whole.feed(frames)
    pieces = open_window(length, rates[0], rate=rates[1], channels=channels)
    first = 0
    for number, count in enumerate(cuts):
        pieces.feed(frames[first : first + count])
        first += count
        if looks >> number & 1:
            pieces.read()
    np.testing.assert_array_equal(pieces.read(), whole.read())
    assert pieces.save() == whole.save()


@pytest.mark.parametrize("rate", [None, 16000, 44100, 48000.5])
def test_a_step_without_sound_leaves_the_window(
    open_window: OpenWindow, rate: float | None
) -> None:
    window = open_window(500, 44100, rate=rate)
    assert not window.read().any()
    window.feed(noise(1000))
    before = window.read()
    assert before.any()
    window.feed(noise(0))
    np.testing.assert_array_equal(window.read(), before)


@pytest.mark.parametrize("rate", [None, 8000, 44100])
def test_clear_is_as_new(open_window: OpenWindow, rate: float | None) -> None:
    window = open_window(700, 44100, rate=rate, channels=2)
    window.feed(noise(5000, seed=2))
    window.read()
    window.clear()
    fresh = open_window(700, 44100, rate=rate, channels=2)
    assert not window.read().any()
    for each in (window, fresh):
        each.feed(noise(600))
    np.testing.assert_array_equal(window.read(), fresh.read())
    assert window.save() == fresh.save()


@pytest.mark.parametrize("rate", [None, 16000, 384000])
def test_a_burst_is_its_last_samples(open_window: OpenWindow, rate: float | None) -> None:
    burst, end = (open_window(1600, 44100, rate=rate) for _ in range(2))
    frames = noise(2**20)
    burst.feed(frames)
    # A whole number of seconds and of samples later, so the same moments between samples.
    end.feed(frames[44100 * 23 :])
    np.testing.assert_array_equal(burst.read(), end.read())


# ---------------------------------------------------------------------------- pass through


@pytest.mark.parametrize("rates", [(44100, None), (32040.5, None), (44100, 44100), (0, 16000)])
@pytest.mark.parametrize("channels", [1, 2])
def test_the_own_rate_passes_through(
    open_window: OpenWindow, rates: tuple[float, float | None], channels: int
) -> None:
    frames = noise(5000)
    window = open_window(1200, rates[0], rate=rates[1], channels=channels)
    for first in range(0, 5000, 735):
        window.feed(frames[first : first + 735])
        fed = frames[: first + 735]
        np.testing.assert_array_equal(window.read(), newest(mixed(fed, channels), 1200))


def test_every_rounding_of_the_mean(open_window: OpenWindow) -> None:
    edges = np.array([-32768, -32767, -32766, -3, -2, -1, 0, 1, 2, 3, 32765, 32766, 32767])
    left, right = (side.ravel() for side in np.meshgrid(edges, edges))
    frames = np.stack([left, right], axis=1).astype(np.int16)
    window = open_window(len(frames), 44100)
    window.feed(frames)
    np.testing.assert_array_equal(window.read()[:, 0], np.rint((left + right) / 2))


@pytest.mark.parametrize("rate", [None, 16000])
@pytest.mark.parametrize("channels", [1, 2])
def test_floats_are_the_integers_divided(
    open_window: OpenWindow, rate: float | None, channels: int
) -> None:
    frames = noise(3000)
    whole, floats = (
        open_window(900, 44100, rate=rate, channels=channels, dtype=dtype)
        for dtype in ("int16", "float32")
    )
    whole.feed(frames)
    floats.feed(frames)
    found = floats.read()
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, whole.read() / np.float32(32768))
    assert -1 <= found.min() < found.max() < 1


# ------------------------------------------------------------------------- another source rate


@pytest.mark.parametrize("rate", [8000, 16000, 44100, 48000])
@pytest.mark.parametrize(
    "source_rates", [(44100, 48000), (44100, 32000.5, 44100), (22050, 44100, 16000), (16000, 0)]
)
def test_a_change_of_the_source_rate_does_not_click(
    open_window: OpenWindow, rate: float, source_rates: tuple[float, ...]
) -> None:
    """A tone stays a tone: no step in it is steeper than its own."""
    window = open_window(20000, source_rates[0], rate=rate)
    phase, sound = 0.0, []
    for source_rate in source_rates:
        window.set_source_rate(source_rate)
        step = 2 * np.pi * 440 / (source_rate or rate)
        wave = 20000 * np.sin(phase + step * np.arange(2000))
        phase += step * 2000
        sound.append(wave)
        window.feed(np.repeat(np.rint(wave)[:, None], 2, axis=1).astype(np.int16))
    samples = window.read()[:, 0].astype(np.float64)
    samples = samples[np.flatnonzero(samples)[0] + 100 :]
    lowest = min(source_rate or rate for source_rate in source_rates)
    fastest = max(source_rate or rate for source_rate in source_rates)
    # Around a change, samples of one rate are taken for those of another.
    steepest = 2 * np.pi * 440 / rate * fastest / lowest
    assert np.abs(np.diff(samples)).max() < 20000 * steepest * 1.05
    assert np.abs(samples).max() < 20000 * 1.05


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    changes=st.lists(
        st.tuples(
            st.sampled_from([44100, 48000, 32040.5, 16000, 8000, 96000, 0]), st.integers(0, 900)
        ),
        min_size=1,
        max_size=5,
    ),
    rate=st.sampled_from([None, 16000, 44100]),
    cut=st.integers(1, 200),
)
def test_cuts_do_not_matter_around_a_change_either(
    open_window: OpenWindow, changes: list[tuple[float, int]], rate: float | None, cut: int
) -> None:
    whole, pieces = (open_window(600, 44100, rate=rate, channels=2) for _ in range(2))
    for number, (source_rate, count) in enumerate(changes):
        frames = noise(count, seed=number)
        for window in (whole, pieces):
            window.set_source_rate(source_rate)
        whole.feed(frames)
        for first in range(0, count, cut):
            pieces.feed(frames[first : first + cut])
            pieces.read()
    np.testing.assert_array_equal(pieces.read(), whole.read())
    assert pieces.save() == whole.save()


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
def test_a_constant_stays_constant_through_changes(open_window: OpenWindow, rate: float) -> None:
    """The history that a wider filter needs and nobody kept is no silence."""
    window = open_window(100_000, 8000, rate=rate)
    for source_rate in (8000, 96000, 16000, 384000, 44100, 0, 96000, 8000):
        window.set_source_rate(source_rate)
        window.feed(np.full((8000, 2), 12345, np.int16))
    samples = window.read()[:, 0]
    assert np.unique(samples[np.flatnonzero(samples)[0] + 100 :]).tolist() == [12345]


# ---------------------------------------------------------------------------------- real cores


@pytest.mark.parametrize(
    "play",
    [play for play in PLAYS if play.game in ("airstriker", "montezuma_revenge")],
    ids=lambda play: play.id,
)
def test_the_sound_of_a_real_game(open_window: OpenWindow, play: Play, tmp_path: Path) -> None:
    with play.open(tmp_path) as core:
        sample_rate = core.av_info.sample_rate
        own, hearing, at_once = (
            open_window(1000, sample_rate, rate=rate, channels=2) for rate in (None, 16000, 16000)
        )
        frames = []
        for masks in np.random.default_rng(1).integers(0, 4096, (60, 1)).astype(np.uint16):
            core.run(10, masks.repeat(10))
            frames.append(core.audio)
            own.feed(core.audio)
            hearing.feed(core.audio)
            hearing.read()
    sound = np.concatenate(frames)
    assert sound[-1000:].any(), "the game is silent here"
    np.testing.assert_array_equal(own.read(), sound[-1000:])
    at_once.feed(sound)
    np.testing.assert_array_equal(hearing.read(), at_once.read())
    first = int(len(sound) * exact(16000) / exact(sample_rate)) - 1000
    expected = resampled(sound, sample_rate, 16000, 2, hearing, first)
    assert np.abs(hearing.read()[-900:] - np.clip(expected[-900:], -32768, 32767)).max() <= 1


# ----------------------------------------------------------------------------------- states


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    before=st.integers(0, 6000),
    after=st.integers(0, 6000),
    rates=st.sampled_from([*RATES, (44100, None), (44100, 44100), (500, 44100)]),
    channels=st.sampled_from([1, 2]),
)
def test_a_loaded_window_goes_on_exactly(
    open_window: OpenWindow,
    before: int,
    after: int,
    rates: tuple[float, float | None],
    channels: int,
) -> None:
    frames = noise(before + after)
    one, other = (open_window(800, rates[0], rate=rates[1], channels=channels) for _ in range(2))
    empty_size = len(one.save())
    one.feed(frames[:before])
    state = one.save()
    assert len(state) == empty_size
    other.feed(noise(1234, seed=9))
    assert other.load(state)
    assert other.save() == state
    for window in (one, other):
        window.feed(frames[before:])
    np.testing.assert_array_equal(one.read(), other.read())
    assert one.save() == other.save()


def test_a_state_brings_its_source_rate(open_window: OpenWindow) -> None:
    one = open_window(800, 44100, rate=16000)
    one.feed(noise(3000))
    one.set_source_rate(32040.5)
    one.feed(noise(20, seed=2))
    other = open_window(800, 48000, rate=16000)
    assert other.load(one.save())
    for window in (one, other):
        window.feed(noise(2000, seed=3))
    np.testing.assert_array_equal(one.read(), other.read())


def test_foreign_states_are_refused(open_window: OpenWindow) -> None:
    window = open_window(800, 44100, rate=16000)
    window.feed(noise(3000))
    good = window.save()
    others: list[dict[str, Any]] = [{"rate": 8000}, {"rate": None}, {"channels": 2}]
    for wishes in others:
        other = open_window(800, 44100, **{"rate": 16000, **wishes})
        assert not window.load(other.save())
    assert not window.load(open_window(801, 44100, rate=16000).save())
    for bad in (b"", good[:20], good[:-1], good + b"\0", bytes(len(good))):
        assert not window.load(bad)
    for field in range(8):
        assert not window.load(good[: 8 * field] + b"\xff" * 8 + good[8 * field + 8 :])
    assert window.save() == good, "a refusal changes nothing"
    assert open_window(800, 44100, rate=16000, dtype="float32").load(good)


# ---------------------------------------------------------------------------- every compiler


def run_probe(executable: Path, *command: str) -> dict[str, str]:
    result = subprocess.run(
        [*command, str(executable)], capture_output=True, text=True, timeout=600, check=False
    )
    assert result.returncode == 0, result.stderr
    return dict(re.findall(r"^(\w+) ([0-9a-f]{16})$", result.stdout, re.MULTILINE))


@pytest.fixture(scope="module")
def checksum(build_cache: Path) -> str:
    """What the system's compiler makes of it, the same at every level."""
    try:
        executable = build(
            PROBE, "audio_window_probe", build_cache, "-O3", "-DPROBE_MAIN", units=UNITS
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    checksums = run_probe(executable)
    assert "scalar" in checksums
    assert set(checksums) <= set(LEVELS_HERE)
    (checksum,) = set(checksums.values())
    return checksum


def test_sanitizers_find_nothing(build_cache: Path, checksum: str) -> None:
    flags = ("-O1", "-g", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
    empty = build_cache / "sanitizers.c"
    empty.write_text("int main(void)\n{\n    return 0;\n}\n")
    try:
        build(empty, "sanitizers", build_cache, *flags)
    except RuntimeError:
        pytest.skip("the compiler has no sanitizers")
    executable = build(PROBE, "audio_window_sane", build_cache, *flags, "-DPROBE_MAIN", units=UNITS)
    assert set(run_probe(executable).values()) == {checksum}


def test_another_processor_gives_the_same_bytes(build_cache: Path, checksum: str) -> None:
    for program in ("aarch64-linux-gnu-gcc", "qemu-aarch64"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    executable = build(
        PROBE, "audio_window_probe", build_cache, "-O3", "-static", "-DPROBE_MAIN",
        command="aarch64-linux-gnu-gcc", units=UNITS,
    )  # fmt: skip
    assert run_probe(executable, "qemu-aarch64") == {"scalar": checksum, "neon": checksum}


# ------------------------------------------------------------------------------------- Python


def test_the_limits_are_those_of_the_header(probe: ctypes.CDLL) -> None:
    def takes(length: int, rate: float) -> bool:
        address = probe.probe_create(length, rate, 1, 0, 44100)
        probe.probe_destroy(address)
        return address is not None

    assert takes(LENGTH_LIMIT, 0)
    assert takes(1, 1)
    assert takes(1, RATE_LIMIT)
    for length, rate in [(0, 0), (LENGTH_LIMIT + 1, 0), (1, 0.99), (1, RATE_LIMIT + 1)]:
        assert not takes(length, rate)
    assert not takes(1, float("nan"))


def test_plain_data() -> None:
    hearing = AudioWindow(800, rate=16000, channels=2, dtype="float32")
    assert hearing == AudioWindow(np.int64(800), rate=16000.0, channels=2, dtype=np.float32)  # type: ignore[arg-type]
    assert pickle.loads(pickle.dumps(hearing)) == hearing
    assert len({hearing, AudioWindow(800), AudioWindow(800, dtype="int16")}) == 2
    assert hearing.shape == (800, 2)
    assert hearing.nbytes == 6400
    assert hearing.seconds(44100) == 0.05
    assert AudioWindow(441).seconds(44100) == 0.01
    with pytest.raises(dataclasses.FrozenInstanceError):
        hearing.length = 1  # type: ignore[misc]


@pytest.mark.parametrize(
    ("error", "message", "length", "wishes"),
    [
        (ValueError, "length is between 1 and 16777216, not 0", 0, {}),
        (ValueError, "length is between 1 and 16777216, not 16777217", 2**24 + 1, {}),
        (TypeError, "length is a whole number, not 8.0", 8.0, {}),
        (TypeError, "length is a whole number, not True", True, {}),
        (ValueError, "rate is between 1 and 16777216 .*, not -16000; None", 8, {"rate": -16000}),
        (ValueError, "rate is between .*, not nan", 8, {"rate": float("nan")}),
        (ValueError, "rate is between .*, not inf", 8, {"rate": float("inf")}),
        (ValueError, "rate is between .*, not 1000", 8, {"rate": 10**400}),
        (TypeError, "rate is a number .*, not '16000'", 8, {"rate": "16000"}),
        (ValueError, "channels is between 1 and 2, not 6", 8, {"channels": 6}),
        (TypeError, "channels is a whole number, not 'mono'", 8, {"channels": "mono"}),
        (ValueError, "dtype is 'int16' or 'float32', not 'uint8'", 8, {"dtype": "uint8"}),
        (ValueError, "dtype is 'int16' or 'float32', not 'pcm'", 8, {"dtype": "pcm"}),
        (ValueError, "dtype is 'int16' or 'float32', not None", 8, {"dtype": None}),
    ],
)
def test_wrong_wishes(
    error: type[Exception], message: str, length: Any, wishes: dict[str, Any]
) -> None:
    with pytest.raises(error, match=message):
        AudioWindow(length, **wishes)


def test_the_other_byte_order_is_not_offered() -> None:
    swapped: Any = np.dtype(np.int16).newbyteorder()
    with pytest.raises(ValueError, match="dtype is 'int16' or 'float32', not dtype"):
        AudioWindow(8, dtype=swapped)
