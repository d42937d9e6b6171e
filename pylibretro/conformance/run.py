"""The process in which `pylibretro.conformance` runs a core: it writes down facts, and judges none.

`python -m pylibretro.conformance.run TASK FILE BEATS`, with its settings as JSON on standard input.
Each line of FILE is a JSON object; it also holds what a core has shown by the time it crashes or
hangs. BEATS grows by a byte whenever the core has got further.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import sys
import time
import warnings
import zlib
from typing import IO, Any

import numpy

from pylibretro._core import PORT_INPUT, Core
from pylibretro.conformance.lengths import (
    CYCLES,
    FRAMES_BEFORE_STATE,
    FRAMES_OF_OTHER_PLAY,
    FRAMES_UNTIL_STATES,
    REPLAY_FRAMES,
    RESTORED_FRAMES,
)
from pylibretro.conformance.protection import protect
from pylibretro.conformance.surroundings import resources, signal_handlers, surroundings
from pylibretro.content.vfs import FilePolicy
from pylibretro.core_spec import Display
from pylibretro.error import CoreCrashWarning, LibretroError

PORTS = 2
BUTTONS = 16
HELD_FRAMES = 4
# Of the processor time of a task, for what comes first.
SHARE_OF_RUNNING = 0.5


class Facts:
    """What the process that judges is told."""

    def __init__(self, file: IO[str], beats: str) -> None:
        """Begin a file."""
        self.file = file
        self.beats = os.open(beats, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def tell(self, **facts: Any) -> None:
        """Write facts down at once: the next call may be the last."""
        self.file.write(json.dumps(facts) + "\n")
        self.file.flush()
        self.beat()

    def beat(self) -> None:
        """Say that the core has got further."""
        os.write(self.beats, b".")


class Budget:
    """Processor time that may be used up: a slow core is looked at for fewer frames."""

    def __init__(self, seconds: float) -> None:
        """Begin to count."""
        self.seconds = seconds
        self.begin = time.process_time()

    @property
    def spent(self) -> float:
        """How many seconds have been used."""
        return time.process_time() - self.begin

    @property
    def is_spent(self) -> bool:
        """Whether it is used up."""
        return self.spent > self.seconds


def main() -> int:
    """Run one task."""
    logging.getLogger("pylibretro").addHandler(logging.NullHandler())
    warnings.simplefilter("ignore", CoreCrashWarning)
    wishes = json.load(sys.stdin)
    tasks = {"play": play, "repeat": repeat, "restore": restore, "open": open_and_close}
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        facts = Facts(file, sys.argv[3])
        try:
            if not protect(wishes["protected"], wishes["private"]):
                raise LibretroError("the content's folder cannot be protected from the core")
            tasks[sys.argv[1]](wishes, facts)
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
        subsystem=wishes["subsystem"],
        save_dir="saves" if record else None,
        # What it writes beside its content is its copy, and is reported; nothing else is harmed.
        files=FilePolicy(write=(wishes["private"],), record=record),
        display=Display(software_framebuffer=True),
        record_calls=record,
    )


def plays(core: Core, wishes: dict[str, Any]) -> bool:
    """Whether the core has all that it needs to run."""
    return wishes["content"] is not None or core.supports_no_game


def inputs(frames: int, seed: int = 1) -> numpy.ndarray:
    """Input for every frame: random, held for a while, and every button in its turn."""
    random = numpy.random.default_rng(seed)
    count = frames // HELD_FRAMES + 1
    held = numpy.zeros((count, PORTS), PORT_INPUT)
    chance = random.integers(0, 1 << 16, (2, count, PORTS), numpy.uint16)
    turns = numpy.arange(count)[:, None] + BUTTONS // PORTS * numpy.arange(PORTS)
    held["joypad"] = chance[0] & chance[1] | (1 << turns % BUTTONS).astype(numpy.uint16)
    for field in ("analog", "pointer", "mouse", "lightgun"):
        limit = 8 if field == "mouse" else 1 << 15
        held[field] = random.integers(-limit, limit, held[field].shape, numpy.int16)
    held["mouse_buttons"] = random.integers(0, 4, (count, PORTS)) << 2
    held["pointer_pressed"][..., 0] = random.integers(0, 2, (count, PORTS))
    return numpy.repeat(held, HELD_FRAMES, axis=0)[:frames]


def digests(
    core: Core, held: numpy.ndarray, facts: Facts, budget: Budget | None = None
) -> list[list[int]]:
    """Run, and return for each frame checksums of picture, sound and RAM."""
    seen = []
    for record in held:
        core.run(1, record[None])
        facts.beat()
        picture = core.raw_frame
        seen.append(
            [
                0 if picture is None else zlib.crc32(picture.tobytes()),
                zlib.crc32(core.audio.tobytes()),
                zlib.crc32(core.memory.system_ram.tobytes()),
                len(core.audio),
                int(core.audio.any()),
            ]
        )
        if core.shut_down or (budget is not None and budget.is_spent):
            break
    return seen


def play(wishes: dict[str, Any], facts: Facts) -> None:
    """Do what a core's user does, once, and record all of it."""
    with Core("2048") as core:
        core.run(2)  # pylibretro handles interrupts from now on, which no core is to blame for
    before = surroundings(), signal_handlers()
    facts.tell(step="opening", surroundings=before[0], handlers=before[1])
    core = open_core(wishes, record=True)
    facts.tell(
        info=core.info._asdict(),
        supports_no_game=core.supports_no_game,
        loaded=plays(core, wishes),
        step="describing",
        option_count=len(core.options),
        calls=calls_of(core),
    )
    try:
        if plays(core, wishes):
            play_loaded(core, wishes, facts)
    finally:
        facts.tell(calls=calls_of(core))
    facts.tell(
        files=[operation._asdict() for operation in core.take_file_operations()],
        log=[[line.level, line.text] for line in core.log],
    )
    facts.tell(step="closing")
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        core.close()
    if told:
        facts.tell(failed_at_end=str(told[0].message))
    facts.tell(
        step="closed",
        calls=calls_of(core),
        surroundings_after=surroundings(),
        handlers_after=signal_handlers(),
        log_after=[line.text for line in core.log],
    )
    facts.tell(complete=True)


