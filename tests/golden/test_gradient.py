"""The sliced gradient against EvoTorch's own, computed from the whole population at once."""

from __future__ import annotations

import itertools
import pickle

import numpy as np
import pytest
import torch
from evotorch.distributions import (
    ExpSeparableGaussian,
    SeparableGaussian,
    SymmetricSeparableGaussian,
)

from metahebb.evolution import center_gradient, gradient
from metahebb.evolution.center_gradient import CenterGradient
from metahebb.evolution.gradient import DistributionGradient
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


def ours(name, parts=1, fitness=FITNESS):
    distribution, point, ranking = set_up(name)
    told = (SEED, GENERATION, weights(fitness, ranking), ranking)
    return added(DistributionGradient.of(distribution, point, *told), parts)


def added(gradient, parts):
    """Return a gradient of which ``parts`` are made one by one, in another process perhaps."""
    gradient = pickle.loads(pickle.dumps(gradient))
    ends = [gradient.n_slices * part // parts for part in range(parts + 1)]
    found = gradient.joined([gradient.slices(*part) for part in itertools.pairwise(ends)])
    return {name: torch.from_numpy(values) for name, values in found.items()}


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
@pytest.mark.parametrize("parts", [2, 5, 63])
def test_who_makes_which_slices_changes_no_bit(name, parts):
    one, several = ours(name), ours(name, parts)
    for parameter in ("mu", "sigma"):
        assert torch.equal(one[parameter], several[parameter])


def test_standardized_is_centered_times_a_number():
    centered = ours("pgpe-centered")
    distribution, point, _ = set_up("pgpe-centered")
    told = (SEED, GENERATION, weights(FITNESS, "standardized"), "standardized")
    standardized = added(DistributionGradient.of(distribution, point, *told), 1)
    factor = 1 / np.std(np.arange(POPSIZE) / (POPSIZE - 1))
    for parameter in ("mu", "sigma"):
        torch.testing.assert_close(standardized[parameter], centered[parameter] * factor)


@pytest.mark.parametrize("parts", [1, 3, 63])
def test_center_gradient_is_that_of_pgpe_over_the_variance(parts, monkeypatch):
    monkeypatch.setattr(center_gradient, "SLICE", 16)
    _, _, ranking = set_up("pgpe-nes")
    gradient = CenterGradient(N_GENES, SEED, GENERATION, weights(FITNESS, ranking))
    found = added(gradient, parts)["mu"]
    expected = ours("pgpe-nes")["mu"] / torch.from_numpy(STDEV)
    mean = found / (POPSIZE // 2)
    torch.testing.assert_close(mean, expected, rtol=0, atol=1e-5 * float(expected.abs().max()))
    monkeypatch.undo()
    assert torch.equal(added(gradient, 1)["mu"], found)


def test_one_nonfinite_candidate_does_not_poison_the_rest():
    broken = FITNESS.copy()
    broken[3] = np.nan
    worst = FITNESS.copy()
    worst[3] = FITNESS.min() - 1
    for parameter, value in ours("pgpe-nes", fitness=broken).items():
        assert torch.equal(value, ours("pgpe-nes", fitness=worst)[parameter])
