"""Measure pylibretro against raw_limit.c, the least that any frontend can do.

    python benchmarks/speed.py [--frames N] [--repeat R] [--corpus DIRECTORY] [--cpu-time] [--json]
                               [WHAT]...

Both sides run the same core with the same content and input, after the same warm-up, in turns; what
is told are medians, and ratios of medians. Before anything is timed, every picture, sample and byte
of RAM must be equal on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from oracle import arguments, build, compile_command, observe, random_masks, record

from pylibretro import Core, CoreNotFoundError, find_core

CHECKOUT = Path(__file__).resolve().parent.parent
CORPUS_GAMES = {
    "gambatte": "gb/homebrew/shocklobster.gb",
    "mgba": "gba/jsmolka/ppu__shades.gba",
    "fceumm": "nes/retrobrews/lunarlimit.nes",
    "nestopia": "nes/retrobrews/lunarlimit.nes",
    "snes9x": "snes/retrobrews/horizontal-shooter.sfc",
    "genesis_plus_gx": "md/sgdk/game__platformer.bin",
    "picodrive": "md/sgdk/game__platformer.bin",
}
CHECKED_FRAMES = 120
TRIVIAL_FRAMES = 200_000


@dataclass(frozen=True)
class Case:
    """A core with a game to measure."""

    name: str
    core: Path
    content: Path | None = None
    options: dict[str, str] = field(default_factory=dict)

    def open(self) -> Core:
        """Open a Core with the game."""
        return Core(self.core, self.content, options=self.options)


@dataclass(frozen=True)
class Bench:
    """What all measurements share: the compiled raw_limit.c, the cases, and how long to measure."""

    program: Path
    cases: list[Case]
    frames: int
    repeat: int
    cpu_time: bool

    def seconds(self, frames: int, function: Callable[..., object], *arguments: object) -> float:
        """Call the function, which runs so many frames; return the seconds of one."""
        clock = time.process_time if self.cpu_time else time.perf_counter
        start = clock()
        function(*arguments)
        return (clock() - start) / frames


# --- what there is to measure ---------------------------------------------------------------------


def package_files(package: str, pattern: str) -> list[Path]:
    spec = find_spec(package)
    return sorted(Path(spec.origin).parent.glob(pattern)) if spec and spec.origin else []


def installed(name: str) -> Path | None:
    try:
        return find_core(name)
    except CoreNotFoundError:
        return None


def compile_trivial_core(directory: Path) -> Path:
    core = directory / "trivial_libretro.so"
    source = CHECKOUT / "tests" / "cores" / "trivial.c"
    subprocess.run([*compile_command(), "-fPIC", "-shared", source, "-o", core], check=True)
    return core


def find_cases(corpus: Path | None) -> Iterator[Case]:
    yield Case("2048", find_core("2048"))
    for rom in package_files("stable_retro", "data/**/Airstriker-Genesis*/rom.md")[:1]:
        for name in ("genesis_plus_gx", "picodrive"):
            if core := installed(name):
                yield Case(f"{name} airstriker", core, rom)
    for game in ("breakout", "pong"):
        for rom in package_files("ale_py", f"roms/{game}.bin"):
            if core := installed("stella"):
                yield Case(f"stella {game}", core, rom)
    for name, game in CORPUS_GAMES.items():
        core = installed(name)
        if corpus and core and (corpus / "roms" / game).is_file():
            yield Case(f"{name} {Path(game).stem}", core, corpus / "roms" / game)


# --- the two sides --------------------------------------------------------------------------------


class RawLimit:
    """raw_limit in a process of its own, which runs a repeat when asked."""

    def __init__(
        self, bench: Bench, case: Case, masks_file: Path, warmup: int, frames: int
    ) -> None:
        """Start the process and wait until it has warmed up."""
        self.frames = frames
        self.process = subprocess.Popen(
            [
                bench.program,
                *arguments(case.core, case.content, masks_file, case.options),
                f"--warmup={warmup}",
                f"--frames={frames}",
                "--repeat=1000000",
                "--lockstep",
                *(["--cpu-time"] if bench.cpu_time else []),
            ],
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
            raise RuntimeError(f"raw_limit ended with status {self.process.wait()}")
        return line

    def seconds(self) -> float:
        """Run one repeat; return its seconds a frame."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return float(self.line().split()[3]) / self.frames

    def close(self) -> None:
        """End the process."""
        self.process.kill()
        self.process.communicate()


def check_equal(program: Path, case: Case) -> None:
    masks = random_masks(CHECKED_FRAMES)
    expected = record(program, case.core, case.content, masks, case.options)
    with case.open() as core:
        seen = observe(core, masks)
    if seen.frames != expected.frames:
        raise SystemExit(f"{case.name}: the pictures differ from raw_limit's")
    if seen.audio != expected.audio:
        raise SystemExit(f"{case.name}: the audio differs from raw_limit's")
    if seen.memory != expected.memory:
        raise SystemExit(f"{case.name}: memory differs from raw_limit's")


