"""Who takes part, and the process in which each one does."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import pylibretro
from peers.reference import OURS, STABLE_RETRO, STABLE_RETRO_TURBO, Rules
from peers.virtual_environments import PeerUnavailableError
from peers.worker import Setting

BENCHMARKS = Path(__file__).resolve().parent.parent
HOOKS_OFF = {
    "STABLE_RETRO_DISABLE_RENDER_SKIP": "1",
    "STABLE_RETRO_DISABLE_INDEXED_VIDEO": "1",
    "STABLE_RETRO_DISABLE_ATARI_INDEXED_VIDEO": "1",
}


@dataclass(frozen=True)
class Contestant:
    """A library in one way of using it.

    Attributes:
        name: What tables call it.
        module: Its worker in this package.
        kinds: What it can observe, of the kinds of `Setting`.
        peer: Its virtual environment, None for this interpreter.
        core: Whose build of the core it runs, None if it has an emulator of its own.
        rules: How its observations differ from ours.
        variant: See `Setting`.
        environment: Environment variables.
        games: The games it has, None if it plays any.
        most_copies: How many copies it can be asked for.
        observes: Whether its observations can be compared at all.
        part: How much of the frames of a turn it plays, where all would take minutes.
    """

    name: str
    module: str
    kinds: tuple[str, ...]
    peer: str | None = None
    core: str | None = None
    rules: Rules = OURS
    variant: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    games: tuple[str, ...] | None = None
    most_copies: int = 1024
    observes: bool = True
    part: float = 1.0


ATARI = ("breakout", "pong")
BATCHED = ("stack", "ram", "screen", "bytes")
CONTESTANTS = (
    Contestant("pylibretro", "pylibretro_batch", BATCHED, core="stable-retro"),
    Contestant(
        "pylibretro, skips off",
        "pylibretro_batch",
        BATCHED,
        core="stable-retro",
        variant="skips off",
    ),
    Contestant(
        "pylibretro, with sound",
        "pylibretro_batch",
        ("stack", "screen"),
        core="stable-retro",
        variant="with sound",
    ),
    Contestant(
        "pylibretro, one thread",
        "pylibretro_batch",
        ("screen", "bytes"),
        core="stable-retro",
        variant="one thread",
    ),
    Contestant(
        "pylibretro, one thread, skips off",
        "pylibretro_batch",
        ("screen", "bytes"),
        core="stable-retro",
        variant="one thread, skips off",
    ),
    # One process, and one thread in it.
    Contestant("PyBoy", "pyboy_screens", ("screen", "bytes"), peer="pyboy"),
    Contestant("pylibretro LibretroVectorEnv", "pylibretro_env", ("env",), core="stable-retro"),
    Contestant(
        "stable-retro + AsyncVectorEnv",
        "stable_retro_async",
        ("stack", "env", "ram"),
        peer="stable-retro",
        core="stable-retro",
        rules=STABLE_RETRO,
        most_copies=64,
    ),
    Contestant(
        "pylibretro, turbo's core", "pylibretro_batch", ("stack", "ram"), core="stable-retro-turbo"
    ),
    Contestant(
        "pylibretro, turbo's core, skips off",
        "pylibretro_batch",
        ("stack", "ram"),
        core="stable-retro-turbo",
        variant="skips off",
    ),
    Contestant(
        "pylibretro LibretroVectorEnv, turbo's core",
        "pylibretro_env",
        ("env",),
        core="stable-retro-turbo",
    ),
    Contestant(
        "stable-retro-turbo, its hooks off",
        "stable_retro_turbo",
        ("stack", "env"),
        peer="stable-retro-turbo",
        core="stable-retro-turbo",
        rules=STABLE_RETRO_TURBO,
        environment=HOOKS_OFF,
    ),
    # Only its build of stella has these hooks.
    Contestant(
        "stable-retro-turbo, its hooks on",
        "stable_retro_turbo",
        ("stack", "env"),
        peer="stable-retro-turbo",
        core="stable-retro-turbo",
        rules=STABLE_RETRO_TURBO,
        games=ATARI,
    ),
    Contestant(
        "stable-retro-turbo, its hooks on, no sound",
        "stable_retro_turbo",
        ("stack",),
        peer="stable-retro-turbo",
        core="stable-retro-turbo",
        rules=STABLE_RETRO_TURBO,
        environment={"STABLE_RETRO_DISABLE_AUDIO": "1"},
        games=ATARI,
    ),
    Contestant(
        "stable-retro-turbo, its hooks off, RAM as infos",
        "stable_retro_turbo",
        ("ram",),
        peer="stable-retro-turbo",
        core="stable-retro-turbo",
        variant="variables",
        environment=HOOKS_OFF,
    ),
    Contestant(
        "stable-retro-turbo, its hooks off, RAM not read",
        "stable_retro_turbo",
        ("ram",),
        peer="stable-retro-turbo",
        core="stable-retro-turbo",
        variant="unread",
        environment=HOOKS_OFF,
        observes=False,
    ),
    Contestant(
        "stable-retro-turbo, its hooks on, RAM not read",
        "stable_retro_turbo",
        ("ram",),
        peer="stable-retro-turbo",
        core="stable-retro-turbo",
        variant="unread",
        observes=False,
    ),
    Contestant(
        "ale-py AtariVectorEnv", "ale", ("stack",), peer="ale-py", games=ATARI, observes=False
    ),
    Contestant(
        "EnvPool Atari", "envpool_atari", ("stack",), peer="envpool", games=ATARI, observes=False
    ),
    Contestant("pylibretro, one Core", "pylibretro_frames", ("frame",), core="stable-retro"),
    Contestant(
        "stable-retro, its emulator object",
        "stable_retro_frames",
        ("frame",),
        peer="stable-retro",
        core="stable-retro",
        rules=STABLE_RETRO,
        games=("airstriker", "breakout"),
    ),
    Contestant(
        "libretro.py, pictures by NumPy",
        "libretro_py",
        ("frame",),
        peer="libretro.py",
        core="stable-retro",
        variant="numpy",
    ),
    Contestant(
        "libretro.py, its screenshot()",
        "libretro_py",
        ("frame",),
        peer="libretro.py",
        core="stable-retro",
        variant="screenshot",
        part=0.01,
    ),
)


class Worker:
    """The running process of a contestant.

    Raises:
        PeerUnavailableError: The contestant cannot do what the setting says.
    """

    def __init__(self, contestant: Contestant, python: Path, setting: Setting) -> None:
        """Start the process and wait until it is ready to step."""
        environment = {**os.environ, **contestant.environment}
        if contestant.peer is None:
            # In a checkout, the pylibretro beside these benchmarks; else the installed one.
            ours = str(Path(pylibretro.__file__).resolve().parent.parent)
            environment["PYTHONPATH"] = os.pathsep.join([ours, environment.get("PYTHONPATH", "")])
        self.contestant = contestant
        self.errors = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.process = subprocess.Popen(
            [python, "-m", f"peers.{contestant.module}"],
            cwd=BENCHMARKS,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            text=True,
        )
        try:
            self.ask(setting.to_json())
        except BaseException:
            self.close()
            raise

    def ask(self, request: str) -> dict[str, float]:
        """Send a line; return what it is answered with."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            self.process.stdin.write(request + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        except OSError:
            line = ""
        answer: dict[str, float] = json.loads(line or "{}")
        if not line or "failed" in answer:
            self.errors.seek(0)
            lines = self.errors.read().strip().splitlines() or ["it said nothing"]
            raise PeerUnavailableError(str(answer.get("failed") or lines[-1]))
        return answer

    def observe(self, steps: int, directory: Path) -> NDArray[np.uint8]:
        """Step, and return the observations of all steps."""
        file = directory / "observations.npy"
        self.ask(json.dumps({"steps": steps, "keep": str(file)}))
        observations: NDArray[np.uint8] = np.load(file)
        file.unlink()
        return observations

    def seconds(self, steps: int, cpu_time: bool) -> float:
        """Step, and return how long it took, or how much processor time."""
        answer = self.ask(json.dumps({"steps": steps, "keep": None}))
        return answer["cpu_seconds" if cpu_time else "seconds"]

    def close(self) -> None:
        """End the process, by force if it does not end by itself."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.close()
            self.process.wait(10)
        except (OSError, subprocess.TimeoutExpired):
            self.process.kill()
            self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.errors.close()


def interpreter() -> Path:
    """Return the interpreter for contestants without a virtual environment."""
    return Path(sys.executable)
