"""What a Core can be given: the one list of its arguments, which everything else reads."""

from __future__ import annotations

import difflib
import functools
import inspect
import operator
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, fields, replace
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex, SupportsInt, TypeVar

from pylibretro.content.vfs import FilePolicy
from pylibretro.enums import HardwareContextType, Language
from pylibretro.peripherals.camera import check_pictures
from pylibretro.peripherals.location import LocationPosition, check_position
from pylibretro.peripherals.microphones import check_samples
from pylibretro.peripherals.midi import MIDIPorts
from pylibretro.peripherals.power import DevicePower, check_power
from pylibretro.picture.hardware import preferred_context_type
from pylibretro.sound.timing import checked_refresh_rate
from pylibretro.states.rewind import Rewind
from pylibretro.states.run_ahead import RunAhead

if TYPE_CHECKING:
    from typing import TypeAlias

    import numpy as np
    import numpy.typing as npt

    from pylibretro.content.content import ContentSource
    from pylibretro.frontend.messages import Message
    from pylibretro.frontend.system import Subsystem
    from pylibretro.netpacket.transports import NetpacketTransport

    CorePath: TypeAlias = str | os.PathLike[str]
    # What a subsystem is given: in the order of its ROMs, or by their numbers or descriptions.
    CoreContent: TypeAlias = (
        ContentSource
        | Sequence[ContentSource | None]
        | Mapping[int, ContentSource | None]
        | Mapping[str, ContentSource | None]
    )
    CoreOptions: TypeAlias = Mapping[str, str] | Iterable[tuple[str, str]]
    Controllers: TypeAlias = Mapping[int, int] | Sequence[int]
    Heard: TypeAlias = np.ndarray[tuple[int], np.dtype[np.int16]]
    MicrophoneSource: TypeAlias = (
        Heard | npt.NDArray[np.int16] | Callable[[int, int], npt.ArrayLike | None]
    )
    CameraSource: TypeAlias = npt.NDArray[np.uint8] | Callable[[int], npt.NDArray[np.uint8]]

__all__ = ["CoreSpec", "Display", "Host", "Peripherals"]

# What the Cores of a batch or an env cannot be given, because nobody looks after each of them.
OF_A_CORE_ALONE = ("netpacket", "on_message", "record_calls")
JIT_MODES = ("rwx", "wx toggle", "dual map")
# Beyond these years neither a C library nor a clock in microseconds has a date.
CLOCK_LIMIT = 1 << 42
SAMPLE_RATE_LIMIT = 1 << 20
SECONDS_LIMIT = 1_000_000_000

_Kind = TypeVar("_Kind", bound=type)


def names_new_places(kind: _Kind) -> _Kind:
    """Let a dataclass that is given an argument of one of the groups say where it belongs."""
    initialise = kind.__init__  # type: ignore[misc]
    known = {field.name for field in fields(kind)}
    shown = "Core" if kind.__name__ == "CoreSpec" else kind.__name__

    @functools.wraps(initialise)
    def checked(self: object, *args: Any, **arguments: Any) -> None:
        for name in arguments:
            if name not in known:
                raise TypeError(_unknown_argument(shown, name, known))
        initialise(self, *args, **arguments)

    kind.__init__ = checked  # type: ignore[misc]
    return kind


def place_of_argument(kind: str, name: str, known: Iterable[str]) -> str | None:
    """Return what to write for an argument that is part of a group; None if it is of none."""
    for argument, group in _GROUPS.items():
        if name in _NAMES[group] and argument in known:
            return (
                f"{name}= is now part of {argument}=: "
                f"{kind}(..., {argument}={group.__name__}({name}=...))"
            )
    return None


def _unknown_argument(kind: str, name: str, known: Iterable[str]) -> str:
    place = place_of_argument(kind, name, known)
    if place is not None:
        return place
    near = difflib.get_close_matches(name, known, 1)
    return f"{kind} has no argument {name}=" + (f"; did you mean {near[0]}=?" if near else "")


