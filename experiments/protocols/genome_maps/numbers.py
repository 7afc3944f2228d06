"""The measures of a point of the curve, and their comparison with the reference."""

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
"""Number of generations over which fitness is averaged, in which all training bodies take turns."""


@dataclass(frozen=True)
class Measured:
    """A point of the curve with its measures.

    Attributes:
        name: name of the point.
        genes: number of genes of the evaluated center.
        bits: number of bits of the evaluated center.
        search: search in words, with the best of the settings that tuning tried.
        group: runs of the point, with their lives in all bodies.
        zeroed: lives in which all weights are set to zero, and the same lives without this lesion.
        half: number of generations until half of the final fitness, by run; NaN for a run that does
            not walk.
    """

    name: str
    genes: int
    bits: int
    search: str
    group: Group
    zeroed: Pairs
    half: tuple[float, ...]

    def relative(self, other: Measured) -> Interval:
        """Return the intact distance over that of ``other``, with its interval.

        All three are None if ``other`` does not walk. The interval is None if the interval of
        ``other``'s distance reaches below `WALKS`.
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
        """Return the lower end of this point's interval minus the upper end of ``other``'s [m].

        Both are intervals of the distance on unseen legs, over common folds and seeds. The result
        is negative if the intervals overlap.
        """
        mine, theirs = self.group.common(other.group)
        return mine.kind("unseen")[1] - theirs.kind("unseen")[2]

    def back(self) -> tuple[Estimate, Estimate]:
        """Return speed after over speed before the lesion, with all weights zeroed and without."""
        return self.zeroed.iqm("back"), self.zeroed.iqm("back", "without")


def words_of(search: SearchConfig) -> str:
    """Return the words for a search in a table."""
    if search.algorithm == "cmaes":
        return f"{'separable ' * search.separable}CMA-ES {search.stdev:g}"
    name = {"openai_es": "OpenAI-ES", "mixture": "mixture"}[search.algorithm]
    optimizer = "" if search.optimizer == "adam" else f", {search.optimizer}"
    return f"{name} {search.stdev:g}{optimizer}, lr {search.learning_rate:g}"


def size_of(run: RunFolder) -> tuple[int, int]:
    """Return the number of genes, and of bits, that a run's networks inherit.

    The search ``mixture`` evolves rules and logits, as the genome map ``mixture`` has them; its
    genome with a rule per synapse is only that of its candidates, and does not count.
    """
    search, genome = run.config.search, run.load().genome
    if search.algorithm == "mixture":
        slots = genome.slots
        genome = Genome.mapped(slots, {"coefficients": Mixture(search.mixture_rules, across=True)})
    return genome.n_genes, genome.bits


def half_of(run: RunFolder) -> float:
    """Return the number of generations until half of the final fitness; NaN if the run fails.

    The fitness is the population's mean, smoothed over `SMOOTH` generations. The final fitness is
    its last value, and a run fails if this is below half of `WALKS`.
    """
    means = np.array([record["fitness_mean"] for record in run.read_metrics()], np.float64)
    return _half(means)


def _half(means: npt.NDArray[np.float64]) -> float:
    window = min(SMOOTH, means.size)
    smooth = np.convolve(means, np.full(window, 1 / window), "valid")
    if smooth[-1] < WALKS / 2:
        return float("nan")
    return float(np.argmax(smooth >= smooth[-1] / 2) + window)
