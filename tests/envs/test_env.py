"""LibretroEnv: a game as a Gymnasium environment."""

from __future__ import annotations

import struct
import sys
import warnings
from typing import Any

import numpy as np
import pytest
from observe import BuildCore

from pylibretro import (
    ActionError,
    AudioWindow,
    ButtonActions,
    Core,
    CoreBatch,
    CoreCrashedError,
    DiscreteActions,
    EnvSpec,
    Host,
    Joypad,
    MemoryWindow,
    Observation,
    StateError,
    WatchVector,
)

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from pylibretro import LibretroEnv  # noqa: E402
from pylibretro.envs.registration import game_2048  # noqa: E402

MOVES = (Joypad.UP, Joypad.DOWN, Joypad.LEFT, Joypad.RIGHT)
GAME = game_2048()


def step_often(env: LibretroEnv) -> None:
    for _ in range(10):
        env.step(env.action_space.sample())


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"observation": MemoryWindow(start=0x10, size=16)},
        {"observation": WatchVector(["score", "highest"])},
        {
            "observation": {
                "picture": Observation((84, 84), gray=True, stack=4),
                "sound": AudioWindow(735),
                "board": MemoryWindow(start=0x10, size=16),
            }
        },
        {"noop_max": 30, "repeat_action_probability": 0.25, "frame_skip": 4},
    ],
    ids=["picture", "memory", "watches", "dict", "chance"],
)
def test_gymnasiums_checker_finds_nothing(arguments: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        env = gymnasium.make("pylibretro/2048-v0", render_mode="rgb_array", **arguments)
        check_env(env.unwrapped)
        env.close()


def test_a_move_is_a_move() -> None:
    """Step by step what the core itself does with the same buttons."""
    env = LibretroEnv(**GAME, skip_rendering=False)
    _, info = env.reset(seed=5)
    state = env.core.snapshot()
    with Core("2048", options=GAME["options"]) as core:
        core.restore(state)
        total = 0.0
        for action in np.random.default_rng(1).integers(4, size=1000).tolist():
            observation, reward, terminated, truncated, info = env.step(action)
            score = core.memory.read(0x20, "<u4")
            core.run(1, [MOVES[action] | Joypad.A])
            over = core.memory.read(0x05) == 3
            core.run(0 if over else 1)
            np.testing.assert_array_equal(observation, core.frame)
            assert reward == core.memory.read(0x20, "<u4") - score
            assert terminated == over
            assert not truncated
            total += reward
            assert info["score"] == total
            assert type(info["score"]) is int
            if terminated:
                break
        assert terminated
    with pytest.raises(gymnasium.error.ResetNeeded, match="the game is over"):
        env.step(0)
    env.close()


def test_it_goes_on_after_winning() -> None:
    env = LibretroEnv(**GAME)
    env.reset(seed=1)
    memory = env.core.memory
    memory.system_ram[0x10:0x20] = [10, 10] + [0] * 14
    _, reward, terminated, *_ = env.step(2)
    assert (reward, terminated, memory.read(0x05)) == (2048, False, 2)
    env.step(3)
    assert memory.read(0x05) == 1
    moves = memory.read(0x0C, "<u4")
    env.step(3)
    assert memory.read(0x0C, "<u4") == moves + 1
    env.close()


def test_seeds_mean_something() -> None:
    env = LibretroEnv(**{**GAME, "observation": MemoryWindow(start=0x10, size=16)})
    boards = {seed: env.reset(seed=seed)[0].tobytes() for seed in range(20)}
    assert len(set(boards.values())) > 10
    for seed, board in boards.items():
        assert env.reset(seed=seed)[0].tobytes() == board
    env.reset(seed=3)
    later = [env.reset()[0].tobytes() for _ in range(5)]
    env.reset(seed=3)
    assert [env.reset()[0].tobytes() for _ in range(5)] == later
    assert len(set(later)) > 1
    env.close()


def test_random_memory_keeps_the_bits_outside_its_mask() -> None:
    env = LibretroEnv("2048", random_memory=[(0x30, "<u8", 0xFF00)])
    seeds = set()
    for seed in range(10):
        env.reset(seed=seed)
        number = env.core.memory.read(0x30, "<u8")
        assert number & ~0xFF00 == 1
        seeds.add(number)
    assert len(seeds) > 5
    env.close()


def test_noops_are_from_none_to_the_most() -> None:
    env = LibretroEnv("2048", noop_max=3)
    counts = set()
    for seed in range(40):
        env.reset(seed=seed)
        counts.add(env.core.frame_count)
    assert counts == {1, 2, 3, 4}
    env.close()


def test_sticky_actions_are_decided_frame_by_frame(build_core: BuildCore) -> None:
    """The share of frames that repeat is as asked, and a new action may begin within a step."""
    env = LibretroEnv(
        build_core("input"),
        actions=DiscreteActions([(), "A"]),
        watches={"buttons": (0, "<u2")},
        reward="1",
        frame_skip=4,
        repeat_action_probability=0.25,
        observation=MemoryWindow(size=4),
    )
    episodes = env.episodes
    env.reset(seed=1)
    repeated = np.zeros(4, int)
    late: list[int] = []
    action = 0
    for _ in range(600):
        action = 1 - action
        before = int(episodes.previous[0, 0])
        episodes_previous = episodes.previous.copy()
        pressed = episodes.pressed(np.array([action]))
        episodes.previous[...] = episodes_previous
        wanted = int(Joypad.A) if action else 0
        frames = pressed[:, 0, 0].tolist()
        first = next((i for i, mask in enumerate(frames) if mask == wanted), 4)
        assert frames[first:] == [wanted] * (4 - first), "what has begun is not taken back"
        assert frames[:first] == [before] * first
        late.append(first)
        env.step(action)
        repeated += np.array(frames) != wanted
    share = np.array([sum(first > i for first in late) / len(late) for i in range(4)])
    np.testing.assert_allclose(share, [0.25**n for n in range(1, 5)], atol=0.05)
    env.close()


def test_an_action_is_held_for_as_long_as_asked() -> None:
    held = LibretroEnv("2048", frame_skip=5, hold_frames=2, actions=DiscreteActions(["A"]))
    pressed = held.episodes.pressed(np.array([0]))
    assert pressed[:, 0, 0].tolist() == [Joypad.A] * 2 + [0] * 3
    held.close()
    longer = LibretroEnv("2048", frame_skip=2, hold_frames=9, actions=DiscreteActions(["A"]))
    assert longer.episodes.pressed(np.array([0])).tolist() == [[Joypad.A]]
    longer.close()


def test_episodes_have_limits() -> None:
    env = LibretroEnv("2048", frame_skip=3, max_episode_frames=8)
    env.reset()
    assert [env.step(env.action_space.sample())[3] for _ in range(3)] == [False, False, True]
    env.reset()
    assert not env.step(env.action_space.sample())[3]
    env.close()
    env = LibretroEnv("2048", max_episode_steps=2)
    env.reset()
    assert [env.step(env.action_space.sample())[3] for _ in range(2)] == [False, True]
    env.close()


def test_states_begin_episodes(build_core: BuildCore) -> None:
    with Core("2048") as core:
        core.run(2)
        core.run(20, [8] + [0] * 19)
        plain, whole, board = core.save_state(), core.snapshot(), core.memory.read(0x10, "<u8")
        picture = core.frame
    look: dict[str, Any] = {"watches": {"board": (0x10, "<u8")}}
    for state, frames in ((plain, 1), (whole, 22)):
        env = LibretroEnv("2048", states=state, **look)
        for _ in range(2):
            observation, info = env.reset(seed=1)
            assert info["board"] == board
            assert env.core.frame_count == frames
            np.testing.assert_array_equal(observation, picture)
            env.step(env.action_space.sample())
        env.close()
    with pytest.raises(StateError, match="the start state 'broken'"):
        LibretroEnv("2048", states={"broken": plain[:-1]})
    with Core(build_core("states")) as other:
        other.run()
        foreign = other.snapshot()
    with pytest.raises(StateError, match="the start state '0'"):
        LibretroEnv("2048", states=[foreign])


def test_observations_have_the_size_of_the_first_start_state(build_core: BuildCore) -> None:
    """It is not that of the picture after loading."""
    path = build_core("growing")
    with Core(path) as core:
        core.run(3)
        small = core.save_state()
        core.run(10)
        plain, whole, picture = core.save_state(), core.snapshot(), core.frame
        core.run()
        next_picture = core.frame
    states: list[Any] = [plain, whole, {"end": whole, "beginning": small}]
    for state, expected in zip(states, (next_picture, picture, picture), strict=True):
        env = LibretroEnv(path, states=state)
        assert env.observation_space.shape == (24, 32, 3)
        observation, _ = env.reset(options={"state": 0})
        np.testing.assert_array_equal(observation, expected)
        env.close()
    for states_and_look, shape in (
        ({}, (24, 32, 3)),  # without states, that of the second after the beginning
        ({"states": small}, (12, 16, 3)),
        ({"states": [small, plain]}, (12, 16, 3)),
        ({"states": plain, "observation": Observation(size=(6, 8))}, (3, 6, 8)),
        ({"states": plain, "observation": Observation(crop=(1, 2, 3, 4))}, (3, 3, 4)),
        ({"states": plain, "observation": Observation(gray=True, stack=2)}, (2, 24, 32)),
    ):
        arguments: dict[str, Any] = states_and_look
        env = LibretroEnv(path, **arguments)
        assert env.observation_space.shape == shape
        env.close()


def test_rewards_of_several_players() -> None:
    env = LibretroEnv("2048", reward=["1", "2"], frame_skip=3)
    env.reset()
    _, reward, _, _, info = env.step(env.action_space.sample())
    assert reward == 3.0
    assert info["rewards"].tolist() == [3, 6]
    env.close()


def test_info_is_what_was_asked_for() -> None:
    watches = {"score": (0x20, "<u4"), "mode": (0x05, "|u1")}
    env = LibretroEnv("2048", watches=watches, info=["mode"])
    _, info = env.reset()
    assert set(info) == {"mode", "episode_frame_number"}
    env.close()
    env = LibretroEnv("2048", watches=watches)
    assert set(env.reset()[1]) == {"score", "mode", "episode_frame_number"}
    env.close()


def test_observations_are_of_the_step() -> None:
    """Each part of a Dict is what the core itself has."""
    parts = {
        "picture": Observation((60, 80), gray=True, stack=2),
        "board": MemoryWindow(start=0x10, size=16),
        "save": MemoryWindow("save_ram"),
        "numbers": WatchVector(["moves", "score"], limits={"score": (0, 100)}),
    }
    env = LibretroEnv(**{**GAME, "observation": parts, "info": None})
    env.reset(seed=2)
    for action in (0, 2, 0, 2, 1):
        observation, *_, info = env.step(action)
        assert observation in env.observation_space
        ram = env.core.memory.system_ram
        assert observation["board"].tobytes() == ram[0x10:0x20].tobytes()
        assert observation["save"].tobytes() == env.core.memory.save_ram.tobytes()
        moves, score = observation["numbers"].tolist()
        assert moves == info["moves"]
        assert score == np.float32(min(info["score"] / 100, 1))
    kept = observation["board"].copy()
    env.step(3)
    np.testing.assert_array_equal(observation["board"], kept)
    env.close()


@pytest.mark.parametrize(
    ("watch", "low", "high"),
    [
        ((0, "|u1"), 0, 255),
        ((0, "<i2"), -32768, 32767),
        ((0, ">u4"), 0, 2**32 - 1),
        ((0, "|u1", 0x0F), 0, 15),
        ((0, ">d2"), 0, 9999),
        ((0, ">n2"), 0, 99),
        ((0, "<u8"), -(2**63), 2**63),
        ((0, "<f4"), -np.finfo(np.float32).max, np.finfo(np.float32).max),
    ],
)
def test_vectors_have_the_bounds_of_their_watches(watch: Any, low: float, high: float) -> None:
    env = LibretroEnv("2048", watches={"x": watch}, observation=WatchVector())
    space: Any = env.observation_space
    assert space.low.tolist() == [np.float32(low)]
    assert space.high.tolist() == [np.float32(high)]
    assert env.reset()[0] in env.observation_space
    env.close()


@pytest.mark.parametrize("frame_skip", range(1, 7))
def test_a_core_that_shuts_down_ends_the_episode(build_core: BuildCore, frame_skip: int) -> None:
    """In any frame of a step; the first one shows where the episode begins."""
    content = struct.pack("<3I", 1, 6, 0)
    env = LibretroEnv(build_core("batch"), content, frame_skip=frame_skip)
    steps = -(-5 // frame_skip)
    for _ in range(2):
        env.reset(seed=1)
        ends = [env.step(env.action_space.sample())[2] for _ in range(steps)]
        assert ends == [False] * (steps - 1) + [True]
        with pytest.raises(gymnasium.error.ResetNeeded):
            env.step(env.action_space.sample())
    env.close()


def test_a_core_that_crashes_is_opened_again(build_core: BuildCore) -> None:
    options = {"crash_where": "later", "crash_how": "throw"}
    env = LibretroEnv(build_core("crash"), options=options)
    for _ in range(2):
        env.reset(seed=1)
        with pytest.raises(CoreCrashedError):
            step_often(env)
    env.close()


def test_a_spec_can_be_changed_by_keywords() -> None:
    spec = EnvSpec(**GAME)
    env = LibretroEnv(spec, frame_skip=3, observation=MemoryWindow())
    assert env.env_spec.frame_skip == 3
    assert env.env_spec.watches == spec.watches
    assert env.observation_space.shape == (64,)
    env.close()
    other = LibretroEnv("2048", host=Host(memory_status=None, jit=False), run_ahead=1)
    assert other.env_spec.core_arguments == {"run_ahead": 1}
    assert other.env_spec.host == Host(memory_status=None, jit=False)
    assert other.env_spec.core_spec().host.memory_status is None
    other.close()
    with pytest.raises(TypeError, match="no_such"):
        LibretroEnv("2048", no_such=1)


def test_rendering_and_closing() -> None:
    env = LibretroEnv("2048", render_mode="rgb_array", observation=MemoryWindow())
    env.reset()
    picture = env.render()
    np.testing.assert_array_equal(picture, env.core.frame)
    assert env.metadata["render_fps"] == 60
    assert LibretroEnv.metadata is not env.metadata
    env.close()
    env.close()
    with pytest.raises(ValueError, match="render_mode"):
        LibretroEnv("2048", render_mode="ascii")
    silent = LibretroEnv("2048")
    silent.reset()
    with pytest.warns(UserWarning, match="render"):
        assert silent.render() is None
    silent.close()


def test_a_window_needs_pygame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pygame", None)
    with pytest.raises(gymnasium.error.DependencyNotInstalled, match="pip install pygame"):
        LibretroEnv("2048", render_mode="human")


def test_pressing_equals_a_batch_with_the_same_input() -> None:
    """Frames between the steps of an env are those of a plain CoreBatch."""
    env = LibretroEnv("2048", frame_skip=3, reward="delta(moves)", watches={"moves": (0x0C, "<u4")})
    env.reset(seed=0)
    start = env.core.snapshot()
    with CoreBatch("2048", reward="delta(moves)", watches={"moves": (0x0C, "<u4")}) as batch:
        batch.load_states(start)
        env.action_space.seed(1)
        bits = np.array([1 << i for i in range(16)])
        for _ in range(50):
            action = env.action_space.sample()
            _, reward, *_ = env.step(action)
            batch.run(3, [int(action @ bits)])
            assert reward == batch.rewards[0]
            assert env.core.save_state() == batch[0].save_state()
    env.close()


def test_actions_come_as_learning_libraries_give_them() -> None:
    """Stable-Baselines3's policies give float32 for a `MultiBinary`; others lists or tensors."""
    starts: list[tuple[Any, list[Any], list[Any]]] = [
        (
            ButtonActions(("START", "A")),
            [
                np.array([1, 0], np.float32),
                np.array([1, 0], np.int8),
                [1, 0],
                (True, False),
                [np.array(1), np.array(0)],
            ],
            [[0.5, 0], [2, 0], [1], 1, None, "ab", [[1], [0, 1]]],
        ),
        (
            DiscreteActions(["A", "START"]),
            [1, np.int64(1), np.array(1), np.uint8(1), True],
            [1.0, 2, -1, [1], None, "START"],
        ),
        ((DiscreteActions(["A", "START"]), ButtonActions("B")), [[1, [1.0]], (1, [0])], [1, None]),
    ]
    for actions, right, wrong in starts:
        with LibretroEnv("2048", actions=actions, watches={"mode": (5, "|u1")}) as env:
            for action in right:
                _, before = env.reset(seed=1)
                *_, after = env.step(action)
                assert after["mode"] != before["mode"], action
            for action in wrong:
                with pytest.raises(ActionError, match="actions"):
                    env.step(action)
