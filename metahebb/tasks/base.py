"""What every task offers: many lanes, advanced together, each living its own life."""

from __future__ import annotations

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
    @abstractmethod
    def label(self) -> str:
        """What the task is called where people read of it."""

    @property
    @abstractmethod
    def n_observations(self) -> int:
        """Length of an observation."""

    @property
    @abstractmethod
    def n_outputs(self) -> int:
        """Length of what the network must put out."""

    @property
    @abstractmethod
    def bodies(self) -> tuple[str, ...]:
        """Names of the bodies (or variants) that a life can have; the first is the usual one."""

    @property
    @abstractmethod
    def max_steps(self) -> int:
        """Steps after which a life ends when the run sets no horizon of its own."""

    @property
    def measures(self) -> tuple[Measure, ...]:
        """What is known of a life beside its return; `TaskLanes.measures` gives the values."""
        return ()

    @property
    def seconds_per_step(self) -> float | None:
        """Simulated time of a step [s]; None: the task counts in steps."""
        return None

    @property
    def return_unit(self) -> str:
        """Unit of a return, such as ``m``; empty: a return has none."""
        return ""

    @abstractmethod
    def lanes(self, n: int) -> TaskLanes:
        """Open ``n`` lanes."""


@runtime_checkable
class Explaining(Protocol):
    """Lanes that know which number of an environment made a life non-finite."""

    def reason(self, lane: int) -> str:
        """Return which number was not finite, and when; empty: the environment gave none."""


@runtime_checkable
class Varied(Protocol):
    """A task that can be lived in with other bodies than those of its run."""

    def on(self, bodies: tuple[str, ...]) -> Task:
        """Return the task with other bodies.

        Raises:
            InputError: the task cannot have one of them.
        """


@runtime_checkable
class Embodied(Protocol):
    """A task whose lives have a body in MuJoCo: it can be drawn, pushed, turned and damaged."""

    @property
    def body(self) -> str:
        """Name of the body when it is whole."""

    @property
    def can_turn(self) -> bool:
        """Whether the body can face any way; the others live in a plane."""

    @property
    def can_go_sideways(self) -> bool:
        """Whether the body can move along y; the others live in the plane of x and z."""

    def models(self) -> Sequence[mujoco.MjModel]:
        """Return the model of each of the task's bodies; no model may be written to."""


@runtime_checkable
class EmbodiedLanes(Protocol):
    """Lanes of an `Embodied` task."""

    @property
    def bodies(self) -> tuple[str, ...]:
        """The task's bodies, in the order of their numbers."""

    def body(self, lane: int) -> int:
        """Return the number of the body that ``lane`` has now."""

    def state(self, lane: int) -> dict[str, npt.NDArray[np.float64]]:
        """Return copies of ``qpos`` and ``qvel`` of ``lane``, MuJoCo's positions and velocities."""

    def change_bodies(self, lanes: LaneNumbers, bodies: LaneNumbers) -> None:
        """Give ``lanes`` the bodies ``(k,)`` of the task, with positions and velocities kept."""

    def push(self, lanes: LaneNumbers, x: float, y: float) -> None:
        """Add ``x`` and ``y`` [m/s] to the root's velocity; ``y`` only where the body has it."""

    def turn(self, lanes: LaneNumbers, angles: npt.NDArray[np.float64]) -> None:
        """Turn the root, which must be free, and its velocity by ``angles`` ``(k,)`` [rad]."""


@runtime_checkable
class Filmable(Protocol):
    """A task whose environments draw pictures of themselves once they are made for a film."""

    def filmed(self) -> Task:
        """Return the task with environments that draw, so that its lanes are `Picturing`.

        Raises:
            InputError: the environment cannot draw.
        """

    def draws_by_mujoco(self) -> bool:
        """Return whether Gymnasium's renderer of MuJoCo draws the pictures."""


@runtime_checkable
class Picturing(Protocol):
    """Lanes whose environments draw pictures of themselves."""

    def picture(self, lane: int) -> npt.NDArray[np.uint8]:
        """Return a picture ``(height, width, 3)`` of what happens on a lane."""


@runtime_checkable
class Foreign(Protocol):
    """A task in an environment of others, whose code and files may change without metahebb."""

    @property
    def env_id(self) -> str:
        """Gymnasium's id of the environment, or ``FILE.py:NAME``."""

    def kwargs_of(self, body: str) -> Mapping[str, Any]:
        """Return the arguments with which the environment of a body is made."""


@runtime_checkable
class Advising(Protocol):
    """A task that knows how a network could make more of it."""

    def advice(self, output: str) -> list[str]:
        """Return pieces of advice, a line each.

        Args:
            output: what the network's last layer puts out, ``tanh`` or ``linear``.
        """


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
