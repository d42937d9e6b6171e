"""Memory of the caller that results are written into, as NumPy sees it."""

from __future__ import annotations

import math
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["SupportsDLPack", "array_over", "output_array"]

_SYSTEMS_MEMORY = (1, 3, 11, 13)  # kDLCPU, kDLCUDAHost, kDLROCMHost, kDLCUDAManaged of dlpack.h


class SupportsDLPack(Protocol):
    """What shows its memory by DLPack, such as a tensor."""

    def __dlpack__(self, **arguments: Any) -> Any:
        """Return a capsule of the tensor."""

    def __dlpack_device__(self) -> tuple[Any, int]:
        """Return the kind of the device, and its number."""


def output_array(
    out: Any, shape: tuple[int | None, ...], dtype: Any, *, name: str = "out"
) -> NDArray[Any]:
    """Return the caller's memory as an array that C can write results into.

    Args:
        out: A NumPy array, which is returned itself; or anything with the buffer protocol or
            DLPack, such as a PyTorch tensor, also a pinned one, an `array.array`, a `memoryview` or
            `SharedMemory.buf`. A buffer with a single dimension may have any shape of the same
            size, and one of bytes may hold any dtype.
        shape: What is needed; None for any length.
        dtype: What is needed.
        name: What the argument is called in messages.

    Raises:
        TypeError: It is not an array, or one of another dtype.
        ValueError: It has another shape, is not C-contiguous, cannot be written, or lies where
            only a device, such as a graphics card, has access.

    >>> import array
    >>> samples = array.array("f", [0] * 6)
    >>> output_array(samples, (2, 3), "float32")[1] = 1
    >>> samples.tolist()
    [0.0, 0.0, 0.0, 1.0, 1.0, 1.0]
    """
    needed = np.dtype(dtype)
    array = array_over(out, name)
    if not isinstance(out, np.ndarray) and array.ndim == 1:
        array = _of_shape(array, shape, needed)
    kind = type(out).__name__
    if array.dtype != needed:
        raise TypeError(f"{name} is {kind} {array.dtype}; an array of {needed} is needed")
    if array.ndim != len(shape) or any(
        want is not None and want != have for want, have in zip(shape, array.shape, strict=True)
    ):
        raise ValueError(f"{name} has shape {array.shape}; {_words(shape)} is needed")
    if not array.flags.c_contiguous or not array.flags.writeable:
        raise ValueError(f"{name} must be C-contiguous and writable")
    return array


def array_over(out: Any, name: str = "out") -> NDArray[Any]:
    """Return a NumPy array on the memory of an object, without a copy.

    Args:
        out: As for `output_array`.
        name: As for `output_array`.

    Raises:
        TypeError: It has no memory that NumPy can show.
        ValueError: It lies where only a device has access.
    """
    if isinstance(out, np.ndarray):
        return out
    if hasattr(out, "__dlpack__") and hasattr(out, "__dlpack_device__"):
        return _from_dlpack(out, name)
    try:
        return np.asarray(memoryview(out))
    except (TypeError, ValueError, NotImplementedError):
        kind = type(out).__name__
        raise TypeError(
            f"{name} is {kind} {getattr(out, 'dtype', '')}; a NumPy array, or an object with the "
            f"buffer protocol or DLPack, is needed"
        ) from None


def _from_dlpack(out: Any, name: str) -> NDArray[Any]:
    kind = type(out).__name__
    try:
        device = int(out.__dlpack_device__()[0])
    except (BufferError, ValueError, RuntimeError, TypeError) as problem:
        raise ValueError(f"{name} is {kind} without memory of its own: {problem}") from None
    if device not in _SYSTEMS_MEMORY:
        where = getattr(out, "device", f"DLPack device {device}")
        raise ValueError(f"{name} is {kind} on {where}; memory of the processor is needed")
    try:
        array: NDArray[Any] = np.from_dlpack(out)
    except (BufferError, RuntimeError, TypeError, ValueError) as problem:
        raise TypeError(f"{name} is {kind}, which NumPy cannot show: {problem}") from None
    if not array.flags.writeable and array.size:
        # NumPy 1 shows all DLPack memory as read-only.
        same = np.asarray(out)
        if same.flags.writeable and np.shares_memory(same, array):
            return same
    return array


def _of_shape(
    array: NDArray[Any], shape: tuple[int | None, ...], dtype: np.dtype[Any]
) -> NDArray[Any]:
    """Return a flat buffer in the shape and dtype that is needed, or itself if it has no room."""
    contiguous = array.flags.c_contiguous
    if array.dtype != dtype and array.dtype in (np.uint8, np.dtype("S1")) and contiguous:
        if array.nbytes % dtype.itemsize:
            return array
        array = array.view(dtype)
    unknown = shape.count(None)
    known = math.prod(want for want in shape if want is not None)
    if array.ndim == len(shape) or unknown > 1 or not contiguous:
        return array
    if array.size % max(known, 1) if unknown else array.size != known:
        return array
    return array.reshape([-1 if want is None else want for want in shape])


def _words(shape: tuple[int | None, ...]) -> str:
    return str(tuple("any" if want is None else want for want in shape)).replace("'any'", "any")