def measure_case(bench: Bench, case: Case) -> dict[str, Any]:
    """Alternate raw_limit, run(n) and capture(n), each from its own Core at the same frames."""
    check_equal(bench.program, case)
    frames, repeat = bench.frames, bench.repeat
    warmup = min(frames, 300)
    masks = random_masks(warmup + frames * repeat)
    times: dict[str, list[float]] = {"limit": [], "run": [], "capture": []}
    with tempfile.TemporaryDirectory() as directory:
        masks_file = Path(directory) / "masks"
        masks_file.write_bytes(masks.astype("<u2").tobytes())
        limit = RawLimit(bench, case, masks_file, warmup, frames)
        running, capturing = case.open(), case.open()
        try:
            running.run(warmup, masks[:warmup])
            capturing.run(warmup - 1, masks[: warmup - 1])
            first = capturing.capture(1, masks[warmup - 1 : warmup])
            out = np.zeros((frames, *first.frames.shape[1:]), np.uint8)
            for i in range(repeat):
                inputs = masks[warmup + i * frames : warmup + (i + 1) * frames]
                times["limit"].append(limit.seconds())
                times["run"].append(bench.seconds(frames, run_and_look, running, inputs))
                times["capture"].append(bench.seconds(frames, capture, capturing, inputs, out))
        finally:
            limit.close()
            running.close()
            capturing.close()
    middle = {name: statistics.median(values) for name, values in times.items()}
    return {
        "limit": 1 / middle["limit"],
        "run": 1 / middle["run"],
        "capture": 1 / middle["capture"],
        "run_ratio": middle["limit"] / middle["run"],
        "capture_ratio": middle["limit"] / middle["capture"],
        "microseconds_above_limit": (middle["run"] - middle["limit"]) * 1e6,
    }


def capture(core: Core, inputs: NDArray[np.uint16], out: NDArray[np.uint8]) -> None:
    core.capture(len(inputs), inputs, out=out)


def run_and_look(core: Core, inputs: NDArray[np.uint16]) -> None:
    core.run(len(inputs), inputs)
    assert core.frame is not None
    assert core.audio is not None


# --- questions ------------------------------------------------------------------------------------


def ratios(bench: Bench) -> Iterator[dict[str, Any]]:
    """Frames a second of run(n) and capture(n), and their part of the limit."""
    for case in bench.cases:
        numbers = measure_case(bench, case)
        yield {"what": case.name, **numbers}


def frame_cost(bench: Bench) -> Iterator[dict[str, Any]]:
    """Microseconds that the frontend adds to a frame of the trivial core, without capture."""
    case = Case("trivial", compile_trivial_core(bench.program.parent))
    with tempfile.TemporaryDirectory() as directory, case.open() as core:
        masks_file = Path(directory) / "masks"
        masks_file.write_bytes(b"")
        limit = RawLimit(bench, case, masks_file, 1000, TRIVIAL_FRAMES)
        core.run(1000)
        pairs = [
            (limit.seconds(), bench.seconds(TRIVIAL_FRAMES, run_in_pieces, core))
            for _ in range(bench.repeat)
        ]
        limit.close()
    limit_seconds, run_seconds = (statistics.median(values) for values in zip(*pairs, strict=True))
    yield {
        "what": "trivial core",
        "limit_microseconds": limit_seconds * 1e6,
        "run_microseconds": run_seconds * 1e6,
        "microseconds_above_limit": (run_seconds - limit_seconds) * 1e6,
    }


