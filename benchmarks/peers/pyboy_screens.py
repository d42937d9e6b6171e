"""PyBoy: another Game Boy emulator, in Cython, without sound.

It begins with the console's own start-up, which Gambatte leaves out; that many frames pass first,
and then it plays what the others play. All its copies take turns in one process. Of a step it
draws the last frame only, whose picture is read without a copy, or none.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pyboy
from numpy.typing import NDArray

from peers.worker import Contestant, Setting, serve

START_UP_FRAMES = 66
BUTTONS = {0: "b", 2: "select", 3: "start", 4: "up", 5: "down", 6: "left", 7: "right", 8: "a"}


class Screens(Contestant):
    """All copies in one process and one thread."""

    def __init__(self, setting: Setting) -> None:
        """Start the copies, and play to where the first step begins."""
        self.skip, self.draws = setting.skip, setting.kind == "screen"
        self.ram = slice(setting.ram_start, setting.ram_start + setting.ram_bytes)
        self.boys = [
            pyboy.PyBoy(
                setting.content,
                window="null",
                sound_emulated=False,
                log_level="ERROR",
            )
            for _ in range(setting.count)
        ]
        self.held = [0] * setting.count
        for boy in self.boys:
            boy.tick(START_UP_FRAMES, False, False)
        for mask in [*np.load(setting.start), 0]:
            for copy, boy in enumerate(self.boys):
                self.hold(copy, int(mask))
                boy.tick(1, False, False)

    def hold(self, copy: int, mask: int) -> None:
        """Press and let go of what has changed."""
        changed = self.held[copy] ^ mask
        self.held[copy] = mask
        for number, button in BUTTONS.items():
            if changed >> number & 1:
                boy = self.boys[copy]
                (boy.button_press if mask >> number & 1 else boy.button_release)(button)

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return lists of masks."""
        rows: list[list[int]] = masks.tolist()
        return rows

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all copies, one after the other."""
        seen: list[Any] = []
        for copy, boy in enumerate(self.boys):
            self.hold(copy, action[copy])
            if self.draws:
                boy.tick(self.skip - 1, False, False)
                boy.tick(1, True, False)
                seen.append(boy.screen.ndarray)
            else:
                boy.tick(self.skip, False, False)
                seen.append(boy.memory[self.ram])
        return np.array(seen, np.uint8)[..., :3] if self.draws else np.array(seen, np.uint8)

    def close(self) -> None:
        """End all copies."""
        for boy in self.boys:
            boy.stop(save=False)


if __name__ == "__main__":
    serve(Screens)
