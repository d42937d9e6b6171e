"""`pylibretro games`: what of the installed games can be played."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from pylibretro.command_line.output import make_console, make_table, print_json
from pylibretro.games.playable import PlayableGame, playable_games

SUMMARY = "list the installed games, and why some cannot be played"
DESCRIPTION = """\
List the games whose integrations are installed: those of stable-retro and gym-retro, and of the
directories in RETRO_DATA_PATH and --path. A game can be played when its ROM and its core are
here. Nothing is opened."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of this command."""
    parser.add_argument("text", metavar="TEXT", nargs="?", help="only games that mention TEXT")
    parser.add_argument("--playable", action="store_true", help="only games that can be played")
    parser.add_argument(
        "--path", metavar="DIR", action="append", default=[], help="a directory of games"
    )


def execute(arguments: argparse.Namespace) -> None:
    """Run the command."""
    every = playable_games(arguments.path)
    games = [game for game in every if mentions(game, arguments.text or "")]
    if arguments.playable:
        games = [game for game in games if game.playable]
    if arguments.json:
        print_json([asdict(game) | {"playable": game.playable} for game in games])
        return
    console = make_console()
    table = make_table("", ("Game", "Console", "Starts from", "States", "Can be played"))
    for game in games:
        table.add_row(
            game.name,
            game.console or "",
            game.start or "power-on",
            str(len(game.states)),
            game.reason or "yes",
        )
    console.print(table)
    count = sum(game.playable for game in games)
    console.print(f"{count} of {len(games)} games can be played here.", style="dim")


def mentions(game: PlayableGame, text: str) -> bool:
    """Whether the text is in what is shown of a game."""
    shown = " ".join((game.name, game.console or "", *game.states))
    return text.casefold() in shown.casefold()
