"""The kernels of include/planes.h: exact for every value, every width, at every level."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiler import NoCompilerError, build, build_library
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels_here import FORMATS, GUARD, LEVELS, LEVELS_HERE, GuardedPages, rgb_of
from numpy.typing import NDArray

PROBE = Path(__file__).with_name("planes_probe.c")
UNITS = ["picture/planes.c", "platform/simd.c"]
LUMAS = {"BT601": 0, "BT709": 1, "AVERAGE": 2}
WEIGHTS = {"BT601": (0.299, 0.587, 0.114), "BT709": (0.2126, 0.7152, 0.0722)}


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "planes_probe", build_cache, "-O3", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    number, pointer, size = ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t
    library.probe_to_gray.argtypes = [number, number, pointer, size, pointer]
    library.probe_to_rgb.argtypes = [number, pointer, size, pointer, pointer, pointer]
    for name in ("maximum", "mean", "to_float"):
        order = [pointer, size, pointer] if name == "to_float" else [pointer, pointer, size]
        getattr(library, f"probe_{name}").argtypes = order
    for name in ("to_gray", "to_rgb", "maximum", "mean", "to_float"):
        getattr(library, f"probe_{name}").restype = None
    return library


@pytest.fixture(params=LEVELS_HERE)
def level(request: pytest.FixtureRequest, probe: ctypes.CDLL) -> Iterator[str]:
    """Every level this processor has, one after the other."""
    if not probe.probe_force(LEVELS.index(request.param)):
        pytest.skip(f"this processor has no {request.param} kernels")
    yield request.param
    probe.probe_select()


@pytest.fixture(scope="module")
def guarded() -> tuple[GuardedPages, GuardedPages, GuardedPages, GuardedPages]:
    return GuardedPages(4096), GuardedPages(4096), GuardedPages(4096), GuardedPages(4096)


def gray_of(luma: str, rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The definition of each gray in integers."""
    red, green, blue = (rgb[..., channel].astype(np.int64) for channel in range(3))
    if luma == "BT601":
        return ((9798 * red + 19235 * green + 3735 * blue + 16384) >> 15).astype(np.uint8)
    if luma == "BT709":
        return ((6966 * red + 23436 * green + 2366 * blue + 16384) >> 15).astype(np.uint8)
    return ((2 * (red + green + blue) + 3) // 6).astype(np.uint8)


def to_gray(
    probe: ctypes.CDLL, format_number: int, luma: str, words: NDArray[Any]
) -> NDArray[np.uint8]:
    gray = np.full(words.size, GUARD, np.uint8)
    probe.probe_to_gray(format_number, LUMAS[luma], words.ctypes.data, words.size, gray.ctypes.data)
    return gray


@pytest.mark.parametrize("luma", LUMAS)
@pytest.mark.parametrize("format_name", ["0RGB1555", "RGB565"])
@pytest.mark.usefixtures("level")
def test_gray_of_all_65536_values(probe: ctypes.CDLL, format_name: str, luma: str) -> None:
    words = np.arange(65536, dtype=np.uint16)
    gray = to_gray(probe, FORMATS[format_name], luma, words)
    np.testing.assert_array_equal(gray, gray_of(luma, rgb_of(FORMATS[format_name], words)))


@pytest.mark.parametrize("luma", LUMAS)
@pytest.mark.usefixtures("level")
def test_gray_of_a_million_colours(probe: ctypes.CDLL, luma: str) -> None:
    words = np.random.default_rng(1).integers(0, 1 << 32, 1_000_003, np.uint32)
    words[:256] = np.arange(256) * 0x010101
    words[256:264] = [0, 255, 255 << 8, 255 << 16, 0xFFFF, 0xFF00FF, 0xFFFF00, 0xFFFFFF]
    gray = to_gray(probe, FORMATS["XRGB8888"], luma, words)
    np.testing.assert_array_equal(gray, gray_of(luma, rgb_of(FORMATS["XRGB8888"], words)))
    np.testing.assert_array_equal(gray[:256], np.arange(256))


@pytest.mark.parametrize("luma", WEIGHTS)
def test_the_integer_weights_are_those_of_the_standards(luma: str) -> None:
    colours = np.random.default_rng(2).integers(0, 256, (200_000, 3), np.uint8)
    exact = colours @ np.array(WEIGHTS[luma])
    assert np.abs(gray_of(luma, colours) - exact).max() < 0.52


def test_gray_is_that_of_opencv(probe: ctypes.CDLL) -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    probe.probe_select()
    colours = np.random.default_rng(3).integers(0, 1 << 24, 500_000, np.uint32)
    rgb = rgb_of(FORMATS["XRGB8888"], colours)
    expected = cv2.cvtColor(rgb[None], cv2.COLOR_RGB2GRAY)[0]
    found = to_gray(probe, FORMATS["XRGB8888"], "BT601", colours)
    np.testing.assert_array_equal(found, expected)


@given(
    format_number=st.sampled_from(sorted(FORMATS.values())),
    luma=st.sampled_from(sorted(LUMAS)),
    width=st.integers(0, 150),
    tail=st.integers(0, 5),
    result_tail=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=300, deadline=None)
def test_any_width_and_alignment(
    probe: ctypes.CDLL,
    guarded: tuple[GuardedPages, ...],
    format_number: int,
    luma: str,
    width: int,
    tail: int,
    result_tail: int,
    seed: int,
) -> None:
    """Levels equal the formulas, and touch nothing but the row.

    With `tail` and `result_tail` 0 the row ends at a page that ends the process when it is touched.
    """
    dtype = np.dtype(np.uint32 if format_number == FORMATS["XRGB8888"] else np.uint16)
    source, address = guarded[0].last(width * dtype.itemsize + tail)
    source[:] = np.random.default_rng(seed).integers(0, 256, len(source), np.uint8)
    before = source.copy()
    words = np.frombuffer(before[: width * dtype.itemsize].tobytes(), dtype)
    rgb = rgb_of(format_number, words)
    results = [pages.last(7 + width + result_tail) for pages in guarded[1:]]

    def expect(values: NDArray[np.uint8], result: NDArray[np.uint8], name: str) -> None:
        expected = np.full(7 + width + result_tail, GUARD, np.uint8)
        expected[7 : 7 + width] = values
        np.testing.assert_array_equal(result, expected, err_msg=name)

    for number, name in enumerate(LEVELS):
        if not probe.probe_force(number):
            continue
        for result, _ in results:
            result[:] = GUARD
        probe.probe_to_rgb(format_number, address, width, *(place + 7 for _, place in results))
        for channel, (result, _) in enumerate(results):
            expect(rgb[:, channel], result, name)
        results[0][0][:] = GUARD
        probe.probe_to_gray(format_number, LUMAS[luma], address, width, results[0][1] + 7)
        expect(gray_of(luma, rgb), results[0][0], name)
    np.testing.assert_array_equal(source, before)
    probe.probe_select()


@pytest.mark.usefixtures("level")
def test_maximum_and_mean_of_all_pairs(probe: ctypes.CDLL) -> None:
    a, b = (values.astype(np.uint8).ravel() for values in np.mgrid[:256, :256])
    greatest, mean = b.copy(), b.copy()
    probe.probe_maximum(a.ctypes.data, greatest.ctypes.data, a.size)
    probe.probe_mean(a.ctypes.data, mean.ctypes.data, a.size)
    np.testing.assert_array_equal(greatest, np.maximum(a, b))
    np.testing.assert_array_equal(mean, (a.astype(int) + b + 1) >> 1)


@given(width=st.integers(0, 150), seed=st.integers(0, 2**32 - 1), tail=st.integers(0, 2))
@settings(max_examples=200, deadline=None)
def test_pools_of_any_width(
    probe: ctypes.CDLL, guarded: tuple[GuardedPages, ...], width: int, seed: int, tail: int
) -> None:
    """The second row is read and written in place, also where blocks overlap."""
    random = np.random.default_rng(seed)
    a, a_address = guarded[0].last(width + tail)
    b, b_address = guarded[1].last(5 + width + tail)
    a[:] = random.integers(0, 256, len(a), np.uint8)
    before = random.integers(0, 256, len(b), np.uint8)
    for number, name in enumerate(LEVELS):
        if not probe.probe_force(number):
            continue
        rows = a[:width].astype(int), before[5 : 5 + width].astype(int)
        for pool, values in (("maximum", np.maximum(*rows)), ("mean", (sum(rows) + 1) >> 1)):
            expected = before.copy()
            expected[5 : 5 + width] = values
            b[:] = before
            getattr(probe, f"probe_{pool}")(a_address, b_address + 5, width)
            np.testing.assert_array_equal(b, expected, err_msg=f"{pool}, {name}")
    probe.probe_select()


@given(count=st.integers(0, 300), tail=st.integers(0, 2))
@settings(deadline=None)
def test_floats_are_the_correctly_rounded_quotients(
    probe: ctypes.CDLL, guarded: tuple[GuardedPages, ...], count: int, tail: int
) -> None:
    source, address = guarded[0].last(count + tail)
    source[:] = np.arange(len(source)) % 256
    quotients = (source[:count].astype(np.float64) / 255).astype(np.float32)
    result, result_address = guarded[1].last(4 * (count + tail))
    expected = quotients.tobytes() + bytes([GUARD]) * 4 * tail
    for number, name in enumerate(LEVELS):
        if not probe.probe_force(number):
            continue
        result[:] = GUARD
        probe.probe_to_float(address, count, result_address)
        assert result.tobytes() == expected, name
    probe.probe_select()


def test_neon_equals_scalar_in_an_emulator(build_cache: Path) -> None:
    """The kernels of a processor that is not here, run by qemu."""
    for program in ("aarch64-linux-gnu-gcc", "qemu-aarch64"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    executable = build(
        PROBE, "planes_probe", build_cache, "-O3", "-static", "-DPROBE_MAIN",
        command="aarch64-linux-gnu-gcc", units=UNITS,
    )  # fmt: skip
    result = subprocess.run(
        ["qemu-aarch64", str(executable)], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["scalar", "neon"]
