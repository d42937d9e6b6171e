"""Every environment command and callback, from four threads at once, with good and absurd data."""

from __future__ import annotations

import contextlib
import sys

import pytest
from observe import OpenCore, content_of

from pylibretro import AddressError, LibretroError, ProtocolError, UnknownOptionError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the core has threads of POSIX")


LIVES = ("all frames", "a frame", "no thread")


@pytest.mark.parametrize("lives", LIVES)
@pytest.mark.parametrize("seed", range(6))
def test_a_core_that_calls_all_from_everywhere(open_core: OpenCore, seed: int, lives: str) -> None:
    core = open_core("abuse", content_of(seed, 40, LIVES.index(lives)))
    for _ in range(30):
        with contextlib.suppress(ProtocolError):
            core.run()
        for address in (0, 0x10000, 0x20000):
            with contextlib.suppress(AddressError):
                core.memory.read(address, "<u4")
        with contextlib.suppress(AddressError, ProtocolError):
            core.capture(1, watch=[(0, "<u4")])
        with contextlib.suppress(UnknownOptionError):  # declared anew while they are listed
            dict(core.options)
        assert core.memory.map is not None
        assert core.messages is not None
    assert core.frame is None or core.frame.ndim == 3
    core.close()


def test_sound_of_a_thread_of_its_own_comes_behind_the_frames(open_core: OpenCore) -> None:
    core = open_core("abuse", content_of(1, 200, 1))
    heard = 0
    for _ in range(20):
        with contextlib.suppress(LibretroError):
            core.run()
        heard += len(core.audio)
    assert heard > 1000
