"""Virtual lives, which have only a duration, and the worker that sleeps through them."""

from __future__ import annotations

import functools
import math
import os
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.evolution.backends.actor import Greeting
from metahebb.fingerprint import fingerprint
from metahebb.noise import Key, Stream, normals
from metahebb.tasks import Locomotion
from metahebb.worker import outcome_of

SENT = outcome_of(Locomotion())
"""Type of the outcome of a virtual life, which has as many bytes as in locomotion."""


@dataclass(frozen=True)
class Lives:
    """Lognormal durations of lives, one life per candidate, as a function of their keys.

    A key consists of seed, generation and candidate.

    Attributes:
        mean_s: mean seconds that a life takes a worker; 0 for lives that are over at once.
        cv: coefficient of variation: the standard deviation of the duration over its mean.
        popsize: number of candidates of a generation.
        seed: seed of the durations.
    """

    mean_s: float
    cv: float
    popsize: int
    seed: int = 0

    def seconds(self, generation: int, start: int, stop: int) -> npt.NDArray[np.float64]:
        """Return the seconds of candidates ``start`` to ``stop - 1``, ``(stop - start,)``."""
        drawn = normals(Key(self.seed, Stream.ENVIRONMENT, generation), stop - start, start)
        spread = math.sqrt(math.log1p(self.cv**2))  # standard deviation of the logarithm
        return self.mean_s * np.exp(spread * drawn.astype(np.float64) - spread**2 / 2)

    def of(self, generation: int) -> npt.NDArray[np.float64]:
        """Return the seconds of all candidates of a generation, ``(popsize,)``."""
        return _of(self, generation)


@functools.lru_cache(8)
def _of(lives: Lives, generation: int) -> npt.NDArray[np.float64]:
    return lives.seconds(generation, 0, lives.popsize)


class VirtualWorker:
    """An actor that stands for many workers with one lane each; every call sleeps in a thread.

    The messages through Ray are as many and as large as with real workers; see `RemoteWorker`.
    """

    def __init__(self) -> None:
        """Compute the fingerprint, which many threads would otherwise compute at once."""
        self._fingerprint = fingerprint()

    def greet(self) -> Greeting:
        """Return the greeting of a worker."""
        host = socket.gethostname()
        return Greeting(os.getpid(), host, host, self._fingerprint)

    def evaluate(self, jobs: Sequence[Lives], number: int, start: int, stop: int) -> bytes:
        """Sleep through candidates ``start`` to ``stop - 1``; return their seconds, as bytes.

        Args:
            jobs: a single job, the lives of all generations.
            number: the number of the generation.
            start: the number of the first candidate.
            stop: the number after that of the last candidate.
        """
        (lives,) = jobs
        outcomes = np.zeros(stop - start, SENT)
        outcomes["episode_return"] = lives.seconds(number, start, stop)
        time.sleep(float(outcomes["episode_return"].sum()))
        return outcomes.tobytes()
