"""What an env is made of, as plain data."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from math import isfinite
from operator import index
from typing import Any

from pylibretro._core import State
from pylibretro.content.vfs import FilePolicy
from pylibretro.core_spec import (
    OF_A_CORE_ALONE,
    CoreSpec,
    Display,
    Host,
    Peripherals,
    names_new_places,
)
from pylibretro.envs.actions import Actions, ButtonActions, Buttons, actions_from, buttons_mask
from pylibretro.envs.bundled import bundled_task
from pylibretro.envs.familiar_arguments import refuse_unknown
from pylibretro.envs.memory_window import MemoryWindow
from pylibretro.envs.plain import from_plain
from pylibretro.envs.presets import preset_arguments
from pylibretro.envs.scoring import RewardClip, checked_reward_clip
from pylibretro.envs.watch_vector import WatchVector
from pylibretro.memory.watch import Watch, watch_from, watches_beside
from pylibretro.picture.observation import Observation
from pylibretro.sound.audio_window import AudioWindow
from pylibretro.states.state_files import read_state_file, unpacked_state

__all__ = ["EnvSpec"]

Sense = Observation | AudioWindow | MemoryWindow | WatchVector

_Watched = Watch | tuple[int, str] | tuple[int, str, int | None]

_PARTS = (
    "an Observation, an AudioWindow, a MemoryWindow, a WatchVector, or a mapping from name to these"
)


@names_new_places
@dataclass(frozen=True, kw_only=True)
class EnvSpec:
    """A game as a task: the arguments of `LibretroEnv` and `LibretroVectorEnv`, as plain data.

    It can be compared, pickled and sent to other machines; `EnvSpec.env_arguments` gives it as
    keyword arguments, for `gymnasium.make` too.

    Args:
        core: A core, as for `Core`.
        content: Its content, as for `Core`.
        options, controllers, system_dir, assets_dir, content_name, files, host, display,
            peripherals: As for `Core`.
        core_arguments: Others of `CoreSpec`; envs take them as arguments of their own, too.
        states: Where episodes begin: a mapping from name to `State`, to the bytes of
            `Core.save_state`, or to a path of a file of them (both as `Core.load_state` takes
            them); or a sequence of these, named "0", "1", ... Each episode begins in one of them
            at random, unless `reset` is told which. None is the state after loading, also as one
            of several. Where a state
            brings no picture, one frame is run to get one.
        state_weights: How often each of them is drawn: a number for each, or a mapping from name;
            None draws all alike.
        start: Input at the beginning of every episode: pairs of buttons of the first port and the
            number of frames that they are held.
        random_memory: Numbers in memory, as watches, that are drawn at random at the beginning of
            every episode, before `start`: for games whose random generator lies in memory.
        noop_max: Before an episode, after `start`, up to so many frames without input go by, a
            random number of them.
        watches: Numbers of the console's memory, as for `CoreBatch`; they are in every `info`.
        info: Which watches are in `info`; None for all.
        reward: A rule, evaluated after every frame and summed over the step, see `compile_rule`;
            or several, one for each player: then the first one is the reward of an env, and
            `info["rewards"]` has all. None is no reward: 0.
        done: A rule that says after every frame whether the game is over: the episode terminates,
            and its last step ends with that frame.
        reward_clip: What becomes of the sum of a step's rewards: "sign" makes it -1, 0 or 1, as
            DeepMind's agents see it; (lowest, highest) keeps it between these. Each player's is
            clipped alone; `info["unclipped_reward"]` has what it was.
        life_loss: A rule that says after every frame whether a life has been lost, such as
            "lives < previous(lives)": the agent's episode then terminates with that frame, but the
            game goes on: the next reset leaves it where it is, unless a seed or a state is given.
            `info["game_over"]` says whether the game itself is over. Limits, and
            `episode_frame_number`, count the steps and frames of the game.
        life_start: As `start`, after a lost life.
        actions: What an agent may do, see `Action`: one, a tuple (a `Tuple` space), or a mapping
            from name (a `Dict` space). Unless given, all buttons of the first joypad.
        observation: What an agent sees: an `Observation`, `AudioWindow`, `MemoryWindow` or
            `WatchVector`, or a mapping from name to these (a `Dict` space). Unless given, the
            picture as (height, width, 3) uint8. An `Observation` without a size has that of the
            game as it is played: of the first picture in the first of `states`, or without states
            the one seen most in the first second after `start`.
        frame_skip: How many frames a step has.
        hold_frames: How many of them an action is held for; then nothing is pressed, so that each
            step is a new press. All of them unless given.
        repeat_action_probability: Sticky actions: with this probability, in each frame, what was
            pressed in the frame before goes on instead of a new action, as in the Arcade Learning
            Environment.
        max_episode_steps: After so many steps an episode is truncated.
        max_episode_frames: After the step in which an episode has so many frames it is truncated.

    Raises:
        TypeError, ValueError: As a value is wrong. What only the core knows is checked by the env.

    >>> spec = EnvSpec(core="2048", watches={"score": (0x20, "<u4")}, reward="delta(score)")
    >>> spec.watches["score"], spec.frame_skip
    (Watch(address=32, type='<u4', mask=None), 1)
    """

    core: Any
    content: Any = None
    options: Mapping[str, str] | None = None
    controllers: Any = None
    system_dir: Any = None
    assets_dir: Any = None
    content_name: Any = None
    files: FilePolicy | bool | None = CoreSpec.files
    host: Host = CoreSpec.host
    display: Display = CoreSpec.display
    peripherals: Peripherals = CoreSpec.peripherals
    core_arguments: Mapping[str, Any] | None = None
    states: Any = None
    state_weights: Any = None
    start: Sequence[tuple[Buttons, int]] = ()
    random_memory: Sequence[_Watched] = ()
    noop_max: int = 0
    watches: Mapping[str, _Watched] | None = None
    info: Sequence[str] | None = None
    reward: str | Sequence[str] | None = None
    done: str | None = None
    reward_clip: RewardClip | None = None
    life_loss: str | None = None
    life_start: Sequence[tuple[Buttons, int]] = ()
    actions: Actions | None = None
    observation: Sense | Mapping[str, Sense] | None = None
    frame_skip: int = 1
    hold_frames: int | None = None
    repeat_action_probability: float = 0.0
    max_episode_steps: int | None = None
    max_episode_frames: int | None = None

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        others = dict(self.core_arguments or {})
        for name in others:
            if name not in _OTHER_CORE_FIELDS:
                raise TypeError(f"core_arguments has {name!r}, which is no other one of CoreSpec")
        self._settle("core_arguments", others)
        self._settle("states", _states(self.states))
        self._settle("state_weights", _state_weights(self.state_weights, self.states))
        for name in ("start", "life_start"):
            self._settle(name, tuple(_held(pair, name) for pair in getattr(self, name)))
        self._settle("random_memory", tuple(watch_from(place) for place in self.random_memory))
        self._settle("noop_max", _whole("noop_max", self.noop_max, 0))
        self._settle(
            "watches", {name: watch_from(watch) for name, watch in (self.watches or {}).items()}
        )
        if self.info is not None:
            self._settle("info", self._checked_info(tuple(self.info)))
        if self.reward is not None and not isinstance(self.reward, str):
            self._settle("reward", tuple(self.reward))
        self._settle("reward_clip", checked_reward_clip(self.reward_clip))
        if self.life_loss is not None and not isinstance(self.life_loss, str):
            raise TypeError(f"life_loss is a rule, not {self.life_loss!r}")
        self._settle(
            "actions", actions_from(ButtonActions() if self.actions is None else self.actions)
        )
        self._settle("observation", _senses(self.observation))
        self._settle("frame_skip", _whole("frame_skip", self.frame_skip, 1))
        if self.hold_frames is not None:
            self._settle("hold_frames", _whole("hold_frames", self.hold_frames, 1))
        probability = float(self.repeat_action_probability)
        if not (isfinite(probability) and 0 <= probability < 1):
            raise ValueError(f"repeat_action_probability is from 0 to below 1, not {probability}")
        self._settle("repeat_action_probability", probability)
        for name in ("max_episode_steps", "max_episode_frames"):
            if getattr(self, name) is not None:
                self._settle(name, _whole(name, getattr(self, name), 1))

    def _settle(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _checked_info(self, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in (self.watches or {}):
                raise ValueError(f"info names {name!r}, which is no watch")
        return names

    def core_spec(self) -> CoreSpec:
        """Return what a Core of this env is opened with."""
        arguments = {name: getattr(self, name) for name in _CORE_FIELDS}
        return CoreSpec(self.core, **arguments, **(self.core_arguments or {}))

    def env_arguments(self) -> dict[str, Any]:
        """Return the keyword arguments that make an env of this.

        >>> spec = EnvSpec(core="2048", frame_skip=4)
        >>> EnvSpec(**spec.env_arguments()) == spec
        True
        """
        return {field.name: getattr(self, field.name) for field in fields(self)}


_NAMES_OF_CORES = {field.name for field in fields(CoreSpec)} - {"path"}
_CORE_FIELDS = _NAMES_OF_CORES & {field.name for field in fields(EnvSpec)}
_OTHER_CORE_FIELDS = _NAMES_OF_CORES - _CORE_FIELDS - {*OF_A_CORE_ALONE}


def spec_from(core: Any, content: Any, arguments: dict[str, Any]) -> EnvSpec:
    """Return the `EnvSpec` that the arguments of an env mean."""
    given = {name: from_plain(value) for name, value in arguments.items()}
    core, content = from_plain(core), from_plain(content)
    if isinstance(core, dict) and core.pop("kind", None) == "EnvSpec":
        core = EnvSpec(**core)
    if content is not None:
        given["content"] = content
    preset = given.pop("preset", None)
    if preset is not None:
        name = given.get("content")
        game = os.fspath(name) if isinstance(name, str | os.PathLike) else None
        given = {**preset_arguments(preset, game, given), **given}
    task = given.pop("task", None)
    if task is not None:
        given = _beside(bundled_task(task), given)
    others = {name: given.pop(name) for name in _OTHER_CORE_FIELDS & set(given)}
    if isinstance(core, EnvSpec):
        known = core.env_arguments()
        others = {**known["core_arguments"], **others}
        given = _beside(known, given)
    else:
        given["core"] = core
    refuse_unknown(given, (field.name for field in fields(EnvSpec)))
    return EnvSpec(**{**given, "core_arguments": {**(given.get("core_arguments") or {}), **others}})


def _beside(known: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of a task and those of a user, whose watches are beside the task's."""
    arguments = {**known, **given}
    if given.get("watches") and known.get("watches"):
        arguments["watches"] = watches_beside(known["watches"], given["watches"])
        if "info" not in given and known.get("info") is not None:
            own = [name for name in given["watches"] if name not in known["watches"]]
            arguments["info"] = (*known["info"], *own)
    return arguments


