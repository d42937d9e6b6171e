"""A core's copy: its own names, stacks, thread-local variables, and the file it comes from."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
import subprocess
import sys
from pathlib import Path

import pytest
from observe import BuildCore, OpenCore, noted, words

from pylibretro import Core, CoreBatch

linux = pytest.mark.skipif(sys.platform != "linux", reason="the loader of ELF systems")
OWN = ("-fvisibility=default",)


class Found(ctypes.Structure):
    """`Dl_info`."""

    _fields_ = [
        ("file", ctypes.c_char_p),
        ("base", ctypes.c_void_p),
        ("symbol", ctypes.c_char_p),
        ("address", ctypes.c_void_p),
    ]


def file_at(address: int) -> str:
    found = Found()
    assert ctypes.CDLL(None).dladdr(ctypes.c_void_p(address), ctypes.byref(found))
    return os.fsdecode(found.file)


@linux
def test_what_a_core_has_itself_it_uses(open_core: OpenCore) -> None:
    assert hasattr(ctypes.pythonapi, "Py_GetVersion"), "the process has these names, too"
    for _ in range(2):
        core = open_core("own_names", flags=OWN)
        core.run()
        seen = noted(core)
        assert seen["called"] == seen["in a table"] == "the core's"
        assert seen["number"] == seen["variable"] == seen["variable in a table"] == "77"
        assert seen["crc32"] == "4"


@linux
@pytest.mark.parametrize("flags", [("-Wl,-z,now",), ("-Wl,-z,lazy",), ("-Wl,-z,norelro",)])
def test_own_names_of_libraries_of_every_layout(
    open_core: OpenCore, flags: tuple[str, ...]
) -> None:
    core = open_core("own_names", flags=(*OWN, *flags))
    core.run()
    assert noted(core)["called"] == "the core's"
    assert noted(core)["variable in a table"] == "77"


@linux
@pytest.mark.parametrize("flags", [(), ("-static-libstdc++", "-static-libgcc")])
def test_a_core_with_an_operator_new_of_its_own(
    open_core: OpenCore, flags: tuple[str, ...]
) -> None:
    for _ in range(2):
        core = open_core("own_new", flags=flags)
        core.run(3)
        allocated, freed, right = words(core)[:3]
        assert freed >= 2
        # The text's memory comes from the C++ library, which has its own operator if it is shared.
        assert allocated == (freed if flags else freed - 1)
        assert right == 1


@linux
def test_code_is_said_to_be_of_the_cores_file(
    build_core: BuildCore, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = build_core("own_names", *OWN)
    monkeypatch.chdir(path.parent)
    for spelling in (path, Path(path.name), path.parent / "." / path.name):
        with Core(spelling) as core:
            core.run()
            said = noted(core)
            assert said["file"] == core.path
            assert "callbacks" in said["frontend"] or "_core" in said["frontend"]
    with Core(path) as first, Core(path) as second:
        names = {
            os.path.realpath(line.split(maxsplit=5)[5].strip())
            for line in Path("/proc/self/maps").read_text().splitlines()
            if path.name in line
        }
        assert names == {str(path.resolve())}
        for core in (first, second):
            core.run()
            assert noted(core)["base"] == "1"


@linux
def test_the_file_can_be_opened_by_others_beside_a_core(build_core: BuildCore) -> None:
    """As if no Core were there: they get neither its variables nor its addresses."""
    path = build_core("own_names", *OWN)
    with Core(path) as core:
        plain = ctypes.CDLL(str(path))
        at = ctypes.cast(plain.retro_run, ctypes.c_void_p).value
        assert at is not None
        assert file_at(at) == str(path)
        core.run()
        assert noted(core)["called"] == "the core's"


@linux
def test_functions_inside_of_functions(open_core: OpenCore) -> None:
    core = open_core("nested")
    core.run(3)
    assert words(core)[:3] == [1003, 42, 7]


@linux
def test_functions_inside_of_functions_on_every_thread(build_core: BuildCore) -> None:
    with CoreBatch(build_core("nested"), count=4, threads=2) as batch:
        for _ in range(3):
            batch.run(2)
        for core in batch:
            assert words(core)[:3] == [1006, 42, 7]


@linux
def test_assembly_that_forgot_to_say_so_makes_no_stack_executable(
    build_core: BuildCore,
) -> None:
    path = build_core("plain", "-Wl,-z,execstack")
    script = f"""
from pylibretro import Core
core = Core({str(path)!r})
core.run()
print([line.split()[1] for line in open("/proc/self/maps") if "[stack]" in line])
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    expected = ["rw-p"] if platform.machine() == "x86_64" else ["rwxp"]
    assert done.stdout.strip() == str(expected)


@pytest.mark.skipif(
    sys.platform != "linux" or platform.machine() != "x86_64", reason="patches a file of x86-64"
)
@pytest.mark.parametrize("kind", [0, 0x60000000])
def test_functions_inside_of_functions_of_a_library_that_says_nothing_of_stacks(
    build_core: BuildCore, tmp_path: Path, kind: int
) -> None:
    """Without the header the system has to suppose that stacks are to be executable."""
    image = bytearray(build_core("nested").read_bytes())
    (headers,) = struct.unpack_from("<Q", image, 32)
    (count,) = struct.unpack_from("<H", image, 56)
    places = [headers + 56 * number for number in range(count)]
    (stack,) = [at for at in places if struct.unpack_from("<I", image, at)[0] == 0x6474E551]
    struct.pack_into("<I", image, stack, kind)
    core_path = tmp_path / "silent_libretro.so"
    core_path.write_bytes(image)
    with Core(core_path) as core:
        core.run(3)
        assert words(core)[:3] == [1003, 42, 7]


TLS_SCRIPT = """
import sys
from pylibretro import Core, LibretroError
cores = []
try:
    for _ in range(40):
        cores.append(Core(sys.argv[1]))
        cores[-1].run()
except LibretroError as error:
    print(error)
print(len(cores), [int(core.memory.system_ram[0]) for core in cores] == [1] * len(cores))
"""


def open_forty(path: Path, **environment: str) -> tuple[str, str]:
    done = subprocess.run(
        [sys.executable, "-c", TLS_SCRIPT, str(path)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        env={**os.environ, **environment},
    )
    *said, counted = done.stdout.strip().splitlines()
    return "\n".join(said), counted


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="a block of glibc's")
def test_thread_local_variables_that_find_no_room(build_core: BuildCore) -> None:
    path = build_core("static_tls")
    said, counted = open_forty(path)
    assert counted.endswith(" True")
    assert int(counted.split()[0]) < 40
    assert "640 bytes" in said
    assert str(path) in said
    tunable = next(word for word in said.split() if word.startswith("GLIBC_TUNABLES="))
    name, _, value = tunable.partition("=")
    assert open_forty(path, **{name: value}) == ("", "40 True")
