"""A step of a CoreBatch allocates nothing, and touches no memory that it has not touched before."""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import pytest
from child import PRELUDE, run_child
from compiler import NoCompilerError, build_library
from observe import BuildCore

STEPS = 1000

MEASURE = """
import ctypes, json, resource
probe = ctypes.CDLL(None)
for counter in (probe.malloc_probe_here, probe.malloc_probe_elsewhere):
    counter.restype = ctypes.c_ulong

def batch_of(count):
    return CoreBatch(
        sys.argv[1], count=count, threads=3,
        observation=Observation((84, 84), gray=True, pool=2, stack=4),
        audio_window=AudioWindow(735, rate=22050),
        watches={"buttons": (0, "<u4")}, reward="delta(buttons)", done="frames < 0",
    )

def run(batch, frames, masks):
    batch.run(frames, masks)

def send(batch, frames, masks):
    batch.send(masks, frames)
    batch.recv()

def measure(step, count, frames):
    with batch_of(count) as batch:
        masks = np.arange(count, dtype=np.uint16)
        for _ in range(300):
            step(batch, frames, masks)
        gc.disable()
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        here, elsewhere = probe.malloc_probe_here(), probe.malloc_probe_elsewhere()
        for _ in range(STEPS):
            step(batch, frames, masks)
        here = probe.malloc_probe_here() - here
        elsewhere = probe.malloc_probe_elsewhere() - elsewhere
        faults = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - faults
        gc.enable()
        return {"here": here, "elsewhere": elsewhere, "faults": faults}

step = {"run": run, "send": send}[sys.argv[2]]
results = [measure(step, 2, 1), measure(step, 12, 4)]
assert probe.malloc_probe_here() and probe.malloc_probe_elsewhere(), "nothing is counted"
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def counting(build_cache: Path) -> Path:
    if sys.platform != "linux" or platform.libc_ver()[0] != "glibc":
        pytest.skip("the probe stands in front of the functions of glibc")
    if os.environ.get("LD_PRELOAD"):
        pytest.skip("somebody else stands in front of malloc()")
    try:
        return build_library(
            Path(__file__).with_name("malloc_probe.c"), "malloc_probe", build_cache, "-O2"
        )
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("call", ["run", "send"])
def test_a_step_allocates_nothing_but_its_results(
    counting: Path, build_core: BuildCore, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    monkeypatch.setenv("LD_PRELOAD", str(counting))
    prelude = f"{PRELUDE}\nSTEPS = {STEPS}\n"
    few, many = json.loads(run_child(MEASURE, build_core("trivial"), call, prelude=prelude))
    assert few["elsewhere"] == many["elsewhere"] == 0
    # Python's own objects for the results of a step are as many whatever the size of the batch.
    assert many["here"] <= few["here"] + STEPS // 100
    assert max(few["faults"], many["faults"]) < STEPS // 20
