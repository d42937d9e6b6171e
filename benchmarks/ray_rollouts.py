"""Measure what it costs to play in a pool of Ray actors, beside the same envs in this process.

    python benchmarks/ray_rollouts.py [--steps 32] [--fragments 12] [--repeats 5] [--brief]
        [--only WORD,...]

A cluster of two nodes with a processor each is started on this machine, and in it a pool of two
workers with 64 envs each. Beside it play the same 128 envs in one `LibretroVectorEnv` with two
threads, and 64 in another one. All do the same steps: random actions of the same seed, pictures of
84x84 in gray, two pooled and four stacked, 4 frames each, with rewards and infos. First it is
checked that all of it is equal. Then they take turns, the others standing still; told are the
medians of the steps of an env in a second, and of the ratio within one turn.

Both keep what they played until a fragment is complete, as a learner would take it. The pool is
measured once with its single frames alone, and once with all stacks made again from them. With
--brief there are only the same 128 envs, and the pool with its stacks.
"""

from __future__ import annotations

import argparse
import logging
import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import ray
from gym_step import NATURE, airstriker_spec
from ray.cluster_utils import Cluster

from pylibretro import EnvSpec, LibretroVectorEnv
from pylibretro.envs.registration import game_2048
from pylibretro.ray import Fragment, RolloutPool
from pylibretro.ray.random_actions import random_actions

WORKERS, ENVS, SEED = 2, 64, 1
STORE_BYTES = 1_000_000_000
CHECKED = 2  # fragments


def jobs() -> dict[str, EnvSpec]:
    """Return what is played, by name."""
    made = {
        "2048": EnvSpec(
            **{**game_2048(), "observation": NATURE, "frame_skip": 4, "hold_frames": 2},
            max_episode_steps=1000,
        )
    }
    airstriker = airstriker_spec()
    if airstriker is not None:
        made["Airstriker"] = airstriker
    return made


class Here:
    """Envs in this process, which play the same fragments as a pool."""

    def __init__(self, spec: EnvSpec, envs: int) -> None:
        """Open the envs, with two threads."""
        self.envs = LibretroVectorEnv(spec, num_envs=envs, threads=WORKERS)
        self.before, _ = self.envs.reset(seed=SEED)
        self.number = 0

    def play(self, steps: int) -> dict[str, Any]:
        """Play a fragment, and return what there was."""
        envs = self.envs
        space, count = envs.single_action_space, envs.num_envs
        actions = random_actions(space, steps, SEED, 0, count, self.number)
        self.number += 1
        observations = [self.before]
        told: list[tuple[Any, ...]] = []
        for action in actions:
            self.before, *rest = envs.step(action)
            observations.append(self.before)
            told.append(tuple(rest))
        rewards, terminations, truncations, infos = zip(*told, strict=True)
        return {
            "observations": observations,
            "actions": actions,
            "rewards": np.stack(rewards),
            "terminations": np.stack(terminations),
            "truncations": np.stack(truncations),
            "infos": {
                name: np.stack([info[name] for info in infos])
                for name in infos[0]
                if not name.startswith("_")
            },
        }


def check_equal(pool: RolloutPool, here: Here, steps: int) -> None:
    """Compare everything that some fragments bring."""
    for _ in range(CHECKED):
        fragments = pool.collect(steps)
        there = here.play(steps)
        for fragment in fragments:
            own = fragment.env_ids
            whole = fragment.observations
            for t in range(steps + 1):
                np.testing.assert_array_equal(whole[t], there["observations"][t][own])
            for name in ("actions", "rewards", "terminations", "truncations"):
                np.testing.assert_array_equal(getattr(fragment, name), there[name][:, own])
            for name, column in there["infos"].items():
                np.testing.assert_array_equal(fragment.infos[name], column[:, own])


def take(fragment: Fragment, whole: bool) -> Any:
    """Take a fragment as a learner does that wants stacks, or as one that makes them itself."""
    return fragment.observations if whole else fragment.seen


def seconds(function: Callable[[], object]) -> float:
    """Return how long a call takes."""
    begun = time.perf_counter()
    function()
    return time.perf_counter() - begun


def play_pool(pool: RolloutPool, steps: int, fragments: int, whole: bool) -> None:
    """Take fragments as they come, and leave none under way."""
    for fragment in pool.rollouts(steps, fragments=fragments):
        take(fragment, whole)


def measure(
    name: str, spec: EnvSpec, steps: int, fragments: int, repeats: int, brief: bool
) -> None:
    """Compare all of them, and print the results."""
    everyone = WORKERS * ENVS
    here, half = Here(spec, everyone), Here(spec, 1 if brief else ENVS)
    ways: dict[str, Callable[[], object]] = {
        f"here, {everyone} envs": lambda: [here.play(steps) for _ in range(fragments)],
        f"here, {ENVS} envs": lambda: [half.play(steps) for _ in range(fragments)],
    }
    with RolloutPool(spec, num_workers=WORKERS, num_envs=ENVS, steps=steps, seed=SEED) as pool:
        nodes = {place.node_id for place in pool.workers}
        assert len(nodes) == WORKERS, "a worker on each node"
        check_equal(pool, here, steps)
        ways["pool, stacks made again"] = lambda: play_pool(pool, steps, fragments, True)
        ways["pool, single frames"] = lambda: play_pool(pool, steps, fragments, False)
        if brief:
            del ways[f"here, {ENVS} envs"], ways["pool, single frames"]
        times: dict[str, list[float]] = {way: [] for way in ways}
        for repeat in range(repeats + 1):
            for way, play in ways.items():
                taken = seconds(play)
                if repeat:  # the first turn warms up
                    times[way].append(taken)
    base = times[f"here, {everyone} envs"]
    for way, turns in times.items():
        envs = ENVS if way == f"here, {ENVS} envs" else everyone
        rate = envs * steps * fragments / statistics.median(turns)
        ratios = [envs * b / (everyone * t) for b, t in zip(base, turns, strict=True)]
        ratio = statistics.median(ratios)
        print(f"{name:12} {way:26} {rate:12.0f} {4 * rate:12.0f} {ratio:8.3f}", flush=True)
    here.envs.close()
    half.envs.close()


def main() -> None:
    """Start two nodes, and measure all jobs."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--steps", type=int, default=32)
    parser.add_argument("--fragments", type=int, default=12)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--only", default="", help="words of the names of jobs")
    parser.add_argument("--brief", action="store_true", help="only what the target is about")
    arguments = parser.parse_args()
    words = [word for word in arguments.only.split(",") if word]
    os.environ.setdefault("RAY_AUTH_MODE", "disabled")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    cluster = Cluster()
    try:
        node: dict[str, Any] = {"num_cpus": 1, "object_store_memory": STORE_BYTES}
        cluster.add_node(include_dashboard=False, **node)
        ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        cluster.add_node(**node)
        print(f"{'game':12} {'played':26} {'steps/s':>12} {'frames/s':>12} {'ratio':>8}")
        for name, spec in jobs().items():
            if not words or any(word in name for word in words):
                measure(
                    name,
                    spec,
                    arguments.steps,
                    arguments.fragments,
                    arguments.repeats,
                    arguments.brief,
                )
    finally:
        ray.shutdown()
        cluster.shutdown()


if __name__ == "__main__":
    main()
