"""Pictures: every format, pitch, size and rotation, repeated frames, and impossible ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observe import OpenCore, content_of, present, words

from pylibretro import Core, PixelFormat
from pylibretro.error import CoreShutdownError, ProtocolError

PICTURE, DUPE, HARDWARE, FORMAT, ROTATION, GEOMETRY, AV_INFO, CAN_DUPE, SHUTDOWN, HOSTILE = range(
    10
)
RGB1555, XRGB8888, RGB565 = range(3)
DTYPES = {RGB1555: np.uint16, XRGB8888: np.uint32, RGB565: np.uint16}


# Of (frame, operation, width, height, pitch, seed); zeros at the end may be left out.
Row = tuple[int, ...]
Rows = Sequence[Row]


def as_content(rows: Rows) -> bytes:
    """Rows of (frame, operation, width, height, pitch, seed) as tests/cores/video.c reads them."""
    never = (2**32 - 1, PICTURE)
    return content_of(*(word for row in [*rows, never] for word in (*row, 0, 0, 0, 0)[:6]))


def drawn(pixel_format: int, width: int, height: int, pitch: int, seed: int) -> np.ndarray:
    """The picture as tests/cores/video.c draws it, in the core's own pixels."""
    dtype = np.dtype(DTYPES[pixel_format])
    row = width * dtype.itemsize
    place = np.arange(pitch * (height - 1) + row, dtype=np.uint64)
    data = ((place * 167 + seed * 31) ^ (place >> 8)).astype(np.uint8)
    data = np.concatenate([data, np.zeros(pitch, np.uint8)])[: pitch * height]
    return np.ascontiguousarray(data.reshape(height, pitch)[:, :row]).view(dtype)


def rgb_of(pixel_format: int, pixels: np.ndarray) -> np.ndarray:
    pixels = pixels.astype(np.uint32)
    if pixel_format == XRGB8888:
        channels = [pixels >> 16 & 255, pixels >> 8 & 255, pixels & 255]
    elif pixel_format == RGB565:
        red, green, blue = pixels >> 11, pixels >> 5 & 63, pixels & 31
        channels = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
    else:
        fields = [pixels >> 10 & 31, pixels >> 5 & 31, pixels & 31]
        channels = [field << 3 | field >> 2 for field in fields]
    return np.stack(channels, axis=-1).astype(np.uint8)


class Screen:
    """What a frontend has to show after each frame, worked out in the plainest way."""

    def __init__(self, rows: Rows) -> None:
        self.frames: dict[int, list[Row]] = {}
        for row in rows:
            self.frames.setdefault(row[0], []).append((*row, 0, 0, 0, 0)[1:6])
        self.format = RGB1555
        self.rotation = 0
        self.last: tuple[tuple[int, int, int, int, int], int] | None = None

    def run(self, frame: int) -> None:
        for operation, width, height, pitch, seed in self.frames.get(frame, ()):
            if operation == PICTURE:
                self.last = (self.format, width, height, pitch, seed), self.rotation
            elif operation == FORMAT:
                self.format = width
            elif operation == ROTATION:
                self.rotation = width

    @property
    def raw(self) -> np.ndarray:
        return drawn(*present(self.last)[0])

    @property
    def rgb(self) -> np.ndarray:
        (pixel_format, *_), rotation = present(self.last)
        return np.rot90(rgb_of(pixel_format, self.raw), rotation)


def show(core: Core, screen: Screen) -> None:
    if screen.last is None:
        assert core.frame is None
        assert core.raw_frame is None
        return
    np.testing.assert_array_equal(core.frame, screen.rgb)
    np.testing.assert_array_equal(core.raw_frame, screen.raw)
    assert present(core.raw_frame).dtype == screen.raw.dtype


def check(open_core: OpenCore, rows: Rows, steps: list[int]) -> Core:
    """Run the script in steps of so many frames, and compare after each."""
    core = open_core("video", as_content(rows))
    screen = Screen(rows)
    frame = 0
    for step in steps:
        assert core.run(step) == step
        for _ in range(step):
            screen.run(frame)
            frame += 1
        show(core, screen)
    assert core.frame_count == frame
    return core


