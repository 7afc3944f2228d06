"""Graphs of populations, and where their units lie in memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest
from toys import born, layers_of

from metahebb.errors import InputError
from metahebb.genomes import Genome, GivenGenes, PerNeuron
from metahebb.networks import Convolutional, FeedForward, Plastic, Recurrent
from metahebb.networks.graph import Graph, Population, Projection
from metahebb.networks.kernel import layout_of
from metahebb.neurons import NEURONS
from metahebb.plasticity import Bounds

TANH, LINEAR = NEURONS["tanh"], NEURONS["linear"]
SIZES = {"sensors": Population(3), "a": Population(4, TANH), "b": Population(2, LINEAR)}


def test_layers_follow_each_other_and_hear_each_other_in_the_same_step():
    graph = FeedForward((4,), output="linear").graph(3, 2)
    assert [(each.sources, each.target) for each in graph.projections] == [
        (("sensors",), "hidden_1"),
        (("hidden_1",), "outputs"),
    ]
    assert [(layer.n_out, layer.n_in) for layer in graph.layers] == [(4, 3), (2, 4)]
    assert graph.neurons == (TANH, LINEAR)
    layout = layout_of(graph)
    assert layout.copies.shape == (0, 4)
    assert (layout.n_units, layout.stretches) == (9, ((0, 3), (3, 7), (7, 9)))


def test_a_population_hears_itself_as_it_was_behind_the_sensors():
    graph = Recurrent((4,)).graph(3, 2)
    assert graph.projections[0] == Projection(("sensors", "hidden_1"), "hidden_1")
    assert graph.is_delayed("hidden_1", "hidden_1")
    assert not graph.is_delayed("sensors", "hidden_1")
    layout = layout_of(graph)
    # Sensors 0 to 2, then the copy of what is at 7 to 10, of the step before.
    np.testing.assert_array_equal(layout.copies, [[7, 3, 4, 1]])
    assert layout.stretches == ((0, 7), (7, 11), (11, 13))


def test_sources_that_do_not_lie_side_by_side_are_copied():
    graph = Graph(SIZES, (Projection(("sensors",), "a"), Projection(("sensors", "a", "b"), "b")))
    layout = layout_of(graph)
    np.testing.assert_array_equal(layout.copies, [[0, 7, 3, 0], [3, 10, 4, 0], [16, 14, 2, 1]])
    assert [(layer.n_out, layer.n_in) for layer in graph.layers] == [(4, 3), (2, 9)]


def test_the_head_of_a_convolutional_network_senses_features():
    network = Convolutional((5,), image=(12, 10, 2), filters=(3,), kernels=(3,), strides=(1,))
    assert network.graph(240, 3).populations["sensors"].n == network.n_features


@pytest.mark.parametrize(
    ("projections", "message"),
    [
        ((Projection(("sensors",), "a"),), "expected projections onto each of a, b, .* got a"),
        ((), "expected projections onto each of a, b, in this order, got none"),
        (
            (Projection(("sensors",), "a"), Projection(("c",), "b")),
            "expected sources among sensors, a, b, got 'c'",
        ),
        (
            (Projection((), "a"), Projection(("a",), "b")),
            "expected sources of the projection onto a, got none",
        ),
    ],
)
def test_graphs_that_do_not_fit_are_refused(projections, message):
    with pytest.raises(InputError, match=message):
        Graph(SIZES, projections)


def test_a_population_without_a_neuron_is_refused():
    mute = {**SIZES, "b": Population(2)}
    with pytest.raises(InputError, match="expected a neuron for each population but the sensors"):
        Graph(mute, (Projection(("sensors",), "a"), Projection(("a",), "b")))


def test_kinds_of_networks_are_no_kinds_of_each_other():
    kinds = (FeedForward, Recurrent, Convolutional)
    assert not any(issubclass(a, b) for a in kinds for b in kinds if a is not b)


@dataclass(frozen=True)
class Skipping(Plastic):
    """Outputs hear the hidden layer, the sensors, and themselves as they were."""

    kind: ClassVar[str] = "skipping"

    def graph(self, n_observations, n_outputs):
        return Graph(
            {
                "sensors": Population(n_observations),
                "hidden": Population(4, TANH),
                "outputs": Population(n_outputs, TANH),
            },
            (
                Projection(("sensors",), "hidden"),
                Projection(("hidden", "sensors", "outputs"), "outputs"),
            ),
        )


def test_the_map_neuron_reads_the_graph():
    """A neuron has the same genes wherever it is heard at once, and others where it is later."""
    (slot,) = Skipping().slots(3, 2)
    sensors, hidden, heard, outputs = 3 * 4, 4 * 5, 2 * 4, 2 * 4
    genome_map = PerNeuron()
    assert genome_map.n_genes(slot) == sensors + hidden + heard + outputs
    genes = np.random.default_rng(0).uniform(-1, 1, genome_map.n_genes(slot)).astype(np.float32)
    genome = Genome.mapped((slot,), {"coefficients": genome_map})
    first, second = genome.expressed(GivenGenes(genes))["coefficients"]
    ends = np.cumsum([sensors, hidden, heard])
    tables = zip(np.split(genes, ends), (3, 4, 2, 2), strict=True)
    a, b, c, d = (part.reshape(n, -1) for part, n in tables)
    before = np.concatenate([b[:, 2], a[:, 1], c[:, 1]])  # C of each; sensors lack B
    np.testing.assert_allclose(first[0], np.outer(b[:, 2], a[:, 1]))
    np.testing.assert_allclose(second[0], np.outer(d[:, 1], before))  # outputs lack A


def test_a_graph_with_a_detour_lives_as_its_equations_say():
    lanes, rng = born(Skipping(normalization=Bounds("none")), 3, 2), np.random.default_rng(0)
    heard = np.zeros(2)
    for _ in range(4):
        seen = rng.uniform(-1, 1, (2, 3)).astype(np.float32)
        outputs = lanes.act(seen, np.array([1]))[0].copy()
        to_hidden, to_outputs = (layer.weights.astype(float) for layer in layers_of(lanes))
        hidden = np.tanh(to_hidden @ seen[1])
        wanted = np.tanh(to_outputs @ np.concatenate([hidden, seen[1], heard]))
        np.testing.assert_allclose(outputs, wanted, rtol=1e-4, atol=1e-5)
        heard = outputs
