"""Weights at birth: their distributions, and that a key says everything about them.

Bounds on moments are six standard errors wide: a false alarm in 10⁹ per bound. As keys are fixed,
a test that passes once passes always.
"""

from __future__ import annotations

import math

import numpy as np
import pytest
from toys import BIRTH, born

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes, LayerShape
from metahebb.networks import FeedForward
from metahebb.networks.birth import BIRTHS, Birth, draw_weights
from metahebb.noise import Key, Stream

WIDE, TALL = LayerShape(1, 40, 160), LayerShape(1, 200, 10)
LAYERS = (WIDE, TALL)
KAIMING = math.sqrt(6 / (1 + 3**2))  # gain for slope 3, times the square root of 3
DRAWN = sorted(set(BIRTHS) - {"coevolved"})

# Half widths of the uniform ones by layer: (for 160 → 40, for 10 → 200).
BOUNDS = {
    "uniform": (0.1, 0.1),
    "uniform_1": (1.0, 1.0),
    "xavier": (0.3 * math.sqrt(6 / 200), 0.3 * math.sqrt(6 / 210)),
    "kaiming": (KAIMING / math.sqrt(160), KAIMING / math.sqrt(10)),
}


def draw(name, key=BIRTH, layers=LAYERS):
    out = np.full(sum(layer.size for layer in layers), np.nan, np.float32)
    draw_weights([Birth(name)] * len(layers), key, layers, out)
    return np.split(out, [layers[0].size])


@pytest.mark.statistical
@pytest.mark.parametrize("name", BOUNDS)
def test_uniform_births(name):
    for weights, bound in zip(draw(name), BOUNDS[name], strict=True):
        n, stdev = weights.size, bound / math.sqrt(3)
        assert np.abs(weights).max() <= np.float32(bound)
        assert np.abs(weights).max() > bound * (1 - 21 / n)  # (1 − 21/n)ⁿ < 10⁻⁹
        assert abs(weights.mean()) < 6 * stdev / math.sqrt(n)
        # The variance of x² is 4/45 of the fourth power of the bound.
        assert abs(np.square(weights).mean() - stdev**2) < 6 * bound**2 * math.sqrt(4 / 45 / n)


@pytest.mark.statistical
def test_normal_birth():
    for weights in draw("normal"):
        n = weights.size
        assert abs(weights.mean()) < 6 * 0.024 / math.sqrt(n)
        assert abs(np.square(weights).mean() / 0.024**2 - 1) < 6 * math.sqrt(2 / n)
        assert np.abs(weights).max() > 2 * 0.024


@pytest.mark.statistical
def test_sparse_birth_leaves_exactly_a_fifth():
    for weights in draw("sparse"):
        alive = weights[weights != 0]
        assert alive.size == weights.size // 5
        assert abs(np.square(alive).mean() / 0.01**2 - 1) < 6 * math.sqrt(2 / alive.size)
    # The zeros lie anywhere: also in the second half, by half of their number.
    zeros = (draw("sparse")[0][3200:] == 0).sum()
    assert abs(zeros - 2560) < 6 * math.sqrt(3200 * 0.8 * 0.2)


def test_zero_birth():
    assert not np.concatenate(draw("zeros")).any()


@pytest.mark.parametrize("name", [name for name in DRAWN if name not in ("zeros", "first")])
def test_a_birth_is_that_of_its_key(name):
    weights = np.concatenate(draw(name))
    assert np.isfinite(weights).all()
    np.testing.assert_array_equal(weights, np.concatenate(draw(name)))
    for other in (
        Key(4, Stream.BIRTH),
        Key(3, Stream.EVALUATION_BIRTH),
        Key(3, Stream.BIRTH, generation=1),
        Key(3, Stream.BIRTH, index=1),
        Key(3, Stream.BIRTH, episode=1),
    ):
        assert (weights != np.concatenate(draw(name, other))).mean() > 0.3


@pytest.mark.parametrize("name", ["uniform", "normal", "sparse"])
def test_layers_differ_from_each_other(name):
    one, two = draw(name, layers=(TALL, TALL))
    assert (one != two).mean() > 0.3


@pytest.mark.parametrize("name", DRAWN)
def test_a_network_is_born_with_what_was_drawn(name):
    lanes = born(FeedForward((40, 10), birth=name), 160, 3)
    expected = np.empty(sum(layer.size for layer in lanes.layers), np.float32)
    draw_weights([Birth(name)] * len(lanes.layers), Key(0, Stream.BIRTH), lanes.layers, expected)
    np.testing.assert_array_equal(in_memory(lanes, 1), expected)


def in_memory(lanes, lane):
    """Return a newborn's weights in the order of the genome."""
    assert [w.shape for w in lanes.weights(lane)] == [(s.n_out, s.n_in) for s in lanes.layers]
    return np.concatenate([raw.ravel("K") for raw in lanes.raw_layers(lane)])


def test_coevolved_birth_is_the_slot_exactly():
    network = FeedForward((4,), birth="coevolved")
    genome = Genome.direct(network.slots(5, 3))
    genes = np.random.default_rng(0).normal(size=genome.n_genes).astype(np.float32)
    lanes = network.lanes(5, 3, 1)
    for generation in range(2):
        lanes.born(0, genome, GivenGenes(genes), Key(0, Stream.BIRTH, generation))
        np.testing.assert_array_equal(in_memory(lanes, 0), genes[5 * 32 :])
        lanes.act(np.ones((1, 5), np.float32), np.array([0], np.intp))


def test_unknown_birth():
    with pytest.raises(InputError, match="got 'unifrom'; did you mean 'uniform'"):
        FeedForward(birth="unifrom")
