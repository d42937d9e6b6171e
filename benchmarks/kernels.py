"""Measure the pixel kernels against their scalar twins and, where it is installed, OpenCV.

    python benchmarks/kernels.py [--repeat R] [--milliseconds M] [--cpu-time] [--json]

All sides work on the same pictures, on one thread, in turns; what is told are medians, in
microseconds a picture. Before anything is timed, every kernel must equal its scalar twin bit for
bit, and OpenCV as closely as include/planes.h and include/resize.h promise.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from oracle import compile_command
from speed import print_table

cv2: Any
try:
    import cv2
except ImportError:
    cv2 = None

HERE = Path(__file__).resolve().parent
UNITS = [
    *(f"picture/{name}" for name in ("planes", "resize", "resize_kernels", "resize_tables")),
    "platform/simd",
]
FORMATS = {"0RGB1555": 0, "XRGB8888": 1, "RGB565": 2}
MODES = ("nearest", "bilinear", "area", "area exact")
SLACK = {"nearest": 0, "bilinear": 1, "area": 1, "area exact": 0}
SIZES = [
    (160, 210, 84, 84), (160, 144, 84, 84), (240, 160, 84, 84), (256, 240, 84, 84),
    (320, 224, 84, 84), (320, 224, 128, 128), (160, 210, 80, 105), (160, 144, 320, 288),
]  # fmt: skip
WIDTH, HEIGHT = 160, 210
SCALAR = 0


@dataclass(frozen=True)
class Case:
    """One kernel on one picture."""

    name: str
    result: np.ndarray[Any, Any]
    run: Callable[[int], object]
    """Fill `result` so many times."""
    opencv: Callable[[], Any] | None = None
    slack: int | None = None
    """By how much OpenCV's result may differ; None: it computes something else."""


