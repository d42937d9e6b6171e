"""The README's example runs as it stands there, and its links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[1]
README = CHECKOUT / "README.md"


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", example], capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stderr
    assert "score after 50 moves" in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("document", ["README.md", "docs/development.md", "docs/2048.md"])
def test_links_lead_to_files(document: str) -> None:
    text = (CHECKOUT / document).read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)#]+)\)", text):
        if "://" not in target:
            assert (CHECKOUT / document).parent.joinpath(target).exists(), target
