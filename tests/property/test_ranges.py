"""Declared ranges of coefficients, for any genes, genome map and topology."""

from __future__ import annotations

import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import MAPS, express, random_genes, seeded, seeds, sizes
from topologies import KINDS, SIZES, genome_of, masks_of, network_of, newborn
from toys import ranged

from metahebb.compiler import Range, bounded, fold_of, positive
from metahebb.genomes import Genome, GenomeMap, GivenGenes, Merge
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds, Rule, rule
from metahebb.probes import parse_probes

few = settings(max_examples=8)
every_map = pytest.mark.parametrize("genome_map", MAPS, ids=str)
every_kind = pytest.mark.parametrize("topology", KINDS, ids=str)
any_number = st.floats(width=32, allow_nan=False, allow_infinity=False)
ends = st.floats(-1e4, 1e4, width=32)


@rule
def hebbian(pre, post, /, A: bounded(-1, 1), B, C, D: bounded(0, 0.5), eta: positive):
    """The function of ``abcd_lr``, whose coefficients have ranges; for all genome maps."""
    return eta * (A * pre * post + B * pre + C * post + D)


def in_float64(declared: Range | None, number: float) -> float:
    """Return the coefficient that a number stands for, by the formula of the docs."""
    if declared is None:
        return number
    if math.isinf(declared.high):
        return math.exp(number)
    half = (declared.high - declared.low) / 2
    return declared.low + half + half * math.tanh(number)


@given(st.lists(any_number, min_size=2, unique=True), ends, ends)
def test_values_increase_and_stay_inside(numbers: list[float], a: float, b: float) -> None:
    numbers = sorted(numbers)
    low, high = sorted((a, b))
    for declared in (positive, bounded(0, 1), *([bounded(low, high)] if high - low > 1e-2 else [])):
        values = declared.values(np.array(numbers, np.float32))
        assert values.dtype == np.float32
        assert (np.diff(values) >= 0).all()
        inner = values[np.abs(numbers) < 5].astype(np.float64)
        apart = np.diff(np.array(numbers)[np.abs(numbers) < 5]) > 0.05
        assert (np.diff(inner)[apart] > 0).all()
        assert (values >= np.float32(declared.low)).all()
        assert (values <= np.float32(declared.high)).all()
    for declared in (positive, bounded(0, 1)):
        values = declared.values(np.array(numbers, np.float32))
        with np.errstate(all="raise"):  # so that a rule may do this
            assert np.isfinite([1 / values, np.log(values)]).all()


@pytest.mark.parametrize("declared", [positive, bounded(-3, 5)])
def test_a_number_that_is_not_finite_is_seen(declared: Range) -> None:
    numbers = np.array([np.nan, np.inf, -np.inf, 0.0], np.float32)
    np.testing.assert_array_equal(np.isnan(declared.values(numbers)), [True, True, True, False])


def test_genes_of_0_are_1_or_the_middle() -> None:
    assert (positive.at_zero, bounded(1, 40).at_zero, bounded(-1, 1).at_zero) == (1, 20.5, 0)


@every_map
@few
@given(neurons=sizes, seed=seeds)
def test_every_map_goes_into_ranges(
    genome_map: GenomeMap, neurons: tuple[int, ...], seed: int
) -> None:
    """A newborn's coefficients are those of the map, in ranges; a seeded one's are the same."""
    network = FeedForward(neurons[1:-1], hebbian)
    (slot,) = network.slots(neurons[0], neurons[-1])
    genome = Genome.mapped((slot,), {"coefficients": genome_map})
    source, genes = seeded(genome.n_genes, seed, -1)
    lanes = network.lanes(neurons[0], neurons[-1], 2)
    for lane, given_ in enumerate((source, GivenGenes(genes))):
        lanes.born(lane, genome, given_, Key(seed, Stream.BIRTH))
    fold = fold_of(hebbian)
    assert fold is not None
    numbers = express(genome_map, slot, genes)
    expressed = genome.expressed(source)["coefficients"]
    for layer, number, values in zip(lanes.coefficient_layers(0), numbers, expressed, strict=True):
        for plane, before, declared in zip(values, number, hebbian.ranges, strict=True):
            wanted = [in_float64(declared, float(x)) for x in before.flat]
            np.testing.assert_allclose(plane.ravel(), wanted, rtol=1e-6, atol=1e-7)
        values[list(fold.scaled)] *= values[fold.scale]
        np.testing.assert_array_equal(layer, values)
    np.testing.assert_array_equal(*lanes.state["coefficients"])
    # The penalty is on what the map gives, and draws a coefficient towards its value for 0.
    squares = np.concatenate([number.ravel() for number in numbers]).astype(np.float64) ** 2
    np.testing.assert_allclose(lanes.mean_squares, squares.mean(), rtol=1e-5)


