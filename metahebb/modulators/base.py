"""What every modulator offers: lanes that turn a life's rewards into signals for its synapses."""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from metahebb.tasks.base import LaneNumbers, StepResult, Task

Array = npt.NDArray[np.float32]


class ModulatorLanes(Protocol):
    """The modulator of many lives, one per lane."""

    def reset(self, lanes: LaneNumbers) -> None:
        """Begin a life on each of ``lanes`` ``(k,)``: forget all of the one before."""

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write what rules read as ``modulator`` in the update that this step calls for.

        Args:
            step: what the step gave to each of ``lanes``: reward, and whether a trial is over.
            outputs: ``(k, n_outputs)`` what the networks put out in it.
            lanes: ``(k,)`` the lanes that took the step.
            modulators: ``(n_lanes, n_units)``, of which rows ``lanes`` are written.
        """


class Modulator(Protocol):
    """What a life tells its synapses: an immutable, picklable description that opens lanes.

    A modulator draws nothing: what it writes follows from the life, which has all of the seeds.
    """

    def lanes(self, task: Task, n: int) -> ModulatorLanes:
        """Open ``n`` lanes for lives in ``task``."""
