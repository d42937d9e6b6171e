"""Specs of envs that are written as JSON and read again make the same env."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from env_play import PLAY, assert_equal

from pylibretro import (
    AnalogActions,
    AnalogButtonActions,
    AudioWindow,
    ButtonActions,
    Core,
    DiscreteActions,
    Display,
    EnvSpec,
    Host,
    Joypad,
    KeyActions,
    Language,
    LightgunActions,
    MemoryWindow,
    MouseActions,
    MultiDiscreteActions,
    Observation,
    Peripherals,
    PointerActions,
    Watch,
    WatchVector,
)
from pylibretro.envs.plain import from_plain, plain

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.envs.registration import EnvSpec as StoredSpec  # noqa: E402

from pylibretro import LibretroEnv  # noqa: E402

VALUES: list[Any] = [
    ButtonActions(("A", "B"), groups=[[(), "A"], ["B"]], ports=(0, 1)),
    DiscreteActions(["A", ("A", "B"), ()]),
    MultiDiscreteActions([["A", ()], ["B", "Y"]], ports=(1,)),
    AnalogActions("LEFT"),
    AnalogButtonActions("R2"),
    PointerActions(3),
    LightgunActions(("TRIGGER", "RELOAD")),
    MouseActions("LEFT", speed=4),
    KeyActions(("RETURN", "A")),
    Observation((84, 80), gray="bt709", pool=2, stack=4, mask=((0, 0, 3, 4),), dtype="float32"),
    Observation(),
    AudioWindow(735),
    MemoryWindow("save_ram", 3, 4),
    WatchVector(["a", "b"], limits={"a": (0, 3)}),
    Watch(0x10, ">u2", mask=0xF0),
    Host(clock=1_000_000_000, language=Language.GERMAN, jit=False),
    Display(),
    Peripherals(),
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: type(value).__name__)
def test_what_an_env_is_given_goes_through_json(value: Any) -> None:
    assert from_plain(json.loads(json.dumps(plain(value)))) == value
    assert from_plain(value) is value


def test_bytes_states_paths_and_numbers_go_through_json() -> None:
    with Core("2048") as core:
        core.run(3)
        state = core.snapshot()
    given = {
        "states": {"a": b"\x00\xff", "b": state},
        "content": Path("game.sfc"),
        "controllers": {0: np.int64(3), 1: Joypad.A},
        "rewards": ("1", "2"),
    }
    again = from_plain(json.loads(json.dumps(plain(given))))
    assert again == {
        "states": {"a": b"\x00\xff", "b": state},
        "content": "game.sfc",
        "controllers": {0: 3, 1: int(Joypad.A)},
        "rewards": ["1", "2"],
    }


ENVS: dict[str, dict[str, Any]] = {
    "pictures": {**PLAY, "observation": Observation((20, 30), gray=True, stack=2)},
    "several": {
        **PLAY,
        "life_loss": "moves > 99",
        "reward_clip": (-1, 1),
        "max_episode_frames": 90,
        "actions": {"pad": DiscreteActions(["UP", "LEFT"]), "two": (ButtonActions("A"),)},
        "observation": {
            "picture": Observation((8, 8)),
            "sound": AudioWindow(300),
            "board": MemoryWindow(start=0x10, size=16),
            "numbers": WatchVector(["moves"]),
        },
    },
    "devices": {"core": "2048", "actions": (LightgunActions(), AnalogButtonActions())},
}


@pytest.mark.parametrize("name", ENVS)
def test_the_spec_of_an_env_makes_it_again(name: str) -> None:
    env = gymnasium.make("pylibretro/Libretro-v0", **ENVS[name])
    text = env.spec.to_json()
    again = gymnasium.make(StoredSpec.from_json(text))
    one, other = env.unwrapped, again.unwrapped
    assert other.env_spec == one.env_spec
    assert again.spec.to_json() == text
    env.action_space.seed(1)
    again.action_space.seed(1)
    assert_equal(env.reset(seed=1), again.reset(seed=1), "reset")
    for _ in range(3):
        results = [each.step(each.action_space.sample()) for each in (env, again)]
        assert_equal(results[0], results[1], "step")
    env.close()
    again.close()


@pytest.mark.parametrize("name", ["pylibretro/2048-v0", "pylibretro/2048-board-v0"])
def test_specs_of_ids_are_stored_and_made(name: str) -> None:
    env = gymnasium.make(StoredSpec.from_json(gymnasium.spec(name).to_json()))
    plain_env = gymnasium.make(name)
    assert env.unwrapped.env_spec == plain_env.unwrapped.env_spec
    env.close()
    plain_env.close()


def test_ids_of_a_users_own_are_stored_as_gymnasium_writes_dataclasses() -> None:
    """`gymnasium.spec(id).to_json()` makes dictionaries of them, without their classes' names."""
    task = ENVS["several"]
    gymnasium.register("pylibretro-tests/Own-v0", "pylibretro.envs.env:LibretroEnv", kwargs=task)
    text = gymnasium.spec("pylibretro-tests/Own-v0").to_json()
    env = gymnasium.make(StoredSpec.from_json(text))
    assert env.unwrapped.env_spec == EnvSpec(**task)
    env.close()


def test_an_env_spec_as_the_core_goes_through_json() -> None:
    spec = EnvSpec(**ENVS["pictures"])
    env = gymnasium.make("pylibretro/Libretro-v0", core=spec)
    again = gymnasium.make(StoredSpec.from_json(env.spec.to_json()))
    assert again.unwrapped.env_spec == spec
    env.close()
    again.close()


def test_vector_envs_have_such_specs_too() -> None:
    envs = gymnasium.make_vec(
        "pylibretro/Libretro-v0",
        num_envs=2,
        **ENVS["pictures"],
        autoreset_mode=gymnasium.vector.AutoresetMode.SAME_STEP,
        buffers={"rewards": np.zeros(2)},
    )
    kwargs = json.loads(envs.spec.to_json())["kwargs"]
    assert kwargs["autoreset_mode"] == "SameStep"
    assert "buffers" not in kwargs
    again = gymnasium.make_vec(StoredSpec.from_json(envs.spec.to_json()))
    assert again.env_spec == envs.env_spec
    envs.close()
    again.close()


def test_own_names_that_look_like_fields_stay_names() -> None:
    watches = {"address": (1, "|u1"), "type": (2, "|u1"), "mask": (3, "|u1")}
    with LibretroEnv("2048", watches=watches) as env:
        assert env.env_spec.watches == {name: Watch(*place) for name, place in watches.items()}
