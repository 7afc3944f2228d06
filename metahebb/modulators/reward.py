"""The reward itself as the modulator of all synapses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.modulators.base import Array
from metahebb.tasks.base import LaneNumbers, StepResult, Task


@dataclass(frozen=True)
class Reward:
    """All synapses are told the reward of the step just lived, times ``scale``.

    Their update for this step reads it. With ``--network.update-every`` above 1, rewards of steps
    without an update are not heard.
    """

    scale: float = 1.0
    """Factor of the reward."""

    def __post_init__(self) -> None:
        """Check the value."""
        if not np.isfinite(self.scale):
            raise InputError(f"expected a finite scale (modulator reward), got {self.scale}")

    def lanes(self, task: Task, n: int) -> RewardLanes:
        """Open ``n`` lanes."""
        return RewardLanes(self)


class RewardLanes:
    """The lanes of a `Reward`: a life leaves nothing to forget."""

    def __init__(self, modulator: Reward) -> None:
        """Remember the scale."""
        self._scale = modulator.scale

    def reset(self, lanes: LaneNumbers) -> None:
        """Do nothing."""

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write the reward of the step."""
        modulators[lanes] = (self._scale * step.reward)[:, None]