def _short_repr(self: Any) -> str:
    """Show only what differs from the defaults."""
    given = []
    for field in fields(self):
        value = getattr(self, field.name)
        if type(value) is not type(field.default) or value != field.default:
            given.append(f"{field.name}={value!r}")
    return f"{type(self).__name__}({', '.join(given)})"


def _yes_or_no(name: str, value: Any) -> bool:
    """Return the meaning of True, False and None for what is offered to a core or not."""
    if value is not None and not isinstance(value, bool):
        raise TypeError(
            f"{name} is {value!r}; True to offer it to the core is needed, None or False for not "
            f"available"
        )
    return bool(value)


def _checked_clock(clock: Any) -> int | None:
    if clock is None:
        return None
    try:
        seconds = int(clock)
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(
            f"clock is {clock!r}; seconds since 1970 are needed, or None for the first second of "
            f"2000"
        ) from None
    if not -CLOCK_LIMIT < seconds < CLOCK_LIMIT:
        raise ValueError(f"clock is {seconds}, a time that no clock shows; it counts seconds")
    return seconds


def _checked_language(language: Any) -> Language | None:
    if language is None:
        return None
    if not hasattr(language, "__index__"):
        raise TypeError(f"language is {language!r}; a Language is needed, or None")
    number = operator.index(language)
    if not 0 <= number < len(Language):
        raise ValueError(
            f"language is {number}; a Language is needed, 0 to {len(Language) - 1}, or None"
        )
    return Language(number)


def _checked_username(username: Any) -> str | None:
    if username is None:
        return None
    if not isinstance(username, str):
        raise TypeError(f"username is {username!r}; a name is text")
    try:
        if b"\0" not in username.encode():
            return username
    except UnicodeEncodeError:
        pass
    raise ValueError(
        f"username is {username!r}; text for a core cannot hold a NUL or half a surrogate pair"
    )


def _check_jit(jit: Any) -> None:
    if not (jit is None or isinstance(jit, bool) or (isinstance(jit, str) and jit in JIT_MODES)):
        modes = ", ".join(map(repr, JIT_MODES))
        raise ValueError(f"jit is {jit!r}; True, False, or one of {modes} is needed")


def _checked_memory_status(status: Any) -> tuple[int, int] | bool | None:
    if status is None or isinstance(status, bool):
        return status
    needed = "(free, total) in bytes is needed, True, or None if the core is not to be told"
    try:
        free_bytes, total_bytes = map(operator.index, status)
    except (TypeError, ValueError) as error:
        raise type(error)(f"memory_status is {status!r}; {needed}") from None
    if not (0 <= free_bytes < 1 << 64 and 0 <= total_bytes < 1 << 64):
        raise ValueError(f"memory_status is {status!r}; {needed}")
    return free_bytes, total_bytes


def _checked_sample_rate(rate: Any) -> int | None:
    if rate is None:
        return None
    needed = f"a number of samples a second from 1 to {SAMPLE_RATE_LIMIT} is needed, or None"
    if not hasattr(rate, "__index__"):
        raise TypeError(f"sample_rate is {rate!r}; {needed}")
    hertz = operator.index(rate)
    if not 1 <= hertz <= SAMPLE_RATE_LIMIT:
        raise ValueError(f"sample_rate is {hertz}; {needed}")
    return hertz


def _checked_seconds(name: str, value: Any) -> float | None:
    if value is None:
        return None
    needed = f"a number of seconds above 0 is needed, up to {SECONDS_LIMIT}, or None"
    try:
        seconds = float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(f"{name} is {value!r}; {needed}") from None
    if not 0 < seconds <= SECONDS_LIMIT:
        raise ValueError(f"{name} is {value!r}; {needed}")
    return seconds


def _check_directory(name: str, directory: Any) -> None:
    if directory is not None and not isinstance(directory, (str, bytes, os.PathLike)):
        raise TypeError(f"{name} is {directory!r}; the path of a directory is needed, or None")


