"""Which frames need not be drawn."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["SkippedFrames", "proven_skips"]


@dataclass(frozen=True)
class SkippedFrames:
    """What may be switched off."""

    video: bool = False
    audio: bool = False


def proven_skips(name: str, version: str) -> SkippedFrames:
    """Return what may be switched off for a core."""
    return SkippedFrames()
