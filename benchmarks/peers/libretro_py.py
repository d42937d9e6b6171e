"""One core on libretro.py, whose callbacks are Python functions.

Variant ``screenshot`` takes every picture by its own ``screenshot()``, a loop over pixels that
fails after a duplicated frame. Variant ``numpy`` reads what its video driver keeps of each frame
and turns it into an array with NumPy. Its audio driver keeps all samples, as it does by default.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import libretro
import numpy as np
from libretro.drivers import ArrayVideoDriver
from numpy.typing import NDArray

from peers.worker import Contestant, Setting, serve

BUTTONS = ("b", "y", "select", "start", "up", "down", "left", "right", "a", "x", "l", "r")


def expand(channel: NDArray[Any], bits: int) -> NDArray[np.uint8]:
    return (channel << (8 - bits) | channel >> (2 * bits - 8)).astype(np.uint8)


def rgb(picture: memoryview, width: int, height: int, pitch: int, pixel_format: str) -> Any:
    rows = np.frombuffer(picture, np.uint8)[: pitch * height].reshape(height, pitch)
    if pixel_format == "XRGB8888":
        return np.ascontiguousarray(rows[:, : width * 4].reshape(height, width, 4)[:, :, 2::-1])
    pixels = rows[:, : width * 2].view("<u2")
    green = 6 if pixel_format == "RGB565" else 5
    red, blue = pixels >> (5 + green) & 31, pixels & 31
    channels = expand(red, 5), expand(pixels >> 5 & (1 << green) - 1, green), expand(blue, 5)
    return np.stack(channels, axis=-1)


class Session(Contestant):
    """The only core of this process."""

    def __init__(self, setting: Setting) -> None:
        """Load the game and the state."""
        self.video = ArrayVideoDriver()
        self.by_screenshot = setting.variant == "screenshot"
        self.pitch = 0
        self.buttons = libretro.JoypadState()
        self.session = (
            libretro.SessionBuilder.defaults(setting.core)
            .with_content(setting.content or None)
            .with_options(setting.options)
            .with_video(self.video)
            .with_input(self.held_buttons)
            .with_log(None)
            .build()
        )
        self.session.__enter__()
        self.session.run()
        state = setting.start_state()
        if not self.session.core.unserialize(state):
            raise RuntimeError("the core refused the state")
        self.session.run()

    def held_buttons(self) -> Iterator[Any]:
        """Yield the buttons of every frame."""
        while True:
            yield self.buttons

    def actions(self, masks: NDArray[np.uint16]) -> Iterable[Any]:
        """Return joypads."""
        return [
            libretro.JoypadState(
                **{name: bool(mask >> index & 1) for index, name in enumerate(BUTTONS)}
            )
            for mask in masks[:, 0].tolist()
        ]

    def step(self, action: Any) -> NDArray[np.uint8]:
        """Run a frame."""
        self.buttons = action
        self.session.run()
        video = self.video
        if self.by_screenshot:
            shot = video.screenshot()
            pixels = np.frombuffer(shot.data, np.uint8).reshape(1, shot.height, shot.width, 4)
            return np.ascontiguousarray(pixels[..., :3])
        # It takes the pitch of a duplicated frame too, which may be 0.
        self.pitch = video._last_pitch or self.pitch
        picture: NDArray[np.uint8] = rgb(
            memoryview(video._frame),
            video._last_width,
            video._last_height,
            self.pitch,
            video.pixel_format.name,
        )
        return picture[None]

    def close(self) -> None:
        """Unload the core."""
        self.session.__exit__(None, None, None)


if __name__ == "__main__":
    serve(Session)
