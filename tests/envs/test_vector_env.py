"""LibretroVectorEnv does what SyncVectorEnv does with as many LibretroEnv, step by step."""

from __future__ import annotations

import gc
import itertools
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from child import run_child
from env_play import PLAY, WATCHES, assert_equal
from observe import BuildCore
from playing import in_another_process

from pylibretro import (
    ActionError,
    AnalogActions,
    AudioWindow,
    ButtonActions,
    Core,
    CoreBusyError,
    CoreCrashedError,
    EnvSpec,
    MemoryWindow,
    MultiDiscreteActions,
    Observation,
    StateError,
    VectorEnvSnapshot,
    WatchVector,
)

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AutoresetMode, SyncVectorEnv  # noqa: E402

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402
from pylibretro.envs.registration import game_2048  # noqa: E402


def states_of_2048() -> dict[str, bytes]:
    states = {}
    with Core("2048") as core:
        for name, seed in (("first", 5), ("second", 6)):
            core.reset()
            core.run(2)
            core.memory.write(0x30, seed, "<u8")
            core.run(2, [8, 0])
            states[name] = core.save_state()
    return states


SPECS: dict[str, EnvSpec] = {
    "the bundled game": EnvSpec(**game_2048()),
    "games that end": EnvSpec(
        **{
            **PLAY,
            "done": "moves >= 4",
            "observation": Observation((20, 30), gray=True, pool=2, stack=3),
        }
    ),
    "limits": EnvSpec(
        **{
            **PLAY,
            "done": "score >= 40",
            "max_episode_steps": 7,
            "max_episode_frames": 11,
            "observation": MemoryWindow(start=0x10, size=16),
        }
    ),
    "chance": EnvSpec(
        **{
            **PLAY,
            "start": (),
            "random_memory": (),
            "states": states_of_2048(),
            "noop_max": 5,
            "frame_skip": 4,
            "hold_frames": 2,
            "repeat_action_probability": 0.3,
            "done": "moves >= 3",
            "reward": ["delta(moves)", "delta(score) / 3"],
            "observation": {
                "picture": Observation((16, 16), layout="HWC", dtype="float32"),
                "sound": AudioWindow(300, rate=8000, channels=2),
                "board": MemoryWindow(start=0x10, size=16),
                "numbers": WatchVector(limits={"moves": (0, 10)}),
            },
            "info": ["moves"],
        }
    ),
    "lives": EnvSpec(
        **{
            **PLAY,
            "noop_max": 3,
            "repeat_action_probability": 0.2,
            "life_loss": "delta(moves) and moves % 3 == 0",
            "life_start": [((), 1), ("LEFT", 1)],
            "done": "moves >= 8  # the end",
            "reward": ["delta(score)", "delta(moves) - 1 / 4"],
            "reward_clip": (-1, 3),
            "max_episode_steps": 25,
            "observation": Observation((16, 16), stack=2),
        }
    ),
    "devices": EnvSpec(
        **{
            **PLAY,
            "done": "moves >= 6",
            "repeat_action_probability": 0.5,
            "actions": {
                "pad": MultiDiscreteActions([["UP", "DOWN", "LEFT", "RIGHT"]]),
                "others": (AnalogActions(ports=(1,)), ButtonActions(("A", "B"), ports=(1, 2))),
            },
            "observation": WatchVector(["score", "moves"]),
        }
    ),
}

MODES = list(AutoresetMode)


def vector_env(spec: EnvSpec, count: int, mode: AutoresetMode, **more: Any) -> LibretroVectorEnv:
    return LibretroVectorEnv(spec, num_envs=count, autoreset_mode=mode, **more)


