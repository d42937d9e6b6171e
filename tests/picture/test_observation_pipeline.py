"""Observations: include/observation.h against NumPy, and what pylibretro.observation refuses."""

from __future__ import annotations

import ctypes
import mmap
import pickle
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from compiler import NoCompilerError, build, build_library
from hypothesis import given, settings
from hypothesis import strategies as st

from pylibretro.picture.observation import (
    DTYPES,
    LAYOUTS,
    LUMAS,
    PADDINGS,
    POOL_MODES,
    RESIZE_MODES,
    Observation,
)

PROBE = Path(__file__).with_name("observation_probe.c")
UNITS = [
    *(f"picture/{name}.c" for name in ("interleave", "pixels", "planes", "resize_kernels")),
    "platform/simd.c",
]
ZRGB1555, XRGB8888, RGB565 = range(3)
GUARD = 0xA5


class Rectangle(ctypes.Structure):
    _fields_ = [(side, ctypes.c_uint) for side in ("top", "left", "height", "width")]


class Settings(ctypes.Structure):
    """struct observation_settings."""

    _fields_ = [
        ("maximum_width", ctypes.c_uint),
        ("maximum_height", ctypes.c_uint),
        ("width", ctypes.c_uint),
        ("height", ctypes.c_uint),
        ("cropped", ctypes.c_bool),
        ("crop", Rectangle),
        ("masks", ctypes.POINTER(Rectangle)),
        ("mask_count", ctypes.c_size_t),
        ("rotate", ctypes.c_bool),
        ("gray", ctypes.c_bool),
        ("luma", ctypes.c_int),
        ("pool", ctypes.c_uint),
        ("pool_mode", ctypes.c_int),
        ("resize", ctypes.c_int),
        ("stack", ctypes.c_uint),
        ("padding", ctypes.c_int),
        ("layout", ctypes.c_int),
        ("dtype", ctypes.c_int),
    ]


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> ctypes.CDLL:
    try:
        library = ctypes.CDLL(
            str(build_library(PROBE, "observation_probe", build_cache, "-O3", units=UNITS))
        )
    except NoCompilerError as error:
        pytest.skip(str(error))
    pointer, size, number, truth = (
        ctypes.c_void_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_bool
    )  # fmt: skip
    given_settings = ctypes.POINTER(Settings)
    for name, result, arguments in (
        ("settings_size", size, []),
        ("select", None, []),
        ("allocations", ctypes.c_long, []),
        ("alive", ctypes.c_long, []),
        ("allow", None, [ctypes.c_long]),
        ("new", pointer, []),
        ("delete", None, [pointer]),
        ("prepare", truth, [pointer, given_settings]),
        ("clear", None, [pointer]),
        (
            "picture",
            truth,
            [pointer, truth, ctypes.c_int, pointer, size, number, number, number],
        ),
        ("take_back", None, [pointer]),
        ("repeat", truth, [pointer, truth]),
        ("bytes", size, [given_settings]),
        ("write", None, [pointer, pointer]),
        ("history_bytes", size, [given_settings]),
        ("save_history", size, [pointer, pointer, size]),
        ("load_history", truth, [pointer, pointer, size]),
        ("resize", None, [ctypes.c_int, pointer, number, number, pointer, number, number]),
    ):
        function = getattr(library, f"probe_{name}")
        function.restype, function.argtypes = result, arguments
    library.probe_select()
    return library


class Picture(NamedTuple):
    """What a core hands to its video callback, and the rotation it asked for before."""

    format: int
    words: np.ndarray  # a view whose rows may lie apart
    rotation: int = 0

    @property
    def rgb(self) -> np.ndarray:
        """The colours of every pixel, 0 to 255, as the core sent them."""
        words = self.words.astype(np.int64)
        if self.format == XRGB8888:
            channels = [words >> 16 & 255, words >> 8 & 255, words & 255]
        elif self.format == RGB565:
            red, green, blue = words >> 11 & 31, words >> 5 & 63, words & 31
            channels = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
        else:
            five_bits = [words >> 10 & 31, words >> 5 & 31, words & 31]
            channels = [field << 3 | field >> 2 for field in five_bits]
        return np.stack(channels, axis=-1)


Frame = Picture | None  # None repeats the picture before


def random_picture(
    random: np.random.Generator,
    height: int,
    width: int,
    pixel_format: int,
    rotation: int = 0,
    padding: int = 0,
) -> Picture:
    dtype = np.uint32 if pixel_format == XRGB8888 else np.uint16
    words = random.integers(0, np.iinfo(dtype).max, (height, width + padding), dtype, endpoint=True)
    return Picture(pixel_format, words[:, :width], rotation)


