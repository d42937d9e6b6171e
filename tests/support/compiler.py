"""Compile the C sources beside the tests with the system's compiler."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

SOURCE_TREE = Path(__file__).resolve().parents[2]
INCLUDE = SOURCE_TREE / "include"
# musl keeps every library it has opened, and knows those opened by path by nothing but their inode.
MUSL = "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or "")
INCLUDED_UNIT = re.compile(r'^#include "(.+\.c)"', re.MULTILINE)
SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
# Not -Werror, which tools/lint adds: a new compiler's new warning is no failure of a test.
WARNINGS = ("-Wall", "-Wextra")


class NoCompilerError(Exception):
    """What a test needs to compile cannot be compiled on this machine."""


def compiler(language: str = "c") -> list[str]:
    """Return the command of the C or C++ compiler: $CC or $CXX, else the first one installed."""
    variable, names = {
        "c": ("CC", ("cc", "gcc", "clang")),
        "c++": ("CXX", ("c++", "g++", "clang++")),
    }[language]
    command = shlex.split(os.environ.get(variable, ""))
    if command and shutil.which(command[0]):
        return command
    for name in names:
        if shutil.which(name):
            return [name]
    raise NoCompilerError(f"no {language} compiler: set {variable} or install one of {names}")


def build(
    source: Path,
    output_name: str,
    cache: Path,
    *flags: str,
    command: str = "",
    units: Sequence[str] = (),
) -> Path:
    """Compile a source file to ``cache/<hash>/<output_name>`` and return that path.

    The hash covers the sources, every header they might include and the whole command, so an
    unchanged file is compiled once for all sessions, and a sanitizer build never gets in the way
    of a plain one.

    Args:
        source: The .c or .cpp file.
        output_name: File name of the result.
        cache: Directory that keeps results.
        *flags: Arguments for the compiler besides the standard and the warnings.
        command: A compiler other than the system's, for cross builds.
        units: C units of the library to link with, as "loader/elf.c".

    Raises:
        NoCompilerError: No compiler, or no ``include`` directory or no such unit beside the tests.
        RuntimeError: The compiler refused; the message is its output.
    """
    if not INCLUDE.is_dir():
        raise NoCompilerError(f"{INCLUDE} is missing: these tests need the source tree")
    linked = [SOURCE_TREE / "pylibretro" / unit for unit in units]
    included = [source.parent / name for name in INCLUDED_UNIT.findall(source.read_text("utf-8"))]
    for file in [*linked, *included]:
        if not file.is_file():
            raise NoCompilerError(f"{file} is missing: these tests need the source tree")
    language = "c" if source.suffix == ".c" else "c++"
    flags_variable = "CFLAGS" if language == "c" else "CXXFLAGS"
    arguments = [
        *([command] if command else compiler(language)),
        "-std=c11" if language == "c" else "-std=c++17",
        *WARNINGS,
        f"-I{INCLUDE}",
        f"-I{source.parent}",
        *flags,
        *shlex.split("" if command else os.environ.get(flags_variable, "")),
    ]
    libraries = shlex.split("" if command else os.environ.get("LDFLAGS", ""))
    digest = hashlib.sha256(repr((arguments, libraries, output_name)).encode())
    headers = [*sorted(source.parent.glob("*.h")), *sorted(INCLUDE.glob("*.h"))]
    for file in [source, *linked, *included, *headers]:
        digest.update(file.read_bytes())
    directory = cache / digest.hexdigest()[:16]
    output = directory / output_name
    if output.exists():
        return output
    directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f"{os.getpid()}-{output_name}"
    result = subprocess.run(
        [*arguments, *map(str, [source, *linked]), "-o", str(partial), *libraries],
        capture_output=True,
        text=True,
        check=False,
    )
    if result.returncode:
        raise RuntimeError(f"{source.name} does not compile:\n{result.stderr}")
    os.replace(partial, output)
    return output


def build_library(
    source: Path, name: str, cache: Path, *flags: str, units: Sequence[str] = ()
) -> Path:
    """Compile a source file to a shared library, named with this system's suffix."""
    position_independent = () if sys.platform == "win32" else ("-fPIC", "-fvisibility=hidden")
    return build(
        source, name + SUFFIX, cache, "-shared", *position_independent, *flags, units=units
    )
