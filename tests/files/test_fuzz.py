"""A short run of `tools/fuzz`: no damaged file leads to anything but a documented error."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from fuzzing import READERS

CHECKOUT = Path(__file__).resolve().parents[2]

RUN = """
import os, sys
from pathlib import Path
from fuzzing import limit_memory, try_reader
limit_memory()
os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
for seed in range(1_000_000, 1_000_120):
    finding = try_reader(sys.argv[1], seed, Path(sys.argv[2]))
    if finding is not None:
        print(f"tools/fuzz {finding.reader} 0.02 --seed {seed}: {finding.error}")
"""


@pytest.mark.parametrize("reader", READERS)
def test_damaged_files_are_refused_or_read(reader: str, tmp_path: Path) -> None:
    if reader == "script":
        pytest.importorskip("lupa", reason="lupa is not installed")
    path = [str(CHECKOUT / "tests/support")]
    code = f"import sys; sys.path[:0] = {path!r}\n" + RUN
    ended = subprocess.run(
        [sys.executable, "-c", code, reader, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert ended.stdout == ""
    assert ended.returncode == 0


@pytest.mark.parametrize("reader", READERS)
def test_what_is_damaged_was_good(reader: str, tmp_path: Path) -> None:
    if reader == "script":
        pytest.importorskip("lupa", reason="lupa is not installed")
    good = 0
    for data in READERS[reader].samples():
        path = tmp_path / f"{reader}.{READERS[reader].extensions[0]}"
        path.write_bytes(data)
        try:
            READERS[reader].read(path)
            good += 1
        except READERS[reader].errors:
            continue
    assert good
