"""The kernels of include/pixels.h: exact for every value, every size, at every level."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from compiler import NoCompilerError, build, build_library
from hypothesis import given, settings
from hypothesis import strategies as st
from kernels_here import FORMATS, GUARD, LEVELS, LEVELS_HERE, GuardedPages, rgb_of

PROBE = Path(__file__).with_name("pixels_probe.c")
UNITS = ["picture/pixels.c", "platform/simd.c"]


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "pixels_probe", build_cache, "-O3", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    library.probe_level_name.restype = ctypes.c_char_p
    size, pointer = ctypes.c_size_t, ctypes.c_void_p
    unsigned = ctypes.c_uint
    library.probe_to_rgb.argtypes = [
        ctypes.c_int, pointer, size, unsigned, unsigned, pointer, size, unsigned,
    ]  # fmt: skip
    library.probe_to_rgb.restype = None
    library.probe_copy.argtypes = [pointer, size, size, unsigned, pointer]
    library.probe_copy.restype = None
    return library


@pytest.fixture(params=LEVELS_HERE)
def level(request: pytest.FixtureRequest, probe: ctypes.CDLL) -> Iterator[str]:
    """Every level this processor has, one after the other."""
    number = LEVELS.index(request.param)
    if not probe.probe_force(number):
        pytest.skip(f"this processor has no {request.param} kernels")
    yield request.param
    probe.probe_select()


@pytest.fixture(scope="module")
def guarded_source() -> GuardedPages:
    return GuardedPages(16 * 500)


@pytest.fixture(scope="module")
def guarded_result() -> GuardedPages:
    return GuardedPages(70 * 300)


def convert(
    probe: ctypes.CDLL, format_number: int, words: np.ndarray, rotation: int = 0
) -> np.ndarray:
    words = np.ascontiguousarray(words)
    height, width = words.shape
    shape = (width, height, 3) if rotation % 2 else (height, width, 3)
    rgb = np.full(shape, GUARD, np.uint8)
    probe.probe_to_rgb(
        format_number, words.ctypes.data, words.strides[0], width, height,
        rgb.ctypes.data, shape[1] * 3, rotation,
    )  # fmt: skip
    return rgb


@pytest.mark.parametrize("format_name", ["0RGB1555", "RGB565"])
@pytest.mark.usefixtures("level")
def test_all_65536_values(probe: ctypes.CDLL, format_name: str) -> None:
    words = np.arange(65536, dtype=np.uint16).reshape(256, 256)
    rgb = convert(probe, FORMATS[format_name], words)
    np.testing.assert_array_equal(rgb, rgb_of(FORMATS[format_name], words))


@pytest.mark.parametrize(
    ("format_name", "word", "rgb"),
    [
        ("0RGB1555", 0x7FFF, (255, 255, 255)),
        ("0RGB1555", 0x8000, (0, 0, 0)),
        ("0RGB1555", 0x7C00, (255, 0, 0)),
        ("RGB565", 0xFFFF, (255, 255, 255)),
        ("RGB565", 0x07E0, (0, 255, 0)),
        ("RGB565", 0x0841, (8, 8, 8)),
        ("RGB565", 0x0020, (0, 4, 0)),
        ("XRGB8888", 0xAA123456, (0x12, 0x34, 0x56)),
    ],
)
@pytest.mark.usefixtures("level")
def test_known_colours(
    probe: ctypes.CDLL, format_name: str, word: int, rgb: tuple[int, int, int]
) -> None:
    dtype = np.uint32 if format_name == "XRGB8888" else np.uint16
    picture = convert(probe, FORMATS[format_name], np.full((3, 50), word, dtype))
    assert np.unique(picture.reshape(-1, 3), axis=0).tolist() == [list(rgb)]


@pytest.mark.usefixtures("level")
def test_the_unused_byte_is_ignored(probe: ctypes.CDLL) -> None:
    colours = np.random.default_rng(1).integers(0, 1 << 24, (40, 67), np.uint32)
    garbage = np.random.default_rng(2).integers(0, 256, (40, 67), np.uint32) << 24
    rgb = convert(probe, FORMATS["XRGB8888"], colours | garbage)
    np.testing.assert_array_equal(rgb, rgb_of(FORMATS["XRGB8888"], colours))


@pytest.mark.parametrize("rotation", range(8))
@pytest.mark.parametrize("format_name", FORMATS)
@pytest.mark.usefixtures("level")
def test_rotation_turns_the_picture_counter_clockwise(
    probe: ctypes.CDLL, format_name: str, rotation: int
) -> None:
    dtype = np.uint32 if format_name == "XRGB8888" else np.uint16
    words = np.arange(200 * 131, dtype=dtype).reshape(131, 200)
    rgb = convert(probe, FORMATS[format_name], words, rotation)
    np.testing.assert_array_equal(rgb, np.rot90(rgb_of(FORMATS[format_name], words), rotation))


@pytest.mark.usefixtures("level")
def test_a_quarter_turn_moves_the_right_edge_to_the_top(probe: ctypes.CDLL) -> None:
    words = np.zeros((2, 3), np.uint16)
    words[0, 2] = 0xFFFF
    turned = convert(probe, FORMATS["RGB565"], words, 1)
    assert turned.shape == (3, 2, 3)
    assert turned[0, 0].tolist() == [255, 255, 255]
    assert turned.sum() == 3 * 255


@given(
    format_number=st.sampled_from(sorted(FORMATS.values())),
    width=st.integers(1, 70),
    height=st.integers(1, 9),
    padding=st.integers(0, 80),
    tail=st.integers(0, 5),
    offset=st.integers(0, 40),
    result_padding=st.integers(0, 20),
    result_tail=st.integers(0, 3),
    rotation=st.integers(0, 3),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=400, deadline=None)
def test_any_size_pitch_alignment_and_rotation(
    probe: ctypes.CDLL,
    guarded_source: GuardedPages,
    guarded_result: GuardedPages,
    format_number: int,
    width: int,
    height: int,
    padding: int,
    tail: int,
    offset: int,
    result_padding: int,
    result_tail: int,
    rotation: int,
    seed: int,
) -> None:
    """Levels equal the formula, and touch nothing but the pixels themselves.

    With `tail` and `result_tail` 0 the last pixel ends at a page that ends the process when it
    is read or written.
    """
    random = np.random.default_rng(seed)
    dtype = np.dtype(np.uint32 if format_number == FORMATS["XRGB8888"] else np.uint16)
    row_bytes = width * dtype.itemsize
    pitch = row_bytes + padding
    source_bytes = pitch * (height - 1) + row_bytes
    source, source_address = guarded_source.last(source_bytes + tail)
    source[:] = random.integers(0, 256, len(source), np.uint8)
    words = (
        np.lib.stride_tricks.as_strided(
            np.frombuffer(source.tobytes()[:source_bytes], np.uint8),
            (height, row_bytes),
            (pitch, 1),
        )
        .copy()
        .view(dtype)
    )
    before = source.copy()

    columns, rows = (height, width) if rotation % 2 else (width, height)
    result_pitch = 3 * columns + result_padding
    result_bytes = result_pitch * (rows - 1) + 3 * columns
    result, result_address = guarded_result.last(offset + result_bytes + result_tail)
    expected = np.full(len(result), GUARD, np.uint8)
    for y, row in enumerate(np.rot90(rgb_of(format_number, words), rotation)):
        start = offset + y * result_pitch
        expected[start : start + 3 * columns] = row.ravel()

    for number, name in enumerate(LEVELS):
        if not probe.probe_force(number):
            continue
        result[:] = GUARD
        probe.probe_to_rgb(
            format_number, source_address, pitch, width, height,
            result_address + offset, result_pitch, rotation,
        )  # fmt: skip
        np.testing.assert_array_equal(result, expected, err_msg=name)
    np.testing.assert_array_equal(source, before)
    probe.probe_select()


@pytest.mark.parametrize("shape", [(0, 5), (5, 0), (0, 0)])
@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.usefixtures("level")
def test_an_empty_picture_writes_nothing(
    probe: ctypes.CDLL, shape: tuple[int, int], rotation: int
) -> None:
    height, width = shape
    rgb = np.full(64, GUARD, np.uint8)
    source = np.zeros(64, np.uint32)
    probe.probe_to_rgb(1, source.ctypes.data, 20, width, height, rgb.ctypes.data, 15, rotation)
    assert (rgb == GUARD).all()


@given(
    row_bytes=st.integers(0, 70),
    height=st.integers(0, 9),
    padding=st.integers(0, 33),
    seed=st.integers(0, 2**32 - 1),
)
@settings(deadline=None)
def test_copy_removes_the_padding(
    probe: ctypes.CDLL,
    guarded_source: GuardedPages,
    row_bytes: int,
    height: int,
    padding: int,
    seed: int,
) -> None:
    pitch = row_bytes + padding
    source_bytes = max(0, pitch * (height - 1) + row_bytes) if height else 0
    source, address = guarded_source.last(source_bytes)
    source[:] = np.random.default_rng(seed).integers(0, 256, source_bytes, np.uint8)
    result = np.full(row_bytes * height + 8, GUARD, np.uint8)
    probe.probe_copy(address, pitch, row_bytes, height, result.ctypes.data)
    rows = [source[y * pitch : y * pitch + row_bytes].tobytes() for y in range(height)]
    assert result.tobytes() == b"".join(rows) + bytes([GUARD]) * 8


def test_levels_have_names_and_the_best_one_is_selected(probe: ctypes.CDLL) -> None:
    names = [probe.probe_level_name(number).decode() for number in range(len(LEVELS))]
    assert tuple(names) == LEVELS
    assert probe.probe_level_name(-1) is None
    assert probe.probe_level_name(len(LEVELS)) is None
    available = [number for number in range(len(LEVELS)) if probe.probe_available(number)]
    assert available[0] == LEVELS.index("scalar")
    assert probe.probe_select() == probe.probe_level() == available[-1]


def test_a_level_that_is_not_there_cannot_be_forced(probe: ctypes.CDLL) -> None:
    absent = [-1, len(LEVELS)]
    absent += [number for number in range(len(LEVELS)) if not probe.probe_available(number)]
    before = probe.probe_select()
    for number in absent:
        assert not probe.probe_force(number)
        assert probe.probe_level() == before


def test_the_processor_is_asked_correctly(probe: ctypes.CDLL) -> None:
    flags = Path("/proc/cpuinfo")
    if not flags.exists() or "flags" not in flags.read_text():
        pytest.skip("/proc/cpuinfo lists no x86 flags here")
    words = flags.read_text().split()
    for name in ("ssse3", "avx2", "avx512vbmi"):
        assert bool(probe.probe_available(LEVELS.index(name))) == (name in words)


def test_neon_equals_scalar_in_an_emulator(build_cache: Path) -> None:
    """The kernels of a processor that is not here, run by qemu."""
    for program in ("aarch64-linux-gnu-gcc", "qemu-aarch64"):
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    executable = build(
        PROBE, "pixels_probe", build_cache, "-O3", "-static", "-DPROBE_MAIN",
        command="aarch64-linux-gnu-gcc", units=UNITS,
    )  # fmt: skip
    result = subprocess.run(
        ["qemu-aarch64", str(executable)], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.split() == ["scalar", "neon"]
