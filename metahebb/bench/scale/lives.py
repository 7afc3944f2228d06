"""Lives of which only the duration is known, and the worker that sleeps through them."""

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
"""What travels back of a life here: as much as in locomotion."""


@dataclass(frozen=True)
class Lives:
    """Durations, lognormal, as a function of (seed, generation, candidate); one life a candidate.

    Attributes:
        mean_s: seconds of a worker per life; 0 for lives that are over at once.
        cv: standard deviation of the duration over its mean.
        popsize: candidates of a generation.
        seed: of the durations.
    """

    mean_s: float
    cv: float
    popsize: int
    seed: int = 0

    def seconds(self, generation: int, start: int, stop: int) -> npt.NDArray[np.float64]:
        """Return what candidates ``start`` to ``stop - 1`` take a worker, ``(stop - start,)``."""
        drawn = normals(Key(self.seed, Stream.ENVIRONMENT, generation), stop - start, start)
        spread = math.sqrt(math.log1p(self.cv**2))  # of the logarithm
        return self.mean_s * np.exp(spread * drawn.astype(np.float64) - spread**2 / 2)

    def of(self, generation: int) -> npt.NDArray[np.float64]:
        """Return what all candidates of a generation take, ``(popsize,)``."""
        return _of(self, generation)


@functools.lru_cache(8)
def _of(lives: Lives, generation: int) -> npt.NDArray[np.float64]:
    return lives.seconds(generation, 0, lives.popsize)


class VirtualWorker:
    """Stands for any number of workers that live one life at a time: a call sleeps in its thread.

    Ray's messages, their number and their size are those of real workers; see `RemoteWorker`.
    """

    def __init__(self) -> None:
        """Compute the fingerprint, which many threads would otherwise compute at once."""
        self._fingerprint = fingerprint()

    def greet(self) -> Greeting:
        """Return a sign of life."""
        host = socket.gethostname()
        return Greeting(os.getpid(), host, host, self._fingerprint)

    def evaluate(self, jobs: Sequence[Lives], number: int, start: int, stop: int) -> bytes:
        """Sleep through candidates ``start`` to ``stop - 1``; return how long each took, as bytes.

        Args:
            jobs: one, of all generations.
            number: of the generation.
            start: the first candidate.
            stop: the one after the last.
        """
        (lives,) = jobs
        outcomes = np.zeros(stop - start, SENT)
        outcomes["episode_return"] = lives.seconds(number, start, stop)
        time.sleep(float(outcomes["episode_return"].sum()))
        return outcomes.tobytes()
