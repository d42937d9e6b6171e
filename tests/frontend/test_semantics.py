"""What users' code relies on, in the order of the design's list: from the first call to exactness.

Every group says in its title what it holds the library to.
"""

from __future__ import annotations

import gc
import hashlib
import logging
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from child import run_child
from observe import content_of, notes, words
from real import PLAYS

from pylibretro import (
    PORT_INPUT,
    Core,
    Device,
    Host,
    Joypad,
    Message,
    PixelFormat,
)

OpenCore = Callable[..., Core]
BuildCore = Callable[..., Path]

PICTURE, DUPE, _, FORMAT, ROTATION = range(5)


# ---- 0. Ports 0 and 1 hold joypads after loading, unless controllers= says otherwise; save RAM is
# ---- there before the first frame


def plugged(core: Core) -> list[str]:
    words = [line.text for line in core.log]
    return [line for line in words if line.startswith("set_controller_port_device")]


def test_0_joypads_are_plugged_in(open_core: OpenCore) -> None:
    assert plugged(open_core("order")) == [
        "set_controller_port_device 0 1",
        "set_controller_port_device 1 1",
    ]


@pytest.mark.parametrize(
    "controllers",
    [{1: Device.ANALOG, 3: Device.MOUSE}, {3: 2, 1: 5}],
    ids=["devices", "plain numbers"],
)
def test_0_controllers_say_otherwise(open_core: OpenCore, controllers: dict[int, int]) -> None:
    assert plugged(open_core("order", controllers=controllers)) == [
        "set_controller_port_device 0 1",
        "set_controller_port_device 1 5",
        "set_controller_port_device 3 2",
    ]


def test_0_controllers_may_be_a_sequence(open_core: OpenCore) -> None:
    core = open_core("order", controllers=[Device.NONE, Device.ANALOG])
    assert plugged(core) == ["set_controller_port_device 0 0", "set_controller_port_device 1 5"]


def test_0_save_ram_is_there_before_the_first_frame(open_core: OpenCore, tmp_path: Path) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0\0")
    (tmp_path / "game.srm").write_bytes(bytes([7] * 63 + [9]))
    core = open_core("save_ram", game, save_dir=tmp_path)
    core.run()
    assert notes(core) == ["first frame sees 7 9"]


def test_0_save_ram_of_content_loaded_later(open_core: OpenCore, tmp_path: Path) -> None:
    (tmp_path / "game.srm").write_bytes(bytes(range(32)))
    core = open_core("late_game", save_dir=tmp_path)
    core.load_game(b"anything", content_name="game.bin")
    assert core.memory.save_ram.tobytes() == bytes(range(32))
    core.memory.save_ram[0] = 0x5A
    core.close()
    assert (tmp_path / "game.srm").read_bytes()[:2] == b"\x5a\x01"


# ---- 1. A frame's input is latched before it, and constant however often the core asks

CHANGED, DISAGREED = 16 * 471, 16 * 471 + 1


@pytest.mark.parametrize("polls", [0, 1, 3])
def test_1_input_is_constant_through_a_frame(open_core: OpenCore, polls: int) -> None:
    core = open_core("input", bytes([polls, 3]))
    rng = np.random.default_rng(polls)
    masks = rng.integers(0, 1 << 16, (50, 16), dtype=np.uint16)
    core.run(50, inputs=masks)
    assert words(core)[CHANGED:][:2] == [0, 0], "answers that changed, masks unlike the buttons"


def test_1_what_another_thread_writes_is_seen_by_the_next_call(open_core: OpenCore) -> None:
    core = open_core("input", bytes([2, 12]))
    records = core.inputs
    stop = threading.Event()

    def scribble() -> None:
        value = 0
        while not stop.is_set():
            value = value + 1 & 0xFFFF
            records["joypad"] = value
            core.set_buttons(value ^ 0xFFFF)

    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        for _ in range(10):
            core.run(10)
    finally:
        stop.set()
        thread.join()
    assert words(core)[CHANGED:][:2] == [0, 0]
    core.set_buttons(Joypad.START)
    core.run()
    assert words(core)[int(Joypad.START).bit_length() - 1] == 1


