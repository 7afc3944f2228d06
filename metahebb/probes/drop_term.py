"""A probe that takes one term out of the rule, to find out which term does the work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from metahebb.errors import InputError, unknown_name
from metahebb.networks import Network
from metahebb.plasticity import Rule
from metahebb.probes.base import Array, Written
from metahebb.tasks.base import Task

SCALE = "eta"
"""The coefficient that is replaced by its mean, because with 0 no weight would change at all."""


@dataclass(frozen=True)
class DropTerm(Written):
    """Set one coefficient of every synapse to 0, from birth on.

    The coefficient ``eta`` becomes its mean over the layer instead.
    """

    term: str
    """The name of the coefficient, such as A, B, C, D or eta."""

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the rule has the coefficient."""
        rule = getattr(network, "rule", None)
        if not isinstance(rule, Rule) or not rule.coefficients:
            got = getattr(rule, "name", type(network).__name__)
            raise InputError(
                f"expected a rule with coefficients, got {got} (drop_term); leave it out"
            )
        if self.term not in rule.coefficients:
            raise unknown_name(f"coefficient of {rule.name}", self.term, rule.coefficients)

    def change_coefficients(self, rule: Rule, layers: Sequence[Array]) -> None:
        """Change the coefficient, before it is folded into others."""
        for layer in layers:
            plane = layer[rule.coefficients.index(self.term)]
            plane[:] = plane.mean() if self.term == SCALE else 0
