"""The losses of a policy and of its critic; arrays have the steps first, then the trials.

Source: Song, Yang and Wang 2017, "Reward-based training of recurrent neural networks for cognitive
and value-based tasks"; Williams 1992 (REINFORCE).
"""

from __future__ import annotations

import torch
from torch import Tensor


def returns_to_go(rewards: Tensor, discount_rate: float = 0.0) -> Tensor:
    """Return G_t, the sum of the rewards of step t and of all later steps of a trial.

    Args:
        rewards: ``(n_steps, n_trials)``; 0 behind a trial's end.
        discount_rate: the reward of step s counts exp(−s·rate), with s from the trial's begin.

    Returns:
        ``(n_steps, n_trials)``.
    """
    if discount_rate:
        steps = torch.arange(len(rewards), dtype=rewards.dtype)
        rewards = rewards * torch.exp(-discount_rate * steps)[:, None]
    return rewards.flip(0).cumsum(0).flip(0)


def policy_loss(
    logits: Tensor, actions: Tensor, advantages: Tensor, alive: Tensor, entropy: float = 0.0
) -> Tensor:
    """Return the surrogate loss, the gradient of which is minus the estimated policy gradient.

    The loss is −Σ_t log π(a_t)·A_t, in the mean over trials. It is a sum over steps and never a
    mean, since a mean would weigh the steps of short trials more than of long ones. The policy's
    entropy of each step lowers the loss by ``entropy`` times its value (Williams and Peng 1991).

    Args:
        logits: ``(n_steps, n_trials, n_actions)``, the policy before the softmax.
        actions: ``(n_steps, n_trials)``, the numbers of the actions that were taken.
        advantages: ``(n_steps, n_trials)``, the return of each action minus its baseline, which
            may not depend on the action.
        alive: ``(n_steps, n_trials)``, 1 in the steps of a trial and 0 behind its end.
        entropy: the reward for one nat of entropy in one step.
    """
    log_chances = torch.log_softmax(logits, 2)
    chosen = log_chances.gather(2, actions[:, :, None])[:, :, 0]
    gain = chosen * advantages.detach()
    if entropy:
        gain = gain - entropy * (log_chances.exp() * log_chances).sum(2)
    return -(gain * alive).sum() / alive.shape[1]


def value_loss(values: Tensor, returns: Tensor, alive: Tensor) -> Tensor:
    """Return the mean of (v_t − G_t)² over all steps of all trials; arrays as in `policy_loss`."""
    return ((values - returns).square() * alive).sum() / alive.sum()
