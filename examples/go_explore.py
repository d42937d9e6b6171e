"""Go-Explore: remember every kind of situation, go back to one, explore from there, and so on.

    python examples/go_explore.py                                # the bundled game, 2048
    python examples/go_explore.py --game Airstriker-Genesis-v0   # where stable-retro is installed
    python examples/go_explore.py --movie best.plm

Situations are told apart by cells: the picture in 11x8 pixels and 8 grays with the numbers that
count, such as the score; or, of 2048, which tiles there are. Of each cell an archive keeps the best
state that was seen: as a difference from the one before it, or as the core's own bytes where these
are known to hold everything. In every round many copies of the game
are put into states of the archive, chosen by how promising they are and how often they were chosen
before, and do what chance says for a while; what is new or better goes into the archive.

For comparison, chance alone plays as many frames from the beginning. In the end a Core of its own
plays the best way from its beginning, and has to end as it was found.
"""

from __future__ import annotations

import argparse
import hashlib
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro import Core, CoreBatch, Joypad, Observation, State, record
from pylibretro.games import find_game, find_integrations

Masks = NDArray[np.uint16]
Integers = NDArray[np.int64]

GRAYS = 8


class Board:
    """The bundled game, see docs/2048.md, whose cells are the tiles that are on the board.

    Args:
        seed: Of the game, 1 to 32.
        pictures: Whether to tell situations apart by pictures instead.
    """

    def __init__(self, seed: int, *, pictures: bool = False) -> None:
        """Say what is played, and how."""
        self.pictures = pictures
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
        }
        self.reward = "delta(score)"
        self.done = "state == 3"
        self.opening = np.array([Joypad.START, 0], np.uint16)
        # A press is one frame, and A goes on after winning.
        directions = (Joypad.UP, Joypad.DOWN, Joypad.LEFT, Joypad.RIGHT)
        self.moves = np.array([[way | Joypad.A, 0] for way in directions], np.uint16)

    def stored(self, state: State, _before: State | bytes) -> bytes:
        """Return what the archive keeps: the core's own 128 bytes, which hold all of this game.

        A `State` also has what the frontend knows, such as the last picture.
        """
        return bytes(state)

    def cells(self, batch: CoreBatch) -> NDArray[np.uint8]:
        """Return (n, bytes): the tiles of each board, in order."""
        if self.pictures:
            return thumbnails(batch)
        boards = np.ascontiguousarray(batch.watches[:, :2], "<i8").view(np.uint8)
        return np.sort(boards, axis=1)


class InstalledGame:
    """A game of an installed stable-retro.

    Args:
        name: Such as "Airstriker-Genesis-v0".
        buttons: The moves: names of buttons that are pressed together, joined by "+".
        frames: How many frames a move has. In the second half B is up, for guns that want taps.
    """

    def __init__(self, name: str, buttons: Sequence[str], frames: int) -> None:
        """Say what is played, and how."""
        game = find_game(name)
        arguments = game.env_arguments()
        start = game.start_state()
        self.core = game.core
        self.content = arguments["content"]
        self.start = None if start is None else game.state(start)
        self.options = dict(game.options)
        self.search_options: dict[str, str] = {}
        self.pictures = True
        self.watches = arguments["watches"]
        self.reward = arguments["reward"]
        self.done = arguments["done"]
        self.opening = np.zeros(0, np.uint16)
        masks = [sum(Joypad[button] for button in move.split("+")) for move in buttons]
        firing = frames // 2
        self.moves = np.array(
            [[mask if i < firing else mask & ~Joypad.B for i in range(frames)] for mask in masks],
            np.uint16,
        )

    def stored(self, state: State, before: State | bytes) -> State:
        """Return what the archive keeps: the difference from the state where it was begun."""
        return state.compressed(before) if isinstance(before, State) else state

    def cells(self, batch: CoreBatch) -> NDArray[np.uint8]:
        """Return (n, bytes): small pictures of few grays, and the numbers that count."""
        numbers = np.ascontiguousarray(batch.watches).view(np.uint8)
        return np.concatenate([thumbnails(batch), numbers], axis=1)


