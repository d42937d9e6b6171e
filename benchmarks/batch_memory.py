"""Measure what one more copy of each real core costs: python benchmarks/batch_memory.py [CORE ...].

Each core runs in a process of its own, in a CoreBatch of 2 copies and then in one of 10, 240 frames
each; told is the private memory (private pages of /proc/self/smaps_rollup) by which they differ,
divided by 8, as it is and with observations of 84x84, stacked four times, two frames pooled. Linux
only.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from real import PLAYS
from speed import print_table, private_bytes

from pylibretro import CoreBatch, Observation

FEW, MANY, FRAMES = 2, 10, 240
OBSERVED = Observation(size=(84, 84), gray=True, pool=2, stack=4)


def bytes_with(core: str, content: str, options: dict[str, str], count: int, observed: bool) -> int:
    """Return the private memory of a process with so many copies that have run a while."""
    command = [sys.executable, __file__, "--measure", core, content, json.dumps(options)]
    command += [str(count), str(int(observed))]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    return int(output.split()[-1])  # some cores speak, too


def measure(core: str, content: str, options: str, count: str, observed: str) -> None:
    """Print the private memory of this process once a batch has run."""
    with CoreBatch(
        core,
        content or None,
        count=int(count),
        options=json.loads(options),
        observation=OBSERVED if int(observed) else None,
    ) as batch:
        for _ in range(FRAMES // 4):
            batch.run(4)
        print(private_bytes())


def main() -> None:
    """Measure every real core on this machine that a free game runs on, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cores", nargs="*", help="words of their names; all unless given")
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        measure(*options.measure)
        return
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        first_plays = {play.core_id: play for play in reversed(PLAYS)}
        for play in sorted(first_plays.values(), key=lambda play: play.id):
            if options.cores and not any(word in play.core_id for word in options.cores):
                continue
            content = str(play.content(Path(directory)))
            core = str(play.core)
            row: dict[str, object] = {"core": play.core_id, "game": play.game}
            for title, observed in (("MB", False), ("MB with observations", True)):
                few = bytes_with(core, content, play.options, FEW, observed)
                many = bytes_with(core, content, play.options, MANY, observed)
                row[title] = round((many - few) / (MANY - FEW) / 1e6, 2)
            rows.append(row)
            print(row, file=sys.stderr)
    print_table("private memory of one more copy", rows)


if __name__ == "__main__":
    main()
