"""A probe that turns the body about the vertical axis."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.networks import Network
from metahebb.noise import uniforms
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at
from metahebb.tasks.base import Embodied, EmbodiedLanes, Task
from metahebb.tasks.locomotion.bodies import BODIES

TURNING = tuple(name for name, body in BODIES.items() if body.can_turn)
"""The names of our bodies that can face in any direction."""


@dataclass(frozen=True)
class Turn(Written):
    """Turn the body and its velocity at step ``at``; sensors show it one step later.

    The angle is drawn anew for each life. If all lives of an evolution have this probe, walkers
    evolve that return to their course.
    """

    at: int
    """The env step before which the probe acts."""
    angle: float
    """The largest angle [rad]; angles are drawn uniformly from −angle to angle; 0: no turn."""
    number: int = 0
    """The probe's number in the list; probes with different numbers draw different angles."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_at(self.at)
        if not 0 <= self.angle <= math.pi:
            raise InputError(f"expected an angle from 0 to pi, got {self.angle} (turn)")

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the task has a body that can turn."""
        if not (isinstance(task, Embodied) and task.can_turn):
            what = f"a {task.body}" if isinstance(task, Embodied) else type(task).__name__
            raise InputError(
                f"expected a body that can face any way ({', '.join(TURNING)}), got {what} "
                "(turn); use another probe"
            )

    def __call__(self, moment: Moment) -> None:
        """Turn the bodies of the lives that reach step ``at``."""
        rows = moment.rows_at(self.at)
        if not (rows.size and self.angle):
            return
        keys = [moment.noise(int(row), self.number) for row in rows]
        drawn = np.concatenate([uniforms(key, 1, start) for key, start in keys])
        assert isinstance(moment.task, EmbodiedLanes)
        moment.task.turn(moment.lanes[rows], self.angle * (2 * drawn.astype(np.float64) - 1))
