"""Frames that nobody sees may go undrawn only where nothing else changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pytest
from oracle import random_masks, sha256

from pylibretro import Core, CoreBatch
from pylibretro.skips.enable_bits import PROVEN, SkippedFrames, proven_skips

# library_name -> the core's file name and a game for it, or None where it needs none
PLAYED: dict[str, tuple[str, Path | None]] = {"2048": ("2048", None)}
STEPS = 120
FRAMES_A_STEP = 4
STEPS_BETWEEN_STATES = 8


@dataclass
class Seen:
    """What a run showed after every step; states after some."""

    pictures: list[str] = field(default_factory=list)
    sounds: list[bytes] = field(default_factory=list)
    ram: list[bytes] = field(default_factory=list)
    states: list[bytes] = field(default_factory=list)


def play(core: str, content: Path | None, *, skip: bool, seed: int) -> Seen:
    masks = random_masks(STEPS * FRAMES_A_STEP, seed).reshape(STEPS, FRAMES_A_STEP, 1, 2)
    seen = Seen()
    with CoreBatch(core, content, count=1, skip_rendering=skip) as batch:
        for step, inputs in enumerate(masks):
            batch.run(FRAMES_A_STEP, inputs)
            seen.pictures.append(sha256(np.ascontiguousarray(batch.frames[0])))
            seen.sounds.append(batch[0].audio.tobytes())
            seen.ram.append(batch[0].memory.system_ram.tobytes())
            if step % STEPS_BETWEEN_STATES == 0:
                seen.states.append(batch[0].save_state())
            if step == STEPS // 2:
                batch[0].load_state(seen.states[1])
    return seen


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("name", PROVEN)
def test_a_core_in_the_table_differs_in_nothing_but_time(name: str, seed: int) -> None:
    core, content = PLAYED[name]
    drawn = play(core, content, skip=False, seed=seed)
    skipped = play(core, content, skip=True, seed=seed)
    assert len(set(drawn.pictures)) > STEPS // 4, "the game shows nothing that could be wrong"
    assert len(set(drawn.states)) > 2
    assert skipped.pictures == drawn.pictures
    assert skipped.sounds == drawn.sounds
    assert skipped.ram == drawn.ram
    assert skipped.states == drawn.states


@pytest.mark.environment("GET_AUDIO_VIDEO_ENABLE", "no video in frames of a batch that nobody sees")
def test_a_run_that_may_skip_tells_the_core_so(build_core: Callable[..., Path]) -> None:
    """Without this the test above would compare two runs that are the same."""
    core = build_core("av_enable")
    undrawn = {}
    for skip in (False, True):
        with CoreBatch(core, count=1, skip_rendering=skip) as batch:
            batch.run(FRAMES_A_STEP)
            undrawn[skip] = int(batch[0].memory.system_ram.view(np.uint32)[2])
    assert undrawn == {False: 0, True: FRAMES_A_STEP - 1}


def test_a_core_that_was_never_measured_draws_everything(build_core: Callable[..., Path]) -> None:
    """This one counts in its RAM how often it was told not to draw: skipping changes its states."""
    core = build_core("av_enable")
    with Core(core) as one:
        assert proven_skips(one.info.name, one.info.version) == (False, False)
    with CoreBatch(core, count=1) as batch:
        batch.run(FRAMES_A_STEP)
        assert batch[0].memory.system_ram.view(np.uint32)[2] == 0


@pytest.mark.parametrize("name", PROVEN)
def test_the_table_knows_the_versions_at_hand(name: str) -> None:
    core, content = PLAYED[name]
    with Core(core, content) as one:
        assert one.info.name == name
        assert proven_skips(one.info.name, one.info.version) != (False, False)


def test_another_version_is_another_core() -> None:
    assert proven_skips("2048", "0.9") == SkippedFrames(video=False, audio=False)
    assert proven_skips("2049", "1.0") == SkippedFrames(video=False, audio=False)
