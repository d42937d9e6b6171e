"""Airstriker here and in stable-retro: rewards, ends, infos and pictures, step by step.

    python benchmarks/parity.py [--steps 20000] [--seed 0]

Both play the same random buttons, without START: it pauses the game, which then never ends.
Rewards are compared in single precision, as stable-retro has them; pictures without what it leaves
out: it makes 8 bits of 5 by shifting, and this library makes them reach from 0 to 255.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
import zlib
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from pylibretro import CoreBatch
from pylibretro.games import find_game

GAME = "Airstriker-Genesis-v0"

CHILD = """
import contextlib, json, os, sys, zlib
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import numpy as np
steps, seed = int(sys.argv[1]), int(sys.argv[2])
env = stable_retro.make("Airstriker-Genesis-v0", render_mode="rgb_array",
                        use_restricted_actions=stable_retro.Actions.ALL)
draw = np.random.default_rng(seed)
observation, _ = env.reset()
print(json.dumps([0, False, env.data.lookup_all(), zlib.crc32(observation)]))
for _ in range(steps):
    held = draw.integers(0, 2, env.num_buttons)
    held[env.buttons.index("START")] = 0
    observation, reward, done, _, info = env.step(held)
    print(json.dumps([float(reward), done, info, zlib.crc32(np.ascontiguousarray(observation))]))
    if done:
        observation, _ = env.reset()
        print(json.dumps([0, False, env.data.lookup_all(), zlib.crc32(observation)]))
"""


class Parity(NamedTuple):
    """What was compared, and how much of it differed."""

    steps: int
    episodes: int
    mismatches: dict[str, int]


def as_stable_retro(picture: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """The bits of a picture that stable-retro has."""
    return (picture & np.array([0xF8, 0xFC, 0xF8], np.uint8)).tobytes()


def compare_airstriker(package: Path, *, steps: int, seed: int = 0) -> Parity:
    """Play in both, and count what differs."""
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(steps), str(seed)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RETRO_DATA_PATH": str(package / "data")},
    )
    assert child.stdout is not None
    game = find_game(GAME)
    draw = np.random.default_rng(seed)
    mismatches = {"reward": 0, "done": 0, "info": 0, "picture": 0}
    episodes = 0
    with CoreBatch(
        game.core,
        game.find_content(),
        options=game.options,
        watches=game.watches,
        reward=game.reward,
        done=game.done,
    ) as batch:
        # A reset is a state, and one frame without input.
        batch[0].load_state(game.state(game.start_state() or ""))
        batch.run(1)
        batch.reset_states = batch.save_states()[0]

        def compare(reward: float, done: bool) -> None:
            expected = json.loads(next(lines))
            info = {
                name: batch[0].memory.read(watch.address, watch.type)
                for name, watch in game.watches.items()
            }
            picture = batch[0].frame
            assert picture is not None
            mismatches["reward"] += np.float32(reward) != np.float32(expected[0])
            mismatches["done"] += bool(done) != bool(expected[1])
            mismatches["info"] += info != expected[2]
            mismatches["picture"] += zlib.crc32(as_stable_retro(picture)) != expected[3]

        lines = iter(child.stdout)
        batch.reset()
        compare(0, False)
        for _ in range(steps):
            held = draw.integers(0, 2, 12)
            held[game.buttons.index("START")] = 0
            batch.run(1, [int(held @ (1 << np.arange(12)))])
            compare(float(batch.rewards[0]), bool(batch.done[0]))
            if batch.done[0]:
                episodes += 1
                batch.reset()
                compare(0, False)
    child.stdout.close()
    if child.wait():
        raise RuntimeError("stable-retro failed")
    return Parity(steps, episodes, {name: int(count) for name, count in mismatches.items()})


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    found = find_spec("stable_retro")
    if found is None or found.origin is None:
        sys.exit("stable-retro is not installed")
    started = time.perf_counter()
    result = compare_airstriker(
        Path(found.origin).parent, steps=arguments.steps, seed=arguments.seed
    )
    print(
        f"{result.steps:,} steps, {result.episodes} episodes, {time.perf_counter() - started:.0f} s"
    )
    for name, count in result.mismatches.items():
        print(f"{name}: {count} mismatches")
    return 1 if any(result.mismatches.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
