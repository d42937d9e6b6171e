"""What actions mean, options of reset, and memory: what users and wrappers ask of an env."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from real import CORES, package_directory

from pylibretro import (
    ActionError,
    AnalogActions,
    AnalogButtonActions,
    ButtonActions,
    DiscreteActions,
    KeyActions,
    LightgunActions,
    MouseActions,
    MultiDiscreteActions,
    PointerActions,
)
from pylibretro.envs.presets import atari_actions

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.vector import AsyncVectorEnv, SyncVectorEnv  # noqa: E402

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402

ALE = package_directory("ale_py")


@pytest.mark.parametrize(
    ("actions", "meanings"),
    [
        (ButtonActions(("A", "UP")), ["A", "UP"]),
        (ButtonActions("A", ports=(0, 1)), ["A", "A"]),
        (DiscreteActions([(), "LEFT", ("RIGHT", "A")]), ["NOOP", "LEFT", "RIGHT+A"]),
        (DiscreteActions(["A", "B"], ports=(0, 1)), ["A, A", "B, A", "A, B", "B, B"]),
        (MultiDiscreteActions([[(), "A"], ["B"]]), [["NOOP", "A"], ["B"]]),
        (AnalogActions("LEFT"), ["LEFT X", "LEFT Y"]),
        (AnalogButtonActions(), ["L2", "R2"]),
        (PointerActions(1), ["0 X", "0 Y", "0 TOUCH"]),
        (LightgunActions(), ["X", "Y", "TRIGGER"]),
        (MouseActions(), ["X", "Y", "LEFT", "RIGHT"]),
        (KeyActions("RETURN"), ["RETURN"]),
        ((DiscreteActions(["A"]), ButtonActions("B")), (["A"], ["B"])),
        ({"pad": DiscreteActions(["A"])}, {"pad": ["A"]}),
    ],
)
def test_actions_have_meanings(actions: Any, meanings: Any) -> None:
    with LibretroEnv("2048", actions=actions) as env:
        assert env.get_action_meanings() == meanings


def test_the_action_of_a_number_is_what_it_means() -> None:
    """Of several ports: the meaning says what each port presses."""
    actions = DiscreteActions(["A", "B", "X"], ports=(0, 1))
    with LibretroEnv("2048", actions=actions) as env:
        for number, meaning in enumerate(env.get_action_meanings()):
            held = env.episodes.pressed([number])[0]
            names = [{256: "A", 1: "B", 512: "X"}[mask] for mask in held.tolist()]
            assert ", ".join(names) == meaning


@pytest.mark.skipif(ALE is None, reason="ale-py is not installed")
@pytest.mark.parametrize("game", ["breakout", "seaquest", "montezuma_revenge"])
def test_meanings_on_an_atari_are_those_of_ale(game: str) -> None:
    ale_py = pytest.importorskip("ale_py")
    core = CORES.get("stable_retro:stella")
    if core is None or ALE is None:
        pytest.skip("stella of stable-retro is not installed")
    gymnasium.register_envs(ale_py)
    name = "".join(part.title() for part in game.split("_"))
    theirs = gymnasium.make(f"ALE/{name}-v5")
    with LibretroEnv(core, ALE / "roms" / f"{game}.bin", actions=atari_actions(game)) as env:
        assert env.get_action_meanings() == theirs.unwrapped.get_action_meanings()
        assert env.buttons[0] == "BUTTON"
        assert env.get_ram().shape == theirs.unwrapped.ale.getRAM().shape
    theirs.close()


def test_buttons_are_the_consoles() -> None:
    core = CORES.get("stable_retro:genesis_plus_gx")
    if core is None:
        pytest.skip("genesis_plus_gx of stable-retro is not installed")
    retro = package_directory("stable_retro")
    assert retro is not None
    from pylibretro.envs.game_envs import make_game_env

    with make_game_env("Airstriker-Genesis-v0", actions="buttons") as env:
        own: Any = env.unwrapped
        assert own.buttons[:5] == ["B", "A", "MODE", "START", "UP"]
        assert own.get_action_meanings() == own.buttons


def test_ram_is_a_copy() -> None:
    with LibretroEnv("2048") as env:
        env.reset(seed=1)
        ram = env.get_ram()
        np.testing.assert_array_equal(ram, env.core.memory.system_ram)
        ram[:] = 255
        assert not (env.get_ram() == 255).all()
    envs = LibretroVectorEnv("2048", num_envs=2, actions=DiscreteActions(["A", ()]))
    envs.reset(seed=1)
    np.testing.assert_array_equal(envs.call("get_ram")[1], envs.batch[1].memory.system_ram)
    assert envs.call("get_action_meanings") == (["A", "NOOP"],) * 2
    envs.close()


@pytest.mark.parametrize(
    "actions",
    [
        ButtonActions(("A", "UP", "LEFT"), ports=(0, 1)),
        DiscreteActions([(), "LEFT", ("RIGHT", "A")]),
        MultiDiscreteActions([[(), "LEFT"], [(), "A", ("A", "B")]]),
    ],
)
def test_keys_do_what_gymnasiums_play_takes(actions: Any) -> None:
    with LibretroEnv("2048", actions=actions, render_mode="rgb_array") as env:
        keys = env.get_keys_to_action()
        assert keys
        env.reset(seed=1)
        for combination, action in keys.items():
            assert combination
            assert list(combination) == sorted(combination)
            assert action in env.action_space
            env.step(action)
        left, a = 1073741904, ord("x")
        pressed = env.episodes.pressed(np.asarray(keys[(left,)])[np.newaxis])
        assert pressed[0].tolist() == [0x40] + [0] * (pressed.shape[1] - 1)
        assert (a,) in keys or (a, 1073741903) in keys


@pytest.mark.filterwarnings("ignore:.*matplotlib")
def test_play_of_gymnasium_runs_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    from gymnasium.utils.play import play

    env = LibretroEnv("2048", actions=DiscreteActions([(), "LEFT"]), render_mode="rgb_array")
    steps = []

    def quit_soon(*results: Any) -> None:
        steps.append(results[2])
        if len(steps) == 3:
            pygame.event.post(pygame.event.Event(pygame.QUIT))

    play(env, callback=quit_soon, fps=1000, seed=1)
    assert steps[:3] == [0, 0, 0]


def test_what_keys_cannot_do_is_said() -> None:
    for actions in (AnalogActions(), (DiscreteActions(["A"]),), {"a": DiscreteActions(["A"])}):
        with (
            LibretroEnv("2048", actions=actions) as env,
            pytest.raises(ActionError, match="keys_to_action"),
        ):
            env.get_keys_to_action()


# Options of reset


def test_unknown_options_are_refused_and_known_ones_named() -> None:
    with LibretroEnv("2048") as env:
        env.reset(options={})
        env.reset(options={"state": 0})
        with pytest.raises(ValueError, match=r"no option 'stat'; there is 'state'"):
            env.reset(options={"stat": 0})
        with pytest.raises(TypeError, match="mapping"):
            env.reset(options=3)  # type: ignore[arg-type]
    envs = LibretroVectorEnv("2048", num_envs=2)
    with pytest.raises(ValueError, match="'state' and 'reset_mask'"):
        envs.reset(options={"mask": np.ones(2, np.bool_)})
    envs.close()


def test_options_of_gymnasiums_own_wrappers_still_work() -> None:
    make = [lambda: LibretroEnv("2048", max_episode_steps=2)] * 2
    for vector in (SyncVectorEnv, AsyncVectorEnv):
        envs: Any = vector(make, autoreset_mode=gymnasium.vector.AutoresetMode.DISABLED)
        envs = gymnasium.wrappers.vector.RecordEpisodeStatistics(envs)
        envs.reset(seed=1)
        envs.step(envs.action_space.sample())
        envs.reset(options={"reset_mask": np.array([True, False]), "state": 0})
        envs.close()
