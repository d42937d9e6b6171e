"""Read a libretro header the way a C compiler does: its names, values, sizes and signatures."""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest
from compiler import NoCompilerError, compiler

ROOT = Path(__file__).resolve().parents[2]
OUR_HEADER = ROOT / "include" / "libretro.h"
OUR_PXD = ROOT / "pylibretro" / "libretro.pxd"
UPSTREAM_VARIABLE = "PYLIBRETRO_UPSTREAM_HEADER"
UPSTREAM_PLACES = (
    "/usr/include/libretro-common/libretro.h",
    "/usr/include/libretro.h",
    "/usr/local/include/libretro-common/libretro.h",
    "/usr/local/include/libretro.h",
    "/opt/homebrew/include/libretro.h",
)

# Words for the compiler, not values.
NOT_CONSTANTS = {"RETRO_API", "RETRO_API_LINKAGE", "RETRO_CALLCONV"}

# One word for everything that is passed as a C int, so that naming an enum is no difference.
WORD_TYPES = {"int", "unsigned", "unsigned int", "signed", "signed int"}


@dataclass(frozen=True)
class Header:
    """What one header declares, and what the compiler makes of it."""

    path: Path
    macros: frozenset[str]
    enums: dict[str, tuple[str, ...]]
    structs: dict[str, tuple[tuple[str, str], ...]]
    callbacks: dict[str, str]
    functions: dict[str, str]
    values: dict[str, int]

    @property
    def constants(self) -> set[str]:
        """Names of all macros and enumerators with a value."""
        return set(self.macros) | {name for names in self.enums.values() for name in names}


def c_compiler() -> list[str]:
    """The C compiler's command; skips the test where there is none."""
    try:
        return compiler("c")
    except NoCompilerError as error:
        pytest.skip(str(error))


def upstream_header() -> Path:
    """The installed upstream header; skips the test where there is none."""
    named = os.environ.get(UPSTREAM_VARIABLE)
    for place in [named] if named else UPSTREAM_PLACES:
        if Path(place).is_file():
            return Path(place)
    if named:
        pytest.fail(f"{UPSTREAM_VARIABLE} names {named}, which is not a file")
    pytest.skip(
        f"no upstream libretro.h installed; Debian has it in retroarch-dev, or set "
        f"{UPSTREAM_VARIABLE}"
    )


def preprocess(header: Path, *options: str) -> str:
    """The header after the C preprocessor."""
    command = [*c_compiler(), "-E", *options, "-x", "c", str(header)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def squeeze(declaration: str) -> str:
    """One declaration with canonical white space."""
    declaration = " ".join(declaration.split())
    return re.sub(r"\s*([*,()\[\]])\s*", r"\1", declaration)


def split_field(field: str) -> tuple[str, str]:
    """The name and the type of a struct field or parameter; the name may be missing."""
    match = re.fullmatch(r"(.*?[\w*\]] ?|.*\*)\b(\w+)((?:\[\w+\])*)", field)
    if not match or match[1].strip() in {"const", "struct", "enum"}:
        return "", field
    return match[2], (match[1] + match[3]).strip()


def parse(path: Path) -> Header:
    """Everything `path` declares, with the values a compiled probe prints."""
    text = preprocess(path, "-P", "-DRETRO_API=", "-DRETRO_CALLCONV=")
    macros = {
        name
        for name, value in re.findall(r"^#define (RETRO\w*) (.+)$", preprocess(path, "-dM"), re.M)
        if name not in NOT_CONSTANTS and value.strip()
    }
    enums = {
        name: tuple(re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip()))
        for name, body in re.findall(r"\benum (retro_\w+)\s*\{(.*?)\}", text, re.S)
    }
    structs = {
        name: tuple(split_field(squeeze(field)) for field in body.split(";") if field.strip())
        for name, body in re.findall(r"\bstruct (retro_\w+)\s*\{(.*?)\}", text, re.S)
    }
    aliases = {
        new: old for old, new in re.findall(r"typedef\s+([\w\s]+?)\s+(retro_\w+)\s*;", text)
    } | {
        new: f"struct {old}"
        for old, new in re.findall(r"struct\s+(retro_\w+)\s*\{[^}]*\}\s*(retro_\w+)\s*;", text)
    }
    callbacks = {
        name: signature(result, arguments, aliases)
        for result, name, arguments in re.findall(
            r"typedef\s+([^;(){}]*?)\(\s*\*\s*(retro_\w+)\s*\)\s*\(([^;]*?)\)\s*;", text
        )
    }
    plain = re.sub(r"\{[^}]*\}|typedef[^;]*;", ";", text)
    functions = {
        name: signature(result, arguments, aliases)
        for result, name, arguments in re.findall(
            r"([\w\s*]+?)\b(retro_\w+)\s*\(([^;]*?)\)\s*;", plain
        )
    }
    return Header(
        path,
        frozenset(macros),
        enums,
        structs,
        callbacks,
        functions,
        probe(path, macros, enums, structs),
    )


