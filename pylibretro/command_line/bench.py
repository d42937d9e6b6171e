"""`pylibretro bench`: how fast a core runs here, and what the frontend costs."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable
from contextlib import ExitStack
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.limit import LimitUnavailableError, RawLimit
from pylibretro.command_line.opening import (
    add_core_arguments,
    check_can_run,
    number_from,
    open_core,
)
from pylibretro.command_line.output import make_console, make_table, print_json
from pylibretro.command_line.progress import ProgressBar
from pylibretro.command_line.script import SCRIPT_HELP, read_script
from pylibretro.content.content import resolve_content
from pylibretro.content.directories import ScratchDirectory

if TYPE_CHECKING:
    from pylibretro._core import Core

SUMMARY = "measure speed against the raw limit of the core"
DESCRIPTION = """\
Measure frames per second of a core in three ways: many frames in one call, every frame as an RGB
array, and one frame a call. The raw limit stands beside them: a C program that does nothing but
call the same core.
All take turns, each on its own private instance, over the same frames; medians are shown."""

WARMUP = 120
SECONDS_PER_REPEAT = 0.5
FEWEST_FRAMES, MOST_FRAMES = 20, 50_000
FRAMES_PER_CAPTURE = 32


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_core_arguments(parser)
    parser.epilog = SCRIPT_HELP
    parser.add_argument(
        "--frames",
        metavar="N",
        type=number_from(1),
        help=f"frames per repeat (default: what takes about {SECONDS_PER_REPEAT} seconds)",
    )
    parser.add_argument(
        "--repeat", metavar="N", type=number_from(1), default=5, help="repeats (default 5)"
    )
    parser.add_argument(
        "--input", metavar="SCRIPT", help="buttons to hold, as below; - reads standard input"
    )


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    script = read_script(arguments.input) if arguments.input else None
    scratch = ScratchDirectory()
    with ExitStack() as stack:
        stack.callback(scratch.remove)
        cores = [stack.enter_context(open_core(arguments)) for _ in range(3)]
        check_can_run(cores[0], arguments)
        masks = script.masks(0, WARMUP) if script is not None else None
        speed = max(warm_up(core, masks) for core in cores)
        frames = arguments.frames or min(
            max(int(speed * SECONDS_PER_REPEAT), FEWEST_FRAMES), MOST_FRAMES
        )
        total = WARMUP + frames * arguments.repeat
        masks = script.masks(0, total) if script is not None else None
        limit = why_not = None
        try:
            limit = stack.enter_context(
                RawLimit(
                    limit_arguments(cores[0], arguments, scratch),
                    frames=frames,
                    repeats=arguments.repeat,
                    warmup=WARMUP,
                    masks=None if masks is None else two_ports(masks),
                )
            )
        except LimitUnavailableError as problem:
            why_not = str(problem)
        measured = measure(cores, limit, frames, arguments, masks)
        result = summarise(cores[0], measured, frames, arguments, why_not)
    if arguments.json:
        print_json(result)
    else:
        print_result(result)


def two_ports(masks: NDArray[numpy.uint16]) -> NDArray[numpy.uint16]:
    """Return the masks of ports 0 and 1, the only ones that the C program has."""
    both = numpy.zeros((len(masks), 2), numpy.uint16)
    both[:, : masks.shape[1]] = masks[:, :2]
    return both


def limit_arguments(
    core: Core, arguments: argparse.Namespace, scratch: ScratchDirectory
) -> list[str]:
    """Return core, content and options as the C program takes them."""
    words = [os.fspath(core.path)]
    content = resolve_content(
        arguments.content,
        core=core.name,
        extensions=core.info.extensions,
        need_fullpath=core.info.need_fullpath,
        block_extract=core.info.block_extract,
        scratch=scratch.path,
    )
    if content is not None:
        words.append(content.path)
    for key, value in core.options.items():
        words += ["--option", f"{key}={value}"]
    if arguments.system_dir:
        words += ["--system-dir", arguments.system_dir]
    return words


def warm_up(core: Core, masks: NDArray[numpy.uint16] | None) -> float:
    """Run the first frames; return frames per second."""
    started = time.perf_counter()
    core.run(WARMUP, masks)
    return WARMUP / (time.perf_counter() - started)


def measure(
    cores: list[Core],
    limit: RawLimit | None,
    frames: int,
    arguments: argparse.Namespace,
    masks: NDArray[numpy.uint16] | None,
) -> dict[str, list[float]]:
    """Let all take turns; return the frames per second of repeats and the microseconds of steps."""
    measured: dict[str, list[float]] = {"run": [], "capture": [], "step": [], "microseconds": []}
    ways: list[tuple[str, Core, Callable[[Core, int, NDArray[numpy.uint16] | None], list[float]]]]
    ways = [
        ("run", cores[0], run_all),
        ("capture", cores[1], capture_all),
        ("step", cores[2], step_each),
    ]
    turns = arguments.repeat * (len(ways) + (limit is not None))
    with ProgressBar(f"Measuring {cores[0].name}", turns, quiet=arguments.json) as progress:
        for repeat in range(arguments.repeat):
            begin = WARMUP + repeat * frames
            part = None if masks is None else masks[begin : begin + frames]
            if limit is not None:
                measured.setdefault("raw_limit", []).append(limit.measure())
                progress.advance(1)
            for name, core, way in ways:
                started = time.perf_counter()
                measured["microseconds"] += way(core, frames, part)
                measured[name].append(frames / (time.perf_counter() - started))
                progress.advance(1)
    return measured


def run_all(core: Core, frames: int, masks: NDArray[numpy.uint16] | None) -> list[float]:
    """All frames in one call, and the last picture as RGB."""
    core.run(frames, masks)
    _ = core.frame
    return []


def capture_all(core: Core, frames: int, masks: NDArray[numpy.uint16] | None) -> list[float]:
    """Every picture as RGB, in chunks that fit memory."""
    for start in range(0, frames, FRAMES_PER_CAPTURE):
        stop = min(start + FRAMES_PER_CAPTURE, frames)
        core.capture(stop - start, None if masks is None else masks[start:stop])
    return []


def step_each(core: Core, frames: int, masks: NDArray[numpy.uint16] | None) -> list[float]:
    """One call for each frame; returns the microseconds of each."""
    ends = [time.perf_counter()]
    if masks is None:
        for _ in range(frames):
            core.run()
            ends.append(time.perf_counter())
    else:
        for index in range(frames):
            core.run(1, masks[index : index + 1])
            ends.append(time.perf_counter())
    return list(numpy.diff(ends) * 1e6)


def summarise(
    core: Core,
    measured: dict[str, list[float]],
    frames: int,
    arguments: argparse.Namespace,
    why_not: str | None,
) -> dict[str, Any]:
    """Return medians, ratios to the limit, and the spread of single steps."""
    p50, p99 = numpy.percentile(measured["microseconds"], [50, 99])
    result: dict[str, Any] = {
        "core": core.name,
        "version": core.info.version,
        "content": arguments.content,
        "frames": frames,
        "repeats": arguments.repeat,
        "raw_limit": None,
        "raw_limit_unavailable": why_not,
    }
    limits = measured.get("raw_limit")
    if limits is not None:
        result["raw_limit"] = {
            "frames_per_second": median(limits),
            "microseconds_per_frame": 1e6 / median(limits),
        }
    for name in ("run", "capture", "step"):
        speeds = measured[name]
        result[name] = {
            "frames_per_second": median(speeds),
            "microseconds_per_frame": 1e6 / median(speeds),
        }
        if limits is not None:
            paired = list(zip(speeds, limits, strict=True))
            result[name]["ratio_to_limit"] = median(ours / limit for ours, limit in paired)
            result[name]["cost_microseconds"] = median(
                1e6 / ours - 1e6 / limit for ours, limit in paired
            )
    result["step"] |= {"p50_microseconds": float(p50), "p99_microseconds": float(p99)}
    return result


def print_result(result: dict[str, Any]) -> None:
    """Print the result as a table."""
    console = make_console()
    numbers = ("Frames/s", "Of the limit", "µs/frame", "Added µs")
    table = make_table(
        f"{result['core']} {result['version']}: {result['repeats']} x {result['frames']:,} frames",
        ("", *numbers),
        numbers,
    )
    labels = {
        "raw_limit": "raw limit in C",
        "run": "run(n), last picture as RGB",
        "capture": "capture(n), every picture as RGB",
        "step": "run() for each frame",
    }
    for name, label in labels.items():
        row = result[name]
        if row is not None:
            ratio, cost = row.get("ratio_to_limit"), row.get("cost_microseconds")
            table.add_row(
                label,
                f"{row['frames_per_second']:,.0f}",
                "" if ratio is None else f"{ratio:.3f}",
                f"{row['microseconds_per_frame']:,.2f}",
                "" if cost is None else f"{cost:+,.2f}",
            )
    console.print(table)
    step = result["step"]
    console.print(
        f"one run(): p50 {step['p50_microseconds']:,.2f} µs, p99 {step['p99_microseconds']:,.2f} µs"
    )
    if result["raw_limit"] is None:
        console.print(f"raw limit not measured: {result['raw_limit_unavailable']}", soft_wrap=True)
