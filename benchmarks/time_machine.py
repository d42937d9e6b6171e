"""Measure what going back in time and running ahead cost: python benchmarks/time_machine.py [WORD].

For each real core whose name has one of the words (Airstriker on Genesis Plus GX unless given), the
medians of alternating runs of a Core with the feature and without, as ratios of the time of a
frame. `--minutes 10` runs so long with `Rewind()` and goes back to the start, comparing what is
there with what was there.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from oracle import random_masks
from real import PLAYS, Play
from speed import print_table

from pylibretro import Core, Joypad, Rewind, RunAhead

ROUNDS, FRAMES = 9, 120
FEATURES = {
    "rewind, one state a frame": {"rewind": Rewind()},
    "run-ahead 1, one instance": {"run_ahead": RunAhead(1)},
    "run-ahead 1, two instances": {"run_ahead": RunAhead(1, instances=2)},
    "preemptive 1": {"run_ahead": RunAhead(1, preemptive=True)},
    "run-ahead 2, one instance": {"run_ahead": RunAhead(2)},
    "preemptive 2": {"run_ahead": RunAhead(2, preemptive=True)},
}


def played(frames: int) -> np.ndarray:
    """Return masks of a player who starts the game and then holds random buttons."""
    masks = random_masks(frames)
    masks &= ~np.uint16(Joypad.START | Joypad.SELECT)
    masks[: min(frames, 600)][::60] |= np.uint16(Joypad.START)
    return masks


def seconds(core: Core, masks: np.ndarray) -> float:
    """Return the time of a frame."""
    start = time.perf_counter()
    core.run(len(masks), masks)
    return (time.perf_counter() - start) / len(masks)


def measure(play: Play, directory: Path) -> list[dict[str, Any]]:
    """Return a row for each feature."""
    masks = played(600 + ROUNDS * FRAMES)
    content = play.content(directory)
    rows: list[dict[str, Any]] = []
    for name, feature in FEATURES.items():
        with (
            Core(play.core, content, options=play.options) as plain,
            Core(play.core, content, options=play.options, **feature) as core,  # type: ignore[arg-type]
        ):
            plain.run(600, masks[:600])
            core.run(600, masks[:600])
            without, with_it = [], []
            for first in range(600, len(masks), FRAMES):
                part = masks[first : first + FRAMES]
                without.append(seconds(plain, part))
                with_it.append(seconds(core, part))
            before, after = statistics.median(without), statistics.median(with_it)
            rows.append(
                {
                    "play": play.id,
                    "feature": name,
                    "us without": round(before * 1e6),
                    "us with": round(after * 1e6),
                    "ratio": round(after / before, 2),
                    "bytes a frame": core.rewind_bytes // core.rewind_frames if core.rewind else 0,
                }
            )
    return rows


def go_far_back(play: Play, directory: Path, minutes: float) -> None:
    """Run long, go back to moments all over it, and compare them."""
    frames = int(minutes * 3600)
    masks = played(frames)
    seen = {}
    with Core(play.core, play.content(directory), options=play.options, rewind=Rewind()) as core:
        for frame in range(0, frames, 600):
            core.run(600, masks[frame : frame + 600])
            seen[core.frame_count] = core.frame, core.memory.system_ram.copy()
        print(
            f"{play.id}: {core.rewind_frames} frames in {core.rewind_bytes} bytes, "
            f"{core.rewind_bytes / core.rewind_frames:.0f} a frame, of {Rewind().memory}"
        )
        for frame, (picture, memory) in sorted(seen.items(), reverse=True):
            core.step_back(core.frame_count - frame)
            assert core.frame_count == frame
            assert np.array_equal(core.frame, picture)  # type: ignore[arg-type]
            assert np.array_equal(core.memory.system_ram, memory)
        print(f"{len(seen)} moments were as they had been")


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", default=["genesis_plus_gx-airstriker"])
    parser.add_argument("--minutes", type=float)
    options = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as directory:
        for play in PLAYS:
            if not any(word in play.id for word in options.words):
                continue
            if options.minutes:
                go_far_back(play, Path(directory), options.minutes)
            else:
                rows += measure(play, Path(directory))
    print_table("the time machine", rows)


if __name__ == "__main__":
    main()
