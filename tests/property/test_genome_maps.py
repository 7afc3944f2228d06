"""What every genome map promises, for any shapes: size, ties, and one life whatever the source."""

from __future__ import annotations

import dataclasses
import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import (
    MAPS,
    dealt,
    express,
    express_reference,
    random_genes,
    seeded,
    seeds,
    sizes,
    slot_of,
)

from metahebb.errors import InputError
from metahebb.genomes import (
    GENOME_MAPS,
    Generated,
    Genome,
    GenomeMap,
    GivenGenes,
    Mixture,
    PerNeuron,
    PerSynapse,
    RuleBook,
    Shared,
    Slot,
)
from metahebb.networks import FeedForward, Gated
from metahebb.noise import Key, Stream
from metahebb.plasticity.rules import RULES

every_map = pytest.mark.parametrize("genome_map", MAPS, ids=str)
few = settings(max_examples=8)


def size_as_published(genome_map: Any, slot: Slot) -> int:
    """Return the genes of a slot of five planes, counted otherwise than the map counts."""
    neurons = [slot.layers[0].n_in, *(layer.n_out for layer in slot.layers)]
    pairs = list(itertools.pairwise(neurons))
    if isinstance(genome_map, Mixture):
        sets = 1 if genome_map.across else len(pairs)
        return genome_map.rules * (5 * sets + sum(i * o for i, o in pairs))
    match dataclasses.asdict(genome_map):
        case {"rules": _}:
            return 5 * sum(dealt(genome_map, slot))
        case {"rank": rank, "offsets": offsets}:
            return 5 * sum((min(rank, i, o) + offsets) * (i + o) for i, o in pairs)
        case {"hidden": hidden}:
            return (3 + 1) * hidden + (hidden + 1) * 5
        case {"threshold": _}:
            return sum(4 * i * o + 1 for i, o in pairs)
    if isinstance(genome_map, PerNeuron):
        return 5 * sum(neurons) - neurons[0] - neurons[-1]
    if isinstance(genome_map, PerSynapse):
        return 5 * sum(i * o for i, o in pairs)
    return 5 * sum(i + o - 1 for i, o in pairs)


@every_map
@few
@given(sizes)
def test_size(genome_map: GenomeMap, neurons: tuple[int, ...]) -> None:
    slot = slot_of(neurons)
    n = size_as_published(genome_map, slot)
    assert genome_map.n_genes(slot) == n
    bits = 32 * n
    if isinstance(genome_map, RuleBook):
        signs = n - len(slot.layers)
        bits = math.ceil(signs * math.log2(3)) + 32 * len(slot.layers)
    if isinstance(genome_map, Mixture):
        choices = sum(i * o for i, o in itertools.pairwise(neurons))
        logits = genome_map.rules * choices
        bits = 32 * (n - logits) + math.ceil(choices * math.log2(genome_map.rules))
    assert genome_map.bits(slot) == bits
    genome = Genome((slot,), (genome_map,))
    assert (genome.n_genes, genome.bits, genome.size) == (n, bits, slot.size)


@every_map
@few
@given(sizes, seeds)
def test_expression_is_that_of_plain_loops(
    genome_map: GenomeMap, neurons: tuple[int, ...], seed: int
) -> None:
    slot = slot_of(neurons)
    genes = random_genes(genome_map.n_genes(slot), seed)
    found = express(genome_map, slot, genes)
    memory = np.concatenate([*map(np.ravel, found)])
    # Sums and tanh are rounded in another order or precision; the numbers are about 1.
    for layer, wanted in zip(found, express_reference(genome_map, slot, genes), strict=True):
        np.testing.assert_allclose(layer, wanted, rtol=0, atol=2e-5)
    assert np.isfinite(memory).all()


@every_map
@few
@given(sizes, seeds, st.sampled_from([1, -1]), st.integers(0, 40))
def test_a_seeded_source_is_the_given_source_of_the_same_genes(
    genome_map: GenomeMap, neurons: tuple[int, ...], seed: int, sign: int, start: int
) -> None:
    slot = slot_of(neurons)
    source, genes = seeded(start + genome_map.n_genes(slot), seed, sign)
    grown, given_ = np.full((2, slot.size), np.nan, np.float32)
    genome_map.express(slot, source, start, grown)
    genome_map.express(slot, GivenGenes(genes), start, given_)
    np.testing.assert_array_equal(grown, given_)
    assert np.isfinite(grown).all()


