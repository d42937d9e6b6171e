"""A game as a Gymnasium environment."""

from __future__ import annotations

import os
from collections.abc import Mapping
from copy import deepcopy
from importlib.util import find_spec
from typing import Any

import gymnasium
import numpy as np
from gymnasium.utils import seeding
from numpy.typing import NDArray

from pylibretro._core import Core
from pylibretro.batch.skipping import GivenSkips
from pylibretro.envs.actions import actions_space
from pylibretro.envs.env_spec import spec_from
from pylibretro.envs.episodes import Episodes, Outcome
from pylibretro.envs.live_metadata import LiveMetadata, render_fps
from pylibretro.envs.meanings import ActionMeanings
from pylibretro.envs.snapshot import VectorEnvSnapshot, attributes_to_copy, put_back, taken
from pylibretro.envs.stored_spec import StoredSpec
from pylibretro.envs.vector import checked_options, checked_render_mode

__all__ = ["LibretroEnv"]

_OPENED = {"episodes", "metadata", "_arguments", "_window"}  # what a copy makes of its own


class LibretroEnv(StoredSpec, ActionMeanings, gymnasium.Env[Any, Any]):
    """One copy of a game, as a task for an agent.

    It is what `gymnasium.make("pylibretro/Libretro-v0", core=..., content=...)` makes.

    Args:
        core: As for `EnvSpec`, or an `EnvSpec`.
        content: As for `EnvSpec`.
        render_mode: "rgb_array" for `render`; "human" to show every step in a window at the speed
            of the game, which needs pygame; or None: then no pictures but the observed ones are
            kept, and cores that can do so draw no others and make no sound. When the user closes
            the window, the env goes on without it and no longer waits; see `window_open`.
        skip_rendering: As for `CoreBatch`.
        skips: As for `CoreBatch`.
        record_to: A directory: each episode becomes a movie in it, see docs/movies.md. With lives,
            a movie is of a whole game.
        **arguments: Any other arguments of `EnvSpec`.

    Attributes:
        env_spec: The `EnvSpec`.
        core: The `Core`, to look at between steps.

    >>> from pylibretro.actions import DiscreteActions
    >>> env = LibretroEnv(
    ...     "2048",
    ...     start=[("START", 1)],
    ...     watches={"score": (0x20, "<u4")},
    ...     reward="delta(score)",
    ...     actions=DiscreteActions(["UP", "DOWN", "LEFT", "RIGHT"]),
    ...     frame_skip=2,
    ...     hold_frames=1,
    ... )
    >>> observation, info = env.reset(seed=1)
    >>> observation.shape, info["score"]
    ((240, 320, 3), 0)
    >>> observation, reward, terminated, truncated, info = env.step(2)
    >>> reward == info["score"]
    True
    >>> env.close()
    """

    metadata: dict[str, Any] = LiveMetadata(  # type: ignore[assignment]
        {
            "render_modes": ["rgb_array", "human"],
            "render_fps": 60,
        },
        lambda env: render_fps(env.core, env.env_spec),
    )

    def __init__(
        self,
        core: Any,
        content: Any = None,
        *,
        render_mode: str | None = None,
        skip_rendering: bool | None = None,
        skips: GivenSkips = None,
        record_to: str | os.PathLike[str] | None = None,
        **arguments: Any,
    ) -> None:
        """Open the core."""
        self.env_spec = spec_from(core, content, arguments)
        self._arguments = {
            "render_mode": render_mode,
            "skip_rendering": skip_rendering,
            "skips": skips,
        }
        self.render_mode = checked_render_mode(render_mode, ["rgb_array", "human"])
        self._window: Any = None
        if self.render_mode == "human":
            from pylibretro.envs.window import Window

            self._window = Window()
        generators: list[Any] = [None]  # until reset() has made one
        self.episodes = Episodes(
            self.env_spec,
            1,
            generators,
            pictures=self.render_mode is not None,
            threads=1,
            skip_rendering=skip_rendering,
            skips=skips,
            record_to=record_to,
        )
        self.metadata = {
            **type(self).metadata,
            "render_modes": ["rgb_array", "human"] if find_spec("pygame") else ["rgb_array"],
            "render_fps": render_fps(self.core, self.env_spec),
        }
        self.observation_space = self.episodes.senses.space(self.episodes.batch)
        self.action_space = actions_space(self.episodes.actions)
        self._terminated = False
        self._begun = False

    @property
    def core(self) -> Core:
        """The `Core`, to look at between steps."""
        return self.episodes.batch[0]

    @property
    def window_open(self) -> bool:
        """Whether each step is shown in a window: with "human", until the user closes it."""
        return self._window is not None and not self._window.dismissed

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Any, dict[str, Any]]:
        """Begin an episode.

        Args:
            seed: The seed of the random numbers; None goes on with the present ones.
            options: "state": the name or number of the start state, instead of one at random.

        Returns:
            The observation and the info.

        Raises:
            ValueError: There is no such option, or no such state.
        """
        checked_options(options, ("state",))
        super().reset(seed=seed)
        if self._np_random is None:
            self._np_random, self._np_random_seed = seeding.np_random()
        self.episodes.generators[0] = self._np_random
        states = self.episodes.chosen_states((options or {}).get("state"))
        self.episodes.begin(np.zeros(1, np.intp), states, [seed is not None])
        outcome = self.episodes.step_some(None, np.ones(1, np.bool_))
        self._terminated = False
        self._begun = True
        if self._window is not None:
            self._show()
        return first_row(outcome.observations), self._info(outcome)

    def step(self, action: Any) -> tuple[Any, float, bool, bool, dict[str, Any]]:
        """Do an action for `frame_skip` frames, or until the game is over.

        Returns:
            The observation, the reward, whether the game is over, whether the episode has reached
            a limit, and the info.

        Raises:
            gymnasium.error.ResetNeeded: `reset` has not been called, or the game is over.
            ActionError: There is no such action.
            CoreCrashedError, ...: The core failed, as for `Core.run`; `reset` opens it again.
        """
        if not self._begun or self._terminated:
            why = "the game is over" if self._begun else "no episode has begun"
            raise gymnasium.error.ResetNeeded(f"{why}: call reset() before step()")
        outcome = self.episodes.step(self.episodes.of_one(action))
        self._terminated = bool(outcome.terminations[0])
        if self._window is not None:
            self._show()
        return (
            first_row(outcome.observations),
            float(outcome.rewards[0]),
            self._terminated,
            bool(outcome.truncations[0]),
            self._info(outcome),
        )

    @staticmethod
    def _info(outcome: Outcome) -> dict[str, Any]:
        info = {}
        for name, column in outcome.infos.items():
            if f"_{name}" in outcome.infos:
                info[name] = column[0].item() if column.ndim == 1 else column[0].copy()
        return info

    def render(self) -> Any:
        """Return the last picture, (height, width, 3) uint8 RGB, upright; None for a window.

        All have one size, that of the game as it is played; pictures of others are fitted to it.
        """
        if self.render_mode is None:
            gymnasium.logger.warn("render() needs render_mode='rgb_array' or 'human'")
            return None
        return self._show() if self._window is not None else self.episodes.picture(0)

    def _show(self) -> None:
        self._window.show(self.episodes.picture(0), self.metadata["render_fps"])

    def get_ram(self) -> NDArray[np.uint8]:
        """Return the console's RAM, (size,) uint8, as `core.memory.system_ram` has it: a copy."""
        return np.array(self.core.memory.system_ram)

    # Elsewhere

    def add_state(self, name: str, state: Any, weight: float = 1.0) -> None:
        """Have episodes begin in one more state from now on, as curricula do.

        Args:
            name: Its name, for `reset(options={"state": ...})`.
            state: As in the `states` of an `EnvSpec`, such as what `core.snapshot()` returns.
            weight: How often it is drawn, as against 1 for each state without a weight.

        Raises:
            StateError: The core refuses it.
            ValueError: There is a state of this name.
        """
        self.episodes.add_state(name, state, weight)
        self.env_spec = self.episodes.spec  # what copies of this env are made from

    def snapshot(self) -> VectorEnvSnapshot:
        """Return where the env is: its machine, its episode, and its random numbers.

        Raises:
            CoreCrashedError: The core has crashed, and there has been no reset since.
            StateError: The core has no states, or refused.
            ClosedError: The env has been closed.
        """
        begun = np.array([self._begun])
        ended = ~begun | self._terminated
        generator: Any = self._np_random
        self.episodes.generators[0] = generator
        return taken(self.episodes, [self._np_random_seed], ended, begun)

    def restore(self, snapshot: VectorEnvSnapshot) -> None:
        """Go on where a snapshot was made, of this env or of another one of the same spec.

        The same actions then have the same results as they had there; the next step returns the
        next observation.

        Args:
            snapshot: What `snapshot` returned, also in another process, or that of a
                `LibretroVectorEnv` of one env.

        Raises:
            StateError: The snapshot is of more envs, of other actions, another core or content.
        """
        put_back(self.episodes, snapshot)
        self._np_random = self.episodes.generators[0]
        self._np_random_seed = snapshot.seeds[0]
        self._begun = bool(snapshot.begun[0])
        self._terminated = self._begun and bool(snapshot.ended[0])

    def __getstate__(self) -> dict[str, Any]:
        """Return what makes another env that goes on where this one is, for pickle and copy.

        Raises:
            As `snapshot`, once an episode has begun.
        """
        return {
            "spec": self.env_spec,
            "arguments": self._arguments,
            "attributes": attributes_to_copy(self, _OPENED),
            "snapshot": self.snapshot() if self._begun else None,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Open a core of its own, and go on there."""
        LibretroEnv.__init__(self, state["spec"], **state["arguments"])
        self.__dict__.update(state["attributes"])
        self._np_random = deepcopy(self._np_random)
        if state["snapshot"] is not None:
            self.restore(state["snapshot"])

    def close(self) -> None:
        """Close the core, and the window; closing again does nothing."""
        if self._window is not None:
            self._window.close()
        if hasattr(self, "episodes"):
            self.episodes.close()


def first_row(observations: Any) -> Any:
    """Return the observation of a single env out of those of many."""
    if isinstance(observations, Mapping):
        return {name: part[0] for name, part in observations.items()}
    return observations[0]
