"""Finding cores by path and by name."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pylibretro.content import lookup
from pylibretro.content.lookup import InstalledCore, find_core, installed_cores
from pylibretro.error import CoreNotFoundError, InvalidCoreError

SUFFIX = lookup.LIBRARY_SUFFIX


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home directory without RetroArch, and no search path."""
    home = tmp_path / "home"
    home.mkdir()
    for variable in ("HOME", "USERPROFILE", "APPDATA"):
        monkeypatch.setenv(variable, str(home))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.delenv("PYLIBRETRO_CORE_PATH", raising=False)
    return home


def put_core(directory: Path, name: str) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{name}_libretro{SUFFIX}"
    path.write_bytes(b"not loaded by the lookup")
    return path


def put_info(directory: Path, name: str, **settings: str) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    lines = ["# Software Information", *(f'{key} = "{settings[key]}"' for key in settings)]
    (directory / f"{name}_libretro.info").write_text("\n".join(lines))


def retroarch(home: Path) -> Path:
    """Where this system's RetroArch keeps its configuration, by default."""
    if sys.platform == "darwin":
        return home / "Library" / "Application Support" / "RetroArch"
    return home / "RetroArch" if sys.platform == "win32" else home / ".config" / "retroarch"


def named(name: str) -> InstalledCore:
    return next(core for core in installed_cores() if core.name == name)


class TestPaths:
    def test_a_path_is_taken_as_it_is(self, tmp_path: Path) -> None:
        core = tmp_path / "any name.bin"
        core.write_bytes(b"core")
        assert find_core(core) == core
        assert find_core(str(core)) == core
        assert find_core(str(core)).is_absolute()

    def test_a_relative_path_becomes_absolute(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_core(tmp_path / "build", "mine")
        monkeypatch.chdir(tmp_path)
        relative = os.path.join("build", f"mine_libretro{SUFFIX}")
        assert find_core(relative) == tmp_path / relative

    def test_the_home_directory_is_expanded(self, home: Path) -> None:
        core = put_core(home, "mine")
        assert find_core(os.path.join("~", core.name)) == core

    def test_a_library_in_the_working_directory_needs_no_separator(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        core = put_core(tmp_path, "2048")
        monkeypatch.chdir(tmp_path)
        assert find_core(core.name) == core
        assert find_core("2048") != core

    def test_any_other_existing_file_is_found_after_the_names(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "letter.txt").write_text("Dear core,")
        monkeypatch.chdir(tmp_path)
        assert find_core("letter.txt") == tmp_path / "letter.txt"

    def test_a_missing_path_says_what_is_there_instead(self, tmp_path: Path) -> None:
        put_core(tmp_path, "gambatte")
        asked = tmp_path / f"gambate_libretro{SUFFIX}"
        with pytest.raises(CoreNotFoundError) as caught:
            find_core(asked)
        assert str(asked) in str(caught.value)
        assert f"gambatte_libretro{SUFFIX}" in str(caught.value)
        assert isinstance(caught.value, FileNotFoundError)

    def test_a_missing_path_in_a_missing_directory(self, tmp_path: Path) -> None:
        with pytest.raises(CoreNotFoundError, match="no core at"):
            find_core(tmp_path / "nowhere" / "mine.so")

    def test_a_directory_is_not_a_core(self, tmp_path: Path) -> None:
        put_core(tmp_path, "mine")
        with pytest.raises(InvalidCoreError, match=r"is a directory.*mine_libretro"):
            find_core(tmp_path)

    @pytest.mark.parametrize("wrong", [3, None, b"2048", ["2048"]])
    def test_anything_else_is_a_type_error(self, wrong: object) -> None:
        with pytest.raises(TypeError):
            find_core(wrong)  # type: ignore[arg-type]

    @pytest.mark.parametrize("odd", ["", "a\0b", "/a\0b", "\udc80"])
    def test_odd_strings_name_no_core(self, odd: str) -> None:
        with pytest.raises(CoreNotFoundError):
            find_core(odd)


class TestNames:
    def test_the_bundled_core(self) -> None:
        path = find_core("2048")
        assert path.is_file()
        assert path.parent.name == "cores"

    @pytest.mark.parametrize("spelling", ["mine", "mine_libretro", f"mine_libretro{SUFFIX}"])
    def test_every_spelling_of_a_name(
        self, spelling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        core = put_core(tmp_path / "cores", "mine")
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path / "cores"))
        assert find_core(spelling) == core

    @pytest.mark.parametrize("spelling", ["My-Own_Core", "MY_OWN_CORE", "my own core"])
    def test_case_and_dashes_do_not_matter(
        self, spelling: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        core = put_core(tmp_path / "cores", "my_own_core")
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path / "cores"))
        assert find_core(spelling) == core

    def test_the_search_path_is_a_list_and_its_order_counts(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = put_core(tmp_path / "first", "mine")
        put_core(tmp_path / "second", "mine")
        other = put_core(tmp_path / "second", "other")
        directories = [tmp_path / "absent", tmp_path / "first", tmp_path / "second"]
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", os.pathsep.join(map(str, directories)))
        assert find_core("mine") == first
        assert find_core("other") == other

    def test_bundled_comes_before_the_search_path_and_that_before_retroarch(
        self, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_core(tmp_path / "cores", "2048")
        mine = put_core(tmp_path / "cores", "mine")
        put_core(retroarch(home) / "cores", "mine")
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path / "cores"))
        assert find_core("2048").parent != tmp_path / "cores"
        assert find_core("mine") == mine

    def test_an_unknown_name_lists_where_it_looked_and_near_names(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_core(tmp_path / "cores", "zzemulator")
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path / "cores"))
        with pytest.raises(CoreNotFoundError) as caught:
            find_core("zzemulato")
        message = str(caught.value)
        assert "'zzemulato'" in message
        assert "did you mean 'zzemulator'?" in message
        assert str(tmp_path / "cores") in message
        assert "stable-retro" in message
        assert "pylibretro cores" in message

    def test_a_search_path_that_does_not_exist_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path / "absent"))
        with pytest.raises(CoreNotFoundError, match=r"absent: no such directory"):
            find_core("zzemulator")