def test_1_live_input_is_held_until_changed(open_core: OpenCore) -> None:
    core = open_core("input", bytes([1, 1]))
    core.set_buttons(Joypad.B | Joypad.LEFT)
    for _ in range(3):
        core.run(7)
        assert words(core)[16] == int(Joypad.B | Joypad.LEFT)
    core.run(2, inputs=[0, Joypad.A])
    assert words(core)[16] == int(Joypad.A), "input given for these frames takes its place"
    core.run()
    assert words(core)[16] == int(Joypad.B | Joypad.LEFT), "and is gone with them"


# ---- 2. Repeated frames keep the last picture; pitch, size, format and rotation are free


def changing_script() -> bytes:
    """Pictures of all formats, sizes, pitches and rotations, with repeats and silence between."""
    rng = np.random.default_rng(5)
    rows: list[int] = []
    pixel_format = int(PixelFormat.RGB1555)
    for frame in range(90):
        if rng.random() < 0.2:
            pixel_format = int(rng.integers(0, 3))
            rows += [frame, FORMAT, pixel_format, 0, 0, 0]
        if rng.random() < 0.2:
            rows += [frame, ROTATION, int(rng.integers(0, 4)), 0, 0, 0]
        kind = rng.random()
        width, height = (int(side) for side in rng.integers(1, 200, 2))
        row = width * (4 if pixel_format == PixelFormat.XRGB8888 else 2)
        pitch = row + 4 * int(rng.integers(0, 20))
        if kind < 0.55:
            rows += [frame, PICTURE, width, height, pitch, frame]
        elif kind < 0.85:
            rows += [frame, DUPE, width, height, pitch, frame]
    return content_of(*rows)


@pytest.mark.filterwarnings("error")
def test_2_pictures_do_not_depend_on_how_they_are_looked_at(open_core: OpenCore) -> None:
    script, frames = changing_script(), 90
    stepped = open_core("video", script)
    pictures = []
    for _ in range(frames):
        stepped.run()
        pictures.append(stepped.frame)
    assert len({None if p is None else p.shape for p in pictures}) > 20
    captured = open_core("video", script).capture(frames)
    assert captured.sizes is not None
    for picture, kept, (height, width) in zip(
        pictures, captured.frames, captured.sizes, strict=True
    ):
        if picture is None:
            assert not kept.any()
        else:
            assert np.array_equal(kept[:height, :width], picture)
            assert not kept[height:].any()
            assert not kept[:, width:].any()
    for step in (2, 7, 30):
        core = open_core("video", script)
        for end in range(step, frames + 1, step):
            core.run(step)
            expected = pictures[end - 1]
            shown = core.frame
            if expected is not None:
                assert shown is not None
                assert np.array_equal(shown, expected)


# ---- 3. Colours are exact and use the whole range


@pytest.mark.parametrize(
    ("pixel_format", "channels"),
    [
        (PixelFormat.RGB1555, ((10, 5), (5, 5), (0, 5))),
        (PixelFormat.RGB565, ((11, 5), (5, 6), (0, 5))),
        (PixelFormat.XRGB8888, ((16, 8), (8, 8), (0, 8))),
    ],
    ids=lambda value: value.name if isinstance(value, PixelFormat) else "",
)
def test_3_every_level_of_every_channel(
    open_core: OpenCore, pixel_format: PixelFormat, channels: tuple[tuple[int, int], ...]
) -> None:
    frames, width, height = 12, 320, 240
    rows = [0, FORMAT, int(pixel_format), 0, 0, 0]
    for frame in range(frames):
        rows += [frame, PICTURE, width, height, width * 4, 97 * frame]
    core = open_core("video", content_of(*rows))
    seen: list[set[int]] = [set(), set(), set()]
    for _ in range(frames):
        core.run()
        raw, shown = core.raw_frame, core.frame
        assert raw is not None
        assert shown is not None
        for number, (shift, bits) in enumerate(channels):
            level = raw.astype(np.uint32) >> shift & ((1 << bits) - 1)
            full = level << (8 - bits) | level >> (2 * bits - 8 if bits < 8 else 8)
            assert np.array_equal(shown[..., number], full)
            seen[number].update(np.unique(level).tolist())
    for number, (_, bits) in enumerate(channels):
        assert seen[number] == set(range(1 << bits))


# ---- 4. Every Core is a private instance; 256 of them live; a core opened again starts afresh


def digest_of(core: Core) -> str:
    digest = hashlib.sha256(core.save_state())
    digest.update(core.memory.system_ram.tobytes())
    frame = core.frame
    digest.update(b"" if frame is None else frame.tobytes())
    return digest.hexdigest()


