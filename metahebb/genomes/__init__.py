"""What is inherited: slots, and the genome maps that fill them."""

from metahebb.genomes.anti_diagonal import AntiDiagonal as AntiDiagonal
from metahebb.genomes.base import GenomeMap as GenomeMap
from metahebb.genomes.generated import Generated as Generated
from metahebb.genomes.genome import Genome as Genome
from metahebb.genomes.low_rank import LowRank as LowRank
from metahebb.genomes.merge import RULES_OF as RULES_OF
from metahebb.genomes.merge import Assigned as Assigned
from metahebb.genomes.merge import Merge as Merge
from metahebb.genomes.merge import genome_of as genome_of
from metahebb.genomes.merge import merges as merges
from metahebb.genomes.mixture import Mixture as Mixture
from metahebb.genomes.neuron import Neuron as Neuron
from metahebb.genomes.per_synapse import PerSynapse as PerSynapse
from metahebb.genomes.registry import GENOME_MAPS as GENOME_MAPS
from metahebb.genomes.registry import AnyMap as AnyMap
from metahebb.genomes.registry import name_of_map as name_of_map
from metahebb.genomes.rule_book import RuleBook as RuleBook
from metahebb.genomes.shared import Shared as Shared
from metahebb.genomes.slot import LayerShape as LayerShape
from metahebb.genomes.slot import Places as Places
from metahebb.genomes.slot import Slot as Slot
from metahebb.genomes.slot import SlotName as SlotName
from metahebb.genomes.source import GeneSource as GeneSource
from metahebb.genomes.source import GivenGenes as GivenGenes
from metahebb.genomes.source import SeededGenes as SeededGenes
