"""`pylibretro run --movie`, `replay` and `verify`, run as users run them; videos are read again."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from real import package_directory

from pylibretro import Core, Movie, record

pytest.importorskip("rich", reason="rich is not installed")

SCRIPT = "40\n4 START\n30\n10 LEFT\n10 UP\n40 RIGHT\n60 LEFT+UP 1:A\n"


def run(*words: object, status: int = 0) -> str:
    ended = subprocess.run(
        [sys.executable, "-m", "pylibretro", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert ended.returncode == status, ended.stdout + ended.stderr
    return ended.stdout if status < 2 else ended.stderr


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    (tmp_path / "play.txt").write_text(SCRIPT)
    path = tmp_path / "play.plm"
    run("run", "2048", "--input", tmp_path / "play.txt", "--movie", path)
    return path


def test_what_run_records_replays(movie: Path, tmp_path: Path) -> None:
    recorded = Movie.load(movie)
    assert recorded.frames == 194
    assert recorded.ports == 2
    said = json.loads(run("replay", movie, "--json", "--save-state", tmp_path / "end.state"))
    assert said["frames"] == 194
    assert said["checks"] == 3
    assert said["desync"] is None
    with recorded.open() as core:
        recorded.play(core)
        assert core.save_state() == (tmp_path / "end.state").read_bytes()
    assert "3 checks agree" in run("replay", movie)


def test_a_desync_is_told_by_the_status(movie: Path, tmp_path: Path) -> None:
    data = Movie.load(movie)
    data.checks["ram"][1] ^= 5
    data.save(tmp_path / "other.plm")
    assert "DESYNC: ram differ since one of the frames 61 to 120" in run(
        "replay", tmp_path / "other.plm", status=1
    )
    said = json.loads(run("verify", movie, tmp_path / "other.plm", "--json", status=1))
    assert [one["ok"] for one in said] == [True, False]
    assert "replay" in run("verify", movie) or "ok" in run("verify", movie)
    assert "no movie" in run("replay", __file__, status=2)


def read_video(path: Path) -> dict[str, Any]:
    av = pytest.importorskip("av", reason="PyAV is not installed")
    with av.open(str(path)) as file:
        video, audio = file.streams.video[0], file.streams.audio[0]
        pictures = [frame.to_ndarray(format="rgb24") for frame in file.decode(video)]
        times = []
        file.seek(0)
        times = [float(frame.pts * frame.time_base) for frame in file.decode(video)]
        file.seek(0)
        sound = np.concatenate([frame.to_ndarray() for frame in file.decode(audio)], axis=1)
        return {
            "pictures": pictures,
            "times": times,
            "rate": video.average_rate,
            "seconds of sound": sound.shape[1] / audio.rate,
            "sound": sound,
            "sound rate": audio.rate,
        }


def test_a_video_has_every_frame_and_all_the_sound(movie: Path, tmp_path: Path) -> None:
    pytest.importorskip("av", reason="PyAV is not installed")
    path = tmp_path / "play.mp4"
    run("replay", movie, "--video", path, "--scale", 3, "--quality", 5)
    seen = read_video(path)
    assert len(seen["pictures"]) == 194
    assert seen["rate"] == 60
    assert np.allclose(np.diff(seen["times"]), 1 / 60, atol=1e-4)
    assert abs(seen["seconds of sound"] - 194 / 60) < 0.05
    shown: list[Any] = []
    heard: list[Any] = []
    recorded = Movie.load(movie)
    with recorded.open() as core:
        rate = core.av_info.sample_rate

        def each(core: Core, _: int) -> None:
            shown.append(core.frame)
            heard.append(core.audio)

        recorded.play(core, at_once=1, each=each)
    for frame in (0, 43, 60, 100, 130, 193):
        expected = shown[frame].repeat(3, axis=0).repeat(3, axis=1)
        picture = seen["pictures"][frame]
        assert picture.shape == expected.shape
        error = np.abs(picture.astype(int) - expected)
        assert error.mean() < 4, frame
    ours = loudness(np.concatenate(heard).T, rate)
    theirs = loudness(seen["sound"], seen["sound rate"])
    length = min(len(ours), len(theirs))
    lags = np.correlate(ours[:length], theirs[:length], "full")
    assert abs(int(lags.argmax()) - (length - 1)) <= 2  # hundredths of a second
    assert ours.std() > 0


def loudness(sound: np.ndarray[Any, Any], rate: float) -> np.ndarray[Any, Any]:
    """Of every hundredth of a second, without its mean."""
    mono = np.abs(sound.astype(float)).sum(axis=0)
    starts = (np.arange(int(len(mono) / rate * 100)) * rate / 100).astype(int)
    loud: np.ndarray[Any, Any] = np.add.reduceat(mono, starts)
    return loud - float(loud.mean())


def test_a_real_game_on_video(tmp_path: Path) -> None:
    """With a frame rate and a sample rate that are no whole numbers."""
    pytest.importorskip("av", reason="PyAV is not installed")
    package = package_directory("stable_retro")
    if package is None:
        pytest.skip("stable-retro is not installed")
    rom = package / "data/stable/Airstriker-Genesis-v0/rom.md"
    with Core(package / "cores/genesis_plus_gx_libretro.so", rom) as core:
        with record(core, tmp_path / "a.plm") as recorder:
            core.run(150)
        fps = core.av_info.fps
        aspect = core.geometry.aspect_ratio
        last = core.frame
    assert recorder.movie.frames == 150
    run("replay", tmp_path / "a.plm", rom, "--video", tmp_path / "a.mp4", "--scale", 2)
    seen = read_video(tmp_path / "a.mp4")
    assert len(seen["pictures"]) == 150
    assert abs(float(seen["rate"]) - fps) < 0.001
    assert abs(seen["seconds of sound"] - 150 / fps) < 0.05
    assert last is not None
    assert seen["pictures"][-1].shape == (last.shape[0] * 2, last.shape[1] * 2, 3)
    assert aspect > 1
