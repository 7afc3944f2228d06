"""The sliced gradient against EvoTorch's own, computed from the whole population at once."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from evotorch.distributions import (
    ExpSeparableGaussian,
    SeparableGaussian,
    SymmetricSeparableGaussian,
)

from metahebb.evolution import gradient
from metahebb.evolution.gradient import center_gradient, gradients
from metahebb.evolution.ranking import weights
from metahebb.worker import SearchPoint

SEED, GENERATION, N_GENES, POPSIZE = 5, 3, 1003, 32
CENTER = np.random.default_rng(0).normal(size=N_GENES).astype(np.float32)
STDEV = np.random.default_rng(1).uniform(0.05, 0.2, N_GENES).astype(np.float32)
FITNESS = np.random.default_rng(2).normal(size=POPSIZE)

PGPE = (SymmetricSeparableGaussian, True, {"divide_mu_grad_by": "num_directions",
                                           "divide_sigma_grad_by": "num_directions"})  # fmt: skip
SNES = (ExpSeparableGaussian, False, {})
CEM = (SeparableGaussian, False, {"parenthood_ratio": 0.25})
SEARCHES = {
    "pgpe-centered": (*PGPE, "centered"),
    "pgpe-nes": (*PGPE, "nes"),
    "pgpe-raw": (*PGPE, "raw"),
    "snes-nes": (*SNES, "nes"),
    "snes-centered": (*SNES, "centered"),
    "snes-raw": (*SNES, "raw"),
    "cem-raw": (*CEM, "raw"),
}


def set_up(name):
    kind, mirrored, options, ranking = SEARCHES[name]
    mu, sigma = torch.from_numpy(CENTER.copy()), torch.from_numpy(STDEV.copy())
    distribution = kind({"mu": mu, "sigma": sigma, **options})
    return distribution, SearchPoint(CENTER, STDEV, mirrored), ranking


def ours(name, threads=1, fitness=FITNESS):
    distribution, point, ranking = set_up(name)
    return gradients(
        distribution, point, SEED, GENERATION, weights(fitness, ranking), ranking, threads
    )


@pytest.fixture
def small_slices(monkeypatch):
    """Sixteen genes at a time, of 1003: 63 slices, the last one shorter."""
    monkeypatch.setattr(gradient, "SLICE_BYTES", 4 * POPSIZE * 16)


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("name", SEARCHES)
def test_equals_evotorch_on_the_whole_population(name):
    distribution, point, ranking = set_up(name)
    samples = np.empty((POPSIZE, N_GENES), np.float32)
    for candidate, row in enumerate(samples):
        point.source(SEED, GENERATION, candidate).write(0, row)
    theirs = distribution.compute_gradients(
        torch.from_numpy(samples),
        torch.from_numpy(FITNESS.astype(np.float32)),
        objective_sense="max",
        ranking_method=ranking,
    )
    found = ours(name)
    for parameter in ("mu", "sigma"):
        largest = theirs[parameter].abs().max()
        assert largest > 1e-3
        torch.testing.assert_close(
            found[parameter], theirs[parameter], rtol=0, atol=1e-5 * float(largest)
        )


@pytest.mark.usefixtures("small_slices")
@pytest.mark.parametrize("name", ["pgpe-nes", "snes-nes", "cem-raw"])
def test_threads_change_no_bit(name):
    one, three = ours(name, 1), ours(name, 3)
    for parameter in ("mu", "sigma"):
        assert torch.equal(one[parameter], three[parameter])


def test_standardized_is_centered_times_a_number():
    centered = ours("pgpe-centered")
    distribution, point, _ = set_up("pgpe-centered")
    standardized = gradients(
        distribution, point, SEED, GENERATION, weights(FITNESS, "standardized"), "standardized", 1
    )
    factor = 1 / np.std(np.arange(POPSIZE) / (POPSIZE - 1))
    for parameter in ("mu", "sigma"):
        torch.testing.assert_close(standardized[parameter], centered[parameter] * factor)


@pytest.mark.parametrize("threads", [1, 3])
def test_center_gradient_is_that_of_pgpe_over_the_variance(threads, monkeypatch):
    monkeypatch.setattr(gradient, "CENTER_SLICE", 16)
    _, point, ranking = set_up("pgpe-nes")
    found = center_gradient(point, SEED, GENERATION, weights(FITNESS, ranking), threads)
    expected = ours("pgpe-nes")["mu"] / torch.from_numpy(STDEV) ** 2
    torch.testing.assert_close(
        found["mu"], expected, rtol=0, atol=1e-5 * float(expected.abs().max())
    )
    assert not found["sigma"].any()
    monkeypatch.undo()
    whole = center_gradient(point, SEED, GENERATION, weights(FITNESS, ranking), 1)
    assert torch.equal(whole["mu"], found["mu"])


@pytest.mark.parametrize("name", SEARCHES)
def test_no_gradient_where_all_fitness_is_alike(name):
    found = ours(name, fitness=np.full(POPSIZE, 0.1))
    assert not found["mu"].any()
    assert not found["sigma"].any()


def test_one_nonfinite_candidate_does_not_poison_the_rest():
    broken = FITNESS.copy()
    broken[3] = np.nan
    worst = FITNESS.copy()
    worst[3] = FITNESS.min() - 1
    for parameter, value in ours("pgpe-nes", fitness=broken).items():
        assert torch.equal(value, ours("pgpe-nes", fitness=worst)[parameter])