class Observer:
    """One struct observer."""

    def __init__(
        self,
        probe: ctypes.CDLL,
        wishes: Observation,
        maximum: tuple[int, int],
        size: tuple[int, int],
    ) -> None:
        self.probe = probe
        self.wishes = wishes
        self.shape = Observation(
            size, gray=wishes.gray, stack=wishes.stack, layout=wishes.layout
        ).shape_for(*maximum)
        self.settings = Settings(
            maximum_height=maximum[0],
            maximum_width=maximum[1],
            height=size[0],
            width=size[1],
            cropped=wishes.crop is not None,
            crop=Rectangle(*(wishes.crop or ())),
            mask_count=len(wishes.mask),
            rotate=wishes.rotate,
            gray=bool(wishes.gray),
            luma=LUMAS.index(wishes.gray or LUMAS[0]),
            pool=wishes.pool,
            pool_mode=POOL_MODES.index(wishes.pool_mode),
            resize=RESIZE_MODES.index(wishes.resize),
            stack=wishes.stack,
            padding=PADDINGS.index(wishes.padding),
            layout=LAYOUTS.index(wishes.layout),
            dtype=DTYPES.index(wishes.dtype),
        )
        self.pointer = probe.probe_new()
        self.prepare()

    def prepare(self) -> None:
        masks = [Rectangle(*mask) for mask in self.wishes.mask]
        self.settings.masks = (Rectangle * len(masks))(*masks)
        if not self.probe.probe_prepare(self.pointer, self.settings):
            raise MemoryError
        self.settings.masks = None  # the observer has its own copy

    def close(self) -> None:
        self.probe.probe_delete(self.pointer)
        self.pointer = None

    def __enter__(self) -> Observer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def clear(self) -> None:
        self.probe.probe_clear(self.pointer)

    def frame(self, frame: Frame, last: bool) -> bool:
        if frame is None:
            return bool(self.probe.probe_repeat(self.pointer, last))
        height, width = frame.words.shape
        return bool(
            self.probe.probe_picture(
                self.pointer, last, frame.format, frame.words.ctypes.data, frame.words.strides[0],
                width, height, frame.rotation,
            )
        )  # fmt: skip

    def take_back(self) -> None:
        self.probe.probe_take_back(self.pointer)

    def step(self, *frames: Frame) -> np.ndarray:
        for number, frame in enumerate(frames, 1):
            if not self.frame(frame, number == len(frames)):
                raise MemoryError
        return self.read()

    def read(self, misalignment: int = 0) -> np.ndarray:
        """The stack, after a look at what lies around it."""
        dtype = np.dtype(self.wishes.dtype)
        size = int(np.prod(self.shape)) * dtype.itemsize
        assert self.probe.probe_bytes(self.settings) == size
        start = 64 + misalignment * dtype.itemsize
        memory = np.full(start + size + 64, GUARD, np.uint8)
        self.probe.probe_write(self.pointer, memory.ctypes.data + start)
        assert (memory[:start] == GUARD).all()
        assert (memory[start + size :] == GUARD).all()
        return memory[start : start + size].view(dtype).reshape(self.shape)

    def save(self) -> bytes:
        size = self.probe.probe_history_bytes(self.settings)
        history = np.full(size + 64, GUARD, np.uint8)
        used = self.probe.probe_save_history(self.pointer, history.ctypes.data, size)
        assert 0 < used <= size
        assert (history[used:] == GUARD).all()
        return history[:used].tobytes()

    def load(self, history: bytes) -> bool:
        return bool(self.probe.probe_load_history(self.pointer, history, len(history)))


def share_of_pixels(count: int, result_count: int) -> np.ndarray:
    """[result, pixel]: how much of each result is which pixel, where areas shrink."""
    edges = np.arange(result_count + 1) * (count / result_count)
    low = np.maximum(edges[:-1, None], np.arange(count))
    high = np.minimum(edges[1:, None], np.arange(count) + 1)
    shares: np.ndarray = np.maximum(high - low, 0) * (result_count / count)
    return shares


def share_of_neighbours(count: int, result_count: int, resize: str) -> np.ndarray:
    """[result, pixel] between two neighbours: bilinear, and OpenCV's way to enlarge areas."""
    shares = np.zeros((result_count, count))
    for i in range(result_count):
        if resize == "bilinear":
            place = (i + 0.5) * count / result_count - 0.5
            first = int(np.floor(place))
            second_share = place - first
        else:
            inverse = result_count / count
            first = int(i * (1 / inverse))
            second_share = max(float(np.float32(i + 1 - (first + 1) * inverse)), 0.0) % 1
        for pixel, share in ((first, 1 - second_share), (first + 1, second_share)):
            shares[i, min(max(pixel, 0), count - 1)] += share
    return shares


