"""Where cores are: by path, or by name in the places where cores get installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pylibretro.error import CoreNotFoundError, InvalidCoreError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["InstalledCore", "find_core", "find_installed_core", "installed_cores"]

CORE_PATH_VARIABLE = "PYLIBRETRO_CORE_PATH"
LIBRARY_SUFFIXES = (".so", ".dylib", ".dll")
LIBRARY_SUFFIX = {"win32": ".dll", "darwin": ".dylib"}.get(sys.platform, ".so")
CORE_ENDING = "_libretro"


class InstalledCore(NamedTuple):
    """A core found on this machine; nothing of it has been loaded.

    Attributes:
        name: What `Core(name)` takes, such as `"snes9x"`.
        path: The shared library.
        source: `"bundled"`, `"PYLIBRETRO_CORE_PATH"`, `"RetroArch"`, `"distribution"` or
            `"stable-retro"`.
        display_name: The core's name for people, or `name` when no description is installed.
        system_name: The machine it emulates, or `""` when no description is installed.
        extensions: The content it takes, lower case and without dots; may be empty.
    """

    name: str
    path: Path
    source: str
    display_name: str
    system_name: str
    extensions: tuple[str, ...]


def find_core(name_or_path: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a core.

    A string without a path separator is a name: `"snes9x"`, `"snes9x_libretro"` and
    `"snes9x_libretro.so"` all find the same core. Names are looked for in pylibretro's own
    cores, the directories in `PYLIBRETRO_CORE_PATH`, RetroArch's, the distribution's, and an
    installed stable-retro, in that order. Anything else is a path, and `~` is expanded.

    Args:
        name_or_path: The name of an installed core, or the path of a shared library.

    Raises:
        CoreNotFoundError: There is no such file, or no installed core has this name.
        InvalidCoreError: The path is a directory.

    Example:
        >>> find_core("2048").stem
        '2048_libretro'
    """
    asked = os.fspath(name_or_path)
    if not isinstance(asked, str):
        raise TypeError(f"a core is named by a str or a PathLike of str, not {asked!r}")
    if not isinstance(name_or_path, str) or _looks_like_a_path(asked):
        return Path(_existing_file(asked))
    found = _find_by_name(asked)
    if found is None and os.path.isfile(asked):
        found = os.path.abspath(asked)
    if found is None:
        raise CoreNotFoundError(_explain_unknown_name(asked))
    return Path(found)


def find_installed_core(name: str) -> Path:
    """Return the path of the installed core with this name, which is never a path.

    For names that come from files, which must not decide which library is loaded.

    Raises:
        CoreNotFoundError: No core in the places that `find_core` searches has this name.
    """
    if not name or name.startswith(("~", ".")) or set(name) & set("/\\:\0"):
        raise CoreNotFoundError(f"{name[:80]!r} is no name of an installed core")
    found = _find_by_name(name)
    if found is None:
        raise CoreNotFoundError(_explain_unknown_name(name))
    return Path(found)


def installed_cores() -> list[InstalledCore]:
    """Return every core in the places that `find_core` searches, in the order it searches them.

    Where two places hold a core of the same name, `find_core` takes the first. Descriptions come
    from the `.info` files of RetroArch or of Debian's `libretro-core-info` where they are
    installed.

    Example:
        >>> installed_cores()[0].name
        '2048'
    """
    cores = []
    seen = set()
    shared_info_directories = _info_directories()
    for source, directory in _directories():
        info_directories = [directory, *shared_info_directories]
        for file_name in _core_files(directory):
            path = os.path.join(directory, file_name)
            real_path = os.path.realpath(path)
            if real_path in seen:
                continue
            seen.add(real_path)
            name = _core_name(file_name)
            described = _description(name, info_directories)
            cores.append(InstalledCore(name, Path(path), source, *described))
    return cores


def _looks_like_a_path(asked: str) -> bool:
    if os.sep in asked or (os.altsep is not None and os.altsep in asked):
        return True
    return asked.startswith("~") or (asked.endswith(LIBRARY_SUFFIXES) and os.path.isfile(asked))


def _existing_file(asked: str) -> str:
    path = os.path.abspath(os.path.expanduser(asked))
    if os.path.isfile(path):
        return path
    if os.path.isdir(path):
        names = ", ".join(_core_files(path)[:5]) or "none"
        raise InvalidCoreError(
            f"{path} is a directory, not a core; give the shared library itself (cores in it: "
            f"{names})"
        )
    message = f"there is no core at {path}"
    close = _close_matches(os.path.basename(path), _core_files(os.path.dirname(path)))
    if close:
        message += f"; that directory holds {', '.join(close)}"
    else:
        message += "; give the path of a shared library, or the name of an installed core"
    raise CoreNotFoundError(message)


