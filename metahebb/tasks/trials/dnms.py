"""Delayed nonmatch to sample, which is also called delayed exclusive-or (Miconi 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.tasks.trials.base import Trial
from metahebb.tasks.trials.timed import TimedTask

_KINDS = ("AA", "AB", "BA", "BB")


@dataclass(frozen=True)
class Dnms(TimedTask):
    """Say whether two stimuli, with a delay between them, were different.

    Each of the two stimuli is A or B. It sets one of two sensors to 1 while it lasts. In the last
    ``judged`` ms of a trial, the output should be +0.98 if the stimuli were different (AB, BA), and
    −0.98 if they were the same. The four kinds of trials follow each other in a fixed order.

    Source: Miconi 2017, "Delayed nonmatch-to-sample"; times and targets as in the authors' code.

    Raises:
        InputError: a time is negative, not a number of whole steps, or does not fit into a trial.
    """

    stimulus: float = 200.0
    """Time that each stimulus lasts, in ms."""
    delay: float = 200.0
    """Time between the stimuli in ms, or the shortest one."""
    longest_delay: float = 0.0
    """Longest time between the stimuli in ms, which each trial then draws; 0: always ``delay``."""
    wait: float = 200.0
    """Time from the end of the second stimulus until the output is judged, in ms."""
    judged: float = 200.0
    """Time at the end of a trial in which the output is judged, in ms."""
    target: float = 0.98
    """Right output after different stimuli; minus this number is right after equal ones."""

    def __post_init__(self) -> None:
        """Check all times."""
        super().__post_init__()
        self._check_times(("stimulus", "delay", "wait", "judged"), ("stimulus", "judged"))
        if self.longest_delay and self.longest_delay < self.delay:
            raise InputError(
                f"expected a longest_delay of at least the delay, {self.delay:g} ms (task dnms), "
                f"got {self.longest_delay:g} ms"
            )

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "dnms"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The pairs of stimuli."""
        return _KINDS

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers."""
        return ("same", "different")

    @property
    def conditions(self) -> tuple[str, ...]:
        """The delay of a trial in ms."""
        return ("delay",)

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
        """The number of steps of the longest trial."""
        times = (2 * self.stimulus, max(self.delay, self.longest_delay), self.wait, self.judged)
        return sum(self._steps(time) for time in times)

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return a trial; its kind is ``number`` modulo 4."""
        kind = number % len(_KINDS)
        delay = self._steps(self.delay)
        if self.longest_delay:
            delay = int(rng.integers(delay, self._steps(self.longest_delay), endpoint=True))
        shown, judged = self._steps(self.stimulus), self._steps(self.judged)
        n_steps = 2 * shown + delay + self._steps(self.wait) + judged
        observations = np.zeros((n_steps, 2), np.float32)
        observations[:shown, kind // 2] = 1
        observations[shown + delay : 2 * shown + delay, kind % 2] = 1
        target = np.full((n_steps, 1), np.nan, np.float32)
        target[-judged:] = self.target if kind // 2 != kind % 2 else -self.target
        return Trial(observations, target, kind, (delay * self.dt,))
