"""The resizer of include/resize.h: the pictures of OpenCV and NumPy, for any pair of sizes."""

from __future__ import annotations

import ctypes
import math
import platform
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiler import NoCompilerError, build, build_library
from hypothesis import example, given, settings
from hypothesis import strategies as st
from kernels_here import GUARD, LEVELS, LEVELS_HERE, GuardedPages
from numpy.typing import NDArray

PROBE = Path(__file__).with_name("resize_probe.c")
UNITS = ["picture/resize_kernels.c", "platform/simd.c"]
NEAREST, BILINEAR, AREA, AREA_EXACT = MODES = range(4)
MODE_NAMES = ("INTER_NEAREST", "INTER_LINEAR", "INTER_AREA", "INTER_AREA")
SLACK = (0, 1, 1, 0)
LONGEST = 16384
Picture = NDArray[np.uint8]

# Atari, Game Boy, Game Boy Advance, NES, Super NES and Mega Drive to what agents see; doubled and
# halved; boxes; a quotient that is not quite whole (49); one side grows and one shrinks.
SIZES = [
    (160, 210, 84, 84), (160, 144, 84, 84), (240, 160, 84, 84), (256, 240, 84, 84),
    (256, 224, 96, 96), (320, 224, 128, 128), (320, 224, 64, 64), (160, 144, 320, 288),
    (160, 210, 80, 105), (96, 96, 32, 32), (98, 98, 2, 2), (49, 49, 1, 1), (49, 98, 7, 14),
    (40, 100, 100, 40), (84, 84, 84, 85), (84, 84, 84, 42), (84, 84, 84, 83), (640, 480, 84, 84),
    (1, 1, 84, 84), (84, 84, 1, 1), (16, 16, 15, 15), (15, 15, 14, 14), (2000, 3, 3, 2),
]  # fmt: skip


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "resize_probe", build_cache, "-O3", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    pointer, size, unsigned = ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint
    library.probe_new.restype = pointer
    library.probe_fail_allocation.argtypes = [ctypes.c_long]
    library.probe_prepare.argtypes = [pointer, ctypes.c_int, *[unsigned] * 4]
    library.probe_begin.argtypes = [pointer, pointer, size]
    library.probe_resize.argtypes = [pointer, pointer, size, unsigned, pointer, size]
    library.probe_row.argtypes = [pointer, pointer]
    for name in ("delete", "wants_row", "skip_row"):
        getattr(library, f"probe_{name}").argtypes = [pointer]
    for name in ("fail_allocation", "delete", "begin", "resize", "row", "skip_row"):
        getattr(library, f"probe_{name}").restype = None
    return library


@pytest.fixture
def resizer(probe: ctypes.CDLL) -> Iterator[int]:
    created: int = probe.probe_new()
    yield created
    probe.probe_delete(created)


@pytest.fixture(params=LEVELS_HERE)
def level(request: pytest.FixtureRequest, probe: ctypes.CDLL) -> Iterator[str]:
    """Every level this processor has, one after the other."""
    if not probe.probe_force(LEVELS.index(request.param)):
        pytest.skip(f"this processor has no {request.param} kernels")
    yield request.param
    probe.probe_select()


def resize(
    probe: ctypes.CDLL, resizer: int, mode: int, source: Picture, width: int, height: int
) -> Picture:
    result = np.full((height, width), GUARD, np.uint8)
    assert probe.probe_prepare(resizer, mode, source.shape[1], source.shape[0], width, height)
    probe.probe_resize(
        resizer, source.ctypes.data, source.strides[0], source.shape[0], result.ctypes.data, width
    )
    return result


# --- the definition of each mode, in NumPy --------------------------------------------------------


def scale_of(length: int, out_length: int) -> float:
    return 1 / (out_length / length)


def nearest_reference(source: Picture, width: int, height: int) -> Picture:
    def indices(length: int, out_length: int) -> list[int]:
        scale = scale_of(length, out_length)
        return [min(math.floor(i * scale), length - 1) for i in range(out_length)]

    columns, rows = indices(source.shape[1], width), indices(source.shape[0], height)
    return source[np.ix_(rows, columns)]