def play_loaded(core: Core, wishes: dict[str, Any], facts: Facts) -> None:
    """Run frames; save, load and run them again; reset."""
    facts.tell(av_info=av_info_of(core), step="running")
    budget = Budget(wishes["seconds"] * SHARE_OF_RUNNING)
    first = digests(core, inputs(wishes["frames"]), facts, budget)
    facts.tell(
        digests=first,
        heard=any(seen[4] for seen in first),
        frames_asked=wishes["frames"],
        processor_time=budget.spent,
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
        replay(core, wishes, facts)
    if not core.shut_down:
        facts.tell(step="resetting")
        core.reset()
        core.run(2)


def replay(core: Core, wishes: dict[str, Any], facts: Facts) -> None:
    """Save, run, load, and run the same again."""
    held = inputs(REPLAY_FRAMES, seed=2)
    facts.tell(step="saving its state")
    try:
        state = core.save_state()
    except LibretroError as error:
        facts.tell(save_failed=[type(error).__name__, str(error)])
        return
    before = numpy.array(core.memory.system_ram)
    budget = Budget(wishes["seconds"] * (1 - SHARE_OF_RUNNING) / 2)
    facts.tell(step="running after its state was saved")
    original = digests(core, held, facts, budget)
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
    facts.tell(replayed=[original, digests(core, held[: len(original)], facts)])


def repeat(wishes: dict[str, Any], facts: Facts) -> None:
    """Run the same frames again in a process that knows nothing of the first."""
    facts.tell(step="opening")
    with open_core(wishes, record=False) as core:
        if plays(core, wishes):
            facts.tell(step="running")
            budget = Budget(wishes["seconds"])
            facts.tell(digests=digests(core, inputs(wishes["frames"]), facts, budget))
        facts.tell(step="closing")
    facts.tell(complete=True)


def restore(wishes: dict[str, Any], facts: Facts) -> None:
    """Load a state in a machine that has been played on, and in one that is new."""
    held = inputs(RESTORED_FRAMES, seed=4)
    facts.tell(step="opening")
    with open_core(wishes, record=False) as core:
        if not plays(core, wishes):
            facts.tell(complete=True)
            return
        facts.tell(step="running")
        budget = Budget(wishes["seconds"] / 2)
        digests(core, inputs(FRAMES_BEFORE_STATE), facts, budget)
        if core.shut_down or not core.state_size:
            facts.tell(complete=True)
            return
        facts.tell(step="saving its state")
        state = core.save_state()
        facts.tell(step="running after its state was saved")
        digests(core, inputs(FRAMES_OF_OTHER_PLAY, seed=3), facts, budget)
        facts.tell(step="loading its state")
        core.load_state(state)
        facts.tell(step="running after a state was loaded")
        budget = Budget(wishes["seconds"] / 4)
        used = digests(core, held, facts, budget)
    facts.tell(step="opening again")
    with open_core(wishes, record=False) as core:
        facts.tell(step="loading its state in a fresh machine")
        waited = load_when_accepted(core, state)
        facts.tell(frames_before_state=waited)
        fresh = digests(core, held[: len(used)], facts)
    facts.tell(restored=[fresh, used], complete=True)


def load_when_accepted(core: Core, state: bytes) -> int:
    """Load a state, and return how many frames the core had to run before it accepted one."""
    for frame in range(FRAMES_UNTIL_STATES):
        try:
            core.load_state(state)
        except LibretroError:
            if frame == FRAMES_UNTIL_STATES - 1:
                raise
            core.run(1)
        else:
            return frame
    return FRAMES_UNTIL_STATES


def open_and_close(wishes: dict[str, Any], facts: Facts) -> None:
    """Open, run and close several times, and count what stays behind."""
    budget = Budget(wishes["seconds"])
    counts = []
    for cycle in range(CYCLES):
        facts.tell(step=f"opening for the {cycle + 1}. time")
        with open_core(wishes, record=False) as core:
            if plays(core, wishes):
                core.run(2)
            facts.tell(step=f"closing for the {cycle + 1}. time")
        counts.append(resources())
        facts.tell(resources=counts)
        if budget.is_spent:
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


if __name__ == "__main__":
    sys.exit(main())
