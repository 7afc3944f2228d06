"""Context-dependent integration of two noisy modalities (Mante et al. 2013, Miconi 2017)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.errors import InputError
from metahebb.tasks.trials.base import Trial
from metahebb.tasks.trials.timed import TimedTask

_KINDS = ("first negative", "first positive", "second negative", "second positive")


@dataclass(frozen=True)
class ContextIntegration(TimedTask):
    """Say whether the attended one of two noisy modalities is positive or negative in the mean.

    Each modality has a strength s, which is positive or negative, and a sensor with the value
    ``gain``·(s + noise·z). Here z is a new normal number in each step, divided by √dt, so that its
    mean over a time does not depend on dt. Two further sensors are the context: one of them is 1
    in the whole trial, and says which modality to attend to. In the last ``judged`` ms of a trial,
    the output should be +0.98 if the strength of the attended modality is positive, and −0.98 if it
    is negative.

    The four kinds of trials are the attended modality times the sign of its strength. They follow
    each other in a fixed order. A network needs a running mean of the reward for each of them: with
    fewer kinds it does not learn to regard the context.

    Training uses one size of strengths. Tests with several sizes (``strengths``) give psychometric
    curves: each modality then has a size drawn from them, independently. If 0 is among them, chance
    decides what is right in trials with an attended strength of 0.

    Source: Miconi 2017, "Flexible selective integration"; times, gain and noise as in the authors'
    code. Differs from the reference: stimuli begin with the first step of a trial, and not with
    the second one.

    Raises:
        InputError: a time is negative or not a number of whole steps; there are no strengths, or
            one of them is negative.
    """

    stimulus: float = 500.0
    """Time for which both modalities are shown, in ms."""
    wait: float = 0.0
    """Time from the end of the stimuli until the output is judged, in ms."""
    judged: float = 200.0
    """Time at the end of a trial in which the output is judged, in ms."""
    strengths: tuple[float, ...] = (0.5,)
    """Sizes of the modalities' strengths, one of which each modality draws in each trial."""
    noise: float = 1.0
    """Standard deviation of a modality in a step of 1 ms, relative to its strength."""
    gain: float = 0.5
    """Factor of both modalities."""
    target: float = 0.98
    """Right output for a positive strength; minus this number is right for a negative one."""

    def __post_init__(self) -> None:
        """Check all times, the strengths and the noise."""
        super().__post_init__()
        self._check_times(("stimulus", "wait", "judged"), ("stimulus", "judged"))
        if not self.strengths or not all(0 <= each < np.inf for each in self.strengths):
            raise InputError(
                "expected one or more strengths of at least 0 (task context_integration), got "
                f"{self.strengths}; the sign of each strength is drawn"
            )
        if not 0 <= self.noise < np.inf:
            raise InputError(
                f"expected a noise of at least 0 (task context_integration), got {self.noise}"
            )

    @property
    def label(self) -> str:
        """The name of the task in texts for people."""
        return "context_integration"

    @property
    def kinds(self) -> tuple[str, ...]:
        """The attended modality, and the sign of its strength."""
        return _KINDS

    @property
    def conditions(self) -> tuple[str, ...]:
        """The strengths of both modalities, and the number of the attended one: 1 or 2."""
        return ("strength_1", "strength_2", "attended")

    @property
    def n_observations(self) -> int:
        """The number of sensors: one for each modality, and one for each context."""
        return 4

    @property
    def n_outputs(self) -> int:
        """The number of outputs."""
        return 1

    @property
    def n_steps(self) -> int:
        """The number of steps of a trial."""
        return sum(self._steps(time) for time in (self.stimulus, self.wait, self.judged))

    def trial(self, number: int, rng: np.random.Generator) -> Trial:
        """Return a trial; its kind is ``number`` modulo 4."""
        kind = number % len(_KINDS)
        attended, sign = kind // 2, 2 * (kind % 2) - 1
        strengths = rng.choice(self.strengths, 2) * rng.choice((-1, 1), 2)
        strengths[attended] = sign * abs(strengths[attended])
        strengths += 0.0  # −0 becomes 0
        shown = self._steps(self.stimulus)
        noise = self.noise / np.sqrt(self.dt) * rng.standard_normal((shown, 2))
        observations = np.zeros((self.n_steps, 4), np.float32)
        observations[:shown, :2] = self.gain * (strengths + noise)
        observations[:, 2 + attended] = 1
        target = np.full((self.n_steps, 1), np.nan, np.float32)
        target[-self._steps(self.judged) :] = sign * self.target
        first, second = strengths.tolist()
        return Trial(observations, target, kind, (first, second, float(attended + 1)))
