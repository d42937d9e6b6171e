"""The location: where the core is told to be, and what it asks."""

from __future__ import annotations

from typing import Any

import pytest
from observe import BuildCore, OpenCore, notes, words

from pylibretro import CoreBatch, CoreBusyError, LibretroError, LocationPosition, Peripherals

HERE = LocationPosition(48.208176, 16.373819, 5.5, 12.25)
TOLD = "48.208176 16.373819 5.50 12.25"
NOWHERE = "0.000000 0.000000 0.00 0.00"


@pytest.mark.environment("GET_LOCATION_INTERFACE", "unknown unless set: `core.location`")
def test_unknown_unless_told(open_core: OpenCore) -> None:
    core = open_core("location")
    core.run(2)
    assert words(core)[:2] == [1, 1]
    assert notes(core) == [f"1: 0 {NOWHERE}", f"2: 0 {NOWHERE}"]
    assert core.location.position is None


@pytest.mark.environment("GET_LOCATION_INTERFACE", "refused with `Peripherals(location=None)`")
@pytest.mark.parametrize("refusal", [None, False])
def test_the_location_can_be_refused(open_core: OpenCore, refusal: Any) -> None:
    core = open_core("location", peripherals=Peripherals(location=refusal))
    core.run(2)
    assert words(core)[0] == 0
    assert notes(core) == []
    with pytest.raises(LibretroError, match="location=True"):
        core.location.position = HERE


def test_a_position_from_the_start(open_core: OpenCore) -> None:
    core = open_core("location", peripherals=Peripherals(location=HERE))
    core.run()
    assert notes(core) == [f"1: 1 {TOLD}"]
    assert core.location.position == HERE


def test_a_position_can_change_between_frames(open_core: OpenCore) -> None:
    core = open_core("location")
    core.location.position = HERE
    core.run(2)
    core.location.position = LocationPosition(-90, 180)
    core.run()
    core.location.position = None
    core.run()
    assert notes(core) == [
        f"1: 1 {TOLD}",
        f"2: 1 {TOLD}",
        "3: 1 -90.000000 180.000000 0.00 0.00",
        f"4: 0 {NOWHERE}",
    ]


def test_nothing_is_told_while_it_is_stopped(open_core: OpenCore) -> None:
    core = open_core("location", bytes([2, 4]), peripherals=Peripherals(location=HERE))
    assert core.location.interval == (0, 0)
    core.run()
    assert not core.location.started
    core.run(2)
    assert core.location.started
    assert core.location.interval == (1500, 20)
    core.run()
    assert not core.location.started
    assert notes(core) == [f"1: 0 {NOWHERE}", f"2: 1 {TOLD}", f"3: 1 {TOLD}", f"4: 0 {NOWHERE}"]


def test_the_core_is_told_when_the_location_comes_and_goes(
    open_core: OpenCore, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "pylibretro")
    core = open_core("location")
    core.run(3)
    core.close()
    said = [record.getMessage() for record in caplog.records]
    assert said == ["0: initialized", "3: deinitialized", "3: unloaded"]


@pytest.mark.parametrize(
    ("position", "error"),
    [
        (LocationPosition(90.5, 0), ValueError),
        (LocationPosition(0, -181), ValueError),
        (LocationPosition(float("nan"), 0), ValueError),
        (LocationPosition(0, 0, -1), ValueError),
        (LocationPosition(0, 0, 0, float("nan")), ValueError),
        (LocationPosition("north", 0), TypeError),  # type: ignore[arg-type]
        ((48.0, 16.0), TypeError),
        (48.0, TypeError),
    ],
)
def test_wrong_positions_are_refused_and_change_nothing(
    open_core: OpenCore, position: Any, error: type[Exception]
) -> None:
    core = open_core("location", peripherals=Peripherals(location=HERE))
    with pytest.raises(error):
        core.location.position = position
    assert core.location.position == HERE
    with pytest.raises(error):
        open_core("location", peripherals=Peripherals(location=position))


def test_each_core_of_a_batch_is_somewhere(build_core: BuildCore) -> None:
    with CoreBatch(
        build_core("location"), count=2, peripherals=Peripherals(location=HERE)
    ) as batch:
        batch[1].location.position = None
        batch.run()
        assert [notes(core) for core in batch] == [[f"1: 1 {TOLD}"], [f"1: 0 {NOWHERE}"]]
        batch.send()
        with pytest.raises(CoreBusyError):
            batch[0].location.position = None
        batch.recv()