def _find_by_name(asked: str) -> str | None:
    name = _core_name(asked)
    file_name = name + CORE_ENDING + LIBRARY_SUFFIX
    loose_match = None
    for _, directory in _directories():
        path = os.path.join(directory, file_name)
        if os.path.isfile(path):
            return path
        if loose_match is None:
            for other in _core_files(directory):
                if _loosely(_core_name(other)) == _loosely(name):
                    loose_match = os.path.join(directory, other)
    return loose_match


def _core_name(file_name: str) -> str:
    """`"snes9x"` for `"snes9x"`, `"snes9x_libretro"` and `"snes9x_libretro.so"`."""
    for suffix in LIBRARY_SUFFIXES:
        file_name = file_name.removesuffix(suffix)
    return file_name.removesuffix(CORE_ENDING)


def _loosely(name: str) -> str:
    return name.lower().replace("-", "_").replace(" ", "_")


def _core_files(directory: str) -> list[str]:
    try:
        names = os.listdir(directory)
    except OSError:
        return []
    return sorted(name for name in names if name.endswith(CORE_ENDING + LIBRARY_SUFFIX))


def _explain_unknown_name(asked: str) -> str:
    sources: dict[str, list[str]] = {}
    for source, directory in _directories():
        sources.setdefault(source, []).append(directory)
    sources["bundled"] = []
    looked = []
    for source, absent in (
        ("bundled", ""),
        (CORE_PATH_VARIABLE, "not set"),
        ("RetroArch", "not found"),
        ("distribution", "no directory of cores"),
        ("stable-retro", "not installed"),
    ):
        if source == CORE_PATH_VARIABLE and source not in sources and os.environ.get(source):
            absent = f"{os.environ[source]}: no such directory"
        where = ", ".join(sources.get(source, [])) or absent
        looked.append(f"{source} ({where})" if where else source)
    names = sorted({core.name for core in installed_cores()})
    close = _close_matches(_core_name(asked), names)
    message = f"no installed core is named {asked!r}"
    if close:
        message += f"; did you mean {' or '.join(map(repr, close))}?"
    else:
        message += "."
    return (
        f"{message} Looked in: {'; '.join(looked)}. `pylibretro cores` lists what is installed; "
        f"give the path of a core, or name its directory in {CORE_PATH_VARIABLE}."
    )


def _close_matches(asked: str, names: list[str]) -> list[str]:
    import difflib

    containing = [name for name in names if len(asked) > 2 and _loosely(asked) in _loosely(name)]
    return (containing or difflib.get_close_matches(asked, names))[:3]


def _directories() -> Iterator[tuple[str, str]]:
    """Every directory that exists and may hold cores, with its source, in search order."""
    package = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    yield "bundled", os.path.join(package, "cores")
    for directory in os.environ.get(CORE_PATH_VARIABLE, "").split(os.pathsep):
        if directory and os.path.isdir(os.path.expanduser(directory)):
            yield CORE_PATH_VARIABLE, os.path.abspath(os.path.expanduser(directory))
    distribution = [path for path in _distribution_directories() if os.path.isdir(path)]
    seen = {os.path.realpath(path) for path in distribution}
    for directory in _retroarch_directories("libretro_directory", "cores"):
        if os.path.realpath(directory) not in seen:
            seen.add(os.path.realpath(directory))
            yield "RetroArch", directory
    for directory in distribution:
        yield "distribution", directory
    for directory in _stable_retro_directories():
        yield "stable-retro", directory


def _info_directories() -> list[str]:
    """Every directory that exists and may hold `.info` files about cores."""
    directories = [*_retroarch_directories("libretro_info_path", "info", "cores")]
    for directory in (
        "/usr/share/libretro/info",
        "/usr/local/share/libretro/info",
        "/opt/homebrew/share/libretro/info",
    ):
        if os.path.isdir(directory):
            directories.append(directory)
    return directories


def _retroarch_directories(setting: str, *folders: str) -> Iterator[str]:
    """What RetroArch's configuration files say under `setting`, and their usual neighbours."""
    for configuration_directory, application_directory in _retroarch_places():
        configured = _retroarch_setting(
            os.path.join(configuration_directory, "retroarch.cfg"), setting
        )
        candidates = [os.path.join(application_directory, folder) for folder in folders]
        if configured.startswith(":"):
            # RetroArch writes paths inside its own directory as ":\cores".
            inside = configured[1:].replace("\\", "/").strip("/")
            candidates.insert(0, os.path.join(application_directory, inside))
        elif configured and configured != "default":
            candidates.insert(0, os.path.expanduser(configured))
        for directory in candidates:
            if os.path.isdir(directory):
                yield os.path.abspath(directory)


