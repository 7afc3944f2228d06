"""Genome maps by name."""

from __future__ import annotations

from typing import TypeAlias

from metahebb.genomes.anti_diagonal import AntiDiagonal
from metahebb.genomes.generated import Generated
from metahebb.genomes.low_rank import LowRank
from metahebb.genomes.merge import Merge
from metahebb.genomes.mixture import Mixture
from metahebb.genomes.per_neuron import PerNeuron
from metahebb.genomes.per_synapse import PerSynapse
from metahebb.genomes.rule_book import RuleBook
from metahebb.genomes.shared import Shared

AnyMap: TypeAlias = (
    PerSynapse
    | Shared
    | AntiDiagonal
    | PerNeuron
    | LowRank
    | Generated
    | RuleBook
    | Mixture
    | Merge
)
"""Every genome map that a run's config may hold."""

GENOME_MAPS: dict[str, type[AnyMap]] = {
    "per_synapse": PerSynapse,
    "shared": Shared,
    "anti_diagonal": AntiDiagonal,
    "neuron": PerNeuron,
    "low_rank": LowRank,
    "generated": Generated,
    "rule_book": RuleBook,
    "mixture": Mixture,
    "merge": Merge,
}
"""All genome maps by name; to add one, write a file and list it here, and in `AnyMap`."""


def name_of_map(genome_map: AnyMap) -> str:
    """Return the name that a genome map goes by."""
    return next(name for name, kind in GENOME_MAPS.items() if kind is type(genome_map))