def test_4_256_live_cores_on_one_file() -> None:
    def play(core: Core, frames: int) -> None:
        core.run(frames, inputs=[(Joypad.START, 0, Joypad.LEFT, 0)[n % 4] for n in range(frames)])

    alone = []
    for frames in range(20, 36):
        with Core("2048") as core:
            play(core, frames)
            alone.append(digest_of(core))
    assert len(set(alone)) == 16
    cores = [Core("2048") for _ in range(256)]
    try:
        for number, core in enumerate(cores):
            play(core, 20 + number % 16)
        assert [digest_of(core) for core in cores] == alone * 16
    finally:
        for core in cores:
            core.close()


def test_4_globals_are_fresh_after_reopening(open_core: OpenCore) -> None:
    for _ in range(3):
        core = open_core("globals")
        core.run(4)
        assert words(core)[:6] == [1, 1004, 4, 4, 4, 504]
        core.close()


def test_4_closing_one_leaves_the_others_alone(open_core: OpenCore) -> None:
    first, second, third = (open_core("globals") for _ in range(3))
    for core in (first, second, third):
        core.run(2)
    second.close()
    again = open_core("globals")
    for core in (first, third):
        core.run()
        assert words(core)[:5] == [1, 1003, 3, 3, 3]
    again.run()
    assert words(again)[:5] == [1, 1001, 1, 1, 1]


# ---- 5. Callbacks find their Core from any thread, the core's own included


