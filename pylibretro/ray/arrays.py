"""Arrays, alone or in tuples or dicts, as actions and observations of Gymnasium's spaces are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

__all__ = ["Tree", "apply", "joined", "part_of"]

Tree: TypeAlias = Any
"""An array, or a tuple or dict of these."""


def apply(function: Callable[[Any], Any], tree: Tree) -> Tree:
    """Return a tree with what a function makes of each array.

    >>> apply(lambda array: array[0], {"pad": np.array([3, 4]), "sticks": (np.array([0.5, 1.0]),)})
    {'pad': np.int64(3), 'sticks': (np.float64(0.5),)}
    """
    if isinstance(tree, Mapping):
        return {name: apply(function, part) for name, part in tree.items()}
    if isinstance(tree, tuple):
        return tuple(apply(function, part) for part in tree)
    return function(tree)


def part_of(tree: Tree, index: Any) -> Tree:
    """Return a tree with a part of each array.

    >>> part_of((np.array([1, 2]), np.array([3, 4])), 1)
    (np.int64(2), np.int64(4))
    """
    return apply(lambda array: array[index], tree)


def joined(trees: Sequence[Tree], axis: int) -> Tree:
    """Return a tree whose arrays hold those of the given trees along a new axis.

    >>> joined([np.array([1, 2]), np.array([3, 4])], axis=1)
    array([[1, 3],
           [2, 4]])
    """
    first = trees[0]
    if isinstance(first, Mapping):
        return {name: joined([tree[name] for tree in trees], axis) for name in first}
    if isinstance(first, tuple):
        return tuple(joined([tree[i] for tree in trees], axis) for i in range(len(first)))
    return np.stack(trees, axis)
