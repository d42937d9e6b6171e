"""A pool of Ray actors, on a cluster of two nodes of this machine."""

from __future__ import annotations

import gc
import os
import re
import shutil
import signal
import struct
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import BuildCore

from pylibretro import (
    AnalogActions,
    ButtonActions,
    ClosedError,
    CoreBatch,
    CoreCrashedError,
    DiscreteActions,
    EnvSpec,
    GameError,
    MemoryWindow,
    MultiDiscreteActions,
    Observation,
    StateError,
    WatchVector,
    WorkerError,
    WorkerLostError,
)

gymnasium = pytest.importorskip("gymnasium")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ray = pytest.importorskip("ray", reason="Ray is not installed")

from gymnasium.vector import AutoresetMode  # noqa: E402
from ray_pool import (  # noqa: E402
    TASK,
    TwoNodes,
    airstriker,
    assert_alike,
    assert_same_branches,
    branched_here,
    masks,
    numbers_of,
    played_by_pool,
    played_here,
)

from pylibretro import LibretroVectorEnv  # noqa: E402
from pylibretro.ray import Fragment, RolloutPool  # noqa: E402
from pylibretro.ray.random_actions import random_actions  # noqa: E402
from pylibretro.ray.shipment import pack  # noqa: E402
from pylibretro.ray.worker import Order, RolloutWorker, WorkerSettings  # noqa: E402

SHUT_DOWN = 1  # in tests/cores/batch.c


@pytest.fixture(scope="module", autouse=True)
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TwoNodes]:
    monkeypatch = pytest.MonkeyPatch()
    for name, value in {
        "RAY_AUTH_MODE": "disabled",
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
        "PYLIBRETRO_CACHE_PATH": "",
    }.items():
        monkeypatch.setenv(name, value)
    cluster = None
    try:
        cluster = TwoNodes(tmp_path_factory.mktemp("caches"))
        yield cluster
    finally:
        if cluster is not None:
            cluster.close()
        gc.collect()  # what Ray leaves is told of here
        monkeypatch.undo()


def test_workers_are_spread_and_play_as_here() -> None:
    spec = airstriker()
    with RolloutPool(spec, num_workers=2, num_envs=3, steps=8, seed=5) as pool:
        places = pool.workers
        assert len({place.node_id for place in places}) == 2
        assert [place.threads for place in places] == [1, 1]
        files = 1 + (spec.content is not None)
        assert [place.files_fetched for place in places] == [files, files], "once for each node"
        fragments = list(pool.rollouts(fragments=4))
        assert pool.pending == 0
    for worker in (0, 1):
        assert numbers_of(fragments, worker) == [0, 1, 2, 3]
    expected = played_here(spec, 5, 6, 8, 4)
    assert played_by_pool(fragments, 6) == expected
    with RolloutPool(spec, num_workers=1, num_envs=6, steps=8, seed=5) as pool:
        assert pool.workers[0].files_fetched == 0, "they are in the node's cache"
        assert played_by_pool(list(pool.rollouts(fragments=4)), 6) == expected


def test_content_that_a_node_lacks_comes_again(nodes: TwoNodes, tmp_path: Path) -> None:
    spec = airstriker()
    core = shutil.copy(str(pack(spec).files[pack(spec).spec.core.files[0][1]]), tmp_path)
    content = None if spec.content is None else shutil.copy(spec.content, tmp_path)
    with RolloutPool(
        spec, num_workers=2, num_envs=1, steps=4, seed=1, core=core, content=content
    ) as pool:
        shutil.rmtree(tmp_path)
        for number in range(nodes.number):
            shutil.rmtree(nodes.cache(number), ignore_errors=True)
        for place in pool.workers:
            os.kill(place.pid, signal.SIGKILL)
        fragments = pool.collect()
        assert [place.files_fetched for place in pool.workers] == [1 + (content is not None)] * 2
        assert [place.recoveries for place in pool.workers] == [1, 1]
    assert played_by_pool(fragments, 2) == played_here(spec, 1, 2, 4, 1)


