"""Damaged files for every reader of files: what they are made of, and what may come of them."""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import pickle
import random
import struct
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from pylibretro import Core, GameError, Joypad, LibretroError, Movie, MovieError, Watch, record
from pylibretro.content.content import resolve_content
from pylibretro.content.save_ram import SaveRAMFile
from pylibretro.error import ContentError, RuleError, SaveRAMError, StateError
from pylibretro.files.containers import pack_rzip
from pylibretro.games.game import Game
from pylibretro.games.game_import import import_games
from pylibretro.games.integration import read_integration
from pylibretro.movies.bk2 import write_bk2
from pylibretro.states.state_files import unpacked_state

MEMORY = 1500 << 20


@dataclass(frozen=True)
class Finding:
    """An input that led to something else than a result or a documented error."""

    reader: str
    seed: int
    error: str
    data: bytes


@dataclass(frozen=True)
class Reader:
    """A reader of files.

    Attributes:
        samples: Good files.
        extensions: What the damaged one is called; one of them is drawn.
        read: Reads a file.
        errors: What it may raise.
    """

    samples: Callable[[], list[bytes]]
    extensions: tuple[str, ...]
    read: Callable[[Path], object]
    errors: tuple[type[Exception], ...]


def limit_memory() -> None:
    """Let this process have no more than `MEMORY` beyond what it has now."""
    if sys.platform != "linux":
        return
    import resource

    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * 4096 + MEMORY, resource.RLIM_INFINITY))


def try_reader(name: str, seed: int, directory: Path) -> Finding | None:
    """Give one damaged file to a reader."""
    reader = READERS[name]
    draw = random.Random(f"{name} {seed}")
    data = damaged(draw.choice(samples_of(name)), draw)
    path = directory / f"{name}.{draw.choice(reader.extensions)}"
    path.write_bytes(data)
    try:
        reader.read(path)
    except reader.errors as problem:
        if not str(problem):
            return Finding(name, seed, f"{type(problem).__name__} says nothing", data)
    except Exception as problem:
        return Finding(name, seed, f"{type(problem).__name__}: {str(problem)[:200]}", data)
    return None


@cache
def samples_of(name: str) -> list[bytes]:
    return READERS[name].samples()


# ---- damage -----------------------------------------------------------------------------------

INTERESTING = (0, 1, 0x7F, 0x80, 0xFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 1 << 31, 1 << 62)
WORDS = (
    b"Infinity", b"NaN", b"-1", b"1e999", str(2**70).encode(), b"9" * 5000, b"null", b"[]", b"{}",
    b'""', b"true", b"[" * 2000, b"{\"a\":" * 2000, b"\0", b"\xff\xfe",
    b"P0 Up|", b"LogKey:#", b"|", b"version 3\n", b"\n", b"../", b"#", b"%", b"\\u0000",
    b"A" * 70000, "²".encode(), "\u0661".encode(),
)  # fmt: skip


def damaged(data: bytes, draw: random.Random) -> bytes:
    """Return data after some changes of a random kind; of packed data, also of what is in them."""
    if draw.random() < 0.4:
        data = inside(data, draw)
    changed = bytearray(data)
    for _ in range(draw.choice((1, 1, 1, 2, 4, 16))):
        at = draw.randrange(len(changed) + 1)
        kind = draw.randrange(8)
        if kind == 0:
            changed = changed[:at]
        elif kind == 1 and changed:
            changed[min(at, len(changed) - 1)] ^= 1 << draw.randrange(8)
        elif kind == 2:
            changed[at : at + draw.randrange(1, 9)] = draw.randbytes(draw.randrange(9))
        elif kind == 3:
            size = draw.choice((1, 2, 4, 8))
            value = (draw.choice(INTERESTING) + draw.randrange(-1, 2)) % (1 << 8 * size)
            changed[at : at + size] = value.to_bytes(size, draw.choice(("little", "big")))
        elif kind == 4:
            end = at + draw.randrange(1, 200)
            changed[at:at] = changed[at:end] * draw.choice((1, 2, 50))
        elif kind == 5:
            del changed[at : at + draw.randrange(1, 400)]
        elif kind == 6:
            changed[at:at] = draw.choice(WORDS)
        else:
            near = changed[at : at + (1 << 16)]  # of what may be very long
            digits = [i for i, byte in enumerate(near) if 48 <= byte <= 57]
            if digits:
                place = at + draw.choice(digits)
                changed[place : place + 1] = draw.choice(WORDS)
    return bytes(changed[: 1 << 22])


