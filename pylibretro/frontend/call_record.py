"""What a recorded core has done, as `Core.recorded_calls` returns it."""

from __future__ import annotations

from dataclasses import dataclass

from pylibretro.enums import EnvironmentCommand

__all__ = [
    "RecordedCalls",
    "RecordedCommand",
    "RecordedEntry",
    "RecordedPicture",
    "RecordedQuery",
    "RecordedStateSize",
]

_EXPERIMENTAL = 0x10000
_OLD_SET_SERIALIZATION_QUIRKS = 44
_NAMES = {int(command) & ~_EXPERIMENTAL: command.name for command in EnvironmentCommand}


def command_name(command: int) -> str | None:
    """Return libretro's name of an environment command, or None if it has none.

    >>> command_name(36), command_name(36 | 0x10000), command_name(44), command_name(4)
    ('SET_MEMORY_MAPS', 'SET_MEMORY_MAPS', 'SET_SERIALIZATION_QUIRKS', None)
    """
    if command == _OLD_SET_SERIALIZATION_QUIRKS:
        return "SET_SERIALIZATION_QUIRKS"
    return _NAMES.get(command & ~_EXPERIMENTAL)


@dataclass(frozen=True, slots=True)
class RecordedCommand:
    """An environment command that a core sent; equal ones are counted as one.

    Attributes:
        command: The number as the core sent it.
        entry: The function of the core that sent it, such as "run"; "" for one of its callbacks.
        foreign_thread: Whether it came from another thread than the one that called the core.
        answer: The answer that the core got.
        null: Whether its data was NULL.
        withdrawn: Whether it took a callback back: its data, or the callback in it, was NULL.
        count: How often.
        order: How many commands had been sent before the first of these.
        frame: How many frames the core had run at the first of these.
    """

    command: int
    entry: str
    foreign_thread: bool
    answer: bool
    null: bool
    withdrawn: bool
    count: int
    order: int
    frame: int

    @property
    def name(self) -> str | None:
        """Libretro's name of the command, such as "SET_GEOMETRY"; None if it has none."""
        return command_name(self.command)


@dataclass(frozen=True, slots=True)
class RecordedPicture:
    """A picture that a core showed; those of one shape are counted as one.

    Attributes:
        kind: "data", "repeated" (NULL) or "hardware".
        width: As the core said.
        height: As the core said.
        pitch: Bytes from row to row, as the core said.
        format: The `PixelFormat` in force.
        max_width: The largest width that the core had declared.
        max_height: The largest height that the core had declared.
        entry: The function of the core that showed it, such as "run"; "" for one of its callbacks.
        foreign_thread: Whether it came from another thread than the one that called the core.
        count: How often.
        frame: How many frames the core had run at the first of these.
    """

    kind: str
    width: int
    height: int
    pitch: int
    format: int
    max_width: int
    max_height: int
    entry: str
    foreign_thread: bool
    count: int
    frame: int


@dataclass(frozen=True, slots=True)
class RecordedQuery:
    """Which input a core asked for, how often, and at which frame first."""

    port: int
    device: int
    index: int
    id: int
    count: int
    frame: int


@dataclass(frozen=True, slots=True)
class RecordedEntry:
    """How often a function of the core was called, and what came of it.

    Attributes:
        calls: How often it was called.
        seconds: How long it took in all, by the machine's clock, waiting included.
        longest: How long it took at most.
        returned: How often it came back; not where it crashed, threw or ended its process.
        float_modes_changed: How often it left another floating-point mode (rounding, denormals,
            traps) than it had found.
    """

    calls: int
    seconds: float
    longest: float
    returned: int
    float_modes_changed: int


@dataclass(frozen=True, slots=True)
class RecordedStateSize:
    """A size that `retro_serialize_size` returned, how often, and at which frame first."""

    size: int
    count: int
    frame: int


@dataclass(frozen=True)
class RecordedCalls:
    """What a core and its frontend called of each other, for `Core(..., record_calls=True)`.

    Attributes:
        commands: Each `RecordedCommand`, in the order of the first of its kind.
        pictures: Each `RecordedPicture`.
        queries: Each `RecordedQuery`.
        entries: A `RecordedEntry` for each of the core's functions that was called, such as "run".
        callbacks: How often the core called back, by (callback, function of the core it came from,
            whether from a foreign thread), such as ("video_refresh", "run", False).
        audio_frames: How many frames of sound it sent.
        audio_null: How many batches of sound had frames but no data.
        largest_batch: The most frames of sound in one batch.
        unpolled: How many times it read input in a frame before it had polled.
        state_sizes: Each `RecordedStateSize`.
        option_faults: What is wrong with the options that it declared last, as (fault, key), where
            fault is "no values", "default not offered", "value twice" or "key twice".
        unload_failed: Whether it crashed, threw or ended its process when its library was closed.
        left_out: How many calls are missing above because there were too many kinds.
    """

    commands: tuple[RecordedCommand, ...]
    pictures: tuple[RecordedPicture, ...]
    queries: tuple[RecordedQuery, ...]
    entries: dict[str, RecordedEntry]
    callbacks: dict[tuple[str, str, bool], int]
    audio_frames: int
    audio_null: int
    largest_batch: int
    unpolled: int
    state_sizes: tuple[RecordedStateSize, ...]
    option_faults: tuple[tuple[str, str], ...]
    left_out: int
    unload_failed: bool
