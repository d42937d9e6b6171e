"""Recording movies: `record` makes one while a Core runs."""

from __future__ import annotations

import io
import operator
import os
import zlib
from collections.abc import Mapping
from contextlib import suppress
from types import TracebackType
from typing import IO, Any

import numpy as np

from pylibretro._core import PORT_INPUT, Core, Tape
from pylibretro.error import LibretroError, MovieError
from pylibretro.movies.changes import changes_between, changes_on_tape
from pylibretro.movies.checks import (
    ALL_PARTS,
    CHECKS,
    RAM_ALONE,
    RAM_AND_VIDEO,
    machine_checksums,
)
from pylibretro.movies.file import Part, write_head, write_part, write_return, write_tail
from pylibretro.movies.movie import Movie
from pylibretro.movies.recorded_run import RecordedRun

__all__ = ["MovieRecorder", "record"]

_Path = str | os.PathLike[str]


def record(
    core: Core,
    path: _Path | None = None,
    *,
    start: str = "auto",
    every: int = 60,
    notes: Mapping[str, Any] | None = None,
) -> MovieRecorder:
    """Record a movie of a Core: whatever `run` and `capture` run until the recorder stops.

    Each frame's input is taken down where it is latched, from `inputs=` or live. Resets, states
    that are loaded, options, controllers and cheats are part of the movie, too; writes into memory
    are not.

    Args:
        core: The Core.
        path: A file that grows as the Core runs; without it the movie is kept in memory.
        start: "power-on", "state", or "auto": power-on for a Core that has not run yet.
        every: How many frames lie between checksums of RAM, picture and sound, by which a replay
            that goes astray is located; 1 finds the very frame. 0 for no checksums.
        notes: Anything else to say about the movie, as far as JSON can.

    Returns:
        A `MovieRecorder`, to be used as a context manager or stopped with `stop`.

    Raises:
        MovieError: The Core has run already, and `start` is "power-on".
        LibretroError: The Core is being recorded already.

    >>> from pylibretro import Core, Joypad
    >>> with Core("2048") as core, record(core) as recorder:
    ...     core.run(3, [Joypad.START, 0, Joypad.LEFT])
    3
    >>> recorder.movie.frames, recorder.movie.inputs().ravel().tolist()
    (3, [8, 0, 64])
    """
    return MovieRecorder(core, path, start=start, every=every, notes=notes)