class TestRetroArch:
    def test_its_default_directory(self, home: Path) -> None:
        core = put_core(retroarch(home) / "cores", "mine")
        assert find_core("mine") == core
        assert named("mine").source == "RetroArch"

    @pytest.mark.parametrize("quote", ['"', ""])
    def test_the_directory_in_its_configuration(
        self, quote: str, home: Path, tmp_path: Path
    ) -> None:
        core = put_core(tmp_path / "elsewhere", "mine")
        retroarch(home).mkdir(parents=True)
        (retroarch(home) / "retroarch.cfg").write_text(
            "# libretro_directory = nowhere\n"
            "video_driver = gl\n"
            f"libretro_directory = {quote}{tmp_path / 'elsewhere'}{quote}\n"
        )
        assert find_core("mine") == core

    def test_a_configured_directory_in_the_home_directory(self, home: Path) -> None:
        core = put_core(home / "my cores", "mine")
        retroarch(home).mkdir(parents=True)
        (retroarch(home) / "retroarch.cfg").write_text('libretro_directory = "~/my cores"\n')
        assert find_core("mine") == core

    def test_a_configured_directory_inside_its_own(self, home: Path) -> None:
        core = put_core(retroarch(home) / "libretro" / "mine", "mine")
        (retroarch(home) / "retroarch.cfg").write_text('libretro_directory = ":\\libretro\\mine"\n')
        assert find_core("mine") == core

    @pytest.mark.parametrize(
        "place",
        [
            ".var/app/org.libretro.RetroArch/config/retroarch",
            "snap/retroarch/current/.config/retroarch",
            ".local/share/Steam/steamapps/common/RetroArch",
        ],
    )
    def test_flatpak_snap_and_steam(self, place: str, home: Path) -> None:
        if sys.platform in ("win32", "darwin"):
            pytest.skip("these places exist on Linux only")
        core = put_core(home / place / "cores", "mine")
        assert find_core("mine") == core

    def test_xdg_config_home(
        self, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if sys.platform in ("win32", "darwin"):
            pytest.skip("XDG_CONFIG_HOME counts on Linux only")
        put_core(home / ".config" / "retroarch" / "cores", "unseen")
        core = put_core(tmp_path / "xdg" / "retroarch" / "cores", "mine")
        monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
        assert find_core("mine") == core
        with pytest.raises(CoreNotFoundError):
            find_core("unseen")


class TestInstalledCores:
    def test_the_bundled_core_comes_first(self) -> None:
        first = installed_cores()[0]
        assert (first.name, first.source) == ("2048", "bundled")
        assert first.path == find_core("2048")

    def test_a_description_beside_retroarchs_cores(self, home: Path) -> None:
        put_core(retroarch(home) / "cores", "mine")
        put_info(
            retroarch(home) / "info",
            "mine",
            display_name="Sega - Mine (Mine - Current)",
            systemname="Mine Drive",
            supported_extensions="MD|.bin| gen ||md",
        )
        assert named("mine") == InstalledCore(
            name="mine",
            path=retroarch(home) / "cores" / f"mine_libretro{SUFFIX}",
            source="RetroArch",
            display_name="Sega - Mine (Mine - Current)",
            system_name="Mine Drive",
            extensions=("md", "bin", "gen"),
        )

    def test_a_core_without_description(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_core(tmp_path, "zzemulator")
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path))
        core = named("zzemulator")
        assert core.source == "PYLIBRETRO_CORE_PATH"
        assert (core.display_name, core.system_name, core.extensions) == ("zzemulator", "", ())

    def test_a_description_in_stable_retros_form(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_core(tmp_path, "zzemulator")
        (tmp_path / "zzemulator.json").write_text(
            '{"Zz": {"ext": ["zz1", "ZZ2"]}, "Yy": {"ext": ["yy"]}}'
        )
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path))
        core = named("zzemulator")
        assert (core.system_name, core.extensions) == ("Zz, Yy", ("zz1", "zz2", "yy"))

    @pytest.mark.parametrize("text", ["", "[]", "{", '{"Zz": 3}', '{"Zz": {}}', "\udcff\udcfe"])
    def test_a_broken_description_is_ignored(
        self, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put_core(tmp_path, "zzemulator")
        (tmp_path / "zzemulator.json").write_bytes(text.encode("utf-8", "surrogateescape"))
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path))
        assert named("zzemulator").system_name == ""

    def test_the_same_file_in_two_places_is_listed_once(
        self, tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if sys.platform == "win32":
            pytest.skip("making a symbolic link needs a privilege on Windows")
        core = put_core(tmp_path, "mine")
        (retroarch(home) / "cores").mkdir(parents=True)
        (retroarch(home) / "cores" / core.name).symlink_to(core)
        monkeypatch.setenv("PYLIBRETRO_CORE_PATH", str(tmp_path))
        assert [c.source for c in installed_cores() if c.name == "mine"] == ["PYLIBRETRO_CORE_PATH"]

    def test_the_distributions_cores_are_all_listed(self) -> None:
        directories = [d for d in lookup._distribution_directories() if os.path.isdir(d)]
        if not directories:
            pytest.skip("no libretro cores of a distribution are installed")
        expected = {
            f for d in directories for f in os.listdir(d) if f.endswith(f"_libretro{SUFFIX}")
        }
        listed = {core.path.name for core in installed_cores() if core.source == "distribution"}
        assert listed == expected

    def test_the_cores_of_stable_retro_are_found_without_importing_it(self) -> None:
        code = (
            "import sys; from pylibretro.content.lookup import installed_cores\n"
            "print(*(c.name for c in installed_cores() if c.source == 'stable-retro'))\n"
            "assert not {'stable_retro', 'retro'} & set(sys.modules)"
        )
        pytest.importorskip("stable_retro", reason="stable-retro is not installed")
        found = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
        )
        assert {"snes9x", "stella", "fceumm"} <= set(found.stdout.split())

    def test_what_is_listed_can_be_found_by_name(self) -> None:
        first_of_name: dict[str, Path] = {}
        for core in installed_cores():
            first_of_name.setdefault(core.name, core.path)
        for name, path in first_of_name.items():
            assert find_core(name) == path
