"""The games of an installed stable-retro or gym-retro, read without importing either.

A game is a directory: `data.json` says where in memory the numbers are, `scenario.json` what they
are worth and when the game is over, `metadata.json` where it starts; states are beside them, and
the ROM if it was imported there. `read_integration` makes a `Game` of it, whose rules are computed
in C and give the same rewards and ends.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, reduce
from importlib.util import find_spec
from itertools import pairwise
from operator import or_
from typing import Any, NamedTuple

from pylibretro.error import GameError, GameWarning
from pylibretro.files.json_text import parse_json, read_text
from pylibretro.games.game import Game, Script
from pylibretro.games.integration_json import (
    crop_of,
    entries,
    first_value,
    member,
    rewards_of,
    single,
    whole,
)
from pylibretro.games.roms import hashes_of_integration, rom_of_integration
from pylibretro.input.consoles import CONSOLES, STABLE_RETRO_OPTIONS, Console
from pylibretro.memory.watch import Watch

__all__ = [
    "IntegrationTree",
    "find_game",
    "find_integrations",
    "integration_trees",
    "read_integration",
]

PACKAGES = ("stable_retro", "retro", "env_stableretro")
COLLECTIONS = ("stable", "contrib", "experimental")
CORE_ENDING = {"linux": ".so", "darwin": ".dylib", "win32": ".dll"}.get(sys.platform, ".so")

# Where stable-retro has a console's RAM when its core publishes no memory map.
RAM_BASES = {
    "Genesis": 0xFF0000,
    "Sms": 0xC000,
    "GameGear": 0xC000,
    "PCEngine": 0xF80000,
    "Atari2600": 0x80,
    "GameBoy": 0xC000,
    "GbColor": 0xC000,
    "Snes": 0x7E0000,
}
SWAPPED = ("Genesis", "SCD", "32x", "Saturn", "Arcade")  # words of 16 bits in the host's order
# Where this library has it, and how its words are swapped, see `pylibretro.memory`.
OUR_RAM = {
    "Genesis": (0xFF0000, 1),
    "SCD": (0xFF0000, 1),
    "32x": (0xFF0000, 1),
    "Sms": (0xC000, 0),
    "GameGear": (0xC000, 0),
    "PCEngine": (0x1F0000, 0),
    "Atari2600": (0x80, 0),
    "N64": (0x80000000, 3),
    "NintendoDs": (0x2000000, 0),
    "Saturn": (0, 0),
    "Arcade": (0, 0),
}
RAM_SIZES = {
    "Genesis": 0x10000,
    "SCD": 0x10000,
    "Sms": 0x2000,
    "GameGear": 0x2000,
    "Atari2600": 0x80,
}
CONSOLE_NAMES = {"FBNeo": "Arcade"}

# As stable-retro reads them: an order, a kind before the last character, which is the size. A kind
# that is none of i, d and n is a number without a sign; an order that is not known is "<".
TYPE = re.compile(r"(?=(><|<>|>=|<=|[<>=]|)).+(.)([1-8])", re.DOTALL)
# Orders of two halves, and of the bytes in them; some depend on this machine's own.
MIXED = {">=": "><", "<=": "<", "": "<"}
if sys.byteorder == "big":
    MIXED |= {">=": ">", "<=": "<>"}
# A game has one of these at least, or a ROM.
FILES = ("data.json", "rom.sha", "metadata.json", "scenario.json")

OPERATIONS = {
    "": "{m}",
    "equal": "{m} == {r}",
    "negative-equal": "{m} == -({r})",
    "not-equal": "{m} != {r}",
    "less-than": "{m} < {r}",
    "greater-than": "{m} > {r}",
    "less-or-equal": "{m} <= {r}",
    "greater-or-equal": "{m} >= {r}",
    "zero": "{m} == 0",
    "nonzero": "{m} != 0",
    "positive": "{m} > 0",
    "negative": "{m} < 0",
    "sign": "sign({m})",
}


class IntegrationTree(NamedTuple):
    """An installed collection of games.

    Attributes:
        data: The directory that holds games, itself or in its directories `stable`, `contrib` and
            `experimental`.
        cores: The directory of the cores that made its states; None if there is none.
    """

    data: str
    cores: str | None

    def games(self) -> Iterator[tuple[str, str]]:
        """Yield names and directories of its games; of two with the same name, the first."""
        seen = set()
        for name, path in self._directories():
            if name not in seen and is_game(path):
                seen.add(name)
                yield name, path

    def names(self) -> Iterator[str]:
        """Yield the names of its directories, which are its games' names, but look into none."""
        for name, _ in self._directories():
            yield name

    def _directories(self) -> Iterator[tuple[str, str]]:
        for collection in (*COLLECTIONS, ""):
            directory = os.path.join(self.data, collection)
            try:
                entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
            except OSError:
                continue
            for entry in entries:
                hidden = entry.name in COLLECTIONS or entry.name.startswith(("_", "."))
                if not hidden and entry.is_dir():
                    yield entry.name, entry.path