def inside(data: bytes, draw: random.Random) -> bytes:
    """Damage what a file of chunks, a zip, a gzip or a text holds, and pack it again."""
    if data.startswith(b"PLMOVIE1"):
        return damaged_chunks(data, draw)
    if data.startswith(b"PK\x03\x04"):
        with contextlib.suppress(Exception):
            return damaged_zip(data, draw)
    if data.startswith(b"\x1f\x8b"):
        with contextlib.suppress(Exception):
            return gzip.compress(damaged(gzip.decompress(data), draw), 1)
    return data


def damaged_chunks(data: bytes, draw: random.Random) -> bytes:
    """Damage what is in the chunks of a movie, whose checksums are then right again."""
    chunks = []
    position = 8
    while position + 12 <= len(data):
        tag, length = struct.unpack_from("<4sI", data, position)
        chunks.append((tag, data[position + 12 : position + 12 + length]))
        position += 12 + length
    if not chunks:
        return data
    at = draw.randrange(len(chunks))
    tag, content = chunks[at]
    if tag in (b"PART", b"STAT", b"CORE", b"SRAM"):
        with contextlib.suppress(zlib.error):
            content = zlib.decompress(content)
            if draw.random() < 0.05:
                content += bytes(draw.choice((1 << 20, 1 << 24, 1 << 28)))
            content = zlib.compress(
                damaged(content, draw) if len(content) < 1 << 20 else content, 1
            )
    else:
        content = damaged(content, draw)
    chunks[at] = (tag, content)
    if draw.random() < 0.2:
        chunks.insert(draw.randrange(len(chunks)), draw.choice(chunks))
    return b"PLMOVIE1" + b"".join(
        struct.pack("<4sII", tag, len(content), zlib.crc32(content)) + content
        for tag, content in chunks
    )


