"""Integrations as users write them play as in stable-retro, or the difference is named here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from integration_variants import PLAY, VARIANTS, write
from real import package_directory

from pylibretro.envs.game_envs import make_game_env
from pylibretro.error import GameWarning, LibretroError
from pylibretro.games.integration import read_integration

STABLE_RETRO = package_directory("stable_retro")
if STABLE_RETRO is None:
    pytest.skip("needs stable-retro", allow_module_level=True)

STEPS = 200  # the first points come after 170
# What stable-retro makes of these, and what we do instead.
DIFFERENT = {
    **{
        f"type '{order}{kind}4'": "info has the bytes of a number in mixed order one by one"
        for order in ("><", "<>", ">=")
        for kind in "ud"
    },
    "type '>u0'": "0 there; left out here, with a warning",
    "an address at the end of RAM": "read beyond the end there; left out here, with a warning",
    "an address in hexadecimal": "refused there",
    "an address as text": "refused there",
    "no metadata": "an error in its own code there; begins at power-on here",
    "a state that is not there": "an error in its own code there; begins at power-on here",
    "metadata with a byte order mark": "ignored there, so it begins at power-on; read here",
    "crops": "an error in its own code there; left out here",
    "an empty crop": "ends the process there",
    "a crop before the picture": "an empty picture there; refused here",
    "a crop behind the picture": "an empty picture there; refused here",
    "halves of three bytes": "info has the bytes of a number in mixed order one by one",
}
LEFT_OUT = {
    *(f"type {text!r}" for text in ("u1", ">u9", ">u0", "", ">u", "int", ">u2 ", "u2", "i1")),
    "an address below RAM",
    "an address beyond RAM",
    "an address at the end of RAM",
    "a negative address",
    "metadata that is no JSON",
    "an unknown button",
}
OURS_ALONE = ("episode_frame_number", "start_state", "rewards")


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    assert STABLE_RETRO is not None
    airstriker = STABLE_RETRO / "data/stable/Airstriker-Genesis-v0"
    return write(tmp_path_factory.mktemp("games"), airstriker)


@pytest.fixture(scope="module")
def there(written: dict[str, Path]) -> dict[str, Any]:
    """What stable-retro makes of each: an error, or the steps."""
    left = [path.name for path in written.values()]
    answers: dict[str, Any] = {}
    while left:
        done = subprocess.run(
            [sys.executable, "-c", PLAY, str(STEPS)],
            input="\n".join(left),
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "RETRO_DATA_PATH": str(next(iter(written.values())).parents[1])},
        )
        for line in done.stdout.splitlines():
            if line.startswith("["):
                name, *answer = json.loads(line)
                answers[name] = answer
        remaining = [name for name in left if name not in answers]
        if remaining:
            answers[remaining[0]] = ["ended the process", []]
        left = remaining[1:]
    return answers


def played(path: Path) -> list[Any]:
    assert STABLE_RETRO is not None
    env = make_game_env(read_integration(path, cores=str(STABLE_RETRO / "cores")))
    draw = np.random.default_rng(2)
    observation, info = env.reset(seed=0)
    steps = [[0, False, without_ours(info), list(observation.shape)]]
    for _ in range(STEPS):
        if steps[-1][1]:
            env.unwrapped._terminated = False  # type: ignore[attr-defined]  # it plays on there
        observation, reward, done, _, info = env.step(draw.integers(0, 2, 12))
        steps.append([float(np.float32(reward)), done, without_ours(info), list(observation.shape)])
    env.close()
    return steps


def without_ours(info: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in info.items() if name not in OURS_ALONE}


@pytest.mark.parametrize("name", VARIANTS)
def test_a_variant_plays_as_in_stable_retro(
    name: str, written: dict[str, Path], there: dict[str, Any]
) -> None:
    path = written[name]
    error, expected = there[path.name]
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            found = played(path)
        except LibretroError:
            assert error or name in DIFFERENT
            return
    told = [str(each.message) for each in heard if issubclass(each.category, GameWarning)]
    assert bool(told) == (name in LEFT_OUT), told
    same = not error and json.loads(json.dumps(found)) == expected
    assert same == (name not in DIFFERENT), (error, expected[:1], found[:1])
