"""Which core and content a save state belongs to."""

from __future__ import annotations

import os
import sys

from pylibretro.enums import SerializationQuirk
from pylibretro.error import StateError

__all__ = ["HashedFile", "Machine"]

CHUNK_SIZE = 1 << 20


class HashedFile:
    """A file as it was when a core was loaded from it, hashed when somebody asks.

    Hashing a core takes up to a tenth of a second, so it is put off until a state goes to another
    process, or to a machine that was made from another file.
    """

    def __init__(
        self, path: str | None, sha1: str | None = None, *, temporary: bool = False
    ) -> None:
        """Remember the file, or only the hash of one that is elsewhere."""
        self.path = path
        self.temporary = temporary
        self.key = None if path is None else _file_key(path)
        self._sha1 = sha1
        self._hashed = path is None

    @property
    def sha1(self) -> str | None:
        """SHA-1 in hexadecimal; None if it cannot be known, because the file has changed since."""
        if not self._hashed:
            assert self.path is not None
            self._sha1 = _sha1_of(self.path, self.key)
            self._hashed = True
        return self._sha1

    def may_be(self, other: HashedFile) -> bool:
        """Whether nothing shows that the two were different files."""
        if self.path is not None and (self.path, self.key) == (other.path, other.key):
            return True
        return self.sha1 is None or other.sha1 is None or self.sha1 == other.sha1


class HashedFiles(HashedFile):
    """The contents of a subsystem, in order; a file without a path stands for none.

    Example:
        >>> files = [HashedFile(None), HashedFile(None, "da39a3ee5e6b4b0d3255bfef95601890afd80709")]
        >>> HashedFiles("sgb", files).sha1 == HashedFiles("link", files).sha1
        False
    """

    def __init__(self, subsystem: str, files: list[HashedFile]) -> None:
        """Remember the files of the subsystem with this identifier."""
        super().__init__(None, temporary=any(file.temporary for file in files))
        self.subsystem = subsystem
        self.files = files

    @property
    def sha1(self) -> str | None:
        """Hexadecimal SHA-1 of the identifier and the files' hashes; None if one is not known."""
        import hashlib

        hashes = [file.sha1 for file in self.files]
        if any(known is None and file.path for known, file in zip(hashes, self.files, strict=True)):
            return None
        text = "\n".join([self.subsystem, *(known or "" for known in hashes)])
        return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()

    def may_be(self, other: HashedFile) -> bool:
        """Whether nothing shows that the two were different files."""
        if not isinstance(other, HashedFiles):
            return super().may_be(other)
        return (
            self.subsystem == other.subsystem
            and len(self.files) == len(other.files)
            and all(
                (mine.path is None) == (theirs.path is None) and mine.may_be(theirs)
                for mine, theirs in zip(self.files, other.files, strict=True)
            )
        )