def canonical_type(text: str, aliases: dict[str, str]) -> str:
    """A C type without aliases, with every int-sized integer under one name."""
    text = squeeze(text)
    words = re.match(r"[\w ]*", text)[0].strip()  # type: ignore[index]
    stars = text[len(words) :].replace(" ", "")
    constant = "const " if words.startswith("const ") else ""
    base = words.removeprefix("const ").strip()
    while base in aliases:
        base = aliases[base]
    if base in WORD_TYPES or base.startswith("enum "):
        base = "int"
    return f"{constant}{base}{stars}"


def signature(result: str, arguments: str, aliases: dict[str, str]) -> str:
    """A function's type without the names of its parameters."""
    types = [
        canonical_type(split_field(squeeze(argument))[1], aliases)
        for argument in arguments.split(",")
        if argument.strip() != "..."
    ]
    ending = ",..." if "..." in arguments else ""
    return f"{canonical_type(result, aliases)}({','.join(types)}{ending})"


def probe(
    path: Path,
    macros: set[str],
    enums: dict[str, tuple[str, ...]],
    structs: dict[str, tuple[tuple[str, str], ...]],
) -> dict[str, int]:
    """Compile and run a program that prints every constant, size and offset of a header."""
    constants = sorted(macros | {name for names in enums.values() for name in names})
    wanted = {name: f"(intptr_t)({name})" for name in constants}
    wanted |= {f"sizeof enum {name}": f"sizeof(enum {name})" for name in enums}
    wanted |= {
        f"RETRO_DEVICE_SUBCLASS({base}, {id})": f"RETRO_DEVICE_SUBCLASS({base}, {id})"
        for base in range(7)
        for id in (0, 1, 200)
    }
    for name, fields in structs.items():
        wanted[f"sizeof {name}"] = f"sizeof(struct {name})"
        for field, _ in fields:
            wanted[f"offsetof {name}.{field}"] = f"offsetof(struct {name}, {field})"
            wanted[f"sizeof {name}.{field}"] = f"sizeof(((struct {name} *)0)->{field})"
    lines = [
        f'    printf("%s=%lld\\n", "{name}", (long long)({expression}));'
        for name, expression in wanted.items()
    ]
    source = "\n".join(
        [
            f'#include "{path.as_posix()}"',
            "#include <stdio.h>",
            "int main(void) {",
            *lines,
            "    return 0;",
            "}",
            "",
        ]
    )
    return run_program(source)


def run_program(source: str) -> dict[str, int]:
    """Build a C program and read the name=value lines it prints."""
    with tempfile.TemporaryDirectory() as folder:
        code, program = Path(folder, "probe.c"), Path(folder, "probe")
        code.write_text(source)
        built = subprocess.run(
            [*c_compiler(), str(code), "-o", str(program)], capture_output=True, text=True
        )
        if built.returncode:
            pytest.fail(f"the probe does not compile:\n{built.stderr}")
        output = subprocess.run([str(program)], check=True, capture_output=True, text=True).stdout
    return {
        name: int(value)
        for name, _, value in (line.rpartition("=") for line in output.splitlines())
    }


@cache
def our_header() -> Header:
    """include/libretro.h, parsed once; skips the test outside the source tree."""
    if not OUR_HEADER.is_file():
        pytest.skip(f"{OUR_HEADER} is missing: this test needs the source tree")
    return parse(OUR_HEADER)


@cache
def their_header() -> Header:
    """The installed upstream header, parsed once."""
    return parse(upstream_header())
