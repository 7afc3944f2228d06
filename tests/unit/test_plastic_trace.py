"""The plastic trace: weight at birth + gain · trace at all times, and a generic rule besides."""

from __future__ import annotations

import numpy as np
import pytest
from toys import LANE, layers_of, observe

from metahebb.genomes import Genome, GivenGenes
from metahebb.networks import Recurrent
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds, bounded, rule
from metahebb.plasticity.reference import update
from metahebb.plasticity.rules import RULES

NONE = Bounds("none")
TRACE = RULES["plastic_trace"]
ALWAYS = TRACE.with_constants(base=1.0, gate=0.0)


@rule
def generic(pre, post, weight, modulator, /, eta: bounded(0, 1), *, limit=100.0):
    """Δw = clip(η·m·E − δ·w) with E = pre·post and δ = η."""
    return np.clip(eta * modulator * (pre * post) - eta * weight, -limit, limit)


def living(rule_, genes, n_in=4, n_hidden=5, n_out=2, birth="coevolved"):
    network = Recurrent((n_hidden,), rule_, NONE, birth=birth)
    genome = Genome.direct(network.slots(n_in, n_out))
    values = np.concatenate([genes[slot.name](slot) for slot in genome.slots]).astype(np.float32)
    lanes = network.lanes(n_in, n_out, 2)
    lanes.born(1, genome, GivenGenes(values), Key(0, Stream.BIRTH))
    return lanes


def random_genes(seed=0):
    rng = np.random.default_rng(seed)
    draw = lambda slot: rng.normal(size=slot.size)  # noqa: E731
    return {"coefficients": draw, "birth": draw}


def modulated_life(lanes, n_steps, seed=1):
    """Yield the outputs, the modulators (of each unit) and the activities of each step."""
    rng = np.random.default_rng(seed)
    for _ in range(n_steps):
        outputs = observe(lanes, rng)
        lanes.modulators[1] = rng.uniform(-1, 1, lanes.modulators.shape[1])
        yield outputs, lanes.modulators[1].copy(), [each.copy() for each in lanes.activity(1)]


def test_weights_are_those_at_birth_and_gain_times_trace_at_all_times():
    lanes = living(TRACE, random_genes())
    birth = lanes.weights(1)
    moved = 0.0
    for _ in modulated_life(lanes, 30):
        traces, weights = lanes.traces(1), lanes.weights(1)
        for w, w0, trace, numbers in zip(
            weights, birth, traces, lanes.coefficient_layers(1), strict=True
        ):
            np.testing.assert_allclose(w, w0 + numbers[0] * trace, rtol=0, atol=2e-6)
            assert np.abs(trace).max() <= 1
            moved = max(moved, np.abs(w - w0).max())
    assert moved > 0.1


def test_the_trace_is_the_published_one_postsynaptic_times_presynaptic():
    """H ← (1 − η)·H + η·m·h_t·h_{t−1}ᵀ in the recurrent part of the first layer."""
    lanes = living(TRACE, random_genes())
    rate = lanes.coefficient_layers(1)[0][1][:, 4:].astype(np.float64)
    assert 0 < rate.min() < 0.4 < 0.6 < rate.max() < 1
    wanted, before = np.zeros((5, 5)), np.zeros(5)
    for _, modulators, activity in modulated_life(lanes, 12):
        now = activity[1]
        product = modulators[:5, None] * now[:, None] * before[None, :]
        wanted = (1 - rate) * wanted + rate * product
        np.testing.assert_allclose(lanes.traces(1)[0][:, 4:], wanted, rtol=0, atol=1e-6)
        before = now
    assert np.abs(wanted - wanted.T).max() > 0.1


def test_a_compiled_update_is_that_of_the_reference():
    lanes = living(TRACE, random_genes())
    for _, modulators, _ in modulated_life(lanes, 5):
        lanes.modulators[1] = modulators[0]
        old, sensed = layers_of(lanes), lanes.sensed(1)
        lanes.flush(LANE)
        for before, seen, new in zip(old, sensed, layers_of(lanes), strict=True):
            wanted = update(TRACE, NONE, before, seen.pre, seen.post, 1.0, float(modulators[0]))
            np.testing.assert_allclose(new.weights, wanted.weights, rtol=1e-5, atol=1e-6)
            np.testing.assert_allclose(new.trace, wanted.trace, rtol=1e-5, atol=1e-6)


def test_with_a_gain_of_1_and_no_weights_at_birth_it_is_the_generic_rule_with_delta_equal_to_eta():
    rates = np.random.default_rng(3).normal(size=5 * 9 + 2 * 5)
    split = np.split(rates, [5 * 9])
    # A layer's genes are its gains, then its rates.
    gained = np.concatenate([[*np.ones(part.size), *part] for part in split])
    one = living(TRACE, {"coefficients": lambda slot: gained}, birth="zeros")
    other = living(generic, {"coefficients": lambda slot: rates}, birth="zeros")
    seen = 0.0
    # Outputs of a network without weights are 0, so that it is given an impulse of weights.
    for lanes in (one, other):
        lanes.emit(LANE, np.ones((1, 2), np.float32))
        lanes.state["before"][1] = 0.5
        lanes.state["pending"][1] = True
        lanes.modulators[1] = 1
    for (outputs, *_), (same, *_) in zip(
        modulated_life(one, 20), modulated_life(other, 20), strict=True
    ):
        np.testing.assert_allclose(outputs, same, rtol=0, atol=1e-6)
        for weights, equal in zip(one.weights(1), other.weights(1), strict=True):
            np.testing.assert_allclose(weights, equal, rtol=0, atol=1e-6)
        seen = max(seen, np.abs(outputs).max())
    assert seen > 0.1


@pytest.mark.parametrize(("rule_", "changes"), [(TRACE, False), (ALWAYS, True)])
def test_without_a_modulator_it_changes_weights_only_with_a_base(rule_, changes):
    lanes, rng = living(rule_, random_genes()), np.random.default_rng(0)
    birth = lanes.weights(1)
    for _ in range(3):
        observe(lanes, rng)
    pairs = zip(birth, lanes.weights(1), strict=True)
    assert any(not np.array_equal(old, new) for old, new in pairs) == changes