def test_the_loss_of_a_node_costs_only_time(nodes: TwoNodes) -> None:
    spec = airstriker()
    arguments: dict[str, Any] = {"num_workers": 2, "num_envs": 2, "steps": 6, "seed": 8}
    with RolloutPool(spec, snapshot_every=3, **arguments) as pool:
        lost = [place.node_id == nodes.second.node_id for place in pool.workers].index(True)
        fragments = []
        for fragment in pool.rollouts(fragments=5):
            fragments.append(fragment)
            if fragment.worker == lost and fragment.number == 4:
                break
        try:
            nodes.lose_second()
            pool.start_timeout = 3.0
            with pytest.raises(WorkerLostError, match=r"no room for worker .* are free") as caught:
                # What was under way may have come before the loss.
                fragments.extend(pool.rollouts(fragments=3))
        finally:
            nodes.replace_second()
        pool.start_timeout = 60.0
        assert caught.value.worker == lost
        other = 1 - lost
        while len(numbers_of(fragments, other)) < 12 or len(numbers_of(fragments, lost)) < 12:
            fragments += pool.collect()
        assert pool.workers[lost].recoveries >= 1
    for worker in (lost, other):
        numbers = numbers_of(fragments, worker)
        assert numbers == list(range(len(numbers))), "none lost, none twice"
    fragments = [fragment for fragment in fragments if fragment.number < 12]
    assert played_by_pool(fragments, 4) == played_here(spec, 8, 4, 6, 12)


@pytest.mark.parametrize(("snapshot_every", "kills"), [(2, [4, 5]), (100, [4])])
def test_a_killed_worker_is_replaced(snapshot_every: int, kills: list[int]) -> None:
    with RolloutPool(
        TASK, num_workers=1, num_envs=3, steps=5, seed=2, snapshot_every=snapshot_every
    ) as pool:
        fragments = []
        for fragment in pool.rollouts(fragments=9):
            fragments.append(fragment)
            if fragment.number in kills:
                os.kill(pool.workers[0].pid, signal.SIGKILL)
        assert numbers_of(fragments, 0) == list(range(9))
        assert played_by_pool(fragments, 3) == played_here(TASK, 2, 3, 5, 9)
        assert pool.workers[0].recoveries >= 1


def test_a_policy_that_ends_its_process_once_is_asked_again(tmp_path: Path) -> None:
    marker = str(tmp_path / "once")

    def policy(observations: Any, _weights: Any, random: Any) -> Any:
        if not os.path.exists(marker) and random.integers(4) == 0:
            open(marker, "w").close()
            os.abort()
        return random.integers(4, size=len(observations)), {"mean": observations.mean((1, 2, 3))}

    with RolloutPool(
        TASK, num_workers=2, num_envs=2, steps=6, policy=policy, seed=3, snapshot_every=2
    ) as pool:
        fragments = list(pool.rollouts(fragments=6))
    assert os.path.exists(marker)
    envs = [LibretroVectorEnv(TASK, num_envs=2) for _ in range(2)]
    for worker, one in enumerate(envs):
        before, _ = one.reset(seed=3 + 2 * worker)
        mine = [fragment for fragment in fragments if fragment.worker == worker]
        assert numbers_of(mine, worker) == list(range(6))
        for fragment in mine:
            for t in range(6):
                np.testing.assert_array_equal(fragment.observations[t], before)
                np.testing.assert_array_equal(fragment.extras["mean"][t], before.mean((1, 2, 3)))
                before, rewards, *_ = one.step(fragment.actions[t])
                np.testing.assert_array_equal(fragment.rewards[t], rewards)
            np.testing.assert_array_equal(fragment.observations[6], before)
        one.close()


def test_what_kills_every_worker_is_told() -> None:
    def policy(observations: Any, weights: Any, random: Any) -> Any:
        if weights["deadly"]:
            os.abort()
        return random.integers(4, size=len(observations))

    with RolloutPool(
        TASK,
        num_workers=1,
        num_envs=1,
        steps=3,
        seed=3,
        policy=policy,
        weights={"deadly": False},
        max_recoveries=1,
    ) as pool:
        assert [fragment.number for fragment in pool.collect()] == [0]
        pool.set_weights({"deadly": True})
        with pytest.raises(WorkerLostError, match="2 times one after the other in fragment 1"):
            pool.collect()
        assert pool.pending == 1
        with pytest.raises(WorkerLostError) as caught:
            pool.collect()
        assert caught.value.fragment == 1


