"""How far the picture runs ahead of the machine."""

from __future__ import annotations

import operator
from dataclasses import dataclass

__all__ = ["RunAhead"]

MOST_FRAMES = 12


@dataclass(frozen=True)
class RunAhead:
    """Settings of `Core.run_ahead`, which hides frames by which games answer input late.

    Attributes:
        frames: Frames by which the picture runs ahead, 1 to 12.
        instances: 1, or 2 for a second, hidden instance of the core that runs ahead. The first one
            then never loads a state, so that its sound is right with every core; the sound is then
            that of the machine, not of the picture.
        preemptive: Whether frames that have been run ahead are kept, and run again only when the
            input changes. The pictures are the same.

    >>> from pylibretro import Core, RunAhead
    >>> with Core("2048", run_ahead=RunAhead(frames=2)) as core:
    ...     core.run(10)
    ...     core.frame_count
    10
    10
    """

    frames: int = 1
    instances: int = 1
    preemptive: bool = False

    def __post_init__(self) -> None:
        """Check the values."""
        frames, instances = operator.index(self.frames), operator.index(self.instances)
        if not 1 <= frames <= MOST_FRAMES:
            raise ValueError(f"frames is {frames}; the picture may run 1 to {MOST_FRAMES} ahead")
        if instances not in (1, 2):
            raise ValueError(f"instances is {instances}; one or two instances run ahead")
        if self.preemptive and instances == 2:
            raise ValueError("preemptive frames are for one instance, and instances is 2")
