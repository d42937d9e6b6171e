"""Say what is compiled; everything else is in pyproject.toml."""

import os
import shutil
import subprocess
import sys
import sysconfig
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from glob import glob
from itertools import count
from pathlib import Path
from threading import Lock

from setuptools import Extension, setup
from setuptools.command.build_ext import build_ext

LIBRARY_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
ASKED = os.environ.get("CFLAGS", "").split()  # as a sanitizer build does
ASKED_TO_OPTIMISE = any(flag.startswith("-O") for flag in ASKED)
ASKED_TO_DEBUG = any(flag.startswith("-g") for flag in ASKED)
LINK_ARGS = []
if sys.platform == "win32":
    COMPILE_ARGS = ["/O2", "/std:c11"]
else:
    COMPILE_ARGS = ["-fvisibility=hidden", "-pthread"]  # units see each other, nobody else does
    # Exceptions of a core pass through our C on their way to the guard.
    COMPILE_ARGS.append("-fexceptions")
    COMPILE_ARGS.append("-ffp-contract=off")  # observations are the same on every processor
    if not ASKED_TO_DEBUG:
        COMPILE_ARGS.append("-g0")  # CPython's own flags often have -g
        LINK_ARGS.append("-Wl,-x" if sys.platform == "darwin" else "-Wl,-s")


def has_cpp_compiler():
    command = (os.environ.get("CXX") or sysconfig.get_config_var("CXX") or "").split()
    return sys.platform == "win32" or (bool(command) and shutil.which(command[0]) is not None)


NOT_HERE = {
    "win32": ["elf*.c", "*macos.c", "*posix.c"],
    "darwin": ["elf*.c", "*windows.c"],
}.get(sys.platform, ["*macos.c", "*windows.c"])
NOT_HERE += [
    "_batch.c",
    "guard_without_cpp.c" if has_cpp_compiler() else "guard.cpp",
    "hardware_without_egl.c" if sys.platform == "linux" else "egl*.c",
]
# What a batch makes of pictures and sound; the rest of these folders belongs to every Core.
OF_BATCHES = ["audio_window.c", "observation.c", "planes.c", "resize*.c"]
# For both extensions: their only state, which kernels are used, is set as _core says.
SHARED = ["interleave.c", "pixels.c", "platform.c", "simd.c"]


def matches(path, patterns):
    return any(fnmatch(Path(path).name, pattern) for pattern in patterns)


def units(*folders, only=("*",), but=()):
    """List the C and C++ files of these folders that are for this system."""
    return [
        path
        for folder in folders
        for path in sorted(glob(f"pylibretro/{folder}/*.c") + glob(f"pylibretro/{folder}/*.cpp"))
        if matches(path, only) and not matches(path, [*NOT_HERE, *but])
    ]


def is_generated(source):
    return Path(source).with_suffix(".pyx").exists()


# What loops over pixels, samples or bytes is up to three times as slow at less than -O3.
KERNELS = ["*/picture/*", "*/sound/*", "*/states/state_delta.c", "*/cores/*"]


def optimisation(source):
    """Choose flags by measurement: benchmarks/kernels.py, speed.py, batch.py and states.py."""
    if any(fnmatch(source, pattern) for pattern in KERNELS):
        return ["-O3"]
    if is_generated(source):
        # As fast as at -O3, and compiled in a third of the time.
        return ["-O1", "-ftree-vectorize"]
    return ["-O2"]


def report(line):
    print(f"{line}\n", end="", flush=True)  # whole, beside other threads that print


class PlainLibrary(Extension):
    """A shared library to load at run time, not a Python module."""


class LibretroCore(PlainLibrary):
    exported = "retro_*"


class Callbacks(PlainLibrary):
    """What Cores are given to call, for the loader to make private copies of."""

    exported = "callbacks_begin"


class CProgram(PlainLibrary):
    """A C program, built as a library so that a process of Python's can run it."""

    exported = "main"


