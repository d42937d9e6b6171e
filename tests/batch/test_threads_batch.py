"""The threads of a CoreBatch, and others beside them: also what ThreadSanitizer looks at."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

import numpy as np
import pytest
from observe import BuildCore, content_of, present, words

from pylibretro import (
    AudioWindow,
    CoreBatch,
    CoreBusyError,
    CoreCrashedError,
    CoreSpec,
    LibretroError,
    Observation,
    ProtocolError,
)

FRAMES = {"frames": (0, "<u4"), "buttons": (4, "<u4")}


def mixed(build_core: BuildCore) -> list[CoreSpec]:
    """Cores of several kinds, one with threads of its own."""
    return [
        CoreSpec(build_core("batch"), content_of(0, 0, 0)),
        CoreSpec(build_core("audio")),
        CoreSpec(build_core("threads")),
        CoreSpec(build_core("batch"), content_of(4, 20, 0)),
        CoreSpec(build_core("plain")),
        CoreSpec(build_core("video")),
        CoreSpec("2048"),
    ]


def beside(work: Callable[[], object], others: list[Callable[[], object]]) -> None:
    """Do the others again and again in threads of their own until the work is done."""
    finished = threading.Event()
    failures: list[BaseException] = []

    def repeat(other: Callable[[], object]) -> None:
        try:
            while not finished.wait(0.001):  # or the work would hardly get the GIL
                other()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=repeat, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    try:
        work()
    finally:
        finished.set()
        for thread in threads:
            thread.join()
    if failures:
        raise failures[0]


@pytest.mark.parametrize("threads", [2, 4])
def test_steps_states_and_pictures(build_core: BuildCore, threads: int) -> None:
    with CoreBatch(
        mixed(build_core),
        threads=threads,
        observation=Observation((12, 16), gray=True, pool=2, stack=3),
        audio_window=AudioWindow(200, rate=11025),
        reward="frames",
        done="frames == 9",
    ) as batch:
        for frames in (1, 2, 3, 4):
            for _ in range(5):
                batch.run(frames, np.arange(len(batch)))
                assert len(batch.frames) == len(present(batch.observations)) == len(batch)
            states = batch.save_states()
            batch.run(frames)
            batch.load_states(states)
            batch.reset([frames])
        assert batch[0].frame_count == 50


def test_sent_steps(build_core: BuildCore) -> None:
    random = np.random.default_rng(1)
    with CoreBatch(mixed(build_core), threads=3, recv_size=2, observation=Observation((8, 8))) as b:
        here, frames, received = set(range(len(b))), np.zeros(len(b), int), 0
        for _ in range(150):
            ids = [i for i in here if random.integers(2)]
            count = int(random.integers(0, 4))
            b.send(np.arange(len(ids)), count, ids=ids)
            here -= set(ids)
            frames[ids] += count
            while b.steps_in_flight >= 2 and random.integers(4):
                result = b.recv()
                assert not here & set(result.ids.tolist())
                here |= set(result.ids.tolist())
                received += len(result.ids)
        while b.steps_in_flight >= 2:
            here |= set(b.recv().ids.tolist())
        if b.steps_in_flight:
            b.send(ids=[min(here)])
            frames[min(here)] += 1
            b.recv()
        assert [core.frame_count for core in b] == frames.tolist()
        assert received


def test_branches(build_core: BuildCore) -> None:
    with CoreBatch(build_core("batch"), count=5, threads=3, watches=FRAMES, reward="1") as batch:
        start = batch.save_states([0])[0]
        for _ in range(3):
            masks = np.random.default_rng(2).integers(0, 1 << 16, (23, 6)).astype(np.uint16)
            tried = batch.branch(start, masks, frames=2, save=True)
            assert tried.watches is not None
            assert tried.watches[:, :, 0].tolist() == [[2, 4, 6, 8, 10, 12]] * 23
            assert tried.watches[:, :, 1].tolist() == masks.tolist()


def test_errors(build_core: BuildCore) -> None:
    breaks = content_of(2, 3, 0)
    specs = [CoreSpec(build_core("batch"), breaks)] * 3
    crash = {"crash_where": "later", "crash_how": "throw"}
    specs += [CoreSpec(build_core("crash"), options=crash), CoreSpec(build_core("plain"))]
    with CoreBatch(specs, threads=4) as batch:
        batch.send(frames=2)
        batch.recv()
        with pytest.raises(ProtocolError):
            batch.run(3)
        with pytest.raises(CoreCrashedError):
            batch.run(3)
        batch.send(frames=3, ids=[0, 1, 2, 4])


def test_others_look_and_press_buttons_meanwhile(build_core: BuildCore) -> None:
    with CoreBatch(mixed(build_core), threads=3) as batch:
        cores = list(batch)

        def press() -> None:
            for core in cores:
                core.set_buttons(threading.get_ident() & 0xFFFF)

        def look() -> None:
            for core in cores:
                assert core.info.name
                assert isinstance(core.log, (list, tuple))
                assert core.messages is not None

        tries = iter(range(20))  # without an end, this thread might be the only one to run

        def interfere() -> None:
            for use in (batch.run, lambda: batch.frames, batch[1].run, batch.recv):
                with suppress(CoreBusyError):
                    if next(tries, None) is not None:
                        use()

        def work() -> None:
            done = 0
            while done < 6:
                try:
                    batch.run(2)
                    done += 1
                except CoreBusyError:
                    pass

        beside(work, [press, look, interfere])
        counts = [core.frame_count for core in cores]
        assert min(counts) >= 12
        assert words(batch[4])[0] == counts[4]


def test_batches_are_born_and_die_beside_each_other(build_core: BuildCore) -> None:
    path = build_core("batch")

    def live() -> None:
        for count in (1, 2, 5):
            with CoreBatch(path, count=count, threads=2) as batch:
                batch.run(3)
                batch.send(frames=5)
                if count == 2:
                    assert batch.recv().frames_run.tolist() == [5, 5]

    def refuse() -> None:
        try:
            CoreBatch([CoreSpec(path), CoreSpec(build_core("refuse"), b"game")], threads=2)
        except LibretroError:
            return
        raise AssertionError("it was opened")

    beside(live, [live, refuse])


def test_a_batch_handed_from_thread_to_thread(build_core: BuildCore) -> None:
    with CoreBatch(build_core("threads"), count=3, threads=2) as batch:
        for turn in range(1, 6):
            thread = threading.Thread(target=batch.run, args=(3,))
            thread.start()
            thread.join()
            batch.send(frames=1)
            thread = threading.Thread(target=batch.recv)
            thread.start()
            thread.join()
            assert [core.frame_count for core in batch] == [4 * turn] * 3
            assert all(words(core)[1] == 0 for core in batch)
