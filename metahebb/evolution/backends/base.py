"""The protocol of backends: a backend lives the lives of jobs, and returns outcomes in order."""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from metahebb.fingerprint import Fingerprint
from metahebb.worker import GivenPoint, Outcomes, Plan, SearchPoint

Sums = dict[str, npt.NDArray[np.float32]]
"""A gradient: an array ``(n_genes,)`` for each parameter of the distribution, by name."""


@dataclass(frozen=True)
class Job:
    """A number of candidates that are to be evaluated under one plan.

    Attributes:
        plan: plan by which the candidates' lives are lived.
        point: distribution, or array, from which the candidates' genes come.
        n_candidates: number of candidates.
        first: number of the first candidate; the others follow it.
    """

    plan: Plan
    point: SearchPoint | GivenPoint
    n_candidates: int
    first: int = 0

    @property
    def candidates(self) -> range:
        """The numbers of the candidates."""
        return range(self.first, self.first + self.n_candidates)


class Gradient(Protocol):
    """A search gradient in slices of genes; any worker can compute a slice from fitness and noise.

    The slices are fixed, so that the bits do not depend on which worker computes which slice.
    """

    @property
    def generation(self) -> int:
        """The generation of the candidates."""

    @property
    def n_slices(self) -> int:
        """The number of slices."""

    @property
    def cost_s(self) -> float:
        """Seconds, roughly, that all slices take on one core."""

    def slices(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return slices ``start`` to ``stop - 1``, in one array that `joined` can take apart."""

    def joined(self, parts: Sequence[npt.NDArray[np.float32]]) -> Sums:
        """Return the gradient from all its slices, in order."""


def shares(n: int, parts: int) -> list[tuple[int, int]]:
    """Return start and stop of at most ``parts`` nearly equal shares of ``n`` things."""
    parts = min(n, parts)
    ends = [n * part // parts for part in range(parts + 1)]
    return list(itertools.pairwise(ends))


class Backend(Protocol):
    """A backend lives the lives of jobs. Outcomes depend neither on the backend nor on its size."""

    @property
    def num_workers(self) -> int:
        """The number of workers, for the record."""

    @property
    def others(self) -> Sequence[Fingerprint]:
        """Fingerprints of workers with other arithmetic than this process; in most runs, none.

        Such workers are admitted only if the user allows it.
        """

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return the outcomes of each job, ``(n_candidates · lives_per_candidate,)``."""

    def begin(self, jobs: Sequence[Job]) -> Callable[[], list[Outcomes]]:
        """Begin with jobs, even if earlier jobs are not done; return a function for the outcomes.

        This function waits for the outcomes, and returns them. By default, the jobs begin only when
        the function is called.
        """
        return functools.partial(self.evaluate, jobs)

    def add_up(self, gradient: Gradient) -> Sums:
        """Return a gradient, which threads of this process compute."""
        threads = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(threads) as pool:
            parts = shares(gradient.n_slices, 2 * threads)
            return gradient.joined(list(pool.map(lambda part: gradient.slices(*part), parts)))

    def close(self) -> None:
        """End the threads or processes of the backend."""
