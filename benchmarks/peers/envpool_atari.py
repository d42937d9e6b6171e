"""EnvPool's Atari games: the Arcade Learning Environment again, so another emulator.

In its synchronous mode, where a step is a step of all copies. Its episodes cannot be kept from
ending, so some of its time goes into resets.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import envpool
import numpy as np
from numpy.typing import NDArray

from peers.worker import OBSERVATION_SIZE, Contestant, Setting, serve


class EnvPool(Contestant):
    """All copies in one process."""

    def __init__(self, setting: Setting) -> None:
        """Create and reset the copies."""
        width, height = OBSERVATION_SIZE
        self.envs: Any = envpool.make_gymnasium(
            f"{setting.title.title()}-v5",
            num_envs=setting.count,
            batch_size=setting.count,
            num_threads=setting.threads,
            img_width=width,
            img_height=height,
            stack_num=setting.depth,
            frame_skip=setting.skip,
            noop_max=1,
            use_fire_reset=False,
        )
        self.envs.reset()

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return indices of actions."""
        return (masks % self.envs.action_space.n).astype(np.int32)

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all copies."""
        observations: NDArray[np.uint8] = self.envs.step(action)[0]
        return observations

    def close(self) -> None:
        """End the threads."""
        self.envs.close()


if __name__ == "__main__":
    serve(EnvPool)
