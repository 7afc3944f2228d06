"""A probe that takes sensors away: some numbers of the observation become 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.noise import uniforms
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import ALL, check_fraction, check_window


@dataclass(frozen=True)
class DropSensors(Written):
    """Set a random part of the sensors to 0, the same ones all through the window of a life."""

    at: int
    """The first env step in which the probe acts."""
    fraction: float
    """The part of the sensors that is lost, rounded to whole ones, and drawn anew for each life."""
    steps: int = ALL
    """The number of env steps that the probe lasts; -1: until the life ends."""
    number: int = 0
    """The probe's number in the list; probes with different numbers draw different sensors."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_window(self.at, self.steps)
        check_fraction(self.fraction)

    def __call__(self, moment: Moment) -> None:
        """Set sensors to 0 in the lives that are in the window."""
        observations = moment.task.observations
        n = observations.shape[1]
        for row in moment.rows_within(self.at, self.steps):
            key, start = moment.noise(row, self.number)
            order = np.argsort(uniforms(key, n, start), kind="stable")
            observations[moment.lanes[row], order[: round(self.fraction * n)]] = 0
