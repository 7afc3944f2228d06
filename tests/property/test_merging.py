"""What a merge does to rules and to a search's state, beside plain loops over synapses."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import express, random_genes, seeded, seeds, sizes, slot_of

from metahebb.errors import InputError, ProgressError
from metahebb.evolution.merging import merged
from metahebb.genomes import (
    RULES_OF,
    Assigned,
    Genome,
    GivenGenes,
    LayerShape,
    Merge,
    PerSynapse,
    Slot,
    genome_of,
    merges,
)
from metahebb.networks import FeedForward
from metahebb.networks.topology import Sparse

few = settings(max_examples=10)
kinds = st.builds(
    Merge,
    rules=st.sampled_from((0, 5, 9)),
    at=st.just((3, 7)),
    to=st.sampled_from(((4, 2), (3, 1), (2, 1))),
    across=st.booleans(),
    seed=st.integers(0, 3),
)
NAMES = ("center", "stdev", "velocity", "optimizer_exp_avg", "optimizer_exp_avg_sq")


def genome_with(genome_map: Merge, neurons: tuple[int, ...]) -> Genome:
    """Return a genome in which the slot that merges has others before and behind it."""
    birth, inherited = (Slot(name, (LayerShape(1, 2, 3),)) for name in ("birth", "inherited"))
    maps = (PerSynapse(), genome_map, PerSynapse())
    return Genome((birth, slot_of(neurons), inherited), maps)


def state_of(genome: Genome, seed: int) -> dict[str, np.ndarray]:
    state = {n: random_genes(genome.n_genes, seed + k) for k, n in enumerate(NAMES)}
    return {**state, "learning_rate": np.array(0.1), "optimizer_step": np.array(7.0, np.float32)}


def by_synapse(genome: Genome, values: np.ndarray) -> np.ndarray:
    """Return ``(planes, synapses)`` of the slot in the middle, layer after layer."""
    layers = genome.expressed(GivenGenes(values))["coefficients"]
    return np.concatenate([layer.reshape(len(layer), -1) for layer in layers], axis=1)


def rules_of(genome: Genome, across: bool) -> list[tuple[int, int]]:
    """Return the rule of each synapse, by which of its genes it is, and of which layer."""
    place = genome.stretches()["coefficients"].start
    numbers = by_synapse(genome, np.arange(genome.n_genes, dtype=np.float32))[0].astype(int)
    layer_of = [k for k, layer in enumerate(genome.slots[1].layers) for _ in range(layer.synapses)]
    return [(0 if across else k, n - place) for k, n in zip(layer_of, numbers, strict=True)]


@few
@given(sizes, kinds, seeds)
def test_the_state_of_a_merged_rule_is_made_of_its_members(
    neurons: tuple[int, ...], told: Merge, seed: int
) -> None:
    first = genome_with(told, neurons)
    state = state_of(first, seed)
    for generation in (3, 7):
        old, state_before = genome_of(first, state), state
        state = merged(first, state, generation)
        new = genome_of(first, state)
        before, after = rules_of(old, told.across), rules_of(new, told.across)
        for group in {layer for layer, _ in after}:
            left = len({rule for rule in after if rule[0] == group})
            had = len({rule for rule in before if rule[0] == group})
            assert left == min(had, told.to[told.at.index(generation)])
        was = {n: by_synapse(old, state_before[n]).astype(float) for n in NAMES}
        now = {n: by_synapse(new, state[n]) for n in NAMES}
        for rule in set(after):
            synapses = [k for k, r in enumerate(after) if r == rule]
            one_each = [before.index(r) for r in {before[k] for k in synapses}]
            wanted = {n: was[n][:, synapses].mean(1) for n in NAMES[:3]}
            for name, power in (("optimizer_exp_avg", 0.5), ("optimizer_exp_avg_sq", 1.0)):
                wanted[name] = was[name][:, one_each].sum(1) / len(one_each) ** power
            for name, value in wanted.items():
                np.testing.assert_allclose(now[name][:, synapses[0]], value, rtol=1e-6, atol=1e-7)
        for name in NAMES:  # genes of other slots stay
            a, b = state_before[name], state[name]
            assert (a[:6].tolist(), a[-6:].tolist()) == (b[:6].tolist(), b[-6:].tolist())
            assert b.shape == (new.n_genes,)
            assert b.dtype == np.float32
        for name in ("learning_rate", "optimizer_step"):
            assert state[name] == state_before[name]


@few
@given(sizes, kinds, seeds, st.data())
def test_a_gene_of_a_merged_rule_moves_its_synapses_alike(
    neurons: tuple[int, ...], told: Merge, seed: int, data: st.DataObject
) -> None:
    first = genome_with(told, neurons)
    state = merged(first, state_of(first, seed), 3)
    genome, genes = genome_of(first, state), state["center"]
    slot, now = genome.slots[1], genome.maps[1]
    chosen = [(0 if told.across else k, n) for k, c in enumerate(now.assignment(slot)) for n in c]
    stretch = genome.stretches()["coefficients"]
    gene = data.draw(st.integers(stretch.start, stretch.stop - 1))
    changed = genes.copy()
    changed[gene] += 1
    memories = np.empty((2, slot.size), np.float32)
    for memory, values in zip(memories, (genes, changed), strict=True):
        now.express(slot, GivenGenes(values), stretch.start, memory)
    layers = [p.reshape(5, -1) for p in slot.parts(memories[1] - memories[0])]
    planes, synapses = np.nonzero(moved := np.concatenate(layers, axis=1))
    assert len(set(planes)) == 1
    assert np.ptp(moved[planes, synapses]) == 0
    rule = chosen[synapses[0]]
    assert synapses.tolist() == [k for k, other in enumerate(chosen) if other == rule]
    source, row = seeded(genome.n_genes, seed, -1)
    memory = {s.name: np.empty(s.size, np.float32) for s in genome.slots}
    genome.express(source, memory)
    again = {s.name: np.empty(s.size, np.float32) for s in genome.slots}
    genome.express(GivenGenes(row), again)
    for name, numbers in memory.items():
        np.testing.assert_array_equal(numbers, again[name])


@few
@given(sizes, st.integers(1, 4), st.booleans(), seeds)
def test_no_more_rules_than_there_are_distinct_ones_change_no_bit(
    neurons: tuple[int, ...], distinct: int, across: bool, seed: int
) -> None:
    """Every synapse has genes of its own; they hold few rules, each as often as chance has it."""
    slot = slot_of(neurons)
    told = Merge(0, (1,), (distinct,), across)
    genome = Genome((slot,), (told,))
    rules = random_genes(5 * distinct, seed).reshape(distinct, 5)
    rng = np.random.default_rng(seed)
    parts = [rules[rng.integers(distinct, size=layer.synapses)].T for layer in slot.layers]
    center = np.concatenate([*map(np.ravel, parts)])
    state = merged(genome, {"center": center, "stdev": np.full_like(center, 0.1)}, 1)
    after = genome_of(genome, state)
    assert after.n_genes <= 5 * distinct * (1 if across else len(slot.layers))
    wanted = express(told, slot, center)
    for found, layer in zip(express(after.maps[0], slot, state["center"]), wanted, strict=True):
        assert found.tobytes() == layer.tobytes()
    assert set(state["stdev"].tolist()) == {np.float32(0.1)}
    again = merged(genome, state, 1)  # a merge that has been done is none
    assert {n: a.tobytes() for n, a in again.items()} == {n: a.tobytes() for n, a in state.items()}


@few
@given(sizes, seeds, st.sampled_from((False, True)))
def test_before_the_first_merge_a_full_start_is_per_synapse(
    neurons: tuple[int, ...], seed: int, across: bool
) -> None:
    slot, told = slot_of(neurons), Merge(across=across)
    assert told.n_genes(slot) == slot.size
    source, _ = seeded(slot.size, seed, 1)
    found, direct = np.empty((2, slot.size), np.float32)
    told.express(slot, source, 0, found)
    PerSynapse().express(slot, source, 0, direct)
    np.testing.assert_array_equal(found, direct)


def test_rules_are_merged_with_those_that_are_near() -> None:
    slot = slot_of((20, 30))
    rng = np.random.default_rng(0)
    kinds, cloud = rng.integers(3, size=600), rng.normal(0, 0.01, (600, 5))
    center = (np.array([-1.0, 0.0, 1.0])[kinds, None] + cloud).astype(np.float32).T.ravel()
    genome = Genome((slot,), (Merge(0, (1,), (3,)),))
    state = merged(genome, {"center": center, "stdev": center}, 1)
    numbers = state[RULES_OF + "coefficients"]
    assert len({(a, b) for a, b in zip(kinds, numbers, strict=True)}) == 3
    values = np.sort(state["center"].reshape(5, 3), axis=1)
    np.testing.assert_allclose(values, np.broadcast_to([-1, 0, 1], (5, 3)), atol=0.01)


def test_two_slots_merge_each_by_its_own_rules() -> None:
    slots = tuple(Slot(name, (LayerShape(2, 4, 5),)) for name in ("birth", "coefficients"))
    first = Genome(slots, (Merge(0, (1, 2), (9, 3)), Merge(0, (2,), (5,))))  # type: ignore[arg-type]
    assert merges(first) == {1, 2}
    center = random_genes(80, 0)
    state = {"center": center, "stdev": center}
    lengths = [genome_of(first, state := merged(first, state, g)).n_genes for g in (1, 2, 3)]
    assert lengths == [18 + 40, 6 + 10, 6 + 10]


def test_a_center_that_is_not_finite_is_refused() -> None:
    genome = Genome((slot_of((2, 3)),), (Merge(0, (1,), (2,)),))
    center = np.full(30, math.nan, np.float32)
    with pytest.raises(ProgressError, match="a finite center to merge after generation 1, got one"):
        merged(genome, {"center": center, "stdev": center}, 1)


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (np.zeros(5, np.int32), r"the rules of 6 synapses of the slot birth, got int32 of shape"),
        (np.zeros(6, np.float32), r"got float32 of shape \(6,\)"),
        (np.array([0, 1, 2, 2, 1, 4], np.int32), "count from 0 without a gap, .* .slot birth."),
        (np.array([-1, 1, 2, 0, 1, 0], np.int32), "count from 0 without a gap, .* .slot birth."),
    ],
)
def test_assignments_that_do_not_fit_are_refused(numbers: np.ndarray, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Assigned.of(Slot("birth", (LayerShape(1, 2, 3),)), numbers, across=False)


@pytest.mark.parametrize("across", [False, True])
def test_only_synapses_that_are_there_are_merged(across: bool) -> None:
    """Absent synapses have no rule before a merge, none after it, and numbers of 0 in both."""
    network = FeedForward((6, 5), topology=Sparse(0.4))
    slot = network.slots(7, 4)[0]
    told = Merge(at=(3,), to=(4,), across=across)
    genome = Genome((slot,), (told,))
    present = np.concatenate([mask.ravel() for mask in slot.views()])
    assert genome.n_genes == 5 * present.sum() == 5 * round(0.4 * 42) + 5 * 12 + 5 * 8
    state = merged(genome, state_of(genome, 1), 3)
    after = genome_of(genome, state)
    assert state[f"{RULES_OF}coefficients"].shape == (present.sum(),)
    assert after.n_genes == 5 * (4 if across else 12)
    assert after.bits == 32 * after.n_genes + 2 * present.sum()  # who follows which of four
    found = by_synapse(after, state["center"])
    assert not found[:, ~present].any()
    assert len(np.unique(found[:, present], axis=1).T) == after.n_genes // 5
