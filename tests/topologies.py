"""Small networks with topologies, and masks of their plastic and static synapses."""

from __future__ import annotations

from typing import Any

import numpy as np
from toys import LANE

from metahebb.genomes import Genome, GenomeMap, GivenGenes
from metahebb.networks import Evolved, FeedForward, Modular, Sparse, Static
from metahebb.networks.plastic_lanes import PlasticLanes
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds

KINDS = (Sparse(0.3), Sparse(0.01, seed=4), Modular(2, 0.25), Evolved(), Evolved(-0.5), Static(0.4))
SIZES = (5, 6, 3)


def network_of(topology: Any, kind: str = "clip", **fields: Any) -> FeedForward:
    return FeedForward(SIZES[1:-1], normalization=Bounds(kind), topology=topology, **fields)


def genome_of(network: FeedForward, genome_map: GenomeMap | None = None) -> Genome:
    maps = {} if genome_map is None else {"coefficients": genome_map}
    return Genome.mapped(network.slots(SIZES[0], SIZES[-1]), maps)


def newborn(network: FeedForward, genome: Genome, genes: np.ndarray) -> PlasticLanes:
    """Return two lanes; lane 1 is newborn, after it has lived another life."""
    lanes = network.lanes(SIZES[0], SIZES[-1], 2)
    if genome.n_genes:
        lanes.born(1, genome, GivenGenes(genes[::-1].copy()), Key(9, Stream.BIRTH))
        lanes.act(np.ones((2, SIZES[0]), np.float32), LANE)
    lanes.born(1, genome, GivenGenes(genes), Key(3, Stream.BIRTH))
    return lanes


def masks_of(
    network: FeedForward, genome: Genome, genes: np.ndarray
) -> tuple[list[Any], list[Any]]:
    """Return masks ``(n_out, n_in)`` of plastic and of static synapses, for each layer."""
    layers, topology = tuple(network.layers(SIZES[0], SIZES[-1])), network.topology
    none = [np.zeros((layer.n_out, layer.n_in), bool) for layer in layers]
    if isinstance(topology, Evolved):
        gates = np.split(genes[genome.stretches()["gates"]], np.cumsum([s.size for s in layers]))
        views = [s.view(g)[0] for s, g in zip(layers, gates[:-1], strict=True)]
        return [g > topology.threshold for g in views], none
    masks = [s.view(m)[0] for s, m in zip(layers, topology.masks(layers), strict=True)]
    return ([~m for m in masks], masks) if isinstance(topology, Static) else (masks, none)
