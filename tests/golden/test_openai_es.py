"""EvoTorch's PGPE with a rescaled gradient against OpenAI-ES in ten lines of NumPy."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from evotorch.algorithms import PGPE
from evotorch.optimizers import SGD
from toys import Toy

from metahebb.evolution.backends.base import Backend
from metahebb.evolution.problem import LifeProblem
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream, normals
from metahebb.plasticity.rules import RULES
from metahebb.worker import OUTCOME, Plan, Setup

SEED, POPSIZE, STDEV, LEARNING_RATE, GENERATIONS = 3, 16, 0.1, 0.05, 5
SETUP = Setup.build(Toy(), FeedForward((6,), RULES["static"]), SEED)
N_GENES = SETUP.genome.n_genes
GOAL = np.linspace(-1, 1, N_GENES, dtype=np.float32)


def toy_return(genome):
    return -float(np.square(genome.astype(np.float64) - GOAL).sum())


class Valley(Backend):
    """A backend whose lives are worth how near the genome is to a goal."""

    num_workers = 1

    def evaluate(self, jobs):
        found = []
        for job in jobs:
            out = np.zeros(job.n_candidates, OUTCOME)
            for candidate in range(job.n_candidates):
                source = job.point.source(SEED, job.plan.generation, candidate)
                genome = SETUP.genome.genes(source)
                out["episode_return"][candidate] = toy_return(genome)
                out["mean_square"][candidate] = np.mean(np.square(genome, dtype=np.float64))
            found.append(out)
        return found

    def close(self):
        pass


def openai_es(center, generations, penalty):
    """Salimans et al. 2017, algorithm 2, with the rank shaping of Najarro & Risi's code."""
    for generation in range(generations):
        keys = [Key(SEED, Stream.SEARCH, generation, pair) for pair in range(POPSIZE // 2)]
        noise = np.stack([sign * normals(key, N_GENES) for key in keys for sign in (1, -1)])
        genomes = center + np.float32(STDEV) * noise
        fitness = [
            toy_return(g) - penalty * np.mean(np.square(g, dtype=np.float64)) for g in genomes
        ]
        ranks = np.argsort(np.argsort(fitness)) / (POPSIZE - 1) - 0.5
        shaped = ranks / ranks.std()
        center = center + LEARNING_RATE / (POPSIZE * STDEV) * shaped @ noise
        center = center.astype(np.float32)
    return center


def search(penalty, rescaled=True):
    problem = LifeProblem(
        SETUP, Valley(), lambda generation: Plan(generation, max_steps=1),
        penalty=penalty, ranking="standardized", rescaled=rescaled,
    )  # fmt: skip
    sgd = SGD(solution_length=N_GENES, dtype=torch.float32, stepsize=LEARNING_RATE)
    searcher = PGPE(
        problem,
        popsize=POPSIZE,
        center_learning_rate=LEARNING_RATE,
        stdev_learning_rate=0.0,
        stdev_init=STDEV,
        center_init=problem.initial_center(),
        optimizer=sgd,
        distributed=True,
    )
    start = problem.initial_center().numpy()
    for _ in range(GENERATIONS):
        searcher.step()
    return start, searcher.status["center"].numpy(), searcher.status["stdev"].numpy()


@pytest.mark.parametrize("penalty", [0.0, 50.0])
def test_rescaled_pgpe_is_openai_es(penalty):
    start, center, stdev = search(penalty)
    expected = openai_es(start, GENERATIONS, penalty)
    np.testing.assert_allclose(center, expected, rtol=0, atol=2e-6)
    np.testing.assert_array_equal(stdev, np.full(N_GENES, STDEV, np.float32))
    assert np.abs(expected - start).max() > 0.1  # it went somewhere


def test_it_climbs():
    start, center, _ = search(penalty=0.0)
    assert toy_return(center) > toy_return(start)


def test_the_penalty_takes_part():
    assert np.abs(search(0.0)[1] - search(50.0)[1]).max() > 0.01


def test_without_rescaling_steps_are_smaller_by_the_variance():
    start, plain, _ = search(0.0, rescaled=False)
    assert np.abs(plain - start).max() < GENERATIONS * LEARNING_RATE * STDEV * 2
