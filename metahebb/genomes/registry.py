"""The registry of genome maps by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from metahebb.genomes.anti_diagonal import AntiDiagonal
from metahebb.genomes.base import GenomeMap
from metahebb.genomes.generated import Generated
from metahebb.genomes.low_rank import LowRank
from metahebb.genomes.merge import Merge
from metahebb.genomes.mixture import Mixture
from metahebb.genomes.per_neuron import PerNeuron
from metahebb.genomes.per_synapse import PerSynapse
from metahebb.genomes.rule_book import RuleBook
from metahebb.genomes.shared import Shared
from metahebb.registry import Registry

GENOME_MAPS: Registry[type[GenomeMap]] = Registry(
    "genome map",
    {
        "per_synapse": PerSynapse,
        "shared": Shared,
        "anti_diagonal": AntiDiagonal,
        "neuron": PerNeuron,
        "low_rank": LowRank,
        "generated": Generated,
        "rule_book": RuleBook,
        "mixture": Mixture,
        "merge": Merge,
    },
    needs=("n_genes", "express"),
)
"""All genome maps by name; to add one, write a file and list it here."""

if TYPE_CHECKING:
    AnyMap: TypeAlias = GenomeMap
else:
    AnyMap = Annotated[Any, GENOME_MAPS]
"""The type of a config's field that may hold any genome map."""


def name_of_map(genome_map: GenomeMap) -> str:
    """Return the name under which a genome map is registered."""
    return GENOME_MAPS.name_of(genome_map)
