"""The record of what a core and its frontend call of each other."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from observe import OpenCore, content_of, words
from real import PLAYS, Play

from pylibretro import Core, Device
from pylibretro.enums import EnvironmentCommand
from pylibretro.error import LibretroError

RUN, LOAD_GAME, DEINIT = range(3)
NO_NULL = 1 << 31


def test_commands_with_where_they_came_from_and_what_was_answered(open_core: OpenCore) -> None:
    unknown = 0x1234
    numbers = [EnvironmentCommand.GET_CAN_DUPE, unknown, EnvironmentCommand.GET_CAN_DUPE]
    core = open_core("environment", content_of(RUN, *numbers), record_calls=True)
    core.run(2)
    of_run = [command for command in core.recorded_calls.commands if command.entry == "run"]
    assert [(c.command, c.name, c.answer, c.null, c.count, c.frame) for c in of_run] == [
        (3, "GET_CAN_DUPE", True, False, 2, 0),
        (3, "GET_CAN_DUPE", True, True, 2, 0),
        (unknown, None, False, False, 1, 0),
        (unknown, None, False, True, 1, 0),
    ]
    assert not any(command.foreign_thread for command in of_run)
    orders = [command.order for command in core.recorded_calls.commands]
    assert orders == sorted(set(orders))
    entries = {command.entry for command in core.recorded_calls.commands}
    assert entries >= {"set_environment", "init", "run"}


def test_commands_of_the_end_can_be_read_after_close(open_core: OpenCore) -> None:
    numbers = [EnvironmentCommand.GET_SAVE_DIRECTORY | NO_NULL]
    core = open_core("environment", content_of(DEINIT, *numbers), record_calls=True)
    core.close()
    last = core.recorded_calls.commands[-1]
    assert (last.name, last.entry, last.answer) == ("GET_SAVE_DIRECTORY", "deinit", True)
    assert core.recorded_calls.entries["unload_game"].calls == 1


def test_callbacks_of_other_threads(open_core: OpenCore) -> None:
    core = open_core("threads", record_calls=True)
    core.run(3)
    foreign = {kind for kind, _, foreign in core.recorded_calls.callbacks if foreign}
    assert "video_refresh" in foreign or "audio_sample_batch" in foreign
    assert "environment" in foreign


def test_functions_are_counted(open_core: OpenCore) -> None:
    core = open_core("plain", record_calls=True)
    core.run(5)
    core.set_controller(1, Device.MOUSE)
    core.reset()
    core.load_state(core.save_state())
    entries = core.recorded_calls.entries
    calls = {name: entry.calls for name, entry in entries.items()}
    assert calls["run"] == 5
    assert calls["set_controller_port_device"] == 3
    assert (calls["reset"], calls["serialize"], calls["unserialize"]) == (1, 1, 1)
    assert (calls["init"], calls["load_game"], calls["set_environment"]) == (1, 1, 1)
    assert "deinit" not in calls
    assert 0 <= entries["run"].longest <= entries["run"].seconds
    (size,) = core.recorded_calls.state_sizes
    assert size.size == len(core.save_state())
    assert size.count >= 2


def test_pictures_and_input(open_core: OpenCore) -> None:
    core = open_core("plain", record_calls=True)
    core.run(4)
    (picture,) = core.recorded_calls.pictures
    assert (picture.kind, picture.width, picture.height, picture.pitch) == ("data", 32, 24, 128)
    assert (picture.max_width, picture.max_height, picture.format) == (32, 24, 1)
    assert (picture.entry, picture.count, picture.frame) == ("run", 4, 0)
    assert core.recorded_calls.callbacks["video_refresh", "run", False] == 4
    echo = open_core("input", bytes([0, 1]), record_calls=True)
    echo.run(2)
    record = echo.recorded_calls
    asked = {(q.port, q.device, q.index, q.id) for q in record.queries}
    assert (0, Device.JOYPAD, 0, 256) in asked
    assert any(device == Device.KEYBOARD for _, device, _, _ in asked)
    assert all(query.count % 2 == 0 for query in record.queries)
    asked_in_all = record.callbacks["input_state", "run", False]
    assert asked_in_all == sum(q.count for q in record.queries) + record.left_out
    assert record.left_out > 0, "this core asks for more than is kept"
    assert record.unpolled == asked_in_all, "this core never polls"
    assert core.recorded_calls.left_out == 0


def test_sound(open_core: OpenCore) -> None:
    rows = [(0, 1, 500), (0, 0, 3), (1, 1, 700), (2**32 - 1, 1, 0)]
    core = open_core("audio", content_of(*(w for row in rows for w in row)), record_calls=True)
    core.run(2)
    record = core.recorded_calls
    assert record.audio_frames == 1203
    assert record.largest_batch == 700
    assert record.callbacks["audio_sample", "run", False] == 3
    assert record.audio_null == 0


def test_any_number_of_cores_is_recorded(open_core: OpenCore) -> None:
    cores = [open_core("plain", record_calls=True) for _ in range(50)]
    for number, core in enumerate(cores):
        core.run(number)
    assert [core.recorded_calls.entries["run"].calls for core in cores[1:]] == list(range(1, 50))
    cores[3].close()
    again = open_core("plain", record_calls=True)
    again.run(2)
    assert again.recorded_calls.entries["run"].calls == 2
    assert cores[3].recorded_calls.entries["run"].calls == 3


def test_a_core_that_crashes_is_recorded_until_then(open_core: OpenCore) -> None:
    core = open_core("plain", record_calls=True)
    core.run(1)
    assert core.recorded_calls.entries["run"].calls == 1
    assert words(core)[0] == 1


def test_nothing_is_recorded_unless_asked(open_core: OpenCore) -> None:
    with pytest.raises(LibretroError, match="record_calls=True"):
        _ = open_core("plain").recorded_calls


@pytest.mark.parametrize(
    "play", [play for play in PLAYS if play.game == "airstriker"], ids=lambda play: play.id
)
def test_a_recorded_core_runs_as_any_other(play: Play, tmp_path: Path) -> None:
    seen = []
    for record in (False, True):
        with Core(
            play.core, play.content(tmp_path), options=play.options, record_calls=record
        ) as core:
            captured = core.capture(60, [8] * 60, audio=True)
            seen.append((captured.frames, captured.audio, core.save_state()))
    np.testing.assert_array_equal(seen[0][0], seen[1][0])
    np.testing.assert_array_equal(seen[0][1], seen[1][1])
    assert seen[0][2] == seen[1][2]
