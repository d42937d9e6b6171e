"""Beam search: try all moves of the best states, keep the best of what comes of it, and go on.

    python examples/beam_search.py                             # the bundled game, until it is won
    python examples/beam_search.py --target 8192 --width 64    # and on
    python examples/beam_search.py --movie won.plm --gif won.gif
    python examples/beam_search.py --game Airstriker-Genesis-v0 --turns 150

A game does the same after the same input, so that its future can be tried out. In every turn,
`CoreBatch.branch` tries all moves of all states that were kept in one call, in C and on all
processors. What they are worth is told by numbers in the game's memory, for all of them at once in
NumPy. In the end a Core of its own plays the best way from its beginning, and has to end as found.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pylibretro import Core, CoreBatch, Joypad, State, record
from pylibretro.games import find_game, find_integrations

Masks = NDArray[np.uint16]
Watched = NDArray[Any]
Values = NDArray[np.float64]

LOST = -np.inf
LAST_FRAMES = 60  # until the last move can be seen


class Ends(NamedTuple):
    """States that moves led to, a row for each.

    Attributes:
        states: The machines.
        watched: (n, K) numbers of their memories.
        totals: (n,) rewards since the beginning.
    """

    states: list[State]
    watched: Watched
    totals: Values

    def chosen(self, places: NDArray[np.intp]) -> Ends:
        """Return some of them."""
        states = [self.states[place] for place in places]
        return Ends(states, self.watched[places], self.totals[places])


class Board:
    """The bundled game, where what counts is on its board; see docs/2048.md.

    Args:
        seed: Of the game, 1 to 32.
        target: The tile to make.
    """

    WON = 2  # the state of the game in which it waits until somebody goes on
    PLACES = 18  # of an exponent: 0 is empty, 17 the largest tile

    def __init__(self, seed: int, target: int) -> None:
        """Say what is played, and how."""
        self.core = "2048"
        self.content = None
        self.start = None
        self.options = {"2048_seed": str(seed)}
        # Neither changes the game, and both cost time.
        self.search_options = {"2048_animation": "disabled", "2048_pixel_format": "RGB565"}
        self.watches = {
            "board, above": (0x10, "<u8"),
            "board, below": (0x18, "<u8"),
            "score": (0x20, "<u4"),
            "state": (0x05, "|u1"),
            "legal": (0x06, "|u1"),
            "highest": (0x07, "|u1"),
        }
        self.reward = "delta(score)"
        self.done = "state == 3"
        self.opening = np.array([Joypad.START, 0], np.uint16)
        # A press is one frame, and A goes on after winning.
        directions = (Joypad.UP, Joypad.DOWN, Joypad.LEFT, Joypad.RIGHT)
        self.moves = np.array([[way | Joypad.A, 0] for way in directions], np.uint16)
        self.frames = 1
        self.target = target.bit_length() - 1
        self.lines = self.values_of_lines()

    def values_of_lines(self) -> Values:
        """Return what each row or column is worth: room, equal neighbours, and falling order."""
        a, b, c, d = np.indices((self.PLACES,) * 4).reshape(4, -1)
        tiles = np.stack([a, b, c, d]).astype(np.float64)
        room = (tiles == 0).sum(0)
        pairs = sum(
            ((left == right) & (left > 0)).astype(np.float64)
            for left, right in ((a, b), (b, c), (c, d))
        )
        weight = tiles**3
        steps = np.diff(weight, axis=0)
        disorder = np.minimum(np.maximum(steps, 0).sum(0), np.maximum(-steps, 0).sum(0))
        values: Values = 30.0 * room + 20.0 * pairs - 0.5 * disorder
        return values

    def boards(self, watched: Watched) -> NDArray[np.uint8]:
        """Return (n, 4, 4) exponents of the tiles."""
        return np.ascontiguousarray(watched[:, :2], "<i8").view(np.uint8).reshape(-1, 4, 4)

    def allowed(self, ends: Ends) -> NDArray[np.bool_]:
        """Return (n, moves): which directions move something, or all of them after winning."""
        bits = 1 << np.arange(4)
        legal: NDArray[np.bool_] = (ends.watched[:, 4, np.newaxis] & bits) != 0
        legal[ends.watched[:, 3] == self.WON] = True
        return legal

    def values(self, ends: Ends) -> Values:
        """Return (n,): what boards are worth, by all their rows and columns."""
        boards = self.boards(ends.watched).astype(np.intp)
        places = self.PLACES ** np.arange(3, -1, -1)
        rows, columns = boards @ places, boards.transpose(0, 2, 1) @ places
        values: Values = self.lines[rows].sum(1) + self.lines[columns].sum(1)
        return values

    def keys(self, ends: Ends) -> NDArray[Any]:
        """Return what tells states apart: the board, as equally many tiles have come by chance."""
        return ends.watched[:, :4]

    def won(self, ends: Ends) -> NDArray[np.bool_]:
        """Return (n,): whether the tile is there."""
        won: NDArray[np.bool_] = ends.watched[:, 5] >= self.target
        return won

    def told(self, watched: Watched) -> str:
        """Return a state in words."""
        board = 2 ** self.boards(watched[np.newaxis])[0].astype(int)
        rows = ["  ".join(f"{tile if tile > 1 else '.':>5}" for tile in row) for row in board]
        won = " (the game says that it is won)" if watched[3] == self.WON else ""
        return f"tile {board.max()}, score {watched[2]}{won}\n" + "\n".join(rows)


class InstalledGame:
    """A game of an installed stable-retro, where what counts is its reward.

    Args:
        name: Such as "Airstriker-Genesis-v0".
        buttons: The moves: names of buttons that are pressed together, joined by "+".
        frames: How many frames a move has. In the second half B is up, for guns that want taps.
        seed: Of the order of states that are worth the same.
    """

    def __init__(self, name: str, buttons: Sequence[str], frames: int, seed: int) -> None:
        """Say what is played, and how."""
        game = find_game(name)
        arguments = game.env_arguments()
        start = game.start_state()
        self.core = game.core
        self.content = arguments["content"]
        self.start = None if start is None else game.state(start)
        self.options = dict(game.options)
        self.search_options: dict[str, str] = {}
        self.watches = arguments["watches"]
        self.reward = arguments["reward"]
        self.done = arguments["done"]
        self.opening = np.zeros(0, np.uint16)
        masks = [sum(Joypad[button] for button in move.split("+")) for move in buttons]
        self.moves = np.array([[mask, mask & ~Joypad.B] for mask in masks], np.uint16)
        self.frames = max(1, frames // 2)
        self.random = np.random.default_rng(seed)

    def allowed(self, ends: Ends) -> NDArray[np.bool_]:
        """Return (n, moves): everything, always."""
        return np.ones((len(ends.states), len(self.moves)), np.bool_)

    def values(self, ends: Ends) -> Values:
        """Return (n,): rewards so far, in an order by chance where they are the same."""
        return ends.totals + self.random.random(len(ends.totals)) * 1e-3

    def keys(self, ends: Ends) -> NDArray[Any]:
        """Return what tells states apart: all that a machine has."""
        return np.array([[hash(state)] for state in ends.states])

    def won(self, ends: Ends) -> NDArray[np.bool_]:
        """Return (n,): never; the search ends after so many turns."""
        return np.zeros(len(ends.states), np.bool_)

    def told(self, watched: Watched) -> str:
        """Return a state in words."""
        return ", ".join(
            f"{name} {number}" for name, number in zip(self.watches, watched, strict=True)
        )


@dataclass
class Found:
    """What a search came to.

    Attributes:
        inputs: (frames,) the input of the best way from the beginning.
        total: Its rewards.
        watched: (K,) the numbers at its end.
        ram: SHA-1 of system RAM there.
        turns, states, frames, seconds: What it took; states are those that moves led to.
        native_seconds: What of this `CoreBatch.branch` took.
    """

    inputs: Masks
    total: float = 0.0
    watched: Watched = field(default_factory=lambda: np.zeros(0))
    ram: str = ""
    turns: int = 0
    states: int = 0
    frames: int = 0
    seconds: float = 0.0
    native_seconds: float = 0.0


def search(task: Board | InstalledGame, width: int, turns: int, *, quiet: bool = False) -> Found:
    """Search until the game is won, lost in every way, or so many turns have gone by."""
    with CoreBatch(
        task.core,
        task.content,
        count=os.cpu_count() or 1,
        options={**task.options, **task.search_options},
        watches=task.watches,
        reward=task.reward,
        done=task.done,
        pictures=False,
        sound=False,
    ) as batch:
        first = batch[0]
        if task.start is not None:
            first.load_state(task.start)
        first.run(len(task.opening), task.opening)
        found = Found(task.opening)
        started = time.perf_counter()
        root = batch.save_states([0])
        # What the numbers are at the beginning: a branch of no frames says so.
        watched = batch.branch(root, np.zeros((1, 1), np.uint16), 0).watches[:, -1]
        kept = Ends(root, watched, np.zeros(1))
        ways: list[tuple[NDArray[np.intp], NDArray[np.intp]]] = []
        while len(ways) < turns and not task.won(kept).any():
            parents, moves = np.nonzero(task.allowed(kept))
            if not len(parents):
                break
            beginning = time.perf_counter()
            tried = batch.branch(
                [kept.states[i] for i in parents], task.moves[moves], task.frames, save=True
            )
            found.native_seconds += time.perf_counter() - beginning
            found.states += len(parents)
            found.frames += int(tried.frames_run.sum())
            totals = kept.totals[parents] + tried.rewards.sum(1)
            ends = Ends(tried.states, tried.watches[:, -1], totals)
            values = np.where(tried.done.any(1), LOST, task.values(ends))
            order = np.argsort(-values, kind="stable")[: np.isfinite(values).sum()]
            _, firsts = np.unique(task.keys(ends.chosen(order)), axis=0, return_index=True)
            best = order[np.sort(firsts)][:width]
            if not len(best):
                break
            kept = ends.chosen(best)
            ways.append((parents[best], moves[best]))
            if not quiet and len(ways) % 100 == 0:
                print(f"turn {len(ways)}, best total {kept.totals.max():,.0f}", flush=True)
        found.seconds = time.perf_counter() - started
        place = int(np.argmax(np.where(task.won(kept), np.inf, kept.totals)))
        found.turns, found.total = len(ways), float(kept.totals[place])
        found.watched = kept.watched[place]
        batch.load_states([kept.states[place]], [0] + [-1] * (len(batch) - 1))
        found.ram = ram_of(first)
        found.inputs = np.concatenate([task.opening, inputs_of(task, ways, place)])
        return found


def inputs_of(
    task: Board | InstalledGame,
    ways: Sequence[tuple[NDArray[np.intp], NDArray[np.intp]]],
    place: int,
) -> Masks:
    """Go back from a state to the beginning, and return the mask of every frame."""
    made = []
    for parents, moves in reversed(ways):
        made.append(task.moves[moves[place]])
        place = int(parents[place])
    return np.concatenate([*reversed(made), np.zeros(0, np.uint16)]).repeat(task.frames)


def ram_of(core: Core) -> str:
    """Return the SHA-1 of a core's RAM."""
    return hashlib.sha1(core.memory.system_ram.tobytes()).hexdigest()


