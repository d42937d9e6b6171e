"""The command line: `pylibretro` and `python -m pylibretro` are this one `main`."""

from __future__ import annotations

import sys
from collections.abc import Sequence

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status.

    Args:
        arguments: The words after the program's name; those of this process unless given.

    Returns:
        0, or 2 after an error, which is one line on standard error, or 130 after Ctrl-C.

    Example:
        >>> main(["--version"])  # doctest: +ELLIPSIS
        pylibretro ...
        0
    """
    from pylibretro.command_line import run_command

    return run_command(sys.argv[1:] if arguments is None else list(arguments))


if __name__ == "__main__":
    sys.exit(main())
