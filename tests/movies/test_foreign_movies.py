"""Movies of others: BizHawk's .bk2, played by stable-retro itself too, and FCEUX's .fm2."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from child import run_child
from real import package_directory

from pylibretro import Core, Joypad, Movie, MovieError, record
from pylibretro.input.consoles import CONSOLES, STABLE_RETRO_OPTIONS, Console, find_console
from pylibretro.movies.bk2 import read_bk2, write_bk2

GAME = "Airstriker-Genesis-v0"
OPTIONS = STABLE_RETRO_OPTIONS["genesis_plus_gx"]

PRELUDE = """
import contextlib, os, sys, zlib
os.environ["FARAMA_NOTIFICATIONS_DISABLE"] = "1"
with open(os.devnull, "w") as nothing, contextlib.redirect_stderr(nothing):
    import stable_retro
import numpy as np
def make(players, state=stable_retro.State.DEFAULT):
    return stable_retro.make("Airstriker-Genesis-v0", state=state, render_mode="rgb_array",
                             players=players, use_restricted_actions=stable_retro.Actions.ALL)
"""

PLAY = """
env = make(1)
movie = stable_retro.Movie(sys.argv[1])
env.em.set_state(movie.get_state()) if movie.step() else None
checks = []
while True:
    for player in range(movie.players):
        held = [movie.get_key(button, player) for button in range(env.num_buttons)]
        env.em.set_button_mask(np.array(held, np.uint8), player)
    env.em.step()
    checks.append(zlib.crc32(env.get_ram().tobytes()))
    if not movie.step():
        break
print(movie.get_game(), movie.players, *checks)
"""

RECORD = """
env = make(int(sys.argv[2]))
env.auto_record(sys.argv[1])
env.reset()
draw = np.random.default_rng(int(sys.argv[2]))
checks = [zlib.crc32(env.get_ram().tobytes())]
for _ in range(300):
    env.step(draw.integers(0, 2, env.action_space.shape[0]))
    checks.append(zlib.crc32(env.get_ram().tobytes()))
env.stop_record()
print(*checks)
"""

RECORD_FROM_POWER_ON = """
env = make(int(sys.argv[2]), stable_retro.State.NONE)
env.record_movie(sys.argv[1])
checks = [zlib.crc32(env.get_ram().tobytes())]
env.reset()
draw = np.random.default_rng(int(sys.argv[2]))
checks.append(zlib.crc32(env.get_ram().tobytes()))
for _ in range(600):
    env.step(draw.integers(0, 2, env.action_space.shape[0]))
    checks.append(zlib.crc32(env.get_ram().tobytes()))
env.stop_record()
print(*checks)
"""

# As its own script for playing movies does it.
PLAY_AS_AN_ENV = """
movie = stable_retro.Movie(sys.argv[1])
movie.step()
env = make(movie.players, stable_retro.State.NONE)
env.initial_state = movie.get_state()
checks = [zlib.crc32(env.get_ram().tobytes())]
env.reset()
checks.append(zlib.crc32(env.get_ram().tobytes()))
while movie.step():
    env.step([movie.get_key(button, player)
              for player in range(movie.players) for button in range(env.num_buttons)])
    checks.append(zlib.crc32(env.get_ram().tobytes()))