def is_game(directory: str) -> bool:
    """Whether a directory is a game: it has one of the files of an integration, or a ROM."""
    if any(os.path.isfile(os.path.join(directory, name)) for name in FILES):
        return True
    try:
        return any(name.startswith("rom.") for name in os.listdir(directory))
    except OSError:
        return False


def integration_trees(paths: Iterable[str | os.PathLike[str]] = ()) -> list[IntegrationTree]:
    """Return the collections of games that are installed here.

    Args:
        paths: Further directories of games, which come first.

    Returns:
        Those of `paths`, of the environment variable `RETRO_DATA_PATH`, and of the packages
        stable-retro, gym-retro and env-stableretro. `RETRO_CORE_PATH` names a directory of cores.
    """
    core_path = os.environ.get("RETRO_CORE_PATH")
    trees = []
    packages = _packages()
    cores = _installed_cores()
    wanted = [os.fspath(path) for path in paths]
    if os.environ.get("RETRO_DATA_PATH"):
        wanted.append(os.environ["RETRO_DATA_PATH"])
    for path in wanted:
        beside = os.path.join(os.path.dirname(os.path.abspath(path)), "cores")
        trees.append(IntegrationTree(path, beside if os.path.isdir(beside) else cores))
    for package in packages:
        data, own = os.path.join(package, "data"), os.path.join(package, "cores")
        if os.path.isdir(data):
            trees.append(IntegrationTree(data, core_path or (own if os.path.isdir(own) else None)))
    return trees


def _packages() -> list[str]:
    return [package for package in map(_package_directory, PACKAGES) if package is not None]


def _installed_cores() -> str | None:
    """Return the directory of cores of the first installed package that has one."""
    named = os.environ.get("RETRO_CORE_PATH")
    installed = [os.path.join(package, "cores") for package in _packages()]
    return next((path for path in (named, *installed) if path and os.path.isdir(path)), None)


def _package_directory(name: str) -> str | None:
    try:
        specification = find_spec(name)
    except (ImportError, ValueError):
        return None
    if specification is None or not specification.submodule_search_locations:
        return None
    return next(iter(specification.submodule_search_locations))


def find_integrations(
    paths: Iterable[str | os.PathLike[str]] = (),
) -> dict[str, tuple[str, str | None]]:
    """Return the games that are installed here: name -> (directory, directory of cores)."""
    found: dict[str, tuple[str, str | None]] = {}
    for tree in integration_trees(paths):
        for name, directory in tree.games():
            found.setdefault(name, (directory, tree.cores))
    return found


def find_game(name: str, paths: Iterable[str | os.PathLike[str]] = (), **choices: str) -> Game:
    """Return the installed game of this name; a `-v0` at its end may be left out.

    Raises:
        GameError: There is none.
    """
    trees = integration_trees(paths)
    for tree in trees:
        for candidate in (name, f"{name}-v0"):
            for collection in (*COLLECTIONS, ""):
                directory = os.path.join(tree.data, collection, candidate)
                if is_game(directory):
                    return read_integration(directory, cores=tree.cores, **choices)
    from difflib import get_close_matches

    known = find_integrations(paths)
    near = get_close_matches(name, known, 3)
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    where = ", ".join(tree.data for tree in trees) or "no directories: is stable-retro installed?"
    raise GameError(f"there is no game {name!r}{hint} (looked in {where})")