def build(directory: Path) -> ctypes.CDLL:
    """Compile kernels.c; the scalar kernels too get what the compiler makes of them at -O3."""
    library = directory / (
        "kernels" + {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
    )
    position_independent = [] if sys.platform == "win32" else ["-fPIC"]
    sources = [HERE / "kernels.c", *(HERE.parent / "pylibretro" / f"{unit}.c" for unit in UNITS)]
    command = [*compile_command(), "-O3", "-shared", *position_independent, *map(str, sources)]
    subprocess.run([*command, "-o", library], check=True)
    loaded = ctypes.CDLL(str(library))
    loaded.kernels_level_name.restype = ctypes.c_char_p
    return loaded


def call(function: Any, *arguments: int | np.ndarray[Any, Any]) -> Callable[[int], object]:
    """Return what calls a function of kernels.c with a number of rounds and these arguments."""
    converted = [
        ctypes.c_void_p(argument.ctypes.data)
        if isinstance(argument, np.ndarray)
        else ctypes.c_size_t(argument)
        for argument in arguments
    ]
    return lambda rounds: (function(ctypes.c_uint(rounds), *converted), arguments)


def gray_by_opencv(format_name: str, source: np.ndarray[Any, Any]) -> Callable[[], Any] | None:
    if not cv2:
        return None
    code = {
        "0RGB1555": cv2.COLOR_BGR5552GRAY,
        "XRGB8888": cv2.COLOR_BGRA2GRAY,
        "RGB565": cv2.COLOR_BGR5652GRAY,
    }[format_name]
    pixels = source.view(np.uint8).reshape(*source.shape, -1)
    result = np.zeros(source.shape, np.uint8)
    return lambda: cv2.cvtColor(pixels, code, dst=result)


def maximum_by_opencv(a: np.ndarray[Any, Any], b: np.ndarray[Any, Any]) -> Callable[[], Any] | None:
    result = b.copy()
    return (lambda: cv2.max(a, result, dst=result).ravel()) if cv2 else None


def resize_by_opencv(
    mode: int, source: np.ndarray[Any, Any], width: int, height: int
) -> Callable[[], Any] | None:
    if not cv2:
        return None
    interpolation = (cv2.INTER_NEAREST, cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_AREA)[mode]
    result = np.zeros((height, width), np.uint8)
    return lambda: cv2.resize(source, (width, height), dst=result, interpolation=interpolation)


def row_cases(kernels: ctypes.CDLL) -> Iterator[Case]:
    random = np.random.default_rng(1)
    count = WIDTH * HEIGHT
    for name, number in FORMATS.items():
        dtype = np.uint32 if name == "XRGB8888" else np.uint16
        words = random.integers(0, np.iinfo(dtype).max, (HEIGHT, WIDTH), dtype, endpoint=True)
        gray, planes = np.zeros((HEIGHT, WIDTH), np.uint8), np.zeros((3, count), np.uint8)
        yield Case(
            f"{name} to gray",
            gray,
            call(kernels.kernels_gray, number, words, count, gray),
            gray_by_opencv(name, words),
            # OpenCV fills the low bits of 15 and 16 bit colours with zeros.
            slack=0 if name == "XRGB8888" else None,
        )
        yield Case(
            f"{name} to planes", planes, call(kernels.kernels_rgb, number, words, count, planes)
        )
    a, greatest, mean = (random.integers(0, 256, count, np.uint8) for _ in range(3))
    yield Case(
        "maximum of two",
        greatest,
        call(kernels.kernels_maximum, a, greatest, count),
        maximum_by_opencv(a, greatest),
        slack=0,
    )
    yield Case("mean of two", mean, call(kernels.kernels_mean, a, mean, count))
    floats = np.zeros(count, np.float32)
    yield Case("bytes to floats", floats, call(kernels.kernels_float, a, count, floats))


def resize_cases(kernels: ctypes.CDLL) -> Iterator[Case]:
    for width, height, out_width, out_height in SIZES:
        source = np.random.default_rng(2).integers(0, 256, (height, width), np.uint8)
        for mode, name in enumerate(MODES):
            result = np.zeros((out_height, out_width), np.uint8)
            sizes = width, height, result, out_width, out_height
            yield Case(
                f"{width}x{height} to {out_width}x{out_height}, {name}",
                result,
                call(kernels.kernels_resize, mode, source, *sizes),
                resize_by_opencv(mode, source, out_width, out_height),
                SLACK[name],
            )


def check(kernels: ctypes.CDLL, case: Case, levels: list[int]) -> None:
    before = case.result.copy()
    results = []
    for level in levels:
        case.result[:] = before
        kernels.kernels_force(level)
        case.run(1)
        results.append(case.result.copy())
        if not np.array_equal(results[-1], results[0]):
            raise SystemExit(f"{case.name}: level {level} differs from the scalar kernel")
    if case.opencv and case.slack is not None:
        difference = int(np.abs(results[0].astype(int) - case.opencv()).max())
        if difference > case.slack:
            raise SystemExit(f"{case.name}: differs from OpenCV by {difference}")


def measure(
    kernels: ctypes.CDLL, case: Case, levels: list[int], options: argparse.Namespace
) -> dict[str, Any]:
    """Time the best level, the scalar one and OpenCV in turns."""
    clock = time.process_time if options.cpu_time else time.perf_counter

    def at_level(level: int) -> Callable[[int], object]:
        return lambda rounds: (kernels.kernels_force(level), case.run(rounds))

    def opencv(rounds: int) -> None:
        assert case.opencv
        for _ in range(rounds):
            case.opencv()

    sides = {"kernel": at_level(levels[-1]), "scalar": at_level(SCALAR)}
    if case.opencv:
        sides["OpenCV"] = opencv
    rounds = {}
    for name, run in sides.items():
        run(3)
        start = time.perf_counter()
        run(10)
        elapsed = max(time.perf_counter() - start, 1e-7)
        rounds[name] = max(1, int(10 * options.milliseconds / 1000 / elapsed))
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(options.repeat):
        for name, run in sides.items():
            start = clock()
            run(rounds[name])
            seconds[name].append((clock() - start) / rounds[name])
    medians = {name: statistics.median(times) * 1e6 for name, times in seconds.items()}
    other = medians.get("OpenCV")
    return {
        "what": case.name,
        "µs": medians["kernel"],
        "scalar": medians["scalar"],
        "OpenCV": other if other is not None else "",
        "times scalar": medians["scalar"] / medians["kernel"],
        "times OpenCV": other / medians["kernel"] if other is not None else "",
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--repeat", type=int, default=9, help="repeats to take the median of")
    parser.add_argument("--milliseconds", type=float, default=3, help="how long one repeat is")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    options = parser.parse_args()
    if cv2:
        cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as directory:
        kernels = build(Path(directory))
        levels, level = [], 0
        while name := kernels.kernels_level_name(level):
            if kernels.kernels_force(level):
                levels.append(level)
                best = name.decode()
            level += 1
        cases = [*row_cases(kernels), *resize_cases(kernels)]
        for case in cases:
            check(kernels, case, levels)
        rows = [measure(kernels, case, levels, options) for case in cases]
    opencv = f"OpenCV {cv2.__version__}" if cv2 else "OpenCV is not installed"
    if options.json:
        print(json.dumps({"level": best, "opencv": opencv, "rows": rows}, indent=1))
    else:
        print_table(f"Kernels at level {best}, microseconds a picture ({opencv})", rows)


if __name__ == "__main__":
    main()
