"""What the process of every contestant does: prepare itself, then step when asked.

It speaks JSON, one object a line: a `Setting` comes in and ``{"ready": ...}`` goes out, then each
``{"steps": n, "keep": path or null}`` is answered with ``{"seconds": s, "cpu_seconds": c}`` or with
``{"failed": why}``.
With ``keep`` the observations of every step are saved there, which is not part of the time. The
end of the input ends the process.
"""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

OBSERVATION_SIZE = (84, 84)
JOYPAD_BUTTONS = 16


@dataclass(frozen=True)
class Setting:
    """All that a contestant needs to know; paths are those of files.

    Attributes:
        core: The core to load, which contestants with an emulator of their own ignore.
        content: The game.
        options: Core options that differ from their defaults.
        state: The state to start from, as the core wrote it. One frame without buttons follows
            before the first step, because both families of stable-retro run one at a reset.
        start: Joypad masks from power-on to that state as a NumPy file, (frames,) uint16.
        masks: Joypad masks of port 0 as a NumPy file, (steps, count) uint16.
        integrations: A directory of games in stable-retro's form.
        game: The name of the game in it.
        title: The name of the game in emulators that have games built in.
        count: Copies to step at once.
        threads: CPUs to use.
        skip: Frames a step.
        kind: ``stack`` for gray pictures of `OBSERVATION_SIZE`, the maximum of the last two frames
            of a step (of the only one where skip is 1), the last `depth` of them; ``env`` for the
            same from an env, with rewards, ends and infos by the game's rules; ``ram`` for the
            system RAM; ``frame`` for the last picture as RGB; ``screen`` for the last picture of a
            step of every copy as RGB; ``bytes`` for `ram_bytes` of RAM of every copy.
        ram_start: The address of these bytes in the console's memory.
        ram_bytes: How many they are.
        depth: Pictures in a stack.
        variant: A way to use the contestant that only its worker knows.
    """

    core: str
    content: str
    options: dict[str, str]
    state: str
    start: str
    masks: str
    integrations: str
    game: str
    title: str
    count: int
    threads: int
    skip: int
    kind: str
    depth: int
    ram_start: int
    ram_bytes: int
    variant: str

    @property
    def pool(self) -> int:
        """How many frames at the end of a step are observed."""
        return min(self.skip, 2)

    @property
    def stacks(self) -> bool:
        """Whether stacks of gray pictures are observed."""
        return self.kind in ("stack", "env")

    def to_json(self) -> str:
        """Return a line that `from_json` reads."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, line: str) -> Setting:
        """Return what `to_json` wrote."""
        return cls(**json.loads(line))

    def start_state(self) -> bytes:
        """Return the state to start from."""
        with open(self.state, "rb") as file:
            return file.read()


class Contestant(Protocol):
    """What a worker module makes out of a `Setting`."""

    children: Sequence[int] = ()
    """Processes that work for it."""

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return what `step` takes for each row of (steps, count) joypad masks."""

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Run one step of all copies; return all their observations."""

    def close(self) -> None:
        """Let go of processes and threads."""


def buttons_of(masks: NDArray[np.uint16], buttons: int) -> NDArray[np.uint8]:
    """Return joypad masks as arrays of 0 and 1, button n at index n of a new last axis."""
    return (masks[..., None] >> np.arange(buttons, dtype=np.uint16) & 1).astype(np.uint8)


def cpu_seconds(children: Sequence[int]) -> float:
    """Return the processor time that this process and its children have used."""
    # The clock of another process, as clock_getcpuclockid() makes it on Linux.
    return time.process_time() + sum(time.clock_gettime(~pid << 3 | 2) for pid in children)


def serve(prepare: Callable[[Setting], Contestant]) -> None:
    """Answer requests until there are no more."""
    # Emulators print too: what they print must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(**what: object) -> None:
        print(json.dumps(what), file=answers, flush=True)

    try:
        setting = Setting.from_json(sys.stdin.readline())
        contestant = prepare(setting)
        answer(ready=True)
        masks = np.load(setting.masks)
        done = 0
        for line in iter(sys.stdin.readline, ""):
            request = json.loads(line)
            steps = request["steps"]
            actions = contestant.actions(masks[done : done + steps])
            done += steps
            if request["keep"]:
                np.save(request["keep"], np.stack([contestant.step(a).copy() for a in actions]))
                answer(seconds=0.0, cpu_seconds=0.0)
                continue
            cpu_start, start = cpu_seconds(contestant.children), time.perf_counter()
            for action in actions:
                contestant.step(action)
            answer(
                seconds=time.perf_counter() - start,
                cpu_seconds=cpu_seconds(contestant.children) - cpu_start,
            )
    except Exception as error:
        traceback.print_exc()
        answer(failed=f"{type(error).__name__}: {error}")
    else:
        contestant.close()
