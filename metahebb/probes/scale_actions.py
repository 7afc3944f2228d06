"""Scale the actuators: weaker, stronger, or reversed muscles."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.probes.base import Array, Moment, Written
from metahebb.probes.values import ALL, check_finite, check_window


@dataclass(frozen=True)
class ScaleActions(Written):
    """Multiply what the task gets; the network's own post-activity stays what it was.

    Where the outputs are unbounded or the factor is above 1 the task clips as it always does.
    """

    at: int
    """First env step."""
    factor: float
    """1 changes nothing, 0 is palsy, -1 reverses."""
    steps: int = ALL
    """Env steps that it lasts; -1: until the life ends."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_window(self.at, self.steps)
        check_finite(factor=self.factor)

    def change_outputs(self, moment: Moment, outputs: Array) -> None:
        """Multiply the outputs of the lives in the window."""
        outputs[moment.rows_within(self.at, self.steps)] *= np.float32(self.factor)
