"""Watches, deltas, rewards, done and run_until of a CoreBatch, against the game's own RAM."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from observe import BuildCore, present

from pylibretro import Core, CoreBatch, CoreSpec, Joypad, RuleError, Watch

DIRECTIONS = [Joypad.UP, Joypad.DOWN, Joypad.LEFT, Joypad.RIGHT]
WATCHES = {
    "state": (0x05, "|u1"),
    "legal": (0x06, "|u1"),
    "moves": (0x0C, "<u4"),
    "score": (0x20, "<u4"),
    "corner": (0x10, "|u1"),
}
REWARDS = ["delta(score)", "1 if moves > previous(moves) else -0.25", "initial(score) + frames"]
DONE = "corner >= 2 and legal != 15"


@dataclass
class Model:
    """What a batch is to say of one game of 2048, worked out frame by frame in Python."""

    core: Core
    frames: int = 0
    initial: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.initial = self.values()

    def values(self) -> dict[str, int]:
        return {name: int(self.core.memory.read(*watch)) for name, watch in WATCHES.items()}

    def run(self, masks: list[int], stops: bool) -> dict[str, Any]:
        """Run a step; return what its row of each array is to hold."""
        rewards, done, deltas, ran = np.zeros(3), False, [], 0
        for mask in masks:
            before = self.values()
            self.core.run(1, [mask])
            now = self.values()
            self.frames += 1
            ran += 1
            deltas.append([now[name] - before[name] for name in WATCHES])
            rewards += [
                now["score"] - before["score"],
                1 if now["moves"] > before["moves"] else -0.25,
                self.initial["score"] + self.frames,
            ]
            if now["corner"] >= 2 and now["legal"] != 15:
                done = True
                if stops:
                    break
        deltas += [[0] * len(WATCHES)] * (len(masks) - ran)
        return {
            "frames_run": ran,
            "watches": list(self.values().values()),
            "watch_deltas": deltas,
            "rewards": rewards.tolist(),
            "done": done,
        }

    def begin(self) -> None:
        """A game begins here."""
        self.frames = 0
        self.initial = self.values()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_against_a_model(data: st.DataObject) -> None:
    count = data.draw(st.integers(1, 3))
    stops = data.draw(st.booleans())
    random = np.random.default_rng(data.draw(st.integers(0, 99)))
    specs = [CoreSpec("2048", options={"2048_seed": str(1 + i)}) for i in range(count)]
    models = [Model(Core(spec)) for spec in specs]
    try:
        beginnings = [model.core.snapshot() for model in models]
        with CoreBatch(
            specs,
            threads=data.draw(st.integers(1, 3)),
            watches=WATCHES,
            watch_deltas=True,
            reward=REWARDS,
            done=DONE,
            stop_when_done=stops,
        ) as batch:
            batch.reset_states = beginnings
            for _ in range(data.draw(st.integers(1, 10))):
                frames = data.draw(st.integers(0, 9))
                masks = random.choice([0, Joypad.START, *DIRECTIONS * 3], (frames, count, 1))
                batch.run(frames, masks.astype(np.uint16))
                for i, model in enumerate(models):
                    expected = model.run(masks[:, i, 0].tolist(), stops)
                    deltas = expected.pop("watch_deltas")
                    if frames:
                        assert present(batch.watch_deltas)[:, i].tolist() == deltas
                    for name, value in expected.items():
                        assert getattr(batch, name)[i].tolist() == value, name
                if data.draw(st.integers(0, 3)) == 0:
                    batch.reset(batch.done)
                    for i in np.flatnonzero(present(batch.done)).tolist():
                        models[i].core.restore(beginnings[i])
                        models[i].begin()
    finally:
        for model in models:
            model.core.close()


def test_run_until_against_a_model() -> None:
    """Each core stops by itself, in the frame after which the rule holds."""
    random = np.random.default_rng(3)
    specs = [CoreSpec("2048", options={"2048_seed": str(seed)}) for seed in range(1, 6)]
    matched = []
    with CoreBatch(specs, threads=3, watches=WATCHES) as batch:
        cores = [Core(spec) for spec in specs]
        for _ in range(25):
            masks = random.choice([Joypad.START, *DIRECTIONS], (20, 5, 1)).astype(np.uint16)
            found = batch.run_until("delta(score) >= 16 or moves == 60", 20, masks)
            matched += found.tolist()
            for i, core in enumerate(cores):
                ran, holds = 0, False
                while ran < 20 and not holds:
                    before = core.memory.read(0x20, "<u4")
                    core.run(1, masks[ran, i])
                    ran += 1
                    moves = core.memory.read(0x0C, "<u4")
                    holds = core.memory.read(0x20, "<u4") - before >= 16 or moves == 60
                assert (present(batch.frames_run)[i], found[i]) == (ran, holds)
                assert batch[i].memory.system_ram.tobytes() == core.memory.system_ram.tobytes()
                np.testing.assert_array_equal(batch.frames[i], core.frame)
        for core in cores:
            core.close()
    assert any(matched)
    assert not all(matched)


def test_run_until_leaves_no_rule_behind() -> None:
    with CoreBatch("2048", count=2, watches=WATCHES) as batch:
        assert batch.run_until("frames == 3", 10).tolist() == [True, True]
        assert batch.run(5).tolist() == [5, 5]
        assert batch.run_until("frames == 3", 10).tolist() == [False, False]
        assert batch.run_until("frames >= 0", 0).tolist() == [False, False]
        with pytest.raises(RuleError, match="lives"):
            batch.run_until("lives == 0", 10)
        assert [core.frame_count for core in batch] == [18, 18]


def test_types_masks_and_decimals(build_core: BuildCore) -> None:
    """As Memory.read, for each kind of number; the mask comes first."""
    kinds = [f"{order}{kind}" for order in "<>" for kind in ("u2", "i2", "u4", "i4", "i8", "d4")]
    kinds += ["|u1", "|i1", "|d1", "|n1", "<n3", ">n3"]
    data = np.array([0x12, 0x83, 0x45, 0x96, 0x78, 0x09, 0x31, 0x87], np.uint8)
    watches = {f"w{i}": Watch(8, kind) for i, kind in enumerate(kinds)}
    masked = {f"m{i}": Watch(8, kind, 0x0F) for i, kind in enumerate(kinds)}
    with CoreBatch(build_core("plain"), count=2, watches={**watches, **masked}) as batch:
        batch[1].memory.system_ram[8:16] = data
        batch.run()
        expected = [batch[1].memory.read(8, kind) for kind in kinds]
        assert present(batch.watches)[1, : len(kinds)].tolist() == expected
        assert present(batch.watches)[0].tolist() == [0] * 2 * len(kinds)
        for i, kind in enumerate(kinds, len(kinds)):
            order, size = kind[0], int(kind[2:])
            number = np.zeros(8, np.uint8)
            place = 8 if order != ">" else 8 + size - 1  # of the lowest byte
            number[place - 8] = data[place - 8] & 0x0F
            batch[0].memory.system_ram[8:16] = number
            assert present(batch.watches)[1, i] == batch[0].memory.read(8, kind), kind


def test_one_float_makes_all_watches_floats(build_core: BuildCore) -> None:
    watches = {"half": (8, "<f4"), "double": (16, ">f8"), "count": (0, "<u4")}
    with CoreBatch(build_core("plain"), count=2, watches=watches, watch_deltas=True) as batch:
        batch[0].memory.system_ram[8:12] = np.array([1.5], "<f4").view(np.uint8)
        batch[0].memory.system_ram[16:24] = np.array([-2.25e300], ">f8").view(np.uint8)
        batch.run(2)
        assert present(batch.watches).dtype == np.float64
        assert present(batch.watches).tolist() == [[1.5, -2.25e300, 2], [0, 0, 2]]
        assert present(batch.watch_deltas).shape == (2, 2, 3)
        assert present(batch.watch_deltas)[:, :, 2].tolist() == [[1, 1], [1, 1]]


def test_one_reward_is_a_number_for_each_core() -> None:
    with CoreBatch("2048", count=3, reward="0.5", done="frames == 6") as batch:
        batch.run(4)
        assert present(batch.rewards).tolist() == [2.0] * 3
        assert (present(batch.done).dtype, present(batch.done).tolist()) == (
            np.dtype(bool),
            [False] * 3,
        )
        batch.run(4)
        assert present(batch.done).tolist() == [True] * 3, "it held after the second frame"
        batch.send(frames=4, ids=[1])
        batch.send(frames=4, ids=[0, 2])
        result = batch.recv()
        assert result.rewards is not None
        assert result.done is not None
        assert (result.rewards.tolist(), result.done.tolist()) == ([2.0] * 3, [False] * 3)


def test_what_is_written_between_steps_is_a_change() -> None:
    with CoreBatch("2048", count=2, watches=WATCHES, reward="delta(score)") as batch:
        batch.run()
        batch[1].memory.system_ram[0x20:0x24] = np.array([100], "<u4").view(np.uint8)
        batch.run(3)
        assert present(batch.rewards).tolist() == [0, 100]
