"""`pylibretro replay`: play a movie, check it, and make a video of it."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from pylibretro.command_line.failure import CommandError
from pylibretro.command_line.opening import log_to_stderr, number_from, parse_options
from pylibretro.command_line.output import print_json
from pylibretro.command_line.pictures import check_pillow, save_png
from pylibretro.command_line.progress import ProgressBar
from pylibretro.command_line.video import VideoWriter
from pylibretro.files.whole_file import replace_file
from pylibretro.movies.movie import Movie

if TYPE_CHECKING:
    from pylibretro._core import Core

SUMMARY = "play a movie, check it, and make a video of it"
DESCRIPTION = """\
Play a movie from its beginning and compare its checksums: one that `pylibretro run --movie` made,
a .bk2 of stable-retro or BizHawk, or an .fm2 of FCEUX.
The exit status is 1 if the replay differs from what was recorded."""

FRAMES_PER_CHUNK = 600


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("movie", metavar="MOVIE", help="the movie")
    parser.add_argument(
        "content", metavar="CONTENT", nargs="?", help="the game, if the movie's is not found"
    )
    parser.add_argument(
        "--core", metavar="CORE", help="a core to use instead of the one that the movie names"
    )
    parser.add_argument(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a core option that the movie does not say",
    )
    parser.add_argument("--system-dir", metavar="DIR", help="where the core finds firmware (BIOS)")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="print the core's log on standard error"
    )
    parser.add_argument(
        "--frames", metavar="N", type=number_from(0), help="play only the first N frames"
    )
    parser.add_argument("--no-check", action="store_true", help="compare no checksums")
    parser.add_argument("--video", metavar="FILE.mp4", help="make a video with sound")
    parser.add_argument(
        "--scale",
        metavar="N",
        type=number_from(1),
        default=2,
        help="make each pixel N pixels wide and high in video and screenshot (default 2)",
    )
    parser.add_argument(
        "--quality",
        metavar="N",
        type=number_from(0),
        default=18,
        help="of the video: 0 loses nothing, larger is smaller (default 18)",
    )
    parser.add_argument("--screenshot", metavar="FILE.png", help="save the last picture")
    parser.add_argument("--save-state", metavar="FILE", help="save the state after the last frame")
    parser.add_argument(
        "--save-movie", metavar="FILE", help="write the movie again, as .plm or .bk2"
    )


def execute(arguments: argparse.Namespace) -> int | None:
    """Run the command."""
    if arguments.screenshot:
        check_pillow()
    if arguments.verbose:
        log_to_stderr()
    movie = Movie.load(arguments.movie)
    total = movie.frames if arguments.frames is None else min(arguments.frames, movie.frames)
    started = time.perf_counter()
    size = usual_size(movie, total, arguments) if arguments.video else (0, 0)
    with open_movie(movie, arguments) as core, ExitStack() as stack:
        video = None
        if arguments.video:
            video = stack.enter_context(
                VideoWriter(
                    arguments.video,
                    size,
                    fps=core.av_info.fps,
                    sample_rate=core.av_info.sample_rate,
                    scale=arguments.scale,
                    aspect=core.geometry.aspect_ratio,
                    quality=arguments.quality,
                )
            )
        progress = stack.enter_context(
            ProgressBar(f"Playing {core.name}", total, quiet=arguments.json)
        )

        def each(core: Core, frames: int) -> None:
            if video is not None:
                timing = core.av_info
                video.add(core.frame, core.audio, fps=timing.fps, sample_rate=timing.sample_rate)
            progress.advance(frames)

        verdict = movie.play(
            core,
            total,
            check=not arguments.no_check,
            at_once=1 if video is not None else FRAMES_PER_CHUNK,
            each=each,
        )
        files = save_results(core, movie, arguments)
    if arguments.video:
        files["video"] = arguments.video
    result: dict[str, Any] = {
        "core": core.name,
        "frames": verdict.frames,
        "seconds": time.perf_counter() - started,
        "checks": verdict.checks,
        "desync": None
        if verdict.desync is None
        else {
            "first": verdict.desync.first,
            "last": verdict.desync.last,
            "parts": verdict.desync.parts,
        },
        "complete": movie.complete,
        "files": files,
    }
    if arguments.json:
        print_json(result)
    else:
        print_summary(result, str(verdict.desync))
    return 1 if verdict.desync is not None else None


def open_movie(movie: Movie, arguments: argparse.Namespace) -> Core:
    """Open the core of a movie, with what the command line adds."""
    return movie.open(
        arguments.content,
        core=arguments.core,
        options={**movie.options, **parse_options(arguments.option)},
        system_dir=arguments.system_dir,
    )


def usual_size(movie: Movie, total: int, arguments: argparse.Namespace) -> tuple[int, int]:
    """Return the height and width of most pictures, which only a replay can tell."""
    sizes: Counter[tuple[int, ...]] = Counter()

    def count(core: Core, _: int) -> None:
        picture = core.frame
        if picture is not None:
            sizes[picture.shape[:2]] += 1
        progress.advance(1)

    with (
        open_movie(movie, arguments) as core,
        ProgressBar(f"Looking at {core.name}", total, quiet=arguments.json) as progress,
    ):
        movie.play(core, total, check=False, at_once=1, each=count)
    if not sizes:
        raise CommandError(f"there is no picture for {arguments.video}: none was sent")
    height, width = sizes.most_common(1)[0][0]
    return height, width


def save_results(core: Core, movie: Movie, arguments: argparse.Namespace) -> dict[str, str]:
    """Write the files that were asked for, and return which they are."""
    files = {}
    if arguments.screenshot:
        picture = core.frame
        if picture is None:
            raise CommandError(f"there is no picture for {arguments.screenshot}: none was sent")
        save_png(arguments.screenshot, picture, arguments.scale)
        files["screenshot"] = arguments.screenshot
    if arguments.save_state:
        replace_file(arguments.save_state, core.save_state())
        files["state"] = arguments.save_state
    if arguments.save_movie:
        movie.save(arguments.save_movie)
        files["movie"] = arguments.save_movie
    return files


def print_summary(result: dict[str, Any], desync: str) -> None:
    """Print what happened, for people."""
    verdict = f"{result['checks']:,} checks agree" if result["checks"] else "nothing to compare"
    if result["desync"] is not None:
        verdict = f"DESYNC: {desync}"
    print(f"{result['core']}: {result['frames']:,} frames in {result['seconds']:.2f} s; {verdict}")
    if not result["complete"]:
        print("the recording was cut off before its end")
    for path in result["files"].values():
        print(f"wrote {path}")
