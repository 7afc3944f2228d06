"""A bandit with two cues and two actions, in which the right actions swap again and again.

The reward is not among the sensors. So a network can only learn if a modulator tells its synapses
the reward.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, Measure, StepResult, Task, TrialOutcome
from metahebb.tasks.trials.bandit import ACTIONS, CUES, SENSORS
from metahebb.tasks.trials.base import RECENT


@dataclass(frozen=True)
class SerialReversal(Task):
    """Choose one of two actions for each of two cues; which one is right swaps every few trials.

    Every step is a trial, and shows one of the two cues, drawn anew. The action is the number of
    the larger output, or 0 if both are equal. The action is right if it equals cue + bit modulo 2.
    The hidden bit is drawn at birth, and flips after every ``every`` trials. A right action has the
    reward 1, a wrong one −1.

    Rules see the chosen action as the activity of the outputs: 1 for it, and 0 for the other. The
    kind of a trial is its cue. Trials are settled from the one with number ``settle`` after a swap
    (or birth) on, counted from 0: a network needs a few trials to notice that actions have swapped.

    Raises:
        InputError: there is no trial, or ``settle`` leaves no trial between two swaps.
    """

    trials: int = 1000
    """Number of trials of a life."""
    every: int = 40
    """Number of trials from one swap of the right actions to the next."""
    settle: int = 6
    """Number of trials after birth and after each swap that do not count as settled."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        for name, least in (("trials", 1), ("every", 1), ("settle", 0)):
            if getattr(self, name) < least:
                raise InputError(
                    f"expected {name} of at least {least} (task serial_reversal), got "
                    f"{getattr(self, name)}"
                )
        if self.settle >= self.every:
            raise InputError(
                f"expected a settle below every, {self.every} (task serial_reversal), got "
                f"{self.settle}"
            )

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "serial_reversal"

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
    def max_steps(self) -> int:
        """The number of steps of a life, which is the number of its trials."""
        return self.trials

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The accuracy of the last trials, and of all settled ones."""
        return (
            Measure(
                "accuracy", description=f"part of the last {RECENT} trials that were right",
                low=0.0, high=1.0,
            ),
            Measure(
                "settled", description="part of all settled trials that were right",
                low=0.0, high=1.0,
            ),
        )  # fmt: skip

    @property
    def kinds(self) -> tuple[str, ...]:
        """The cues."""
        return SENSORS[:CUES]

    @property
    def n_kinds(self) -> int:
        """The number of kinds of trials: one for each cue."""
        return CUES

    @property
    def choices(self) -> tuple[str, ...]:
        """The actions."""
        return tuple(f"action {number}" for number in range(ACTIONS))

    @property
    def conditions(self) -> tuple[str, ...]:
        """The number of trials since the right actions swapped last."""
        return ("since_swap",)

    def with_trials(self, trials: int) -> SerialReversal:
        """Return the same task with lives of ``trials`` trials."""
        return replace(self, trials=trials)

    def cue(self, seed: int, number: int) -> int:
        """Return the cue of a trial, which depends on the life's seed and on its number alone."""
        return int(np.random.default_rng((seed, number)).integers(CUES))

    def bit(self, seed: int, number: int) -> int:
        """Return the hidden bit in a trial of the life with this seed."""
        return int(np.random.default_rng(seed).integers(2)) ^ (number // self.every & 1)

    def lanes(self, n: int) -> SerialReversalLanes:
        """Return ``n`` new lanes."""
        return SerialReversalLanes(self, n)


class SerialReversalLanes:
    """The lanes of a `SerialReversal`.

    Attributes:
        observations: ``(n, 3)`` float32, see `metahebb.tasks.trials.bandit.SENSORS`.
        numbers: ``(n,)``, the number of the present trial in each life.
        cues: ``(n,)``, its cue.
        bits: ``(n,)``, its hidden bit.
    """

    def __init__(self, task: SerialReversal, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        self._task = task
        self.observations = np.zeros((n, task.n_observations), np.float32)
        self.numbers = np.zeros(n, np.intp)
        self.cues = np.zeros(n, np.intp)
        self.bits = np.zeros(n, np.intp)
        self._seeds = np.zeros(n, np.int64)
        self._outcomes: list[TrialOutcome | None] = [None] * n
        self._recent = np.full((n, RECENT), np.nan)
        self._settled = np.zeros((n, 2), np.int64)  # right ones, and all of them

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``, with its first trial."""
        self._seeds[lanes] = seeds
        self._recent[lanes] = np.nan
        self._settled[lanes] = 0
        for lane in lanes.tolist():
            self._begin(lane, 0)

    def _begin(self, lane: int, number: int) -> None:
        seed = int(self._seeds[lane])
        cue = self._task.cue(seed, number)
        self.numbers[lane], self.cues[lane] = number, cue
        self.bits[lane] = self._task.bit(seed, number)
        self.observations[lane] = [0, 0, 1]
        self.observations[lane, cue] = 1

    def step(self, outputs: npt.NDArray[np.float32], lanes: LaneNumbers) -> StepResult:
        """Live one trial on each of ``lanes``; a non-finite output ends a life as non-finite."""
        cues, numbers = self.cues[lanes], self.numbers[lanes]
        actions = outputs.argmax(1)
        nonfinite: npt.NDArray[np.bool_] = np.logical_not(np.isfinite(outputs).all(axis=1))
        right = (actions == cues ^ self.bits[lanes]) & ~nonfinite
        rewards = np.where(right, 1.0, -1.0)
        since = numbers % self._task.every
        self._recent[lanes, numbers % RECENT] = right
        self._settled[lanes] += np.stack([right, np.ones_like(right)], 1) & (
            since >= self._task.settle
        )[:, None]  # fmt: skip
        for row, lane in enumerate(lanes.tolist()):
            self._outcomes[lane] = TrialOutcome(
                int(cues[row]),
                float(rewards[row]),
                float("nan"),
                float(right[row]),
                int(actions[row]),
                (float(since[row]),),
            )
            self._begin(lane, int(numbers[row]) + 1)
        return StepResult(
            rewards,
            np.zeros_like(right),
            numbers + 1 >= self._task.trials,
            nonfinite,
            trial_over=np.ones_like(right),
            kind=cues,
            emitted=np.eye(ACTIONS, dtype=np.float32)[actions],
        )

    def outcome(self, lane: int) -> TrialOutcome:
        """Return the outcome of the trial that ended last on ``lane``."""
        outcome = self._outcomes[lane]
        assert outcome is not None
        return outcome

    def measures(self, lane: int) -> dict[str, float]:
        """Return the accuracy of the last and of all settled trials; NaN without such a trial."""
        recent = self._recent[lane]
        recent = recent[np.isfinite(recent)]
        right, settled = self._settled[lane].tolist()
        return {
            "accuracy": float(recent.mean()) if recent.size else float("nan"),
            "settled": right / settled if settled else float("nan"),
        }

    def saved(self, lane: int) -> dict[str, npt.NDArray[Any]]:
        """Return what the rest of the life on ``lane`` depends on, between two trials."""
        return {
            "number": np.array(self.numbers[lane]),
            "recent": self._recent[lane].copy(),
            "settled": self._settled[lane].copy(),
        }

    def restore(self, lane: int, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Go on with the life on ``lane`` from ``saved``."""
        self._recent[lane], self._settled[lane] = saved["recent"], saved["settled"]
        self._begin(lane, int(saved["number"]))