def _check_midi(ports: object) -> None:
    if not isinstance(ports, MIDIPorts):
        raise TypeError(
            f"midi is {ports!r}; MIDIPorts are needed, True for MIDIPorts(), or None for not "
            f"available"
        )


def _check_microphone(source: object) -> None:
    if not callable(source):
        check_samples(source, "a microphone's source")


def _check_camera(source: object) -> None:
    if not callable(source):
        check_pictures(source, "the camera's source")


_PERIPHERAL_CHECKS: dict[str, Callable[[Any], object]] = {
    "microphones": _check_microphone,
    "midi": _check_midi,
    "camera": _check_camera,
    "location": check_position,
    "power": check_power,
}


def _settle(group: object, name: str, value: object) -> None:
    object.__setattr__(group, name, value)


@dataclass(frozen=True, kw_only=True)
class Host:
    """The machine and the player that a core is told about, the `host` of a `Core`.

    Unless given, they are the same on every machine, so that a run depends on nothing else.

    Args:
        clock: The time of day that the core sees at its first frame, in seconds since 1970. It
            runs with the frames, so that a run does not depend on when it takes place; the first
            second of 2000 unless given.
        language: The `Language` that the core is to speak, as far as it does; its options then
            have their texts in it (`RETRO_ENVIRONMENT_GET_LANGUAGE`). None to leave the question
            unanswered.
        username: The player's name, for cores that ask for one (`RETRO_ENVIRONMENT_GET_USERNAME`).
        jit: Whether the core may make machine code while it runs: True, or False for its
            interpreter (`RETRO_ENVIRONMENT_GET_JIT_CAPABLE`). "dual map", "rwx" or "wx toggle" make
            it use memory that the frontend has mapped in this way, as on systems that allow no
            other (`RETRO_ENVIRONMENT_EXEC_MEM_ALLOC`).
        memory_status: What the core is told about the machine's memory, as (free, total) in bytes;
            True for 1 GiB of 4 GiB on every machine, None if it is not to be told
            (`RETRO_ENVIRONMENT_GET_MEMORY_STATUS`).
        real_time: Whether the performance interface shows the core the machine's clock instead of
            its own, which depends on nothing but the frames it has run
            (`RETRO_ENVIRONMENT_GET_PERF_INTERFACE`).
        playlist_dir: Where the core finds playlists; it is told of none unless given
            (`RETRO_ENVIRONMENT_GET_PLAYLIST_DIRECTORY`).
        browser_dir: Where the player begins to look for files; the core is told of none unless
            given (`RETRO_ENVIRONMENT_GET_FILE_BROWSER_START_DIRECTORY`).

    Raises:
        TypeError, ValueError, OverflowError: A value is not one that a core can be told; the
            message says which are.

    >>> from pylibretro import Core, Host, Language
    >>> with Core("2048", host=Host(clock=1_000_000_000, language=Language.GERMAN)) as core:
    ...     core.spec.host.language.name
    'GERMAN'
    """

    clock: SupportsInt | None = None
    language: SupportsIndex | None = Language.ENGLISH
    username: str | None = None
    jit: bool | str | None = True
    memory_status: tuple[int, int] | bool | None = True
    real_time: bool = False
    playlist_dir: CorePath | None = None
    browser_dir: CorePath | None = None

    __repr__ = _short_repr

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        _settle(self, "clock", _checked_clock(self.clock))
        _settle(self, "language", _checked_language(self.language))
        _settle(self, "username", _checked_username(self.username))
        _check_jit(self.jit)
        _settle(self, "memory_status", _checked_memory_status(self.memory_status))
        _settle(self, "real_time", bool(self.real_time))
        _check_directory("playlist_dir", self.playlist_dir)
        _check_directory("browser_dir", self.browser_dir)


