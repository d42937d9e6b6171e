"""The metadata of an env, whose `render_fps` is that of the game at this moment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from math import isfinite
from typing import TYPE_CHECKING, Any

from pylibretro.error import LibretroError

if TYPE_CHECKING:
    from pylibretro._core import Core
    from pylibretro.envs.env_spec import EnvSpec

__all__ = ["LiveMetadata", "render_fps"]


class LiveMetadata:
    """An attribute `metadata`: a dict, whose `render_fps` follows what the core says while it runs.

    Args:
        metadata: That of the class, which Gymnasium reads before there is an env.
        fps: Called with the env for its steps per second.
    """

    def __init__(self, metadata: dict[str, Any], fps: Callable[[Any], float]) -> None:
        """Keep what the class has."""
        self._of_class = metadata
        self._fps = fps

    def __get__(self, env: Any, owner: type | None = None) -> dict[str, Any]:
        """Return the dict of the env, or of the class."""
        metadata: dict[str, Any] | None = None if env is None else vars(env).get("metadata")
        if metadata is None:
            return self._of_class
        # Of one that is closed, or at work in another thread, it is what was known last.
        with suppress(LibretroError, LookupError, AttributeError):
            metadata["render_fps"] = self._fps(env)
        return metadata

    def __set__(self, env: Any, metadata: dict[str, Any]) -> None:
        """Give an env a dict of its own."""
        vars(env)["metadata"] = metadata


def render_fps(core: Core, spec: EnvSpec) -> float:
    """Return how many steps there are in a second at the game's own speed, now."""
    fps = core.av_info.fps
    return (fps if isfinite(fps) and fps > 0 else 60.0) / spec.frame_skip
