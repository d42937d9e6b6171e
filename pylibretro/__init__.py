"""pylibretro loads any libretro core and steps it as fast as C can.

>>> from pylibretro import Core, Joypad
>>> with Core("2048") as core:
...     core.run(60)
...     core.frame.dtype
60
dtype('uint8')
"""

import importlib
from typing import TYPE_CHECKING

try:
    from ._core import (
        MIDI,
        PORT_INPUT,
        Camera,
        Core,
        CoreBatch,
        Disk,
        Location,
        Memory,
        Microphone,
        NetpacketPort,
        Options,
        Procedure,
        State,
    )
except ModuleNotFoundError as error:
    if error.name != "pylibretro._core":
        raise
    raise ImportError(
        f"{__path__[0]} is pylibretro's source and has not been compiled; build it in place with "
        f"tools/build, or install it and leave its checkout's directory"
    ) from error
from .audio_window import AudioWindow
from .batch import BatchResult, BranchResult, CoreSpec
from .call_record import RecordedCalls
from .capture import Capture
from .cheats import Cheat
from .enums import (
    AnalogStick,
    Device,
    HardwareContextType,
    Joypad,
    Key,
    Language,
    Lightgun,
    MemoryFlag,
    MessageTarget,
    MessageType,
    Mouse,
    PixelFormat,
    Pointer,
    PowerState,
    Region,
    SerializationQuirk,
    ThrottleMode,
)
from .error import (
    AddressError,
    ClosedError,
    ContentError,
    ContentNotFoundError,
    CoreBusyError,
    CoreCrashedError,
    CoreForkedError,
    CoreNotFoundError,
    CoreShutdownError,
    DiskError,
    GameError,
    InvalidCoreError,
    LibretroError,
    MovieError,
    OptionError,
    ProtocolError,
    RuleError,
    StateError,
    UnknownOptionError,
    WorkerError,
    WorkerLostError,
)
from .hardware import HardwareContext
from .input import Controller, InputDescriptor
from .location import LocationPosition
from .lookup import InstalledCore, find_core, installed_cores
from .memory import MemoryDescriptor
from .messages import LogLine, Message
from .midi import MIDIPorts
from .netpacket import NetpacketClient, NetpacketHost, NetpacketLoopback, NetpacketTransport
from .observation import Observation
from .options import OptionCategory, OptionDefinition
from .power import DevicePower
from .registration import register_envs_with_gymnasium
from .rewind import Rewind
from .rules import Watch, compile_rule
from .run_ahead import RunAhead
from .sensors import Sensors
from .system import AVInfo, Geometry, Subsystem, SubsystemMemory, SubsystemROM, SystemInfo
from .timing import FastForwardingOverride, PerformanceCounter, ThrottleState
from .vfs import FileOperation, FilePolicy

if TYPE_CHECKING:
    from .actions import (
        AnalogActions,
        AnalogButtonActions,
        ButtonActions,
        DiscreteActions,
        KeyActions,
        LightgunActions,
        MouseActions,
        MultiDiscreteActions,
        PointerActions,
    )
    from .env import LibretroEnv as LibretroEnv
    from .env_spec import EnvSpec
    from .game import Game
    from .memory_window import MemoryWindow
    from .movie import Desync, Movie, MovieRecorder, Verdict, record, verify
    from .parallel_env import LibretroParallelEnv as LibretroParallelEnv
    from .search import Search
    from .vector import LibretroVectorEnv as LibretroVectorEnv
    from .vector_snapshot import VectorEnvSnapshot
    from .watch_vector import WatchVector

__version__ = "0.1.0"

# What not everybody needs is imported when it is first asked for. LibretroEnv and LibretroVectorEnv
# are not in __all__, because they need Gymnasium (and LibretroParallelEnv needs PettingZoo).
_IMPORTED_LATER = {
    "AnalogActions": "actions",
    "AnalogButtonActions": "actions",
    "ButtonActions": "actions",
    "Desync": "movie",
    "DiscreteActions": "actions",
    "EnvSpec": "env_spec",
    "Game": "game",
    "KeyActions": "actions",
    "LibretroEnv": "env",
    "LibretroParallelEnv": "parallel_env",
    "LibretroVectorEnv": "vector",
    "LightgunActions": "actions",
    "MemoryWindow": "memory_window",
    "MouseActions": "actions",
    "Movie": "movie",
    "MovieRecorder": "movie",
    "MultiDiscreteActions": "actions",
    "PointerActions": "actions",
    "Search": "search",
    "VectorEnvSnapshot": "vector_snapshot",
    "Verdict": "movie",
    "WatchVector": "watch_vector",
    "record": "movie",
    "verify": "movie",
}

__all__ = [
    "MIDI",
    "PORT_INPUT",
    "AVInfo",
    "AddressError",
    "AnalogActions",
    "AnalogButtonActions",
    "AnalogStick",
    "AudioWindow",
    "BatchResult",
    "BranchResult",
    "ButtonActions",
    "Camera",
    "Capture",
    "Cheat",
    "ClosedError",
    "ContentError",
    "ContentNotFoundError",
    "Controller",
    "Core",
    "CoreBatch",
    "CoreBusyError",
    "CoreCrashedError",
    "CoreForkedError",
    "CoreNotFoundError",
    "CoreShutdownError",
    "CoreSpec",
    "Desync",
    "Device",
    "DevicePower",
    "DiscreteActions",
    "Disk",
    "DiskError",
    "EnvSpec",
    "FastForwardingOverride",
    "FileOperation",
    "FilePolicy",
    "Game",
    "GameError",
    "Geometry",
    "HardwareContext",
    "HardwareContextType",
    "InputDescriptor",
    "InstalledCore",
    "InvalidCoreError",
    "Joypad",
    "Key",
    "KeyActions",
    "Language",
    "LibretroError",
    "Lightgun",
    "LightgunActions",
    "Location",
    "LocationPosition",
    "LogLine",
    "MIDIPorts",
    "Memory",
    "MemoryDescriptor",
    "MemoryFlag",
    "MemoryWindow",
    "Message",
    "MessageTarget",
    "MessageType",
    "Microphone",
    "Mouse",
    "MouseActions",
    "Movie",
    "MovieError",
    "MovieRecorder",
    "MultiDiscreteActions",
    "NetpacketClient",
    "NetpacketHost",
    "NetpacketLoopback",
    "NetpacketPort",
    "NetpacketTransport",
    "Observation",
    "OptionCategory",
    "OptionDefinition",
    "OptionError",
    "Options",
    "PerformanceCounter",
    "PixelFormat",
    "Pointer",
    "PointerActions",
    "PowerState",
    "Procedure",
    "ProtocolError",
    "RecordedCalls",
    "Region",
    "Rewind",
    "RuleError",
    "RunAhead",
    "Search",
    "Sensors",
    "SerializationQuirk",
    "State",
    "StateError",
    "Subsystem",
    "SubsystemMemory",
    "SubsystemROM",
    "SystemInfo",
    "ThrottleMode",
    "ThrottleState",
    "UnknownOptionError",
    "VectorEnvSnapshot",
    "Verdict",
    "Watch",
    "WatchVector",
    "WorkerError",
    "WorkerLostError",
    "compile_rule",
    "find_core",
    "installed_cores",
    "record",
    "verify",
]


if not TYPE_CHECKING:  # so that type checkers know which names there are

    def __getattr__(name: str) -> object:
        if name not in _IMPORTED_LATER:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f".{_IMPORTED_LATER[name]}", __name__), name)
        globals()[name] = value
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *_IMPORTED_LATER})


register_envs_with_gymnasium()
