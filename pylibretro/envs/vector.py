"""Many copies of a game as a Gymnasium vector environment, stepped by native threads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

try:
    from gymnasium.vector import AutoresetMode, VectorEnv
except ImportError:
    raise ImportError(
        f"the envs of pylibretro need Gymnasium 1.1 or newer, and this is {gymnasium.__version__}: "
        f"pip install 'gymnasium>=1.1'"
    ) from None

from pylibretro.batch._batch import CoreBatch
from pylibretro.batch.skipping import GivenSkips
from pylibretro.envs.actions import actions_space
from pylibretro.envs.env_spec import spec_from
from pylibretro.envs.episodes import Episodes, Outcome
from pylibretro.envs.live_metadata import LiveMetadata, render_fps
from pylibretro.envs.meanings import ActionMeanings
from pylibretro.envs.snapshot import VectorEnvSnapshot, attributes_to_copy, put_back, taken
from pylibretro.envs.stored_spec import StoredSpec
from pylibretro.error import CoreBusyError
from pylibretro.frontend.output_arrays import array_over, output_array

__all__ = ["LibretroVectorEnv"]

# What a copy makes of its own; buffers of the caller's stay the caller's.
_OPENED = {"episodes", "batch", "metadata", "generators", "seeds", "closed"} | {
    f"_{name}" for name in ("arguments", "output", "ended", "begun", "last_ids", "sent")
}
BUFFERS = ("observations", "rewards", "terminations", "truncations")


class LibretroVectorEnv(StoredSpec, ActionMeanings, VectorEnv[Any, Any, NDArray[Any]]):
    """Copies of a game that are stepped together by native threads.

    It is what `gymnasium.make_vec("pylibretro/Libretro-v0", num_envs=8, core=...)` makes, and it
    does the same, step by step, as a `gymnasium.vector.SyncVectorEnv` of as many `LibretroEnv`: the
    same seeds and actions give the same observations, rewards, ends and infos, in all three
    autoreset modes.

    Args:
        core: As for `EnvSpec`, or an `EnvSpec`.
        content: As for `EnvSpec`.
        num_envs: How many copies.
        autoreset_mode: When an env whose episode has ended begins the next one: in the next step
            (which ignores its action), in the same step (`infos["final_obs"]` and `["final_info"]`
            then have what the last step of the episode returned), or when `reset` is called with
            `options={"reset_mask": ...}`. A `gymnasium.vector.AutoresetMode` or its value.
        render_mode: "rgb_array" for `render`, or None: then no pictures but the observed ones are
            kept, and cores that can do so draw no others and make no sound.
        threads: How many threads step; as many as there are usable processors unless given.
        batch_size: How many envs `recv` waits for; all unless given.
        copy: Whether returned observations are the caller's to keep. With False they are written
            into the same memory each time.
        buffers: Memory that takes the results, instead of new arrays: any of "observations",
            "rewards", "terminations" and "truncations", the latter with a row for each env. NumPy
            arrays, or anything with the buffer protocol or DLPack, as for `CoreBatch.run`: then
            `step` returns arrays that are views of it. Observations are written in place where the
            dtype is that of the space; others are converted, as far as nothing is cut off.
        skip_rendering: As for `CoreBatch`.
        skips: As for `CoreBatch`.
        record_to: A directory: each episode becomes a movie in it, see docs/movies.md. With lives,
            a movie is of a whole game.
        **arguments: Any other arguments of `EnvSpec`.

    Attributes:
        env_spec: The `EnvSpec`.
        batch: The `CoreBatch`; to look at its cores between steps.
        autoreset_mode: The mode.

    >>> from pylibretro.actions import DiscreteActions
    >>> envs = LibretroVectorEnv("2048", num_envs=3, actions=DiscreteActions(["LEFT", "UP"]))
    >>> observations, infos = envs.reset(seed=1)
    >>> observations.shape, envs.action_space
    ((3, 240, 320, 3), MultiDiscrete([2 2 2]))
    >>> observations, rewards, terminations, truncations, infos = envs.step([0, 1, 1])
    >>> envs.close()
    """

    metadata: dict[str, Any] = LiveMetadata(  # type: ignore[assignment]
        {
            "render_modes": ["rgb_array"],
            "render_fps": 60,
            "autoreset_mode": AutoresetMode.NEXT_STEP,
        },
        lambda env: render_fps(env.batch[0], env.env_spec),
    )

    def __init__(
        self,
        core: Any,
        content: Any = None,
        *,
        num_envs: int = 1,
        autoreset_mode: str | AutoresetMode = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        threads: int | None = None,
        batch_size: int | None = None,
        copy: bool = True,
        buffers: Mapping[str, Any] | None = None,
        skip_rendering: bool | None = None,
        skips: GivenSkips = None,
        record_to: str | os.PathLike[str] | None = None,
        **arguments: Any,
    ) -> None:
        """Open the cores and start the threads."""
        self.closed = True  # until there is something to close
        self._arguments: dict[str, Any] = {
            "num_envs": num_envs,
            "autoreset_mode": autoreset_mode,
            "render_mode": render_mode,
            "threads": threads,
            "batch_size": batch_size,
            "copy": copy,
            "skip_rendering": skip_rendering,
            "skips": skips,
        }
        self.env_spec = spec_from(core, content, arguments)
        self.render_mode = checked_render_mode(render_mode, ["rgb_array"])
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.num_envs = int(num_envs)
        if self.num_envs < 1:
            raise ValueError(f"num_envs is {num_envs}; at least 1 is needed")
        self.generators: list[Any] = [None] * self.num_envs
        self.seeds: list[int | None] = [None] * self.num_envs
        self.episodes = Episodes(
            self.env_spec,
            self.num_envs,
            self.generators,
            threads=threads,
            recv_size=batch_size,
            skip_rendering=skip_rendering,
            skips=skips,
            record_to=record_to,
            pictures=self.render_mode is not None,
        )
        self.closed = False
        self.batch: CoreBatch = self.episodes.batch
        self.metadata = {
            **type(self).metadata,
            "autoreset_mode": self.autoreset_mode,
            "render_fps": render_fps(self.batch[0], self.env_spec),
        }
        self.single_observation_space = self.episodes.senses.space(self.batch)
        self.single_action_space = actions_space(self.episodes.actions)
        self.observation_space = batch_space(self.single_observation_space, self.num_envs)
        self.action_space = batch_space(self.single_action_space, self.num_envs)
        self.copy = copy
        self._output = _Output(self, copy, buffers)
        self._ended = np.ones(self.num_envs, np.bool_)
        self._begun = np.zeros(self.num_envs, np.bool_)
        self._last_ids = np.arange(self.num_envs)
        self._sent: dict[int, bool] = {}

    # Gymnasium

    def reset(
        self,
        *,
        seed: int | Sequence[int | None] | None = None,
        options: dict[str, Any] | None = None,
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode of all envs, or of some.

        Args:
            seed: The seed of the first env, where the next one has the next, and so on; or one for
                each. None goes on with the present random numbers.
            options: "reset_mask", (num_envs,) bool: which envs; "state": the name or number of
                the start state, or one for each env, instead of one at random.

        Returns:
            The observations of all envs, and infos of those that were reset.

        Raises:
            ValueError, TypeError: There is no such option or state, or the mask is none.
        """
        self._check_open()
        options = checked_options(options, ("state", "reset_mask"))
        mask = (
            checked_reset_mask(options["reset_mask"], self.num_envs)
            if ("reset_mask" in options)
            else np.ones(self.num_envs, np.bool_)
        )
        states = self.episodes.chosen_states(options.get("state"))
        seeded = self._seed(seed, mask)
        self.episodes.begin(np.flatnonzero(mask), states, seeded)
        outcome = self.episodes.step_some(None, mask, self._output.reused)
        self._ended &= ~mask
        self._begun |= mask
        return self._output.observations(outcome), outcome.infos

    def _seed(self, seed: Any, mask: NDArray[np.bool_]) -> list[bool]:
        """Take the seeds of some envs, and return which of all have one."""
        if seed is None:
            seeds: list[Any] = [None] * self.num_envs
        elif isinstance(seed, (int, np.integer)):
            seeds = [int(seed) + i for i in range(self.num_envs)]
        else:
            seeds = list(seed)
            if len(seeds) != self.num_envs:
                raise ValueError(f"there are {len(seeds)} seeds for {self.num_envs} envs")
        for i in np.flatnonzero(mask).tolist():
            if seeds[i] is not None or self.generators[i] is None:
                self.generators[i], self.seeds[i] = seeding.np_random(seeds[i])
        return [one is not None for one in seeds]

    @property  # type: ignore[misc]
    def np_random(self) -> tuple[np.random.Generator, ...]:  # type: ignore[override]
        """The random numbers of each env."""
        self._seed(None, np.ones(self.num_envs, np.bool_))
        return tuple(self.generators)

    @property
    def np_random_seed(self) -> tuple[int | None, ...]:  # type: ignore[override]
        """The seed of each env."""
        self._seed(None, np.ones(self.num_envs, np.bool_))
        return tuple(self.seeds)

    def step(
        self, actions: Any
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Step all envs.

        Args:
            actions: A row for each env.

        Returns:
            Observations, rewards (num_envs,) float64, terminations and truncations (num_envs,)
            bool, and infos: arrays by name, and beside each a mask of the envs that have it.

        Raises:
            gymnasium.error.ResetNeeded: `reset` has not been called, or not after the end of an
                episode without autoreset.
            ActionError: There are no such actions.
            CoreCrashedError, ...: A core failed, as for `CoreBatch.run`; `reset` opens it again.
        """
        if not self._begun.all():
            self._check_open()
            raise gymnasium.error.ResetNeeded("call reset() before step()")
        episodes, out = self.episodes, self._output.reused
        begins = self._ended
        if not begins.any():
            outcome = episodes.step(actions, out)
        elif self.autoreset_mode is AutoresetMode.NEXT_STEP:
            episodes.check_actions(actions)  # before any episode has begun
            episodes.begin(np.flatnonzero(begins))
            outcome = episodes.step_some(actions, begins, out)
        else:
            raise gymnasium.error.ResetNeeded(
                f"the episodes of envs {np.flatnonzero(begins).tolist()} have ended: call "
                f"reset(options={{'reset_mask': ...}})"
            )
        self._ended = outcome.terminations | outcome.truncations
        if self.autoreset_mode is AutoresetMode.SAME_STEP and self._ended.any():
            outcome = self._reset_ended(outcome)
        return self._output.results(outcome)

    def _reset_ended(self, last: Outcome) -> Outcome:
        """Begin the next episodes of envs whose episodes have just ended."""
        ended = self._ended
        final_obs = self._separately(last.observations, np.flatnonzero(ended))
        self.episodes.begin(np.flatnonzero(ended))
        outcome = self.episodes.step_some(None, ended, self._output.reused)
        infos = {"final_obs": final_obs, "_final_obs": ended.copy()}
        infos["final_info"] = {name: self._only(ended, part) for name, part in last.infos.items()}
        infos["_final_info"] = ended.copy()
        for name, column in outcome.infos.items():
            before = last.infos[name]
            if name.startswith("_"):
                infos[name] = column | before
            else:
                rows = ended if column.ndim == 1 else ended[:, np.newaxis]
                infos[name] = np.where(rows, column, before)
        for name, column in last.infos.items():
            infos.setdefault(name, column)
        self._ended = np.zeros(self.num_envs, np.bool_)
        return Outcome(
            outcome.observations, last.rewards, last.terminations, last.truncations, infos
        )

    def _separately(self, observations: Any, ids: NDArray[np.intp]) -> NDArray[Any]:
        """Return an array of objects with the observations of some envs, None for the others."""
        rows = np.full(self.num_envs, None, dtype=object)
        for i in ids.tolist():
            if isinstance(observations, Mapping):
                rows[i] = {name: part[i].copy() for name, part in observations.items()}
            else:
                rows[i] = observations[i].copy()
        return rows

    @staticmethod
    def _only(rows: NDArray[np.bool_], column: NDArray[Any]) -> NDArray[Any]:
        only = np.zeros_like(column)
        only[rows] = column[rows]
        return only

    def render(self) -> tuple[Any, ...] | None:  # type: ignore[override]
        """Return the last picture of each env, (height, width, 3) uint8 RGB, upright, of one size.

        The size is that of the game as it is played, and pictures of other sizes are fitted to it.
        """
        self._check_open()
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs render_mode='rgb_array'")
            return None
        frames, sizes = self.batch.frames, self.batch.frame_sizes
        return tuple(
            self.episodes.fitted(frame[:height, :width].copy() if height else None)
            for frame, (height, width) in zip(frames, sizes.tolist(), strict=True)
        )

    def close_extras(self, **_kwargs: Any) -> None:
        """Stop the threads and close all cores."""
        if hasattr(self, "episodes"):
            self.episodes.close()

    def call(self, name: str, *args: Any, **kwargs: Any) -> tuple[Any, ...]:
        """Return what each env answers to a name: an attribute, or a method of its `Core`.

        Args:
            name: "core", "get_ram", "np_random", "np_random_seed", "render", or another attribute
                that all share; or a method or property of `Core`.
            *args: Arguments of the method.
            **kwargs: Keyword arguments of the method.
        """
        self._check_open()
        if name == "render":
            return self.render() or (None,) * self.num_envs
        if name in ("np_random", "np_random_seed"):
            values: tuple[Any, ...] = getattr(self, name)
            return values
        if name == "core":
            return self.batch.cores
        if name == "get_ram":
            return tuple(np.array(core.memory.system_ram) for core in self.batch)
        if hasattr(self.batch[0], name):
            found = [getattr(core, name) for core in self.batch]
        else:
            found = [getattr(self, name)] * self.num_envs
        return tuple(one(*args, **kwargs) if callable(one) else one for one in found)

    def get_attr(self, name: str) -> tuple[Any, ...]:
        """Return an attribute of each env, see `call`."""
        return self.call(name)

    def set_attr(self, name: str, values: Any) -> None:
        """Set an attribute of each env's `Core`.

        Args:
            name: The attribute.
            values: A list or tuple with one for each env, or one for all.
        """
        self._check_open()
        each = list(values) if isinstance(values, (list, tuple)) else [values] * self.num_envs
        if len(each) != self.num_envs:
            raise ValueError(f"there are {len(each)} values for {self.num_envs} envs")
        for core, value in zip(self.batch, each, strict=True):
            setattr(core, name, value)

    # Asynchronously

    def send(self, actions: Any, ids: Any = None) -> None:
        """Let envs step in the background; `recv` returns those that finish first.

        Args:
            actions: A row for each of `ids`. With autoreset in the next step, the actions of envs
                whose episode has ended are ignored.
            ids: Numbers of the envs; unless given, those that `recv` returned last, in its order,
                and all at the beginning.

        Raises:
            gymnasium.error.ResetNeeded: As for `step`.
            ValueError: The autoreset mode is the same step, with which nothing can be sent.
            CoreBusyError: One of these envs has a step under way.
        """
        self._check_open()
        numbers = self._last_ids if ids is None else np.asarray(ids, np.int64)
        if self.autoreset_mode is AutoresetMode.SAME_STEP:
            raise ValueError("send() and recv() are for the other two autoreset modes")
        if not self._begun.all():
            raise gymnasium.error.ResetNeeded("call reset() before send()")
        begins = self._ended[numbers]
        if begins.any():
            if self.autoreset_mode is AutoresetMode.DISABLED:
                raise gymnasium.error.ResetNeeded(
                    f"the episodes of envs {numbers[begins].tolist()} have ended: call reset()"
                )
            self.episodes.check_actions(actions, len(numbers))
            self.episodes.begin(numbers[begins])
        self.episodes.send(actions, numbers, begins)
        self._sent.update(zip(numbers.tolist(), begins.tolist(), strict=True))

    def recv(
        self, count: int | None = None
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        """Wait until `batch_size` of the envs that were sent have stepped, and return them.

        Args:
            count: How many to wait for instead.

        Returns:
            As `step`, with a row for each of these envs; `infos["env_id"]` has their numbers.
        """
        self._check_open()
        result = self.batch.recv(count)
        ids = result.ids
        begins = np.array([self._sent.pop(i) for i in ids.tolist()])
        outcome = self.episodes.outcome(result, ids, begins if begins.any() else None)
        self._ended[ids] = outcome.terminations | outcome.truncations
        self._last_ids = ids
        outcome.infos["env_id"] = ids.copy()
        outcome.infos["_env_id"] = np.ones(len(ids), np.bool_)
        return (
            outcome.observations,
            outcome.rewards,
            outcome.terminations,
            outcome.truncations,
            outcome.infos,
        )

    @property
    def ended(self) -> NDArray[np.bool_]:
        """(num_envs,) bool, whether the episode has ended: the next step or `reset` begins one."""
        return self._ended.copy()

    # Elsewhere

    def add_state(self, name: str, state: Any, weight: float = 1.0) -> None:
        """Have episodes begin in one more state from now on, see `LibretroEnv.add_state`."""
        self.episodes.add_state(name, state, weight)
        self.env_spec = self.episodes.spec  # what copies of this env are made from

    def snapshot(self) -> VectorEnvSnapshot:
        """Return where all envs are: their machines, episodes, and random numbers.

        Raises:
            CoreBusyError: Steps are under way; `recv` them first.
            CoreCrashedError: A core has crashed, and its env has not been reset since.
            StateError: A core has no states, or refused.
        """
        self._check_idle("snapshot")
        return taken(self.episodes, self.seeds, self._ended, self._begun, self._last_ids)

    def restore(self, snapshot: VectorEnvSnapshot) -> None:
        """Go on where a snapshot was made, of this env or of another one of the same spec.

        The same actions then have the same results as they had there. The next step returns the
        next observations; those at the time of the snapshot are the ones that were returned last
        before it.

        Args:
            snapshot: What `snapshot` returned, also in another process.

        Raises:
            CoreBusyError: Steps are under way; `recv` them first.
            StateError: The snapshot is of a different number of envs, or of other actions, another
                core or other content.
        """
        self._check_idle("restore")
        put_back(self.episodes, snapshot)  # its list of generators is this env's
        self.seeds[:] = snapshot.seeds
        self._ended = snapshot.ended.copy()
        self._begun = snapshot.begun.copy()
        self._last_ids = snapshot.last_ids.copy()

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes another env that goes on where this one is, for pickle and copy.

        Raises:
            As `snapshot`, once episodes have begun.
        """
        self._check_idle("copying")
        return {
            "spec": self.env_spec,
            "arguments": self._arguments,
            "attributes": attributes_to_copy(self, _OPENED),
            "snapshot": self.snapshot() if self._begun.any() else None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open cores of its own, and go on there."""
        LibretroVectorEnv.__init__(self, state["spec"], **state["arguments"])
        self.__dict__.update(state["attributes"])
        if state["snapshot"] is not None:
            self.restore(state["snapshot"])

    def write_next_observations(self, rows: NDArray[Any]) -> None:
        """Have pictures written into an array of the caller's from now on.

        Args:
            rows: An array like `observation_space`, C-contiguous, or other memory, as for `out` of
                `CoreBatch.run`; for envs that see an `Observation`. The next step refuses others.
        """
        self._output.reused = rows

    def _check_idle(self, what: str) -> None:
        self._check_open()
        if self._sent:
            raise CoreBusyError(
                f"{what}() needs all envs, and steps of envs {sorted(self._sent)} are under way: "
                f"recv() them first"
            )

    def _check_open(self) -> None:
        if self.closed:
            raise gymnasium.error.ClosedEnvironmentError("this env has been closed; make a new one")


class _Output:
    """Where results go: into new arrays, into the same ones, or into the caller's."""

    def __init__(
        self, env: LibretroVectorEnv, copy: bool, buffers: Mapping[str, Any] | None
    ) -> None:
        unknown = set(buffers or {}) - set(BUFFERS)
        if unknown:
            raise ValueError(f"buffers has {sorted(unknown)}; there are {', '.join(BUFFERS)}")
        self.buffers = {
            name: self._buffer(env, name, given) for name, given in (buffers or {}).items()
        }
        self.reused: Any = None
        given = self.buffers.get("observations")
        if given is not None:
            fits = given.dtype == env.observation_space.dtype and given.flags.c_contiguous
            if fits and env.batch.observation is not None:
                self.reused = given
        elif not copy and env.batch.observation is not None:
            self.reused = np.zeros_like(env.batch.observations)

    @staticmethod
    def _buffer(env: LibretroVectorEnv, name: str, given: Any) -> NDArray[Any]:
        """Return the caller's memory as an array that takes this result."""
        shape: Any = (env.num_envs,)
        dtype = np.dtype(np.float64 if name == "rewards" else np.bool_)
        if name == "observations":
            space = env.observation_space
            if not isinstance(space, gymnasium.spaces.Box):
                raise ValueError(
                    f"buffers['observations'] is for one array, and the observations are a "
                    f"{type(space).__name__}; leave it out"
                )
            shape, dtype = space.shape, space.dtype
        array = array_over(given, name := f"buffers[{name!r}]")
        if not isinstance(given, np.ndarray) and array.ndim == 1 and array.shape != shape:
            array = output_array(given, shape, dtype, name=name)
        if array.dtype == np.uint8 and dtype == np.bool_ and not isinstance(given, np.ndarray):
            array = array.view(np.bool_) if array.flags.c_contiguous else array
        if array.shape != shape:
            raise ValueError(f"{name} has shape {array.shape}; {shape} is needed")
        if not np.can_cast(dtype, array.dtype, "same_kind"):
            raise TypeError(f"{name} has dtype {array.dtype}, which cannot hold {dtype}")
        if not array.flags.writeable:
            raise ValueError(f"{name} cannot be written")
        return array

    def observations(self, outcome: Outcome) -> Any:
        return self.taken("observations", outcome.observations)

    def taken(self, name: str, result: Any) -> Any:
        buffer = self.buffers.get(name)
        if buffer is None or buffer is result:
            return result
        buffer[...] = result
        return buffer

    def results(
        self, outcome: Outcome
    ) -> tuple[Any, NDArray[Any], NDArray[Any], NDArray[Any], dict[str, Any]]:
        return (
            self.taken("observations", outcome.observations),
            self.taken("rewards", outcome.rewards),
            self.taken("terminations", outcome.terminations),
            self.taken("truncations", outcome.truncations),
            outcome.infos,
        )


def checked_render_mode(render_mode: Any, known: list[str]) -> str | None:
    """Return a render mode, if there is such a mode."""
    if render_mode is not None and render_mode not in known:
        raise ValueError(f"render_mode is {render_mode!r}; there are {known}, and None")
    mode: str | None = render_mode
    return mode


def checked_options(options: Mapping[str, Any] | None, known: Sequence[str]) -> dict[str, Any]:
    """Return the options of a reset, if there are such options.

    Raises:
        TypeError: They are no mapping.
        ValueError: One of them is not `known`.
    """
    if options is None:
        return {}
    if not isinstance(options, Mapping):
        raise TypeError(f"options are {options!r}; a mapping is needed")
    for name in options:
        if name not in known:
            there_are = " and ".join(repr(one) for one in known if one != "options")
            raise ValueError(f"reset() has no option {name!r}; there is {there_are}")
    return dict(options)


def checked_reset_mask(mask: Any, count: int) -> NDArray[np.bool_]:
    """Return a reset mask, if it is one."""
    if not isinstance(mask, np.ndarray) or mask.dtype != np.bool_:
        kind = mask.dtype if isinstance(mask, np.ndarray) else type(mask).__name__
        raise TypeError(f"options['reset_mask'] is {kind}; a NumPy array of bool is needed")
    if mask.shape != (count,):
        raise ValueError(f"options['reset_mask'] has shape {mask.shape}; ({count},) is needed")
    if not mask.any():
        raise ValueError("options['reset_mask'] selects no env")
    return mask.copy()
