"""Cheats as a player keeps them: a list of codes, each on or off."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Cheat"]


class Cheat(NamedTuple):
    """A cheat's code, in the form that its core takes, and whether it is on."""

    code: str
    enabled: bool
