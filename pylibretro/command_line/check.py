"""`pylibretro check`: what a core does wrong."""

from __future__ import annotations

import argparse
import os
from dataclasses import asdict

from pylibretro.command_line.failure import CommandError
from pylibretro.command_line.opening import number_from, parse_options
from pylibretro.command_line.output import print_json
from pylibretro.command_line.progress import ProgressBar

NOTHING_RUN = 3
SUMMARY = "run a core and report what it does wrong or unusually"
DESCRIPTION = """\
Run a core in separate processes, watch what it does, and list what breaks libretro's rules
(errors), what many frontends will not cope with (warnings), and what is merely unusual (notes).
Exit status: 0 when there is no error, 1 when there is, 2 when the core could not be tried, 3 when
nothing was run, as content that the core needs was not given, or was refused."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("core", metavar="CORE", help="name or path of a core, such as snes9x")
    parser.add_argument("content", metavar="CONTENT", nargs="?", help="the game: a file")
    parser.add_argument(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a core option (as often as needed)",
    )
    parser.add_argument("--system-dir", metavar="DIR", help="where the core finds firmware (BIOS)")
    parser.add_argument("--subsystem", metavar="NAME", help="the subsystem that the game is for")
    parser.add_argument(
        "--frames",
        metavar="N",
        type=number_from(1),
        default=240,
        help="how many frames to run (default 240)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=number_from(1),
        default=60,
        help="how much processor time the core may take without getting further before it is said "
        "to hang; of slow cores fewer frames are run (default 60)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="run it once: compare nothing, look for no leaks"
    )
    parser.add_argument(
        "--strict", action="store_true", help="let warnings count as errors in the exit status"
    )


def execute(arguments: argparse.Namespace) -> int:
    """Run the command and return its exit status."""
    from pylibretro.conformance.check import check, steps_of

    content = arguments.content
    if content is not None and not os.path.exists(content) and "#" not in content:
        raise CommandError(f"there is no file {content}")
    total = steps_of(arguments.frames, quick=arguments.quick)
    with ProgressBar("checking", total, quiet=arguments.json) as bar:
        report = check(
            arguments.core,
            content,
            options=parse_options(arguments.option),
            system_dir=arguments.system_dir,
            subsystem=arguments.subsystem,
            frames=arguments.frames,
            timeout=arguments.timeout,
            quick=arguments.quick,
            progress=bar.advance,
        )
    counts = {severity: len(report.of(severity)) for severity in ("error", "warning", "note")}
    if arguments.json:
        print_json(
            {
                "core": report.core,
                "info": report.facts["play"]["facts"].get("info"),
                "findings": [asdict(finding) for finding in report.findings],
                "counts": counts,
                "ok": report.ok,
                "nothing_run": report.nothing_run,
            }
        )
    else:
        for finding in report.findings:
            print(f"{finding.severity:<8}{finding.name}: {finding.message}")
        print(
            ", ".join(
                f"{count} {name}{'' if count == 1 else 's'}" for name, count in counts.items()
            )
        )
    if not report.ok or (arguments.strict and counts["warning"] > 0):
        return 1
    return NOTHING_RUN if report.nothing_run else 0
