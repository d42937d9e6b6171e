"""Sound, animations and videos of cores that change their rates and sizes while they run."""

from __future__ import annotations

import json
import os
import wave
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pylibretro import Core, record
from pylibretro.command_line import run_command
from pylibretro.command_line.sound import Resampler

pytest.importorskip("rich", reason="rich is not installed")

Rows = list[tuple[int, float, int, int, int]]
# From which frame on, frames per second, samples per second, width, height.
STEADY: Rows = [(0, 60.0, 44100, 64, 48)]
SLOWER: Rows = [(0, 60.0, 44100, 64, 48), (120, 50.0, 32000, 64, 48)]
FASTER: Rows = [(0, 50.0, 22050, 40, 30), (100, 59.94, 48000, 80, 60), (300, 75.0, 48000, 64, 48)]
OTHER: Rows = [
    (0, 60.0, 48000, 64, 48),
    (90, 60.0, 31999, 32, 32),
    (200, 60.0, 96000, 64, 48),
]
RUNS = {"steady": STEADY, "slower": SLOWER, "faster": FASTER, "other sound": OTHER}
FRAMES = 480


def true_seconds(rows: Rows, frames: int = FRAMES) -> float:
    seconds = Fraction(0)
    for frame in range(frames):
        fps = [row[1] for row in rows if row[0] <= frame][-1]
        seconds += 1 / Fraction(fps)
    return float(seconds)


def content_of(rows: Rows, path: Path) -> Path:
    words = [
        (frame, round(fps * 1000), rate, width, height) for frame, fps, rate, width, height in rows
    ]
    path.write_bytes(np.array(words, "<u4").tobytes())
    return path


@pytest.fixture(params=RUNS, ids=list(RUNS))
def rows(request: pytest.FixtureRequest) -> Rows:
    return RUNS[request.param]


@pytest.fixture
def game(build_core: Callable[..., Path], rows: Rows, tmp_path: Path) -> list[str]:
    return [str(build_core("changing")), str(content_of(rows, tmp_path / "game.bin"))]


def flashes(times: Any, levels: Any) -> list[float]:
    """When something becomes loud or bright that was not for a third of a second."""
    found: list[float] = []
    last = -1.0
    for time, level in zip(times, levels, strict=True):
        if level:
            if time - last > 1 / 3:
                found.append(float(time))
            last = float(time)
    return found


def test_sound_files_are_as_long_as_the_run(game: list[str], rows: Rows, tmp_path: Path) -> None:
    path = tmp_path / "a.wav"
    assert run_command(["run", *game, "--frames", str(FRAMES), "--wav", str(path), "--json"]) == 0
    with wave.open(str(path)) as file:
        rate = file.getframerate()
        sound = np.frombuffer(file.readframes(1 << 30), "<i2").reshape(-1, 2)
    assert rate == rows[0][2]
    assert abs(len(sound) / rate - true_seconds(rows)) < 0.002
    loud = np.abs(sound[:, 0].astype(int)) > 5000
    starts = flashes(np.arange(len(sound)) / rate, loud)
    assert np.allclose(starts, np.arange(len(starts)), atol=0.02)
    assert len(starts) == round(true_seconds(rows) + 0.49)


def test_sound_at_one_rate_is_written_as_it_is(
    build_core: Callable[..., Path], tmp_path: Path
) -> None:
    content = content_of(STEADY, tmp_path / "game.bin")
    words = ["run", str(build_core("changing")), str(content), "--frames", "30", "--json"]
    assert run_command([*words, "--wav", str(tmp_path / "a.wav")]) == 0
    with Core(build_core("changing"), content) as core:
        core.run(30)
        expected = core.audio
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert file.readframes(1 << 30) == expected.astype("<i2").tobytes()