class Machine:
    """A core and its content, as far as they matter to a state.

    Example:
        >>> known = HashedFile(None, sha1="da39a3ee5e6b4b0d3255bfef95601890afd80709")
        >>> Machine("2048", "1.0", known, None).check_fits(Machine("snes9x", "1.63", known, None))
        Traceback (most recent call last):
        pylibretro.error.StateError: the state is of 2048 1.0, and this is snes9x 1.63; ...
    """

    def __init__(
        self,
        core: str,
        version: str,
        core_file: HashedFile,
        content_file: HashedFile | None,
        quirks: int = 0,
        platform: tuple[str, str] | None = None,
    ) -> None:
        """Take the core's own name and version, the files of core and content, and its quirks."""
        self.core = core
        self.version = version
        self.core_file = core_file
        self.content_file = content_file
        self.quirks = quirks
        self.platform = platform or this_platform()
        self._last_fitting: Machine | None = None

    @classmethod
    def from_pickle(
        cls,
        core: str,
        version: str,
        core_sha1: str | None,
        has_content: bool,
        content_sha1: str | None,
        quirks: int = 0,
        platform: tuple[str, str] | None = None,
    ) -> Machine:
        """Return the machine that another process has described.

        Raises:
            StateError: These are not what `__reduce__` gave to pickle.
        """
        texts_or_none = (core_sha1, content_sha1)
        if not (isinstance(core, str) and isinstance(version, str)) or not all(
            text is None or isinstance(text, str) for text in texts_or_none
        ):
            raise StateError("the pickled state is damaged: it does not say which core it is of")
        if not isinstance(quirks, int) or not (
            platform is None
            or (isinstance(platform, tuple) and list(map(type, platform)) == [str, str])
        ):
            raise StateError("the pickled state is damaged: it does not say where it was made")
        content_file = HashedFile(None, content_sha1) if has_content else None
        return cls(core, version, HashedFile(None, core_sha1), content_file, quirks, platform)

    def __reduce__(self) -> tuple[object, ...]:
        """Pickle what can be compared elsewhere."""
        arguments = (
            self.core,
            self.version,
            self.core_sha1,
            self.content_file is not None,
            self.content_sha1,
            int(self.quirks),
            self.platform,
        )
        return Machine.from_pickle, arguments

    @property
    def core_sha1(self) -> str | None:
        """Hexadecimal SHA-1 of the core's file; None if it has changed since it was loaded."""
        return self.core_file.sha1

    @property
    def content_sha1(self) -> str | None:
        """Hexadecimal SHA-1 of the content; None without content or if it has changed."""
        return None if self.content_file is None else self.content_file.sha1

    def keep(self) -> None:
        """Hash now what will not be there when the core is closed."""
        if self.content_file is not None and self.content_file.temporary:
            self.content_file.sha1  # noqa: B018

    def check_fits(self, other: Machine) -> None:
        """Check that a state of this machine is one of `other` too.

        Raises:
            StateError: The states of one are not states of the other.
        """
        if other is self or other._last_fitting is self:
            return
        self._check_place(other)
        ours, theirs = f"{self.core} {self.version}", f"{other.core} {other.version}"
        if ours != theirs:
            raise StateError(
                f"the state is of {ours}, and this is {theirs}; load it into the core that made "
                f"it, or give its bytes to load_state"
            )
        if not self.core_file.may_be(other.core_file):
            raise StateError(
                f"the state is of another build of {ours} (SHA-1 {self.core_sha1}) than this one "
                f"(SHA-1 {other.core_sha1}); load it into the build that made it, or give its "
                f"bytes to load_state"
            )
        if (self.content_file is None) != (other.content_file is None):
            made, here = ("without", "with") if self.content_file is None else ("with", "without")
            raise StateError(f"the state is of {ours} {made} content, and this one is {here}")
        if (
            self.content_file is not None
            and other.content_file is not None
            and not self.content_file.may_be(other.content_file)
        ):
            raise StateError(
                f"the state is of {ours} with other content (SHA-1 {self.content_sha1}) than "
                f"here (SHA-1 {other.content_sha1}); open the core with that content, or give "
                f"the state's bytes to load_state"
            )
        other._last_fitting = self

    def _check_place(self, other: Machine) -> None:
        """Check what the core says about where its states may be loaded."""
        quirks = SerializationQuirk(self.quirks & 0x7F)
        said = f"{self.core} {self.version} says that its states are good"
        if SerializationQuirk.SINGLE_SESSION in quirks:
            raise StateError(f"{said} only in the Core that made them (SINGLE_SESSION)")
        for quirk, place, kind in (
            (SerializationQuirk.ENDIAN_DEPENDENT, 1, "byte order"),
            (SerializationQuirk.PLATFORM_DEPENDENT, 0, "platform"),
        ):
            if quirk in quirks and self.platform[place] != other.platform[place]:
                raise StateError(
                    f"{said} only on machines of the same {kind} ({quirk.name}): this one was made "
                    f"on {self.platform[place]}, and here is {other.platform[place]}"
                )


def this_platform() -> tuple[str, str]:
    """Return operating system and processor, and byte order."""
    import platform

    return f"{sys.platform} {platform.machine()}", sys.byteorder


def _file_key(path: str) -> tuple[int, ...] | None:
    try:
        status = os.stat(path)
    except OSError:
        return None
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns


def _sha1_of(path: str, key: tuple[int, ...] | None) -> str | None:
    import hashlib

    digest = hashlib.sha1(usedforsecurity=False)
    try:
        with open(path, "rb") as file:
            while chunk := file.read(CHUNK_SIZE):
                digest.update(chunk)
    except OSError:
        return None
    return digest.hexdigest() if key is not None and _file_key(path) == key else None