@cache
def _core_descriptions(cores: str) -> dict[str, dict[str, Any]]:
    """What the files beside stable-retro's cores say about each system."""
    systems: dict[str, dict[str, Any]] = {}
    for entry in sorted(os.listdir(cores)):
        if entry.endswith(".json"):
            systems.update(_json(os.path.join(cores, entry)))
    return systems


def _json(path: str) -> dict[str, Any]:
    try:
        content = parse_json(read_text(path))
    except ValueError as problem:
        raise GameError(f"{path} is no JSON: {problem}") from None
    if not isinstance(content, dict):
        raise GameError(f"{path} holds no JSON object")
    return content


def read_integration(
    directory: str | os.PathLike[str],
    *,
    cores: str | None = None,
    scenario: str = "scenario",
    info: str = "data",
) -> Game:
    """Read a game of stable-retro or gym-retro.

    Args:
        directory: Its directory.
        cores: The directory of the cores that made its states. Unless given, the core is found by
            its name; its buttons are those that an installed stable-retro knows.
        scenario: Which of its scenarios: the name of a file without `.json`, or a path with it.
        info: The same for its variables.

    Raises:
        GameError: Something in its files makes no sense, or it has no such scenario or variables.
        OSError: A file cannot be read.
    """
    path = os.path.abspath(os.fspath(directory))
    name = os.path.basename(path)
    try:
        return _read(path, name, cores, scenario, info)
    except GameError as problem:
        raise GameError(f"{name}: {problem}") from None
    except (LookupError, TypeError, AttributeError, ValueError, ArithmeticError) as problem:
        raise GameError(f"{name}: its files make no sense: {problem!r}") from problem
    except RecursionError:
        raise GameError(f"{name}: its files are nested too deeply") from None


def _file(path: str, name: str) -> str:
    return name if name.endswith(".json") else os.path.join(path, f"{name}.json")


def _read(path: str, name: str, cores: str | None, scenario: str, info: str) -> Game:
    metadata_file = os.path.join(path, "metadata.json")
    metadata = _metadata(name, metadata_file)
    descriptions = cores if cores is not None else _installed_cores()
    described = _core_descriptions(descriptions) if descriptions is not None else {}
    system, console = _console(path, name, metadata, described)
    console_name = console.name
    about = described.get(system) or described.get({"Arcade": "FBNeo"}.get(system, "")) or {}
    memory = _AddressSpace(
        console_name,
        int(about.get("rambase", 0) if about else RAM_BASES.get(console_name, 0)),
        about.get("overlay") if about else (["=", ">", 2] if console_name in SWAPPED else None),
    )
    variables = _Variables(_info(path, name, info), memory, game=name)
    told, directory = _scenario(path, scenario)
    players = rewards_of(told)
    done = told.get("done")
    library = about.get("lib", console.core)
    rewards = tuple(_reward_rule(reward, variables) for reward in players)
    states = {
        file[: -len(".state")]: os.path.join(path, file)
        for file in sorted(os.listdir(path))
        if file.endswith(".state")
    }
    differences = list(variables.differences)
    start = _start(path, metadata, states, differences)
    actions = _actions(
        name,
        told.get("actions") or about.get("actions"),
        about.get("buttons") or console.buttons,
        differences,
    )
    shown = {state: file for state, file in states.items() if not state.startswith("_")}
    for state in (start,) if isinstance(start, str) else start or ():
        shown.setdefault(state, states[state])
    return Game(
        name=name,
        core=_core(library, cores),
        content=rom_of_integration(path, metadata, about.get("ext", console.extensions)),
        sha1=hashes_of_integration(path),
        console=console.name,
        options=STABLE_RETRO_OPTIONS.get(library, {}),
        states=shown,
        start=start,
        watches=variables.watches,
        reward=(rewards[0] if len(rewards) == 1 else rewards) if rewards else None,
        done=_done_rule(done, variables),
        crop=crop_of(told),
        actions=actions,
        players=max(len(players), len(_player_states(metadata)), _players(metadata)),
        script=_script(told, directory, players, done),
        differences=tuple(differences),
        path=path,
    )  # fmt: skip


