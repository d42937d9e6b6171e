"""Movies that are cut, flipped or crafted: an error of their kind, in bounded memory."""

from __future__ import annotations

import io
import json
import pickle
import struct
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pylibretro import Core, CoreNotFoundError, Joypad, Movie, MovieError, record
from pylibretro.command_line import run_command
from pylibretro.movies.file import state_from_bytes

HEAD: dict[str, Any] = {
    "format": 1,
    "made_by": "somebody",
    "core": {"name": None, "version": None, "sha1": None, "file": "2048"},
    "content": None,
    "options": {},
    "controllers": [],
    "clock": None,
    "fps": 60.0,
    "check_every": 0,
    "notes": {},
}


def chunk(tag: bytes, data: bytes) -> bytes:
    return struct.pack("<4sII", tag, len(data), zlib.crc32(data)) + data


def plm(*chunks: bytes, **head: Any) -> bytes:
    return b"PLMOVIE1" + chunk(b"HEAD", json.dumps(HEAD | head).encode()) + b"".join(chunks)


def part(head: Any, rest: bytes = b"") -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return chunk(b"PART", zlib.compress(struct.pack("<I", len(text)) + text + rest, 1))


def plain(frames: Any = 10, events: Any = ()) -> bytes:
    return part({"frames": frames, "fields": [], "events": events, "checks": 0})


def zeros(size: int) -> bytes:
    """A stream of zlib that unpacks to so many zeros, made without them."""
    packer = zlib.compressobj(9)
    block = bytes(1 << 20)
    packed = [packer.compress(block) for _ in range(size >> 20)]
    return b"".join([*packed, packer.flush()])


CRAFTED: dict[str, Callable[[], bytes]] = {
    "a head of brackets": lambda: b"PLMOVIE1" + chunk(b"HEAD", b"[" * 100_000),
    "a part of brackets": lambda: plm(part(b'{"frames":' + b"[" * 100_000)),
    "Infinity": lambda: plm(part(b'{"frames": Infinity, "fields": [], "events": [], "checks": 0}')),
    "2^70 frames": lambda: plm(plain(2**70)),
    "2^31 frames, many times": lambda: plm(*[plain(2**31)] * 3),
    "-1 frames": lambda: plm(plain(-1)),
    "half a frame": lambda: plm(plain(0.5)),
    "a field that is none": lambda: plm(
        part({"frames": 1, "fields": [["nose", 1]], "events": [], "checks": 0})
    ),
    "2^60 changes": lambda: plm(
        part({"frames": 1, "fields": [["joypad", 2**60]], "events": [], "checks": 0})
    ),
    "2^70 checks": lambda: plm(part({"frames": 1, "fields": [], "events": [], "checks": 2**70})),
    "input beyond the frames": lambda: plm(
        part(
            {"frames": 1, "fields": [["joypad", 1]], "events": [], "checks": 0},
            (b"\xff" + bytes(7)) + b"\0" + b"\1\0",
        )
    ),
    "a state of nothing": lambda: plm(chunk(b"STAT", zlib.compress(b""))),
    "a state that is a number": lambda: plm(chunk(b"STAT", zlib.compress(pickle.dumps(3)))),
    "a state that runs code": lambda: plm(
        chunk(b"STAT", zlib.compress(b"cos\nsystem\n(S'true'\ntR."))
    ),
    "an object that is called number 2^31": lambda: plm(
        chunk(b"STAT", zlib.compress(b"\x80\x04Nr\xff\xff\xff\x7f."))
    ),
    "an array of 2^40 bytes": lambda: plm(
        chunk(b"STAT", zlib.compress(b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"."))
    ),
    "options that are none": lambda: plm(plain(), options={"a": 3}),
    "a clock that is none": lambda: plm(plain(), clock="noon"),
    "a version of 5000 digits": lambda: (
        b"PLMOVIE1" + chunk(b"HEAD", b'{"format": ' + b"9" * 4000 + b"}")
    ),
    "a bomb of a part": lambda: plm(chunk(b"PART", zeros(1 << 29))),
    "bombs of parts": lambda: plm(*[chunk(b"PART", zeros(1 << 26))] * 9),
    "a bomb of a state": lambda: plm(chunk(b"STAT", zeros(1 << 29))),
    "a bomb of a core's state": lambda: plm(chunk(b"CORE", zeros(1 << 29))),
    "a bomb of save RAM": lambda: plm(chunk(b"SRAM", zeros(1 << 29))),
    "a bomb of texts": lambda: plm(
        part(b'{"frames": 1, "fields": [], "checks": 0, "events": [' + b"[]," * 5_000_000)
    ),
}