class BuildExt(build_ext):
    """Builds Python modules as usual and plain libraries under their plain names."""

    def build_extensions(self):
        with ThreadPoolExecutor(os.cpu_count()) as self.pool:
            modules = [ext for ext in self.extensions if ext.sources[0].endswith(".pyx")]
            list(self.pool.map(self.make_c, modules))
            if self.compiler.compiler_type == "unix":
                # Apple's clang still starts from C++98.
                self.compiler.compiler_so_cxx.append("-std=c++11")
                self.compile_in_order = self.compiler.compile
                self.compiler.compile = self.compile_side_by_side
                self.parallel = len(self.extensions)
                self.units, self.one_at_a_time = {}, Lock()
                self.unit_count = len({unit for ext in self.extensions for unit in ext.sources})
                self.unit_numbers = count(1)
            super().build_extensions()

    def make_c(self, ext):
        """Have Cython work in a process of its own, so that no module waits for another."""
        module = ext.sources[0]
        report(f"Cython: {module}")
        always = ["--force"] if self.force else []
        command = [sys.executable, "-m", "Cython.Build.Cythonize", "--quiet", *always, module]
        subprocess.run(command, check=True)
        ext.sources[0] = module.removesuffix("pyx") + "c"

    def build_extension(self, ext):
        self.export_only(ext, getattr(ext, "exported", "PyInit_*"))
        super().build_extension(ext)

    def export_only(self, ext, pattern):
        """Have the linker hide all else: the compiler leaves some of C++'s inline functions."""
        if sys.platform == "win32":
            return
        if sys.platform == "darwin":
            hiding = f"-Wl,-exported_symbol,_{pattern}"
        else:
            script = Path(self.build_temp) / f"{ext.name}.map"
            script.parent.mkdir(parents=True, exist_ok=True)
            script.write_text(f"{{ global: {pattern}; local: *; }};\n")
            hiding = f"-Wl,--version-script={script}"
        ext.extra_link_args = [*ext.extra_link_args, hiding]

    def compile_side_by_side(self, sources, extra_postargs=(), **arguments):
        """Compile a unit once for all extensions, and at once what takes longest, Cython's C."""

        def compile_one(source):
            report(f"[{next(self.unit_numbers)}/{self.unit_count}] compiling {source}")
            flags = [*extra_postargs, *([] if ASKED_TO_OPTIMISE else optimisation(source))]
            return self.compile_in_order([source], extra_postargs=flags, **arguments)

        generated = [source for source in sources if is_generated(source)]
        others = [source for source in sources if source not in generated]
        with self.one_at_a_time:
            for source in others:
                if source not in self.units:
                    self.units[source] = self.pool.submit(compile_one, source)
        compiled = [compile_one(source) for source in generated]
        compiled += [self.units[source].result() for source in others]
        return [name for names in compiled for name in names]

    def get_ext_filename(self, name):
        if isinstance(self.ext_map.get(name), PlainLibrary):
            return name.replace(".", "/") + LIBRARY_SUFFIX
        return super().get_ext_filename(name)

    def get_export_symbols(self, ext):
        if isinstance(ext, PlainLibrary):  # no PyInit_ to export
            return ext.export_symbols
        return super().get_export_symbols(ext)


RAW_LIMIT = [  # what `pylibretro bench` compares with
    CProgram(
        "pylibretro.command_line.raw_limit",
        ["benchmarks/raw_limit.c"],
        include_dirs=["include"],
        depends=["include/libretro.h"],
        extra_compile_args=["-std=c11"],
        libraries=["dl"] if sys.platform == "linux" else [],
    )
]


def python_module(name, *sources):
    """Describe an extension: the .pyx of its name, and C beside it."""
    return Extension(
        name,
        [f"{name.replace('.', '/')}.pyx", *sources],
        include_dirs=["include"],
        depends=[*glob("include/*.h"), *glob("pylibretro/**/*.px[di]", recursive=True)],
        extra_compile_args=COMPILE_ARGS,
        extra_link_args=LINK_ARGS,
        libraries=["dl", "m", "pthread"] if sys.platform == "linux" else [],
    )


setup(
    verbose=0,  # or what is compiled could not be seen for hundreds of files that are copied
    cmdclass={"build_ext": BuildExt},
    ext_modules=[
        python_module(
            "pylibretro._core",
            *units(
                "content",
                "frontend",
                "loader",
                "netpacket",
                "options",
                "picture",
                "platform",
                "sound",
                "states",
                but=OF_BATCHES,
            ),
        ),
        python_module(
            "pylibretro.batch._batch",
            *units("batch"),
            *units("picture", "platform", "sound", only=OF_BATCHES + SHARED),
        ),
        Callbacks(
            "pylibretro.frontend.callbacks",
            ["pylibretro/frontend/callbacks.c"],
            include_dirs=["include"],
            depends=["include/callbacks.h", "include/libretro.h"],
            extra_compile_args=COMPILE_ARGS,
            extra_link_args=LINK_ARGS,
        ),
        LibretroCore(
            "pylibretro.cores.2048_libretro",
            ["pylibretro/cores/2048_libretro.c"],
            include_dirs=["include"],
            depends=["include/libretro.h", *glob("pylibretro/cores/*.h")],
            extra_compile_args=COMPILE_ARGS,
            extra_link_args=LINK_ARGS,
        ),
        *([] if sys.platform == "win32" else RAW_LIMIT),
    ],
)
