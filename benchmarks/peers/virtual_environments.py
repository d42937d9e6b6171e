"""A virtual environment for every peer, so that none needs what another forbids."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

REQUIREMENTS = {
    "stable-retro": ("stable-retro==1.0.1", "gymnasium>=1.1", "opencv-python-headless"),
    "stable-retro-turbo": ("stable-retro-turbo==1.0.1.post28",),
    "libretro.py": ("libretro.py==0.6.0", "numpy"),
    "ale-py": ("ale-py==0.12.1", "gymnasium>=1.1"),
    "envpool": ("envpool>=1.2.5", "pillow"),
    "pyboy": ("pyboy==2.8.1", "numpy"),
}
MARK = "pylibretro-benchmarks.json"
ASK = """
import importlib.metadata, json, sys, sysconfig
print(json.dumps([sysconfig.get_path("purelib"), importlib.metadata.version(sys.argv[1])]))
"""


class PeerUnavailableError(Exception):
    """A peer cannot be used here; the message says why."""


@dataclass(frozen=True)
class VirtualEnvironment:
    """An interpreter of its own for one peer.

    Attributes:
        python: The interpreter.
        packages: The directory that its packages are in.
        version: The version of the peer.
    """

    python: Path
    packages: Path
    version: str


def prepare(peer: str, directory: Path) -> VirtualEnvironment:
    """Return the virtual environment of a peer; make it if it is not there.

    Args:
        peer: One of `REQUIREMENTS`.
        directory: Where the virtual environments of all peers are.

    Raises:
        PeerUnavailableError: It cannot be installed.
    """
    home = directory / peer
    requirements = list(REQUIREMENTS[peer])
    mark = home / MARK
    python = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    if not mark.is_file() or json.loads(mark.read_text()) != requirements:
        print(f"installing {peer} in {home}", file=sys.stderr)
        shutil.rmtree(home, ignore_errors=True)
        venv.create(home, with_pip=True)
        pip = [str(python), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
        done = subprocess.run([*pip, *requirements], capture_output=True, text=True)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
            shutil.rmtree(home, ignore_errors=True)
            raise PeerUnavailableError(errors[-1] if errors else "pip failed")
        mark.write_text(json.dumps(requirements))
    asked = subprocess.run([python, "-c", ASK, peer], capture_output=True, text=True, check=True)
    packages, version = json.loads(asked.stdout)
    return VirtualEnvironment(python, Path(packages), version)
