"""Modulated recall: a signal from outside says which of a cue's values has to be remembered."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.tasks.trials.association import PatternTask
from metahebb.tasks.trials.base import Array, Trial


@dataclass(frozen=True)
class Recall(PatternTask):
    """Remember of each cue the one value at which the modulator was 1, and give it when asked.

    Each cue is shown twice, with another value each time, in a random order of all showings. The
    modulatory signal is 1 in the step of one of both values, and 0 in all other steps. No sensor
    says which value it is, so that a network whose synapses do not read the signal gives the right
    bits only where both values agree, and every second of the others: three quarters.

    The kinds of trials, one for each cue, follow each other in a fixed order.
    """

    cues: int = 2
    """Number of cues that a trial shows."""

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "recall"

    @property
    def n_cues(self) -> int:
        """The number of cues of a trial."""
        return self.cues

    @property
    def n_shown(self) -> int:
        """The number of pairs that a trial shows: each cue with two values."""
        return 2 * self.cues

    @property
    def conditions(self) -> tuple[str, ...]:
        """For each cue the step, counted from 0, in which the value to be remembered is shown."""
        return tuple(f"step_{number}" for number in range(1, self.cues + 1))

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return a trial; its kind is ``number`` modulo the number of cues."""
        kind = number % self.cues
        cues, values = self.distinct_patterns(self.cues, rng), self.patterns(self.n_shown, rng)
        order = rng.permutation(np.repeat(np.arange(self.cues), 2))
        _, first = np.unique(order, return_index=True)
        order = np.argsort(np.argsort(first))[order]  # cues are numbered by their first showing
        remembered = [int(rng.choice(np.flatnonzero(order == cue))) for cue in range(self.cues)]
        arrays = self.composed(cues[order], values, cues[kind], values[remembered[kind]])
        return Trial(*arrays, kind, tuple(float(2 * shown + 1) for shown in remembered))

    def signal(self, trial: Trial) -> Array:
        """Return the signal of ``trial``, ``(n_steps,)``: 1 where a value is to be remembered."""
        signal = np.zeros(self.n_steps, np.float32)
        signal[np.array(trial.conditions, np.intp)] = 1
        return signal
