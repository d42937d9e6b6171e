"""A state is what it was, whatever a core does with the memory that it loads it from."""

from __future__ import annotations

from observe import BuildCore, OpenCore, words

from pylibretro import CoreBatch, CoreSpec


def test_a_snapshot_can_be_restored_again(open_core: OpenCore) -> None:
    core = open_core("writes_into_states")
    core.run(5)
    state = core.snapshot()
    for _ in range(6):
        core.run(3)
        core.restore(state)
        assert words(core)[0] == 5


def test_the_users_bytes_stay(open_core: OpenCore) -> None:
    core = open_core("writes_into_states")
    core.run(5)
    data = core.save_state()
    before = bytes(bytearray(data))
    for _ in range(6):
        core.load_state(data)
        assert data == before
        assert core.save_state() == before


def test_cores_of_a_batch_share_a_state(build_core: BuildCore) -> None:
    with CoreBatch([CoreSpec(build_core("writes_into_states"))] * 4, threads=2) as batch:
        batch.run(7)
        state = batch[0].snapshot()
        for _ in range(6):
            batch.run(2)
            batch.load_states([state] * 4)
            assert [words(core)[0] for core in batch] == [7] * 4
