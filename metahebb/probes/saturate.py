"""Saturate the actuators for a while, as in Najarro & Risi 2020 (all outputs 1.0, 100 steps)."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.probes.base import Array, Moment, Written
from metahebb.probes.values import check_finite, check_window


@dataclass(frozen=True)
class Saturate(Written):
    """Hold all actuators at one value; the network's own post-activity stays what it was."""

    at: int
    """First env step."""
    value: float = 1.0
    """What the task gets as every output."""
    steps: int = 100
    """Env steps that it lasts; -1: until the life ends."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_window(self.at, self.steps)
        check_finite(value=self.value)

    def change_outputs(self, moment: Moment, outputs: Array) -> None:
        """Overwrite the outputs of the lives in the window."""
        outputs[moment.rows_within(self.at, self.steps)] = self.value
