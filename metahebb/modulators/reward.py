"""The modulator that tells all synapses the reward itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.modulators.base import Array, StatelessLanes
from metahebb.tasks.base import LaneNumbers, StepResult, Task


@dataclass(frozen=True)
class Reward:
    """The modulator of every synapse is the reward of the step just lived, times ``scale``.

    The update for this step reads it. With ``--network.update-every`` above 1, rewards of steps
    without an update have no effect on the weights.
    """

    scale: float = 1.0
    """The factor by which the reward is multiplied."""

    def __post_init__(self) -> None:
        """Check the scale."""
        if not np.isfinite(self.scale):
            raise InputError(f"expected a finite scale (modulator reward), got {self.scale}")

    def lanes(self, task: Task, n: int) -> RewardLanes:
        """Return ``n`` new lanes."""
        return RewardLanes(self)


class RewardLanes(StatelessLanes):
    """The lanes of a `Reward`, which hold no state.

    Attributes:
        is_quiet_within_trials: True, since m is 0 in all steps without a reward.
    """

    is_quiet_within_trials = True

    def __init__(self, modulator: Reward) -> None:
        """Remember the scale of ``modulator``."""
        self._scale = modulator.scale

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write the reward of the step, times the scale."""
        modulators[lanes] = (self._scale * step.reward)[:, None]
