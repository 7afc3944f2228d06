"""A probe that pushes the body."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.networks import Network
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at, check_finite
from metahebb.tasks.base import Embodied, EmbodiedLanes, Task

FASTEST = 1e3
"""The largest push [m/s].

MuJoCo gives a state up as bad when one of its numbers reaches 1e10. When a fast body hits the
floor, some numbers reach that although its own speed is far smaller.
"""


@dataclass(frozen=True)
class Push(Written):
    """Add to the velocity of the body's root at step ``at``; sensors show it one step later."""

    at: int
    """The env step before which the probe acts."""
    x: float = 0.0
    """The velocity that is added along +x, the way of the task [m/s]."""
    y: float = 0.0
    """The velocity that is added along +y, to the left of the way [m/s]."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_at(self.at)
        check_finite(FASTEST, x=self.x, y=self.y)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the task has a body, and that the body can move in the push's direction."""
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
        """Push the bodies of the lives that reach step ``at``."""
        lanes = moment.lanes[moment.rows_at(self.at)]
        if lanes.size:
            assert isinstance(moment.task, EmbodiedLanes)
            moment.task.push(lanes, self.x, self.y)
