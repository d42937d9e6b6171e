"""Save RAM on disk: the `.srm` file that is shared with other frontends.

A file is what RetroArch makes: the core's memory as it is, or packed as an RZIP where its user
wants that. Whatever else is there under that name is somebody's, and stays as it is.
"""

from __future__ import annotations

import os
import stat
from weakref import WeakValueDictionary

import numpy

from pylibretro.error import SaveRAMError
from pylibretro.files.containers import (
    RZIP,
    PackedError,
    pack_rzip,
    rzip_chunk_size,
    unpack_rzip,
)
from pylibretro.files.whole_file import checked, remove_interrupted, replace_file

__all__ = ["SaveRAMFile"]

# These cores write less than they read: Genesis Plus GX leaves out what is still 0xFF at the end,
# mGBA knows the size of a cartridge's memory only when the game has used it.
_SAVE_LESS = ("Genesis Plus GX", "mGBA")

_LARGEST = 1 << 28

# The files of the Cores of this process, the first of each.
_open: WeakValueDictionary[str, SaveRAMFile] = WeakValueDictionary()


class SaveRAMFile:
    """The file that one core's save RAM comes from and goes to.

    Args:
        path: The file.
        core: The core's name, for which files that are shorter than its memory may be usual.
    """

    def __init__(self, path: str, core: str = "") -> None:
        """Remember the path; nothing is read or written yet."""
        self.path = path
        self._may_be_shorter = core.startswith(_SAVE_LESS)
        self._on_disk: bytes | None = None  # what the file had when it was last read or written
        self._written: bytes | None = None  # the memory that it stands for
        self._behind = b""  # what the file has beyond the core's memory
        self._at_start = b""  # the memory before it was loaded
        self._chunk_size = 0  # of an RZIP; 0 for memory as it is
        self.is_known_to_be_shared = False

    def load(self, save_ram: numpy.ndarray) -> str | None:
        """Copy the file, if there is one, into `save_ram`.

        Returns:
            A note if the file has another size, or None.

        Raises:
            SaveRAMError: The file is not save RAM of this core; it is left as it is.
        """
        note = None
        if "\0" not in self.path:
            remove_interrupted(self.path)
        self._on_disk = self._read()
        self._at_start = save_ram.tobytes()
        if self._on_disk and save_ram.size:
            saved = self._unpacked(self._on_disk, save_ram.size)
            size = min(len(saved), save_ram.size)
            save_ram[:size] = numpy.frombuffer(saved, dtype=numpy.uint8, count=size)
            self._behind = saved[size:]
            if len(saved) != save_ram.size:
                note = (
                    f"{self.path} has {len(saved)} bytes and the core's save RAM {save_ram.size}; "
                    f"the first {size} were loaded"
                )
        self._written = save_ram.tobytes()
        return note

    def shared(self) -> str | None:
        """Return a warning if another Core of this process has this file, too.

        A file without save RAM to go into it is nobody's.
        """
        if not self._at_start:
            return None
        path = os.path.realpath(self.path)
        first = _open.setdefault(path, self)
        if first is self or first.is_known_to_be_shared:
            return None
        first.is_known_to_be_shared = True
        return (
            f"{self.path} is the save RAM of another open Core, too: the first that is closed "
            f"writes it, and the other one, if its save RAM has changed, raises SaveRAMError and "
            f"leaves it as it is; give each Core a save_dir of its own, or none"
        )

    def close(self) -> None:
        """Leave the file to other Cores."""
        path = os.path.realpath(self.path)
        if _open.get(path) is self:
            del _open[path]

    def _read(self) -> bytes | None:
        try:
            status = os.stat(checked(self.path))
            if stat.S_ISCHR(status.st_mode):
                return None  # such as /dev/null, of a user who wants no file
            if not stat.S_ISREG(status.st_mode):
                raise self._refusal("it is no file")
            if status.st_size > _LARGEST:
                raise self._refusal(f"it has more than {_LARGEST:,} bytes")
            with open(self.path, "rb") as file:
                return file.read()
        except FileNotFoundError:
            return None
        except SaveRAMError:
            raise
        except OSError as problem:
            raise self._refusal(f"it cannot be read: {problem.strerror}") from problem

    def _refusal(self, reason: str) -> SaveRAMError:
        return SaveRAMError(
            f"{self.path} is no save RAM that this core can be given: {reason}. It is left as it "
            f"is; move it away, or choose another save_dir"
        )

    def _unpacked(self, data: bytes, size: int) -> bytes:
        if data.startswith(RZIP):
            try:
                saved = unpack_rzip(data, 2 * size)
            except PackedError as problem:
                raise self._refusal(f"it is an RZIP, but {problem}") from None
            self._chunk_size = rzip_chunk_size(data)
        else:
            saved = data
        fits = len(saved) in (size, 2 * size) or 2 * len(saved) == size
        if not fits and not (self._may_be_shorter and len(saved) < size):
            raise self._refusal(
                f"it has {len(saved):,} bytes, and the core's save RAM has {size:,} (half and "
                f"double that are taken as RetroArch takes them)"
            )
        return saved

    def flush(self, save_ram: numpy.ndarray) -> None:
        """Write `save_ram` to the file if it has changed since; there is never half a file.

        Raises:
            SaveRAMError: The file has been changed by somebody else, or was there before the
                core had save RAM to load it into; it is left as it is.
            OSError: It cannot be written.
        """
        contents = save_ram.tobytes()
        if not contents or contents == self._written:
            return
        found = self._read()
        if found and found != self._on_disk:
            raise SaveRAMError(
                f"{self.path} has been changed by another program or Core since this Core read "
                f"it, and is left as it is; keep what this Core has with "
                f"core.memory.save_ram, or move the file away and call flush_save_ram()"
            )
        if found and not self._at_start:
            raise SaveRAMError(
                f"{self.path} was there when the core had no save RAM yet to load it into, and is "
                f"left as it is; move it away and call flush_save_ram() to write another one"
            )
        saved = contents
        if self._behind or not self._may_be_shorter:
            # The core may have less now. A shorter file would not be read again, and what follows
            # is what RetroArch leaves behind a short file: the memory as the core starts with it.
            saved += self._at_start[len(contents) :]
        saved += self._behind[max(len(contents) - len(self._at_start), 0) :]
        data = pack_rzip(saved, self._chunk_size) if self._chunk_size else saved
        os.makedirs(os.path.dirname(os.path.realpath(self.path)), exist_ok=True)
        replace_file(self.path, data)
        self._on_disk, self._written = data, contents
        if not self._at_start:
            self._at_start = contents

    def rescue(self, contents: bytes) -> str | None:
        """Write what a crashed core had in its save RAM beside the file, as `<file>.crashed`.

        Nobody knows whether the core was in the middle of writing it, so the file stays.

        Returns:
            The path, or None if it is as it was last written or read.

        Raises:
            OSError: It cannot be written.
        """
        if not contents or contents == self._written:
            return None
        path = f"{self.path}.crashed"
        os.makedirs(os.path.dirname(os.path.realpath(path)), exist_ok=True)
        replace_file(path, contents)
        return path