def linear_positions(length: int, out_length: int, from_edges: bool) -> tuple[Any, Any]:
    """The left one of two pixels, and how much there is of the right one, as OpenCV has it."""
    scale, inverse = scale_of(length, out_length), out_length / length
    i = np.arange(out_length)
    if from_edges:
        position = np.floor(i * scale)
        fraction = ((i + 1) - (position + 1) * inverse).astype(np.float32)
        fraction = np.where(fraction <= 0, np.float32(0), fraction - np.floor(fraction))
    else:
        centre = ((i + 0.5) * scale - 0.5).astype(np.float32)
        position = np.floor(centre)
        fraction = centre - position
    fraction[(position < 0) | (position >= length - 1)] = 0
    return np.clip(position, 0, length - 1).astype(int), fraction


def enlarged_reference(source: Picture, width: int, height: int) -> Picture:
    """INTER_AREA where a side grows: weights of 11 bits, and 4 bits dropped between the passes."""
    (x, x_fraction), (y, y_fraction) = (
        linear_positions(length, out_length, from_edges=True)
        for length, out_length in zip(reversed(source.shape), (width, height), strict=True)
    )
    x_next, y_next = np.minimum(x + 1, source.shape[1] - 1), np.minimum(y + 1, source.shape[0] - 1)

    def weights(fraction: NDArray[np.float32]) -> Any:
        return np.rint(fraction * np.float32(2048)).astype(np.int64)

    one = np.float32(1)
    lines = source[:, x] * weights(one - x_fraction) + source[:, x_next] * weights(x_fraction)
    upper = weights(one - y_fraction)[:, None] * (lines[y] >> 4) >> 16
    lower = weights(y_fraction)[:, None] * (lines[y_next] >> 4) >> 16
    return np.asarray((upper + lower + 2) >> 2, np.uint8)


def bilinear_reference(source: Picture, width: int, height: int) -> NDArray[np.float64]:
    """What is between the pixels' centres, not rounded."""
    x, x_fraction = linear_positions(source.shape[1], width, from_edges=False)
    y, y_fraction = linear_positions(source.shape[0], height, from_edges=False)
    x_next, y_next = np.minimum(x + 1, source.shape[1] - 1), np.minimum(y + 1, source.shape[0] - 1)
    lines = source[:, x] * (1.0 - x_fraction) + source[:, x_next] * x_fraction
    return np.asarray(
        lines[y] * (1.0 - y_fraction[:, None]) + lines[y_next] * y_fraction[:, None], np.float64
    )


def area_weights(length: int, out_length: int) -> list[list[tuple[int, np.float32]]]:
    """Source pixels of each pixel of the result, with how much of it they are."""
    scale = scale_of(length, out_length)
    result = []
    for i in range(out_length):
        begin, end = i * scale, i * scale + scale
        covered = min(scale, length - begin)
        last = min(math.floor(end), length - 1)
        first = min(math.ceil(begin), last)
        pixels = [(whole, 1 / covered) for whole in range(first, last)]
        if first - begin > 1e-3:
            pixels.insert(0, (first - 1, (first - begin) / covered))
        if end - last > 1e-3:
            pixels.append((last, min(end - last, 1.0, covered) / covered))
        result.append([(pixel, np.float32(weight)) for pixel, weight in pixels])
    return result


