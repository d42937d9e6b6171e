"""The games of stable-retro here and there: a table of what is equal, for docs/parity.md.

    python benchmarks/parity_of_games.py [--steps 2000] [--write docs/parity.md]

Every game of its integrations whose ROM is known here (ale-py carries 32) is played in both, from
each of its states and with each kind of actions, by the same random actions, with resets when the
game is over and every 700 steps: rewards, ends, infos, RAM and pictures are compared after each.
Every state of the others is loaded with a free ROM of the same console, in both, and what comes of
it is compared: whether the core takes it, and RAM and picture a frame later.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import os
import subprocess
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha1
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro import Core, StateError
from pylibretro.envs.game_envs import make_game_env
from pylibretro.games.integration import read_integration

ACTIONS = {
    "buttons": "ALL",
    "filtered": "FILTERED",
    "discrete": "DISCRETE",
    "multi_discrete": "MULTI_DISCRETE",
}
COMPARED = ("reward", "done", "info", "ram", "picture")
STEPS_OF_AN_EPISODE = 700
OURS_ALONE = ("episode_frame_number", "start_state", "rewards")

QUIET = """
import contextlib, gzip, json, os, sys, zlib
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import numpy as np
"""

PLAY = (
    QUIET
    + """
name, state, actions, steps, seed, episode = sys.argv[1:]
env = stable_retro.make(name, state=state, render_mode="rgb_array",
                        use_restricted_actions=stable_retro.Actions[actions])
env.action_space.seed(int(seed))
def tell(observation, reward, done, info):
    ram, picture = env.get_ram(), np.ascontiguousarray(observation)
    print(json.dumps([float(reward), bool(done), info, zlib.crc32(ram), zlib.crc32(picture)]))
print(env.action_space)
tell(env.reset()[0], 0, False, env.data.lookup_all())
for step in range(1, int(steps) + 1):
    observation, reward, done, _, info = env.step(env.action_space.sample())
    tell(observation, reward, done, info)
    if done or step % int(episode) == 0:
        tell(env.reset()[0], 0, False, env.data.lookup_all())
"""
)

LOAD = (
    QUIET
    + """
rom = sys.argv[1]
for line in sys.stdin:
    contents = gzip.open(line.strip()).read()
    machine = stable_retro.RetroEmulator(rom)
    data = stable_retro.data.GameData()
    machine.configure_data(data)
    machine.step()
    taken = bool(machine.set_state(contents))
    machine.step()
    data.reset()
    data.update_ram()
    blocks = {start: bytes(block) for start, block in data.memory.blocks.items()}
    sums = {f"{start:x}+{len(block):x}": zlib.crc32(block) for start, block in blocks.items()}
    picture = np.ascontiguousarray(machine.get_screen())
    print(json.dumps([taken, sums, zlib.crc32(picture), picture.shape]), flush=True)
    del data, machine
