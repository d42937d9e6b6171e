"""The environment callback: every answer, and nothing written where there is none."""

from __future__ import annotations

import logging
import os
import random
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from observe import OpenCore, content_of, noted, notes, words

from pylibretro import Host, Language
from pylibretro.enums import EnvironmentCommand

RUN, LOAD_GAME, DEINIT = range(3)
NO_NULL = 1 << 31
EXPERIMENTAL = 0x10000


def ask(open_core: OpenCore, commands: Sequence[int], when: int = RUN) -> list[tuple[int, ...]]:
    """Send commands; the result is, for each, (answer, bytes changed, answer to NULL, data)."""
    core = open_core("environment", content_of(when, *commands))
    core.run()
    seen = words(core)
    return [tuple(seen[4 * n : 4 * n + 4]) for n in range(len(commands))]


def test_unknown_commands_are_refused_and_nothing_is_written(open_core: OpenCore) -> None:
    known = {int(command) & ~EXPERIMENTAL for command in EnvironmentCommand}
    random.seed(7)
    commands = list(range(100, 200))
    commands += [0, 4, 5, 20, 76, 0x1FFFF, 0xFFFF, 0x7FFFFFFF & ~EXPERIMENTAL]
    commands += [random.randrange(1 << 31) for _ in range(200)]
    commands += [0x20000 | number for number in range(1, 96)]
    commands += [0x800000 | number for number in (0, 1, 6, 7, 100)]
    commands = [c for c in commands if (c & ~EXPERIMENTAL) not in known]
    for command, answer in zip(commands, ask(open_core, commands), strict=True):
        assert answer[:3] == (0, 0, 0), hex(command)


REFUSED = [
    "GET_CURRENT_SOFTWARE_FRAMEBUFFER",
    "GET_HW_RENDER_INTERFACE",
    "SET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE",
    "GET_AUDIO_SAMPLE_BATCH_MULTI",
    "GET_HDR_PAPER_WHITE_NITS",
    "GET_HDR_EXPAND_GAMUT",
    "GET_HDR_MAX_NITS",
]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.environment(name, "refused")) for name in REFUSED]
)
@pytest.mark.parametrize("when", [RUN, LOAD_GAME], ids=["run", "load_game"])
def test_what_is_not_offered_is_refused_and_nothing_is_written(
    open_core: OpenCore, name: str, when: int
) -> None:
    command = int(EnvironmentCommand[name])
    assert ask(open_core, [command], when)[0][:3] == (0, 0, 0)


# Both with and without the experimental bit, which cores of different ages send.
MAY_BE_NULL = {
    "GET_VARIABLE": 1,
    "SET_HW_SHARED_CONTEXT": None,
    "GET_LED_INTERFACE": 1,
    "GET_AUDIO_VIDEO_ENABLE": 1,
    "GET_MIDI_INTERFACE": 1,
    "SET_CORE_OPTIONS": 0,
    "SET_CORE_OPTIONS_INTL": 0,
    "SET_CORE_OPTIONS_DISPLAY": None,
    "SET_DISK_CONTROL_EXT_INTERFACE": None,
    "SET_AUDIO_BUFFER_STATUS_CALLBACK": 1,
    "SET_MINIMUM_AUDIO_LATENCY": 1,
    "SET_FASTFORWARDING_OVERRIDE": 1,
    "SET_CONTENT_INFO_OVERRIDE": None,
    "SET_CORE_OPTIONS_V2": 0,
    "SET_CORE_OPTIONS_V2_INTL": 0,
    "SET_CORE_OPTIONS_UPDATE_DISPLAY_CALLBACK": 1,
    "SET_VARIABLE": 1,
    "GET_SAVESTATE_CONTEXT": 1,
    "GET_DEVICE_POWER": 1,
    "GET_INPUT_BITMASKS": 1,
}