class MovieRecorder:
    """A recording in progress, see `record`.

    Args:
        core, path, start, every, notes: As for `record`.
        follow: Whether to take down what is run by the Core's own calls. If not, `append` says what
            ran; so it is for a core of a batch, which does not run by these calls.
    """

    def __init__(
        self,
        core: Core,
        path: _Path | None = None,
        *,
        start: str = "auto",
        every: int = 60,
        notes: Mapping[str, Any] | None = None,
        follow: bool = True,
    ) -> None:
        """Begin the movie where the Core is now."""
        if start not in ("auto", "power-on", "state"):
            raise ValueError(f"start is {start!r}; 'auto', 'power-on' or 'state' is needed")
        if every < 0:
            raise ValueError(f"every is {every}; it counts frames from 0 up")
        self._core = core
        self._movie: Movie | None = None
        self._position = 0  # frames that have been written
        self._before_tape = 0  # frames that the movie had when its tape began
        self._last = np.zeros(16, PORT_INPUT)
        self._every = every
        self._checked = 0  # the position of the last check of what was appended
        self._ran_ahead = False
        self._tape = Tape(core, every if follow else 0, self._write if follow else None)
        try:
            if not follow:
                self._tape.stop()
            from_power_on = self._tape.at_power_on and start != "state"
            if start == "power-on" and not from_power_on:
                raise MovieError(
                    f"a movie from power-on needs a Core that has neither run nor loaded a state; "
                    f"this one has run {core.frame_count} frames"
                )
            self._head = self._beginning(from_power_on, notes or {})
            self._path = None if path is None else os.path.abspath(os.fspath(path))
            self._file: IO[bytes] = (
                io.BytesIO() if self._path is None else open(self._path, "wb")  # noqa: SIM115
            )
            write_head(self._file, self._head)
        except BaseException:
            self._tape.stop()
            raise
        self._follows = follow
        self._expected = core.frame_count

    def _beginning(self, from_power_on: bool, notes: Mapping[str, Any]) -> RecordedRun:
        core, tape = self._core, self._tape
        name, version, core_sha1, content_sha1, content_name = tape.machine
        save_ram = core.memory.save_ram.tobytes() if from_power_on else b""
        start = None if from_power_on else core.snapshot()
        if start is not None:
            # What a state lacks, such as the rest of a sound, has to be missing here as in a
            # replay.
            core.restore(start)
            tape.take()
        return RecordedRun(
            core_name=name,
            core_version=version,
            core_sha1=core_sha1,
            core_file=core.name,
            content_name=content_name,
            content_sha1=content_sha1,
            options=dict(core.options),
            controllers=tape.plugged,
            clock=tape.clock,
            fps=core.av_info.fps,
            start=start,
            save_ram=save_ram or None,
            check_every=self._every,
            notes=dict(notes),
        )

    def __enter__(self) -> MovieRecorder:
        """Return the recorder itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop; what the movie lacks is no matter where something else has gone wrong."""
        try:
            self.stop()
        except MovieError:
            if error is None:
                raise

    @property
    def frames(self) -> int:
        """How many frames have been recorded."""
        return self._before_tape + self._tape.frame if self._follows else self._position

    @property
    def recording(self) -> bool:
        """Whether it has not been stopped yet."""
        return self._movie is None and not self._file.closed

    def append(self, inputs: Any, frames: int = 1) -> None:
        """Take down what a batch has just run on its core.

        Args:
            inputs: What this core was given, held through all frames: a joypad mask, one for each
                port, or records of `PORT_INPUT`; or (frames, ports) of these, where frames differ.
                None for the live input.
            frames: How many frames that was, see `CoreBatch.frames_run`.

        Raises:
            MovieError: The recorder follows the calls of its Core, or other frames have run.
        """
        if self._follows:
            raise MovieError("this recorder follows its Core; open it with follow=False to append")
        if not self.recording:
            raise MovieError("this recording has been stopped")
        frames = operator.index(frames)
        self._expected += frames
        if self._core.frame_count != self._expected:
            raise MovieError(
                f"the core has run {self._core.frame_count} frames, and this movie was told of "
                f"{self._expected}"
            )
        given = None if inputs is None else np.atleast_1d(np.asarray(inputs))
        every, before = self._head.check_every, self._position
        if given is None or given.ndim == 1:
            self._append(given, frames)
        else:
            since = 0
            for until in range(1, frames + 1):
                if until == frames or (given[until] != given[since]).any():
                    self._append(given[since], until - since)
                    since = until
        if every and frames and self._position // every > before // every:
            self._check_ram()

    def _append(self, given: Any, frames: int) -> None:
        """Write a part in which the same is held."""
        held = self._core.inputs.copy()
        if given is not None:
            if given.dtype.names is None:
                held["joypad"][: len(given)] = given
            else:
                held[: len(given)] = given
        part = Part(frames)
        if frames:
            part.changes = changes_between(self._last, held)
            self._last = held
        self._position += frames
        write_part(self._file, part)

    def _check_ram(self) -> None:
        ram = zlib.crc32(self._core.memory.system_ram.data)
        check = np.array([(self._position, ram, 0, 0, RAM_ALONE)], CHECKS)
        write_part(self._file, Part(0, checks=check))
        self._checked = self._position

    @property
    def frames_unseen(self) -> int:
        """How many frames the Core has run that `append` was not told of."""
        return self._core.frame_count - self._expected

    def _write(self) -> None:
        """Write what is on the tape as one part."""
        frame, joypads, records, events, checks = self._tape.take()
        frame += self._before_tape
        if frame == self._position and not events and not checks:
            return
        since = self._position - self._before_tape
        part = Part(frame - self._position)
        part.changes = changes_on_tape(joypads, records, since, self._last)
        part.events = [(at - since, what, value) for at, what, value in events]
        self._ran_ahead |= self._core.run_ahead is not None
        noted = []
        for at, *found in checks:
            parts = RAM_ALONE if self._ran_ahead else ALL_PARTS
            noted.append((at + self._before_tape, *found, parts))
        part.checks = np.array(noted, CHECKS)
        self._position = frame
        write_part(self._file, part)

    def step_back(self, frames: int = 1) -> int:
        """Go back in time with the Core, see `Core.step_back`, and take the movie back with it.

        What was recorded since then is no longer part of the movie, which goes on from there: it
        replays as if it had been played at one go.

        Args:
            frames: How many frames to go back; not to before the movie began.

        Returns:
            How many frames it went back.

        Raises:
            MovieError: The recorder does not follow its Core, or has been stopped.
            LibretroError: The Core remembers no past.
        """
        if not self._follows:
            raise MovieError("a recorder with follow=False cannot go back: append says what ran")
        if not self.recording:
            raise MovieError("this recording has been stopped")
        self._write()
        gone = self._core.step_back(min(operator.index(frames), self._position))
        if gone:
            self._position -= gone
            self._before_tape = self._position
            self._last = np.zeros(16, PORT_INPUT)
            self._tape.stop()
            self._tape = Tape(self._core, self._every, self._write)
            write_return(self._file, self._position)
            if self._every and self._position:
                parts = RAM_ALONE if self._ran_ahead else RAM_AND_VIDEO
                check = (self._position, *machine_checksums(self._core), 0, parts)
                part = Part(0, checks=np.array([check], CHECKS))
                write_part(self._file, part)
        return gone

    def stop(self) -> None:
        """End the movie and write what is left of it; stopping again does nothing.

        Raises:
            MovieError: The Core has run frames that the movie does not have, as the step of a batch
                or an env does: the movie has those before.
        """
        if not self.recording:
            return
        unseen = 0
        try:
            if self._follows:
                self._tape.stop()
                self._write()
                unseen = self._tape.frames_unseen
            elif self._every and self._position > self._checked:
                with suppress(LibretroError):  # of a core that has crashed or been closed
                    if self.frames_unseen == 0:
                        self._check_ram()
            write_tail(self._file, self._position)
            if isinstance(self._file, io.BytesIO):
                self._file.seek(0)
                self._movie = Movie.load(self._file)
        finally:
            self._file.close()
        if unseen:
            raise MovieError(
                f"{self._core.name} has run {unseen} frames that this movie does not have, because "
                f"a batch or an env ran them: give the env record_to=DIRECTORY, or tell a "
                f"MovieRecorder with follow=False by append() what the batch ran"
            )

    @property
    def movie(self) -> Movie:
        """The `Movie`, when the recording has been stopped."""
        if self.recording:
            raise MovieError("the movie is still being recorded; stop it first")
        if self._movie is None:
            assert self._path is not None
            self._movie = Movie.load(self._path)
        return self._movie
