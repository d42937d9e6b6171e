"""Memory of the frontend's that cores draw into (GET_CURRENT_SOFTWARE_FRAMEBUFFER)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from observe import BuildCore, OpenCore, content_of, present, words
from real import PLAYS, Play

from pylibretro import Core, CoreBatch, Display, Observation

DRAW, HALF, DROP, DUPE, OWN, NARROW, TWICE, FORMAT, LATE, PIXELS = range(10)
RGB1555, XRGB8888, RGB565 = range(3)
DTYPES = {RGB1555: np.uint16, XRGB8888: np.uint32, RGB565: np.uint16}

Row = tuple[int, ...]


def as_content(rows: Sequence[Row]) -> bytes:
    return content_of(*(word for row in [*rows, (2**32 - 1,)] for word in (*row, *[0] * 5)[:6]))


def drawn(pixel_format: int, width: int, height: int, seed: int) -> np.ndarray:
    """The picture as tests/cores/software_framebuffer.c draws it."""
    dtype = np.dtype(DTYPES[pixel_format])
    rows, columns = np.indices((height, width * dtype.itemsize))
    return (columns * 7 + rows * 13 + seed).astype(np.uint8).view(dtype)


def answers(core: Core, row: int) -> list[int]:
    """Of a row: its answer, the pitch and format given, whether the memory was zero."""
    return words(core)[1 + 4 * row : 5 + 4 * row]


@pytest.mark.environment(
    "GET_CURRENT_SOFTWARE_FRAMEBUFFER",
    "with `Display(software_framebuffer=True)` zeroed memory that becomes the picture without a "
    "copy",
)
@pytest.mark.parametrize("pixel_format", [RGB1555, XRGB8888, RGB565])
def test_what_is_drawn_there_is_the_picture(open_core: OpenCore, pixel_format: int) -> None:
    rows = [
        (0, FORMAT, pixel_format),
        (0, DRAW, 70, 41, 1),
        (1, DRAW, 70, 41, 2),
        (2, DRAW, 33, 60, 3),
        (3, DRAW, 320, 240, 4),
    ]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    for number, (_, _, width, height, seed) in enumerate(rows[1:], 1):
        core.run()
        np.testing.assert_array_equal(core.raw_frame, drawn(pixel_format, width, height, seed))
        pitch = width * np.dtype(DTYPES[pixel_format]).itemsize
        assert answers(core, number) == [1, pitch, pixel_format, 1]


@pytest.mark.environment("GET_CURRENT_SOFTWARE_FRAMEBUFFER")
def test_by_default_it_is_refused(open_core: OpenCore) -> None:
    core = open_core("software_framebuffer", as_content([(0, DRAW, 70, 41, 1)]))
    core.run()
    assert answers(core, 0) == [0, 0, 0, 0]
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, 1))


@pytest.mark.parametrize(("width", "height"), [(0, 5), (5, 0), (1 << 20, 2), (16384, 16384)])
def test_impossible_sizes_are_refused(open_core: OpenCore, width: int, height: int) -> None:
    rows = [(0, FORMAT, XRGB8888), (0, DROP, width, height)]
    # It would draw into its own memory when refused: nothing of it is sent.
    rows[1] = (0, OWN + 100, width, height)
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    core.run()
    assert answers(core, 1)[:2] == [0, 0]


@pytest.mark.parametrize("operation", [DROP, DUPE])
@pytest.mark.parametrize("steps", [[4], [1, 1, 1, 1]])
def test_what_was_drawn_and_not_sent_is_not_shown(
    open_core: OpenCore, operation: int, steps: list[int]
) -> None:
    rows = [(0, DRAW, 70, 41, 1), (1, operation, 70, 41, 2), (3, operation, 70, 41, 3)]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    for step in steps:
        core.run(step)
        np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, 1))


def test_what_is_left_out_is_black_in_every_frame(open_core: OpenCore) -> None:
    rows = [(frame, HALF if frame % 2 else DRAW, 70, 40, frame) for frame in range(8)]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    for frame in range(8):
        core.run()
        expected = drawn(RGB1555, 70, 40, frame)
        if frame % 2:
            expected[20:] = 0
        np.testing.assert_array_equal(core.raw_frame, expected)


def test_a_core_may_ask_and_send_its_own_memory(open_core: OpenCore) -> None:
    rows = [(0, OWN, 70, 41, 1), (1, DRAW, 70, 41, 2), (2, OWN, 70, 41, 3)]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    for seed in (1, 2, 3):
        core.run()
        np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, seed))


def test_a_core_may_send_less_than_it_asked_for(open_core: OpenCore) -> None:
    rows = [(0, NARROW, 70, 41, 1, 10), (1, NARROW, 70, 41, 2, 10), (3, DRAW, 70, 41, 5)]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    core.run()
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, 1))
    core.run(2)
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, 2))


def test_a_pitch_that_cannot_be_is_the_one_that_was_given(open_core: OpenCore) -> None:
    """As fceumm tells it, in pixels."""
    rows = [(0, PIXELS, 70, 41, 1), (1, PIXELS, 30, 20, 2)]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    core.run()
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, 1))
    core.run()
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 30, 20, 2))


def test_asked_twice_in_a_frame_it_is_the_same_memory(open_core: OpenCore) -> None:
    core = open_core(
        "software_framebuffer",
        as_content([(0, TWICE, 70, 41, 1)]),
        display=Display(software_framebuffer=True),
    )
    core.run()
    assert answers(core, 0)[0] == 1
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 70, 41, 1))


def test_memory_of_an_earlier_frame_is_no_danger(open_core: OpenCore) -> None:
    rows = [(0, DRAW, 70, 41, 1), (1, DRAW, 70, 41, 2), (2, LATE, 70, 41), (3, DRAW, 300, 200, 4)]
    rows += [(4, LATE, 320, 240), (5, DRAW, 64, 48, 5)]
    core = open_core(
        "software_framebuffer", as_content(rows), display=Display(software_framebuffer=True)
    )
    core.run(6)
    np.testing.assert_array_equal(core.raw_frame, drawn(RGB1555, 64, 48, 5))


def test_captures_and_observations_look_at_it(build_core: BuildCore) -> None:
    path = build_core("software_framebuffer")
    rows: list[Row] = [(0, FORMAT, XRGB8888)]
    rows += [(frame, DRAW, 64, 48, frame) for frame in range(150)]
    with (
        Core(path, as_content(rows), display=Display(software_framebuffer=True)) as lent,
        Core(path, as_content(rows)) as own,
    ):
        np.testing.assert_array_equal(
            lent.capture(30, every=3).frames, own.capture(30, every=3).frames
        )
        lent.run(90)
        own.run(90)
        np.testing.assert_array_equal(lent.frame, own.frame)
    observation = Observation(size=(48, 64), pool=2, stack=2)
    seen = []
    for lends in (False, True):
        with CoreBatch(
            path,
            as_content(rows),
            count=3,
            observation=observation,
            display=Display(software_framebuffer=lends),
        ) as batch:
            for _ in range(20):
                batch.run(4)
            seen.append((batch.observations.copy(), batch.frames.copy()))
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])


ASKING = [play for play in PLAYS if play.core_id.endswith((":fceumm", ":snes9x", ":mgba"))]


@pytest.mark.parametrize("play", ASKING, ids=lambda play: play.id)
def test_real_cores_draw_there_the_same_in_every_run(play: Play, tmp_path: Path) -> None:
    pictures = []
    for _ in range(2):
        with Core(
            play.core,
            play.content(tmp_path),
            options=play.options,
            display=Display(software_framebuffer=True),
        ) as core:
            core.run(10)
            shown = [present(core.frame)]
            for _ in range(20):
                core.run()
                shown.append(present(core.frame))
            pictures.append(shown)
    for first, second in zip(*pictures, strict=True):
        np.testing.assert_array_equal(first, second)
