"""Files that are no core: the documented error each time, and the interpreter lives."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from child import run_child
from observe import BuildCore

import pylibretro
from pylibretro import (
    Core,
    CoreNotFoundError,
    InvalidCoreError,
    LibretroError,
)


def refused(core: object, error: type[Exception] = InvalidCoreError) -> str:
    with pytest.raises(error) as caught:
        Core(core)  # type: ignore[arg-type]
    assert isinstance(caught.value, LibretroError)
    return str(caught.value)


def test_files_that_are_no_core(tmp_path: Path, build_core: BuildCore) -> None:
    core = build_core("plain")
    (tmp_path / "text.so").write_text("this is no shared library\n" * 100)
    (tmp_path / "empty.so").write_bytes(b"")
    (tmp_path / "tiny.so").write_bytes(b"\x7fELF")
    (tmp_path / "directory.so").mkdir()
    (tmp_path / "dangling.so").symlink_to("nowhere")
    for name in ("text.so", "empty.so", "tiny.so"):
        assert name in refused(tmp_path / name)
    assert "directory.so" in refused(tmp_path / "directory.so")
    assert "dangling.so" in refused(tmp_path / "dangling.so", CoreNotFoundError)
    assert "missing.so" in refused(tmp_path / "missing.so", CoreNotFoundError)
    assert "missing.so" in refused(str(tmp_path / "missing.so"), CoreNotFoundError)
    refused("a name that no core has", CoreNotFoundError)
    refused("", CoreNotFoundError)
    refused(f"{core}/below", CoreNotFoundError)
    refused("x" * 100_000, CoreNotFoundError)


@pytest.mark.parametrize("path", [None, 5, b"2048", 1.5, ["2048"]], ids=repr)
def test_what_is_no_path(path: object) -> None:
    with pytest.raises(TypeError):
        Core(path)  # type: ignore[arg-type]


def test_a_path_with_a_nul() -> None:
    with pytest.raises((CoreNotFoundError, ValueError)):
        Core("a\0b")
    with pytest.raises((CoreNotFoundError, ValueError)):
        Core(Path("/a\0b"))


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="damages ELF files")
def test_truncated_and_damaged_cores(tmp_path: Path, build_core: BuildCore) -> None:
    whole = build_core("plain").read_bytes()
    rng = np.random.default_rng(8)
    for number, size in enumerate([*range(0, 600, 40), *range(600, len(whole), len(whole) // 30)]):
        (tmp_path / f"cut{number}.so").write_bytes(whole[:size])
    for number in range(60):
        damaged = bytearray(whole)
        for place in rng.integers(0, 1024, 6):
            damaged[place] ^= int(rng.integers(1, 256))
        (tmp_path / f"damaged{number}.so").write_bytes(damaged)
    printed = run_child(
        """
from pathlib import Path
for core in sorted(Path(sys.argv[1]).glob("*.so")):
    try:
        with Core(core) as opened:
            pass
        print("opened")
    except LibretroError as error:
        print(type(error).__name__)
""",
        tmp_path,
    )
    outcomes = printed.split()
    assert len(outcomes) == 60 + len(list(tmp_path.glob("cut*.so")))
    assert outcomes.count("InvalidCoreError") > 60
    assert set(outcomes) <= {"InvalidCoreError", "opened", "CoreCrashedError"}


def test_a_core_of_another_architecture(tmp_path: Path) -> None:
    compiler = shutil.which("aarch64-linux-gnu-gcc") or shutil.which("x86_64-w64-mingw32-gcc")
    if compiler is None:
        pytest.skip("no cross compiler is installed")
    source = tmp_path / "other.c"
    source.write_text("unsigned retro_api_version(void) { return 1; }\n")
    core = tmp_path / "other_libretro.so"
    subprocess.run(
        [compiler, "-shared", "-fPIC", "-nostdlib", str(source), "-o", str(core)], check=True
    )
    message = refused(core)
    assert "other_libretro.so" in message
    assert "aarch64" in message.lower() or "arm" in message.lower() or "windows" in message.lower()


def test_libraries_that_are_no_core(build_core: BuildCore) -> None:
    assert "retro_run" in refused(build_core("plain", "-Dretro_run=something_else"))
    assert "version 2" in refused(build_core("plain", "-DCORE_API_VERSION=2"))
    assert "retro_" in refused(pylibretro._core.__file__)