"""
)


@dataclass
class Played:
    """A game that was played in both, and where they differed first."""

    game: str
    state: str
    actions: str
    steps: int = 0
    episodes: int = 0
    opened_again: bool = False
    space: bool = True
    differ: Counter[str] = field(default_factory=Counter)
    first: dict[str, int] = field(default_factory=dict)


def check_sum(array: NDArray[Any]) -> int:
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def as_stable_retro(core: Core, picture: np.ndarray[Any, np.dtype[np.uint8]]) -> bytes:
    """The bits of a picture that stable-retro has: it makes 8 bits of 5 by shifting alone."""
    raw = core.raw_frame
    if raw is not None and raw.dtype == np.uint16:
        return (picture & np.array([0xF8, 0xFC, 0xF8], np.uint8)).tobytes()
    return np.ascontiguousarray(picture).tobytes()


@cache
def known_roms() -> dict[str, Path]:
    """The ROMs that ale-py and stable-retro carry, by their SHA-1."""
    roms: dict[str, Path] = {}
    for package, pattern in (("ale_py", "roms/*.bin"), ("stable_retro", "data/*/*/rom.*")):
        spec = find_spec(package)
        if spec is not None and spec.origin is not None:
            for path in Path(spec.origin).parent.glob(pattern):
                if path.suffix != ".sha":
                    roms[sha1(path.read_bytes()).hexdigest()] = path
    return roms


def rom_of(integration: Path) -> Path | None:
    """The ROM of an integration, if it is here."""
    try:
        digests = (integration / "rom.sha").read_text().split()
    except OSError:
        return None
    return next((known_roms()[digest] for digest in digests if digest in known_roms()), None)


def with_rom(integration: Path, directory: Path, extension: str) -> Path:
    """A copy of the integration that has its ROM, as links, where stable-retro looks for it."""
    copy = directory / "stable" / integration.name
    if not copy.exists():
        copy.mkdir(parents=True)
        for path in integration.iterdir():
            (copy / path.name).symlink_to(path)
        rom = rom_of(integration)
        assert rom is not None
        with contextlib.suppress(FileExistsError):
            (copy / f"rom{extension}").symlink_to(rom)
    return copy


def play(
    integration: Path, state: str, actions: str, *, steps: int, directory: Path, seed: int = 0
) -> Played:
    """Play a game in both."""
    rom = rom_of(integration)
    assert rom is not None
    extension = {".bin": ".a26"}.get(rom.suffix, rom.suffix)
    copy = with_rom(integration, directory, extension)
    played = Played(integration.name, state, actions)
    settings = [copy.name, state, ACTIONS[actions], steps, seed, STEPS_OF_AN_EPISODE]
    child = subprocess.Popen(
        [sys.executable, "-c", PLAY, *map(str, settings)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "RETRO_DATA_PATH": str(directory)},
    )
    assert child.stdout is not None
    lines = (line for line in child.stdout if line[0] in "[MD")
    env: Any = make_game_env(read_integration(copy), content=str(rom), state=state, actions=actions)
    own = env.unwrapped
    played.opened_again = own.episodes.opens_again
    env.action_space.seed(seed)
    played.space = next(lines).strip() == str(env.action_space)

    def compare(observation: Any, reward: float, done: bool, info: dict[str, Any]) -> None:
        expected = json.loads(next(lines))
        info = {name: value for name, value in info.items() if name not in OURS_ALONE}
        memory = own.core.memory.system_ram
        picture = as_stable_retro(own.core, observation)
        found = [np.float32(reward), done, info, check_sum(memory), zlib.crc32(picture)]
        expected[0] = np.float32(expected[0])
        for name, one, other in zip(COMPARED, found, expected, strict=True):
            if one != other:
                played.differ[name] += 1
                played.first.setdefault(name, played.steps)

    observation, info = env.reset(seed=seed)
    compare(observation, 0, False, info)
    for step in range(1, steps + 1):
        observation, reward, done, _, info = env.step(env.action_space.sample())
        played.steps = step
        compare(observation, reward, done, info)
        if done or step % STEPS_OF_AN_EPISODE == 0:
            played.episodes += 1
            compare(*(lambda begun: (begun[0], 0, False, begun[1]))(env.reset()))
    env.close()
    child.stdout.close()
    if child.wait():
        raise RuntimeError(f"stable-retro failed at {integration.name}")
    return played


def playable(package: Path) -> list[tuple[Path, str]]:
    """Every game whose ROM is here, with each of its states."""
    games = sorted(path for path in package.glob("data/stable/*") if rom_of(path) is not None)
    return [(game, state.stem) for game in games for state in sorted(game.glob("[!_]*.state"))]


# ---- states of games whose ROM is not here ----------------------------------------------------


@dataclass
class Loaded:
    """The states of a console that were loaded with a free ROM in both."""

    console: str
    rom: str
    states: int = 0
    taken: int = 0
    of_other_size: int = 0
    differ: list[str] = field(default_factory=list)


def consoles(package: Path) -> dict[str, list[Path]]:
    """The states of all integrations, by the console of the game."""
    found: dict[str, list[Path]] = {}
    for path in sorted(package.glob("data/*/*/*.state")):
        parts = path.parent.name.split("-")
        console = parts[-2] if parts[-1].startswith("v") else parts[-1]
        found.setdefault(console, []).append(path)
    return found


def in_turn(command: list[str], states: list[Path]) -> Iterator[Any]:
    """What a program says of each state; None for one that it did not survive."""
    place = 0
    while place < len(states):
        text = "".join(f"{state}\n" for state in states[place:])
        done = subprocess.run(
            command, input=text, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        answers = [json.loads(line) for line in done.stdout.splitlines() if line[:1] == "["]
        yield from answers
        place += len(answers)
        if place < len(states):
            yield None
            place += 1


def load_here(core: str, rom: str) -> None:
    """Load the states that are named on standard input, and print what comes of each."""
    for line in sys.stdin:
        state = Path(line.strip())
        contents = gzip.decompress(state.read_bytes())
        game = read_integration(state.parent)
        with Core(core, rom, options=game.options, controllers=game.controllers) as machine:
            if machine.info.name != "Stella":  # which stable-retro opens again for each state
                machine.run()
            try:
                machine.load_state(contents)
                taken = True
            except StateError:
                taken = False
            machine.run()
            memory = machine.memory
            blocks = {
                f"{area.start:x}+{area.length:x}": zlib.crc32(
                    bytes(memory.read_bytes(area.start, area.length))
                )
                for area in memory.map
                if area.mapped and area.length
            }
            blocks[""] = check_sum(memory.system_ram)
            picture = machine.frame
            shown = 0 if picture is None else zlib.crc32(as_stable_retro(machine, picture))
            size = [0, 0, 3] if picture is None else picture.shape
            print(json.dumps([taken, blocks, shown, size]), flush=True)


def load(core: Path, rom: Path, console: str, states: list[Path]) -> Loaded:
    """Load the states of a console in both."""
    loaded = Loaded(console, rom.name, len(states))
    theirs = in_turn([sys.executable, "-c", LOAD, str(rom)], states)
    here = [sys.executable, __file__, "--load-here", str(core), str(rom)]
    for state, there, ours in zip(states, theirs, in_turn(here, states), strict=True):
        name = f"{state.parent.name}/{state.stem}"
        if there is None or ours is None:
            which = [who for who, what in (("there", there), ("here", ours)) if what is None]
            loaded.differ.append(f"{name}: ended the process {' and '.join(which)}")
        elif there[0] != ours[0]:
            loaded.differ.append(f"{name}: taken {'there' if there[0] else 'here'} alone")
        elif there[0]:
            loaded.taken += 1
            blocks = {place: ours[1].get(place, ours[1][""]) for place in there[1]}
            if there[1] != blocks:
                wrong = [place for place, block in there[1].items() if block != blocks[place]]
                loaded.differ.append(f"{name}: RAM at {', '.join(wrong)}")
            if there[3] != ours[3]:
                loaded.of_other_size += 1
            elif there[2] != ours[2]:
                loaded.differ.append(f"{name}: picture")
    return loaded


FREE_ROMS = {
    "Atari2600": "stella-atari2600",
    "GameBoy": "gambatte-game_boy",
    "Genesis": "genesis_plus_gx-airstriker",
    "N64": "parallel_n64-nintendo_64",
    "Nes": "fceumm-nes",
    "Sms": "genesis_plus_gx-master_system",
    "Snes": "snes9x-super_nintendo",
}

HEAD = """# Parity with stable-retro

