"""ale-py's AtariVectorEnv: Atari games on the Arcade Learning Environment, another emulator.

Its buttons are the actions of the game; no no-ops and no FIRE at a reset, no sticky actions. Its
episodes cannot be kept from ending, so some of its time goes into resets (5 ms each).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ale_py
import numpy as np
from numpy.typing import NDArray

from peers.worker import OBSERVATION_SIZE, Contestant, Setting, serve


class AtariVectorEnv(Contestant):
    """All copies in one process."""

    def __init__(self, setting: Setting) -> None:
        """Create and reset the copies."""
        width, height = OBSERVATION_SIZE
        self.envs: Any = ale_py.AtariVectorEnv(
            setting.title,
            setting.count,
            num_threads=setting.threads,
            img_width=width,
            img_height=height,
            stack_num=setting.depth,
            frameskip=setting.skip,
            maxpool=setting.pool == 2,
            noop_max=0,
            use_fire_reset=False,
            reward_clipping=False,
        )
        self.envs.reset(seed=0)

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return indices of actions."""
        return (masks % self.envs.single_action_space.n).astype(np.int64)

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all copies."""
        observations: NDArray[np.uint8] = self.envs.step(action)[0]
        return observations

    def close(self) -> None:
        """End the threads."""
        self.envs.close()


if __name__ == "__main__":
    serve(AtariVectorEnv)
