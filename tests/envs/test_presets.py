"""Presets, against the Arcade Learning Environment itself; and arguments of stable-retro."""

from __future__ import annotations

import enum
import warnings
from typing import Any

import numpy as np
import pytest
from real import package_directory

import pylibretro
from pylibretro import ActionError, DiscreteActions, GameError, MemoryWindow, Observation
from pylibretro.envs.presets import ATARI_ACTIONS, atari_actions

gymnasium = pytest.importorskip("gymnasium")

from pylibretro import LibretroEnv, LibretroVectorEnv  # noqa: E402
from pylibretro.envs.game_envs import make_game_env, make_game_vector_env  # noqa: E402

ALE = package_directory("ale_py")
STABLE_RETRO = package_directory("stable_retro")
BREAKOUT = "Breakout-Atari2600-v0"
AIRSTRIKER = "Airstriker-Genesis-v0"

with_ale = pytest.mark.skipif(ALE is None, reason="ale-py is not installed")
with_both = pytest.mark.skipif(
    ALE is None or STABLE_RETRO is None, reason="ale-py and stable-retro are not both installed"
)
with_stable_retro = pytest.mark.skipif(STABLE_RETRO is None, reason="stable-retro is not installed")


def rom(name: str) -> str:
    assert ALE is not None
    path = ALE / "roms" / f"{name}.bin"
    if not path.is_file():
        pytest.skip(f"ale-py has no ROM of {name}")
    return str(path)


def meaning(action: Any) -> set[str]:
    """The buttons that one of ALE's actions is named after."""
    named = {"UP": "UP", "DOWN": "DOWN", "LEFT": "LEFT", "RIGHT": "RIGHT", "FIRE": "B"}
    return {button for name, button in named.items() if name in action.name}


def pressed(combination: Any) -> set[str]:
    return set(combination)


@with_ale
@pytest.mark.parametrize(
    "game",
    [
        "breakout",
        "ms_pacman",
        "seaquest",
        "qbert",
        "freeway",
        "skiing",
        "enduro",
        "bowling",
        "kung_fu_master",
        "video_pinball",
        "beam_rider",
        "phoenix",
        "tutankham",
    ],
)
def test_a_games_actions_are_ales_in_its_order(game: str) -> None:
    ale_py = pytest.importorskip("ale_py")
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.loadROM(rom(game))
    held = [pressed(combination) for combination in atari_actions(game).combinations]
    assert held == [meaning(action) for action in ale.getMinimalActionSet()]
    every = [pressed(combination) for combination in atari_actions().combinations]
    assert every == [meaning(action) for action in map(ale_py.Action, range(18))]


@with_both
def test_the_actions_of_pong_move_its_paddle_as_ales_do() -> None:
    """stella turns this paddle with UP and DOWN, and the Arcade Learning Environment with RIGHT."""
    ale_py = pytest.importorskip("ale_py")
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.setFloat("repeat_action_probability", 0.0)
    ale.loadROM(rom("pong"))
    paddle = 60  # in RAM
    env: Any = make_game_env("Pong-Atari2600-v0", content=rom("pong"), preset="deepmind")
    for number, action in enumerate(ale.getMinimalActionSet()):
        ale.reset_game()
        for _ in range(60):
            ale.act(ale_py.Action.NOOP)
        before = int(ale.getRAM()[paddle])
        for _ in range(40):
            ale.act(action)
        wanted = np.sign(int(ale.getRAM()[paddle]) - before)
        env.reset(seed=1)
        ram = env.unwrapped.core.memory.system_ram
        for _ in range(15):
            env.step(0)
        before = int(ram[paddle])
        for _ in range(10):
            env.step(number)
        assert np.sign(int(ram[paddle]) - before) == wanted, action
    assert env.action_space.n == 6
    env.close()


def test_names_of_games_are_understood_in_any_spelling() -> None:
    for name in ("ms_pacman", "MsPacman-Atari2600-v0", "MsPacman", "/games/ms_pacman.bin"):
        assert len(atari_actions(name).combinations) == 9
    assert len(atari_actions("NoSuchGame").combinations) == len(ATARI_ACTIONS) == 18