def bk2(log: bytes, header: bytes = b"Platform NES\n", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method, compresslevel=9) as archive:
        archive.writestr("Header.txt", header)
        with archive.open("Input Log.txt", "w") as member:
            member.write(log[:100])
            for _ in range(len(log) // 100 - 1):
                member.write(log[100:200])
    return file.getvalue()


LOG = b"LogKey:#P1 Up|P1 Down|#P2 Up|P2 Down|\n"
LINES = (LOG + b"|..|..|\n" * 8)[:100]


def log_of(size: int, line: bytes) -> bytes:
    head = (LOG + b"\n" * 100)[:100]
    return head + (line * 100)[:100] * (size // 100)


CRAFTED_BK2: dict[str, Callable[[], bytes]] = {
    "a log of a gigabyte of frames": lambda: bk2(log_of(100 << 20, b"|..|..|\n|U.|..|\n|.D|..|\n")),
    "a log of one line": lambda: bk2(log_of(50 << 20, b"|")),
    "a log in bzip2": lambda: bk2(log_of(8 << 20, b"|..|x..|\n"), method=zipfile.ZIP_BZIP2),
    "a header of a gigabyte": lambda: bk2(LINES, b"A" * (1 << 25)),
}


@pytest.mark.parametrize("what", CRAFTED)
def test_crafted_movies_are_refused(what: str, tmp_path: Path) -> None:
    refused_in_bounds(tmp_path / "a.plm", CRAFTED[what]())


@pytest.mark.parametrize("what", CRAFTED_BK2)
def test_crafted_bk2s_are_refused(what: str, tmp_path: Path) -> None:
    refused_in_bounds(tmp_path / "a.bk2", CRAFTED_BK2[what]())


LOAD = """
import sys
from pylibretro import Movie, MovieError
import resource
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    Movie.load(sys.argv[1])
    print("read")
except MovieError as problem:
    assert str(problem)
    print("refused")
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def refused_in_bounds(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    ended = subprocess.run(
        [sys.executable, "-c", LOAD, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.stderr == ""
    said, megabytes = ended.stdout.split()
    assert said == "refused"
    assert int(megabytes) < 500


@pytest.mark.parametrize("size", [0, 3, 8, 19, 20, 50, -1, -13, -40])
def test_a_movie_that_is_cut_off_is_read_as_far_as_it_goes(size: int, tmp_path: Path) -> None:
    with Core("2048") as core, record(core, tmp_path / "a.plm") as recorder:
        core.run(30, [Joypad.START, Joypad.LEFT] * 15)
    whole = (tmp_path / "a.plm").read_bytes()
    cut = whole[:size]
    assert recorder.movie.complete
    try:
        movie = Movie.load(io.BytesIO(cut))
    except MovieError:
        assert 0 <= size < 60
        return
    assert not movie.complete


def test_a_long_recording_is_no_bomb(tmp_path: Path) -> None:
    """Input that repeats packs hundreds of times smaller, and is read all the same."""
    import numpy as np

    masks = np.tile(np.array([[1, 2], [0, 0]], np.uint16), (1_000_000, 1))
    movie = Movie.from_inputs(masks, core_file="2048")
    movie.save(tmp_path / "long.plm")
    assert (Movie.load(tmp_path / "long.plm").inputs() == masks).all()
    with Core("2048") as core:
        core.run(3)
        state = core.snapshot()
    kept = Movie.from_inputs(
        masks[:200], start=state, events=tuple((i, "state", state) for i in range(200))
    )
    kept.save(tmp_path / "states.plm")
    assert len(Movie.load(tmp_path / "states.plm").events) == 200


# ---- which library is loaded ---------------------------------------------------------------------


def test_no_movie_decides_which_library_is_loaded(
    build_core: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    library = build_core("plain")
    monkeypatch.chdir(library.parent)
    names = [
        str(library),
        f"./{library.name}",
        library.name,
        f"../{library.parent.name}/{library.name}",
        str(library.parent / "plain"),
        "~/plain",
        "",
        "plain\0",
        "..",
        "C:\\plain.dll",
    ]
    for name in names:
        movie = Movie.load(io.BytesIO(plm(plain(), core=HEAD["core"] | {"file": name})))
        with pytest.raises(CoreNotFoundError):
            movie.open()
    with Movie.load(io.BytesIO(plm(plain()))).open() as core:
        assert core.name == "2048"
    with Movie.load(io.BytesIO(plm(plain()))).open(core=library) as core:
        assert core.name == "plain"


@pytest.mark.parametrize(
    "events",
    [
        [[0, "option", ["no such", "thing"]]],
        [[0, "option", 3]],
        [[0, "controller", [0]]],
        [[0, "controller", [-5, 1]]],
        [[0, "controller", [2**29, "x"]]],
        [[0, "cheat", ["a", 3, None]]],
        [[0, "enable_cheat", []]],
        [[0, "state", "none"]],
        [[0, "state", 3]],
        [[0, "disk", 0]],
        [[0, "eject", True]],
        [[0, "no such event", True]],
    ],
)
def test_events_that_make_no_sense_are_said(events: Any, tmp_path: Path) -> None:
    from pylibretro import LibretroError

    path = tmp_path / "a.plm"
    path.write_bytes(plm(plain(10, events)))
    movie = Movie.load(path)
    with movie.open() as core, pytest.raises(LibretroError):
        movie.play(core)
    assert run_command(["replay", str(path)]) == 2


@pytest.mark.parametrize("name", ["a\0.plm", "a\0.bk2", "a\0.fm2"])
def test_a_nul_in_a_path(name: str) -> None:
    with pytest.raises((MovieError, OSError)):
        Movie.load(name)


def test_states_in_movies_may_not_be_pickles_of_anything() -> None:
    for thing in (print, open, {"a": 1}, [Movie], Joypad.A):
        with pytest.raises(MovieError, match="damaged"):
            state_from_bytes(zlib.compress(pickle.dumps(thing)))


def test_a_failing_save_leaves_the_old_movie(tmp_path: Path) -> None:
    for name in ("a.plm", "a.bk2"):
        path = tmp_path / name
        path.write_bytes(b"the old one")
        movie = Movie.from_inputs(
            __import__("numpy").zeros(9, "u2"),
            content_name="a.nes",
            notes={"author": object()} if name == "a.plm" else {"author": "\udc80"},
        )
        with pytest.raises((TypeError, MovieError, UnicodeError)):
            movie.save(path)
        assert path.read_bytes() == b"the old one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.bk2", "a.plm"]
