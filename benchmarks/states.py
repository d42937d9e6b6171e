"""Measure the states of a CoreBatch against the cores' own calls.

    python benchmarks/states.py [CORE ...]

For each real core both sides open so many private copies with the same free game and let them run
a while; then, in turns, each copy's state is saved and loaded once: by `CoreBatch.save_states` and
`load_states`, and by a C loop that calls nothing but `retro_serialize_size`, `retro_serialize` and
`retro_unserialize` (state_limit.c). Told are medians, in microseconds a core, and their ratios; and
what `CoreBatch.reset` takes. One thread, unless said otherwise. POSIX only.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from oracle import compile_command
from real import PLAYS, Play
from speed import print_table

from pylibretro import CoreBatch

MEASURED = ("stella", "genesis_plus_gx", "gambatte", "fceumm", "snes9x", "mgba")
WARMUP = 120


class StateLimit:
    """state_limit in a process of its own, which answers when asked."""

    def __init__(self, program: Path, play: Play, content: Path, copies: int) -> None:
        """Start the process and wait until its copies have warmed up."""
        options = [f"{key}={value}" for key, value in play.options.items()]
        self.copies = copies
        self.size = 0
        self.process = subprocess.Popen(
            [program, play.core, content, str(copies), str(WARMUP), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.line()

    def line(self) -> str:
        """Return the next line it prints."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"state_limit ended with status {self.process.wait()}")
        return line

    def ask(self, what: str) -> float:
        """Let it save, load or run all copies once; return the microseconds of one."""
        assert self.process.stdin is not None
        self.process.stdin.write(what + "\n")
        self.process.stdin.flush()
        seconds, size = self.line().split()
        self.size = int(size)
        return float(seconds) / self.copies * 1e6

    def close(self) -> None:
        """End the process, which removes its copies."""
        self.process.communicate()


def microseconds(function: Callable[[], object], copies: int) -> float:
    start = time.perf_counter()
    function()
    return (time.perf_counter() - start) / copies * 1e6


def measure(
    program: Path, play: Play, content: Path, copies: int, threads: int, repeat: int
) -> dict[str, Any]:
    """Alternate the two sides; return medians and ratios."""
    times: dict[str, list[float]] = {}
    limit = StateLimit(program, play, content, copies)
    with CoreBatch(
        play.core, content, count=copies, threads=threads, options=play.options
    ) as batch:
        batch.run(WARMUP)
        states = batch.save_states()

        def save() -> None:
            nonlocal states
            states = batch.save_states()

        try:
            for _ in range(repeat):
                batch.run()
                limit.ask("run")
                for name, ours in (("save", save), ("load", lambda: batch.load_states(states))):
                    times.setdefault(f"{name} limit", []).append(limit.ask(name))
                    times.setdefault(name, []).append(microseconds(ours, copies))
            if states[0].size != limit.size:
                raise SystemExit(f"{play.id}: states of {states[0].size} and {limit.size} bytes")
            for _ in range(repeat):
                batch.run()
                times.setdefault("reset", []).append(microseconds(batch.reset, copies))
        finally:
            limit.close()
    middle = {name: statistics.median(values) for name, values in times.items()}
    return {
        "core": play.core_id,
        "game": play.game,
        "bytes": limit.size,
        "serialize": middle["save limit"],
        "save": middle["save"],
        "ratio": middle["save"] / middle["save limit"],
        "unserialize": middle["load limit"],
        "load": middle["load"],
        "ratio of loads": middle["load"] / middle["load limit"],
        "reset": middle["reset"],
    }


def main() -> None:
    """Measure cores, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("cores", nargs="*", help=f"words of their names; {', '.join(MEASURED)}")
    parser.add_argument("--copies", type=int, default=8, help="how many copies of each")
    parser.add_argument("--threads", type=int, default=1, help="how many threads ours may use")
    parser.add_argument("--repeat", type=int, default=200, help="how often each is measured")
    options = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory() as directory:
        program = Path(directory) / "state_limit"
        source = Path(__file__).with_name("state_limit.c")
        subprocess.run([*compile_command(), source, "-o", program, "-ldl"], check=True)
        first_plays = {play.core_id: play for play in reversed(PLAYS)}
        for play in sorted(first_plays.values(), key=lambda play: play.id):
            name = play.core_id.partition(":")[2]
            if not any(word in play.core_id for word in options.cores or [name]):
                continue
            if not options.cores and name not in MEASURED:
                continue
            content = play.content(Path(directory))
            rows.append(
                measure(program, play, content, options.copies, options.threads, options.repeat)
            )
    print_table("microseconds a core", rows)


if __name__ == "__main__":
    main()
