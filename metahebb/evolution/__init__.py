"""How genomes are selected: EvoTorch searches over living populations, and their backends."""
