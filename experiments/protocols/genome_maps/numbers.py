"""What is measured at a point of the curve, and how it compares with the reference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from experiments.kit.claims import Interval
from experiments.protocols.legs.groups import WALKS, Group
from experiments.protocols.lesions.numbers import Estimate, Pairs
from metahebb.evolution.config import SearchConfig
from metahebb.genomes import Genome, Mixture
from metahebb.runs.folder import RunFolder

SMOOTH = 10
"""Generations over which a fitness is a mean: all training bodies have had their turns."""


@dataclass(frozen=True)
class Measured:
    """A point of the curve, measured.

    Attributes:
        name: of the point.
        genes: of the center that was evaluated.
        bits: likewise.
        search: in words, with the best setting of those tried.
        group: what its runs do in all bodies.
        zeroed: lives whose weights are all set to zero, and the same lives without.
        half: generations until half of the final fitness, by run; NaN where nobody walks.
    """

    name: str
    genes: int
    bits: int
    search: str
    group: Group
    zeroed: Pairs
    half: tuple[float, ...]

    def relative(self, other: Measured) -> Interval:
        """Return intact distance by that of ``other``, whose lives are drawn together.

        None where ``other`` does not walk; no interval where its own reaches down to `WALKS`.
        """
        mine, theirs = self.group.common(other.group)
        means, draws = mine.draws()
        other_means, other_draws = theirs.draws()
        if other_means["intact"] < WALKS:
            return None, None, None
        value = means["intact"] / other_means["intact"]
        if theirs.interval(other_draws["intact"], other_means["intact"])[0] < WALKS:
            return value, None, None
        return value, *mine.interval(draws["intact"] / other_draws["intact"], value)

    def gap(self, other: Measured) -> float:
        """Return how far the interval of unseen damage is above that of ``other`` [m].

        On common folds and seeds; negative where they overlap.
        """
        mine, theirs = self.group.common(other.group)
        return mine.kind("unseen")[1] - theirs.kind("unseen")[2]

    def back(self) -> tuple[Estimate, Estimate]:
        """Return the part of the former speed after zeroing, and without it; see `Pairs`."""
        return self.zeroed.iqm("back"), self.zeroed.iqm("back", "without")


def words_of(search: SearchConfig) -> str:
    """Return what a search is, for a table."""
    if search.algorithm == "cmaes":
        return f"{'separable ' * search.separable}CMA-ES {search.stdev:g}"
    name = {"openai_es": "OpenAI-ES", "mixture": "mixture"}[search.algorithm]
    optimizer = "" if search.optimizer == "adam" else f", {search.optimizer}"
    return f"{name} {search.stdev:g}{optimizer}, lr {search.learning_rate:g}"


def size_of(run: RunFolder) -> tuple[int, int]:
    """Return the genes and bits of what is inherited.

    The search ``mixture`` has rules and logits, as the genome map of that name has, and a
    per-synapse genome only for its candidates.
    """
    search, genome = run.config.search, run.load().genome
    if search.algorithm == "mixture":
        slots = genome.slots
        genome = Genome.mapped(slots, {"coefficients": Mixture(search.mixture_rules, across=True)})
    return genome.n_genes, genome.bits


def half_of(run: RunFolder) -> float:
    """Return the generations until half of the final fitness; NaN where nobody walks.

    Fitness is the population's mean, smoothed over `SMOOTH` generations; final is the last of them.
    """
    means = np.array([record["fitness_mean"] for record in run.read_metrics()], np.float64)
    return _half(means)


def _half(means: npt.NDArray[np.float64]) -> float:
    window = min(SMOOTH, means.size)
    smooth = np.convolve(means, np.full(window, 1 / window), "valid")
    if smooth[-1] < WALKS / 2:
        return float("nan")
    return float(np.argmax(smooth >= smooth[-1] / 2) + window)
