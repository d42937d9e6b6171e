"""Core options as a core declares them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

__all__ = ["OptionCategory", "OptionDefinition"]


class OptionDefinition(NamedTuple):
    """One option: its key, texts, and the values that it offers, each with a label for people."""

    key: str
    description: str
    info: str
    category: str | None
    values: tuple[str, ...]
    labels: tuple[str, ...]
    default: str
    visible: bool


class OptionCategory(NamedTuple):
    """A group of options (`retro_core_option_v2_category`)."""

    key: str
    description: str
    info: str


def unknown_option(core: str, key: object, known: Iterable[str]) -> str:
    """Return a sentence that says that `core` has no option `key`, and which ones come close."""
    from difflib import get_close_matches

    known = list(known)
    if not known:
        return f"{core} has no option {key!r}: it has no options"
    near = get_close_matches(str(key), known, n=3) or known[:8]
    return f"{core} has no option {key!r}; it has {len(known)}, such as {', '.join(near)}"
