"""What a Core can be given: one list, and groups that check themselves."""

from __future__ import annotations

import dataclasses
import functools
import gc
import json
import pickle
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from observe import BuildCore, OpenCore, noted
from uses import SOMETHING

import pylibretro
from pylibretro import (
    Core,
    CoreBatch,
    CoreSpec,
    DevicePower,
    Display,
    EnvSpec,
    HardwareContextType,
    Host,
    Language,
    LocationPosition,
    MIDIPorts,
    NetpacketLoopback,
    Peripherals,
    PowerState,
    RunAhead,
)

GROUPS = {"host": Host, "display": Display, "peripherals": Peripherals}
MOVED = [
    (argument, kind, field.name)
    for argument, kind in GROUPS.items()
    for field in dataclasses.fields(kind)
]


@pytest.mark.parametrize(("argument", "kind", "name"), MOVED, ids=lambda value: str(value))
@pytest.mark.parametrize("opened", [Core, CoreBatch, CoreSpec, EnvSpec, "env", "make"])
def test_an_argument_of_a_group_is_told_its_place(
    opened: Any, argument: str, kind: type, name: str
) -> None:
    if opened == "env":
        pytest.importorskip("gymnasium")
        opened = pylibretro.LibretroEnv
    elif opened == "make":
        gymnasium = pytest.importorskip("gymnasium")
        opened = functools.partial(gymnasium.make, "pylibretro/Libretro-v0", core="2048")
    elif opened is EnvSpec:
        opened = functools.partial(EnvSpec, core="2048")
    if not isinstance(opened, functools.partial):
        opened = functools.partial(opened, "2048")
    place = rf"{name}= is now part of {argument}=: .*{argument}={kind.__name__}\({name}=\.\.\.\)"
    with pytest.raises(TypeError, match=place):
        opened(**{name: None})


@pytest.mark.parametrize("opened", [Core, CoreSpec])
def test_an_argument_that_there_is_not(opened: Callable[..., object]) -> None:
    with pytest.raises(TypeError, match=r"Core has no argument optoins=; did you mean options=\?"):
        opened("2048", optoins={})
    with pytest.raises(TypeError, match=r"Core has no argument zzz=$"):
        opened("2048", zzz=1)
    with pytest.raises(TypeError, match="positional"):
        opened("2048", None, {})


@pytest.mark.parametrize("name", GROUPS)
@pytest.mark.parametrize("wrong", [None, {}, 5, RunAhead()], ids=repr)
def test_a_group_of_another_kind(name: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match=rf"{name} is .*{GROUPS[name].__name__} is needed"):
        CoreSpec("2048", **{name: wrong})


@pytest.mark.parametrize(
    ("kind", "name", "wrong", "error"),
    [
        *((Host, "clock", wrong, Exception) for wrong in ("noon", SOMETHING, 1 << 60, -1 << 60)),
        (Host, "clock", float("nan"), ValueError),
        (Host, "clock", float("inf"), OverflowError),
        (Host, "language", len(Language), ValueError),
        (Host, "language", 1.0, TypeError),
        (Host, "username", b"Zoe", TypeError),
        (Host, "username", "\ud800", ValueError),
        (Host, "jit", 0, ValueError),
        (Host, "jit", ["rwx"], ValueError),
        (Host, "memory_status", (1, 2.0), TypeError),
        (Host, "playlist_dir", 5, TypeError),
        (Host, "browser_dir", SOMETHING, TypeError),
        (Display, "hardware", 1, TypeError),
        (Display, "hardware", HardwareContextType.VULKAN, ValueError),
        (Display, "refresh_rate", 0, ValueError),
        (Display, "refresh_rate", float("nan"), ValueError),
        (Display, "refresh_rate", "fast", ValueError),
        (Display, "sample_rate", 44100.0, TypeError),
        (Display, "sample_rate", 0, ValueError),
        (Peripherals, "rumble", 1, TypeError),
        (Peripherals, "sensors", "yes", TypeError),
        (Peripherals, "leds", 0, TypeError),
        (Peripherals, "midi", (True, True), TypeError),
        (Peripherals, "power", PowerState.CHARGING, TypeError),
        (Peripherals, "power", DevicePower(percent=101), ValueError),
        (Peripherals, "power", DevicePower(seconds=-1), ValueError),
    ],
    ids=str,
)
def test_wrong_values_are_named(kind: type, name: str, wrong: Any, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"{name} (is|has) ") as raised:
        kind(**{name: wrong})
    assert isinstance(raised.value, (TypeError, ValueError, OverflowError))