def run_in_pieces(core: Core) -> None:
    """Run in calls of 200 frames: a call keeps the audio of all its frames."""
    for _ in range(TRIVIAL_FRAMES // 200):
        core.run(200)


def threads(bench: Bench) -> Iterator[dict[str, Any]]:
    """Speed of two Cores in two threads, by that of one Core in one thread."""
    for case in bench.cases[:3]:
        with case.open() as first, case.open() as second:
            for core in (first, second):
                core.run(300)
            alone, together = [], []
            for _ in range(bench.repeat):
                alone.append(wall_seconds(first.run, bench.frames))
                together.append(wall_seconds(run_both, first, second, bench.frames) / 2)
        yield {
            "what": case.name,
            "speedup": statistics.median(alone) / statistics.median(together),
        }


def wall_seconds(function: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    function(*arguments)
    return time.perf_counter() - start


def run_both(first: Core, second: Core, frames: int) -> None:
    other = threading.Thread(target=second.run, args=(frames,))
    other.start()
    first.run(frames)
    other.join()


def busy_thread(bench: Bench) -> Iterator[dict[str, Any]]:
    """Cost of a frame while another Python thread computes, by its cost in peace."""
    for case in bench.cases[:3]:
        quiet, busy = [], []
        with case.open() as core:
            core.run(300)
            for _ in range(bench.repeat):
                quiet.append(wall_seconds(core.run, bench.frames))
                stop = threading.Event()
                thread = threading.Thread(target=compute, args=(stop,))
                thread.start()
                busy.append(wall_seconds(core.run, bench.frames))
                stop.set()
                thread.join()
        yield {"what": case.name, "cost": statistics.median(busy) / statistics.median(quiet)}


def compute(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(range(1000))


def import_time(bench: Bench) -> Iterator[dict[str, Any]]:
    """Milliseconds of `import pylibretro` after NumPy, in fresh processes."""
    code = (
        "import time, numpy; start = time.perf_counter(); import pylibretro; "
        "print((time.perf_counter() - start) * 1000)"
    )
    times = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout)
        for _ in range(bench.repeat)
    ]
    yield {"what": "import pylibretro", "milliseconds": statistics.median(times)}


def construct_time(bench: Bench) -> Iterator[dict[str, Any]]:
    """Milliseconds to open a Core, ready for its first frame."""
    for case in bench.cases:
        case.open().close()
        times = []
        for _ in range(max(bench.repeat, 20)):
            start = time.perf_counter()
            core = case.open()
            times.append((time.perf_counter() - start) * 1000)
            core.close()
        yield {"what": case.name, "milliseconds": statistics.median(times)}


def instance_memory(bench: Bench) -> Iterator[dict[str, Any]]:
    """Private megabytes of one more Core after 60 frames, in a process of its own (Linux)."""
    if not Path("/proc/self/smaps_rollup").exists():
        return
    for case in bench.cases:
        out = subprocess.run(
            [sys.executable, __file__, "--count-memory", case.core, case.content or ""],
            capture_output=True,
            check=True,
        ).stdout
        yield {"what": case.name, "megabytes": float(out)}


def count_memory(core: str, content: str) -> float:
    """Megabytes that ten Cores add to this process, by ten; the first two are not counted."""
    cores: list[Core] = []
    before = 0
    for i in range(12):
        if i == 2:
            before = private_bytes()
        cores.append(Core(core, content or None))
        cores[-1].run(60)
    return (private_bytes() - before) / 10 / 1e6


def private_bytes() -> int:
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Private_"))


def growth(bench: Bench) -> Iterator[dict[str, Any]]:
    """What 300 times open, run, close leave behind in this process (Linux)."""
    if not Path("/proc/self/smaps_rollup").exists():
        return
    for case in bench.cases[:3]:
        cycle(case, 100)
        before = remains()
        cycle(case, 300)
        yield {
            "what": case.name,
            **{name: count - before[name] for name, count in remains().items()},
        }


def cycle(case: Case, times: int) -> None:
    for _ in range(times):
        with case.open() as core:
            core.run(2)


def remains() -> dict[str, float]:
    return {
        "kilobytes": private_bytes() / 1e3,
        "maps": len(Path("/proc/self/maps").read_text().splitlines()),
        "files": len(os.listdir("/proc/self/fd")),
        "temporary_files": len(os.listdir(tempfile.gettempdir())),
    }


QUESTIONS = {
    "ratios": ratios,
    "frame-cost": frame_cost,
    "threads": threads,
    "busy-thread": busy_thread,
    "import-time": import_time,
    "construct-time": construct_time,
    "memory": instance_memory,
    "growth": growth,
}


# --- output ---------------------------------------------------------------------------------------


def show(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
    return str(value)


def print_table(title: str, rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    print(f"\n{title}")
    cells = [list(rows[0]), *([show(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for row in cells:
        first, *rest = (cell.rjust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join([row[0].ljust(len(first)), *rest]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("what", nargs="*", help=f"any of {', '.join(QUESTIONS)}; default: all")
    parser.add_argument("--frames", type=int, default=1000, help="frames a repeat")
    parser.add_argument("--repeat", type=int, default=5, help="repeats to take the median of")
    parser.add_argument("--corpus", type=Path, help="directory of test ROMs")
    parser.add_argument(
        "--cpu-time", action="store_true", help="count processor time in ratios and frame-cost"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("--count-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.count_memory:
        print(count_memory(*options.count_memory))
        return
    for name in options.what:
        if name not in QUESTIONS:
            parser.error(f"{name!r} is not one of {', '.join(QUESTIONS)}")
    neighbours = sorted(CHECKOUT.parent.glob("*/corpus"))
    corpus = options.corpus or os.environ.get("PYLIBRETRO_CORPUS") or next(iter(neighbours), None)
    with tempfile.TemporaryDirectory() as directory:
        program = build(Path(directory))
        cases = list(find_cases(Path(corpus) if corpus else None))
        bench = Bench(program, cases, options.frames, options.repeat, options.cpu_time)
        answers = {}
        for name in options.what or QUESTIONS:
            question = QUESTIONS[name]
            answers[name] = list(question(bench))
            if not options.json:
                print_table(question.__doc__ or name, answers[name])
    if options.json:
        print(json.dumps(answers, indent=1))


if __name__ == "__main__":
    main()