def test_exceptions_of_a_policy_name_the_fragment() -> None:
    def policy(observations: Any, weights: Any, random: Any) -> Any:
        if weights == "wrong" and observations.shape:
            raise ZeroDivisionError("a policy that cannot be")
        return random.integers(4, size=len(observations)), {"told": np.full(2, weights == "right")}

    with RolloutPool(
        TASK, num_workers=2, num_envs=2, steps=8, policy=policy, weights="right", seed=1
    ) as pool:
        fragments = pool.collect()
        assert pool.set_weights("wrong") == 1
        failed: list[int | None] = []
        while set(failed) != {0, 1}:  # each of them once for each call
            with pytest.raises(WorkerError, match="fragment 1: ZeroDivisionError") as caught:
                pool.collect()
            assert isinstance(caught.value.__cause__, ZeroDivisionError)
            assert caught.value.fragment == 1
            failed.append(caught.value.worker)
            assert len(failed) < 10
            pool.set_weights("right")
        fragments += pool.collect() + pool.collect()
    assert failed.count(0) == failed.count(1) == 1
    for worker in (0, 1):
        assert numbers_of(fragments, worker) == [0, 1, 2]
    assert {fragment.weights_version for fragment in fragments if fragment.number} <= {2, 3}
    assert all(fragment.extras["told"].all() for fragment in fragments)


def test_a_core_that_crashes_is_left_out(build_core: BuildCore) -> None:
    with RolloutPool(
        {"core": build_core("crash"), "options": {"crash_where": "later", "crash_how": "throw"}},
        num_workers=1,
        num_envs=2,
        steps=1,
        observation=MemoryWindow(size=1),
    ) as pool:
        fragments: list[Fragment] = []
        crashes: list[WorkerError] = []
        while len(crashes) < 2:
            try:
                fragments += pool.collect()
            except WorkerError as error:
                crashes.append(error)
                pool.skip_fragment(0)
            assert len(fragments) < 20
        fragments += pool.collect()
        for crash in crashes:
            assert isinstance(crash.__cause__, CoreCrashedError)
            assert f"worker 0, fragment {crash.fragment}: CoreCrashedError" in str(crash)
        numbers = [*numbers_of(fragments, 0), *(crash.fragment or 0 for crash in crashes)]
        assert sorted(numbers) == list(range(len(numbers)))
        with pytest.raises(ValueError, match="not failed"):
            pool.skip_fragment(0)
        with pytest.raises(IndexError):
            pool.skip_fragment(1)


def test_a_fragment_left_out_is_so_for_a_replacement_too() -> None:
    def policy(observations: Any, weights: Any, random: Any) -> Any:
        if weights == "wrong":
            raise ZeroDivisionError
        return random.integers(4, size=len(observations))

    played = []
    for killed in (False, True):
        with RolloutPool(
            TASK, num_workers=1, num_envs=2, steps=4, policy=policy, weights="right", seed=1
        ) as pool:
            fragments = pool.collect()
            pool.set_weights("wrong")
            with pytest.raises(WorkerError):
                pool.collect()
            pool.skip_fragment(0)
            pool.set_weights("right")
            fragments += pool.collect()
            if killed:
                os.kill(pool.workers[0].pid, signal.SIGKILL)
            fragments += pool.collect()
        assert numbers_of(fragments, 0) == [0, 2, 3]
        assert (fragments[0].infos["moves"][-1] > 1).all()
        assert (fragments[1].infos["moves"][0] <= 1).all(), "new episodes"
        played.append(played_by_pool(fragments, 2))
    assert played[0] == played[1]


def test_weights_come_by_reference_with_a_version() -> None:
    def policy(observations: Any, weights: Any, _random: Any) -> Any:
        seen = -1 if weights is None else weights["version"]
        return np.zeros(len(observations), np.int64), {"seen": np.full(2, seen)}

    with RolloutPool(TASK, num_workers=2, num_envs=2, steps=2, policy=policy) as pool:
        assert all((fragment.extras["seen"] == -1).all() for fragment in pool.collect())
        for version in (1, 2, 3):
            assert pool.set_weights({"version": version}) == pool.weights_version == version
            for fragment in pool.collect():
                assert fragment.weights_version == version
                assert (fragment.extras["seen"] == version).all()


