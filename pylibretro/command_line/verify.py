"""`pylibretro verify`: replay many movies at once and compare their checksums."""

from __future__ import annotations

import argparse

from pylibretro.command_line.opening import number_from
from pylibretro.command_line.output import print_json
from pylibretro.command_line.progress import ProgressBar
from pylibretro.movies.checks import Verdict
from pylibretro.movies.verify import verify

SUMMARY = "replay movies and say which of them come out the same"
DESCRIPTION = """\
Replay movies in separate processes, as many at a time as there are processors, and compare
their checksums. The exit status is 1 if any differs or cannot be played."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("movies", metavar="MOVIE", nargs="+", help="the movies")
    parser.add_argument(
        "--content", metavar="CONTENT", help="the game, if the movies' is not found"
    )
    parser.add_argument(
        "--core", metavar="CORE", help="a core to use instead of the one that the movies name"
    )
    parser.add_argument(
        "--processes", metavar="N", type=number_from(0), help="how many work at a time"
    )


def execute(arguments: argparse.Namespace) -> int | None:
    """Run the command."""
    with ProgressBar("Verifying", len(arguments.movies), quiet=arguments.json) as progress:

        def advance(index: int, _: Verdict) -> None:
            progress.advance(1, arguments.movies[index])

        verdicts = verify(
            arguments.movies,
            arguments.content,
            core=arguments.core,
            processes=arguments.processes,
            progress=advance,
        )
    pairs = list(zip(arguments.movies, verdicts, strict=True))
    if arguments.json:
        print_json(
            [
                {
                    "movie": path,
                    "ok": verdict.ok,
                    "frames": verdict.frames,
                    "checks": verdict.checks,
                    "problem": problem_of(verdict),
                }
                for path, verdict in pairs
            ]
        )
    else:
        for path, verdict in pairs:
            said = problem_of(verdict) or f"{verdict.frames:,} frames, {verdict.checks:,} checks"
            print(f"{'ok    ' if verdict.ok else 'FAILED'} {path}: {said}")
    return None if all(verdict.ok for verdict in verdicts) else 1


def problem_of(verdict: Verdict) -> str | None:
    """Return what is wrong, in words; None if nothing is."""
    if verdict.error is not None:
        return " ".join(verdict.error.split())
    return None if verdict.desync is None else str(verdict.desync)
