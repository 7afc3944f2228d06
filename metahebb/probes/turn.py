"""Turn the body about the vertical."""

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
"""Our own bodies that can face any way."""


@dataclass(frozen=True)
class Turn(Written):
    """Turn the body, and the way it moves, at step ``at``; sensors notice one step later.

    The angle is drawn anew for each life. As a condition of training, it asks for a walker that
    finds back to its course, whatever throws it off.
    """

    at: int
    """Env step before which it happens."""
    angle: float
    """Largest angle, to either side [rad]; drawn uniformly; 0 changes nothing."""
    number: int = 0
    """Probes of different numbers draw different angles."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_at(self.at)
        if not 0 <= self.angle <= math.pi:
            raise InputError(f"expected an angle from 0 to pi, got {self.angle} (turn)")

    def check_run(self, task: Task, network: Network) -> None:
        """Check that there is a body that can turn."""
        if not (isinstance(task, Embodied) and task.can_turn):
            what = f"a {task.body}" if isinstance(task, Embodied) else type(task).__name__
            raise InputError(
                f"expected a body that can face any way ({', '.join(TURNING)}), got {what} "
                "(turn); use another probe"
            )

    def __call__(self, moment: Moment) -> None:
        """Turn the lives that reach the step."""
        rows = moment.rows_at(self.at)
        if not (rows.size and self.angle):
            return
        keys = [moment.noise(int(row), self.number) for row in rows]
        drawn = np.concatenate([uniforms(key, 1, start) for key, start in keys])
        assert isinstance(moment.task, EmbodiedLanes)
        moment.task.turn(moment.lanes[rows], self.angle * (2 * drawn.astype(np.float64) - 1))