@dataclass(frozen=True, kw_only=True)
class Display:
    """How a core's pictures and sound are taken, the `display` of a `Core`.

    Args:
        hardware: Whether the core is offered an OpenGL context, where this system has one
            (`RETRO_ENVIRONMENT_SET_HW_RENDER`); a `HardwareContextType`, or its name, is the answer
            to a core that asks which kind is preferred
            (`RETRO_ENVIRONMENT_GET_PREFERRED_HW_RENDER`).
        software_framebuffer: Whether the core may draw into the frontend's memory, which saves
            copying each picture (`RETRO_ENVIRONMENT_GET_CURRENT_SOFTWARE_FRAMEBUFFER`). Some cores
            then draw their pictures differently.
        refresh_rate: The display's pictures a second, as a core is told
            (`RETRO_ENVIRONMENT_GET_TARGET_REFRESH_RATE`).
        sample_rate: Samples a second to ask for from a core that can choose; its own choice
            unless given (`RETRO_ENVIRONMENT_GET_TARGET_SAMPLE_RATE`).
        float_audio: Whether a core may send its sound as floating-point numbers, for
            `Core.audio_float` (`RETRO_ENVIRONMENT_GET_AUDIO_SAMPLE_BATCH_FLOAT`).

    Raises:
        TypeError, ValueError: There is no such context, or no such rate.

    >>> from pylibretro import Core, Display
    >>> with Core("2048", display=Display(refresh_rate=59.94)) as core:
    ...     round(core.refresh_rate, 2)
    59.94
    """

    hardware: HardwareContextType | str | bool | None = True
    software_framebuffer: bool = False
    refresh_rate: SupportsFloat = 60.0
    sample_rate: SupportsIndex | None = None
    float_audio: bool = False

    __repr__ = _short_repr

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        preferred_context_type(self.hardware)
        _settle(self, "software_framebuffer", bool(self.software_framebuffer))
        _settle(self, "refresh_rate", checked_refresh_rate(self.refresh_rate))
        _settle(self, "sample_rate", _checked_sample_rate(self.sample_rate))
        _settle(self, "float_audio", bool(self.float_audio))


@dataclass(frozen=True, kw_only=True)
class Peripherals:
    """What a core finds plugged in besides its controllers, the `peripherals` of a `Core`.

    All are offered to the core unless None or False says that there is no such thing.

    Args:
        rumble, sensors, leds: Whether the core is offered pads that can shake, sensors of motion
            and light, and LEDs (`RETRO_ENVIRONMENT_GET_RUMBLE_INTERFACE`,
            `RETRO_ENVIRONMENT_GET_SENSOR_INTERFACE`, `RETRO_ENVIRONMENT_GET_LED_INTERFACE`).
        microphones: What the core hears with its first microphone, a (n,) int16 array or a
            callable, see `Microphone.source`; True for silence
            (`RETRO_ENVIRONMENT_GET_MICROPHONE_INTERFACE`).
        midi: The `MIDIPorts` that the core finds, True for input and output
            (`RETRO_ENVIRONMENT_GET_MIDI_INTERFACE`).
        camera: What the core sees, an array or a callable, see `Camera.source`; True for the dark
            (`RETRO_ENVIRONMENT_GET_CAMERA_INTERFACE`).
        location: The `LocationPosition` of the core, True for an unknown one
            (`RETRO_ENVIRONMENT_GET_LOCATION_INTERFACE`).
        power: The `DevicePower` that the core is told of, True for a device that is plugged in
            (`RETRO_ENVIRONMENT_GET_DEVICE_POWER`).

    Raises:
        TypeError, ValueError: A value is of the wrong kind, or cannot be measured.

    >>> from pylibretro import Core, DevicePower, Peripherals
    >>> plugged_in = Peripherals(rumble=None, power=DevicePower(percent=50))
    >>> with Core("2048", peripherals=plugged_in) as core:
    ...     core.power.percent
    50
    """

    rumble: bool | None = True
    sensors: bool | None = True
    leds: bool | None = True
    microphones: MicrophoneSource | bool | None = True
    midi: MIDIPorts | bool | None = True
    camera: CameraSource | bool | None = True
    location: LocationPosition | bool | None = True
    power: DevicePower | bool | None = True

    __repr__ = _short_repr

    def __post_init__(self) -> None:
        """Check every value and bring it to its one form."""
        for name in ("rumble", "sensors", "leds"):
            _settle(self, name, _yes_or_no(name, getattr(self, name)))
        for name, check in _PERIPHERAL_CHECKS.items():
            value = getattr(self, name)
            if value is not None and not isinstance(value, bool):
                check(value)


