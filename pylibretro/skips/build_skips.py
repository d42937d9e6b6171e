"""What a build of a core may leave out: the files of `pylibretro/skips/builds`.

A file is for the core whose SHA-256 it names. It lists places in the core's code, at which other
machine code runs in frames that nobody sees, or whose sound nobody hears; variables that its
own frame skip reads; and bytes of its states that only sound depends on. docs/skipping.md has the
format of the file, and tells how one is made for another build.
"""

from __future__ import annotations

import hashlib
import os
import re
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

__all__ = [
    "BuildSkips",
    "Code",
    "Place",
    "SoundBytes",
    "Variable",
    "known_skips",
    "read_build_skips",
]

BUILDS = Path(__file__).parent / "builds"

CONDITIONS = ("unseen", "unheard", "always")
CODE_BYTES, CODE_TARGETS = 1024, 24  # at most, as in detours.h

_TARGET = re.compile(r"\{\s*(0x[0-9a-fA-F]+|\d+)\s*(?:([+-])\s*(0x[0-9a-fA-F]+|\d+)\s*)?\}")
_TOP = ("core", "version", "origin", "sha256", "places", "variables", "sound_bytes")


class BuildSkipsError(ValueError):
    """A file of skips cannot be understood."""


@dataclass(frozen=True, slots=True)
class Code:
    """Machine code, with distances in it to other places of the library.

    Attributes:
        data: The bytes.
        places: Where in them distances stand, as offsets.
        targets: The addresses that these lead to, of code that runs instead of other code.
    """

    data: bytes
    places: tuple[int, ...] = ()
    targets: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a core's code that something is left out at.

    Attributes:
        name: Of the function, or what it is.
        address: In the file's address space.
        original: The whole instructions that stand there.
        when: "unseen", "unheard", or "always" for what comes to the same in less time.
        instead: What runs in such frames in the place of `original`.
        to: Where the code goes on after `instead`; 0 when that ends itself.
        why: Why nothing that the machine can read, and no picture that is seen, changes.
    """

    name: str
    address: int
    original: Code
    when: str
    instead: Code
    to: int
    why: str


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a core that is written before each frame.

    Attributes:
        name: Of the variable.
        address: In the file's address space.
        size: In bytes: 1, 2, 4 or 8.
        when: "unseen" or "unheard".
        value: What it is in such frames.
        otherwise: What it is in all others; None if it is then left alone.
        why: Why nothing that the machine can read, and no picture that is seen, changes.
    """

    name: str
    address: int
    size: int
    when: str
    value: int
    otherwise: int | None
    why: str


@dataclass(frozen=True, slots=True)
class SoundBytes:
    """Bytes of `retro_serialize` that only sound depends on, and that differ when it is left out.

    Attributes:
        start: The first.
        end: The first behind them.
        size: Of the states that this is said of; None for all.
        why: What lies there.
        when: "unheard"; or "unseen" for bytes that differ after a picture was left out, although
            nothing reads them from a state.
    """

    start: int
    end: int
    size: int | None
    why: str
    when: str = "unheard"


@dataclass(frozen=True, slots=True)
class BuildSkips:
    """What one build of a core may leave out.

    Attributes:
        core: Its name for itself, `Core.info.name`.
        version: Its version, `Core.info.version`.
        origin: Where the build is from.
        sha256: Of its file, in hexadecimal.
        places: In its code.
        variables: In its data.
        sound_bytes: In its states.
        digest: SHA-256 of what has been read, by which what was proven of it is remembered.
    """

    core: str
    version: str
    origin: str
    sha256: str
    places: tuple[Place, ...]
    variables: tuple[Variable, ...]
    sound_bytes: tuple[SoundBytes, ...]
    digest: str = field(compare=False)

    def names(self, when: str) -> tuple[str, ...]:
        """Return the names of what is left out "unseen" or "unheard", or changed "always"."""
        parts: tuple[Place | Variable, ...] = (*self.places, *self.variables)
        return tuple(part.name for part in parts if part.when == when)

    def is_sound(self, size: int) -> list[tuple[int, int]]:
        """Return the ranges of a state of `size` bytes that only sound depends on."""
        return self.unread(size, "unheard")

    def unread(self, size: int, when: str) -> list[tuple[int, int]]:
        """Return the ranges of a state of `size` bytes that differ "unseen" or "unheard"."""
        return [
            (bytes_.start, bytes_.end)
            for bytes_ in self.sound_bytes
            if bytes_.size in (None, size) and bytes_.when == when
        ]


def read_build_skips(path: str | os.PathLike[str]) -> BuildSkips:
    """Read the file of a build.

    Args:
        path: The file, in TOML.

    Returns:
        What it says.

    Raises:
        OSError: The file cannot be read.
        ValueError: It is not TOML, or says what makes no sense, or Python 3.10 lacks tomli.

    Example:
        >>> from pylibretro.skips.build_skips import BUILDS
        >>> [skips.core for skips in map(read_build_skips, BUILDS.glob("gambatte-stable*.toml"))]
        ['Gambatte']
    """
    text = Path(path).read_text(encoding="utf-8")
    try:
        return _build_from(_toml_reader().loads(text), text)
    except (ValueError, KeyError, TypeError) as error:
        said = f"{error.args[0]!r} is missing" if isinstance(error, KeyError) else str(error)
        raise BuildSkipsError(f"{os.fspath(path)}: {said}") from error


