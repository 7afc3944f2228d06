"""Topologies in lives: probes, lanes, and what cannot be."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from test_life import live, lives_of
from topologies import KINDS, genome_of, network_of
from toys import Toy, exploding

from metahebb.errors import InputError
from metahebb.genomes import Genome, PerNeuron, Shared
from metahebb.networks import Evolved, FeedForward, Gated, Modular, Sparse, Static
from metahebb.plasticity.rule import rule_from_source
from metahebb.plasticity.rules import RULES
from metahebb.probes import parse_probes

every_kind = pytest.mark.parametrize("topology", KINDS, ids=str)


class Watch:
    """The weights of unit 0 before each step, and which of its synapses are there."""

    def __init__(self) -> None:
        self.weights: list[list[np.ndarray]] = []
        self.present: list[np.ndarray] = []

    def __call__(self, moment: Any) -> None:
        for lane in moment.lanes[moment.units == 0]:
            self.weights.append(moment.network.weights(int(lane)))
            self.present = [mask.copy() for mask in moment.network.present_layers(int(lane))]


def watch(topology: Any, *texts: str) -> Watch:
    watched, network = Watch(), network_of(topology)
    live(lives_of(4, network, 8), network=network, task=Toy(mortal=False),
         probes=[*parse_probes(texts), watched])  # fmt: skip
    return watched


@every_kind
def test_probes_that_write_weights_leave_the_absent_0_and_the_structure(topology: Any) -> None:
    plain, drawn = watch(topology), watch(topology, "randomize_weights:at=4")
    layers = tuple(network_of(topology).layers(5, 3))
    static = (
        topology.static.masks(layers)
        if topology.static
        else [np.zeros(s.size, bool) for s in layers]
    )
    for k, (layer, mask) in enumerate(zip(layers, static, strict=True)):
        s, p = layer.view(mask)[0], plain.present[k]
        for before, after in zip(plain.weights, drawn.weights, strict=True):
            assert (after[k][~p] == 0).all()
            np.testing.assert_array_equal(after[k][s], before[k][s])
        assert (drawn.weights[4][k] != plain.weights[4][k])[p & ~s].all()
    for fraction in (0.5, 1.0):
        zeroed = watch(topology, f"zero_weights:fraction={fraction},at=4")
        for now, p in zip(zeroed.weights[4], plain.present, strict=True):
            assert (now[p] == 0).sum() == round(fraction * p.sum())
        for now, p in zip(zeroed.weights[5], plain.present, strict=True):
            assert (now[~p] == 0).all()


@every_kind
def test_lives_do_not_depend_on_lanes(topology: Any) -> None:
    network = network_of(topology)
    one, many = (live(lives_of(6, network), n, network) for n in (1, 4))
    assert one == many


HEBB = rule_from_source("def hebb(pre, post, /):\n    return 0.01 * pre * post", "hebb")
DECAY = rule_from_source("def d(pre, weight, /, A):\n    return A * pre - 0.1 * weight", "d")


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (network_of(Static(), "max_abs"), "got max_abs, .*; add --network.normalization.kind clip"),
        (network_of(Static(), rule=RULES["static"]), "for the topology static, got the rule stat"),
        (network_of(Sparse(), rule=HEBB, birth="coevolved"), r"\(topology sparse\), got hebb; mul"),
        (network_of(Evolved(), rule=HEBB), r"\(topology evolved\), got hebb; multiply all of"),
        (network_of(Static(), rule=DECAY), r"Δw is 0 .* \(topology static\), got d; multiply"),
        (network_of(Modular(4)), r"at most 3 modules \(modular\), .* got 4; choose fewer"),
    ],
)
def test_what_cannot_keep_its_weights_is_refused_in_one_line(
    network: FeedForward, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        Genome.direct(network.slots(5, 3))
    assert "\n" not in str(caught.value)
    if not isinstance(network.topology, Modular):
        with pytest.raises(InputError, match=message):
            network.lanes(5, 3, 1)


@pytest.mark.parametrize("rule", [DECAY, exploding], ids=str)
def test_a_weight_of_0_may_decay(rule: Any) -> None:
    assert genome_of(network_of(Sparse(0.5), rule=rule)).n_genes == 15 + 9


def test_gated_networks_have_all_synapses() -> None:
    lanes = Gated("gru", (3, 4)).lanes(5, 2, 1)
    for layer, mask in zip(lanes.raw_layers(0), lanes.present_layers(0), strict=True):
        assert layer.shape == mask.shape
        assert mask.all()


def test_no_genes_are_left_for_a_map_where_all_is_structure() -> None:
    with pytest.raises(InputError, match="expected coefficients for the genome map to fill, got"):
        genome_of(network_of(Static(1.0)), Shared(2))
    assert genome_of(network_of(Static(0.5)), PerNeuron()).n_genes == 4 * 8 + 5 * 6 + 15 + 9
