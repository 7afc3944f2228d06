"""The arms of a comparison: who lives, under the same search and the same evaluation."""

from __future__ import annotations

from dataclasses import dataclass, field

from metahebb.analysis.tuning import GRID, Setting
from metahebb.evolution.config import SearchConfig
from metahebb.genomes import AnyMap, PerSynapse
from metahebb.networks import AnyNetwork, FeedForward, Gated
from metahebb.plasticity.rules import RULES
from metahebb.report.figures import BLUE, GREEN, ORANGE

HIDDEN = (32, 16)
FROZEN_AT = 50
"""Env step from which the arm ``frozen`` no longer learns: 2.5 s of life."""


@dataclass(frozen=True)
class Arm:
    """One way to walk.

    Attributes:
        what: it is, for a table.
        network: who lives.
        probes: done to every life of the arm, in the search and in its evaluation.
        genome: how genes become what the network inherits.
        search: that it is evolved by; the study says with which popsize.
        grid: settings of the search that are tried; as many for every arm.
    """

    what: str
    network: AnyNetwork
    probes: tuple[str, ...] = ()
    genome: AnyMap = field(default_factory=PerSynapse)
    search: SearchConfig = field(default_factory=SearchConfig)
    grid: tuple[Setting, ...] = GRID


ARMS: dict[str, Arm] = {
    "hebbian": Arm("ABCD rule per synapse, random births", FeedForward(HIDDEN)),
    "static": Arm("inherited weights", FeedForward(HIDDEN, rule=RULES["static"])),
    "lstm": Arm("inherited weights, LSTM", Gated("lstm", HIDDEN)),
    "gru": Arm("inherited weights, GRU", Gated("gru", HIDDEN)),
    "frozen": Arm(
        f"ABCD rule, frozen from step {FROZEN_AT} of each life on",
        FeedForward(HIDDEN),
        (f"freeze:at={FROZEN_AT}",),
    ),
    "coevolved": Arm(
        "ABCD rule per synapse, inherited births", FeedForward(HIDDEN, birth="coevolved")
    ),
}
"""All arms that are evolved. Inherited births without plasticity are the arm ``static``: the same
weights, drawn by the same search. Random births without plasticity inherit nothing that acts; they
need no search, and are the arm ``hebbian`` with ``freeze:at=0``."""

COLORS = {
    "hebbian": BLUE,
    "static": ORANGE,
    "lstm": GREEN,
    "gru": "#cc79a7",
    "frozen": "#56b4e9",
    "coevolved": "#c9a227",
}
"""Of the arms in every figure."""
