"""What the page says and draws: as the page of every curve."""

from experiments.protocols.genome_maps.tables import draw, notes

__all__ = ["draw", "notes"]
