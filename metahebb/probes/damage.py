"""A probe that damages the body in mid-life."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError, unknown_name
from metahebb.networks import Network
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at
from metahebb.tasks.base import Embodied, EmbodiedLanes, Task


@dataclass(frozen=True)
class Damage(Written):
    """Replace the body's model at step ``at``; positions and velocities stay."""

    at: int
    """The env step before which the probe acts."""
    body: str
    """The name of one of the task's bodies; `metahebb.tasks.locomotion.damage` explains names."""

    def __post_init__(self) -> None:
        """Check the step ``at``."""
        check_at(self.at)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the task has the body."""
        if not isinstance(task, Embodied):
            raise InputError(
                f"expected a locomotion task, got {type(task).__name__} (damage); use another probe"
            )
        if self.body not in task.bodies:
            raise unknown_name("body of the task", self.body, task.bodies)

    def __call__(self, moment: Moment) -> None:
        """Replace the body of the lives that reach step ``at``."""
        lanes = moment.lanes[moment.rows_at(self.at)]
        if lanes.size:
            assert isinstance(moment.task, EmbodiedLanes)
            number = moment.task.bodies.index(self.body)
            moment.task.change_bodies(lanes, np.full(lanes.size, number, np.intp))
