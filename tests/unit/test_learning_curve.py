"""Running means, trials to criterion, and bands over seeds."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.analysis.learning_curve import band, running_mean, trials_to_criterion


def test_a_running_mean_begins_when_the_window_is_full() -> None:
    means = running_mean([1.0, 3.0, 5.0, 9.0], 2)
    np.testing.assert_array_equal(means, [np.nan, 2.0, 4.0, 7.0])
    assert np.isnan(running_mean([1.0, 2.0], 3)).all()
    with pytest.raises(ValueError, match="expected a window of at least 1 trial, got 0"):
        running_mean([1.0], 0)


def test_unknown_trials_are_left_out_of_a_running_mean() -> None:
    means = running_mean([1.0, np.nan, 5.0, np.nan, np.nan], 2)
    np.testing.assert_array_equal(means, [np.nan, 1.0, 5.0, 5.0, np.nan])


def test_the_count_is_the_last_trial_of_the_first_window() -> None:
    correct = np.r_[np.zeros(300), np.ones(200)]
    assert trials_to_criterion(correct) == 395
    assert trials_to_criterion(correct, part=1.0) == 400
    assert trials_to_criterion(correct, part=0.95, window=20) == 319
    assert trials_to_criterion(correct[:394]) is None
    assert trials_to_criterion(np.ones(99)) is None
    assert trials_to_criterion(np.ones(100)) == 100
    with pytest.raises(ValueError, match="expected a part above 0"):
        trials_to_criterion(correct, part=0.0)


def test_the_window_passes_over_trials_without_a_right_answer() -> None:
    correct = np.full(400, np.nan)
    correct[::2] = 1
    assert trials_to_criterion(correct) == 199


def test_the_band_of_many_equal_runs_is_the_textbooks() -> None:
    curves = np.random.default_rng(0).normal(2.0, 1.0, (40, 3))
    over = band(list(curves))
    np.testing.assert_allclose(over.middle, curves.mean(0))
    np.testing.assert_array_equal(over.trials, [1, 2, 3])
    half = 2.02 * curves.std(0, ddof=1) / np.sqrt(40)
    np.testing.assert_allclose(over.high - over.middle, half, rtol=0.1)
    np.testing.assert_allclose(over.middle - over.low, half, rtol=0.1)


def test_runs_of_different_lengths_have_a_band_as_long_as_there_are_two() -> None:
    over = band([[0.0, 1.0, 2.0, 3.0], [2.0, 3.0], [4.0, 5.0, 6.0]])
    np.testing.assert_array_equal(over.n_runs, [3, 3, 2, 1])
    np.testing.assert_allclose(over.middle, [2.0, 3.0, 4.0, 3.0])
    assert (over.low[:3] < over.middle[:3]).all()
    assert np.isnan(over.low[3])


def test_the_median_and_bounds() -> None:
    curves = [[0.9], [1.0], [1.0], [0.2], [1.0]]
    over = band(curves, "median", bounds=(0.0, 1.0))
    assert over.middle[0] == 1.0
    assert over.low[0] == pytest.approx(0.2)
    assert over.high[0] == 1.0
    assert band(curves, "mean", bounds=(0.0, 1.0)).high[0] == 1.0
    assert band(curves, "mean").high[0] > 1.0


def test_a_band_has_at_most_200_points_and_ends_with_the_last_trial() -> None:
    over = band([np.arange(5000.0), np.arange(3000.0)])
    assert over.trials.size == 200
    assert (over.trials[0], over.trials[-1]) == (1, 5000)
    np.testing.assert_allclose(over.middle, over.trials - 1)
    with pytest.raises(ValueError, match="at least one run"):
        band([])