def sync_env(spec: EnvSpec, count: int, mode: AutoresetMode) -> SyncVectorEnv:
    return SyncVectorEnv([lambda: LibretroEnv(spec)] * count, autoreset_mode=mode)


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", SPECS)
def test_it_equals_a_sync_vector_env_step_by_step(name: str, mode: AutoresetMode) -> None:
    spec, count = SPECS[name], 4
    ours = vector_env(spec, count, mode, threads=2)
    theirs = sync_env(spec, count, mode)
    assert ours.single_observation_space == theirs.single_observation_space
    assert ours.observation_space == theirs.observation_space
    assert ours.single_action_space == theirs.single_action_space
    assert ours.action_space == theirs.action_space
    assert ours.metadata["autoreset_mode"] is theirs.metadata["autoreset_mode"] is mode
    assert_equal(ours.reset(seed=7), theirs.reset(seed=7), "reset")
    ours.action_space.seed(1)
    ends = 0
    for step in range(60):
        if step == 30:
            seeds = [3, None, 5, 3]
            assert_equal(ours.reset(seed=seeds), theirs.reset(seed=seeds), "reset again")
        if step == 45:
            chosen = np.array([True, False, True, True])
            assert_equal(
                ours.reset(seed=9, options={"reset_mask": chosen}),
                theirs.reset(seed=9, options={"reset_mask": chosen}),
                "reset of some",
            )
        actions = ours.action_space.sample()
        results = ours.step(actions), theirs.step(actions)
        assert_equal(*results, f"step {step}")
        assert ours.observation_space.contains(results[0][0])
        ended = results[0][2] | results[0][3]
        ends += int(ended.sum())
        if mode is AutoresetMode.DISABLED and ended.any():
            masks = [{"reset_mask": ended.copy()} for _ in range(2)]
            assert_equal(
                ours.reset(options=masks[0]), theirs.reset(options=masks[1]), f"reset after {step}"
            )
    if name != "the bundled game":
        assert ends >= 4, "the episodes ended"
    assert ours.np_random_seed == theirs.np_random_seed
    assert [g.bit_generator.state for g in ours.np_random] == [
        g.bit_generator.state for g in theirs.np_random
    ]
    ours.close()
    theirs.close()


def played(envs: LibretroVectorEnv, steps: int, seed: int = 4) -> list[Any]:
    envs.single_action_space.seed(seed)
    script = [envs.single_action_space.sample() for _ in range(steps)]
    seen: list[Any] = [envs.reset(seed=seed)]
    seen += [envs.step(np.array([action] * envs.num_envs)) for action in script]
    return seen


def test_an_env_does_not_depend_on_those_beside_it() -> None:
    """The same seed of an env gives the same, whatever the size of the batch."""
    spec = SPECS["games that end"]
    spec = replace(spec, noop_max=4, repeat_action_probability=0.25)
    many = vector_env(spec, 5, AutoresetMode.NEXT_STEP, threads=2)
    for_all = played(many, 40)
    for first, count in ((2, 1), (1, 3)):
        few = vector_env(spec, count, AutoresetMode.NEXT_STEP)
        few.single_action_space.seed(4)
        script = [few.single_action_space.sample() for _ in range(40)]
        few.reset(seed=4 + first)
        for step, action in enumerate(script):
            observations, rewards, ends, *_ = few.step(np.array([action] * count))
            all_of_it = for_all[step + 1]
            rows = slice(first, first + count)
            np.testing.assert_array_equal(observations, all_of_it[0][rows])
            np.testing.assert_array_equal(rewards, all_of_it[1][rows])
            np.testing.assert_array_equal(ends, all_of_it[2][rows])
        few.close()
    many.close()


def test_what_is_returned_is_the_callers() -> None:
    envs = vector_env(SPECS["games that end"], 3, AutoresetMode.SAME_STEP)
    kept, copies = [], []
    for result in played(envs, 30):
        kept.append(result)
        copies.append([np.copy(part) for part in result if isinstance(part, np.ndarray)])
    for result, copy in zip(kept, copies, strict=True):
        arrays = [part for part in result if isinstance(part, np.ndarray)]
        for one, other in zip(arrays, copy, strict=True):
            np.testing.assert_array_equal(one, other)
    observations = [result[0] for result in kept]
    assert not any(np.shares_memory(a, b) for a, b in itertools.pairwise(observations))
    envs.close()
    del envs
    gc.collect()
    assert observations[-1].any()


