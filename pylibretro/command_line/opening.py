"""Opening the core that a command line names."""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from pylibretro.command_line.failure import CommandError
from pylibretro.core_spec import grouped
from pylibretro.enums import Language

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
    """Add the arguments of every command that opens a core."""
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
    for name, (metavar, kind, meaning) in _WORDS.items():
        parser.add_argument(f"--{name.replace('_', '-')}", metavar=metavar, type=kind, help=meaning)
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
    """Return `KEY=VALUE` words as a mapping; a value may begin and end with spaces."""
    options = {}
    for word in words:
        key, separator, value = word.partition("=")
        if not separator or not key:
            raise CommandError(f"--option takes KEY=VALUE, not {word!r}")
        options[key] = value
    return options


def _language(text: str) -> Language:
    try:
        return Language[text.upper().replace("-", "_")]
    except KeyError:
        names = ", ".join(name.lower() for name in Language.__members__)
        raise argparse.ArgumentTypeError(f"{text!r} is none of {names}") from None


# The arguments of a Core that are words: what stands for each, what reads it, what it means.
_WORDS: dict[str, tuple[str, Callable[[str], object], str]] = {
    "system_dir": ("DIR", str, "where the core finds firmware (BIOS)"),
    "save_dir": ("DIR", str, "where the game's own saves are kept"),
    "language": ("NAME", _language, "the language that the core is to speak, such as german"),
    "username": ("NAME", str, "what the player is called, for cores that ask"),
    "clock": ("SECONDS", int, "the time of day at the first frame, in seconds since 1970"),
}


def open_core(arguments: argparse.Namespace) -> Core:
    """Open the core with its content, options and what else the command line says of it."""
    from pylibretro._core import Core

    if arguments.verbose:
        log_to_stderr()
    options = parse_options(arguments.option)
    words = {name: getattr(arguments, name) for name in _WORDS}
    try:
        given = grouped({name: word for name, word in words.items() if word is not None})
    except ValueError as problem:
        raise CommandError(str(problem)) from None
    return Core(arguments.core, arguments.content, options=options, **given)


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
