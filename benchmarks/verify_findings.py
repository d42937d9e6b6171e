"""What `pylibretro check` finds of the cores here, and whether plain C finds it too.

    python benchmarks/verify_findings.py [--write docs/check.md]

Runs the check on every core that is here with a game of its console, and for each finding a small
C frontend (verify_findings.c) that shares no code with pylibretro.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from oracle import compile_command
from real import PLAYS, Play

from pylibretro import Core
from pylibretro.conformance import Finding, check
from pylibretro.conformance.lengths import REPLAY_FRAMES, RESTORED_FRAMES
from pylibretro.conformance.run import inputs

FRAMES = {"replay": REPLAY_FRAMES, "used": RESTORED_FRAMES, "fresh": RESTORED_FRAMES}
FRAMES_OF_A_ROW = 1024
PARTS = {"picture": 0, "pictures": 0, "sound": 1, "RAM": 2}
HERE = Path(__file__).resolve().parent
BEGIN, END = "<!-- findings -->", "<!-- /findings -->"


class Frontend:
    """The C frontend with one core and game."""

    def __init__(self, program: Path, play: Play, directory: Path) -> None:
        """Take the program, the core and game, and a directory for states and saves."""
        self.words = [program, play.core, play.content(directory)]
        self.state = directory / "state"
        self.inputs = directory / "inputs"
        rows = [inputs(FRAMES_OF_A_ROW, seed)["joypad"] for seed in (1, 2, 3, 4)]
        self.inputs.write_bytes(b"".join(row.astype("<u2").tobytes() for row in rows))
        with Core(play.core, play.content(directory), options=play.options) as core:
            self.options = [f"{key}={value}" for key, value in core.options.items()]

    def run(self, task: str) -> tuple[list[list[str]], int, str]:
        """What each frame showed, how the program ended, and what it said."""
        frames = FRAMES.get(task, 120)
        words = [*self.words, task, frames, self.state, self.inputs, *self.options]
        command = [str(word) for word in words]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, errors="replace", timeout=60
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
        ends = [frontend.run(task)[1] for task in ("replay", "reset") * 5]
        bad = sum(status != 0 for status in ends)
        return f"{bad} of {len(ends)} runs ended badly" if bad else "not seen"
    if not frontend.run("reset")[0]:
        return "could not be tried: the core does not run in the small frontend"
    if finding.name in ("replay", "restore"):
        return "the same differs" if frontend.differs(finding) else "not seen"
    if finding.name == "pitch-too-small":
        lines, *_ = frontend.run("reset")
        return f"{max(int(line[3]) for line in lines)} bytes too small"
    if finding.name == "output":
        _, _, said = frontend.run("reset")
        words = finding.message.partition(": ")[2]
        return "the same words" if words[:20] in said else "not seen"
    if finding.name == "silent":
        lines, *_ = frontend.run("reset")
        return "no sound" if {line[1] for line in lines} == {"0"} else "not seen"
    if finding.name == "black":
        lines, *_ = frontend.run("reset")
        same = all(one[0] == other[0] for one, other in pairwise(lines))
        return "one picture all the time" if same else "not seen"
    if finding.name == "leak":
        lines, *_ = frontend.run("leak")
        held = [int(line[3]) for line in lines]
        more = min((after - before for before, after in pairwise(held[1:])), default=0)
        return f"{more} or more kilobytes stay" if more > 0 else "not seen"
    return "read in the record of its calls"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page that has the list")
    arguments = parser.parse_args()
    lines = ["| core | finding | in plain C |", "|---|---|---|"]
    with tempfile.TemporaryDirectory() as name:
        program = Path(name) / "verify_findings"
        source = HERE / "verify_findings.c"
        subprocess.run([*compile_command(), source, "-o", program, "-ldl"], check=True)
        for play in {play.core_id: play for play in PLAYS}.values():
            frontend = Frontend(program, play, Path(name))
            report = check(play.core, play.content(Path(name)), options=play.options)
            shown = f"{play.core_id.replace(':', ': ')}, {play.game.replace('_', ' ')}"
            for finding in report.findings:
                text = finding.message.replace("|", "/").replace(name, "")
                found = verified(frontend, finding)
                lines.append(f"| {shown} | {finding.severity} {finding.name}: {text} | {found} |")
                print(lines[-1], flush=True)
            if not report.findings:
                lines.append(f"| {shown} | none | |")
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        table = "\n".join(lines)
        arguments.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