def resized_in_numpy(plane: np.ndarray, size: tuple[int, int], resize: str) -> np.ndarray:
    height, width = plane.shape
    if resize == "nearest":
        rows = np.minimum(np.arange(size[0]) * (1 / (size[0] / height)), height - 1).astype(int)
        columns = np.minimum(np.arange(size[1]) * (1 / (size[1] / width)), width - 1).astype(int)
        nearest: np.ndarray = plane[rows][:, columns]
        return nearest
    if resize != "bilinear" and height >= size[0] and width >= size[1]:
        down, across = share_of_pixels(height, size[0]), share_of_pixels(width, size[1])
    else:
        down = share_of_neighbours(height, size[0], resize)
        across = share_of_neighbours(width, size[1], resize)
    result: np.ndarray = down @ plane @ across.T
    return result


class Reference:
    """The same pipeline on whole NumPy arrays, kept as a list of all that was shown.

    Only resizing is left to include/resize.h, which has tests of its own, after NumPy has agreed
    with it within one.
    """

    def __init__(self, probe: ctypes.CDLL, wishes: Observation, size: tuple[int, int]) -> None:
        self.probe = probe
        self.wishes = wishes
        self.size = size
        self.shown: np.ndarray | None = None
        self.observations: list[np.ndarray] = []

    def clear(self) -> None:
        self.shown = None
        self.observations.clear()

    def looked_at(self, picture: Picture) -> np.ndarray:
        """(height, width, channels) of the picture's region, before pooling."""
        wishes = self.wishes
        rgb = np.rot90(picture.rgb, picture.rotation if wishes.rotate else 0).copy()
        for top, left, height, width in wishes.mask:
            rgb[top : top + height, left : left + width] = 0
        if wishes.crop:
            top, left, height, width = wishes.crop
            rgb = rgb[top : top + height, left : left + width]
            missing = (height - rgb.shape[0], width - rgb.shape[1])
            rgb = np.pad(rgb, ((0, missing[0]), (0, missing[1]), (0, 0)))
        red, green, blue = np.moveaxis(rgb, -1, 0)
        gray = {
            False: rgb,
            "bt601": (9798 * red + 19235 * green + 3735 * blue + 16384) >> 15,
            "bt709": (6966 * red + 23436 * green + 2366 * blue + 16384) >> 15,
            "average": np.floor((red + green + blue) / 3 + 0.5).astype(np.int64),
        }[wishes.gray]
        region: np.ndarray = gray.reshape(*rgb.shape[:2], -1)
        return region

    def resized(self, picture: np.ndarray) -> np.ndarray:
        if picture.shape[:2] == self.size:
            return picture.astype(np.uint8)
        planes = []
        for plane in np.moveaxis(picture, -1, 0):
            source = np.ascontiguousarray(plane, np.uint8)
            result = np.empty(self.size, np.uint8)
            self.probe.probe_resize(
                RESIZE_MODES.index(self.wishes.resize), source.ctypes.data, *source.shape[::-1],
                result.ctypes.data, *self.size[::-1],
            )  # fmt: skip
            close = np.abs(resized_in_numpy(plane, self.size, self.wishes.resize) - result)
            assert close.max() <= (0 if self.wishes.resize == "nearest" else 1.5)
            planes.append(result)
        return np.stack(planes, axis=-1)

    def step(self, *frames: Frame) -> np.ndarray:
        seen = []
        for frame in frames[-self.wishes.pool :]:
            if frame is not None:
                self.shown = self.looked_at(frame)
            seen.append(self.shown)
        black = np.zeros((*self.size, self.wishes.channels), np.int64)
        last = black if seen[-1] is None else seen[-1]
        for earlier in seen[:-1]:
            if earlier is None:
                continue
            height, width = np.minimum(earlier.shape[:2], last.shape[:2])
            other = np.zeros_like(last)
            other[:height, :width] = earlier[:height, :width]
            mean = (other + last + 1) // 2
            last = np.maximum(other, last) if self.wishes.pool_mode == "max" else mean
        self.observations.append(self.resized(last))
        return self.read()

    def read(self) -> np.ndarray:
        wishes = self.wishes
        black = np.zeros((*self.size, wishes.channels), np.uint8)
        stack = self.observations[-wishes.stack :] or [black]
        filler = stack[0] if wishes.padding == "repeat" else black
        stack = [filler] * (wishes.stack - len(stack)) + stack
        result = np.concatenate(stack, axis=-1)
        if wishes.layout == "CHW":
            result = np.moveaxis(result, -1, 0)
        return result if wishes.dtype == "uint8" else np.float32(result) / np.float32(255)


