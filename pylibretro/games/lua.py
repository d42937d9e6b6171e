"""Integrations in which a Lua script decides on rewards or ends, after each frame, in Python.

It needs lupa: `pip install 'pylibretro[lua]'`. A script sees what it sees in stable-retro: `data`,
which has the game's variables by name and bytes of memory by address, and `scenario.frame` and
`scenario.timestep`; of Lua's libraries it has the basic ones, `table`, `string` and `math`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pylibretro.error import GameError, LibretroError
from pylibretro.files.json_text import read_text
from pylibretro.games.game import Game

__all__ = ["LuaScenario"]

FRAMES_PER_TIMESTEP = 4
# What a script may need each time that it is asked: a fifth of a second, and much memory.
MOST_INSTRUCTIONS = 50_000_000
MOST_MEMORY = 256 << 20
TAKEN_AWAY = (
    "collectgarbage", "debug", "dofile", "ffi", "io", "jit", "load", "loadfile",
    "loadstring", "module", "newproxy", "os", "package", "python", "require",
)  # fmt: skip

# Calls a function with a limit, in its coroutines, too. A script that catches the error of the
# limit gets it again at its next instruction, so that nothing can be asked of it any more.
LIMIT = """
function(limit, words)
    local sethook, create, wrap = debug.sethook, coroutine.create, coroutine.wrap
    local hook
    hook = function() sethook(hook, "", 1) error(words, 0) end
    local function limited(f)
        return function(...) sethook(hook, "", limit) return f(...) end
    end
    coroutine.create = function(f) return create(limited(f)) end
    coroutine.wrap = function(f) return wrap(limited(f)) end
    return function(f, ...) sethook(hook, "", limit) return f(...) end
end
"""
TOO_LONG = f"it ran for more than {MOST_INSTRUCTIONS:,} instructions"

# What values of a script may lead to where Python takes them.
OF_A_SCRIPT = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


class LuaScenario:
    """The script of one game in one env.

    Args:
        game: A `Game` with a `script`.
        values: Called for the values of the game's variables after the frame in question.
        peek: Called for a byte of memory at an address.
        poke: Called to write a variable; None if scripts cannot.

    Raises:
        GameError: lupa is not installed, or the script has an error.
    """

    def __init__(
        self,
        game: Game,
        values: Callable[[], Mapping[str, int]],
        peek: Callable[[int], int],
        poke: Callable[[str, int], object] | None = None,
    ) -> None:
        """Read the script's files."""
        if game.script is None:
            raise GameError(f"{game.name} has no script")
        try:
            from lupa import lua51
        except ImportError:
            raise GameError(
                f"{game.name} has a Lua script, which needs lupa: pip install 'pylibretro[lua]'"
            ) from None
        self._lua = lua51
        self.game = game
        self._values, self._peek, self._poke = values, peek, poke
        self._sources = []
        for path in game.script.files:
            try:
                self._sources.append((path, read_text(path, errors="surrogateescape")))
            except OSError as problem:
                raise GameError(f"{game.name}: {path}: {problem.strerror}") from None
            except ValueError as problem:
                raise GameError(f"{game.name}: {problem}") from None
        self._own: dict[str, Any] = {}
        self.frame = 0
        self._functions: dict[str, Any] = {}
        self._load()

    def reset(self) -> None:
        """Begin an episode: the script's own variables are as it sets them at first.

        As in stable-retro, its functions are asked once for what the episode begins with.
        """
        self._load()
        self.step()

    def _load(self) -> None:
        self.frame = 0
        self._own.clear()
        lua = self._lua.LuaRuntime(
            register_eval=False,
            register_builtins=False,
            unpack_returned_tuples=True,
            attribute_filter=_nothing,
            max_memory=MOST_MEMORY,
        )
        names = lua.globals()
        self._limited = lua.eval(LIMIT)(MOST_INSTRUCTIONS, TOO_LONG)
        compiled = names["loadstring"]
        execute = lua.eval(
            "function(load, source, name) local f, problem = load(source, name) "
            "if not f then error(problem, 0) end return f end"
        )
        for name in TAKEN_AWAY:
            names[name] = None
        names["string"]["dump"] = None  # bytecode, which can read any memory
        table = lua.eval(
            "function(get, set) return setmetatable({}, {__index = function(_, key) "
            "return get(key) end, __newindex = function(_, key, value) set(key, value) end}) end"
        )
        names["data"] = table(self._get, self._set)
        names["scenario"] = table(self._get_scenario, lambda *_: None)
        for path, source in self._sources:
            if source.startswith("\x1b"):
                raise GameError(
                    f"{self.game.name}: {path} is bytecode of Lua, which can do anything"
                )
            try:
                self._limited(execute(compiled, source, "@" + os.path.basename(path)))
            except LibretroError:
                raise
            except (self._lua.LuaError, *OF_A_SCRIPT) as problem:
                raise GameError(f"{self.game.name}: {path}: {_what(problem)}") from None
        script = self.game.script
        assert script is not None
        self._functions = {}
        for function in (*script.rewards, script.done):
            if function is not None:
                if names[function] is None:
                    raise GameError(f"{self.game.name}: its script has no function {function}")
                self._functions[function] = names[function]

    def _get(self, key: Any) -> Any:
        if isinstance(key, (int, float)):
            if not math.isfinite(key):
                raise GameError(f"{self.game.name}: its script asks for memory at {key}")
            return self._peek(int(key))
        if key in self._own:
            return self._own[key]
        values = self._values()
        if key not in values:
            raise GameError(f"{self.game.name}: its script asks for {key!r}, which is no variable")
        return int(values[key])

    def _set(self, key: Any, value: Any) -> None:
        if not isinstance(key, str):
            raise GameError(f"{self.game.name}: its script writes to {key!r}, which is no variable")
        if key in self.game.watches and key not in self._own:
            if value is None:
                return
            if not isinstance(value, (int, float)) or not math.isfinite(value):
                raise GameError(f"{self.game.name}: its script writes {value!r} to {key!r}")
            if self._poke is not None:
                self._poke(key, int(value))
            return
        self._own[key] = value

    def _get_scenario(self, key: Any) -> int:
        if key == "frame":
            return self.frame
        if key == "timestep":
            return self.frame // FRAMES_PER_TIMESTEP
        raise GameError(f"{self.game.name}: a scenario has no {key!r}")

    def _call(self, name: str) -> Any:
        try:
            return self._limited(self._functions[name])
        except LibretroError:
            raise
        except (self._lua.LuaError, *OF_A_SCRIPT) as problem:
            raise GameError(f"{self.game.name}: {name}: {_what(problem)}") from None

    def step(self) -> tuple[tuple[float | None, ...], bool | None]:
        """Ask the script about the frame that has just run.

        Returns:
            Each player's reward, and whether the game is over; None where a rule decides.
        """
        script = self.game.script
        assert script is not None
        done = None if script.done is None else bool(self._call(script.done) or False)
        rewards = tuple(
            None if name is None else _number(self._call(name)) for name in script.rewards
        )
        self.frame += 1
        return rewards, done


def _what(problem: BaseException) -> str:
    if isinstance(problem, MemoryError):
        return f"it needs more than {MOST_MEMORY >> 20} MB of memory"
    return str(problem)


def _number(value: Any) -> float:
    if not isinstance(value, (int, float)):
        return 0.0
    with np.errstate(over="ignore"):
        return float(np.float32(value))


def _nothing(*_: Any) -> str:
    raise AttributeError("a script sees nothing of Python")
