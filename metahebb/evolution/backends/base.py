"""What a backend does: live lives somewhere, and give back their outcomes in order."""

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
"""A gradient, ``(n_genes,)`` of each parameter of the distribution."""


@dataclass(frozen=True)
class Job:
    """Candidates to evaluate under one plan.

    Attributes:
        plan: how their lives are lived.
        point: where their genes come from.
        n_candidates: how many.
        first: number of the first one; the others follow.
    """

    plan: Plan
    point: SearchPoint | GivenPoint
    n_candidates: int
    first: int = 0

    @property
    def candidates(self) -> range:
        """Their numbers."""
        return range(self.first, self.first + self.n_candidates)


class Gradient(Protocol):
    """A search gradient in slices of genes, each of which anybody can make from fitness and noise.

    The slices are fixed, and so are their sums, to the bit, whoever makes which of them.
    """

    @property
    def generation(self) -> int:
        """Of the candidates."""

    @property
    def n_slices(self) -> int:
        """How many slices there are."""

    @property
    def cost_s(self) -> float:
        """Seconds that all of them take one core, roughly."""

    def slices(self, start: int, stop: int) -> npt.NDArray[np.float32]:
        """Return slices ``start`` to ``stop - 1``, as `joined` takes them."""

    def joined(self, parts: Sequence[npt.NDArray[np.float32]]) -> Sums:
        """Return the gradient from all its slices, in order."""


def shares(n: int, parts: int) -> list[tuple[int, int]]:
    """Return beginning and end of each of at most ``parts`` nearly equal shares of ``n`` things."""
    parts = min(n, parts)
    ends = [n * part // parts for part in range(parts + 1)]
    return list(itertools.pairwise(ends))


class Backend(Protocol):
    """Where lives are lived. Outcomes depend on jobs only: not on the backend or its size."""

    @property
    def num_workers(self) -> int:
        """Workers, for the record."""

    @property
    def others(self) -> Sequence[Fingerprint]:
        """Fingerprints of workers that do arithmetic otherwise than this process; most often none.

        They are admitted only where the user allows it.
        """

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        """Return the outcomes of each job, ``(n_candidates · lives_per_candidate,)``."""

    def begin(self, jobs: Sequence[Job]) -> Callable[[], list[Outcomes]]:
        """Begin with jobs, while others may not be done; return what waits for their outcomes.

        Here they are lived once they are waited for.
        """
        return functools.partial(self.evaluate, jobs)

    def add_up(self, gradient: Gradient) -> Sums:
        """Return the sums of a gradient, made in threads of this process."""
        threads = len(os.sched_getaffinity(0))
        with ThreadPoolExecutor(threads) as pool:
            parts = shares(gradient.n_slices, 2 * threads)
            return gradient.joined(list(pool.map(lambda part: gradient.slices(*part), parts)))

    def close(self) -> None:
        """Let go of threads or processes."""
