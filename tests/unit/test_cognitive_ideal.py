"""Ideal observers against figures that were computed apart (standard errors below .003)."""

from __future__ import annotations

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