@pytest.mark.parametrize("pixel_format", [RGB1555, XRGB8888, RGB565])
@pytest.mark.parametrize("padding", [0, 4, 101, 4096])
def test_padding_between_rows_is_not_shown(
    open_core: OpenCore, pixel_format: int, padding: int
) -> None:
    pitch = 70 * np.dtype(DTYPES[pixel_format]).itemsize + padding
    rows: list[Row] = [(0, FORMAT, pixel_format), (0, PICTURE, 70, 41, pitch, 1)]
    core = check(open_core, rows, [1])
    assert core.pixel_format == PixelFormat(pixel_format)


def test_there_is_no_picture_before_the_first(open_core: OpenCore) -> None:
    core = open_core("video", as_content([(2, PICTURE, 8, 8, 16, 3)]))
    assert core.frame is None
    assert core.raw_frame is None
    core.run(2)
    assert core.frame is None
    core.run()
    assert present(core.frame).shape == (8, 8, 3)


@pytest.mark.environment("SET_PIXEL_FORMAT", "0RGB1555, XRGB8888 and RGB565, at any frame")
def test_the_format_may_change_at_any_frame(open_core: OpenCore) -> None:
    rows: list[Row] = [
        (0, PICTURE, 20, 10, 40, 1),
        (1, FORMAT, XRGB8888),
        (1, PICTURE, 20, 10, 80, 2),
        (2, FORMAT, RGB565),
        (3, PICTURE, 20, 10, 40, 3),
        (4, FORMAT, RGB1555),
        (4, DUPE, 20, 10, 40, 4),
        (5, PICTURE, 20, 10, 40, 5),
    ]
    check(open_core, rows, [1] * 7)
    check(open_core, rows, [3, 3])


@pytest.mark.environment("SET_PIXEL_FORMAT", "other formats are refused")
@pytest.mark.parametrize("wrong", [3, 4, 5, 255, 2**31 - 1])
def test_other_formats_are_refused_and_change_nothing(open_core: OpenCore, wrong: Any) -> None:
    rows: list[Row] = [(0, FORMAT, XRGB8888), (1, FORMAT, wrong), (2, FORMAT, XRGB8888)]
    rows += [(1, FORMAT, RGB565)]
    core = open_core("video", as_content(rows))
    core.run(3)
    assert words(core)[1:5] == [1, 0, 1, 1]


def test_the_size_may_change_at_any_frame(open_core: OpenCore) -> None:
    sizes = [(256, 192), (320, 192), (320, 224), (160, 144), (1, 1), (3, 240), (320, 240)]
    rows: list[Row] = [(0, FORMAT, RGB565)]
    rows += [(n, PICTURE, w, h, 2 * w + 64, n) for n, (w, h) in enumerate(sizes)]
    check(open_core, rows, [1] * len(sizes))
    check(open_core, rows, [len(sizes)])


def test_a_picture_may_be_larger_than_the_declared_maximum(open_core: OpenCore) -> None:
    rows: list[Row] = [(0, PICTURE, 320, 240, 640, 1), (1, PICTURE, 512, 480, 1024, 2)]
    rows += [(2, PICTURE, 1920, 1080, 4000, 3), (3, PICTURE, 320, 240, 640, 4)]
    check(open_core, rows, [1] * 4)
    check(open_core, rows, [2, 1, 1])


def test_the_last_of_several_pictures_in_a_frame_counts(open_core: OpenCore) -> None:
    rows: list[Row] = [
        (0, PICTURE, 16, 16, 32, 1),
        (0, PICTURE, 20, 12, 40, 2),
        (1, PICTURE, 16, 16, 32, 3),
    ]
    rows += [(1, DUPE, 16, 16, 32, 4)]
    core = check(open_core, rows, [1, 1])
    assert core.frame_count == 2


def test_a_frame_without_a_picture_keeps_the_last_one(open_core: OpenCore) -> None:
    rows: list[Row] = [(n, PICTURE, 16, 16, 32, n) for n in range(0, 40, 5)]
    check(open_core, rows, [1] * 40)
    check(open_core, rows, [7] * 6)