def test_the_backlog_is_bounded(tmp_path: Path) -> None:
    log = str(tmp_path / "log")
    Path(log).touch()

    def policy(observations: Any, _weights: Any, _random: Any) -> Any:
        with open(log, "a") as file:
            file.write("x")
        return np.zeros(len(observations), np.int64)

    with RolloutPool(TASK, num_workers=1, num_envs=2, policy=policy, steps=1, seed=0) as pool:
        states = states_of(TASK, 1)
        for taken, _ in enumerate(pool.rollouts(in_flight=3), 1):
            assert pool.pending <= 3
            pool.map_branches(states, masks(1, 1, 0))  # comes after what is under way
            assert len(Path(log).read_text()) == taken + 3
            if taken == 4:
                break
        assert pool.pending == 3
        with pytest.raises(gymnasium.error.AlreadyPendingCallError):
            pool.run(np.zeros((1, 2), np.int64))
        assert [pool.collect()[0].number for _ in range(3)] == [4, 5, 6]
        assert pool.pending == 0
        assert len(Path(log).read_text()) == 7


def states_of(spec: EnvSpec, count: int) -> list[Any]:
    envs = LibretroVectorEnv(spec, num_envs=count)
    envs.reset(seed=4)
    states = envs.batch.save_states()
    envs.close()
    return states


def test_branches_are_those_of_a_batch_here() -> None:
    spec = airstriker()
    states = states_of(spec, 3)
    actions = masks(21, 4, seed=1)
    with RolloutPool(spec, num_workers=2, num_envs=3, steps=8, seed=5) as pool:
        rollouts = pool.rollouts(fragments=3)
        fragments = [next(rollouts)]
        tried = pool.map_branches(states[0], actions, save=True)
        assert_same_branches(tried, branched_here(spec, states[0], actions, save=True))
        fragments.append(next(rollouts))
        # Each of the ends goes on in whichever node, from whichever node it comes.
        again = pool.map_branches(tried.states[::-1], masks(21, 3, seed=2), save=True)
        ends = branched_here(spec, states[0], actions, save=True).states[::-1]
        assert_same_branches(again, branched_here(spec, ends, masks(21, 3, seed=2), save=True))
        shared = [states[i % 3] for i in range(21)]
        assert_same_branches(
            pool.map_branches(shared, actions), branched_here(spec, shared, actions)
        )
        fragments += rollouts
        assert played_by_pool(fragments, 6) == played_here(spec, 5, 6, 8, 3), "not disturbed"


def test_branches_of_a_lost_worker_are_tried_elsewhere() -> None:
    spec = airstriker()
    states = states_of(spec, 1)
    actions = masks(16, 30, seed=3)
    with RolloutPool(spec, num_workers=2, num_envs=1, steps=4, seed=5) as pool:
        fragments = pool.collect()
        os.kill(pool.workers[0].pid, signal.SIGKILL)
        tried = pool.map_branches(states[0], actions)
        assert_same_branches(tried, branched_here(spec, states[0], actions))
        fragments += pool.collect()
        assert pool.workers[0].recoveries == 1
    assert played_by_pool(fragments, 2) == played_here(spec, 5, 2, 4, 2)


def test_wrong_branches_are_refused(build_core: BuildCore) -> None:
    states = states_of(TASK, 2)
    with CoreBatch(build_core("batch"), count=1) as other:
        stranger = other.save_states()[0]
    with RolloutPool(TASK, num_workers=1, num_envs=1, seed=5) as pool:
        with pytest.raises(WorkerError, match="branches 0 to 0: StateError") as caught:
            pool.map_branches(stranger, masks(2, 2, 0))
        assert isinstance(caught.value.__cause__, StateError)
        for wrong, actions, error in (
            (states, masks(3, 2, 0), ValueError),
            (states, masks(2, 2, 0)[0], ValueError),
            (states[0], [[-1]], ValueError),
            (states[0], [[1.5]], TypeError),
            ([b"bytes"], [[1]], TypeError),
            (states[0], np.zeros((0, 2), np.uint16), ValueError),
        ):
            with pytest.raises(error):
                pool.map_branches(wrong, actions)  # type: ignore[arg-type]
        with pytest.raises(ValueError, match="frames"):
            pool.map_branches(states[0], [[1]], frames=0)
        assert len(pool.map_branches(states[0], [[1]]).rewards) == 1


