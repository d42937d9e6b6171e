"""What the guides show runs, from the first line of a page to the last."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"

PACKAGES = {"coming-from": ("stable_retro", "ale_py")}


@pytest.mark.parametrize("page", ["coming-from", "games", "learning", "movies", "search"])
def test_the_examples_of_a_guide_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DOCS / f"{page}.md"
    if not file.is_file():
        pytest.skip("the guides are not here")
    for package in PACKAGES.get(page, ()):
        if find_spec(package) is None:
            pytest.skip(f"{package} is not installed")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    exec(compile("\n".join(blocks), str(file), "exec"), {"__name__": page})
