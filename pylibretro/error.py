"""Exceptions: each is a `LibretroError` and also the builtin exception that it resembles."""

from __future__ import annotations

__all__ = [
    "ActionError",
    "AddressError",
    "ClosedError",
    "ContentError",
    "ContentNotFoundError",
    "CoreBusyError",
    "CoreCrashedError",
    "CoreForkedError",
    "CoreNotFoundError",
    "CoreShutdownError",
    "CoreTimeoutError",
    "GameError",
    "InvalidCoreError",
    "LibretroError",
    "MovieError",
    "OptionError",
    "ProtocolError",
    "RuleError",
    "SaveRAMError",
    "StateError",
    "UnknownOptionError",
    "WorkerError",
    "WorkerLostError",
]


class LibretroError(Exception):
    """Something went wrong between Python, this frontend and a libretro core."""


class CoreNotFoundError(LibretroError, FileNotFoundError):
    """No core has this name, or there is no file at this path."""


class DiskError(LibretroError, ValueError):
    """There is no such disk, the drive is closed, or the core refused to change disks."""


class InvalidCoreError(LibretroError, OSError):
    """The file is not a libretro core that this process can load."""


class ContentError(LibretroError, ValueError):
    """The content is missing, unreadable, or refused by the core."""


class ContentNotFoundError(ContentError, FileNotFoundError):
    """There is no content file at this path, or no such member in the archive."""


class OptionError(LibretroError, ValueError):
    """The core does not offer this value for the option."""


class UnknownOptionError(OptionError, KeyError):
    """The core has no option with this key."""

    def __str__(self) -> str:
        """Return the message as it is, which `KeyError` would quote."""
        return Exception.__str__(self)


class SaveRAMError(LibretroError, OSError):
    """A file of save RAM is none that the core can be given, or has been changed by another."""


class StateError(LibretroError, ValueError):
    """The core refused to save or load a state, or the state does not fit it."""


class GameError(LibretroError, ValueError):
    """A game's file or integration makes no sense, or lacks something."""


class GameWarning(UserWarning):
    """Something in a game's files cannot be used, and the game goes on without it."""


class CoreCrashWarning(UserWarning):
    """A core crashed, aborted or exited while it was being closed; all else of it was freed."""


class SoundWarning(UserWarning):
    """A machine whose sound is heard is put into a state of one that left out its sound.

    All else is exact. Its sound may be another one than if it had been heard all along.
    """


class MovieError(LibretroError, ValueError):
    """The movie is damaged, of another core or content, or holds what cannot be played."""


class ActionError(LibretroError, ValueError, TypeError):
    """An env has no such action: it is not in its action space, and means nothing that is."""


class AddressError(LibretroError, IndexError):
    """The core maps no memory at this bus address."""


class CoreBusyError(LibretroError, RuntimeError):
    """Another thread is inside this Core; one Core is one thread's at a time."""


class ClosedError(LibretroError, ValueError):
    """The Core has been closed."""


class CoreShutdownError(LibretroError, RuntimeError):
    """The core asked to shut down (`RETRO_ENVIRONMENT_SHUTDOWN`) and can no longer run."""


class CoreCrashedError(LibretroError, RuntimeError):
    """The core threw a C++ exception, aborted, exited or did what the machine forbids.

    The Core can only be closed; all else goes on.

    Attributes:
        call: The function of libretro's that was called, such as "retro_run"; None if not known.
        signal: What the machine said (`signal.SIGSEGV`, `SIGBUS`, `SIGFPE`, `SIGILL`, `SIGTRAP`,
            `SIGABRT`); None if the core ended in another way.
        address: The address that could not be read or written, of SIGSEGV and SIGBUS; else None.
        function: The core's function where it happened, if the library has symbols; else None.
        command: The last command that the core gave its environment, by its name in libretro.h
            without "RETRO_ENVIRONMENT_", or its number; None if there was none.
        log: The last lines that the core logged, the newest last.
    """

    call: str | None = None
    signal: int | None = None
    address: int | None = None
    function: str | None = None
    command: str | int | None = None
    log: tuple[str, ...] = ()


class CoreTimeoutError(CoreCrashedError, TimeoutError):
    """A call into the core took longer than `timeout=`; the Core can only be closed."""


class CoreForkedError(LibretroError, RuntimeError):
    """The Core was opened before `fork()`: it belongs to the parent process."""


class ProtocolError(LibretroError, RuntimeError):
    """The core broke a rule of libretro, such as a picture whose pitch is shorter than its row."""


class RuleError(LibretroError, ValueError):
    """The text of a rule says nothing that can be computed after a frame; see `docs/rules.md`."""


class WorkerError(LibretroError, RuntimeError):
    """Something raised an exception in a worker of a pool: its env, its core, or its policy.

    That exception is the `__cause__`.

    Attributes:
        worker: The number of the worker.
        fragment: The number of the fragment that it was playing, or None.
    """

    worker: int | None = None
    fragment: int | None = None


class WorkerLostError(WorkerError):
    """A worker of a pool was lost again and again, or there is no room for another one."""
