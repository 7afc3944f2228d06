"""The modulator whose signal comes from outside: the task says it in each step."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.modulators.base import Array, StatelessLanes
from metahebb.tasks.base import LaneNumbers, Signalling, StepResult, Task


@dataclass(frozen=True)
class Given:
    """The modulator of every synapse is the signal that the task gives in the step, times a scale.

    The task has to be `Signalling`, such as ``recall``. The update for the step just lived reads
    the signal of this step. So trials are lived step by step.

    Raises:
        InputError: ``scale`` is not finite.
    """

    scale: float = 1.0
    """The factor by which the signal is multiplied."""

    def __post_init__(self) -> None:
        """Check the scale."""
        if not np.isfinite(self.scale):
            raise InputError(f"expected a finite scale (modulator given), got {self.scale}")

    def lanes(self, task: Task, n: int) -> GivenLanes:
        """Return ``n`` new lanes.

        Raises:
            InputError: the task gives no signal.
        """
        if not isinstance(task, Signalling):
            raise _no_signal(task.label)
        return GivenLanes(self, task.label)


class GivenLanes(StatelessLanes):
    """The lanes of a `Given`, which hold no state."""

    def __init__(self, modulator: Given, label: str) -> None:
        """Remember the scale of ``modulator``, and the task's ``label`` for messages."""
        self._scale, self._label = modulator.scale, label

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write the task's signal in the step, times the scale."""
        if step.signal is None:
            raise _no_signal(self._label)
        modulators[lanes] = (self._scale * step.signal)[:, None]


def _no_signal(label: str) -> InputError:
    return InputError(
        f"expected a task that gives a signal in each step (modulator given), got {label}; use for "
        "example the task recall, or --modulator reward"
    )
