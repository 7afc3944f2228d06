"""What is inherited: slots, and the genome maps that fill them."""

from metahebb.genomes.genome import Genome as Genome
from metahebb.genomes.genome import GenomeMap as GenomeMap
from metahebb.genomes.per_synapse import PerSynapse as PerSynapse
from metahebb.genomes.slot import LayerShape as LayerShape
from metahebb.genomes.slot import Slot as Slot
from metahebb.genomes.source import GeneSource as GeneSource
from metahebb.genomes.source import GivenGenes as GivenGenes
from metahebb.genomes.source import SeededGenes as SeededGenes
