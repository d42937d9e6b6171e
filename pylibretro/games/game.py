"""A game as a task in one readable file: which core and content, where it starts, what counts.

A `Game` is written by hand, by `pylibretro search`, or read from an installed stable-retro or
gym-retro. `Game.env_arguments` makes an env of it.
"""

from __future__ import annotations

import gzip
import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pylibretro._core import Core
from pylibretro.batch.rules import compile_rule
from pylibretro.enums import Joypad
from pylibretro.envs.actions import ButtonActions, DiscreteActions, MultiDiscreteActions
from pylibretro.error import (
    AddressError,
    ContentNotFoundError,
    GameError,
    GameWarning,
    RuleError,
    StateError,
)
from pylibretro.files.json_text import read_text
from pylibretro.files.whole_file import replace_file
from pylibretro.games.game_toml import game_fields, toml_from_fields
from pylibretro.games.roms import find_content
from pylibretro.input.consoles import CONSOLES, Console
from pylibretro.memory.watch import Watch, watch_from, watches_beside
from pylibretro.picture.observation import Observation
from pylibretro.states.state_files import read_state_file, unpacked_state

if TYPE_CHECKING:
    from pylibretro.content.content import ContentSource

__all__ = ["Game", "Script"]

ACTION_KINDS = ("buttons", "filtered", "discrete", "multi_discrete")
GZIP = b"\x1f\x8b"

_Path = str | os.PathLike[str]
_Combinations = Sequence[Sequence[Sequence[str]]]


@dataclass(frozen=True)
class Script:
    """A Lua script of an integration, and which of its functions say what.

    Attributes:
        files: The files, in the order in which they are run.
        rewards: The functions that tell each player's reward; None where a rule does.
        done: The function that says whether the game is over; None where a rule does.
    """

    files: tuple[str, ...]
    rewards: tuple[str | None, ...] = ()
    done: str | None = None


