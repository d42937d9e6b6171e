"""The camera: which pictures the core is shown, and when."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from observe import BuildCore, OpenCore, notes, words

from pylibretro import CoreBatch, CoreBusyError, LibretroError, Peripherals

OFFERED, STARTED, SEEN, SUM = range(4)
TEXTURE, RAW, BOTH = 1, 2, 3
Pictures = npt.NDArray[np.uint8]


def content(
    caps: int = RAW, width: int = 0, height: int = 0, ask: int = 0, start: int = 1, stop: int = 0
) -> bytes:
    return bytes([caps, width, height, ask, start, stop])


def plain(red: int, green: int, blue: int, height: int = 3, width: int = 4) -> Pictures:
    picture = np.empty((height, width, 3), np.uint8)
    picture[:] = (red, green, blue)
    return picture


def film(length: int) -> Pictures:
    return np.stack([plain(n, n + 1, 255 - n) for n in range(length)])


@pytest.mark.environment("GET_CAMERA_INTERFACE", "dark unless given pictures: `core.camera`")
@pytest.mark.parametrize(
    ("width", "height", "shown"),
    [(0, 0, "320x240 by 1280"), (128, 112, "128x112 by 512"), (1, 255, "1x255 by 4")],
)
def test_the_dark_unless_told(open_core: OpenCore, width: int, height: int, shown: str) -> None:
    core = open_core("camera", content(RAW, width, height))
    core.run(3)
    assert words(core)[:4] == [1, 1, 2, 0]
    assert notes(core) == [
        "0: initialized",
        f"1: {shown}, 000000 to 000000",
        f"2: {shown}, 000000 to 000000",
    ]
    assert core.camera.wanted_size == (width, height)


@pytest.mark.environment("GET_CAMERA_INTERFACE", "for OpenGL textures only, refused")
@pytest.mark.parametrize(("caps", "offered"), [(0, 0), (TEXTURE, 0), (RAW, 1), (BOTH, 1), (4, 0)])
def test_pictures_are_sent_as_raw_framebuffers_only(
    open_core: OpenCore, caps: int, offered: int
) -> None:
    core = open_core("camera", content(caps))
    core.run(3)
    assert words(core)[:3] == [offered, offered, 2 * offered]
    assert not any("but" in line or "NULL" in line for line in notes(core))
    assert core.camera.wanted_size == ((0, 0) if offered else None)


@pytest.mark.environment("GET_CAMERA_INTERFACE", "refused with `Peripherals(camera=None)`")
@pytest.mark.parametrize("refusal", [None, False])
def test_the_camera_can_be_refused(open_core: OpenCore, refusal: Any) -> None:
    core = open_core("camera", content(), peripherals=Peripherals(camera=refusal))
    core.run(3)
    assert words(core)[:3] == [0, 0, 0]
    assert notes(core) == []
    with pytest.raises(LibretroError, match="camera=True"):
        core.camera.source = plain(1, 2, 3)


def test_one_picture(open_core: OpenCore) -> None:
    picture = np.arange(3 * 5 * 3, dtype=np.uint8).reshape(3, 5, 3) + 100
    core = open_core("camera", content(), peripherals=Peripherals(camera=picture))
    core.run(3)
    assert notes(core)[1:] == [f"{n}: 5x3 by 20, 646566 to 8e8f90" for n in (1, 2)]


@pytest.mark.parametrize("kind", ["array", "callable"])
@pytest.mark.parametrize("frames_at_once", [1, 6])
def test_one_picture_for_each_frame(open_core: OpenCore, kind: str, frames_at_once: int) -> None:
    pictures = film(4)
    asked: list[int] = []

    def source(position: int) -> Pictures:
        asked.append(position)
        return np.array(pictures[min(position, 3)])

    core = open_core(
        "camera", content(), peripherals=Peripherals(camera=pictures if kind == "array" else source)
    )
    for _ in range(6 // frames_at_once):
        core.run(frames_at_once)
    seen = [line.split(", ")[1][:6] for line in notes(core)[1:]]
    assert seen == ["0001ff", "0102fe", "0203fd", "0304fc", "0304fc"]
    assert core.camera.position == 5
    if kind == "callable":
        assert asked == list(range(5)), "each once, and the next one when it is needed"


def test_starting_and_stopping(open_core: OpenCore) -> None:
    core = open_core("camera", content(start=2, stop=4), peripherals=Peripherals(camera=film(9)))
    core.run(2)
    assert core.camera.running
    assert core.camera.position == 0
    core.run(5)
    assert not core.camera.running
    assert [line.split(":")[0] for line in notes(core)[1:]] == ["2", "3"]


def test_a_core_may_ask_while_it_runs(open_core: OpenCore) -> None:
    core = open_core("camera", content(ask=2, start=2))
    assert core.camera.wanted_size is None
    core.run(4)
    assert [line.split(",")[0] for line in notes(core)] == [
        "2: initialized",
        "2: 320x240 by 1280",
        "3: 320x240 by 1280",
    ]


def test_the_core_is_told_when_the_camera_comes_and_goes(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pylibretro")
    core = open_core("camera", content())
    core.run(5)
    core.close()
    said = [record.getMessage() for record in caplog.records]
    assert said == ["0: initialized", "5: deinitialized", "5: unloaded"]


def test_a_source_can_change_between_frames(open_core: OpenCore) -> None:
    core = open_core("camera", content())
    core.run(2)
    picture = plain(255, 0, 127)
    core.camera.source = picture
    assert core.camera.source is picture
    core.run(1)
    core.camera.source = None
    core.run(1)
    seen = [line.split(", ")[1][:6] for line in notes(core)[1:]]
    assert seen == ["000000", "ff007f", "000000"]


@pytest.mark.parametrize("kind", ["array", "callable"])
def test_a_state_knows_which_picture_comes_next(open_core: OpenCore, kind: str) -> None:
    pictures = film(60)
    first, second = open_core("camera", content()), open_core("camera", content())
    for core in (first, second):
        core.camera.source = pictures if kind == "array" else pictures.__getitem__
    first.run(10)
    state = first.snapshot()
    first.run(20)
    expected = words(first)[:4]
    second.run(3)
    for core in (first, second):
        core.restore(state)
        assert core.camera.position == 9
        core.run(20)
        assert words(core)[:4] == expected


def test_each_core_of_a_batch_has_its_camera(build_core: BuildCore) -> None:
    pictures = film(60)
    with CoreBatch(build_core("camera"), content(), count=3, threads=2) as batch:
        batch[0].camera.source = pictures
        batch[1].camera.source = pictures.__getitem__
        batch.run(30)
        batch.send(frames=10)
        batch.recv()
        first, second, dark = (words(core) for core in batch)
        assert first[:4] == second[:4]
        assert first[SEEN] == dark[SEEN] == 39
        assert first[SUM] == sum(n << 16 | (n + 1) << 8 | 255 - n for n in range(39))
        assert dark[SUM] == 0
        batch.send()
        with pytest.raises(CoreBusyError):
            batch[0].camera.source = None
        batch.recv()


@pytest.mark.parametrize(
    ("source", "error"),
    [
        (np.zeros((4, 4), np.uint8), ValueError),
        (np.zeros((4, 4, 4), np.uint8), ValueError),
        (np.zeros((0, 4, 3), np.uint8), ValueError),
        (np.zeros((0, 4, 4, 3), np.uint8), ValueError),
        (np.zeros((1, 1, 4, 4, 3), np.uint8), ValueError),
        (np.zeros((4, 4, 3)), TypeError),
        (np.zeros((1, 20000, 3), np.uint8), ValueError),
        ("a.png", TypeError),
    ],
)
def test_wrong_sources_are_refused(
    open_core: OpenCore, source: Any, error: type[Exception]
) -> None:
    core = open_core("camera", content())
    with pytest.raises(error):
        core.camera.source = source
    assert core.camera.source is None
    with pytest.raises(error):
        core.camera.source = [source].__getitem__
    with pytest.raises(error):
        open_core("camera", content(), peripherals=Peripherals(camera=source))


def test_an_exception_of_a_source_is_raised_from_run(open_core: OpenCore) -> None:
    core = open_core("camera", content())
    core.camera.source = film(3).__getitem__
    with pytest.raises(IndexError):
        core.run(10)
    assert core.frame_count == 4
    core.camera.source = None
    core.run(6)
    assert core.frame_count == 10