sides = st.integers(1, 24)
rectangles = st.tuples(st.integers(0, 26), st.integers(0, 26), sides, sides)
observations = st.builds(
    Observation,
    st.none() | st.tuples(sides, sides),
    crop=st.none() | rectangles,
    mask=st.lists(rectangles, max_size=3),
    rotate=st.booleans(),
    gray=st.sampled_from([False, *LUMAS]),
    pool=st.integers(1, 2),
    pool_mode=st.sampled_from(POOL_MODES),
    resize=st.sampled_from(RESIZE_MODES),
    stack=st.integers(1, 5) | st.just(16),
    padding=st.sampled_from(PADDINGS),
    layout=st.sampled_from(LAYOUTS),
    dtype=st.sampled_from(DTYPES),
)


@st.composite
def steps(draw: st.DrawFn) -> list[list[dict[str, int] | None] | str]:
    """Steps of one or two frames, where size, format and rotation change now and then."""
    picture: dict[str, int] = {}
    result: list[Any] = []
    for _ in range(draw(st.integers(1, 8))):
        action = draw(st.sampled_from(["step"] * 8 + ["clear", "save and load"]))
        if action != "step":
            result.append(action)
            continue
        frames: list[dict[str, int] | None] = []
        for _ in range(draw(st.integers(1, 3))):
            if not picture or draw(st.integers(0, 4)) == 0:
                picture = {
                    "height": draw(sides),
                    "width": draw(sides),
                    "pixel_format": draw(st.integers(0, 2)),
                    "rotation": draw(st.integers(0, 3)),
                    "padding": draw(st.integers(0, 5)),
                }
            frames.append(dict(picture) if draw(st.integers(0, 3)) else None)
        result.append(frames)
    return result


@given(
    wishes=observations,
    plan=steps(),
    maximum=st.just((24, 24)) | st.tuples(sides, sides),
    misalignment=st.integers(0, 7),
    seed=st.integers(0, 2**32 - 1),
)
@settings(max_examples=300, deadline=None)
def test_any_settings_and_pictures(
    probe: ctypes.CDLL,
    wishes: Observation,
    plan: list[Any],
    maximum: tuple[int, int],
    misalignment: int,
    seed: int,
) -> None:
    random = np.random.default_rng(seed)
    size = wishes.size_for(*maximum)
    reference = Reference(probe, wishes, size)
    with Observer(probe, wishes, (24, 24), size) as observer:
        for action in plan:
            if action == "clear":
                observer.clear()
                reference.clear()
            elif action == "save and load":
                history = observer.save()
                observer.prepare()
                assert observer.load(history)
                assert observer.save() == history
            else:
                frames = [kind and random_picture(random, **kind) for kind in action]
                # The batch gives only the frames that are pooled.
                for frame in frames[-wishes.pool :][:-1]:
                    assert observer.frame(frame, last=False)
                assert observer.frame(frames[-1], last=True)
                reference.step(*frames)
            np.testing.assert_array_equal(observer.read(misalignment), reference.read())
    assert probe.probe_alive() == 0


@pytest.fixture
def observe(probe: ctypes.CDLL) -> Iterator[Callable[..., Observer]]:
    """An observer with these settings for pictures of at most `maximum`."""
    opened: list[Observer] = []

    def open_one(maximum: tuple[int, int] = (24, 24), **wishes: Any) -> Observer:
        observation = Observation(**wishes)
        opened.append(Observer(probe, observation, maximum, observation.size_for(*maximum)))
        return opened[-1]

    yield open_one
    for observer in opened:
        observer.close()


def gray_picture(value: int, height: int = 2, width: int = 3) -> Picture:
    return Picture(XRGB8888, np.full((height, width), value * 0x010101, np.uint32))


def test_the_settings_are_those_of_the_header(probe: ctypes.CDLL) -> None:
    assert probe.probe_settings_size() == ctypes.sizeof(Settings)


def test_before_the_first_step_all_is_black(observe: Callable[..., Observer]) -> None:
    assert not observe((2, 3), stack=3).read().any()
    assert not observe((2, 3), stack=3, dtype="float32", layout="HWC").read().any()


def test_the_stack_is_padded_after_a_reset_and_the_newest_is_last(
    observe: Callable[..., Observer],
) -> None:
    for padding, expected in (("repeat", [1, 1, 1]), ("zero", [0, 0, 1])):
        observer = observe((2, 3), gray=True, stack=3, padding=padding)
        assert observer.step(gray_picture(1))[:, 0, 0].tolist() == expected
        assert observer.step(gray_picture(2))[:, 0, 0].tolist() == [*expected[1:], 2]
        assert observer.step(gray_picture(3))[:, 0, 0].tolist() == [1, 2, 3]
        assert observer.step(gray_picture(4))[:, 0, 0].tolist() == [2, 3, 4]
        observer.clear()
        assert not observer.read().any()
        assert observer.step(gray_picture(1))[:, 0, 0].tolist() == expected


