"""The ids under which Gymnasium makes envs of pylibretro.

They are registered as soon as both packages have been imported, in either order, and without
importing Gymnasium for users who do not need it.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from importlib.abc import Loader
    from importlib.machinery import ModuleSpec
    from types import ModuleType

__all__ = ["game_2048", "register_envs", "register_envs_with_gymnasium"]

ENTRY_POINT = "pylibretro.envs.env:LibretroEnv"
VECTOR_ENTRY_POINT = "pylibretro.envs.vector:LibretroVectorEnv"


def game_2048() -> dict[str, Any]:
    """Return the arguments of an env of the bundled game, see docs/2048.md."""
    from pylibretro.envs import bundled

    return bundled.game_2048()


def register_envs() -> None:
    """Register all ids with Gymnasium, also those of the games of an installed stable-retro.

    Registering them again adds those of games that have been installed since.
    """
    import gymnasium

    from pylibretro.games.game_ids import register_games

    envs: dict[str, dict[str, Any]] = {
        "pylibretro/Libretro-v0": {},
        "pylibretro/2048-v0": {"core": "2048", "task": "2048"},
        "pylibretro/2048-board-v0": {"core": "2048", "task": "2048-board"},
    }
    for name, arguments in envs.items():
        if name not in gymnasium.registry:
            gymnasium.register(
                name,
                entry_point=ENTRY_POINT,
                vector_entry_point=VECTOR_ENTRY_POINT,
                kwargs=arguments,
            )
    register_games()


def register_envs_with_gymnasium() -> None:
    """Register all ids now, or when Gymnasium is imported."""
    if "gymnasium" in sys.modules:
        _register_if_possible(sys.modules["gymnasium"])
    else:
        sys.meta_path.insert(0, _GymnasiumFinder())


def _register_if_possible(gymnasium: ModuleType) -> None:
    # It is still being imported, or is older than what the envs are written for.
    if hasattr(gymnasium, "registry") and hasattr(gymnasium, "register"):
        register_envs()


class _GymnasiumFinder:
    """Notices that Gymnasium is about to be imported, and steps aside."""

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        if fullname != "gymnasium":
            return None
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        spec = find_spec(fullname)
        if spec is not None and spec.loader is not None:
            spec.loader = cast("Loader", _RegisteringLoader(spec.loader))
        return spec


class _RegisteringLoader:
    """Loads Gymnasium as its own loader does, and registers the ids."""

    def __init__(self, loader: Loader) -> None:
        self.loader = loader

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self.loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = self.loader
        module.__loader__ = self.loader
        self.loader.exec_module(module)
        _register_if_possible(module)
