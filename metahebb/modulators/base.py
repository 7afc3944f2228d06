"""The protocols of a modulator and of its lanes, which turn rewards into signals for synapses."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from metahebb.tasks.base import LaneNumbers, StepResult, Task

Array = npt.NDArray[np.float32]


class ModulatorLanes(Protocol):
    """The lanes of a modulator: one for each of many lives.

    Lanes with a true attribute ``is_quiet_within_trials`` write 0 in every step that has no reward
    and does not end a trial. Then a trial whose observations are known beforehand can be lived in
    one call.
    """

    def reset(self, lanes: LaneNumbers) -> None:
        """Begin a life on each of ``lanes`` ``(k,)``, and forget the life before it."""

    def step(self, step: StepResult, outputs: Array, lanes: LaneNumbers, modulators: Array) -> None:
        """Write the values that rules read as ``modulator`` in the update for this step.

        Args:
            step: the result of the step for each of ``lanes``, such as its reward, and whether it
                ended a trial.
            outputs: ``(k, n_outputs)``, the networks' outputs in this step.
            lanes: ``(k,)``, the numbers of the lanes that took the step.
            modulators: ``(n_lanes, n_units)``, one value for each postsynaptic unit; the rows
                ``lanes`` are written.
        """


class StatelessLanes:
    """The part of a modulator's lanes that is the same for all modulators without a state."""

    def reset(self, lanes: LaneNumbers) -> None:
        """Do nothing, because the lanes hold no state."""

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return nothing, because the lanes hold no state."""
        return {}

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Do nothing, because the lanes hold no state."""


class Modulator(Protocol):
    """A modulator is an immutable, picklable description that opens lanes.

    A modulator draws no random numbers: everything that it writes follows from the life.
    """

    def lanes(self, task: Task, n: int) -> ModulatorLanes:
        """Return ``n`` new lanes for lives in ``task``."""