def _metadata(name: str, file: str) -> dict[str, Any]:
    if not os.path.isfile(file):
        return {}
    try:
        return _json(file)
    except GameError as problem:
        warnings.warn(f"{name}: {problem}; it goes on without", GameWarning, stacklevel=2)
        return {}


def _info(path: str, name: str, info: str) -> Mapping[str, Any]:
    """Return the variables of a game."""
    file = _file(path, info)
    if not os.path.isfile(file):
        if info != "data":
            raise GameError(f"it has no variables {info!r}; it has: {_others(path)}")
        warnings.warn(f"{name}: it has no data.json, so no variables", GameWarning, stacklevel=2)
        return {}
    data = first_value(file)
    if not isinstance(data, Mapping):
        raise GameError(f"{file} holds no JSON object")
    if "info" not in data:
        raise GameError(f"its data make no sense: {file} has no 'info', the object of variables")
    return entries(data["info"], "variables")


def _scenario(path: str, scenario: str) -> tuple[Mapping[str, Any], str]:
    """Return what a scenario says, and the directory of its file."""
    file = _file(path, scenario)
    directory = os.path.dirname(os.path.abspath(file))
    if os.path.isfile(file):
        told = first_value(file)
        return told if isinstance(told, Mapping) else {}, directory
    if scenario == "scenario":
        return {}, directory
    raise GameError(f"it has no scenario {scenario!r}; it has: {_others(path)}")


def _others(path: str) -> str:
    others = {other[: -len(".json")] for other in os.listdir(path) if other.endswith(".json")}
    return ", ".join(sorted(others - {"data", "metadata"})) or "none"


def _script(
    told: Mapping[str, Any], directory: str, players: Sequence[Any], done: Any
) -> Script | None:
    rewards = tuple(_function(member(reward, "script")) for reward in players)
    ends = _function(member(done, "script"))
    if ends is None and not any(rewards):
        return None
    files = told.get("scripts") or ()
    files = (files,) if isinstance(files, str) else tuple(files)
    if not all(isinstance(file, str) for file in files):
        raise GameError(f"its scripts are {told['scripts']!r}; names of files are needed")
    return Script(tuple(os.path.join(directory, file) for file in files), rewards, ends)


def _players(metadata: Mapping[str, Any]) -> int:
    count = metadata.get("players")
    text = str(int(count)) if isinstance(count, (int, float)) else str(count)
    return max(int(text), 1) if text.isdecimal() else 1


def _console(
    path: str, name: str, metadata: Mapping[str, Any], described: Mapping[str, Mapping[str, Any]]
) -> tuple[str, Console]:
    """Return the system of a game, and the console that it is.

    It is what its metadata say, or else its name; where that is no console, its ROM's ending says.
    """
    said = metadata.get("system")
    if said and isinstance(said, str):
        systems = [said]
    else:
        said = _system(name)
        endings = {file.rpartition(".")[2] for file in os.listdir(path) if file.startswith("rom.")}
        systems = [said, *(each for each in described if endings & {*described[each]["ext"]})]
        systems += [console.name for console in CONSOLES if endings & {*console.extensions}]
    for system in systems:
        console_name = CONSOLE_NAMES.get(system, system)
        console = next((known for known in CONSOLES if known.name == console_name), None)
        if console is not None:
            return system, console
    raise GameError(f"its console {said!r} is not known")


