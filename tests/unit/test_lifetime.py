"""Learning by rules alone: a life goes on from its arrays, and fresh trials leave it alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from metahebb.errors import InputError, ProgressError
from metahebb.learning.base import Lesson
from metahebb.learning.lifetime import Lifetime, genes_for
from metahebb.modulators import PredictionError
from metahebb.networks import Convolutional, Rate
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Dnms, Locomotion

TASK = Dnms(dt=20.0, longest_delay=400.0, trials=10_000)
LESSON = Lesson(TASK, Rate((9,)), 3, PredictionError(), {"eta": 1e-3})


def pupil(**changes):
    return Lifetime().pupil(dataclasses.replace(LESSON, **changes))


def test_a_life_goes_on_from_its_arrays_in_another_network():
    one, other = pupil(), pupil()
    one.live(7)
    saved = one.saved()
    rest = one.live(9)
    other.live(3)  # what it has lived is forgotten
    other.restore(saved)
    assert other.live(9) == rest
    for name, value in one.saved().items():
        np.testing.assert_array_equal(value, other.saved()[name])


def test_what_was_saved_does_not_change_when_the_life_goes_on():
    one = pupil()
    one.live(5)
    saved = one.saved()
    copies = {name: value.copy() for name, value in saved.items()}
    weights = one.weights()["layer 1"].copy()
    one.live(5)
    for name, value in copies.items():
        np.testing.assert_array_equal(saved[name], value)
    assert (one.weights()["layer 1"] != weights).any()


def test_trials_are_the_same_in_any_number_of_calls():
    one, other = pupil(), pupil()
    assert one.live(12) == [outcome for n in (1, 4, 7) for outcome in other.live(n)]


def test_fresh_trials_leave_the_life_alone_and_do_not_learn():
    one, other = pupil(), pupil()
    one.live(6)
    other.live(6)
    fresh = one.test(10, seed=1)
    assert len(fresh) == 10
    np.testing.assert_array_equal(
        one.test(4, seed=1).outputs, fresh.outputs[:4, : fresh.lengths[:4].max()]
    )
    assert one.live(6) == other.live(6)
    before = one.weights()["layer 1"]
    one.test(5, seed=2)
    np.testing.assert_array_equal(one.weights()["layer 1"], before)


def test_fresh_trials_have_their_own_lengths_with_nan_behind_them():
    fresh = pupil().test(12, seed=0)
    delays = fresh.outcomes.conditions["delay"]
    np.testing.assert_array_equal(fresh.lengths, 40 + delays / 20)
    assert len(set(fresh.lengths.tolist())) > 3
    for name in ("observations", "outputs", "rates"):
        known = np.isfinite(getattr(fresh, name)).all(2)
        np.testing.assert_array_equal(known.sum(1), fresh.lengths)
    judged = np.isfinite(fresh.targets[..., 0])
    assert (judged.sum(1) == 10).all()
    for trial, length in enumerate(fresh.lengths):
        assert judged[trial, length - 10 : length].all()
        assert np.flatnonzero(np.nan_to_num(fresh.rewards[trial])).tolist() == [length - 1]


def test_coefficients_are_genes_in_the_order_of_the_rule():
    rule = RULES["reward_abcd"]
    values = {"eta": 5.0, "A": 1.0, "B": 2.0, "C": 3.0, "D": 4.0}
    np.testing.assert_allclose(
        genes_for(rule, values), [values[name] for name in rule.coefficients]
    )
    with pytest.raises(InputError, match=r"none of A, D; write .* A 0.001 B 2 C 3 D 0.001 eta 5"):
        genes_for(rule, {"eta": 5.0, "B": 2.0, "C": 3.0})
    with pytest.raises(InputError, match="got 'Q'; leave it out"):
        genes_for(rule, {**values, "Q": 1.0})
    with pytest.raises(InputError, match="a finite number as A"):
        genes_for(rule, {**values, "A": np.inf})


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"network": Rate((9,), RULES["static"])}, "a network with a rule to learn by"),
        ({"network": Convolutional()}, "expected"),
        ({"task": Locomotion()}, "a task that judges its trials"),
        ({"coefficients": {}}, "got none of eta"),
    ],
)
def test_who_cannot_learn_is_told(changes, text):
    with pytest.raises(InputError, match=text):
        pupil(**changes)


def test_a_life_that_is_over_and_a_network_that_explodes_are_told():
    short = pupil(task=TASK.with_trials(3))
    assert len(short.live(3)) == 3
    with pytest.raises(InputError, match="a life that goes on"):
        short.live(1)
    wild = pupil()
    wild.restore({**wild.saved(), "network.weights": wild.saved()["network.weights"] * np.inf})
    with pytest.raises(ProgressError, match="weights have exploded"):
        wild.live(1)
