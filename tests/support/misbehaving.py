"""The numbers of what the core `misbehaving` does wrong, and of what only looks like that."""

from __future__ import annotations

import re
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "cores" / "misbehaving.c"


def misbehaviours() -> dict[str, int]:
    """The numbers of the core's misbehaviours, by name."""
    names = re.search(r"^enum \{\s*NOTHING,(.*?)\}", SOURCE.read_text("utf-8"), re.M | re.S)
    assert names is not None
    return {name.strip(): n for n, name in enumerate(names.group(1).split(","), 1)}


def innocence() -> dict[str, int]:
    """The numbers of what may look like misbehaviour and is none, by name."""
    names = re.search(r"RIGHT = 1000,(.*?)\}", SOURCE.read_text("utf-8"), re.S)
    assert names is not None
    return {name.strip(): n for n, name in enumerate(names.group(1).split(","), 1001)}
