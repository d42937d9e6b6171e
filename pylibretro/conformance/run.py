"""The process in which `pylibretro.conformance` runs a core: it writes down facts, and judges none.

`python -m pylibretro.conformance.run TASK FILE`, with its settings as JSON on standard input. Each
line of FILE is a JSON object; it also holds what a core has shown by the time it crashes or hangs.
"""

from __future__ import annotations

import dataclasses
import json
import locale
import logging
import os
import sys
import time
import zlib
from pathlib import Path
from typing import IO, Any

import numpy

from pylibretro._core import Core
from pylibretro.content.vfs import FilePolicy
from pylibretro.error import LibretroError

REPLAY_FRAMES = 60
CYCLES = 8
# libretro's joypad buttons without START and SELECT, which leave games for their menus.
PLAYED_BUTTONS = 0xFFFF & ~(1 << 2 | 1 << 3)


class Facts:
    """What the process that judges is told."""

    def __init__(self, file: IO[str]) -> None:
        """Begin a file."""
        self.file = file

    def tell(self, **facts: Any) -> None:
        """Write facts down at once: the next call may be the last."""
        self.file.write(json.dumps(facts) + "\n")
        self.file.flush()


def main() -> int:
    """Run one task."""
    logging.getLogger("pylibretro").addHandler(logging.NullHandler())
    wishes = json.load(sys.stdin)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        facts = Facts(file)
        try:
            {"play": play, "repeat": repeat, "open": open_and_close}[sys.argv[1]](wishes, facts)
        except LibretroError as error:
            facts.tell(raised=[type(error).__name__, str(error)])
    return 0


def open_core(wishes: dict[str, Any], *, record: bool) -> Core:
    """Open the core with the given settings."""
    return Core(
        wishes["core"],
        wishes["content"],
        options=wishes["options"],
        system_dir=wishes["system_dir"],
        save_dir="saves" if record else None,
        files=FilePolicy(record=record),
        record_calls=record,
    )


