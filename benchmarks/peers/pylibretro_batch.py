"""CoreBatch: the cores of a batch on native threads, observations made in C."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pylibretro
from peers.worker import OBSERVATION_SIZE, Contestant, Setting, serve


class Batch(Contestant):
    """All copies in one process; the variant is words with commas."""

    def __init__(self, setting: Setting) -> None:
        """Load the game into all copies, and the state into every one."""
        arguments: dict[str, Any] = {"options": setting.options} if setting.options else {}
        if setting.stacks:
            arguments["observation"] = pylibretro.Observation(
                size=OBSERVATION_SIZE[::-1],
                gray=True,
                pool=setting.pool,
                stack=setting.depth,
                resize="area",
                layout="CHW",
            )
        elif setting.kind == "screen":
            arguments["observation"] = pylibretro.Observation(gray=False, layout="HWC")
        else:
            arguments["pictures"] = False
            arguments["watches"] = {
                f"ram{index}": (setting.ram_start + index, "|u1")
                for index in range(setting.ram_bytes)
            }
        words = setting.variant.split(", ")
        arguments["sound"] = "with sound" in words
        if "skips off" in words:
            arguments["skips"] = False
        self.kind, self.skip = setting.kind, setting.skip
        self.batch = pylibretro.CoreBatch(
            setting.core,
            setting.content,
            count=setting.count,
            threads=1 if "one thread" in words else setting.threads,
            **arguments,
        )
        none = np.zeros(setting.count, np.uint16)
        self.batch.run(1, none)
        self.batch.load_states([setting.start_state()], [0] * setting.count)
        self.batch.run(1, none)

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return masks."""
        return masks

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all copies."""
        self.batch.run(self.skip, action)
        if self.kind in ("stack", "screen"):
            observations: NDArray[np.uint8] = self.batch.observations
            return observations
        watches: NDArray[Any] = self.batch.watches
        return watches

    def close(self) -> None:
        """Close the cores."""
        self.batch.close()


if __name__ == "__main__":
    serve(Batch)