def thumbnails(batch: CoreBatch) -> NDArray[np.uint8]:
    """Return (n, 88) grays of small pictures, 0 to 7."""
    pictures: NDArray[np.uint8] = batch.observations.reshape(len(batch), -1) // (256 // GRAYS)
    return pictures


@dataclass
class Cell:
    """The best that was seen of a kind of situation.

    Attributes:
        state: The machine, as its task stores it.
        total: Rewards since the beginning.
        frames: Frames since the beginning.
        way: The moves that led here since `before`.
        before: The cell as it was that these moves began in; None at the beginning.
        chosen: How often exploration began here.
    """

    state: State | bytes
    total: float = 0.0
    frames: int = 0
    way: bytes = b""
    before: Cell | None = None
    chosen: int = 0

    def moves(self) -> list[int]:
        """Return all moves from the beginning."""
        parts = []
        cell: Cell | None = self
        while cell is not None:
            parts.append(cell.way)
            cell = cell.before
        return list(b"".join(reversed(parts)))


@dataclass
class Archive:
    """Cells by what tells them apart.

    Attributes:
        random: Where chance comes from.
        greed: How much more often cells with high totals are chosen.
    """

    random: np.random.Generator
    greed: float
    cells: dict[bytes, Cell] = field(default_factory=dict)

    @property
    def best(self) -> Cell:
        """The cell with the highest total, and of these the one that is there first."""
        return max(self.cells.values(), key=lambda cell: (cell.total, -cell.frames))

    def wants(self, key: bytes, total: float, frames: int) -> bool:
        """Return whether this would be new, or better than what is here."""
        known = self.cells.get(key)
        return known is None or (total, -frames) > (known.total, -known.frames)

    def choose(self, count: int) -> list[Cell]:
        """Return cells to explore from, the promising and those seldom chosen more often."""
        cells = list(self.cells.values())
        totals = np.array([cell.total for cell in cells])
        chosen = np.array([cell.chosen for cell in cells])
        spread = totals.max() - totals.min()
        promise = (totals - totals.min()) / spread if spread else np.ones(len(cells))
        weights = (0.05 + promise) ** self.greed / np.sqrt(1.0 + chosen)
        drawn = self.random.choice(len(cells), count, p=weights / weights.sum())
        for i in drawn.tolist():
            cells[i].chosen += 1
        return [cells[i] for i in drawn.tolist()]

    def nbytes(self) -> int:
        """Return the bytes of all states that are in memory, also of those only gone back to."""
        sizes: dict[int, int] = {}
        visited: set[int] = set()
        for known in self.cells.values():
            cell: Cell | None = known
            while cell is not None and id(cell) not in visited:
                visited.add(id(cell))
                state: State | bytes | None = cell.state
                while state is not None and id(state) not in sizes:
                    sizes[id(state)] = len(state) if isinstance(state, bytes) else state.nbytes
                    state = None if isinstance(state, bytes) else state.parent
                cell = cell.before
        return sum(sizes.values())


def open_batch(task: Board | InstalledGame, copies: int) -> CoreBatch:
    """Open copies of a game, all of them at its beginning."""
    batch = CoreBatch(
        task.core,
        task.content,
        count=copies,
        options={**task.options, **task.search_options},
        observation=Observation(size=(8, 11), gray=True) if task.pictures else None,
        watches=task.watches,
        reward=task.reward,
        done=task.done,
        pictures=task.pictures,
        sound=False,
    )
    try:
        if task.start is not None:
            batch[0].load_state(task.start)
        batch[0].run(len(task.opening), task.opening)
        batch.load_states(batch.save_states([0])[0])
    except BaseException:
        batch.close()
        raise
    return batch


def step(
    task: Board | InstalledGame, batch: CoreBatch, moves: Integers, still: NDArray[np.bool_]
) -> int:
    """Let all copies do a move, but for those that stand still, and return how many frames ran."""
    inputs = np.ascontiguousarray(task.moves[moves].T)[:, :, np.newaxis]
    frames = np.where(still, 0, len(inputs))
    return int(batch.run(frames, inputs).sum())


