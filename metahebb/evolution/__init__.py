"""Selection of genomes: EvoTorch's searches, and the backends that live the candidates' lives."""
