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
    from pylibretro._core import (
        MIDI,
        PORT_INPUT,
        Camera,
        Core,
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
from pylibretro.batch._batch import CoreBatch
from pylibretro.batch.results import BatchResult, BranchResult
from pylibretro.batch.rules import compile_rule
from pylibretro.content.lookup import InstalledCore, find_core, installed_cores
from pylibretro.content.vfs import FileOperation, FilePolicy
from pylibretro.core_spec import CoreSpec, Display, Host, Peripherals
from pylibretro.enums import (
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
from pylibretro.envs.registration import register_envs_with_gymnasium
from pylibretro.error import (
    ActionError,
    AddressError,
    ClosedError,
    ContentError,
    ContentNotFoundError,
    CoreBusyError,
    CoreCrashedError,
    CoreCrashWarning,
    CoreForkedError,
    CoreNotFoundError,
    CoreShutdownError,
    CoreTimeoutError,
    DiskError,
    GameError,
    InvalidCoreError,
    LibretroError,
    MovieError,
    OptionError,
    ProtocolError,
    RuleError,
    SaveRAMError,
    StateError,
    UnknownOptionError,
    WorkerError,
    WorkerLostError,
)
from pylibretro.frontend.call_record import RecordedCalls
from pylibretro.frontend.messages import LogLine, Message
from pylibretro.frontend.system import (
    AVInfo,
    Geometry,
    Subsystem,
    SubsystemMemory,
    SubsystemROM,
    SystemInfo,
)
from pylibretro.input.input import Controller, InputDescriptor
from pylibretro.memory.cheats import Cheat
from pylibretro.memory.memory import MemoryDescriptor
from pylibretro.memory.watch import Watch
from pylibretro.netpacket.transports import (
    NetpacketClient,
    NetpacketHost,
    NetpacketLoopback,
    NetpacketTransport,
)
from pylibretro.options.options import OptionCategory, OptionDefinition
from pylibretro.peripherals.location import LocationPosition
from pylibretro.peripherals.midi import MIDIPorts
from pylibretro.peripherals.power import DevicePower
from pylibretro.peripherals.sensors import Sensors
from pylibretro.picture.capture import Capture
from pylibretro.picture.hardware import HardwareContext
from pylibretro.picture.observation import Observation
from pylibretro.sound.audio_window import AudioWindow
from pylibretro.sound.timing import FastForwardingOverride, PerformanceCounter, ThrottleState
from pylibretro.states.rewind import Rewind
from pylibretro.states.run_ahead import RunAhead
from pylibretro.version import __version__ as __version__

if TYPE_CHECKING:
    from pylibretro.envs.actions import (
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
    from pylibretro.envs.env import LibretroEnv as LibretroEnv
    from pylibretro.envs.env_spec import EnvSpec
    from pylibretro.envs.memory_window import MemoryWindow
    from pylibretro.envs.multi_task import (
        LibretroMultiTaskVectorEnv as LibretroMultiTaskVectorEnv,
    )
    from pylibretro.envs.parallel import LibretroParallelEnv as LibretroParallelEnv
    from pylibretro.envs.snapshot import VectorEnvSnapshot
    from pylibretro.envs.vector import LibretroVectorEnv as LibretroVectorEnv
    from pylibretro.envs.watch_vector import WatchVector
    from pylibretro.games.game import Game
    from pylibretro.memory.search import Search
    from pylibretro.movies.checks import Desync, Verdict
    from pylibretro.movies.movie import Movie
    from pylibretro.movies.recorder import MovieRecorder, record
    from pylibretro.movies.verify import verify

# What not everybody needs is imported when it is first asked for. LibretroEnv and LibretroVectorEnv
# are not in __all__, because they need Gymnasium (and LibretroParallelEnv needs PettingZoo).
_IMPORTED_LATER = {
    "AnalogActions": "envs.actions",
    "AnalogButtonActions": "envs.actions",
    "ButtonActions": "envs.actions",
    "Desync": "movies.checks",
    "DiscreteActions": "envs.actions",
    "EnvSpec": "envs.env_spec",
    "Game": "games.game",
    "KeyActions": "envs.actions",
    "LibretroEnv": "envs.env",
    "LibretroMultiTaskVectorEnv": "envs.multi_task",
    "LibretroParallelEnv": "envs.parallel",
    "LibretroVectorEnv": "envs.vector",
    "LightgunActions": "envs.actions",
    "MemoryWindow": "envs.memory_window",
    "MouseActions": "envs.actions",
    "Movie": "movies.movie",
    "MovieRecorder": "movies.recorder",
    "MultiDiscreteActions": "envs.actions",
    "PointerActions": "envs.actions",
    "Search": "memory.search",
    "VectorEnvSnapshot": "envs.snapshot",
    "Verdict": "movies.checks",
    "WatchVector": "envs.watch_vector",
    "record": "movies.recorder",
    "verify": "movies.verify",
}

__all__ = [
    "MIDI",
    "PORT_INPUT",
    "AVInfo",
    "ActionError",
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
    "CoreCrashWarning",
    "CoreCrashedError",
    "CoreForkedError",
    "CoreNotFoundError",
    "CoreShutdownError",
    "CoreSpec",
    "CoreTimeoutError",
    "Desync",
    "Device",
    "DevicePower",
    "DiscreteActions",
    "Disk",
    "DiskError",
    "Display",
    "EnvSpec",
    "FastForwardingOverride",
    "FileOperation",
    "FilePolicy",
    "Game",
    "GameError",
    "Geometry",
    "HardwareContext",
    "HardwareContextType",
    "Host",
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
    "Peripherals",
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
    "SaveRAMError",
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