def test_given_actions_are_done() -> None:
    spec = EnvSpec(
        **{
            **TASK.env_arguments(),
            "actions": {
                "pad": MultiDiscreteActions([["UP", "DOWN", "LEFT", "RIGHT"]]),
                "others": (AnalogActions(ports=(1,)), ButtonActions(("A", "B"), ports=(1,))),
            },
        }
    )
    here = LibretroVectorEnv(spec, num_envs=4)
    drawn = random_actions(here.single_action_space, 6, 1, 0, 4, 0)
    here.reset(seed=9)
    with RolloutPool(spec, num_workers=2, num_envs=2, seed=9) as pool:
        fragments = pool.run(drawn)
        for t in range(6):
            action = {
                "pad": drawn["pad"][t],
                "others": tuple(part[t] for part in drawn["others"]),
            }
            observations, rewards, _, _, infos = here.step(action)
            for fragment in fragments:
                own = fragment.env_ids
                np.testing.assert_array_equal(fragment.observations[t + 1], observations[own])
                np.testing.assert_array_equal(fragment.rewards[t], rewards[own])
                np.testing.assert_array_equal(fragment.infos["moves"][t], infos["moves"][own])
                np.testing.assert_array_equal(
                    fragment.actions["others"][0][t], action["others"][0][own]
                )
        for wrong in (
            {"pad": drawn["pad"], "others": tuple(part[:, :3] for part in drawn["others"])},
            {"pad": drawn["pad"][:0], "others": tuple(part[:0] for part in drawn["others"])},
        ):
            with pytest.raises(ValueError, match="4 envs"):
                pool.run(wrong)
        assert pool.pending == 0
    here.close()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
def test_a_pool_is_a_vector_env_too(mode: AutoresetMode) -> None:
    spec = EnvSpec(
        **{
            **TASK.env_arguments(),
            "done": "moves >= 3",
            "reward": ["delta(score)", "delta(moves)"],
            "states": None,
            "observation": {
                "picture": Observation((8, 8), stack=2),
                "board": MemoryWindow(start=0x10, size=16),
            },
        }
    )
    ours = LibretroVectorEnv(spec, num_envs=4, autoreset_mode=mode)
    with RolloutPool(
        spec, num_workers=2, num_envs=2, seed=3, autoreset_mode=mode, snapshot_every=5
    ) as pool:
        theirs = pool.as_vector_env()
        assert theirs.observation_space == ours.observation_space
        assert theirs.action_space == ours.action_space
        assert theirs.metadata["autoreset_mode"] is mode
        assert_alike(theirs.reset(seed=3), ours.reset(seed=3), "reset")
        ours.action_space.seed(1)
        for step in range(24):
            if step == 9:
                chosen = {"reset_mask": np.array([True, False, False, False])}
                assert_alike(
                    theirs.reset(options=chosen), ours.reset(options=chosen), "reset of some"
                )
            if step == 12:
                seeds = [5, None, 6, 7]
                assert_alike(theirs.reset(seed=seeds), ours.reset(seed=seeds), "other seeds")
                if mode is AutoresetMode.NEXT_STEP:
                    os.kill(pool.workers[1].pid, signal.SIGKILL)
            actions = ours.action_space.sample()
            assert_alike(theirs.step(actions), ours.step(actions), f"step {step}")
        assert pool.workers[1].recoveries == (mode is AutoresetMode.NEXT_STEP)
        for wrong in ({"seed": [1, 2]}, {"options": {"state": [0, 0]}}):
            with pytest.raises(ValueError, match="4 envs"):
                theirs.reset(**wrong)
        next(pool.rollouts(1, in_flight=2))
        for act in (theirs.reset, lambda: theirs.step(actions)):
            with pytest.raises(gymnasium.error.AlreadyPendingCallError):
                act()
    ours.close()


