"""stable-retro under Gymnasium's AsyncVectorEnv.

stable-retro has one emulator a process, so every copy has a process of its own, however many CPUs
there are. Observations come through shared memory, and without the copy that AsyncVectorEnv makes
for safety. The preprocessing is one wrapper instead of a chain of five, converts only the frames
that are observed, and keeps OpenCV from starting threads in every process. Nothing of a game's
rules is evaluated, because its scenario is empty, but where an env is compared.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import gymnasium
import numpy as np
import stable_retro
from numpy.typing import NDArray

from peers.worker import OBSERVATION_SIZE, Contestant, Setting, buttons_of, serve


class SkipPoolGrayResizeStack(gymnasium.Wrapper):
    """All that is usually done to the pictures of an emulator."""

    def __init__(self, env: Any, setting: Setting) -> None:
        """Wrap an env that steps a frame and observes RGB."""
        super().__init__(env)
        self.skip, self.pool = setting.skip, setting.pool
        width, height = OBSERVATION_SIZE
        self.stack = np.zeros((setting.depth, height, width), np.uint8)
        self.observation_space = gymnasium.spaces.Box(0, 255, self.stack.shape, np.uint8)

    def reset(self, **arguments: Any) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        """Start again; the stack holds the first picture only."""
        picture, info = self.env.reset(**arguments)
        self.stack[:] = 0
        self.push(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY))
        return self.stack, info

    def step(self, action: Any) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        """Hold the buttons for all frames of a step."""
        pooled: Any = None
        total = 0.0
        for frame in range(self.skip):
            picture, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
            if frame >= self.skip - self.pool:
                gray = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
                pooled = gray if pooled is None else np.maximum(pooled, gray)
        self.push(pooled)
        return self.stack, total, terminated, truncated, info

    def push(self, gray: Any) -> None:
        """Put a gray picture on the stack."""
        self.stack[:-1] = self.stack[1:]
        self.stack[-1] = cv2.resize(gray, OBSERVATION_SIZE, interpolation=cv2.INTER_AREA)


class Skip(gymnasium.Wrapper):
    """Several frames a step, and what the last one showed."""

    def __init__(self, env: Any, setting: Setting) -> None:
        """Wrap an env that steps a frame."""
        super().__init__(env)
        self.skip = setting.skip

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Hold the buttons for all frames of a step."""
        total = 0.0
        for _ in range(self.skip):
            observation, reward, terminated, truncated, info = self.env.step(action)
            total += float(reward)
        return observation, total, terminated, truncated, info


def make_env(setting: Setting) -> Any:
    cv2.setNumThreads(1)
    stable_retro.data.Integrations.add_custom_path(setting.integrations)
    env = stable_retro.make(
        setting.game,
        state="start",
        inttype=stable_retro.data.Integrations.CUSTOM_ONLY,
        use_restricted_actions=stable_retro.Actions.ALL,
        obs_type=getattr(stable_retro.Observations, "RAM" if setting.kind == "ram" else "IMAGE"),
        render_mode="rgb_array",
    )
    return (SkipPoolGrayResizeStack if setting.stacks else Skip)(env, setting)


class AsyncVectorEnv(Contestant):
    """A process for every copy."""

    def __init__(self, setting: Setting) -> None:
        """Start the processes."""
        self.envs: Any = gymnasium.vector.AsyncVectorEnv(
            [lambda: make_env(setting)] * setting.count, shared_memory=True, copy=False
        )
        self.buttons = int(np.prod(self.envs.single_action_space.shape or ()))
        self.children = [process.pid for process in self.envs.processes if process.pid is not None]
        self.envs.reset()

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return arrays of buttons."""
        return buttons_of(masks, self.buttons)

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Step all processes."""
        observations: NDArray[np.uint8] = self.envs.step(action)[0]
        return observations

    def close(self) -> None:
        """End the processes."""
        self.envs.close()


if __name__ == "__main__":
    serve(AsyncVectorEnv)
