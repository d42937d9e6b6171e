"""What the compiled module of batches offers, for type checkers; its docstrings say more."""

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, SupportsFloat, SupportsIndex, TypeVar, final, overload

import numpy as np
import numpy.typing as npt
from typing_extensions import Buffer, Self

from pylibretro._core import Core, State
from pylibretro.batch.restoring import Restoring
from pylibretro.batch.results import BatchResult, BranchResult
from pylibretro.batch.skipping import SkippedWork
from pylibretro.content.content import ContentSource
from pylibretro.content.vfs import FilePolicy
from pylibretro.core_spec import (
    Controllers,
    CoreContent,
    CoreOptions,
    CorePath,
    CoreSpec,
    Display,
    Host,
    Peripherals,
)
from pylibretro.frontend.output_arrays import SupportsDLPack
from pylibretro.frontend.system import Subsystem
from pylibretro.memory.watch import Watch
from pylibretro.picture.observation import Observation
from pylibretro.skips.build_skips import BuildSkips
from pylibretro.sound.audio_window import AudioWindow
from pylibretro.states.rewind import Rewind
from pylibretro.states.run_ahead import RunAhead

_Path = str | os.PathLike[str]
_Controllers = Mapping[int, int] | Sequence[int]
# What a subsystem is given: in the order of its ROMs, or by their numbers or descriptions.
_Content = (
    ContentSource
    | Sequence[ContentSource | None]
    | Mapping[int, ContentSource | None]
    | Mapping[str, ContentSource | None]
)
_Number = str | npt.DTypeLike
_Watched = (
    Watch | tuple[SupportsIndex, _Number] | tuple[SupportsIndex, _Number, SupportsIndex | None]
)
_BatchInputs = (
    npt.NDArray[np.integer[Any]]
    | npt.NDArray[np.void]
    | Sequence[int]
    | Sequence[Sequence[int]]
    | Sequence[Sequence[Sequence[int]]]
)
_Memory = TypeVar("_Memory", bound=npt.NDArray[np.uint8] | Buffer | SupportsDLPack)
_Ids = npt.NDArray[np.integer[Any]] | npt.NDArray[np.bool_] | Sequence[int]
_Integers = np.ndarray[tuple[int], np.dtype[np.int64]]
_Truths = np.ndarray[tuple[int], np.dtype[np.bool_]]
_Pictures = np.ndarray[tuple[int, int, int, int], np.dtype[np.uint8]]
_Rewards = np.ndarray[tuple[int] | tuple[int, int], np.dtype[np.float64]]
_Samples = np.ndarray[tuple[int, int], np.dtype[np.int16]]
_Heard = np.ndarray[tuple[int], np.dtype[np.int16]]
_MicrophoneSource = _Heard | npt.NDArray[np.int16] | Callable[[int, int], npt.ArrayLike | None]
_CameraSource = npt.NDArray[np.uint8] | Callable[[int], npt.NDArray[np.uint8]]

