"""The commands of `pylibretro`, one module each.

Nothing here is imported by the library. rich and Pillow are imported when a command needs them, so
that commands that need neither work without them.
"""

from __future__ import annotations

import argparse
import io
import logging
import os
import sys
from typing import NoReturn

from pylibretro.command_line.failure import CommandError
from pylibretro.error import LibretroError
from pylibretro.version import __version__

__all__ = ["run_command"]

EXIT_ERROR = 2
EXIT_INTERRUPTED = 130

EPILOG = """\
examples:
  pylibretro demo
  pylibretro cores
  pylibretro games --playable
  pylibretro info snes9x
  pylibretro run snes9x game.sfc --frames 600 --screenshot game.png --gif game.gif
  pylibretro check ./my_libretro.so game.bin
  pylibretro run snes9x game.sfc --movie game.plm
  pylibretro replay game.plm game.sfc --video game.mp4
  pylibretro bench 2048
"""


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are a single line, as all errors here are."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read what is right."""
        self.exit(EXIT_ERROR, f"{self.prog}: {message} (see {self.prog} --help)\n")


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    from pylibretro.command_line import (
        bench,
        check,
        cores,
        demo,
        games,
        import_,
        info,
        replay,
        run,
        search,
        verify,
    )

    parser = OneLineParser(
        prog="pylibretro",
        description="Load any libretro core and step it at the speed of C.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and exit")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for module in (demo, run, replay, verify, search, import_, info, check, bench, cores, games):
        command = commands.add_parser(
            module.__name__.rpartition(".")[2].rstrip("_"),
            help=module.SUMMARY,
            description=module.DESCRIPTION,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        module.add_arguments(command)
        command.add_argument("--json", action="store_true", help="print one JSON object instead")
        command.set_defaults(execute=module.execute, command=command.prog)
    return parser


def run_command(words: list[str]) -> int:
    """Parse the words, run the command, and return the exit status."""
    # Without a handler Python would print the cores' warnings among our own output.
    logging.getLogger("pylibretro").addHandler(logging.NullHandler())
    for stream in (sys.stdout, sys.stderr):
        # Cores name options, games and files in whatever bytes they like.
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")
    parser = make_parser()
    try:
        arguments = parser.parse_args(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else EXIT_ERROR
    if arguments.version:
        print(f"pylibretro {__version__}")
        return 0
    if not hasattr(arguments, "execute"):
        parser.print_help()
        return EXIT_ERROR
    try:
        status = arguments.execute(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        print(f"{arguments.command}: interrupted", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has gone, as `head` does; the rest must not be flushed.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except (CommandError, LibretroError, OSError) as problem:
        print(f"{arguments.command}: {one_line(problem)}", file=sys.stderr)
        return EXIT_ERROR
    return status or 0


def one_line(problem: BaseException) -> str:
    """Return an exception's message without line breaks."""
    if type(problem).__module__ == "builtins" and isinstance(problem, OSError):
        subject = f"{problem.filename}: " if problem.filename is not None else ""
        return f"{subject}{problem.strerror or problem}"
    return " ".join(str(problem).split())