def test_a_step_of_one_frame_is_not_pooled_with_the_step_before(
    observe: Callable[..., Observer],
) -> None:
    observer = observe((2, 3), gray=True, pool=2)
    assert observer.step(gray_picture(200), gray_picture(100)).max() == 200
    assert observer.step(gray_picture(50)).max() == 50


def test_a_repeat_shows_the_picture_as_it_was_before_pooling(
    observe: Callable[..., Observer],
) -> None:
    observer = observe((2, 3), gray=True, pool=2)
    assert observer.step(gray_picture(200), gray_picture(100)).max() == 200
    assert observer.step(None, None).max() == 100
    assert observer.step(None, gray_picture(60)).max() == 100
    assert observer.step(None).max() == 60
    assert observer.step(gray_picture(10), None).max() == 10
    assert observer.step(None, gray_picture(20)).max() == 20
    observer.clear()
    assert observer.step(None, None).max() == 0


def test_the_mean_rounds_up(observe: Callable[..., Observer]) -> None:
    observer = observe((2, 3), gray=True, pool=2, pool_mode="mean")
    assert (observer.step(gray_picture(3), gray_picture(6)) == 5).all()
    assert (observer.step(gray_picture(255), gray_picture(254)) == 255).all()


def test_gray_is_pooled_as_gray(observe: Callable[..., Observer]) -> None:
    red = Picture(XRGB8888, np.full((2, 3), 0xFF0000, np.uint32))
    green = Picture(XRGB8888, np.full((2, 3), 0x00FF00, np.uint32))
    assert (observe((2, 3), gray=True, pool=2).step(red, green) == 150).all()
    assert observe((2, 3), pool=2).step(red, green)[:, 0, 0].tolist() == [255, 255, 0]


def test_pooled_pictures_of_two_sizes_have_the_size_of_the_last(
    observe: Callable[..., Observer],
) -> None:
    observer = observe((2, 3), gray=True, pool=2, resize="nearest")
    larger = observer.step(gray_picture(9, 1, 2), gray_picture(5))
    assert larger[0].tolist() == [[9, 9, 5], [5, 5, 5]]
    smaller = observer.step(gray_picture(9, 4, 6), gray_picture(5, 1, 1))
    assert (smaller == 9).all()


@pytest.mark.parametrize("size", [(40, 50), (40, 30), (20, 50)])
@pytest.mark.parametrize("pool_mode", POOL_MODES)
@pytest.mark.parametrize("gray", [True, False])
def test_a_picture_that_is_taken_back_leaves_nothing_behind(
    observe: Callable[..., Observer], gray: bool, pool_mode: str, size: tuple[int, int]
) -> None:
    random = np.random.default_rng(11)
    wishes: dict[str, Any] = {"gray": gray, "pool": 2, "pool_mode": pool_mode, "stack": 3}
    first, last = (random_picture(random, 40, 50, RGB565) for _ in range(2))
    other = random_picture(random, *size, RGB565)
    once = observe((64, 64), **wishes, size=(11, 13))
    expected = once.step(first, last)
    twice = observe((64, 64), **wishes, size=(11, 13))
    assert twice.frame(other, last=False)
    twice.take_back()
    assert twice.frame(first, last=False)
    assert twice.frame(other, last=True)
    twice.take_back()
    assert twice.frame(last, last=True)
    np.testing.assert_array_equal(twice.read(), expected)
    assert twice.save() == once.save()


@pytest.mark.parametrize("crop", [(0, 0, 8, 8), (2, 3, 4, 3)])
def test_a_mask_may_lie_anywhere(
    observe: Callable[..., Observer], crop: tuple[int, int, int, int]
) -> None:
    part = np.s_[crop[0] : crop[0] + crop[2], crop[1] : crop[1] + crop[3]]
    for start in range(10):
        for length in range(1, 10):
            rows, columns = (start, 0, length, 8), (0, start, 8, length)
            for mask, covered in (
                (rows, np.s_[start : start + length]),
                (columns, np.s_[:, start : start + length]),
            ):
                expected = np.full((8, 8), 255)
                expected[covered] = 0
                observer = observe((8, 8), gray=True, crop=crop, mask=[mask])
                found = observer.step(gray_picture(255, 8, 8))[0]
                np.testing.assert_array_equal(found, expected[part])


def test_an_emptied_stack_forgets_the_step_under_way(observe: Callable[..., Observer]) -> None:
    observer = observe((2, 3), gray=True, pool=2)
    history = observer.save()
    for forget in (observer.clear, lambda: observer.load(history)):
        assert observer.frame(gray_picture(200), last=False)
        forget()
        assert observer.step(gray_picture(50)).max() == 50