OBSERVATIONS: dict[str, Any] = {
    "gray": Observation((12, 10), gray=True, stack=4),
    "gray, pooled, black before": Observation((12, 10), gray=True, pool=2, stack=3, padding="zero"),
    "RGB": Observation((12, 10), stack=3),
    "RGB, HWC": Observation((12, 10), stack=2, layout="HWC"),
    "gray, HWC, black before, float": Observation(
        (12, 10), gray=True, stack=4, layout="HWC", padding="zero", dtype="float32"
    ),
    "deep": Observation((6, 5), gray=True, stack=16),
    "one": Observation((12, 10), layout="HWC"),
    "memory": MemoryWindow(start=0x10, size=16),
    "several": {
        "picture": Observation((12, 10), gray=True, stack=4),
        "board": MemoryWindow(start=0x10, size=16),
        "numbers": WatchVector(["score"]),
    },
}


@pytest.fixture
def worker_here() -> Iterator[Callable[..., RolloutWorker]]:
    """Makes workers in this process; only what they fetch comes from Ray."""
    made: list[RolloutWorker] = []

    def make(spec: EnvSpec, **settings: Any) -> RolloutWorker:
        shipment = pack(spec)
        files = {digest: ray.put(shipment.read(digest)) for digest in shipment.files}
        defaults: dict[str, Any] = {
            "worker": 0,
            "num_envs": 3,
            "cpus": 2,
            "seed": 6,
            "policy": None,
            "autoreset_mode": AutoresetMode.NEXT_STEP,
            "skip_rendering": None,
        }
        made.append(
            RolloutWorker(
                WorkerSettings(
                    spec=[ray.put(shipment.spec)], files=files, **{**defaults, **settings}
                )
            )
        )
        made[-1].open()
        made[-1].restore(None, [])
        return made[-1]

    yield make
    for worker in made:
        worker.close()


def fragment_of(worker: RolloutWorker, number: int, steps: int) -> Fragment:
    made = worker.play(Order(number, steps))
    return Fragment(0, number, 0, np.arange(3), **made)


def rows(observations: Any, index: Any) -> Any:
    if isinstance(observations, dict):
        return {name: part[index] for name, part in observations.items()}
    return observations[index]


def assert_equal(one: Any, other: Any) -> None:
    if isinstance(other, dict):
        assert set(one) == set(other)
        for name in other:
            assert_equal(one[name], other[name])
    else:
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.SAME_STEP])
@pytest.mark.parametrize("name", OBSERVATIONS)
def test_single_frames_become_the_stacks_again(
    worker_here: Callable[..., RolloutWorker], name: str, mode: AutoresetMode
) -> None:
    spec = EnvSpec(
        **{
            **TASK.env_arguments(),
            "observation": OBSERVATIONS[name],
            "done": "moves >= 3",
            "max_episode_steps": 7,
        }
    )
    worker = worker_here(spec, autoreset_mode=mode)
    here = LibretroVectorEnv(spec, num_envs=3, autoreset_mode=mode)
    before, _ = here.reset(seed=6)
    ends = 0
    for number, steps in enumerate((13, 1, 2, 20)):
        fragment = fragment_of(worker, number, steps)
        assert fragment.steps == steps
        whole = fragment.observations
        generator = np.random.default_rng(number)
        some = generator.integers(steps + 1, size=30), generator.integers(3, size=30)
        assert_equal(fragment.observations_at(*some), rows(whole, some))
        actions = random_actions(here.single_action_space, steps, 6, 0, 3, number)
        finals: list[tuple[int, int]] = []
        for t in range(steps):
            assert_equal(rows(whole, t), before)
            np.testing.assert_array_equal(fragment.actions[t], actions[t])
            begins = here.ended
            before, rewards, terminations, truncations, infos = here.step(actions[t])
            np.testing.assert_array_equal(fragment.begins[t], begins)
            np.testing.assert_array_equal(fragment.rewards[t], rewards)
            np.testing.assert_array_equal(fragment.terminations[t], terminations)
            np.testing.assert_array_equal(fragment.truncations[t], truncations)
            np.testing.assert_array_equal(fragment.infos["score"][t], infos["score"])
            ends += int((terminations | truncations).sum())
            for i in np.flatnonzero(infos.get("_final_obs", np.zeros(3))).tolist():
                place = len(finals)
                assert_equal(rows(fragment.final_observations, place), infos["final_obs"][i])
                told = infos["final_info"]["moves"][i]
                assert fragment.final_infos["moves"][place] == told
                finals.append((t, i))
        assert_equal(rows(whole, steps), before)
        places = zip(fragment.final_steps.tolist(), fragment.final_envs.tolist(), strict=True)
        assert list(places) == finals
    assert ends >= 12
    here.close()


