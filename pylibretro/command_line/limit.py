"""The raw limit: a C program that only calls the core, to compare our speed with."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType

import numpy
from numpy.typing import NDArray

__all__ = ["LimitUnavailableError", "RawLimit"]

# In a separate process, because the core must not meet anything of ours.
CALL_MAIN = """
import ctypes, os, sys
arguments = [os.fsencode(argument) for argument in sys.argv[1:]]
main = ctypes.CDLL(sys.argv[1]).main
sys.exit(main(len(arguments), (ctypes.c_char_p * (len(arguments) + 1))(*arguments, None)))
"""


class LimitUnavailableError(Exception):
    """The raw limit cannot be measured here; the message says why."""


class RawLimit:
    """The running C program, which plays frames on demand and says how long they took.

    Args:
        arguments: Its command line, without the arguments that follow from those below.
        frames: How many frames a call of `measure` plays.
        repeats: How many times `measure` will be called.
        warmup: How many frames to play before that.
        masks: Joypad masks of all frames, (frames, 2), or None for no input.

    Raises:
        LimitUnavailableError: The program was not built, or does not run.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        frames: int,
        repeats: int,
        warmup: int,
        masks: NDArray[numpy.uint16] | None = None,
    ) -> None:
        """Start the program, and let it warm up."""
        self._directory = tempfile.TemporaryDirectory(prefix="raw-limit-")
        self._process: subprocess.Popen[str] | None = None
        try:
            directory = Path(self._directory.name)
            program = find_program()
            counts = {"--frames": frames, "--repeat": repeats, "--warmup": warmup}
            command = [
                sys.executable,
                "-I",
                "-S",
                "-c",
                CALL_MAIN,
                program,
                *arguments,
                "--lockstep",
            ]
            command += [word for name, count in counts.items() for word in (name, str(count))]
            if masks is not None:
                (directory / "masks").write_bytes(masks.astype(numpy.uint16).tobytes())
                command += ["--masks", str(directory / "masks")]
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                errors="replace",
            )
            self._answer("")
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> RawLimit:
        """Return the running program."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the program."""
        self.close()

    def measure(self) -> float:
        """Play the frames of one repeat; return frames per second."""
        answer = self._answer("\n")
        try:
            return float(answer.partition("seconds, ")[2].partition(" frames/s")[0])
        except ValueError:
            raise LimitUnavailableError(f"the C program answered {answer.strip()!r}") from None

    def close(self) -> None:
        """End the program and remove it."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.communicate()
        self._directory.cleanup()

    def _answer(self, request: str) -> str:
        process = self._process
        assert process is not None
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            process.stdin.write(request)
            process.stdin.flush()
            answer = process.stdout.readline()
        except OSError:
            answer = ""
        if not answer:
            errors = process.communicate()[1].strip().splitlines()
            said = f": {errors[-1]}" if errors else f" with status {process.returncode}"
            raise LimitUnavailableError(f"the C program ended{said}")
        return answer


def find_program() -> str:
    """Return the path of the program, which lies beside this module, built as a library."""
    here = Path(__file__).parent
    for name in ("raw_limit.so", "raw_limit.dylib"):
        if (here / name).is_file():
            return str(here / name)
    raise LimitUnavailableError("its program runs on POSIX systems only, or was not built")
