"""Ids for gymnasium.make: there as soon as both packages are imported, in any order."""

from __future__ import annotations

import pytest
from child import run_child

gymnasium = pytest.importorskip("gymnasium")

import pylibretro  # noqa: E402

IDS = ["pylibretro/Libretro-v0", "pylibretro/2048-v0", "pylibretro/2048-board-v0"]


@pytest.mark.parametrize(
    "imports",
    [
        "import gymnasium, pylibretro",
        "import pylibretro, gymnasium",
        "import pylibretro; import gymnasium.spaces; import gymnasium",
        "import pylibretro; from gymnasium import spaces; import gymnasium",
        "import pylibretro.envs.env, gymnasium",
        "import gymnasium; gymnasium.make('pylibretro:pylibretro/2048-v0').close()",
        "import pylibretro, gymnasium; gymnasium.register_envs(pylibretro)",
    ],
)
def test_ids_are_registered_in_any_order(imports: str) -> None:
    report = """
print([name for name in gymnasium.registry if name.startswith("pylibretro/")][:3])
import sys
print(type(gymnasium.__loader__).__name__, gymnasium.__spec__.loader is gymnasium.__loader__)
print([finder for finder in sys.meta_path if type(finder).__module__.startswith("pylibretro")])
env = gymnasium.make("pylibretro/2048-v0")
env.reset(seed=1)
env.close()
"""
    lines = run_child(f"{imports}\n{report}", prelude="").splitlines()
    assert lines == [str(IDS), "SourceFileLoader True", "[]"]


def test_importing_pylibretro_imports_no_gymnasium() -> None:
    seen = run_child(
        """
import sys, pylibretro
from pylibretro import *
print(sorted({name.split(".")[0] for name in sys.modules} & {"gymnasium", "pettingzoo", "torch"}))
""",
        prelude="",
    )
    assert seen == "[]\n"


def test_without_gymnasium_everything_else_works() -> None:
    seen = run_child(
        """
import sys
sys.modules["gymnasium"] = None
import pylibretro
try:
    import gymnasium
except ModuleNotFoundError:
    print("absent")
with pylibretro.Core("2048") as core:
    core.run()
try:
    pylibretro.LibretroEnv
except ModuleNotFoundError as error:
    print(error.name)
""",
        prelude="",
    )
    assert seen == "absent\ngymnasium\n"


def test_registering_again_changes_nothing() -> None:
    from pylibretro.envs.registration import register_envs

    before = {name: gymnasium.registry[name] for name in IDS}
    register_envs()
    assert {name: gymnasium.registry[name] for name in IDS} == before


@pytest.mark.parametrize("name", IDS[1:])
def test_envs_are_made_by_id(name: str) -> None:
    env = gymnasium.make(name, max_episode_steps=5)
    assert isinstance(env.unwrapped, pylibretro.LibretroEnv)
    observation, _ = env.reset(seed=3)
    assert observation in env.observation_space
    for step in range(5):
        *_, truncated, _ = env.step(env.action_space.sample())
        assert truncated == (step == 4)
    env.close()
    envs = gymnasium.make_vec(name, num_envs=3, max_episode_steps=5)
    assert isinstance(envs.unwrapped, pylibretro.LibretroVectorEnv)
    assert envs.num_envs == 3
    assert envs.unwrapped.env_spec.max_episode_steps == 5
    assert envs.spec is not None
    envs.close()
    envs = gymnasium.make_vec(
        name, num_envs=2, vectorization_mode="vector_entry_point", observation=None, threads=1
    )
    assert envs.single_observation_space.shape == (240, 320, 3)
    envs.close()
    envs = gymnasium.make_vec(name, num_envs=2, vectorization_mode="sync")
    envs.reset(seed=1)
    envs.close()


def test_any_core_is_made_by_id() -> None:
    env = gymnasium.make("pylibretro/Libretro-v0", core="2048", frame_skip=4)
    env.reset(seed=1)
    env.close()
