"""Python code in a process of its own, for what might end the interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PRELUDE = """
import gc, logging, os, signal, sys, threading, time
import numpy as np
import pylibretro
from pylibretro import *
from pylibretro import _core
logging.getLogger("pylibretro").addHandler(logging.NullHandler())
"""


def run_child(source: str, *arguments: object, prelude: str = PRELUDE, timeout: int = 300) -> str:
    """Run ``source`` to a good end and return what it printed; nothing may be on standard error.

    ``arguments`` are in ``sys.argv[1:]`` as text.
    """
    child = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", prelude + source, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
        cwd=Path.cwd(),
    )
    assert child.returncode == 0, f"exit status {child.returncode}:\n{child.stdout}{child.stderr}"
    assert child.stderr == "", f"on standard error:\n{child.stderr}"
    return child.stdout