def damaged_zip(data: bytes, draw: random.Random) -> bytes:
    """Damage a file of a zip, which is whole again then."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(file, "w") as new:
        names = old.namelist()
        chosen = draw.choice(names)
        for name in names:
            content = old.read(name)
            if name == chosen:
                content = damaged(content, draw)
                if draw.random() < 0.03:
                    content += content[-40:] * draw.choice((1000, 100_000, 3_000_000))
            method = draw.choice((0, 8, 8, 8, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA))
            new.writestr(name, content, method)
            if draw.random() < 0.05:
                new.writestr(name.upper(), content[:100], 8)
    return file.getvalue()


# ---- good files ---------------------------------------------------------------------------------


def movie_samples() -> list[bytes]:
    found = []
    for start in ("power-on", "state"):
        file = io.BytesIO()
        with Core("2048") as core, record(core, start=start, every=10) as recorder:
            core.run(30, [0, Joypad.START, Joypad.LEFT] * 10)
            core.set_analog(1, 0, 300, -20)
            core.run(10)
            core.reset()
            core.load_state(core.save_state())
            core.run(5, np.random.default_rng(0).integers(0, 9, 5).astype(np.uint16))
        recorder.movie.save(file)
        found.append(file.getvalue())
    return found


def bk2_samples() -> list[bytes]:
    found = []
    masks = np.random.default_rng(1).integers(0, 1 << 8, (20, 2)).astype(np.uint16)
    masks[:2] = 0
    with tempfile.TemporaryDirectory() as directory:
        path = os.path.join(directory, "a.bk2")
        for start in (None, b"state"):
            write_bk2(Movie.from_inputs(masks & 0xF0, start=start), path, console="Nes")
            found.append(Path(path).read_bytes())
    logs = {
        "N64": "LogKey:#Power|#P1 A Up|P1 A|P1 X Axis|P1 Y Axis|\n|.|.A  127, -128,|\n",
        "A26": "LogKey:#Power|Toggle Left Difficulty|#P1 Up|#Reset|\n|.l|U|.|\n|..|.|r|\n",
        "GB": "LogKey:#Up|Down|Start|Power|\n|U..P|\n|.D..||\n",
    }
    for platform, log in logs.items():
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(
                "Header.txt",
                f"MovieVersion BizHawk v2.0.0\nPlatform {platform}\nStartsFromSaveRam 1\nPAL 1\n",
            )
            archive.writestr("Input Log.txt", f"[Input]\n{log}[/Input]\n")
            archive.writestr("SyncSettings.json", '{"o": {"LeftDifficulty": false}}')
            archive.writestr("MovieSaveRam.bin", bytes(99))
        found.append(file.getvalue())
    return found


def fm2_samples() -> list[bytes]:
    head = (
        b"version 3\npalFlag 1\nfourscore 0\nport0 1\nport1 1\nport2 0\nromFilename a\ncomment b\n"
    )
    text = head + b"|0|R.......|.......A||\n|1|.LDU....|T.......||\n"
    return [
        text,
        head + b"binary 1\n|" + bytes(range(30)),
        b"version 3\nfourscore 1\n|0|.......A|......B.|.....S..|....T...||\n",
    ]


@cache
def core_state() -> bytes:
    with Core("2048") as core:
        core.run(5)
        return core.save_state()


def state_samples() -> list[bytes]:
    state = core_state()
    size = struct.pack("<I", len(state))
    wrapped = b"RASTATE\x01MEM " + size + state + bytes(-len(state) % 8) + b"ACHV\x03\0\0\0abc"
    wrapped += bytes(5) + b"END \0\0\0\0"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.state", state)
    return [
        state,
        wrapped,
        pack_rzip(wrapped, 64),
        pack_rzip(state),
        gzip.compress(state),
        file.getvalue(),
    ]


def save_ram_samples() -> list[bytes]:
    return [bytes(range(64)), pack_rzip(bytes(range(64)), 16), pack_rzip(bytes(128)), bytes(32)]


TOML = b"""name = "Game"
core = "2048"
start = "a"
players = 2
reward = ["delta(x) * 3", "max(y, 2)"]
done = "lives == 0"
crop = [0, 1, 20, 30]
sha1 = "aa"
actions = [[["UP"], ["LEFT", "A"]], [["B"]]]
[options]
key = "value"
[controllers]
0 = 1
[states]
a = "a.state"
[watches]
x = { address = 0x10, type = "<u2" }
y = [3, "|u1"]
lives = 4
"""


def game_samples() -> list[bytes]:
    return [TOML.replace(b"lives = 4", b'lives = [4, "|u1"]')]


def integration_samples() -> list[bytes]:
    """All files of an integration as one: they are taken apart at lines of `--`."""
    data = {
        "info": {
            "score": {"address": 16711680, "type": ">u4"},
            "lives": {"address": 16711682, "type": "|u1"},
        }
    }
    scenario = {
        "crop": [0, 0, 100, 0],
        "done": {
            "variables": {"lives": {"op": "equal", "reference": 0, "measurement": "absolute"}}
        },
        "reward": {
            "variables": {"score": {"reward": 1.0, "op": "positive"}},
            "time": {"penalty": 0.1},
        },
        "actions": [[[], ["UP"]], [[], ["B"]]],
    }
    metadata = {
        "default_state": "Level1",
        "default_player_state": ["Level1", "Level1"],
        "system": "Genesis",
    }
    parts = [json.dumps(part).encode() for part in (data, scenario, metadata)]
    return [b"\n--\n".join([*parts, b"aa bb\n"])]


SCRIPTS = [
    b"""previous = 0
function reward()
  local delta = data.score - previous
  previous = data.score
  data.own = delta * 2
  return delta + data[0] / 2
