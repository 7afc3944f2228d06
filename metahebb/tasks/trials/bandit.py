"""A bandit with two cues and two actions, in which the right action of each cue reverses once.

The reward is not among the sensors. So a network can only adapt if a modulator tells its synapses
the reward.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, Measure, StepResult, Task

CUES, ACTIONS = 2, 2
SENSORS = ("cue 0", "cue 1", "always 1")
"""The names of the numbers in an observation, in order."""


@dataclass(frozen=True)
class Bandit(Task):
    """Choose one of two actions for each of two cues; which one is right reverses in mid-life.

    A hidden bit is drawn at birth, 0 and 1 with equal chance, and flips once, at a step drawn
    uniformly from the middle third of a life. Each step shows one of two cues, drawn anew. The
    action is the number of the larger output, or 0 if both are equal. The action is right if it
    equals cue + bit modulo 2. A right action has the reward 1, a wrong one −1.

    Rules see the chosen action as the activity of the outputs: 1 for it, and 0 for the other.

    The network observes the cue and a constant 1, and never the reward. So its mean reward is 0,
    whatever its weights do, unless a modulator (`metahebb.modulators`) tells its synapses the
    reward.

    Every step is a trial, and the number of its cue is the trial's kind.

    Raises:
        InputError: a life has fewer than 6 steps, or ``settle`` is negative.
    """

    max_steps: int = 40
    """The number of env steps of a life."""
    settle: int = 6
    """The number of steps after birth, and after the reversal, that the measures leave out."""

    def __post_init__(self) -> None:
        """Check the values of both fields."""
        for name, least in (("max_steps", 6), ("settle", 0)):
            if getattr(self, name) < least:
                raise InputError(f"expected {name} of at least {least}, got {getattr(self, name)}")

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "bandit"

    @property
    def n_observations(self) -> int:
        """The number of values in an observation."""
        return len(SENSORS)

    @property
    def n_outputs(self) -> int:
        """The number of outputs: one for each action."""
        return ACTIONS

    @property
    def bodies(self) -> tuple[str, ...]:
        """The names of the variants, of which there is one."""
        return ("default",)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The parts of settled steps that were right before and after the flip, and its step."""
        right = "part of actions that were right, {} the right ones swap, 0 to 1"
        return (
            Measure("before", description=right.format("before"), low=0.0, high=1.0),
            Measure("after", description=right.format("after"), low=0.0, high=1.0),
            Measure("flip", "env step", False, "when the right actions swap", low=0.0),
        )

    @property
    def n_kinds(self) -> int:
        """The number of kinds of trials: one for each cue."""
        return CUES

    def lanes(self, n: int) -> BanditLanes:
        """Return ``n`` new lanes."""
        return BanditLanes(self, n)


class BanditLanes:
    """The lanes of a `Bandit`; all random numbers of a life are drawn when it begins.

    Attributes:
        observations: ``(n, 3)`` float32, see `SENSORS`.
        cues: ``(n, max_steps)``, the cue of each step.
        bits: ``(n, max_steps)``, the hidden bit at each step.
        flips: ``(n,)``, the first step of each life with the flipped bit.
    """

    def __init__(self, task: Bandit, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        self._task = task
        self.cues = np.zeros((n, task.max_steps), np.intp)
        self.bits = np.zeros((n, task.max_steps), np.intp)
        self.flips = np.zeros(n, np.intp)
        self._right = np.zeros((n, task.max_steps), np.bool_)
        self._ages = np.zeros(n, np.intp)
        self.observations = np.zeros((n, task.n_observations), np.float32)

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``: draw its bit, its reversal and its cues."""
        length = self._task.max_steps
        for lane, seed in zip(lanes, seeds, strict=True):
            rng = np.random.default_rng(seed)
            self.bits[lane] = rng.integers(2)
            self.flips[lane] = rng.integers(length // 3, 2 * length // 3)
            self.bits[lane, self.flips[lane] :] ^= 1
            self.cues[lane] = rng.integers(CUES, size=length)
        self._ages[lanes] = 0
        self._observe(lanes)

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step; a non-finite output ends a life as non-finite."""
        ages = self._ages[lanes]
        nonfinite: npt.NDArray[np.bool_] = np.logical_not(np.isfinite(outputs).all(axis=1))
        cues = self.cues[lanes, ages]
        actions = outputs.argmax(1)
        right = (actions == cues ^ self.bits[lanes, ages]) & ~nonfinite
        self._right[lanes, ages] = right
        self._ages[lanes] = ages + 1
        truncated = ages + 1 >= self._task.max_steps
        self._observe(lanes)
        return StepResult(
            np.where(right, 1.0, -1.0),
            np.zeros_like(truncated),
            truncated,
            nonfinite,
            trial_over=np.ones_like(truncated),
            kind=cues,
            emitted=np.eye(ACTIONS, dtype=np.float32)[actions],
        )

    def _observe(self, lanes: LaneNumbers) -> None:
        cues = self.cues[lanes, self._ages[lanes] % self._task.max_steps]
        self.observations[lanes] = [0, 0, 1]
        self.observations[lanes, cues] = 1

    def measures(self, lane: int) -> dict[str, float]:
        """Return how often actions were right ``before`` and ``after`` the flip, and its step.

        The first two numbers are parts of the settled steps, and NaN while the life has no such
        step. A network that guesses is right in half of the steps.
        """
        flip, age = int(self.flips[lane]), int(self._ages[lane])
        return {
            "before": self._accuracy(lane, 0, min(flip, age)),
            "after": self._accuracy(lane, flip, age),
            "flip": float(flip),
        }

    def _accuracy(self, lane: int, start: int, stop: int) -> float:
        settled = self._right[lane, start + self._task.settle : stop]
        return float(settled.mean()) if settled.size else float("nan")
