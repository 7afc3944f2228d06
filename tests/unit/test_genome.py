"""Slots, their stretches of the genome, and how a candidate's genes come into a lane's memory."""

from __future__ import annotations

import numpy as np
import pytest
from toys import born, layers_of

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes, LayerShape, PerSynapse, SeededGenes, Slot
from metahebb.networks import FeedForward
from metahebb.noise import Key, Stream, normals
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES

KEY = Key(7, Stream.SEARCH, generation=2, index=5)
N_WEIGHTS = 3 * 4 + 4 * 2


def genes_of(genome):
    return np.arange(genome.n_genes, dtype=np.float32)


def test_slots_of_networks():
    plastic = FeedForward((4,), RULES["abcd_lr"])
    assert plastic.slots(3, 2) == (
        Slot("coefficients", (LayerShape(5, 4, 3), LayerShape(5, 2, 4)), RULES["abcd_lr"]),
    )
    coevolved = FeedForward((4,), RULES["ad"], birth="coevolved")
    assert coevolved.slots(3, 2) == (
        Slot("coefficients", (LayerShape(2, 4, 3), LayerShape(2, 2, 4)), RULES["ad"]),
        Slot("birth", (LayerShape(1, 4, 3), LayerShape(1, 2, 4))),
    )
    static = FeedForward((4,), RULES["static"])
    assert static.slots(3, 2) == (Slot("inherited", (LayerShape(1, 4, 3), LayerShape(1, 2, 4))),)


def test_the_ant_has_60800_genes():
    assert Genome.direct(FeedForward().slots(27, 8)).n_genes == 5 * 12160 == 60800


def test_stretches_follow_each_other():
    genome = Genome.direct(FeedForward((4,), RULES["abc"], birth="coevolved").slots(3, 2))
    assert genome.stretches() == {
        "coefficients": slice(0, 3 * N_WEIGHTS),
        "birth": slice(3 * N_WEIGHTS, 4 * N_WEIGHTS),
    }
    assert genome.n_genes == 4 * N_WEIGHTS


def test_express_lays_slots_out_one_after_the_other():
    genome = Genome.direct(FeedForward((4,), RULES["abc"], birth="coevolved").slots(3, 2))
    memory = {
        name: np.zeros(s.stop - s.start, np.float32) for name, s in genome.stretches().items()
    }
    genes = genes_of(genome)
    genome.express(GivenGenes(genes), memory)
    np.testing.assert_array_equal(np.concatenate(list(memory.values())), genes)
    np.testing.assert_array_equal(genome.genes(GivenGenes(genes)), genes)


def test_a_layer_is_planes_by_outputs_by_inputs():
    """Gene 0 is A of the first synapse; the next layer begins after all planes of this one."""
    network = FeedForward((4,), RULES["abc"])
    genome = Genome.direct(network.slots(3, 2))
    lanes = network.lanes(3, 2, 2)
    lanes.born(1, genome, GivenGenes(genes_of(genome)), KEY)
    first, second = (layer.coefficients for layer in layers_of(lanes))
    np.testing.assert_array_equal(first.swapaxes(1, 2), np.arange(36).reshape(3, 3, 4))
    np.testing.assert_array_equal(second, 36 + np.arange(24).reshape(3, 2, 4))
    assert first[1, 2, 0] == 12 + 2  # B of the synapse from sensor 0 to neuron 2
    assert second[2, 1, 3] == 36 + 16 + 4 + 3  # C of the one from neuron 3 to output 1


@pytest.mark.parametrize("shape", [LayerShape(2, 3, 5), LayerShape(2, 5, 3), LayerShape(2, 3, 3)])
def test_rows_run_along_the_longer_axis(shape):
    memory = np.arange(shape.size, dtype=np.float32)
    view = shape.view(memory)
    assert view.shape == (2, shape.n_out, shape.n_in)
    assert np.shares_memory(view, memory)
    along_inputs = np.array_equal(view[0, 0], np.arange(shape.n_in))
    assert along_inputs == (shape.n_in >= shape.n_out)
    np.testing.assert_array_equal(np.sort(view[1].ravel()), memory[shape.size // 2 :])


def test_static_weights_are_inherited():
    lanes = born(FeedForward((4,), RULES["static"]), 3, 2, seed=1)
    genes = np.random.default_rng(1).uniform(-1, 1, N_WEIGHTS).astype(np.float32)
    first, second = lanes.weights(1)
    np.testing.assert_array_equal(first, genes[:12].reshape(3, 4).T)
    np.testing.assert_array_equal(second, genes[12:].reshape(2, 4))


def test_a_users_rule_called_static_is_not_the_baseline():
    rule = rule_from_source("def static(pre, /, A):\n    return A * pre", "static")
    assert FeedForward((4,), rule).slots(3, 2)[0].name == "coefficients"


def test_seeded_candidate_is_center_plus_scaled_normals():
    rng = np.random.default_rng(0)
    center, stdev = (rng.uniform(0.5, 1, 1000).astype(np.float32) for _ in range(2))
    plus, minus = (SeededGenes(center, stdev, KEY, sign) for sign in (1, -1))
    for source in (plus, minus):
        out = np.empty(1000, np.float32)
        source.write(0, out)
        expected = center + np.float32(source.sign) * stdev * normals(KEY, 1000)
        np.testing.assert_array_equal(out, expected)


def test_mirrored_candidates_lie_on_both_sides_of_the_center():
    center, stdev = np.zeros(1000, np.float32), np.full(1000, 0.3, np.float32)
    plus, minus = np.empty((2, 1000), np.float32)
    SeededGenes(center, stdev, KEY, 1).write(0, plus)
    SeededGenes(center, stdev, KEY, -1).write(0, minus)
    np.testing.assert_array_equal(plus, -minus)
    assert plus.std() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(("start", "size"), [(0, 1), (1, 16), (15, 2), (16, 33), (999, 1), (3, 0)])
def test_any_stretch_can_be_written_alone(start, size):
    center, stdev = normals(Key(1, Stream.INITIAL), 1000), np.full(1000, 0.1, np.float32)
    seeded = SeededGenes(center, stdev, KEY, -1)
    whole, part = np.empty(1000, np.float32), np.empty(size, np.float32)
    seeded.write(0, whole)
    for source in (seeded, GivenGenes(whole)):
        part[:] = np.nan
        source.write(start, part)
        np.testing.assert_array_equal(part, whole[start : start + size])


def test_an_empty_genome_is_refused():
    rule = rule_from_source("def hebb(pre, post, /):\n    return 0.01 * pre * post", "hebb")
    with pytest.raises(InputError, match=r"expected something to evolve, got .*; give it a rule"):
        Genome.direct(FeedForward((4,), rule).slots(3, 2))
    with_birth = FeedForward((4,), rule, birth="coevolved").slots(3, 2)
    assert Genome.direct(with_birth).n_genes == N_WEIGHTS


def test_each_slot_needs_a_map():
    slots = FeedForward((4,)).slots(3, 2)
    with pytest.raises(InputError, match="expected one genome map per slot, got 2 for 1"):
        Genome(slots, (PerSynapse(), PerSynapse()))
