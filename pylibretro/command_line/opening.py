"""Opening the core that a command line names."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from pylibretro.command_line.failure import CommandError

if TYPE_CHECKING:
    from pylibretro._core import Core

__all__ = [
    "add_core_arguments",
    "check_can_run",
    "log_to_stderr",
    "number_from",
    "open_core",
    "parse_options",
]


def add_core_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every command that opens a core takes."""
    parser.add_argument("core", metavar="CORE", help="name or path of a core, such as snes9x")
    parser.add_argument(
        "content",
        metavar="CONTENT",
        nargs="?",
        help="the game: a file, a zip, or a file in a zip as games.zip#game.sfc",
    )
    parser.add_argument(
        "--option",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="set a core option (as often as needed; `pylibretro info CORE` lists them)",
    )
    parser.add_argument("--system-dir", metavar="DIR", help="where the core finds firmware (BIOS)")
    parser.add_argument("--save-dir", metavar="DIR", help="where the game's own saves are kept")
    parser.add_argument(
        "-v", "--verbose", action="store_true", help="print the core's log on standard error"
    )


def number_from(least: int) -> Callable[[str], int]:
    """Return a type for arguments: a whole number, `least` or more."""

    def number(text: str) -> int:
        if not text.isascii() or not text.isdigit() or int(text) < least:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {least} up")
        return int(text)

    return number


def parse_options(words: list[str]) -> dict[str, str]:
    """Return `KEY=VALUE` words as a mapping."""
    options = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator or not key:
            raise CommandError(f"--option takes KEY=VALUE, not {word!r}")
        options[key.strip()] = value.strip()
    return options


def open_core(arguments: argparse.Namespace) -> Core:
    """Open the core with its content, options and directories."""
    from pylibretro._core import Core

    if arguments.verbose:
        log_to_stderr()
    return Core(
        arguments.core,
        arguments.content,
        options=parse_options(arguments.option),
        system_dir=arguments.system_dir,
        save_dir=arguments.save_dir,
    )


def log_to_stderr() -> None:
    """Print what cores log on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(levelname)s %(name)s: %(message)s"))
    logger = logging.getLogger("pylibretro")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)


def check_can_run(core: Core, arguments: argparse.Namespace) -> None:
    """Refuse a core that was opened without the game it needs."""
    if arguments.content is None and not core.supports_no_game:
        extensions = ", ".join(f".{extension}" for extension in core.info.extensions)
        raise CommandError(
            f"{core.name} needs a game: {arguments.command} {arguments.core} CONTENT"
            + (f" (it takes {extensions})" if extensions else "")
        )
