"""Rumble, LEDs, sensors and power: what the core does with them, and what it is answered."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from observe import BuildCore, OpenCore, notes, words

from pylibretro import (
    PORT_INPUT,
    Core,
    CoreBatch,
    CoreBusyError,
    CoreSpec,
    DevicePower,
    Peripherals,
    PowerState,
)
from pylibretro.enums import Sensor


@pytest.mark.parametrize(
    "argument",
    [
        pytest.param(
            argument,
            marks=pytest.mark.environment(command, f"refused with `Peripherals({argument}=None)`"),
        )
        for argument, command in [
            ("rumble", "GET_RUMBLE_INTERFACE"),
            ("leds", "GET_LED_INTERFACE"),
            ("sensors", "GET_SENSOR_INTERFACE"),
        ]
    ],
)
@pytest.mark.parametrize("refusal", [None, False])
def test_what_is_not_available_is_refused(
    open_core: OpenCore, argument: str, refusal: bool | None
) -> None:
    plugged_in: dict[str, Any] = {argument: refusal}
    offered = open_core(argument)
    refused = open_core(argument, peripherals=Peripherals(**plugged_in))
    offered.run()
    refused.run()
    assert (words(offered)[0], words(refused)[0]) == (1, 0)
    with pytest.raises(TypeError, match=argument):
        open_core(argument, peripherals=Peripherals(**{**plugged_in, argument: "yes"}))


@pytest.mark.environment("GET_RUMBLE_INTERFACE", "`core.rumble`, `core.rumble_peak`")
def test_rumble(open_core: OpenCore) -> None:
    core = open_core("rumble")
    assert core.rumble.tolist() == [[0, 0]] * 16
    core.run(3)
    assert core.rumble.tolist()[:2] == [[2000, 20], [3000, 30]]
    assert words(core)[:5] == [1, 1, 1, 0, 0], "a port and a motor that are not there are refused"


def test_rumble_peak_is_the_strongest_of_the_last_run(open_core: OpenCore) -> None:
    core = open_core("rumble", bytes([0, 200, 3, 0, 0, 9, 4, 4]))
    core.run(4)
    assert (core.rumble[0, 0], core.rumble_peak[0, 0]) == (0, 200 * 256)
    core.run(1)
    assert core.rumble_peak[0, 0] == 0
    core.capture(2)
    assert (core.rumble[0, 0], core.rumble_peak[0, 0]) == (4 * 256, 9 * 256)
    core.run(1)
    assert core.rumble_peak.tolist()[0] == [4 * 256, 0], "what goes on is at least as strong"
    assert not core.rumble_peak[1:].any()


def test_rumble_peak_of_a_batch_is_that_of_its_step(build_core: BuildCore) -> None:
    contents = [bytes([7, 0, 0, 1]), bytes([0, 5, 0, 0])]
    specs = [CoreSpec(build_core("rumble"), content) for content in contents]
    with CoreBatch(specs) as batch:
        batch.run(3)
        assert [core.rumble_peak[0, 0] for core in batch] == [7 * 256, 5 * 256]
        batch.run(1)
        assert [core.rumble_peak[0, 0] for core in batch] == [256, 0]


@pytest.mark.environment("GET_LED_INTERFACE", "`core.leds`")
def test_leds(open_core: OpenCore) -> None:
    core = open_core("leds")
    assert core.leds.tolist() == [0] * 32
    core.run(5)
    assert core.leds.tolist() == [1, 0, 1, 0, 0, 0, 0, 0, *[0] * 23, -5]
    assert words(core)[:2] == [1, 1]


def test_leds_come_back_with_a_state(open_core: OpenCore) -> None:
    core = open_core("leds")
    core.run(6)
    state = core.snapshot()
    core.run(3)
    for other in (core, open_core("leds")):
        other.restore(state)
        assert other.leds[:4].tolist() == [0, 1, 1, 0]


def readings(core: Core) -> np.ndarray[Any, Any]:
    """What tests/cores/sensors.c read in its last frame."""
    words_of_ram = core.memory.system_ram.view(np.float32)
    return np.array(words_of_ram[64 : 64 + 16 * 7]).reshape(16, 7)


def test_sensors_measure_nothing_unless_told(open_core: OpenCore) -> None:
    core = open_core("sensors")
    core.run()
    assert not readings(core).any()
    assert words(core)[60] == 0


@pytest.mark.environment("GET_SENSOR_INTERFACE", "measures what `core.inputs` holds")
@pytest.mark.parametrize("way", ["live", "inputs", "batch"])
def test_every_sensor_of_every_port(open_core: OpenCore, build_core: BuildCore, way: str) -> None:
    records = np.zeros(16, PORT_INPUT)
    values = np.arange(16 * 7, dtype=np.float32).reshape(16, 7) * 0.25 - 10
    values[3, 2] = np.float32(-1e30)
    records["accelerometer"] = values[:, Sensor.ACCELEROMETER_X : Sensor.ACCELEROMETER_Z + 1]
    records["gyroscope"] = values[:, Sensor.GYROSCOPE_X : Sensor.GYROSCOPE_Z + 1]
    records["illuminance"] = values[:, Sensor.ILLUMINANCE]
    if way == "batch":
        with CoreBatch(build_core("sensors"), count=2) as batch:
            batch.run(1, np.stack([np.zeros(16, PORT_INPUT), records]))
            seen, senseless = readings(batch[1]), words(batch[1])[60]
            assert not readings(batch[0]).any()
    else:
        core = open_core("sensors")
        if way == "live":
            core.inputs = records
            core.run()
        else:
            core.run(2, inputs=np.stack([np.zeros(16, PORT_INPUT), records]))
        seen, senseless = readings(core), words(core)[60]
    np.testing.assert_array_equal(seen, values)
    assert senseless == 0


@pytest.mark.environment("GET_SENSOR_INTERFACE", "what is enabled: `core.sensors`")
def test_sensors_that_the_core_enables(open_core: OpenCore) -> None:
    asked = [
        (0, 0, 60),  # accelerometer
        (2, 2, 0),  # gyroscope, at any rate
        (2, 4, 10),  # illuminance
        (15, 4, 20),
        (15, 5, 30),  # and off again
        (16, 0, 1),
        (255, 0, 1),
        (0, 6, 1),
    ]
    core = open_core("sensors", bytes(number for action in asked for number in action))
    assert set(core.sensors) == {(None, None, None)}
    core.run()
    assert words(core)[1:9] == [1, 1, 1, 1, 1, 0, 0, 0]
    assert core.sensors[0] == (60, None, None)
    assert core.sensors[2] == (None, 0, 10)
    assert core.sensors[15] == (None, None, None)
    assert len(core.sensors) == 16


def test_masks_leave_the_sensors_alone(open_core: OpenCore) -> None:
    core = open_core("sensors")
    core.inputs["illuminance"][0] = 5
    core.run(2, inputs=[1, 2])
    assert readings(core)[0, Sensor.ILLUMINANCE] == 5


@pytest.mark.environment("GET_DEVICE_POWER", "`core.power`: plugged in unless set")
def test_power_is_plugged_in_unless_told(open_core: OpenCore) -> None:
    core = open_core("power")
    core.run()
    assert notes(core) == ["1 4 -1 100"] * 2
    assert words(core)[0] == 1
    assert core.power == DevicePower() == (PowerState.PLUGGED_IN, None, 100)


@pytest.mark.parametrize("state", list(PowerState))
def test_power_can_be_told_from_the_start(open_core: OpenCore, state: PowerState) -> None:
    core = open_core(
        "power", peripherals=Peripherals(power=DevicePower(state, seconds=0, percent=None))
    )
    core.run()
    assert notes(core) == [f"1 {int(state)} 0 -1"] * 2
    assert core.power == (state, 0, None)


def test_power_can_change_between_frames(open_core: OpenCore) -> None:
    core = open_core("power")
    core.power = DevicePower(PowerState.DISCHARGING, 3600, 42)
    core.run(2)
    core.power = DevicePower(PowerState.CHARGING, None, 0)
    core.reset()
    core.power = None
    core.run()
    assert notes(core)[1:] == ["1 1 3600 42"] * 2 + ["1 2 -1 0", "0 77 77 77"]
    assert words(core)[0] == 0
    assert core.power is None


@pytest.mark.environment("GET_DEVICE_POWER", "refused with `Peripherals(power=None)`")
@pytest.mark.parametrize("refusal", [None, False])
def test_power_can_be_refused(open_core: OpenCore, refusal: Any) -> None:
    core = open_core("power", peripherals=Peripherals(power=refusal))
    assert notes(core) == ["0 77 77 77"]
    assert core.power is None


@pytest.mark.parametrize(
    ("power", "error"),
    [
        (DevicePower(percent=101), ValueError),
        (DevicePower(percent=-1), ValueError),
        (DevicePower(percent=300), (ValueError, OverflowError)),
        (DevicePower(seconds=-1), ValueError),
        (DevicePower(seconds=1 << 40), OverflowError),
        (DevicePower(7), ValueError),  # type: ignore[arg-type]
        ((4, None, 100), TypeError),
        (4, TypeError),
    ],
)
def test_wrong_power_is_refused_and_changes_nothing(
    open_core: OpenCore, power: Any, error: type[Exception]
) -> None:
    core = open_core("power")
    with pytest.raises(error):
        core.power = power
    assert core.power == DevicePower()
    with pytest.raises(error):
        open_core("power", peripherals=Peripherals(power=power))


def test_power_of_one_core_of_a_batch(build_core: BuildCore) -> None:
    with CoreBatch(
        build_core("power"), count=2, peripherals=Peripherals(power=DevicePower(percent=50))
    ) as batch:
        batch[1].power = DevicePower(percent=7)
        batch.run(1)
        assert [notes(core)[-1] for core in batch] == ["1 4 -1 50", "1 4 -1 7"]
        batch.send()
        with pytest.raises(CoreBusyError):
            batch[0].power = None
        batch.recv()
