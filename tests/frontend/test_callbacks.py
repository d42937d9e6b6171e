"""The functions that cores are given: any number of cores have their own, and they outlive them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from child import run_child
from observe import BuildCore, OpenCore, words

import pylibretro
from pylibretro import Core

PACKAGE = Path(pylibretro.__file__).parent


def test_1100_cores_live_at_once(build_core: BuildCore) -> None:
    path = build_core("globals")
    cores: list[Core] = []
    try:
        for count in range(1100):
            cores.append(Core(path, record_calls=count % 100 == 0))
        for count, core in enumerate(cores):
            core.run(1 + count % 3)
        for count, core in enumerate(cores):
            assert words(core)[2] == 1 + count % 3
            if count % 100 == 0:
                assert core.recorded_calls.entries["run"].calls == 1 + count % 3
    finally:
        for core in cores:
            core.close()


@pytest.mark.skipif(sys.platform == "win32", reason="this system has no limit of descriptors")
def test_a_core_needs_no_descriptor(build_core: BuildCore) -> None:
    run_child(
        """
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
cores = [Core(sys.argv[1]) for _ in range(100)]
for core in cores:
    core.run()
""",
        build_core("globals"),
    )


def test_each_core_has_functions_of_its_own(open_core: OpenCore) -> None:
    addresses = set()
    for record in (False, True):
        for _ in range(40):
            core = open_core("callbacks", record_calls=record)
            core.run()
            own = core.memory.system_ram.view("u8")[:10].tolist()
            assert 0 not in own
            addresses.update(own)
    assert len(addresses) == 2 * 40 * 10


@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("before", [0, 20])
def test_late_callbacks_find_nobody(build_core: BuildCore, before: int, record: bool) -> None:
    """A thread that a core has left behind may still call what the core was given."""
    run_child(
        """
from ctypes import *
path, before, record = sys.argv[1], int(sys.argv[2]), sys.argv[3] == "True"
others = [Core(path) for _ in range(before)]
core = Core(path, record_calls=record)
core.run()
functions = iter(core.memory.system_ram.view("u8")[:10].tolist())
def function(result, *arguments):
    return CFUNCTYPE(result, *arguments)(next(functions))
environment = function(c_bool, c_uint, c_void_p)
video = function(None, c_void_p, c_uint, c_uint, c_size_t)
sample = function(None, c_int16, c_int16)
batch = function(c_size_t, c_void_p, c_size_t)
poll = function(None)
state = function(c_int16, c_uint, c_uint, c_uint, c_uint)
log = function(None, c_int, c_char_p)
time_usec = function(c_int64)
rumble = function(c_bool, c_uint, c_int, c_uint16)
open_file = function(c_void_p, c_char_p, c_uint, c_uint)
GET_CAN_DUPE, JOYPAD = 3, 1
samples = (c_int16 * 8)()
core.set_buttons(1)
core.run()
assert environment(GET_CAN_DUPE, byref(c_bool()))
assert state(0, JOYPAD, 0, 0) == 1
assert rumble(0, 0, 5)
assert core.rumble[0, 0] == 5
core.close()
assert not environment(GET_CAN_DUPE, byref(c_bool()))
video(samples, 1, 1, 4)
sample(1, 2)
assert batch(samples, 4) == 4
poll()
assert state(0, JOYPAD, 0, 0) == 0
log(1, b"a late line")
assert time_usec() >= 0
assert not rumble(0, 0, 5)
assert open_file(path.encode(), 1, 0) is None
""",
        build_core("callbacks"),
        before,
        record,
    )


@pytest.mark.skipif(sys.platform == "win32", reason="symbolic links are not for everybody here")
@pytest.mark.parametrize("kind", ["missing", "not a library", "of another version"])
def test_without_its_library_there_are_some_slots(tmp_path: Path, kind: str) -> None:
    (library,) = (PACKAGE / "frontend").glob("callbacks.[sd]*")
    package = tmp_path / "pylibretro"
    for folder in (PACKAGE, PACKAGE / "frontend"):
        copy = tmp_path / folder.relative_to(PACKAGE.parent)
        copy.mkdir()
        for path in folder.iterdir():
            if path not in (PACKAGE / "frontend", library):
                (copy / path.name).symlink_to(path)
    bad = package / "frontend" / library.name
    if kind == "not a library":
        bad.write_text("#!/bin/sh\n")
    if kind == "of another version":
        (core,) = (PACKAGE / "cores").glob("2048_libretro.[sd]*")
        bad.symlink_to(core)
    words = {
        "missing": "No such file",
        "not a library": "text file",
        "of another version": "belongs to another version of pylibretro",
    }
    run_child(
        """
sys.path.insert(0, sys.argv[1])
from pylibretro import Core, error
cores = []
try:
    while len(cores) < 500:
        cores.append(Core("2048"))
except error.LibretroError as refusal:
    assert sys.argv[2] in str(refusal), refusal
    assert sys.argv[3] in str(refusal), refusal
assert 1 <= len(cores) < 500
for _ in range(3):
    cores.pop().close()
    cores.append(Core("2048"))
    cores[-1].run()
""",
        tmp_path,
        bad,
        words[kind],
        prelude="import sys\n",
    )
