"""What the workers of a pool are to play, and by which actions."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child

from pylibretro import EnvSpec, Game, GameError, Watch

gymnasium = pytest.importorskip("gymnasium")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    ray = pytest.importorskip("ray", reason="Ray is not installed")

from ray_pool import STABLE_RETRO, assert_alike  # noqa: E402

from pylibretro.envs.registration import game_2048  # noqa: E402
from pylibretro.games.game import Script  # noqa: E402
from pylibretro.integration import find_game  # noqa: E402
from pylibretro.ray.arrays import apply, part_of  # noqa: E402
from pylibretro.ray.random_actions import random_actions  # noqa: E402
from pylibretro.ray.task import spec_of  # noqa: E402

SPACES: dict[str, Any] = {
    "discrete": gymnasium.spaces.Discrete(5, start=3),
    "several": gymnasium.spaces.MultiDiscrete([2, 9]),
    "bits": gymnasium.spaces.MultiBinary((2, 3)),
    "floats": gymnasium.spaces.Box(-1.5, 2.0, (3,)),
    "numbers": gymnasium.spaces.Box(-128, 127, (2,), np.int8),
    "another kind": gymnasium.spaces.Box(-np.inf, np.inf, (2,)),
    "all": gymnasium.spaces.Dict(
        pad=gymnasium.spaces.MultiBinary(4),
        others=gymnasium.spaces.Tuple(
            [gymnasium.spaces.Discrete(3), gymnasium.spaces.Box(0, 1, (2,))]
        ),
    ),
}


@pytest.mark.parametrize("name", SPACES)
def test_random_actions_depend_on_the_env_and_the_fragment_alone(name: str) -> None:
    space = SPACES[name]
    drawn = random_actions(space, 20, 7, 0, 6, 2)
    for first, count in ((0, 3), (3, 3), (5, 1)):
        own = random_actions(space, 20, 7, first, count, 2)
        expected = part_of(drawn, (slice(None), slice(first, first + count)))
        assert_alike(own, expected, name)
    for t in range(20):
        for i in range(6):
            action = part_of(drawn, (t, i))
            assert space.contains(action), action
    arrays: list[Any] = []
    apply(arrays.append, drawn)
    for other in ((8, 0, 2), (7, 1, 2), (7, 0, 3)):
        seed, first, fragment = other
        others: list[Any] = []
        apply(others.append, random_actions(space, 20, seed, first, 6, fragment))
        assert any((a != b).any() for a, b in zip(arrays, others, strict=True))


def test_a_task_can_be_said_in_many_ways(tmp_path: Path) -> None:
    game = Game(
        name="Pairs", core="2048", watches={"score": Watch(0x20, "<u4")}, reward="delta(score)"
    )
    game.save(tmp_path / "pairs.toml")
    expected = EnvSpec(**game.env_arguments(), frame_skip=3)
    for task in (
        game,
        str(tmp_path / "pairs.toml"),
        game.env_arguments(),
        EnvSpec(**game.env_arguments()),
    ):
        assert spec_of(task, {"frame_skip": 3}) == expected
    assert spec_of("pylibretro/2048-v0", {}) == EnvSpec(**game_2048())
    assert spec_of("pylibretro/Libretro-v0", {"core": "2048"}) == EnvSpec(core="2048")
    with pytest.raises(GameError, match="Lua script"):
        spec_of(replace(game, script=Script(("script.lua",), ("reward",))), {})
    if STABLE_RETRO is not None:
        name = "Airstriker-Genesis-v0"
        installed = EnvSpec(**find_game(name).env_arguments(actions="discrete"))
        for task in (name, f"pylibretro/{name}"):
            assert spec_of(task, {"actions": "discrete"}) == installed


def test_the_package_does_without_ray() -> None:
    report = run_child(
        """
assert "ray" not in sys.modules
sys.modules["ray"] = None
assert pylibretro.WorkerLostError.__mro__[1] is pylibretro.WorkerError
try:
    import pylibretro.ray
except ModuleNotFoundError as error:
    print(error.name, error)
"""
    )
    assert report.startswith("ray pylibretro.ray needs Ray")
