"""`pylibretro run`: play frames and keep what comes out."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy
from numpy.typing import NDArray

from pylibretro.command_line.failure import CommandError
from pylibretro.command_line.opening import (
    add_core_arguments,
    check_can_run,
    number_from,
    open_core,
)
from pylibretro.command_line.output import print_json
from pylibretro.command_line.pictures import GIFRecorder, check_pillow, save_png
from pylibretro.command_line.progress import ProgressBar
from pylibretro.command_line.script import SCRIPT_HELP, read_script
from pylibretro.command_line.sound import open_wav
from pylibretro.files.whole_file import replace_file
from pylibretro.movies.recorder import record

if TYPE_CHECKING:
    from pylibretro._core import Core

SUMMARY = "run frames, with input, and keep pictures, sound and state"
DESCRIPTION = """\
Run a core for a number of frames and write what came out of it."""

DEFAULT_FRAMES = 600
GIF_FRAME_RATE = 30
MOST_GIF_FPS = 50  # of which viewers show each for as long as it says
FRAMES_PER_CHUNK = 60


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    add_core_arguments(parser)
    parser.epilog = SCRIPT_HELP
    parser.add_argument(
        "--frames",
        metavar="N",
        type=number_from(0),
        help=f"how many frames (default: as long as the input script, or {DEFAULT_FRAMES})",
    )
    parser.add_argument(
        "--input", metavar="SCRIPT", help="buttons to hold, as below; - reads standard input"
    )
    parser.add_argument("--state", metavar="FILE", help="load this state before the first frame")
    parser.add_argument("--save-state", metavar="FILE", help="save the state after the last frame")
    parser.add_argument("--movie", metavar="FILE.plm", help="record a movie, for replay")
    parser.add_argument("--screenshot", metavar="FILE.png", help="save the last picture")
    parser.add_argument("--gif", metavar="FILE.gif", help="save the run as an animation")
    parser.add_argument("--wav", metavar="FILE.wav", help="save the sound of the run")
    parser.add_argument(
        "--scale",
        metavar="N",
        type=number_from(1),
        default=1,
        help="make each pixel N pixels wide and high in pictures (default 1)",
    )
    parser.add_argument(
        "--gif-fps",
        metavar="N",
        type=number_from(1),
        default=GIF_FRAME_RATE,
        help=f"pictures per second in the animation, at most 50 (default {GIF_FRAME_RATE})",
    )


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    if arguments.screenshot or arguments.gif:
        check_pillow()
    script = read_script(arguments.input) if arguments.input else None
    frames = arguments.frames
    if frames is None:
        frames = script.frames if script is not None else DEFAULT_FRAMES
    with open_core(arguments) as core, ExitStack() as files:
        check_can_run(core, arguments)
        if arguments.state:
            core.load_state(Path(arguments.state))
        if arguments.movie:
            files.enter_context(record(core, arguments.movie))
        recorder = GIFRecorder(arguments.scale) if arguments.gif else None
        sound = None
        if arguments.wav:
            sound = files.enter_context(open_wav(arguments.wav, core.av_info.sample_rate))
        run = Run(core, recorder, sound, min(arguments.gif_fps, MOST_GIF_FPS))
        with ProgressBar(f"Running {core.name}", frames, quiet=arguments.json) as progress:
            masks = None
            for start in range(0, frames, FRAMES_PER_CHUNK):
                count = min(FRAMES_PER_CHUNK, frames - start)
                if script is not None:
                    masks = script.masks(start, start + count)
                run.step(count, masks)
                progress.advance(count, f"{run.frames_per_second:,.0f} frames/s")
                if core.shut_down:
                    break
        result = save_results(core, run, arguments)
    if arguments.json:
        print_json(result)
    else:
        print_summary(result)


class Run:
    """A run in progress: what has been done, how long it took, and what has been kept."""

    def __init__(
        self,
        core: Core,
        recorder: GIFRecorder | None,
        sound: Callable[[NDArray[numpy.int16], float], None] | None,
        gif_fps: int,
    ) -> None:
        """Begin with nothing done."""
        self.core = core
        self.recorder = recorder
        self.sound = sound
        self.gif_fps = gif_fps
        self.frames = 0
        self.seconds = 0.0
        self.samples = 0
        self.seconds_of_sound = 0.0
        # The time in the game, at the rates that it had, and when the next picture is due.
        self.game_seconds = 0.0
        self.picture_due = 1 / gif_fps
        self.not_shown = 0.0

    @property
    def frames_per_second(self) -> float:
        """Speed of the core and its frontend, not counting the writing of files."""
        return self.frames / self.seconds if self.seconds else 0.0

    def step(self, frames: int, masks: NDArray[numpy.uint16] | None) -> None:
        """Run some frames, and record them."""
        # Each frame alone where it counts how long it is, or which rate its samples have.
        at_once = frames if self.recorder is None and self.sound is None else 1
        for start in range(0, frames, at_once):
            if self.core.shut_down:
                break
            part = None if masks is None else masks[start : start + at_once]
            self._run(at_once, part)

    def _run(self, frames: int, masks: NDArray[numpy.uint16] | None) -> None:
        started = time.perf_counter()
        done = self.core.run(frames, masks)
        self.seconds += time.perf_counter() - started
        self.frames += done
        samples = self.core.audio
        timing = self.core.av_info
        self.samples += len(samples)
        self.seconds_of_sound += len(samples) / timing.sample_rate if timing.sample_rate else 0.0
        if self.sound is not None:
            self.sound(samples, timing.sample_rate)
        if self.recorder is not None and done:
            self._record(1 / (timing.fps or 60.0))

    def _record(self, seconds: float) -> None:
        """Give the animation a picture when one is due, for the time since the one before."""
        self.game_seconds += seconds
        self.not_shown += seconds
        if self.game_seconds > self.picture_due - seconds / 2:
            late = self.game_seconds - seconds / 2
            self.picture_due = max(self.picture_due, late) + 1 / self.gif_fps
            self.show()

    def show(self) -> None:
        """Give the animation the last picture, for the time that none has been shown."""
        picture = self.core.frame
        if self.recorder is not None and picture is not None and self.not_shown:
            self.recorder.add(picture, self.not_shown)
            self.not_shown = 0.0


def save_results(core: Core, run: Run, arguments: argparse.Namespace) -> dict[str, Any]:
    """Write the files that were asked for, and return what happened."""
    picture = core.frame
    files = {}
    if arguments.screenshot:
        if picture is None:
            raise CommandError(f"there is no picture for {arguments.screenshot}: none was sent")
        save_png(arguments.screenshot, picture, arguments.scale)
        files["screenshot"] = arguments.screenshot
    if run.recorder is not None:
        run.show()
        run.recorder.save(arguments.gif)
        files["gif"] = arguments.gif
    if arguments.movie:
        files["movie"] = arguments.movie
    if arguments.wav:
        files["wav"] = arguments.wav
    if arguments.save_state:
        replace_file(arguments.save_state, core.save_state())
        files["state"] = arguments.save_state
    return {
        "core": core.name,
        "frames": run.frames,
        "seconds": run.seconds,
        "frames_per_second": run.frames_per_second,
        "width": None if picture is None else picture.shape[1],
        "height": None if picture is None else picture.shape[0],
        "sample_rate": core.av_info.sample_rate,
        "samples": run.samples,
        "seconds_of_sound": run.seconds_of_sound,
        "shut_down": core.shut_down,
        "files": files,
    }


def print_summary(result: dict[str, Any]) -> None:
    """Print what happened, for people."""
    size = f"{result['width']}x{result['height']}" if result["width"] else "no picture"
    rate = result["sample_rate"]
    sound = f"{result['seconds_of_sound']:.1f} s of sound" if rate else "no sound"
    print(
        f"{result['core']}: {result['frames']:,} frames in {result['seconds']:.2f} s, "
        f"{result['frames_per_second']:,.0f} frames/s; {size}, {sound}"
    )
    if result["shut_down"]:
        print("the core asked to shut down")
    for path in result["files"].values():
        print(f"wrote {path}")
