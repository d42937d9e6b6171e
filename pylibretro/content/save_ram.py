"""Save RAM on disk: the `.srm` file that is shared with other frontends."""

from __future__ import annotations

import os
import tempfile

import numpy

__all__ = ["SaveRAMFile"]


class SaveRAMFile:
    """The file that one core's save RAM comes from and goes to."""

    def __init__(self, path: str) -> None:
        """Remember the path; nothing is read or written yet."""
        self.path = path
        self._written: bytes | None = None

    def load(self, save_ram: numpy.ndarray) -> str | None:
        """Copy the file, if there is one, into `save_ram`; return a note if sizes differ."""
        note = None
        if save_ram.size and os.path.isfile(self.path):
            with open(self.path, "rb") as file:
                saved = file.read()
            size = min(len(saved), save_ram.size)
            save_ram[:size] = numpy.frombuffer(saved, dtype=numpy.uint8, count=size)
            if len(saved) != save_ram.size:
                note = (
                    f"{self.path} has {len(saved)} bytes and the core's save RAM {save_ram.size}; "
                    f"the first {size} were loaded"
                )
        self._written = save_ram.tobytes()
        return note

    def flush(self, save_ram: numpy.ndarray) -> None:
        """Write `save_ram` to the file if it has changed since; there is never half a file."""
        contents = save_ram.tobytes()
        if not contents or contents == self._written:
            return
        directory = os.path.dirname(self.path)
        os.makedirs(directory, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=".srm-", dir=directory)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(contents)
                file.flush()
                os.fsync(file.fileno())
            os.replace(temporary, self.path)
        except BaseException:
            os.unlink(temporary)
            raise
        self._written = contents
