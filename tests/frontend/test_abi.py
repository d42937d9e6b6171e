"""include/libretro.h is libretro's ABI: the same names, values, layouts and signatures."""

from __future__ import annotations

import ctypes
import re
import subprocess
from pathlib import Path

import pytest
from abi_probe import (
    OUR_HEADER,
    OUR_PXD,
    Header,
    our_header,
    parse,
    squeeze,
    their_header,
)
from compiler import NoCompilerError, build_library, compiler

ENTRY_POINTS = {
    "retro_set_environment",
    "retro_set_video_refresh",
    "retro_set_audio_sample",
    "retro_set_audio_sample_batch",
    "retro_set_input_poll",
    "retro_set_input_state",
    "retro_init",
    "retro_deinit",
    "retro_api_version",
    "retro_get_system_info",
    "retro_get_system_av_info",
    "retro_set_controller_port_device",
    "retro_reset",
    "retro_run",
    "retro_serialize_size",
    "retro_serialize",
    "retro_unserialize",
    "retro_cheat_reset",
    "retro_cheat_set",
    "retro_load_game",
    "retro_load_game_special",
    "retro_unload_game",
    "retro_get_region",
    "retro_get_memory_data",
    "retro_get_memory_size",
}

# Enumerators that only count the others, so they grow with every new release of libretro.
SENTINELS = {"RETRO_LANGUAGE_LAST", "RETROK_LAST"}

# Tables whose new members go at the end; an older header knows the beginning.
GROWING_STRUCTS = {"sizeof retro_vfs_interface"}

# The one command whose number libretro changed (July 2026).
RENUMBERED = {"RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS": {44, 87}}

# Rows newer than the headers distributions install.
NEWEST = {
    "RETRO_ENVIRONMENT_GET_HW_RENDER_CONTEXT_NEGOTIATION_INTERFACE_SUPPORT": 0x10000 | 73,
    "RETRO_ENVIRONMENT_GET_JIT_CAPABLE": 74,
    "RETRO_ENVIRONMENT_GET_MICROPHONE_INTERFACE": 0x10000 | 75,
    "RETRO_ENVIRONMENT_GET_DEVICE_POWER": 0x10000 | 77,
    "RETRO_ENVIRONMENT_SET_NETPACKET_INTERFACE": 78,
    "RETRO_ENVIRONMENT_GET_PLAYLIST_DIRECTORY": 79,
    "RETRO_ENVIRONMENT_GET_FILE_BROWSER_START_DIRECTORY": 80,
    "RETRO_ENVIRONMENT_GET_TARGET_SAMPLE_RATE": 0x10000 | 81,
    "RETRO_ENVIRONMENT_GET_NETPLAY_CLIENT_INDEX": 0x10000 | 82,
    "RETRO_ENVIRONMENT_EXEC_MEM_ALLOC": 83,
    "RETRO_ENVIRONMENT_EXEC_MEM_FREE": 84,
    "RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_FLOAT": 0x10000 | 85,
    "RETRO_ENVIRONMENT_GET_MEMORY_STATUS": 0x10000 | 86,
    "RETRO_ENVIRONMENT_SET_SERIALIZATION_QUIRKS": 87,
    "RETRO_ENVIRONMENT_GET_SCREEN_10BPC_CAPABLE": 0x10000 | 88,
    "RETRO_ENVIRONMENT_GET_HDR_PAPER_WHITE_NITS": 0x10000 | 89,
    "RETRO_ENVIRONMENT_GET_HDR_EXPAND_GAMUT": 0x10000 | 90,
    "RETRO_ENVIRONMENT_GET_HDR_OUTPUT_MODE": 0x10000 | 91,
    "RETRO_ENVIRONMENT_GET_HDR_MAX_NITS": 0x10000 | 92,
    "RETRO_ENVIRONMENT_GET_VFS_AUTHORIZED_LOCATIONS": 0x10000 | 93,
    "RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_MULTI": 0x10000 | 94,
    "RETRO_ENVIRONMENT_SET_SAVE_STATE_IN_BACKGROUND": 0x800002,
    "RETRO_ENVIRONMENT_GET_CLEAR_ALL_THREAD_WAITS_CB": 0x800003,
    "RETRO_ENVIRONMENT_POLL_TYPE_OVERRIDE": 0x800004,
    "RETRO_ENVIRONMENT_SET_SAVE_STATE_DISABLE_UNDO": 0x800005,
    "RETRO_PIXEL_FORMAT_XRGB2101010": 3,
    "RETRO_PIXEL_FORMAT_HDR10_2101010": 4,
    "RETRO_AV_ENABLE_VIDEO": 1,
    "RETRO_AV_ENABLE_AUDIO": 2,
    "RETRO_AV_ENABLE_FAST_SAVESTATES": 4,
    "RETRO_AV_ENABLE_HARD_DISABLE_AUDIO": 8,
    "RETRO_HW_CONTEXT_D3D11": 7,
    "RETRO_HW_CONTEXT_D3D10": 8,
    "RETRO_HW_CONTEXT_D3D12": 9,
    "RETRO_HW_CONTEXT_D3D9": 10,
    "RETRO_MEMORY_ROM": 4,
    "RETRO_DEVICE_ID_POINTER_IS_OFFSCREEN": 15,
    "RETRO_LANGUAGE_THAI": 36,
    "RETROK_LAUNCH_APP2": 341,
    "RETRO_SIMD_FMA4": 1 << 30,
    "RETRO_NETPACKET_BROADCAST": 0xFFFF,
    "RETRO_POWERSTATE_NO_ESTIMATE": -1,
    "RETRO_EXEC_MEM_MODE_DUAL_MAP": 4,
}