def area_reference(source: Picture, width: int, height: int) -> Picture:
    if source.shape == (height, width):
        return source
    scale_x, scale_y = scale_of(source.shape[1], width), scale_of(source.shape[0], height)
    if scale_x < 1 or scale_y < 1:
        return enlarged_reference(source, width, height)
    box = round(scale_y), round(scale_x)
    if max(abs(scale_x - box[1]), abs(scale_y - box[0])) < np.finfo(float).eps:
        sums = source.reshape(height, box[0], width, box[1]).sum((1, 3), np.int64)
        if box == (2, 2):
            return np.asarray((sums + 2) >> 2, np.uint8)
        scale = np.float32(1) / np.float32(box[0] * box[1])
        return np.asarray(np.rint(sums.astype(np.float32) * scale), np.uint8)
    columns = area_weights(source.shape[1], width)
    lines = np.zeros((source.shape[0], width), np.float32)
    for tap in range(max(map(len, columns))):
        pixels = [pixels[tap] if tap < len(pixels) else (0, np.float32(0)) for pixels in columns]
        indices, weights = zip(*pixels, strict=True)
        lines += source[:, list(indices)].astype(np.float32) * np.array(weights, np.float32)
    result = np.zeros((height, width), np.float32)
    for y, rows in enumerate(area_weights(source.shape[0], height)):
        for row, weight in rows:
            result[y] += lines[row] * weight
    return np.rint(result).clip(0, 255).astype(np.uint8)


def check_against_reference(mode: int, source: Picture, result: Picture) -> None:
    height, width = result.shape
    if mode == NEAREST:
        np.testing.assert_array_equal(result, nearest_reference(source, width, height))
    elif mode == BILINEAR:
        assert np.abs(result - bilinear_reference(source, width, height)).max() <= 1.25
    else:
        expected = area_reference(source, width, height)
        assert np.abs(result.astype(int) - expected).max() <= SLACK[mode]


def picture_of(kind: str, width: int, height: int, seed: int) -> Picture:
    random = np.random.default_rng(seed)
    if kind == "noise":
        return random.integers(0, 256, (height, width), np.uint8)
    if kind == "black and white":
        return (random.integers(0, 2, (height, width), np.uint8) * 255).astype(np.uint8)
    return np.full((height, width), random.integers(0, 256), np.uint8)


kinds = st.sampled_from(["noise", "black and white", "one colour"])
sides = st.one_of(st.integers(1, 40), st.integers(1, 300))


@st.composite
def size_pairs(draw: st.DrawFn) -> tuple[int, int, int, int]:
    """Two sizes; often with sides that are equal or multiples, or that only shrink."""
    width, height, out_width, out_height = (draw(sides) for _ in range(4))
    relation = draw(st.sampled_from(["any", "shrink", "boxes", "same width", "same height"]))
    if relation == "shrink":
        (out_width, width), (out_height, height) = (
            sorted((width, out_width)), sorted((height, out_height)),
        )  # fmt: skip
    elif relation == "boxes":
        out_width, out_height = 1 + out_width % 60, 1 + out_height % 60
        width, height = out_width * (1 + width % 6), out_height * (1 + height % 6)
    elif relation == "same width":
        out_width = width
    elif relation == "same height":
        out_height = height
    return width, height, out_width, out_height


# --- the tests ------------------------------------------------------------------------------------


@pytest.mark.parametrize("sizes", SIZES, ids=str)
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.usefixtures("level")
def test_usual_and_unusual_sizes(
    probe: ctypes.CDLL, resizer: int, mode: int, sizes: tuple[int, int, int, int]
) -> None:
    for kind in ("noise", "black and white"):
        source = picture_of(kind, sizes[0], sizes[1], 1)
        result = resize(probe, resizer, mode, source, sizes[2], sizes[3])
        check_against_reference(mode, source, result)


@given(sizes=size_pairs(), mode=st.sampled_from(MODES), kind=kinds, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=250, deadline=None)
@example(sizes=(241, 240, 240, 239), mode=AREA, kind="one colour", seed=5)
def test_any_pair_of_sizes(
    probe: ctypes.CDLL, sizes: tuple[int, int, int, int], mode: int, kind: str, seed: int
) -> None:
    source = picture_of(kind, sizes[0], sizes[1], seed)
    resizer = probe.probe_new()
    results = {}
    for number, name in enumerate(LEVELS):
        if probe.probe_force(number):
            results[name] = resize(probe, resizer, mode, source, sizes[2], sizes[3])
    probe.probe_select()
    probe.probe_delete(resizer)
    check_against_reference(mode, source, results["scalar"])
    for name, result in results.items():
        np.testing.assert_array_equal(result, results["scalar"], err_msg=name)
    if kind == "one colour":
        assert np.unique(results["scalar"]).tolist() == [source[0, 0]]