def test_a_core_that_shuts_down_is_opened_again(
    worker_here: Callable[..., RolloutWorker], build_core: BuildCore
) -> None:
    """In the midst of a step; also by a worker that goes on at a snapshot made just then."""
    spec = EnvSpec(
        core=build_core("batch"),
        content=struct.pack("<3I", SHUT_DOWN, 6, 0),
        actions=DiscreteActions([(), "UP", "DOWN", "A"]),
        observation=Observation((8, 8), stack=3),
        frame_skip=3,
    )
    worker = worker_here(spec)
    here = LibretroVectorEnv(spec, num_envs=3)
    before, _ = here.reset(seed=6)
    ends = 0
    for number in range(8):
        fragment = fragment_of(worker, number, 1 + number % 3)
        for t in range(fragment.steps):
            np.testing.assert_array_equal(fragment.observations[t], before)
            before, _, terminations, *_ = here.step(fragment.actions[t])
            np.testing.assert_array_equal(fragment.terminations[t], terminations)
            ends += int(terminations.sum())
        np.testing.assert_array_equal(fragment.observations[-1], before)
        worker.restore(worker.snapshot(), [])
    assert ends >= 9
    here.close()


def test_fragments_say_what_they_have() -> None:
    with RolloutPool("pylibretro/2048-board-v0", num_workers=1, num_envs=2, steps=3) as pool:
        assert pool.spec.core == "2048"
        (fragment,) = pool.collect(steps=4)
        assert fragment.observations.shape == (5, 2, 16)
        assert fragment.actions.shape == fragment.rewards.shape == (4, 2)
        assert not fragment.rewards.flags.writeable
        with pytest.raises(IndexError):
            fragment.observations_at([5], [0])
        assert pool.single_action_space == gymnasium.spaces.Discrete(4)


def make_pool(task: Any, arguments: dict[str, Any]) -> None:
    RolloutPool(task, **{"num_workers": 1, **arguments})


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    for task, arguments, error in (
        (TASK, {"num_workers": 0}, ValueError),
        (TASK, {"num_envs": 0}, ValueError),
        (TASK, {"steps": 1.5}, TypeError),
        (TASK, {"seed": -1}, ValueError),
        (TASK, {"autoreset_mode": "Disabled"}, ValueError),
        (TASK, {"policy": "clever"}, TypeError),
        (TASK, {"core_arguments": {"save_dir": str(tmp_path)}}, ValueError),
        (7, {}, TypeError),
        ("No-Such-Game", {}, GameError),
        ("pylibretro/No-Such-Game-v0", {}, gymnasium.error.Error),
        ("CartPole-v1", {}, GameError),
    ):
        with pytest.raises(error):
            make_pool(task, arguments)
    with pytest.raises(WorkerError, match="opening its envs") as caught:
        RolloutPool(TASK, num_workers=1, num_envs=1, watches={}, done="score > 1")
    assert caught.value.worker == 0
    with pytest.raises(WorkerLostError, match="wants 7 processors, and of the 2"):
        RolloutPool(TASK, num_workers=1, cpus_per_worker=7, start_timeout=0.5)


def test_a_closed_pool_says_so() -> None:
    pool = RolloutPool(TASK, num_workers=1, num_envs=1, steps=2)
    rollouts = pool.rollouts()
    next(rollouts)
    pool.close()
    pool.close()
    assert pool.closed
    for act in (
        pool.collect,
        pool.rollouts,
        lambda: next(rollouts),
        lambda: pool.set_weights(1),
        lambda: pool.map_branches([], []),
        lambda: pool.run([]),
        lambda: pool.skip_fragment(0),
        pool.begin_again,
        pool.as_vector_env,
    ):
        with pytest.raises(ClosedError):
            act()
    assert ray.is_initialized(), "Ray is not the pool's to end"


def test_the_examples_of_the_guide_run() -> None:
    file = Path(__file__).resolve().parents[2] / "docs" / "ray.md"
    if not file.is_file():
        pytest.skip("the guides are not here")
    blocks = re.findall(r"```python\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) == 3
    exec(compile("\n".join(blocks), str(file), "exec"), {"__name__": "guide"})
