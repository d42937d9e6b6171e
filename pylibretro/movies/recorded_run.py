"""What a movie holds, whatever file it comes from: the base of `Movie`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import PORT_INPUT, State
from pylibretro.movies.changes import Tracks, inputs_of, tracks_of
from pylibretro.movies.checks import CHECKS

if TYPE_CHECKING:
    from typing_extensions import Self

__all__ = ["RecordedRun"]


@dataclass(frozen=True)
class RecordedRun:
    """A recorded run of a core, as readers of movies return it; see `Movie` for its attributes."""

    frames: int = 0
    core_name: str | None = None
    core_version: str | None = None
    core_sha1: str | None = None
    core_file: str | None = None
    content_name: str | None = None
    content_sha1: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)
    controllers: Mapping[int, int] = field(default_factory=dict)
    clock: int | None = None
    fps: float | None = None
    start: State | bytes | None = field(default=None, repr=False)
    save_ram: bytes | None = field(default=None, repr=False)
    events: tuple[tuple[int, str, Any], ...] = field(default=(), repr=False)
    checks: NDArray[np.void] = field(default_factory=lambda: np.zeros(0, CHECKS), repr=False)
    check_every: int = 0
    complete: bool = True
    notes: Mapping[str, Any] = field(default_factory=dict)
    _tracks: Tracks = field(default_factory=dict, repr=False)

    @classmethod
    def from_inputs(cls, inputs: NDArray[Any], **attributes: Any) -> Self:
        """Make one from the inputs of all frames.

        Args:
            inputs: (frames,) or (frames, ports) joypad masks or records, as for `Core.run`.
            **attributes: Those that are known, such as `core_name` and `start`.

        >>> from pylibretro import Movie
        >>> Movie.from_inputs(np.array([1, 1, 0], np.uint16)).inputs(0, 3).tolist()
        [[1], [1], [0]]
        """
        array = np.asarray(inputs)
        if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > 16):
            raise ValueError(f"inputs has shape {array.shape}; (frames,) or (frames, ports)")
        array = array.reshape(len(array), -1)
        if array.dtype.names is None:
            if array.dtype.kind not in "ui" or (
                array.size and not 0 <= array.min() <= array.max() < 1 << 16
            ):
                raise ValueError("inputs are joypad masks of 0 to 65535, or records of PORT_INPUT")
            fields = {"joypad": array.astype(np.uint16)}
        else:
            fields = {name: array[name] for name in PORT_INPUT.names or ()}
        return cls(frames=len(array), _tracks=tracks_of(fields), **attributes)

    @property
    def ports(self) -> int:
        """How many ports have input: 1 more than the highest, and at least 1."""
        return max((port for _, port in self._tracks), default=0) + 1

    @property
    def joypads_only(self) -> bool:
        """Whether no other device was touched."""
        return all(name == "joypad" for name, _ in self._tracks)

    def inputs(self, start: int = 0, stop: int | None = None) -> NDArray[Any]:
        """Return the input of frames `start` to `stop` (all unless given).

        Returns:
            (frames, ports): uint16 joypad masks, or records of `PORT_INPUT` where the movie has
            other devices; both go into `Core.run` and, an axis added, into `CoreBatch.run`.
        """
        stop = self.frames if stop is None else min(stop, self.frames)
        form = np.dtype(np.uint16) if self.joypads_only else PORT_INPUT
        return inputs_of(self._tracks, start, max(stop - start, 0), self.ports, form)
