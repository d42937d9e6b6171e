"""Random actions that depend on nothing but a seed, the env's number and the fragment's number."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
from gymnasium import spaces

from pylibretro.ray.arrays import Tree, joined

__all__ = ["generator_of", "random_actions"]


def generator_of(seed: int, env: int, fragment: int) -> np.random.Generator:
    """Return the random numbers for one env in one fragment."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, env, fragment))))


def random_actions(
    space: spaces.Space[Any], steps: int, seed: int, first: int, count: int, fragment: int
) -> Tree:
    """Draw the actions of some envs in a fragment.

    Args:
        space: The action space of one env.
        steps: How many steps.
        seed: The seed of the pool.
        first: The number of the first env.
        count: How many envs.
        fragment: The number of the fragment.

    Returns:
        Actions with a row for each step, and in it one for each env.
    """
    drawn = [
        _draw(space, steps, generator_of(seed, env, fragment))
        for env in range(first, first + count)
    ]
    return joined(drawn, axis=1)


def _draw(space: spaces.Space[Any], steps: int, generator: np.random.Generator) -> Tree:
    if isinstance(space, spaces.Dict):
        return {name: _draw(part, steps, generator) for name, part in space.spaces.items()}
    if isinstance(space, spaces.Tuple):
        return tuple(_draw(part, steps, generator) for part in space.spaces)
    if isinstance(space, spaces.Discrete):
        return space.start + generator.integers(space.n, size=steps, dtype=np.int64)
    if isinstance(space, spaces.MultiDiscrete):
        size = (steps, *space.nvec.shape)
        return space.start + generator.integers(space.nvec, size=size, dtype=np.int64)
    if isinstance(space, spaces.MultiBinary):
        return generator.integers(2, size=(steps, *space.shape), dtype=np.int8)
    if isinstance(space, spaces.Box) and space.is_bounded():
        size = (steps, *space.shape)
        if np.issubdtype(space.dtype, np.integer):
            low, high = space.low.astype(np.int64), space.high.astype(np.int64)
            return generator.integers(low, high, size, np.int64, endpoint=True).astype(space.dtype)
        return generator.uniform(space.low, space.high, size).astype(space.dtype)
    own = deepcopy(space)
    own.seed(int(generator.integers(1 << 31)))
    return np.stack([np.asarray(own.sample()) for _ in range(steps)])