PATTERNS: dict[str, Callable[[int], bool]] = {
    "every other": lambda n: n % 2 == 1,
    "three of four": lambda n: n % 4 != 0,
    "one in fifty": lambda n: n % 50 == 49,
    "a long stretch": lambda n: 100 <= n < 180,
    "first only after 200": lambda n: n >= 200,
    "only the last": lambda n: n == 299,
}


FIRST_REPEATS_LATE = {"a long stretch", "first only after 200", "only the last"}

# Small pictures may be treated otherwise than those of a real console.
SMALL, LARGE = (24, 16, 56), (320, 224, 704)


@pytest.mark.parametrize("asks", [False, True], ids=["does not ask", "asks whether it may"])
@pytest.mark.parametrize("pattern", PATTERNS)
@pytest.mark.parametrize(
    ("size", "steps"),
    [
        pytest.param(SMALL, [1] * 300, id="small, frame by frame"),
        pytest.param(SMALL, [7] * 42, id="small, by sevens"),
        pytest.param(SMALL, [300], id="small, all at once"),
        pytest.param(LARGE, [99, 2, 99, 1, 99], id="large, in five steps"),
        pytest.param(LARGE, [7] * 42, id="large, by sevens"),
        pytest.param(LARGE, [300], id="large, all at once"),
    ],
)
def test_a_repeated_frame_shows_the_last_picture(
    open_core: OpenCore, size: tuple[int, int, int], asks: bool, pattern: str, steps: list[int]
) -> None:
    """The core draws rubbish into its own buffer on repeated frames: it is not to be seen.

    Large pictures that nobody will see are not copied for a core that neither asked whether it may
    repeat nor did so early: its first late repeat shows what the core left in its buffer.
    """
    repeats = PATTERNS[pattern]
    rows: list[Row] = [(0, CAN_DUPE)] if asks else []
    late = size == LARGE and pattern in FIRST_REPEATS_LATE and not asks
    known = {3} if late else set()  # one early repeat, by which the core is known to repeat
    kinds = [DUPE if repeats(n) or n in known else PICTURE for n in range(300)]
    rows += [(n, kind, *size, n) for n, kind in enumerate(kinds)]
    check(open_core, rows, steps)


