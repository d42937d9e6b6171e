"""Several games in one vector environment: a task for each slot, with the same spaces."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from pylibretro.batch.processors import available_processors
from pylibretro.batch.skipping import GivenSkips
from pylibretro.envs.actions import actions_of_some
from pylibretro.envs.env_spec import EnvSpec, spec_from
from pylibretro.envs.game_envs import game_spec
from pylibretro.envs.snapshot import VectorEnvSnapshot
from pylibretro.envs.vector import LibretroVectorEnv, checked_options, checked_reset_mask
from pylibretro.error import LibretroError, StateError

__all__ = ["LibretroMultiTaskVectorEnv"]

GAME = "game"


class LibretroMultiTaskVectorEnv(VectorEnv[Any, Any, NDArray[Any]]):
    """Different games that are stepped together by native threads, as one vector env.

    It does what a `gymnasium.vector.SyncVectorEnv` of a `LibretroEnv` for each slot does, and
    `infos["game"]` says which game each slot has. Slots with the same task share a `CoreBatch`.

    Args:
        games: A task for each slot, or fewer, which then take turns: an `EnvSpec`, a mapping of
            arguments of `EnvSpec`, or the name of an installed integration; or a mapping from names
            of one's own to these.
        num_envs: How many slots; as many as there are `games` unless given.
        autoreset_mode: As for `LibretroVectorEnv`.
        render_mode: As for it; pictures of different games may have different sizes.
        threads: How many threads step, which all games share; as many as there are usable
            processors unless given.
        skip_rendering: As for `CoreBatch`.
        skips: As for `CoreBatch`.
        record_to: As for `LibretroVectorEnv`; each game has a directory of its own there.
        **arguments: Further arguments for all games, instead of what each says, such as
            `observation`, `actions` or `preset`: with them their spaces become the same.

    Attributes:
        games: The name of the game in each slot.
        specs: The `EnvSpec` of each slot.
        envs: A `LibretroVectorEnv` for each task.

    Raises:
        ValueError: The spaces of two games differ; the message says whose and how.

    >>> from pylibretro import MemoryWindow
    >>> from pylibretro.envs.registration import game_2048
    >>> board = MemoryWindow(start=0x10, size=16)
    >>> games = {"plain": game_2048(), "slow": {**game_2048(), "frame_skip": 8}}
    >>> envs = LibretroMultiTaskVectorEnv(games, num_envs=3, observation=board)
    >>> observations, infos = envs.reset(seed=1)
    >>> observations.shape, infos["game"].tolist()
    ((3, 16), ['plain', 'slow', 'plain'])
    >>> envs.close()
    """

    metadata: dict[str, Any] = {  # noqa: RUF012  # as Gymnasium declares it
        "render_modes": ["rgb_array"],
        "render_fps": 60,
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        games: Sequence[Any] | Mapping[str, Any],
        *,
        num_envs: int | None = None,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        threads: int | None = None,
        skip_rendering: bool | None = None,
        skips: GivenSkips = None,
        record_to: str | os.PathLike[str] | None = None,
        **arguments: Any,
    ) -> None:
        """Open the cores of all games."""
        self.closed = True
        tasks = named_specs(games, arguments)
        self.num_envs = len(tasks) if num_envs is None else int(num_envs)
        if self.num_envs < len(tasks):
            raise ValueError(f"num_envs is {num_envs}, for {len(tasks)} games; each needs a slot")
        slots = [tasks[i % len(tasks)] for i in range(self.num_envs)]
        self.games = [name for name, _ in slots]
        self.specs = [spec for _, spec in slots]
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.render_mode = render_mode
        groups: dict[str, list[int]] = {}
        for i, name in enumerate(self.games):
            groups.setdefault(name, []).append(i)
        self.rows = [np.array(rows, np.intp) for rows in groups.values()]
        self.envs: list[LibretroVectorEnv] = []
        usable = available_processors() if threads is None else threads
        try:
            for name, rows in groups.items():
                env = LibretroVectorEnv(
                    self.specs[rows[0]],
                    num_envs=len(rows),
                    autoreset_mode=self.autoreset_mode,
                    render_mode=render_mode,
                    threads=max(1, usable // len(groups)),
                    skip_rendering=skip_rendering,
                    skips=skips,
                    record_to=None if record_to is None else os.path.join(record_to, name),
                )
                self.envs.append(env)
                self._check_spaces(name, env)
        except BaseException:
            self._close_all()
            raise
        self._take_spaces()
        self._pool = ThreadPoolExecutor(max(1, min(usable, len(self.envs))))
        self._observations: Any = None
        self.closed = False

    def _take_spaces(self) -> None:
        first = self.envs[0]
        self.single_observation_space = first.single_observation_space
        self.single_action_space = first.single_action_space
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.metadata = {**first.metadata}

    def _check_spaces(self, name: str, env: LibretroVectorEnv) -> None:
        first = self.envs[0]
        for what in ("single_observation_space", "single_action_space"):
            one, other = getattr(first, what), getattr(env, what)
            if one != other:
                kind = "observation" if "observation" in what else "actions"
                raise ValueError(
                    f"the games of one vector env have the same spaces, and {self.games[0]} has "
                    f"{one} where {name} has {other}: give {kind}= for all of them"
                )

    # Gymnasium

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode of all slots, or of some, as `LibretroVectorEnv.reset`.

        Args:
            seed: The seed of the first slot, where the next one has the next; or one for each.
            options: "reset_mask", and "state": a start state for each slot, None for one at random.
        """
        self._check_open()
        options = checked_options(options, ("state", "reset_mask"))
        mask = np.ones(self.num_envs, np.bool_)
        if "reset_mask" in options:
            mask = checked_reset_mask(options["reset_mask"], self.num_envs)
        seeds = self._for_each("seeds", seed, counting=True)
        states = self._for_each("states", options.get("state"))
        jobs = []
        for env, rows in zip(self.envs, self.rows, strict=True):
            chosen = mask[rows]
            if chosen.any():
                given: dict[str, Any] = {"reset_mask": chosen}
                own = [states[i] for i in rows.tolist()]
                if any(state is not None for state in own):
                    given["state"] = own
                jobs.append((env, rows, [seeds[i] for i in rows.tolist()], given))
        results = self._all(lambda job: job[0].reset(seed=job[2], options=job[3]), jobs)
        parts = [(job[1], result[0]) for job, result in zip(jobs, results, strict=True)]
        self._observations = self._merged(parts, self._observations)
        infos = self._infos([(job[1], one[1]) for job, one in zip(jobs, results, strict=True)])
        return self._observations, self._named(infos, mask)

    def _for_each(self, what: str, given: Any, *, counting: bool = False) -> list[Any]:
        if given is None:
            return [None] * self.num_envs
        if isinstance(given, (int, np.integer, str)):
            number: Any = given
            return [number + i if counting else number for i in range(self.num_envs)]
        listed = list(given)
        if len(listed) != self.num_envs:
            raise ValueError(f"there are {len(listed)} {what} for {self.num_envs} envs")
        return listed

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Step all slots, as `LibretroVectorEnv.step`.

        Raises:
            ActionError: There are no such actions; then no slot has stepped.
            gymnasium.error.ResetNeeded, CoreCrashedError, ...: As for `LibretroVectorEnv.step`.
        """
        self._check_open()
        if self._observations is None:
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        if self.autoreset_mode is AutoresetMode.DISABLED:
            ended = [rows[env.ended] for env, rows in zip(self.envs, self.rows, strict=True)]
            if any(len(rows) for rows in ended):
                numbers = sorted(np.concatenate(ended).tolist())
                raise gymnasium.error.ResetNeeded(
                    f"the episodes of envs {numbers} have ended: call "
                    f"reset(options={{'reset_mask': ...}})"
                )
        jobs = []
        for env, rows in zip(self.envs, self.rows, strict=True):
            own = actions_of_some(env.episodes.actions, actions, rows, self.num_envs)
            env.episodes.check_actions(own)
            jobs.append((env, own))
        results = self._all(lambda job: job[0].step(job[1]), jobs)
        columns = []
        for place in range(4):
            parts = [(rows, one[place]) for rows, one in zip(self.rows, results, strict=True)]
            columns.append(self._merged(parts, None))
        self._observations = columns[0]
        infos = self._infos([(rows, one[4]) for rows, one in zip(self.rows, results, strict=True)])
        named = self._named(infos, np.ones(self.num_envs, np.bool_))
        return columns[0], columns[1], columns[2], columns[3], named

    def _all(self, work: Any, jobs: Sequence[Any]) -> list[Any]:
        """Do work for each game at the same time, and raise the first error when all are done."""
        if len(jobs) == 1:
            return [work(jobs[0])]
        futures = [self._pool.submit(work, job) for job in jobs]
        for future in futures:
            future.exception()  # waits
        return [future.result() for future in futures]

    def _merged(self, parts: Sequence[tuple[NDArray[np.intp], Any]], before: Any) -> Any:
        """Rows of all slots, from those of each game; other rows are as they were `before`."""
        first = parts[0][1]
        if isinstance(first, Mapping):
            return {
                name: self._merged(
                    [(rows, part[name]) for rows, part in parts],
                    None if before is None else before[name],
                )
                for name in first
            }
        whole = np.zeros((self.num_envs, *first.shape[1:]), first.dtype)
        if before is not None:
            whole[:] = before
        for rows, part in parts:
            whole[rows] = part
        return whole

    def _infos(self, parts: Sequence[tuple[NDArray[np.intp], Mapping[str, Any]]]) -> dict[str, Any]:
        """Columns of all slots; what a game does not have is 0, and its mask is false."""
        merged: dict[str, Any] = {}
        for name in dict.fromkeys(name for _, infos in parts for name in infos):
            own = [(rows, infos[name]) for rows, infos in parts if name in infos]
            if isinstance(own[0][1], Mapping):
                merged[name] = self._infos(own)
                continue
            shapes = {column.shape[1:] for _, column in own}
            dtype = np.result_type(*(column.dtype for _, column in own))
            if len(shapes) > 1:
                dtype, shapes = np.dtype(object), {()}
            whole = np.zeros((self.num_envs, *shapes.pop()), dtype)
            if dtype.kind == "O":
                whole[:] = None
            for rows, column in own:
                if dtype.kind == "O":
                    for row, value in zip(rows.tolist(), column, strict=True):
                        whole[row] = value
                else:
                    whole[rows] = column
            merged[name] = whole
        return merged

    def _named(self, infos: dict[str, Any], mask: NDArray[np.bool_]) -> dict[str, Any]:
        names = np.array(self.games, dtype=object)
        names[~mask] = None
        return {**infos, GAME: names, f"_{GAME}": mask.copy()}

    def render(self) -> tuple[Any, ...] | None:  # type: ignore[override]
        """Return the last picture of each slot; None without a render mode."""
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs render_mode='rgb_array'")
            return None
        return self.call("render")

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return what each slot answers to a name, as `LibretroVectorEnv.call`."""
        self._check_open()
        answers: list[Any] = [None] * self.num_envs
        for env, rows in zip(self.envs, self.rows, strict=True):
            for row, answer in zip(rows.tolist(), env.call(name, *args, **kwargs), strict=True):
                answers[row] = answer
        return tuple(answers)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of each slot, see `call`."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute of each slot's `Core`, as `LibretroVectorEnv.set_attr`."""
        self._check_open()
        each = list(values) if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise ValueError(f"there are {len(each)} values for {self.num_envs} envs")
        for env, rows in zip(self.envs, self.rows, strict=True):
            env.set_attr(name, [each[i] for i in rows.tolist()])

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The random numbers of each slot."""
        return self.call("np_random")

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """The seed of each slot."""
        return self.call("np_random_seed")

    def snapshot(self) -> tuple[VectorEnvSnapshot, ...]:
        """Return where all slots are: one snapshot for each of `envs`."""
        self._check_open()
        return tuple(env.snapshot() for env in self.envs)

    def restore(self, snapshot: Sequence[VectorEnvSnapshot]) -> None:
        """Go on where a snapshot was made, as `LibretroVectorEnv.restore`."""
        self._check_open()
        if len(snapshot) != len(self.envs):
            raise StateError(
                f"the snapshot is of {len(snapshot)} games, and this has {len(self.envs)}"
            )
        for env, one in zip(self.envs, snapshot, strict=True):
            env.restore(one)

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes another env that goes on where this one is, for pickle and copy."""
        return {name: value for name, value in vars(self).items() if name != "_pool"}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Go on there."""
        self.__dict__.update(state)
        self._pool = ThreadPoolExecutor(max(1, len(self.envs)))

    def close_extras(self, **_kwargs: Any) -> None:
        """Stop the threads and close all cores."""
        if hasattr(self, "_pool"):
            self._pool.shutdown()
        self._close_all()

    def _close_all(self) -> None:
        for env in self.envs:
            env.close()

    def _check_open(self) -> None:
        if self.closed:
            raise gymnasium.error.ClosedEnvironmentError("this env has been closed; make a new one")


def named_specs(games: Any, arguments: Mapping[str, Any]) -> list[tuple[str, EnvSpec]]:
    """Return names and specs of games, with further arguments for all.

    Raises:
        ValueError: There are none, or two of them have the same name.
        TypeError: One of them is no game.
    """
    if isinstance(games, (str, EnvSpec)):
        games = [games]
    if not isinstance(games, Mapping) and not isinstance(games, Iterable):
        raise TypeError(f"games are {games!r}; a sequence or mapping of them is needed")
    given: Iterator[tuple[str | None, Any]]
    given = iter(games.items()) if isinstance(games, Mapping) else ((None, game) for game in games)
    found: dict[str, EnvSpec] = {}
    for own_name, game in given:
        name, spec = named_spec(game, dict(arguments))
        name = own_name or name
        if found.get(name, spec) != spec:
            raise ValueError(f"two games are called {name!r}; give a mapping from names to them")
        found[name] = spec
    if not found:
        raise ValueError("there are no games; at least one is needed")
    return list(found.items())


def named_spec(game: Any, arguments: dict[str, Any]) -> tuple[str, EnvSpec]:
    """Return the name and the spec of one game."""
    if isinstance(game, str):
        return game, game_spec(game, **arguments)
    if isinstance(game, EnvSpec):
        spec = spec_from(game, None, arguments)
    elif isinstance(game, Mapping):
        task = {**game, **arguments}
        spec = spec_from(task.pop("core"), task.pop("content", None), task)
    else:
        raise TypeError(f"{game!r} is no game; an EnvSpec, its arguments, or a name is needed")
    shown = spec.content if isinstance(spec.content, (str, os.PathLike)) else spec.core
    try:
        return os.path.splitext(os.path.basename(os.fspath(shown)))[0], spec
    except TypeError:
        raise LibretroError("a game without a file needs a name: give a mapping") from None
