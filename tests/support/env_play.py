"""An env of 2048 to play, and a comparison of what envs return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pylibretro import DiscreteActions

WATCHES = {"score": (0x20, "<u4"), "moves": (0x0C, "<u4"), "mode": (0x05, "|u1")}

PLAY: dict[str, Any] = {
    "core": "2048",
    "watches": WATCHES,
    "random_memory": [(0x30, "<u8")],
    "start": [("START", 1), ((), 1)],
    "reward": "delta(score)",
    "actions": DiscreteActions(["UP", "DOWN", "LEFT", "RIGHT", ()]),
    "frame_skip": 2,
    "hold_frames": 1,
}


def assert_equal(one: Any, other: Any, where: str) -> None:
    assert type(one) is type(other), where
    if isinstance(one, Mapping):
        assert set(one) == set(other), where
        for name in one:
            assert_equal(one[name], other[name], f"{where}[{name!r}]")
    elif isinstance(one, (tuple, list)):
        assert len(one) == len(other), where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_equal(a, b, f"{where}[{i}]")
    elif isinstance(one, np.ndarray) and one.dtype == object:
        assert one.shape == other.shape, where
        for i, (a, b) in enumerate(zip(one, other, strict=True)):
            assert_equal(a, b, f"{where}[{i}]")
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype, where
        np.testing.assert_array_equal(one, other, err_msg=where)
    else:
        assert one == other, where
