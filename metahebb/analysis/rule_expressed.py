"""The rules that a run's center passes on, synapse by synapse."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.analysis.rule_clusters import Clusters, find_clusters
from metahebb.errors import InputError
from metahebb.genomes import GivenGenes
from metahebb.networks import mask_layers, name_of_topology, plastic_layers
from metahebb.plasticity import Rule
from metahebb.plasticity.terms import Terms
from metahebb.probes.base import BirthProbe
from metahebb.runs.center import Center

Array = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Expressed:
    """The rules that the newborn of a genome get.

    Attributes:
        rule: the rule that every synapse follows.
        terms: the terms of that rule.
        genes: coefficients as expressed, ``(k, n_out, n_in)`` for each layer.
        folded: the same with the scale (``eta``) multiplied in.
        plastic: per layer ``(n_out, n_in)`` which synapses follow the rule; the others have
            coefficients of 0.
    """

    rule: Rule
    terms: Terms
    genes: list[Array]
    folded: list[Array]
    plastic: list[npt.NDArray[np.bool_]]

    @classmethod
    def of(cls, center: Center) -> Expressed:
        """Express ``center`` as its lives do, whose probes may change coefficients at birth.

        Raises:
            InputError: the run has no rule that evolved, or no synapse follows it.
        """
        rule, network, genome = plastic_rule(center), center.config.network, center.genome
        coefficients = genome.expressed(GivenGenes(center.genes))
        layers = coefficients["coefficients"]
        plastic = plastic_layers(network.topology, genome.slots[0], coefficients)
        if not any(mask.any() for mask in plastic):
            raise InputError(
                f"expected synapses that follow a rule, got none in {center.path} (rules); its "
                f"topology is {name_of_topology(network.topology)}"
            )
        changeable = mask_layers(layers, plastic)
        for probe in center.setup.probes:
            if isinstance(probe, BirthProbe):
                probe.change_coefficients(rule, changeable)
        for layer, mask in zip(layers, plastic, strict=True):
            layer[:, ~mask] = 0
        terms = Terms.of(rule)
        return cls(rule, terms, layers, [terms.fold_in(layer) for layer in layers], plastic)

    def by_synapse(self, layers: Sequence[Array]) -> Array:
        """Return one of the two, as ``(k, n_plastic)``: layer after layer, row after row."""
        pairs = zip(layers, self.plastic, strict=True)
        return np.concatenate([layer[:, mask] for layer, mask in pairs], axis=1)

    def clusters(self, wanted: int | None = None) -> Clusters:
        """Return the clusters of all layers' synapses together; see `find_clusters`."""
        return find_clusters(self.by_synapse(self.folded)[list(self.terms.indices)].T, wanted)

    def by_layer(self, labels: npt.NDArray[np.intp]) -> list[npt.NDArray[np.intp]]:
        """Return ``labels`` ``(n_plastic,)`` as ``(n_out, n_in)`` per layer, else -1."""
        ends = np.cumsum([mask.sum() for mask in self.plastic])[:-1]
        groups = [np.full(mask.shape, -1, np.intp) for mask in self.plastic]
        for group, mask, part in zip(groups, self.plastic, np.split(labels, ends), strict=True):
            group[mask] = part
        return groups


def plastic_rule(center: Center) -> Rule:
    """Return the rule that evolved.

    Raises:
        InputError: weights of the run's network never change, or no coefficient evolves.
    """
    network = center.config.network
    if network.rule is not None and network.rule.coefficients:
        return network.rule
    got = network.label if network.rule is None else network.rule.name
    raise InputError(
        f"expected a run that evolved coefficients of a plasticity rule, got {got} in "
        f"{center.path} (rules); see what it inherits with 'metahebb report {center.path}'"
    )
