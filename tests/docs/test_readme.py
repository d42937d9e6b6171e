"""The examples of README and docs run as they stand there, and their links lead somewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
README = CHECKOUT / "README.md"
DOCUMENTS = sorted((CHECKOUT / "docs").glob("*.md"))


def examples(document: Path) -> list[str]:
    return re.findall(r"```python\n(.*?)```", document.read_text(encoding="utf-8"), re.DOTALL)


# test_guides.py runs the blocks of these one after the other, as they build on each other. Blocks
# that need a game or core of the reader's are marked `py` instead of `python`, and not run.
# test_ray.py runs those of ray.md on its cluster.
GUIDES = {"coming-from.md", "games.md", "learning.md", "movies.md", "ray.md", "search.md"}
EXAMPLES = {
    f"{document.name}-{number}": example
    for document in (README, *DOCUMENTS)
    if document.name not in GUIDES
    for number, example in enumerate(examples(document))
}
# An example that shows what it prints is checked for that.
AS_DOCTEST = """
import doctest, sys
test = doctest.DocTestParser().get_doctest(sys.argv[1], {}, "example", None, None)
runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
runner.run(test)
sys.exit(runner.summarize().failed)
"""


# What an example may need beyond the library itself, by the name that stands in it.
EXTRAS = {"gymnasium": "gymnasium", "LibretroVectorEnv": "gymnasium", "ParallelEnv": "pettingzoo"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_example_runs(name: str) -> None:
    for word, library in EXTRAS.items():
        if word in EXAMPLES[name]:
            pytest.importorskip(library)
    example = EXAMPLES[name]
    source = [AS_DOCTEST, example] if example.startswith(">>>") else [example]
    result = subprocess.run(
        [sys.executable, "-W", "error", "-c", *source],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stderr == ""


@pytest.mark.parametrize("document", [README, *DOCUMENTS], ids=lambda document: document.name)
def test_links_lead_to_files(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert document.parent.joinpath(target).exists(), target
