"""Lose sensors: some of the observation reads 0."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.noise import uniforms
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import ALL, check_fraction, check_window


@dataclass(frozen=True)
class DropSensors(Written):
    """Set a random part of the sensors to 0, the same ones for the whole window of a life."""

    at: int
    """First env step."""
    fraction: float
    """Part of the sensors, rounded to whole ones; drawn anew for each life."""
    steps: int = ALL
    """Env steps that it lasts; -1: until the life ends."""
    number: int = 0
    """Probes of different numbers draw different sensors."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_window(self.at, self.steps)
        check_fraction(self.fraction)

    def __call__(self, moment: Moment) -> None:
        """Silence the sensors of the lives in the window."""
        observations = moment.task.observations
        n = observations.shape[1]
        for row in moment.rows_within(self.at, self.steps):
            key, start = moment.noise(row, self.number)
            order = np.argsort(uniforms(key, n, start), kind="stable")
            observations[moment.lanes[row], order[: round(self.fraction * n)]] = 0
