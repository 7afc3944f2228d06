"""metahebb: evolve plasticity rules instead of weights."""

__version__ = "0.1.0"
