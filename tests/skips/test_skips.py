"""What nobody sees or hears is left out at places of a core's code, and nothing else changes."""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from compiler import SOURCE_TREE
from observe import BuildCore, words

from pylibretro import Core, CoreBatch, Joypad, Observation, State
from pylibretro.batch.skipping import SkippedWork, difference_with_skips
from pylibretro.core_spec import CoreSpec
from pylibretro.envs.env import LibretroEnv
from pylibretro.skips.build_skips import BuildSkips, Code, known_skips, read_build_skips

MACHINE = platform.machine()
NOTHING = {"x86_64": "90", "aarch64": "1f2003d5"}
RETURN = {"x86_64": "c3", "aarch64": "c0035fd6"}
pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or MACHINE not in NOTHING,
    reason="code is changed on Linux, x86-64 and AArch64",
)
STATE_OF_SOUND = 4 * 1024 + 4


class Found(ctypes.Structure):
    """`Dl_info`."""

    _fields_ = [
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    ]


def offset_of(library: Path, name: str) -> int:
    """Where a symbol is in a library's file."""
    symbol = ctypes.addressof(ctypes.c_char.in_dll(ctypes.CDLL(str(library)), name))
    found = Found()
    assert ctypes.CDLL(None).dladdr(ctypes.c_void_p(symbol), ctypes.byref(found))
    return symbol - int(found.base)


def place(core: Path, name: str, when: str, /, **changes: str | int) -> str:
    entries: dict[str, str | int] = {
        "name": name,
        "address": offset_of(core, name),
        "bytes": NOTHING[MACHINE] * (5 if MACHINE == "x86_64" else 1),
        "when": when,
        "instead": RETURN[MACHINE],
        "why": "a test",
        **changes,
    }
    lines = [f"{key} = {value!r}" for key, value in entries.items()]
    return "\n".join(["[[places]]", *lines, ""])


def build_file(core: Path, *tables: str) -> str:
    digest = hashlib.sha256(core.read_bytes()).hexdigest()
    head = f"core = 'leaving out'\nversion = '1.0'\norigin = 'a test'\nsha256 = '{digest}'\n"
    start, end = STATE_OF_SOUND, STATE_OF_SOUND + 2
    sound = f"[[sound_bytes]]\nstart = {start}\nend = {end}\nwhy = 'phase'\n"
    return head + "\n".join([*tables, sound])


Build = Callable[..., tuple[Path, BuildSkips]]


@pytest.fixture
def build(build_core: BuildCore, tmp_path: Path) -> Build:
    """A core, and the skips of what a test gives as tables; without any, of both its functions."""

    def made(*tables: str) -> tuple[Path, BuildSkips]:
        core = build_core("leaving_out")
        both = place(core, "draw", "unseen"), place(core, "play", "unheard")
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.toml"
        path.write_text(build_file(core, *(tables or both)), encoding="utf-8")
        return core, read_build_skips(path)

    return made