@pytest.mark.parametrize(
    ("name", "wrong", "error", "message"),
    [
        ("microphones", np.zeros(5), TypeError, "microphone.* int16"),
        ("microphones", np.zeros((5, 2), np.int16), ValueError, "one channel"),
        ("camera", np.zeros((5, 5, 3), np.int16), TypeError, "camera.* uint8"),
        ("camera", np.zeros((5, 5), np.uint8), ValueError, r"camera.*\(5, 5\)"),
        ("location", (1, 2), TypeError, "LocationPosition is needed"),
        ("location", LocationPosition(91, 0), ValueError, "latitude 91"),
    ],
)
def test_what_cannot_be_heard_seen_or_reached(
    name: str, wrong: Any, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        Peripherals(**{name: wrong})


def test_values_have_one_form() -> None:
    host = Host(clock=np.int64(5), language=4, memory_status=[np.int32(1), 2])  # type: ignore[arg-type]
    assert host == Host(clock=5, language=Language.GERMAN, memory_status=(1, 2))
    assert repr(host) == f"Host(clock=5, language={Language.GERMAN!r}, memory_status=(1, 2))"
    display = Display(refresh_rate=50, sample_rate=np.int32(8000))
    assert (display.refresh_rate, display.sample_rate) == (50.0, 8000)
    assert repr(Display()) == "Display()"
    assert Peripherals(rumble=None, leds=False) == Peripherals(rumble=False, leds=None)
    assert repr(CoreSpec("2048", host=host)).startswith("CoreSpec(path='2048', host=Host(clock=5,")
    sound = np.zeros(5, np.int16)
    assert repr(Peripherals(microphones=sound)) == f"Peripherals(microphones={sound!r})"


def test_specs_are_plain_data() -> None:
    spec = CoreSpec(
        "2048",
        options={"2048_seed": "7"},
        host=Host(clock=5, username="Zoë"),
        display=Display(hardware="opengl", float_audio=True),
        peripherals=Peripherals(midi=MIDIPorts(output=False), power=DevicePower(percent=50)),
        run_ahead=RunAhead(2),
    )
    assert pickle.loads(pickle.dumps(spec)) == spec != CoreSpec("2048")
    assert dataclasses.replace(spec, host=Host()).display == spec.display
    assert hash(spec.host) == hash(Host(clock=5, username="Zoë"))
    told = json.loads(json.dumps(dataclasses.asdict(spec.host)))
    assert Host(**told) == spec.host
    with pytest.raises(dataclasses.FrozenInstanceError):
        spec.host.clock = 6  # type: ignore[misc]


def test_a_core_tells_what_it_was_opened_with(open_core: OpenCore, tmp_path: Path) -> None:
    core = open_core("directories", save_dir=tmp_path, host=Host(username="Zoë"))
    assert core.spec == CoreSpec(core.spec.path, save_dir=tmp_path, host=Host(username="Zoë"))
    with Core(core.spec) as same, Core(core.spec, host=Host()) as other:
        assert noted(same)["load.username"] == "1 Zoë"
        assert noted(same)["load.save"] == f"1 {tmp_path}"
        assert noted(other)["load.username"] == "1 (null)"
        assert noted(other)["load.save"] == f"1 {tmp_path}"
    with pytest.raises(AttributeError):
        core.spec = CoreSpec("2048")  # type: ignore[misc]


def test_content_that_was_loaded_later_belongs_to_the_spec(open_core: OpenCore) -> None:
    core = open_core("late_game")
    assert core.spec.content is None
    core.load_game(b"a game", content_name="game.bin", controllers={1: 5})
    assert core.spec.content == b"a game"
    assert core.spec.content_name == "game.bin"
    assert core.spec.controllers == {1: 5}
    with Core(core.spec) as other:
        assert other.run() == 1


def test_a_batch_takes_one_spec_for_its_copies(build_core: BuildCore) -> None:
    spec = CoreSpec(build_core("late_game"), b"a game")
    with CoreBatch(spec, count=2, host=Host(clock=5)) as batch:
        batch.run()
        assert [core.spec.host.clock for core in batch] == [5, 5]
        assert {core.spec.content for core in batch} == {spec.content}


@pytest.mark.parametrize(
    "alone",
    [{"netpacket": NetpacketLoopback()}, {"on_message": print}, {"record_calls": True}],
    ids=lambda alone: next(iter(alone)),
)
def test_what_is_for_a_core_alone(alone: dict[str, Any]) -> None:
    name = next(iter(alone))
    with pytest.raises(TypeError, match=f"{name}= is for a Core that runs by itself"):
        CoreBatch("2048", **alone)
    with pytest.raises(TypeError, match=f"{name}= is for a Core that runs by itself"):
        CoreBatch([CoreSpec("2048"), CoreSpec("2048", **alone)])
    with pytest.raises(TypeError, match=name):
        EnvSpec(core="2048", core_arguments=alone)


def test_a_closed_core_lets_go_of_what_it_was_given(open_core: OpenCore) -> None:
    game = np.frombuffer(b"a game", np.uint8).copy()
    core = open_core("late_game", game)
    gone = weakref.ref(game)
    del game
    assert gone() is core.spec.content
    core.close()
    gc.collect()
    assert gone() is None