def test_a_picture_without_pixels_is_black(observe: Callable[..., Observer]) -> None:
    nothing = Picture(XRGB8888, np.zeros((0, 3), np.uint32))
    for pool in (1, 2):
        observer = observe((2, 3), gray=True, pool=pool)
        observer.step(gray_picture(7), gray_picture(7))
        assert not observer.step(nothing, nothing).any()


@pytest.mark.parametrize("pool", [1, 2])
@pytest.mark.parametrize("gray", [True, False])
def test_a_step_allocates_nothing(
    probe: ctypes.CDLL, observe: Callable[..., Observer], gray: bool, pool: int
) -> None:
    random = np.random.default_rng(7)
    wishes: dict[str, Any] = {"gray": gray, "pool": pool, "stack": 4, "size": (11, 13)}
    for observer in (observe(**wishes), observe(**wishes, layout="HWC", dtype="float32")):
        frames = [random_picture(random, 24, 20, RGB565, 1) for _ in range(2)]
        observer.step(*frames)
        before = probe.probe_allocations()
        for _ in range(10):
            observer.step(*frames)
            observer.step(None, None)
            observer.clear()
            observer.load(observer.save())
        assert probe.probe_allocations() == before


def test_the_first_pictures_allocate_only_the_tables_of_the_resizer(
    probe: ctypes.CDLL, observe: Callable[..., Observer]
) -> None:
    observer = observe((24, 20), pool=2, stack=4)
    before = probe.probe_allocations()
    random = np.random.default_rng(8)
    observer.step(*(random_picture(random, 24, 20, ZRGB1555) for _ in range(2)))
    assert probe.probe_allocations() == before


@pytest.mark.parametrize("pool", [1, 2])
def test_without_memory_nothing_is_left_or_changed(
    probe: ctypes.CDLL, observe: Callable[..., Observer], pool: int
) -> None:
    observer = observe(pool=pool, stack=2, size=(7, 9), mask=[(0, 0, 1, 1)])
    random = np.random.default_rng(9)
    before = observer.step(*(random_picture(random, 12, 20, XRGB8888) for _ in range(2)))
    history = observer.save()
    larger = random_picture(random, 90, 70, XRGB8888, 1)
    failures = 0
    try:
        probe.probe_allow(0)
        while not observer.frame(larger, last=True):
            np.testing.assert_array_equal(observer.read(), before)
            assert observer.save() == history
            failures += 1
            probe.probe_allow(failures)
        assert failures > 1
        failures = 0
        probe.probe_allow(0)
        while True:
            try:
                observer.prepare()
                break
            except MemoryError:
                assert probe.probe_alive() == 0
                failures += 1
                probe.probe_allow(failures)
        assert failures > 2
    finally:
        probe.probe_allow(-1)


def test_a_history_grows_with_a_picture_larger_than_the_maximum(
    probe: ctypes.CDLL, observe: Callable[..., Observer]
) -> None:
    observer = observe((4, 5), pool=2, size=(3, 3))
    random = np.random.default_rng(10)
    observer.step(random_picture(random, 40, 50, RGB565))
    too_small = probe.probe_history_bytes(observer.settings)
    memory = np.full(too_small + 40 * 50 * 3, GUARD, np.uint8)
    assert probe.probe_save_history(observer.pointer, memory.ctypes.data, too_small) == 0
    assert (memory == GUARD).all()
    used = probe.probe_save_history(observer.pointer, memory.ctypes.data, len(memory))
    assert used == too_small - 4 * 5 * 3 + 40 * 50 * 3
    other = observe((4, 5), pool=2, size=(3, 3))
    assert other.load(memory[:used].tobytes())
    np.testing.assert_array_equal(other.step(None), observer.step(None))


def test_a_foreign_history_is_refused(observe: Callable[..., Observer]) -> None:
    random = np.random.default_rng(11)
    wishes: dict[str, Any] = {"pool": 2, "stack": 2, "size": (5, 6)}
    observer = observe(**wishes)
    expected = observer.step(*(random_picture(random, 9, 9, RGB565) for _ in range(2)))
    own = observer.save()
    others = [observe(**(wishes | other)) for other in (
        {"pool": 1}, {"stack": 3}, {"size": (6, 5)}, {"gray": True},
    )]  # fmt: skip
    for other in others:
        other.step(random_picture(random, 9, 9, RGB565))
    foreign = [other.save() for other in others]
    broken = [own[:cut] for cut in (0, 3, 20, 40, len(own) - 1)]
    broken += [own + b"\0", b"\0" + own[1:]]
    for place in range(0, 36, 4):  # the numbers of struct observation_history
        changed = bytearray(own)
        changed[place : place + 4] = b"\xff\xff\xff\xff"
        broken.append(bytes(changed))
    for history in [*foreign, *broken]:
        assert not observer.load(history)
    np.testing.assert_array_equal(observer.read(), expected)
    assert observer.load(own)