@dataclass(frozen=True, kw_only=True)
class Game:
    """A game as a task.

    Attributes:
        name: What it is called, such as "Airstriker-Genesis-v0".
        core: The core: a path, or the name of an installed one.
        content: Path of the content; None for what `find_content` finds by its hash, or for a core
            that needs none.
        sha1: SHA-1s, in hexadecimal, of the contents that it can be played with; those of NES games
            leave out the header of 16 bytes.
        console: The console's name, see `pylibretro.input.consoles`, whose names of buttons are
            used.
        options: Core options.
        controllers: Devices by port.
        states: Where to start: the names of states, and for each its file or its bytes, also
            packed as `Core.load_state` unpacks them.
        start: The state to start from unless another one is chosen; for several players, one
            for each number of players. None is power-on.
        watches: Numbers of the console's memory by name.
        reward: A rule for what a frame is worth, or one for each player; see `compile_rule`.
        done: A rule that says whether the game is over.
        crop: x, y, width and height of the part of the picture that counts; 0 for all.
        actions: Groups of combinations of buttons: of each group one combination is pressed.
        players: How many can play.
        script: What a Lua script says instead of rules; None for none.
        differences: In words, what differs from the integration that it was read from.
        path: The file or directory that it was read from.
    """

    name: str
    core: str
    content: str | None = None
    sha1: tuple[str, ...] = ()
    console: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    controllers: Mapping[int, int] = field(default_factory=dict)
    states: Mapping[str, str | bytes] = field(default_factory=dict, repr=False)
    start: str | tuple[str, ...] | None = None
    watches: Mapping[str, Watch] = field(default_factory=dict)
    reward: str | tuple[str, ...] | None = None
    done: str | None = None
    crop: tuple[int, int, int, int] | None = None
    actions: _Combinations | None = None
    players: int = 1
    script: Script | None = None
    differences: tuple[str, ...] = ()
    path: str | None = None

    def __post_init__(self) -> None:
        """Check what was given, and write it in one way."""
        set_ = object.__setattr__
        for name in ("name", "core"):
            if not isinstance(getattr(self, name), str) or not getattr(self, name):
                raise GameError(f"{name} is {getattr(self, name)!r}; a game needs a text there")
        try:
            watches = {str(name): watch_from(watch) for name, watch in dict(self.watches).items()}
        except (TypeError, ValueError, IndexError) as problem:
            raise GameError(f"{self.name}: {problem}") from None
        set_(self, "watches", watches)
        set_(self, "sha1", tuple(text.lower() for text in self.sha1))
        if self.reward is not None and not isinstance(self.reward, str):
            set_(self, "reward", tuple(self.reward))
        if self.start is not None and not isinstance(self.start, str):
            set_(self, "start", tuple(self.start))
        for rule in (*self.rewards, *((self.done,) if self.done is not None else ())):
            compile_rule(rule, watches)
        for state in self._starts():
            if state not in self.states:
                known = ", ".join(sorted(self.states)) or "none"
                raise GameError(f"{self.name} starts from {state!r}, but its states are: {known}")
        if self.crop is not None:
            if len(self.crop) != 4 or min(self.crop) < 0:
                raise GameError(f"crop is {self.crop!r}; x, y, width and height are needed")
            set_(self, "crop", tuple(self.crop))
        if self.actions is not None:
            groups = tuple(
                tuple(tuple(combination) for combination in group) for group in self.actions
            )
            set_(self, "actions", groups)
            for group in groups:
                for combination in group:
                    for button in combination:
                        self._bit(button)

    def _starts(self) -> tuple[str, ...]:
        if self.start is None:
            return ()
        return (self.start,) if isinstance(self.start, str) else self.start

    def _console(self) -> Console | None:
        return next((known for known in CONSOLES if known.name == self.console), None)

    def _bit(self, button: str) -> int:
        """Return the number of the RetroPad button that stands for one of the console's."""
        console = self._console()
        bit = console.button_bit(button) if console is not None else None
        if bit is None and console is None and button.upper() in Joypad.__members__:
            bit = int(Joypad[button.upper()]).bit_length() - 1
        if bit is None:
            raise GameError(f"{self.name}: {self.console or 'a RetroPad'} has no button {button!r}")
        return bit

    def _joypad_names(self, combination: Sequence[str]) -> tuple[str, ...]:
        return tuple(str(Joypad(1 << self._bit(button)).name) for button in combination)

    @property
    def rewards(self) -> tuple[str, ...]:
        """The reward rules of all players."""
        if self.reward is None:
            return ()
        return (self.reward,) if isinstance(self.reward, str) else self.reward

    @property
    def buttons(self) -> tuple[str | None, ...]:
        """The console's buttons, by the number of the RetroPad's; None where it has none."""
        console = self._console()
        return console.buttons if console is not None else tuple(Joypad.__members__)

    def start_state(self, players: int = 1) -> str | None:
        """Return the name of the state to start from, for a number of players."""
        starts = self._starts()
        if not starts:
            return None
        return starts[players - 1] if players <= len(starts) else starts[0]

    def state(self, name: str) -> bytes:
        """Return the core's bytes of a state.

        Raises:
            GameError: There is no such state, or its file cannot be read.
        """
        name = self._state_name(name)
        if name not in self.states:
            known = ", ".join(sorted(self.states)) or "none"
            raise GameError(f"{self.name} has no state {name!r}; its states are: {known}")
        data = self.states[name]
        if not isinstance(data, bytes):
            try:
                data = read_state_file(self._beside(data))
            except OSError as problem:
                raise GameError(f"{self.name}: {data!r}: {problem.strerror}") from problem
            except StateError as problem:
                raise GameError(f"{self.name}: the state {name!r}: {problem}") from None
        try:
            return unpacked_state(data)
        except StateError as problem:
            raise GameError(f"{self.name}: {name!r}: {problem}") from None

    def _state_source(self, name: str) -> str | bytes:
        """A state as an env takes it: a path that holds one, or its bytes."""
        data = self.states.get(name)
        if isinstance(data, str) and os.path.isfile(self._beside(data)):
            return self._beside(data)
        return self.state(name)

    def _beside(self, path: str) -> str:
        if self.path is None or os.path.isabs(path):
            return path
        directory = self.path if os.path.isdir(self.path) else os.path.dirname(self.path)
        return os.path.join(directory, path)

    def find_content(self) -> str | None:
        """Return the path of its content; None for a game that needs none.

        Raises:
            ContentNotFoundError: It is not here; `pylibretro import` takes it in.
        """
        if self.content is not None:
            content = self._beside(self.content)
            if os.path.exists(content.partition("#")[0]):
                return content
            return find_content(self.sha1) or content
        if not self.sha1:
            if self.path is not None and os.path.isdir(self.path):  # an integration
                raise ContentNotFoundError(
                    f"{self.name} is installed without its content, and nothing says which it is; "
                    f"give its path as content"
                )
            return None
        found = find_content(self.sha1)
        if found is not None:
            return found
        raise ContentNotFoundError(
            f"{self.name} needs the content with SHA-1 {' or '.join(self.sha1)}, which is not "
            f"here; let `pylibretro import DIRECTORY` find it, or give its path as content"
        )

    def open(self, content: ContentSource | None = None, **core_arguments: Any) -> Core:
        """Open its core with its content, options and controllers, and load its first state.

        Args:
            content: Content to use instead of its own.
            **core_arguments: Further arguments of `Core`.

        Raises:
            StateError: The core refuses the state; the message says which emulator made it.
        """
        given: dict[str, Any] = {"options": self.options}
        if self.controllers:
            given["controllers"] = self.controllers
        core = Core(
            self.core,
            self.find_content() if content is None else content,
            **(given | core_arguments),
        )
        try:
            start = self.start_state()
            if start is not None:
                self.load_state(core, start)
        except BaseException:
            core.close()
            raise
        return core

    def load_state(self, core: Core, name: str) -> None:
        """Load a state by name.

        Raises:
            GameError: There is no such state.
            StateError: The core refuses it; the message says which emulator made it.
        """
        data = self.state(name)
        try:
            core.load_state(data)
        except StateError as problem:
            made_by = state_origin(data)
            hint = f"; it was made by {made_by}" if made_by else ""
            raise StateError(
                f"{core.name} {core.info.version} refuses the state {name!r} of {self.name}{hint}. "
                f"States are of one build of a core: open the game with the core that comes with "
                f"its integration. {problem}"
            ) from problem

    # ---- envs --------------------------------------------------------------------------------

    def env_arguments(
        self,
        *,
        actions: Any = "filtered",
        players: int = 1,
        state: Any = None,
        states: Any = None,
        **more: Any,
    ) -> dict[str, Any]:
        """Return what `LibretroEnv`, `LibretroVectorEnv` and `EnvSpec` take.

        Args:
            actions: What is pressed, as for `EnvSpec`; or "buttons" (any of the RetroPad's, up to
                the last that the console has), "filtered" (of each group one combination or
                nothing), "discrete" or "multi_discrete" (one of each group's combinations).
            players: How many play: ports 0, 1, ...
            state: The state to start from, instead of the game's: the name of one of its states, a
                `State`, the core's bytes or a path of them; "" for power-on.
            states: Several, of which each episode takes one: a sequence, or a mapping from name.
            **more: Other arguments of an env, instead of those of the game; `watches` are added to
                those that it has.

        Raises:
            ContentNotFoundError: Its content is not here.
            GameError: It has no such state, or fewer players.
            ValueError: One of `watches` has the name of another of the game.
        """
        if not 1 <= players <= max(self.players, 2):
            raise GameError(f"{self.name} has no {players} players")
        arguments: dict[str, Any] = {"core": self.core}
        if "content" not in more:
            arguments["content"] = self.find_content()
        if self.options:
            arguments["options"] = dict(self.options)
        if self.controllers:
            arguments["controllers"] = dict(self.controllers)
        if state is None and states is None:
            state = self.start_state(players)
        named = self._named_states([state] if states is None else states)
        if named:
            arguments["states"] = named
        arguments["watches"] = watches_beside(self.watches, more.pop("watches", None))
        if self.reward is not None:
            arguments["reward"] = self.reward
        if self.done is not None:
            arguments["done"] = self.done
        arguments["actions"] = (
            self._action(actions, players) if isinstance(actions, str) else actions
        )
        arguments |= more
        return self.cropped(arguments)

    def cropped(self, arguments: dict[str, Any]) -> dict[str, Any]:
        """Return arguments of an env whose pictures show the part of the picture that counts."""
        if self.crop is None or not any(self.crop):
            return arguments
        seen = arguments.get("observation") or Observation(layout="HWC")
        rectangle = self.crop_rectangle(arguments.get("content"))
        return arguments | {"observation": _cropped(seen, rectangle)}

    def readable(self, content: ContentSource | None = None) -> Game:
        """Return the game without those watches that its core maps nowhere; each is warned of.

        Args:
            content: Content to use instead of its own.

        Raises:
            GameError: A rule needs such a watch.
        """
        left_out = []
        with self.open(content) as core:
            core.run()
            for name, watch in self.watches.items():
                try:
                    core.memory.read(watch.address, watch.type)
                except AddressError as problem:
                    left_out.append(name)
                    text = f"{self.name}: the variable {name!r} is left out: {problem}"
                    warnings.warn(text, GameWarning, stacklevel=2)
        watches = {name: each for name, each in self.watches.items() if name not in left_out}
        try:
            return replace(self, watches=watches)
        except RuleError as problem:
            raise GameError(f"{self.name}: {problem}") from None

    def _named_states(self, states: Any) -> dict[str, Any]:
        """Start states by name: the game's own, or others, named by their numbers at least."""
        given: Any = states.items() if isinstance(states, Mapping) else enumerate(states)
        named: dict[str, Any] = {}
        for name, state in given:
            if isinstance(state, str) and self._state_name(state) in self.states:
                own = self._state_name(state)
                named[name if isinstance(name, str) else own] = self._state_source(own)
            elif isinstance(state, str) and not os.path.isfile(state):
                if state:
                    self.state(state)  # says which there are
                named[name if isinstance(name, str) else ""] = None  # power-on
            elif state is not None:
                named[str(name)] = state
        return named if any(state is not None for state in named.values()) else {}

    def _state_name(self, name: str) -> str:
        return name if name in self.states else name.removesuffix(".state")

    def crop_rectangle(self, content: ContentSource | None) -> tuple[int, int, int, int]:
        """Return the part of the picture that counts as (top, left, height, width).

        The game is opened to see how large its picture is: a crop ends where that does.
        """
        left, top, width, height = self.crop or (0, 0, 0, 0)
        with self.open(content) as core:
            core.run()
            picture = core.frame
            shape = picture.shape if picture is not None else core.geometry[1::-1]
        below, beside = shape[0] - top, shape[1] - left
        if below <= 0 or beside <= 0:
            raise GameError(
                f"{self.name}: nothing of its picture, {shape[1]} x {shape[0]}, is in its crop "
                f"{self.crop!r}"
            )
        return top, left, min(height or below, below), min(width or beside, beside)

    def _action(self, kind: str, players: int) -> Any:
        if kind not in ACTION_KINDS:
            raise ValueError(f"actions is {kind!r}; one of {', '.join(ACTION_KINDS)} is needed")
        ports = tuple(range(players))
        # A RetroPad button that the console lacks has its number too, as in stable-retro, and may
        # be one of the core's own, such as one that fires fast.
        buttons = tuple(Joypad.__members__)[: len(self.buttons)]
        groups = [
            [self._joypad_names(combination) for combination in group]
            for group in self.actions or ()
        ]
        if kind == "buttons" or not groups:
            return ButtonActions(buttons, ports=ports)
        if kind == "filtered":
            return ButtonActions(buttons, groups, ports=ports)
        if kind == "discrete":
            return DiscreteActions.of_groups(groups, ports=ports)
        return MultiDiscreteActions(groups, ports=ports)

    # ---- files -------------------------------------------------------------------------------

    @classmethod
    def load(cls, path: _Path) -> Game:
        """Read a game from a TOML file, see `docs/games.md`.

        Raises:
            GameError: The file cannot be read, is not TOML, or says something that a game does not
                have.
        """
        name = os.path.abspath(os.fspath(path))
        try:
            return game_from_toml(read_text(name), name)
        except OSError as problem:
            raise GameError(f"{name} cannot be read: {problem.strerror}") from problem
        except (ValueError, TypeError, LookupError, ArithmeticError) as problem:
            raise GameError(f"{name}: {problem}") from None
        except RecursionError:
            raise GameError(f"{name}: it is nested too deeply") from None

    def save(self, path: _Path) -> None:
        """Write the game as a TOML file; states that are bytes go into files beside it.

        Raises:
            GameError: Its rules are in a Lua script, which a game file cannot hold.
        """
        target = os.path.abspath(os.fspath(path))
        directory = os.path.dirname(target)
        states: dict[str, str | bytes] = {}
        files: dict[str, bytes] = {}
        for name, data in self.states.items():
            if isinstance(data, bytes):
                file = f"{os.path.splitext(os.path.basename(target))[0]}.{safe_name(name)}.state"
                files[file] = data if data.startswith(GZIP) else gzip.compress(data, mtime=0)
                states[name] = file
            else:
                states[name] = _relative(self._beside(data), directory)
        content = self.content
        if content is not None:
            content = _relative(self._beside(content), directory)
        text = toml_from_fields(vars(self) | {"states": states, "content": content})
        os.makedirs(directory, exist_ok=True)
        for file, state in files.items():
            replace_file(os.path.join(directory, file), state)
        replace_file(target, text.encode())


