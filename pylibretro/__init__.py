"""pylibretro loads any libretro core and steps it as fast as C can.

>>> from pylibretro import Core, Joypad
>>> with Core("2048") as core:
...     core.run(60)
...     core.frame.dtype
60
dtype('uint8')
"""

try:
    from ._core import PORT_INPUT, Core, CoreBatch, Memory, Options, State
except ModuleNotFoundError as error:
    if error.name != "pylibretro._core":
        raise
    raise ImportError(
        f"{__path__[0]} is pylibretro's source and has not been compiled; build it in place with "
        f"tools/build, or install it and leave its checkout's directory"
    ) from error
from .audio_window import AudioWindow
from .batch import BatchResult, BranchResult, CoreSpec
from .capture import Capture
from .enums import (
    AnalogStick,
    Device,
    Joypad,
    Key,
    Lightgun,
    MemoryFlag,
    Mouse,
    PixelFormat,
    Pointer,
    Region,
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
    InvalidCoreError,
    LibretroError,
    OptionError,
    ProtocolError,
    RuleError,
    StateError,
    UnknownOptionError,
)
from .input import Controller, InputDescriptor
from .lookup import InstalledCore, find_core, installed_cores
from .memory import MemoryDescriptor
from .messages import LogLine, Message
from .observation import Observation
from .options import OptionCategory, OptionDefinition
from .rules import Watch, compile_rule
from .system import AVInfo, Geometry, Subsystem, SubsystemMemory, SubsystemROM, SystemInfo
from .vfs import FileOperation, FilePolicy

__version__ = "0.1.0"

__all__ = [
    "PORT_INPUT",
    "AVInfo",
    "AddressError",
    "AnalogStick",
    "AudioWindow",
    "BatchResult",
    "BranchResult",
    "Capture",
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
    "Device",
    "FileOperation",
    "FilePolicy",
    "Geometry",
    "InputDescriptor",
    "InstalledCore",
    "InvalidCoreError",
    "Joypad",
    "Key",
    "LibretroError",
    "Lightgun",
    "LogLine",
    "Memory",
    "MemoryDescriptor",
    "MemoryFlag",
    "Message",
    "Mouse",
    "Observation",
    "OptionCategory",
    "OptionDefinition",
    "OptionError",
    "Options",
    "PixelFormat",
    "Pointer",
    "ProtocolError",
    "Region",
    "RuleError",
    "State",
    "StateError",
    "Subsystem",
    "SubsystemMemory",
    "SubsystemROM",
    "SystemInfo",
    "UnknownOptionError",
    "Watch",
    "compile_rule",
    "find_core",
    "installed_cores",
]
