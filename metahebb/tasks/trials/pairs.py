"""Pairs of stimuli with an answer that each life has to find out from reward (Miconi 2023)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Self

import numpy as np

from metahebb.errors import InputError
from metahebb.tasks.base import LaneNumbers, Measure, Range, StepResult, TrialOutcome
from metahebb.tasks.trials.base import RECENT, Array, Trial, TrialLanes, mean_of_known
from metahebb.tasks.trials.timed import TimedTask

PAIRS = ("AA", "AB", "BA", "BB")
"""The pairs of stimuli, in the order in which trials show them."""
FUNCTIONS = tuple(f"{number:04b}" for number in range(1, 15))
"""The functions that are not constant, as truth tables: a digit for the answer to each pair."""
DNMS, DMS = "0110", "1001"
"""The functions that ask whether stimuli were different, or equal."""
TRAINING = tuple(name for name in FUNCTIONS if name not in (DNMS, DMS))
"""All functions but the two that ask whether stimuli were different or equal."""


@dataclass(frozen=True)
class Pairs(TimedTask):
    """Find out which answer is right for each of four pairs of stimuli, from reward alone.

    A trial shows two stimuli, one after the other, each of them A or B: one of two sensors is
    ``strength`` while a stimulus lasts. In the last ``judged`` ms, the output should be ``target``
    if the answer to this pair is 1, and −``target`` if it is 0. The answers are a Boolean function
    of the two stimuli, such as *and*, and each life has one function. Nothing that the network
    observes says which function it is. The four pairs follow each other in a fixed order.

    The bodies of the task are functions: ``0001`` answers 1 to BB only.

    The return is the mean reward of the last ``counted`` trials. All other trials are for learning:
    modulators are told their rewards, too.

    Source: Miconi 2023, "Learning to acquire novel cognitive tasks with evolution, plasticity and
    meta-meta-learning"; times as in the authors' code.
    Differs from the reference: a trial ends with the answer, so it has no time in which the network
    senses its reward; a new trial forgets activities and traces; there is one output for both
    answers; pairs come in a fixed order; the error is |output − target|, not its square.

    Raises:
        InputError: a time is not a number of whole steps, a body is no function, the target is not
            above 0 and at most 1, or more trials count than there are.
    """

    trials: int = 400
    """Number of trials of a life."""
    dt: float = 20.0
    """Time of a step in ms."""
    functions: tuple[str, ...] = TRAINING
    """Functions that are the task's bodies, as truth tables of AA, AB, BA and BB."""
    stimulus: float = 160.0
    """Time that each stimulus lasts, in ms."""
    delay: float = 40.0
    """Time between the stimuli, in ms."""
    wait: float = 140.0
    """Time from the end of the second stimulus until the output is judged, in ms."""
    judged: float = 200.0
    """Time at the end of a trial in which the output is judged, in ms."""
    strength: float = 3.0
    """Value of a sensor while its stimulus lasts."""
    target: float = 0.8
    """Right output for the answer 1; minus this number is right for the answer 0."""
    counted: int = 100
    """Number of last trials whose mean reward is the return."""

    def __post_init__(self) -> None:
        """Check all fields."""
        super().__post_init__()
        self._check_times(("stimulus", "delay", "wait", "judged"), ("stimulus", "judged"))
        if not 0 < self.target <= 1:
            raise InputError(
                f"expected a target above 0 and at most 1 (task pairs), got {self.target}"
            )
        if not self.functions:
            raise InputError("expected functions (task pairs), got none; write for example 0001")
        for name in self.functions:
            if len(name) != len(PAIRS) or set(name) - set("01"):
                raise InputError(
                    "expected functions as four digits 0 or 1, the answers to "
                    f"{', '.join(PAIRS)} (task pairs), got {name!r}; write for example 0001"
                )
        if not 1 <= self.counted <= self.trials:
            raise InputError(
                f"expected counted from 1 to the number of trials, {self.trials} (task pairs), "
                f"got {self.counted}"
            )

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "pairs"

    @property
    def bodies(self) -> tuple[str, ...]:
        """The functions."""
        return self.functions

    @property
    def kinds(self) -> tuple[str, ...]:
        """The pairs of stimuli."""
        return PAIRS

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers."""
        return ("0", "1")

    @property
    def n_observations(self) -> int:
        """The number of sensors: one for each stimulus."""
        return 2

    @property
    def n_outputs(self) -> int:
        """The number of outputs."""
        return 1

    @property
    def n_steps(self) -> int:
        """The number of steps of a trial."""
        return sum(map(self._steps, (2 * self.stimulus, self.delay, self.wait, self.judged)))

    @property
    def return_range(self) -> Range:
        """The least and the greatest return: the error is at most that of the other end."""
        return (-1.0 - self.target, 0.0)

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The accuracy and the error of the trials that count."""
        last = f"of the last {self.n_measured} trials"
        return (
            Measure("accuracy", description=f"part {last} that were right", low=0.0, high=1.0),
            Measure("error", description=f"mean error {last}", low=0.0),
        )

    @property
    def n_measured(self) -> int:
        """The number of last trials over which measures are means."""
        return min(self.counted, RECENT)

    def on(self, bodies: tuple[str, ...]) -> Self:
        """Return the same task with other functions."""
        return replace(self, functions=bodies)

    def with_trials(self, trials: int) -> Self:
        """Return the same task with lives of ``trials`` trials."""
        return replace(self, trials=trials, counted=min(self.counted, trials))

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return a trial of the first function; its kind is ``number`` modulo 4."""
        return self.of_kind(0, number % len(PAIRS))

    def judge(self, outputs: Array, trial: Trial) -> TrialOutcome:
        """Return the outcome of ``trial``, which is right if its choice is the right answer."""
        outcome = super().judge(outputs, trial)
        answer = int(trial.target[-1, 0] > 0)
        return outcome._replace(correct=float(outcome.choice == answer))

    def of_kind(self, body: int, kind: int) -> Trial:
        """Return the trial that shows the pair ``kind`` in a life with the function ``body``."""
        return self._known[body][kind]

    @cached_property
    def _known(self) -> list[list[Trial]]:
        return [[self._made(name, kind) for kind in range(len(PAIRS))] for name in self.functions]

    def _made(self, function: str, kind: int) -> Trial:
        shown, judged = self._steps(self.stimulus), self._steps(self.judged)
        second = shown + self._steps(self.delay)
        observations = np.zeros((self.n_steps, 2), np.float32)
        observations[:shown, kind // 2] = self.strength
        observations[second : second + shown, kind % 2] = self.strength
        target = np.full((self.n_steps, 1), np.nan, np.float32)
        target[-judged:] = self.target if function[kind] == "1" else -self.target
        return Trial(observations, target, kind)

    def lanes(self, n: int) -> PairsLanes:
        """Return ``n`` new lanes."""
        return PairsLanes(self, n)


class PairsLanes(TrialLanes):
    """The lanes of `Pairs`.

    Attributes:
        functions: ``(n,)``, the number of the function that each life has.
    """

    def __init__(self, task: Pairs, n: int) -> None:
        """Make ``n`` lanes; each has to be reset before its first step."""
        super().__init__(task, n)
        self._pairs = task
        self.functions = np.zeros(n, np.intp)

    def reset(self, lanes: LaneNumbers, seeds: Sequence[int], bodies: LaneNumbers) -> None:
        """Begin a life on each of ``lanes``, with the functions ``bodies``."""
        self.functions[lanes] = bodies
        super().reset(lanes, seeds, bodies)

    def _drawn(self, lane: int, number: int) -> Trial:
        return self._pairs.of_kind(int(self.functions[lane]), number % len(PAIRS))

    def step(self, outputs: Array, lanes: LaneNumbers) -> StepResult:
        """Advance ``lanes`` by one step, and say which rewards count."""
        numbers = self.numbers[lanes]
        return self._counted(super().step(outputs, lanes), numbers)

    def finish(self, outputs: Array, lanes: LaneNumbers) -> StepResult:
        """End the trial of each of ``lanes``, and say which rewards count."""
        numbers = self.numbers[lanes]
        return self._counted(super().finish(outputs, lanes), numbers)

    def measures(self, lane: int) -> dict[str, float]:
        """Return the accuracy and the mean error of the last trials; NaN before the first end."""
        # The present trial has the number of the next place that is written to.
        places = (self.numbers[lane] - 1 - np.arange(self._pairs.n_measured)) % RECENT
        correct, error = self._recent[lane][:, places]
        return {"accuracy": mean_of_known(correct), "error": mean_of_known(error)}

    def _counted(self, result: StepResult, numbers: LaneNumbers) -> StepResult:
        """Return ``result`` with the part of its reward that the return adds up."""
        task = self._pairs
        counts = numbers >= task.trials - task.counted
        return result._replace(counted=np.where(counts, result.reward / task.counted, 0.0))
