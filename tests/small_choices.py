"""A small task with choices for tests: say whether two cues, with a delay between them, match."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from metahebb.learning.base import Lesson
from metahebb.networks import FeedForward
from metahebb.tasks.base import StepResult, Task, TrialOutcome

FIXATE, SAME, DIFFERENT = range(3)


@dataclass(frozen=True)
class Match(Task):
    """Fixate while cue, delay and second cue are shown, then choose; a trial has 4 or 5 steps.

    The reward is 1 for the right choice, 0 for the wrong one, and −1 for a choice before the
    decision, which ends the trial, as well as for none.
    """

    trials: int = 50
    """Number of trials of a life."""
    delay: int = 1
    """Number of steps of the shorter delay."""

    label = "match"
    n_observations = 3
    n_outputs = 3
    bodies = ("default",)
    kinds = ("same", "different")
    n_kinds = 2
    choices = ("fixate", "same", "different")
    conditions = ("delay",)

    def with_trials(self, trials: int) -> Match:
        return replace(self, trials=trials)

    seconds_per_step = 0.1

    @property
    def max_steps(self):
        return self.trials * (self.delay + 4)

    def lanes(self, n):
        return MatchLanes(self, n)


class MatchLanes:
    """The lanes of a `Match`; each trial is a function of the life's seed and its number."""

    def __init__(self, task, n):
        self.task = task
        self.observations = np.zeros((n, 3), np.float32)
        self.seeds, self.numbers, self.ages = np.zeros((3, n), np.int64)
        self.cues, self.delays = np.zeros((n, 2), int), np.zeros(n, int)
        self.last = [None] * n

    def reset(self, lanes, seeds, bodies):
        for lane, seed in zip(lanes, seeds, strict=True):
            self.seeds[lane] = seed
            self.begin(lane, 0)

    def begin(self, lane, number):
        rng = np.random.default_rng((self.seeds[lane], number))
        self.numbers[lane], self.ages[lane] = number, 0
        self.cues[lane] = rng.integers(2, size=2)
        self.delays[lane] = self.task.delay + rng.integers(2)
        self.look(lane)

    def look(self, lane):
        age, second = self.ages[lane], self.delays[lane] + 1
        row = self.observations[lane]
        row[:] = [age <= second, 0, 0]
        if age in (0, second):
            row[1 + self.cues[lane][int(age > 0)]] = 1

    def step(self, outputs, lanes):
        result = StepResult.of_nothing(len(lanes))._replace(
            trial_over=np.zeros(len(lanes), bool), kind=np.zeros(len(lanes), int)
        )
        for row, (lane, action) in enumerate(zip(lanes, outputs.argmax(1), strict=True)):
            decides = self.ages[lane] == self.delays[lane] + 2
            right = SAME if self.cues[lane][0] == self.cues[lane][1] else DIFFERENT
            result.kind[row] = right - 1
            self.ages[lane] += 1
            if not (decides or action != FIXATE):
                self.look(lane)
                continue
            reward = float(action == right) if decides and action != FIXATE else -1.0
            choice = int(action) if decides and action != FIXATE else -1
            self.last[lane] = TrialOutcome(
                right - 1, reward, np.nan, float(choice == right), choice, (self.delays[lane],)
            )
            result.reward[row], result.trial_over[row] = reward, True
            result.truncated[row] = self.numbers[lane] + 1 >= self.task.trials
            self.begin(lane, self.numbers[lane] + 1)
        return result

    def outcome(self, lane):
        return self.last[lane]

    def measures(self, lane):
        return {}

    def saved(self, lane):
        return {"number": np.array(self.numbers[lane])}

    def restore(self, lane, saved):
        self.begin(lane, int(saved["number"]))


def lesson(task: Task, seed: int) -> Lesson:
    """Return a lesson for a learner that has networks of its own."""
    return Lesson(task, FeedForward(), seed)
