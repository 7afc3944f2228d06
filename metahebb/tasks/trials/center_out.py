"""Reaching from a center to targets around it, with an arm of two segments (Michaels et al. 2016).

The outputs of the network are the velocities of the arm's two joints.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import TrialOutcome
from metahebb.tasks.trials.base import Array, Trial, TrialTask
from metahebb.tasks.trials.timed import check_energy, cost_of

LENGTH = 3.0
"""The length of each of the arm's two segments, relative to the distance of the targets."""
START = (0.8 * math.pi, 0.4 * math.pi)
"""The angles of both joints at the start [rad], with the hand at the center."""
LOWEST = (0.0, math.pi / 20)
"""The least angle of each joint [rad]."""
HIGHEST = (1.5 * math.pi, math.pi - math.pi / 20)
"""The greatest angle of each joint [rad]."""
SLOWNESS = 150.0
"""The number of steps in which an output of 1 turns its joint by 1 rad."""
LAST = 2
"""The number of a trial's last steps in which the place of the hand is judged."""


@dataclass(frozen=True)
class CenterOut(TrialTask):
    """Move the hand of an arm with two joints from the center to one of the targets around it.

    A sensor for each target says in the whole trial which one is meant. One more sensor is 1 while
    the arm has to wait, and whatever the outputs are, the arm holds still as long. Then each output
    turns one of the joints by output/150 rad in each step of 1 ms, within the joint's limits.

    The error of a trial is the mean absolute difference between the hand's and the target's two
    coordinates in the last 2 steps, plus ``energy`` times the mean size of the outputs in all
    steps. The targets have a distance of 1 from the center. A trial is right if its error is at
    most ``tolerance``. The kinds of trials are the targets, which follow each other in a fixed
    order.

    Source: Michaels et al. 2016, "hebbRNN: A Reward-Modulated Hebbian Learning Rule for Recurrent
    Neural Networks", with the numbers of the authors' code. Differs from the reference: the
    reference visits the targets in a random order.

    Raises:
        InputError: there is no target, no time to move, or a negative number among the others.
    """

    targets: int = 4
    """Number of targets, which lie on a circle at equal distances."""
    hold: int = 49
    """Number of steps in which the arm holds still."""
    move: int = 101
    """Number of steps after that, in which the outputs move the arm."""
    energy: float = 0.1
    """Cost of activity: the error per mean size of the outputs."""
    tolerance: float = 0.08
    """Greatest error of a trial that is right."""

    def __post_init__(self) -> None:
        """Check all numbers."""
        super().__post_init__()
        for name, least in (("targets", 1), ("hold", 0), ("move", LAST)):
            if getattr(self, name) < least:
                raise InputError(
                    f"expected {name} of at least {least} (task center_out), got "
                    f"{getattr(self, name)}"
                )
        check_energy(self.energy, self.label)
        if not self.tolerance > 0:
            raise InputError(
                f"expected a tolerance above 0 (task center_out), got {self.tolerance}"
            )

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "center_out"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The targets, by their direction in degrees: clockwise, and 0 is straight ahead."""
        return tuple(f"{360 * number / self.targets:g} deg" for number in range(self.targets))

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers, of which there are none: a hand can be anywhere."""
        return ()

    @property
    def conditions(self) -> tuple[str, ...]:
        """The direction of the target in degrees."""
        return ("direction",)

    @property
    def n_observations(self) -> int:
        """The number of sensors: one for each target, and one that says to wait."""
        return self.targets + 1

    @property
    def n_outputs(self) -> int:
        """The number of outputs: the velocity of each joint."""
        return 2

    @property
    def seconds_per_step(self) -> float:
        """The time of a step [s]."""
        return 0.001

    @property
    def n_steps(self) -> int:
        """The number of steps of a trial."""
        return self.hold + self.move

    def goals(self) -> npt.NDArray[np.float64]:
        """Return the coordinates ``(targets, 2)`` of the targets, by the number of their kind."""
        angles = 2 * np.pi * np.arange(self.targets) / self.targets
        return np.stack([np.sin(angles), np.cos(angles)], axis=1)

    def path(self, outputs: Array) -> npt.NDArray[np.float64]:
        """Return the hand's coordinates ``(n_steps, 2)`` after each step, for pictures.

        Args:
            outputs: ``(n_steps, 2)``, the outputs of the network in all steps of a trial.
        """
        angles = np.empty((len(outputs), 2))
        angles[: self.hold] = START
        for joint in range(2):
            angle, low, high = START[joint], LOWEST[joint], HIGHEST[joint]
            for step, output in enumerate(outputs[self.hold :, joint].tolist(), self.hold):
                angle = min(max(angle + output / SLOWNESS, low), high)
                angles[step, joint] = angle
        return _hand(angles) - _hand(np.array(START))

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return a trial; its kind is ``number`` modulo the number of targets."""
        kind = number % self.targets
        observations = np.zeros((self.n_steps, self.targets + 1), np.float32)
        observations[:, kind] = 1
        observations[: self.hold, -1] = 1
        # Many outputs lead to the same place, so none of them is the right one.
        target = np.full((self.n_steps, 2), np.nan, np.float32)
        return Trial(observations, target, kind, (360 * kind / self.targets,))

    def judge(self, outputs: Array, trial: Trial) -> TrialOutcome:
        """Return the outcome of ``trial``, which depends on the path of the hand."""
        reached = self.path(outputs)[-LAST:]
        distance = float(np.abs(reached - self.goals()[trial.kind]).mean())
        error = distance + cost_of(outputs, self.energy)
        correct = float(error <= self.tolerance)
        return TrialOutcome(trial.kind, -error, error, correct, -1, tuple(trial.conditions))


def _hand(angles: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the hand's coordinates ``(…, 2)`` for the joints' ``angles`` ``(…, 2)`` [rad]."""
    shoulder, both = angles[..., 0], angles.sum(-1)
    return LENGTH * np.stack(
        [
            np.cos(shoulder + np.pi) + np.cos(both),
            np.sin(shoulder) + np.sin(both - np.pi),
        ],
        axis=-1,
    )
