"""Opening shared libraries: what is no library is refused with a reason, and never crashes."""

from __future__ import annotations

import os
import random
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from compiler import MUSL, NoCompilerError, build, build_library

MISSING, NOT_A_LIBRARY, WRONG_ARCHITECTURE, DEPENDENCY, STAYS = 1, 2, 3, 4, 6
TESTS = Path(__file__).parent
UNITS = [
    f"loader/{name}.c"
    for name in (
        "detour_code",
        "elf",
        "elf_copy",
        "elf_detours",
        "elf_image",
        "elf_pages",
        "elf_stack",
        "file_kind",
    )
]


@pytest.fixture(scope="module")
def probe(build_cache: Path) -> Callable[..., list[str]]:
    """Run ``dylib_probe`` on files and return its lines; a crash of the loader fails the test."""
    if sys.platform != "linux":
        pytest.skip("the probe reads /proc")
    flags = ("-O1", "-g", "-pthread", "-Wl,--no-as-needed", "-ldl")
    try:
        program = build(TESTS / "dylib_probe.c", "dylib_probe", build_cache, *flags, units=UNITS)
    except NoCompilerError as error:
        pytest.skip(str(error))

    def run(*arguments: Path | str) -> list[str]:
        command = [str(program), *map(str, arguments)]
        result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        assert result.returncode == 0, f"{result.stdout[-500:]}\n{result.stderr}"
        return result.stdout.splitlines()

    return run


def opening(probe: Callable[..., list[str]], path: Path) -> tuple[int, str]:
    code, _, message = probe(path)[0].partition(" ")
    return int(code), message


