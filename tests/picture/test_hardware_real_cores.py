"""Real cores that draw with OpenGL."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import present
from real import CORES, OPTIONS
from rom_images import ROM_IMAGES

from pylibretro import Core, CoreBatch, Display, HardwareContextType
from pylibretro.error import ContentError

PARALLEL_N64 = CORES.get("stable_retro:parallel_n64")
MELONDS = CORES.get("stable_retro:melonds")
needs_parallel_n64 = pytest.mark.skipif(PARALLEL_N64 is None, reason="no parallel_n64 here")
needs_melonds = pytest.mark.skipif(MELONDS is None, reason="no melonds here")


def nintendo_64(plugin: str) -> dict[str, Any]:
    options = {**OPTIONS["parallel_n64"], "parallel-n64-gfxplugin": plugin}
    return {"content_name": "game.z64", "options": options}


def nintendo_ds(renderer: str) -> dict[str, Any]:
    return {"content_name": "game.nds", "options": {"melonds_opengl_renderer": renderer}}


@contextmanager
def opened(path: Path | None, image: str, wishes: dict[str, Any]) -> Iterator[Core]:
    with Core(present(path), ROM_IMAGES[image].build(), **wishes) as core:
        yield core


def shown(core: Core, frames: int) -> list[bytes]:
    pictures = []
    for _ in range(frames):
        core.run()
        frame = core.frame
        pictures.append(b"" if frame is None else frame.tobytes())
    return pictures


@needs_parallel_n64
@pytest.mark.parametrize("plugin", ["glide64", "gln64", "rice"])
@pytest.mark.usefixtures("egl")
def test_parallel_n64_draws_with_opengl_the_same_every_time(plugin: str) -> None:
    runs = []
    for _ in range(2):
        with opened(PARALLEL_N64, "nintendo_64", nintendo_64(plugin)) as core:
            context = present(core.hardware)
            assert context.type == HardwareContextType.OPENGL
            assert context.bottom_left_origin
            pictures = shown(core, 30)
            core.run(30)
            runs.append((pictures, core.frame, core.memory.system_ram.tobytes()))
    assert runs[0][0] == runs[1][0]
    assert runs[0][2] == runs[1][2]
    if plugin != "gln64":  # it shows nothing of a game without display lists
        assert present(runs[0][1]).shape == (480, 640, 3)


@needs_parallel_n64
@pytest.mark.usefixtures("egl")
def test_glide64_shows_the_picture_of_the_game() -> None:
    """Filled with one colour from the top, brighter in each frame."""
    with opened(PARALLEL_N64, "nintendo_64", nintendo_64("glide64")) as core:
        core.run(60)
        frame = present(core.frame)
    columns = frame[:470, 320]
    assert columns[:, :2].max() == 0
    changes = np.flatnonzero(np.diff(columns[:, 2].astype(int)))
    assert len(changes) <= 1, "the colour of this frame above that of the one before"
    assert columns[0, 2] >= columns[-1, 2] > 128
    even = (frame[:470, 5:630] == frame[:470, 320:321]).all(axis=(1, 2))
    assert even.sum() >= 468, "but for the row in which the game has arrived"


@needs_parallel_n64
@pytest.mark.usefixtures("egl")
def test_states_of_a_core_with_a_context() -> None:
    with opened(PARALLEL_N64, "nintendo_64", nintendo_64("glide64")) as core:
        core.run(30)
        state, saved = core.snapshot(), core.save_state()
        after = shown(core, 5)
        core.restore(state)
        assert shown(core, 5) == after
        core.load_state(saved)
        core.run(5)
        core.reset()
        core.run(5)
        with opened(PARALLEL_N64, "nintendo_64", nintendo_64("glide64")) as other:
            other.run(3)
            other.restore(state)
            assert shown(other, 5)[2:] == after[2:]


@needs_parallel_n64
@pytest.mark.parametrize("plugin", ["glide64", "gln64", "rice"])
def test_parallel_n64_without_a_context_says_so(plugin: str) -> None:
    wishes = {**nintendo_64(plugin), "display": Display(hardware=False)}
    with (
        pytest.raises(ContentError, match=f"OpenGL context with .* = '{plugin}', and it has none"),
        opened(PARALLEL_N64, "nintendo_64", wishes),
    ):
        pass


@needs_parallel_n64
def test_parallel_n64_draws_in_software_by_default() -> None:
    with opened(PARALLEL_N64, "nintendo_64", {"content_name": "game.z64"}) as core:
        assert core.hardware is None
        assert core.options["parallel-n64-gfxplugin"] == "angrylion"


@needs_melonds
@pytest.mark.usefixtures("egl")
def test_melonds_shows_with_opengl_what_it_shows_in_software() -> None:
    with (
        opened(MELONDS, "nintendo_ds", nintendo_ds("disabled")) as software,
        opened(MELONDS, "nintendo_ds", nintendo_ds("enabled")) as opengl,
    ):
        assert software.hardware is None
        context = present(opengl.hardware)
        assert context.type == HardwareContextType.OPENGL_CORE
        assert context.depth
        before = []
        for frame in range(20):
            software.run()
            opengl.run()
            before.append(present(software.frame))
            picture = present(opengl.frame)
            scale = picture.shape[0] // 384
            assert picture.shape == (384 * scale, 256 * scale, 3)
            small = picture[::scale, ::scale]
            assert (small.repeat(scale, 0).repeat(scale, 1) == picture).all()
            if frame >= 4:  # two frames later than in software
                np.testing.assert_array_equal(small[:192], before[frame - 2][:192])
                assert (small[200:] == before[frame - 2][200:]).all()


@needs_melonds
@pytest.mark.usefixtures("egl")
def test_melonds_states_with_opengl() -> None:
    with opened(MELONDS, "nintendo_ds", nintendo_ds("enabled")) as core:
        core.run(10)
        state = core.snapshot()
        after = shown(core, 6)
        core.restore(state)
        # Its first pictures come out of the graphics memory, which no state holds.
        assert shown(core, 6)[3:] == after[3:]


@needs_melonds
@pytest.mark.usefixtures("egl")
def test_melonds_grows_its_framebuffer_while_it_runs() -> None:
    with opened(MELONDS, "nintendo_ds", nintendo_ds("enabled")) as core:
        core.run(5)
        core.options["melonds_opengl_resolution"] = "6x native (1536x1152)"
        core.run(2)
        corners = []
        for _ in range(6):
            core.run()
            assert present(core.frame).shape == (384 * 6, 256 * 6, 3)
            corners.append(present(core.frame)[384 * 6 - 1, 256 * 6 - 1].tolist())
        assert present(core.hardware).framebuffer_size == (384 * 6, 256 * 6)
        assert [255, 255, 255] in corners


@needs_melonds
def test_melonds_without_a_context_says_so() -> None:
    wishes = {**nintendo_ds("enabled"), "display": Display(hardware=False)}
    with (
        pytest.raises(ContentError, match="opened without hardware rendering"),
        opened(MELONDS, "nintendo_ds", wishes),
    ):
        pass


@needs_parallel_n64
@needs_melonds
@pytest.mark.usefixtures("egl")
def test_threads_draw_with_real_cores_at_the_same_time() -> None:
    def play(number: int) -> tuple[int, list[bytes]]:
        if number % 2:
            with opened(MELONDS, "nintendo_ds", nintendo_ds("enabled")) as core:
                return number % 2, shown(core, 12)
        with opened(PARALLEL_N64, "nintendo_64", nintendo_64("glide64")) as core:
            return number % 2, shown(core, 12)

    alone = dict([play(0), play(1)])
    with ThreadPoolExecutor(4) as threads:
        for kind, pictures in threads.map(play, range(4)):
            assert pictures == alone[kind]


@needs_parallel_n64
@pytest.mark.usefixtures("egl")
def test_a_batch_of_threads_draws_with_a_real_core() -> None:
    wishes = nintendo_64("glide64")
    with opened(PARALLEL_N64, "nintendo_64", wishes) as core:
        core.run(40)
        expected = present(core.frame)
    image = ROM_IMAGES["nintendo_64"].build()
    with CoreBatch(
        present(PARALLEL_N64),
        image,
        count=3,
        threads=2,
        **wishes,
    ) as batch:
        for _ in range(10):
            batch.run(4)
        for frame in batch.frames:
            np.testing.assert_array_equal(frame, expected)
