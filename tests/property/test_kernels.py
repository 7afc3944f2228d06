"""Compiled kernels against the NumPy reference: one step, from equal states."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toys import LANE, born, layers_of, observe, oja, ranged, traced

from metahebb.compiler import fold_of
from metahebb.networks import FeedForward
from metahebb.plasticity import Bounds, Rule
from metahebb.plasticity.reference import Layer, update
from metahebb.plasticity.rules import RULES

ULP = 2.0**-23  # the unit in the last place of float32 at 1
UPDATE_ULPS = 16  # some ten roundings per synapse, of terms that are about 1 or less
TANH_ERROR = 5e-7  # what metahebb.compiler.tanh promises

MAX_ABS, NONE, CLIP = Bounds("max_abs"), Bounds("none"), Bounds("clip", 0.75)
KERNELS = [
    *((rule, MAX_ABS) for rule in (*RULES.values(), oja, traced, ranged)),
    *((rule, n) for rule in (RULES["abcd_lr"], traced) for n in (NONE, CLIP)),
    (oja, CLIP),
]
kernels = pytest.mark.parametrize(
    ("rule", "normalization"), KERNELS, ids=[f"{r.name}-{n.kind}" for r, n in KERNELS]
)
size = st.integers(1, 70)
shapes = st.builds(lambda ends, hidden: (*ends, tuple(hidden)), st.tuples(size, size),
                   st.lists(size, max_size=2))  # fmt: skip


def unfolded(rule: Rule, layer: Layer) -> Layer:
    """Return the layer with 1 in place of the coefficient that was multiplied in at birth."""
    fold = fold_of(rule)
    if fold is not None:
        layer.coefficients[fold.scale] = 1
    return layer


@kernels
@settings(max_examples=8)
@given(shape=shapes, gain=st.sampled_from([0.0, 0.5, 1.0]), seed=st.integers(0, 2**16))
def test_a_step_is_that_of_the_reference(rule, normalization, shape, gain, seed):
    n_in, n_out, hidden = shape
    rng = np.random.default_rng(seed)
    network = FeedForward(hidden, rule, normalization, birth="uniform_1")
    lanes = born(network, n_in, n_out, seed)
    observe(lanes, rng)
    lanes.gains[1], lanes.modulators[1] = gain, modulator = gain, np.float32(rng.uniform(-1, 1))
    for _ in range(3):
        old, activity = layers_of(lanes), lanes.activity(1)
        outputs = observe(lanes, rng)
        now = lanes.activity(1)
        for k, layer in enumerate(old):
            check_update(rule, normalization, unfolded(rule, layer), activity[k : k + 2],
                         gain, modulator, layers_of(lanes)[k])  # fmt: skip
            check_forward(layers_of(lanes)[k].weights, now[k], now[k + 1])
        np.testing.assert_array_equal(outputs, now[-1])


def check_update(rule, normalization, old, activity, gain, modulator, new):
    free = update(rule, NONE, old, *activity, gain, modulator).weights
    expected = update(rule, normalization, old, *activity, gain, modulator)
    largest = max(1.0, np.abs(old.weights).max(), np.abs(free).max())
    tolerance = UPDATE_ULPS * ULP * largest
    np.testing.assert_allclose(new.trace, expected.trace, rtol=0, atol=tolerance)
    if normalization.kind == "max_abs" and gain:
        tolerance /= max(np.abs(free).max(), 1e-30)  # errors are scaled up like the weights
    np.testing.assert_allclose(new.weights, expected.weights, rtol=0, atol=tolerance)


def check_forward(weights, inputs, outputs):
    weights, inputs = weights.astype(np.float64), inputs.astype(np.float64)
    summed = np.abs(weights) @ np.abs(inputs)
    tolerance = TANH_ERROR + (inputs.size + 2) * ULP / 2 * summed
    error = np.abs(np.tanh(weights @ inputs) - outputs)
    assert (error <= tolerance).all(), (error / tolerance).max()


@kernels
@settings(max_examples=4)
@given(shape=shapes, seed=st.integers(0, 2**16), flushed=st.sets(st.integers(0, 5), min_size=1))
def test_flushing_changes_no_bit(rule, normalization, shape, seed, flushed):
    n_in, n_out, hidden = shape
    network = FeedForward(hidden, rule, normalization)
    lives = [born(network, n_in, n_out, seed) for _ in range(2)]
    rngs = [np.random.default_rng(seed) for _ in lives]
    for lanes in lives:
        lanes.modulators[1] = 0.5
    for step in range(6):
        acted = [observe(lanes, rng) for lanes, rng in zip(lives, rngs, strict=True)]
        np.testing.assert_array_equal(*acted)
        if step in flushed:
            lives[1].flush(LANE)
    for plain, watched in zip(lives[0].weights(1), lives[1].weights(1), strict=True):
        np.testing.assert_array_equal(plain, watched)


@kernels
@settings(max_examples=4)
@given(shape=shapes, seed=st.integers(0, 2**16))
def test_a_frozen_network_keeps_every_bit_of_its_weights(rule, normalization, shape, seed):
    n_in, n_out, hidden = shape
    rng = np.random.default_rng(seed)
    lanes = born(FeedForward(hidden, rule, normalization), n_in, n_out, seed)
    for _ in range(3):
        observe(lanes, rng)
    before = lanes.weights(1)
    lanes.gains[1] = 0
    for _ in range(3):
        observe(lanes, rng)
    for old, new in zip(before, lanes.weights(1), strict=True):
        np.testing.assert_array_equal(old, new)


@settings(max_examples=8)
@given(shape=shapes, seed=st.integers(0, 2**16))
def test_lanes_are_computed_alone(shape, seed):
    n_in, n_out, hidden = shape
    network = FeedForward(hidden)
    alone = born(network, n_in, n_out, seed)
    beside = born(network, n_in, n_out, seed)
    for array in (
        beside.state["weights"],
        beside.state["coefficients"],
        beside.state["before"],
        beside.state["scales"],
    ):
        array[0] = np.nan  # a neighbor at its worst
    beside.state["pending"][0] = True
    rng = np.random.default_rng(seed)
    for _ in range(4):
        observations = rng.uniform(-1, 1, (2, n_in)).astype(np.float32)
        one = alone.act(observations, LANE)[0].copy()
        np.testing.assert_array_equal(beside.act(observations, np.arange(2))[1], one)