def test_null_is_survived_by_every_command(open_core: OpenCore) -> None:
    """In a core that sends NULL for all: nothing crashes, and probes for support are answered."""
    core = open_core("null_data")
    core.run()
    answers = noted(core)
    assert len(answers) >= 2 * 96
    for name, answer in MAY_BE_NULL.items():
        if answer is not None:
            assert answers[str(int(EnvironmentCommand[name]))] == str(answer), name
    core.run(3)
    assert core.frame is not None


ANSWERS = {
    "GET_OVERSCAN": "1 0",
    "GET_CAN_DUPE": "1 1",
    "GET_FASTFORWARDING": "1 0",
    "GET_JIT_CAPABLE": "1 1",
    "GET_VARIABLE_UPDATE": "1 0",
    "GET_SCREEN_10BPC_CAPABLE": "1 0",
    "GET_HDR_OUTPUT_MODE": "1 0",
    "GET_LANGUAGE": "1 0",
    "GET_CORE_OPTIONS_VERSION": "1 2",
    "GET_DISK_CONTROL_INTERFACE_VERSION": "1 1",
    "GET_MESSAGE_INTERFACE_VERSION": "1 1",
    "GET_AUDIO_VIDEO_ENABLE": "1 3",
    "GET_SAVESTATE_CONTEXT": "1 0",
    "GET_TARGET_SAMPLE_RATE": "0 77",
    "GET_TARGET_REFRESH_RATE": "1 60.0",
    "GET_THROTTLE_STATE": "1 6 0.0",
    "GET_INPUT_BITMASKS": "1 1",
    "GET_INPUT_MAX_USERS": "1 16",
    "GET_INPUT_DEVICE_CAPABILITIES": "1 126",
    "SET_PERFORMANCE_LEVEL": "1 0",
    "SET_SUPPORT_ACHIEVEMENTS": "1 0",
    "SET_SAVE_STATE_IN_BACKGROUND": "1 0",
    "SET_SAVE_STATE_DISABLE_UNDO": "1 0",
    "POLL_TYPE_OVERRIDE": "1 0",
    "GET_CLEAR_ALL_THREAD_WAITS_CB": "1 1",
    # bit 3 is the frontend's: states may change their size
    "quirks by the old number": "1 49",
    "SET_SERIALIZATION_QUIRKS": "1 49",
}


# What those numbers mean, for docs/environment.md.
SAID = {
    "GET_OVERSCAN": "false",
    "GET_CAN_DUPE": "true: a frame without a picture keeps the last one",
    "GET_LANGUAGE": "`Host(language=...)`, English unless given",
    "GET_CORE_OPTIONS_VERSION": "2",
    "GET_DISK_CONTROL_INTERFACE_VERSION": "1",
    "GET_MESSAGE_INTERFACE_VERSION": "1",
    "GET_AUDIO_VIDEO_ENABLE": "both on",
    "GET_SAVESTATE_CONTEXT": "normal",
    "GET_INPUT_BITMASKS": "true",
    "GET_INPUT_MAX_USERS": "16",
    "GET_INPUT_DEVICE_CAPABILITIES": "joypad, mouse, keyboard, lightgun, analog and pointer",
    "SET_PERFORMANCE_LEVEL": "kept",
    "SET_SUPPORT_ACHIEVEMENTS": "`core.supports_achievements`",
    "GET_SCREEN_10BPC_CAPABLE": "false",
    "GET_HDR_OUTPUT_MODE": "off",
    "SET_SAVE_STATE_DISABLE_UNDO": "true: nothing is ever kept to undo a state",
    "POLL_TYPE_OVERRIDE": "true: input is latched before each frame, as if polled early",
    "SET_SAVE_STATE_IN_BACKGROUND": "true: states are saved while the core waits",
    "GET_CLEAR_ALL_THREAD_WAITS_CB": "a function that does nothing: no thread of ours ever waits",
    "SET_SERIALIZATION_QUIRKS": "kept, by this number and by the older 44; states may change size",
}


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.environment(name, SAID[name]) if name in SAID else ())
        for name in ANSWERS
    ],
)
def test_simple_answers(open_core: OpenCore, name: str) -> None:
    core = open_core("answers")
    core.run()
    assert noted(core)[name] == ANSWERS[name]


