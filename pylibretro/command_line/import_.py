"""`pylibretro import`: keep copies of the games that integrations are for."""

from __future__ import annotations

import argparse

from pylibretro.command_line.failure import CommandError
from pylibretro.command_line.output import print_json
from pylibretro.games.game_import import import_games, known_hashes
from pylibretro.games.roms import library_directory

SUMMARY = "find known games in directories and keep them"
DESCRIPTION = """\
Search files, directories and zips for the games of an installed stable-retro or gym-retro, which
are recognised by their SHA-1, and keep copies where every program of this user finds them."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("paths", metavar="PATH", nargs="+", help="files, directories and zips")


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    known = known_hashes()
    if not known:
        raise CommandError(
            "there are no integrations that say which games there are: pip install stable-retro"
        )
    imported = import_games(arguments.paths, known)
    if arguments.json:
        print_json(
            {
                "directory": library_directory(),
                "known": len(known),
                "games": [game._asdict() for game in imported],
            }
        )
        return
    for game in imported:
        what = "imported" if game.is_new else "is there"
        print(f"{what} {', '.join(game.names)} ({game.source})")
    new = sum(game.is_new for game in imported)
    print(f"{new} of {len(imported)} games are new; they are kept in {library_directory()}")
