"""Ideal observers against figures that were computed apart (standard errors below .003)."""

from __future__ import annotations

import numpy as np
import pytest

from metahebb.tasks import Cognitive
from metahebb.tasks.cognitive import ideal


@pytest.mark.parametrize(
    ("name", "observer", "dt", "expected"),
    [
        ("random-dots", ideal.random_dots, 100, 0.786),
        ("random-dots", ideal.random_dots, 10, 0.809),
        ("context-integration", ideal.context_integration, 100, 0.868),
    ],
)
def test_the_ideal_observer_is_as_often_right_as_was_computed(name, observer, dt, expected):
    # 20,000 trials have a standard error of .003; four of them are a false alarm of 1 in 15,000.
    trials = Cognitive(name, dt=dt).arrays(range(20_000), 0)
    reached = ideal.accuracy(observer(trials.observations), trials)
    assert reached == pytest.approx(expected, abs=0.012)


def test_without_noise_the_ideal_observer_is_always_right():
    trials = Cognitive("context-integration", kwargs={"sigma": 0}).arrays(range(200), 0)
    assert ideal.accuracy(ideal.context_integration(trials.observations), trials) == 1


def test_no_other_weights_of_two_senses_are_better_than_the_ideal_observers():
    """Every direction of both sums is tried; its best accuracy is that of equal weights."""
    trials = Cognitive("multisensory").arrays(range(6_000), 0)
    sums = trials.observations.sum(1)
    first, second = sums[:, 2] - sums[:, 1], sums[:, 4] - sums[:, 3]
    choices = [
        1 + (np.cos(angle) * first + np.sin(angle) * second > 0).astype(np.intp)
        for angle in np.linspace(0, np.pi / 2, 7)
    ]
    reached = [ideal.accuracy(each, trials) for each in choices]
    ours = ideal.accuracy(ideal.multisensory(trials.observations), trials)
    assert ours == reached[3]  # the middle one
    assert ours >= max(reached) - 0.004
    assert ours >= reached[0] + 0.05
    assert ours >= reached[-1] + 0.05
