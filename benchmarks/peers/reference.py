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
from pylibretro import Core, PixelFormat

GAME_BOY_RAM = 0xC000


@dataclass(frozen=True)
class Rules:
    """How pictures become a gray one of another size; the defaults are ours.

    Attributes:
        full_range: 5 and 6 bits expand to 0..255; otherwise they are shifted up, white is 248.
        gray_first: The maximum of two frames is taken of gray pictures, not of each colour.
        fine_gray: Colours are weighed in 15 bits as OpenCV does, otherwise in 8.
        true_area: A new pixel is the mean of the area it covers, as OpenCV's INTER_AREA is;
            otherwise the truncated mean of whole pixels, from the one its left and upper edges
            fall into to before the one its right and lower edges do.
        explanation: What a table says about the difference.
    """

    full_range: bool = True
    gray_first: bool = True
    fine_gray: bool = True
    true_area: bool = True
    explanation: str = ""


OURS = Rules()
STABLE_RETRO = Rules(full_range=False, explanation="5 and 6 bits shifted up, not full range")
STABLE_RETRO_TURBO = Rules(
    full_range=False,
    gray_first=False,
    fine_gray=False,
    true_area=False,
    explanation="shifted up, maximum before gray, its area is a truncated mean of whole pixels",
)


def area_weights(size: int, new_size: int) -> NDArray[np.float64]:
    """Return the (new_size, size) part that every old pixel has in every new one."""
    edges = np.arange(new_size + 1) * size / new_size
    low, high = edges[:-1, None], edges[1:, None]
    pixels = np.arange(size)
    overlap = np.minimum(high, pixels + 1) - np.maximum(low, pixels)
    weights: NDArray[np.float64] = np.clip(overlap, 0, None) * new_size / size
    return weights


def resize(gray: NDArray[np.uint8], rules: Rules) -> NDArray[np.uint8]:
    width, height = OBSERVATION_SIZE
    if rules.true_area:
        rows, columns = area_weights(gray.shape[0], height), area_weights(gray.shape[1], width)
        return np.rint(rows @ gray @ columns.T).astype(np.uint8)
    tops = np.arange(height) * gray.shape[0] // height
    lefts = np.arange(width) * gray.shape[1] // width
    sums = np.add.reduceat(np.add.reduceat(gray.astype(np.int64), tops, axis=0), lefts, axis=1)
    areas = np.outer(np.diff(tops, append=gray.shape[0]), np.diff(lefts, append=gray.shape[1]))
    return (sums // areas).astype(np.uint8)


def to_gray(rgb: NDArray[np.uint8], rules: Rules) -> NDArray[np.uint8]:
    weights, bits = ((9798, 19235, 3735), 15) if rules.fine_gray else ((77, 150, 29), 8)
    weighed = rgb.astype(np.uint32) @ np.array(weights, np.uint32)
    gray: NDArray[np.uint8] = (weighed + (1 << (bits - 1)) >> bits).astype(np.uint8)
    return gray


def pool(pictures: list[NDArray[np.uint8]], rules: Rules) -> NDArray[np.uint8]:
    if rules.gray_first:
        pictures = [to_gray(picture, rules) for picture in pictures]
    pooled: NDArray[np.uint8] = np.max(pictures, axis=0)
    return pooled if rules.gray_first else to_gray(pooled, rules)


def picture_of(core: Core, rules: Rules) -> NDArray[np.uint8]:
    assert core.frame is not None
    assert core.raw_frame is not None
    if rules.full_range or core.raw_frame.dtype == np.uint32:
        return core.frame
    green = 0xFC if core.pixel_format == PixelFormat.RGB565 else 0xF8
    return core.frame & np.array([0xF8, green, 0xF8], np.uint8)


def observe(setting: Setting, steps: int, copies: int, rules: Rules = OURS) -> NDArray[np.uint8]:
    """Return the observations of the first ``steps`` steps of the first ``copies`` copies."""
    masks = np.load(setting.masks)[:steps]
    observed = [observe_copy(setting, masks[:, copy], rules) for copy in range(copies)]
    return np.stack(observed, axis=1)


def observe_copy(setting: Setting, masks: NDArray[np.uint16], rules: Rules) -> NDArray[np.uint8]:
    """Return the observations of one copy."""
    observations: list[NDArray[np.uint8]] = []
    stack = np.zeros((setting.depth, *OBSERVATION_SIZE[::-1]), np.uint8)
    with Core(setting.core, setting.content or None, options=setting.options) as core:
        core.run()
        core.load_state(setting.start_state())
        core.run()
        for mask in masks:
            core.set_buttons(int(mask))
            core.run(setting.skip - setting.pool)
            pictures: list[NDArray[np.uint8]] = []
            for _ in range(setting.pool):
                core.run()
                pictures.append(picture_of(core, rules))
            if setting.kind == "ram":
                observations.append(core.memory.system_ram.copy())
            elif setting.kind == "bytes":
                start = setting.ram_start - GAME_BOY_RAM
                observations.append(
                    core.memory.system_ram[start : start + setting.ram_bytes].copy()
                )
            elif setting.kind in ("frame", "screen"):
                observations.append(pictures[-1])
            else:
                picture = resize(pool(pictures, rules), rules)
                stack = np.concatenate([stack[1:], picture[None]])
                observations.append(stack)
    return np.stack(observations)
