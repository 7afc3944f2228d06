"""What the kinds of genome maps promise beyond what all promise: deals, ranks, signs."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import dealt, express, random_genes, seeded, seeds, sizes, slot_of

from metahebb.compiler import fold_of
from metahebb.genomes import (
    Generated,
    GivenGenes,
    LayerShape,
    LowRank,
    Mixture,
    PerSynapse,
    RuleBook,
    Shared,
    Slot,
)
from metahebb.plasticity.rules import RULES

few = settings(max_examples=8)


@few
@given(sizes, seeds, st.integers(0, 4))
def test_a_bias_of_the_generating_network_moves_one_coefficient_of_all_synapses(
    neurons: tuple[int, ...], seed: int, plane: int
) -> None:
    slot, genome_map = slot_of(neurons), Generated(3)
    genes = random_genes(genome_map.n_genes(slot), seed)
    changed = genes.copy()
    changed[plane - 5] += 1
    pairs = zip(express(genome_map, slot, genes), express(genome_map, slot, changed), strict=True)
    for before, after in pairs:
        rise = np.zeros_like(before)
        rise[plane] = 1
        np.testing.assert_allclose(after - before, rise, rtol=0, atol=1e-5)


@few
@given(sizes, st.integers(1, 100), st.booleans(), seeds)
def test_rules_are_dealt_evenly_and_whole(
    neurons: tuple[int, ...], rules: int, across: bool, seed: int
) -> None:
    slot, genome_map = slot_of(neurons), Shared(rules, across, seed)
    found = genome_map.assignment(slot)
    assert [f.size for f in found] == [layer.synapses for layer in slot.layers]
    decks = [np.concatenate(found)] if across else found
    for deck, n in zip(decks, dealt(genome_map, slot), strict=True):
        counts = np.bincount(deck)
        assert counts.size == n
        assert counts.max() - counts.min() <= 1
    # All coefficients of a synapse come from one rule: its genes lie one deck apart.
    genes = np.arange(genome_map.n_genes(slot), dtype=np.float32)
    counts = dealt(genome_map, slot) * (len(slot.layers) if across else 1)
    if across and counts[0] == sum(layer.synapses for layer in slot.layers):
        counts = [layer.synapses for layer in slot.layers]  # as many as synapses: per synapse
    for planes, n in zip(express(genome_map, slot, genes), counts, strict=True):
        np.testing.assert_array_equal(planes[1:] - planes[:-1], np.full_like(planes[1:], n))


def test_another_seed_deals_otherwise() -> None:
    slot = slot_of((6, 7, 3))
    first, second = (np.concatenate(Shared(4, seed=s).assignment(slot)) for s in (0, 1))
    assert (first != second).any()


@few
@given(sizes, seeds, st.booleans())
def test_full_rank_can_express_any_per_synapse_genome(
    neurons: tuple[int, ...], seed: int, offsets: bool
) -> None:
    """One factor is the unit matrix, the other the genome; offsets are zero."""
    slot = slot_of(neurons)
    direct = [
        np.asarray(layer) for layer in express(PerSynapse(), slot, random_genes(slot.size, seed))
    ]
    genes: list[np.ndarray] = []
    for layer, planes in zip(slot.layers, direct, strict=True):
        unit = np.eye(min(layer.n_out, layer.n_in), dtype=np.float32)
        for plane in planes:
            factors = (unit, plane) if layer.n_out <= layer.n_in else (plane.T, unit)
            none = np.zeros((layer.n_out + layer.n_in) * offsets, np.float32)
            genes += [*map(np.ravel, factors), none]
    found = express(LowRank(9, offsets), slot, np.concatenate(genes))
    for layer, wanted in zip(found, direct, strict=True):
        np.testing.assert_array_equal(layer, wanted)


@few
@given(sizes, st.sampled_from([n for n in RULES if n != "static"]), seeds)
def test_a_book_has_signs_and_one_eta_per_layer(
    neurons: tuple[int, ...], rule: str, seed: int
) -> None:
    slot, fold = slot_of(neurons, rule), fold_of(RULES[rule])
    genes = random_genes(RuleBook().n_genes(slot), seed, 0.1)
    for planes in express(RuleBook(), slot, genes):
        for k, plane in enumerate(planes):
            values = set(np.abs(plane).ravel().tolist())
            if fold is not None and k == fold.scale:
                assert len(set(plane.ravel().tolist())) == 1
            elif fold is not None and k in fold.scaled:
                assert values <= {0.0, 1.0}
            else:
                assert len(values - {0.0}) <= 1


def test_a_threshold_is_where_signs_begin() -> None:
    slot = Slot("inherited", (LayerShape(1, 1, 6),))
    genes = np.array([0.25, np.nextafter(np.float32(0.25), 1), -0.25, -0.3, 0, np.nan, 2])
    (found,) = express(RuleBook(0.25), slot, genes.astype(np.float32))
    np.testing.assert_array_equal(found.ravel(), [0, 2, 0, -2, 0, np.nan])


def mixture_genes(genome_map: Mixture, slot: Slot, logits: np.ndarray) -> np.ndarray:
    """Return genes whose rules are 0, 1, 2 … and whose logits, all layers across, are given."""
    numbers = slot.layers[0].planes * genome_map.rules
    return np.concatenate([np.arange(numbers), np.ravel(logits)]).astype(np.float32)


@few
@given(sizes, seeds, st.booleans(), st.sampled_from([1, -1]), st.integers(0, 9))
def test_a_mixture_of_one_is_one_shared_rule(
    neurons: tuple[int, ...], seed: int, across: bool, sign: int, start: int
) -> None:
    """Bit for bit; the genes of the shared rules are those of the mixture without its logits."""
    slot = slot_of(neurons)
    source, genes = seeded(start + Mixture(1, across).n_genes(slot), seed, sign)
    found, shared = np.empty((2, slot.size), np.float32)
    Mixture(1, across).express(slot, source, start, found)
    rules = [genes[start : start + 5]]
    for layer in () if across else slot.layers[:-1]:
        start += 5 + layer.synapses
        rules.append(genes[start : start + 5])
    Shared(1, across).express(slot, GivenGenes(np.concatenate(rules)), 0, shared)
    assert found.tobytes() == shared.tobytes()


@few
@given(sizes, seeds, st.integers(2, 300))
def test_a_synapse_follows_its_largest_logit(
    neurons: tuple[int, ...], seed: int, rules: int
) -> None:
    slot, genome_map = slot_of(neurons), Mixture(rules, across=True)
    n = sum(layer.synapses for layer in slot.layers)
    logits = np.random.default_rng(seed).normal(size=(rules, n)).astype(np.float32)
    logits[[0, -1], -1] = 9  # two equal: the first of the two
    logits[:, 0] = 1.5  # all equal: the first
    genes = mixture_genes(genome_map, slot, logits)
    found = np.concatenate(genome_map.assignment(slot, GivenGenes(genes)))
    np.testing.assert_array_equal(found, logits.argmax(0))
    assert found[0] == found[-1] == 0
    wanted = logits.argmax(0)[:, None] + np.arange(slot.layers[0].planes) * rules
    np.testing.assert_array_equal(np.concatenate(parts_of(genome_map, slot, genes)), wanted)
    # Another rule is raised above the one that leads: this synapse moves, and no other.
    logits[-1, 0] = 1.6
    moved = np.concatenate(parts_of(genome_map, slot, mixture_genes(genome_map, slot, logits)))
    assert np.flatnonzero((moved != wanted).any(1)).tolist() == [0]
    assert moved[0, 0] == rules - 1


def parts_of(genome_map: Mixture, slot: Slot, genes: np.ndarray) -> list[np.ndarray]:
    """Return coefficients ``(synapses, planes)`` of each layer, as in memory."""
    memory = np.empty(slot.size, np.float32)
    genome_map.express(slot, GivenGenes(genes), 0, memory)
    return [
        part.reshape(layer.planes, -1).T
        for layer, part in zip(slot.layers, slot.parts(memory), strict=True)
    ]


def test_a_logit_that_is_nan_is_seen() -> None:
    slot, genome_map = slot_of((3, 4, 2)), Mixture(3, across=True)
    for rule in range(3):
        logits = np.zeros((3, 20))
        logits[rule, 7] = np.nan
        logits[rule, 13] = np.inf
        logits[:, 4] = -np.inf
        genes = mixture_genes(genome_map, slot, logits)
        (first, second) = genome_map.assignment(slot, GivenGenes(genes))
        assert (first[7], first[4], second[1]) == (-1, 0, rule)
        nans = np.isnan(np.concatenate(parts_of(genome_map, slot, genes)))
        assert np.flatnonzero(nans.all(1)).tolist() == np.flatnonzero(nans.any(1)).tolist() == [7]


@pytest.mark.parametrize("across", [False, True])
def test_logits_in_blocks_are_logits(across: bool) -> None:
    """A layer so wide that not all of its logits are in memory at a time."""
    slot, genome_map = slot_of((70, 100, 3)), Mixture(11, across)
    source, genes = seeded(genome_map.n_genes(slot), 4, 1)
    start = 0 if across else 55 + 11 * 7000
    n, skipped = (7300, 7000) if across else (300, 0)
    wanted = genes[start + 55 :].reshape(11, n).argmax(0)[skipped:]
    np.testing.assert_array_equal(genome_map.assignment(slot, source)[1], wanted)
    first = genes[55:][: 11 * (n if across else 7000)].reshape(11, -1).argmax(0)[:7000]
    np.testing.assert_array_equal(genome_map.assignment(slot, source)[0], first)
