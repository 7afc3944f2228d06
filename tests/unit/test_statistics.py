"""Means with intervals."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import trim_mean

from metahebb.analysis.statistics import (
    few_runs,
    mean_interval,
    meets,
    nested_iqms,
    nested_means,
    quantile_interval,
)


@pytest.mark.parametrize("values", [[3.0], [2.5] * 7])
def test_without_spread_there_is_no_width(values: list[float]) -> None:
    assert mean_interval(values) == (values[0],) * 3


def test_of_many_normal_values_it_is_the_textbooks() -> None:
    values = np.random.default_rng(0).normal(5, 2, 2000)
    mean, low, high = mean_interval(values)
    error = values.std(ddof=1) / np.sqrt(values.size)
    assert mean == values.mean()
    assert (mean - low) / error == pytest.approx(1.96, rel=0.05)
    assert (high - mean) / error == pytest.approx(1.96, rel=0.05)
    _, narrow_low, narrow_high = mean_interval(values, confidence=0.5)
    assert (narrow_high - narrow_low) / error == pytest.approx(2 * 0.674, rel=0.08)


def test_it_leans_to_the_side_of_the_long_tail() -> None:
    mean, low, high = mean_interval(np.random.default_rng(1).exponential(1, 40))
    assert low < mean < high
    assert high - mean > 1.1 * (mean - low)


def test_the_same_values_have_the_same_interval() -> None:
    values = [1.0, 2.0, 4.0, 8.0]
    assert mean_interval(values) == mean_interval(values)
    assert mean_interval(values)[1] >= 1.0
    assert mean_interval(values)[2] <= 8.0


@pytest.mark.statistical
def test_it_covers_the_truth_as_often_as_it_says() -> None:
    # Of 300 intervals 285 should hold the mean, or 282: of so few values they are a little narrow.
    # Fewer than 267 or more than 297 would come by chance once in 2,000.
    rng = np.random.default_rng(2)
    held = 0
    for _ in range(300):
        _, low, high = mean_interval(rng.normal(0, 1, 40))
        held += low <= 0 <= high
    assert 267 <= held <= 297


def test_nested_draws_hold_what_varies_between_runs() -> None:
    """Twenty runs, each with an offset: the standard error is that of twenty means, not 2,000."""
    rng = np.random.default_rng(3)
    data = rng.normal(5, 2, (1, 20, 1, 1)) + rng.normal(0, 1, (1, 20, 100, 1))
    draws = nested_means(data)[:, 0]
    runs = data.mean((0, 2, 3))
    error = np.sqrt(runs.var() / 20 + 1 / 2000)
    assert draws.mean() == pytest.approx(data.mean(), abs=4 * error / np.sqrt(2000))
    assert draws.std() == pytest.approx(error, rel=0.08)
    low, high = quantile_interval(draws)
    assert high - low == pytest.approx(2 * 1.96 * error, rel=0.08)


@pytest.mark.statistical
@pytest.mark.parametrize(("groups", "runs"), [(4, 3), (1, 3), (1, 5)])
@pytest.mark.parametrize("statistic", ["mean", "iqm"])
def test_few_runs_have_honest_intervals(groups: int, runs: int, statistic: str) -> None:
    """Of 400 normal data sets, at least 91 % of the intervals hold the truth (binomial: p < 1e-3).

    The false-alarm rate of each case is below 0.001; without the factor it is 0.73 to 0.91.
    """
    rng, hits = np.random.default_rng(5), 0
    for _ in range(400):
        data = rng.normal(0, 1, (groups, runs, 1)) + rng.normal(0, 1, (groups, runs, 20))
        if statistic == "mean":
            found, draws = data.mean(), nested_means(data[..., None], 400)[:, 0]
        else:
            found, draws = nested_iqms(data, 400)
        low, high = quantile_interval(draws, found, few_runs(groups, runs))
        hits += low <= 0 <= high
    assert hits >= 364


@pytest.mark.parametrize("goal", ["> 3", "== 1", "=> 2"])
def test_a_goal_of_another_kind_is_refused(goal: str) -> None:
    with pytest.raises(ValueError, match="expected a goal >= NUMBER or <= NUMBER"):
        meets(3.0, goal)


def test_groups_are_never_exchanged() -> None:
    """What differs between groups (folds) is no uncertainty: every draw has each of them once."""
    data = np.array([1.0, 5.0])[:, None, None, None] * np.ones((2, 3, 4, 1))
    np.testing.assert_allclose(nested_means(data), 3.0)


def test_the_values_of_a_life_are_drawn_together() -> None:
    """A ratio of two proportional values has no spread, however much the values have."""
    values = np.random.default_rng(4).uniform(1, 9, (2, 3, 50, 1))
    draws = nested_means(np.concatenate([values, values / 4], axis=-1))
    assert np.ptp(draws[:, 0]) > 0.5
    np.testing.assert_allclose(draws[:, 1] / draws[:, 0], 0.25)


def test_a_nested_iqm_is_the_mean_of_the_middle_half() -> None:
    values = np.random.default_rng(3).normal(0, 1, (2, 3, 21))
    values[0, 1, :5] = np.nan
    finite = values[np.isfinite(values)]
    found, draws = nested_iqms(values, 300)
    assert found == pytest.approx(trim_mean(finite, 0.25))
    assert draws.shape == (300,)
    assert abs(draws.mean() - found) < 0.1
    assert nested_iqms(values, 300)[1].tolist() == draws.tolist()


def test_a_nested_iqm_draws_runs_before_lives() -> None:
    """Of two runs without spread, one or the other or both are drawn: half the draws mix them."""
    values = np.array([[[0.0] * 8, [1.0] * 8]])
    _, draws = nested_iqms(values, 2000)
    assert set(draws) == {0.0, 0.5, 1.0}
    assert (draws == 0.5).mean() == pytest.approx(0.5, abs=0.05)
    _, grouped = nested_iqms(values.transpose(1, 0, 2), 50)  # two groups of one run: both, always
    assert set(grouped) == {0.5}


def test_a_nested_iqm_of_nothing_is_not_a_number() -> None:
    found, draws = nested_iqms(np.full((1, 2, 3), np.nan), 10)
    assert np.isnan(found)
    assert np.isnan(draws).all()
