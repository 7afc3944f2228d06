"""One-shot association: pairs of patterns are shown once, and one cue asks for its value."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.tasks.base import Measure, TrialOutcome
from metahebb.tasks.trials.base import RECENT, Array, Trial, TrialTask


@dataclass(frozen=True)
class PatternTask(TrialTask):
    """Answer a cue with a pattern of bits that was shown after this cue in the same trial.

    Cues and values are patterns of bits of ±1, drawn anew in each trial; the cues of a trial are
    distinct. A trial shows a cue and its value in alternate steps, on sensors of their own; then a
    cue alone. In the step after that, all pattern sensors are 0, and the outputs should be the
    bits of the cue's value. The last sensor is always 1.

    The error of a trial is the mean absolute difference between outputs and bits. A bit is right if
    its output has its sign. What the base class calls right or wrong is here the part of the bits
    that are right, so that the accuracy of a life is the part of all bits. A network that knows two
    or three values, but not which of them belongs to the cue, has at best three quarters of the
    bits in the mean.

    Raises:
        InputError: there are too few pairs or bits, or more cues than patterns.
    """

    bits: int = 6
    """Number of bits of a cue and of a value."""

    def __post_init__(self) -> None:
        """Check the numbers of bits and cues."""
        super().__post_init__()
        if self.bits < 1:
            raise InputError(f"expected bits of at least 1 (task {self.label}), got {self.bits}")
        if not 2 <= self.n_cues <= 2**self.bits:
            raise InputError(
                f"expected 2 to {2**self.bits} cues, the number of patterns of {self.bits} bits "
                f"(task {self.label}), got {self.n_cues}"
            )

    @property
    @abstractmethod
    def n_cues(self) -> int:
        """The number of cues of a trial."""

    @property
    def n_shown(self) -> int:
        """The number of pairs of cue and value that a trial shows."""
        return self.n_cues

    @property
    def kinds(self) -> tuple[str, ...]:
        """The cue that the trial asks for, by the order of its first showing."""
        return tuple(f"cue {number}" for number in range(1, self.n_cues + 1))

    @property
    def choices(self) -> tuple[str, ...]:
        """The answers: the outputs are a pattern, not a choice."""
        return ()

    @property
    def n_observations(self) -> int:
        """The number of sensors: the bits of a cue, the bits of a value, and a constant 1."""
        return 2 * self.bits + 1

    @property
    def n_outputs(self) -> int:
        """The number of outputs, one for each bit of a value."""
        return self.bits

    @property
    def n_steps(self) -> int:
        """The number of steps of a trial."""
        return 2 * self.n_shown + 2

    @property
    def measures(self) -> tuple[Measure, ...]:
        """The accuracy and the error of the last trials."""
        last = f"of the last {RECENT} trials"
        return (
            Measure(
                "accuracy", description=f"part of all bits {last} that were right", low=0, high=1
            ),
            Measure("error", description=f"mean error {last}", low=0.0),
        )

    def judge(self, outputs: Array, trial: Trial) -> TrialOutcome:
        """Return the outcome of ``trial`` for the network's ``outputs`` ``(n_steps, n_outputs)``.

        ``correct`` is the part of the bits that are right, and there is no choice.
        """
        judged = np.isfinite(trial.target)
        given, wanted = outputs[judged], trial.target[judged]
        error = float(np.abs(given - wanted).mean(dtype=np.float64))
        right = float((given * wanted > 0).mean())
        return TrialOutcome(trial.kind, -error, error, right, -1, tuple(trial.conditions))

    def patterns(self, n: int, rng: np.random.Generator) -> Array:
        """Return ``n`` patterns ``(n, bits)`` of ±1, which may be equal."""
        return (rng.integers(0, 2, (n, self.bits)) * 2 - 1).astype(np.float32)

    def distinct_patterns(self, n: int, rng: np.random.Generator) -> Array:
        """Return ``n`` different patterns ``(n, bits)`` of ±1."""
        while True:
            patterns = self.patterns(n, rng)
            if len(np.unique(patterns, axis=0)) == n:
                return patterns

    def composed(
        self, cues: Array, values: Array, asked: Array, answer: Array
    ) -> tuple[Array, Array]:
        """Return the observations and the target of a trial.

        Args:
            cues: ``(n_shown, bits)``, the cue of each pair, in the order of showing.
            values: ``(n_shown, bits)``, the value of each pair.
            asked: ``(bits,)``, the cue that is shown at the end.
            answer: ``(bits,)``, the right outputs.
        """
        observations = np.zeros((self.n_steps, self.n_observations), np.float32)
        observations[0:-2:2, : self.bits] = cues
        observations[1:-2:2, self.bits : -1] = values
        observations[-2, : self.bits] = asked
        observations[:, -1] = 1
        target = np.full((self.n_steps, self.bits), np.nan, np.float32)
        target[-1] = answer
        return observations, target


@dataclass(frozen=True)
class Association(PatternTask):
    """Learn pairs of cue and value at one showing each, then give the value of one of the cues.

    The kinds of trials, one for each cue, follow each other in a fixed order.
    """

    pairs: int = 3
    """Number of pairs of a cue and a value that a trial shows."""

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "association"

    @property
    def n_cues(self) -> int:
        """The number of cues of a trial, one for each pair."""
        return self.pairs

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return a trial; its kind is ``number`` modulo the number of pairs."""
        kind = number % self.pairs
        cues, values = self.distinct_patterns(self.pairs, rng), self.patterns(self.pairs, rng)
        return Trial(*self.composed(cues, values, cues[kind], values[kind]), kind)