@given(sizes=size_pairs(), mode=st.sampled_from(MODES), kind=kinds, seed=st.integers(0, 2**32 - 1))
@settings(max_examples=200, deadline=None)
def test_any_pair_of_sizes_against_opencv(
    probe: ctypes.CDLL, sizes: tuple[int, int, int, int], mode: int, kind: str, seed: int
) -> None:
    cv2 = pytest.importorskip("cv2", reason="OpenCV is not installed")
    if platform.machine() not in ("x86_64", "AMD64"):
        pytest.skip("OpenCV's own kernels round differently on this processor")
    source = picture_of(kind, sizes[0], sizes[1], seed)
    probe.probe_select()
    resizer = probe.probe_new()
    result = resize(probe, resizer, mode, source, sizes[2], sizes[3])
    probe.probe_delete(resizer)
    expected = cv2.resize(source, sizes[2:], interpolation=getattr(cv2, MODE_NAMES[mode]))
    assert np.abs(result.astype(int) - expected).max() <= SLACK[mode]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "sizes",
    [
        (LONGEST, 1, 1, 1), (1, LONGEST, 1, 1), (LONGEST, 2, LONGEST - 1, 1),
        (2, LONGEST, 1, LONGEST - 1), (1, 1, LONGEST, 3), (1, 1, 3, LONGEST),
        (LONGEST, 3, 84, 84), (3, LONGEST, 84, 84), (1000, 1000, 1, 1), (4100, 4100, 1, 1),
    ],
    ids=str,
)  # fmt: skip
def test_the_longest_sides(
    probe: ctypes.CDLL, resizer: int, mode: int, sizes: tuple[int, int, int, int]
) -> None:
    source = picture_of("noise", sizes[0], sizes[1], 2)
    result = resize(probe, resizer, mode, source, sizes[2], sizes[3])
    check_against_reference(mode, source, result)
    probe.probe_force(0)
    np.testing.assert_array_equal(resize(probe, resizer, mode, source, sizes[2], sizes[3]), result)
    probe.probe_select()


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("value", [1, 127, 254, 255])
@pytest.mark.usefixtures("level")
def test_one_colour_stays_one_colour(
    probe: ctypes.CDLL, resizer: int, mode: int, value: int
) -> None:
    for width, height, out_width, out_height in SIZES:
        source = np.full((height, width), value, np.uint8)
        result = resize(probe, resizer, mode, source, out_width, out_height)
        assert (result == value).all(), (width, height, out_width, out_height)


@given(
    sizes=size_pairs(),
    mode=st.sampled_from(MODES),
    padding=st.integers(0, 40),
    tail=st.integers(0, 2),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=200, deadline=None)
def test_nothing_but_rows_and_result_is_touched(
    probe: ctypes.CDLL,
    guarded: tuple[GuardedPages, GuardedPages],
    sizes: tuple[int, int, int, int],
    mode: int,
    padding: int,
    tail: int,
    seed: int,
) -> None:
    """With `tail` 0, what ends before a page that may not be touched is each row and the result."""
    width, height, out_width, out_height = sizes
    random = np.random.default_rng(seed)
    rows = random.integers(0, 256, (height, width), np.uint8)
    source, source_address = guarded[0].last(width + tail)
    pitch = out_width + padding
    size = pitch * (out_height - 1) + out_width
    result, address = guarded[1].last(3 + size + tail)
    resizer = probe.probe_new()
    for number, name in enumerate(LEVELS):
        if not probe.probe_force(number):
            continue
        expected = np.full(len(result), GUARD, np.uint8)
        pixels = resize(probe, resizer, mode, rows, out_width, out_height)
        for y, line in enumerate(pixels):
            expected[3 + y * pitch : 3 + y * pitch + out_width] = line
        result[:] = GUARD
        probe.probe_begin(resizer, address + 3, pitch)
        for row in rows:
            source[:width] = row
            probe.probe_row(resizer, source_address)
        np.testing.assert_array_equal(result, expected, err_msg=name)
    probe.probe_select()
    probe.probe_delete(resizer)


