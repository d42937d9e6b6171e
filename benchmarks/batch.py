"""Compare CoreBatch with raw C loops and with other libraries on the same job.

    python benchmarks/batch.py [--job NAME,...] [--counts 8,64,256] [--repeats 5] [--frames 4000]
                               [--threads T] [--cpu-time] [--only WORD,...] [--peers DIRECTORY]
                               [--gameboy FILE] [--json FILE] [--plot FILE]

A job is a game, what is observed of it, and how many frames a step has. Every contestant steps so
many copies of the game with the same buttons from the same saved state, in a process of its own,
and has as many threads as there are CPUs. Each peer is installed into a virtual environment of its
own below --peers; one that cannot be installed or run is left out, by name and with the reason.
How each one is set up stands at the top of its worker in benchmarks/peers/.

First the observations of all are compared, and a contestant that observes something else is not
timed. Equal means bit by bit, but for a difference of 1 that rounding makes. Where a contestant
converts pictures by other rules than pylibretro, its observations must be those that
benchmarks/peers/reference.py computes by these rules; the table names them, and how much of a
difference they make. Emulators of their own cannot be compared, and the table says so.

Then all take turns: A B C, C B A, and so on, the raw limit among them. Told are medians of steps
and frames a second of all copies together, and medians of the ratios within one turn: to as many
raw C loops as there are CPUs, running at the same time and playing the same frames of the same
build of the core, and of pylibretro to the contestant.

On a machine that has other work, --cpu-time tells more: frames are then those in a second of
processor time, in all processes and threads of a contestant, and waiting for a CPU does not count.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from peers import reference
from peers.contestants import CONTESTANTS, Contestant, Worker, interpreter
from peers.jobs import GAME_2048, GAME_BOY, JOBS, Game, Job
from peers.limit import Limit
from peers.virtual_environments import PeerUnavailableError, VirtualEnvironment, prepare
from peers.worker import OBSERVATION_SIZE, Setting

from pylibretro import Core, find_core
from pylibretro.command_line.limit import LimitUnavailableError

CHECKED_STEPS = 12
CHECKED_COPIES = 8
ROUNDING = 1
RAM_BYTES = 128
ATARI_RAM = 0x80
OURS = {"env": "pylibretro LibretroVectorEnv", "frame": "pylibretro, one Core"}
ALIKE_PIXELS = 0.95
ALIKE_BYTES = 0.8


@dataclass
class Row:
    """What a table says of one contestant in one job.

    Attributes:
        job: The name of the job.
        count: Copies of the game.
        contestant: The name of the contestant.
        core: Whose build of the core it ran.
        steps_per_second: Steps of all copies together.
        frames_per_second: Frames of all copies together.
        of_limit: Its speed as a part of that of raw C loops on as many CPUs as it has threads,
            which take all copies in turn, as every batch has to.
        of_raw: Its speed as a part of that of as many loops that have one copy each.
        pylibretro_is: How many times faster pylibretro is with the same build of the core.
        observations: How its observations compare with ours.
    """

    job: str
    count: int
    contestant: str
    core: str
    steps_per_second: float
    frames_per_second: float
    of_limit: float | None
    of_raw: float | None
    pylibretro_is: float | None
    observations: str


@dataclass
class Entry:
    """A contestant, or a limit, while a job runs."""

    name: str
    core: str
    runner: Worker | Limit
    observations: str = ""
    rates: list[float] = field(default_factory=list)

    def play(self, run: Run) -> float:
        """Run the steps of a turn; return frames a second of all copies together."""
        if isinstance(self.runner, Limit):
            return self.runner.measure()
        steps = max(1, round(run.steps * self.runner.contestant.part))
        return steps * run.count * run.job.skip / self.runner.seconds(steps, run.cpu_time)


class Peers:
    """The virtual environments, each made when it is first asked for."""

    def __init__(self, directory: Path) -> None:
        """Make nothing yet."""
        self.directory = directory
        self.made: dict[str, VirtualEnvironment | PeerUnavailableError] = {}

    def get(self, peer: str) -> VirtualEnvironment:
        """Return a peer's virtual environment; raise PeerUnavailableError every time it fails."""
        if peer not in self.made:
            try:
                self.made[peer] = prepare(peer, self.directory)
            except PeerUnavailableError as error:
                self.made[peer] = error
        made = self.made[peer]
        if isinstance(made, PeerUnavailableError):
            raise PeerUnavailableError(f"{peer}: {made}")
        return made


