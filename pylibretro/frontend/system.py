"""What a core says about itself (`retro_get_system_info`, `retro_get_system_av_info`)."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["AVInfo", "Geometry", "Subsystem", "SubsystemMemory", "SubsystemROM", "SystemInfo"]


class SystemInfo(NamedTuple):
    """A core's name, version and wishes about content (`retro_system_info`)."""

    name: str
    version: str
    extensions: tuple[str, ...]
    need_fullpath: bool
    block_extract: bool


class Geometry(NamedTuple):
    """Sizes of the picture in pixels and its aspect ratio (`retro_game_geometry`).

    A core may send pictures of sizes other than `base`; the shape of `Core.frame` is the true one.
    """

    base_width: int
    base_height: int
    max_width: int
    max_height: int
    aspect_ratio: float


class AVInfo(NamedTuple):
    """Frames per second, audio samples per second (0 without sound) and geometry.

    Corresponds to `retro_system_av_info`; the sizes can be read here as well as in `geometry`.
    """

    fps: float
    sample_rate: float
    geometry: Geometry

    @property
    def base_width(self) -> int:
        """Usual width of the picture in pixels."""
        return self.geometry.base_width

    @property
    def base_height(self) -> int:
        """Usual height of the picture in pixels."""
        return self.geometry.base_height

    @property
    def max_width(self) -> int:
        """Greatest width of the picture in pixels."""
        return self.geometry.max_width

    @property
    def max_height(self) -> int:
        """Greatest height of the picture in pixels."""
        return self.geometry.max_height

    @property
    def aspect_ratio(self) -> float:
        """Width by height of the picture as it is meant to be seen."""
        return self.geometry.aspect_ratio


class SubsystemMemory(NamedTuple):
    """A memory that belongs to one ROM of a subsystem (`retro_subsystem_memory_info`)."""

    extension: str
    type: int


class SubsystemROM(NamedTuple):
    """One of the contents that a subsystem takes (`retro_subsystem_rom_info`)."""

    description: str
    extensions: tuple[str, ...]
    need_fullpath: bool
    block_extract: bool
    required: bool
    memories: tuple[SubsystemMemory, ...]


class Subsystem(NamedTuple):
    """A way of loading several contents at once (`retro_subsystem_info`)."""

    identifier: str
    description: str
    id: int
    roms: tuple[SubsystemROM, ...]