_GROUPS: dict[str, Any] = {"host": Host, "display": Display, "peripherals": Peripherals}
_NAMES = {group: [field.name for field in fields(group)] for group in _GROUPS.values()}


@names_new_places
@dataclass(frozen=True)
class CoreSpec:
    """What a `Core` is opened with, as plain data: its arguments, all of them.

    `Core.spec` is the one that a Core was opened with. `Core` and `CoreBatch` take one in the place
    of a path, with changes beside it, and `CoreBatch` takes a sequence of them, too.

    Args:
        path: A path to a core, or the name of an installed one, such as "2048" or "snes9x".
        content: The game: a path (str or PathLike), a bytes-like object, a file inside a zip
            ("games.zip#game.sfc", or "game.zip" for the first member that the core takes), or None
            for a core that needs no game. A core that needs one can be opened without it to read
            what it declares, and be given one later with `Core.load_game`. With `subsystem` it is a
            list of contents, None for one that is left out, or a mapping from number or description
            (`SubsystemROM.description`) to content.
        options: Core options to set before the core starts, as a mapping from key to value.
        controllers: Devices to plug in after loading, as a mapping from port to device. Ports 0 and
            1 get a JOYPAD unless it says otherwise.
        system_dir: Where the core finds firmware (BIOS files); a private empty directory unless
            given.
        save_dir: Where save RAM (`<content>.srm`), the clock of a cartridge (`<content>.rtc`) and
            the core's own save files live. Unless given, they live in a private directory that is
            removed with the Core.
        assets_dir: Where the core finds its own data; like `system_dir` unless given.
        content_name: A file name for content given as bytes; some cores look at its extension.
        subsystem: The identifier of one of the core's `subsystems`, to load several contents at
            once (`retro_load_game_special`). `content_name` is then a list, too.
        initial_disk: Which disk of the content is in the drive at first: its number, or number and
            path (`retro_set_initial_image_t`). Without a path the content is an `.m3u` playlist.
        files: The `FilePolicy` for what the core does through libretro's VFS, True for
            `FilePolicy()`; None or False for a core that is offered no VFS.
        host: The machine and the player that the core is told of, a `Host`: clock, language,
            username, jit, memory_status, real_time, playlist_dir, browser_dir.
        display: How its pictures and sound are taken, a `Display`: hardware, software_framebuffer,
            refresh_rate, sample_rate, float_audio.
        peripherals: What it finds plugged in, `Peripherals`: rumble, sensors, leds, microphones,
            midi, camera, location, power.
        rewind: How much of the past to remember for `Core.step_back`, a `Rewind`; nothing unless
            given.
        run_ahead: How many frames the picture runs ahead of the machine, or a `RunAhead`; none
            unless given.
        netpacket: What carries the packets of a session with other Cores: a `NetpacketLoopback`,
            `NetpacketHost` or `NetpacketClient`, or another `NetpacketTransport`; None for a core
            that is offered no session.
        on_message: Called with each `Message` of the core, between frames.
        record_calls: Whether to keep a record of the calls that the core and its frontend make to
            each other, for `Core.recorded_calls`.
        contain_faults: Whether memory faults, traps and `abort` of the core become a
            `CoreCrashedError` where the call into it can be left; else they end the process.
        timeout: How many seconds a call into the core may take, a frame for example. One that takes
            longer is left where that is safe, with a `CoreTimeoutError`. None for no limit.
        save_interval: After how many seconds `run` and `capture` write save RAM again, if it has
            changed since; None to write it when the Core is closed, and not before. Failures are
            logged, and raised by `close()`.

    Raises:
        TypeError: There is no such argument, or one of the groups is of the wrong kind. All else is
            checked when a Core is opened.

    >>> from pylibretro import CoreBatch, CoreSpec
    >>> with CoreBatch([CoreSpec("2048"), CoreSpec("2048", options={"2048_seed": "7"})]) as batch:
    ...     len(batch)
    2
    """

    path: CorePath
    content: CoreContent | None = None
    _: KW_ONLY
    options: CoreOptions | None = None
    controllers: Controllers | None = None
    system_dir: CorePath | None = None
    save_dir: CorePath | None = None
    assets_dir: CorePath | None = None
    content_name: str | Sequence[str | None] | None = None
    subsystem: str | Subsystem | None = None
    initial_disk: SupportsIndex | tuple[SupportsIndex, CorePath] | None = None
    files: FilePolicy | bool | None = True
    host: Host = Host()
    display: Display = Display()
    peripherals: Peripherals = Peripherals()
    rewind: Rewind | None = None
    run_ahead: RunAhead | SupportsIndex | None = None
    netpacket: NetpacketTransport | None = None
    on_message: Callable[[Message], object] | None = None
    record_calls: bool = False
    contain_faults: bool = True
    timeout: SupportsFloat | None = None
    save_interval: SupportsFloat | None = 10.0

    __repr__ = _short_repr

    def __post_init__(self) -> None:
        """Check the groups of arguments, and what can be checked without the core."""
        for name, group in _GROUPS.items():
            value = getattr(self, name)
            if not isinstance(value, group):
                article = "" if group is Peripherals else "a "
                raise TypeError(
                    f"{name} is {value!r}; {article}{group.__name__} is needed, such as "
                    f"{group.__name__}()"
                )
        _settle(self, "contain_faults", bool(self.contain_faults))
        _settle(self, "timeout", _checked_seconds("timeout", self.timeout))
        _settle(self, "save_interval", _checked_seconds("save_interval", self.save_interval))
        if self.on_message is not None and not callable(self.on_message):
            raise TypeError(
                f"on_message is {self.on_message!r}; a callable that takes a Message is needed"
            )


