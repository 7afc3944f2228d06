"""A probe that scales the outputs, as if muscles were weaker, stronger or reversed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.probes.base import Array, Moment, Written
from metahebb.probes.values import ALL, check_finite, check_window


@dataclass(frozen=True)
class ScaleActions(Written):
    """Multiply the outputs that the task gets by a factor; the rule still sees the outputs.

    The task clips the products to its bounds, as it does with all outputs.
    """

    at: int
    """The first env step in which the probe acts."""
    factor: float
    """The factor of all outputs: 1 changes nothing, 0 paralyzes, -1 reverses."""
    steps: int = ALL
    """The number of env steps that the probe lasts; -1: until the life ends."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_window(self.at, self.steps)
        check_finite(factor=self.factor)

    def change_outputs(self, moment: Moment, outputs: Array) -> None:
        """Multiply the outputs of the lives that are in the window."""
        outputs[moment.rows_within(self.at, self.steps)] *= np.float32(self.factor)