def _actions(
    game: str, groups: Any, buttons: Sequence[str | None], differences: list[str]
) -> list[list[list[str]]] | None:
    """Groups of combinations in stable-retro's order, on which agents' choices depend.

    Both go by their bits: those of a combination, and those of all buttons of a group. Of groups
    with the same buttons the first one counts. A button that is not known has a bit, too, behind
    all others, but none presses it.
    """
    if groups is None:
        return None
    bits = {name: 1 << bit for bit, name in enumerate(buttons) if name is not None}
    ordered: dict[int, dict[int, list[str]]] = {}
    unknown: dict[str, None] = {}
    for group in _texts(groups, 3):
        by_bits = {}
        for names in group or [[]]:
            known = [name for name in names if name in bits]
            unknown |= dict.fromkeys(name for name in names if name not in bits)
            mask = sum(bits[name] for name in set(known))
            by_bits[mask | (len(known) < len(names)) << len(buttons)] = known
        ordered.setdefault(reduce(or_, by_bits, 0), by_bits)
    if unknown:
        text = (
            f"its actions have the buttons {', '.join(map(repr, unknown))}, which are never "
            f"pressed; its console has {', '.join(bits)}"
        )
        warnings.warn(f"{game}: {text}", GameWarning, stacklevel=2)
        differences.append(text)
    return [[ordered[of][mask] for mask in sorted(ordered[of])] for of in sorted(ordered)]


def _texts(value: Any, depth: int) -> Any:
    """Check that this is lists of lists of texts, so many of them in each other."""
    if depth == 0 and isinstance(value, str):
        return value
    if depth == 0 or not isinstance(value, list):
        raise GameError(
            f"its actions have {value!r}; groups of combinations of buttons are needed, such as "
            f'[[[], ["LEFT"], ["RIGHT"]], [[], ["A"]]]'
        )
    return [_texts(each, depth - 1) for each in value]


def _system(name: str) -> str:
    """The console at the end of a game's name."""
    return re.sub(r"-v\d+$", "", name).rpartition("-")[2]


def _function(script: Any) -> str | None:
    if script is None:
        return None
    if not isinstance(script, str):
        raise GameError(f"its script is {script!r}; the name of a function is needed")
    language, _, function = script.rpartition(":")
    if language not in ("", "lua"):
        raise GameError(f"its script {script!r} is in no language that is known here")
    return function


def _core(library: str, cores: str | None) -> str:
    if cores is not None:
        path = os.path.join(cores, f"{library}_libretro{CORE_ENDING}")
        if os.path.isfile(path):
            return path
    return library


def _player_states(metadata: Mapping[str, Any]) -> list[str]:
    """Return the first states for one player, two players, ..."""
    named = metadata.get("default_player_state") or []
    return [named] if isinstance(named, str) else list(named)


def _start(
    path: str, metadata: Mapping[str, Any], states: dict[str, str], differences: list[str]
) -> str | tuple[str, ...] | None:
    """Return the name of the first state, or one for each number of players."""
    several = _player_states(metadata)
    wanted = several or metadata.get("default_state")
    if wanted is None:
        return None
    names = [wanted] if isinstance(wanted, str) else list(wanted)
    if len(several) == 1 and isinstance(metadata.get("default_state"), str):
        names.append(metadata["default_state"])  # for two players
    if not all(isinstance(name, str) for name in names):
        raise GameError(f"its first state is {wanted!r}; the name of a state is needed")
    names = [name.removesuffix(".state") for name in names]
    for name in names:
        file = os.path.join(path, f"{name}.state")
        if name not in states and os.path.isfile(file):
            states[name] = file  # its name has a directory
    missing = next((name for name in names[: len(several) or None] if name not in states), None)
    if missing is not None:
        differences.append(f"its first state {missing!r} is not there: it starts at power-on")
        return None
    return names[0] if isinstance(wanted, str) else tuple(name for name in names if name in states)


class _UnreadableError(Exception):
    """A variable that cannot be read."""


def _address(value: Any) -> int:
    """An address as a number, or as text as in Python."""
    try:
        return int(value, 0) if isinstance(value, str) else int(value)
    except (ValueError, TypeError, OverflowError):
        raise _UnreadableError(f"its address is {value!r}") from None


# ---- variables -------------------------------------------------------------------------------


