"""Real cores and games found on this machine, and what a core of theirs produced."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from rom_images import ROM_IMAGES, RomImage

from pylibretro import Core

CHECKOUT = Path(__file__).resolve().parents[2]


def package_directory(name: str) -> Path | None:
    """Directory of an installed package, without importing it."""
    spec = find_spec(name)
    return Path(spec.origin).parent if spec is not None and spec.origin else None


def find_cores() -> dict[str, Path]:
    """Every real core installed here: "stable_retro:snes9x", "distribution:mgba" ... -> file."""
    directories: list[tuple[str, Path]] = []
    stable_retro = package_directory("stable_retro")
    if stable_retro is not None:
        directories.append(("stable_retro", stable_retro / "cores"))
    directories += [
        ("distribution", directory)
        for pattern in ("*/libretro", "libretro")
        for directory in sorted(Path("/usr/lib").glob(pattern))
    ]
    return {
        f"{source}:{core.name.partition('_libretro.')[0]}": core
        for source, directory in directories
        for core in sorted(directory.glob("*_libretro.*"))
        if core.suffix in (".so", ".dylib", ".dll")
    }


CORES = find_cores()

# Our own games that a core runs; nobody here has content for the cores that are not listed.
GAMES = {
    "bsnes_mercury_accuracy": ("super_nintendo",),
    "bsnes_mercury_performance": ("super_nintendo",),
    "desmume": ("nintendo_ds",),
    "fceumm": ("nes",),
    "gambatte": ("game_boy",),
    "genesis_plus_gx": ("mega_drive", "master_system", "game_gear"),
    "mednafen_pce_fast": ("pc_engine",),
    "mednafen_vb": ("virtual_boy",),
    "mednafen_wswan": ("wonderswan",),
    "melonds": ("nintendo_ds",),
    "mgba": ("game_boy_advance", "game_boy"),
    "nestopia": ("nes",),
    "parallel_n64": ("nintendo_64",),
    "picodrive": ("mega_drive", "master_system", "game_gear"),
    "snes9x": ("super_nintendo",),
    "stella": ("atari2600",),
}
ATARI_GAMES = ("breakout", "montezuma_revenge", "pong")

OPTIONS = {
    "parallel_n64": {
        "parallel-n64-gfxplugin": "angrylion",  # the others draw with OpenGL
        "parallel-n64-angrylion-vioverlay": "Unfiltered",
        # The recompiler spends fifteen seconds on the first picture of a game this small.
        "parallel-n64-cpucore": "cached_interpreter",
    }
}


# mGBA 0.7 says that a Game Boy has 256 KB of RAM, and reading behind the true 32 KB may crash.
UNFIT = {("stable_retro:mgba", "game_boy")}


@dataclass(frozen=True)
class Play:
    """A core with a game for it."""

    core_id: str
    game: str
    options: dict[str, str] = field(default_factory=dict, compare=False)

    @property
    def id(self) -> str:
        return f"{self.core_id}-{self.game}"

    @property
    def core(self) -> Path:
        return CORES[self.core_id]

    @property
    def image(self) -> RomImage | None:
        """The game, if it is one of ours."""
        return ROM_IMAGES.get(self.game)

    def open(self, directory: Path) -> Core:
        return Core(self.core, self.content(directory), options=self.options)

    def content(self, directory: Path) -> Path:
        """Return the game's file; one of ours is written to ``directory``."""
        if self.game == "airstriker":
            return _airstriker()[0]
        if self.game in ATARI_GAMES:
            return _atari_roms()[self.game]
        image = ROM_IMAGES[self.game]
        file = directory / image.name
        if not file.exists():
            file.write_bytes(image.build())
        return file


def _airstriker() -> list[Path]:
    package = package_directory("stable_retro")
    return sorted(package.glob("data/**/Airstriker-Genesis*/rom.md")) if package else []


def _atari_roms() -> dict[str, Path]:
    package = package_directory("ale_py")
    return {rom.stem: rom for rom in sorted(package.glob("roms/*.bin"))} if package else {}


def find_plays() -> Iterator[Play]:
    for core_id in CORES:
        name = core_id.partition(":")[2]
        games = list(GAMES.get(name, ()))
        if name in ("genesis_plus_gx", "picodrive") and _airstriker():
            games.append("airstriker")
        if name == "stella":
            games += [game for game in ATARI_GAMES if game in _atari_roms()]
        for game in games:
            if (core_id, game) not in UNFIT:
                yield Play(core_id, game, OPTIONS.get(name, {}))


PLAYS = list(find_plays())


def corpus_directory() -> Path | None:
    """Directory of test ROMs with expected results, or None.

    PYLIBRETRO_CORPUS names it; without that, a ``corpus`` folder inside any neighbour of the
    checkout is it.
    """
    named = os.environ.get("PYLIBRETRO_CORPUS")
    candidates = [Path(named)] if named else sorted(CHECKOUT.parent.glob("*/corpus"))
    for directory in candidates:
        if (directory / "expected.json").is_file():
            return directory.resolve()
    return None