print(*checks)
"""


@pytest.fixture(scope="module")
def stable_retro() -> Path:
    package = package_directory("stable_retro")
    if package is None:
        pytest.skip("stable-retro is not installed")
    return package


def open_airstriker(package: Path) -> Core:
    core = package / "cores" / "genesis_plus_gx_libretro.so"
    return Core(core, package / f"data/stable/{GAME}/rom.md", options=OPTIONS)


def ram_checks(movie: Movie, core: Core) -> list[int]:
    checks: list[int] = []
    movie.play(core, at_once=1, each=lambda core, _: checks.append(ram_check(core)))
    return checks


def ram_check(core: Core) -> int:
    return zlib.crc32(core.memory.system_ram.data)


@pytest.mark.parametrize("ports", [1, 2])
def test_stable_retro_plays_what_is_written_here(
    stable_retro: Path, tmp_path: Path, ports: int
) -> None:
    state = (stable_retro / f"data/stable/{GAME}/Level1.state").read_bytes()
    masks = np.random.default_rng(ports).integers(0, 1 << 12, (300, ports)).astype(np.uint16)
    with open_airstriker(stable_retro) as core:
        core.load_state(gzip.decompress(state))
        with record(core, start="state") as recorder:
            core.run(300, masks)
        ram = ram_check(core)
    movie = recorder.movie
    write_bk2(movie, tmp_path / "a.bk2", game=GAME)
    game, players, *checks = run_child(PLAY, tmp_path / "a.bk2", prelude=PRELUDE).split()
    assert (game, players) == (GAME, str(ports))
    with open_airstriker(stable_retro) as core:
        assert list(map(int, checks)) == ram_checks(movie, core)
    assert int(checks[-1]) == ram
    again = Movie.load(tmp_path / "a.bk2")
    assert (again.inputs() == movie.inputs()).all()
    with open_airstriker(stable_retro) as core:
        again.play(core)
        assert ram_check(core) == ram


@pytest.mark.parametrize("players", [1, 2])
def test_what_stable_retro_records_plays_here(
    stable_retro: Path, tmp_path: Path, players: int
) -> None:
    checks = run_child(RECORD, tmp_path, players, prelude=PRELUDE).split()
    (path,) = tmp_path.glob("*.bk2")
    movie = Movie.load(path)
    assert movie.frames == 301
    assert movie.ports == players
    with movie.open(
        stable_retro / f"data/stable/{GAME}/rom.md",
        core=stable_retro / "cores/genesis_plus_gx_libretro.so",
    ) as core:
        assert ram_checks(movie, core) == list(map(int, checks))


@pytest.mark.parametrize("players", [1, 2])
def test_what_stable_retro_records_from_power_on_plays_here(
    stable_retro: Path, tmp_path: Path, players: int
) -> None:
    """It has run two frames before: one in opening the core, and one in making the env."""
    path = tmp_path / "a.bk2"
    checks = run_child(RECORD_FROM_POWER_ON, path, players, prelude=PRELUDE).split()
    movie = Movie.load(path)
    assert movie.start is None
    assert movie.frames == 2 + 601
    with movie.open(
        stable_retro / f"data/stable/{GAME}/rom.md",
        core=stable_retro / "cores/genesis_plus_gx_libretro.so",
    ) as core:
        assert ram_checks(movie, core)[1:] == list(map(int, checks))
    movie.save(tmp_path / "b.bk2")
    again = run_child(PLAY_AS_AN_ENV, tmp_path / "b.bk2", prelude=PRELUDE).split()
    assert again == checks


@pytest.mark.parametrize("ports", [1, 2])
@pytest.mark.parametrize("start", ["power-on", "state"])
def test_stable_retros_env_plays_what_is_recorded_here(
    stable_retro: Path, tmp_path: Path, ports: int, start: str
) -> None:
    """Its first frame in a movie is that of `reset`, in which nothing is pressed."""
    masks = np.random.default_rng(ports).integers(0, 1 << 12, (600, ports)).astype(np.uint16)
    masks[:3] = 0
    with open_airstriker(stable_retro) as core:
        if start == "state":
            core.run(100)
        with record(core, start=start) as recorder:
            core.run(600, masks)
    movie = recorder.movie
    write_bk2(movie, tmp_path / "a.bk2", game=GAME)
    checks = list(map(int, run_child(PLAY_AS_AN_ENV, tmp_path / "a.bk2", prelude=PRELUDE).split()))
    with open_airstriker(stable_retro) as core:
        expected = ram_checks(movie, core)
    if start == "state":
        assert checks[1:] == expected
    else:
        assert checks == expected[1:]
    again = Movie.load(tmp_path / "a.bk2")
    assert (again.inputs() == movie.inputs()).all()


def write_zip(path: Path, **files: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name.replace("_", " ") + (".txt" if name != "Core" else ".bin"), text)
    return path


def test_bizhawk_names_its_buttons_in_any_order(tmp_path: Path) -> None:
    log = (
        "[Input]\nLogKey:#Reset|Power|#P1 Up|P1 B|P1 Start|#P2 Right|P2 A|\n"
        "|.P|U..|.A|\n|..|.BS|R.|\n|r.|...|..|\n[/Input]\n"
    )
    header = "MovieVersion BizHawk v2.0.0\nPlatform SNES\nGameName Some Game\nSHA1 12\n"
    movie = read_bk2(write_zip(tmp_path / "a.bk2", Header=header, Input_Log=log))
    assert movie.inputs().tolist() == [
        [Joypad.UP, Joypad.A],
        [Joypad.B | Joypad.START, Joypad.RIGHT],
        [0, 0],
    ]
    assert movie.events == ((2, "reset", None),)
    assert movie.core_file == "snes9x"
    assert movie.content_name == "Some Game"
    assert movie.start is None


HEADER = "MovieVersion BizHawk v2.0.0\nPlatform NES\n"
LOG = "[Input]\nLogKey:#Reset|Power|#P1 Up|P1 X|\n"


@pytest.mark.parametrize(
    ("header", "log", "core", "message"),
    [
        ("Platform VEC\n", LOG, None, "VEC"),
        (HEADER, "[Input]\n|..|U.|\n", None, "LogKey"),
        (HEADER, LOG + "|..|U|\n", None, "3 letters for 4 buttons"),
        (HEADER, LOG + "|..|.X|\n", None, "'P1 X'"),
        (HEADER, LOG + "|..|..|\n|.P|..|\n", None, "Power"),
        (HEADER, LOG + "|..|..|\n", b"state", "BizHawk's own core"),
        (HEADER + "StartsFromSavestate True\n", LOG, None, "BizHawk's own core"),
        (HEADER, "[Input]\nLogKey:#P1 Up|P17 Up|\n|..|\n", None, "17 players"),
    ],
)
def test_what_cannot_be_played_of_a_bk2_is_said(
    tmp_path: Path, header: str, log: str, core: bytes | None, message: str
) -> None:
    files = {"Header": header, "Input_Log": log} | ({} if core is None else {"Core": core})
    with pytest.raises(MovieError, match=message):
        read_bk2(write_zip(tmp_path / "a.bk2", **files))


def test_what_is_no_bk2_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.bk2").write_bytes(b"no zip")
    with pytest.raises(MovieError, match=r"is no \.bk2"):
        Movie.load(tmp_path / "a.bk2")
    with pytest.raises(MovieError, match="has no Input Log"):
        read_bk2(write_zip(tmp_path / "b.bk2", Header=HEADER))


def test_what_a_bk2_cannot_say_is_said(tmp_path: Path) -> None:
    masks = np.array([1 << 15], np.uint16)
    path = tmp_path / "a.bk2"
    with pytest.raises(MovieError, match="which console"):
        write_bk2(Movie.from_inputs(masks), path)
    with pytest.raises(MovieError, match="0x8000"):
        write_bk2(Movie.from_inputs(masks), path, console="Genesis")
    for frame in (0, 1):
        early = np.zeros(5, np.uint16)
        early[frame] = 1
        with pytest.raises(MovieError, match="2 frames without input"):
            write_bk2(Movie.from_inputs(early), path, console="Genesis")
    with pytest.raises(MovieError, match="2 frames without input"):
        write_bk2(Movie.from_inputs(early[:1] * 0), path, console="Genesis")
    with pytest.raises(MovieError, match="2 frames without input"):
        write_bk2(
            Movie.from_inputs(early * 0, events=((1, "reset", None),)), path, console="Genesis"
        )
    with pytest.raises(MovieError, match="option"):
        write_bk2(
            Movie.from_inputs(
                masks,
                events=((0, "option", []),),
            ),
            path,
            console="Nes",
        )
    with Core("2048") as core, record(core) as recorder:
        core.inputs["mouse"][0] = 3
        core.run()
    with pytest.raises(MovieError, match="other devices"):
        write_bk2(recorder.movie, path, console="Nes")


@pytest.mark.parametrize("known", CONSOLES, ids=lambda known: known.name)
def test_every_console_goes_through_a_bk2(tmp_path: Path, known: Console) -> None:
    assert find_console(known.name) is known
    assert find_console(f"a.{known.extensions[0]}") is known
    buttons = [bit for bit, name in enumerate(known.buttons) if name in ("UP", "A", "START", "B")]
    masks = np.array([[1 << bit, 0] for bit in buttons] + [[0, 1 << buttons[0]]], np.uint16)
    movie = Movie.from_inputs(masks, events=((1, "reset", None),), start=b"\0\1state")
    write_bk2(movie, tmp_path / "a.bk2", console=known.bizhawk)
    again = read_bk2(tmp_path / "a.bk2")
    assert (again.inputs() == masks).all()
    assert again.events == movie.events
    assert again.start == b"\0\1state"


FM2 = """version 3
emuVersion 22020
rerecordCount 5
palFlag 0
romFilename Some Game
romChecksum base64:jjYwGG411HcjG/j9UOVM3Q==
guid 452DE2C3-EF43-2FA9-77AC-0677FC51543B
fourscore 0
microphone 0
port0 1
port1 {port1}
port2 0
FDS 0
comment author somebody
|0|R.......|{pad}||
|0|.LDU....|{pad}||
|1|    TSBA|{pad}||
"""


@pytest.mark.parametrize("ports", [1, 2])
def test_an_fm2_is_read(tmp_path: Path, ports: int) -> None:
    text = FM2.format(port1=ports - 1, pad="" if ports == 1 else ".......A")
    (tmp_path / "a.fm2").write_text(text, newline="\r\n" if ports == 2 else "\n")
    movie = Movie.load(tmp_path / "a.fm2")
    assert movie.inputs()[:, 0].tolist() == [
        Joypad.RIGHT,
        Joypad.LEFT | Joypad.DOWN | Joypad.UP,
        Joypad.START | Joypad.SELECT | Joypad.B | Joypad.A,
    ]
    assert movie.ports == ports
    assert ports == 1 or (movie.inputs()[:, 1] == Joypad.A).all()
    assert movie.events == ((2, "reset", None),)
    assert movie.core_file == "fceumm"
    assert movie.content_name == "Some Game"
    assert movie.notes["comments"] == ["author somebody"]


def test_four_pads_of_an_fm2(tmp_path: Path) -> None:
    text = "version 3\nfourscore 1\n|0|.......A|......B.|.....S..|....T...||\n"
    (tmp_path / "a.fm2").write_text(text)
    pads = [Joypad.A, Joypad.B, Joypad.SELECT, Joypad.START]
    assert Movie.load(tmp_path / "a.fm2").inputs().tolist() == [pads]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("version 2\n", "version 3"),
        ("version 3\nbinary 1\n", "binary"),
        ("version 3\nsavestate 0123\n", "state of FCEUX"),
        ("version 3\nport0 2\n", "no gamepads"),
        ("version 3\nport0 1\n|0|........||\n|2|........||\n", "frame 1 has the command 2"),
        ("version 3\nport0 1\n|x|........||\n", "'x'"),
        ("version 3\nport0 1\n|0|.....||\n", "no gamepad"),
    ],
)
def test_what_cannot_be_played_of_an_fm2_is_said(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "a.fm2").write_text(text)
    with pytest.raises(MovieError, match=message):
        Movie.load(tmp_path / "a.fm2")
