"""What an env observes, made from what a batch returns after a step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import Core
from pylibretro.batch._batch import CoreBatch
from pylibretro.envs.env_spec import EnvSpec, Sense
from pylibretro.envs.memory_window import MemoryWindow
from pylibretro.envs.watch_vector import WatchVector
from pylibretro.memory.watch import Watch
from pylibretro.picture.observation import Observation
from pylibretro.sound.audio_window import AudioWindow

if TYPE_CHECKING:
    import gymnasium

__all__ = ["Senses"]


class Senses:
    """The parts of an observation: what a batch is asked for, and how its answers are put together.

    Args:
        spec: The `EnvSpec` with the `observation`.
    """

    def __init__(self, spec: EnvSpec) -> None:
        """Sort out the parts."""
        sense: Any = spec.observation
        self.named = isinstance(sense, Mapping)
        self.parts: dict[str, Sense] = dict(sense) if self.named else {"": sense}
        self.watches: dict[str, Any] = dict(spec.watches or {})
        self.views: dict[str, list[NDArray[np.uint8]]] = {}
        self.vectors: dict[str, _Vector] = {}
        for name, part in self.parts.items():
            if isinstance(part, WatchVector):
                self.vectors[name] = _Vector(part, self.watches)

    def batch_arguments(self) -> dict[str, Any]:
        """Return the arguments of `CoreBatch` that the parts need."""
        arguments: dict[str, Any] = {}
        for part in self.parts.values():
            if isinstance(part, Observation):
                arguments["observation"] = part
            elif isinstance(part, AudioWindow):
                arguments["audio_window"] = part
        return arguments

    def look_at(self, batch: CoreBatch) -> None:
        """Find the memories of a batch's cores, anew whenever a core has been opened again."""
        for name, part in self.parts.items():
            if isinstance(part, MemoryWindow):
                self.views[name] = [self.view(part, core) for core in batch]

    def view(self, window: MemoryWindow, core: Core) -> NDArray[np.uint8]:
        """Return the live view of a part of a core's memory."""
        view: NDArray[np.uint8] = window.of(core)
        return view

    def space(self, batch: CoreBatch) -> gymnasium.Space[Any]:
        """Return the observation space of one env."""
        from gymnasium.spaces import Dict

        spaces = {name: self.part_space(name, part, batch) for name, part in self.parts.items()}
        return Dict(spaces) if self.named else spaces[""]

    def part_space(self, name: str, part: Sense, batch: CoreBatch) -> gymnasium.Space[Any]:
        """Return the space of one part of the observation of one env."""
        from gymnasium.spaces import Box

        if isinstance(part, Observation):
            shape = batch.observations.shape[1:]
            return Box(0, 255, shape, np.uint8) if part.dtype == "uint8" else Box(0, 1, shape)
        if isinstance(part, AudioWindow):
            if part.dtype == "int16":
                return Box(-32768, 32767, part.shape, np.int16)
            return Box(-1, 1, part.shape)
        if isinstance(part, MemoryWindow):
            return Box(0, 255, self.views[name][0].shape, np.uint8)
        vector = self.vectors[name]
        return Box(vector.low, vector.high, dtype=np.float32)

    def observe(self, result: Any, ids: NDArray[np.int64] | None = None) -> Any:
        """Return an array, or a dict of them, with a row for each env.

        Args:
            result: A batch after its step, or what its `recv` returned.
            ids: Which envs the rows belong to; all unless given.
        """
        if not self.named:
            return self.part_rows("", self.parts[""], result, ids)
        return {name: self.part_rows(name, part, result, ids) for name, part in self.parts.items()}

    def part_rows(
        self, name: str, part: Sense, result: Any, ids: NDArray[np.int64] | None
    ) -> NDArray[Any]:
        """Return the rows of one part of an observation."""
        rows: NDArray[Any]
        if isinstance(part, Observation):
            rows = result.observations
        elif isinstance(part, AudioWindow):
            rows = result.audio_windows
        elif isinstance(part, MemoryWindow):
            views = self.views[name]
            chosen = views if ids is None else [views[i] for i in ids.tolist()]
            rows = np.concatenate(chosen).reshape(len(chosen), -1)
        else:
            rows = self.vectors[name].rows(result.watches)
        return rows


class _Vector:
    """A `WatchVector` of certain watches."""

    def __init__(self, vector: WatchVector, watches: Mapping[str, Watch]) -> None:
        names = tuple(watches) if vector.names is None else vector.names
        if not names:
            raise ValueError("a WatchVector needs watches=; there are none")
        for name in [*names, *(vector.limits or ())]:
            if name not in watches:
                raise ValueError(f"a WatchVector names {name!r}; the watches are {list(watches)}")
        order = list(watches)
        bounds = [_bounds(watches[name]) for name in names]
        limits = dict(vector.limits or {})
        self.columns = np.array([order.index(name) for name in names])
        self.every = self.columns.tolist() == list(range(len(order)))
        self.limited = bool(limits)
        self.offset = np.array([limits.get(name, (0.0, 1.0))[0] for name in names])
        self.extent = np.array(
            [limits[name][1] - limits[name][0] if name in limits else 1.0 for name in names]
        )
        low = [
            0.0 if name in limits else bound[0] for name, bound in zip(names, bounds, strict=True)
        ]
        high = [
            1.0 if name in limits else bound[1] for name, bound in zip(names, bounds, strict=True)
        ]
        self.low = np.array(low, np.float32)
        self.high = np.array(high, np.float32)

    def rows(self, watches: NDArray[Any]) -> NDArray[np.float32]:
        chosen = watches if self.every else watches[:, self.columns]
        if self.limited:
            chosen = (chosen - self.offset) / self.extent
        with np.errstate(over="ignore"):
            rows = chosen.astype(np.float32)
        return np.clip(rows, self.low, self.high, out=rows)


def _bounds(watch: Watch) -> tuple[float, float]:
    """Return the least and the greatest number that a watch can have."""
    kind, size = watch.type[1], int(watch.type[2])
    if kind == "f":
        most = float(np.finfo(np.float32).max)
        return -most, most
    if kind in "dn":
        return 0, 10 ** (2 * size if kind == "d" else size) - 1
    bits = 8 * size
    if kind == "i":
        return -(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1
    most = float(2**bits - 1 if watch.mask is None else watch.mask)
    # Watches of eight bytes are read as signed.
    return (-(2.0**63), 2.0**63) if bits == 64 else (0.0, most)
