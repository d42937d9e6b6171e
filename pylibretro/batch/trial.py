"""A machine that is tried out: opened for nobody, and played at random."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT
from pylibretro.core_spec import CoreSpec, Peripherals

__all__ = ["alone", "random_input"]

FRAMES_HELD_AT_MOST = 12
PORTS_PLAYED = 2


def random_input(frames: int, seed: int) -> NDArray[Any]:
    """Return input of two ports in which buttons, sticks and mouse are used at random."""
    random = np.random.default_rng(seed)
    inputs = np.zeros((frames, PORTS_PLAYED), PORT_INPUT)
    for port in range(PORTS_PLAYED):
        frame = 0
        while frame < frames:
            held = slice(frame, frame + int(random.integers(1, FRAMES_HELD_AT_MOST + 1)))
            some = inputs[held, port]
            some["joypad"] = random.integers(1 << 16) & random.integers(1 << 16)
            some["analog"] = random.integers(-0x7FFF, 0x8000, (2, 2))
            some["mouse"] = random.integers(-8, 9, 2)
            some["pointer"][:, 0] = random.integers(-0x7FFF, 0x8000, 2)
            some["pointer_pressed"][:, 0] = random.integers(2)
            inputs[held, port] = some
            frame = held.stop
    return inputs


def alone(spec: CoreSpec) -> CoreSpec:
    """Return the spec of a core for which nobody is called and nothing is written."""
    return replace(
        spec,
        save_dir=None,
        peripherals=Peripherals(),
        rewind=None,
        run_ahead=None,
        netpacket=None,
        on_message=None,
        record_calls=False,
    )
