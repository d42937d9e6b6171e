"""The command line, run as its users run it: in processes of its own."""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from observe import BuildCore, noted

import pylibretro
from pylibretro import Core, Joypad, Language
from pylibretro.command_line import make_parser
from pylibretro.command_line.opening import add_core_arguments, open_core
from pylibretro.command_line.pictures import GIFRecorder, save_png
from pylibretro.command_line.player import best_direction, slide
from pylibretro.command_line.script import InputScript, Segment, parse_script

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
pytest.importorskip("rich", reason="rich is not installed")

CHECKOUT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-m", "pylibretro"]
SCRIPT = "10\n2 START  # begin\n20 RIGHT 1:A+B\n3 LEFT\n"


class Ended:
    """What a finished command said."""

    def __init__(self, process: subprocess.CompletedProcess[str]) -> None:
        self.status = process.returncode
        self.output = process.stdout
        self.errors = process.stderr

    @property
    def json(self) -> Any:
        assert (self.status, self.errors) == (0, "")
        return json.loads(self.output)


def run(*words: object, stdin: str = "", command: list[str] = COMMAND, **wishes: Any) -> Ended:
    return Ended(
        subprocess.run(
            [*command, *map(str, words)],
            input=stdin,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=300,
            check=False,
            **wishes,
        )
    )


@pytest.fixture(autouse=True)
def own_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    return tmp_path


@pytest.fixture
def hungry_core(build_core: Callable[..., Path]) -> Path:
    """A core that needs content."""
    return build_core("late_game")


def decoded(path: Path) -> tuple[list[numpy.ndarray], list[int]]:
    """All frames of an animation as RGB, and their milliseconds."""
    frames, durations = [], []
    with Image.open(path) as animation:
        for index in range(animation.n_frames):
            animation.seek(index)
            frames.append(numpy.asarray(animation.convert("RGB")))
            durations.append(animation.info["duration"])
    return frames, durations


