"""Cores that fail and talk nonsense: the documented error each time, and the interpreter lives.

What might end an interpreter runs in a child process, and has to come to a good end there.
"""

from __future__ import annotations

import pickle

import pytest
from child import run_child
from observe import BuildCore, OpenCore
from uses import A_STATE, EVERY_USE

from pylibretro import (
    AddressError,
    FilePolicy,
    LibretroError,
    ProtocolError,
    StateError,
    UnknownOptionError,
)

CALLBACKS = [
    "keyboard",
    "frame time",
    "audio",
    "audio state",
    "buffer status",
    "options display",
    "memory of a watch",
]


@pytest.mark.parametrize("aborts", [False, True], ids=["throws", "aborts"])
@pytest.mark.parametrize("callback", CALLBACKS)
def test_a_callback_that_fails(build_core: BuildCore, callback: str, aborts: bool) -> None:
    printed = run_child(
        """
import warnings
warnings.simplefilter("ignore", pylibretro.error.CoreCrashWarning)
try:
    core = Core(sys.argv[1], bytes([int(sys.argv[2]), int(sys.argv[3])]))
    core.run()
    core.inputs["keyboard"][0, 97] = True
    core.options["test_switch"] = "on"
    core.capture(5, watch=[(0, "|u1")])
    print("no error")
except CoreCrashedError as error:
    print("thrown in a callback" in str(error), "abort" in str(error))
if "core" in globals():
    try:
        core.run()
        print("runs")
    except CoreCrashedError:
        pass
    core.close()
with Core("2048") as other:
    print(other.run(3))
""",
        build_core("callback_crash"),
        1 + CALLBACKS.index(callback),
        int(aborts),
    )
    expected = "no error\nruns\n" if callback == "audio state" else f"{not aborts} {aborts}\n"
    assert printed == expected + "3\n"


SANE, ONE_BYTE, MOST, TOP_BIT, VAST = range(5)


@pytest.mark.parametrize("size", [ONE_BYTE, MOST, TOP_BIT, VAST])
def test_a_core_that_says_nonsense_of_its_memory(open_core: OpenCore, size: int) -> None:
    core = open_core("memory_size", bytes([size]))
    try:
        view = core.memory.system_ram
    except ProtocolError as error:
        assert size in (MOST, TOP_BIT), error  # noqa: PT017
    else:
        assert 1 <= len(view) < 1 << 40
        assert view.max() >= 0, "every byte of it can be read"
    assert core.memory.read(0) == 0
    for address in ((1 << 63) + (1 << 62), (1 << 64) - 300):
        if size != MOST:
            with pytest.raises(AddressError):
                core.memory.read(address, "<u8")
    assert core.run() == 1


NONSENSE = ["sane", "no size", "enormous", "not a number", "negative", "infinite", "untouched"]


@pytest.mark.parametrize("kind", NONSENSE)
def test_a_core_that_says_nonsense_of_everything(open_core: OpenCore, kind: str) -> None:
    core = open_core("hostile", bytes([NONSENSE.index(kind)]), files=FilePolicy(record=True))
    for name, use in EVERY_USE.items():
        if name not in ("load_game", "load_state", "restore", "inputs="):
            try:
                use(core)
            except (UnknownOptionError, LibretroError):
                # What a Core has to be opened for is missing here.
                assert name.startswith("options.") or name in ("audio_float", "step_back")
    with pytest.raises(StateError):
        core.load_state(b"short")
    with pytest.raises(StateError, match="is of 2048"):
        core.restore(A_STATE)
    core.restore(pickle.loads(pickle.dumps(core.snapshot())))
    assert core.info.name == "hostile"
    assert core.info.extensions == ()
    assert all(isinstance(text, str) for text in core.options.values())
    assert core.controllers is not None
    assert [d.description for d in core.input_descriptors] == ["far away", ""]
    captured = core.capture(3, audio=True)
    assert captured.frames.shape == (3, 24, 32, 3)


@pytest.mark.parametrize("how", ["throw", "throw_number", "exit", "abort", "assert"])
def test_a_core_that_fails_everywhere(build_core: BuildCore, how: str) -> None:
    printed = run_child(
        """
import warnings
warnings.simplefilter("ignore", pylibretro.error.CoreCrashWarning)
with Core(sys.argv[1]) as core:
    places = core.options.definitions["crash_where"].values
for where in places:
    try:
        core = Core(sys.argv[1], options={"crash_where": where, "crash_how": sys.argv[2]})
        core.run(5)
        core.reset()
        core.load_state(core.save_state())
        core.set_cheat(0, "a")
        core.memory.system_ram
    except CoreCrashedError as error:
        print(where, "about to fail" in str(error))
    else:
        print(where, "survived")
    core.close()
    gc.collect()
with Core("2048") as other:
    print(other.run(3))
""",
        build_core("crash"),
        how,
    )
    lines = printed.splitlines()
    assert lines[-1] == "3"
    survived = {line.split()[0] for line in lines[:-1] if line.endswith("survived")}
    assert survived == {"nowhere", "deinit", "unload_game"}
    assert all(line.endswith(("True", "survived")) for line in lines[:-1])


def test_impossible_pictures_end_no_interpreter(build_core: BuildCore) -> None:
    printed = run_child(
        """
hostile, largest = 9, (1 << 32) - 1
for width in (0, 1, 320, 16384, 16385, 65535, largest):
    for height in (0, 1, 240, 16384, 16385, largest):
        for pitch in (0, 1, 640, 1 << 20, largest):
            if width in (1, 320) and height == 240 and pitch >= 640:
                continue  # no larger than declared: the core's word is taken for these
            rows = np.array([0, hostile, width, height, pitch, 0], np.uint32)
            for use in (Core.run, lambda core: core.capture(1)):
                with Core(sys.argv[1], rows.tobytes()) as core:
                    try:
                        use(core)
                    except ProtocolError:
                        pass
                    if core.frame is not None:
                        assert core.frame.shape[:2] == (height, width)
print("lives")
""",
        build_core("video"),
    )
    assert printed == "lives\n"
