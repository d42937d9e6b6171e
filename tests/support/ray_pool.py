"""A cluster of two nodes of this machine, and what its envs play there and here."""

from __future__ import annotations

import hashlib
import logging
import os
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from real import package_directory

from pylibretro import (
    BranchResult,
    ButtonActions,
    CoreBatch,
    DiscreteActions,
    EnvSpec,
    LibretroVectorEnv,
    Observation,
)
from pylibretro.ray import Fragment
from pylibretro.ray.random_actions import random_actions

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import ray
    from ray.cluster_utils import Cluster

STABLE_RETRO = package_directory("stable_retro")
STORE_BYTES = 200_000_000
# So that the loss of a node is noticed in seconds, and a node is not lost on a busy machine.
HEALTH_CHECKS = {
    "health_check_initial_delay_ms": 1000,
    "health_check_period_ms": 1000,
    "health_check_timeout_ms": 20000,
    "health_check_failure_threshold": 3,
}
TASK = EnvSpec(
    core="2048",
    options={"2048_animation": "disabled"},
    random_memory=[(0x30, "<u8")],
    start=[("START", 1), ((), 1)],
    watches={"score": (0x20, "<u4"), "moves": (0x0C, "<u4")},
    reward="delta(score)",
    done="moves >= 9",
    actions=DiscreteActions(["UP", "DOWN", "LEFT", "RIGHT"]),
    observation=Observation((20, 24), gray=True, pool=2, stack=4),
    frame_skip=2,
    hold_frames=1,
    repeat_action_probability=0.1,
)


def airstriker() -> EnvSpec:
    """A real core with a real game; the bundled ones where stable-retro is not installed."""
    found = sorted((STABLE_RETRO or Path()).glob("data/**/Airstriker-Genesis*/rom.md"))
    if STABLE_RETRO is None or not found:
        return TASK
    core = next((STABLE_RETRO / "cores").glob("genesis_plus_gx_libretro.*"))
    return EnvSpec(
        core=core,
        content=found[0],
        watches={"score": (0xFF024E, ">u4"), "lives": (0xFF025A, ">u2")},
        reward="delta(score)",
        actions=ButtonActions(("B", "LEFT", "RIGHT", "START")),
        observation=Observation((24, 32), gray=True, pool=2, stack=4),
        frame_skip=4,
        noop_max=20,
        max_episode_steps=11,
    )


class TwoNodes:
    """A cluster of two nodes with a processor and a cache each; the second one may go."""

    def __init__(self, caches: Path) -> None:
        self.caches = caches
        self.number = 0
        self.cluster = Cluster()
        self.add(include_dashboard=False, _system_config=HEALTH_CHECKS)
        # While there is no other node that it might take for its own.
        ray.init(address=self.cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        self.second = self.add()

    def add(self, **arguments: Any) -> Any:
        os.environ["PYLIBRETRO_CACHE_PATH"] = str(self.cache(self.number))
        self.number += 1
        return self.cluster.add_node(
            num_cpus=1,
            object_store_memory=STORE_BYTES,
            **arguments,
        )

    def cache(self, number: int) -> Path:
        return self.caches / f"node {number}"

    def lose_second(self) -> None:
        self.cluster.remove_node(self.second, allow_graceful=False)

    def replace_second(self) -> None:
        self.second = self.add()

    def close(self) -> None:
        ray.shutdown()
        self.cluster.shutdown()


def digests(observations: Any, rewards: Any, ends: Any) -> list[str]:
    """A digest of what each env played: rows are steps, columns are envs."""
    found = []
    for i in range(rewards.shape[1]):
        one = hashlib.sha256()
        for array in (observations[:, i], rewards[:, i], ends[:, i]):
            one.update(np.ascontiguousarray(array).tobytes())
        found.append(one.hexdigest())
    return found


def played_by_pool(fragments: Sequence[Fragment], envs: int) -> list[str]:
    """What a pool played, by env, in as many fragments as it delivered."""
    numbers = sorted({fragment.number for fragment in fragments})
    found: dict[int, list[str]] = {}
    for number in numbers:
        for fragment in fragments:
            if fragment.number == number:
                ends = fragment.terminations * 2 + fragment.truncations
                told = digests(fragment.observations, fragment.rewards, ends)
                for env, digest in zip(fragment.env_ids.tolist(), told, strict=True):
                    found.setdefault(env, []).append(digest)
    assert sorted(found) == list(range(envs))
    return ["".join(found[env]) for env in range(envs)]


def played_here(spec: EnvSpec, seed: int, envs: int, steps: int, fragments: int) -> list[str]:
    """What the same envs play in this process, by the random actions of a pool."""
    one = LibretroVectorEnv(spec, num_envs=envs)
    before, _ = one.reset(seed=seed)
    found = [""] * envs
    for number in range(fragments):
        actions = random_actions(one.single_action_space, steps, seed, 0, envs, number)
        observations, rewards, ends = [before], [], []
        for action in actions:
            before, reward, terminations, truncations, _ = one.step(action)
            observations.append(before)
            rewards.append(reward)
            ends.append(terminations * 2 + truncations)
        told = digests(np.stack(observations), np.stack(rewards), np.stack(ends))
        found = [env + digest for env, digest in zip(found, told, strict=True)]
    one.close()
    return found


def numbers_of(fragments: Sequence[Fragment], worker: int) -> list[int]:
    return [fragment.number for fragment in fragments if fragment.worker == worker]


def masks(branches: int, steps: int, seed: int) -> Any:
    generator = np.random.default_rng(seed)
    return generator.choice(np.array([0, 16, 32, 64, 128, 256], np.uint16), (branches, steps))


def branched_here(spec: EnvSpec, states: Any, actions: Any, **wishes: Any) -> BranchResult:
    with CoreBatch(
        [spec.core_spec()] * 2,
        watches=spec.watches,
        reward=spec.reward,
        done=spec.done,
        stop_when_done=spec.done is not None,
        observation=spec.observation,  # type: ignore[arg-type]
    ) as batch:
        return batch.branch(states, actions, spec.frame_skip, **wishes)


def assert_same_branches(one: BranchResult, other: BranchResult) -> None:
    for name in ("frames_run", "observations", "watches", "rewards", "done"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)
    if other.states is not None and other.states[0].core[0] == "2048":
        # Others keep addresses of their own process in their states.
        assert [bytes(state) for state in one.states] == [bytes(state) for state in other.states]


def assert_alike(one: Any, other: Any, where: str) -> None:
    """What two vector envs returned, in any depth."""
    if isinstance(other, dict):
        assert set(one) == set(other), where
        for name in other:
            assert_alike(one[name], other[name], f"{where}[{name!r}]")
    elif isinstance(other, (tuple, list)) or getattr(other, "dtype", np.dtype(int)).kind == "O":
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_alike(a, b, f"{where}[{i}]")
    elif other is None:
        assert one is None, where
    else:
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, err_msg=where)
