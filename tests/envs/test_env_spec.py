"""EnvSpec: a task as plain data that is checked, compared and pickled."""

from __future__ import annotations

import gzip
import pickle
from collections import UserDict
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from child import run_child

import pylibretro
from pylibretro import (
    AudioWindow,
    Core,
    CoreBatch,
    CoreSpec,
    DiscreteActions,
    EnvSpec,
    MemoryWindow,
    Observation,
    Watch,
    WatchVector,
)
from pylibretro.envs.env_spec import state_contents

RICH: dict[str, Any] = {
    "core": "2048",
    "options": {"2048_seed": "3"},
    "start": [("start", 1), ((), 2)],
    "random_memory": [(0x30, "<u8")],
    "noop_max": 3,
    "watches": {"score": (0x20, "<u4")},
    "reward": ["delta(score)", "-delta(score)"],
    "actions": {"move": DiscreteActions(["UP", "DOWN"])},
    "observation": {
        "picture": Observation((84, 84)),
        "sound": AudioWindow(100),
        "board": MemoryWindow(start=0x10, size=16),
        "score": WatchVector(["score"], limits={"score": (0, 1000)}),
    },
    "max_episode_steps": 100,
}


def test_it_is_plain_data() -> None:
    spec = EnvSpec(**RICH)
    assert pickle.loads(pickle.dumps(spec)) == spec == EnvSpec(**spec.env_arguments())
    assert replace(spec, noop_max=4) != spec
    assert spec.start == ((8, 1), (0, 2))
    assert spec.watches == {"score": Watch(0x20, "<u4")}
    assert spec.reward == ("delta(score)", "-delta(score)")
    assert spec.core_spec() == CoreSpec("2048", options={"2048_seed": "3"})


def test_what_envs_need_is_imported_when_it_is_asked_for() -> None:
    seen = run_child(
        """
import sys, pylibretro
loaded = [name for name in ("actions", "env_spec") if f"pylibretro.envs.{name}" in sys.modules]
missing = [name for name in pylibretro.__all__ if not hasattr(pylibretro, name)]
print(loaded, missing, "EnvSpec" in dir(pylibretro), "gymnasium" in sys.modules)
""",
        prelude="",
    )
    assert seen == "[] [] True False\n"
    with pytest.raises(AttributeError, match="has no attribute 'EnvSpecs'"):
        pylibretro.EnvSpecs  # type: ignore[attr-defined]  # noqa: B018


def test_everything_has_a_default_but_the_core() -> None:
    with pytest.raises(TypeError, match="core"):
        EnvSpec()  # type: ignore[call-arg]
    spec = EnvSpec(core="2048")
    assert spec.observation == Observation(layout="HWC")
    assert spec.actions is not None
    with CoreBatch([spec.core_spec()]) as batch:
        batch.run()


def test_states_are_named_and_read(tmp_path: Path) -> None:
    with Core("2048") as core:
        core.run(3)
        plain, whole = core.save_state(), core.snapshot()
    (tmp_path / "plain").write_bytes(plain)
    (tmp_path / "packed.state").write_bytes(gzip.compress(plain))
    spec = EnvSpec(core="2048", states=[plain, whole, tmp_path / "plain"])
    assert spec.states is not None
    assert list(spec.states) == ["0", "1", "2"]
    assert [state_contents(state) for state in spec.states.values()] == [plain, whole, plain]
    assert EnvSpec(core="2048", states=bytearray(plain)).states == {"0": plain}
    named = EnvSpec(core="2048", states=UserDict(level=str(tmp_path / "packed.state"))).states
    assert named is not None
    assert state_contents(named["level"]) == plain
    assert pickle.loads(pickle.dumps(spec)) == spec


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        ({"core_arguments": {"options": {}}}, TypeError, "core_arguments has 'options'"),
        ({"core_arguments": {"count": 2}}, TypeError, "core_arguments has 'count'"),
        ({"states": []}, ValueError, "states is empty"),
        ({"start": ["START"]}, TypeError, "pairs of buttons and frames"),
        ({"start": [("JUMP", 1)]}, ValueError, "no joypad button 'JUMP'"),
        ({"start": [("START", 0)]}, ValueError, "at least 1"),
        ({"noop_max": -1}, ValueError, "noop_max is at least 0"),
        ({"noop_max": 1.5}, TypeError, "whole number"),
        ({"random_memory": [0x30]}, TypeError, "no watch"),
        ({"watches": {"score": 0x20}}, TypeError, "no watch"),
        ({"info": ["score"]}, ValueError, "no watch"),
        ({"actions": "UP"}, TypeError, "no action"),
        ({"actions": ()}, TypeError, "no action"),
        ({"observation": (84, 84)}, TypeError, "an Observation"),
        ({"observation": {}}, TypeError, "an Observation"),
        ({"observation": {"a": "ram"}}, TypeError, r"observation\['a'\]"),
        (
            {"observation": {"a": Observation(), "b": Observation()}},
            ValueError,
            "more than one Observation",
        ),
        ({"frame_skip": 0}, ValueError, "frame_skip is at least 1"),
        ({"hold_frames": 0}, ValueError, "hold_frames is at least 1"),
        ({"repeat_action_probability": 1.0}, ValueError, "below 1"),
        ({"repeat_action_probability": float("nan")}, ValueError, "below 1"),
        ({"max_episode_steps": 0}, ValueError, "at least 1"),
        ({"max_episode_frames": 0}, ValueError, "at least 1"),
    ],
)
def test_wrong_values_are_refused(
    wrong: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        EnvSpec(core="2048", **wrong)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"memory": "ram"}, ValueError),
        ({"start": -1}, ValueError),
        ({"size": 0}, ValueError),
        ({"start": "a"}, TypeError),
    ],
)
def test_wrong_memory_windows_are_refused(
    arguments: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error):
        MemoryWindow(**arguments)


def test_a_memory_window_is_a_live_part_of_a_memory() -> None:
    with Core("2048") as core:
        assert MemoryWindow(start=0, size=4).of(core).tobytes() == b"2048"
        assert MemoryWindow("save_ram").of(core).shape == (16,)
        with pytest.raises(ValueError, match="has 64 bytes"):
            MemoryWindow(start=60, size=5).of(core)
        with pytest.raises(ValueError, match="video_ram of 2048 has 0 bytes"):
            MemoryWindow("video_ram").of(core)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"names": "score"}, TypeError),
        ({"names": []}, TypeError),
        ({"names": [1]}, TypeError),
        ({"limits": {"score": (1, 1)}}, ValueError),
        ({"limits": {"score": (0, float("inf"))}}, ValueError),
    ],
)
def test_wrong_watch_vectors_are_refused(arguments: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        WatchVector(**arguments)
