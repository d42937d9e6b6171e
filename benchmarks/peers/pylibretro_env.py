"""LibretroVectorEnv: the cores of a batch as Gymnasium's envs, with rewards, ends and infos."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import pylibretro
from peers.jobs import NEVER
from peers.worker import OBSERVATION_SIZE, Contestant, Setting, buttons_of, serve

BUTTONS = (
    *("B", "Y", "SELECT", "START", "UP", "DOWN", "LEFT", "RIGHT"),
    *("A", "X", "L", "R", "L2", "R2", "L3", "R3"),
)


class VectorEnv(Contestant):
    """All copies in one process."""

    def __init__(self, setting: Setting) -> None:
        """Load the game into all copies, and begin an episode in each."""
        game = next(iter(Path(setting.integrations).iterdir()))
        variables = json.loads((game / "data.json").read_text())["info"]
        self.envs = pylibretro.LibretroVectorEnv(
            setting.core,
            setting.content,
            num_envs=setting.count,
            threads=setting.threads,
            autoreset_mode="Disabled",
            options=setting.options,
            states={"start": setting.start_state()},
            watches={name: (one["address"], one["type"]) for name, one in variables.items()},
            reward="delta(score)",
            done=f"lives == {NEVER}",
            actions=pylibretro.ButtonActions(BUTTONS),
            observation=pylibretro.Observation(
                size=OBSERVATION_SIZE[::-1],
                gray=True,
                pool=setting.pool,
                stack=setting.depth,
                resize="area",
                layout="CHW",
            ),
            frame_skip=setting.skip,
        )
        self.envs.reset(seed=0)

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return arrays of buttons."""
        return buttons_of(masks, len(BUTTONS))

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all copies."""
        observations: NDArray[np.uint8] = self.envs.step(action)[0]
        return observations

    def close(self) -> None:
        """Close the cores."""
        self.envs.close()


if __name__ == "__main__":
    serve(VectorEnv)
