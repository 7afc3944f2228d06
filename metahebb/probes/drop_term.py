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


def is_leveled(rule: Rule, name: str) -> bool:
    """Return whether the coefficient ``name`` becomes its layer's mean where others become 0.

    That is so of ``eta``, and of each coefficient whose declared range leaves 0 out: a rule may
    divide by it.
    """
    declared = rule.ranges[rule.coefficients.index(name)]
    return name == SCALE or (declared is not None and not declared.low < 0 < declared.high)


def leveled_by(probes: Sequence[object], rule: Rule | None) -> list[str]:
    """Return the names of the coefficients of ``rule`` that ``probes`` replace by their means."""
    names = [probe.term for probe in probes if isinstance(probe, DropTerm)]
    return [name for name in names if rule is not None and is_leveled(rule, name)]


@dataclass(frozen=True)
class DropTerm(Written):
    """Set one coefficient of every synapse to 0, from birth on.

    A coefficient that cannot be 0 becomes its mean over the layer instead; see `is_leveled`.
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
        leveled = is_leveled(rule, self.term)
        for layer in layers:
            plane = layer[rule.coefficients.index(self.term)]
            plane[:] = plane.mean() if leveled else 0
