"""What observations must be: one core after another, a frame at a time, in plain NumPy.

Contestants may follow other rules than ours where pictures have 15 or 16 bits, in how they weigh
colours, or where they take the maximum. A difference counts as explained only if the observations
are those that this module computes by the contestant's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from peers.worker import OBSERVATION_SIZE, Setting
from pylibretro import Core


@dataclass(frozen=True)
class Rules:
    """How a picture becomes a gray one.

    Attributes:
        full_range: 5 and 6 bits expand to 0..255; otherwise they are shifted up, white is 248.
        explanation: How this differs from ours, for a table; empty if it does not.
    """

    full_range: bool = True
    explanation: str = ""


OURS = Rules()
SHIFTED = Rules(full_range=False, explanation="shifts 5 and 6 bits up to 8")


def area_weights(size: int, new_size: int) -> NDArray[np.float64]:
    """Return the (new_size, size) part that every old pixel has in every new one."""
    edges = np.arange(new_size + 1) * size / new_size
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(size)
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    weights: NDArray[np.float64] = np.clip(overlap, 0, None) * new_size / size
    return weights


def resize(gray: NDArray[np.uint8]) -> NDArray[np.uint8]:
    width, height = OBSERVATION_SIZE
    rows, columns = area_weights(gray.shape[0], height), area_weights(gray.shape[1], width)
    return np.rint(rows @ gray @ columns.T).astype(np.uint8)


def to_gray(rgb: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Weigh colours as BT.601 does, in 15 bits."""
    weighed = rgb.astype(np.uint32) @ np.array([9798, 19235, 3735], np.uint32)
    return (weighed + 16384 >> 15).astype(np.uint8)


def shifted(core: Core) -> NDArray[np.uint8]:
    """Return the picture with its colours only shifted up."""
    assert core.frame is not None
    assert core.raw_frame is not None
    if core.raw_frame.dtype == np.uint32:
        return core.frame
    green = 0xFC if core.pixel_format == 2 else 0xF8
    return core.frame & np.array([0xF8, green, 0xF8], np.uint8)


def observe(setting: Setting, steps: int, rules: Rules = OURS) -> NDArray[np.uint8]:
    """Return the observations of the first ``steps`` steps of every copy."""
    masks = np.load(setting.masks)[:steps]
    copies = [observe_copy(setting, masks[:, copy], rules) for copy in range(setting.count)]
    return np.stack(copies, axis=1)


def observe_copy(
    setting: Setting, masks: NDArray[np.uint16], rules: Rules
) -> NDArray[np.uint8]:
    """Return the observations of one copy."""
    observations = []
    stack = np.zeros((setting.depth, *OBSERVATION_SIZE[::-1]), np.uint8)
    with Core(setting.core, setting.content or None, options=setting.options) as core:
        core.run()
        core.load_state(setting.start_state())
        core.run()
        for mask in masks:
            core.set_buttons(int(mask))
            core.run(setting.skip - setting.pool)
            pictures = []
            for _ in range(setting.pool):
                core.run()
                assert core.frame is not None
                pictures.append(core.frame if rules.full_range else shifted(core))
            if setting.kind == "ram":
                observations.append(core.memory.system_ram.copy())
            elif setting.kind == "frame":
                observations.append(pictures[-1])
            else:
                pooled = np.max([to_gray(picture) for picture in pictures], axis=0)
                stack = np.concatenate([stack[1:], resize(pooled)[None]])
                observations.append(stack)
    return np.stack(observations)
