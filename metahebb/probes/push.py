"""Push the body."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.networks import Network
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at, check_finite
from metahebb.tasks.base import Embodied, EmbodiedLanes, Task

FASTEST = 1e3
"""Largest push [m/s]; MuJoCo gives a state up as bad from 1e10 on, and what hits a floor sooner."""


@dataclass(frozen=True)
class Push(Written):
    """Add to the velocity of the body's root at step ``at``; sensors notice one step later."""

    at: int
    """Env step before which it happens."""
    x: float = 0.0
    """Along the way [m/s]."""
    y: float = 0.0
    """To its left [m/s]."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_at(self.at)
        check_finite(FASTEST, x=self.x, y=self.y)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that there is a body, and that it can move where it is pushed."""
        if not isinstance(task, Embodied):
            raise InputError(
                f"expected a locomotion task, got {type(task).__name__} (push); use another probe"
            )
        if self.y and not task.can_go_sideways:
            raise InputError(
                f"expected y=0 for a {task.body}, which lives in a plane, got {self.y} (push); "
                "push it along x"
            )

    def __call__(self, moment: Moment) -> None:
        """Push the lives that reach the step."""
        lanes = moment.lanes[moment.rows_at(self.at)]
        if lanes.size:
            assert isinstance(moment.task, EmbodiedLanes)
            moment.task.push(lanes, self.x, self.y)
