"""Movies of every console: real ones of stable-retro, and what BizHawk's and FCEUX's need."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from child import run_child
from real import PLAYS, Play

from pylibretro import Device, Joypad, Movie, MovieError
from pylibretro.movies.bk2 import read_bk2


def bk2(path: Path, platform: str, log: str, header: str = "", **files: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "Header.txt", f"MovieVersion BizHawk v2.0.0\nPlatform {platform}\n{header}"
        )
        archive.writestr("Input Log.txt", f"[Input]\n{log}[/Input]\n")
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return path


# ---- stable-retro's own -----------------------------------------------------------------------

# For each console one of our games, as an integration of stable-retro.
RECORD = """
import contextlib, json, os, shutil, sys
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import numpy as np
rom, directory, system, extension, path = sys.argv[1:6]
game = os.path.join(directory, f"Ours-{system}-v0")
os.makedirs(game)
shutil.copy(rom, os.path.join(game, f"rom.{extension}"))
for name, data in (("data", {"info": {}}), ("scenario", {}), ("metadata", {})):
    with open(os.path.join(game, name + ".json"), "w") as file:
        json.dump(data, file)
stable_retro.data.Integrations.add_custom_path(directory)
env = stable_retro.make(f"Ours-{system}-v0", state=stable_retro.State.NONE, players=2,
                        render_mode="rgb_array",
                        inttype=stable_retro.data.Integrations.ALL,
                        use_restricted_actions=stable_retro.Actions.ALL)
for _ in range(30):
    env.em.step()
env.initial_state = env.em.get_state()
env.statename = "start.state"
env.auto_record(path)
env.reset()
# It records no buttons that its letters do not have, such as an Atari's RESET.
recorded = [button in ("A", "B", "C", "X", "Y", "Z", "START", "SELECT", "MODE", "UP", "DOWN",
                       "LEFT", "RIGHT", "L", "R", "BUTTON") for button in env.buttons]
draw = np.random.default_rng(5)
memory = [env.get_ram().copy()]
for _ in range(120):
    env.step(draw.integers(0, 2, env.action_space.shape[0]) & np.array(recorded * 2))
    memory.append(env.get_ram().copy())
