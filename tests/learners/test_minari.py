"""Episodes are stored as datasets of Minari, and read back as they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

minari = pytest.importorskip("minari")
gymnasium = pytest.importorskip("gymnasium")

from pylibretro import (  # noqa: E402
    EnvSpec,
    LibretroEnv,
    MemoryWindow,
    Observation,
    WatchVector,
)
from pylibretro.actions import AnalogActions, ButtonActions, MultiDiscreteActions  # noqa: E402
from pylibretro.envs.minari_dataset import (  # noqa: E402
    RecordedEpisode,
    record_episodes,
    save_minari_dataset,
)

pytestmark = pytest.mark.filterwarnings("ignore")
GAME = "pylibretro/2048-v0"
METADATA: dict[str, Any] = {
    "algorithm_name": "chance",
    "author": "A",
    "author_email": "a@example.org",
    "code_permalink": "https://example.org",
    "description": "A test.",
}

ENVS: dict[str, dict[str, Any]] = {
    "pictures": {"observation": Observation((24, 32), layout="HWC")},
    "stacked": {"observation": Observation((24, 32), gray=True, stack=4)},
    "floats": {"observation": Observation((8, 8), gray=True, dtype="float32")},
    "bytes": {"observation": MemoryWindow(start=0x10, size=16)},
    "several": {
        "observation": {"board": MemoryWindow(start=0x10, size=16), "numbers": WatchVector()}
    },
    "buttons": {"observation": WatchVector(), "actions": ButtonActions()},
    "groups": {
        "observation": WatchVector(),
        "actions": MultiDiscreteActions([[(), "UP", "DOWN"], [(), "LEFT"]]),
    },
    "sticks": {"observation": WatchVector(), "actions": AnalogActions()},
    "two rewards": {
        "observation": WatchVector(),
        "reward": ["delta(score)", "delta(moves)"],
    },
}


@pytest.fixture(autouse=True)
def fixture_datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MINARI_DATASETS_PATH", str(tmp_path / "datasets"))


def assert_same(found: Any, wanted: Any) -> None:
    if isinstance(wanted[0], dict):
        assert set(found) == set(wanted[0])
        for name in wanted[0]:
            assert_same(found[name], [one[name] for one in wanted])
        return
    expected = np.stack([np.asarray(one) for one in wanted])
    np.testing.assert_array_equal(found, expected)
    assert found.shape == expected.shape


def assert_read_back(dataset: Any, episodes: list[RecordedEpisode]) -> None:
    assert dataset.total_episodes == len(episodes)
    for found, wanted in zip(dataset.iterate_episodes(), episodes, strict=True):
        assert_same(found.observations, wanted.observations)
        assert_same(found.actions, wanted.actions)
        assert_same(found.rewards, wanted.rewards)
        assert found.terminations.tolist() == wanted.terminations
        assert found.truncations.tolist() == wanted.truncations
        assert_same(found.infos, wanted.infos)


@pytest.mark.parametrize("storage", ["hdf5", "arrow"])
@pytest.mark.parametrize("kind", ENVS)
def test_a_dataset_reads_back_as_it_was_played(kind: str, storage: str) -> None:
    arguments = {**ENVS[kind], "done": "moves >= 9", "max_episode_steps": 12}
    episodes = record_episodes(None, GAME, episodes=3, seed=5, **arguments)
    saved = save_minari_dataset(
        "tests/kind-v0", episodes, GAME, arguments=arguments, data_format=storage, **METADATA
    )
    assert saved.total_steps == sum(map(len, episodes))
    dataset = minari.load_dataset("tests/kind-v0")
    assert_read_back(dataset, episodes)
    env = dataset.recover_environment()
    assert env.observation_space == dataset.observation_space
    assert env.action_space == dataset.action_space
    observation, _ = env.reset(seed=5)
    assert_same_one(observation, episodes[0].observations[0])
    for action, wanted in zip(episodes[0].actions, episodes[0].rewards, strict=True):
        assert env.step(action if action.ndim else action.item())[1] == wanted
    env.close()


def assert_same_one(found: Any, wanted: Any) -> None:
    if isinstance(wanted, dict):
        for name, part in wanted.items():
            assert_same_one(found[name], part)
    else:
        np.testing.assert_array_equal(found, wanted)


def test_lives_are_episodes_of_their_own_and_states_are_kept() -> None:
    env = LibretroEnv(
        EnvSpec(
            core="2048",
            start=[("START", 1)],
            watches={"moves": (0x0C, "<u4"), "mode": (5, "|u1")},
            reward="delta(moves)",
            done="moves >= 9",
            life_loss="moves == 4 and previous(moves) == 3",
            observation=MemoryWindow(start=0x10, size=16),
            frame_skip=2,
            hold_frames=1,
        )
    )
    turns = iter(range(1000))
    buttons = [16, 64, 32, 128]

    def policy(_: Any) -> Any:
        action = np.zeros(16, np.int8)
        action[int(buttons[next(turns) % 4]).bit_length() - 1] = 1
        return action

    episodes = record_episodes(policy, env, episodes=2)
    assert len(episodes) == 4
    assert [episode.seed for episode in episodes] == [0, None, 1, None]
    assert all(episode.terminations[-1] for episode in episodes)
    save_minari_dataset("tests/lives-v0", episodes, env, **METADATA)
    assert_read_back(minari.load_dataset("tests/lives-v0"), episodes)
    env.close()


def test_minaris_own_collector_works_on_our_envs() -> None:
    env = minari.DataCollector(gymnasium.make(GAME, max_episode_steps=6), record_infos=True)
    seen = []
    for number in range(2):
        observation, _ = env.reset(seed=number)
        seen.append(observation)
        over = False
        while not over:
            *_, terminated, truncated, _ = env.step(env.action_space.sample())
            over = terminated or truncated
    env.create_dataset("tests/collector-v0", **METADATA)
    env.close()
    dataset = minari.load_dataset("tests/collector-v0")
    assert dataset.total_steps == 12
    assert dataset.recover_environment().unwrapped.env_spec.core == "2048"


def test_wrong_use_is_said() -> None:
    with pytest.raises(ValueError, match="no episodes"):
        save_minari_dataset("tests/none-v0", [], GAME)
    with pytest.raises(TypeError, match="takes no frame_skip"):
        record_episodes(None, gymnasium.make(GAME), frame_skip=2)
