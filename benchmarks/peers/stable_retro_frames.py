"""One core on stable-retro's emulator object, without an env around it: step, then the screen."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import stable_retro
from numpy.typing import NDArray

from peers.worker import JOYPAD_BUTTONS, Contestant, Setting, buttons_of, serve


class Emulator(Contestant):
    """The only emulator of this process."""

    def __init__(self, setting: Setting) -> None:
        """Load the game and the state."""
        (rom,) = Path(setting.integrations, setting.game).glob("rom.*")
        self.emulator = stable_retro.RetroEmulator(str(rom))
        self.emulator.step()
        self.emulator.set_state(setting.start_state())
        self.emulator.set_button_mask(np.zeros(JOYPAD_BUTTONS, np.uint8), 0)
        self.emulator.step()

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return arrays of buttons."""
        return buttons_of(masks[:, 0], JOYPAD_BUTTONS)

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Run a frame."""
        self.emulator.set_button_mask(action, 0)
        self.emulator.step()
        screen: NDArray[np.uint8] = self.emulator.get_screen()
        return screen[None]

    def close(self) -> None:
        """Let the emulator go."""
        del self.emulator


if __name__ == "__main__":
    serve(Emulator)
