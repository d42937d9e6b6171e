"""What is known of builds of cores holds for those that are installed here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from compiler import SOURCE_TREE
from real import PLAYS, Play

from pylibretro import CoreBatch, CoreSpec
from pylibretro.batch.skipping import SkippedWork, compare_with_skips
from pylibretro.skips.build_skips import BUILDS, known_skips, read_build_skips

FRAMES = 420
FILES = sorted(BUILDS.glob("*.toml"))
PLAYED = [play for play in PLAYS if known_skips(play.core)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_file_gives_its_reasons(path: Path) -> None:
    skips = read_build_skips(path)
    assert skips.places or skips.variables
    reasons = [
        *[(place.name, place.why) for place in skips.places],
        *[(variable.name, variable.why) for variable in skips.variables],
        *[(str(sound.start), sound.why) for sound in skips.sound_bytes],
    ]
    for name, why in reasons:
        assert len(why.split()) >= 4, f"{name} says no reason"
    names = [name for name, _ in reasons]
    assert len(set(names)) == len(names)
    assert path.stem.endswith(re.sub("[^a-z0-9.]+", "_", skips.origin.partition(",")[0].lower()))


def test_no_two_files_are_of_one_build() -> None:
    known = [read_build_skips(path).sha256 for path in FILES]
    assert len(set(known)) == len(known)


@pytest.mark.parametrize("play", PLAYED, ids=lambda play: play.id)
def test_a_build_is_the_one_that_its_file_is_of(play: Play, tmp_path: Path) -> None:
    skips = known_skips(play.core)
    assert skips is not None
    with CoreBatch(play.core, play.content(tmp_path), sound=False, options=play.options) as batch:
        assert (batch[0].info.name, batch[0].info.version) == (skips.core, skips.version)
        assert batch.skips[0].unheard == skips.names("unheard")
        assert batch.skips[0].unseen == skips.names("unseen")
        assert batch.skips[0].faster == skips.names("always")


@pytest.mark.parametrize("heard", [True, False], ids=["heard", "unheard"])
@pytest.mark.parametrize("play", PLAYED, ids=lambda play: play.id)
def test_nothing_else_changes(play: Play, heard: bool, tmp_path: Path) -> None:
    skips = known_skips(play.core)
    assert skips is not None
    unheard = () if heard else skips.names("unheard")
    work = SkippedWork(skips, skips.names("unseen"), unheard, skips.names("always"))
    if not work:
        pytest.skip("nothing is left out of what is heard")
    spec = CoreSpec(play.core, play.content(tmp_path), options=play.options)
    assert compare_with_skips(spec, work, CoreBatch, frames=FRAMES) is None


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_code_of_a_file_can_be_read(path: Path) -> None:
    if not shutil.which("objdump"):
        pytest.skip("binutils are not installed")
    tool = [sys.executable, "tools/find-skips", "--list", str(path)]
    listed = subprocess.run(tool, cwd=SOURCE_TREE, capture_output=True, text=True, check=True)
    assert "(bad)" not in listed.stdout
    for place in read_build_skips(path).places:
        assert f"{place.name}, when {place.when}, at {place.address:#x}:" in listed.stdout
        assert all(f"# {target:#x}" in listed.stdout for target in place.instead.targets)