@final
class CoreBatch:
    @overload
    def __init__(
        self,
        path: CorePath | CoreSpec,
        content: CoreContent | None = None,
        *,
        count: SupportsIndex | None = None,
        threads: SupportsIndex | None = None,
        recv_size: SupportsIndex | None = None,
        observation: Observation | None = None,
        audio_window: AudioWindow | None = None,
        watches: Mapping[str, _Watched] | None = None,
        watch_deltas: bool = False,
        reward: str | Sequence[str] | None = None,
        done: str | None = None,
        stop_when_done: bool = False,
        skip_rendering: bool | None = None,
        pictures: bool = True,
        sound: bool = True,
        skips: bool | str | os.PathLike[str] | BuildSkips | None = None,
        options: CoreOptions | None = None,
        controllers: Controllers | None = None,
        system_dir: CorePath | None = None,
        save_dir: CorePath | None = None,
        assets_dir: CorePath | None = None,
        content_name: str | Sequence[str | None] | None = None,
        subsystem: str | Subsystem | None = None,
        initial_disk: SupportsIndex | tuple[SupportsIndex, CorePath] | None = None,
        files: FilePolicy | bool | None = True,
        host: Host = ...,
        display: Display = ...,
        peripherals: Peripherals = ...,
        rewind: Rewind | None = None,
        run_ahead: RunAhead | SupportsIndex | None = None,
        contain_faults: bool = True,
        timeout: SupportsFloat | None = None,
        save_interval: SupportsFloat | None = 10.0,
    ) -> None: ...
    @overload
    def __init__(
        self,
        path: Sequence[CoreSpec],
        *,
        threads: SupportsIndex | None = None,
        recv_size: SupportsIndex | None = None,
        observation: Observation | None = None,
        audio_window: AudioWindow | None = None,
        watches: Mapping[str, _Watched] | None = None,
        watch_deltas: bool = False,
        reward: str | Sequence[str] | None = None,
        done: str | None = None,
        stop_when_done: bool = False,
        skip_rendering: bool | None = None,
        pictures: bool = True,
        sound: bool = True,
        skips: bool | str | os.PathLike[str] | BuildSkips | None = None,
    ) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, *exception: type[BaseException] | BaseException | TracebackType | None
    ) -> None: ...
    def __del__(self) -> None: ...
    def __len__(self) -> int: ...
    @overload
    def __getitem__(self, index: SupportsIndex, /) -> Core: ...
    @overload
    def __getitem__(self, index: slice, /) -> tuple[Core, ...]: ...
    def __iter__(self) -> Iterator[Core]: ...
    def close(self, *, save: bool = True) -> None: ...
    def run(
        self,
        frames: SupportsIndex | npt.NDArray[np.integer[Any]] | Sequence[int] = 1,
        inputs: _BatchInputs | None = None,
        *,
        out: npt.NDArray[Any] | Buffer | SupportsDLPack | None = None,
        begins: npt.NDArray[np.bool_] | Sequence[bool] | None = None,
    ) -> _Integers: ...
    def run_until(
        self, rule: str, max_frames: SupportsIndex, inputs: _BatchInputs | None = None
    ) -> _Truths: ...
    def send(
        self,
        inputs: _BatchInputs | None = None,
        frames: SupportsIndex | npt.NDArray[np.integer[Any]] | Sequence[int] = 1,
        *,
        ids: _Ids | None = None,
        begins: npt.NDArray[np.bool_] | Sequence[bool] | None = None,
    ) -> None: ...
    def recv(self, count: SupportsIndex | None = None) -> BatchResult: ...
    @overload
    def save_states(self, index: _Ids | None = None, *, out: None = None) -> list[State]: ...
    @overload
    def save_states(self, index: _Ids | None = None, *, out: _Memory) -> _Memory: ...
    def load_states(
        self,
        states: State | Sequence[State | Buffer] | npt.NDArray[np.uint8] | SupportsDLPack,
        index: _Ids | None = None,
        *,
        reopen: bool = False,
    ) -> None: ...
    def reset(self, index: _Ids | None = None) -> None: ...
    def reopen(
        self,
        index: _Ids,
        states: Sequence[State | Buffer | None] | None = None,
        *,
        frames: SupportsIndex = 0,
    ) -> None: ...
    @property
    def restoring(self) -> list[Restoring]: ...
    def branch(
        self,
        states: State | Sequence[State],
        inputs: _BatchInputs,
        frames: SupportsIndex = 1,
        *,
        save: bool = False,
    ) -> BranchResult: ...
    @property
    def cores(self) -> tuple[Core, ...]: ...
    @property
    def threads(self) -> int: ...
    @property
    def recv_size(self) -> int: ...
    @property
    def observation(self) -> Observation | None: ...
    @property
    def audio_window(self) -> AudioWindow | None: ...
    @property
    def watch_names(self) -> tuple[str, ...]: ...
    def prove_skips(self, states: Iterable[State]) -> None: ...
    @property
    def skips(self) -> list[SkippedWork]: ...
    @property
    def closed(self) -> bool: ...
    # None until there is one: what a type checker would make users check at every use.
    @property
    def observations(self) -> npt.NDArray[Any] | Any: ...
    @property
    def audio_windows(self) -> npt.NDArray[Any] | Any: ...
    @property
    def watches(self) -> npt.NDArray[Any] | Any: ...
    @property
    def watch_deltas(self) -> npt.NDArray[Any] | Any: ...
    @property
    def rewards(self) -> _Rewards | Any: ...
    @property
    def done(self) -> _Truths | Any: ...
    @property
    def frames_run(self) -> _Integers | Any: ...
    @property
    def frames(self) -> _Pictures: ...
    @property
    def frame_sizes(self) -> np.ndarray[tuple[int, int], np.dtype[np.int32]]: ...
    @property
    def audio(self) -> list[_Samples]: ...
    @property
    def steps_in_flight(self) -> int: ...
    @property
    def reset_states(self) -> list[State | None]: ...
    @reset_states.setter
    def reset_states(self, states: State | Sequence[State]) -> None: ...