def grouped(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return arguments of a Core, some of which are fields of its groups, as it takes them.

    >>> grouped({"save_dir": "saves", "clock": 5, "username": "Zoe"})
    {'save_dir': 'saves', 'host': Host(clock=5, username='Zoe')}
    """
    flat = dict(arguments)
    groups = {}
    for name, group in _GROUPS.items():
        given = {key: flat.pop(key) for key in _NAMES[group] if key in flat}
        if given:
            groups[name] = group(**given)
    return flat | groups


def core_spec_from(path: Any, content: Any, arguments: Mapping[str, Any]) -> CoreSpec:
    """Return the `CoreSpec` that the arguments of a Core mean."""
    if not isinstance(path, CoreSpec):
        return CoreSpec(path, content, **arguments)
    given = arguments if content is None else {**arguments, "content": content}
    return replace(path, **given) if given else path


def core_signature() -> inspect.Signature:
    """Return the signature of `Core`, which is that of `CoreSpec`."""
    signature = inspect.signature(CoreSpec)
    parameters = [
        parameter.replace(annotation=parameter.empty) for parameter in signature.parameters.values()
    ]
    return signature.replace(parameters=parameters, return_annotation=signature.empty)


def described_arguments() -> str:
    """Return what `CoreSpec` says about the arguments, for the docstring of `Core`."""
    text = inspect.cleandoc(CoreSpec.__doc__ or "")
    return text.partition("Args:\n")[2].partition("\n\n")[0]
