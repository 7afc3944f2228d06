"""The modulator that the network makes itself: one of its outputs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.modulators.base import Array, StatelessLanes
from metahebb.tasks.base import LaneNumbers, StepResult, Task


@dataclass(frozen=True)
class Output:
    """The modulator of every synapse is one of the network's own outputs, times a scale.

    The update for the step just lived reads the output of this step. The task reads it, too. As the
    output is hardly ever 0, trials are lived step by step.

    Source: Miconi et al. 2019, "Backpropamine", with a modulator that the network computes.

    Raises:
        InputError: ``index`` is negative, or ``scale`` is not finite.
    """

    index: int = 0
    """The number of the output, counted from 0."""
    scale: float = 1.0
    """The factor by which the output is multiplied."""

    def __post_init__(self) -> None:
        """Check both fields."""
        if self.index < 0:
            raise InputError(
                f"expected an index of at least 0 (modulator output), got {self.index}"
            )
        if not np.isfinite(self.scale):
            raise InputError(f"expected a finite scale (modulator output), got {self.scale}")

    def lanes(self, task: Task, n: int) -> OutputLanes:
        """Return ``n`` new lanes.

        Raises:
            InputError: the network has no output with this number.
        """
        if self.index >= task.n_outputs:
            raise InputError(
                f"expected an index from 0 to {task.n_outputs - 1}, the outputs in the task "
                f"{task.label} (modulator output), got {self.index}; change --modulator.index"
            )
        return OutputLanes(self)


class OutputLanes(StatelessLanes):
    """The lanes of an `Output`, which hold no state."""

    def __init__(self, modulator: Output) -> None:
        """Remember the fields of ``modulator``."""
        self._index, self._scale = modulator.index, modulator.scale

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write the output, times the scale."""
        modulators[lanes] = self._scale * outputs[:, self._index, None]
