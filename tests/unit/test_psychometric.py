"""Fits of psychometric curves."""

from __future__ import annotations

import math

import numpy as np
import pytest
from lived_trials import integrated, learned
from scipy.special import expit, ndtr
from sklearn.linear_model import LogisticRegression

from metahebb.analysis.choices import choice_curves, signed_conditions, splitting_condition
from metahebb.analysis.psychometric import Answers, answers, fit_psychometric
from metahebb.errors import InputError

LEVELS = np.linspace(-1, 1, 9)


def drawn(p: np.ndarray, n: int, seed: int = 0) -> Answers:
    counts = np.random.default_rng(seed).binomial(n, p)
    return Answers(LEVELS, np.full(LEVELS.size, n), counts)


@pytest.mark.parametrize("shape", ["normal", "logistic"])
def test_bias_slope_and_lapses_are_recovered(shape: str) -> None:
    sigmoid = {"normal": ndtr, "logistic": expit}[shape]
    fit = fit_psychometric(drawn(0.05 + 0.85 * sigmoid((LEVELS - 0.1) / 0.2), 20_000), shape)
    assert fit.bias == pytest.approx(0.1, abs=0.02)
    assert fit.spread == pytest.approx(0.2, rel=0.05)
    assert fit.slope == pytest.approx(
        {"normal": 1 / math.sqrt(2 * math.pi), "logistic": 0.25}[shape] / fit.spread
    )
    assert fit.lapse_low == pytest.approx(0.05, abs=0.01)
    assert fit.lapse_high == pytest.approx(0.10, abs=0.01)
    step = 1e-5
    inside = 1 - fit.lapse_low - fit.lapse_high
    rise = (fit([fit.bias + step]) - fit([fit.bias - step])) / (2 * step * inside)
    assert rise == pytest.approx(fit.slope, rel=1e-4)


def test_without_lapses_it_equals_logistic_regression_to_three_decimals() -> None:
    given = drawn(expit((LEVELS - 0.12) / 0.21), 60)
    at = np.repeat(LEVELS, given.n)
    chosen = np.concatenate([np.arange(n) < k for n, k in zip(given.n, given.chosen, strict=True)])
    other = LogisticRegression(C=np.inf, tol=1e-10).fit(at[:, None], chosen)
    fit = fit_psychometric(given, "logistic", lapses=False)
    assert 1 / fit.spread == pytest.approx(other.coef_[0, 0], abs=5e-4)
    assert fit.bias == pytest.approx(-other.intercept_[0] / other.coef_[0, 0], abs=5e-4)
    assert (fit.lapse_low, fit.lapse_high) == (0, 0)
    assert fit.intervals["lapse_low"] == (0, 0)


@pytest.mark.parametrize(
    ("chosen", "n", "bias", "threshold", "lapses", "loss"),
    [
        ([11, 8, 8, 24, 59, 116, 172, 185, 177], 200, 0.14504, 0.36719, (0.0458, 0.0886), 649.3609),
        ([0, 0, 2, 0, 17, 47, 50, 50, 50], 50, 0.05753, 0.16876, (0.0101, 0.0), 54.9174),
    ],
)
def test_it_equals_psychofit_to_three_decimals(
    chosen: list[int],
    n: int,
    bias: float,
    threshold: float,
    lapses: tuple[float, float],
    loss: float,
) -> None:
    """psychofit 1.0.0, erf_psycho_2gammas, best of 20 fits."""
    fit = fit_psychometric(Answers(LEVELS, np.full(9, n), np.array(chosen)), intervals=False)
    assert fit.bias == pytest.approx(bias, abs=5e-4)
    assert fit.spread * math.sqrt(2) == pytest.approx(threshold, abs=5e-4)
    assert (fit.lapse_low, fit.lapse_high) == pytest.approx(lapses, abs=5e-4)
    assert -fit.log_likelihood == pytest.approx(loss, abs=1e-3)


@pytest.mark.statistical
def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """60 sets of 9 × 40 trials: at 95 %, fewer than 46 hits have a chance below 2e-7."""
    truth = {"bias": 0.1, "slope": 1 / math.sqrt(2 * math.pi) / 0.3}
    hits = dict.fromkeys(truth, 0)
    for seed in range(60):
        fit = fit_psychometric(drawn(ndtr((LEVELS - 0.1) / 0.3), 40, seed), lapses=False)
        for name, value in truth.items():
            low, high = fit.intervals[name]
            hits[name] += low <= value <= high
    assert min(hits.values()) >= 46