def compiled(tmp_path: Path, source: str, *flags: str, name: str = "library") -> Path:
    file = tmp_path / f"{name}.c"
    file.write_text(source)
    try:
        return build_library(file, name, tmp_path, *flags)
    except NoCompilerError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(
    ("content", "code", "words"),
    [
        (b"", NOT_A_LIBRARY, "an empty file"),
        (b"<!DOCTYPE html>\n<html>", NOT_A_LIBRARY, 'text file that begins with "<!DOCTYPE html>"'),
        (b"PK\3\4" + bytes(60), NOT_A_LIBRARY, "a zip archive"),
        (b"!<arch>\nlibrary.o/", NOT_A_LIBRARY, "a static library"),
        (bytes(range(200, 256)), NOT_A_LIBRARY, "begins with the bytes c8 c9 ca cb"),
        (b"\x7f", NOT_A_LIBRARY, "begins with the bytes 7f"),
        (b"\x7fELF", NOT_A_LIBRARY, "the first 4 bytes of an ELF file"),
        (b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\x15\1" + bytes(60), WRONG_ARCHITECTURE, "found a"),
        (b"\x7fELF\2\1\1" + bytes(9) + b"\3\0\2\1" + bytes(60), WRONG_ARCHITECTURE, "LoongArch"),
        (b"\xcf\xfa\xed\xfe\7\0\0\1" + bytes(60), WRONG_ARCHITECTURE, "a macOS (Mach-O) file"),
        (b"MZ" + bytes(80), WRONG_ARCHITECTURE, "a Windows program or DLL"),
    ],
)
def test_other_files_are_named(probe, tmp_path, content, code, words):
    path = tmp_path / "core.so"
    path.write_bytes(content)
    found, message = opening(probe, path)
    assert (found, words in message, str(path) in message) == (code, True, True), message


def test_paths_that_lead_nowhere(probe, tmp_path):
    assert opening(probe, tmp_path / "absent.so")[0] == MISSING
    assert opening(probe, tmp_path) == (
        NOT_A_LIBRARY,
        f"{tmp_path} is not a library: found a directory",
    )
    os.mkfifo(tmp_path / "pipe.so")
    assert opening(probe, tmp_path / "pipe.so")[0] == NOT_A_LIBRARY


def test_programs_and_objects_are_no_libraries(probe, tmp_path):
    source = tmp_path / "program.c"
    source.write_text("int main(void) { return 0; }")
    program = build(source, "program", tmp_path, "-fPIE", "-pie")
    assert "it is a program" in opening(probe, program)[1]
    unlinked = build(source, "program.o", tmp_path, "-c")
    assert "never linked" in opening(probe, unlinked)[1]


def test_what_is_missing_is_named(probe, tmp_path):
    needs = compiled(tmp_path, "void absent(void); void f(void); void f(void) { absent(); }")
    code, message = opening(probe, needs)
    said = "absent: symbol not found" if MUSL else "undefined symbol: absent"
    assert (code, said in message) == (DEPENDENCY, True)
    assert str(needs) in message
    assert "/proc/" not in message


@pytest.mark.skipif(MUSL, reason="musl does not find an open library by its DT_SONAME")
def test_a_library_beside_the_core_is_found(probe, tmp_path):
    source = '__attribute__((visibility("default"))) int beside(void) { return 1; }'
    beside = compiled(tmp_path, source, "-Wl,-soname,beside.so", name="beside")
    flags = (f"-L{beside.parent}", "-Wl,-rpath,$ORIGIN", "-Wl,--no-as-needed", "-l:beside.so")
    source = "int beside(void); int f(void); int f(void) { return beside(); }"
    needs = compiled(tmp_path, source, *flags, name="needs")
    assert opening(probe, needs)[0] == DEPENDENCY
    neighbour = needs.replace(beside.parent / needs.name)
    code, message = opening(probe, neighbour)
    assert code == 0, message


@pytest.mark.parametrize(
    "flags",
    [
        (),
        ("-Wl,-z,nodelete", "-Wl,-z,global", "-Wl,-z,now"),
        ("-Wl,-z,execstack",),
        ("-Wl,-z,noseparate-code",),
        ("-Wl,--hash-style=sysv",),
        ("-Wl,-z,lazy", "-Wl,-z,norelro"),
    ],
    ids=" ".join,
)
def test_libraries_of_every_layout_come_and_go(probe, tmp_path, flags):
    source = """
        #include <stdlib.h>
        static int number = 1;
        int *pointers[] = {&number, &number + 1};
        __thread int of_each_thread = 5;
        int random_number(void);
        int random_number(void) { return rand() + of_each_thread; }
    """
    library = compiled(tmp_path, source, *flags)
    lines = probe(*[library] * 40)
    assert [line.split()[0] for line in lines[:40]] == [str(STAYS if MUSL else 0)] * 40
    left = [line for line in lines[41:] if "libretro-core" in line or str(library) in line]
    assert bool(left) == MUSL


def test_instances_share_code_with_the_file(probe, build_core):
    library = build_core("globals")
    lines = probe("--keep", *[library] * 10)
    closed = lines.index("closed")
    code = [line for line in lines[10:closed] if line.split()[1].startswith("r-x")]
    assert len([line for line in code if line.endswith(str(library))]) == 10
    assert not [line for line in code if "libretro-core" in line]
    left = [line for line in lines[closed:] if "libretro-core" in line or str(library) in line]
    assert bool(left) == MUSL


def test_truncated_at_any_length(probe, build_core, tmp_path):
    whole = build_core("plain").read_bytes()
    generator = random.Random(0)
    lengths = [1, 16, 63, 64, 65, 120, 832, 4095, 4096, len(whole) - 64, len(whole) - 1]
    lengths += [generator.randrange(1, len(whole)) for _ in range(60)]
    paths = []
    for length in lengths:
        paths.append(tmp_path / f"{length}.so")
        paths[-1].write_bytes(whole[:length])
    lines = probe(*paths)
    assert {line.split()[0] for line in lines[: len(paths)]} == {str(NOT_A_LIBRARY)}


def damaged(whole: bytes, generator: random.Random) -> bytes:
    """Overwrite 1 to 4 places of the ELF header, the program headers or the dynamic section."""
    result = bytearray(whole)
    (table,) = struct.unpack_from("<Q", whole, 32)
    size, count = struct.unpack_from("<HH", whole, 54)
    places = list(range(4, 64)) + list(range(table, table + size * count)) * 2
    for header in range(table, table + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", whole, header)
        if kind == 2:
            places += list(range(offset, offset + length)) * 4
    for _ in range(generator.randint(1, 4)):
        place = generator.choice(places)
        word = generator.choice([0, 1, 2**63 - 1, 2**64 - 1, generator.getrandbits(24)])
        byte = generator.choice([0, 255, result[place] ^ 1 << generator.randrange(8)])
        if generator.random() < 0.3:
            struct.pack_into("<Q", result, place & ~7, word)
        else:
            result[place] = byte
    return bytes(result)


def test_damaged_headers_never_crash(probe, build_core, tmp_path):
    whole = build_core("globals").read_bytes()
    if whole[4:6] != b"\2\1":
        pytest.skip("the offsets are those of 64-bit little-endian ELF")
    generator = random.Random(1)
    paths = []
    for number in range(300):
        paths.append(tmp_path / f"{number}.so")
        paths[-1].write_bytes(damaged(whole, generator))
    codes = [int(line.split()[0]) for line in probe(*paths)[: len(paths)]]
    assert set(codes) <= {0, 2, 3, 4, 5}
    assert codes.count(NOT_A_LIBRARY) > 100
