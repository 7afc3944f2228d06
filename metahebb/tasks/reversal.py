"""A small task with a hidden variable: the sign of an actuator, which flips during a life."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, Measure, Range, StepResult, Task

Signs = npt.NDArray[np.int8]

SENSORS = ("displacement or goal", "look", "go")
"""The names of the numbers in an observation, in order."""


@dataclass(frozen=True)
class Reversal(Task):
    """Push a mass towards a goal with an actuator that may be reversed.

    A hidden sign ``s`` is drawn at birth, +1 and −1 with equal chance, and flips once, at a step
    drawn uniformly from the middle third of a life. The actuator pushes the mass by ``s·a``, one
    unit to either side, where the action ``a`` is the sign of the network's output (+1 for an
    output of 0). Steps come in a fixed cycle of ``look`` steps and ``go`` steps. An observation has
    three numbers:

    - A look step shows ``[s·a, 1, 0]``, where ``s·a`` is the movement of the mass by the last
      action (0 at birth).
    - A go step shows ``[g, 0, 1]``, where ``g`` is the side of the goal, +1 or −1, drawn anew at
      each go step.

    A go step scores ``g·s·a``, and its reward is the score over the number of go steps, so that a
    perfect life returns 1 and the opposite one −1. Look steps have no reward, but only they show
    ``s``. A rule that sees no reward can learn ``s``, because the movement and the goal come in by
    the same sensor.

    A policy without memory cannot expect more than 0. In a go step its action depends on the
    observation and on its own randomness. Both are independent of ``s``, because ``g`` is drawn
    independently of ``s``. At every step ``s`` is +1 and −1 with equal chance, also after the flip,
    because the flip's step is drawn independently of ``s``. So E[g·s·a] = E[s]·E[g·a] = 0: without
    memory the expected return of every policy, random or not, is exactly 0.

    Raises:
        InputError: a cycle has no look or no go steps, ``settle`` is negative, or the middle third
            of a life is shorter than a cycle.
    """

    look: int = 3
    """The number of look steps per cycle. The first look step shows the movement of the last go
    step, which says nothing about ``s`` to a network that does not remember the goal of that step.
    Each other look step shows the movement of the look step before it."""
    go: int = 2
    """The number of go steps per cycle."""
    max_steps: int = 300
    """The number of env steps of a life."""
    settle: int = 20
    """The number of go steps after birth, and after the flip, that the measures leave out."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
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
        """The name of the task in texts for people."""
        return "reversal"

    @property
    def n_observations(self) -> int:
        """The number of values in an observation."""
        return len(SENSORS)

    @property
    def n_outputs(self) -> int:
        """The number of outputs, which is one: its sign is the action."""
        return 1

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the variants, of which there is one."""
        return ("default",)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The mean scores of settled go steps before and after the flip, and the flip's step."""
        score = "score {} the flip of the actuator, −1 to 1"
        return (
            Measure("before", description=score.format("before"), low=-1.0, high=1.0),
            Measure("after", description=score.format("after"), low=-1.0, high=1.0),
            Measure("flip", "env step", False, "when the actuator flips", low=0.0),
        )

    @property
    def return_range(self) -> Range:
        """The returns of a life that is always wrong and of one that is always right."""
        return -1.0, 1.0

    @property
    def is_go(self) -> npt.NDArray[np.bool_]:
        """Whether each step of a life is a go step, ``(max_steps,)``."""
        is_go: npt.NDArray[np.bool_]
        is_go = np.arange(self.max_steps) % (self.look + self.go) >= self.look
        return is_go

    def lanes(self, n: int) -> ReversalLanes:
        """Return ``n`` new lanes."""
        return ReversalLanes(self, n)


class ReversalLanes:
    """The lanes of a `Reversal`; all random numbers of a life are drawn when it begins.

    Attributes:
        observations: ``(n, 3)`` float32, see `Reversal`.
        signs: ``(n, max_steps)`` int8, the hidden sign at each step.
        goals: ``(n, max_steps)`` int8, the side of the goal: ±1 in go steps, 0 in look steps.
        flips: ``(n,)``, the first step of each life with the flipped sign.
    """

    def __init__(self, task: Reversal, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
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
        """Return the score of ``outputs`` ``(k, 1)`` in the present step; 0 in a look step."""
        ages = self._ages[lanes]
        scores: Signs = self.goals[lanes, ages] * _moves(self.signs[lanes, ages], outputs)
        return scores

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; a non-finite output scores 0 and ends the life."""
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
        """Write the observations: goals in go steps, and the last ``moves`` in look steps."""
        seen = self._flags[ages]
        seen[:, 0] = self.goals[lanes, ages] + moves * seen[:, 1]
        self.observations[lanes] = seen

    def measures(self, lane: int) -> dict[str, float]:
        """Return the mean scores ``before`` and ``after`` the flip, and its step ``flip``.

        Means are over settled go steps, and NaN while the life has no such step. A network that
        guesses scores 0 on average, and a network that is always right scores 1.
        """
        flip, age = int(self.flips[lane]), int(self._ages[lane])
        return {
            "before": self._mean(lane, 0, min(flip, age)),
            "after": self._mean(lane, flip, age),
            "flip": float(flip),
        }

    def _mean(self, lane: int, start: int, stop: int) -> float:
        """Return the mean score of the settled go steps from ``start`` to ``stop``.

        The first ``settle`` go steps do not count.
        """
        settled = np.flatnonzero(self._is_go[start:stop])[self._task.settle :]
        return float(self._scores[lane, start + settled].mean()) if settled.size else float("nan")


def _moves(signs: Signs, outputs: npt.NDArray[np.float32]) -> Signs:
    """Return the movement of each mass, +1 or −1, if its actuator has the sign in ``signs``."""
    return np.where(outputs[:, 0] >= 0, signs, -signs)