@dataclass(frozen=True)
class Run:
    """One job at one count, and how it is measured."""

    job: Job
    count: int
    threads: int
    frames: int
    repeats: int
    peers: Peers
    directory: Path
    only: tuple[str, ...]
    cpu_time: bool
    given: Path | None

    @property
    def steps(self) -> int:
        """Steps of a repeat."""
        return max(1, self.frames // (self.count * self.job.skip))

    def content(self) -> Path | None:
        """Return the file of the game, None for a core that is a game."""
        if self.job.game is GAME_2048:
            return None
        if self.job.game.content:
            peer, path = self.job.game.content
            return self.peers.get(peer).packages / path
        if self.given is None:
            raise PeerUnavailableError("there is no game: give one with --gameboy FILE")
        return self.given

    def setting(self, contestant: Contestant) -> Setting:
        """Write the files that a contestant needs; the same for all with the same core."""
        game = self.job.game
        whose = contestant.core or "stable-retro-turbo"
        home = self.directory / whose
        core = (
            find_core(game.core)
            if game is GAME_2048
            else self.peers.get(whose).packages / f"stable_retro/cores/{game.core}_libretro.so"
        )
        content = self.content()
        if not home.exists():
            home.mkdir()
            state = game.start_state(core, content)
            (home / "state").write_bytes(state)
            if content:
                with_rules = self.job.kind == "env"
                game.write_integration(home / "games", content, state, with_rules=with_rules)
            steps = CHECKED_STEPS + self.steps * (self.repeats + 1)
            np.save(home / "start.npy", game.start_masks())
            np.save(home / "masks.npy", game.random_masks(steps, self.count, seed=1))
        return Setting(
            core=str(core),
            content=str(content or ""),
            options=game.options,
            state=str(home / "state"),
            start=str(home / "start.npy"),
            masks=str(home / "masks.npy"),
            integrations=str(home / "games"),
            game=game.name,
            title=game.title,
            count=self.count,
            threads=self.threads,
            skip=self.job.skip,
            kind=self.job.kind,
            depth=self.job.depth,
            ram_start=(busiest_bytes(game, core, content) if game is GAME_BOY else ATARI_RAM),
            ram_bytes=RAM_BYTES,
            variant=contestant.variant,
        )


def busiest_bytes(game: Game, core: Path, content: Path | None) -> int:
    """Return the address of the bytes of a Game Boy's RAM in which the game changes most."""
    changed = np.zeros(0x2000, np.int64)
    with Core(core, content) as machine:
        machine.run(game.frames, game.start_masks())
        before = machine.memory.system_ram[:0x2000].copy()
        for mask in game.random_masks(100, 1, seed=2)[:, 0]:
            machine.set_buttons(int(mask))
            machine.run(4)
            now = machine.memory.system_ram[:0x2000].copy()
            changed += now != before
            before = now
    blocks = (changed > 0).reshape(-1, RAM_BYTES).sum(axis=1)
    return reference.GAME_BOY_RAM + int(blocks.argmax()) * RAM_BYTES


# --- correctness ----------------------------------------------------------------------------------


class WrongObservationsError(Exception):
    """A contestant observes something else than it should."""


def difference(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> int:
    if left.shape != right.shape:
        raise WrongObservationsError(f"its shape is {left.shape}, not {right.shape}")
    return int(np.abs(left.astype(np.int16) - right.astype(np.int16)).max())


def check(contestant: Contestant, worker: Worker, setting: Setting, directory: Path) -> str:
    """Compare the first observations with what they must be.

    Returns:
        What the table says about them.

    Raises:
        WrongObservationsError: They differ by more than the contestant's rules explain.
    """
    seen = worker.observe(CHECKED_STEPS, directory)
    if contestant.core is None and setting.kind in ("screen", "bytes"):
        return check_game_boy(seen, reference.observe(setting, CHECKED_STEPS, setting.count))
    if contestant.core is None:
        if seen.shape[1:] != (setting.count, setting.depth, *OBSERVATION_SIZE[::-1]):
            raise WrongObservationsError(f"its shape is {seen.shape}")
        return "another emulator"
    if not contestant.observes:
        return "none"
    # What a stack holds right after a reset is told differently everywhere.
    full = slice(setting.depth if setting.stacks else 0, None)
    copies = min(setting.count, CHECKED_COPIES)
    seen = seen[full, :copies]
    ours = reference.observe(setting, CHECKED_STEPS, copies)[full]
    from_ours = difference(seen, ours)
    if from_ours <= ROUNDING:
        return "equal" if from_ours == 0 else "equal but for rounding"
    rules = contestant.rules
    unexplained = difference(seen, reference.observe(setting, CHECKED_STEPS, copies, rules)[full])
    if unexplained > ROUNDING:
        raise WrongObservationsError(
            f"its observations differ from ours by {from_ours}, by {unexplained} from its own rules"
        )
    return f"differ by {from_ours} at most: {rules.explanation}"


def check_game_boy(seen: NDArray[np.uint8], ours: NDArray[np.uint8]) -> str:
    """Compare what two emulators show: bytes of RAM that change, or pictures but for the palette.

    The two start with other bytes in memory and may count time a little differently, which games
    read for their random numbers.
    """
    if seen.shape != ours.shape:
        raise WrongObservationsError(f"its shape is {seen.shape}, not {ours.shape}")
    if seen.ndim == 3:
        changing = (ours != ours[0, 0]).any(axis=(0, 1))
        equal = (seen == ours)[..., changing]
        if equal.mean() < ALIKE_BYTES:
            raise WrongObservationsError(
                f"only {equal.mean():.1%} of the bytes that change are equal"
            )
        return f"another emulator; {equal.mean():.1%} of the bytes that change are equal"
    shades = np.array([65536, 256, 1])
    alike = []
    for theirs, own in zip(
        seen.reshape(-1, *seen.shape[2:]), ours.reshape(-1, *ours.shape[2:]), strict=True
    ):
        pairs, counts = np.unique(
            np.stack([(theirs @ shades).ravel(), (own @ shades).ravel()]),
            axis=1,
            return_counts=True,
        )
        usual = {colour: counts[pairs[1] == colour].max() for colour in np.unique(pairs[1])}
        alike.append(sum(usual.values()) / counts.sum())
    mean = float(np.mean(alike))
    if mean < ALIKE_PIXELS:
        raise WrongObservationsError(f"only {mean:.1%} of the pixels are equal")
    return f"another emulator; {mean:.1%} of the pixels are equal but for the palette"


# --- time -----------------------------------------------------------------------------------------


def enter(run: Run, resources: ExitStack) -> Iterator[Entry]:
    """Start and check all contestants; tell why any of them is left out."""
    for contestant in CONTESTANTS:
        if run.job.kind not in contestant.kinds:
            continue
        if contestant.games is not None and run.job.game.title not in contestant.games:
            continue
        if run.only and not any(word in contestant.name for word in run.only):
            continue
        try:
            if run.count > contestant.most_copies:
                raise PeerUnavailableError(f"no more than {contestant.most_copies} copies")
            setting = run.setting(contestant)
            peer = contestant.peer
            python = run.peers.get(peer).python if peer else interpreter()
            worker = Worker(contestant, python, setting)
            resources.callback(worker.close)
            observations = check(contestant, worker, setting, run.directory)
        except (PeerUnavailableError, WrongObservationsError) as error:
            print(f"left out: {contestant.name}: {error}", file=sys.stderr)
            continue
        yield Entry(contestant.name, contestant.core or "its own", worker, observations)


def enter_limits(run: Run, cores: list[str], resources: ExitStack) -> Iterator[Entry]:
    """Start the raw C loops of every build of the core that somebody runs."""
    for contestant in CONTESTANTS:
        core = contestant.core
        if core not in cores:
            continue
        cores.remove(core)
        setting = run.setting(contestant)
        lanes = lanes_of(run)
        kinds = {(1, 1), (lanes, lanes), (lanes, run.count)}
        if run.job.game is GAME_BOY:
            kinds.add((1, run.count))
        for lanes, copies in sorted(kinds):
            limit = Limit(
                setting,
                run.job.game.start_masks(),
                lanes=lanes,
                steps=run.steps,
                skipped=CHECKED_STEPS,
                repeats=run.repeats + 1,
                cpu_time=run.cpu_time,
                copies=copies,
            )
            resources.callback(limit.close)
            yield Entry(limit_name(lanes, copies > lanes), core, limit)


def measure(run: Run) -> list[Row]:
    """Run a job with all contestants in turns."""
    with ExitStack() as resources:
        entries = list(enter(run, resources))
        try:
            cores = list(dict.fromkeys(entry.core for entry in entries))
            entries = [*enter_limits(run, cores, resources), *entries]
        except LimitUnavailableError as error:
            print(f"left out: the raw limit: {error}", file=sys.stderr)
        for turn in range(run.repeats + 1):
            for entry in list(entries) if turn % 2 else entries[::-1]:
                try:
                    rate = entry.play(run)
                except (PeerUnavailableError, LimitUnavailableError) as error:
                    print(f"left out: {entry.name}: {error}", file=sys.stderr)
                    entries.remove(entry)
                    continue
                # The first turn warms everything up.
                if turn:
                    entry.rates.append(rate)
    return [to_row(run, entry, entries) for entry in entries]


def to_row(run: Run, entry: Entry, entries: list[Entry]) -> Row:
    lanes = 1 if "one thread" in entry.name else lanes_of(run)
    limit = find(entries, limit_name(lanes, run.count > lanes), entry.core)
    raw = find(entries, limit_name(lanes, False), entry.core)
    core = "stable-retro-turbo" if entry.core == "its own" else entry.core
    who = OURS.get(run.job.kind, "pylibretro")
    if run.job.game is GAME_BOY and entry.core == "its own":
        # Per process and thread: that of the other emulator has one.
        core, who = "stable-retro", "pylibretro, one thread"
    ours = find(entries, who, core)
    frames_per_second = statistics.median(entry.rates)
    return Row(
        job=run.job.name,
        count=run.count,
        contestant=entry.name,
        core=entry.core,
        steps_per_second=frames_per_second / run.job.skip,
        frames_per_second=frames_per_second,
        of_limit=ratio(entry, limit),
        of_raw=ratio(entry, raw),
        pylibretro_is=None if isinstance(entry.runner, Limit) else ratio(ours, entry),
        observations=entry.observations,
    )


def lanes_of(run: Run) -> int:
    """Return how many raw C loops at the same time are the limit of a job."""
    return 1 if run.job.kind == "frame" else run.threads


def limit_name(lanes: int, has_turns: bool) -> str:
    return f"raw C loop x {lanes}" + (", copies in turn" if has_turns else "")


def find(entries: list[Entry], name: str, core: str) -> Entry | None:
    names = name, f"{name}, turbo's core"
    return next((e for e in entries if e.name in names and e.core == core), None)


def ratio(entry: Entry | None, other: Entry | None) -> float | None:
    if entry is None or other is None or entry is other:
        return None
    return statistics.median(a / b for a, b in zip(entry.rates, other.rates, strict=True))


# --- output ---------------------------------------------------------------------------------------


def print_table(title: str, rows: list[Row]) -> None:
    heads = (
        "",
        "core",
        "steps/s",
        "frames/s",
        "of limit",
        "of raw",
        "pylibretro is",
        "observations",
    )
    cells = [heads]
    for row in rows:
        cells.append(
            (
                row.contestant,
                row.core,
                f"{row.steps_per_second:,.0f}",
                f"{row.frames_per_second:,.0f}",
                "" if row.of_limit is None else f"{row.of_limit:.2f}",
                "" if row.of_raw is None else f"{row.of_raw:.2f}",
                "" if row.pylibretro_is is None else f"{row.pylibretro_is:.2f}x",
                row.observations,
            )
        )
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    print(f"\n{title}")
    for row_cells in cells:
        words = [
            word.rjust(width) if 2 <= column <= 6 else word.ljust(width)
            for column, (word, width) in enumerate(zip(row_cells, widths, strict=True))
        ]
        print("  ".join(words).rstrip())


def print_bars(rows: list[Row], unit: str) -> None:
    fastest = max(row.frames_per_second for row in rows)
    width = max(len(row.contestant) for row in rows)
    print()
    for row in rows:
        bar = "#" * max(1, round(40 * row.frames_per_second / fastest))
        print(f"{row.contestant.ljust(width)}  {bar} {row.frames_per_second:,.0f} {unit}")


def save_plot(rows: list[Row], unit: str, file: Path) -> None:
    """Draw a picture with a group of bars for every job and count."""
    from matplotlib.figure import Figure

    groups = list(dict.fromkeys((row.job, row.count) for row in rows))
    figure = Figure(figsize=(9, 0.8 + sum(0.3 for _ in rows) + 0.5 * len(groups)))
    heights = [sum((row.job, row.count) == group for row in rows) for group in groups]
    axes = figure.subplots(len(groups), squeeze=False, gridspec_kw={"height_ratios": heights})
    for (job, count), (axis,) in zip(groups, axes, strict=True):
        members = [row for row in rows if (row.job, row.count) == (job, count)][::-1]
        labels = [f"{row.contestant} ({row.core})" for row in members]
        colours = [
            "tab:gray"
            if row.contestant.startswith("raw")
            else "tab:orange"
            if row.contestant.startswith("pylibretro")
            else "tab:blue"
            for row in members
        ]
        bars = axis.barh(labels, [row.frames_per_second for row in members], color=colours)
        axis.bar_label(bars, fmt="{:,.0f}", padding=3)
        axis.set_title(f"{job}; copies: {count}; {unit}", loc="left")
        axis.spines[["top", "right"]].set_visible(False)
        axis.margins(x=0.12)
    figure.tight_layout()
    figure.savefig(file)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--job", help=f"any of {', '.join(JOBS)}, with commas; default: all")
    parser.add_argument("--counts", default="8", help="copies of a game, with commas; default: 8")
    parser.add_argument("--repeats", type=int, default=5, help="turns to take the median of")
    parser.add_argument("--frames", type=int, default=4000, help="frames of all copies a turn")
    parser.add_argument("--threads", type=int, help="default: the CPUs this process may use")
    parser.add_argument("--cpu-time", action="store_true", help="count processor time instead")
    parser.add_argument("--only", default="", help="words of contestants' names, with commas")
    parser.add_argument("--json", type=Path, help="write all rows to this file")
    parser.add_argument("--plot", type=Path, help="draw a picture to this file, by matplotlib")
    parser.add_argument(
        "--peers",
        type=Path,
        default=Path.home() / ".cache" / "pylibretro-benchmarks",
        help="directory of the virtual environments; default: %(default)s",
    )
    parser.add_argument(
        "--gameboy", type=Path, help="a Game Boy game for the jobs that begin with gameboy"
    )
    options = parser.parse_args()
    names = [name for name, job in JOBS.items() if options.gameboy or job.game is not GAME_BOY]
    names = options.job.split(",") if options.job else names
    for name in names:
        if name not in JOBS:
            parser.error(f"{name!r} is not one of {', '.join(JOBS)}")
    threads = options.threads or available_cpus()
    peers = Peers(options.peers.resolve())
    rows: list[Row] = []
    unit = "frames a second of processor time" if options.cpu_time else "frames a second"
    for name in names:
        job = JOBS[name]
        counts = [1] if job.kind == "frame" else [int(c) for c in options.counts.split(",")]
        for count in counts:
            with tempfile.TemporaryDirectory() as directory:
                run = Run(
                    job,
                    count,
                    threads,
                    options.frames,
                    options.repeats,
                    peers,
                    Path(directory),
                    tuple(filter(None, options.only.split(","))),
                    options.cpu_time,
                    options.gameboy.resolve() if options.gameboy else None,
                )
                measured = measure(run)
            rows += measured
            where = f"{name}; copies: {count}; CPUs: {threads}; {unit}"
            print_table(f"{where}\n{job.describe()}", measured)
            print_bars(measured, unit)
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")
    if options.plot:
        try:
            save_plot(rows, unit, options.plot)
        except ImportError:
            print("no picture: matplotlib is not installed", file=sys.stderr)


def available_cpus() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


if __name__ == "__main__":
    main()