@every_kind
@every_map
def test_absent_and_static_synapses_keep_coefficients_of_0(
    genome_map: GenomeMap, topology: Any
) -> None:
    network = network_of(topology, rule=hebbian)
    genome = genome_of(network, genome_map)
    genes = random_genes(genome.n_genes, 5)
    lanes = newborn(network, genome, genes)
    plastic, _ = masks_of(network, genome, genes)
    for planes, mask in zip(lanes.coefficient_layers(1), plastic, strict=True):
        assert (planes[:, ~mask] == 0).all()
        assert (planes[4][mask] > 0).all()
        assert (planes[3][mask] > 0).all()  # D · eta


def test_a_rule_that_divides_by_0_in_absent_synapses_is_refused() -> None:
    divides = Rule.from_source(
        "def divides(pre, trace, /, A, tau: positive):\n    return A * trace, (pre - trace) / tau",
        "divides",
    )
    with pytest.raises(ValueError, match=r"finite where all coef.* got divides; guard"):
        network_of(KINDS[0], rule=divides).slots(SIZES[0], SIZES[-1])
    guarded = Rule.from_source(
        divides.source.replace("/ tau", "/ np.maximum(tau, 0.01)"), "divides"
    )
    network_of(KINDS[0], rule=guarded).slots(SIZES[0], SIZES[-1])


@few
@given(neurons=sizes, seed=seeds, rule_=st.sampled_from([hebbian, ranged]), term=st.integers(0, 3))
def test_a_dropped_term_is_0_or_the_mean_where_its_range_has_no_0(
    neurons: tuple[int, ...], seed: int, rule_: Rule, term: int
) -> None:
    network = FeedForward(neurons[1:-1], rule_)
    genome = Genome.direct(network.slots(neurons[0], neurons[-1]))
    name = rule_.coefficients[term]
    lanes = network.lanes(neurons[0], neurons[-1], 1)
    (probe,) = parse_probes([f"drop_term:term={name}"])
    change = probe.change_coefficients  # type: ignore[union-attr]
    genes = GivenGenes(random_genes(genome.n_genes, seed))
    layers = genome.expressed(genes)["coefficients"]
    lanes.born(0, genome, genes, Key(seed, Stream.BIRTH), [change])
    for planes, as_born in zip(lanes.coefficient_layers(0), layers, strict=True):
        if name in ("eta", "tau", "rate", "D"):
            assert (planes[term] > 0).all()
            mean = as_born[term].mean(dtype=np.float64)
            if name == "tau":  # eta multiplies the others
                np.testing.assert_allclose(planes[term], mean, rtol=1e-5)
        else:  # free, or in (-1, 1)
            assert (planes[term] == 0).all()


def test_large_genes_stay_in_their_ranges_and_a_rule_travels_with_them() -> None:
    network = FeedForward((4,), hebbian, Bounds("clip"))
    assert pickle.loads(pickle.dumps(network)) == network
    genome = Genome.mapped(network.slots(5, 3), {"coefficients": Merge(5, to=(4, 2))})
    for layer in genome.expressed(GivenGenes(random_genes(genome.n_genes, 1, 50.0)))[
        "coefficients"
    ]:
        a, d, eta = layer[0], layer[3], layer[4]
        assert (np.abs(a) < 1).all()
        assert ((d > 0) & (d < 0.5)).all()
        assert ((eta > 0) & np.isfinite(eta)).all()
