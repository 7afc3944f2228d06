"""A search for a fitness that is a formula of the genes, without any lives."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from toys import Toy

from metahebb.evolution.backends.base import Backend, Job
from metahebb.evolution.config import SearchConfig
from metahebb.evolution.search import Search
from metahebb.life import Ending
from metahebb.networks import FeedForward
from metahebb.plasticity.rules import RULES
from metahebb.worker import OUTCOME, Outcomes, Plan, Setup

SETUP = Setup.build(Toy(), FeedForward(hidden=(2,), rule=RULES["a"]), seed=5)
N_GENES = SETUP.genome.n_genes


class Formula(Backend):
    """A backend that computes each candidate's fitness from its genes.

    A fitness of NaN stands for a life that went non-finite.

    Attributes:
        jobs: all jobs that were evaluated.
        genes: genes of all candidates of the last evaluation, ``(n_candidates, n_genes)``.
    """

    def __init__(self, fitness: Callable[[np.ndarray], float], num_workers: int = 1) -> None:
        self._num_workers = num_workers
        self.jobs: list[Job] = []
        self.genes = np.zeros((0, N_GENES), np.float32)
        self._fitness = fitness

    @property
    def num_workers(self) -> int:
        return self._num_workers

    def evaluate(self, jobs: Sequence[Job]) -> list[Outcomes]:
        self.jobs.extend(jobs)
        return [self._outcomes(job) for job in jobs]

    def _outcomes(self, job: Job) -> Outcomes:
        self.genes = np.stack(
            [
                SETUP.genome.genes(job.point.source(SETUP.seed, job.plan.generation, c))
                for c in range(job.n_candidates)
            ]
        )
        out = np.zeros(job.n_candidates * job.plan.lives_per_candidate, OUTCOME)
        returns = np.repeat([self._fitness(g) for g in self.genes], job.plan.lives_per_candidate)
        out["episode_return"] = returns
        out["ending"] = np.where(np.isnan(returns), Ending.NONFINITE, Ending.HORIZON)
        return out

    def close(self) -> None:
        """Do nothing: there is nothing to close."""


def search_of(
    fitness: Callable[[np.ndarray], float] | Formula, algorithm: str = "openai_es", **fields: Any
) -> Search:
    """Return a search for ``fitness``, without penalty, and with other fields of its config."""
    backend = fitness if isinstance(fitness, Formula) else Formula(fitness)
    fields = {"popsize": 8, "penalty": 0.0, **fields}
    config = SearchConfig(algorithm, **fields)  # type: ignore[arg-type]
    return Search(config, SETUP, backend, lambda generation: Plan(generation, 10), 0)


def hill(genes: np.ndarray) -> float:
    """Return a fitness that is 0, and highest, where all genes are 1."""
    return -float(np.square(genes - 1).sum())
