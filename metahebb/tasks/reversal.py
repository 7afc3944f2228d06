"""A small task with a hidden variable: a mass whose actuator may be reversed, and will be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, Measure, StepResult, Task

Signs = npt.NDArray[np.int8]

SENSORS = ("displacement or goal", "look", "go")
"""What an observation holds, in order."""


@dataclass(frozen=True)
class Reversal(Task):
    """Push a mass towards a goal with an actuator that may be reversed.

    A hidden sign ``s`` is drawn at birth, ±1 alike, and flips once, at a step drawn uniformly from
    the middle third of a life. The actuator pushes the mass by ``s·a``, one unit to either side,
    where the action ``a`` is the sign of the network's output (+1 for an output of 0). Steps come
    in a fixed cycle of ``look`` steps and ``go`` steps, and an observation has three numbers:

    - a look step shows ``[s·a, 1, 0]``: by how much the last action moved the mass (0 at birth);
    - a go step shows ``[g, 0, 1]``: on which side the goal is, ±1, drawn anew at each go step.

    A go step scores ``g·s·a``, and is rewarded with that over the number of go steps: a perfect
    life returns 1, the opposite one −1. Look steps earn nothing; what they show is all that there
    is to learn ``s`` from, and a rule without a reward signal can, because the sensor that shows
    it is the one that the goal comes in by.

    The bound of a reactive policy. In a go step its action depends on the observation and on
    randomness of its own, both independent of ``s``, for ``g`` is drawn without regard to it.
    ``s`` is ±1 alike at every step, also after the flip, whose step is drawn without regard to it.
    So E[g·s·a] = E[s]·E[g·a] = 0: without memory every policy, random or not, expects exactly 0.

    Raises:
        InputError: a cycle without look or go steps, a negative ``settle``, or a life whose middle
            third is shorter than a cycle.
    """

    look: int = 3
    """Look steps per cycle. The first shows what the last go step did, which tells nothing of ``s``
    to who does not remember its goal; each of the others shows what the look step before it did."""
    go: int = 2
    """Go steps per cycle."""
    max_steps: int = 300
    """Env steps of a life."""
    settle: int = 20
    """Go steps that `measures` leaves out after birth and after the flip."""

    def __post_init__(self) -> None:
        """Check the values."""
        for name, least in (("look", 1), ("go", 1), ("settle", 0)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")
        least = 3 * (self.look + self.go)
        if self.max_steps < least:
            raise InputError(
                f"expected max_steps of at least {least}, three cycles, got {self.max_steps}"
            )

    @property
    def label(self) -> str:
        """The task's name."""
        return "reversal"

    @property
    def n_observations(self) -> int:
        """Length of an observation."""
        return len(SENSORS)

    @property
    def n_outputs(self) -> int:
        """One push."""
        return 1

    @property
    def bodies(self) -> tuple[str, ...]:
        """One variant only."""
        return ("default",)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """Mean scores of settled go steps before and after the flip, and when it comes."""
        return Measure("before"), Measure("after"), Measure("flip", "env step", compared=False)

    @property
    def is_go(self) -> npt.NDArray[np.bool_]:
        """Which steps of a life are go steps, ``(max_steps,)``."""
        found: npt.NDArray[np.bool_]
        found = np.arange(self.max_steps) % (self.look + self.go) >= self.look
        return found

    def lanes(self, n: int) -> ReversalLanes:
        """Open ``n`` lanes."""
        return ReversalLanes(self, n)


class ReversalLanes:
    """The lanes of a `Reversal`: all that chance decides of a life is drawn when it begins.

    Attributes:
        observations: ``(n, 3)`` float32, see `Reversal`.
        signs: ``(n, max_steps)`` int8, the hidden sign at each step.
        goals: ``(n, max_steps)`` int8, ±1 in go steps, 0 in look steps.
        flips: ``(n,)`` the first step with the other sign.
    """

    def __init__(self, task: Reversal, n: int) -> None:
        """Make ``n`` lanes, each to be reset before its first step."""
        self._task = task
        self._is_go = task.is_go
        self._flags = np.stack([np.zeros_like(self._is_go), ~self._is_go, self._is_go], 1).astype(
            np.float32
        )
        self._reward = 1.0 / int(self._is_go.sum())
        self.signs = np.ones((n, task.max_steps), np.int8)
        self.goals = np.zeros((n, task.max_steps), np.int8)
        self.flips = np.zeros(n, np.intp)
        self._scores = np.zeros((n, task.max_steps), np.int8)
        self._ages = np.zeros(n, np.intp)
        self.observations = np.zeros((n, task.n_observations), np.float32)

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``: draw its sign, its flip and its goals."""
        length = self._task.max_steps
        for lane, seed in zip(lanes, seeds, strict=True):
            rng = np.random.default_rng(seed)
            self.signs[lane] = 2 * rng.integers(2) - 1
            self.flips[lane] = rng.integers(length // 3, 2 * length // 3)
            self.signs[lane, self.flips[lane] :] *= -1
            self.goals[lane] = (2 * rng.integers(2, size=length) - 1) * self._is_go
        self._ages[lanes] = 0
        self._observe(lanes, self._ages[lanes], np.zeros(len(lanes), np.int8))

    def score(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> Signs:
        """Return what ``outputs`` ``(k, 1)`` score in the present step: ±1, 0 in a look step."""
        ages = self._ages[lanes]
        scores: Signs = self.goals[lanes, ages] * _moves(self.signs[lanes, ages], outputs)
        return scores

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; a non-finite output scores nothing."""
        ages = self._ages[lanes]
        moves = _moves(self.signs[lanes, ages], outputs)
        nonfinite = ~np.isfinite(outputs[:, 0])
        scores = self.goals[lanes, ages] * moves * ~nonfinite
        self._scores[lanes, ages] = scores
        self._ages[lanes] = ages = ages + 1
        truncated = ages >= self._task.max_steps
        self._observe(lanes, ages % self._task.max_steps, moves)
        reward = np.multiply(scores, self._reward, dtype=np.float64)
        return StepResult(reward, np.zeros_like(truncated), truncated, nonfinite)

    def _observe(self, lanes: LaneNumbers, ages: LaneNumbers, moves: Signs) -> None:
        """Show goals, which are 0 in look steps, and there the ``moves`` of the step before."""
        seen = self._flags[ages]
        seen[:, 0] = self.goals[lanes, ages] + moves * seen[:, 1]
        self.observations[lanes] = seen

    def measures(self, lane: int) -> dict[str, float]:
        """Return ``before`` and ``after``, mean scores of settled go steps, and ``flip``, its step.

        A mean is NaN while the life has no such go step; guessing scores 0, always right 1.
        """
        flip, age = int(self.flips[lane]), int(self._ages[lane])
        return {
            "before": self._mean(lane, 0, min(flip, age)),
            "after": self._mean(lane, flip, age),
            "flip": float(flip),
        }

    def _mean(self, lane: int, start: int, stop: int) -> float:
        """Return the mean score of the go steps from ``start`` on, without those that settle."""
        settled = np.flatnonzero(self._is_go[start:stop])[self._task.settle :]
        return float(self._scores[lane, start + settled].mean()) if settled.size else float("nan")


def _moves(signs: Signs, outputs: npt.NDArray[np.float32]) -> Signs:
    """Return by how much actuators with ``signs`` move their masses, ±1."""
    return np.where(outputs[:, 0] >= 0, signs, -signs)
