"""docs/environment.md: a row for every command, each with tests that are there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from abi_probe import OUR_HEADER

CHECKOUT = Path(__file__).resolve().parents[2]
PAGE = CHECKOUT / "docs" / "environment.md"
ROW = re.compile(r"^\| [0-9a-fx E]+ \| `(\w+)` \| (.*?) \| (.*?) \| (.*?) \|$", re.M)
NOT_COMMANDS = {"EXPERIMENTAL", "PRIVATE", "RETROARCH_START_BLOCK"}


def rows() -> dict[str, tuple[str, str]]:
    """Answer and tests of each command."""
    if not PAGE.exists():
        pytest.skip(f"{PAGE} is not here: these tests need the source tree")
    found = ROW.findall(PAGE.read_text(encoding="utf-8"))
    return {name: (answer, tests) for name, answer, tests, _ in found}


def test_every_command_has_a_row() -> None:
    names = re.findall(r"#define RETRO_ENVIRONMENT_(\w+)", OUR_HEADER.read_text(encoding="utf-8"))
    assert sorted(rows()) == sorted({*names} - NOT_COMMANDS)


def test_the_tests_are_there_and_name_the_command() -> None:
    for name, (answer, tests) in rows().items():
        links = re.findall(r"\[(\w+)\]\(\.\./(tests/\w+/test_\w+\.py)\)", tests)
        assert bool(links) == (answer != "**not proven**"), name
        for test, file in links:
            source = (CHECKOUT / file).read_text(encoding="utf-8")
            functions = {
                node.name
                for node in ast.walk(ast.parse(source))
                if isinstance(node, ast.FunctionDef)
            }
            assert test in functions, f"{name}: {file} has no {test}"
            assert f'"{name}"' in source, f"{name}: {file} does not name it"
