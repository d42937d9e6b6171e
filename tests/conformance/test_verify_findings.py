"""The plain C that verifies the findings of `pylibretro check` sees faults, and none elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from misbehaving import misbehaviours
from observe import BuildCore
from oracle import compile_command
from verify_findings import HERE, Frontend, verified

from pylibretro.conformance import Finding

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the C frontend needs Linux"
)

FINDINGS = {
    "STATE_LACKS_START": Finding("warning", "replay", "RAM differs"),
    "REMEMBERS_BEYOND_STATES": Finding("warning", "restore", "RAM differs"),
    "LEAKS_MEMORY": Finding("warning", "leak", "1000 or more kilobytes stay"),
    "CRASHES": Finding("error", "crash", ""),
    "SHORT_PITCH": Finding("error", "pitch-too-small", ""),
    "PRINTS": Finding("note", "output", "it writes to stderr: something private"),
}


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verify") / "verify_findings"
    source = HERE / "verify_findings.c"
    subprocess.run([*compile_command(), source, "-o", path, "-ldl"], check=True)
    return path


@pytest.mark.parametrize("name", FINDINGS)
def test_a_fault_is_seen_where_it_is(
    build_core: BuildCore, program: Path, tmp_path: Path, name: str
) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    outcomes = []
    for number in (0, misbehaviours()[name]):
        core = build_core("misbehaving", f"-DMISBEHAVIOUR={number}")
        frontend = Frontend(program, Path(core), game, {}, tmp_path)
        outcomes.append(verified(frontend, FINDINGS[name]))
    right, wrong = outcomes
    assert right in ("not seen", "0 bytes too small")
    assert wrong not in ("not seen", "0 bytes too small")
    assert "tried" not in wrong
