"""The arms of a comparison: networks that are evolved and evaluated in the same way."""

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
"""Env step from which on the arm ``frozen`` no longer learns, after 2.5 s of life."""


@dataclass(frozen=True)
class Arm:
    """An arm of a comparison: a kind of network, and the search that evolves it.

    Attributes:
        what: description of the arm, for tables.
        network: network that lives.
        probes: probes of every life of the arm, in the search and in its evaluation.
        genome: genome map that turns genes into the network's coefficients or weights.
        search: search that evolves the arm; the study sets its popsize.
        grid: settings of the search that tuning tries, the same number for every arm.
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
"""All arms that are evolved.

Two further combinations need no arm. Inherited births without plasticity are the arm ``static``:
the search evolves the same weights. Random births without plasticity inherit nothing that acts, so
they need no search; they are the arm ``hebbian`` with the probe ``freeze:at=0``.
"""

COLORS = {
    "hebbian": BLUE,
    "static": ORANGE,
    "lstm": GREEN,
    "gru": "#cc79a7",
    "frozen": "#56b4e9",
    "coevolved": "#c9a227",
}
"""Colors of the arms in all figures."""