@pytest.mark.skipif(sys.platform == "win32", reason="needs mprotect")
@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.parametrize("pool", [1, 2])
def test_pixels_outside_the_crop_are_not_read(
    observe: Callable[..., Observer], pool: int, rotation: int
) -> None:
    """They lie on pages that end the process when they are touched."""
    page, height = mmap.PAGESIZE, 6
    memory = mmap.mmap(-1, 3 * page * height)
    words = np.frombuffer(memory, np.uint32).reshape(height, -1)
    words[:] = np.random.default_rng(12).integers(0, 1 << 24, words.shape, np.uint32)
    third = page // 4
    part = words[2:5, third : 2 * third].copy()
    start = words.ctypes.data
    libc = ctypes.CDLL(None, use_errno=True)
    libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    readable = [(row * 3 + 1) * page for row in (2, 3, 4)]
    for offset in range(0, len(memory), page):
        if offset not in readable:
            assert libc.mprotect(start + offset, page, 0) == 0
    upright = np.zeros((height, 3 * third), bool)
    upright[2:5, third : 2 * third] = True
    rows, columns = np.nonzero(np.rot90(upright, rotation))
    crop = (rows[0], columns[0], rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1)
    observer = observe(words.shape, crop=crop, pool=pool)
    picture = Picture(XRGB8888, words, rotation)
    found = observer.step(*[picture] * pool)
    expected = np.rot90(Picture(XRGB8888, part).rgb, rotation)
    np.testing.assert_array_equal(found, np.moveaxis(expected, -1, 0))
    for offset in range(0, len(memory), page):
        assert libc.mprotect(start + offset, page, mmap.PROT_READ | mmap.PROT_WRITE) == 0


def test_frames_that_are_not_pooled_are_not_read(observe: Callable[..., Observer]) -> None:
    observer = observe((2, 3), gray=True)
    assert observer.probe.probe_picture(observer.pointer, False, RGB565, None, 6, 3, 2, 0)
    assert observer.step(gray_picture(4)).max() == 4


def test_it_equals_opencv(observe: Callable[..., Observer]) -> None:
    cv2 = pytest.importorskip("cv2")
    random = np.random.default_rng(13)
    for shape in ((210, 160), (224, 320), (144, 160)):
        for resize, tolerance in (("area-exact", 0), ("area", 1), ("bilinear", 1), ("nearest", 0)):
            observer = observe(shape, size=(84, 84), gray=True, pool=2, resize=resize)
            frames = [random_picture(random, *shape, RGB565) for _ in range(2)]
            found = observer.step(*frames)[0].astype(int)
            gray = [
                cv2.cvtColor(frame.rgb.astype(np.uint8), cv2.COLOR_RGB2GRAY) for frame in frames
            ]
            mode = {"bilinear": cv2.INTER_LINEAR, "nearest": cv2.INTER_NEAREST}
            expected = cv2.resize(
                np.maximum(*gray), (84, 84), interpolation=mode.get(resize, cv2.INTER_AREA)
            )
            assert np.abs(found - expected).max() <= tolerance


INTERLEAVING = {
    "here": ([], []),
    "neon": (["aarch64-linux-gnu-gcc"], ["qemu-aarch64"]),
}