@pytest.mark.parametrize("genome_map", [m for m in MAPS if not isinstance(m, Generated)], ids=str)
@few
@given(sizes, seeds, st.data())
def test_a_gene_moves_its_synapses_and_no_others(
    genome_map: GenomeMap, neurons: tuple[int, ...], seed: int, data: st.DataObject
) -> None:
    """Which are tied to a gene is told by the reference, in whose loops nothing is shared."""
    slot = slot_of(neurons)
    genes = random_genes(genome_map.n_genes(slot), seed)
    gene = data.draw(st.integers(0, genes.size - 1))
    changed = genes.copy()
    changed[gene] *= -2
    pairs = zip(express(genome_map, slot, genes), express(genome_map, slot, changed), strict=True)
    moved = [before != after for before, after in pairs]
    references = [express_reference(genome_map, slot, g) for g in (genes, changed)]
    tied = [abs(b - a) > 1e-5 for b, a in zip(*references, strict=True)]
    if not isinstance(genome_map, Mixture):  # which has rules that nobody follows, and idle logits
        assert any(layer.any() for layer in tied)
    for found, wanted in zip(moved, tied, strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize(
    "genome_map",
    [m for m in MAPS if type(m).__name__ in ("Shared", "AntiDiagonal", "Merge")],
    ids=str,
)
@few
@given(sizes, seeds)
def test_tied_synapses_have_identical_bits_in_every_candidate(
    genome_map: GenomeMap, neurons: tuple[int, ...], seed: int
) -> None:
    slot = slot_of(neurons)
    n = genome_map.n_genes(slot)
    numbers = np.concatenate(
        [*map(np.ravel, express(genome_map, slot, np.arange(n, dtype=np.float32)))]
    )
    assert set(numbers.tolist()) == set(range(n))  # no gene is idle
    source, genes = seeded(n, seed, 1)
    memory = np.empty(slot.size, np.float32)
    genome_map.express(slot, source, 0, memory)
    in_order = np.concatenate(
        [
            layer.view(part).ravel()
            for layer, part in zip(slot.layers, slot.parts(memory), strict=True)
        ]
    )
    np.testing.assert_array_equal(in_order, genes[numbers.astype(int)])


@pytest.mark.parametrize("across", [False, True])
@few
@given(sizes, seeds, st.integers(0, 3))
def test_one_rule_per_synapse_is_the_per_synapse_genome(
    across: bool, neurons: tuple[int, ...], seed: int, more: int
) -> None:
    slot = slot_of(neurons)
    synapses = [layer.synapses for layer in slot.layers]
    full = Shared((sum(synapses) if across else max(synapses)) + more, across)
    assert full.n_genes(slot) == PerSynapse().n_genes(slot)
    source, _ = seeded(slot.size, seed, -1)
    found, direct = np.empty((2, slot.size), np.float32)
    full.express(slot, source, 0, found)
    PerSynapse().express(slot, source, 0, direct)
    np.testing.assert_array_equal(found, direct)


@every_map
@pytest.mark.parametrize("rule", ["abcd_lr", "ad_lr", "a", "abcd_lr_d_in_and_out"])
@settings(max_examples=5)
@given(sizes, seeds)
def test_lanes_agree(genome_map: GenomeMap, rule: str, neurons: tuple[int, ...], seed: int) -> None:
    network = FeedForward(neurons[1:-1], RULES[rule])
    slots = network.slots(neurons[0], neurons[-1])
    if isinstance(genome_map, PerNeuron) and rule != "abcd_lr":
        with pytest.raises(InputError, match=rf"expected a rule .*, got the rule {rule}; use"):
            genome_map.n_genes(slots[0])
        return
    genome = Genome.mapped(slots, {"coefficients": genome_map})
    source, genes = seeded(genome.n_genes, seed, 1)
    lanes = network.lanes(neurons[0], neurons[-1], 3)
    lanes.state["coefficients"][:] = np.nan  # of a life before
    for lane, given_ in ((2, source), (0, GivenGenes(genes)), (1, source)):
        lanes.born(lane, genome, given_, Key(seed, Stream.BIRTH))
    observations = np.random.default_rng(seed).uniform(-1, 1, (3, neurons[0])).astype(np.float32)
    observations[:] = observations[0]
    for _ in range(3):
        outputs = lanes.act(observations, np.arange(3)).copy()
        np.testing.assert_array_equal(outputs, np.broadcast_to(outputs[0], outputs.shape))
    memory = {"coefficients": np.empty(slots[0].size, np.float32)}
    genome.express(source, memory)
    wanted = np.mean(memory["coefficients"].astype(np.float64) ** 2)
    np.testing.assert_allclose(lanes.mean_squares, wanted, rtol=1e-5)  # of what is expressed


WEIGHTS = [
    pytest.param(FeedForward((4,), RULES["static"]), "inherited", id="static"),
    pytest.param(FeedForward((4,), birth="coevolved"), "birth", id="coevolved"),
    pytest.param(Gated("gru", (3, 4)), "inherited", id="gru"),
]


@every_map
@pytest.mark.parametrize(("network", "name"), WEIGHTS)
def test_weights_are_mapped_too(genome_map: GenomeMap, network: Any, name: Any) -> None:
    slots = network.slots(5, 2)
    if isinstance(genome_map, PerNeuron):
        with pytest.raises(InputError, match=f"got the slot {name}; use the rule abcd_lr"):
            Genome.mapped(slots, {name: genome_map})
        return
    genome = Genome.mapped(slots, {name: genome_map})
    source, genes = seeded(genome.n_genes, 3, 1)
    lanes = network.lanes(5, 2, 2)
    lanes.born(1, genome, source, Key(0, Stream.BIRTH))
    slot = slots[-1]
    wanted = express_reference(genome_map, slot, genes[genome.stretches()[name]])
    found = lanes.weights(1) if isinstance(network, FeedForward) else lanes.raw_layers(1)
    if name == "birth":
        assert genome.maps[0] == PerSynapse()  # each slot has a map of its own
    for layer, matrix in zip(wanted, found, strict=False):
        np.testing.assert_allclose(matrix, layer[0], rtol=0, atol=2e-5)


@every_map
def test_maps_are_values(genome_map: GenomeMap) -> None:
    assert pickle.loads(pickle.dumps(genome_map)) == genome_map
    assert hash(genome_map) == hash(dataclasses.replace(genome_map))
    for field in dataclasses.fields(genome_map):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(genome_map, field.name, 3)


def test_every_map_is_tested() -> None:
    assert {type(m) for m in MAPS} == set(GENOME_MAPS.values())