def known_skips(core_path: str | os.PathLike[str]) -> BuildSkips | None:
    """Return what a core's file may leave out.

    Args:
        core_path: The core's file, which is looked up by its size and SHA-256.

    Returns:
        What is known of this very build; None for any other.

    Raises:
        OSError: The file cannot be read.

    Example:
        >>> from pylibretro.content.lookup import find_core
        >>> known_skips(find_core("2048")) is None
        True
    """
    status = os.stat(core_path)
    digest = _sha256_of(
        os.path.abspath(core_path), status.st_size, status.st_mtime_ns, status.st_ino
    )
    return _known_builds().get(digest)


@cache
def _known_builds() -> dict[str, BuildSkips]:
    return {skips.sha256: skips for skips in map(read_build_skips, sorted(BUILDS.glob("*.toml")))}


@cache
def _sha256_of(path: str, size: int, changed: int, inode: int) -> str:
    del size, changed, inode  # they say that it is still the same file
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _toml_reader() -> Any:
    for name in ("tomllib", "tomli"):
        try:
            return import_module(name)
        except ModuleNotFoundError:
            pass
    raise BuildSkipsError("Python 3.10 reads TOML with tomli: pip install tomli")


# Reading


def _build_from(document: dict[str, Any], text: str) -> BuildSkips:
    unknown = [name for name in document if name not in _TOP]
    if unknown:
        raise ValueError(f"it has {', '.join(unknown)}; there are {', '.join(_TOP)}")
    sha256 = str(document["sha256"])
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise ValueError(f"sha256 is {sha256!r}; 64 hexadecimal digits are needed")
    return BuildSkips(
        core=str(document["core"]),
        version=str(document["version"]),
        origin=str(document["origin"]),
        sha256=sha256,
        places=tuple(_place_from(**table) for table in document.get("places", [])),
        variables=tuple(_variable_from(**table) for table in document.get("variables", [])),
        sound_bytes=tuple(_sound_bytes_from(**table) for table in document.get("sound_bytes", [])),
        digest=hashlib.sha256(text.encode()).hexdigest(),
    )


def _place_from(
    name: str,
    address: int,
    bytes: str,  # the word of the file
    when: str,
    instead: str,
    why: str,
    relative: list[int] | None = None,
    to: int = 0,
) -> Place:
    original = Code(_hexadecimal(name, bytes), tuple(relative or ()))
    for offset in original.places:
        if not 0 <= offset <= len(original.data) - 4:
            raise ValueError(f"{name}: relative has {offset}, which is not in its bytes")
    code = _code_from(name, instead)
    return Place(name, address, _checked(name, original), _condition(name, when), code, to, why)


def _variable_from(
    name: str,
    address: int,
    size: int,
    when: str,
    value: int,
    why: str,
    otherwise: int | None = None,
) -> Variable:
    if size not in (1, 2, 4, 8):
        raise ValueError(f"{name}: its size is {size}; 1, 2, 4 or 8 bytes are needed")
    for number in (value, otherwise or 0):
        if not 0 <= number < 1 << 8 * size:
            raise ValueError(f"{name}: {number} does not fit in {size} bytes")
    return Variable(name, address, size, _condition(name, when), value, otherwise, why)


def _sound_bytes_from(
    start: int, end: int, why: str, size: int | None = None, when: str = "unheard"
) -> SoundBytes:
    if not 0 <= start < end:
        raise ValueError(f"sound_bytes are from {start} to {end}, which are none")
    return SoundBytes(start, end, size, why, _condition("sound_bytes", when))


def _condition(name: str, when: str) -> str:
    if when not in CONDITIONS:
        raise ValueError(f"{name}: when is {when!r}; it is one of {', '.join(CONDITIONS)}")
    return when


def _hexadecimal(name: str, text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is not machine code in hexadecimal") from None


def _code_from(name: str, text: str) -> Code:
    """Return code in which `{0x1234}` is four bytes that lead to this address."""
    data, places, targets = b"", list[int](), list[int]()
    rest = 0
    for found in _TARGET.finditer(text):
        data += _hexadecimal(name, text[rest : found.start()])
        rest = found.end()
        change = int(found[3] or "0", 0) * (-1 if found[2] == "-" else 1)
        places.append(len(data))
        targets.append(int(found[1], 0) + change)
        data += bytes(4)
    data += _hexadecimal(name, text[rest:])
    return _checked(name, Code(data, tuple(places), tuple(targets)))


def _checked(name: str, code: Code) -> Code:
    if len(code.data) > CODE_BYTES or len(code.places) > CODE_TARGETS:
        raise ValueError(
            f"{name}: it has {len(code.data)} bytes of code and {len(code.places)} distances; "
            f"{CODE_BYTES} and {CODE_TARGETS} are the most"
        )
    return code
