"""What a probe sees and may change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from metahebb.networks import NetworkLanes
from metahebb.tasks.base import TaskLanes


@dataclass
class Moment:
    """The instant before the networks act.

    Attributes:
        network: the living networks, indexed by lane; a probe may write weights, gains, modulators.
        task: the worlds they live in, indexed by lane; a probe may write observations.
        lanes: ``(k,)`` the lanes that are alive.
        steps: ``(k,)`` the age of each, in env steps; 0 at birth.
        units: ``(k,)`` the unit of the life that each lane lives.
    """

    network: NetworkLanes
    task: TaskLanes
    lanes: npt.NDArray[np.intp]
    steps: npt.NDArray[np.int64]
    units: npt.NDArray[np.intp]


class Probe(Protocol):
    """Something done to lives while they run: called once per step, before the networks act."""

    def __call__(self, moment: Moment) -> None:
        """Look at, or change, the lanes of ``moment``."""
