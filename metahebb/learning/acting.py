"""A batch of trials, one on each lane, in which a policy draws its actions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from metahebb.learning.choice_lanes import ChoiceLanes
from metahebb.learning.gated_rate import GatedRate, LivingGatedRate
from metahebb.noise import Key, normals, uniforms
from metahebb.tasks.base import TrialOutcome

Array = npt.NDArray[np.float32]

_NOISE, _CHOICES = 0, 1  # the numbers of draws


@dataclass(frozen=True)
class Acted:
    """A batch of trials; arrays have the steps first, then the trials.

    Attributes:
        observations: ``(n_steps, n, n_observations)``, what the policy saw.
        actions: ``(n_steps, n)``, the numbers of the actions that were drawn.
        rewards: ``(n_steps, n)``; 0 behind a trial's end.
        alive: ``(n_steps, n)`` float32, 1 in the steps of a trial and 0 behind its end.
        rates: ``(n_steps, n, n_units)``, the outputs of the policy's units; gradients flow through
            them.
        probabilities: ``(n_steps, n, n_actions)``, the policy.
        outcomes: the outcome of each trial.
    """

    observations: Array
    actions: Tensor
    rewards: Tensor
    alive: Tensor
    rates: Tensor
    probabilities: Array
    outcomes: tuple[TrialOutcome, ...]


def act(
    policy: LivingGatedRate, network: GatedRate, lanes: ChoiceLanes, key: Callable[[int], Key]
) -> Acted:
    """Live one trial on each lane.

    The order in each step is: the policy sees the observation, an action is drawn, the task takes
    its step. A lane rests from the end of its trial until the trials of all lanes are over.

    Args:
        policy: the policy with its weights.
        network: the description of the policy.
        lanes: the lanes.
        key: a function that gives the key of each of two draws, 0 and 1, for its number.
    """
    n = len(lanes)
    state, awake = policy.begin(n), np.ones(n, np.bool_)
    observations, rewards, alive, probabilities = [], [], [], []
    actions: list[npt.NDArray[np.intp]] = []
    rates: list[Tensor] = []
    while awake.any():
        step = len(actions)
        # torch aligns a copy alike each time; sums over an array of other alignment can differ.
        seen = torch.tensor(lanes.observations)
        noise = noise_of(network, (n,), key(_NOISE), step)
        state = policy.step(state, policy.drive(seen), noise)
        rate = torch.relu(state)
        with torch.no_grad():
            chances = torch.softmax(policy.readout(rate), 1).numpy()
        chosen = drawn(chances, uniforms(key(_CHOICES), n, step * n))
        taken = lanes.step(chosen, awake)
        observations.append(seen.numpy())
        actions.append(chosen)
        rewards.append(taken.rewards)
        alive.append(awake.astype(np.float32))
        rates.append(rate)
        probabilities.append(chances)
        awake = awake & ~taken.over
    outcomes = tuple(outcome for outcome in lanes.outcomes if outcome is not None)
    assert len(outcomes) == n
    return Acted(
        np.stack(observations),
        torch.tensor(np.stack(actions)),
        torch.tensor(np.stack(rewards)),
        torch.tensor(np.stack(alive)),
        torch.stack(rates),
        np.stack(probabilities),
        outcomes,
    )


def noise_of(network: GatedRate, shape: tuple[int, ...], key: Key, part: int = 0) -> Tensor | None:
    """Return the noise q ``(*shape, n_units)`` of a network, part ``part`` of the key's sequence.

    It is None for a network without noise.
    """
    if not network.noise:
        return None
    size = int(np.prod(shape)) * network.n_units
    numbers = np.float32(network.noise) * normals(key, size, part * size)
    return torch.tensor(numbers.reshape(*shape, network.n_units))


def drawn(chances: Array, numbers: Array) -> npt.NDArray[np.intp]:
    """Return an action for each row of ``chances`` ``(n, n_actions)``.

    ``numbers`` ``(n,)`` are uniform in [0, 1). An action without a chance is never drawn.
    """
    edges = chances.cumsum(1, dtype=np.float64)
    chosen: npt.NDArray[np.intp] = (edges <= (numbers * edges[:, -1])[:, None]).sum(1)
    return chosen