@dataclass
class Result:
    """What exploring came to."""

    archive: Archive
    frames: int
    restored: int
    seconds: float
    state_bytes: int
    ram: str
    moves: list[int]


def explore(
    task: Board | InstalledGame, arguments: argparse.Namespace, random: np.random.Generator
) -> Result:
    """Explore for so many frames."""
    archive = Archive(random, arguments.greed)
    copies = arguments.copies
    frames = restored = 0
    told = arguments.frames // 10
    with open_batch(task, copies) as batch:
        root = batch.save_states([0])[0]
        archive.cells[b""] = Cell(task.stored(root, b""))
        started = time.perf_counter()
        while frames < arguments.frames:
            begun = archive.choose(copies)
            batch.load_states([cell.state for cell in begun])
            restored += copies
            totals = np.array([cell.total for cell in begun])
            lengths = np.array([cell.frames for cell in begun])
            over = np.zeros(copies, np.bool_)
            done: list[Integers] = []
            for _ in range(arguments.steps):
                done.append(random.integers(len(task.moves), size=copies))
                frames += step(task, batch, done[-1], over)
                lengths += batch.frames_run
                totals += batch.rewards
                over |= batch.done
                keep(task, batch, archive, begun, totals, lengths, over, done)
                if over.all():
                    break
            if not arguments.quiet and frames >= told:
                told += arguments.frames // 10
                print(
                    f"{frames:,} frames, {len(archive.cells):,} cells, "
                    f"best total {archive.best.total:,.0f}",
                    flush=True,
                )
        seconds = time.perf_counter() - started
        best = archive.best
        batch.load_states([best.state], [0] + [-1] * (copies - 1))
        ram = ram_of(batch[0])
        return Result(archive, frames, restored, seconds, root.nbytes, ram, best.moves())


def keep(
    task: Board | InstalledGame,
    batch: CoreBatch,
    archive: Archive,
    begun: Sequence[Cell],
    totals: NDArray[np.float64],
    lengths: Integers,
    over: NDArray[np.bool_],
    done: Sequence[Integers],
) -> None:
    """Put what is new or better into the archive; only of that states are saved."""
    wanted: dict[bytes, int] = {}
    for i, key in enumerate(map(bytes, task.cells(batch))):
        if over[i] or not archive.wants(key, totals[i], lengths[i]):
            continue
        other = wanted.get(key)
        if other is None or (totals[i], -lengths[i]) > (totals[other], -lengths[other]):
            wanted[key] = i
    if not wanted:
        return
    states = batch.save_states(list(wanted.values()))
    for (key, i), state in zip(wanted.items(), states, strict=True):
        before = begun[i]
        archive.cells[key] = Cell(
            task.stored(state, before.state),
            float(totals[i]),
            int(lengths[i]),
            bytes(int(moves[i]) for moves in done),
            before,
        )


def play_by_chance(
    task: Board | InstalledGame, copies: int, frames: int, random: np.random.Generator
) -> list[float]:
    """Let chance alone play so many frames, and return the totals of all episodes."""
    with open_batch(task, copies) as batch:
        start = batch.save_states([0])[0]
        totals = np.zeros(copies)
        finished: list[float] = []
        ran = 0
        nobody = np.zeros(copies, np.bool_)
        while ran < frames:
            ran += step(task, batch, random.integers(len(task.moves), size=copies), nobody)
            totals += batch.rewards
            over = batch.done
            if over.any():
                finished += totals[over].tolist()
                totals[over] = 0
                batch.load_states([start], np.where(over, 0, -1))
        return [*finished, *totals.tolist()]


def ram_of(core: Core) -> str:
    """Return the SHA-1 of a core's RAM."""
    return hashlib.sha1(core.memory.system_ram.tobytes()).hexdigest()


def inputs_of(task: Board | InstalledGame, moves: Iterable[int]) -> Masks:
    """Return the mask of every frame from the beginning."""
    return np.concatenate([task.opening, *(task.moves[move] for move in moves)])


