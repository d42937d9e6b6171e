"""MIDI: bytes to the core and from it, in order and with their times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from observe import BuildCore, OpenCore, notes, words

from pylibretro import CoreBatch, CoreBusyError, LibretroError, MIDIPorts, Peripherals

OFFERED, INPUT, OUTPUT, WRITTEN, FLUSHED, READ_NULL, READ = range(7)


@pytest.mark.environment("GET_MIDI_INTERFACE", "input and output: `core.midi`")
def test_bytes_go_in_and_come_out(open_core: OpenCore) -> None:
    core = open_core("midi")
    core.run()
    core.midi.send(b"\x90\x3c\x40")
    core.midi.send([0xF8])
    assert core.midi.waiting == 4
    core.run(2)
    assert core.midi.waiting == 0
    assert notes(core) == ["2: 90 3c 40 f8"]
    assert words(core)[:6] == [1, 1, 1, 1, 1, 0]
    output = core.midi.take_output()
    assert output["byte"].tobytes() == b"\x91\x3d\x41\xf9"
    assert output["delta_time"].tolist() == [102] * 4
    assert output["frame"].tolist() == [1] * 4
    assert len(core.midi.take_output()) == 0


@pytest.mark.environment("GET_MIDI_INTERFACE", "refused with `Peripherals(midi=None)`")
@pytest.mark.parametrize("refusal", [None, False])
def test_midi_can_be_refused(open_core: OpenCore, refusal: Any) -> None:
    core = open_core("midi", peripherals=Peripherals(midi=refusal))
    core.run()
    assert words(core)[OFFERED] == 0
    assert len(core.midi.take_output()) == 0
    with pytest.raises(LibretroError, match="midi=True"):
        core.midi.send(b"\x90")
    with pytest.raises(LibretroError, match="midi=True"):
        core.midi.output_enabled = True


@pytest.mark.environment("GET_MIDI_INTERFACE", "what is plugged in: `MIDIPorts`")
@pytest.mark.parametrize("input_enabled", [False, True])
@pytest.mark.parametrize("output_enabled", [False, True])
def test_ports(open_core: OpenCore, input_enabled: bool, output_enabled: bool) -> None:
    core = open_core(
        "midi", peripherals=Peripherals(midi=MIDIPorts(input=input_enabled, output=output_enabled))
    )
    assert (core.midi.input_enabled, core.midi.output_enabled) == (input_enabled, output_enabled)
    core.midi.send(b"\x01\x02")
    core.run()
    seen = words(core)
    assert (seen[INPUT], seen[OUTPUT], seen[FLUSHED]) == (
        input_enabled,
        output_enabled,
        output_enabled,
    )
    assert seen[READ] == 2 * input_enabled
    assert seen[WRITTEN] == (input_enabled and output_enabled)
    assert len(core.midi.take_output()) == 2 * (input_enabled and output_enabled)


def test_ports_can_change_between_frames(open_core: OpenCore) -> None:
    core = open_core("midi", peripherals=Peripherals(midi=MIDIPorts(input=False, output=False)))
    core.midi.send(b"\x01")
    core.run()
    core.midi.input_enabled = core.midi.output_enabled = True
    core.run()
    core.midi.input_enabled = False
    core.midi.send(b"\x02")
    core.run()
    assert notes(core) == ["2: 01"]
    assert core.midi.take_output()["byte"].tolist() == [2]


@pytest.mark.parametrize("at_once", [1, 10])
def test_bytes_can_be_for_later_frames(open_core: OpenCore, at_once: int) -> None:
    core = open_core("midi")
    core.midi.send(b"\x01", frame=0)
    core.midi.send(b"\x02", frame=3)
    core.midi.send(b"\x03\x04", frame=3)
    core.midi.send(b"\x05", frame=8)
    for _ in range(10 // at_once):
        core.run(at_once)
    assert notes(core) == ["1: 01", "4: 02 03 04", "9: 05"]
    assert core.midi.take_output()["frame"].tolist() == [0, 3, 3, 3, 8]


def test_bytes_are_read_in_the_order_in_which_they_were_sent(open_core: OpenCore) -> None:
    core = open_core("midi")
    core.run(5)
    with pytest.raises(ValueError, match="at frame 5"):
        core.midi.send(b"\x01", frame=4)
    core.midi.send(b"\x02", frame=9)
    for wrong in ({"frame": 8}, {}):
        with pytest.raises(ValueError, match="frame=9"):
            core.midi.send(b"\x03", **wrong)
    core.midi.send(b"\x04", frame=9)
    core.run(10)
    core.midi.send(b"\x05")
    core.run()
    assert notes(core) == ["10: 02 04", "16: 05"]


@pytest.mark.parametrize("data", [5, "text", None, [256], [-1], [0.5]])
def test_wrong_data_is_refused(open_core: OpenCore, data: Any) -> None:
    core = open_core("midi")
    with pytest.raises((TypeError, ValueError)):
        core.midi.send(data)
    assert core.midi.waiting == 0
    with pytest.raises(TypeError, match="midi"):
        open_core("midi", peripherals=Peripherals(midi="yes"))  # type: ignore[arg-type]


def test_a_state_knows_how_much_was_read(open_core: OpenCore) -> None:
    first, second = open_core("midi", bytes([2])), open_core("midi", bytes([2]))
    for core in (first, second):
        core.midi.send(range(1, 9))
    first.run(2)
    state = first.snapshot()
    first.run(2)
    assert notes(first) == ["1: 01 02", "2: 03 04", "3: 05 06", "4: 07 08"]
    second.run(1)
    for core in (first, second):
        before = len(notes(core))
        core.restore(state)
        assert core.midi.waiting == 4
        core.run(3)
        assert notes(core)[before:] == ["3: 05 06", "4: 07 08"]


def test_a_state_of_a_core_that_was_sent_more(open_core: OpenCore) -> None:
    first, second = open_core("midi"), open_core("midi")
    first.midi.send(range(10))
    first.run()
    second.restore(first.snapshot())
    assert second.midi.waiting == 0
    second.midi.send(b"\x42")
    second.run()
    assert notes(second) == ["2: 42"]


def test_more_than_anybody_takes(open_core: OpenCore) -> None:
    kept = 1 << 18
    core = open_core("midi", bytes([250]))
    data = np.arange(kept + 1000, dtype=np.uint64).astype(np.uint8)
    core.midi.send(data)
    core.run(kept // 250 + 10)
    assert words(core)[READ] == len(data)
    output = core.midi.take_output()
    assert kept // 2 <= len(output) <= kept
    np.testing.assert_array_equal(output["byte"], (data + 1).astype(np.uint8)[-len(output) :])
    core.midi.send(b"\x07")
    assert core.midi.waiting == 1
    core.run()
    assert core.midi.take_output()["byte"].tolist() == [8]


def test_each_core_of_a_batch_has_its_cables(build_core: BuildCore) -> None:
    with CoreBatch(build_core("midi"), count=3, threads=2) as batch:
        for number, core in enumerate(batch):
            core.midi.send([number] * number)
        batch.run(3)
        for number, core in enumerate(batch):
            assert core.midi.take_output()["byte"].tolist() == [number + 1] * number
        batch.send()
        with pytest.raises(CoreBusyError):
            batch[0].midi.send(b"\x00")
        batch.recv()
