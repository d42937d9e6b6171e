"""Measure what LibretroVectorEnv.step costs on top of CoreBatch.run.

    python benchmarks/gym_step.py [--count 64] [--steps 400] [--repeats 7] [--only WORD,...]

Both make the same steps of the same cores: the same input in the same frames from the same start,
with the same observations, watches, reward and done rules. Both take turns, and told are the
medians of the time of a step, and of the ratio within one turn. The env also checks and converts
the actions, counts, looks for limits and makes infos. What both take to begin a new episode where
one has ended is left out.
"""

from __future__ import annotations

import argparse
import statistics
import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro import (
    ButtonActions,
    DiscreteActions,
    EnvSpec,
    LibretroVectorEnv,
    MemoryWindow,
    Observation,
)

NATURE = Observation((84, 84), gray=True, pool=2, stack=4)
WATCHES = {"score": (0x20, "<u4"), "moves": (0x0C, "<u4"), "mode": (0x05, "|u1")}


def jobs() -> dict[str, EnvSpec]:
    """Return what is played, by name."""
    game: dict[str, Any] = {
        "core": "2048",
        "watches": WATCHES,
        "start": (("START", 1), ((), 1)),
        "reward": "delta(score)",
        "done": "mode == 3",
        "actions": DiscreteActions(["UP", "DOWN", "LEFT", "RIGHT"]),
    }
    made = {
        "2048, 84x84x4, skip 4": EnvSpec(**game, observation=NATURE, frame_skip=4),
        "2048, 84x84x4, skip 4, sticky": EnvSpec(
            **game, observation=NATURE, frame_skip=4, repeat_action_probability=0.25
        ),
        "2048, RAM only, skip 2": EnvSpec(
            **game, observation=MemoryWindow(), frame_skip=2, hold_frames=1
        ),
    }
    airstriker = airstriker_spec()
    if airstriker is not None:
        made["Airstriker, 84x84x4, skip 4"] = airstriker
    return made


def airstriker_spec() -> EnvSpec | None:
    """Return Airstriker as a task, where it is installed."""
    content = airstriker_content()
    if content is None:
        return None
    return EnvSpec(
        core="genesis_plus_gx",
        content=content,
        watches={"score": (0xFF024E, ">u4"), "lives": (0xFF025A, ">u2")},
        reward="delta(score)",
        done="lives == 0 and previous(lives) != 0",
        actions=ButtonActions(("B", "LEFT", "RIGHT", "START")),
        observation=NATURE,
        frame_skip=4,
    )


def airstriker_content() -> str | None:
    """Return the free game of stable-retro, where that is installed."""
    try:
        from stable_retro.data import get_romfile_path
    except ImportError:
        return None
    found: str = get_romfile_path("Airstriker-Genesis-v0")
    return found


def begin_again(envs: LibretroVectorEnv, ended: NDArray[np.bool_]) -> float:
    """Begin new episodes where one has ended, and return the seconds that this took."""
    if not ended.any():
        return 0.0
    begun = time.perf_counter()
    envs.reset(options={"reset_mask": ended})
    return time.perf_counter() - begun


def measure(name: str, spec: EnvSpec, count: int, steps: int, repeats: int) -> None:
    """Compare both, and print a line."""
    envs = LibretroVectorEnv(spec, num_envs=count)
    envs.action_space.seed(1)
    script = [envs.action_space.sample() for _ in range(steps)]
    envs.reset(seed=1)
    batch_seconds: list[float] = []
    env_seconds: list[float] = []
    ends = 0
    for repeat in range(repeats + 1):
        inputs = []
        for actions in script:  # sticky actions depend on what has been pressed
            inputs.append(envs.episodes.pressed(actions))
        envs.reset(seed=1)
        beginning = 0.0
        begun = time.perf_counter()
        for actions in script:
            _, _, terminations, _, _ = envs.step(actions)
            ends += int(terminations.sum())
            beginning += begin_again(envs, terminations)
        env_time = time.perf_counter() - begun - beginning
        envs.reset(seed=1)
        batch = envs.batch
        beginning = 0.0
        begun = time.perf_counter()
        for held in inputs:
            batch.run(spec.frame_skip, held)
            results = batch.observations, batch.rewards, batch.watches
            beginning += begin_again(envs, batch.done)
        batch_time = time.perf_counter() - begun - beginning
        del results
        if repeat:  # the first turn warms up
            env_seconds.append(env_time / steps)
            batch_seconds.append(batch_time / steps)
    ratios = [e / b for e, b in zip(env_seconds, batch_seconds, strict=True)]
    frames = count * spec.frame_skip / statistics.median(env_seconds)
    print(
        f"{name:32} {statistics.median(batch_seconds) * 1e6:10.0f} "
        f"{statistics.median(env_seconds) * 1e6:10.0f} {statistics.median(ratios):8.3f} "
        f"{frames:12.0f} {ends // (repeats + 1):6}"
    )
    envs.close()


def overhead(count: int, steps: int) -> None:
    """Print what a step costs in Python when the cores do next to nothing."""
    spec = EnvSpec(
        core="2048",
        watches=WATCHES,
        reward="delta(score)",
        done="mode == 3",
        actions=DiscreteActions(["UP"]),
        observation=MemoryWindow(),
    )
    envs = LibretroVectorEnv(spec, num_envs=count, threads=1)
    envs.reset(seed=1)
    actions = np.zeros(count, np.int64)
    inputs = np.zeros((count, 1), np.uint16)
    for what, step in (
        ("CoreBatch.run", lambda: envs.batch.run(1, inputs)),
        ("LibretroVectorEnv.step", lambda: envs.step(actions)),
    ):
        samples = []
        for _ in range(steps):
            begun = time.perf_counter()
            step()
            samples.append(time.perf_counter() - begun)
        print(f"{what:32} {statistics.median(samples) * 1e6:10.1f} us, 1 thread, 1 frame")
    envs.close()


def main() -> None:
    """Measure all jobs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=64)
    parser.add_argument("--steps", type=int, default=400)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--only", default="", help="words of the names of jobs")
    arguments = parser.parse_args()
    words = [word for word in arguments.only.split(",") if word]
    print(f"{'job':32} {'batch us':>10} {'env us':>10} {'ratio':>8} {'frames/s':>12} {'ends':>6}")
    for name, spec in jobs().items():
        if not words or any(word in name for word in words):
            measure(name, spec, arguments.count, arguments.steps, arguments.repeats)
    overhead(arguments.count, 2000)


if __name__ == "__main__":
    main()
