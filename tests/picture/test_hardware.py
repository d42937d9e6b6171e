"""Hardware rendering: OpenGL contexts without a window, and the pictures that cores draw there."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from child import run_child
from observe import BuildCore, OpenCore, content_of, noted, present, words

from pylibretro import Core, CoreBatch, Display, HardwareContextType, Observation, PixelFormat
from pylibretro.error import LibretroError, ProtocolError

OPENGL, OPENGLES2, OPENGL_CORE, OPENGLES3, OPENGLES_VERSION, VULKAN = range(1, 7)
DEPTH, STENCIL, BOTTOM_LEFT, DEBUG, CACHE = 1, 2, 4, 8, 16
(
    DRAW,
    SHADE,
    DEPTHS,
    DUPE,
    SOFTWARE,
    AV_INFO,
    ASK,
    DISTURB,
    CHECK,
    SCRIBBLE,
    ROTATION,
    CAN_DUPE,
    FROM_THREAD,
    ADD,
    SEND,
    STOP,
) = range(16)
FRAME, ANSWER, RESETS, DESTROYS, FRAMEBUFFER, CURRENT, GL_ERROR, TIDY = range(8)
ROWS = 16
IN_RUN, IN_RESET, IN_SERIALIZE, IN_UNSERIALIZE = 1, 2, 4, 8
SET_HW_RENDER = 14

CONTEXTS = {
    "compatibility": (OPENGL, 0, 0),
    "core-3.3": (OPENGL_CORE, 3, 3),
    "core-4.3": (OPENGL_CORE, 4, 3),
    "es2": (OPENGLES2, 0, 0),
    "es3": (OPENGLES3, 0, 0),
    "es-3.1": (OPENGLES_VERSION, 3, 1),
}
WIDTH, HEIGHT = 64, 48

# Of (frame, operation, four numbers), and (type, major, minor).
Row = tuple[int, ...]
Context = tuple[int, int, int]


def content(
    context: Context = (OPENGL, 0, 0),
    flags: int = BOTTOM_LEFT,
    rows: Sequence[Row] = (),
    *,
    command: int = SET_HW_RENDER,
    maximum: tuple[int, int] = (WIDTH, HEIGHT),
) -> bytes:
    """What tests/cores/hardware_gl.c reads."""
    head = (*context, flags, command, maximum[1] << 16 | maximum[0])
    return content_of(*head, *(word for row in rows for word in (*row, 0, 0, 0, 0)[:6]))


def drawn(width: int, height: int, seed: int) -> np.ndarray:
    """The picture of DRAW: different in each corner."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (0x10, 0x20, 0x30 + seed)
    picture[: height // 3, : width // 2] = (0xC0, 0, seed)
    picture[:2, width - 5 :] = (0, 0xC0, seed)
    picture[height - 1 :, :3] = (0, 0, 0xC0 + seed)
    return picture


def shaded(width: int, height: int, seed: int, bottom_left: bool) -> np.ndarray:
    """The picture of SHADE: red counts columns, green counts rows of OpenGL."""
    picture = np.empty((height, width, 3), np.uint8)
    picture[..., 0] = np.arange(width)
    picture[..., 1] = np.arange(height)[:, None]
    picture[..., 2] = seed
    return picture[::-1] if bottom_left else picture


def show(core: Core, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(present(core.frame), expected)


@pytest.mark.parametrize("flags", [0, BOTTOM_LEFT, BOTTOM_LEFT | DEPTH | STENCIL])
@pytest.mark.parametrize("kind", CONTEXTS)
@pytest.mark.usefixtures("egl")
def test_the_picture_is_the_one_drawn_and_upright(
    open_core: OpenCore, kind: str, flags: int
) -> None:
    rows = [(0, DRAW, 64, 48, 7), (1, SHADE, 64, 48, 99), (2, DRAW, 33, 17, 1), (3, SHADE, 5, 48)]
    core = open_core("hardware_gl", content(CONTEXTS[kind], flags, rows))
    expected = [
        drawn(64, 48, 7),
        shaded(64, 48, 99, bool(flags & BOTTOM_LEFT)),
        drawn(33, 17, 1),
        shaded(5, 48, 0, bool(flags & BOTTOM_LEFT)),
    ]
    for picture in expected:
        core.run()
        show(core, picture)
    assert core.pixel_format == PixelFormat.XRGB8888
    raw = present(core.raw_frame)
    assert raw.dtype == np.uint32
    np.testing.assert_array_equal(raw >> 16 & 255, expected[-1][..., 0])
    np.testing.assert_array_equal(raw >> 8 & 255, expected[-1][..., 1])


@pytest.mark.environment(
    "SET_HW_RENDER",
    "a context of OpenGL or OpenGL ES where the system has EGL: `core.hardware`; refused are other "
    "kinds and, with `Display(hardware=False)`, all",
)
@pytest.mark.parametrize("kind", CONTEXTS)
@pytest.mark.usefixtures("egl")
def test_the_context_is_of_the_kind_asked_for(open_core: OpenCore, kind: str) -> None:
    asked = CONTEXTS[kind]
    core = open_core("hardware_gl", content(asked, DEPTH | BOTTOM_LEFT, maximum=(320, 200)))
    context = present(core.hardware)
    assert context.type == asked[0]
    assert context.version >= (asked[1:] if asked[1] else (2, 0))
    assert context.framebuffer_size == (200, 320)
    assert (context.depth, context.stencil, context.bottom_left_origin) == (True, False, True)
    assert context.renderer
    assert context.vendor
    told = noted(core)
    assert told["version"] == context.version_string
    assert ("OpenGL ES" in told["version"]) == kind.startswith("es")
    if kind.startswith("core"):
        assert "Core" in told["version"] or "Compatibility" not in told["version"]
    assert told["filled"] == "1"
    core.run()
    seen = words(core)
    assert seen[ANSWER] == 1
    assert seen[RESETS] == 1


@pytest.mark.usefixtures("egl")
def test_a_debugging_context_can_be_had(open_core: OpenCore) -> None:
    assert present(open_core("hardware_gl", content(flags=DEBUG)).hardware).debug
    assert not present(open_core("hardware_gl", content(flags=CACHE)).hardware).debug


@pytest.mark.parametrize("flags", [0, DEPTH, STENCIL, DEPTH | STENCIL])
@pytest.mark.parametrize("kind", CONTEXTS)
@pytest.mark.usefixtures("egl")
def test_depth_and_stencil_are_there_when_asked_for(
    open_core: OpenCore, kind: str, flags: int
) -> None:
    core = open_core("hardware_gl", content(CONTEXTS[kind], flags, [(0, DEPTHS, 60, 40)]))
    core.run()
    expected = np.empty((40, 60, 3), np.uint8)
    expected[:] = (0, 255, 0)
    if flags & DEPTH:
        expected[:, :30] = (255, 0, 0)
    # Without a stencil buffer its test passes everywhere; libretro has none without depth.
    has_stencil = flags == DEPTH | STENCIL
    expected[:, 20:40] = (0, 0, 255)
    if not has_stencil:
        expected[:] = (0, 0, 255)
    show(core, expected)
    context = present(core.hardware)
    assert (context.depth, context.stencil) == (bool(flags & DEPTH), has_stencil)


@pytest.mark.parametrize("kind", CONTEXTS)
@pytest.mark.usefixtures("egl")
def test_state_of_the_core_is_neither_minded_nor_touched(open_core: OpenCore, kind: str) -> None:
    rows = [
        (0, DRAW, 60, 40, 3),
        (0, DISTURB),
        (0, SEND, 60, 40),
        (1, CHECK),
        (1, DRAW, 60, 40, 8),
    ]
    core = open_core("hardware_gl", content(CONTEXTS[kind], BOTTOM_LEFT, rows))
    core.run()
    show(core, drawn(60, 40, 3))
    core.run()
    seen = words(core)
    assert seen[TIDY] == 1
    assert seen[GL_ERROR] == 0x500, "the core's error is still its own, and there is no other"
    show(core, drawn(60, 40, 8))


@pytest.mark.parametrize("kind", CONTEXTS)
@pytest.mark.usefixtures("egl")
def test_the_framebuffer_grows_and_keeps_its_name(open_core: OpenCore, kind: str) -> None:
    rows = [
        (0, DRAW, 64, 48, 3),
        (0, DISTURB),
        (1, AV_INFO, 300, 200),
        (1, CHECK),
        (1, DRAW, 300, 200, 4),
        (2, AV_INFO, 100, 220),
        (2, DRAW, 100, 220, 5),
        (3, DRAW, 300, 200, 6),
    ]
    core = open_core("hardware_gl", content(CONTEXTS[kind], BOTTOM_LEFT | DEPTH | STENCIL, rows))
    core.run()
    name = words(core)[FRAMEBUFFER]
    assert name > 0
    assert present(core.hardware).framebuffer_size == (48, 64)
    core.run()
    show(core, drawn(300, 200, 4))
    seen = words(core)
    assert seen[TIDY] == 1
    assert seen[FRAMEBUFFER] == name
    assert seen[RESETS] == 1
    assert core.geometry[:4] == (300, 200, 300, 200)
    core.run()
    show(core, drawn(100, 220, 5))
    assert words(core)[FRAMEBUFFER] == name
    assert present(core.hardware).framebuffer_size == (220, 300)
    core.run()
    show(core, drawn(300, 200, 6))


@pytest.mark.usefixtures("egl")
def test_a_framebuffer_beyond_all_limits_is_refused(open_core: OpenCore) -> None:
    rows = [(0, AV_INFO, 1 << 20, 48), (1, DRAW, 64, 48, 4)]
    core = open_core("hardware_gl", content(rows=rows))
    core.run(2)
    assert words(core)[ROWS] == 0
    show(core, drawn(64, 48, 4))
    with pytest.raises(LibretroError, match="makes no framebuffer of 65535 x 48"):
        open_core("hardware_gl", content(maximum=(65535, 48)))


@pytest.mark.usefixtures("egl")
def test_a_picture_larger_than_the_framebuffer_is_an_error(open_core: OpenCore) -> None:
    core = open_core("hardware_gl", content(rows=[(0, DRAW, 64, 48, 1), (1, SEND, 65, 48)]))
    core.run()
    with pytest.raises(ProtocolError, match="65 x 48 pixels out of a framebuffer"):
        core.run()
    show(core, drawn(64, 48, 1))
    core.run()


@pytest.mark.usefixtures("egl")
def test_the_framebuffer_keeps_what_was_drawn_before(open_core: OpenCore) -> None:
    size = HEIGHT << 16 | WIDTH
    rows = [(0, DRAW, 64, 48, 2), (1, ADD, 10, 20, 4, size), (70, ADD, 30, 5, 3, size)]
    core = open_core("hardware_gl", content(rows=rows))
    expected = drawn(64, 48, 2)
    core.run(2)
    expected[20:24, 10:14] = (255, 255, 0)
    show(core, expected)
    core.run(100)
    expected[5:8, 30:33] = (255, 255, 0)
    show(core, expected)


@pytest.mark.parametrize("steps", [[5], [1, 1, 1, 1, 1], [2, 3]])
@pytest.mark.usefixtures("egl")
def test_a_frame_without_a_picture_keeps_the_last_one(
    open_core: OpenCore, steps: list[int]
) -> None:
    rows = [
        (0, DRAW, 64, 48, 1),
        (1, SCRIBBLE, 64, 48),
        (1, DUPE, 64, 48),
        (2, SCRIBBLE, 64, 48),
        (3, DUPE, 64, 48),
    ]
    core = open_core("hardware_gl", content(rows=rows))
    for step in steps:
        core.run(step)
        show(core, drawn(64, 48, 1))


@pytest.mark.usefixtures("egl")
def test_repeats_long_after_the_start_of_a_core_that_may_repeat(open_core: OpenCore) -> None:
    rows: list[Row] = [(0, CAN_DUPE)]
    rows += [(frame, DRAW, 64, 48, frame % 50) for frame in range(0, 120, 2)]
    rows += [(frame, SCRIBBLE, 64, 48) for frame in range(1, 121, 2)]
    core = open_core("hardware_gl", content(rows=rows))
    core.run(100)
    show(core, drawn(64, 48, 48))
    captured = core.capture(20)
    for number, frame in enumerate(captured.frames):
        np.testing.assert_array_equal(frame, drawn(64, 48, (100 + number) // 2 * 2 % 50))


@pytest.mark.usefixtures("egl")
def test_a_long_run_shows_the_last_picture(open_core: OpenCore) -> None:
    rows = [(frame, DRAW, 64, 48, frame % 50) for frame in range(210)]
    core = open_core("hardware_gl", content(rows=rows))
    core.run(201)
    show(core, drawn(64, 48, 0))
    captured = core.capture(9, every=3)
    assert [int(frame[0, 0, 2]) for frame in captured.frames] == [3, 6, 9]
    show(core, drawn(64, 48, 9))


@pytest.mark.usefixtures("egl")
def test_capture_is_what_run_shows(open_core: OpenCore) -> None:
    rows = [
        (0, DRAW, 64, 48, 1),
        (1, DRAW, 40, 30, 2),
        (2, ROTATION, 1),
        (2, DRAW, 40, 30, 3),
        (3, ROTATION, 0),
        (3, SOFTWARE, 20, 10, 4),
        (4, DRAW, 64, 48, 5),
    ]
    one = open_core("hardware_gl", content(rows=rows))
    frames = []
    for _ in range(6):
        one.run()
        frames.append(present(one.frame))
    np.testing.assert_array_equal(frames[2], np.rot90(drawn(40, 30, 3)))
    np.testing.assert_array_equal(frames[3], drawn(20, 10, 4))
    np.testing.assert_array_equal(frames[5], drawn(64, 48, 5))
    other = open_core("hardware_gl", content(rows=rows))
    captured = other.capture(6)
    sizes = present(captured.sizes)
    for number, frame in enumerate(frames):
        height, width = sizes[number]
        np.testing.assert_array_equal(captured.frames[number, :height, :width], frame)


@pytest.mark.usefixtures("egl")
def test_the_old_form_of_the_request_ends_at_depth(open_core: OpenCore) -> None:
    command = SET_HW_RENDER | 0x10000
    flags = DEPTH | STENCIL | BOTTOM_LEFT | DEBUG
    core = open_core(
        "hardware_gl", content((OPENGL, 9, 9), flags, [(0, SHADE, 64, 48, 4)], command=command)
    )
    context = present(core.hardware)
    assert (context.depth, context.stencil, context.bottom_left_origin) == (True, False, False)
    assert not context.debug
    core.run()
    show(core, shaded(64, 48, 4, bottom_left=False))


REFUSED = {
    "Vulkan": (VULKAN, 1, 0),
    "Direct3D 11": (7, 11, 0),
    "Direct3D 12": (9, 12, 0),
    "an unknown kind": (77, 0, 0),
    "version 9.9": (OPENGL_CORE, 9, 9),
    "OpenGL ES .version 7.0": (OPENGLES_VERSION, 7, 0),
}


@pytest.mark.parametrize("kind", REFUSED)
@pytest.mark.usefixtures("egl")
def test_what_there_is_not_is_refused_and_drawn_in_software(open_core: OpenCore, kind: str) -> None:
    core = open_core("hardware_gl", content(REFUSED[kind], rows=[(0, DRAW, 64, 48, 9)]))
    assert core.hardware is None
    told = [line.text for line in core.log if line.level == logging.WARNING]
    assert len(told) == 1
    assert kind.replace(".version", "(version") in told[0]
    core.run()
    show(core, drawn(64, 48, 9))
    assert words(core)[ANSWER] == 0
    assert noted(core)["filled"] == "0"


@pytest.mark.environment("SET_HW_RENDER")
@pytest.mark.parametrize("hardware", [None, False])
def test_hardware_can_be_refused(open_core: OpenCore, hardware: Any) -> None:
    core = open_core(
        "hardware_gl", content(rows=[(0, DRAW, 64, 48, 9)]), display=Display(hardware=hardware)
    )
    assert core.hardware is None
    core.run()
    assert words(core)[ANSWER] == 0
    assert noted(core)["filled"] == "0"
    show(core, drawn(64, 48, 9))


def test_a_core_that_takes_back_its_wish_has_no_context(open_core: OpenCore) -> None:
    core = open_core("hardware_gl", content((0, 0, 0), rows=[(0, DRAW, 64, 48, 9)]))
    assert core.hardware is None
    core.run()
    assert words(core)[ANSWER] == 1
    show(core, drawn(64, 48, 9))


@pytest.mark.parametrize("wrong", [1, 3.0, b"opengl", ("opengl",)])
def test_hardware_of_the_wrong_kind(open_core: OpenCore, wrong: Any) -> None:
    with pytest.raises(TypeError, match="True, False or a HardwareContextType is needed"):
        open_core("hardware_gl", display=Display(hardware=wrong))


@pytest.mark.parametrize("wrong", ["vulkan", HardwareContextType.D3D11, "none", "opengl3", ""])
def test_hardware_that_there_is_not(open_core: OpenCore, wrong: Any) -> None:
    with pytest.raises(ValueError, match="contexts of these types can be had: OPENGL, "):
        open_core("hardware_gl", display=Display(hardware=wrong))


@pytest.mark.usefixtures("egl")
def test_asking_again_changes_nothing(open_core: OpenCore) -> None:
    rows = [
        (0, DRAW, 64, 48, 1),
        (1, ASK, OPENGL, 0, 0, BOTTOM_LEFT),
        (1, DRAW, 64, 48, 2),
        (2, ASK, OPENGL, 0, 0, 0),
        (2, SHADE, 64, 48, 3),
    ]
    core = open_core("hardware_gl", content(rows=rows))
    core.run(2)
    show(core, drawn(64, 48, 2))
    core.run()
    show(core, shaded(64, 48, 3, bottom_left=False))
    seen = words(core)
    assert seen[ROWS + 1] == seen[ROWS + 3] == 1
    assert (seen[RESETS], seen[DESTROYS]) == (1, 0)


@pytest.mark.usefixtures("egl")
def test_another_context_takes_the_place_of_the_first(open_core: OpenCore) -> None:
    rows = [
        (0, DRAW, 64, 48, 1),
        (1, ASK, OPENGL_CORE, 3, 3, DEPTH),
        (1, DUPE, 64, 48),
        (2, DUPE, 64, 48),
        (3, SHADE, 64, 48, 2),
        (4, ASK, VULKAN, 1, 0, 0),
        (4, SHADE, 64, 48, 3),
    ]
    core = open_core("hardware_gl", content(rows=rows))
    core.run(3)
    show(core, drawn(64, 48, 1))
    core.run()
    show(core, shaded(64, 48, 2, bottom_left=False))
    seen = words(core)
    assert (seen[RESETS], seen[DESTROYS]) == (2, 1)
    context = present(core.hardware)
    assert (context.type, context.depth) == (HardwareContextType.OPENGL_CORE, True)
    core.run()
    assert words(core)[ROWS + 5] == 0
    show(core, shaded(64, 48, 3, bottom_left=False))


@pytest.mark.usefixtures("egl")
def test_a_context_may_be_asked_for_late(open_core: OpenCore) -> None:
    rows = [
        (0, DRAW, 64, 48, 1),
        (1, ASK, OPENGLES3, 0, 0, BOTTOM_LEFT),
        (2, SHADE, 64, 48, 2),
    ]
    core = open_core("hardware_gl", content(rows=rows, command=0))
    core.run()
    assert core.hardware is None
    show(core, drawn(64, 48, 1))
    core.run()
    core.run()
    show(core, shaded(64, 48, 2, bottom_left=True))
    assert present(core.hardware).type == HardwareContextType.OPENGLES3


@pytest.mark.usefixtures("egl")
def test_the_context_is_current_in_every_call_and_goes_before_the_content(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    core = open_core("hardware_gl", content(rows=[(0, DRAW, 64, 48, 1)]))
    core.reset()
    core.load_state(core.save_state())
    core.restore(core.snapshot())
    core.run()
    assert words(core)[CURRENT] == IN_RUN | IN_RESET | IN_SERIALIZE | IN_UNSERIALIZE
    core.close()
    said = [record.message for record in caplog.records]
    assert said[-3:] == [
        "context destroyed, current",
        "unloaded after 1 contexts were destroyed",
        "deinitialised",
    ]


def script(seed: int) -> bytes:
    rows: list[Row] = []
    for frame in range(40):
        kind = DRAW if frame % 3 else SHADE
        rows.append((frame, kind, 64 - frame % 5, 48 - frame % 7, (frame + seed) % 60))
    return content((OPENGL_CORE, 3, 3), BOTTOM_LEFT | DEPTH, rows)


def expected_of(seed: int, frame: int) -> np.ndarray:
    width, height, colour = 64 - frame % 5, 48 - frame % 7, (frame + seed) % 60
    if frame % 3:
        return drawn(width, height, colour)
    return shaded(width, height, colour, bottom_left=True)


@pytest.mark.usefixtures("egl")
def test_several_contexts_take_turns_on_one_thread(open_core: OpenCore) -> None:
    cores = [open_core("hardware_gl", script(seed)) for seed in range(4)]
    for frame in range(12):
        for seed, core in enumerate(cores):
            core.run()
            show(core, expected_of(seed, frame))


@pytest.mark.usefixtures("egl")
def test_threads_run_contexts_at_the_same_time(build_core: BuildCore) -> None:
    path = build_core("hardware_gl")

    def play(seed: int) -> bool:
        with Core(path, script(seed)) as core:
            for frame in range(40):
                core.run()
                if not np.array_equal(present(core.frame), expected_of(seed, frame)):
                    return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(play, range(8)))


@pytest.mark.usefixtures("egl")
def test_each_call_may_come_from_another_thread(build_core: BuildCore) -> None:
    def on_a_new_thread(function: Any, *arguments: Any) -> Any:
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(function, *arguments).result()

    core = on_a_new_thread(Core, build_core("hardware_gl"), script(0))
    for frame in range(6):
        (core.run if frame % 2 else lambda: on_a_new_thread(core.run))()
        np.testing.assert_array_equal(
            on_a_new_thread(lambda: core.frame) if frame % 3 else core.frame, expected_of(0, frame)
        )
    state = on_a_new_thread(core.snapshot)
    core.run(3)
    on_a_new_thread(core.restore, state)
    on_a_new_thread(core.run)
    show(core, expected_of(0, 6))
    on_a_new_thread(core.reset)
    core.run()
    show(core, expected_of(0, 0))
    assert words(core)[CURRENT] == IN_RUN | IN_RESET | IN_SERIALIZE | IN_UNSERIALIZE
    on_a_new_thread(core.close)


@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.usefixtures("egl")
def test_a_batch_of_threads_steps_contexts(build_core: BuildCore, threads: int) -> None:
    path = build_core("hardware_gl")
    observation = Observation(size=(48, 64), layout="HWC")
    rows: list[Row] = [(frame, DRAW, 64, 48, frame % 60) for frame in range(200)]
    specs = content((OPENGL, 0, 0), BOTTOM_LEFT, rows)
    with CoreBatch(path, specs, count=5, threads=threads, observation=observation) as batch:
        for step in range(1, 30):
            batch.run(3)
            for row in batch.observations:
                np.testing.assert_array_equal(row, drawn(64, 48, (3 * step - 1) % 60))
        for row in batch.frames:
            np.testing.assert_array_equal(row, drawn(64, 48, 86 % 60))
        states = batch.save_states()
        batch.run(10)
        batch.load_states(states)
        batch.run(1)
        for row in batch.observations:
            np.testing.assert_array_equal(row, drawn(64, 48, 87 % 60))
        np.testing.assert_array_equal(batch[2].frame, drawn(64, 48, 87 % 60))
        assert {present(core.hardware).type for core in batch} == {HardwareContextType.OPENGL}


@pytest.mark.usefixtures("egl")
def test_a_batch_without_observations_shows_its_frames(build_core: BuildCore) -> None:
    rows: list[Row] = [(frame, DRAW, 64, 48, frame % 60) for frame in range(200)]
    with CoreBatch(build_core("hardware_gl"), content(rows=rows), count=3, threads=2) as batch:
        for step in range(1, 40):
            batch.run(4)
            for row in batch.frames:
                np.testing.assert_array_equal(row, drawn(64, 48, (4 * step - 1) % 60))


@pytest.mark.usefixtures("egl")
def test_states_go_on_in_another_context(open_core: OpenCore) -> None:
    first, second = (open_core("hardware_gl", script(5)) for _ in range(2))
    first.run(10)
    state = first.snapshot()
    second.restore(state)
    for frame in range(10, 16):
        first.run()
        second.run()
        show(first, expected_of(5, frame))
        show(second, expected_of(5, frame))


@pytest.mark.usefixtures("egl")
def test_a_picture_from_a_thread_without_the_context_is_an_error(open_core: OpenCore) -> None:
    rows = [(0, DRAW, 64, 48, 1), (1, FROM_THREAD, 64, 48, 2), (2, DRAW, 64, 48, 3)]
    core = open_core("hardware_gl", content(rows=rows))
    core.run()
    with pytest.raises(ProtocolError, match="from a thread that has not its context"):
        core.run()
    show(core, drawn(64, 48, 1))
    core.run()
    show(core, drawn(64, 48, 3))


@pytest.mark.usefixtures("egl")
def test_a_core_that_ends_in_its_context_can_be_closed(open_core: OpenCore) -> None:
    core = open_core("hardware_gl", content(rows=[(0, DRAW, 64, 48, 1), (1, STOP)]))
    other = open_core("hardware_gl", content(rows=[(0, DRAW, 64, 48, 1)]))
    core.run()
    with pytest.raises(LibretroError, match="exited"):
        core.run()
    core.close()
    other.run()
    show(other, drawn(64, 48, 1))


@pytest.mark.usefixtures("egl")
def test_contexts_come_and_go(build_core: BuildCore) -> None:
    path = build_core("hardware_gl")
    rows = [(0, DRAW, 64, 48, 1)]
    for _ in range(40):
        with Core(path, content(rows=rows)) as core:
            core.run()
            show(core, drawn(64, 48, 1))


IN_A_CHILD = """
import os, sys
import numpy as np
from pylibretro import Core

path, content = sys.argv[1], bytes.fromhex(sys.argv[2])
core = Core(path, content)
core.run()
before = core.frame.tobytes()
child = os.fork()
if child == 0:
    # The driver's threads are the parent's: a core of the child is refused, and draws in software.
    with Core(path, content) as other:
        other.run()
        same = np.array_equal(other.frame.tobytes(), before)
        said = [line.text for line in other.log]
        right = other.hardware is None and same and "forked from one that has used" in said[0]
    os._exit(0 if right else 1)
assert os.waitpid(child, 0)[1] == 0
core.run()
assert core.frame.tobytes() == before
assert core.hardware is not None
print("fine")
"""


@pytest.mark.usefixtures("egl")
def test_a_forked_child_is_refused_a_context(build_core: BuildCore) -> None:
    rows = [(frame, DRAW, 64, 48, 1) for frame in range(3)]
    said = run_child(IN_A_CHILD, str(build_core("hardware_gl")), content(rows=rows).hex())
    assert said == "fine\n"


FORKED_BEFORE = """
import os, sys
from pylibretro import Core

path, content = sys.argv[1], bytes.fromhex(sys.argv[2])
for _ in range(2):
    child = os.fork()
    if child == 0:
        with Core(path, content) as core:
            core.run()
            right = core.hardware is not None and core.frame[0, 0].tolist() == [192, 0, 1]
        os._exit(0 if right else 1)
    assert os.waitpid(child, 0)[1] == 0
print("fine")
"""


@pytest.mark.usefixtures("egl")
def test_children_forked_before_have_contexts_of_their_own(build_core: BuildCore) -> None:
    rows = [(0, DRAW, 64, 48, 1)]
    said = run_child(FORKED_BEFORE, str(build_core("hardware_gl")), content(rows=rows).hex())
    assert said == "fine\n"


NO_DRIVER = """
import os, sys
os.environ["GALLIUM_DRIVER"] = "none"
os.environ["__EGL_VENDOR_LIBRARY_FILENAMES"] = "/nowhere.json"
from pylibretro import Core

with Core(sys.argv[1], bytes.fromhex(sys.argv[2])) as core:
    core.run()
    assert core.hardware is None
    assert core.frame[0, 0].tolist() == [192, 0, 1]
    print([line.text for line in core.log])
"""


@pytest.mark.usefixtures("egl")
def test_a_system_without_a_driver_says_so(build_core: BuildCore) -> None:
    rows = [(0, DRAW, 64, 48, 1)]
    said = run_child(NO_DRIVER, str(build_core("hardware_gl")), content(rows=rows).hex())
    assert "EGL finds no graphics driver" in said
    assert "libgl1-mesa-dri" in said


OTHER_CONTEXT = """
import ctypes, sys
from pylibretro import Core

egl = ctypes.CDLL("libEGL.so.1")
pointer = ctypes.c_void_p
egl.eglGetProcAddress.restype = egl.eglCreateContext.restype = pointer
egl.eglGetCurrentContext.restype = egl.eglGetCurrentDisplay.restype = pointer
get = egl.eglGetProcAddress
get.argtypes = [ctypes.c_char_p]
make = ctypes.CFUNCTYPE(pointer, ctypes.c_uint, pointer, pointer)(get(b"eglGetPlatformDisplayEXT"))
display = pointer(make(0x31DD, None, None))
assert egl.eglInitialize(display, None, None)
assert egl.eglBindAPI(0x30A0)
attributes = (ctypes.c_int * 3)(0x3098, 2, 0x3038)
context = egl.eglCreateContext(display, None, None, attributes)
assert egl.eglMakeCurrent(display, None, None, pointer(context))
version = ctypes.CFUNCTYPE(ctypes.c_char_p, ctypes.c_uint)(get(b"glGetString"))
with Core(sys.argv[1], bytes.fromhex(sys.argv[2])) as core:
    core.run()
    assert core.hardware is not None
    assert core.frame[0, 0].tolist() == [192, 0, 1]
    assert egl.eglGetCurrentContext() == context
    assert egl.eglGetCurrentDisplay() == display.value
    assert egl.eglQueryAPI() == 0x30A0
    assert version(0x1F02).startswith(b"OpenGL ES")
assert egl.eglGetCurrentContext() == context
print("fine")
"""


@pytest.mark.usefixtures("egl")
def test_another_library_keeps_its_context(build_core: BuildCore) -> None:
    rows = [(0, DRAW, 64, 48, 1)]
    said = run_child(OTHER_CONTEXT, str(build_core("hardware_gl")), content(rows=rows).hex())
    assert said == "fine\n"


GET_PREFERRED, NEGOTIATION, SHARED, SUPPORT = 56, 43 | 0x10000, 44 | 0x10000, 73 | 0x10000
RENDER_INTERFACE = 41 | 0x10000


def ask(open_core: OpenCore, hardware: Any) -> dict[int, tuple[int, ...]]:
    """For each command (answer, bytes changed, answer to NULL, first word of the data)."""
    commands = [GET_PREFERRED, NEGOTIATION, SHARED, SUPPORT, RENDER_INTERFACE, SET_HW_RENDER]
    core = open_core("environment", content_of(0, *commands), display=Display(hardware=hardware))
    core.run()
    seen = words(core)
    return {command: tuple(seen[4 * n : 4 * n + 4]) for n, command in enumerate(commands)}


@pytest.mark.environment(
    "GET_PREFERRED_HW_RENDER",
    "`Display(hardware=...)`, else the core profile of OpenGL; false where there is no context to "
    "be had",
)
@pytest.mark.environment(
    "SET_HW_SHARED_CONTEXT", "true where there are contexts: each is the core's own"
)
@pytest.mark.parametrize(
    ("hardware", "preferred"),
    [
        (True, OPENGL_CORE),
        ("opengl", OPENGL),
        (HardwareContextType.OPENGLES3, OPENGLES3),
    ],
)
@pytest.mark.usefixtures("egl")
def test_answers_where_there_is_opengl(open_core: OpenCore, hardware: Any, preferred: int) -> None:
    answers = ask(open_core, hardware)
    assert answers[GET_PREFERRED] == (1, 4, 1, preferred)
    assert answers[SHARED][:3] == (1, 0, 1)
    assert answers[NEGOTIATION][:3] == (0, 0, 0)
    assert answers[RENDER_INTERFACE][:3] == (0, 0, 0)


def test_answers_without_hardware(open_core: OpenCore) -> None:
    answers = ask(open_core, False)
    assert answers[GET_PREFERRED] == (0, 4, 0, 0)
    assert answers[SHARED][:3] == (0, 0, 0)


@pytest.mark.environment(
    "GET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_SUPPORT", "version 0: only Vulkan has one"
)
@pytest.mark.parametrize("hardware", [True, False])
def test_no_context_is_negotiated(open_core: OpenCore, hardware: bool) -> None:
    answers = ask(open_core, hardware)
    assert answers[NEGOTIATION][:3] == (0, 0, 0)
    assert answers[RENDER_INTERFACE][:3] == (0, 0, 0)
    assert answers[SET_HW_RENDER][:3] == (0, 0, 0), "nonsense is refused and left as it is"
    # version 0 of the interface, behind its type
    assert answers[SUPPORT] == (1, 4, 0, 0xA5A5A5A5)
