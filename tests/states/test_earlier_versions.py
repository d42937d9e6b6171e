"""States and movies in `earlier/`, which an earlier version wrote, load and go on as they did.

tests/support/make_earlier_states.py wrote them. To write them anew is to prove nothing any more.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import pickle
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from make_earlier_states import OPTIONS, facts, played
from observe import present

from pylibretro import Core, Movie, State, verify

EARLIER = Path(__file__).with_name("earlier")
EXPECTED: dict[str, Any] = json.loads((EARLIER / "expected.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.skipif(
    sys.byteorder != "little", reason="these states are of a little-endian machine"
)


def unpickled(name: str) -> State:
    state = pickle.loads(lzma.decompress((EARLIER / f"{name}.pickle.xz").read_bytes()))
    assert isinstance(state, State)
    return state


@pytest.fixture
def core() -> Iterator[Core]:
    with Core("2048", options=OPTIONS) as opened:
        yield opened


def test_a_state_has_the_bytes_that_the_core_saved(core: Core) -> None:
    state = unpickled("state")
    told = EXPECTED["state"]
    assert state.core == (core.info.name, core.info.version)
    assert (state.frame_count, state.has_picture, state.size) == (200, True, told["size"])
    assert hashlib.sha256(state).hexdigest() == told["sha256"]
    core.load_state(bytes(state))
    core.restore(state)
    assert core.save_state() == bytes(state)
    assert core.snapshot() == state


def test_a_difference_comes_with_the_state_that_it_is_one_from() -> None:
    difference = unpickled("difference")
    assert present(difference.parent) == unpickled("state")
    assert difference.frame_count == 260


@pytest.mark.parametrize("name", ["state", "difference"])
def test_a_state_goes_on_as_it_did(core: Core, name: str) -> None:
    core.run(7)
    core.restore(unpickled(name))
    core.run(90, played(90))
    assert facts(core) == EXPECTED[f"90 frames after {name}"]


@pytest.mark.parametrize("name", ["from_power_on", "from_state"])
def test_a_movie_plays_to_its_end(name: str) -> None:
    path = EARLIER / f"{name}.plm"
    movie = Movie.load(path)
    told = EXPECTED[name]
    assert (movie.frames, len(movie.checks), movie.complete) == (*told.values(), True)
    with movie.open() as core:
        verdict = movie.play(core)
    assert verdict.ok
    assert (verdict.frames, verdict.checks) == (told["frames"], told["checks"])
    assert verify([path])[0].ok


def test_a_movie_from_a_state_begins_with_it_and_goes_back_to_it() -> None:
    movie = Movie.load(EARLIER / "from_state.plm")
    state = unpickled("state")
    assert movie.start == state
    assert movie.events == ((100, "state", state),)
