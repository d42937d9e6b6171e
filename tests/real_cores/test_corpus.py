"""Free test ROMs whose every picture and sound another frontend has recorded.

PYLIBRETRO_CORPUS names the directory; its README says what a row of expected.json means.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from oracle import Recording, complete, sha256
from real import CORES, corpus_directory

from pylibretro import Core

Row = dict[str, Any]

SOURCES = {"deb": "distribution", "sr": "stable_retro"}
FRAMES_AT_ONCE = 100

CORPUS = corpus_directory()
ROWS = json.loads((CORPUS / "expected.json").read_text()) if CORPUS else []


def test_corpus_is_here() -> None:
    if CORPUS is None:
        pytest.skip("no corpus of test ROMs: PYLIBRETRO_CORPUS names no directory of them")
    assert len({row["id"] for row in ROWS}) == len(ROWS) > 0


@pytest.fixture(params=ROWS, ids=lambda row: row["id"])
def row(request: pytest.FixtureRequest) -> Row:
    chosen: Row = request.param
    return chosen


@pytest.fixture
def core(row: Row) -> Iterator[Core]:
    assert CORPUS is not None
    source, _, name = row["core"].partition(":")
    core_id = f"{SOURCES[source]}:{name}"
    if core_id not in CORES:
        pytest.skip(f"{core_id} is not installed")
    content = CORPUS / "roms" / row["rom"]
    with Core(CORES[core_id], content, options=row["options"]) as opened:
        yield opened


def masks_of(row: Row) -> NDArray[np.uint16]:
    masks = np.zeros((row["frames"], 2), np.uint16)
    for first, end, port, button in row["inputs"]:
        masks[first:end, port] |= 1 << button
    return masks


def check_end(row: Row, core: Core, audio: bytes) -> None:
    """Compare what is left to see after the last frame, and the audio of all of them."""
    seen = Recording()
    complete(seen, core)
    assert f"{seen.width}x{seen.height}" == row["size"]
    assert seen.pixel_format == row["pixel_format"]
    assert round(seen.fps, 6) == row["fps"]
    assert seen.sample_rate == row["sample_rate"]
    assert len(audio) // 4 == row["audio_frames"]
    assert sha256(seen.picture) == row["raw_sha256"]
    assert core.frame is not None
    assert sha256(core.frame) == row["rgb_sha256"]
    assert sha256(audio) == row["audio_sha256"]
    for memory_id, digest in row.get("mem_sha256", {}).items():
        assert sha256(seen.memory[int(memory_id)]) == digest


def test_every_picture_and_sample(row: Row, core: Core) -> None:
    masks = masks_of(row)
    digests: list[str] = []
    audio: list[bytes] = []
    audio_per_run: list[int] = []
    while core.frame is None and len(digests) < row["frames"]:
        core.run(inputs=masks[len(digests)][None])
        digests.append(sha256(b"" if core.frame is None else core.frame)[:16])
        audio.append(core.audio.tobytes())
        audio_per_run.append(len(core.audio))
    while len(digests) < row["frames"]:
        inputs = masks[len(digests) : len(digests) + FRAMES_AT_ONCE]
        capture = core.capture(len(inputs), inputs, audio=True)
        for i, frame in enumerate(capture.frames):
            if capture.sizes is not None:
                height, width = capture.sizes[i]
                frame = np.ascontiguousarray(frame[:height, :width])
            digests.append(sha256(frame)[:16])
        assert capture.audio is not None
        assert capture.audio_offsets is not None
        audio.append(capture.audio.tobytes())
        audio_per_run += np.diff(capture.audio_offsets).tolist()
    first = row.get("audio_per_run_first10", audio_per_run[:10])
    assert audio_per_run[: len(first)] == first
    assert sha256("\n".join(digests).encode()) == row["all_frames_sha256"]
    check_end(row, core, b"".join(audio))


def test_all_frames_in_one_call(row: Row, core: Core) -> None:
    assert core.run(row["frames"], masks_of(row)) == row["frames"]
    assert core.frame_count == row["frames"]
    check_end(row, core, core.audio.tobytes())
