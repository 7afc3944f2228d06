"""The configuration of a search: its algorithm and the algorithm's numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from metahebb.errors import InputError, unknown_name
from metahebb.genomes.base import LATER
from metahebb.noise import Key, Stream, normals

ALGORITHMS = ("openai_es", "pgpe", "snes", "cem", "cmaes", "xnes", "ga", "cosyne", "mixture")
RANKING_NAMES = ("nes", "centered", "standardized", "raw")
OPTIMIZERS = ("adam", "sgd", "clipup")
SEEDED = frozenset({"openai_es", "pgpe", "snes", "cem"})
"""Searches in which workers rebuild each candidate from a seed; they resume from a checkpoint."""


@dataclass(frozen=True)
class SearchConfig:
    """A search algorithm of EvoTorch and its numbers.

    ``openai_es`` is EvoTorch's PGPE with the center's gradient divided by stdev², which is the
    estimator of Salimans et al. 2017 and of Najarro & Risi 2020.
    """

    algorithm: Literal[
        "openai_es", "pgpe", "snes", "cem", "cmaes", "xnes", "ga", "cosyne", "mixture"
    ] = "openai_es"
    """Algorithm of the search; seeded: openai_es, pgpe, snes, cem; dense: cmaes, xnes, ga, cosyne,
    mixture."""
    popsize: int = 128
    """Candidates per generation."""
    stdev: float = 0.05
    """Standard deviation of the search distribution at the start, or of mutations."""
    stdev_decay: float = 1.0
    """Factor by which the stdev is multiplied after each generation (openai_es, pgpe, mixture)."""
    stdev_floor: float = 0.0
    """Value below which the decay does not take the stdev."""
    stdev_learning_rate: float = 0.1
    """Rate at which pgpe adapts the stdev; the other algorithms ignore it."""
    learning_rate: float = 0.02
    """Learning rate of the center (openai_es, pgpe), or of means and logits (mixture)."""
    learning_rate_decay: float = 1.0
    """Factor by which the learning rate is multiplied after each generation (openai_es, pgpe,
    mixture)."""
    learning_rate_floor: float = 0.0
    """Value below which the decay does not take the learning rate."""
    optimizer: Literal["adam", "sgd", "clipup"] = "adam"
    """Optimizer that turns the gradient into a step (openai_es, pgpe, mixture)."""
    ranking: Literal["nes", "centered", "standardized", "raw"] = "nes"
    """Ranking that turns fitness into weights (openai_es, pgpe, snes, mixture)."""
    parenthood_ratio: float = 0.5
    """Fraction of the population that shapes the next one (cem)."""
    separable: bool = True
    """Whether the covariance is diagonal (cmaes); a full one needs memory of n_genes²."""
    initial_stdev: float = 0.1
    """Standard deviation of the genes of the first center, or of the first population, around 0;
    also of the first rules of mixture."""
    penalty: float = 0.01
    """Factor of the mean squared coefficient, mean(h²), which is subtracted from fitness."""
    delay: int = field(default=0, metadata={LATER: True})
    """Number of updates by which sampling runs ahead, 0 or 1; with 1, workers that are done with a
    generation begin with the next one while others are not done (openai_es, pgpe, snes)."""
    mixture_rules: int = field(default=16, metadata={LATER: True})
    """Number of rules that the network has (mixture)."""

    def __post_init__(self) -> None:
        """Check every field."""
        for kind, known in (
            ("algorithm", ALGORITHMS),
            ("ranking", RANKING_NAMES),
            ("optimizer", OPTIMIZERS),
        ):
            if getattr(self, kind) not in known:
                raise unknown_name(kind, getattr(self, kind), known)
        if self.popsize < 2:
            raise InputError(f"expected a popsize of at least 2, got {self.popsize}")
        if self.mixture_rules < 1:
            raise InputError(f"expected mixture_rules of at least 1, got {self.mixture_rules}")
        if self.mirrored and self.popsize % 2:
            raise InputError(
                f"expected an even popsize for mirrored pairs, got {self.popsize}; "
                f"use {self.popsize + 1}"
            )
        if self.delay not in (0, 1):
            raise InputError(f"expected a delay of 0 or 1 generations, got {self.delay}")
        if self.delay and self.algorithm not in ("openai_es", "pgpe", "snes"):
            raise InputError(
                f"expected openai_es, pgpe or snes for a delay, got {self.algorithm}; leave out "
                "--search.delay"
            )
        self._check_numbers()
        self._check_parents()

    def _check_numbers(self) -> None:
        for name in ("stdev", "learning_rate", "stdev_decay", "learning_rate_decay"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0):
                raise InputError(f"expected {name} to be positive, got {getattr(self, name)}")
        for name in (
            *("penalty", "initial_stdev", "stdev_floor"),
            *("learning_rate_floor", "stdev_learning_rate"),
        ):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) >= 0):
                raise InputError(f"expected {name} of at least 0, got {getattr(self, name)}")
        if not 0 < self.parenthood_ratio <= 1:
            raise InputError(f"expected parenthood_ratio in (0, 1], got {self.parenthood_ratio}")

    def _check_parents(self) -> None:
        """Refuse a population too small to have parents: EvoTorch computes nonsense with it."""
        if self.algorithm == "cosyne" and self.popsize < 4:
            raise InputError(f"expected a popsize of at least 4 (cosyne), got {self.popsize}")
        if self.algorithm == "cem" and math.floor(self.popsize * self.parenthood_ratio) < 2:
            raise InputError(
                "expected a popsize times parenthood_ratio of at least 2 (cem), got "
                f"{self.popsize} times {self.parenthood_ratio}; raise one of them"
            )

    @property
    def is_seeded(self) -> bool:
        """Whether workers rebuild candidates by their index, so that only fitness travels."""
        return self.algorithm in SEEDED

    @property
    def mirrored(self) -> bool:
        """Whether candidates come in pairs center ± noise."""
        return self.algorithm in ("openai_es", "pgpe")


def decayed(value: float, factor: float, floor: float) -> float:
    """Return ``value`` times ``factor``, but at least ``floor``; never more than ``value``."""
    return min(max(value * factor, floor), value)


def initial_center(seed: int, n_genes: int, stdev: float) -> npt.NDArray[np.float32]:
    """Return the center before the first generation, ``(n_genes,)``: N(0, stdev²) from the seed.

    The populations of ga and cosyne, which have no center, are drawn from the same distribution.
    """
    return normals(Key(seed, Stream.INITIAL), n_genes) * np.float32(stdev)