def test_without_copy_observations_are_written_into_the_same_memory() -> None:
    spec = SPECS["games that end"]
    one = vector_env(spec, 3, AutoresetMode.NEXT_STEP, copy=False)
    other = vector_env(spec, 3, AutoresetMode.NEXT_STEP)
    first, _ = one.reset(seed=2)
    other.reset(seed=2)
    for _ in range(20):
        actions = other.action_space.sample()
        seen, *rest = one.step(actions)
        assert seen is first
        assert_equal((seen, *rest), other.step(actions), "step")
    one.close()
    other.close()


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ["games that end", "limits"])
def test_results_go_into_the_callers_buffers(name: str, mode: AutoresetMode) -> None:
    """As PufferLib has them: one block for all, float32 rewards."""
    spec = SPECS[name]
    other = vector_env(spec, 3, mode)
    space: Any = other.observation_space
    block = np.zeros((2, *space.shape), space.dtype)
    buffers: dict[str, Any] = {
        "observations": block[1],
        "rewards": np.zeros(3, np.float32),
        "terminations": np.zeros(3, np.bool_),
        "truncations": np.zeros(3, np.uint8),
    }
    envs = vector_env(spec, 3, mode, buffers=buffers)
    observations, _ = envs.reset(seed=2)
    assert observations is buffers["observations"]
    np.testing.assert_array_equal(observations, other.reset(seed=2)[0])
    for _ in range(20):
        actions = other.action_space.sample()
        results, wanted = envs.step(actions), other.step(actions)
        for result, want, buffer in zip(results, wanted, buffers.values(), strict=False):
            assert result is buffer
            np.testing.assert_array_equal(result, want)
        assert_equal(results[4], wanted[4], "infos")
        if mode is AutoresetMode.DISABLED and (ended := wanted[2] | wanted[3]).any():
            for one in (envs, other):
                one.reset(options={"reset_mask": ended})
    assert not block[0].any()
    envs.close()
    other.close()


@pytest.mark.parametrize(
    ("buffers", "message"),
    [
        ({"reward": np.zeros(2)}, "buffers has"),
        ({"rewards": np.zeros(3)}, r"shape \(3,\)"),
        ({"observations": np.zeros((2, 3))}, "shape"),
    ],
)
def test_buffers_have_to_fit(buffers: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vector_env(SPECS["limits"], 2, AutoresetMode.NEXT_STEP, buffers=buffers)


def test_metadata_belongs_to_each_env() -> None:
    first = vector_env(SPECS["limits"], 1, AutoresetMode.NEXT_STEP)
    second = vector_env(SPECS["limits"], 1, AutoresetMode.SAME_STEP)
    third = LibretroVectorEnv(SPECS["limits"], autoreset_mode="Disabled")
    assert first.metadata["autoreset_mode"] is first.autoreset_mode is AutoresetMode.NEXT_STEP
    assert second.metadata["autoreset_mode"] is second.autoreset_mode is AutoresetMode.SAME_STEP
    assert third.metadata["autoreset_mode"] is third.autoreset_mode is AutoresetMode.DISABLED
    assert "autoreset_mode" not in gymnasium.vector.VectorEnv.metadata
    assert first.metadata["render_fps"] == 30
    for env in (first, second, third):
        env.close()


def test_steps_that_are_not_due_are_refused() -> None:
    envs = vector_env(replace(SPECS["limits"], max_episode_steps=2), 2, AutoresetMode.DISABLED)
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step([0, 0])
    envs.reset(options={"reset_mask": np.array([True, False])})
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step([0, 0])
    envs.reset()
    envs.step([0, 0])
    envs.reset(options={"reset_mask": np.array([True, False])})
    *_, truncations, _ = envs.step([0, 0])
    assert truncations.tolist() == [False, True]
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"\[1\] have ended"):
        envs.step([0, 0])
    envs.close()
    envs.close()
    for call in (envs.reset, lambda: envs.step([0, 0]), lambda: envs.send([0, 0]), envs.recv):
        with pytest.raises((gymnasium.error.ClosedEnvironmentError, gymnasium.error.ResetNeeded)):
            call()


@pytest.mark.parametrize(
    ("mask", "error"),
    [
        ([True, False], TypeError),
        (np.array([1, 0]), TypeError),
        (np.array([True]), ValueError),
        (np.array([False, False]), ValueError),
    ],
)
def test_wrong_reset_masks_are_refused(mask: Any, error: type[Exception]) -> None:
    envs = vector_env(SPECS["limits"], 2, AutoresetMode.DISABLED)
    with pytest.raises(error, match="reset_mask"):
        envs.reset(options={"reset_mask": mask})
    envs.close()


def test_options_stay_the_callers() -> None:
    envs = vector_env(SPECS["chance"], 2, AutoresetMode.NEXT_STEP)
    options = {"reset_mask": np.array([True, True]), "state": "second"}
    envs.reset(options=options)
    assert set(options) == {"reset_mask", "state"}
    envs.close()


