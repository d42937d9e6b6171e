"""Which cores are put into a state wholly by loading it: the table of docs/time-machine.md.

    python benchmarks/restoring.py [--write docs/time-machine.md]

Every core that is here is tried with a game of its console, from the state after its first frame.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "support"))

from real import PLAYS

from pylibretro import Core, CoreSpec
from pylibretro.batch.restoring import SEEN_PARTS, Restoring, compare_restoring

BEGIN, END = "<!-- restoring -->", "<!-- /restoring -->"


def row(name: str, game: str, found: Restoring) -> str:
    if not found.reproducible:
        said, opened = "two fresh machines differ", "no, it would not help"
    else:
        said = found.reason or ", ".join(found.differs) or "nothing"
        opened = "yes" if found.opens_again(SEEN_PARTS) else "no"
        if opened == "no" and found.opens_again():
            opened = "only where sound is observed"
    return f"| {name} | {game} | {said} | {opened} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", type=Path, help="the page that has the table")
    arguments = parser.parse_args()
    lines = [
        "| core | game | differs after restoring in a used machine | opened again at a reset |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as directory:
        for play in PLAYS:
            content = play.content(Path(directory))
            spec = CoreSpec(play.core, content, options=play.options)
            with Core(spec) as core:
                name = f"{core.info.name} {core.info.version}"
            found = compare_restoring(spec, frames=1)
            if found.reason is not None:  # which says more about the machine it is tried on
                slow = "slow" in found.reason
                found = Restoring(reason="too slow to find out" if slow else "it takes no state")
            lines.append(row(name, play.game.replace("_", " "), found))
            print(lines[-1], flush=True)
    if arguments.write:
        text = arguments.write.read_text(encoding="utf-8")
        before, rest = text.split(BEGIN)
        after = rest.split(END)[1]
        table = "\n".join(lines)
        arguments.write.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