def _cropped(seen: Any, rectangle: tuple[int, int, int, int]) -> Any:
    """Return what is seen with the game's crop in every picture that has none of its own."""
    if isinstance(seen, Observation):
        return seen if seen.crop is not None else replace(seen, crop=rectangle)
    if isinstance(seen, Mapping):
        return {name: _cropped(part, rectangle) for name, part in seen.items()}
    return seen


def game_from_toml(text: str, path: str | None) -> Game:
    """Return the game that a TOML text describes."""
    return Game(**game_fields(text), path=path)


def safe_name(name: str) -> str:
    """Return a form of a name that can be part of a file name on any system."""
    return "".join(c if c.isalnum() or c in "-_." else "_" for c in name) or "state"


def _relative(path: str, directory: str) -> str:
    absolute = os.path.abspath(path)
    try:
        common = os.path.commonpath([absolute, directory])
    except ValueError:  # on two drives of Windows
        return absolute
    if os.path.dirname(common) == common:  # nothing but the root
        return absolute
    return os.path.relpath(absolute, directory).replace(os.sep, "/")


_ORIGINS = (
    (b"GENPLUS-GX ", "Genesis Plus GX", 16),
    (b"#!s9xsnp:", "Snes9x, snapshot version", 14),
    (b"FCS", "FCEUX or FCEUmm", 3),
    (b"BST1", "bsnes", 4),
    (b"NST\x1a", "Nestopia", 4),
    (b"#R", "RetroArch, which wraps the core's own states in its own", 2),
)


def state_origin(data: bytes) -> str | None:
    """Return which emulator a state says it was made by; None if it does not say.

    >>> state_origin(b"GENPLUS-GX 1.7.5" + bytes(100))
    'Genesis Plus GX 1.7.5'
    """
    for magic, name, length in _ORIGINS:
        if data.startswith(magic):
            said = data[len(magic) : length].split(b"\0")[0].decode("ascii", "replace").strip()
            return f"{name} {said}".strip()
    return None
