"""What an env has pressed in an episode, frame by frame, and the movie of it."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pylibretro._core import Core, State
from pylibretro.envs.episodes import Episodes, frames_to_a_picture
from pylibretro.error import MovieError
from pylibretro.movies.events import Event
from pylibretro.movies.movie import Movie
from pylibretro.movies.recorder import record

__all__ = ["PlayedInputs"]


class PlayedInputs:
    """The input of the episode that an env plays, as its core has had it.

    Args:
        env: A `LibretroEnv`.
    """

    def __init__(self, env: Any) -> None:
        """Listen to the env from its next episode on."""
        self.episodes: Episodes = env.episodes
        self.start: State | None = None
        self.number = 0
        self.parts: list[tuple[int, NDArray[Any] | None]] = []
        self.memory = b""
        self.episodes.listener = self

    def stop(self) -> None:
        """Listen no longer."""
        self.episodes.listener = None

    def begins(self) -> None:
        """A game begins in the state in which the core is."""
        self.parts = []
        self.number = int(self.episodes.begun_in[0])
        # Where states do not bring back all of a machine, only a core that is opened again does.
        again = self.episodes.opens_again
        self.start = None if again else self.episodes.batch.save_states([0])[0]

    def has_run(self, frames: int, inputs: NDArray[Any] | None) -> None:
        """The core has run frames with this input: (frames, ports), or (ports,) held."""
        self.parts.append((frames, None if inputs is None else inputs.copy()))

    def copy(self) -> PlayedInputs:
        """Return what has been played so far."""
        taken = object.__new__(PlayedInputs)
        taken.episodes, taken.start, taken.number = self.episodes, self.start, self.number
        taken.parts = list(self.parts)
        taken.memory = self.episodes.batch[0].memory.system_ram.tobytes()
        return taken

    def movie(self) -> Movie:
        """Play it again in a core of its own, and return the movie.

        Raises:
            MovieError: It does not end as it did in the env.
        """
        spec = self.episodes.spec
        with Core(spec.core_spec()) as core:
            if self.start is not None:
                core.restore(self.start)
            with record(core, start="power-on" if self.start is None else "state") as recorder:
                if self.start is None:
                    self._begin(core)
                for frames, inputs in self.parts:
                    core.run(frames, None if inputs is None else _rows(inputs, frames))
                memory = core.memory.system_ram.tobytes()
        if memory != self.memory:
            raise MovieError(
                f"{core.name} does not play this episode again as the env has played it: no movie "
                f"shows it"
                + ("; random_memory is no input" if spec.random_memory and not self.start else "")
            )
        movie = recorder.movie
        contents = self.episodes.contents[self.number]
        if self.start is None and isinstance(contents, bytes):
            # A state that was saved after loading these would lack what the core does not save.
            loaded = [what for _, what, _ in movie.events].index(Event.STATE.value)
            others = (*movie.events[:loaded], *movie.events[loaded + 1 :])
            movie = replace(movie, start=contents, save_ram=None, events=others)
        return movie

    def _begin(self, core: Core) -> None:
        contents = self.episodes.contents[self.number]
        if isinstance(contents, State):
            core.restore(contents)
        elif contents is not None:
            core.load_state(contents)
        core.run(frames_to_a_picture(contents))

    def save(self, path: str | os.PathLike[str]) -> None:
        """Save the movie, once it has been replayed and found right.

        Raises:
            MovieError: It does not replay.
            OSError: The file cannot be written.
        """
        movie = self.movie()
        with Core(self.episodes.spec.core_spec()) as core:
            verdict = movie.play(core)
            ends_alike = core.memory.system_ram.tobytes() == self.memory
        if not verdict.ok or verdict.frames < movie.frames or not ends_alike:
            raise MovieError(f"the movie of the episode does not replay: {verdict}")
        movie.save(path)


def _rows(inputs: NDArray[Any], frames: int) -> NDArray[Any]:
    rows = np.broadcast_to(inputs, (frames, *inputs.shape)) if inputs.ndim == 1 else inputs
    return np.ascontiguousarray(rows[:frames])
