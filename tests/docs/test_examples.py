"""The examples do, on a small scale, what they say, and end with what they claim."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from real import package_directory

from pylibretro import Movie, verify

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"

pytestmark = pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the examples are not here")

needs_airstriker = pytest.mark.skipif(
    package_directory("stable_retro") is None,
    reason="stable-retro, whose game is played, is absent",
)


def run(name: str, *arguments: str) -> str:
    """Run an example as a user does, with all warnings as errors, and return what it prints."""
    finished = subprocess.run(
        [sys.executable, "-W", "error", str(EXAMPLES / f"{name}.py"), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return finished.stdout


def number(pattern: str, text: str) -> float:
    """Return the number that a pattern finds in a text."""
    found = re.search(pattern, text)
    assert found is not None, text
    return float(found[1].replace(",", ""))


@pytest.mark.parametrize("name", ["beam_search", "go_explore", "ppo"])
def test_help_shows_the_commands(name: str) -> None:
    if name == "ppo":
        pytest.importorskip("torch")
        pytest.importorskip("gymnasium")
    assert f"python examples/{name}.py" in run(name, "--help")


def test_beam_search_makes_a_tile_and_leaves_a_movie_of_it(tmp_path: Path) -> None:
    movie = tmp_path / "won.plm"
    told = run("beam_search", "--target", "128", "--width", "8", "--movie", str(movie))
    assert "tile 128" in told
    assert number(r"([\d,]+) states/s", told) > 0
    assert number(r"([\d,]+)\s+frames/s", told) > 0

    recorded = Movie.load(movie)
    assert verify([movie])[0].ok
    with recorded.open() as core:
        assert recorded.play(core).ok
        assert core.memory.system_ram[0x07] == 7  # the exponent of the highest tile
        assert core.memory.read(0x20, "<u4") == number(r"score (\d+)", told)


def test_beam_search_does_the_same_again() -> None:
    def result() -> str:
        return run("beam_search", "--target", "64", "--width", "8").partition("states and")[0]

    assert result() == result()


def test_beam_search_leaves_pictures_of_what_it_found(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    film = tmp_path / "won.gif"
    run("beam_search", "--target", "32", "--width", "4", "--gif", str(film), "--pictures", "10")
    with image.open(film) as pictures:
        assert pictures.size == (320, 240)
        assert 8 <= pictures.n_frames <= 11


@needs_airstriker
def test_beam_search_shoots_down_more_than_chance() -> None:
    told = run(
        "beam_search", "--game", "Airstriker-Genesis-v0", "--turns", "40", "--width", "6", "--quiet"
    )
    assert number(r"score ([\d,]+)", told) == number(r"total reward ([\d,]+)", told) >= 80


@pytest.mark.parametrize("cells", ["tiles", "picture"])
def test_go_explore_gets_further_than_chance(cells: str, tmp_path: Path) -> None:
    movie = tmp_path / "best.plm"
    told = run(
        "go_explore", "--frames", "12000", "--cells", cells, "--movie", str(movie), "--quiet"
    )
    best, chance = number(r"best total reward ([\d,]+)", told), number(r"([\d,]+) at best", told)
    average = number(r"([\d,]+) on average", told)
    assert best > chance > average > 0
    assert "ends as it was found" in told

    recorded = Movie.load(movie)
    assert verify([movie])[0].ok
    with recorded.open() as core:
        recorded.play(core)
        assert core.memory.read(0x20, "<u4") == best


@needs_airstriker
def test_go_explore_explores_airstriker() -> None:
    told = run(
        "go_explore",
        *("--game", "Airstriker-Genesis-v0", "--frames", "6000", "--copies", "4", "--quiet"),
    )
    best, average = (
        number(r"best total reward ([\d,]+)", told),
        number(r"([\d,]+) on average", told),
    )
    assert best > average
    assert number(r"^([\d,]+) cells", told) > 20
    assert "ends as it was found" in told


def test_a_game_that_is_not_installed_is_refused() -> None:
    for name in ("beam_search", "go_explore"):
        finished = subprocess.run(
            [sys.executable, str(EXAMPLES / f"{name}.py"), "--game", "Nothing-Genesis-v0"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "RETRO_DATA_PATH": ""},
        )
        assert finished.returncode == 2
        assert "Nothing-Genesis-v0 is no game" in finished.stderr


def test_ppo_learns_and_draws_its_curve(tmp_path: Path) -> None:
    for library in ("torch", "gymnasium", "matplotlib"):
        pytest.importorskip(library)
    image = tmp_path / "ppo.png"
    told = [tmp_path / "first.json", tmp_path / "second.json"]
    for file in told:
        run(
            "ppo",
            *("--seeds", "5", "--steps", "4096", "--envs", "16", "--rollout", "32"),
            *("--random-games", "2", "--minibatch", "256", "--width", "64"),
            *("--plot", str(image), "--json", str(file), "--quiet"),
        )
    assert image.read_bytes().startswith(b"\x89PNG")
    first, second = (json.loads(file.read_text(encoding="utf-8")) for file in told)
    assert first["chance"] == second["chance"]
    for name in ("steps", "scores", "highest"):
        assert first["5"][name] == second["5"][name]
    assert len(first["5"]["scores"]) > 10
    assert 500 < sum(first["chance"]["scores"]) / len(first["chance"]["scores"]) < 1500
