"""Damage the body mid-life."""

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
    """Give the body another model at step ``at``, with positions and velocities kept."""

    at: int
    """Env step before which it happens."""
    body: str
    """One of the task's bodies, in the grammar of ``metahebb.tasks.locomotion.damage``."""

    def __post_init__(self) -> None:
        """Check the step."""
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
        """Change the body of the lives that reach the step."""
        lanes = moment.lanes[moment.rows_at(self.at)]
        if lanes.size:
            assert isinstance(moment.task, EmbodiedLanes)
            number = moment.task.bodies.index(self.body)
            moment.task.change_bodies(lanes, np.full(lanes.size, number, np.intp))