end
function done() return data.lives == 0 or scenario.frame > 3 end
""",
    b"function reward() return data[0/0] end function done() return data[1e300] end",
    b"function reward() return string.rep('a', 100) .. #data end function done() return {} end",
]


def archive_samples() -> list[bytes]:
    found = []
    for method in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", method) as archive:
            archive.writestr("folder/game.sfc", bytes(range(256)) * 40)
            archive.writestr("folder/game.cue", b'FILE "a.bin" BINARY\n')
        found.append(file.getvalue())
    return found


def rom_samples() -> list[bytes]:
    body = bytes(range(256)) * 4
    return [
        b"NES\x1a\1\1\4" + bytes(521) + body,
        b"\x80\x37\x12\x40" + body,
        bytes(512) + body * 16,
        b"LYNX" + bytes(60) + body,
        *archive_samples(),
    ]


# ---- readers ------------------------------------------------------------------------------------


def read_movie(path: Path) -> None:
    movie = Movie.load(path)
    if path.suffix == ".plm" and movie.core_file == "2048":
        with movie.open() as core:
            movie.play(core, min(movie.frames, 50))
    if movie.frames < 1 << 20:
        movie.inputs()
        movie.save(io.BytesIO())


def read_state(path: Path) -> None:
    with Core("2048") as core:
        before = core.save_state()
        try:
            core.load_state(path)
        except LibretroError:
            assert core.save_state() == before
            raise
        finally:
            core.run()


def read_pickled_state(path: Path) -> None:
    from pylibretro.movies.file import state_from_bytes

    state_from_bytes(zlib.compress(path.read_bytes(), 1))


def pickled_samples() -> list[bytes]:
    with Core("2048") as core:
        core.run(3)
        return [pickle.dumps(core.snapshot(), 4)]


def read_save_ram(path: Path) -> None:
    before = path.read_bytes()
    memory = np.zeros(64, np.uint8)
    file = SaveRAMFile(str(path))
    try:
        file.load(memory)
    except SaveRAMError:
        assert path.read_bytes() == before
        raise
    file.flush(memory ^ 1)
    again = np.zeros(64, np.uint8)
    SaveRAMFile(str(path)).load(again)
    assert (again == memory ^ 1).all()


def read_game(path: Path) -> None:
    game = Game.load(path)
    assert game.name
    with contextlib.suppress(LibretroError):
        game.state("a")
    with tempfile.TemporaryDirectory() as directory:
        game.save(os.path.join(directory, "again.toml"))
        assert Game.load(os.path.join(directory, "again.toml")).watches == game.watches


def read_game_of_stable_retro(path: Path) -> None:
    parts = path.read_bytes().split(b"\n--\n")
    directory = path.parent / "Fuzz-Genesis-v0"
    directory.mkdir(exist_ok=True)
    for name, part in zip(
        ("data.json", "scenario.json", "metadata.json", "rom.sha"), parts, strict=False
    ):
        (directory / name).write_bytes(part)
    (directory / "Level1.state").write_bytes(gzip.compress(b"state"))
    game = read_integration(directory)
    for name in game.states:
        with contextlib.suppress(GameError):
            game.state(name)


def read_script(path: Path) -> None:
    from pylibretro.games.game import Script
    from pylibretro.games.lua import LuaScenario

    game = Game(
        name="game",
        core="2048",
        watches={"score": Watch(0, "|u1"), "lives": Watch(1, "|u1")},
        script=Script((str(path),), ("reward",), "done"),
    )
    values = {"score": 3, "lives": 2}
    scenario = LuaScenario(game, lambda: values, lambda address: address & 0xFF, values.__setitem__)
    scenario.reset()
    for _ in range(3):
        scenario.step()


def read_content(path: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        content = resolve_content(path, extensions=("sfc", "cue"), scratch=lambda _: directory)
        del content


def read_roms(path: Path) -> None:
    with tempfile.TemporaryDirectory() as directory:
        os.environ["PYLIBRETRO_DATA_PATH"] = directory
        import_games([path], {"aa": ("a",)})


READERS: dict[str, Reader] = {
    "plm": Reader(movie_samples, ("plm",), read_movie, (MovieError, StateError, LibretroError)),
    "bk2": Reader(bk2_samples, ("bk2",), read_movie, (MovieError,)),
    "fm2": Reader(fm2_samples, ("fm2",), read_movie, (MovieError,)),
    "state": Reader(state_samples, ("state",), read_state, (StateError,)),
    "unpacked": Reader(
        state_samples,
        ("state",),
        lambda path: unpacked_state(path.read_bytes()),
        (StateError,),
    ),
    "pickle": Reader(pickled_samples, ("pickle",), read_pickled_state, (MovieError,)),
    "save_ram": Reader(save_ram_samples, ("srm",), read_save_ram, (SaveRAMError,)),
    "game": Reader(game_samples, ("toml",), read_game, (GameError, RuleError)),
    "integration": Reader(
        integration_samples,
        ("txt",),
        read_game_of_stable_retro,
        (GameError, RuleError, FileNotFoundError),
    ),
    "script": Reader(lambda: SCRIPTS, ("lua",), read_script, (GameError,)),
    "content": Reader(archive_samples, ("zip", "ZIP", "sfc"), read_content, (ContentError,)),
    "roms": Reader(rom_samples, ("zip", "nes", "z64"), read_roms, (GameError,)),
}