@pytest.mark.parametrize("size", [SMALL, LARGE], ids=["small", "large"])
@pytest.mark.parametrize("pattern", PATTERNS)
def test_a_repeated_frame_is_captured_as_the_last_picture(
    open_core: OpenCore, size: tuple[int, int, int], pattern: str
) -> None:
    kinds = [DUPE if PATTERNS[pattern](n) else PICTURE for n in range(300)]
    rows: list[Row] = [(n, kind, *size, n) for n, kind in enumerate(kinds)]
    core = open_core("video", as_content(rows))
    screen = Screen(rows)
    captured = core.capture(300, every=3)
    assert captured.frames.shape == (100, size[1], size[0], 3)
    for frame in range(300):
        screen.run(frame)
        if frame % 3 == 2:
            np.testing.assert_array_equal(captured.frames[frame // 3], screen.rgb)


@pytest.mark.environment("GET_CAN_DUPE")
def test_a_core_may_repeat(open_core: OpenCore) -> None:
    core = open_core("video", as_content([(0, CAN_DUPE)]))
    core.run()
    assert words(core)[1] == 2 | 1


def test_capture_keeps_every_picture(open_core: OpenCore) -> None:
    rows: list[Row] = [(0, FORMAT, XRGB8888)]
    rows += [(n, PICTURE, 33, 21, 150, n) for n in range(20)]
    core = open_core("video", as_content(rows))
    screen = Screen(rows)
    captured = core.capture(20)
    assert captured.sizes is None
    for frame in range(20):
        screen.run(frame)
        np.testing.assert_array_equal(captured.frames[frame], screen.rgb)
    show(core, screen)


def test_capture_tells_when_sizes_changed(open_core: OpenCore) -> None:
    sizes = [(10, 8), (20, 8), (20, 16), (5, 4)]
    rows: list[Row] = [(n, PICTURE, w, h, 2 * w, n) for n, (w, h) in enumerate(sizes)]
    core = open_core("video", as_content(rows))
    captured = core.capture(4)
    assert captured.frames.shape == (4, 16, 20, 3)
    assert present(captured.sizes).tolist() == [[h, w] for w, h in sizes]
    screen = Screen(rows)
    for frame, (w, h) in enumerate(sizes):
        screen.run(frame)
        np.testing.assert_array_equal(captured.frames[frame, :h, :w], screen.rgb)
        assert not captured.frames[frame, h:].any()
        assert not captured.frames[frame, :, w:].any()


@pytest.mark.environment("SET_ROTATION", "kept: `core.rotation`; frames are turned upright")
@pytest.mark.parametrize("rotation", range(4))
@pytest.mark.parametrize("pixel_format", [RGB1555, XRGB8888, RGB565])
def test_the_picture_is_upright(open_core: OpenCore, rotation: int, pixel_format: int) -> None:
    pitch = 50 * np.dtype(DTYPES[pixel_format]).itemsize
    rows: list[Row] = [(0, FORMAT, pixel_format), (0, ROTATION, rotation)]
    rows += [(n, PICTURE, 50, 20, pitch, n) for n in range(3)]
    core = check(open_core, rows, [1, 2])
    assert core.rotation == rotation
    assert present(core.frame).shape == ((50, 20, 3) if rotation % 2 else (20, 50, 3))
    assert present(core.raw_frame).shape == (20, 50)


def test_the_rotation_may_change_while_capturing(open_core: OpenCore) -> None:
    rows: list[Row] = [(2, ROTATION, 1)]
    rows += [(n, PICTURE, 12, 6, 24, n) for n in range(4)]
    core = open_core("video", as_content(rows))
    captured = core.capture(4)
    assert present(captured.sizes).tolist() == [[6, 12], [6, 12], [12, 6], [12, 6]]
    screen = Screen(rows)
    for frame, (height, width) in enumerate(present(captured.sizes)):
        screen.run(frame)
        np.testing.assert_array_equal(captured.frames[frame, :height, :width], screen.rgb)


@pytest.mark.environment("SET_ROTATION", "more than three quarter turns are refused")
def test_a_rotation_beyond_three_quarters_is_refused(open_core: OpenCore) -> None:
    core = open_core("video", as_content([(0, ROTATION, 4), (0, PICTURE, 8, 4, 16, 1)]))
    core.run()
    assert words(core)[1] == 0
    assert core.rotation == 0


def test_a_hardware_frame_without_hardware_is_not_touched(open_core: OpenCore) -> None:
    rows: list[Row] = [
        (0, PICTURE, 8, 4, 16, 1),
        (1, HARDWARE, 8, 4, 16),
        (2, HARDWARE, 2000, 2000, 16),
    ]
    check(open_core, rows, [1, 1, 1])
    check(open_core, [(0, HARDWARE, 8, 4, 16)], [1, 1])


@pytest.mark.environment("SET_GEOMETRY", "`core.geometry`; the maximum stays")
@pytest.mark.environment("SET_SYSTEM_AV_INFO", "`core.av_info` and `core.geometry`")
def test_geometry_is_kept_current(open_core: OpenCore) -> None:
    rows: list[Row] = [(1, GEOMETRY, 256, 192), (2, AV_INFO, 640, 480, 50, 32000)]
    core = open_core("video", as_content(rows))
    core.run()
    assert core.geometry[:4] == (320, 240, 320, 240)
    core.run()
    assert core.geometry[:2] == (256, 192)
    assert core.geometry[2:4] == (320, 240), "SET_GEOMETRY does not change the maximum"
    assert core.geometry.aspect_ratio == pytest.approx(256 / 192)
    assert core.av_info.fps == 60
    core.run()
    assert core.geometry[:4] == (640, 480, 640, 480)
    assert core.av_info.fps == 50
    assert core.av_info.sample_rate == 32000
    assert words(core)[1:3] == [1, 1]


@pytest.mark.environment(
    "SHUTDOWN", "the frame completes, then nothing runs any more: `core.shut_down`"
)
def test_shutdown_ends_the_run(open_core: OpenCore) -> None:
    rows: list[Row] = [(n, PICTURE, 8, 4, 16, n) for n in range(10)] + [(4, SHUTDOWN)]
    core = open_core("video", as_content(rows))
    assert core.run(10) == 5
    assert core.shut_down
    assert core.frame_count == 5
    np.testing.assert_array_equal(core.frame, rgb_of(RGB1555, drawn(RGB1555, 8, 4, 16, 4)))
    for call in (core.run, core.reset, core.save_state):
        with pytest.raises(CoreShutdownError):
            call()
    core.close()


def test_shutdown_ends_a_capture(open_core: OpenCore) -> None:
    rows: list[Row] = [(n, PICTURE, 8, 4, 16, n) for n in range(10)] + [(4, SHUTDOWN)]
    captured = open_core("video", as_content(rows)).capture(10)
    assert len(captured.frames) == 5


HOSTILE_PICTURES = {
    "no width": (0, 10, 100),
    "no height": (10, 0, 100),
    "width of 2**31": (2**31, 1, 2**31),
    "height of 2**31": (1, 2**31, 2),
    "both of 2**16": (2**16, 2**16, 2**17),
    "both of 2**32 - 1": (2**32 - 1, 2**32 - 1, 2**32 - 1),
    "pitch shorter than the row": (100, 10, 199),
    "no pitch": (100, 10, 0),
    "larger than the memory it points to": (16000, 8000, 32000),
}


@pytest.mark.parametrize("kind", HOSTILE_PICTURES)
def test_an_impossible_picture_is_an_error_and_no_crash(open_core: OpenCore, kind: str) -> None:
    rows: list[Row] = [
        (0, PICTURE, 8, 4, 16, 1),
        (1, HOSTILE, *HOSTILE_PICTURES[kind], 0),
    ]
    rows += [(3, PICTURE, 8, 4, 16, 2)]
    core = open_core("video", as_content(rows))
    core.run()
    first = core.frame
    with pytest.raises(ProtocolError, match="picture of"):
        core.run()
    np.testing.assert_array_equal(core.frame, first)
    core.run(2)
    np.testing.assert_array_equal(core.frame, rgb_of(RGB1555, drawn(RGB1555, 8, 4, 16, 2)))


def test_one_row_needs_no_pitch(open_core: OpenCore) -> None:
    check(open_core, [(0, PICTURE, 40, 1, 80, 7)], [1])


def test_pictures_are_yours(open_core: OpenCore) -> None:
    rows: list[Row] = [(n, PICTURE, 8, 4, 16, n) for n in range(3)]
    core = open_core("video", as_content(rows))
    core.run()
    frame, raw = present(core.frame), present(core.raw_frame)
    kept, kept_raw = frame.copy(), raw.copy()
    core.run()
    np.testing.assert_array_equal(frame, kept)
    np.testing.assert_array_equal(raw, kept_raw)
    frame[:] = 0
    assert present(core.frame).any()


@st.composite
def scripts(draw: st.DrawFn) -> tuple[Rows, list[int]]:
    """Some frames, each with some operations."""
    rows: list[Row] = []
    pixel_format = RGB1555
    frames = draw(st.integers(1, 30))
    for frame in range(frames):
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 2, 3]))):
            operation = draw(st.sampled_from([PICTURE] * 6 + [DUPE] * 4 + [FORMAT, ROTATION]))
            if operation == FORMAT:
                pixel_format = draw(st.sampled_from([RGB1555, XRGB8888, RGB565]))
                rows.append((frame, FORMAT, pixel_format))
            elif operation == ROTATION:
                rows.append((frame, ROTATION, draw(st.integers(0, 3))))
                operation = PICTURE
            if operation in (PICTURE, DUPE):
                width, height = draw(st.integers(1, 40)), draw(st.integers(1, 12))
                pitch = width * np.dtype(DTYPES[pixel_format]).itemsize + draw(st.integers(0, 9))
                rows.append((frame, operation, width, height, pitch, draw(st.integers(0, 999))))
    steps: list[int] = []
    while sum(steps) < frames:
        steps.append(draw(st.integers(1, 8)))
    return rows, steps


@given(scripts())
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_script(open_core: OpenCore, script: tuple[Rows, list[int]]) -> None:
    check(open_core, *script).close()
