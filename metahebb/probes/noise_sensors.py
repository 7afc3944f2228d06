"""A probe that makes sensors noisy."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.noise import normals
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import ALL, check_finite, check_window


@dataclass(frozen=True)
class NoiseSensors(Written):
    """Add normal noise to every sensor, drawn anew at every step."""

    at: int
    """The first env step in which the probe acts."""
    stdev: float
    """The standard deviation of the noise, in the observation's own units; 0 changes nothing."""
    steps: int = ALL
    """The number of env steps that the probe lasts; -1: until the life ends."""
    number: int = 0
    """The probe's number in the list; probes with different numbers draw different noise."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_window(self.at, self.steps)
        check_finite(stdev=self.stdev)
        if self.stdev < 0:
            raise InputError(f"expected a stdev of at least 0, got {self.stdev} (noise_sensors)")

    def __call__(self, moment: Moment) -> None:
        """Add noise to the sensors of the lives that are in the window."""
        if self.stdev == 0:
            return
        observations = moment.task.observations
        n = observations.shape[1]
        for row in moment.rows_within(self.at, self.steps):
            key, start = moment.noise(row, self.number)
            noise = normals(key, n, start + n * int(moment.steps[row]))
            observations[moment.lanes[row]] += np.float32(self.stdev) * noise
