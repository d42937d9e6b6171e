"""Which kernels this processor has, and memory that shows what they touch."""

from __future__ import annotations

import ctypes
import mmap
import platform
import sys

import numpy as np

FORMATS = {"0RGB1555": 0, "XRGB8888": 1, "RGB565": 2}
LEVELS = ("scalar", "ssse3", "avx2", "neon", "avx512vbmi")
LEVELS_HERE = {
    "x86_64": ("scalar", "ssse3", "avx2", "avx512vbmi"),
    "AMD64": ("scalar", "ssse3", "avx2", "avx512vbmi"),
    "aarch64": ("scalar", "neon"),
    "arm64": ("scalar", "neon"),
}.get(platform.machine(), ("scalar",))
GUARD = 0xA5


def rgb_of(format_number: int, words: np.ndarray) -> np.ndarray:
    """What libretro's formats mean, written as arithmetic."""
    words = words.astype(np.uint32)
    if format_number == FORMATS["XRGB8888"]:
        channels = [words >> 16 & 255, words >> 8 & 255, words & 255]
    elif format_number == FORMATS["RGB565"]:
        red, green, blue = words >> 11 & 31, words >> 5 & 63, words & 31
        channels = [red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2]
    else:
        fields = [words >> 10 & 31, words >> 5 & 31, words & 31]
        channels = [field << 3 | field >> 2 for field in fields]
    return np.stack(channels, axis=-1).astype(np.uint8)


class GuardedPages:
    """Memory that ends right before a page nobody may touch."""

    def __init__(self, size: int) -> None:
        self.size = size
        length = -(-size // mmap.PAGESIZE) * mmap.PAGESIZE
        self.pages = mmap.mmap(-1, length + mmap.PAGESIZE)
        start = ctypes.addressof(ctypes.c_char.from_buffer(self.pages))
        if sys.platform != "win32":
            libc = ctypes.CDLL(None, use_errno=True)
            libc.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
            assert libc.mprotect(start + length, mmap.PAGESIZE, 0) == 0
        self.end = start + length
        self.bytes = np.frombuffer(self.pages, np.uint8, length)

    def last(self, count: int) -> tuple[np.ndarray, int]:
        """The last `count` bytes before the forbidden page, and their address."""
        return self.bytes[len(self.bytes) - count :], self.end - count
