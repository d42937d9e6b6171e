"""What `pylibretro check` finds of the cores here, and whether plain C finds it too.

    python benchmarks/verify_findings.py [--write docs/check.md]

Runs the check on every core that is here with each game of its consoles and without any, and for
each finding a small C frontend (verify_findings.c) that shares no code with pylibretro.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from oracle import compile_command
from real import CORES, PLAYS

from pylibretro import Core
from pylibretro.conformance import Finding, check
from pylibretro.conformance.lengths import REPLAY_FRAMES, RESTORED_FRAMES
from pylibretro.conformance.run import inputs

FRAMES = {"replay": REPLAY_FRAMES, "used": RESTORED_FRAMES, "fresh": RESTORED_FRAMES}
FRAMES_OF_A_ROW = 1024
TIMEOUT = 300
RUNS_OF_A_CRASH = 5
LEAST_OF_A_LEAK = 0.5
PARTS = {"picture": 0, "pictures": 0, "sound": 1, "RAM": 2}
HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- findings -->", "<!-- /findings -->"


class Frontend:
    """The C frontend with one core and game, or none."""

    def __init__(
        self,
        program: Path,
        core: Path,
        content: Path | None,
        options: Mapping[str, str],
        directory: Path,
    ) -> None:
        """Take the program, the core and game, and a directory for states and saves."""
        self.words = [program, core, "-" if content is None else content]
        self.ran: dict[str, tuple[list[list[str]], int, str]] = {}
        self.state = directory / "state"
        self.inputs = directory / "inputs"
        rows = [inputs(FRAMES_OF_A_ROW, seed)["joypad"] for seed in (1, 2, 3, 4)]
        self.inputs.write_bytes(b"".join(row.astype("<u2").tobytes() for row in rows))
        with Core(core, content, options=options) as opened:
            self.options = [f"{key}={value}" for key, value in opened.options.items()]

    def run(self, task: str) -> tuple[list[list[str]], int, str]:
        """The same as `run_again`, run once only."""
        if task not in self.ran:
            self.ran[task] = self.run_again(task)
        return self.ran[task]

    def run_again(self, task: str) -> tuple[list[list[str]], int, str]:
        """What each frame showed, how the program ended, and what it said."""
        frames = FRAMES.get(task, 120)
        words = [*self.words, task, frames, self.state, self.inputs, *self.options]
        command = [str(word) for word in words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=TIMEOUT
            )
        except subprocess.TimeoutExpired:
            return [], 1, ""
        lines = [line.split() for line in done.stdout.splitlines()]
        whole = [line for line in lines if len(line) == 4 and line[3].isdigit()]
        return whole, done.returncode, done.stdout + done.stderr

    def differs(self, finding: Finding) -> bool:
        """Whether what the finding names differs after a state."""
        part = next(index for name, index in PARTS.items() if finding.message.startswith(name))
        if finding.name == "replay":
            lines, _, _ = self.run("replay")
            first, second = lines[: len(lines) // 2], lines[len(lines) // 2 :]
        else:
            first, *_ = self.run("used")
            second, *_ = self.run("fresh")
        return [line[part] for line in first] != [line[part] for line in second]


def verified(frontend: Frontend, finding: Finding) -> str:
    """How plain C confirms a finding."""
    if finding.name in ("crash", "hang"):
        found = []
        for task in ("replay", "reset"):
            ends = [frontend.run_again(task)[1] for _ in range(RUNS_OF_A_CRASH)]
            bad = sum(status != 0 for status in ends)
            if bad:
                found.append(f"{bad} of {len(ends)} runs with a {task} end badly")
        return "; ".join(found) or "not seen"
    if finding.name == "leak":
        lines, *_ = frontend.run("leak")
        # Allocated, or written to: which of the two grows by as much depends on the allocator.
        grows = [
            min((int(b[column]) - int(a[column]) for a, b in pairwise(lines[1:])), default=0)
            for column in (2, 3)
        ]
        more = max(grows)
        least = int((re.match(r"\d+", finding.message) or ["0"])[0])
        return f"{more} or more kilobytes stay" if more >= least * LEAST_OF_A_LEAK else "not seen"
    if not frontend.run("replay")[0]:
        return "could not be tried: the core does not run in the small frontend"
    if finding.name in ("replay", "restore"):
        return "the same differs" if frontend.differs(finding) else "not seen"
    if finding.name == "pitch-too-small":
        lines, *_ = frontend.run("replay")
        return f"{max(int(line[3]) for line in lines)} bytes too small"
    if finding.name == "output":
        _, _, said = frontend.run("replay")
        words = finding.message.partition(": ")[2]
        return "the same words" if words[:20] in said else "not seen"
    if finding.name == "silent":
        lines, *_ = frontend.run("replay")
        return "no sound" if {line[1] for line in lines} == {"0"} else "not seen"
    return "no way to try it yet"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page that has the list")
    parser.add_argument("--only", default="", help="a part of the names of cores to look at")
    arguments = parser.parse_args()
    if arguments.only and arguments.write:
        parser.error("--write lists every core; leave --only out")
    lines = ["| core | finding | in plain C |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        program = Path(name) / "verify_findings"
        source = HERE / "verify_findings.c"
        subprocess.run([*compile_command(), source, "-o", program, "-ldl"], check=True)
        games = Path(name) / "games"
        games.mkdir()
        subjects: list[tuple[str, str, Path, Path | None, Mapping[str, str]]] = [
            (play.core_id, play.game, play.core, play.content(games), play.options)
            for play in PLAYS
        ]
        subjects += [(core_id, "no game", core, None, {}) for core_id, core in CORES.items()]
        subjects = [subject for subject in subjects if arguments.only in subject[0]]
        subjects.sort(key=lambda subject: (list(CORES).index(subject[0]), subject[1]))
        for core_id, game, core, content, options in subjects:
            report = check(core, content, options=options)
            frontend = Frontend(program, core, content, options, Path(name))
            shown = f"{core_id.replace(':', ': ')}, {game.replace('_', ' ')}"
            findings = [finding for finding in report.findings if finding.name != "nothing-run"]
            for finding in findings:
                text = finding.message.replace("|", "/").replace(name, "")
                found = verified(frontend, finding)
                lines.append(f"| {shown} | {finding.severity} {finding.name}: {text} | {found} |")
                print(lines[-1], flush=True)
            if not findings and content is not None:
                lines.append(f"| {shown} | none | |")
                print(lines[-1], flush=True)
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        table = "\n".join(lines)
        arguments.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