@pytest.mark.parametrize("fps", [10, 25, 30, 50, 60])
def test_animations_are_as_long_as_the_run(
    game: list[str], rows: Rows, tmp_path: Path, fps: int
) -> None:
    image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    path = tmp_path / "a.gif"
    words = ["run", *game, "--frames", str(FRAMES), "--gif", str(path), "--gif-fps", str(fps)]
    assert run_command([*words, "--json"]) == 0
    times, levels, sizes, now = [], [], set(), 0.0
    with image.open(path) as animation:
        for index in range(animation.n_frames):
            animation.seek(index)
            picture = np.asarray(animation.convert("RGB"))
            sizes.add(picture.shape)
            times.append(now)
            levels.append(picture.min() > 240)
            now += animation.info["duration"] / 1000
    assert abs(now - true_seconds(rows)) <= 0.0101
    assert len(sizes) == 1
    starts = flashes(times, levels)
    assert np.allclose(starts, np.arange(len(starts)), atol=1 / fps + 0.03)


def test_videos_keep_sound_and_picture_together(
    game: list[str], rows: Rows, tmp_path: Path
) -> None:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with Core(*game) as core, record(core, tmp_path / "a.plm"):
        core.run(FRAMES)
    path = tmp_path / "a.mp4"
    words = ["replay", str(tmp_path / "a.plm"), game[1], "--core", game[0], "--video", str(path)]
    assert run_command([*words, "--scale", "1", "--json"]) == 0
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        frames = [
            (float(frame.pts * frame.time_base), frame.to_ndarray(format="rgb24"))
            for frame in file.decode(video)
        ]
        file.seek(0)
        sounds = [
            (float(frame.pts * frame.time_base), frame.to_ndarray()) for frame in file.decode(audio)
        ]
        rate = audio.rate
    assert len(frames) == FRAMES
    assert len({picture.shape for _, picture in frames}) == 1
    bright = flashes([time for time, _ in frames], [p.mean() > 200 for _, p in frames])
    samples = np.concatenate([sound[0] for _, sound in sounds])
    times = np.concatenate([time + np.arange(sound.shape[1]) / rate for time, sound in sounds])
    loud = flashes(times, np.abs(samples) > 0.15)
    assert len(bright) == len(loud) == round(true_seconds(rows) + 0.49)
    assert np.allclose(bright, np.arange(len(bright)), atol=0.025)
    assert np.allclose(loud, bright, atol=0.045)
    length = frames[-1][0] + frames[-1][0] - frames[-2][0]
    assert abs(length - true_seconds(rows)) < 0.002
    assert abs(times[-1] - true_seconds(rows)) < 0.05


@pytest.mark.parametrize("rates", [(44100, 44100), (32000, 48000, 32000), (11025.5, 96000, 8000)])
def test_a_tone_stays_a_tone(rates: tuple[float, ...]) -> None:
    resampler = Resampler(44100)
    parts, expected = [], 0.0
    for rate in rates:
        for _ in range(10):
            times = expected + np.arange(round(rate / 10)) / rate
            tone = np.rint(np.sin(times * 2 * np.pi * 100) * 20000).astype(np.int16)
            parts.append(resampler.resample(np.stack([tone, -tone], axis=1), rate))
            expected += len(times) / rate
    sound = np.concatenate(parts)
    assert sound.dtype == np.int16
    assert abs(len(sound) / 44100 - expected) < 2 / 44100
    at = np.arange(len(sound)) / 44100
    tone = np.sin(at * 2 * np.pi * 100) * 20000
    assert np.abs(sound[:, 0] - tone).mean() < 600
    assert (np.abs(sound[:, 0].astype(int) + sound[:, 1]) <= 1).all()


def test_the_summary_counts_seconds_at_each_rate(
    build_core: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = content_of(SLOWER, tmp_path / "game.bin")
    words = ["run", str(build_core("changing")), str(content), "--frames", "480"]
    assert run_command([*words, "--wav", os.devnull, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert abs(told["seconds_of_sound"] - true_seconds(SLOWER)) < 0.01
