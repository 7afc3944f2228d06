"""Means with intervals."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.runs.statistics import mean_interval


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
