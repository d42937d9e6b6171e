"""Movies: what was recorded comes out again, byte for byte, or it is said where it did not."""

from __future__ import annotations

import dataclasses
import io
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import BuildCore, OpenCore, notes, present
from oracle import random_masks
from playing import SLOW_CORES, in_another_process
from real import PLAYS, Play

from pylibretro import (
    PORT_INPUT,
    Core,
    CoreBatch,
    CoreCrashedError,
    Host,
    Joypad,
    LibretroError,
    Movie,
    MovieError,
    MovieRecorder,
    Rewind,
    RunAhead,
    record,
    verify,
)
from pylibretro.movies.file import CHUNK, MAGIC, read_chunks, state_from_bytes, state_to_bytes


def random_records(frames: int, ports: int, seed: int = 0) -> np.ndarray[Any, np.dtype[np.void]]:
    """Input of every device: what is possible, at random, held for some frames."""
    generator = np.random.default_rng(seed)
    records = np.zeros((frames, ports), PORT_INPUT)
    for name in PORT_INPUT.names or ():
        field = records[name]
        values = generator.integers(0, 2 if field.dtype == bool else 1 << 15, field.shape)
        held = np.maximum.accumulate(np.where(generator.random(frames) < 0.2, np.arange(frames), 0))
        records[name] = values[held].astype(field.dtype)
    return records


def ram_check(core: Core) -> int:
    return zlib.crc32(core.memory.system_ram.data)


def play_at_random(core: Core, path: Path | None = None, **wishes: Any) -> tuple[Movie, int]:
    """A session with everything in it: live input, given input, capture."""
    with record(core, path, **wishes) as recorder:
        core.run(20)
        core.set_buttons(Joypad.START)
        core.run(3)
        core.set_buttons(0)
        core.run(60, random_masks(60))
        core.set_buttons(Joypad.LEFT, 1)
        core.capture(10, random_masks(10), every=3)
        for mask in random_masks(40)[:, :1].tolist():
            core.run(1, [mask])
        core.run(30)
    return recorder.movie, ram_check(core)


