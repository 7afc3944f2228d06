"""Traps of EvoTorch that our path comes near, and does not step into."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from small_runs import centers, evolve
from small_search import N_GENES, SETUP, Formula, hill, search_of

from metahebb.evolution import problem
from metahebb.evolution.config import ALGORITHMS, OPTIMIZERS, SEEDED
from metahebb.worker import GivenPoint, SearchPoint

MOVES = [
    *[("pgpe", {"optimizer": optimizer, "ranking": r}) for optimizer in OPTIMIZERS
      for r in ("nes", "centered", "raw")],
    *[("openai_es", {"optimizer": optimizer}) for optimizer in OPTIMIZERS],
    ("snes", {}), ("snes", {"ranking": "raw"}), ("cem", {}),
]  # fmt: skip


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_search_climbs(algorithm: str) -> None:
    search = search_of(hill, algorithm, popsize=32, stdev=0.3, learning_rate=0.1)
    for _ in range(40):
        search.step()
    assert hill(search.center()) > 0.5 * hill(np.zeros(N_GENES))


@pytest.mark.parametrize("algorithm", sorted(SEEDED))
@pytest.mark.parametrize("workers", [0, 1, 64])
def test_the_seeded_path_is_taken_whatever_the_number_of_workers(
    algorithm: str, workers: int
) -> None:
    # With no actors EvoTorch would take its dense path, which lags by a generation.
    backend = Formula(hill, workers)
    search = search_of(backend, algorithm)
    search.step()
    assert search.problem.num_actors == max(1, workers)
    assert [type(job.point) for job in backend.jobs] == [SearchPoint]
    other = search_of(hill, algorithm)
    other.step()
    assert search.center().tobytes() == other.center().tobytes()


@pytest.fixture
def many_may_be_nan(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let generations go on of which more than half is NaN, which end a run otherwise."""
    monkeypatch.setattr(problem.LifeProblem, "_check_mostly_finite", lambda *_: None)


@pytest.mark.usefixtures("many_may_be_nan")
@pytest.mark.parametrize(("algorithm", "told"), MOVES)
def test_nan_ranks_worst_in_the_seeded_path(algorithm: str, told: dict[str, Any]) -> None:
    # EvoTorch sorts NaN last, which is first when maximising.
    def fitness(genes: np.ndarray) -> float:
        return float("nan") if genes[0] > 0 else float(genes[0])

    search = search_of(fitness, algorithm, stdev=0.5, initial_stdev=0.0, popsize=16, **told)
    for _ in range(3):
        search.step()
    assert search.center()[0] < -0.001
    assert np.isfinite(search.center()).all()


@pytest.mark.usefixtures("many_may_be_nan")
@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - SEEDED))
def test_nan_is_the_worst_finite_fitness_in_the_dense_path(algorithm: str) -> None:
    def fitness(genes: np.ndarray) -> float:
        return float("nan") if genes[0] > 0 else -1.0 + float(genes[0])

    search = search_of(fitness, algorithm, stdev=0.5, popsize=8)
    (*_, evaluation) = search.step()
    finite = evaluation.fitness[np.isfinite(evaluation.fitness)]
    assert 0 < finite.size < evaluation.fitness.size
    status = search.searcher.status
    assert status["pop_best_eval"] == pytest.approx(finite.max())
    for _ in range(10):
        search.step()
    assert search.searcher.status["best"].values[0] <= 0
    assert not torch.isnan(search.searcher.population.evals).any()


@pytest.mark.parametrize(("algorithm", "told"), MOVES)
def test_constant_fitness_leaves_the_center_where_it_is(
    algorithm: str, told: dict[str, Any]
) -> None:
    # EvoTorch's ClipUp would divide by a gradient of length zero; its ranks walk about at random.
    search = search_of(lambda genes: 3.0, algorithm, **told)
    before = search.center().tobytes()
    for _ in range(3):
        search.step()
    assert search.center().tobytes() == before
    assert np.isfinite(search.stdev())


def test_clipup_goes_on_after_a_generation_without_a_gradient() -> None:
    flat = [True]
    search = search_of(
        lambda genes: 0.0 if flat[0] else hill(genes), "pgpe", optimizer="clipup", stdev=0.3
    )
    search.step()
    flat[0] = False
    for _ in range(30):
        search.step()
    assert hill(search.center()) > 0.7 * hill(np.zeros(N_GENES))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_loggers_see_the_fitness(algorithm: str) -> None:
    # With distributed=True EvoTorch's status has a center, a stdev and a mean, no best or median.
    search = search_of(hill, algorithm)
    seen: list[dict[str, Any]] = []
    search.searcher.log_hook.append(seen.append)
    for generation in range(1, 4):
        (*_, evaluation) = search.step()
        status = seen[-1]
        assert status["iter"] == generation
        assert status["mean_eval"] == pytest.approx(evaluation.fitness.mean())
        assert status["median_eval"] == pytest.approx(np.median(evaluation.fitness))
        assert status["pop_best_eval"] == pytest.approx(evaluation.fitness.max())
    assert len(seen) == 3


@pytest.mark.parametrize("algorithm", sorted(set(ALGORITHMS) - SEEDED))
def test_candidates_are_plain_arrays(algorithm: str) -> None:
    # EvoTorch hands out read-only tensors, and what is derived from them is read-only too.
    backend = Formula(hill)
    search_of(backend, algorithm).step()
    for job in backend.jobs:
        assert isinstance(job.point, GivenPoint)
        assert type(job.point.values) is np.ndarray
        assert job.point.values.dtype == np.float32
        assert job.point.values.shape == (job.n_candidates, N_GENES)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_the_center_is_a_copy_of_ones_own(algorithm: str) -> None:
    search = search_of(hill, algorithm)
    search.step()
    before = search.center()
    search.center()[:] = 7.0
    assert search.center().tobytes() == before.tobytes()
    assert type(before) is np.ndarray


@pytest.mark.parametrize("algorithm", ["openai_es", "cmaes", "xnes", "ga", "cosyne", "mixture"])
def test_global_random_numbers_are_not_used(tmp_path: Path, algorithm: str) -> None:
    for seed in (1, 2):
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002 - the very state that must not matter
        torch.manual_seed(seed)
        assert evolve(tmp_path / str(seed), "--algorithm", algorithm) == 0
    assert centers(tmp_path / "1") == centers(tmp_path / "2")


def test_genomes_of_the_formula_have_enough_genes() -> None:
    assert SETUP.genome.n_genes == N_GENES >= 10
