"""Weights that change at every n-th step only, and by smoothed activities."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import LANE, born, layers_of, observe

from metahebb.compiler import fold_of
from metahebb.errors import InputError
from metahebb.networks import FeedForward, Recurrent
from metahebb.plasticity import Bounds
from metahebb.plasticity.reference import update
from metahebb.plasticity.rules import RULES

NONE, RULE = Bounds("none"), RULES["abcd_lr"]
few = settings(max_examples=15)
paces = st.tuples(st.integers(1, 4), st.integers(1, 4))
kinds = st.sampled_from([FeedForward, Recurrent])


@few
@given(kind=kinds, pace=paces, seed=st.integers(0, 2**16))
def test_every_nth_update_is_that_of_smoothed_activities(
    kind: type[FeedForward], pace: tuple[int, int], seed: int
) -> None:
    every, window = pace
    network = kind((4,), RULE, NONE, "uniform_1", update_every=every, update_window=window)
    lanes, rng = born(network, 3, 2, seed), np.random.default_rng(seed)
    fold = fold_of(RULE)
    mean = None
    for age in range(1, 12):
        old = layers_of(lanes)
        observe(lanes, rng)
        activity = [part.astype(np.float64) for part in lanes.activity(1)]
        mean = activity if mean is None else mean
        mean = [m + (x - m) / min(age, window) for m, x in zip(mean, activity, strict=True)]
        lanes.flush(LANE)
        for k, (layer, new) in enumerate(zip(old, layers_of(lanes), strict=True)):
            if age % every:
                np.testing.assert_array_equal(new.weights, layer.weights)
            else:
                layer.coefficients[fold.scale] = 1
                pre, post = (m.astype(np.float32) for m in mean[k : k + 2])
                wanted = update(RULE, NONE, layer, pre, post).weights
                np.testing.assert_allclose(new.weights, wanted, rtol=1e-5, atol=1e-5)


@few
@given(kind=kinds, pace=paces, seed=st.integers(0, 2**16))
def test_flushing_changes_no_bit_and_a_newborn_starts_anew(
    kind: type[FeedForward], pace: tuple[int, int], seed: int
) -> None:
    network = kind((4,), update_every=pace[0], update_window=pace[1])
    plain, flushed = (born(network, 3, 2, seed) for _ in range(2))
    found = []
    for lanes in (plain, flushed, born(network, 3, 2, seed)):
        rng = np.random.default_rng(seed)
        outputs = []
        for step in range(7):
            outputs.append(observe(lanes, rng).copy())
            if lanes is flushed and step in (1, 4):
                lanes.flush(LANE)
        found.append(np.array(outputs))
    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])


def test_a_pace_makes_another_life() -> None:
    outputs = set()
    for pace in ({}, {"update_every": 2}, {"update_window": 3}):
        lanes, rng = born(FeedForward((4,), **pace), 3, 2, 1), np.random.default_rng(1)
        outputs.add(np.array([observe(lanes, rng)[0] for _ in range(6)]).tobytes())
    assert len(outputs) == 3


@pytest.mark.parametrize("name", ["update_every", "update_window"])
def test_a_pace_of_nothing_is_refused(name: str) -> None:
    with pytest.raises(InputError, match=f"expected {name} of at least 1, got 0"):
        FeedForward(**{name: 0})
