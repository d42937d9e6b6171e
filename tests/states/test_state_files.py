"""States in the containers of RetroArch, gzip and zip, wherever a state is taken."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import sys
import tracemalloc
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from child import run_child

from pylibretro import Core, CoreBatch, GameError, Joypad, StateError
from pylibretro.command_line import run_command
from pylibretro.envs.env import LibretroEnv
from pylibretro.games.game import Game
from pylibretro.states.state_files import unpacked_state

OpenCore = Callable[..., Core]


def rzip(contents: bytes, chunk_size: int = 131072) -> bytes:
    data = b"#RZIPv\x01#" + struct.pack("<IQ", chunk_size, len(contents))
    for start in range(0, len(contents), chunk_size):
        part = zlib.compress(contents[start : start + chunk_size], 6)
        data += struct.pack("<I", len(part)) + part
    return data


def block(tag: bytes, data: bytes) -> bytes:
    return struct.pack("<4sI", tag, len(data)) + data + bytes(-len(data) % 8)


def rastate(contents: bytes) -> bytes:
    """A state as RetroArch writes it for a player with achievements and a recording."""
    return (
        b"RASTATE\x01"
        + block(b"MEM ", contents)
        + block(b"ACHV", b"achievements!")
        + block(b"RPLY", b"replay")
        + block(b"END ", b"")
    )


def zipped(contents: bytes, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr("folder/", b"")
        archive.writestr("folder/Level1.state", contents)
    return file.getvalue()


CONTAINERS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "RASTATE": rastate,
    "RZIP": rzip,
    "RASTATE in RZIP": lambda state: rzip(rastate(state), 64),
    "gzip": gzip.compress,
    "two gzips": lambda state: gzip.compress(state[:50]) + gzip.compress(state[50:]) + bytes(9),
    "zip": zipped,
    "stored zip": lambda state: zipped(state, zipfile.ZIP_STORED),
    "RASTATE in gzip": lambda state: gzip.compress(rastate(state)),
    "RASTATE in RZIP in zip": lambda state: zipped(rzip(rastate(state))),
}


@pytest.fixture(scope="module")
def states() -> tuple[bytes, bytes]:
    """A state of 2048 in play, and its memory."""
    with Core("2048") as core:
        core.run(3, [0, Joypad.START, 0])
        core.run(20, [Joypad.LEFT, 0] * 10)
        return core.save_state(), core.memory.system_ram.tobytes()


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_core_takes_every_container(
    states: tuple[bytes, bytes], tmp_path: Path, container: str
) -> None:
    state, memory = states
    packed = CONTAINERS[container](state)
    file = tmp_path / "game.state1"
    file.write_bytes(packed)
    forms: list[Any] = [packed, bytearray(packed), np.frombuffer(packed, np.uint8), file]
    for given in forms:
        with Core("2048") as core:
            core.load_state(given)
            assert core.memory.system_ram.tobytes() == memory


@pytest.mark.parametrize("container", CONTAINERS)
def test_games_envs_batches_and_commands_take_every_container(
    states: tuple[bytes, bytes], tmp_path: Path, container: str
) -> None:
    state, memory = states
    file = tmp_path / "game.state"
    file.write_bytes(CONTAINERS[container](state))
    for value in (str(file), file.read_bytes()):
        game = Game(name="game", core="2048", states={"a": value}, start="a")
        assert game.state("a") == state
        with game.open() as core:
            assert core.memory.system_ram.tobytes() == memory
        env = LibretroEnv("2048", states={"a": value}, watches={"cell": (0, "|u1")})
        plain = LibretroEnv("2048", states={"a": state}, watches={"cell": (0, "|u1")})
        assert np.array_equal(env.reset(seed=1)[0], plain.reset(seed=1)[0])
        env.close()
        plain.close()
    with CoreBatch("2048", count=2) as batch:
        batch[1].load_state(file)
        assert batch[1].memory.system_ram.tobytes() == memory
    saved = tmp_path / "again.state"
    words = ["run", "2048", "--frames", "0", "--state", str(file), "--save-state", str(saved)]
    assert run_command([*words, "--json"]) == 0
    assert saved.read_bytes() == state


def test_other_versions_and_blocks() -> None:
    assert unpacked_state(rastate(b"abc")) == b"abc"
    assert unpacked_state(b"RASTATE\x01" + block(b"NEW ", bytes(99)) + block(b"MEM ", b"x")) == b"x"
    with pytest.raises(StateError, match="version 2"):
        unpacked_state(b"RASTATE\x02" + block(b"MEM ", b"x"))
    with pytest.raises(StateError, match="no block 'MEM '"):
        unpacked_state(b"RASTATE\x01" + block(b"END ", b"") + block(b"MEM ", b"x"))


def test_a_core_that_packs_its_own_states_gets_them_as_they_are() -> None:
    own = gzip.compress(bytes(100))
    assert unpacked_state(own, {len(own)}) == own
    assert unpacked_state(rastate(own), {len(own)}) == own
    assert unpacked_state(own) == bytes(100)


DAMAGED = {
    "a cut RZIP": rzip(bytes(range(256)))[:-9],
    "a cut RASTATE": rastate(bytes(4000))[:3000],
    "RASTATE alone": b"RASTATE\x01",
    "RASTATE without version": b"RASTATE" + b"\x01"[:0] + b"",
    "a cut gzip": gzip.compress(bytes(range(256)))[:-12],
    "a flipped gzip": gzip.compress(bytes(1000))[:-6] + b"\0" * 6,
    "a cut zip": zipped(bytes(1000))[:-9],
    "a flipped zip": zipped(bytes(1000)).replace(b"x\x9c", b"\0\0")[:60] + b"\xff" * 200,
    "an empty zip": zipped(b"")[:4] + bytes(30),
    "bombs": rzip(bytes(1 << 20))[:20] + rzip(bytes(1 << 20))[20:] * 40,
    "a gzip bomb": gzip.compress(bytes(100_000_000)),
    "a zip bomb": zipped(bytes(100_000_000)),
    "an RZIP bomb": rzip(bytes(100_000_000)),
    "five gzips": gzip.compress(
        gzip.compress(gzip.compress(gzip.compress(gzip.compress(bytes(9)))))
    ),
}


@pytest.mark.parametrize("what", DAMAGED)
def test_damage_is_a_state_error_and_changes_nothing(what: str, tmp_path: Path) -> None:
    data = DAMAGED[what]
    with Core("2048") as core:
        core.run(10)
        before = core.save_state()
        tracemalloc.start()
        with pytest.raises(StateError):
            core.load_state(data)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < 90_000_000
        assert core.save_state() == before
        assert core.run() == 1
    file = tmp_path / "game.state"
    file.write_bytes(data)
    game = Game(name="game", core="2048", states={"a": str(file)}, start="a")
    with pytest.raises((GameError, StateError)):
        game.open()


def test_an_encrypted_zip_is_a_state_error(states: tuple[bytes, bytes]) -> None:
    packed = bytearray(zipped(states[0]))
    for magic, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = packed.rindex(magic)
        packed[at + place] |= 1
    with Core("2048") as core, pytest.raises(StateError, match="encrypted"):
        core.load_state(packed)


def test_files_that_are_no_states(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.state"
    with open(sparse, "wb") as file:
        file.truncate(1 << 40)
    with Core("2048") as core:
        with pytest.raises(StateError, match="more than"):
            core.load_state(sparse)
        with pytest.raises(StateError, match="no regular file"):
            core.load_state(tmp_path)
        with pytest.raises(StateError, match="NUL"):
            core.load_state(Path("a\0b"))
        with pytest.raises(FileNotFoundError):
            core.load_state(tmp_path / "nothing")


WITHOUT_MEMORY = """
import base64, resource
from pylibretro.states.state_files import unpacked_state
from pylibretro import StateError
present = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (present + (1 << 30), present + (1 << 30)))
try:
    unpacked_state(base64.b64decode(sys.argv[1]))
except StateError as error:
    print(error)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="limits memory as Linux does")
def test_a_dictionary_of_four_gigabytes_is_an_error_of_the_state() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.state", bytes(128))
    data = bytearray(packed.getvalue())
    properties = data.index(b"\x09\x04\x05\x00\x5d") + 5
    data[properties : properties + 4] = b"\xff" * 4
    said = run_child(WITHOUT_MEMORY, base64.b64encode(data).decode())
    assert "needs more memory" in said or "no readable zip" in said
