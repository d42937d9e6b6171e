"""The same seed and actions give the same episode, whatever ran before, on every core."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from episodes_of import after, differing, in_slot
from real import PLAYS, Play, package_directory

from pylibretro import Core, CoreBatch, CoreSpec, LibretroEnv, LibretroVectorEnv
from pylibretro.batch.restoring import compare_restoring

KNOB_AT_ONCE, KNOB_LATER, NO_KNOB = range(3)
BuildCore = Callable[..., Path]


def content(directory: Path, *data: int) -> str:
    path = directory / "content.bin"
    path.write_bytes(bytes(data))
    return str(path)


@pytest.mark.parametrize("knob", [KNOB_AT_ONCE, KNOB_LATER, NO_KNOB])
@pytest.mark.parametrize("stateless", [0, 1])
def test_what_states_leave_out(
    build_core: BuildCore, tmp_path: Path, knob: int, stateless: int
) -> None:
    spec: tuple[Any, ...] = (
        str(build_core("forgetful")),
        content(tmp_path, knob, stateless),
        {},
        None,
    )
    assert differing(spec, 100, (1, 300)) == []


@pytest.mark.parametrize(
    ("knob", "differs"),
    [(KNOB_AT_ONCE, ("memory",)), (KNOB_LATER, ("memory",)), (NO_KNOB, ())],
)
def test_what_differs_is_found(
    build_core: BuildCore, tmp_path: Path, knob: int, differs: tuple[str, ...]
) -> None:
    spec = CoreSpec(build_core("forgetful"), content(tmp_path, knob))
    compared = compare_restoring(spec)
    assert compared.differs == differs
    assert compared.reproducible
    assert compared.reason is None
    assert compared.opens_again() == bool(differs)
    assert compared is compare_restoring(spec)


def test_a_core_without_states_is_opened_again(build_core: BuildCore, tmp_path: Path) -> None:
    compared = compare_restoring(CoreSpec(build_core("forgetful"), content(tmp_path, 2, 1)))
    assert "has no states" in str(compared.reason)
    assert compared.opens_again()


def memories(batch: CoreBatch) -> list[bytes]:
    return [core.memory.system_ram.tobytes() for core in batch]


@pytest.mark.parametrize("data", [(KNOB_AT_ONCE,), (NO_KNOB,), (NO_KNOB, 1)])
def test_a_batch_is_reset_exactly(
    build_core: BuildCore, tmp_path: Path, data: tuple[int, ...]
) -> None:
    left = np.full(3, 0x40, np.uint16)
    file = content(tmp_path, *data)
    with CoreBatch(build_core("forgetful"), file, count=3, threads=2) as batch:
        batch.run(5)
        first = memories(batch)
        batch.run(20, left)
        cores = list(batch.cores)
        batch.reset([0, 2])
        assert [core.frame_count for core in batch] == [0, 25, 0]
        opened = [new is not old for new, old in zip(batch.cores, cores, strict=True)]
        assert opened == ([False] * 3 if data == (NO_KNOB,) else [True, False, True])
        batch.run(5)
        assert memories(batch)[::2] == first[::2]
        batch.reset()
        batch.run(5)
        assert memories(batch) == first
        assert [one.opens_again() for one in batch.restoring] == [data != (NO_KNOB,)] * 3


def test_states_are_loaded_into_cores_that_are_opened_for_it(
    build_core: BuildCore, tmp_path: Path
) -> None:
    left = np.full(2, 0x40, np.uint16)
    with CoreBatch(
        build_core("forgetful"), content(tmp_path, KNOB_AT_ONCE), count=2, watches={"n": (0, "<u4")}
    ) as batch:
        batch.run(5)
        states = batch.save_states()
        batch.run(20, left)
        batch.load_states(states, [-1, 0])
        batch.run()
        assert batch.watches[1, 0] == 26  # the knob stayed where it was
        batch.load_states(states, [-1, 0], reopen=True)
        assert batch[1].frame_count == 5
        batch.run()
        assert batch.watches[1, 0] == 6


def test_a_snapshot_of_envs_is_restored_in_cores_that_are_opened_for_it(
    build_core: BuildCore, tmp_path: Path
) -> None:
    envs = LibretroVectorEnv(
        build_core("forgetful"), content(tmp_path, KNOB_AT_ONCE), num_envs=2, frame_skip=2
    )
    envs.reset(seed=1)
    snapshot = envs.snapshot()
    left = np.zeros_like(envs.action_space.sample())
    left[:, 6] = 1
    envs.step(left)
    first = memories(envs.batch)
    for _ in range(5):
        envs.step(left)
    envs.restore(snapshot)
    envs.step(left)
    assert memories(envs.batch) == first
    envs.close()


def test_sent_steps_begin_in_cores_that_are_opened_again(
    build_core: BuildCore, tmp_path: Path
) -> None:
    made = [
        LibretroVectorEnv(
            build_core("forgetful"),
            content(tmp_path, KNOB_AT_ONCE),
            num_envs=3,
            batch_size=batch_size,
            threads=2,
            max_episode_steps=6,
        )
        for batch_size in (3, 1)
    ]
    together, alone = made
    together.action_space.seed(3)
    actions = [together.action_space.sample() for _ in range(30)]
    wanted = [together.reset(seed=1)[0]] + [together.step(each)[0] for each in actions]
    alone.reset(seed=1)
    steps = [0, 0, 0]
    alone.send(actions[0], np.arange(3))
    while min(steps) < 29:
        observations, *_, infos = alone.recv()
        slot = int(infos["env_id"][0])
        steps[slot] += 1
        assert np.array_equal(observations[0], wanted[steps[slot]][slot]), steps
        if steps[slot] < 29:
            alone.send(actions[steps[slot]][slot : slot + 1], np.array([slot]))
    for envs in made:
        envs.close()


CHEAP = {
    "stable_retro:fceumm",
    "stable_retro:gambatte",
    "stable_retro:genesis_plus_gx",
    "stable_retro:picodrive",
    "stable_retro:stella",
    "stable_retro:mgba",
    "stable_retro:mednafen_pce_fast",
    "distribution:nestopia",
    "distribution:mednafen_wswan",
}


@pytest.mark.parametrize(
    "play", [play for play in PLAYS if play.core_id in CHEAP], ids=lambda play: play.id
)
def test_real_cores_play_the_same_episode(play: Play, tmp_path: Path) -> None:
    spec: tuple[Any, ...] = (str(play.core), str(play.content(tmp_path)), play.options, None)
    first, *others = after(spec, 100, (0, 1, 120))
    assert others == [first] * 2
    assert in_slot(spec, 100, 1, 2) == first


@pytest.mark.parametrize("core_id", ["stable_retro:parallel_n64"])
def test_cores_that_take_states_late_have_envs(core_id: str, tmp_path: Path) -> None:
    play = next((play for play in PLAYS if play.core_id == core_id), None)
    if play is None:
        pytest.skip("needs stable-retro")
    spec: tuple[Any, ...] = (str(play.core), str(play.content(tmp_path)), play.options, None)
    first, second = after(spec, 10, (0, 5))
    assert first == second


def test_the_start_of_a_game_whose_paddles_are_in_no_state(tmp_path: Path) -> None:
    package = package_directory("stable_retro")
    play = next((play for play in PLAYS if play.id == "stable_retro:stella-breakout"), None)
    if package is None or play is None:
        pytest.skip("needs stable-retro and ale-py")
    start = str(package / "data/stable/Breakout-Atari2600-v0/Start.state")
    spec: tuple[Any, ...] = (str(play.core), str(play.content(tmp_path)), play.options, start)
    first, *others = after(spec, 150, (0, 1, 90))
    assert others == [first] * 2


def test_the_core_of_an_env_may_be_another_one_after_reset(
    build_core: BuildCore, tmp_path: Path
) -> None:
    env = LibretroEnv(build_core("forgetful"), content(tmp_path, KNOB_AT_ONCE))
    env.reset(seed=1)
    core = env.core
    env.reset(seed=1)
    assert core.closed
    assert not env.core.closed
    assert isinstance(env.core, Core)
    env.close()