The games of stable-retro's integrations, played there and here by the same random actions, and
compared after every step: reward, end, info, RAM and picture. `python
benchmarks/parity_of_games.py --write docs/parity.md` makes this page; stable-retro and ale-py have
to be installed. Pictures of 16 bits a pixel are compared without the lowest bits, which
stable-retro leaves zero; rewards in single precision, as it has them.
"""


def games_text(results: list[Played]) -> str:
    """The table of the games that were played."""
    lines = [
        "## Games that were played",
        "",
        f"{len({one.game for one in results})} games whose ROM is known here, from "
        f"{len({(one.game, one.state) for one in results})} states, with each kind of actions: "
        f"{sum(one.steps for one in results):,} steps in {sum(one.episodes for one in results):,} "
        "episodes.",
        "",
        "| game | state | actions | steps | episodes | opened again | differences |",
        "|---|---|---|---|---|---|---|",
    ]
    for (game, state), group in grouped(results).items():
        for same in alike(group):
            one = same[0]
            differences = ", ".join(
                f"{name} {count} times, first in step {one.first[name]}"
                for name, count in one.differ.items()
            )
            if not one.space:
                differences = f"{differences}, the space of actions".lstrip(", ")
            lines.append(
                f"| {game} | {state} | {', '.join(each.actions for each in same)} | "
                f"{sum(each.steps for each in same):,} | {sum(each.episodes for each in same):,} | "
                f"{'yes' if one.opened_again else 'no'} | {differences or 'none'} |"
            )
    return "\n".join(lines)


def grouped(results: list[Played]) -> dict[tuple[str, str], list[Played]]:
    groups: dict[tuple[str, str], list[Played]] = {}
    for one in results:
        groups.setdefault((one.game, one.state), []).append(one)
    return groups


def alike(group: list[Played]) -> list[list[Played]]:
    """Those without differences together, and each of the others alone."""
    equal = [one for one in group if not one.differ and one.space]
    return [equal] * bool(equal) + [[one] for one in group if one.differ or not one.space]


def states_text(results: list[Loaded], missing: dict[str, int]) -> str:
    """The table of the states that were loaded."""
    lines = [
        "## States of the other games",
        "",
        "Each was loaded with a free ROM of the same console, after one frame, and the machine ran "
        "one frame more. Where the state is of a machine with another size of picture than the ROM "
        "has at first, stable-retro still reads pictures of the first size, and RAM alone is "
        "compared.",
        "",
        "| console | ROM | states | taken by both | of another size | differences |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.console} | {one.rom} | {one.states} | {one.taken} | {one.of_other_size} | "
        f"{'; '.join(one.differ) or 'none'} |"
        for one in results
    ]
    lines += [
        f"| {console} | none that is free and runs without a BIOS | {count} | | | not tried |"
        for console, count in sorted(missing.items())
    ]
    return "\n".join(lines)


def compare_states(package: Path, directory: Path) -> tuple[list[Loaded], dict[str, int]]:
    """Load the states of all consoles for which there is a free ROM."""
    from real import PLAYS

    plays = {play.id.partition(":")[2]: play for play in PLAYS if play.id.startswith("stable")}
    results = []
    found = consoles(package)
    missing = {}
    for console, states in found.items():
        play_of_it = plays.get(FREE_ROMS.get(console, ""))
        if play_of_it is None:
            missing[console] = len(states)
            continue
        rom = play_of_it.content(directory)
        results.append(load(play_of_it.core, rom, console, states))
        print(results[-1], flush=True)
    return results, missing


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--write", type=Path, help="the page to write")
    parser.add_argument("--games", nargs="*", default=[], help="only those with this in their name")
    parser.add_argument("--states", action="store_true", help="only states of the other games")
    parser.add_argument("--load-here", nargs=2, metavar=("CORE", "ROM"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.load_here:
        load_here(*arguments.load_here)
        return 0
    found = find_spec("stable_retro")
    if found is None or found.origin is None:
        sys.exit("stable-retro is not installed")
    package = Path(found.origin).parent
    played = []
    with tempfile.TemporaryDirectory() as name:
        loaded, missing = ([], {}) if arguments.games else compare_states(package, Path(name))
        for game, state in [] if arguments.states else playable(package):
            if arguments.games and not any(part in game.name for part in arguments.games):
                continue
            for actions in ACTIONS:
                played.append(
                    play(game, state, actions, steps=arguments.steps, directory=Path(name))
                )
                print(played[-1], flush=True)
    if arguments.write:
        games = games_text(played)
        if arguments.states:  # the games stay as they were
            games = arguments.write.read_text(encoding="utf-8").removeprefix(f"{HEAD}\n")
            games = games[: games.index("\n\n## States of")]
        text = f"{HEAD}\n{games}\n\n{states_text(loaded, missing)}\n"
        arguments.write.write_text(text, encoding="utf-8")
    different = [one for one in played if one.differ or not one.space]
    different_states = [one for one in loaded if one.differ]
    return 1 if different or different_states else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "support"))
    sys.exit(main())
