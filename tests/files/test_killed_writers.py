"""A process that is killed while it writes leaves the old file or the new one, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from child import PRELUDE
from killing import WRITINGS

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="kill and fork are POSIX's")


@pytest.mark.parametrize("kind", WRITINGS)
def test_a_killed_writer_leaves_the_old_or_the_new(kind: str, tmp_path: Path) -> None:
    script = f"""
import warnings
warnings.simplefilter("ignore", DeprecationWarning)
from pathlib import Path
from killing import damages
print(list(damages({kind!r}, 40, Path({str(tmp_path)!r}), seed=7)))
"""
    support = Path(__file__).resolve().parent.parent / "support"
    beginning = f"import sys; sys.path.insert(0, {str(support)!r})\n"
    child = subprocess.run(
        [sys.executable, "-c", beginning + PRELUDE + script],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        cwd=Path.cwd(),
    )
    assert (child.returncode, child.stdout, child.stderr) == (0, "[]\n", "")