def masks(frames: int) -> numpy.ndarray:
    """Buttons for every frame: random, held for a while, the same each time."""
    random = numpy.random.default_rng(1)
    held = random.integers(0, 1 << 16, frames // 8 + 1, numpy.uint16) & PLAYED_BUTTONS
    return numpy.repeat(held & random.integers(0, 1 << 16, len(held), numpy.uint16), 8)[:frames]


def digests(core: Core, inputs: numpy.ndarray) -> list[list[int]]:
    """Run, and return for each frame checksums of picture, sound and RAM."""
    seen = []
    for mask in inputs:
        core.run(1, [mask])
        picture = core.raw_frame
        seen.append(
            [
                0 if picture is None else zlib.crc32(picture.tobytes()),
                zlib.crc32(core.audio.tobytes()),
                zlib.crc32(core.memory.system_ram.tobytes()),
                len(core.audio),
            ]
        )
        if core.shut_down:
            break
    return seen


def play(wishes: dict[str, Any], facts: Facts) -> None:
    """Do what a core's user does, once, and record all of it."""
    facts.tell(step="opening", surroundings=surroundings())
    core = open_core(wishes, record=True)
    loaded = wishes["content"] is not None or core.supports_no_game
    facts.tell(
        info=core.info._asdict(),
        loaded=loaded,
        step="describing",
        option_count=len(core.options),
        calls=calls_of(core),
    )
    try:
        if loaded:
            play_loaded(core, wishes, facts)
    finally:
        facts.tell(calls=calls_of(core))
    facts.tell(
        files=[operation._asdict() for operation in core.take_file_operations()],
        log=[[line.level, line.text] for line in core.log],
        open_files=files_open_for_writing(),
    )
    facts.tell(step="closing")
    core.close()
    facts.tell(step="closed", calls=calls_of(core), surroundings_after=surroundings())
    facts.tell(complete=True)


def play_loaded(core: Core, wishes: dict[str, Any], facts: Facts) -> None:
    """Run frames; save, load and run them again; reset."""
    facts.tell(av_info=av_info_of(core), step="running")
    inputs = masks(wishes["frames"])
    first = digests(core, inputs)
    facts.tell(
        digests=first,
        shut_down=core.shut_down,
        descriptors=[descriptor._asdict() for descriptor in core.input_descriptors],
        av_info_later=av_info_of(core),
    )
    if core.shut_down:
        return
    facts.tell(step="asking for the size of its state")
    size = core.state_size
    facts.tell(state_size=size, calls=calls_of(core))
    if size:
        replay(core, facts)
    if not core.shut_down:
        facts.tell(step="resetting")
        core.reset()
        core.run(2)


def replay(core: Core, facts: Facts) -> None:
    """Save, run, load, and run the same again."""
    inputs = masks(REPLAY_FRAMES)
    facts.tell(step="saving its state")
    try:
        state = core.save_state()
    except LibretroError as error:
        facts.tell(save_failed=[type(error).__name__, str(error)])
        return
    before = numpy.array(core.memory.system_ram)
    original = digests(core, inputs)
    if core.shut_down:
        return
    facts.tell(step="loading its state")
    try:
        core.load_state(state)
    except LibretroError as error:
        facts.tell(load_failed=[type(error).__name__, str(error)])
        return
    same_ram = numpy.array_equal(before, core.memory.system_ram)
    facts.tell(step="running after a state was loaded", ram_is_back=bool(same_ram))
    facts.tell(replayed=[original, digests(core, inputs)])


def repeat(wishes: dict[str, Any], facts: Facts) -> None:
    """Run the same frames again in a process that knows nothing of the first."""
    facts.tell(step="opening")
    with open_core(wishes, record=False) as core:
        if wishes["content"] is not None or core.supports_no_game:
            facts.tell(step="running")
            facts.tell(digests=digests(core, masks(wishes["frames"])))
        facts.tell(step="closing")
    facts.tell(complete=True)


def open_and_close(wishes: dict[str, Any], facts: Facts) -> None:
    """Open, run and close several times, and count what stays behind."""
    begin = time.monotonic()
    counts = []
    for cycle in range(CYCLES):
        facts.tell(step=f"opening for the {cycle + 1}. time")
        with open_core(wishes, record=False) as core:
            if wishes["content"] is not None or core.supports_no_game:
                core.run(2)
            facts.tell(step=f"closing for the {cycle + 1}. time")
        counts.append(resources())
        facts.tell(resources=counts)
        if time.monotonic() - begin > wishes["seconds"]:
            break
    facts.tell(complete=True)


def calls_of(core: Core) -> dict[str, Any]:
    """The record of the core's calls, as JSON data."""
    record = core.recorded_calls
    plain = dataclasses.asdict(record)
    for kept, given in zip(plain["commands"], record.commands, strict=True):
        kept["name"] = given.name
    plain["callbacks"] = [[*key, count] for key, count in record.callbacks.items()]
    return plain


def av_info_of(core: Core) -> dict[str, Any]:
    """Timing and geometry, as JSON data."""
    return {**core.av_info._asdict(), "geometry": core.geometry._asdict()}


def surroundings() -> dict[str, Any]:
    """What belongs to the whole process, and what no core should change."""
    mask = os.umask(0)
    os.umask(mask)
    return {"cwd": os.getcwd(), "umask": mask, "locale": locale.setlocale(locale.LC_ALL)}


def files_open_for_writing() -> list[str]:
    """Return the paths of the files that this process may write to, where the system says so."""
    found = []
    for entry in sorted(Path("/proc/self/fd").glob("*")):
        try:
            path = os.readlink(entry)
            flags = (
                Path(f"/proc/self/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0]
            )
        except (OSError, IndexError):
            continue
        named = path.startswith("/") and not path.startswith(("/dev/", "/memfd:", "/proc/"))
        if named and int(flags, 8) & os.O_ACCMODE and "(deleted)" not in path:
            found.append(path)
    return found


def resources() -> dict[str, int]:
    """How many threads, files, mappings and bytes this process has, where the system says so."""
    process = Path("/proc/self")
    if not (process / "smaps_rollup").exists():
        return {}
    rollup = dict(
        line.split(":") for line in (process / "smaps_rollup").read_text().splitlines()[1:]
    )
    return {
        "threads": len(list((process / "task").iterdir())),
        "files": len(list((process / "fd").iterdir())),
        "mappings": len((process / "maps").read_text().splitlines()),
        "kilobytes": int(rollup["Private_Dirty"].split()[0]),
    }


if __name__ == "__main__":
    sys.exit(main())