@pytest.fixture(autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYLIBRETRO_CACHE_PATH", str(tmp_path_factory.mktemp("cache")))
        yield


def runs(core: Core) -> tuple[int, int]:
    """How often a core has drawn and played since it was opened."""
    core.reset()
    found = re.search(r"drawn (\d+), played (\d+)", core.log[-1].text)
    assert found
    return int(found[1]), int(found[2])


def test_frames_that_nobody_sees_are_not_drawn(build: Build) -> None:
    core, skips = build()
    with CoreBatch(core, count=2, skips=skips) as batch, Core(core) as plain:
        assert [work.unseen for work in batch.skips] == [("draw",)] * 2
        assert [work.unheard for work in batch.skips] == [()] * 2
        for frames in (4, 1, 7):
            batch.run(frames)
            plain.run(frames)
            assert (batch.frames == plain.frame).all()
            assert words(batch[0]) == words(batch[1]) == words(plain)
        assert [runs(core) for core in batch] == [(3, 12)] * 2
        assert runs(plain) == (12, 12)


def test_sound_that_nobody_hears_is_not_made(build: Build) -> None:
    core, skips = build()
    with CoreBatch(core, skips=skips, sound=False) as batch:
        assert batch.skips[0].unheard == ("play",)
        batch.run(4)
        assert len(batch[0].audio) == 0
        assert runs(batch[0]) == (1, 0)
    with CoreBatch(core, skips=skips, sound=False, pictures=False) as batch:
        batch.run(4)
        assert runs(batch[0]) == (0, 0)
    with CoreBatch(core, skips=skips, sound=False, skip_rendering=False) as batch:
        batch.run(4)
        assert runs(batch[0]) == (4, 0)


@pytest.mark.parametrize("sound", [True, False])
def test_a_game_that_ends_in_a_frame_that_was_not_drawn_shows_it_all_the_same(
    build: Build, sound: bool
) -> None:
    core, skips = build()
    given: dict[str, Any] = {
        "done": "frames >= 5 and frames % 5 == 0",
        "stop_when_done": True,
        "reward": "delta(frame)",
        "watches": {"frame": (0, "<u4")},
        "observation": Observation(size=(12, 16), gray=True, pool=2, stack=3),
        "sound": sound,
    }
    with (
        CoreBatch(core, count=2, skips=skips, **given) as batch,
        CoreBatch(core, count=2, skips=False, **given) as plain,
    ):
        assert batch.skips[0].unseen == ("draw",)
        for step in range(12):
            masks = np.array([step % 3, 1], np.uint16) << Joypad.A.bit_length() - 1
            assert (batch.run(4, masks) == plain.run(4, masks)).all()
            assert (batch.observations == plain.observations).all()
            assert (batch.frames == plain.frames).all()
            assert (batch.rewards == plain.rewards).all()
            assert (batch.watches == plain.watches).all()
            assert (batch.done == plain.done).all()
            for one, other in zip(batch, plain, strict=True):
                assert words(one) == words(other)
                assert one.frame_count == other.frame_count
                if sound:
                    assert (one.audio == other.audio).all()
        assert runs(batch[0])[0] < runs(plain[0])[0]


def test_the_picture_of_the_last_frame_of_a_branch_is_drawn_all_the_same(build: Build) -> None:
    core, skips = build()
    given: dict[str, Any] = {
        "done": "frames == 6",
        "stop_when_done": True,
        "observation": Observation(size=(12, 16), gray=True),
    }
    with (
        CoreBatch(core, skips=skips, **given) as batch,
        CoreBatch(core, skips=False, **given) as plain,
    ):
        shown = []
        for each in (batch, plain):
            (state,) = each.save_states()
            result = each.branch([state] * 3, np.zeros((3, 4), np.uint16), 4, save=True)
            shown.append(result)
        assert (shown[0].observations == shown[1].observations).all()
        assert shown[0].observations.any()


def test_a_machine_that_states_do_not_bring_back_is_always_drawn_where_games_end(
    build: Build,
) -> None:
    core, skips = build()
    given: dict[str, Any] = {"done": "frames == 2", "stop_when_done": True}
    with CoreBatch(core, b"\6", skips=skips, **given) as batch:
        assert batch.skips[0].unseen == ()
        assert "with going back the picture differs" in str(batch.skips[0].reason)
        batch.run(4)
        assert runs(batch[0]) == (2, 2)
    with CoreBatch(core, b"\6", skips=skips, done="frames == 9") as batch:
        assert batch.skips[0].unseen == ("draw",)


def test_nothing_is_left_out_of_what_is_shown_before_and_after(build: Build) -> None:
    core, skips = build()
    with CoreBatch(core, skips=skips, sound=False) as batch:
        batch.run(5)
        batch[0].run(3)  # alone, as any other Core
        assert len(batch[0].audio) == 4 * 3
        assert runs(batch[0]) == (1 + 3, 3)


def test_a_core_that_is_opened_again_leaves_out_the_same(build: Build) -> None:
    core, skips = build()
    with CoreBatch(core, count=2, skips=skips, sound=False) as batch:
        batch.reopen([1])
        batch.run(4)
        assert [runs(core) for core in batch] == [(1, 0)] * 2


@pytest.mark.parametrize(
    ("mode", "when", "differs"),
[(1, "unseen", "system_ram"), (2, "unheard", "system_ram"), (3, "unseen", "the picture")]
)  # fmt: skip
def test_where_a_game_would_differ_nothing_is_left_out(
    build: Build, mode: int, when: str, differs: str, caplog: pytest.LogCaptureFixture
) -> None:
    core, skips = build()
    with CoreBatch(core, bytes([mode]), skips=skips, sound=when == "unseen") as batch:
        assert not batch.skips[0]
        assert differs in str(batch.skips[0].reason)
        batch.run(4)
        assert runs(batch[0]) == (4, 4)
    assert "leaves nothing out" in caplog.text
    only = replace(skips, places=tuple(part for part in skips.places if part.when != when))
    with CoreBatch(core, bytes([mode]), skips=only, sound=False) as batch:
        assert batch.skips[0]


def test_a_game_that_differs_later_on_is_found_from_its_states(build: Build) -> None:
    core, skips = build()
    with CoreBatch(core, b"\5", count=2, skips=skips, sound=False) as batch:
        (early, _) = batch.save_states()
        batch.prove_skips([early])
        assert batch.skips[1].unseen == ("draw",)
        with Core(core, b"\5") as played:
            played.run(1500)
            late = played.snapshot()
        batch.prove_skips([late])
        assert [bool(work) for work in batch.skips] == [False, False]
        assert "system_ram differs" in str(batch.skips[0].reason)
        batch.run(4)
        assert runs(batch[0]) == (4, 4)
        with pytest.raises(TypeError, match="States are needed"):
            batch.prove_skips([b"state"])  # type: ignore[list-item]


def test_envs_compare_where_their_episodes_begin(build: Build) -> None:
    core, skips = build()
    with Core(core, b"\5") as played:
        states: dict[str, Any] = {"early": played.snapshot()}
        played.run(1500)
        states["late"] = played.snapshot()
    given: dict[str, Any] = {"skips": skips, "frame_skip": 4}
    with closing(LibretroEnv(core, b"\5", states={"early": states["early"]}, **given)) as env:
        assert env.episodes.batch.skips[0]
        env.add_state("late", states["late"])
        assert not env.episodes.batch.skips[0]
    with closing(LibretroEnv(core, b"\5", states=states, **given)) as env:
        assert not env.episodes.batch.skips[0]
    with closing(LibretroEnv(core, b"\0", **given)) as env:
        assert env.episodes.batch.skips[0].unheard == ("play",)


def test_what_was_compared_is_remembered_for_the_game(
    build: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    core, skips = build()
    work = SkippedWork(skips, ("draw",))
    assert difference_with_skips(CoreSpec(core, b"\1"), work, CoreBatch) is not None
    assert difference_with_skips(CoreSpec(core, b"\0"), work, CoreBatch) is None

    def compared(*_: object, **__: object) -> None:
        raise AssertionError("it compares again")

    monkeypatch.setattr("pylibretro.batch.skipping.compare_with_skips", compared)
    assert difference_with_skips(CoreSpec(core, b"\1"), work, CoreBatch) is not None
    assert difference_with_skips(CoreSpec(core, b"\0"), work, CoreBatch) is None
    with pytest.raises(AssertionError, match="compares again"):
        difference_with_skips(CoreSpec(core, b"\4"), work, CoreBatch)
    with pytest.raises(AssertionError, match="compares again"):
        difference_with_skips(
            CoreSpec(core, b"\0"), replace(work, build=replace(skips, digest="")), CoreBatch
        )


def test_a_directory_of_caches_that_cannot_be_written_does_no_harm(
    build: Build, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("PYLIBRETRO_CACHE_PATH", str(tmp_path / "file"))
    core, skips = build()
    with CoreBatch(core, skips=skips) as batch:
        assert batch.skips[0].unseen == ("draw",)


def test_damaged_memories_of_comparisons_are_made_again(build: Build) -> None:
    core, skips = build()
    work = SkippedWork(skips, ("draw",))
    assert difference_with_skips(CoreSpec(core, b"\1"), work, CoreBatch) is not None
    kept = [*Path(os.environ["PYLIBRETRO_CACHE_PATH"], "skips").iterdir()]
    assert len(kept) == 1
    for damaged in (b"", b"{}", b"[1]", b'{"difference": 3}', b"\xff"):
        kept[0].write_bytes(damaged)
        assert difference_with_skips(CoreSpec(core, b"\1"), work, CoreBatch) is not None


def test_a_variable_of_the_core_is_written_before_each_frame(build: Build) -> None:
    core, _ = build()
    table = (
        "[[variables]]\nname = 'draws_nothing'\nsize = 4\nwhen = 'unseen'\nvalue = 1\n"
        f"otherwise = 0\naddress = {offset_of(core, 'draws_nothing')}\nwhy = 'its own frame skip'\n"
    )
    core, skips = build(table)
    with CoreBatch(core, bytes([4]), skips=skips) as batch:
        assert batch.skips[0].unseen == ("draws_nothing",)
        for _ in range(3):
            batch.run(5)
        batch[0].run(2)
        assert runs(batch[0]) == (3 + 2, 17)


def test_code_can_go_on_elsewhere(build: Build) -> None:
    if MACHINE != "x86_64":
        pytest.skip("the code of this test is for x86-64")
    core, _ = build()
    draw, play = offset_of(core, "draw"), offset_of(core, "play")
    # Behind the bytes that were replaced, as if it were they that ran; and a jump that leads there.
    behind = place(core, "draw", "unseen", instead="90", to=draw + 5)
    led = place(core, "play", "unheard", instead=f"e9 {{{play + 5:#x}}}")
    core, skips = build(behind, led)
    with CoreBatch(core, skips=skips, sound=False) as batch:
        batch.run(4)
        assert runs(batch[0]) == (4, 4)


def test_states_go_from_machines_with_skips_to_others_and_back(build: Build) -> None:
    core, skips = build()
    with (
        CoreBatch(core, skips=skips, sound=False) as skipping,
        CoreBatch(core, skips=False) as plain,
    ):
        for _ in range(5):
            skipping.run(6)
            plain.run(6)
            with pytest.warns(UserWarning, match="without sound"):
                plain.load_states(skipping.save_states())
            skipping.load_states(plain.save_states())
            assert words(skipping[0]) == words(plain[0])


def test_a_state_says_whether_its_sound_was_heard(build: Build) -> None:
    core, skips = build()
    with CoreBatch(core, skips=skips, sound=False) as batch:
        (fresh,) = batch.save_states()
        batch.run(2)
        (unheard,) = batch.save_states()
        assert (fresh.heard, unheard.heard) == (True, False)
        import pickle

        there: State = pickle.loads(pickle.dumps(unheard))
        assert not there.heard
        with Core(core) as listening:
            listening.restore(fresh)
            with pytest.warns(UserWarning, match="without sound"):
                listening.restore(unheard)
            assert not listening.snapshot().heard
            listening.restore(fresh)
            assert listening.snapshot().heard
        batch.load_states([there])  # where nobody hears it, nobody is told
    with CoreBatch(core, skips=False, sound=False) as batch:
        batch.run(2)
        assert batch.save_states()[0].heard


def test_memory_is_never_writable_and_executable(build: Build) -> None:
    def writable_and_executable() -> list[str]:
        lines = Path("/proc/self/maps").read_text().splitlines()
        return [line.split()[0] for line in lines if "wx" in line.split()[1]]

    core, skips = build()
    others = writable_and_executable()  # a library that compiles at run time may be here
    with CoreBatch(core, count=3, skips=skips) as batch:
        batch.run()
        assert set(writable_and_executable()) <= set(others)


def test_copies_share_the_changed_code(build: Build) -> None:
    core, skips = build()
    before = core.read_bytes()
    with CoreBatch(core, count=2, skips=skips) as batch, Core(core) as plain:
        batch.run(4)
        plain.run(4)
        assert runs(plain) == (4, 4)
        maps = Path("/proc/self/maps").read_text().splitlines()
        changed = [line.split() for line in maps if "memfd:libretro-core" in line]
        inodes = {line[4] for line in changed if "x" in line[1]}
        assert len(inodes) == 1
    assert core.read_bytes() == before


def test_another_file_is_refused(build: Build, tmp_path: Path) -> None:
    core, skips = build()
    other = tmp_path / "other.so"
    data = bytearray(core.read_bytes())
    nothing = bytes.fromhex(NOTHING[MACHINE]) * (16 // len(bytes.fromhex(NOTHING[MACHINE])))
    assert data.count(nothing) == 2
    other.write_bytes(data.replace(nothing, nothing[::-1].replace(b"\x90", b"\xcc"), 1))
    with pytest.raises(ValueError, match="not what the detours were made for"):
        CoreBatch(other, skips=replace(skips, digest="other"))
    with CoreBatch(core, skips=None) as batch:
        assert batch.skips[0].reason == "nothing is known of this build of leaving_out"
    with pytest.raises(ValueError, match="skips is True, but nothing is known"):
        CoreBatch(core, skips=True)
    with pytest.raises(TypeError, match="skips is 3"):
        CoreBatch(core, skips=3)  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("bytes = '90 9'", "not machine code"),
        ("bytes = '90'", "a detour is not complete"),
        ("when = 'seen'", "when is 'seen'"),
        ("relative = [2]", "relative has 2"),
        ("instead = '90 {0x12'", "not machine code"),
        (f"instead = '{'90' * 1025}'", "1025 bytes of code"),
        ("address = 3", "not what the detours were made for"),
    ],
)
def test_a_wrong_file_is_refused_with_its_reason(build: Build, change: str, message: str) -> None:
    core, _ = build()
    key, _, value = change.partition(" = ")
    values: dict[str, str | int] = {key: eval(value)}

    def opened() -> None:
        _, skips = build(place(core, "draw", "unseen", **values))
        CoreBatch(core, skips=skips).close()

    with pytest.raises(ValueError, match=message):
        opened()


def test_two_places_in_one_are_refused(build: Build) -> None:
    core, _ = build()
    core, skips = build(place(core, "draw", "unseen"), place(core, "draw", "unheard"))
    with pytest.raises(ValueError, match="two detours are at one place"):
        CoreBatch(core, skips=skips)


def test_a_file_says_what_it_leaves_out(build: Build) -> None:
    core, skips = build()
    assert known_skips(core) is None
    assert skips.names("unseen") == ("draw",)
    assert skips.is_sound(9999) == [(STATE_OF_SOUND, STATE_OF_SOUND + 2)]


def test_the_tool_finds_what_can_be_left_out(build: Build, tmp_path: Path) -> None:
    if MACHINE != "x86_64" or not shutil.which("objdump"):
        pytest.skip("tools/find-skips reads the code of x86-64 with binutils")
    core, _ = build()
    counting = tmp_path / "counting.bin"
    counting.write_bytes(bytes([2]))  # in which playing cannot be left out
    plain = tmp_path / "plain.bin"
    plain.write_bytes(bytes([0]))
    for contents, found in (
        ([plain], [("draw", "unseen"), ("play", "unheard")]),
        ([plain, counting], [("draw", "unseen")]),
    ):
        tool = [sys.executable, "tools/find-skips", core, *contents, "--functions", "draw,play"]
        made = subprocess.run(
            [*map(str, tool), "--frames", "90"],
            cwd=SOURCE_TREE,
            capture_output=True,
            text=True,
            check=True,
        )
        path = tmp_path / "found.toml"
        path.write_text(made.stdout, encoding="utf-8")
        skips = read_build_skips(path)
        assert [(part.name, part.when) for part in skips.places] == found
        assert skips.core == "leaving out"
        assert "times as fast" in made.stderr


def test_what_comes_to_the_same_in_less_time_is_always_in_force(build: Build) -> None:
    if MACHINE != "x86_64":
        pytest.skip("the code of this test is for x86-64")
    core, _ = build()
    draw = offset_of(core, "draw")
    core, skips = build(place(core, "draw", "always", instead="6690", to=draw + 5))
    with CoreBatch(core, skips=skips) as batch:
        work = batch.skips[0]
        assert (work.unseen, work.unheard, work.faster) == ((), (), ("draw",))
        batch.run(4)
        batch[0].run(2)
        batch.reopen([0])
        batch.run(3)
        assert runs(batch[0]) == (3, 3)
    wrong = replace(skips, places=(replace(skips.places[0], to=0, instead=Code(b"\xc3")),))
    with CoreBatch(core, bytes([1]), skips=replace(wrong, digest="wrong")) as batch:
        assert not batch.skips[0]
        batch.run(4)
        assert runs(batch[0]) == (4, 4)
