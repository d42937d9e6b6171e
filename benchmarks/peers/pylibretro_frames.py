"""One core on pylibretro: run a frame, then ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peers.worker import Contestant, Setting, serve
from pylibretro import Core


class Frames(Contestant):
    """A Core, frame by frame."""

    def __init__(self, setting: Setting) -> None:
        """Load the game and the state."""
        self.core = Core(setting.core, setting.content or None, options=setting.options)
        self.core.run()
        self.core.load_state(setting.start_state())
        self.core.run()

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return masks."""
        return masks[:, :1]

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Run a frame."""
        self.core.run(1, action)
        assert self.core.frame is not None
        return self.core.frame[None]

    def close(self) -> None:
        """Close the core."""
        self.core.close()


if __name__ == "__main__":
    serve(Frames)
