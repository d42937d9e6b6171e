"""Write which environment commands each installed real core sends: record_real_cores.py FILE.

Each core runs in a process of its own, with each game of ours that it takes, or without any.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from playing import in_another_process
from real import CORES, PLAYS, Play

from pylibretro import Core
from pylibretro.error import LibretroError
from pylibretro.frontend.call_record import command_name

FRAMES = 120


def commands_of(core: Core) -> list[int]:
    return sorted({recorded.command for recorded in core.recorded_calls.commands})


def commands_of_play(play: Play, directory: Path) -> list[int]:
    """What the core sends while it opens, runs, saves, resets and closes."""
    core = Core(play.core, play.content(directory), options=play.options, record_calls=True)
    with core:
        core.run(FRAMES)
        core.load_state(core.save_state())
        core.run()
        core.reset()
        core.run()
    return commands_of(core)


def commands_without_game(path: Path) -> list[int]:
    core = Core(path, record_calls=True)
    core.close()
    return commands_of(core)


def main(output: Path) -> None:
    seen: dict[str, list[str]] = {}
    with tempfile.TemporaryDirectory() as games:
        for core_id, path in CORES.items():
            commands = set()
            plays = [play for play in PLAYS if play.core_id == core_id]
            for play in plays:
                try:
                    commands |= {*in_another_process(commands_of_play, play, Path(games))}
                except (LibretroError, EOFError, TimeoutError) as error:
                    print(f"{play.id}: {error!r}")
            if not commands:
                commands |= {*in_another_process(commands_without_game, path)}
            names = {command_name(command) or hex(command) for command in commands}
            seen[core_id] = sorted(names)
            print(f"{core_id}: {len(names)} commands, {len(plays)} games")
    output.write_text(json.dumps(dict(sorted(seen.items())), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