def _whole(name: str, value: Any, least: int) -> int:
    try:
        number = index(value)
    except TypeError:
        raise TypeError(f"{name} is a whole number, not {value!r}") from None
    if number < least:
        raise ValueError(f"{name} is at least {least}, not {number}")
    return number


def _held(pair: Any, name: str) -> tuple[int, int]:
    if isinstance(pair, str) or not isinstance(pair, Iterable) or len(given := tuple(pair)) != 2:
        raise TypeError(f"{name} holds {pair!r}; pairs of buttons and frames are needed")
    return buttons_mask(given[0]), _whole(f"the number of frames in {name}", given[1], 1)


def _state_weights(weights: Any, states: Mapping[str, Any] | None) -> tuple[float, ...] | None:
    """How often each state is drawn, in the order of the states."""
    if weights is None:
        return None
    if states is None:
        raise ValueError("state_weights are of states, and there are none")
    if isinstance(weights, Mapping):
        if set(map(str, weights)) != set(states):
            raise ValueError(
                f"state_weights are of {sorted(map(str, weights))}; the states are {list(states)}"
            )
        weights = [{str(name): weight for name, weight in weights.items()}[name] for name in states]
    settled = tuple(float(weight) for weight in weights)
    if len(settled) != len(states):
        raise ValueError(f"there are {len(settled)} state_weights for {len(states)} states")
    if not all(0 <= weight < float("inf") for weight in settled) or not any(settled):
        raise ValueError(f"state_weights are {settled}; numbers from 0 are needed, not all 0")
    return settled