def play(task: Board | InstalledGame, found: Found, arguments: argparse.Namespace) -> None:
    """Play the best way from its beginning, with pictures, and check that it ends as found."""
    with Core(task.core, task.content, options=task.options) as core:
        if task.start is not None:
            core.load_state(task.start)
        with record(core, arguments.movie) as recorder:
            core.run(len(found.inputs), found.inputs)
        same = ram_of(core) == found.ram
    print(f"played from the beginning: {'the same' if same else 'ANOTHER'} end")
    if not same:
        raise SystemExit("the game went another way than it was found")
    if arguments.movie:
        print(f"wrote {arguments.movie}; pylibretro replay plays it")
    if arguments.gif:
        from PIL import Image

        movie = recorder.movie
        with movie.open(task.content) as core:
            movie.begin(core)
            every = max(1, -(-movie.frames // arguments.pictures))
            pictures = list(core.capture(movie.frames, movie.inputs(), every=every).frames)
            core.run(LAST_FRAMES, np.zeros(LAST_FRAMES, np.uint16))
            pictures.append(core.frame)
        first, *others = [Image.fromarray(picture).quantize(64) for picture in pictures]
        durations = [60] * len(others) + [2000]
        first.save(arguments.gif, save_all=True, append_images=others, duration=durations, loop=0)
        print(f"wrote {arguments.gif}")


def parse_arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--game", default="2048", help="2048, or the id of a game of an installed stable-retro")
    add(
        "--width", type=int, default=32, help="states that are kept in a turn (default %(default)s)"
    )
    add("--turns", type=int, default=100_000, help="end after so many turns")
    add("--seed", type=int, default=1, help="of 2048 1 to 32, else of chance (default %(default)s)")
    add("--target", type=int, default=2048, help="of 2048: the tile to make (default %(default)s)")
    add(
        "--moves",
        nargs="+",
        default=["B", "LEFT+B", "RIGHT+B", "LEFT", "RIGHT"],
        help="of other games: what can be done, buttons that are pressed together",
    )
    add("--frames", type=int, default=8, help="of other games: frames of a move (default 8)")
    add("--movie", metavar="FILE.plm", help="leave the best way as a movie")
    add("--gif", metavar="FILE.gif", help="leave pictures of it (needs Pillow)")
    add("--pictures", type=int, default=150, help="how many (default %(default)s)")
    add("--quiet", action="store_true", help="print the result only")
    arguments = parser.parse_args(given)
    if arguments.game == "2048":
        tile = arguments.target
        if not (4 <= tile <= 1 << 17 and tile & (tile - 1) == 0 and 1 <= arguments.seed <= 32):
            parser.error("a tile is a power of 2 from 4 to 131072, a seed is 1 to 32")
    elif arguments.game not in find_integrations():
        parser.error(f"{arguments.game} is no game of an installed stable-retro")
    return arguments


def main(given: Sequence[str] | None = None) -> None:
    """Search, play what was found, and tell of it."""
    arguments = parse_arguments(given)
    task: Board | InstalledGame
    if arguments.game == "2048":
        task = Board(arguments.seed, arguments.target)
    else:
        task = InstalledGame(arguments.game, arguments.moves, arguments.frames, arguments.seed)
    found = search(task, arguments.width, arguments.turns, quiet=arguments.quiet)
    print(task.told(found.watched))
    print(
        f"total reward {found.total:,.0f} after {found.turns:,} turns of up to {arguments.width} "
        f"states, {len(found.inputs):,} frames from the beginning"
    )
    print(
        f"{found.states:,} states and {found.frames:,} frames in {found.seconds:.1f} s: "
        f"{found.states / found.seconds:,.0f} states/s, {found.frames / found.seconds:,.0f} "
        f"frames/s, {found.native_seconds / found.seconds:.0%} of the time in branch()"
    )
    play(task, found, arguments)


if __name__ == "__main__":
    main()