def test_start_states_can_be_chosen() -> None:
    envs = vector_env(replace(SPECS["chance"], noop_max=0), 3, AutoresetMode.NEXT_STEP)
    _, infos = envs.reset(options={"state": ["second", 0, None]})
    assert infos["start_state"].tolist()[:2] == [1, 0]
    boards = {name: envs.reset(options={"state": name})[0]["board"] for name in ("first", "second")}
    assert (boards["first"] == boards["first"][0]).all()
    assert (boards["first"] != boards["second"]).any()
    seen = {int(n) for seed in range(8) for n in envs.reset(seed=seed)[1]["start_state"]}
    assert seen == {0, 1}
    for wrong in ("third", 2, -1, ["first"], 1.5):
        with pytest.raises((ValueError, TypeError)):
            envs.reset(options={"state": wrong})
    envs.close()


@pytest.mark.parametrize("mode", [AutoresetMode.NEXT_STEP, AutoresetMode.DISABLED])
def test_steps_are_sent_and_received(mode: AutoresetMode) -> None:
    """Env by env the same as steps of all, whatever the order in which they finish."""
    spec = replace(SPECS["games that end"], noop_max=3, repeat_action_probability=0.2)
    limit = 60 if mode is AutoresetMode.NEXT_STEP else 4
    count = 6
    all_at_once = vector_env(spec, count, mode)
    some = vector_env(spec, count, mode, batch_size=2, threads=2)
    script = np.random.default_rng(3).integers(5, size=(limit, count))
    wanted: list[list[Any]] = [[] for _ in range(count)]
    all_at_once.reset(seed=1)
    for actions in script:
        observations, rewards, ends, truncations, infos = all_at_once.step(actions)
        for i in range(count):
            wanted[i].append(
                (observations[i], rewards[i], ends[i], truncations[i], infos["moves"][i])
            )
        if mode is AutoresetMode.DISABLED and ends.any():
            break
    limit = len(wanted[0])
    some.reset(seed=1)
    some.send(script[0])
    done = np.zeros(count, int)
    while (done < limit).any():
        due = min(2, some.batch.steps_in_flight)
        observations, rewards, ends, truncations, infos = some.recv(due if due < 2 else None)
        ids = infos["env_id"]
        assert len(ids) == len(observations) == due
        for row, i in enumerate(ids.tolist()):
            got = (
                observations[row],
                rewards[row],
                ends[row],
                truncations[row],
                infos["moves"][row],
            )
            for one, other in zip(got, wanted[i][done[i]], strict=True):
                np.testing.assert_array_equal(one, other)
            done[i] += 1
        again = ids[done[ids] < limit]
        some.send(script[done[again], again], again)
    all_at_once.close()
    some.close()


def test_what_cannot_be_sent_is_refused() -> None:
    same = vector_env(SPECS["games that end"], 2, AutoresetMode.SAME_STEP)
    same.reset()
    with pytest.raises(ValueError, match="autoreset"):
        same.send([0, 0])
    same.close()
    disabled = vector_env(replace(SPECS["limits"], max_episode_steps=1), 2, AutoresetMode.DISABLED)
    with pytest.raises(gymnasium.error.ResetNeeded):
        disabled.send([0, 0])
    disabled.reset()
    disabled.send([0, 0])
    disabled.recv()
    with pytest.raises(gymnasium.error.ResetNeeded):
        disabled.send([0, 0])
    disabled.close()


def test_pictures_are_rendered() -> None:
    envs = vector_env(SPECS["limits"], 2, AutoresetMode.NEXT_STEP, render_mode="rgb_array")
    envs.reset(seed=1)
    pictures = envs.render()
    assert pictures is not None
    assert [picture.shape for picture in pictures] == [(240, 320, 3)] * 2
    np.testing.assert_array_equal(pictures[1], envs.batch[1].frame)
    assert envs.call("render")[0].shape == (240, 320, 3)
    envs.close()
    with pytest.raises(ValueError, match="render_mode"):
        vector_env(SPECS["limits"], 2, AutoresetMode.NEXT_STEP, render_mode="ansi")


def test_envs_can_be_asked_and_changed() -> None:
    envs = vector_env(SPECS["limits"], 2, AutoresetMode.NEXT_STEP)
    envs.reset(seed=1)
    assert envs.get_attr("render_mode") == (None, None)
    assert envs.get_attr("np_random_seed") == (1, 2)
    assert [core.name for core in envs.get_attr("core")] == ["2048", "2048"]
    assert envs.get_attr("frame_count") == tuple(core.frame_count for core in envs.batch)
    assert len(envs.call("save_state")[0]) == 128
    with pytest.raises(ValueError, match="3 values"):
        envs.set_attr("inputs", [1, 2, 3])
    envs.close()


