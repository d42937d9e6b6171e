"""What builds of cores leave out, proven and timed: the table of docs/skipping.md.

    python benchmarks/skips.py [--frames 3000] [--build WORD,...] [--roms DIRECTORY...]
                               [--turns 9] [--no-speed] [--write docs/skipping.md]

Of each build that has a file of skips and is installed here, every game at hand is played at random
by machines that leave something out and by others that do not: once with pictures left out and the
sound heard, once with the sound left out, too. Compared are all memory, the pictures that are seen,
the sound that is heard, and states, which the machines also exchange; the first difference ends the
comparison of a game. Then steps are timed against a loop in C that does nothing but retro_run on
the same core and game with the same input, in alternating turns, by processor time, with one copy
and one thread: four frames of which two become an 84x84 observation, one frame with its picture,
and four frames of which nobody sees anything.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

import numpy as np
from numpy.typing import NDArray
from oracle import random_masks
from real import CORES, PLAYS, corpus_directory, package_directory

from pylibretro import Core, CoreBatch, CoreSpec, LibretroError, Observation
from pylibretro.batch.skipping import SkippedWork, compare_with_skips
from pylibretro.command_line.limit import RawLimit
from pylibretro.skips.build_skips import BUILDS, BuildSkips, known_skips, read_build_skips

BEGIN, END = "<!-- skips -->", "<!-- /skips -->"
FRAMES_A_TURN, WARM_UP = 400, 600
SEEN = Observation(size=(84, 84), gray=True, pool=2, stack=4)
JOBS: dict[str, tuple[int, dict[str, Any]]] = {
    "skip 4, pooled": (4, {"observation": SEEN}),
    "skip 1": (1, {}),
    "memory only": (4, {"pictures": False}),
}
TIMED = ("Airstriker", "shocklobster", "breakout.bin", "homebrew")  # the first, if it is here
SUFFIXES = {
    "gambatte": (".gb", ".gbc"),
    "mgba": (".gba",),
    "genesis_plus_gx": (".md", ".gen", ".sms", ".gg", ".sg"),
    "picodrive": (".md", ".gen", ".sms", ".gg"),
    "stella": (".a26", ".bin"),
    "snes9x": (".sfc", ".smc"),
    "fceumm": (".nes",),
    "nestopia": (".nes",),
    "mednafen_pce_fast": (".pce",),
    "mednafen_wswan": (".ws", ".wsc"),
    "mednafen_vb": (".vb",),
    "bsnes_mercury_accuracy": (".sfc", ".smc"),
    "bsnes_mercury_performance": (".sfc", ".smc"),
}


@dataclass
class Proof:
    """What was compared of a build."""

    games: int = 0
    frames: int = 0
    differences: list[str] = field(default_factory=list)


def installed() -> Iterator[tuple[str, Path, BuildSkips]]:
    """Name, file and skips of each build that is here."""
    for path in sorted(BUILDS.glob("*.toml")):
        skips = read_build_skips(path)
        for core_id, core in CORES.items():
            if known_skips(core) == skips:
                yield core_id, core, skips


def games_for(core_id: str, directories: list[Path], scratch: Path) -> list[Path]:
    """Every game that is here for a core, the one that is timed first."""
    name = core_id.partition(":")[2]
    found = [play.content(scratch) for play in PLAYS if play.core_id == core_id]
    package = package_directory("ale_py")
    if name == "stella" and package:
        found = sorted(package.glob("roms/*.bin"))
    corpus = corpus_directory()
    for directory in [*directories, *([corpus / "roms"] if corpus else [])]:
        found += sorted(
            path for path in directory.rglob("*") if path.suffix.lower() in SUFFIXES.get(name, ())
            and (name != "stella" or "ale_py" in str(path))
        )  # fmt: skip
    found.sort(key=lambda path: not any(word in str(path) for word in TIMED))
    return list(dict.fromkeys(found))


def prove(core: Path, skips: BuildSkips, games: list[Path], frames: int) -> Proof:
    """Compare all games with and without, heard and unheard."""
    proof = Proof()
    works = [
        SkippedWork(skips, skips.names("unseen"), unheard, skips.names("always"))
        for unheard in dict.fromkeys([(), skips.names("unheard")])
    ]
    for game in games:
        try:
            with Core(core, game) as opened:
                opened.run(2)
        except LibretroError:
            continue  # it takes no such game
        proof.games += 1
        for work in filter(None, works):
            difference = compare_with_skips(CoreSpec(core, game), work, CoreBatch, frames=frames)
            proof.frames += frames
            if difference:
                proof.differences.append(f"{game.name}: {difference}")
                print(f"DIFFERS {core.name} {proof.differences[-1]}", flush=True)
    return proof


def speed(core: Path, game: Path, turns: int) -> dict[tuple[str, bool], tuple[float, float]]:
    """How fast each job is, without and with skips, as a part of the loop in C."""
    found: dict[tuple[str, bool], tuple[float, float]] = {}
    frames = WARM_UP + FRAMES_A_TURN * (turns + 1)
    masks = random_masks(frames)
    for job, (skip, arguments) in JOBS.items():
        for heard in (True, False):
            limit = RawLimit(
                [str(core), str(game), "--cpu-time"],
                frames=FRAMES_A_TURN, repeats=turns + 1, warmup=WARM_UP, masks=masks,
            )  # fmt: skip
            given = {"threads": 1, "sound": heard, **arguments}
            with (
                limit,
                CoreBatch(core, game, skips=False, **given) as plain,
                CoreBatch(core, game, **given) as skipping,
            ):
                rates = [
                    [limit.measure(), *(turn(batch, masks, skip, n) for batch in (plain, skipping))]
                    for n in range(turns + 1)
                ][1:]
            ratios = [statistics.median(one[i] / one[0] for one in rates) for i in (1, 2)]
            found[job, heard] = ratios[0], ratios[1]
    return found


def turn(batch: CoreBatch, masks: NDArray[np.uint16], skip: int, number: int) -> float:
    """Run as many frames as the loop in C; return frames in a second of processor time."""
    if number == 0:
        for first in range(0, WARM_UP, skip):
            batch.run(skip, masks[first : first + skip, None])
    start = WARM_UP + number * FRAMES_A_TURN
    begun = time.process_time()
    for first in range(start, start + FRAMES_A_TURN, skip):
        batch.run(skip, masks[first : first + skip, None])
    return FRAMES_A_TURN / (time.process_time() - begun)


def main() -> int:
    """Prove, time, and write the table; the exit status is 1 if anything differed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--frames", type=int, default=3000, help="compared of each game")
    parser.add_argument("--build", default="", help="only builds whose names have these words")
    parser.add_argument("--roms", type=Path, action="append", default=[], help="more games")
    parser.add_argument("--turns", type=int, default=9)
    parser.add_argument("--no-speed", action="store_true")
    parser.add_argument("--write", type=Path, help="the page that has the table")
    arguments = parser.parse_args()
    heads = [f"{job}, {kind}" for job in JOBS for kind in ("heard", "unheard")]
    lines = [
        f"| build | timed with | {' | '.join(heads)} | games | frames | mismatches |",
        "|---" * (5 + len(heads)) + "|",
    ]
    wrong = 0
    with tempfile.TemporaryDirectory() as scratch:
        for core_id, core, skips in installed():
            if not any(word in core_id for word in arguments.build.split(",")):
                continue
            games = games_for(core_id, arguments.roms, Path(scratch))
            proof = prove(core, skips, games, arguments.frames)
            wrong += len(proof.differences)
            cells = [""] * len(heads)
            if not arguments.no_speed and games:
                rates = speed(core, games[0], arguments.turns)
                cells = [f"{plain:.2f} → {with_skips:.2f}" for plain, with_skips in rates.values()]
            name = f"{skips.core} {skips.version}, {skips.origin.partition(',')[0]}"
            game = games[0].parent.name if games and games[0].stem == "rom" else games[0].stem
            lines.append(
                f"| {name} | {game} | {' | '.join(cells)} | {proof.games} | {proof.frames:,} | "
                f"{len(proof.differences)} |"
            )
            print(lines[-1], flush=True)
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        table = "\n".join(lines)
        arguments.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
