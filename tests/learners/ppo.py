"""Proximal policy optimization, for learners that leave the loop to their users."""

from __future__ import annotations

from typing import Any

import torch

GAMMA, LAMBDA, CLIP = 0.9, 0.9, 0.2


def advantages_of(rewards: Any, values: Any, dones: Any, last_value: Any) -> Any:
    """Generalized advantage estimation; a done step has nothing after it."""
    advantages = torch.zeros_like(rewards)
    following = torch.zeros_like(last_value)
    for t in reversed(range(len(rewards))):
        next_value = last_value if t == len(rewards) - 1 else values[t + 1]
        going_on = 1.0 - dones[t]
        error = rewards[t] + GAMMA * next_value * going_on - values[t]
        following = error + GAMMA * LAMBDA * going_on * following
        advantages[t] = following
    return advantages


def loss_of(logits: Any, values: Any, batch: Any, advantages: Any, returns: Any) -> Any:
    """What an update makes smaller, of a batch with the actions "act" and their "logp"."""
    policy = torch.distributions.Categorical(logits=logits)
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
    ratio = (policy.log_prob(batch["act"]) - batch["logp"]).exp()
    gain = torch.minimum(ratio * advantages, ratio.clamp(1 - CLIP, 1 + CLIP) * advantages)
    error = (values - returns).square().mean()
    return -gain.mean() + 0.5 * error - 0.001 * policy.entropy().mean()