@pytest.fixture(scope="module")
def guarded() -> tuple[GuardedPages, GuardedPages]:
    return GuardedPages(4096), GuardedPages(400 * 400)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sizes", SIZES, ids=str)
def test_rows_that_are_not_wanted_need_not_exist(
    probe: ctypes.CDLL, resizer: int, mode: int, sizes: tuple[int, int, int, int]
) -> None:
    width, height, out_width, out_height = sizes
    source = picture_of("noise", width, height, 3)
    expected = resize(probe, resizer, mode, source, out_width, out_height)
    result = np.full_like(expected, GUARD)
    probe.probe_begin(resizer, result.ctypes.data, out_width)
    wanted = []
    for row in source:
        wanted.append(bool(probe.probe_wants_row(resizer)))
        if wanted[-1]:
            probe.probe_row(resizer, row.ctypes.data)
        else:
            probe.probe_skip_row(resizer)
    assert not probe.probe_wants_row(resizer)
    np.testing.assert_array_equal(result, expected)
    if mode == NEAREST:
        assert sum(wanted) == min(height, out_height)
    if mode in (AREA, AREA_EXACT) and out_height <= height and out_width <= width:
        assert all(wanted)


@pytest.mark.parametrize("mode", MODES)
def test_a_picture_that_was_broken_off_leaves_nothing_behind(
    probe: ctypes.CDLL, resizer: int, mode: int
) -> None:
    source, other = (picture_of("noise", 160, 210, seed) for seed in (4, 5))
    expected = resize(probe, resizer, mode, source, 84, 84)
    result = np.zeros((84, 84), np.uint8)
    probe.probe_begin(resizer, result.ctypes.data, 84)
    for row in other[:101]:
        probe.probe_row(resizer, row.ctypes.data)
    np.testing.assert_array_equal(resize(probe, resizer, mode, source, 84, 84), expected)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("sizes", [(160, 210, 84, 84), (96, 96, 32, 32), (20, 20, 40, 30)], ids=str)
def test_no_memory_is_reported_and_leaves_an_empty_resizer(
    probe: ctypes.CDLL, resizer: int, mode: int, sizes: tuple[int, int, int, int]
) -> None:
    source = picture_of("noise", sizes[0], sizes[1], 6)
    failures = 0
    while True:
        assert probe.probe_prepare(resizer, NEAREST, 8, 8, 3, 3)
        probe.probe_fail_allocation(failures)
        prepared = probe.probe_prepare(resizer, mode, *sizes)
        probe.probe_fail_allocation(-1)
        if prepared:
            break
        failures += 1
        probe.probe_begin(resizer, None, 0)
        assert not probe.probe_wants_row(resizer)
        probe.probe_row(resizer, source.ctypes.data)
    assert failures >= 8
    result = resize(probe, resizer, mode, source, sizes[2], sizes[3])
    check_against_reference(mode, source, result)


def test_nothing_is_allocated_when_nothing_changes(probe: ctypes.CDLL, resizer: int) -> None:
    assert probe.probe_prepare(resizer, AREA, 160, 210, 84, 84)
    probe.probe_fail_allocation(0)
    same = probe.probe_prepare(resizer, AREA, 160, 210, 84, 84)
    other = probe.probe_prepare(resizer, AREA, 160, 210, 84, 85)
    probe.probe_fail_allocation(-1)
    assert same
    assert not other


def test_neon_equals_scalar_in_an_emulator(build_cache: Path) -> None:
    """The kernels of a processor that is not here, run by qemu."""
    for program in ("aarch64-linux-gnu-gcc", "qemu-aarch64"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    executable = build(
        PROBE, "resize_probe", build_cache, "-O3", "-static", "-DPROBE_MAIN",
        command="aarch64-linux-gnu-gcc", units=UNITS,
    )  # fmt: skip
    result = subprocess.run(
        ["qemu-aarch64", str(executable)], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["scalar", "neon"]