@pytest.mark.parametrize("start", ["power-on", "state"])
@pytest.mark.parametrize("every", [1, 7, 0])
def test_a_movie_comes_out_the_same(tmp_path: Path, start: str, every: int) -> None:
    with Core("2048") as core:
        if start == "state":
            core.run(33, random_masks(33))
        movie, ram = play_at_random(core, tmp_path / "a.plm", start=start, every=every)
    assert movie.frames == 163
    assert movie.complete
    assert len(movie.checks) == (movie.frames // every if every else 0)
    with movie.open() as core:
        verdict = movie.play(core)
        assert verdict.ok
        assert verdict.frames == 163
        assert verdict.checks == len(movie.checks)
        assert ram_check(core) == ram


def test_a_core_that_has_not_run_may_be_elsewhere() -> None:
    """After a state has been loaded, or a reset, it is not at power-on."""
    with Core("2048") as core:
        core.run(1, [Joypad.START])
        core.run(40)
        state = core.save_state()
    with Core("2048") as core:
        core.load_state(state)
        assert core.frame_count == 0
        with pytest.raises(MovieError, match="power-on"):
            record(core, start="power-on")
        with record(core, every=5) as recorder:
            core.run(40, random_masks(40))
        ram = ram_check(core)
    assert recorder.movie.start is not None
    with recorder.movie.open() as core:
        assert recorder.movie.play(core).ok
        assert ram_check(core) == ram
    with Core("2048") as core:
        core.reset()
        with record(core) as recorder:
            core.run(1)
        assert recorder.movie.start is not None


@pytest.mark.parametrize(
    "play",
    [play for play in PLAYS if play.core.stem in ("genesis_plus_gx_libretro", "snes9x_libretro")],
    ids=lambda play: play.id,
)
def test_what_a_state_lacks_is_lacking_in_the_movie_as_in_its_replay(
    play: Play, tmp_path: Path
) -> None:
    """These cores keep the rest of a sound outside their states, and drop it in loading one."""
    frames = 60
    masks = random_masks(2 * frames)
    with play.open(tmp_path) as core:
        core.run(frames, masks[:frames])
        with record(core, every=7) as recorder:
            core.run(frames, masks[frames:])
    assert recorder.movie.start is not None
    with play.open(tmp_path) as core:
        verdict = recorder.movie.play(core)
    assert verdict.ok
    assert verdict.checks == frames // 7


@pytest.mark.parametrize("every", [1, 7, 60])
def test_a_movie_goes_back_with_its_core(tmp_path: Path, every: int) -> None:
    """It is the one of what was left in the end, whatever was tried in between."""
    generator = np.random.default_rng(every)
    left: list[Any] = []
    path = tmp_path / "a.plm"
    with Core("2048", rewind=Rewind()) as core, record(core, path, every=every) as recorder:
        for _ in range(12):
            inputs = random_records(int(generator.integers(1, 40)), 2, int(generator.integers(99)))
            assert core.run(len(inputs), inputs) == len(inputs)
            left += list(inputs)
            gone = recorder.step_back(int(generator.integers(0, 25)))
            del left[len(left) - gone :]
            assert recorder.frames == core.frame_count == len(left)
        core.set_buttons(Joypad.LEFT)
        core.run(30)
        held = core.inputs[:2].copy()
        left += [held] * 30
        ram = ram_check(core)
    movie = recorder.movie
    assert movie.complete
    assert movie.frames == len(left)
    wanted = Movie.from_inputs(np.array(left))
    assert (movie.inputs() == wanted.inputs()).all()
    with movie.open() as core:
        verdict = movie.play(core)
        assert verdict.ok
        assert verdict.checks == len(np.unique(movie.checks["frame"])) > 5
        assert ram_check(core) == ram
    assert (np.diff(movie.checks["frame"].astype(int)) >= 0).all()
    movie.save(tmp_path / "b.plm")
    assert verify([path, tmp_path / "b.plm"], processes=0) == [verdict, verdict]


def test_a_movie_goes_back_no_further_than_it_began() -> None:
    with Core("2048", rewind=Rewind()) as core:
        core.run(50)
        with record(core, every=1) as recorder:
            core.run(5, [Joypad.START, 0, Joypad.LEFT, 0, 0])
            core.options["2048_animation"] = "disabled"
            assert recorder.step_back(2) == 2
            assert recorder.step_back(500) == 3
            assert recorder.step_back(1) == 0
            assert (recorder.frames, core.frame_count) == (0, 50)
            core.run(3, [0, Joypad.START, 0])
        with pytest.raises(MovieError, match="stopped"):
            recorder.step_back()
        movie = recorder.movie
        assert movie.inputs().ravel().tolist() == [0, Joypad.START, 0]
        assert [(frame, what) for frame, what, _ in movie.events] == [(0, "option")]
        assert movie.play(core).checks == 3
    with Core("2048") as core, record(core) as recorder:
        core.run(3)
        with pytest.raises(LibretroError, match="rewind"):
            recorder.step_back()
    with Core("2048") as core, pytest.raises(MovieError, match="follow=False"):
        MovieRecorder(core, follow=False).step_back()


def test_going_back_behind_the_back_of_a_movie_is_refused() -> None:
    """What has been recorded until then is whole."""
    with Core("2048", rewind=Rewind()) as core, record(core, every=1) as recorder:
        core.run(10)
        core.step_back(4)
        with pytest.raises(LibretroError, match="is being recorded"):
            core.run()
    assert recorder.movie.frames == 10
    with recorder.movie.open() as core:
        assert recorder.movie.play(core).checks == 10


@pytest.mark.parametrize(
    "ahead",
    [RunAhead(2), RunAhead(3, preemptive=True), RunAhead(1, instances=2)],
    ids=["one instance", "preemptive", "two instances"],
)
def test_a_movie_is_of_the_machine_and_not_of_what_runs_ahead(ahead: RunAhead) -> None:
    """Its checks are then of RAM alone, as pictures and sound run ahead."""
    masks = random_masks(200)
    with Core("2048", run_ahead=ahead) as core, record(core, every=1) as recorder:
        core.run(200, masks)
        ram = ram_check(core)
    movie = recorder.movie
    assert (movie.inputs().ravel() == masks.ravel()).all()
    with movie.open() as core:
        assert movie.play(core).checks == 200
        assert ram_check(core) == ram
    with Core("2048") as plain, record(plain, every=1) as recorder:
        plain.run(200, masks)
    with recorder.movie.open(run_ahead=ahead) as core:
        assert recorder.movie.play(core).checks == 200
    with Core("2048") as core, record(core, every=5) as recorder:
        core.run(50, masks[:50])
        core.run_ahead = ahead
        core.run(50, masks[50:100])
    with recorder.movie.open() as core:
        assert recorder.movie.play(core).checks == 20


def test_recording_changes_nothing() -> None:
    masks = random_masks(90)
    with Core("2048") as plain, Core("2048") as recorded, record(recorded, every=4):
        for first in range(0, 90, 30):
            plain.run(30, masks[first : first + 30])
            recorded.run(30, masks[first : first + 30])
            assert np.array_equal(plain.audio, recorded.audio)
            assert np.array_equal(present(plain.frame), present(recorded.frame))
        one, two = plain.capture(20, audio=True), recorded.capture(20, audio=True)
        assert np.array_equal(one.frames, two.frames)
        assert np.array_equal(present(one.audio), present(two.audio))
        assert np.array_equal(present(one.audio_offsets), present(two.audio_offsets))


def test_every_device_is_recorded_as_it_was_latched(open_core: OpenCore) -> None:
    given = random_records(50, 3)
    live = random_records(1, 16, seed=5)[0]
    with record(core := open_core("input"), every=10) as recorder:
        core.run(50, given)
        core.inputs = live
        core.run(5)
        core.run(4, [7, 7, 0, 9])
    movie = recorder.movie
    assert not movie.joypads_only
    inputs = movie.inputs()
    assert inputs.shape == (59, 16)
    assert (inputs[:50, :3] == given).all()
    assert not inputs[:50, 3:].view(np.uint8).any()
    assert (inputs[50:55] == live).all()
    assert (inputs[55:, 1:] == live[1:]).all()
    assert inputs["joypad"][55:, 0].tolist() == [7, 7, 0, 9]
    others = [name for name in PORT_INPUT.names or () if name != "joypad"]
    assert all((inputs[name][55:, 0] == live[name][0]).all() for name in others)
    for start, stop in ((0, 1), (49, 52), (58, 59), (3, 3)):
        assert (movie.inputs(start, stop) == inputs[start:stop]).all()
    again = open_core("input")
    assert movie.play(again).ok
    assert ram_check(again) == ram_check(core)


def test_what_is_done_besides_input_is_part_of_the_movie(open_core: OpenCore) -> None:
    with Core("2048") as core, record(core, every=5) as recorder:
        core.run(20)
        before = core.snapshot()
        core.run(20, random_masks(20))
        core.reset()
        core.run(7)
        core.options["2048_theme"] = "dark"
        core.run(8)
        core.restore(before)
        core.run(10, random_masks(10))
        raw = core.save_state()
        core.run(5)
        core.load_state(raw)
        core.set_controller(1, 0)
        core.run(5)
    movie, ram = recorder.movie, ram_check
    events = [(frame, what) for frame, what, _ in movie.events]
    assert events == [
        (40, "reset"),
        (47, "option"),
        (55, "state"),
        (70, "state"),
        (70, "controller"),
    ]
    with movie.open() as again:
        assert movie.play(again, at_once=3).ok
        assert again.options["2048_theme"] == "dark"
    cheats = open_core("cheats")
    with record(cheats) as recorder:
        cheats.run(2)
        cheats.set_cheat(0, "abc")
        cheats.run(2)
        cheats.enable_cheat(0, False)
        cheats.reset_cheats()
        cheats.run(1)
    once_more = open_core("cheats")
    assert recorder.movie.play(once_more).ok
    assert ram(once_more) == ram(cheats)
    assert [what for _, what, _ in recorder.movie.events] == [
        "cheat",
        "enable_cheat",
        "reset_cheats",
    ]


def test_disks_are_changed_once_more(open_core: OpenCore) -> None:
    core = open_core("disk", b"\0disk")
    drive = present(core.disk)
    with record(core) as recorder:
        core.run(2)
        drive.ejected = True
        drive.index = None
        core.run(1)
        drive.index = 0
        drive.ejected = False
        core.run(1)
    events = [(frame, what) for frame, what, _ in recorder.movie.events]
    assert events == [(2, "eject"), (2, "disk"), (3, "disk"), (3, "eject")]
    again = open_core("disk", b"\0disk")
    assert recorder.movie.play(again).ok
    assert notes(again) == notes(core)
    with record(core) as recorder:
        core.run(1)
        drive.ejected = True
        drive.replace(0, b"\0other")
        core.run(1)
    with pytest.raises(MovieError, match="disk content"):
        recorder.movie.play(open_core("disk", b"\0disk"))


@pytest.mark.parametrize("wrong", [1, 37, 120])
def test_a_desync_is_located_to_the_frame(wrong: int) -> None:
    """A replay whose input differs in one frame: which byte of RAM shows is up to the core."""
    with Core("2048") as core:
        core.run(60)
        core.run(1, [Joypad.START])
        core.run(30)
        with record(core, every=1, start="state") as recorder:
            core.run(150)
    movie = recorder.movie
    inputs = movie.inputs()
    inputs[wrong, 0] = Joypad.DOWN
    other = Movie.from_inputs(inputs, start=movie.start, checks=movie.checks, check_every=1)
    with movie.open() as core:
        verdict = other.play(core)
    assert not verdict.ok
    assert verdict.desync is not None
    assert verdict.desync.first == verdict.desync.last == wrong + 1
    assert "ram" in verdict.desync.parts
    assert f"frame {wrong + 1}" in str(verdict.desync)
    with movie.open() as core:
        movie.begin(core)
        with record(core, every=50, start="state") as recorder:
            core.run(150)
    coarse = dataclasses.replace(other, checks=recorder.movie.checks, check_every=50)
    with movie.open() as core:
        verdict = coarse.play(core)
    assert verdict.desync is not None
    assert verdict.desync.first <= wrong + 1 <= verdict.desync.last
    assert verdict.desync.last - verdict.desync.first == 49


@pytest.mark.parametrize("part", ["ram", "video", "audio"])
def test_each_checksum_counts(part: str) -> None:
    with Core("2048") as core, record(core, every=10) as recorder:
        core.run(40, random_masks(40))
    checks = recorder.movie.checks.copy()
    assert (checks["parts"] == 7).all()
    checks[part][2] ^= 1
    with recorder.movie.open() as core:
        verdict = dataclasses.replace(recorder.movie, checks=checks).play(core)
    assert verdict.desync is not None
    assert (verdict.desync.first, verdict.desync.last) == (21, 30)
    assert verdict.desync.parts == (part,)


# ---- files -----------------------------------------------------------------------------------


def test_files_hold_all_of_a_movie(tmp_path: Path) -> None:
    with Core(
        "2048", options={"2048_seed": "7"}, controllers={1: 5}, host=Host(clock=1234)
    ) as core:
        core.run(3)
        movie, _ = play_at_random(core, notes={"author": "somebody", "try": 3})
    movie.save(tmp_path / "a.plm")
    again = Movie.load(tmp_path / "a.plm")
    for name in (field.name for field in dataclasses.fields(Movie)):
        ours, theirs = getattr(movie, name), getattr(again, name)
        if name == "_tracks":
            continue
        if name == "checks":
            assert (ours == theirs).all()
        else:
            assert ours == theirs, name
    assert (movie.inputs() == again.inputs()).all()
    assert again.options["2048_seed"] == "7"
    assert again.controllers == {0: 1, 1: 5}
    assert again.notes == {"author": "somebody", "try": 3}


def test_a_movie_is_opened_with_its_clock_whatever_else_is_said_of_the_host() -> None:
    with Core("2048", host=Host(clock=1234)) as core:
        movie, _ = play_at_random(core)
    cases: list[tuple[dict[str, Any], Host]] = [
        ({}, Host(clock=1234)),
        ({"host": Host(language=None)}, Host(clock=1234, language=None)),
        ({"host": Host(clock=5)}, Host(clock=5)),
    ]
    for arguments, expected in cases:
        with movie.open(**arguments) as core:
            assert core.spec.host == expected
            assert core.spec.options == movie.options


def test_joypad_movies_are_tiny() -> None:
    """An hour of a player who changes buttons four times a second."""
    frames = 60 * 60 * 60
    generator = np.random.default_rng(0)
    masks = np.repeat(generator.integers(0, 1 << 12, frames // 15).astype(np.uint16), 15)
    movie = Movie.from_inputs(masks)
    file = io.BytesIO()
    movie.save(file)
    assert file.tell() < 3 * (frames // 15)
    file.seek(0)
    assert (Movie.load(file).inputs()[:, 0] == masks).all()


def chunk_ends(data: bytes) -> list[tuple[bytes, int]]:
    ends, at = [], len(MAGIC)
    while at < len(data):
        tag, length, _ = CHUNK.unpack_from(data, at)
        at += CHUNK.size + length
        ends.append((tag, at))
    return ends


def test_what_a_crash_leaves_is_still_a_movie(tmp_path: Path) -> None:
    path = tmp_path / "a.plm"
    with Core("2048") as core:
        recorder = record(core, path)
        for _ in range(3):
            core.run(4000, random_masks(4000))
        left = path.read_bytes()  # what is on the disk before the end
        core.run(10)
        recorder.stop()
    whole = Movie.load(path)
    (tmp_path / "cut.plm").write_bytes(left)
    cut = Movie.load(tmp_path / "cut.plm")
    assert not cut.complete
    assert cut.frames == 12000
    assert (cut.inputs() == whole.inputs()[:12000]).all()
    with cut.open() as core:
        assert cut.play(core, 500).ok
    data = path.read_bytes()
    chunks = chunk_ends(data)
    assert [tag for tag, _ in chunks if tag != b"SRAM"] == [b"HEAD", *[b"PART"] * 4, b"TAIL"]
    ends = [end for _, end in chunks]
    for size in [*ends, *(end - 1 for end in ends[1:]), *(end - 5 for end in ends[1:])]:
        (tmp_path / "cut.plm").write_bytes(data[:size])
        assert Movie.load(tmp_path / "cut.plm").frames <= whole.frames
    damaged = bytearray(data)
    damaged[ends[-5] + CHUNK.size + 20] ^= 0x40  # in the second part
    (tmp_path / "cut.plm").write_bytes(damaged)
    assert Movie.load(tmp_path / "cut.plm").frames == 4000


def test_no_movie_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Movie.load(tmp_path / "none.plm")
    for data in (
        b"",
        b"PLMO",
        MAGIC,
        b"\0" * 100,
        MAGIC + CHUNK.pack(b"HEAD", 2, 0x3B2E95C2) + b"[]",
    ):
        (tmp_path / "bad.plm").write_bytes(data)
        with pytest.raises(MovieError, match=r"bad\.plm"):
            Movie.load(tmp_path / "bad.plm")


class Malicious:
    def __reduce__(self) -> tuple[Any, ...]:
        return eval, ("open('was here', 'w')",)


class Curious:
    def __reduce__(self) -> tuple[Any, ...]:
        return getattr, (Core, "close")


@pytest.mark.parametrize("what", [Malicious(), Curious(), {"a": 1}, b"x"])
def test_a_state_in_a_movie_runs_no_code(what: object) -> None:
    with pytest.raises(MovieError):
        state_from_bytes(zlib.compress(pickle.dumps(what, 4)))
    assert not Path("was here").exists()


def test_states_go_through_files() -> None:
    with Core("2048") as core:
        core.run(5)
        state = core.snapshot()
    assert state_from_bytes(state_to_bytes(state)) == state


# ---- other machines --------------------------------------------------------------------------


def test_a_movie_is_refused_by_what_it_is_not_of(open_core: OpenCore) -> None:
    with Core("2048") as core:
        movie, _ = play_at_random(core)
        with pytest.raises(MovieError, match="power-on"):
            movie.begin(core)
    with pytest.raises(MovieError, match="another core"):
        movie.play(open_core("plain"))
    with Core("2048", options={"2048_seed": "9"}) as core, pytest.raises(MovieError, match="seed"):
        movie.play(core)
    with Core("2048") as core:
        core.run(1)
        with pytest.raises(MovieError, match="power-on"):
            record(core, start="power-on")
        with record(core), pytest.raises(LibretroError, match="already being recorded"):
            record(core)
        with record(core):
            core.run(1)


def test_save_ram_at_power_on_is_part_of_it(tmp_path: Path, open_core: OpenCore) -> None:
    first = open_core("save_ram", save_dir=tmp_path)
    first.run(2)
    first.memory.save_ram[:] = 77
    first.close()
    second = open_core("save_ram", save_dir=tmp_path)
    with record(second) as recorder:
        second.run(3)
    assert recorder.movie.save_ram == bytes([77]) * len(recorder.movie.save_ram or b"")
    third = open_core("save_ram")
    assert recorder.movie.play(third).ok
    assert (third.memory.save_ram == second.memory.save_ram).all()


def test_its_content_is_found_among_imported_games(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_core: OpenCore, build_core: BuildCore
) -> None:
    monkeypatch.setenv("PYLIBRETRO_DATA_PATH", str(tmp_path))
    (tmp_path / "game.bin").write_bytes(bytes([1, 5]))
    with record(open_core("input", tmp_path / "game.bin")) as recorder:
        recorder._core.run(3)
    movie = recorder.movie
    with pytest.raises(MovieError, match="which is not here"):
        movie.open(core=build_core("input"))
    kept = tmp_path / "games" / str(movie.content_sha1)
    kept.mkdir(parents=True)
    (kept / "game.bin").write_bytes(bytes([1, 5]))
    with movie.open(core=build_core("input")) as core:
        assert movie.play(core).ok


def replay_and_check(path: Path, play: Play, games: Path) -> tuple[bool, int, int]:
    movie = Movie.load(path)
    with movie.open(play.content(games), core=play.core) as core:
        verdict = movie.play(core)
        return verdict.ok, verdict.checks, ram_check(core)


@pytest.mark.parametrize("play", PLAYS, ids=lambda play: play.id)
def test_real_cores_replay_in_another_process_and_in_a_batch(play: Play, tmp_path: Path) -> None:
    length = 20 if play.core_id in SLOW_CORES else 90
    masks = random_masks(length)
    with play.open(tmp_path) as core:
        with record(core, tmp_path / "a.plm", every=5) as recorder:
            core.run(length // 2, masks[: length // 2])
            core.set_buttons(Joypad.START)
            core.run(4)
            core.run(length - length // 2, masks[length // 2 :])
        ram = ram_check(core)
    ok, checks, replayed = in_another_process(replay_and_check, tmp_path / "a.plm", play, tmp_path)
    assert ok
    assert checks == len(recorder.movie.checks) > 0
    assert replayed == ram
    movie = recorder.movie
    content, options = play.content(tmp_path), play.options
    with CoreBatch(play.core, content, count=2, threads=2, options=options) as batch:
        movie.begin(batch[1])
        inputs = np.zeros((movie.frames, 2, movie.ports), np.uint16)
        inputs[:, 1] = movie.inputs()
        batch.run(movie.frames, inputs)
        assert ram_check(batch[1]) == ram


def test_a_core_of_a_batch_is_recorded_by_what_its_batch_ran() -> None:
    generator = np.random.default_rng(2)
    with CoreBatch("2048", count=3) as batch:
        batch.run(50)
        recorders = [MovieRecorder(core, follow=False, every=20) for core in batch]
        batch[1].set_buttons(Joypad.UP, 1)
        for _ in range(30):
            masks = generator.integers(0, 256, 3).astype(np.uint16)
            batch.run(4, masks)
            for recorder, mask, ran in zip(recorders, masks, batch.frames_run, strict=True):
                recorder.append(mask, ran)
        rams = [ram_check(core) for core in batch]
        batch.run(1)
        with pytest.raises(MovieError, match="has run 171 frames"):
            recorders[0].append(0, 4)
        for recorder in recorders:
            recorder.stop()
    for recorder, ram in zip(recorders, rams, strict=True):
        movie = recorder.movie
        assert movie.frames == 120
        assert len(movie.checks) == 6
        with movie.open() as core:
            verdict = movie.play(core)
            assert verdict.ok
            assert verdict.checks == 6
            assert ram_check(core) == ram
    assert recorders[1].movie.ports == 2


def test_a_batch_cannot_run_a_recorded_core_unseen() -> None:
    with CoreBatch("2048", count=2) as batch:
        recorder = record(batch[0])
        batch[0].run(2)
        batch.run(3)
        with pytest.raises(LibretroError, match="in frame 5, where the movie has frame 2"):
            batch[0].run(1)
        with pytest.raises(MovieError, match="3 frames that this movie does not have"):
            recorder.stop()
        assert recorder.movie.frames == 2


@pytest.mark.parametrize("processes", [0, 2])
def test_many_movies_are_verified_at_once(tmp_path: Path, processes: int) -> None:
    paths = []
    for number in range(4):
        paths.append(tmp_path / f"{number}.plm")
        with Core("2048", options={"2048_seed": str(number + 1)}) as core:
            movie, _ = play_at_random(core, paths[-1], every=10)
    checks = movie.checks.copy()
    checks["ram"][3] ^= 1
    dataclasses.replace(movie, checks=checks).save(paths[1])
    paths[2].write_bytes(b"nothing")
    seen = []
    verdicts = verify(paths, processes=processes, progress=lambda index, _: seen.append(index))
    assert sorted(seen) == [0, 1, 2, 3]
    assert [verdict.ok for verdict in verdicts] == [True, False, False, True]
    assert verdicts[0].frames == 163
    assert verdicts[1].desync is not None
    assert verdicts[1].desync.last == 40
    assert "no movie" in str(verdicts[2].error)


def test_a_crash_is_part_of_the_movie(build_core: BuildCore) -> None:
    """The input of the frame that never ended is there, so that the crash can be had again."""
    options = {"crash_where": "later", "crash_how": "throw"}
    core = Core(build_core("crash"), options=options)
    recorder = record(core)
    with pytest.raises(CoreCrashedError):
        core.run(5, [1, 2, 3, 4, 5])
    frames = core.frame_count + 1
    recorder.stop()
    core.close()
    assert recorder.movie.inputs().ravel().tolist() == [1, 2, 3, 4, 5][:frames]
    again = Core(build_core("crash"), options=options)
    with pytest.raises(CoreCrashedError):
        recorder.movie.play(again)
    again.close()


def test_wrong_arguments() -> None:
    with Core("2048") as core:
        with pytest.raises(ValueError, match="start"):
            record(core, start="somewhere")
        with pytest.raises(ValueError, match="every"):
            record(core, every=-1)
        recorder = record(core)
        with pytest.raises(MovieError, match="still being recorded"):
            _ = recorder.movie
        with pytest.raises(MovieError, match="follows"):
            recorder.append(0)
        recorder.stop()
        recorder.stop()
        with pytest.raises(ValueError, match="at_once"):
            recorder.movie.play(core, at_once=0)
    for wrong in (np.zeros((2, 3, 4), np.uint16), np.zeros(3), np.array([-1]), np.array([1 << 16])):
        with pytest.raises(ValueError, match="inputs"):
            Movie.from_inputs(wrong)
    assert list(read_chunks(io.BytesIO(MAGIC))) == []
