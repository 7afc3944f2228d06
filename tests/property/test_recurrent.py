"""Recurrent plastic networks: the equations, what a rule sees of which step, what lanes promise."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import MAPS, random_genes
from toys import LANE, born, layers_of, observe, traced

from metahebb.compiler import fold_of
from metahebb.errors import InputError
from metahebb.genomes import Generated, Genome, GenomeMap, GivenGenes
from metahebb.networks import FeedForward, Recurrent, Sparse
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds, Rule
from metahebb.plasticity.reference import Layer, update
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Locomotion
from metahebb.worker import Setup

NONE = Bounds("none")
few = settings(max_examples=12)
leaks = st.sampled_from([1.0, 0.6, 0.05])
shapes = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 5))


@pytest.mark.parametrize("rule", [RULES["abcd_lr"], RULES["ad"], traced], ids=lambda r: r.name)
@few
@given(shape=shapes, leak=leaks, seed=st.integers(0, 2**16))
def test_a_step_is_that_of_the_equations(
    rule: Rule, shape: tuple[int, int, int], leak: float, seed: int
) -> None:
    """h from h before it; then a rule that sees x_t and h_{t−1} before the synapse, h_t behind."""
    n_in, n_hidden, n_out = shape
    network = Recurrent((n_hidden,), rule, NONE, birth="uniform_1", leak=leak)
    lanes, rng = born(network, n_in, n_out, seed), np.random.default_rng(seed)
    lanes.modulators[1] = 0.5
    h, seen = np.zeros(n_hidden, np.float32), None
    for _ in range(5):
        old = layers_of(lanes)
        outputs = observe(lanes, rng).copy()
        inner, outer = layers_of(lanes)
        x, now, out = np.split(lanes.activity(1)[0], [n_in])[0], *lanes.activity(1)[1:]
        if seen is not None:
            for layer, pre, post, new in zip(old, seen[:-1], seen[1:], (inner, outer), strict=True):
                expected = update(rule, NONE, unfolded(rule, layer), pre, post, 1.0, 0.5)
                np.testing.assert_allclose(new.weights, expected.weights, rtol=1e-5, atol=1e-5)
                np.testing.assert_allclose(new.trace, expected.trace, rtol=1e-5, atol=1e-5)
        w_in, w_rec = np.split(inner.weights.astype(np.float64), [n_in], axis=1)
        wanted = (1 - leak) * h + leak * np.tanh(w_in @ x + w_rec @ h)
        np.testing.assert_allclose(now, wanted, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(out, np.tanh(outer.weights @ now), rtol=1e-4, atol=1e-5)
        np.testing.assert_array_equal(outputs, out)
        seen, h = [np.concatenate([x, h]), now, out], now.copy()


def unfolded(rule: Rule, layer: Layer) -> Layer:
    fold = fold_of(rule)
    if fold is not None:
        layer.coefficients[fold.scale] = 1
    return layer


@few
@given(shape=shapes, leak=leaks, seed=st.integers(0, 2**16))
def test_a_newborn_has_heard_nothing(shape: tuple[int, int, int], leak: float, seed: int) -> None:
    n_in, n_hidden, n_out = shape
    network = Recurrent((n_hidden,), leak=leak)
    genome = Genome.direct(network.slots(n_in, n_out))
    source = GivenGenes(random_genes(genome.n_genes, seed))
    lanes, found = network.lanes(n_in, n_out, 2), []
    for _ in range(2):
        lanes.born(1, genome, source, Key(seed, Stream.BIRTH))
        rng = np.random.default_rng(seed)
        found.append([observe(lanes, rng).copy() for _ in range(4)])
    np.testing.assert_array_equal(*found)


@few
@given(shape=shapes, leak=leaks, seed=st.integers(0, 2**16))
def test_lanes_are_computed_alone_and_flushing_changes_no_bit(
    shape: tuple[int, int, int], leak: float, seed: int
) -> None:
    n_in, n_hidden, n_out = shape
    network = Recurrent((n_hidden,), leak=leak)
    alone, beside = (born(network, n_in, n_out, seed) for _ in range(2))
    for array in (
        beside.state["weights"],
        beside.state["coefficients"],
        beside.state["before"],
        beside.state["scales"],
    ):
        array[0] = np.nan
    beside.state["pending"][0] = True
    rng = np.random.default_rng(seed)
    for step in range(4):
        observations = rng.uniform(-1, 1, (2, n_in)).astype(np.float32)
        one = alone.act(observations, LANE)[0].copy()
        np.testing.assert_array_equal(beside.act(observations, np.arange(2))[1], one)
        if step == 1:
            alone.flush(LANE)


def test_what_is_heard_matters_and_so_does_the_leak() -> None:
    outputs = []
    for network in (FeedForward((4,)), Recurrent((4,)), Recurrent((4,), leak=0.5)):
        lanes, rng = born(network, 3, 2, 1), np.random.default_rng(1)
        outputs.append(np.array([observe(lanes, rng)[0] for _ in range(6)]))
    assert len({row.tobytes() for row in outputs}) == 3


@pytest.mark.parametrize("genome_map", MAPS, ids=repr)
def test_every_genome_map_fills_it(genome_map: GenomeMap) -> None:
    network = Recurrent((6, 3), topology=Sparse(0.5))
    slots = network.slots(5, 2)
    assert [(layer.n_out, layer.n_in) for layer in slots[0].layers] == [(6, 11), (3, 6), (2, 3)]
    genome = Genome.mapped(slots, {"coefficients": genome_map})
    lanes = network.lanes(5, 2, 2)
    source = GivenGenes(random_genes(genome.n_genes, 1))
    lanes.born(1, genome, source, Key(0, Stream.BIRTH))
    rng = np.random.default_rng(0)
    first = lanes.weights(1)
    for _ in range(3):
        assert np.isfinite(observe(lanes, rng)).all()
    there = lanes.present_layers(1)
    assert all(not weights[~mask].any() for weights, mask in zip(first, there, strict=True))
    changed = [before != now for before, now in zip(first, lanes.weights(1), strict=True)]
    assert all((a <= b).all() and a.any() for a, b in zip(changed, there, strict=True))


def test_neurons_that_hear_themselves_have_an_index_where_sensors_have_places() -> None:
    genome_map = Generated(3, coordinates="body")
    setup = Setup.build(Locomotion(), Recurrent((4,)), 0, maps={"coefficients": genome_map})
    expressed = setup.genome.expressed(GivenGenes(random_genes(setup.genome.n_genes, 1)))
    heard = expressed["coefficients"][0][:, :, 27:]
    assert heard.shape == (5, 4, 4)
    assert len(np.unique(heard[0, 0])) == 4


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ({"leak": 0.0}, "expected a leak above 0 and at most 1, got 0.0"),
        ({"leak": 1.5}, "expected a leak above 0 and at most 1, got 1.5"),
        ({"hidden": ()}, "expected the number of recurrent neurons in hidden, got none"),
    ],
)
def test_what_cannot_be_is_refused(told: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        Recurrent(**told)  # type: ignore[arg-type]
