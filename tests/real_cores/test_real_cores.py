"""Every real core installed here, playing every game there is for it."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from compiler import NoCompilerError, build
from oracle import Recording, observe, random_masks, record, sha256
from playing import digest, frames_to_repeat, in_another_process, replay
from real import CHECKOUT, CORES, PLAYS, Play

from pylibretro import ContentError, Core, Joypad

FRAMES = 600


@pytest.fixture(scope="module", params=PLAYS, ids=lambda play: play.id)
def play(request: pytest.FixtureRequest) -> Play:
    chosen: Play = request.param
    return chosen


@pytest.fixture(scope="session")
def games(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("games")


@pytest.fixture(scope="session")
def raw_limit(build_cache: Path) -> Path:
    if sys.platform == "win32":
        pytest.skip("raw_limit.c is for POSIX systems")
    try:
        return build(CHECKOUT / "benchmarks" / "raw_limit.c", "raw_limit", build_cache, "-O2")
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module")
def expected(play: Play, games: Path, raw_limit: Path) -> Recording:
    """What the C frontend saw; made once for all tests of a play."""
    return record(raw_limit, play.core, play.content(games), random_masks(FRAMES), play.options)


def test_there_are_real_cores() -> None:
    if not CORES:
        pytest.skip("no real cores: install stable-retro or the distribution's libretro packages")
    assert PLAYS


@pytest.mark.parametrize("core_id", CORES)
def test_constructs_reports_and_closes(core_id: str) -> None:
    with Core(CORES[core_id]) as core:
        assert core.path == str(CORES[core_id])
        assert core.info.name
        assert core.info.version
        assert core.info.extensions
        assert all(definition.values for definition in core.options.definitions.values())
        assert all(core.options[key] in d.values for key, d in core.options.definitions.items())
        with pytest.raises(ContentError):
            core.run()
    assert core.closed


def test_equals_the_c_frontend(play: Play, games: Path, expected: Recording) -> None:
    with play.open(games) as core:
        seen = observe(core, random_masks(FRAMES))
    assert len(seen.frames) == FRAMES
    wrong = [i for i in range(FRAMES) if seen.frames[i] != expected.frames[i]]
    assert not wrong
    assert len(set(seen.frames)) > 2, "the game shows nothing that could be wrong"
    assert seen.audio_per_run == expected.audio_per_run
    assert seen.audio == expected.audio
    assert (seen.width, seen.height) == (expected.width, expected.height)
    assert seen.pixel_format == expected.pixel_format
    assert seen.picture == expected.picture
    assert (seen.fps, seen.sample_rate) == (expected.fps, expected.sample_rate)
    assert seen.memory[0] == expected.memory[0]
    assert seen.memory[2] == expected.memory[2]


def test_calls_of_any_length_show_the_same_pictures(
    play: Play, games: Path, expected: Recording
) -> None:
    """Pictures that nobody looks at may be skipped, but never one that is looked at."""
    masks = random_masks(FRAMES)
    random = np.random.default_rng(1)
    done = 0
    with play.open(games) as core:
        while done < FRAMES:
            count = min(int(random.choice([1, 2, 3, 5, 17, 60, 130])), FRAMES - done)
            every = int(random.integers(1, count + 1))
            inputs = masks[done : done + count]
            if core.frame is not None and random.integers(2):
                capture = core.capture(count, inputs, every=every)
                sizes = capture.sizes
                if sizes is None:
                    sizes = np.tile(capture.frames.shape[1:3], (len(capture.frames), 1))
                pictures = [
                    sha256(np.ascontiguousarray(picture[:height, :width]))[:16]
                    for picture, (height, width) in zip(capture.frames, sizes, strict=True)
                ]
                assert pictures == expected.frames[done + every - 1 : done + count : every]
            else:
                core.run(count, inputs)
            done += count
            picture = sha256(b"" if core.frame is None else core.frame)[:16]
            assert picture == expected.frames[done - 1]


def test_repeats_in_threads_processes_and_after_reopening(play: Play, games: Path) -> None:
    play.content(games)
    with ThreadPoolExecutor(2) as threads:
        first, second = threads.map(digest, [play] * 2, [games] * 2)
    assert second == first
    assert digest(play, games) == first
    assert in_another_process(digest, play, games) == first


def test_a_loaded_state_plays_on_as_in_the_c_frontend(
    play: Play, games: Path, raw_limit: Path
) -> None:
    """Some cores leave a little out of their states, so two runs of one core need not be equal."""
    length = frames_to_repeat(play)
    masks = random_masks(2 * length)
    try:
        expected = record(
            raw_limit, play.core, play.content(games), masks, play.options, replay=length
        )
        original, repeated = in_another_process(replay, play, games)
    except TimeoutError:
        if play.core_id == "distribution:bsnes_mercury_accuracy":
            pytest.skip("this core sometimes never returns from retro_serialize")
        raise
    assert original.frames == expected.frames[length : 2 * length]
    assert repeated.frames == expected.frames[2 * length :]
    assert len(set(original.frames)) > 1
    sounds = sum(expected.audio_per_run[:length]) * 4
    assert original.audio + repeated.audio == expected.audio[sounds:]
    assert repeated.memory == expected.memory


def test_a_loaded_state_restores_memory(play: Play, games: Path) -> None:
    """One frame after loading, RAM is what it was one frame after saving."""
    image = play.image
    if image is None:
        pytest.skip("not a game of ours: where it counts is not known")
    if play.core_id == "distribution:bsnes_mercury_accuracy":
        pytest.skip("this core sometimes never returns from retro_serialize")
    with play.open(games) as core:
        core.run(30)
        state = core.save_state()
        if len(core.memory.system_ram) == 0:
            pytest.skip("the core shows no system RAM")
        counts = []
        for _ in range(2):
            core.load_state(state)
            core.run(20)
            counts.append(int(core.memory.system_ram[image.count]))
        core.run(20)
        assert counts[0] == counts[1] != core.memory.system_ram[image.count]


def test_input_reaches_the_game(play: Play, games: Path) -> None:
    image = play.image
    if image is None:
        pytest.skip("not a game of ours: it need not react to every button at once")

    def hold(button: Joypad, port: int) -> tuple[list[str], bytes]:
        masks = np.zeros((30, 2), np.uint16)
        masks[:, port] = button
        with play.open(games) as core:
            seen = observe(core, masks)
        return seen.frames, seen.memory[2]

    idle_frames, idle_ram = hold(Joypad(0), 0)
    frames, ram = hold(Joypad.DOWN, 0)
    assert frames != idle_frames
    if ram:
        assert ram[image.buttons] != idle_ram[image.buttons]
        assert ram[image.count] == idle_ram[image.count] > 0
    if image.joypads == 2:
        assert hold(Joypad.RIGHT, 1)[0] != idle_frames
