"""Episodes that a policy plays, recorded and stored as a dataset of Minari."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from pylibretro.envs.evaluation import Step, opened_env, play_episodes

__all__ = ["RecordedEpisode", "record_episodes", "save_minari_dataset"]


@dataclass(frozen=True)
class RecordedEpisode:
    """All that an agent saw, did and was told in one of its episodes.

    Attributes:
        seed: What the env was reset with; None where the episode goes on after a lost life.
        options: The options of that reset.
        observations, infos: One more than there are steps: those of the reset are the first.
        actions, rewards, terminations, truncations: One for each step.
    """

    seed: int | None
    options: Mapping[str, Any] | None
    observations: list[Any] = field(default_factory=list, repr=False)
    infos: list[dict[str, Any]] = field(default_factory=list, repr=False)
    actions: list[Any] = field(default_factory=list, repr=False)
    rewards: list[float] = field(default_factory=list, repr=False)
    terminations: list[bool] = field(default_factory=list, repr=False)
    truncations: list[bool] = field(default_factory=list, repr=False)

    def __len__(self) -> int:
        """Return how many steps it has."""
        return len(self.rewards)

    def add(self, step: Step) -> None:
        """Add a reset or a step."""
        self.observations.append(_copied(step.observation))
        self.infos.append(dict(step.info))
        if step.action is not None:
            self.actions.append(_copied(step.action))
            self.rewards.append(step.reward)
            self.terminations.append(bool(step.terminated))
            self.truncations.append(bool(step.truncated))


def record_episodes(
    policy: Any,
    env: Any,
    *,
    episodes: int = 10,
    states: Sequence[str] | None = None,
    seed: int = 0,
    deterministic: bool = True,
    **arguments: Any,
) -> list[RecordedEpisode]:
    """Let a policy play, and keep all that it sees, does and is told.

    Args:
        policy: As for `evaluate`, and so are the others.
        env: An env, or what it is made of.
        episodes: How many.
        states: Names of start states.
        seed: Of the first episode.
        deterministic: Whether `predict` is asked for its best action.
        **arguments: Arguments of the env, where it is to be made.

    Returns:
        The episodes. With `life_loss` each life is one.

    >>> recorded = record_episodes(None, "pylibretro/2048-v0", episodes=2, max_episode_steps=5)
    >>> [len(episode) for episode in recorded], len(recorded[0].observations)
    ([5, 5], 6)
    """
    recorded: list[RecordedEpisode] = []
    with opened_env(env, arguments) as playing:
        number, begins_game = 0, True
        for ended, step in play_episodes(
            policy,
            playing,
            episodes=episodes,
            states=states,
            seed=seed,
            deterministic=deterministic,
        ):
            if ended is not None:
                number += 1
                begins_game = True
                continue
            if step is None:
                continue
            if step.action is None:
                state = None if states is None else states[number % len(states)]
                options = {"state": state} if begins_game and state is not None else None
                recorded.append(RecordedEpisode(seed + number if begins_game else None, options))
                begins_game = False
            recorded[-1].add(step)
    return recorded


def save_minari_dataset(
    dataset_id: str,
    episodes: Iterable[RecordedEpisode],
    env: Any,
    *,
    arguments: Mapping[str, Any] | None = None,
    **metadata: Any,
) -> Any:
    """Store recorded episodes as a dataset of Minari, which `minari.load_dataset` reads.

    Observations, actions, rewards, ends and infos are read back as they were: pictures are not
    compressed with losses. Infos that are no numbers or arrays, or not there at every step, are
    left out, as Minari has columns.

    Args:
        dataset_id: Its name for Minari, such as "pong/random-v0".
        episodes: What `record_episodes` returned.
        env: The env that they are of, as for `evaluate`; the dataset keeps its spaces, and how to
            make it, if Gymnasium does.
        arguments: Arguments of the env, where it is to be made.
        **metadata: Further arguments of `minari.create_dataset_from_buffers`: algorithm_name,
            author, author_email, code_permalink, description, data_format, ...

    Returns:
        The `minari.MinariDataset`.

    Raises:
        ImportError: Minari is not installed: `pip install "minari[hdf5,create]"`.
        ValueError: There are no episodes, or a dataset of this name is there already.

    ```python
    from pylibretro.envs.minari_dataset import record_episodes, save_minari_dataset

    game = "pylibretro/2048-v0"
    episodes = record_episodes(None, game, episodes=10)
    save_minari_dataset("2048/random-v0", episodes, game, algorithm_name="chance")
    ```
    """
    try:
        import minari
        from minari.data_collector import EpisodeBuffer
    except ImportError as problem:
        raise ImportError(
            f'datasets are stored by Minari: pip install "minari[hdf5,create]" ({problem})'
        ) from None
    buffers = [
        EpisodeBuffer(
            id=number,
            seed=episode.seed,
            options=None if episode.options is None else dict(episode.options),
            observations=_columns(episode.observations),
            actions=_columns(episode.actions),
            rewards=list(episode.rewards),
            terminations=list(episode.terminations),
            truncations=list(episode.truncations),
            infos=_info_columns(episode.infos),
        )
        for number, episode in enumerate(episodes)
        if len(episode)
    ]
    if not buffers:
        raise ValueError("there are no episodes to store")
    create = minari.create_dataset_from_buffers
    if "jpeg_encoding" in inspect.signature(create).parameters:
        metadata.setdefault("jpeg_encoding", False)
    with opened_env(env, arguments or {}) as made:
        spaces = {
            "observation_space": made.observation_space,
            "action_space": made.action_space,
        }
        return create(dataset_id, buffers, env=made, **{**spaces, **metadata})


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _copied(part) for name, part in value.items()}
    if isinstance(value, tuple):
        return tuple(_copied(part) for part in value)
    return np.array(value)


def _columns(values: Sequence[Any]) -> Any:
    """Return a column for each part of values that have the same parts."""
    first = values[0]
    if isinstance(first, Mapping):
        return {name: _columns([value[name] for value in values]) for name in first}
    if isinstance(first, tuple):
        return tuple(_columns([value[i] for value in values]) for i in range(len(first)))
    return np.stack([np.asarray(value) for value in values])


def _info_columns(infos: Sequence[dict[str, Any]]) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name, first in infos[0].items():
        if not all(name in info for info in infos):
            continue
        if isinstance(first, Mapping):
            columns[name] = _info_columns([info[name] for info in infos])
            continue
        arrays = [np.asarray(info[name]) for info in infos]
        shape = arrays[0].shape
        if all(one.dtype.kind in "biuf" and one.shape == shape for one in arrays):
            # Minari's Arrow storage reads no array of plain numbers.
            columns[name] = np.stack(arrays) if shape else [one.item() for one in arrays]
    return columns
