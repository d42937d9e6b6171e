"""Whether this system has OpenGL without a window."""

from __future__ import annotations

import subprocess
import sys
from functools import cache


@cache
def why_no_egl() -> str:
    """Why EGL opens no display without a window on this system, or ""."""
    if sys.platform != "linux":
        return "OpenGL without a window is there on Linux only"
    probe = (
        "import ctypes, sys\n"
        "try:\n"
        "    egl = ctypes.CDLL('libEGL.so.1')\n"
        "except OSError as error:\n"
        "    sys.exit(f'{error}')\n"
        "get = egl.eglGetProcAddress\n"
        "get.restype, get.argtypes = ctypes.c_void_p, [ctypes.c_char_p]\n"
        "pointer, number = ctypes.c_void_p, ctypes.c_uint\n"
        "make = ctypes.CFUNCTYPE(pointer, number, pointer, pointer)(\n"
        "    get(b'eglGetPlatformDisplayEXT'))\n"
        "display = make(0x31DD, None, None)\n"
        "if not display or not egl.eglInitialize(pointer(display), None, None):\n"
        "    sys.exit('EGL opens no display without a window')\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", probe], capture_output=True, text=True, check=False
    )
    return "" if result.returncode == 0 else result.stderr.strip() or "EGL fails"
