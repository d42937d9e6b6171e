"""What steps are worth and how episodes end: the rules of a batch, and what their results mean."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from math import isnan
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pylibretro.batch.rules import compile_rule

__all__ = ["Score", "Scoring", "checked_reward_clip"]

RewardClip = str | tuple[float, float]


def checked_reward_clip(clip: Any) -> RewardClip | None:
    """Return how rewards are clipped, in its one form.

    Raises:
        TypeError: It is neither "sign" nor two numbers.
        ValueError: The lowest reward is not below the highest.
    """
    if clip is None or (isinstance(clip, str) and clip == "sign"):
        return clip
    if isinstance(clip, str) or not isinstance(clip, Iterable) or len(limits := tuple(clip)) != 2:
        raise TypeError(f"reward_clip is {clip!r}; 'sign', or (lowest, highest), is needed")
    lowest, highest = (float(limit) for limit in limits)
    if isnan(lowest) or isnan(highest) or not lowest < highest:
        raise ValueError(f"reward_clip is {clip!r}; lowest < highest is needed")
    return lowest, highest


def _as_part(rule: str) -> str:
    """A rule that has been understood as a part of another: in parentheses, without comments."""
    return f"({ast.unparse(ast.parse(f'({rule}{chr(10)})', mode='eval'))})"


class Score(NamedTuple):
    """What a step was worth, a row for each env.

    Attributes:
        rewards: (n,) float64, of the first player, clipped.
        players: (n, players) float64, of all, clipped; None unless there is a rule for each.
        unclipped: (n,) or (n, players) float64, before clipping; None without `reward_clip`.
        over: (n,) bool, whether the game is over; None where every end of an episode is one.
    """

    rewards: NDArray[np.float64]
    players: NDArray[np.float64] | None
    unclipped: NDArray[np.float64] | None
    over: NDArray[np.bool_] | None


class Scoring:
    """The rules of an `EnvSpec` as a batch evaluates them.

    A lost life ends a step as the end of the game does, so both are one rule of the batch. Which of
    them it was is the sum of one more reward.

    Args:
        reward, done, life_loss, reward_clip: Those of the spec.
        names: The names of all watches.

    Attributes:
        reward: What `CoreBatch` is given as `reward`.
        done: What `CoreBatch` is given as `done`.
        simple: Whether the sums are the rewards of a single player and mean nothing else.

    Raises:
        RuleError: One of the rules cannot be understood.
    """

    def __init__(
        self,
        reward: Any,
        done: str | None,
        life_loss: str | None,
        reward_clip: RewardClip | None,
        names: Iterable[str],
    ) -> None:
        """Put the rules together."""
        self.single = reward is None or isinstance(reward, str)
        rules: tuple[str, ...] = tuple(reward or ()) if not self.single else ()
        if self.single and reward is not None:
            rules = (reward,)
        self.count = len(rules)
        self.tells_over = life_loss is not None
        self.clip = reward_clip
        if life_loss is not None:
            compile_rule(life_loss, names)  # alone, so that messages show what the user wrote
            if done is None:
                rules, done = (*rules, "0"), life_loss
            else:
                compile_rule(done, names)
                over = _as_part(done)
                rules = (*rules, f"{over} != 0")
                done = f"{over} or {_as_part(life_loss)}"
        self.done = done
        only = self.single and not self.tells_over
        self.simple = only and reward_clip is None
        self.reward: Any = (rules[0] if rules else None) if only else rules

    def score(self, sums: NDArray[np.float64] | None, count: int) -> Score:
        """Return what the sums of a batch's rewards mean.

        Args:
            sums: `CoreBatch.rewards`.
            count: How many rows there are.
        """
        over = None
        if sums is None:
            return Score(np.zeros(count), None, None, None)
        if self.tells_over:
            over = sums[:, -1] != 0
            sums = np.ascontiguousarray(sums[:, :-1])
            if self.single:
                sums = sums[:, 0] if self.count else np.zeros(count)
        unclipped = None if self.clip is None else sums
        sums = self.clipped(sums)
        if self.single:
            return Score(sums, None, unclipped, over)
        return Score(np.ascontiguousarray(sums[:, 0]), sums, unclipped, over)

    def clipped(self, rewards: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return rewards as `reward_clip` lets them be."""
        if self.clip is None:
            return rewards
        if isinstance(self.clip, str):
            return np.sign(rewards)
        return np.clip(rewards, *self.clip)
