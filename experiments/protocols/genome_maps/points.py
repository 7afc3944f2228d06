"""The points of the curve: genome maps of many sizes, for the same network and protocol."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from experiments.protocols.arms import ARMS, HIDDEN, Arm
from metahebb.analysis.tuning import Setting
from metahebb.evolution.config import SearchConfig
from metahebb.genomes import (
    AntiDiagonal,
    AnyMap,
    Generated,
    LowRank,
    Merge,
    Mixture,
    PerNeuron,
    PerSynapse,
    RuleBook,
    Shared,
)
from metahebb.networks import FeedForward
from metahebb.networks.topology import Evolved, Modular, Sparse, Static
from metahebb.plasticity import Bounds

REFERENCE = "hebbian"
"""Point to which all others are compared, which is the arm of this name in the damage study."""
SMALL = 2000
"""Largest number of genes for which half of the settings use CMA-ES."""
FULL = 700
"""Largest number of genes for which CMA-ES has a full covariance."""
LARGE = (
    Setting(0.1, 0.06, 0.3),
    Setting(0.06, 0.03, 0.1),
    Setting(0.06, 0.03, 0.3),
    Setting(0.1, 0.03, 0.1),
)
"""Settings for a genome of more than `SMALL` genes; the second was the best in the damage study."""


PALM = Arm(
    "the same, each synapse of each candidate drawn on its own",
    FeedForward(HIDDEN),
    search=SearchConfig(
        algorithm="mixture",
        mixture_rules=16,
        stdev_decay=0.999,
        learning_rate_decay=0.995,
        ranking="standardized",
    ),
    grid=(
        Setting(0.1, 0.2, 1.0, optimizer="sgd"),  # the published setting
        Setting(0.1, 1.0, 1.0),  # the best setting of later trials
        Setting(0.1, 0.2, 1.0),
        Setting(0.1, 0.06, 0.3),
    ),
)
"""The search of Palm et al. 2021, in settings around the published one.

The arm has the smallest of the published numbers of rules, because the network of the size
``quick`` has an eighth of the published synapses.
"""


@dataclass(frozen=True)
class Point:
    """A point of the curve: one genome map of one size.

    Attributes:
        line: name of the figure's line that the point lies on.
        arm: arm that is evolved.
        scale: standard deviation of the first center of a small genome, which has to be larger for
            products of genes than for sums. None to tune the arm in the settings of its own grid.
    """

    line: str
    arm: Arm
    scale: float | None = 0.3

    def tuned_arm(self, n_genes: int) -> Arm:
        """Return the arm with the settings that fit a genome of ``n_genes`` genes."""
        if self.scale is None:
            return self.arm
        if self.arm.genome.merges_at:  # the state of CMA-ES cannot be merged
            return dataclasses.replace(self.arm, grid=LARGE)
        return dataclasses.replace(self.arm, grid=grid_of(n_genes, self.scale))


def grid_of(n_genes: int, scale: float) -> tuple[Setting, ...]:
    """Return the settings for a genome; up to `SMALL` genes, half of them use CMA-ES."""
    if n_genes > SMALL:
        return LARGE
    separable = n_genes > FULL
    return (
        Setting(0.1, 0.06, scale),
        Setting(0.1, 0.02, scale, "cmaes", separable=separable),  # cmaes ignores the learning rate
        Setting(0.06, 0.03, scale / 3),
        Setting(0.3, 0.02, scale, "cmaes", separable=separable),
    )


def _point(
    line: str,
    what: str,
    genome: AnyMap,
    scale: float = 0.3,
    **network: Any,
) -> Point:
    lives = FeedForward(HIDDEN, **network)
    return Point(line, Arm(what, lives, genome=genome), scale)


POINTS: dict[str, Point] = {
    REFERENCE: Point("per synapse", ARMS[REFERENCE], None),
    "per_synapse": _point("per synapse", "the same, tuned in other settings", PerSynapse()),
    "low_rank-1": _point("low rank", "one outer product", LowRank(), 0.5),
    "neuron": _point("neuron", "five genes per neuron", PerNeuron()),
    "shared-16": _point("shared", "16 rules per layer", Shared(16)),
    "shared-64": _point("shared", "64 rules per layer", Shared(64)),
    "births": _point(
        "shared, inherited births",
        "16 rules per layer, a birth weight per synapse",
        Shared(16),
        birth="coevolved",
    ),
    "generated": _point("generated", "a network of 16 tanh units", Generated(), 0.5),
    "generated-body": _point(
        "generated, body",
        "the same, of places in the body",
        Generated(coordinates="body"),
        0.5,
    ),
    "one": _point("shared", "one rule for the whole network", Shared(1, across=True)),
    "mixture-16": _point(
        "mixture, repaired",
        "16 rules of the network, and 16 logits per synapse",
        Mixture(16, across=True),
    ),
    "palm-16": Point("mixture, published", PALM, None),
    "merge-16": _point(
        "evolve and merge",
        "each synapse, then 64, then 16 rules per layer",
        Merge(at=(30, 60), to=(64, 16)),
    ),
    "static-50": _point(
        "structure and plasticity",
        "half of the synapses: an inherited weight that stays; the rest: 16 rules per layer",
        Shared(16),
        topology=Static(0.5),
        normalization=Bounds("clip"),
    ),
    "sparse-10": _point(
        "sparse",
        "each of the tenth of all synapses that are there",
        PerSynapse(),
        topology=Sparse(0.1),  # type: ignore[abstract]  # a dataclass makes its hash
    ),
    "wiring": _point(
        "evolved wiring",
        "16 rules per layer, a gate per synapse",
        Shared(16),
        topology=Evolved(),
    ),
    "modular-2": _point(
        "modular",
        "16 rules per layer, two modules",
        Shared(16),
        topology=Modular(2),  # type: ignore[abstract]
    ),
    "rule_book": _point("rule book", "signs and an eta per layer", RuleBook()),
    "anti_diagonal": _point("anti-diagonal", "rule i + j", AntiDiagonal()),
    "shared-4": _point("shared", "4 rules per layer", Shared(4)),
    "low_rank-4": _point("low rank", "four outer products", LowRank(4)),
    "low_rank-1o": _point(
        "low rank, offsets",
        "one outer product, an offset per neuron",
        LowRank(offsets=True),
    ),
    "shared-1": _point("shared", "one rule per layer", Shared(1)),
}
"""All points by name, in the order in which they are evolved."""
QUICK = (
    *(REFERENCE, "per_synapse", "low_rank-1", "neuron", "shared-16", "shared-64", "generated"),
    *("one", "shared-4", "births", "mixture-16", "palm-16", "merge-16", "static-50"),
)
"""Names of the points of the size ``quick``; the size ``paper`` has all points."""