def _retroarch_places() -> list[tuple[str, str]]:
    """Pairs of a directory that may hold retroarch.cfg, and one that may hold `cores/`."""
    home = os.path.expanduser("~")
    if sys.platform == "win32":
        roots = [os.path.join(os.environ.get("APPDATA", home), "RetroArch")]
        for drive_folder in ("RetroArch-Win64", "RetroArch"):
            roots.append(os.path.join(os.environ.get("SYSTEMDRIVE", "C:") + os.sep, drive_folder))
        programs = os.environ.get("PROGRAMFILES(X86)", "C:\\Program Files (x86)")
        roots.append(os.path.join(programs, "Steam", "steamapps", "common", "RetroArch"))
        return [(root, root) for root in roots]
    if sys.platform == "darwin":
        root = os.path.join(home, "Library", "Application Support", "RetroArch")
        return [
            (os.path.join(root, "config"), root),
            (root, root),
            (root, "/Applications/RetroArch.app/Contents/Resources"),
        ]
    configuration = os.environ.get("XDG_CONFIG_HOME") or os.path.join(home, ".config")
    roots = [
        os.path.join(configuration, "retroarch"),
        os.path.join(home, ".var/app/org.libretro.RetroArch/config/retroarch"),
        os.path.join(home, "snap/retroarch/current/.config/retroarch"),
        os.path.join(home, ".steam/steam/steamapps/common/RetroArch"),
        os.path.join(home, ".local/share/Steam/steamapps/common/RetroArch"),
    ]
    return [*((root, root) for root in roots), ("/etc", "/etc/retroarch")]


def _retroarch_setting(configuration_file: str, setting: str) -> str:
    try:
        with open(configuration_file, encoding="utf-8", errors="replace") as lines:
            return _settings(lines).get(setting, "")
    except OSError:
        return ""


def _settings(lines: Iterator[str]) -> dict[str, str]:
    """`key = "value"` lines, which both retroarch.cfg and .info files are made of."""
    settings = {}
    for line in lines:
        key, separator, value = line.partition("=")
        if separator and not key.lstrip().startswith("#"):
            value = value.strip()
            if value.startswith('"'):
                value = value[1:].partition('"')[0]
            settings[key.strip()] = value
    return settings


def _distribution_directories() -> list[str]:
    if sys.platform == "win32":
        return []
    own_architecture = getattr(sys.implementation, "_multiarch", "")
    directories = []
    try:
        with os.scandir("/usr/lib") as entries:
            triples = sorted(entry.name for entry in entries if "-linux-" in entry.name)
    except OSError:
        triples = []
    # Debian installs cores of several architectures side by side; ours is the one that loads.
    for triple in sorted(triples, key=lambda triple: triple != own_architecture):
        directories.append(f"/usr/lib/{triple}/libretro")
    directories += [
        "/usr/lib/libretro",
        "/usr/lib64/libretro",
        "/usr/local/lib/libretro",
        "/usr/local/lib64/libretro",
        "/opt/homebrew/lib/libretro",
        "/home/linuxbrew/.linuxbrew/lib/libretro",
        "/run/current-system/sw/lib/retroarch/cores",
    ]
    return directories


def _stable_retro_directories() -> Iterator[str]:
    from importlib.util import find_spec

    for package in ("stable_retro", "retro"):
        try:
            specification = find_spec(package)
        except (ImportError, ValueError):
            continue
        if specification is not None and specification.submodule_search_locations:
            for location in specification.submodule_search_locations:
                directory = os.path.join(location, "cores")
                if os.path.isdir(directory):
                    yield directory


def _description(name: str, directories: list[str]) -> tuple[str, str, tuple[str, ...]]:
    for directory in directories:
        try:
            with open(
                os.path.join(directory, name + CORE_ENDING + ".info"),
                encoding="utf-8",
                errors="replace",
            ) as lines:
                settings = _settings(lines)
        except OSError:
            continue
        return (
            settings.get("display_name") or name,
            settings.get("systemname", ""),
            _extensions(settings.get("supported_extensions", "").split("|")),
        )
    return _stable_retro_description(name, directories[0])


def _stable_retro_description(name: str, directory: str) -> tuple[str, str, tuple[str, ...]]:
    """stable-retro puts a JSON file beside each core: its systems and their extensions."""
    import json

    try:
        with open(os.path.join(directory, name + ".json"), encoding="utf-8") as file:
            systems = json.load(file)
        extensions = [extension for system in systems.values() for extension in system["ext"]]
        return name, ", ".join(systems), _extensions(extensions)
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return name, "", ()


def _extensions(extensions: list[str]) -> tuple[str, ...]:
    cleaned = (extension.strip().lstrip(".").lower() for extension in extensions)
    return tuple(dict.fromkeys(extension for extension in cleaned if extension))