@pytest.mark.parametrize("machine", INTERLEAVING)
def test_interleaving_equals_a_loop_over_bytes(build_cache: Path, machine: str) -> None:
    """Also with the kernels of a processor that is not here, run by qemu."""
    cross_compiler, emulator = INTERLEAVING[machine]
    for program in cross_compiler + emulator:
        if not shutil.which(program):
            pytest.skip(f"{program} is not installed")
    static = ["-static"] if cross_compiler else []
    try:
        executable = build(
            PROBE, "observation_probe", build_cache, "-O3", "-DPROBE_MAIN", *static,
            command="".join(cross_compiler), units=UNITS,
        )  # fmt: skip
    except NoCompilerError as error:
        pytest.skip(str(error))
    result = subprocess.run(
        [*emulator, str(executable)], capture_output=True, text=True, timeout=300, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "scalar" in result.stdout.split()
    assert machine != "neon" or "neon" in result.stdout.split()


def test_an_observation_is_plain_data() -> None:
    nature = Observation((84, 84), gray=True, pool=2, stack=4)
    assert nature.shape_for(210, 160) == (4, 84, 84)
    assert pickle.loads(pickle.dumps(nature)) == nature
    assert len({nature, Observation(size=(84, 84), gray="bt601", pool=2, stack=4)}) == 1
    assert nature != Observation((84, 84), gray="bt709", pool=2, stack=4)
    with pytest.raises(FrozenInstanceError):
        nature.pool = 1  # type: ignore[misc]
    with pytest.raises(TypeError, match="positional"):
        Observation((84, 84), (0, 0, 1, 1))  # type: ignore[call-arg]


@pytest.mark.parametrize(
    ("wishes", "shape"),
    [
        ({}, (3, 210, 160)),
        ({"size": (84, 80)}, (3, 84, 80)),
        ({"gray": True, "layout": "HWC"}, (210, 160, 1)),
        ({"stack": 4, "layout": "HWC", "crop": (9, 9, 20, 30)}, (20, 30, 12)),
        ({"crop": (9, 9, 20, 30), "size": (5, 6), "gray": "average"}, (1, 5, 6)),
    ],
)
def test_shapes(wishes: dict[str, Any], shape: tuple[int, int, int]) -> None:
    assert Observation(**wishes).shape_for(210, 160) == shape


def test_values_have_one_form() -> None:
    given_loosely: dict[str, Any] = {
        "size": np.array([84, 80]), "crop": [0, 1, 2, 3], "mask": np.array([[0, 1, 2, 3]]),
        "rotate": np.True_, "gray": np.True_, "pool": np.int64(2), "dtype": np.float32,
    }  # fmt: skip
    observation = Observation(**given_loosely)
    assert observation == Observation(
        (84, 80), crop=(0, 1, 2, 3), mask=((0, 1, 2, 3),), gray="bt601", pool=2, dtype="float32"
    )
    kinds = {type(getattr(observation, field.name)) for field in fields(observation)}
    assert kinds == {tuple, bool, str, int}
    assert eval(repr(observation)) == observation


@pytest.mark.parametrize(
    ("wishes", "error", "message"),
    [
        ({"size": 84}, TypeError, r"size is \(height, width\) in pixels, not 84"),
        ({"size": (84,)}, ValueError, r"size is \(height, width\), 2 numbers; \(84,\) has 1"),
        ({"size": (0, 84)}, ValueError, "height of size .* is between 1 and 16384, not 0"),
        ({"size": (84, 8.5)}, TypeError, "width of size .* is a whole number, not 8.5"),
        ({"size": "84"}, TypeError, "size is .* not '84'"),
        ({"crop": (0, -1, 5, 5)}, ValueError, "left of crop .* between 0 and 16384, not -1"),
        ({"crop": (0, 0, 5, 0)}, ValueError, "width of crop .* between 1 and 16384, not 0"),
        ({"mask": (0, 0, 5, 5)}, TypeError, r"for a single one give mask=\[\(0, 0, 5, 5\)\]"),
        ({"mask": None}, TypeError, "mask is a sequence of rectangles"),
        (
            {"mask": [(0, 0, 5, 5), (1, 2)]},
            ValueError,
            r"mask\[1\] is \(top, left, height, width\)",
        ),
        ({"rotate": 1}, TypeError, "rotate is True or False, not 1"),
        ({"gray": 1}, TypeError, "gray is True, False or the name of a luma, not 1"),
        ({"gray": "luma"}, ValueError, "gray is 'bt601', 'bt709' or 'average'; there is no 'luma'"),
        ({"pool": 3}, ValueError, "pool is between 1 and 2, not 3"),
        ({"pool": True}, TypeError, "pool is a whole number, not True"),
        ({"pool_mode": max}, TypeError, "pool_mode is 'max' or 'mean', not <built-in"),
        ({"resize": "cubic"}, ValueError, "resize is 'nearest', .* or 'area-exact'; .* 'cubic'"),
        ({"stack": 17}, ValueError, "stack is between 1 and 16, not 17"),
        ({"padding": "black"}, ValueError, "padding is 'repeat' or 'zero'; there is no 'black'"),
        ({"layout": "chw"}, ValueError, "layout is 'CHW' or 'HWC'; there is no 'chw'"),
        ({"dtype": "int8"}, ValueError, "dtype is 'uint8' or 'float32', not 'int8'"),
        ({"dtype": ">f4"}, ValueError, "dtype is 'uint8' or 'float32', not '>f4'"),
        ({"dtype": "pixels"}, ValueError, "dtype is 'uint8' or 'float32', not 'pixels'"),
        ({"dtype": None}, TypeError, "dtype is 'uint8' or 'float32', not None"),
        ({"dtype": 5}, TypeError, "dtype is 'uint8' or 'float32', not 5"),
    ],
)
def test_what_is_wrong_is_said(
    wishes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Observation(**wishes)


@pytest.mark.parametrize("size", [(0, 5), (5, 20000)])
def test_pictures_have_a_size(size: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is between 1 and 16384"):
        Observation((84, 84)).shape_for(*size)
