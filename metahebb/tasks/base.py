"""What every task offers: many lanes, advanced together, each living its own life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from metahebb.errors import MetahebbError
from metahebb.genomes.slot import Places

LaneNumbers = npt.NDArray[np.intp]
"""Numbers of lanes, ascending and each once."""


class TaskError(MetahebbError, RuntimeError):
    """A task's environment raised an error of its own, on ``lane`` if that is known."""

    exit_status = 2

    def __init__(self, message: str, lane: int | None = None) -> None:
        super().__init__(message)
        self.lane = lane


@dataclass(frozen=True)
class Measure:
    """What a task knows of a life beside its return.

    Attributes:
        name: how outcomes and files call it.
        unit: for tables; empty where it is a plain number.
        compared: whether probes compare lives by it; no where nothing that is done to a life can
            change it.
    """

    name: str
    unit: str = ""
    compared: bool = True


class StepResult(NamedTuple):
    """What one step gave to each of the ``k`` lanes that took it.

    Attributes:
        reward: ``(k,)`` float64, the reward of this step.
        terminated: ``(k,)`` bool, the task's own end of life (fallen, goal reached).
        truncated: ``(k,)`` bool, an end from outside the task's dynamics (time limit, stalled).
        nonfinite: ``(k,)`` bool, the physics or the network's output left the finite numbers.
        trial_over: ``(k,)`` bool, whether the step ended a trial; None: the task has no trials.
        kind: ``(k,)`` of which kind the step's trial is; None: all are alike.
        emitted: ``(k, n_outputs)`` float32, what was done in the place of what was put out, such as
            1 for the action that was chosen and 0 for others; None: they are the same. Rules see it
            as the outputs' activity.
    """

    reward: npt.NDArray[np.float64]
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    nonfinite: npt.NDArray[np.bool_]
    trial_over: npt.NDArray[np.bool_] | None = None
    kind: npt.NDArray[np.intp] | None = None
    emitted: npt.NDArray[np.float32] | None = None

    @classmethod
    def of_nothing(cls, k: int) -> StepResult:
        """Return what a step gives that neither rewards nor ends anything, to be filled in."""
        return cls(np.zeros(k), np.zeros(k, np.bool_), np.zeros(k, np.bool_), np.zeros(k, np.bool_))


class TaskLanes(Protocol):
    """Lanes of one task; ``observations`` ``(n_lanes, n_observations)`` are kept current."""

    observations: npt.NDArray[np.float32]

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes`` ``(k,)``, with its environment seed and body index."""

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` ``(k,)`` by one step with the networks' outputs ``(k, n_outputs)``."""

    def measures(self, lane: int) -> dict[str, float]:
        """Return a value for each of the task's `Task.measures`, by name; NaN: not known."""


class Task(Protocol):
    """A world to live in: an immutable, picklable description that opens lanes."""

    @property
    def n_observations(self) -> int:
        """Length of an observation."""

    @property
    def n_outputs(self) -> int:
        """Length of what the network must put out."""

    @property
    def bodies(self) -> tuple[str, ...]:
        """Names of the bodies (or variants) that a life can have; the first is the usual one."""

    @property
    def max_steps(self) -> int:
        """Steps after which a life ends when the run sets no horizon of its own."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is known of a life beside its return; `TaskLanes.measures` gives the values."""

    def lanes(self, n: int) -> TaskLanes:
        """Open ``n`` lanes."""


@runtime_checkable
class Explaining(Protocol):
    """Lanes that know which number of an environment made a life non-finite."""

    def reason(self, lane: int) -> str:
        """Return which number was not finite, and when; empty: the environment gave none."""


@runtime_checkable
class Picturing(Protocol):
    """Lanes whose environments draw pictures of themselves."""

    def picture(self, lane: int) -> npt.NDArray[np.uint8]:
        """Return a picture ``(height, width, 3)`` of what happens on a lane."""


@runtime_checkable
class Closing(Protocol):
    """Lanes that hold what must be closed, such as environments with processes of their own."""

    def close(self) -> None:
        """Close everything; no lane is used afterwards. What fails is raised at the end."""


@runtime_checkable
class Trials(Protocol):
    """A task whose lives are made of trials, of several kinds."""

    @property
    def n_kinds(self) -> int:
        """Kinds of trials, which `StepResult.kind` counts from 0."""


@runtime_checkable
class Moving(Protocol):
    """A task whose lives get somewhere: speed is how fast one of its measures grows."""

    @property
    def way(self) -> Measure:
        """The measure of how far a life has come since birth [m]."""


@runtime_checkable
class Placed(Protocol):
    """A task that knows where in a body its sensors and actuators are."""

    def places(self) -> Places:
        """Return the coordinates of each sensor and actuator, alike for all of its bodies."""
