"""Watches: which numbers they name, and how they are written."""

from __future__ import annotations

import pickle
import re
import sys
from typing import Any

import numpy as np
import pytest

from pylibretro.error import AddressError
from pylibretro.memory.watch import Watch, watch_from


@pytest.mark.parametrize(
    ("given_type", "kept"),
    [
        ("|u1", "|u1"),
        (">n8", ">n8"),
        ("=i3", "=i3"),
        ("u2", "<u2" if sys.byteorder == "little" else ">u2"),
        (np.dtype(">u4"), ">u4"),
        (np.uint8, "|u1"),
        ("<f8", "<f8"),
    ],
)
def test_types_of_watches(given_type: Any, kept: str) -> None:
    assert Watch(np.int64(0x10), given_type) == Watch(0x10, kept)
    assert Watch(0x10, given_type).type == kept


def test_watches_from_tuples() -> None:
    watch = Watch(0xCE, "|u1", 8)
    assert watch_from(watch) is watch
    assert watch_from((0xCE, "|u1", 8)) == watch_from([0xCE, "|u1", 8]) == watch
    assert watch_from((0xCE, ">u4")) == Watch(0xCE, ">u4", None)
    assert pickle.loads(pickle.dumps(watch)) == watch
    assert Watch(0xCE, "|i1", -113).mask == 0x8F
    assert Watch(0xCE, "<i2", -32768).mask == 0x8000
    assert {watch: 1}[Watch(0xCE, mask=8)] == 1


@pytest.mark.parametrize(
    ("values", "kind", "words"),
    [
        ((-1,), AddressError, "-1 is no bus address"),
        ((1 << 64,), AddressError, "is no bus address"),
        (("10",), TypeError, "the address of a watch is '10'; an integer is needed"),
        ((1.0,), TypeError, "the address of a watch is 1.0"),
        ((1, "u9"), ValueError, "'u9' does not say how to read memory"),
        ((1, "x1"), ValueError, "'x1' does not say"),
        ((1, "<f2"), ValueError, "'<f2': floating-point numbers have 4 or 8 bytes"),
        ((1, None), TypeError, "None does not say how to read memory"),
        ((1, 3), TypeError, "3 does not say how to read memory"),
        ((1, "|u1", 0), ValueError, "mask 0x0 of a watch of type '|u1'"),
        ((1, "|u1", 256), ValueError, "some of its bits is needed, from 0x1 to 0xff"),
        ((1, ">u2", -32769), ValueError, "mask -0x8001"),
        ((1, ">u2", 1.5), TypeError, "the mask of a watch is 1.5"),
    ],
)
def test_wrong_watches(values: tuple[Any, ...], kind: type[Exception], words: str) -> None:
    with pytest.raises(kind, match=re.escape(words)):
        Watch(*values)


@pytest.mark.parametrize("value", [0x10, "score", None, (1,), (1, "|u1", 1, 1), {"address": 1}])
def test_what_is_no_watch(value: object) -> None:
    with pytest.raises(TypeError, match="is no watch; Watch"):
        watch_from(value)