def test_5_callbacks_from_the_cores_own_threads(open_core: OpenCore) -> None:
    cores = [open_core("threads") for _ in range(4)]

    def work(core: Core, frames: int) -> None:
        for _ in range(frames):
            core.run()

    workers = [
        threading.Thread(target=work, args=(core, 10 * (n + 1))) for n, core in enumerate(cores)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    for number, core in enumerate(cores):
        frames = 10 * (number + 1)
        assert words(core)[:2] == [frames, 0]
        assert core.frame is not None
        assert core.frame[0, 0, 0] == frames
        assert core.audio[:, 0].tolist() == list(range(100 * frames, 100 * frames + 100))
        assert [line.text for line in core.log] == [f"picture {n + 1}" for n in range(frames)]


# ---- 6. What is handed out is the user's; views of core memory are live and never dangle


def test_6_frames_and_audio_are_never_written_again_while_held() -> None:
    with Core("2048") as core:
        core.set_buttons(Joypad.START)
        held: list[tuple[np.ndarray, bytes]] = []
        for number in range(60):
            core.run(1 + number % 3, inputs=[Joypad(1 << 4 + number % 4)] * (1 + number % 3))
            captured = core.capture(2, audio=True)
            assert captured.audio is not None
            for array in (core.frame, core.raw_frame, core.audio, captured.frames, captured.audio):
                assert array is not None
                held.append((array, array.tobytes()))
            if number % 3 == 0:
                del held[:: 7 + number % 5]
        for array, before in held:
            assert array.tobytes() == before
            assert array.flags.writeable
    for array, before in held:
        assert array.tobytes() == before, "after close()"
    del core
    gc.collect()
    for array, before in held:
        assert array.tobytes() == before, "after the Core is gone"


def test_6_two_arrays_of_one_frame_share_nothing() -> None:
    with Core("2048") as core:
        core.run(3)
        first, second = core.frame, core.frame
        assert first is not None
        assert second is not None
        first[:] = 1
        assert not np.shares_memory(first, second)
        assert second.tobytes() != first.tobytes()
        third = core.frame
        assert third is not None
        assert np.array_equal(third, second)


def test_6_an_array_given_to_capture_is_only_written_by_that_call() -> None:
    with Core("2048") as core:
        core.run()
        assert core.frame is not None
        out = np.empty((4, *core.frame.shape), np.uint8)
        captured = core.capture(4, out=out)
        assert np.shares_memory(captured.frames, out)
        before = out.tobytes()
        core.capture(4, inputs=[Joypad.START] * 4)
        core.run(40)
        assert out.tobytes() == before


@pytest.mark.parametrize("ending", ["close", "del", "both"])
def test_6_views_of_core_memory_are_live_and_never_dangle(
    build_core: BuildCore, ending: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    core = Core(build_core("log"), bytes([4]))
    gone = weakref.ref(core)
    view = core.memory.system_ram
    part = view[8:][::2].view()
    part[0] = 77
    assert core.memory.system_ram[8] == 77
    if ending != "del":
        core.close()
    if ending != "close":
        del core
    gc.collect()
    view[:] = 5
    assert set(part.tolist()) == {5}
    assert "deinit says goodbye" not in caplog.messages, "the core lives as long as its views"
    del view
    gc.collect()
    assert part.tolist() == [5] * len(part)
    del part
    gc.collect()
    if ending == "close":
        assert core.closed
    else:
        assert gone() is None
    assert caplog.messages.count("deinit says goodbye") == 1


def test_6_a_core_that_nobody_holds_is_unloaded_at_once(
    build_core: BuildCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    gc.disable()
    try:
        core = Core(build_core("log"), bytes([4]))
        core.run()
        assert len(core.options) == 0
        assert core.memory.read(0) == 0
        del core
        assert "deinit says goodbye" in caplog.messages
    finally:
        gc.enable()


def test_6_a_core_in_a_cycle_with_its_hook_is_collected(build_core: BuildCore) -> None:
    class Listener(Core):
        def __init__(self) -> None:
            super().__init__(build_core("messages"), on_message=self.hear)

        def hear(self, message: Message) -> None:
            self.heard = message

    listener = Listener()
    listener.run()
    before = sum(isinstance(thing, Listener) for thing in gc.get_objects())
    del listener
    gc.collect()
    assert before == 1
    assert not any(isinstance(thing, Listener) for thing in gc.get_objects())


def test_6_the_live_input_may_be_kept(build_core: BuildCore) -> None:
    core = Core(build_core("plain"))
    records = core.inputs
    assert records.dtype == PORT_INPUT
    core.close()
    del core
    gc.collect()
    records["joypad"] = 3
    assert records["joypad"].tolist() == [3] * 16


# ---- 7. An exception in a hook is kept, the frame completes, and run() raises it


class UnwelcomeError(Exception):
    pass


def raise_unwelcome(*_: object) -> bool:
    raise UnwelcomeError("from a hook")


def check_that_frames_completed(core: Core) -> None:
    with pytest.raises(UnwelcomeError, match="from a hook"):
        core.run(3)
    assert core.frame_count == 3
    assert core.frame is not None
    with pytest.raises(UnwelcomeError):
        core.capture(2)
    assert core.frame_count == 5
    assert not core.closed


def test_7_message_hook(open_core: OpenCore) -> None:
    check_that_frames_completed(open_core("messages", on_message=raise_unwelcome))


@pytest.mark.parametrize("where", ["handler", "filter"])
def test_7_logging(open_core: OpenCore, where: str) -> None:
    core = open_core("log", bytes([6]))
    logger = logging.getLogger(f"pylibretro.{core.name}")
    handler = logging.Handler()
    handler.emit = raise_unwelcome  # type: ignore[assignment]
    if where == "handler":
        logger.addHandler(handler)
    else:
        logger.addFilter(raise_unwelcome)
    logger.setLevel(logging.DEBUG)
    try:
        check_that_frames_completed(core)
    finally:
        logger.removeHandler(handler)
        logger.removeFilter(raise_unwelcome)
    core.run()
    assert core.frame_count == 6


def test_7_everything_said_is_heard_and_the_first_exception_counts(open_core: OpenCore) -> None:
    heard: list[str] = []

    def hear(message: Message) -> None:
        heard.append(message.text)
        raise UnwelcomeError(message.text)

    core = open_core("messages", on_message=hear)
    with pytest.raises(UnwelcomeError, match=r"^old message 1$"):
        core.run(3)
    assert heard == [f"{age} message {n}" for n in (1, 2, 3) for age in ("old", "new")]


@pytest.mark.parametrize("kind", [KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError])
def test_7_any_exception(open_core: OpenCore, kind: type[BaseException]) -> None:
    def hear(_: Message) -> None:
        raise kind

    core = open_core("messages", on_message=hear)
    with pytest.raises(kind):
        core.run()
    assert core.frame_count == 1
    assert core.frame is not None


def test_7_a_hook_that_fails_while_the_core_opens_fails_the_opening(
    build_core: BuildCore,
) -> None:
    logger = logging.getLogger("pylibretro.order")
    logger.addFilter(raise_unwelcome)
    logger.setLevel(logging.DEBUG)
    try:
        with pytest.raises(UnwelcomeError):
            Core(build_core("order"))
    finally:
        logger.removeFilter(raise_unwelcome)
        logger.setLevel(logging.NOTSET)
    with Core(build_core("order")) as core:
        assert core.run() == 1


# ---- 10. The same core, content, options and inputs give the same bytes everywhere

FRAMES = 120
RECORD = """
import hashlib, sys
import numpy as np
from pylibretro import Core

def record(path, content=None, frames=120):
    options = {"2048_seed": "7"} if path == "2048" else {}
    masks = np.random.default_rng(3).integers(0, 1 << 12, (frames, 2), dtype=np.uint16)
    masks[: frames // 2 : 5] = 1 << 3
    with Core(path, content, options=options) as core:
        digest = hashlib.sha256()
        captured = core.capture(frames, inputs=masks, audio=True)
        for part in (captured.frames, captured.audio, captured.audio_offsets):
            digest.update(np.ascontiguousarray(part).tobytes())
        digest.update(core.memory.system_ram.tobytes())
        if content is None:  # real cores keep pointers and uninitialised bytes in their states
            digest.update(core.save_state())
        return digest.hexdigest()
"""


def recorder() -> Callable[..., str]:
    namespace: dict[str, Callable[..., str]] = {}
    exec(RECORD, namespace)
    return namespace["record"]


def check_repeats(path: object, content: object = None) -> None:
    record = recorder()
    core, game = str(path), None if content is None else str(content)
    first = record(core, game)
    assert record(core, game) == first, "opened again"
    results: list[str] = []
    threads = [
        threading.Thread(target=lambda: results.append(record(core, game))) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [first] * 3, "in three threads at once"
    line = "print(record(*sys.argv[1:]))\n"
    arguments = [core] if game is None else [core, game]
    assert run_child(line, *arguments, prelude=RECORD) == first + "\n", "in another process"
    disturbed = "import random, time; [random.random() for _ in range(99)]; time.sleep(1.1)\n"
    assert run_child(disturbed + line, *arguments, prelude=RECORD) == first + "\n", "later"


def test_10_the_bundled_core_repeats() -> None:
    check_repeats("2048")


@pytest.mark.parametrize("name", ["libc_state", "clocks", "perf", "threads", "globals"])
def test_10_what_a_core_asks_of_its_surroundings_repeats(build_core: BuildCore, name: str) -> None:
    check_repeats(build_core(name))


def test_10_a_real_core_repeats_in_the_company_of_another(tmp_path: Path) -> None:
    """Whatever else runs in the process: another core with random numbers of its own, say."""
    light = ("gambatte", "snes9x", "picodrive", "stella", "genesis_plus_gx", "mednafen_pce_fast")
    plays = [play for play in PLAYS if play.core_id.partition(":")[2] in light]
    if not plays:
        pytest.skip("no real core is installed")
    record = recorder()
    alone = {}
    for play in plays:
        alone[play.id] = record(str(play.core), str(play.content(tmp_path)))
    together: dict[str, str] = {}

    def work(part: list[int]) -> None:
        for index in part:
            play = plays[index]
            together[play.id] = record(str(play.core), str(play.content(tmp_path)))

    order = list(range(len(plays)))
    halves = [order[::2][::-1], order[1::2]]
    threads = [threading.Thread(target=work, args=(half,)) for half in halves]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert together == alone


def test_10_the_way_of_running_does_not_matter(open_core: OpenCore) -> None:
    rng = np.random.default_rng(11)
    masks = rng.integers(0, 1 << 16, (64, 16), dtype=np.uint16)
    whole = open_core("input", bytes([1, 1]))
    whole.run(64, inputs=masks)
    stepped = open_core("input", bytes([1, 1]))
    for row in masks:
        for port, mask in enumerate(row):
            stepped.set_buttons(mask, port)
        stepped.run()
    records = np.zeros((64, 16), PORT_INPUT)
    records["joypad"] = masks
    captured = open_core("input", bytes([1, 1]))
    captured.capture(64, inputs=records, every=5)
    assert words(whole) == words(stepped) == words(captured)
    assert whole.save_state() == stepped.save_state() == captured.save_state()


def test_10_nothing_depends_on_the_clock_of_the_machine(open_core: OpenCore) -> None:
    early = open_core("libc_state", host=Host(clock=1_000_000_000))
    late = open_core("libc_state", host=Host(clock=2_000_000_000))
    early.run(60)
    late.run(60)
    assert words(early)[2] == 1_000_000_000
    assert words(late)[2] == 2_000_000_000
    early.run(70)
    assert words(early)[2] == 1_000_000_002, "the clock runs with the frames"
