"""From fitness to weights: what is broken ranks worst, what is alike weighs alike."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from evotorch.tools.ranking import rank

from metahebb.errors import InputError, ProgressError
from metahebb.evolution.config import SearchConfig
from metahebb.evolution.ranking import RANKINGS, weights, worst_for_nonfinite

NAN, INF = np.nan, np.inf
BY_RANK = [name for name in RANKINGS if name != "raw"]
BROKEN = [
    np.array([2.0, bad, 5.0, -1.0, other]) for bad in (NAN, INF, -INF) for other in (NAN, INF)
]


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("fitness", BROKEN, ids=str)
def test_nonfinite_ranks_worst(ranking, fitness):
    found = weights(fitness, ranking)
    assert np.isfinite(found).all()
    assert found[1] == found[4] == found.min()
    if ranking != "raw":
        assert found[2] > found[0] >= found[3] >= found[1]
    if ranking in ("centered", "standardized"):
        assert found[3] > found[1]  # below every finite one
    else:
        assert found[3] >= found[1]


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("bad", [NAN, INF, -INF])
def test_all_nonfinite_stops_the_run(ranking, bad):
    with pytest.raises(ProgressError, match=r"expected some finite fitness, got 3 ") as caught:
        weights(np.array([bad, NAN, bad]), ranking)

    # Whatever evolves has these flags; what only some networks have is said to be theirs.
    advice, _, plastic = str(caught.value).partition("in a plastic network, ")
    flags = re.findall(r"--([\w.-]+)", advice)
    assert flags == ["search.stdev", "search.learning-rate", "search.penalty"]
    for flag in flags:
        assert hasattr(SearchConfig(), flag.removeprefix("search.").replace("-", "_"))
    assert plastic.startswith("--network.normalization.kind max_abs")


def test_worst_for_nonfinite():
    np.testing.assert_array_equal(
        worst_for_nonfinite(np.array([3.0, NAN, -2.0, INF, -INF])), [3, -2, -2, -2, -2]
    )


@pytest.mark.parametrize("ranking", BY_RANK)
def test_ties_share(ranking):
    fitness = np.array([1.0, 4.0, 4.0, 0.0, 4.0, 1.0, 7.0, 2.0])
    found = weights(fitness, ranking)
    assert found[1] == found[2] == found[4]
    assert found[0] == found[5]
    assert found.sum() == pytest.approx(0, abs=1e-6)
    # What they share is what breaking the ties would have given them, on average.
    broken = fitness + np.array([0, 0.1, 0.2, 0, 0.3, 0.1, 0, 0])
    apart = weights(broken, ranking)
    if ranking != "standardized":  # ties lower the deviation that this one divides by
        assert found[1] == pytest.approx(apart[[1, 2, 4]].mean(), rel=1e-6)
        assert found[0] == pytest.approx(apart[[0, 5]].mean(), rel=1e-6)


@pytest.mark.parametrize("ranking", BY_RANK)
def test_order_in_the_population_does_not_matter(ranking):
    rng = np.random.default_rng(0)
    fitness = rng.integers(0, 6, 40).astype(np.float64)
    order = rng.permutation(40)
    np.testing.assert_array_equal(
        weights(fitness, ranking)[order], weights(fitness[order], ranking)
    )


@pytest.mark.parametrize("ranking", RANKINGS)
@pytest.mark.parametrize("popsize", [1, 7, 128])
def test_all_alike_is_exactly_nothing_to_follow(ranking, popsize):
    """A rounding error would be enough for ClipUp, which follows a gradient of any length."""
    assert not weights(np.full(popsize, 0.1), ranking).any()


@pytest.mark.parametrize("popsize", [2, 9, 128, 501])
@pytest.mark.parametrize("ranking", ["centered", "nes", "raw"])
def test_equals_evotorch_where_all_is_finite_and_different(ranking, popsize):
    fitness = np.random.default_rng(popsize).normal(size=popsize)
    theirs = rank(torch.from_numpy(fitness), ranking, higher_is_better=True).numpy()
    np.testing.assert_allclose(weights(fitness, ranking), theirs, rtol=1e-6, atol=1e-7)


def test_standardized_is_centered_ranks_with_a_deviation_of_one():
    fitness = np.random.default_rng(0).normal(size=50)
    ranks = np.argsort(np.argsort(fitness)) / 49 - 0.5
    np.testing.assert_allclose(weights(fitness, "standardized"), ranks / ranks.std(), rtol=1e-6)


def test_unknown_ranking():
    with pytest.raises(InputError, match="got 'centred'; did you mean 'centered'"):
        weights(np.ones(3), "centred")