class TestTheWhole:
    def test_version(self) -> None:
        ended = run("--version")
        assert (ended.status, ended.output) == (0, f"pylibretro {pylibretro.__version__}\n")

    def test_help_names_every_command(self) -> None:
        ended = run("--help")
        assert ended.status == 0
        for command in ("demo", "run", "info", "bench", "cores"):
            assert re.search(rf"^    {command} +\w", ended.output, re.MULTILINE)
            assert run(command, "--help").output.startswith(f"usage: pylibretro {command} ")

    def test_no_command_shows_the_help(self) -> None:
        ended = run()
        assert ended.status == 2
        assert ended.output.startswith("usage: pylibretro")

    def test_the_installed_script_is_the_same(self) -> None:
        script = shutil.which("pylibretro", path=str(Path(sys.executable).parent))
        if script is None:
            pytest.skip("pylibretro is built in place, not installed")
        assert run("--version", command=[script]).output == run("--version").output

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (["nonsense"], "invalid choice: 'nonsense'"),
            (["run"], "the following arguments are required: CORE"),
            (["run", "no-such-core"], "no installed core is named 'no-such-core'"),
            (["info", "no-such-core", "--json"], "no installed core is named"),
            (["run", "./no-such-core.so"], "there is no core at"),
            (["info", "letter.txt"], "text file"),
            (["run", "2048", "--frames", "many"], "'many' is not a whole number"),
            (["run", "2048", "--frames", "-3"], "--frames"),
            (["run", "2048", "--scale", "0"], "'0' is not a whole number from 1 up"),
            (["run", "2048", "--option", "nonsense"], "--option takes KEY=VALUE, not 'nonsense'"),
            (["run", "2048", "--option", "2048_theme=blue"], "it offers light, dark"),
            (["run", "2048", "--option", "no_such=1"], "has no option 'no_such'"),
            (["run", "2048", "--input", "absent.txt"], "absent.txt: No such file"),
            (["run", "2048", "--input", "letter.txt"], "letter.txt, line 1: a line begins with a"),
            (["run", "2048", "--input", "noise.bin"], "it is not text"),
            (["run", "2048", "--state", "absent.state"], "absent.state: No such file"),
            (["run", "2048", "--state", "letter.txt"], "the state has 10 bytes"),
            (["run", "2048", "--frames", "1", "--wav", "no/a.wav"], "no/a.wav: No such file"),
            (["run", "2048", "--frames", "1", "--screenshot", "no/a.png"], "a.png: No such file"),
            (["run", "2048", "--frames", "1", "--gif", "no/a.gif"], "no/a.gif: No such file"),
            (["run", "2048", "--frames", "0", "--screenshot", "a.png"], "there is no picture"),
            (["run", "2048", "--frames", "0", "--gif", "a.gif"], "there is no picture"),
            (["run", "2048", "absent.gb"], "there is no content at"),
            (["demo", "--seed", "33"], "does not offer 2048_seed = '33'"),
            (["bench", "2048", "--repeat", "0"], "'0' is not a whole number from 1 up"),
        ],
    )
    def test_an_error_is_one_line_and_status_2(
        self, words: list[str], said: str, own_directory: Path
    ) -> None:
        (own_directory / "letter.txt").write_text("Dear core,")
        (own_directory / "noise.bin").write_bytes(bytes(range(128, 256)))
        ended = run(*words)
        assert ended.status == 2
        assert ended.output == ""
        assert ended.errors.count("\n") == 1
        assert ended.errors.startswith("pylibretro")
        assert said in ended.errors

    def test_a_core_that_needs_a_game_says_so(self, hungry_core: Path) -> None:
        for command in ("run", "bench"):
            ended = run(command, hungry_core)
            assert ended.status == 2
            assert f"needs a game: pylibretro {command} {hungry_core} CONTENT" in ended.errors
            assert ended.errors.count("\n") == 1

    def test_ctrl_c_ends_with_130(self) -> None:
        if sys.platform == "win32":
            pytest.skip("Windows has no SIGINT for another process")
        process = subprocess.Popen(
            [*COMMAND, "run", "2048", "--frames", str(10**9), "--verbose"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        assert "2048" in process.stderr.readline(), "the core's log says that it runs"
        process.send_signal(signal.SIGINT)
        output, errors = process.communicate(timeout=60)
        assert process.returncode == 130
        assert errors.endswith("pylibretro run: interrupted\n")
        assert "Traceback" not in errors
        assert output == ""

    def test_a_reader_that_leaves_early_is_no_error(self) -> None:
        process = subprocess.Popen(
            [*COMMAND, "info", "2048"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        with process.stderr:
            assert process.stderr.read() == b""
        assert process.wait(timeout=60) == 0

    @pytest.mark.parametrize(
        ("package", "words", "purpose"),
        [
            ("rich", ["cores"], "a table needs rich"),
            ("rich", ["info", "2048"], "a table needs rich"),
            ("PIL", ["demo"], "a picture needs Pillow"),
            ("PIL", ["run", "2048", "--screenshot", "a.png"], "a picture needs Pillow"),
        ],
    )
    def test_a_missing_extra_is_named(self, package: str, words: list[str], purpose: str) -> None:
        ended = run(*words, command=without(package))
        assert ended.status == 2
        assert purpose in ended.errors
        assert ended.errors.endswith("pip install 'pylibretro[cli]'\n")
        assert ended.errors.count("\n") == 1

    def test_what_needs_no_extra_works_without(self) -> None:
        neither = without("rich", "PIL")
        assert run("cores", "--json", command=neither).json
        assert run("info", "2048", "--json", command=neither).json["name"] == "2048"
        assert run("demo", "--no-gif", "--moves", "1", command=neither).status == 0
        assert run("run", "2048", "--wav", "a.wav", command=neither).status == 0

    def test_the_library_imports_none_of_it(self) -> None:
        code = (
            "import sys, pylibretro, pylibretro.__main__\n"
            "unwanted = {'rich', 'PIL', 'argparse', 'pylibretro.command_line'} & set(sys.modules)\n"
            "print(sorted(unwanted))"
        )
        assert run(command=[sys.executable, "-c", code]).output == "[]\n"


def without(*packages: str) -> list[str]:
    """The command, in a Python where some packages cannot be imported."""
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({packages!r}))\n"
        "from pylibretro.__main__ import main; sys.exit(main())"
    )
    return [sys.executable, "-c", code]


class TestCores:
    def test_json_lists_them_all(self) -> None:
        cores = run("cores", "--json").json
        expected = pylibretro.installed_cores()
        assert [(core["name"], core["path"]) for core in cores] == [
            (core.name, str(core.path)) for core in expected
        ]
        assert cores[0]["name"] == "2048"
        assert cores[0]["source"] == "bundled"
        assert cores[0]["found_by_name"] is True

    def test_the_table_and_the_filter(
        self, own_directory: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        real = pylibretro.find_core("2048")
        for folder in ("one", "two"):
            (own_directory / folder).mkdir()
            shutil.copy(real, own_directory / folder / real.name.replace("2048", "zz[b]core"))
        directories = [str(own_directory / "one"), str(own_directory / "two")]
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", os.pathsep.join(directories))
        ended = run("cores", "ZZ[b]")
        assert ended.status == 0
        lines = ended.output.splitlines()
        (found,) = (line for line in lines if line.strip().startswith("zz[b]core"))
        assert "PYLIBRETRO_CORE_PATH" in found
        assert any(line.strip().startswith("(zz[b]core)") for line in lines)
        assert f"  1 PYLIBRETRO_CORE_PATH: {directories[0]}" in lines
        assert "bundled" not in ended.output
        by_name = [core["found_by_name"] for core in run("cores", "zz[b]", "--json").json]
        assert by_name == [True, False]


class TestInfo:
    def test_json_holds_what_the_core_declares(self) -> None:
        told = run("info", "2048", "--json").json
        with Core("2048") as core:
            core.run()
            assert told["name"] == core.info.name
            assert told["fps"] == core.av_info.fps
            assert told["geometry"] == json.loads(json.dumps(core.geometry._asdict()))
            assert told["state_size"] == core.state_size
            assert told["memory"]["system_ram"] == core.memory.system_ram.size
            assert core.frame is not None
            assert told["picture_size"] == [core.frame.shape[1], core.frame.shape[0]]
            assert [option["key"] for option in told["options"]] == list(core.options)
            for option in told["options"]:
                assert option["values"] == list(core.options.definitions[option["key"]].values)
                assert option["value"] == core.options[option["key"]]
            assert len(told["input_descriptors"]) == len(core.input_descriptors)
            assert told["memory_map"][0]["flags"] == ["SYSTEM_RAM"]

    def test_the_tables(self) -> None:
        output = run("info", "2048", "--option", "2048_theme=dark").output
        assert re.search(r"2048_theme +Theme +dark \| light \(default\)", output)
        assert re.search(r"0 +JOYPAD START +Start, go on", output)
        assert re.search(r"picture +320x240, .*XRGB8888", output)

    def test_options_with_odd_names_and_values(self, build_core: BuildCore) -> None:
        """Spaces are part of a value, and what is no UTF-8 is told and taken as bytes."""
        core = build_core("odd_options")
        coffee = os.fsdecode(b"caf\xe9")
        given = ("--option", "spaces=right ", "--option", f"{coffee}=noir")
        listed = run("info", core, "--json", *given).json["options"]
        told = {option["key"]: option for option in listed}
        assert told["spaces"]["value"] == "right "
        assert told[coffee]["value"] == "noir"
        assert "right " in run("info", core, *given).output
        refused = run("run", core, "--option", "spaces= x")
        assert refused.status == 2
        assert "does not offer spaces = ' x'" in refused.errors

    def test_without_the_content_it_needs(self, hungry_core: Path) -> None:
        told = run("info", hungry_core, "--json").json
        assert told["loaded"] is False
        assert told["path"] == str(hungry_core)
        assert "fps" not in told
        assert "pylibretro info CORE CONTENT" in run("info", hungry_core).output


class TestRun:
    def test_pictures_sound_and_state_are_those_of_the_library(self, own_directory: Path) -> None:
        (own_directory / "script.txt").write_text(SCRIPT)
        told = run(
            *("run", "2048", "--input", "script.txt", "--json", "--screenshot", "a.png"),
            *("--wav", "a.wav", "--save-state", "a.state", "--scale", "2"),
        ).json
        inputs = numpy.zeros((35, 2), numpy.uint16)
        inputs[10:12, 0] = Joypad.START
        inputs[12:32] = (Joypad.RIGHT, Joypad.A | Joypad.B)
        inputs[32:, 0] = Joypad.LEFT
        with Core("2048") as core:
            captured = core.capture(35, inputs, audio=True)
            assert captured.audio is not None
            assert told["frames"] == 35
            assert told["samples"] == len(captured.audio)
            assert (own_directory / "a.state").read_bytes() == core.save_state()
        screenshot = numpy.asarray(Image.open(own_directory / "a.png"))
        assert numpy.array_equal(screenshot[::2, ::2], captured.frames[-1])
        assert numpy.array_equal(screenshot[1::2, 1::2], captured.frames[-1])
        with wave.open(str(own_directory / "a.wav")) as sound:
            assert (sound.getnchannels(), sound.getsampwidth()) == (2, 2)
            assert sound.getframerate() == 44100
            samples = numpy.frombuffer(sound.readframes(1 << 20), "<i2").reshape(-1, 2)
        assert numpy.array_equal(samples, captured.audio)

    def test_a_state_is_continued(self, own_directory: Path) -> None:
        script = "1 START\n40\n1 LEFT\n40\n"
        run("run", "2048", "--input", "-", "--save-state", "a.state", stdin=script)
        run(
            *("run", "2048", "--state", "a.state", "--input", "-", "--save-state", "b.state"),
            stdin="1 UP\n40\n",
        )
        run("run", "2048", "--input", "-", "--save-state", "c.state", stdin=f"{script}1 UP\n40\n")
        whole = (own_directory / "c.state").read_bytes()
        assert (own_directory / "b.state").read_bytes() == whole
        assert (own_directory / "a.state").read_bytes() != whole

    def test_the_input_script_may_end_early_or_be_cut(self) -> None:
        told = run("run", "2048", "--input", "-", "--frames", "50", "--json", stdin="3 A\n").json
        assert told["frames"] == 50
        told = run("run", "2048", "--input", "-", "--frames", "2", "--json", stdin="3 A\n").json
        assert told["frames"] == 2
        assert run("run", "2048", "--json").json["frames"] == 600

    def test_options_reach_the_core(self, own_directory: Path) -> None:
        for theme in ("light", "dark"):
            options = ("--option", f"2048_theme={theme}")
            run("run", "2048", "--frames", 5, *options, "--screenshot", f"{theme}.png")
        light, dark = (
            numpy.asarray(Image.open(own_directory / f"{theme}.png")) for theme in ("light", "dark")
        )
        assert light.mean() > 180
        assert dark.mean() < 90

    def test_an_animation(self, own_directory: Path) -> None:
        run(
            *("run", "2048", "--gif", "a.gif", "--gif-fps", "20", "--input", "-"),
            stdin="9\n1 START\n20\n1 LEFT\n29\n",
        )
        inputs = numpy.zeros(60, numpy.uint16)
        inputs[9], inputs[30] = Joypad.START, Joypad.LEFT
        with Core("2048") as core:
            expected = core.capture(60, inputs, every=3).frames
        frames, durations = decoded(own_directory / "a.gif")
        assert sum(durations) == 1000
        shown = [0, *numpy.cumsum(durations)]
        for index, picture in enumerate(expected):
            at = next(i for i in range(len(frames)) if shown[i + 1] > index * 50 + 25)
            difference = numpy.abs(frames[at].astype(int) - picture)
            assert difference.mean() < 1.5
            assert numpy.percentile(difference, 99) <= 24

    def test_a_core_that_shuts_down(self, build_core: Callable[..., Path]) -> None:
        video = build_core("video")
        row = numpy.array([7, 8, 0, 0, 0, 0], "<u4")
        Path("script.bin").write_bytes(row.tobytes())
        told = run("run", video, "script.bin", "--frames", "100", "--json").json
        assert told["shut_down"] is True
        assert told["frames"] < 100
        assert "the core asked to shut down" in run("run", video, "script.bin").output

    def test_a_core_without_sound(self, build_core: Callable[..., Path]) -> None:
        silent = build_core("plain", "-DCORE_SAMPLE_RATE=0.0")
        assert run("run", silent, "--frames", "3").output.rstrip().endswith("no sound")
        ended = run("run", silent, "--wav", "a.wav")
        assert ended.status == 2
        assert "there is no sound to write to a.wav" in ended.errors

    def test_saves_are_kept_where_told(self, own_directory: Path) -> None:
        (own_directory / "saves").mkdir()
        script = "1 START\n20\n" + "1 LEFT\n16\n1 DOWN\n16\n" * 6
        told = run("run", "2048", "--save-dir", "saves", "--input", "-", "--json", stdin=script)
        assert told.json["frames"] > 0
        assert [path.name for path in (own_directory / "saves").iterdir()] == ["2048.srm"]

    def test_a_core_is_told_of_the_player_and_the_time(self, build_core: BuildCore) -> None:
        directories = build_core("directories")
        told = ("--language", "british-english", "--username", "Zoë", "--clock", "1000000000")
        assert run("run", directories, "--frames", "2", *told).status == 0
        parser = argparse.ArgumentParser()
        add_core_arguments(parser)
        with open_core(parser.parse_args([str(directories), *told])) as core:
            assert noted(core)["load.username"] == "1 Zoë"
            assert noted(core)["load.language"] == f"1 {int(Language.BRITISH_ENGLISH)}"
            assert core.spec.host.clock == 1_000_000_000
        ended = run("run", directories, "--language", "klingon")
        assert ended.status == 2
        assert "'klingon' is none of english, japanese, " in ended.errors
        ended = run("run", directories, "--clock", str(1 << 60))
        assert ended.status == 2
        assert "clock is 1152921504606846976" in ended.errors


class TestBench:
    def test_the_numbers_hold_together(self) -> None:
        told = run("bench", "2048", "--frames", "300", "--repeat", "3", "--json").json
        assert (told["frames"], told["repeats"]) == (300, 3)
        for way in ("run", "capture", "step"):
            speed = told[way]["frames_per_second"]
            assert speed > 0
            assert told[way]["microseconds_per_frame"] == pytest.approx(1e6 / speed)
        assert told["step"]["p50_microseconds"] <= told["step"]["p99_microseconds"]

    def test_the_raw_limit_is_measured(self) -> None:
        if sys.platform == "win32":
            pytest.skip("the raw limit needs POSIX")
        words = ("bench", "2048", "--frames", "200", "--repeat", "2", "--input", "-")
        told = run(*words, "--json", stdin=SCRIPT).json
        assert told["raw_limit_unavailable"] is None
        assert told["raw_limit"]["frames_per_second"] > 0
        for way in ("run", "capture", "step"):
            assert told[way]["ratio_to_limit"] > 0

    def test_it_prints_a_table(self) -> None:
        output = run("bench", "2048", "--frames", "50", "--repeat", "1").output
        assert "raw limit in C" in output
        assert re.search(r"one run\(\): p50 [\d.,]+ µs, p99 [\d.,]+ µs", output)


class TestDemo:
    def test_it_plays_and_leaves_an_animation(self, own_directory: Path) -> None:
        ended = run("demo", "--moves", "40")
        assert ended.status == 0
        assert re.search(r"score [\d,]+ after 40 moves", ended.output)
        assert re.search(r"[\d,]+ frames/s", ended.output)
        frames, durations = decoded(own_directory / "2048.gif")
        assert frames[0].shape == (240, 320, 3)
        assert len(frames) > 100
        assert 5000 < sum(durations) < 30000
        with Core("2048") as core:
            title = core.capture(2).frames[1]
        assert numpy.abs(frames[0].astype(int) - title).mean() < 1.5

    def test_the_same_seed_gives_the_same_game(self) -> None:
        seeds = ("3", "3", "4")
        first, second, other = (
            run("demo", "--no-gif", "--moves", "60", "--json", "--seed", seed).json
            for seed in seeds
        )
        assert first["score"] == second["score"]
        assert first["score"] != other["score"]
        assert first["moves"] == 60
        assert not list(Path.cwd().iterdir())

    def test_the_default_game_is_won(self) -> None:
        told = run("demo", "--no-gif", "--json").json
        assert told["won"] is True
        assert told["highest_tile"] == 2048
        assert told["score"] > 18000


class TestPlayer:
    def test_its_rules_are_those_of_the_game(self) -> None:
        random = numpy.random.default_rng(5)
        with Core("2048") as core:

            def press(button: int) -> tuple[tuple[int, ...], ...]:
                core.run(2, [button, 0])
                cells = core.memory.system_ram[0x10:0x20].reshape(4, 4)
                return tuple(tuple(map(int, row)) for row in cells)

            core.run(2)
            board: Any = press(Joypad.START)
            moved = 0
            for _ in range(300):
                direction = Joypad(1 << int(random.integers(4, 8)))
                expected = slide(board, direction)
                after: Any = press(direction)
                cells = zip(sum(expected, ()), sum(after, ()), strict=True)
                new = [pair for pair in cells if pair[0] != pair[1]]
                if expected == board:
                    assert not new
                else:
                    moved += 1
                    assert new in ([(0, 1)], [(0, 2)])
                board = after
                if best_direction(board) is None:
                    board = press(Joypad.START)
            assert moved > 100

    def test_it_makes_a_merge_that_is_there(self) -> None:
        board = ((7, 7, 2, 1), (1, 2, 1, 2), (2, 1, 2, 1), (1, 2, 1, 2))
        assert best_direction(board) in (Joypad.LEFT, Joypad.RIGHT)

    def test_a_full_board_has_no_move(self) -> None:
        assert best_direction(((1, 2, 1, 2), (2, 1, 2, 1)) * 2) is None


class TestInputScripts:
    def test_every_button_port_and_comment(self) -> None:
        script = parse_script(
            ["# title", "", "2", " 3 start+A 15:l2+R3 # go", "1 0:B 2:b"], "script"
        )
        assert script.frames == 6
        masks = script.masks(0, 7)
        assert masks.shape == (7, 16)
        assert not masks[:2].any()
        assert (masks[2:5, 0] == (Joypad.START | Joypad.A)).all()
        assert (masks[2:5, 15] == (Joypad.L2 | Joypad.R3)).all()
        assert masks[5, 0] == masks[5, 2] == Joypad.B
        assert not masks[5, 15]
        assert not masks[6].any()

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("START 3", "begins with a number of frames, not 'START'"),
            ("-1 START", "not '-1'"),
            ("1.5", "not '1.5'"),
            ("²", "begins with a number"),
            ("1 STRAT", "no button 'STRAT'; did you mean START?"),
            ("1 ~", "there are B, Y, SELECT"),
            ("1 A+", "no button ''"),
            ("1 16:A", "a port is 0 to 15, not '16'"),
            ("1 x:A", "a port is 0 to 15, not 'x'"),
            ("1 1:2:A", "a port is 0 to 15, not '1:2'"),
        ],
    )
    def test_a_wrong_line_is_named(self, line: str, said: str) -> None:
        ended = run("run", "2048", "--input", "-", stdin=f"# script\n1 A\n{line}\n")
        assert ended.status == 2
        assert "standard input, line 3: " in ended.errors
        assert said in ended.errors

    @given(
        st.lists(st.tuples(st.integers(0, 9), st.lists(st.integers(0, 0xFFFF), max_size=3))),
        st.integers(0, 40),
        st.integers(0, 40),
    )
    def test_any_part_is_a_slice_of_the_whole(
        self, lines: list[tuple[int, list[int]]], start: int, length: int
    ) -> None:
        script = InputScript(Segment(frames, tuple(masks)) for frames, masks in lines)
        whole = numpy.zeros((script.frames + 100, script.ports), numpy.uint16)
        at = 0
        for frames, masks in lines:
            for _ in range(frames):
                whole[at, : len(masks)] = masks
                at += 1
        part = script.masks(start, start + length)
        assert numpy.array_equal(part, whole[start : start + length])


class TestPictures:
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def test_an_animation_of_few_colours_is_exact(self, data: st.DataObject) -> None:
        random = numpy.random.default_rng(data.draw(st.integers(0, 1 << 32)))
        height, width = data.draw(st.integers(1, 40)), data.draw(st.integers(1, 40))
        colours = random.integers(0, 256, (data.draw(st.integers(1, 255)), 3), numpy.uint8)
        count = data.draw(st.integers(1, 8))
        scale = data.draw(st.integers(1, 3))
        frames = [colours[random.integers(0, len(colours), (height, width))]]
        while len(frames) < count:
            frame = frames[-1].copy()
            top, left = random.integers(0, height), random.integers(0, width)
            frame[top : top + 9, left : left + 9] = colours[random.integers(len(colours))]
            frames.append(frame)
        recorder = GIFRecorder(scale)
        for frame in frames:
            recorder.add(frame, 0.1)
        path = Path("exact.gif")
        recorder.save(str(path))
        decoded_frames, durations = decoded(path)
        assert sum(durations) == 100 * count
        expected = [frame.repeat(scale, 0).repeat(scale, 1) for frame in frames]
        shown = [0, *numpy.cumsum(durations)]
        for index, frame in enumerate(expected):
            at = next(i for i in range(len(durations)) if shown[i + 1] > index * 100 + 50)
            assert numpy.array_equal(decoded_frames[at], frame)

    def test_more_colours_come_near(self, own_directory: Path) -> None:
        y, x = numpy.mgrid[0:128, 0:128]
        frame = numpy.stack([2 * x, 2 * y, x + y], 2).astype(numpy.uint8)
        recorder = GIFRecorder()
        recorder.add(frame, 0.5)
        recorder.add(frame[::-1].copy(), 0.5)
        recorder.save("many.gif")
        frames, _ = decoded(own_directory / "many.gif")
        assert numpy.abs(frames[0].astype(int) - frame).mean() < 10
        assert numpy.abs(frames[1].astype(int) - frame[::-1]).mean() < 10

    def test_pictures_of_several_sizes(self, own_directory: Path) -> None:
        recorder = GIFRecorder()
        recorder.add(numpy.full((20, 10, 3), 200, numpy.uint8), 0.2)
        recorder.add(numpy.full((10, 20, 3), 100, numpy.uint8), 0.5)
        recorder.add(numpy.full((40, 40, 3), 50, numpy.uint8), 0.4)
        recorder.save("sizes.gif")
        frames, _ = decoded(own_directory / "sizes.gif")
        for frame, colour in zip(frames, (200, 100, 50), strict=True):
            assert frame.shape == (10, 20, 3), "the size that is shown longest"
            assert (frame == colour).all()

    def test_time_is_kept_to_the_hundredth(self, own_directory: Path) -> None:
        recorder = GIFRecorder()
        for index in range(150):
            recorder.add(numpy.full((2, 2, 3), index, numpy.uint8), 1 / 30)
        assert len(recorder) == 150
        recorder.save("time.gif")
        _, durations = decoded(own_directory / "time.gif")
        assert set(durations) == {30, 40}
        assert sum(durations) == 5000

    @pytest.mark.parametrize("fps", [45.0, 50.0, 59.9, 60.0, 75.0, 144.0, 1000.0])
    @pytest.mark.parametrize("frames", [1, 2, 3, 200, 601])
    def test_short_frames_add_up_to_the_true_time(
        self, own_directory: Path, fps: float, frames: int
    ) -> None:
        recorder = GIFRecorder()
        for index in range(frames):
            recorder.add(numpy.full((2, 2, 3), index % 250, numpy.uint8), 1 / fps)
        recorder.save("time.gif")
        _, durations = decoded(own_directory / "time.gif")
        assert min(durations) >= 20
        assert abs(sum(durations) - max(20, frames * 1000 / fps)) <= 10

    def test_a_picture_of_an_hour(self, own_directory: Path) -> None:
        recorder = GIFRecorder()
        recorder.add(numpy.zeros((2, 2, 3), numpy.uint8), 3600)
        recorder.add(numpy.ones((2, 2, 3), numpy.uint8), 1)
        recorder.save("hour.gif")
        _, durations = decoded(own_directory / "hour.gif")
        assert sum(durations) == 3_601_000

    def test_a_png_is_exact(self, own_directory: Path) -> None:
        frame = numpy.random.default_rng(1).integers(0, 256, (7, 5, 3), numpy.uint8)
        save_png("a.png", frame, 3)
        picture = numpy.asarray(Image.open(own_directory / "a.png"))
        assert numpy.array_equal(picture, frame.repeat(3, 0).repeat(3, 1))


class TestProgress:
    CODE = (
        "import time\n"
        "from pylibretro.command_line.progress import ProgressBar\n"
        "with ProgressBar('Counting sheep', 3, quiet={quiet}) as progress:\n"
        "    progress.advance(1, 'one')\n"
        "    time.sleep({seconds})\n"
        "    progress.advance(1, 'two sheep')\n"
        "    time.sleep(0.3)\n"
    )

    @pytest.mark.parametrize(
        ("seconds", "quiet", "shown"), [(1.1, False, True), (0, False, False), (1.1, True, False)]
    )
    def test_a_bar_appears_after_a_second(
        self, seconds: float, quiet: bool, shown: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        pty = pytest.importorskip("pty", reason="this system has no pseudo terminals")
        monkeypatch.setenv("TERM", "xterm")
        ours, theirs = pty.openpty()
        code = self.CODE.format(seconds=seconds, quiet=quiet)
        process = subprocess.Popen([sys.executable, "-c", code], stderr=theirs)
        os.close(theirs)
        seen = b""
        try:
            while part := os.read(ours, 4096):
                seen += part
        except OSError:
            pass  # Linux's way to say that the other end has closed
        finally:
            os.close(ours)
        assert process.wait(timeout=60) == 0
        assert (b"Counting sheep" in seen and b"two sheep" in seen) is shown
        if not shown:
            assert seen == b""

    def test_no_bar_in_a_file(self) -> None:
        started = time.monotonic()
        ended = run(command=[sys.executable, "-c", self.CODE.format(seconds=1.1, quiet=False)])
        assert time.monotonic() - started > 1.1
        assert (ended.status, ended.errors) == (0, "")


class TestDocumentation:
    TEXT = CHECKOUT / "docs" / "command-line.md"

    def blocks(self, language: str) -> list[str]:
        if not self.TEXT.is_file():
            pytest.skip("the tests do not lie in a source tree")
        text = self.TEXT.read_text(encoding="utf-8")
        return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)

    def test_every_command_in_it_is_understood(self) -> None:
        lines = [line for block in self.blocks("console") for line in block.splitlines()]
        assert len(lines) > 10
        for line in lines:
            program, *words = shlex.split(line.removeprefix("$ "))
            assert program == "pylibretro"
            assert make_parser().parse_args(words).command == f"pylibretro {words[0]}"

    def test_its_script_runs(self) -> None:
        (script,) = self.blocks("text")
        told = run("run", "2048", "--input", "-", "--json", stdin=script).json
        assert told["frames"] == 60 + 2 + 20 + 1 + 20 + 1 + 40
