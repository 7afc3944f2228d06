"""What every topology promises: the absent stay 0, the static as inherited, the rest dense."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from maps import MAPS, random_genes, seeded, seeds, sizes
from topologies import KINDS, SIZES, genome_of, masks_of, network_of, newborn
from toys import layers_of, observe, oja, traced

from metahebb.genomes import Genome, GenomeMap, GivenGenes, Merge, Mixture, RuleBook, Shared
from metahebb.networks import Dense, Evolved, FeedForward, Modular, Sparse, Static
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.probes import parse_probes

few = settings(max_examples=10)
every_map = pytest.mark.parametrize("genome_map", MAPS, ids=str)
every_kind = pytest.mark.parametrize("topology", KINDS, ids=str)
NORMALIZATIONS = ("none", "max_abs", "clip")


@pytest.mark.parametrize("kind", NORMALIZATIONS)
@every_kind
@every_map
def test_absent_synapses_stay_0_and_static_ones_as_inherited(
    genome_map: GenomeMap, topology: Any, kind: str
) -> None:
    if isinstance(topology, Static) and kind == "max_abs":
        return
    for birth in ("uniform", "coevolved"):
        network = network_of(topology, kind, birth=birth)
        genome = genome_of(network, genome_map)
        genes = random_genes(genome.n_genes, 5)
        lanes, rng = newborn(network, genome, genes), np.random.default_rng(0)
        plastic, static = masks_of(network, genome, genes)
        weights, given_ = genes[genome.stretches().get("inherited", slice(0))], []
        for layer, mask in zip(lanes.layers, static, strict=True):
            # Genes of static synapses stand in the order of memory.
            kept = np.zeros(layer.size, np.float32)
            order = layer.view(np.arange(layer.size))[0][mask]
            kept[np.sort(order)], weights = weights[: order.size], weights[order.size :]
            given_.append(layer.view(kept)[0])
        assert not weights.size
        before = lanes.weights(1)
        for _ in range(4):
            observe(lanes, rng)
            for now, p, s, g in zip(lanes.weights(1), plastic, static, given_, strict=True):
                assert (now[~p & ~s] == 0).all()
                np.testing.assert_array_equal(now[s], g[s])
                assert np.isfinite(now).all()
        after = lanes.weights(1)
        assert any((a != b).any() for a, b in zip(before, after, strict=True))
        for found, p, s in zip(lanes.present_layers(1), plastic, static, strict=True):
            np.testing.assert_array_equal(found, p | s)
        for layer, p in zip(layers_of(lanes), plastic, strict=True):
            assert (layer.coefficients[:, ~p] == 0).all()
            assert isinstance(genome_map, RuleBook) or layer.coefficients[:, p].any(0).all()


@pytest.mark.parametrize("rule", [oja, traced, RULES["abcd_lr_d_in_and_out"]], ids=str)
@every_kind
def test_so_they_do_with_other_rules(rule: Any, topology: Any) -> None:
    network = network_of(topology, rule=rule)
    genome = genome_of(network)
    genes = random_genes(genome.n_genes, 5)
    lanes, rng = newborn(network, genome, genes), np.random.default_rng(0)
    lanes.modulators[:] = 0.5
    plastic, _ = masks_of(network, genome, genes)
    before = lanes.weights(1)
    for _ in range(4):
        observe(lanes, rng)
    after = lanes.weights(1)
    for old, new, p in zip(before, after, plastic, strict=True):
        np.testing.assert_array_equal(new[~p], old[~p])
    # In the layer behind, a neuron that nothing reaches may leave its synapses as they were.
    assert (after[0] != before[0])[plastic[0]].all()


WHOLE = (Sparse(1.0, seed=3), Modular(1), Modular(3, 1.0), Static(0.0), Evolved(-1e30))


@pytest.mark.parametrize("birth", ["uniform", "sparse", "coevolved"])
@pytest.mark.parametrize("topology", WHOLE, ids=str)
@every_map
def test_a_topology_that_leaves_nothing_out_is_dense_bit_for_bit(
    genome_map: GenomeMap, topology: Any, birth: str
) -> None:
    found = []
    for one in (Dense(), topology):
        network = network_of(one, birth=birth)
        genome = genome_of(network, genome_map)
        # The genes of gates come last.
        lanes = newborn(network, genome, random_genes(500, 7)[: genome.n_genes])
        rng = np.random.default_rng(0)
        outputs = [observe(lanes, rng) for _ in range(5)]
        gates = genome.n_genes - genome.stretches().get("gates", slice(genome.n_genes, 0)).start
        found.append([genome.n_genes - gates, genome.bits - gates, lanes.mean_squares[1], *outputs])
        found[-1] += lanes.weights(1)
    for dense, other in zip(*found, strict=True):
        np.testing.assert_array_equal(dense, other)


@every_map
@every_kind
def test_genes_are_of_the_synapses_that_need_them(genome_map: GenomeMap, topology: Any) -> None:
    network = network_of(topology)
    layers = tuple(network.layers(SIZES[0], SIZES[-1]))
    dense = genome_of(network_of(Dense()), genome_map)
    genome = genome_of(network, genome_map)
    counts = [layer.size for layer in layers]
    gates = static = 0
    if isinstance(topology, Evolved):
        gates = sum(counts)
    elif isinstance(topology, Static):
        static = sum(round(0.4 * n) for n in counts)
        counts = [n - round(0.4 * n) for n in counts]
    else:
        counts = [int(mask.sum()) for mask in topology.masks(layers)]
    wanted = dense.n_genes
    genome_map = genome_map.first if isinstance(genome_map, Merge) else genome_map
    if isinstance(genome_map, RuleBook):
        wanted = sum(4 * n + 1 for n in counts)
    elif isinstance(genome_map, Shared):
        groups = [sum(counts)] if genome_map.across else counts
        wanted = sum(5 * min(genome_map.rules, n) for n in groups)
    elif isinstance(genome_map, Mixture):
        sets = 1 if genome_map.across else len(counts)
        wanted = genome_map.rules * (5 * sets + sum(counts))
    elif genome_map.of_synapses:
        wanted = 5 * sum(counts)
    assert genome.n_genes == wanted + static + gates
    bits = 32 * wanted
    if isinstance(genome_map, RuleBook):
        bits = math.ceil(4 * sum(counts) * math.log2(3)) + 32 * len(counts)
    if isinstance(genome_map, Mixture):
        choices = sum(counts) * math.log2(genome_map.rules)
        bits = 32 * (wanted - genome_map.rules * sum(counts)) + math.ceil(choices)
    assert genome.bits == bits + 32 * static + gates


@few
@given(sizes, seeds, st.floats(0.01, 1))
def test_a_sparse_layer_has_its_part_and_leaves_no_neuron_alone(
    neurons: tuple[int, ...], seed: int, density: float
) -> None:
    layers = FeedForward(neurons[1:-1]).layers(neurons[0], neurons[-1])
    masks = Sparse(density, seed).masks(tuple(layers))
    for layer, mask in zip(layers, masks, strict=True):
        assert mask.sum() == max(1, round(density * layer.size))
        found = layer.view(mask)[0]
        if mask.sum() >= max(found.shape):
            assert found.any(0).all()
            assert found.any(1).all()


@few
@given(st.integers(1, 3), st.floats(0, 1), seeds)
def test_modules_are_whole_and_a_part_leads_across(modules: int, between: float, seed: int) -> None:
    neurons = (7, 3, 9)
    layers = tuple(FeedForward((3,)).layers(7, 9))
    masks = Modular(modules, between, seed).masks(layers)
    for layer, mask, n_in, n_out in zip(layers, masks, neurons, neurons[1:], strict=False):
        of_in, of_out = ([k * modules // n for k in range(n)] for n in (n_in, n_out))
        within = np.array([[a == b for a in of_in] for b in of_out])
        found = layer.view(mask)[0]
        assert found[within].all()
        assert found[~within].sum() == round(between * (~within).sum())


@pytest.mark.parametrize("kind", [Sparse(0.5), Modular(2, 0.5), Static(0.5)], ids=str)
def test_a_draw_is_of_its_seed_and_layer_alone(kind: Any) -> None:
    layer, planes = FeedForward().layers(9, 9)[1], FeedForward().layers(9, 9, 5)[1]
    first, second = kind.masks((layer, layer))
    assert (first != second).any()
    assert (first != replace(kind, seed=1).masks((layer,))[0]).any()
    np.testing.assert_array_equal(first, kind.masks((planes,))[0])
    slots = network_of(kind).slots(5, 3)
    assert pickle.loads(pickle.dumps(slots)) == slots
    assert hash(pickle.loads(pickle.dumps(slots))) == hash(slots)


def test_a_gate_says_whether_its_synapse_is_there() -> None:
    network = network_of(Evolved(0.25))
    genome = genome_of(network)
    genes = random_genes(genome.n_genes, 2)
    stretch = genome.stretches()["gates"]
    genes[stretch] = 0.3
    lanes = newborn(network, genome, genes)
    assert all(layer.all() for layer in lanes.present_layers(1))
    genes[stretch.start + 7] = 0.25  # of memory (5, 6): sensor 1, neuron 1
    lanes.born(1, genome, GivenGenes(genes), Key(3, Stream.BIRTH))
    first, second = lanes.present_layers(1)
    np.testing.assert_array_equal(np.argwhere(~first), [[1, 1]])
    assert second.all()
    assert lanes.weights(1)[0][1, 1] == 0
    number = genes[: stretch.start].astype(np.float64) ** 2
    absent = np.zeros(genome.slots[0].size, bool)
    absent[7:150:30] = True
    np.testing.assert_allclose(lanes.mean_squares[1], number[~absent].mean(), rtol=1e-5)


@pytest.mark.parametrize("topology", [Sparse(0.3), Modular(3, 0.1), Evolved()], ids=str)
def test_static_networks_have_topologies_too(topology: Any) -> None:
    network = network_of(topology, rule=RULES["static"])
    genome = genome_of(network)
    genes = random_genes(genome.n_genes, 2)
    lanes = newborn(network, genome, genes)
    plastic, _ = masks_of(network, genome, genes)
    found = lanes.weights(1)
    for weights, mask in zip(found, plastic, strict=True):
        assert (weights[~mask] == 0).all()
        assert (weights[mask] != 0).all()
    there = np.concatenate([w[m] for w, m in zip(found, plastic, strict=True)])
    np.testing.assert_allclose(lanes.mean_squares[1], np.mean(there**2), rtol=1e-5)


def test_all_structure_is_the_static_network_and_clip_bounds_it_at_birth() -> None:
    found = []
    genes = random_genes(48, 3)
    for network in (
        network_of(Static(1.0), "none"),
        network_of(Dense(), "none", rule=RULES["static"]),
    ):
        genome = genome_of(network)
        assert genome.n_genes == 48
        lanes, rng = newborn(network, genome, genes), np.random.default_rng(0)
        outputs = np.array([observe(lanes, rng) for _ in range(4)])
        found.append((outputs, *lanes.weights(1), lanes.mean_squares[1]))
    for one, other in zip(*found, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5)  # two kernels, two orders of sums
    clipped = network_of(Static(1.0))
    clipped = replace(clipped, normalization=Bounds("clip", 0.5))
    lanes = newborn(clipped, genome_of(clipped), genes)
    for bounded, free in zip(lanes.weights(1), found[0][1:3], strict=True):
        np.testing.assert_array_equal(bounded, np.clip(free, -0.5, 0.5))
        assert (bounded != free).any()


@every_kind
def test_a_change_that_goes_round_its_mask_moves_no_other(topology: Any) -> None:
    def flood(rule: Any, layers: Any) -> None:
        for layer in layers:
            np.asarray(layer)[:] = 7

    network = network_of(topology)
    genome = genome_of(network)
    genes = random_genes(genome.n_genes, 5)
    lanes = network.lanes(5, 3, 2)
    lanes.born(1, genome, GivenGenes(genes), Key(3, Stream.BIRTH), [flood])
    plastic, _ = masks_of(network, genome, genes)
    for layer, p in zip(layers_of(lanes), plastic, strict=True):
        assert (layer.coefficients[:, ~p] == 0).all()
        assert (layer.coefficients[:, p] != 0).all()


@every_kind
def test_a_leveled_eta_is_the_mean_of_the_plastic_and_given_to_no_other(topology: Any) -> None:
    network = network_of(topology, rule=oja)
    genome = genome_of(network)
    genes = random_genes(genome.n_genes, 5)
    lanes = network.lanes(5, 3, 2)
    (drop,) = parse_probes(["drop_term:term=eta"])
    plastic, _ = masks_of(network, genome, genes)
    lanes.born(1, genome, GivenGenes(genes), Key(3, Stream.BIRTH))
    before = [layer.coefficients[0] for layer in layers_of(lanes)]
    changes = [drop.change_coefficients]
    lanes.born(1, genome, GivenGenes(genes), Key(3, Stream.BIRTH), changes)
    for old, new, p in zip(before, layers_of(lanes), plastic, strict=True):
        np.testing.assert_allclose(new.coefficients[0][p], old[p].mean(), rtol=1e-5)
        assert (new.coefficients[0][~p] == 0).all()


@every_map
def test_a_layer_may_be_all_structure(genome_map: GenomeMap) -> None:
    network = FeedForward((1,), normalization=Bounds("none"), topology=Static(0.9))
    genome = Genome.mapped(network.slots(5, 1), {"coefficients": genome_map})
    source, genes = seeded(genome.n_genes, 3, 1)
    lanes = network.lanes(5, 1, 2)
    lanes.born(1, genome, source, Key(3, Stream.BIRTH))
    before = lanes.weights(1)
    assert before[1] == genes[-1]
    for _ in range(3):
        observe(lanes, np.random.default_rng(0))
    after = lanes.weights(1)
    assert [int((a != b).sum()) for a, b in zip(before, after, strict=True)] == [1, 0]