env.stop_record()
np.save(os.path.join(path, 'memory.npy'), np.array(memory))
"""
SYSTEMS = {
    "stella": ("Atari2600", "a26"),
    "fceumm": ("Nes", "nes"),
    "gambatte": ("GameBoy", "gb"),
    "genesis_plus_gx": ("Sms", "sms"),
    "mednafen_pce_fast": ("PCEngine", "pce"),
    "mgba": ("GbAdvance", "gba"),
    "snes9x": ("Snes", "sfc"),
}
RETRO_PLAYS = [
    play
    for play in PLAYS
    if play.core_id.startswith("stable_retro:")
    and play.core_id.partition(":")[2] in SYSTEMS
    and (play.core_id.endswith("genesis_plus_gx") == (play.game == "master_system"))
    and play.game != "montezuma_revenge"  # Stella's states do not hold all of it
]


@pytest.mark.parametrize("play", RETRO_PLAYS, ids=lambda play: play.id)
def test_stable_retros_movies_of_all_consoles_play_here(play: Play, tmp_path: Path) -> None:
    system, extension = SYSTEMS[play.core_id.partition(":")[2]]
    content = play.content(tmp_path)
    words = (content, tmp_path / "games", system, extension, tmp_path)
    run_child("import os; os.dup2(os.open(os.devnull, os.O_RDWR), 2)" + RECORD, *words, prelude="")
    theirs = np.load(tmp_path / "memory.npy")
    (path,) = tmp_path.glob("*.bk2")
    movie = Movie.load(path)
    assert movie.start is not None
    assert movie.frames == len(theirs) == 121
    ours: list[bytes] = []
    with movie.open(content, core=play.core) as core:
        movie.play(
            core,
            at_once=1,
            each=lambda core, _: ours.append(core.memory.system_ram.tobytes()),
        )
    # stable-retro shows memories one behind the other; one of them is the console's RAM.
    equal = [mine in whole.tobytes() for mine, whole in zip(ours, theirs, strict=True)]
    assert equal == [True] * 121


# ---- BizHawk's columns ------------------------------------------------------------------------

# The columns of BizHawk's controllers, what stands before them, and the bit that each of them is.
CONSOLES: dict[str, tuple[str, list[str], list[int]]] = {
    "GB": ("Up|Down|Left|Right|Start|Select|B|A|Power|", [], [4, 5, 6, 7, 3, 2, 0, 8]),
    "GBC": ("Up|Down|Left|Right|Start|Select|B|A|Power|", [], [4, 5, 6, 7, 3, 2, 0, 8]),
    "GBA": (
        "#Tilt X|Tilt Y|Tilt Z|Light Sensor|#Up|Down|Left|Right|Start|Select|B|A|L|R|Power|",
        ["    0,", "    0,", "    0,", "  128,"],
        [4, 5, 6, 7, 3, 2, 0, 8, 10, 11],
    ),
    "SMS": (
        "#Reset|Pause|#P1 Up|P1 Down|P1 Left|P1 Right|P1 B1|P1 B2|",
        ["."],
        [3, 4, 5, 6, 7, 0, 8],
    ),
    "GG": (
        "#Reset|#P1 Up|P1 Down|P1 Left|P1 Right|P1 B1|P1 B2|P1 Start|",
        ["."],
        [4, 5, 6, 7, 0, 8, 3],
    ),
    "PCE": (
        "#P1 Up|P1 Down|P1 Left|P1 Right|P1 Select|P1 Run|P1 B2|P1 B1|",
        [],
        [4, 5, 6, 7, 2, 3, 0, 8],
    ),
    "PCECD": ("#P1 VI|P1 V|P1 IV|P1 III|P1 II|P1 I|P1 Run|", [], [11, 10, 9, 1, 0, 8, 3]),
    "A26": (
        "#Power|#P1 Up|P1 Down|P1 Left|P1 Right|P1 Button|#Reset|Select|",
        ["."],
        [4, 5, 6, 7, 0, 3, 2],
    ),
    "NES": (
        "#Power|Reset|#P1 Up|P1 Down|P1 Left|P1 Right|P1 Start|P1 Select|P1 B|P1 A|",
        [".", "."],
        [4, 5, 6, 7, 3, 2, 0, 8],
    ),
    "SNES": (
        "#Reset|Power|#P1 Up|P1 Down|P1 Left|P1 Right|P1 Select|P1 Start|P1 Y|P1 B|P1 X|P1 A|P1 L|"
        "P1 R|",
        [".", "."],
        [4, 5, 6, 7, 2, 3, 1, 0, 9, 8, 10, 11],
    ),
    "GEN": (
        "#Power|Reset|#P1 Up|P1 Down|P1 Left|P1 Right|P1 A|P1 B|P1 C|P1 Start|P1 X|P1 Y|P1 Z|"
        "P1 Mode|",
        [".", "."],
        [4, 5, 6, 7, 1, 0, 8, 3, 10, 9, 11, 2],
    ),
    "SAT": (
        "#Power|#P1 Up|P1 D-Pad Down|P1 Start|P1 A|P1 B|P1 C|P1 X|P1 Y|P1 Z|P1 L|P1 R|",
        ["."],
        [4, 5, 3, 0, 8, 11, 1, 9, 10, 12, 13],
    ),
    "VB": (
        "#L_Up|L_Down|L_Left|L_Right|R_Up|R_Down|R_Left|R_Right|A|B|L|R|Start|Select|",
        [],
        [4, 5, 6, 7, 12, 14, 13, 15, 8, 0, 10, 11, 3, 2],
    ),
    "WSWAN": (
        "#P1 X1|P1 X2|P1 X3|P1 X4|P1 Y1|P1 Y2|P1 Y3|P1 Y4|P1 Start|P1 B|P1 A|",
        [],
        [4, 7, 5, 6, 13, 11, 12, 10, 3, 0, 8],
    ),
    "PSX": (
        "#Disc Select|#P1 Up|P1 L1|P1 L2|P1 R1|P1 R2|P1 L3|P1 R3|P1 Cross|P1 Circle|P1 □|P1 △|"
        "P1 D-Pad Left|",
        ["    1,"],
        [4, 10, 12, 11, 13, 14, 15, 0, 8, 1, 9, 6],
    ),
    "NDS": (
        "#Mic Volume|#Up|Down|Left|Right|A|B|X|Y|L|R|Select|Start|",
        ["  100,"],
        [4, 5, 6, 7, 8, 0, 9, 1, 10, 11, 2, 3],
    ),
    "N64": (
        "#P1 DPad U|P1 DPad D|P1 DPad L|P1 DPad R|P1 A|P1 B|P1 Z|P1 L|P1 R|P1 Start|",
        [],
        [4, 5, 6, 7, 0, 1, 12, 10, 11, 3],
    ),
}


@pytest.mark.parametrize("platform", CONSOLES)
def test_each_column_of_bizhawk_is_its_button(tmp_path: Path, platform: str) -> None:
    key, before, bits = CONSOLES[platform]
    lines = []
    for place in range(len(bits)):
        letters = "".join("x" if i == place else "." for i in range(len(bits)))
        after = "." if key.endswith("Power|") and "#Power" not in key else ""
        lines.append(f"|{''.join(before)}|{letters}{after}||\n")
    movie = Movie.load(bk2(tmp_path / "a.bk2", platform, f"LogKey:{key}\n" + "".join(lines)))
    inputs = movie.inputs()
    masks = inputs if inputs.dtype.names is None else inputs["joypad"]
    assert masks[:, 0].tolist() == [1 << bit for bit in bits]
    assert movie.frames == len(bits)


DESCRIBED = {
    "mednafen_vb": {"R_UP": "Right D-Pad Up", "L_LEFT": "Left D-Pad Left", "A": "A"},
    "mednafen_wswan": {"X1": "X Cursor Up", "Y4": "Y Cursor Left", "X2": "X Cursor Right"},
    "stella": {"BUTTON": "Fire", "SELECT": "Select", "RESET": "Reset"},
}


@pytest.mark.parametrize("name", DESCRIBED)
def test_cores_call_their_buttons_so(name: str, tmp_path: Path) -> None:
    from pylibretro.input.consoles import CONSOLES as KNOWN

    plays = [play for play in PLAYS if play.core_id.endswith(f":{name}")]
    if not plays:
        pytest.skip(f"{name} is not installed")
    console = next(known for known in KNOWN if known.core == name)
    with plays[0].open(tmp_path) as core:
        called = {
            d.id: d.description
            for d in core.input_descriptors
            if d.port == 0 and d.device == Device.JOYPAD
        }
    for button, description in DESCRIBED[name].items():
        bit = console.button_bit(button)
        assert bit is not None
        assert called[bit] == description


def test_the_difficulty_switches_of_an_atari(tmp_path: Path) -> None:
    key = "#Power|Toggle Left Difficulty|Toggle Right Difficulty|#P1 Up|"
    lines = ["|.l.|.|", "|.l.|U|", "|...|.|", "|.lr|.|", "|..r|.|", "|...|.|", "|..r|.|"]
    path = bk2(tmp_path / "a.bk2", "A26", f"LogKey:{key}\n" + "\n".join(lines) + "\n")
    left_a, left_b, right_a, right_b = (1 << bit for bit in (10, 12, 11, 13))
    assert Movie.load(path).inputs().ravel().tolist() == [
        left_a, Joypad.UP, 0, left_b | right_a, 0, 0, right_b,
    ]  # fmt: skip
    settings = json.dumps({"o": {"$type": "A2600SyncSettings", "LeftDifficulty": False}})
    path = bk2(
        tmp_path / "b.bk2", "A26", f"LogKey:{key}\n|...|.|\n|.l.|.|\n", SyncSettings__json=settings
    )
    assert Movie.load(path).inputs().ravel().tolist() == [left_a, left_b]


def test_sticks_and_the_touch_screen(tmp_path: Path) -> None:
    log = (
        "LogKey:#P1 A Up|P1 C Left|P1 A|#P1 X Axis|P1 Y Axis|\n"
        "|...|    0,    0,|\n|..A|  127, -128,|\n|Ul.|    0,    0,|\n|...|  -80,   40,|\n"
    )
    movie = Movie.load(bk2(tmp_path / "a.bk2", "N64", log))
    sticks = movie.inputs()["analog"][:, 0].astype(np.int64)
    steps = np.round(sticks * 160 / 32768).astype(int).tolist()
    assert steps[1] == [[127, 128], [0, 0]]
    assert steps[2][0] == [0, -127]
    assert steps[2][1][0] == -160
    assert steps[3][0] == [-80, -40]
    assert movie.options["parallel-n64-astick-deadzone"] == "0"
    log = "LogKey:#P1 Cross|#P1 LStick X|P1 RStick Y|\n|.|  128,  128,|\n|X|    0,  255,|\n"
    movie = Movie.load(bk2(tmp_path / "b.bk2", "PSX", log))
    assert movie.inputs()["analog"][:, 0].tolist() == [[[0, 0], [0, 0]], [[-32768, 0], [0, 32512]]]
    assert movie.controllers == {0: 517}
    log = "LogKey:#A|Touch|#Touch X|Touch Y|\n|..|    9,    9,|\n|.T|    0,    0,|\n"
    log += "|.T|  255,  191,|\n"
    movie = Movie.load(bk2(tmp_path / "c.bk2", "NDS", log))
    inputs = movie.inputs()[:, 0]
    assert inputs["pointer_pressed"][:, 0].tolist() == [False, True, True]
    x, y = inputs["pointer"][:, 0].T
    assert x[0] == y[0] == 0
    assert ((x[1:].astype(int) + 32767) * 256 // 65534).tolist() == [0, 255]
    assert ((y[1:].astype(int) + 32767) * 384 // 65534).tolist() == [192, 383]


NEEDS: list[tuple[str, str, dict[int, int]]] = [
    ("SNES", "P1 B|#P2 B|", {}),
    ("SNES", "P1 B|#P2 B|#P3 B|#P4 B|#P5 B|", {1: 257}),
    ("GEN", "P1 A|#P2 A|", {0: 257, 1: 257}),
    ("GEN", "P1 A|P1 X|#P2 A|P2 X|", {0: 513, 1: 513}),
    ("GEN", "P1 A|#P2 A|#P3 A|#P4 A|", {0: 1537, 1: 257}),
    ("GEN", "P1 A|P1 X|#P6 A|", {0: 1793, 1: 1793}),
    ("NES", "P1 A|#P2 A|#P3 A|#P4 A|", {0: 513, 1: 513, 2: 513, 3: 513}),
    ("NES", "P1 A|#P2 A|", {}),
]


@pytest.mark.parametrize(("platform", "key", "controllers"), NEEDS)
def test_what_a_movie_needs_is_plugged_in(
    tmp_path: Path, platform: str, key: str, controllers: dict[int, int]
) -> None:
    count = key.count("|")
    log = f"LogKey:#{key}\n|{'.' * count}|\n|{'x' * count}|\n"
    movie = Movie.load(bk2(tmp_path / "a.bk2", platform, log))
    assert movie.controllers == controllers
    core = {"SNES": "snes9x", "GEN": "genesis_plus_gx", "NES": "fceumm"}[platform]
    plays = [p for p in PLAYS if p.core_id == f"stable_retro:{core}"]
    if not plays:
        pytest.skip("stable-retro is not installed")
    with movie.open(plays[0].content(tmp_path), core=plays[0].core) as opened:
        offered = opened.controllers
        for port, device in controllers.items():
            if port < len(offered) and offered[port]:
                assert device in [one.id for one in offered[port]]
        assert movie.play(opened).frames == 2


@pytest.mark.parametrize(
    ("platform", "key", "line", "header", "message"),
    [
        ("SNES", "P6 B|", ".", "", "6 players"),
        ("A26", "P3 Button|", ".", "", "3 players"),
        ("SAT", "P3 A|", ".", "", "3 players"),
        ("SNES", "P1 Mouse X|", "    0,", "", "no gamepad"),
        ("NES", "P2 Zapper X|", "    0,", "", "no gamepad"),
        ("NES", "P2 Fire|", ".", "", "no gamepad"),
        ("NES", "P² Up|", ".", "", None),
        ("NES", "P² Up|", "U", "", "'P² Up'"),
        ("NES", "P0 Up|", "U", "", "0 players"),
        ("GBA", "Tilt X|A|", "    3,A", "", "'Tilt X'"),
        ("GBA", "Light Sensor|", "    3,|\n|    4,", "", "'Light Sensor'"),
        ("NDS", "LidClose|", "c", "", "'LidClose'"),
        ("NES", "P1 A|", ".", "StartsFromSaveRam 1\n", "has none in it"),
        ("NES", "X Axis|", "\u0661,", "", "it is a number"),
        ("NES", "X Axis|", "1_0,", "", "it is a number"),
        ("NES", "X Axis|", "9" * 5000 + ",", "", "line of more|it is a number"),
        ("NES", "P1 A|" * 2000, ".", "", "columns"),
        ("NES", "FDS Insert 0|", "0", "", "'FDS Insert 0'"),
    ],
)
def test_what_cannot_be_given_is_said(
    tmp_path: Path, platform: str, key: str, line: str, header: str, message: str | None
) -> None:
    path = bk2(tmp_path / "a.bk2", platform, f"LogKey:#{key}\n|{line}|\n", header)
    if message is None:
        assert Movie.load(path).frames == 1
        return
    with pytest.raises(MovieError, match=message):
        Movie.load(path)


def test_a_movie_begins_from_its_save_ram(tmp_path: Path) -> None:
    ram = bytes(range(256)) * 32
    path = bk2(
        tmp_path / "a.bk2",
        "NES",
        "LogKey:#P1 A|\n|.|\n",
        "StartsFromSaveRam True\n",
        MovieSaveRam__bin=ram,
    )
    assert Movie.load(path).save_ram == ram
    packed = bk2(
        tmp_path / "b.bk2",
        "NES",
        "LogKey:#P1 A|\n|.|\n",
        "StartsFromSaveRam True\n",
        MovieSaveRam__bin__zst=ram,
    )
    with pytest.raises(MovieError, match="packed"):
        Movie.load(packed)


@pytest.mark.parametrize("pal", ["PAL 1\n", "PAL True\n"])
def test_pal_is_an_option_or_found_in_the_game(tmp_path: Path, pal: str) -> None:
    log = "LogKey:#P1 A|\n|.|\n"
    assert read_bk2(bk2(tmp_path / "a.bk2", "NES", log, pal)).options == {"fceumm_region": "PAL"}
    assert read_bk2(bk2(tmp_path / "b.bk2", "NES", log, "PAL 0\n")).options == {}
    plays = {p.core_id.partition(":")[2]: p for p in PLAYS if p.core_id.startswith("stable_retro")}
    if "fceumm" not in plays:
        pytest.skip("stable-retro is not installed")
    movie = Movie.load(tmp_path / "a.bk2")
    with movie.open(plays["fceumm"].content(tmp_path), core=plays["fceumm"].core) as core:
        assert movie.play(core).frames == 1
        assert core.av_info.fps < 51
    movie = Movie.load(bk2(tmp_path / "c.bk2", "SNES", "LogKey:#P1 A|\n|.|\n", pal))
    with (
        movie.open(plays["snes9x"].content(tmp_path), core=plays["snes9x"].core) as core,
        pytest.raises(MovieError, match="region PAL"),
    ):
        movie.play(core)


# ---- FCEUX ------------------------------------------------------------------------------------


def test_a_binary_fm2_is_that_of_its_text(tmp_path: Path) -> None:
    masks = np.random.default_rng(2).integers(0, 256, (50, 2), np.uint8)
    head = "version 3\nemuVersion 22020\npalFlag 1\nfourscore 0\n"
    head += "port0 1\nport1 1\nport2 0\nbinary {}\n"
    order = "RLDUTSBA"
    text = head.format(0) + "".join(
        "|0|"
        + "|".join(
            "".join(letter if mask >> (7 - i) & 1 else "." for i, letter in enumerate(order))
            for mask in row
        )
        + "||\n"
        for row in masks.tolist()
    )
    (tmp_path / "a.fm2").write_text(text)
    binary = head.format(1).encode() + b"|" + b"".join(b"\0" + bytes(row) for row in masks.tolist())
    (tmp_path / "b.fm2").write_bytes(binary)
    first, second = Movie.load(tmp_path / "a.fm2"), Movie.load(tmp_path / "b.fm2")
    assert (first.inputs() == second.inputs()).all()
    assert first.frames == second.frames == 50
    assert first.options == second.options == {"fceumm_region": "PAL"}
    (tmp_path / "c.fm2").write_bytes(binary[:-1])
    with pytest.raises(MovieError, match="frame 49 is cut off"):
        Movie.load(tmp_path / "c.fm2")


def test_a_four_score_and_a_region_are_set(tmp_path: Path) -> None:
    (tmp_path / "a.fm2").write_text("version 3\nfourscore 1\npalFlag 0\n|0|.......A||||\n")
    movie = Movie.load(tmp_path / "a.fm2")
    assert movie.controllers == dict.fromkeys(range(4), 513)
    assert movie.options == {"fceumm_region": "NTSC"}
    plays = [p for p in PLAYS if p.core_id == "stable_retro:fceumm"]
    if not plays:
        pytest.skip("stable-retro is not installed")
    with movie.open(plays[0].content(tmp_path), core=plays[0].core) as core:
        assert movie.play(core).frames == 1
        assert core.av_info.fps > 59


def test_a_second_pad_alone(tmp_path: Path) -> None:
    (tmp_path / "a.fm2").write_text("version 3\nport0 0\nport1 1\nport2 0\n|0||.......A||\n")
    assert Movie.load(tmp_path / "a.fm2").inputs().tolist() == [[0, Joypad.A]]


@pytest.mark.parametrize(
    "text",
    ["version 3", "version 3\n", "version", "", "|", "version 3\n|", "version 3\n|0", "\0" * 99],
)
def test_short_fm2s_are_movies_or_errors(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.fm2").write_text(text)
    try:
        assert Movie.load(tmp_path / "a.fm2").frames < 2
    except MovieError:
        return