def _states(states: Any) -> dict[str, Any] | None:
    if states is None:
        return None
    if isinstance(states, (State, bytes, bytearray, memoryview, str, os.PathLike)):
        states = [states]
    named = states if isinstance(states, Mapping) else dict(enumerate(states))
    if not named:
        raise ValueError("states is empty; None means the state after loading")
    settled = {}
    for name, state in named.items():
        if state is not None and not isinstance(state, (State, bytes, str, os.PathLike)):
            state = bytes(memoryview(state))
        settled[str(name)] = state
    return settled


def state_contents(state: Any) -> Any:
    """Return a `State`, or the bytes that a core is to load, of a state of an `EnvSpec`.

    None is the state after loading.
    """
    if state is None or isinstance(state, State):
        return state
    return unpacked_state(state if isinstance(state, bytes) else read_state_file(state))


def _senses(observation: Any) -> Any:
    if observation is None:
        return Observation(layout="HWC")
    if isinstance(observation, Sense):
        return observation
    if not isinstance(observation, Mapping) or not observation:
        raise TypeError(f"observation is {observation!r}; {_PARTS} is needed")
    settled = {str(name): sense for name, sense in observation.items()}
    for name, sense in settled.items():
        if not isinstance(sense, Sense):
            raise TypeError(f"observation[{name!r}] is {sense!r}; {_PARTS} is needed")
    for kind in (Observation, AudioWindow):
        if sum(isinstance(sense, kind) for sense in settled.values()) > 1:
            raise ValueError(f"observation has more than one {kind.__name__}; an env has one")
    return settled
