"""Which of the installed games can be played here, and why the others cannot."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterable
from dataclasses import dataclass

from pylibretro.content.lookup import find_core
from pylibretro.error import CoreNotFoundError, LibretroError
from pylibretro.games.integration import find_integrations, read_integration

__all__ = ["PlayableGame", "playable_games"]


@dataclass(frozen=True)
class PlayableGame:
    """An installed game, and whether it can be played.

    Attributes:
        name: The name of its directory; `pylibretro/` before it is its Gymnasium id.
        directory: The directory of its integration.
        console: The console, as for `Game`; None if the game cannot be read.
        content: The path of its ROM; None if it is not here.
        core: The path of its core; None if there is none.
        states: The names of its start states.
        start: The state that it starts from; None for power-on.
        reason: Why it cannot be played; None if it can.
    """

    name: str
    directory: str
    console: str | None = None
    content: str | None = None
    core: str | None = None
    states: tuple[str, ...] = ()
    start: str | None = None
    reason: str | None = None

    @property
    def playable(self) -> bool:
        """Whether nothing is missing."""
        return self.reason is None


def playable_games(paths: Iterable[str | os.PathLike[str]] = ()) -> list[PlayableGame]:
    """Return the installed games, with what is there of each, and what is missing.

    Nothing is opened: whether a core takes a ROM and its states shows when the game is played.

    Args:
        paths: Further directories of games, as for `find_integrations`.

    Returns:
        A `PlayableGame` for each, by name.

    >>> [game.name for game in playable_games(["no/such/directory"]) if game.name == "Pong-Nowhere"]
    []
    """
    found = find_integrations(paths)
    return [_looked_at(name, *found[name]) for name in sorted(found)]


def _looked_at(name: str, directory: str, cores: str | None) -> PlayableGame:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are said when the game is played
            game = read_integration(directory, cores=cores)
    except (LibretroError, OSError) as problem:
        return PlayableGame(name, directory, reason=str(problem))
    reasons = []
    content = core = None
    try:
        content = game.find_content()
    except LibretroError:
        known = f" with the SHA-1 {' or '.join(game.sha1)}" if game.sha1 else ""
        reasons.append(f"its ROM{known} is not here; `pylibretro import DIRECTORY` takes it in")
    try:
        core = str(find_core(game.core))
    except CoreNotFoundError as problem:
        reasons.append(f"its core is not here: {problem}")
    return PlayableGame(
        name,
        directory,
        console=game.console,
        content=content,
        core=core,
        states=tuple(sorted(game.states)),
        start=game.start_state(),
        reason="; ".join(reasons) or None,
    )