@with_both
@pytest.mark.parametrize("preset", ["atari", "deepmind"])
def test_spaces_are_those_of_ale(preset: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ale_py = pytest.importorskip("ale_py")
    gymnasium.register_envs(ale_py)
    task: dict[str, Any] = {"content": rom("breakout"), "preset": preset}
    with make_game_env(BREAKOUT, **task) as env:
        if preset == "atari":
            theirs = gymnasium.make("ALE/Breakout-v5")
            assert env.observation_space == theirs.observation_space
            assert env.action_space == theirs.action_space
            theirs.close()
        spec = env.unwrapped.env_spec  # type: ignore[attr-defined]
        assert (spec.frame_skip, spec.max_episode_frames) == (4, 108_000)
        assert spec.repeat_action_probability == (0.25 if preset == "atari" else 0)
    if preset == "deepmind":
        # It writes into the metadata that it shares with all vector envs.
        monkeypatch.setattr(
            gymnasium.vector.VectorEnv, "metadata", dict(gymnasium.vector.VectorEnv.metadata)
        )
        many = ale_py.AtariVectorEnv("breakout", 3)
        ours = make_game_vector_env(BREAKOUT, num_envs=3, **task)
        assert ours.single_observation_space == many.single_observation_space
        assert ours.single_action_space == many.single_action_space
        assert ours.reset(seed=1)[0].dtype == many.reset(seed=1)[0].dtype
        ours.close()
        many.close()


@with_both
def test_every_life_of_breakout_is_an_episode_that_begins_with_a_served_ball() -> None:
    """Nothing but no-ops after a reset: each ball is served and lost, five in a game."""
    envs = make_game_vector_env(
        BREAKOUT, num_envs=2, content=rom("breakout"), preset="deepmind", autoreset_mode="SameStep"
    )
    _, infos = envs.reset(seed=5)
    assert infos["lives"].tolist() == [5, 5]
    seen: list[tuple[int, bool]] = []
    for _ in range(900):
        *_, terminations, _, infos = envs.step([0, 0])
        if terminations[0]:
            last = infos["final_info"]
            seen.append((int(last["lives"][0]), bool(last["game_over"][0])))
            assert infos["lives"][0] == (5 if last["game_over"][0] else last["lives"][0])
    game = [(4, False), (3, False), (2, False), (1, False), (0, True)]
    assert seen[:10] == game * 2
    envs.close()


@with_both
def test_pictures_are_those_that_ale_makes_of_the_same_screen() -> None:
    """The same colours, ALE's own weights of gray, and OpenCV's area resize, to the bit."""
    ale_py = pytest.importorskip("ale_py")
    cv2 = pytest.importorskip("cv2")
    ale_py.ALEInterface.setLoggerMode(ale_py.LoggerMode.Error)
    ale = ale_py.ALEInterface()
    ale.loadROM(rom("breakout"))
    ale.reset_game()
    screen, gray = ale.getScreenRGB(), ale.getScreenGrayscale()
    env = make_game_env(
        BREAKOUT,
        content=rom("breakout"),
        preset="deepmind",
        observation=Observation((84, 84), gray=True, resize="area-exact", layout="HWC"),
        frame_skip=1,
        noop_max=0,
        render_mode="rgb_array",
    )
    palette = {tuple(c): int(g) for c, g in zip(screen.reshape(-1, 3), gray.ravel(), strict=True)}
    with env:
        observation, _ = env.reset(seed=1)
        picture: Any = env.render()
        assert picture.shape == screen.shape
        theirs = np.array([palette[tuple(c)] for c in picture.reshape(-1, 3)], np.uint8)
        small = cv2.resize(theirs.reshape(210, 160), (84, 84), interpolation=cv2.INTER_AREA)
        np.testing.assert_array_equal(observation[..., 0], small)


@with_both
def test_actions_stick_as_often_as_in_ale() -> None:
    with make_game_env(BREAKOUT, content=rom("breakout"), preset="atari") as env:
        env.reset(seed=3)
        episodes: Any = env.unwrapped.episodes  # type: ignore[attr-defined]
        stuck = []
        for step in range(2000):
            episodes.frames[0] = 4 * step
            stuck.append(episodes.repeats(slice(None))[:, 0])
    rows = np.array(stuck)
    assert abs(rows.mean() - 0.25) < 0.02
    assert (abs(rows.mean(axis=0) - 0.25) < 0.04).all(), "in each of the four frames"
    assert abs((rows[:, 0] & rows[:, 1]).mean() - 0.0625) < 0.02, "each frame for itself"


@with_both
def test_what_is_given_goes_before_the_preset() -> None:
    with make_game_env(
        BREAKOUT, content=rom("breakout"), preset="deepmind", actions="buttons", noop_max=3
    ) as env:
        assert isinstance(env.action_space, gymnasium.spaces.MultiBinary)
        spec = env.unwrapped.env_spec  # type: ignore[attr-defined]
        assert (spec.noop_max, spec.reward_clip) == (3, "sign")
    with pytest.raises(ValueError, match="one of atari, deepmind"):
        make_game_env(BREAKOUT, content=rom("breakout"), preset="nature")


@with_both
def test_a_rom_without_an_integration_is_reset_as_ale_does() -> None:
    assert STABLE_RETRO is not None
    core = next((STABLE_RETRO / "cores").glob("stella_libretro.*"))
    env = LibretroEnv(
        core,
        rom("breakout"),
        preset="deepmind",
        watches={"lives": (0xB9, "|u1")},
        done="lives == 0",
    )
    with env:
        assert env.action_space.n == 4  # type: ignore[attr-defined]
        assert env.env_spec.start[:2] == ((0, 60), (8, 4))
        assert env.reset(seed=1)[1]["lives"] == 5


# Arguments of stable-retro


class Actions(enum.Enum):
    """As stable-retro has it."""

    ALL, FILTERED, DISCRETE, MULTI_DISCRETE = range(4)


class Observations(enum.Enum):
    """As stable-retro has it."""

    IMAGE, RAM = range(2)


class State(enum.Enum):
    """As stable-retro has it."""

    DEFAULT, NONE = -1, 0


@with_stable_retro
def test_arguments_of_stable_retro_mean_what_they_mean_there() -> None:
    spaces = []
    for kind in Actions:
        with make_game_env(AIRSTRIKER, use_restricted_actions=kind, render_mode="rgb_array") as env:
            spaces.append(type(env.action_space).__name__)
            assert env.render_mode == "rgb_array"
    assert spaces == ["MultiBinary", "MultiBinary", "Discrete", "MultiDiscrete"]
    with make_game_env(AIRSTRIKER, obs_type=Observations.RAM, scenario=None, info=None) as env:
        assert env.observation_space.shape == (0x10000,)
        assert env.unwrapped.env_spec.observation == MemoryWindow()  # type: ignore[attr-defined]
    for state, has_states in ((State.DEFAULT, True), (State.NONE, False)):
        with make_game_env(AIRSTRIKER, state=state) as env:
            given = env.unwrapped.env_spec.states  # type: ignore[attr-defined]
            assert (given is not None) is has_states
    with make_game_env(AIRSTRIKER, inttype=1, players=2, record=False) as env:
        assert env.action_space.shape is not None
    with pytest.raises(GameError, match="experimental"):
        make_game_env(AIRSTRIKER, inttype=2)
    with pytest.raises(ValueError, match="use_restricted_actions is 7"):
        make_game_env(AIRSTRIKER, use_restricted_actions=7)
    with pytest.raises(TypeError, match="say the same"):
        make_game_env(AIRSTRIKER, use_restricted_actions=1, actions="buttons")


@with_stable_retro
def test_stable_retros_own_enumerations_are_taken() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        retro = pytest.importorskip("stable_retro")
    with make_game_env(
        AIRSTRIKER,
        state=retro.State.DEFAULT,
        use_restricted_actions=retro.Actions.DISCRETE,
        obs_type=retro.Observations.RAM,
        inttype=retro.data.Integrations.ALL,
        record=False,
    ) as env:
        assert isinstance(env.action_space, gymnasium.spaces.Discrete)
    with make_game_env(AIRSTRIKER, inttype=retro.data.Integrations.DEFAULT):
        pass


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("use_restricted_actions", "actions="),
        ("obs_type", "observation="),
        ("frameskip", "frame_skip"),
        ("episodic_life", "life_loss="),
        ("frame_skipp", "did you mean frame_skip"),
        ("qqq", "they have actions"),
    ],
)
def test_other_names_are_answered_with_ours(name: str, hint: str) -> None:
    makes: list[Any] = [LibretroEnv, LibretroVectorEnv]
    for make in makes:
        with pytest.raises(TypeError, match=rf"no argument '{name}'.*{hint}"):
            make("2048", **{name: 1})
    with pytest.raises(TypeError, match=hint):
        gymnasium.make("pylibretro/Libretro-v0", core="2048", **{name: 1})


def test_a_preset_is_an_argument_of_any_env() -> None:
    with LibretroEnv("2048", preset="deepmind", start=()) as env:
        assert env.observation_space.shape == (4, 84, 84)
        env.reset(seed=1)
        with pytest.raises(ActionError):
            env.step(18)
    assert isinstance(pylibretro.EnvSpec(core="2048").actions, pylibretro.ButtonActions)
    assert DiscreteActions(ATARI_ACTIONS) == atari_actions()
