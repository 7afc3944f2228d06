"""The protocols of a learner, which teaches within a life, and of the network that it teaches."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from metahebb.learning.lived import LivedTrials
from metahebb.modulators import Modulator
from metahebb.networks import Network
from metahebb.networks.base import Alone
from metahebb.probes import AnyProbe
from metahebb.tasks.base import Task, TrialOutcome


@dataclass(frozen=True)
class Lesson:
    """What is learned, and by which network.

    Attributes:
        task: the task, whose lives last longer than anybody learns.
        network: the description of the network; learners with networks of their own leave it out.
        seed: the seed of all random numbers.
        modulator: the signal that a life tells its synapses; None: it stays 0.
        coefficients: the value of each of the rule's coefficients, the same for all synapses.
    """

    task: Task
    network: Network
    seed: int
    modulator: Modulator | None = None
    coefficients: Mapping[str, float] = field(default_factory=dict)


class Learner(Protocol):
    """A learner is an immutable description of how a network learns within its life.

    Attributes:
        has_own_network: whether the learner brings its networks along; the network of a lesson then
            has no effect.
    """

    __dataclass_fields__: ClassVar[dict[str, Any]]
    has_own_network: ClassVar[bool]

    def pupil(self, lesson: Lesson) -> Pupil:
        """Return a network at birth, which is to learn what ``lesson`` says.

        Raises:
            InputError: the learner cannot teach this task, network or rule.
        """


@runtime_checkable
class AutonomousPupil(Protocol):
    """A pupil that can say how its activity goes on without sensors and without noise."""

    def autonomous(self) -> Alone | None:
        """Return the equations of the network as it is now; None: they have another form."""


@runtime_checkable
class ProbedPupil(Protocol):
    """A pupil in whose fresh trials probes can act."""

    def probed(self, n_trials: int, seed: int, probes: Sequence[AnyProbe]) -> LivedTrials:
        """Live fresh trials without learning, in which ``probes`` act; see `Pupil.test`.

        A trial that a probe makes end early, with the life, is left out.
        """


class Pupil(Protocol):
    """A network that learns a task trial by trial.

    Attributes:
        block: the number of trials that are lived together, such as a batch; 1: trials follow each
            other one by one.
    """

    block: int

    def live(self, n_trials: int) -> list[TrialOutcome]:
        """Live the next trials, learn from them, and return their outcomes in order.

        ``n_trials`` is a multiple of `block`.
        """

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that the following trials depend on, by name."""

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on from ``saved``, to the same bits as if the pupil had never stopped."""

    def weights(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return copies of the network's matrices of weights by name, each ``(n_out, n_in)``."""

    def test(self, n_trials: int, seed: int) -> LivedTrials:
        """Live fresh trials without learning, and return all that happened in them.

        The learning life does not notice: the next call of `live` gives the same outcomes.

        Args:
            n_trials: the number of trials.
            seed: the seed of the fresh trials.
        """
