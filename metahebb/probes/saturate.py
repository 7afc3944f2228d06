"""A probe that saturates the actuators for a while.

The defaults repeat the test of Najarro & Risi 2020: all outputs are 1.0 for 100 steps.
"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.probes.base import Array, Moment, Written
from metahebb.probes.values import check_finite, check_window


@dataclass(frozen=True)
class Saturate(Written):
    """Give the task one value in the place of all outputs; the rule still sees the outputs."""

    at: int
    """The first env step in which the probe acts."""
    value: float = 1.0
    """The value that the task gets in the place of every output."""
    steps: int = 100
    """The number of env steps that the probe lasts; -1: until the life ends."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_window(self.at, self.steps)
        check_finite(value=self.value)

    def change_outputs(self, moment: Moment, outputs: Array) -> None:
        """Overwrite the outputs of the lives that are in the window."""
        outputs[moment.rows_within(self.at, self.steps)] = self.value
