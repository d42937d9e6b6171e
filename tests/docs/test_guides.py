"""What the guides show runs, from the first line of a page to the last."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("page", ["games", "learning", "movies", "rules", "search"])
def test_the_examples_of_a_guide_run(
    page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = DOCS / f"{page}.md"
    if not file.is_file():
        pytest.skip("the guides are not here")
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", file.read_text(encoding="utf-8"), re.DOTALL)
    assert blocks
    exec(compile("\n".join(blocks), str(file), "exec"), {"__name__": page})