def test_a_core_that_crashed_is_opened_again_by_reset(build_core: BuildCore) -> None:
    envs = LibretroVectorEnv(
        build_core("crash"),
        options={"crash_where": "later", "crash_how": "throw"},
        observation=MemoryWindow(size=4),
        num_envs=2,
    )
    envs.reset(seed=1)
    with pytest.raises(CoreCrashedError):
        played(envs, 10)
    observations, _ = envs.reset(seed=1)
    assert (observations == observations[0]).all()
    envs.step(envs.action_space.sample())
    envs.close()


def test_nothing_is_left_when_it_cannot_be_made() -> None:
    for wrong in (
        {"num_envs": 0},
        {"observation": MemoryWindow("video_ram")},
        {"observation": WatchVector()},
        {"observation": WatchVector(["lives"]), "watches": WATCHES},
        {"states": b"no state"},
        {"batch_size": 5},
        {"save_dir": "saves", "num_envs": 2},
    ):
        with pytest.raises(Exception, match=r"."):
            LibretroVectorEnv("2048", **wrong)


def test_it_closes_when_it_is_forgotten() -> None:
    report = run_child(
        """
import gymnasium, gc
envs = gymnasium.make_vec("pylibretro/2048-v0", num_envs=4)
envs.reset()
batch = envs.unwrapped.batch
del envs
gc.collect()
print(batch.closed)
""",
    )
    assert report in ("True\n", "False\n")


def test_single_envs_run_in_other_processes() -> None:
    """Gymnasium's own AsyncVectorEnv makes them by their id in processes that it starts."""
    name = "pylibretro/2048-board-v0"
    envs = gymnasium.make_vec(
        name, num_envs=2, vectorization_mode="async", vector_kwargs={"context": "spawn"}
    )
    ours = gymnasium.make_vec(name, num_envs=2)
    np.testing.assert_array_equal(envs.reset(seed=3)[0], ours.reset(seed=3)[0])
    for action in (0, 2, 1, 3, 0, 0, 2):
        one, other = envs.step([action, action]), ours.step([action, action])
        for a, b in zip(one[:4], other[:4], strict=True):
            np.testing.assert_array_equal(a, b)
    envs.close()
    ours.close()


def test_pictures_go_where_they_are_wanted_next() -> None:
    task: dict[str, Any] = {"core": "2048", "num_envs": 2, "observation": Observation((8, 8))}
    ours, theirs = LibretroVectorEnv(**task, copy=False), LibretroVectorEnv(**task)
    ours.reset(seed=1)
    theirs.reset(seed=1)
    rows = np.zeros((4, 2, 3, 8, 8), np.uint8)
    expected = []
    for row in rows:
        actions = theirs.action_space.sample()
        ours.write_next_observations(row)
        assert np.shares_memory(ours.step(actions)[0], row)
        expected.append(theirs.step(actions)[0])
    np.testing.assert_array_equal(rows, expected)
    unfit: list[tuple[Any, type[Exception]]] = [
        (rows, ValueError),
        (rows[0] / 2, TypeError),
        ("rows", TypeError),
    ]
    for wrong, error in unfit:
        ours.write_next_observations(wrong)
        with pytest.raises(error, match="out"):
            ours.step(actions)
    ours.write_next_observations(rows[0])
    ours.step(actions)
    ours.close()
    theirs.close()


def steps_after(envs: LibretroVectorEnv, steps: int, seed: int) -> list[Any]:
    """What random actions bring, with resets where the mode wants them."""
    envs.action_space.seed(seed)
    seen: list[Any] = []
    for _ in range(steps):
        seen.append(envs.step(envs.action_space.sample()))
        ended = seen[-1][2] | seen[-1][3]
        if envs.autoreset_mode is AutoresetMode.DISABLED and ended.any():
            seen.append(envs.reset(options={"reset_mask": ended}))
    return seen


def steps_after_restoring(mode: AutoresetMode, snapshots: dict[str, bytes]) -> dict[str, Any]:
    seen = {}
    for name, stored in snapshots.items():
        envs = vector_env(SPECS[name], 3, mode, threads=1)
        envs.restore(pickle.loads(stored))
        seen[name] = steps_after(envs, 40, seed=6)
        envs.close()
    return seen


