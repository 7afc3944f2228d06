"""The base class of trials whose times are given in ms, and whose steps can be long or short."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.tasks.base import TrialOutcome
from metahebb.tasks.trials.base import Array, Trial, TrialTask


@dataclass(frozen=True)
class TimedTask(TrialTask):
    """A task of trials that consist of times in ms, with steps of ``dt`` ms.

    An ``energy`` above 0 makes activity costly: the error of a trial is then the mean distance of
    the judged outputs from the target, plus ``energy`` times the mean size of all outputs in all
    steps. Whether the trial is right depends on the distance alone.

    Source of the energy: Michaels et al. 2016.
    """

    dt: float = 1.0
    """Time of a step in ms."""
    energy: float = 0.0
    """Cost of activity: the error per mean size of the outputs."""

    def __post_init__(self) -> None:
        """Check the number of trials, the time of a step, and the cost."""
        super().__post_init__()
        if not self.dt > 0:
            raise InputError(f"expected a dt above 0 (task {self.label}), got {self.dt}")
        check_energy(self.energy, self.label)

    @property
    def seconds_per_step(self) -> float:
        """The time of a step [s]."""
        return self.dt / 1000

    def _check_times(self, names: Sequence[str], positive: Sequence[str]) -> None:
        """Check that the fields ``names`` are numbers of whole steps, some of them above 0."""
        for name in names:
            time = getattr(self, name)
            # Written so that a NaN is refused, too.
            if not (time >= 0 and abs(time / self.dt - round(time / self.dt)) <= 1e-6):
                raise InputError(
                    f"expected {name} to be a number of whole steps of {self.dt:g} ms (task "
                    f"{self.label}), got {time:g} ms"
                )
        if not all(getattr(self, name) for name in positive):
            raise InputError(
                f"expected a {' and a '.join(positive)} time above 0 ms (task {self.label}), got 0"
            )

    def _steps(self, time: float) -> int:
        return round(time / self.dt)

    def judge(self, outputs: Array, trial: Trial) -> TrialOutcome:
        """Return the outcome of ``trial``, with the cost of its ``outputs``; see the base class."""
        outcome = super().judge(outputs, trial)
        if not self.energy:
            return outcome
        error = outcome.error + cost_of(outputs, self.energy)
        return outcome._replace(error=error, reward=-error)


def cost_of(outputs: Array, energy: float) -> float:
    """Return ``energy`` times the mean size of ``outputs``, over all steps and outputs."""
    return energy * float(np.abs(outputs).mean(dtype=np.float64))


def check_energy(energy: float, label: str) -> None:
    """Raise InputError unless ``energy`` is a finite number of at least 0."""
    if not (np.isfinite(energy) and energy >= 0):
        raise InputError(f"expected an energy of at least 0 (task {label}), got {energy}")
