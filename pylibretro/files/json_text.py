"""JSON of unknown origin."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["parse_json"]


def parse_json(text: str | bytes) -> Any:
    """Return what a JSON text says; whatever is wrong with it is a ValueError.

    Args:
        text: The text; bytes are in UTF-8, UTF-16 or UTF-32.

    Raises:
        ValueError: It is no JSON, or is nested too deeply.

    >>> parse_json("[" * 100_000)
    Traceback (most recent call last):
    ValueError: it is nested too deeply
    """
    try:
        return json.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