def test_a_falling_curve_has_a_negative_slope() -> None:
    given = drawn(0.02 + 0.93 * ndtr((0.2 - LEVELS) / 0.3), 5000)
    fit = fit_psychometric(given)
    assert fit.bias == pytest.approx(0.2, abs=0.03)
    assert fit.spread == pytest.approx(-0.3, rel=0.1)
    low, high = fit.intervals["slope"]
    assert low < fit.slope < high < 0
    np.testing.assert_allclose(fit(LEVELS), given.part, atol=0.03)


def test_of_answers_that_change_at_once_the_slope_has_no_upper_end() -> None:
    at = np.array([-1.0, -0.5, 0.5, 1.0])
    fit = fit_psychometric(Answers(at, np.full(4, 20), np.array([0, 0, 20, 20])))
    low, high = fit.intervals["slope"]
    assert 0 < low < fit.slope
    assert high == math.inf
    bias_low, bias_high = fit.intervals["bias"]
    assert -0.5 < bias_low < 0 < bias_high < 0.5


@pytest.mark.parametrize(
    ("given", "parts"),
    [
        (
            Answers(np.array([0.3]), np.array([9]), np.array([4])),
            "expected two levels or more, got 1",
        ),
        (
            Answers(LEVELS, np.full(9, 5), np.full(9, 5)),
            "expected both answers, got the answer always",
        ),
        (
            Answers(LEVELS, np.full(9, 5), np.zeros(9, int)),
            "expected both answers, got the answer never",
        ),
    ],
)
def test_answers_that_determine_no_curve_are_one_clear_line(given: Answers, parts: str) -> None:
    with pytest.raises(InputError, match=parts) as caught:
        fit_psychometric(given)
    assert "\n" not in str(caught.value)


def test_answers_are_counted_by_level_and_unknown_trials_left_out() -> None:
    given = answers([0.5, -0.5, 0.5, np.nan, 0.5], [1, 0, 0, 1, np.nan])
    np.testing.assert_array_equal(given.levels, [-0.5, 0.5])
    np.testing.assert_array_equal(given.n, [1, 2])
    np.testing.assert_array_equal(given.chosen, [0, 1])
    low, high = given.intervals()
    assert (low <= given.part).all()
    assert (given.part <= high).all()
    with pytest.raises(InputError, match="expected trials with an answer and a level, got none"):
        answers([np.nan], [1])


def test_continuous_levels_are_binned_with_equal_numbers_of_trials() -> None:
    rng = np.random.default_rng(0)
    at = rng.normal(size=900)
    binned = answers(at, at > 0).binned(9)
    np.testing.assert_array_equal(binned.n, np.full(9, 100))
    assert binned.chosen.sum() == (at > 0).sum()
    assert float((binned.levels * binned.n).sum()) == pytest.approx(at.sum())
    few = answers([0.0, 1.0], [0, 1])
    assert few.binned() is few


def test_curves_of_the_cued_and_the_other_modality() -> None:
    outcomes = integrated()
    assert signed_conditions(outcomes) == ("motion", "color")
    assert splitting_condition(outcomes, "motion") == "context"
    cued, other = choice_curves(outcomes, "motion", split="context")
    assert (cued.name, other.name) == ("context 0", "context 1")
    assert cued.fit is not None
    assert cued.fit.bias == pytest.approx(0.03, abs=0.03)
    assert other.fit is None or abs(other.fit.slope) < cued.fit.slope / 5
    (everything,) = choice_curves(outcomes, "motion")
    assert everything.given.n.sum() == len(outcomes)


def test_groups_without_a_fit_say_why_and_wrong_names_are_refused() -> None:
    outcomes = learned(200)
    (curve,) = choice_curves(outcomes, "delay")
    assert curve.fit is None
    assert curve.why == "expected two levels or more, got 1"
    assert signed_conditions(outcomes) == ()
    with pytest.raises(InputError, match="expected a condition of the task"):
        choice_curves(outcomes, "coherence")
