"""What a CoreBatch is made of and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pylibretro.content.vfs import FilePolicy
from pylibretro.enums import HardwareContextType, Language
from pylibretro.peripherals.location import LocationPosition
from pylibretro.peripherals.midi import MIDIPorts
from pylibretro.peripherals.power import DevicePower
from pylibretro.states.rewind import Rewind
from pylibretro.states.run_ahead import RunAhead

__all__ = ["BatchResult", "BranchResult", "CoreSpec"]


@dataclass(frozen=True)
class CoreSpec:
    """One core of a CoreBatch: the arguments of `Core`, as plain data.

    >>> from pylibretro import CoreBatch, CoreSpec
    >>> with CoreBatch([CoreSpec("2048"), CoreSpec("2048", options={"2048_seed": "7"})]) as batch:
    ...     len(batch)
    2
    """

    path: Any
    content: Any = None
    options: Mapping[str, str] | None = None
    system_dir: Any = None
    save_dir: Any = None
    assets_dir: Any = None
    controllers: Any = None
    content_name: Any = None
    clock: int | None = None
    files: FilePolicy | bool | None = True
    jit: bool | str | None = True
    memory_status: tuple[int, int] | bool | None = True
    language: int | None = Language.ENGLISH
    username: str | None = None
    playlist_dir: Any = None
    browser_dir: Any = None
    initial_disk: Any = None
    subsystem: Any = None
    rewind: Rewind | None = None
    run_ahead: RunAhead | int | None = None
    sample_rate: int | None = None
    refresh_rate: float = 60.0
    float_audio: bool = False
    real_time: bool = False
    hardware: HardwareContextType | str | bool | None = True
    software_framebuffer: bool = False
    rumble: bool | None = True
    sensors: bool | None = True
    leds: bool | None = True
    microphones: Any = True
    midi: MIDIPorts | bool | None = True
    camera: Any = True
    location: LocationPosition | bool | None = True
    power: DevicePower | bool | None = True

    def arguments(self) -> dict[str, Any]:
        """Return the keyword arguments for `Core`."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "path"}


@dataclass(frozen=True)
class BatchResult:
    """What `CoreBatch.recv` returns: the steps that have finished, one row for each.

    Attributes:
        ids: (n,) int64, which cores these rows are of.
        frames_run: (n,) int64, frames that each ran.
        observations: (n, ...) as `CoreBatch.observations`, or None without an `Observation`.
        audio_windows: (n, length, channels), or None without an `AudioWindow`.
        watches: (n, K) int64, or float64 when one of them is a floating-point number; None without
            watches.
        rewards: (n,) or (n, R) float64, summed over the step's frames; None without reward rules.
        done: (n,) bool, whether the done rule held after any of the step's frames; None without.
    """

    ids: npt.NDArray[np.int64]
    frames_run: npt.NDArray[np.int64]
    observations: npt.NDArray[Any] | Any = None
    audio_windows: npt.NDArray[Any] | Any = None
    watches: npt.NDArray[Any] | Any = None
    rewards: npt.NDArray[np.float64] | Any = None
    done: npt.NDArray[np.bool_] | Any = None


@dataclass(frozen=True)
class BranchResult:
    """What `CoreBatch.branch` returns: a row for each branch, in the order of the inputs.

    Attributes:
        frames_run: (branches, steps) int64.
        observations: (branches, ...), what the last step shows; None without an `Observation`.
        audio_windows: (branches, length, channels), the sound at the end; None without an
            `AudioWindow`.
        watches: (branches, steps, K) int64 or float64, after each step; None without watches.
        rewards: (branches, steps) or (branches, steps, R) float64; None without reward rules.
        done: (branches, steps) bool. With `stop_when_done` all later steps of the branch are done,
            too, and run no frames; None without a done rule.
        states: The `State` at the end of each branch, a list; None without `save=True`.
    """

    frames_run: npt.NDArray[np.int64]
    observations: npt.NDArray[Any] | Any = None
    audio_windows: npt.NDArray[Any] | Any = None
    watches: npt.NDArray[Any] | Any = None
    rewards: npt.NDArray[np.float64] | Any = None
    done: npt.NDArray[np.bool_] | Any = None
    states: list[Any] | Any = None
