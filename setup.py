"""Say what is compiled; everything else is in pyproject.toml."""

import os
import shutil
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from glob import glob

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

CORE_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
if sys.platform == "win32":
    COMPILE_ARGS = ["/O2", "/std:c11"]
else:
    # Exceptions of a core pass through our C on their way to the guard.
    COMPILE_ARGS = ["-fvisibility=hidden", "-fexceptions", "-pthread"]
    COMPILE_ARGS.append("-ffp-contract=off")  # observations are the same on every processor
    asked = os.environ.get("CFLAGS", "").split()  # as a sanitizer build does
    if not any(flag.startswith("-O") for flag in asked):
        COMPILE_ARGS.append("-O3")
    if not any(flag.startswith("-g") for flag in asked):  # CPython's own flags often have it
        COMPILE_ARGS.append("-g0")


def has_cpp_compiler():
    command = (os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "").split()
    return sys.platform == "win32" or (bool(command) and shutil.which(command[0]) is not None)


SOURCES = [
    "_core.pyx",
    "batch/workers.c",
    "content/vfs.c",
    "frontend/call_record.c",
    "frontend/frontend.c",
    "frontend/host.c",
    "frontend/procedure.c",
    "frontend/slots.c",
    "loader/guard.cpp" if has_cpp_compiler() else "loader/guard_without_cpp.c",
    "netpacket/queues.c",
    "options/option_tables.c",
    "picture/hardware.c",
]


class LibretroCore(Extension):
    """A libretro core: a shared library to load at run time, not a Python module."""


class BuildExt(build_ext):
    """Builds Python modules as usual and libretro cores under their libretro names."""

    def build_extensions(self):
        if self.compiler.compiler_type == "unix":
            # Apple's clang still starts from C++98.
            self.compiler.compiler_so_cxx.append("-std=c++11")
            self.compile_in_order = self.compiler.compile
            self.compiler.compile = self.compile_side_by_side
        super().build_extensions()

    def compile_side_by_side(self, sources, **arguments):
        """Compile each source in a process of its own: two of them take nearly all the time."""
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            compiled = pool.map(lambda one: self.compile_in_order([one], **arguments), sources)
            return [name for names in compiled for name in names]

    def get_ext_filename(self, name):
        if isinstance(self.ext_map.get(name), LibretroCore):
            return name.replace(".", "/") + CORE_SUFFIX
        return super().get_ext_filename(name)

    def get_export_symbols(self, ext):
        if isinstance(ext, LibretroCore):  # no PyInit_ to export
            return ext.export_symbols
        return super().get_export_symbols(ext)


# What `pylibretro bench` compares with: a C program, built as a library for a process of its own.
RAW_LIMIT = [
    LibretroCore(
        "pylibretro.command_line.raw_limit",
        ["benchmarks/raw_limit.c"],
        include_dirs=["include"],
        depends=["include/libretro.h"],
        extra_compile_args=["-O2", "-std=c11"],
        libraries=["dl"] if sys.platform == "linux" else [],
    )
]

setup(
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        Extension(
            "pylibretro._core",
            [f"pylibretro/{name}" for name in SOURCES],
            include_dirs=["include"],
            depends=[
                *glob("include/*.h"),
                *glob("pylibretro/**/*.px[di]", recursive=True),
            ],
            extra_compile_args=COMPILE_ARGS,
            libraries=["dl", "m", "pthread"] if sys.platform == "linux" else [],
        ),
        LibretroCore(
            "pylibretro.cores.2048_libretro",
            ["pylibretro/cores/2048_libretro.c"],
            include_dirs=["include"],
            depends=["include/libretro.h", *glob("pylibretro/cores/*.h")],
            extra_compile_args=COMPILE_ARGS,
        ),
        *([] if sys.platform == "win32" else RAW_LIMIT),
    ],
)
