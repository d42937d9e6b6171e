"""Texts and JSON of unknown origin."""

from __future__ import annotations

import json
import os
import stat
from typing import Any

__all__ = ["parse_json", "read_text"]

LARGEST_TEXT = 1 << 24


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


def read_text(path: str | os.PathLike[str], *, errors: str = "strict") -> str:
    """Return the text of a file in UTF-8.

    Args:
        path: The file.
        errors: What to do with other bytes, as for `bytes.decode`.

    Raises:
        ValueError: It is no text, no regular file, or too large for one.
        OSError: It cannot be read.
    """
    name = os.fspath(path)
    if "\0" in name:
        raise ValueError(f"{name!r} is no name of a file: it has a NUL")
    status = os.stat(name)
    if not stat.S_ISREG(status.st_mode):
        raise ValueError(f"{name} is no regular file")
    if status.st_size > LARGEST_TEXT:
        raise ValueError(f"{name} has {status.st_size:,} bytes, more than such a text has")
    with open(name, "rb") as file:
        return file.read().decode("utf-8-sig", errors)
