"""The protocols of a task and of its lanes, which advance many lives together."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from metahebb.errors import MetahebbError
from metahebb.genomes.slot import Places

if TYPE_CHECKING:
    import mujoco

    from metahebb.tasks.trials.base import Trial

Range = tuple[float, float]
"""The type of the least and the greatest value that a number can have."""
UNBOUNDED: Range = (-math.inf, math.inf)
"""The range of a number that can have any value."""

LaneNumbers = npt.NDArray[np.intp]
"""The type of an array of lane numbers, in ascending order and without repetition."""


class TaskError(MetahebbError, RuntimeError):
    """The error for a task whose environment has raised an error.

    Attributes:
        exit_status: the exit status of the process when this error ends a command.
        lane: the lane on which the error arose; None if that is not known.
    """

    exit_status = 2

    def __init__(self, message: str, lane: int | None = None) -> None:
        super().__init__(message)
        self.lane = lane


@dataclass(frozen=True)
class Measure:
    """A measure is a number that a task reports of each life, in addition to the return.

    Attributes:
        name: the name of the measure in outcomes and files.
        unit: the unit of the measure, for tables; empty for a number without a unit.
        compared: whether a comparison of lives with and without a probe includes the measure; False
            for one that no probe can change.
        description: a phrase that explains the measure below tables; empty: the name says it all.
        low: the least value that the measure can have.
        high: the greatest value that the measure can have.
    """

    name: str
    unit: str = ""
    compared: bool = True
    description: str = ""
    low: float = -math.inf
    high: float = math.inf


class StepResult(NamedTuple):
    """The result of one step for each of the ``k`` lanes that took it.

    Attributes:
        reward: ``(k,)`` float64, the reward of this step.
        terminated: ``(k,)`` bool, whether the task ends the life (fallen, goal reached).
        truncated: ``(k,)`` bool, whether the life ends for a reason outside of the task's dynamics
            (time limit, stalled).
        nonfinite: ``(k,)`` bool, whether a number of the physics or of the network's outputs is not
            finite.
        trial_over: ``(k,)`` bool, whether the step ended a trial; None: the task has no trials.
        kind: ``(k,)``, the number of the kind of the step's trial; None: all trials are of one
            kind.
        emitted: ``(k, n_outputs)`` float32, the activity that rules see in the place of the
            outputs, such as 1 for the chosen action and 0 for the others; None: rules see the
            outputs.
        signal: ``(k,)`` float32, the signal that the task gives to synapses in this step, see
            `Signalling`; None: the task gives none.
        counted: ``(k,)`` float64, the part of ``reward`` that the return adds up; None: all of it.
            Modulators read ``reward``, so a network can learn from rewards that count for nothing.
    """

    reward: npt.NDArray[np.float64]
    terminated: npt.NDArray[np.bool_]
    truncated: npt.NDArray[np.bool_]
    nonfinite: npt.NDArray[np.bool_]
    trial_over: npt.NDArray[np.bool_] | None = None
    kind: npt.NDArray[np.intp] | None = None
    emitted: npt.NDArray[np.float32] | None = None
    signal: npt.NDArray[np.float32] | None = None
    counted: npt.NDArray[np.float64] | None = None

    @classmethod
    def of_nothing(cls, k: int) -> StepResult:
        """Return the result of a step without reward or end, for a task that fills it in."""
        return cls(np.zeros(k), np.zeros(k, np.bool_), np.zeros(k, np.bool_), np.zeros(k, np.bool_))


class TaskLanes(Protocol):
    """The lanes of one task.

    Attributes:
        observations: ``(n_lanes, n_observations)``, the present observation of each lane.
    """

    observations: npt.NDArray[np.float32]

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes`` ``(k,)``.

        Args:
            lanes: the numbers of the lanes.
            seeds: the seed of the environment for each of ``lanes``.
            bodies: the index of the body for each of ``lanes``, among the task's bodies.
        """

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` ``(k,)`` by one step with the networks' outputs ``(k, n_outputs)``."""

    def measures(self, lane: int) -> dict[str, float]:
        """Return the value of each of the task's `Task.measures`, by name; NaN if not known."""


class Task(Protocol):
    """A task is a world to live in: an immutable, picklable description that opens lanes."""

    @property
    @abstractmethod
    def label(self) -> str:
        """The name of the task in texts for people."""

    @property
    @abstractmethod
    def n_observations(self) -> int:
        """The number of values in an observation, which is the number of sensors."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """The number of outputs that a network must have."""

    @property
    @abstractmethod
    def bodies(self) -> tuple[str, ...]:
        """The names of the bodies (or variants) that a life can have; the first is the default."""

    @property
    @abstractmethod
    def max_steps(self) -> int:
        """The number of steps after which a life ends if the run sets no horizon of its own."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The numbers that lanes report of each life, by `TaskLanes.measures`."""
        return ()

    @property
    def seconds_per_step(self) -> float | None:
        """The simulated time of a step [s]; None: the task has no unit of time."""
        return None

    @property
    def return_unit(self) -> str:
        """The unit of a return, such as ``m``; empty: a return has no unit."""
        return ""

    @property
    def return_range(self) -> Range:
        """The least and the greatest return that a life can have."""
        return UNBOUNDED

    @abstractmethod
    def lanes(self, n: int) -> TaskLanes:
        """Return ``n`` new lanes."""


def ranges_of(task: Task) -> dict[str, Range]:
    """Return the range of ``return`` and of each of the task's measures, by name."""
    # A task of a user's own that is no subclass of Task may lack the newest property.
    of_return: Range = getattr(task, "return_range", UNBOUNDED)
    return {"return": of_return, **{m.name: (m.low, m.high) for m in task.measures}}


@runtime_checkable
class Explaining(Protocol):
    """Lanes that can say which number of an environment made a life end non-finite."""

    def reason(self, lane: int) -> str:
        """Return in words which number was not finite, and when; empty if all were finite."""


@runtime_checkable
class Varied(Protocol):
    """A task that can have other bodies than the ones of its run."""

    def on(self, bodies: tuple[str, ...]) -> Task:
        """Return the same task with other bodies.

        Raises:
            InputError: the task cannot have one of ``bodies``.
        """


@runtime_checkable
class Embodied(Protocol):
    """A task with a body in MuJoCo, which can be drawn, pushed, turned and damaged."""

    @property
    def body(self) -> str:
        """The name of the body without damage."""

    @property
    def can_turn(self) -> bool:
        """Whether the body can face in any direction; if not, it lives in a plane."""

    @property
    def can_go_sideways(self) -> bool:
        """Whether the body can move along y; if not, it lives in the plane of x and z."""

    def models(self) -> Sequence[mujoco.MjModel]:
        """Return the MuJoCo model of each of the task's bodies; nobody may write to a model."""


@runtime_checkable
class EmbodiedLanes(Protocol):
    """The lanes of an `Embodied` task."""

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the task's bodies, in the order of their numbers."""

    def body(self, lane: int) -> int:
        """Return the number of the body that ``lane`` has now."""

    def state(self, lane: int) -> dict[str, npt.NDArray[np.float64]]:
        """Return copies of ``qpos`` and ``qvel`` of ``lane``, MuJoCo's positions and velocities."""

    def change_bodies(self, lanes: LaneNumbers, bodies: LaneNumbers) -> None:
        """Give the lives on ``lanes`` other bodies, with their positions and velocities.

        Args:
            lanes: ``(k,)``, the numbers of the lanes.
            bodies: ``(k,)``, the number of the new body for each of ``lanes``.
        """

    def push(self, lanes: LaneNumbers, x: float, y: float) -> None:
        """Add ``x`` and ``y`` [m/s] to the root's velocity; ``y`` must be 0 for a planar body."""

    def turn(self, lanes: LaneNumbers, angles: npt.NDArray[np.float64]) -> None:
        """Turn the root and its velocity by ``angles`` ``(k,)`` [rad] about the vertical axis.

        The body must be able to turn, see `Embodied.can_turn`.
        """


@runtime_checkable
class Filmable(Protocol):
    """A task that can be filmed by pictures that its environments draw."""

    def filmed(self) -> Task:
        """Return the task with environments that draw, so that its lanes are `Picturing`.

        Raises:
            InputError: the environment cannot draw.
        """

    def draws_by_mujoco(self) -> bool:
        """Return whether Gymnasium's MuJoCo renderer draws the pictures."""


@runtime_checkable
class Picturing(Protocol):
    """Lanes that can return a picture of their present state."""

    def picture(self, lane: int) -> npt.NDArray[np.uint8]:
        """Return a picture ``(height, width, 3)`` of the present state of ``lane``."""


@runtime_checkable
class Foreign(Protocol):
    """A task in somebody else's environment, whose code and files may change without metahebb."""

    @property
    def env_id(self) -> str:
        """Gymnasium's id of the environment, or ``FILE.py:NAME``."""

    def kwargs_of(self, body: str) -> Mapping[str, Any]:
        """Return the arguments with which the environment of ``body`` is made."""


@runtime_checkable
class Advising(Protocol):
    """A task that can advise how to choose a network for it."""

    def advice(self, output: str) -> list[str]:
        """Return pieces of advice, one line each.

        Args:
            output: the kind of the network's last layer, ``tanh`` or ``linear``.
        """


@runtime_checkable
class Closing(Protocol):
    """Lanes that hold things to be closed, such as environments with processes of their own."""

    def close(self) -> None:
        """Close everything; no lane is used again. An error on the way is raised at the end."""


@runtime_checkable
class Trials(Protocol):
    """A task with lives that consist of trials, of one or several kinds."""

    @property
    def n_kinds(self) -> int:
        """The number of kinds of trials; `StepResult.kind` counts them from 0."""


class TrialOutcome(NamedTuple):
    """The outcome of one trial.

    Attributes:
        kind: the number of the trial's kind.
        reward: the sum of the rewards of the trial's steps.
        error: the mean distance between outputs and target; NaN in a task without a target.
        correct: 1 for the right answer, 0 for a wrong one or none; NaN where no answer is right.
        choice: the number of the answer that was given; -1: none was given, or none is asked for.
        conditions: the value of each of the task's `Judged.conditions`, in order.
    """

    kind: int
    reward: float
    error: float
    correct: float
    choice: int
    conditions: tuple[float, ...]


@runtime_checkable
class Judged(Trials, Protocol):
    """A task that judges each trial, so that a network can learn it trial by trial."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """The names of the kinds of trials, by number."""

    @property
    def choices(self) -> tuple[str, ...]:
        """The names of the answers that can be given, by number; empty: none is asked for."""

    @property
    def conditions(self) -> tuple[str, ...]:
        """The names of the numbers that describe a trial, such as ``coherence``."""

    def with_trials(self, trials: int) -> Task:
        """Return the same task with lives of ``trials`` trials; the trials are the same ones."""


@runtime_checkable
class JudgedLanes(Protocol):
    """The lanes of a `Judged` task."""

    def outcome(self, lane: int) -> TrialOutcome:
        """Return the outcome of the trial that ended last on ``lane``."""


@runtime_checkable
class TargetLanes(Protocol):
    """Lanes with trials in which some outputs are right."""

    def target(self, lane: int) -> npt.NDArray[np.float32]:
        """Return the right outputs ``(n_steps, n_outputs)`` of the trial on ``lane``.

        They are NaN in steps that are not judged.
        """


@runtime_checkable
class ScriptedLanes(Protocol):
    """Lanes with trials in which observations do not depend on the network's outputs.

    A whole trial can then be lived in one call. It has the same outputs as step by step.
    """

    def script(self, lanes: LaneNumbers) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
        """Return the observations of the trial that begins on each of ``lanes`` ``(k,)``.

        Returns:
            ``(observations, lengths)``: ``(k, n_steps, n_observations)`` and ``(k,)``; the steps
            behind a trial's length hold zeros.
        """

    def finish(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """End the trial of each of ``lanes``, and begin the next one.

        Args:
            outputs: ``(k, n_steps, n_outputs)``, the outputs in all steps of the trial.
            lanes: ``(k,)``, the numbers of the lanes.

        Returns:
            The result of the trial's last step; all steps before have the reward 0.
        """


@runtime_checkable
class Signalling(Protocol):
    """A task that gives synapses a modulatory signal from outside (`StepResult.signal`)."""

    def signal(self, trial: Trial) -> npt.NDArray[np.float32]:
        """Return the modulator in each step of ``trial``, ``(n_steps,)``."""


@runtime_checkable
class Resumable(Protocol):
    """Lanes of a network, a task or a modulator that can be saved between two trials."""

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all that the rest of the life on ``lane`` depends on, by name."""

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with a life on ``lane``, which has begun with the same key, from ``saved``."""


@runtime_checkable
class Moving(Protocol):
    """A task in which a body moves along a way, so that a life has a speed."""

    @property
    def way(self) -> Measure:
        """The measure that says how far a life has come since birth [m]."""


@runtime_checkable
class Placed(Protocol):
    """A task that knows the places of its sensors and actuators in a body."""

    def places(self) -> Places:
        """Return the coordinates of each sensor and actuator, the same for all of its bodies."""
