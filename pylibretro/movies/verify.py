"""Replaying many movies at once, and comparing their checksums."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any

from pylibretro.batch.processors import available_processors
from pylibretro.error import LibretroError
from pylibretro.movies.checks import Verdict
from pylibretro.movies.movie import Movie

if TYPE_CHECKING:
    from pylibretro.content.content import ContentSource

__all__ = ["verify"]

_Path = str | os.PathLike[str]


def verify(
    movies: Iterable[_Path],
    content: ContentSource | None = None,
    *,
    core: _Path | None = None,
    processes: int | None = None,
    progress: Callable[[int, Verdict], object] | None = None,
) -> list[Verdict]:
    """Replay many movies in processes of their own, and compare all their checksums.

    Args:
        movies: Files of movies.
        content: As for `Movie.open`, for all of them.
        core: As for `Movie.open`, for all of them.
        processes: How many work at a time; as many as processors may be used unless given, and 0
            for none but this one.
        progress: Called with the index and the `Verdict` of each, as they come.

    Returns:
        A `Verdict` for each, in the order of the movies; one that cannot be played has an `error`.
    """
    paths = [os.fspath(path) for path in movies]
    wanted = available_processors() if processes is None else processes
    verdicts: dict[int, Verdict] = {}

    def keep(index: int, verdict: Verdict) -> None:
        verdicts[index] = verdict
        if progress is not None:
            progress(index, verdict)

    if min(wanted, len(paths)) < 1:
        for index, path in enumerate(paths):
            keep(index, _verify_one(path, content, core))
        return [verdicts[index] for index in range(len(paths))]
    from concurrent.futures import ProcessPoolExecutor, as_completed
    from multiprocessing import get_context

    with ProcessPoolExecutor(min(wanted, len(paths)), get_context("spawn")) as pool:
        futures = {
            pool.submit(_verify_one, path, content, core): index for index, path in enumerate(paths)
        }
        for future in as_completed(futures):
            try:
                verdict = future.result()
            except Exception as problem:  # a worker that its core took along
                verdict = Verdict(0, 0, error=str(problem) or type(problem).__name__)
            keep(futures[future], verdict)
    return [verdicts[index] for index in range(len(paths))]


def _verify_one(path: str, content: Any, core: Any) -> Verdict:
    try:
        movie = Movie.load(path)
        with movie.open(content, core=core) as opened:
            verdict = movie.play(opened)
        if verdict.ok and verdict.frames < movie.frames:
            message = f"the core asked to shut down after {verdict.frames} of {movie.frames} frames"
            return Verdict(verdict.frames, verdict.checks, error=message)
        return verdict
    except (LibretroError, OSError) as problem:
        return Verdict(0, 0, error=str(problem))
