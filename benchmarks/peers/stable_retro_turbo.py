"""stable-retro-turbo's RetroVecEnv, its native batch.

It gets as many threads as there are CPUs (more make it slower), pictures without a copy in its safe
form, and no infos but where an env is compared. It starts from a saved state, since without one the
usual scenarios end every episode at its first step; this scenario ends none. Its private hooks into
its own build of a core (frames rendered only when observed, pictures as palette indices, no sound)
are switched by environment variables, which batch.py sets.

It has no observation of RAM. Variant ``variables`` declares every byte of it as a variable of the
game and reads them from the infos; variant ``unread`` steps with a picture of one pixel and reads
no RAM at all, which is the least it can do.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import stable_retro
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from peers.worker import OBSERVATION_SIZE, Contestant, Setting, buttons_of, serve


class RetroVecEnv(Contestant):
    """All copies in one process."""

    def __init__(self, setting: Setting) -> None:
        """Create and reset the copies."""
        stable_retro.data.Integrations.add_custom_path(setting.integrations)
        self.variables = setting.variant == "variables"
        self.envs: Any = stable_retro.RetroVecEnv(
            setting.game,
            state="start",
            inttype=stable_retro.data.Integrations.CUSTOM_ONLY,
            use_restricted_actions=stable_retro.Actions.ALL,
            render_mode="rgb_array",
            num_envs=setting.count,
            num_threads=setting.threads,
            obs_resize=(1, 1) if setting.kind == "ram" else OBSERVATION_SIZE,
            obs_grayscale=True,
            obs_resize_algorithm="nearest" if setting.kind == "ram" else "area",
            obs_layout="chw",
            obs_copy="safe_view",
            frame_skip=setting.skip,
            frame_stack=setting.depth,
            maxpool_last_two=setting.pool == 2 and setting.stacks,
            use_fire_reset=False,
            info_filter="all" if self.variables or setting.kind == "env" else "none",
            autoreset_mode=AutoresetMode.DISABLED,
        )
        self.envs.reset(seed=0)

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return arrays of buttons."""
        return buttons_of(masks, self.envs.num_buttons)

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all copies."""
        observations: NDArray[np.uint8]
        observations, _, _, _, infos = self.envs.step(action)
        if self.variables:
            columns = (infos[f"ram{index}"] for index in range(128))
            return np.stack(list(columns), axis=1).astype(np.uint8)
        return observations

    def close(self) -> None:
        """End the threads."""
        self.envs.close()


if __name__ == "__main__":
    serve(RetroVecEnv)