def shared_values() -> dict[str, tuple[int, int]]:
    ours, theirs = our_header().values, their_header().values
    return {name: (ours[name], theirs[name]) for name in ours if name in theirs}


def test_every_value_size_and_offset_equals_upstream() -> None:
    differing = {name: pair for name, pair in shared_values().items() if pair[0] != pair[1]}
    for name in SENTINELS | GROWING_STRUCTS:
        ours, theirs = differing.pop(name, (0, 0))
        assert ours >= theirs, f"upstream's {name} is {theirs}, ours only {ours}: libretro grew"
    for name, known in RENUMBERED.items():
        assert set(differing.pop(name, ())) <= known
    assert differing == {}


def test_the_comparison_covers_the_whole_interface() -> None:
    kinds = {"constant": 0, "sizeof": 0, "offsetof": 0}
    for name in shared_values():
        kinds[name.split()[0] if " " in name.split("(")[0] else "constant"] += 1
    assert kinds["constant"] > 400
    assert kinds["sizeof"] > 250
    assert kinds["offsetof"] > 200


def test_nothing_of_upstream_is_missing() -> None:
    ours, theirs = our_header(), their_header()
    assert sorted(set(theirs.values) - set(ours.values)) == []
    assert sorted(set(theirs.enums) - set(ours.enums)) == []
    assert sorted(set(theirs.structs) - set(ours.structs)) == []
    assert sorted(set(theirs.callbacks) - set(ours.callbacks)) == []
    assert sorted(set(theirs.functions) - set(ours.functions)) == []


def test_callbacks_and_functions_have_upstreams_signatures() -> None:
    ours, theirs = our_header(), their_header()
    known = {**ours.callbacks, **ours.functions}
    expected = {**theirs.callbacks, **theirs.functions}
    assert len(expected) > 90
    assert {name: known.get(name) for name in expected} == expected


def test_the_25_entry_points_are_declared() -> None:
    assert len(ENTRY_POINTS) == 25
    assert set(our_header().functions) == ENTRY_POINTS


def test_the_newest_rows_have_their_numbers() -> None:
    values = our_header().values
    assert {name: values.get(name) for name in NEWEST} == NEWEST


def test_every_environment_number_is_defined_once() -> None:
    flags = {"EXPERIMENTAL", "PRIVATE", "RETROARCH_START_BLOCK"}
    aliases = {"GET_CONTENT_DIRECTORY"}
    prefix = "RETRO_ENVIRONMENT_"
    commands = {
        name.removeprefix(prefix): value
        for name, value in our_header().values.items()
        if name.startswith(prefix) and name.removeprefix(prefix) not in flags | aliases
    }
    assert len(set(commands.values())) == len(commands)
    # 44 survives only as the experimental SET_HW_SHARED_CONTEXT; 4, 5, 20 and 76 are retired.
    numbers = {value & 0xFFFF for value in commands.values() if value < 0x800000}
    assert numbers == set(range(1, 95)) - {4, 5, 20, 76}
    retroarch = {value for value in commands.values() if value >= 0x800000}
    assert retroarch == set(range(0x800002, 0x800006))


