"""The pytest plugin for the tests of cores, in runs of pytest of their own."""

from __future__ import annotations

from pathlib import Path

import pytest
from observe import BuildCore

pytest_plugins = "pytester"


def run(pytester: pytest.Pytester, source: str, *arguments: str) -> pytest.RunResult:
    pytester.makepyfile(source)
    return pytester.runpytest_subprocess("-p", "pytest_pylibretro", *arguments)


def test_a_core_is_fresh_for_each_test(pytester: pytest.Pytester, build_core: BuildCore) -> None:
    source = """
        import pytest

        @pytest.mark.parametrize("frames", [3, 5])
        def test_it_runs(core, frames):
            assert core.frame_count == 0
            assert core.run(frames) == frames

        def test_what_it_says(core):
            assert core.info.name == "test core"
    """
    result = run(pytester, source, f"--libretro-core={build_core('plain')}", "--strict-markers")
    result.assert_outcomes(passed=3)


def test_content_options_and_marks(
    pytester: pytest.Pytester, build_core: BuildCore, tmp_path: Path
) -> None:
    game = tmp_path / "game.bin"
    game.write_bytes(b"\0")
    source = """
        import pytest
        from pylibretro import Host

        def test_the_command_line(core):
            assert core.options["test_colour"] == "red"
            assert core.options["test_speed"] == "1x"

        @pytest.mark.libretro(options={"test_speed": "2x"}, host=Host(clock=5))
        def test_the_mark(core, core_arguments):
            assert core.options["test_colour"] == "red"
            assert core.options["test_speed"] == "2x"
            assert core_arguments["host"].clock == 5

        @pytest.mark.libretro(options={"test_colour": "blue"})
        class TestMarks:
            @pytest.mark.libretro(options={"test_speed": "2x"})
            def test_the_nearer_one_counts(self, core):
                assert core.options["test_colour"] == "blue"
                assert core.options["test_speed"] == "2x"
    """
    result = run(
        pytester, source, f"--libretro-core={build_core('options', '-DOPTIONS_INTERFACE=2')}",
        f"--libretro-content={game}", "--libretro-option=test_colour=red", "--strict-markers",
    )  # fmt: skip
    result.assert_outcomes(passed=3)


def test_the_report(pytester: pytest.Pytester, build_core: BuildCore) -> None:
    source = """
        def test_the_rules(core_check):
            assert core_check.ok, core_check.of("error")
    """
    result = run(pytester, source, f"--libretro-core={build_core('plain')}")
    result.assert_outcomes(passed=1)
    wrong = build_core("misbehaving", "-DMISBEHAVIOUR=1")
    result = run(pytester, source, f"--libretro-core={wrong}")
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*picture-too-large*"])


def test_a_core_of_which_nothing_was_run_does_not_pass(
    pytester: pytest.Pytester, build_core: BuildCore
) -> None:
    source = """
        def test_the_rules(core_check):
            assert core_check.ok, core_check.of("error")
    """
    needs_content = build_core("content", "-DCONTENT_NO_GAME=0")
    result = run(pytester, source, f"--libretro-core={needs_content}")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*needs content and was given none*--libretro-content=FILE*"])


def test_a_core_must_be_named(pytester: pytest.Pytester) -> None:
    result = run(pytester, "def test_it(core): pass")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*pytest --libretro-core=PATH*"])


@pytest.mark.parametrize("option", ["test_colour", "=red"])
def test_a_wrong_option(pytester: pytest.Pytester, option: str) -> None:
    arguments = ("--libretro-core=2048", f"--libretro-option={option}")
    result = run(pytester, "def test_it(core): pass", *arguments)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*KEY=VALUE*"])


def test_a_run_that_tests_no_core_imports_nothing(pytester: pytest.Pytester) -> None:
    source = """
        import sys

        def test_it():
            assert "pytest_pylibretro" in sys.modules
            assert not {"pylibretro", "numpy"} & set(sys.modules)
    """
    run(pytester, source).assert_outcomes(passed=1)