@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.value)
def test_a_snapshot_goes_on_in_another_process(mode: AutoresetMode) -> None:
    stored, expected = {}, {}
    for name, spec in SPECS.items():
        envs = vector_env(spec, 3, mode, threads=2)
        envs.reset(seed=11)
        steps_after(envs, 23, seed=5)
        snapshot = envs.snapshot()
        stored[name] = pickle.dumps(snapshot)
        expected[name] = steps_after(envs, 40, seed=6)
        assert_equal(envs.snapshot().steps, envs.episodes.steps, name)
        envs.restore(snapshot)
        assert_equal(steps_after(envs, 40, seed=6), expected[name], f"{name}, in the same env")
        envs.close()
    assert any(step[2].any() for name in expected for step in expected[name] if len(step) > 2)
    assert_equal(in_another_process(steps_after_restoring, mode, stored), expected, mode.value)


def test_a_snapshot_stays_as_it_is() -> None:
    envs = vector_env(SPECS["chance"], 2, AutoresetMode.NEXT_STEP)
    envs.reset(seed=2)
    snapshot = envs.snapshot()
    assert isinstance(snapshot, VectorEnvSnapshot)
    assert snapshot.nbytes >= sum(state.size for state in snapshot.states)
    expected = steps_after(envs, 20, seed=1)
    for _ in range(2):  # what is restored draws random numbers and counts; the snapshot does not
        envs.restore(snapshot)
        assert_equal(steps_after(envs, 20, seed=1), expected, "restored")
    envs.close()


def test_a_snapshot_before_the_first_reset_still_needs_one() -> None:
    envs = vector_env(SPECS["limits"], 2, AutoresetMode.NEXT_STEP)
    snapshot = envs.snapshot()
    envs.reset(seed=2)
    envs.restore(snapshot)
    with pytest.raises(gymnasium.error.ResetNeeded):
        envs.step(envs.action_space.sample())
    envs.close()


def test_what_does_not_fit_is_not_restored() -> None:
    envs = vector_env(SPECS["limits"], 2, AutoresetMode.NEXT_STEP)
    envs.reset(seed=2)
    for name, count, message in (
        ("limits", 3, "of 3 envs, and this has 2"),
        ("devices", 2, "other ports or devices"),
        ("chance", 2, "more start states"),
    ):
        other = vector_env(SPECS[name], count, AutoresetMode.NEXT_STEP)
        other.reset(seed=[0, 1, 2][:count])
        snapshot = other.snapshot()
        if name == "chance":
            snapshot = replace(snapshot, begun_in=np.ones(2, np.int64))
        with pytest.raises(StateError, match=message):
            envs.restore(snapshot)
        other.close()
    assert_equal(envs.snapshot().frames, envs.episodes.frames, "untouched")
    envs.send(envs.action_space.sample())
    for act in (envs.snapshot, lambda: envs.restore(snapshot)):
        with pytest.raises(CoreBusyError, match="recv"):
            act()
    envs.recv(2)
    envs.snapshot()
    envs.close()
    with pytest.raises(gymnasium.error.ClosedEnvironmentError):
        envs.snapshot()


def test_a_crashed_core_has_no_snapshot(build_core: BuildCore) -> None:
    envs = LibretroVectorEnv(
        build_core("crash"),
        options={"crash_where": "later", "crash_how": "throw"},
        observation=MemoryWindow(size=4),
        num_envs=2,
    )
    envs.reset(seed=1)
    snapshot = envs.snapshot()
    with pytest.raises(CoreCrashedError):
        played(envs, 10)
    with pytest.raises(CoreCrashedError, match=r"\[0, 1\].*reset"):
        envs.snapshot()
    envs.restore(snapshot)
    assert_equal(envs.snapshot().steps, snapshot.steps, "they are opened again")
    envs.close()


def test_refused_actions_change_nothing() -> None:
    """The next step is what it would have been, also where it begins an episode."""
    actions_space = ButtonActions(("UP", "A"))
    task = {**PLAY, "actions": actions_space, "max_episode_steps": 2, "num_envs": 2}
    envs, others = LibretroVectorEnv(**task), LibretroVectorEnv(**task)
    for each in (envs, others):
        each.reset(seed=3)
    actions = np.array([[1, 0], [0, 1]], np.float32)
    wrong: list[Any] = [actions + 0.5, actions[0], actions[:1], "no", None]
    for step in range(6):
        for given in wrong:
            with pytest.raises(ActionError):
                envs.step(given)
        assert_equal(envs.step(actions), others.step(actions.astype(bool)), f"step {step}")
    envs.close()
    others.close()
