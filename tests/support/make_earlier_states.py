"""Write States and movies for a later version to load: make_earlier_states.py DIRECTORY.

They are of the bundled core, but of no build of it: the SHA-1 of a core's file that has changed
since it was loaded is not known, so that they fit any build.
"""

from __future__ import annotations

import hashlib
import json
import lzma
import os
import pickle
import shutil
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from observe import present

from pylibretro import Core, Joypad, Movie, record

OPTIONS = {"2048_seed": "5", "2048_pixel_format": "RGB565"}  # small pictures
MOVES = (Joypad.LEFT, Joypad.UP, Joypad.RIGHT, Joypad.UP, Joypad.LEFT, Joypad.DOWN)


def played(frames: int) -> NDArray[np.uint16]:
    """Buttons that begin a game and move on in every seventh frame."""
    masks = np.zeros(frames, np.uint16)
    masks[::7] = [MOVES[turn % len(MOVES)] for turn in range(len(masks[::7]))]
    masks[0] = Joypad.START
    return masks


def facts(core: Core) -> dict[str, Any]:
    """What a Core shows, short enough to be written down."""
    return {
        "frame_count": core.frame_count,
        "picture": hashlib.sha256(present(core.frame).tobytes()).hexdigest(),
        "system_ram": core.memory.system_ram.tobytes().hex(),
        "sound": hashlib.sha256(core.audio.tobytes()).hexdigest(),
    }


def write(directory: Path, core: Core) -> dict[str, Any]:
    """Write the files of a Core at power-on, and return what they lead to."""
    with record(core, every=50) as recorder:
        core.run(200, played(200))
    replace(recorder.movie, core_sha1=None).save(directory / "from_power_on.plm")
    state = core.snapshot()
    expected = {"state": {"size": state.size, "sha256": hashlib.sha256(state).hexdigest()}}
    with record(core, every=40) as recorder:
        core.run(100, played(100))
        core.restore(state)
        core.run(60, played(60)[::-1])
    replace(recorder.movie, core_sha1=None).save(directory / "from_state.plm")
    difference = core.snapshot().compressed(state)
    assert difference.parent is state
    for name, whole_or_not in (("state", state), ("difference", difference)):
        pickled = pickle.dumps(whole_or_not, 4)
        (directory / f"{name}.pickle.xz").write_bytes(lzma.compress(pickled))
        core.restore(whole_or_not)
        core.run(90, played(90))
        expected[f"90 frames after {name}"] = facts(core)
    for name in ("from_power_on", "from_state"):
        movie = Movie.load(directory / f"{name}.plm")
        expected[name] = {"frames": movie.frames, "checks": len(movie.checks)}
    return expected


def main(directory: Path) -> None:
    directory.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as place, Core("2048") as bundled:
        copy = Path(shutil.copy(bundled.path, place))
        with Core(copy, options=OPTIONS) as core:
            os.utime(copy, (0, 0))  # before anybody has asked for its SHA-1
            expected = write(directory, core)
    text = json.dumps(expected, indent=1) + "\n"
    (directory / "expected.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