def play(task: Board | InstalledGame, result: Result, movie: str | None) -> bool:
    """Play the best way from its beginning; return whether it ends as it was found."""
    rule: dict[str, Any] = {"watches": task.watches, "reward": task.reward, "done": task.done}
    inputs = inputs_of(task, result.moves)
    with CoreBatch(task.core, task.content, count=1, options=task.options, **rule) as batch:
        core = batch[0]
        if task.start is not None:
            core.load_state(task.start)
        start = batch.save_states()
        batch.load_states(start)
        batch.run(len(inputs), inputs[:, np.newaxis, np.newaxis])
        total, ram = float(batch.rewards[0]), ram_of(core)
    with Core(task.core, task.content, options=task.options) as core:
        if task.start is not None:
            core.load_state(task.start)
        with record(core, movie):
            core.run(len(inputs), inputs)
        alone = ram_of(core)
    return total == result.archive.best.total and ram == alone == result.ram


def parse_arguments(given: Sequence[str] | None) -> argparse.Namespace:
    """Return the arguments of the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--game", default="2048", help="2048, or the id of a game of an installed stable-retro")
    add("--frames", type=int, default=200_000, help="frames to explore (default %(default)s)")
    add("--copies", type=int, default=32, help="copies of the game (default %(default)s)")
    add("--steps", type=int, default=20, help="moves from where one begins (default %(default)s)")
    add("--greed", type=float, default=8.0, help="0 chooses all totals as often (default 8)")
    add("--cells", choices=("picture", "tiles"), help="of 2048: what tells situations apart")
    add(
        "--moves",
        nargs="+",
        default=["B", "LEFT+B", "RIGHT+B", "LEFT", "RIGHT"],
        help="of other games: what can be done, buttons that are pressed together",
    )
    add("--move-frames", type=int, default=8, help="of other games: frames of a move (default 8)")
    add("--seed", type=int, default=1, help="of chance, and of 2048 (1 to 32; default 1)")
    add("--movie", metavar="FILE.plm", help="leave the best way as a movie")
    add("--quiet", action="store_true", help="print the result only")
    arguments = parser.parse_args(given)
    if arguments.game == "2048":
        if not 1 <= arguments.seed <= 32:
            parser.error("a seed of 2048 is 1 to 32")
    elif arguments.game not in find_integrations():
        parser.error(f"{arguments.game} is no game of an installed stable-retro")
    return arguments


def main(given: Sequence[str] | None = None) -> None:
    """Explore, play what was found, and tell of it."""
    arguments = parse_arguments(given)
    task: Board | InstalledGame
    if arguments.game == "2048":
        task = Board(arguments.seed, pictures=arguments.cells == "picture")
    else:
        task = InstalledGame(arguments.game, arguments.moves, arguments.move_frames)
    result = explore(task, arguments, np.random.default_rng(arguments.seed))
    archive, best = result.archive, result.archive.best
    whole = result.state_bytes * len(archive.cells)
    print(
        f"{len(archive.cells):,} cells in {archive.nbytes() / 1e6:,.1f} MB ({whole / 1e6:,.1f} MB "
        f"if all were whole)"
    )
    print(
        f"{result.frames:,} frames in {result.seconds:.1f} s: "
        f"{result.frames / result.seconds:,.0f} frames/s, {result.restored:,} states gone back to"
    )
    totals = play_by_chance(
        task, arguments.copies, result.frames, np.random.default_rng(arguments.seed)
    )
    print(
        f"best total reward {best.total:,.0f} after {best.frames:,} frames; chance alone, in as "
        f"many frames: {max(totals):,.0f} at best, {np.mean(totals):,.0f} on average"
    )
    if not play(task, result, arguments.movie):
        raise SystemExit("played from its beginning, the best way ends in another way than found")
    print("played from its beginning, the best way ends as it was found: total and RAM")
    if arguments.movie:
        print(f"wrote {arguments.movie}; pylibretro replay plays it")


if __name__ == "__main__":
    main()
