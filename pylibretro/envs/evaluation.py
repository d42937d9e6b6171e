"""How well a policy plays: episodes from named states, their scores, and movies of two of them."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from pylibretro.envs.env import LibretroEnv
from pylibretro.envs.env_spec import EnvSpec
from pylibretro.envs.game_envs import make_game_env
from pylibretro.envs.known_scores import ScoreReference, known_scores
from pylibretro.envs.played_inputs import PlayedInputs
from pylibretro.games.game import Game

__all__ = ["Evaluation", "PlayedEpisode", "Step", "evaluate", "opened_env", "play_episodes"]

UNCLIPPED = "unclipped_reward"
GAME_OVER = "game_over"


@dataclass(frozen=True)
class Step:
    """One step of an episode that is being played.

    Attributes:
        action: What the policy chose; None for the reset.
        observation, reward, terminated, truncated, info: What the env returned.
    """

    action: Any
    observation: Any
    reward: float
    terminated: bool
    truncated: bool
    info: dict[str, Any]


@dataclass(frozen=True)
class PlayedEpisode:
    """How one episode went.

    Attributes:
        score: The sum of its rewards, before they were clipped.
        steps, frames: How long it was.
        state: The name of the state it began in; None where the env has the choice.
        seed: What its env was reset with.
        terminated: Whether the game ended it; otherwise it was a limit.
        info: The info of its last step, numbers only.
    """

    score: float
    steps: int
    frames: int
    state: str | None
    seed: int | None
    terminated: bool
    info: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class Evaluation:
    """How well a policy played.

    Attributes:
        episodes: All episodes, in the order in which they were played.
        reference: What chance and people score; None where that is not known.
        movies: Paths of the movies: "best" and "worst".
    """

    episodes: tuple[PlayedEpisode, ...]
    reference: ScoreReference | None = None
    movies: Mapping[str, str] = field(default_factory=dict)

    @property
    def scores(self) -> NDArray[np.float64]:
        """The score of each episode, (n,) float64."""
        return np.array([episode.score for episode in self.episodes], np.float64)

    @property
    def mean(self) -> float:
        """The mean score."""
        return float(self.scores.mean())

    @property
    def standard_error(self) -> float:
        """The standard error of the mean; NaN of a single episode."""
        count = len(self.episodes)
        return float(self.scores.std(ddof=1) / count**0.5) if count > 1 else float("nan")

    def quantiles(self, at: Sequence[float] = (0, 0.25, 0.5, 0.75, 1)) -> dict[float, float]:
        """Return scores below which these shares of the episodes lie, as `numpy.quantile` does."""
        return {float(share): float(np.quantile(self.scores, share)) for share in at}

    @property
    def best(self) -> PlayedEpisode:
        """The first of the episodes with the highest score."""
        return self.episodes[int(self.scores.argmax())]

    @property
    def worst(self) -> PlayedEpisode:
        """The first of the episodes with the lowest score."""
        return self.episodes[int(self.scores.argmin())]

    @property
    def human_normalised(self) -> float | None:
        """The mean score so that 0 is chance and 1 is a person; None without a reference."""
        return None if self.reference is None else self.reference.normalised(self.mean)

    def by_state(self) -> dict[str | None, float]:
        """Return the mean score of the episodes that began in each state."""
        states = dict.fromkeys(episode.state for episode in self.episodes)
        return {
            state: float(np.mean([one.score for one in self.episodes if one.state == state]))
            for state in states
        }

    def as_dict(self) -> dict[str, Any]:
        """Return all of it as JSON can hold it."""
        return {
            "mean": self.mean,
            "standard_error": self.standard_error if len(self.episodes) > 1 else None,
            "quantiles": {str(share): score for share, score in self.quantiles().items()},
            "human_normalised": self.human_normalised,
            "reference": None if self.reference is None else self.reference._asdict(),
            "movies": dict(self.movies),
            "episodes": [asdict(episode) for episode in self.episodes],
        }

    def __str__(self) -> str:
        """Return the result in a line."""
        low, middle, high = self.quantiles((0, 0.5, 1)).values()
        known = self.human_normalised
        person = "" if known is None else f", {known:.0%} of a person's"
        return (
            f"{len(self.episodes)} episodes: mean score {self.mean:,.2f}{person}; "
            f"median {middle:,.2f}, {low:,.2f} to {high:,.2f}"
        )


def evaluate(
    policy: Any,
    env: Any,
    *,
    episodes: int = 10,
    states: Sequence[str] | None = None,
    seed: int = 0,
    deterministic: bool = True,
    movies: str | os.PathLike[str] | None = None,
    reference: ScoreReference | tuple[float, float] | None = None,
    **arguments: Any,
) -> Evaluation:
    """Let a policy play, and say how well it did.

    Args:
        policy: A function of the observation that returns an action; a model of Stable-Baselines3
            or another object with its method `predict`, recurrent ones too; or None for chance.
        env: The id of an env, the path of a game file, a `Game`, an `EnvSpec`, or an env, also a
            wrapped one, which stays open.
        episodes: How many.
        states: Names of start states: episode i begins in the state i modulo their number. The env
            chooses unless given.
        seed: Episode i is reset with the seed `seed + i`, so that another evaluation has the same
            episodes.
        deterministic: Whether `predict` is asked for its best action, or for one by chance.
        movies: A directory for `best.plm` and `worst.plm`, the movies of the two episodes. They
            begin where the episode began, and have been replayed to see that they are right.
        reference: What chance and people score, unless the game is one of those whose numbers are
            known: 57 of the Atari 2600.
        **arguments: Arguments of the env, where it is to be made.

    Returns:
        An `Evaluation`. Scores are sums of rewards before `reward_clip`; with `life_loss` an
        episode is the whole game.

    Raises:
        TypeError, ValueError: The arguments do not fit.
        MovieError: An episode cannot be shown by a movie; the message says why.

    >>> result = evaluate(lambda board: 2, "pylibretro/2048-v0", episodes=2, max_episode_steps=9)
    >>> len(result.episodes), result.scores.shape, result.human_normalised
    (2, (2,), None)
    """
    with opened_env(env, arguments) as playing:
        inner = playing.unwrapped
        if movies is not None and not isinstance(inner, LibretroEnv):
            raise TypeError(f"movies are made of a LibretroEnv, and this is {type(inner).__name__}")
        played: list[PlayedEpisode] = []
        kept: dict[str, tuple[float, PlayedInputs]] = {}
        inputs = PlayedInputs(inner) if movies is not None else None
        try:
            for episode, _ in play_episodes(
                policy,
                playing,
                episodes=episodes,
                states=states,
                seed=seed,
                deterministic=deterministic,
            ):
                if episode is None:
                    continue
                played.append(episode)
                if inputs is not None:
                    for name, sign in (("best", 1), ("worst", -1)):
                        if name not in kept or sign * episode.score > kept[name][0]:
                            kept[name] = (sign * episode.score, inputs.copy())
        finally:
            if inputs is not None:
                inputs.stop()
        paths = {}
        if movies is not None:
            os.makedirs(movies, exist_ok=True)
            for name, (_, taken) in kept.items():
                paths[name] = os.path.join(os.fspath(movies), f"{name}.plm")
                taken.save(paths[name])
        known = _reference(reference, env, playing)
    return Evaluation(tuple(played), known, paths)


def play_episodes(
    policy: Any,
    env: gymnasium.Env[Any, Any],
    *,
    episodes: int,
    states: Sequence[str] | None = None,
    seed: int | None = 0,
    deterministic: bool = True,
) -> Iterator[tuple[PlayedEpisode | None, Step | None]]:
    """Let a policy play, step by step.

    Args:
        policy: As for `evaluate`, and so are the others.
        env: An env.
        episodes: How many.
        states: Names of start states.
        seed: Of the first episode; None goes on with the present random numbers.
        deterministic: Whether `predict` is asked for its best action.

    Yields:
        `(None, step)` after each reset and step, and `(episode, None)` after each episode.
    """
    if episodes < 1:
        raise ValueError(f"episodes is {episodes}; at least 1 is needed")
    if isinstance(states, str):
        raise TypeError(f"states is a sequence of names, not the text {states!r}")
    if states is not None and not states:
        raise ValueError("states is empty; leave it out to let the env choose")
    act = _Actor(policy, env, deterministic)
    env.action_space.seed(seed)
    for number in range(episodes):
        state = None if states is None else states[number % len(states)]
        own_seed = None if seed is None else seed + number
        options = None if state is None else {"state": state}
        observation, info = env.reset(seed=own_seed, options=options)
        yield None, Step(None, observation, 0.0, False, False, info)
        act.begin()
        score, steps, frames, over = 0.0, 0, 0, False
        terminated = truncated = False
        while not over:
            action = act(observation)
            observation, reward, terminated, truncated, info = env.step(action)
            yield None, Step(action, observation, float(reward), terminated, truncated, info)
            score += float(np.ravel(info.get(UNCLIPPED, reward))[0])
            steps += 1
            frames = int(info.get("episode_frame_number", 0))
            over = truncated or (terminated and bool(info.get(GAME_OVER, True)))
            if terminated and not over:  # a life, and the game goes on
                observation, info = env.reset()
                yield None, Step(None, observation, 0.0, False, False, info)
        numbers = {
            name: value for name, value in info.items() if isinstance(value, int | float | bool)
        }
        yield (
            PlayedEpisode(score, steps, frames, state, own_seed, bool(terminated), numbers),
            None,
        )


class _Actor:
    """A policy of any kind as a function of observations."""

    def __init__(self, policy: Any, env: gymnasium.Env[Any, Any], deterministic: bool) -> None:
        self.policy, self.env, self.deterministic = policy, env, deterministic
        self.memory: Any = None
        self.first = True
        predict = getattr(policy, "predict", None)
        self.predict: Callable[..., Any] | None = predict if callable(predict) else None
        self.takes: set[str] = set()
        if self.predict is not None:
            parameters = inspect.signature(self.predict).parameters
            keywords = any(one.kind is one.VAR_KEYWORD for one in parameters.values())
            asked = {"state", "episode_start", "deterministic"}
            self.takes = asked if keywords else asked & set(parameters)
        elif policy is not None and not callable(policy):
            raise TypeError(
                f"policy is {policy!r}; a function of the observation, an object with the method "
                f"predict, or None for chance is needed"
            )

    def begin(self) -> None:
        self.memory, self.first = None, True

    def __call__(self, observation: Any) -> Any:
        if self.policy is None:
            return self.env.action_space.sample()
        if self.predict is None:
            return self.policy(observation)
        known = {
            "state": self.memory,
            "episode_start": np.array([self.first]),
            "deterministic": self.deterministic,
        }
        told = self.predict(observation, **{name: known[name] for name in self.takes})
        self.first = False
        if isinstance(told, tuple) and len(told) == 2:
            action, self.memory = told
            return action
        return told


class opened_env:  # noqa: N801  # it is used as a function
    """An env for a `with` block, made if need be: what is made is closed at its end.

    Args:
        env: As for `evaluate`.
        arguments: Arguments of the env, where it is to be made.

    Raises:
        TypeError: This is no env, or one that has been made and takes no arguments.
    """

    def __init__(self, env: Any, arguments: Mapping[str, Any]) -> None:
        """Make the env."""
        self.closes = not isinstance(env, gymnasium.Env)
        self.env: gymnasium.Env[Any, Any]
        if isinstance(env, gymnasium.Env):
            if arguments:
                raise TypeError(f"the env has been made and takes no {', '.join(arguments)}")
            self.env = env
        elif isinstance(env, EnvSpec):
            self.env = LibretroEnv(env, **arguments)
        elif isinstance(env, Game) or (isinstance(env, str) and env.endswith(".toml")):
            self.env = make_game_env(env, **arguments)
        elif isinstance(env, str | gymnasium.envs.registration.EnvSpec):
            self.env = gymnasium.make(env, **arguments)
        else:
            raise TypeError(
                f"env is {env!r}; the id of an env, a Game, the path of a game file, an EnvSpec or "
                f"an env is needed"
            )

    def __enter__(self) -> gymnasium.Env[Any, Any]:
        """Return the env."""
        return self.env

    def __exit__(self, *_: object) -> None:
        """Close it, if it was made here."""
        if self.closes:
            self.env.close()


def _reference(given: Any, env: Any, playing: gymnasium.Env[Any, Any]) -> ScoreReference | None:
    if given is not None:
        return ScoreReference(*(float(number) for number in given))
    names = [env.name if isinstance(env, Game) else env]
    if playing.spec is not None:
        names += [playing.spec.id, playing.spec.kwargs.get("game")]
    for name in names:
        known = known_scores(name) if isinstance(name, str) else None
        if known is not None:
            return known
    return None