@dataclass
class _AddressSpace:
    """How addresses of an integration become those of this library."""

    console: str
    base: int
    overlay: Sequence[Any] | None

    def locate(self, address: int, size: int) -> list[int]:
        """Where the bytes of a number are on our bus, in the order of stable-retro's addresses."""
        places = range(address, address + size)
        if address < 0:
            raise _UnreadableError(f"its address is {address}")
        if self.console not in OUR_RAM:
            return list(places)  # the core's own memory map
        start, swap = OUR_RAM[self.console]
        mask = 0
        if self.overlay is not None:
            backing, real, width = self.overlay
            native = "<" if sys.byteorder == "little" else ">"
            mask = int(width) - 1 if backing.replace("=", native) != real else 0
        if address < self.base:
            raise _UnreadableError(
                f"its address {address:#x} is below the console's RAM at {self.base:#x}"
            )
        if address + size > self.base + RAM_SIZES.get(self.console, size + address):
            raise _UnreadableError(f"its address {address:#x} is beyond the console's RAM")
        return [(((place - self.base) ^ mask) ^ swap) + start for place in places]


@dataclass
class _Variables:
    """The variables of a game as watches, and as what rules call them."""

    info: Mapping[str, Any]
    memory: _AddressSpace
    watches: dict[str, Watch] = field(default_factory=dict)
    expressions: dict[str, str] = field(default_factory=dict)
    differences: list[str] = field(default_factory=list)
    unreadable: dict[str, str] = field(default_factory=dict)
    game: str = "the game"

    def __post_init__(self) -> None:
        for name, variable in self.info.items():
            try:
                self._add(name, variable)
            except _UnreadableError as problem:
                self.leave_out(name, str(problem))

    def leave_out(self, name: str, why: str) -> None:
        """Go on without a variable, as stable-retro does, and say so."""
        text = f"the variable {name!r} is left out: {why}"
        warnings.warn(f"{self.game}: {text}", GameWarning, stacklevel=2)
        self.differences.append(text)
        self.unreadable[name] = why

    def _add(self, name: str, variable: Any) -> None:
        if member(variable, "address") is None or not isinstance(member(variable, "type"), str):
            raise GameError(
                f"its variable {name!r} is {variable!r}; an address and the text of a type, such "
                f"as '>u2', are needed"
            )
        parsed = TYPE.fullmatch(variable["type"])
        if parsed is None:
            raise _UnreadableError(
                f"its type is {variable['type']!r}; an order, a kind and 1 to 8 bytes, such as "
                f"'>u2', are needed"
            )
        order, size = parsed[1], int(parsed[3])
        kind = parsed[2] if parsed[2] in "idn" else "u"
        order = MIXED.get(order, order)
        if order == "=":
            order = "<" if sys.byteorder == "little" else ">"
        places = self.memory.locate(_address(variable["address"]), size)
        if len(order) == 2:
            first, second = places[: size // 2], places[size // 2 :]
            # The highest first, as a number in big-endian order has them.
            places = first[::-1] + second[::-1] if order == "><" else second + first
            order = ">"
        steps = {after - before for before, after in pairwise(places)}
        mask = variable.get("mask")
        if mask is not None and not isinstance(mask, (int, float)):
            raise GameError(f"its variable {name!r} has the mask {mask!r}; a number is needed")
        mask = None if mask is None else int(mask)
        if len(steps) > 1 or steps - {1, -1}:
            self._add_bytes(name, places if order == ">" else places[::-1], kind, mask)
            return
        if steps == {-1}:
            places, order = places[::-1], {"<": ">", ">": "<"}[order]
        exact = mask is None or kind == "u" or (kind == "i" and -128 <= mask < 0)
        kept = None if mask is None or not exact else mask & (256**size - 1)
        text = f"|{kind}1" if size == 1 else f"{order}{kind}{size}"
        self.watches[name] = Watch(places[0], text, kept or None)
        self.expressions[name] = _watch_expression(name)
        if kept == 0 or not exact:
            self._mask(name, int(mask or 0))

    def _mask(self, name: str, mask: int) -> None:
        self.expressions[name] = f"({self.expressions[name]} & {mask})"
        self.differences.append(f"info has {name!r} without its mask {mask}; its rules have it")

    def _add_bytes(self, name: str, places: Sequence[int], kind: str, mask: int | None) -> None:
        """A number whose bytes do not lie in a row: one watch for each, the highest first."""
        base = {"u": 256, "i": 256, "d": 100, "n": 10}[kind]
        terms = []
        for i, place in enumerate(places):
            part = f"{name}.{len(places) - 1 - i}"
            highest = kind if kind != "i" or i == 0 else "u"
            self.watches[part] = Watch(place, f"|{highest}1")
            terms.append(f"{_watch_expression(part)} * {base ** (len(places) - 1 - i)}")
        self.expressions[name] = f"({' + '.join(terms)})"
        self.differences.append(
            f"info has the {len(places)} bytes of {name!r} as {name}.{len(places) - 1} to {name}.0"
        )
        if mask is not None:
            self._mask(name, mask)

    def __getitem__(self, name: str) -> str:
        if name in self.unreadable:
            raise GameError(
                f"its scenario has the variable {name!r}, which cannot be read: "
                f"{self.unreadable[name]}"
            )
        if name not in self.expressions:
            raise GameError(f"its scenario has the variable {name!r}, which its data lack")
        return self.expressions[name]


_WORDS = {
    "abs", "and", "bit", "clip", "delta", "else", "frames", "if", "in", "initial", "max", "min",
    "not", "or", "previous", "sign", "watch", "True", "False", "None",
}  # fmt: skip


def _watch_expression(name: str) -> str:
    from keyword import iskeyword

    plain = name.isidentifier() and name.isascii() and not iskeyword(name) and name not in _WORDS
    return name if plain else f"watch({name!r})"


# ---- scenarios -------------------------------------------------------------------------------


def _operation(variable: Any) -> str:
    named = member(variable, "op")
    return named if isinstance(named, str) and named in OPERATIONS else ""


def _measured(name: str, variable: Any, usual: str, variables: _Variables) -> str:
    measurement = member(variable, "measurement")
    if measurement not in ("absolute", "delta"):
        measurement = usual
    value = variables[name] if measurement == "absolute" else f"delta({variables[name]})"
    return OPERATIONS[_operation(variable)].format(m=value, r=whole(member(variable, "reference")))


def _number(value: float) -> str:
    return repr(int(value)) if value.is_integer() else repr(value)


def _reward_rule(reward: Any, variables: _Variables) -> str:
    """A variable earns `reward` times what is above 0, and `penalty` times what is below."""
    if member(reward, "script") is not None:
        return "0"
    terms = []
    time = member(reward, "time")
    if time:
        # Its measured value is 1 in every frame, whatever the measurement.
        one = OPERATIONS[_operation(time)].format(m="1", r=whole(member(time, "reference")))
        terms += _weighted(one, time)
    for name, variable in entries(member(reward, "variables"), "variables of a reward").items():
        terms += _weighted(_measured(name, variable, "delta", variables), variable)
    return " + ".join(terms) or "0"


def _weighted(value: str, variable: Any) -> list[str]:
    above, below = single(member(variable, "reward")), single(member(variable, "penalty"))
    if above == below:
        return [f"({value}) * {_number(above)}"] if above else []
    terms = []
    if above:
        terms.append(f"max({value}, 0) * {_number(above)}")
    if below:
        terms.append(f"min({value}, 0) * {_number(below)}")
    return terms


def _done_rule(done: Any, variables: _Variables) -> str | None:
    """A variable is true above 0, and so is a node; `condition` joins them, "any" if not given."""
    if not done or member(done, "script") is not None:
        return None
    return _node(done, variables)


def _node(node: Any, variables: _Variables) -> str:
    terms = []
    for name, variable in entries(member(node, "variables"), "variables of done").items():
        value = _measured(name, variable, "absolute", variables)
        truth = _operation(variable) not in ("", "sign")
        terms.append(value if truth else f"({value}) > 0")
    nodes = entries(member(node, "nodes"), "nodes of done")
    terms += [_node(child, variables) for child in nodes.values()]
    every = member(node, "condition") == "all"
    if not terms:
        return "True" if every else "False"
    if len(terms) == 1:
        return terms[0]
    return (" and " if every else " or ").join(f"({term})" for term in terms)
