"""Results go into whatever memory the caller has: NumPy's, Python's buffers, DLPack's tensors."""

from __future__ import annotations

import array
import ctypes
import mmap
from collections.abc import Callable, Iterator
from multiprocessing.shared_memory import SharedMemory
from typing import Any

import numpy as np
import pytest

from pylibretro import Core, CoreBatch, Joypad, Observation
from pylibretro.envs.registration import game_2048
from pylibretro.envs.vector import LibretroVectorEnv

try:
    import torch
except ImportError:
    torch = None

SHAPE = (2, 3, 24, 32)
BYTES = 2 * 3 * 24 * 32


class Tensor:
    """What shows memory by DLPack and in no other way."""

    def __init__(self, held: np.ndarray, device: int = 1) -> None:
        self.held, self.where = held, (device, 0)

    def __dlpack__(self, **arguments: Any) -> Any:
        return self.held.__dlpack__(**arguments)

    def __dlpack_device__(self) -> tuple[int, int]:
        return self.where


def zeros(*shape: int, **arguments: Any) -> Any:
    if torch is None:
        pytest.skip("PyTorch is not installed")
    return torch.zeros(*shape, dtype=torch.uint8, **arguments)


def pinned() -> Any:
    try:
        return zeros(*SHAPE).pin_memory()
    except RuntimeError as error:
        pytest.skip(f"PyTorch pins no memory here: {error}")


OUTPUTS: dict[str, Callable[[], Any]] = {
    "NumPy": lambda: np.zeros(SHAPE, np.uint8),
    "PyTorch": lambda: zeros(*SHAPE),
    "PyTorch, pinned": pinned,
    "PyTorch, a part": lambda: zeros(4, *SHAPE)[2],
    "DLPack": lambda: Tensor(np.zeros(SHAPE, np.uint8)),
    "DLPack of a host that is pinned": lambda: Tensor(np.zeros(SHAPE, np.uint8), 3),
    "array.array": lambda: array.array("B", bytes(BYTES)),
    "bytearray": lambda: bytearray(BYTES),
    "memoryview": lambda: memoryview(bytearray(BYTES)),
    "memoryview with a shape": lambda: memoryview(bytearray(BYTES)).cast("B", SHAPE),
    "mmap": lambda: mmap.mmap(-1, BYTES),
    "ctypes": lambda: (ctypes.c_uint8 * BYTES)(),
    "ctypes with a shape": lambda: (ctypes.c_uint8 * 32 * 24 * 3 * 2)(),
}


@pytest.fixture(name="batch")
def fixture_batch() -> Iterator[CoreBatch]:
    with CoreBatch("2048", count=2, observation=Observation((24, 32))) as batch:
        batch.run(5, [Joypad.START, 0])
        yield batch


def contents(out: Any) -> bytes:
    if isinstance(out, Tensor):
        return out.held.tobytes()
    if isinstance(out, mmap.mmap):
        return bytes(out[:])
    return bytes(out.numpy() if torch is not None and isinstance(out, torch.Tensor) else out)


@pytest.mark.parametrize("kind", OUTPUTS)
def test_a_step_writes_into_what_the_caller_has(batch: CoreBatch, kind: str) -> None:
    out = OUTPUTS[kind]()
    batch.run(1, out=out)
    assert batch.observations is not None
    assert batch.observations.shape == SHAPE
    written = batch.observations.tobytes()
    held = contents(out)
    assert held == written
    assert any(written)
    batch.run(1)
    assert contents(out) == written


def test_shared_memory(batch: CoreBatch) -> None:
    shared = SharedMemory(create=True, size=1 << 16)
    other = SharedMemory(shared.name)
    try:
        assert shared.buf is not None
        assert other.buf is not None
        batch.run(1, out=shared.buf[1000 : 1000 + BYTES])
        assert batch.observations is not None
        assert bytes(other.buf[1000 : 1000 + BYTES]) == batch.observations.tobytes()
        batch.run(1)
    finally:
        other.close()
        shared.unlink()


WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "bytes": (lambda: bytes(BYTES), ValueError, "C-contiguous and writable"),
    "a read-only view": (
        lambda: memoryview(bytearray(BYTES)).toreadonly(),
        ValueError,
        "C-contiguous and writable",
    ),
    "too small": (lambda: bytearray(BYTES - 1), ValueError, "has shape"),
    "too large": (lambda: bytearray(BYTES + 1), ValueError, "has shape"),
    "text": (lambda: "x" * BYTES, TypeError, "buffer protocol or DLPack"),
    "a list": (lambda: [0] * BYTES, TypeError, "buffer protocol or DLPack"),
    "None of it": (lambda: object(), TypeError, "buffer protocol or DLPack"),
    "floats": (lambda: array.array("f", [0] * BYTES), TypeError, "float32; an array of uint8"),
    "on a graphics card": (
        lambda: Tensor(np.zeros(SHAPE, np.uint8), 2),
        ValueError,
        "on DLPack device 2; memory of the processor",
    ),
    "another shape": (lambda: Tensor(np.zeros((2, 3), np.uint8)), ValueError, "has shape"),
    "strided": (lambda: zeros(2, 3, 32, 24).transpose(2, 3), ValueError, "C-contiguous"),
    "without memory": (lambda: zeros(*SHAPE, device="meta"), ValueError, "Tensor"),
    "with gradient": (
        lambda: zeros(*SHAPE).float().requires_grad_(),
        TypeError,
        "gradient",
    ),
    "bfloat16": (lambda: zeros(*SHAPE).bfloat16(), TypeError, "NumPy cannot show"),
    "int16": (lambda: zeros(*SHAPE).short(), TypeError, "int16; an array of uint8"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_does_not_fit_is_refused(batch: CoreBatch, case: str) -> None:
    make, error, message = WRONG[case]
    out = make()
    frames = batch[0].frame_count
    with pytest.raises(error, match=message):
        batch.run(1, out=out)
    assert batch[0].frame_count == frames


def test_states_go_into_a_tensor_and_back(batch: CoreBatch) -> None:
    size = batch[0].state_size
    for out in (Tensor(np.zeros((2, size), np.uint8)), bytearray(2 * size)):
        wanted = [bytes(state) for state in batch.save_states()]
        assert batch.save_states(out=out) is out
        assert contents(out)[:size] == wanted[0]
        batch.run(7)
        if isinstance(out, Tensor):
            batch.load_states(out)
        else:
            batch.load_states(np.frombuffer(out, np.uint8).reshape(2, size))
        assert [bytes(state) for state in batch.save_states()] == wanted
    with pytest.raises(ValueError, match="rows of at least"):
        batch.save_states(out=bytearray(2 * size - 2))


@pytest.mark.parametrize("flat", [False, True], ids=["in shape", "flat"])
def test_capture(flat: bool) -> None:
    with Core("2048") as core:
        core.run(3)
        out: Any = bytearray(2 * 240 * 320 * 3)
        held = out if flat else memoryview(out).cast("B", (2, 240, 320, 3))
        captured = core.capture(4, every=2, out=held)
        assert captured.frames.shape == (2, 240, 320, 3)
        assert bytes(out) == captured.frames.tobytes()
        assert core.frame is not None
        np.testing.assert_array_equal(captured.frames[1], core.frame)
        with pytest.raises(ValueError, match="shape"):
            core.capture(4, every=2, out=bytearray(7))


def test_buffers_of_an_env() -> None:
    arguments = {**game_2048(), "observation": Observation((24, 32), gray=True)}
    other = LibretroVectorEnv(num_envs=2, **arguments)
    buffers: dict[str, Any] = {
        "observations": bytearray(2 * 24 * 32),
        "rewards": array.array("f", [0, 0]),
        "terminations": Tensor(np.zeros(2, np.bool_)),
        "truncations": bytearray(2),
    }
    envs = LibretroVectorEnv(num_envs=2, buffers=buffers, **arguments)
    np.testing.assert_array_equal(envs.reset(seed=1)[0], other.reset(seed=1)[0])
    for step in range(30):
        actions = [step % 4, (step + 1) % 4]
        wanted = other.step(actions)
        for result, want in zip(envs.step(actions)[:4], wanted[:4], strict=True):
            np.testing.assert_array_equal(result, want)
        assert bytes(buffers["observations"]) == wanted[0].tobytes()
        assert buffers["rewards"].tolist() == wanted[1].tolist()
        assert buffers["terminations"].held.tolist() == wanted[2].tolist()
        assert list(buffers["truncations"]) == wanted[3].tolist()
    envs.close()
    other.close()


@pytest.mark.parametrize(
    ("buffers", "error", "message"),
    [
        ({"rewards": np.zeros(2, np.int64)}, TypeError, "int64, which cannot hold float64"),
        ({"rewards": [0.0, 0.0]}, TypeError, "buffer protocol or DLPack"),
        ({"rewards": b"1234567890123456"}, ValueError, "C-contiguous and writable"),
        ({"rewards": Tensor(np.zeros(2), 2)}, ValueError, "memory of the processor"),
        ({"terminations": bytearray(3)}, ValueError, r"shape \(3,\)"),
        ({"observations": bytearray(3)}, ValueError, "shape"),
    ],
)
def test_buffers_of_an_env_have_to_fit(
    buffers: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        LibretroVectorEnv(num_envs=2, buffers=buffers, **game_2048())