@pytest.mark.parametrize("standard", ["c99", "c11", "c++11", "c++17"])
def test_the_header_compiles_without_a_warning(standard: str, tmp_path: Path) -> None:
    our_header()
    language = "c++" if "+" in standard else "c"
    try:
        command = compiler(language)
    except NoCompilerError as error:
        pytest.skip(str(error))
    source = tmp_path / f"include.{'cpp' if language == 'c++' else 'c'}"
    source.write_text(
        f'#include "{OUR_HEADER.as_posix()}"\n'
        f'#include "{OUR_HEADER.as_posix()}"\n'
        "retro_environment_t environment;\n"
    )
    result = subprocess.run(
        [
            *command,
            f"-std={standard}",
            "-Wall",
            "-Wextra",
            "-Wpedantic",
            "-Werror",
            "-c",
            str(source),
            "-o",
            str(tmp_path / "include.o"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr


def test_a_core_built_with_hidden_symbols_still_exports_its_functions(
    tmp_path: Path, build_cache: Path
) -> None:
    our_header()
    source = tmp_path / "exports.c"
    source.write_text(
        "#include <libretro.h>\n"
        "unsigned retro_api_version(void) { return RETRO_API_VERSION; }\n"
        "unsigned not_exported(void);\n"
        "unsigned not_exported(void) { return 2; }\n"
    )
    try:
        library = ctypes.CDLL(str(build_library(source, "exports", build_cache)))
    except NoCompilerError as error:
        pytest.skip(str(error))
    assert library.retro_api_version() == 1
    assert not hasattr(library, "not_exported")


def test_the_probe_sees_every_kind_of_mistake(tmp_path: Path) -> None:
    text = our_header().path.read_text()
    for right, wrong in {
        "#define RETRO_DEVICE_POINTER 6": "#define RETRO_DEVICE_POINTER 7",
        "RETROK_TAB = 9": "RETROK_TAB = 10",
        "    const char *dir;": "    int8_t dir;",
        "retro_audio_sample_t)(int16_t left": "retro_audio_sample_t)(int32_t left",
        "RETRO_API void retro_reset(void);": "",
    }.items():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    mistaken = tmp_path / "libretro.h"
    mistaken.write_text(text)
    ours, theirs = our_header(), parse(mistaken)
    differing = {name for name in ours.values if ours.values[name] != theirs.values[name]}
    assert differing - {f"RETRO_DEVICE_SUBCLASS(6, {id})" for id in (0, 1, 200)} == {
        "RETRO_DEVICE_POINTER",
        "RETROK_TAB",
        "sizeof retro_game_info_ext.dir",
    }
    assert {name for name in ours.callbacks if ours.callbacks[name] != theirs.callbacks[name]} == {
        "retro_audio_sample_t"
    }
    assert set(ours.functions) - set(theirs.functions) == {"retro_reset"}


class CythonView:
    """The names libretro.pxd declares, read as text."""

    def __init__(self, text: str) -> None:
        self.constants: set[str] = set(re.findall(r"^    const void \*(RETRO\w+)$", text, re.M))
        self.enums: dict[str, list[str]] = {}
        self.structs: dict[str, list[str]] = {}
        self.callbacks = set(re.findall(r"^    ctypedef [^\n(]*\(\*(\w+)\)\(", text, re.M))
        for kind, name, body in re.findall(
            r"^    (enum|struct) ?(\w*):\n((?:        .*\n|\n(?=        ))+)", text, re.M
        ):
            members = [line.strip() for line in body.splitlines() if line.strip()]
            if kind == "struct":
                self.structs[name] = [line for line in members if line != "pass"]
            else:
                self.enums.setdefault(name, []).extend(members)
                self.constants.update(members)


def as_cython(field: tuple[str, str]) -> str:
    name, kind = field
    kind = re.sub(r"\b(struct|enum) ", "", kind).replace("_Bool", "cbool")
    array = re.search(r"\[\w+\]$", kind)
    suffix = array[0] if array else ""
    return squeeze(f"{kind.removesuffix(suffix).strip()} {name}{suffix}")


@pytest.fixture(scope="module")
def cython_view() -> CythonView:
    if not OUR_PXD.is_file():
        pytest.skip(f"{OUR_PXD} is missing: this test needs the source tree")
    return CythonView(OUR_PXD.read_text())


def test_the_cython_view_declares_every_constant(cython_view: CythonView) -> None:
    ours: Header = our_header()
    assert cython_view.constants == ours.constants
    named = {name: tuple(members) for name, members in cython_view.enums.items() if name}
    assert named == ours.enums


def test_the_cython_view_declares_every_struct_and_callback(cython_view: CythonView) -> None:
    ours = our_header()
    assert cython_view.callbacks == set(ours.callbacks)
    declared = {
        name: [squeeze(field) for field in fields]
        for name, fields in cython_view.structs.items()
        if fields
    }
    number = {"[RETRO_NUM_CORE_OPTION_VALUES_MAX]": "[128]"}
    for fields in declared.values():
        for old, new in number.items():
            fields[:] = [field.replace(old, new) for field in fields]
    assert declared == {
        name: [as_cython(field) for field in fields] for name, fields in ours.structs.items()
    }


def test_every_callback_of_the_cython_view_runs_without_the_gil(cython_view: CythonView) -> None:
    text = OUR_PXD.read_text()
    assert len(re.findall(r"\) noexcept nogil$", text, re.M)) == len(cython_view.callbacks)
