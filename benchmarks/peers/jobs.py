"""What is played: games, how they are started, and what is observed of them."""

from __future__ import annotations

import gzip
import json
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pylibretro import Core, Joypad

NEVER = 0xFF  # lives that nobody has
DIRECTIONS = (0, Joypad.UP, Joypad.DOWN, Joypad.LEFT, Joypad.RIGHT)


@dataclass(frozen=True)
class Game:
    """A game that can be started from power-on by pressing buttons at fixed frames.

    Attributes:
        name: Its name among stable-retro's games.
        title: Its name in the emulators that have it built in.
        core: The name of its core.
        content: The virtual environment it comes from and its path among the packages there, or
            None for a core that is a game, or for one that whoever runs the benchmark has to give.
        extension: What stable-retro calls the files of its system.
        presses: Frames at which a button goes down, for eight frames, and the button.
        frames: Frames until play begins.
        buttons: What is pressed at random, besides the directions.
        options: Core options that differ from their defaults.
        variables: Its variables, as stable-retro's data.json has them.
        score: Which of them is rewarded by what is added to it.
        lives: Which of them is looked at to see whether the game is over. What it is compared with
            never comes, so that no contestant has to begin an episode while others play on.
    """

    name: str
    title: str
    core: str
    content: tuple[str, str] | None
    extension: str
    presses: tuple[tuple[int, int], ...]
    frames: int
    buttons: tuple[int, ...]
    options: dict[str, str] = field(default_factory=dict)
    variables: dict[str, tuple[int, str]] = field(default_factory=dict)
    score: str = "score"
    lives: str = "lives"

    def start_masks(self) -> NDArray[np.uint16]:
        """Return the joypad masks from power-on to the start of play."""
        masks = np.zeros(self.frames, np.uint16)
        for frame, button in self.presses:
            masks[frame : frame + 8] = button
        return masks

    def random_masks(self, steps: int, count: int, seed: int) -> NDArray[np.uint16]:
        """Return (steps, count) joypad masks: a direction or none, and buttons or none."""
        generator = np.random.default_rng(seed)
        directions = np.array(DIRECTIONS, np.uint16)
        buttons = np.array((0, *self.buttons), np.uint16)
        return (
            directions[generator.integers(len(directions), size=(steps, count))]
            | (buttons[generator.integers(len(buttons), size=(steps, count))])
        )

    def start_state(self, core: Path, content: Path | None) -> bytes:
        """Return the state of this core at the start of play."""
        with Core(core, content, options=self.options) as machine:
            machine.run(self.frames, self.start_masks())
            return machine.save_state()

    def write_integration(
        self, directory: Path, content: Path, state: bytes, *, with_rules: bool
    ) -> None:
        """Write the game in stable-retro's form: its own rules replaced by ours, or by none."""
        game = directory / self.name
        game.mkdir(parents=True)
        shutil.copy(content, game / f"rom.{self.extension}")
        (game / "start.state").write_bytes(gzip.compress(state))
        scenario = {
            "reward": {"variables": {self.score: {"reward": 1.0}}},
            "done": {"variables": {self.lives: {"op": "equal", "reference": NEVER}}},
        }
        (game / "scenario.json").write_text(json.dumps(scenario if with_rules else {}))
        (game / "metadata.json").write_text(json.dumps({"default_state": "start"}))
        watched = self.variables if with_rules else {}
        if self.core == "stella" and not with_rules:
            watched = {f"ram{index}": (128 + index, "|u1") for index in range(128)}
        variables = {name: {"address": a, "type": kind} for name, (a, kind) in watched.items()}
        (game / "data.json").write_text(json.dumps({"info": variables}))


AIRSTRIKER = Game(
    "Airstriker-Genesis-v0",
    "airstriker",
    "genesis_plus_gx",
    ("stable-retro", "stable_retro/data/stable/Airstriker-Genesis-v0/rom.md"),
    "md",
    ((400, Joypad.START), (450, Joypad.B), (500, Joypad.B)),
    600,
    (Joypad.B, Joypad.A, Joypad.Y),
    # With the default the console stops at the game's first unaligned access, after some seconds;
    # both families of stable-retro run without.
    {"genesis_plus_gx_addr_error": "disabled"},
    variables={
        "gameover": (0xFF0266, ">u2"),
        "lives": (0xFF025A, ">u2"),
        "score": (0xFF024E, ">u4"),
    },
)
BREAKOUT = Game(
    "Breakout-Atari2600-v0",
    "breakout",
    "stella",
    ("ale-py", "ale_py/roms/breakout.bin"),
    "a26",
    ((30, Joypad.START), (60, Joypad.B)),
    120,
    (Joypad.B,),
)
PONG = Game(
    "Pong-Atari2600-v0",
    "pong",
    "stella",
    ("ale-py", "ale_py/roms/pong.bin"),
    "a26",
    ((30, Joypad.START), (60, Joypad.B)),
    240,
    (Joypad.B,),
)
# Any game: what is pressed at the start gets through most titles and menus. Memory is at 0xC000.
GAME_BOY = Game(
    "GameBoy",
    "gameboy",
    "gambatte",
    None,
    "gb",
    ((200, Joypad.START), (260, Joypad.A), (320, Joypad.START), (380, Joypad.A), (440, Joypad.A)),
    500,
    (Joypad.A, Joypad.B),
)
GAME_2048 = Game("2048", "2048", "2048", None, "", ((30, Joypad.START),), 60, ())


@dataclass(frozen=True)
class Job:
    """A game and what every contestant has to make of it."""

    name: str
    game: Game
    kind: str
    skip: int
    depth: int

    def describe(self) -> str:
        """Return a title for tables."""
        pictures = f"gray, 84x84 by area, stack of {self.depth}"
        what = {
            "env": f"rewards, ends, infos; maximum of the last two frames, {pictures}",
            "stack": f"maximum of the last two frames, {pictures}" if self.skip > 1 else pictures,
            "ram": "128 bytes of RAM and no pictures",
            "frame": "every frame as an RGB array, one core",
            "screen": "the last picture of every step as RGB, no sound",
            "bytes": "128 bytes of RAM, no pictures and no sound",
        }[self.kind]
        return f"{what}; frames a step: {self.skip}"


JOBS = {
    job.name: job
    for job in (
        Job("airstriker", AIRSTRIKER, "stack", 4, 4),
        Job("breakout", BREAKOUT, "stack", 4, 4),
        Job("pong", PONG, "stack", 4, 4),
        Job("breakout-skip1", BREAKOUT, "stack", 1, 4),
        Job("pong-skip1", PONG, "stack", 1, 4),
        Job("breakout-ram", BREAKOUT, "ram", 4, 1),
        Job("pong-ram", PONG, "ram", 4, 1),
        Job("gameboy-screen", GAME_BOY, "screen", 4, 1),
        Job("gameboy-ram", GAME_BOY, "bytes", 4, 1),
        Job("airstriker-env", AIRSTRIKER, "env", 4, 4),
        Job("airstriker-frames", AIRSTRIKER, "frame", 1, 1),
        Job("breakout-frames", BREAKOUT, "frame", 1, 1),
        Job("2048-frames", GAME_2048, "frame", 1, 1),
    )
}