def test_answers_are_given_in_deinit(open_core: OpenCore, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    commands = ["GET_CAN_DUPE", "GET_SAVE_DIRECTORY", "GET_LOG_INTERFACE", "GET_VFS_INTERFACE"]
    numbers = [int(EnvironmentCommand[name]) | NO_NULL for name in commands]
    core = open_core("environment", content_of(DEINIT, *numbers))
    core.run()
    core.close()
    answers = re.findall(r"command \w+ answered (\d)", caplog.text)
    assert answers == ["1", "1", "1", "0"]


@pytest.mark.environment("GET_SYSTEM_DIRECTORY", "`system_dir=`, else a private directory")
@pytest.mark.environment("GET_SAVE_DIRECTORY", "`save_dir=`, else a private directory")
@pytest.mark.environment("GET_CORE_ASSETS_DIRECTORY", "`assets_dir=`, else as the system directory")
@pytest.mark.environment("GET_CONTENT_DIRECTORY", "the older name of 30")
@pytest.mark.environment("GET_LIBRETRO_PATH", "the core's own file: `core.path`")
@pytest.mark.environment("GET_USERNAME", "`Host(username=...)`, else NULL: nobody is named")
@pytest.mark.environment("GET_LANGUAGE")
@pytest.mark.environment(
    "GET_PLAYLIST_DIRECTORY", "`Host(playlist_dir=...)`, else NULL: there is none"
)
@pytest.mark.environment("GET_FILE_BROWSER_START_DIRECTORY", "`Host(browser_dir=...)`, else NULL")
def test_directories_exist_and_are_writable(open_core: OpenCore) -> None:
    core = open_core("directories")
    core.run()
    told = noted(core)
    for name in ("system", "save", "assets"):
        answer, path = told[f"load.{name}"].split(" ", 1)
        assert answer == "1"
        assert os.path.isabs(path)
        assert os.path.isdir(path)
        assert os.access(path, os.W_OK)
        assert told[f"run.{name}"] == told[f"load.{name}"]
    assert told["load.libretro"] == f"1 {core.path}"
    assert told["load.username"] == "1 (null)"
    assert told["load.language"] == "1 0"
    assert told["load.playlist"] == "1 (null)"
    assert told["load.browser"] == "1 (null)"


@pytest.mark.environment("GET_USERNAME")
@pytest.mark.environment("GET_LANGUAGE")
def test_what_the_core_is_told_of_the_player(open_core: OpenCore) -> None:
    core = open_core("directories", host=Host(username="Zoë", language=Language.CZECH))
    core.run()
    for when in ("load", "run"):
        assert noted(core)[f"{when}.username"] == "1 Zoë"
        assert noted(core)[f"{when}.language"] == "1 27"


@pytest.mark.environment("GET_LANGUAGE", "refused with `Host(language=None)`")
def test_a_language_may_be_kept_to_oneself(open_core: OpenCore) -> None:
    assert noted(open_core("directories", host=Host(language=None)))["load.language"] == "0 99"


@pytest.mark.parametrize(
    ("wish", "error"),
    [
        ({"language": 37}, ValueError),
        ({"language": -1}, ValueError),
        ({"language": "German"}, TypeError),
        ({"username": 7}, TypeError),
        ({"username": "a\0b"}, ValueError),
    ],
)
def test_what_no_player_is_called(
    open_core: OpenCore, wish: dict[str, Any], error: type[Exception]
) -> None:
    with pytest.raises(error, match=next(iter(wish))):
        open_core("directories", host=Host(**wish))


@pytest.mark.environment("GET_SYSTEM_DIRECTORY")
@pytest.mark.environment("GET_SAVE_DIRECTORY")
@pytest.mark.environment("GET_CORE_ASSETS_DIRECTORY")
@pytest.mark.environment("GET_PLAYLIST_DIRECTORY")
@pytest.mark.environment("GET_FILE_BROWSER_START_DIRECTORY")
def test_directories_are_those_given(open_core: OpenCore, tmp_path: Path) -> None:
    names = ("system", "save", "assets", "playlist", "browser")
    given = {f"{name}_dir": tmp_path / f"{name} dir ä" for name in names}
    core = open_core(
        "directories",
        **{name: given[name] for name in ("system_dir", "save_dir", "assets_dir")},
        host=Host(playlist_dir=given["playlist_dir"], browser_dir=given["browser_dir"]),
    )
    told = noted(core)
    for name in names:
        assert told[f"load.{name}"] == f"1 {given[f'{name}_dir']}"
        assert given[f"{name}_dir"].is_dir()


def test_save_directories_of_two_cores_do_not_collide(open_core: OpenCore) -> None:
    first, second = open_core("directories"), open_core("directories")
    assert noted(first)["load.save"] != noted(second)["load.save"]


def test_private_directories_are_gone_after_close(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "pylibretro")
    core = open_core("directories")
    paths = [noted(core)[f"load.{name}"].split(" ", 1)[1] for name in ("system", "save", "assets")]
    core.close()
    assert f"save directory in deinit: 1 {paths[1]}" in caplog.text
    assert not any(os.path.exists(path) for path in paths)


@pytest.mark.environment("GET_PERF_INTERFACE")
def test_performance_interface(open_core: OpenCore) -> None:
    core = open_core("perf")
    core.run(3)
    answer, registered, calls, spent, time_runs, ticks_run, features = words(core)[:7]
    assert (answer, registered, calls, spent, time_runs, ticks_run) == (1, 1, 3, 1, 1, 1)
    assert features < 2**32


@pytest.mark.environment(
    "SET_FRAME_TIME_CALLBACK", "called before each frame with the core's reference time"
)
def test_frame_time_comes_before_each_frame(open_core: OpenCore) -> None:
    core = open_core("clocks")
    core.run(5)
    seen = words(core)
    assert seen[13] == 1
    assert seen[1] == 5, "once a frame"
    assert seen[2] == 16667, "the reference time, whatever the clock says"
    assert seen[4] == 0, "never twice before a frame"
    assert seen[17] == 0, "never missing before a frame"


@pytest.mark.environment("SET_AUDIO_CALLBACK")
def test_audio_callback(open_core: OpenCore) -> None:
    core = open_core("clocks")
    core.run(4)
    seen = words(core)
    assert seen[14] == 1
    assert seen[6:8] == [1, 1], "switched on once, before the first frame"
    assert seen[8] == 0, "never called while off"
    assert seen[5] >= 4
    assert len(core.audio) == 10 * seen[5]
    assert core.audio[:, 0].tolist() == [n for n in range(seen[5]) for _ in range(10)]


@pytest.mark.environment("SET_AUDIO_BUFFER_STATUS_CALLBACK")
def test_audio_buffer_status_never_warns(open_core: OpenCore) -> None:
    core = open_core("clocks")
    core.run(6)
    seen = words(core)
    assert seen[15:17] == [1, 1]
    assert seen[9] == 6
    assert seen[11] == 0


@pytest.mark.environment("SET_AUDIO_BUFFER_STATUS_CALLBACK")
def test_audio_buffer_status_can_be_taken_back(open_core: OpenCore) -> None:
    core = open_core("clocks", bytes([2]))
    core.run(6)
    assert words(core)[9] == 3


def test_the_answers_do_not_depend_on_time_or_place(open_core: OpenCore) -> None:
    first, second = open_core("answers"), open_core("answers")
    first.run()
    second.run()
    assert notes(first) == notes(second)


@pytest.mark.environment("SET_SUPPORT_ACHIEVEMENTS")
@pytest.mark.parametrize(("said", "heard"), [(0, None), (1, False), (2, True)])
def test_support_of_achievements(open_core: OpenCore, said: int, heard: bool | None) -> None:
    core = open_core("achievements", bytes([said]))
    assert core.supports_achievements is heard
