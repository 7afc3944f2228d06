"""A probe that freezes plasticity from a step on.

It answers whether the rule only has to write a fixed policy early in life.
"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at


@dataclass(frozen=True)
class Freeze(Written):
    """End plasticity at step ``at``: the weights of that step stay until the life ends."""

    at: int
    """The first env step after which no weight changes; 0 freezes the newborn."""

    def __post_init__(self) -> None:
        """Check the step ``at``."""
        check_at(self.at)

    def __call__(self, moment: Moment) -> None:
        """Freeze the lanes that reach step ``at``, after the update of the step before."""
        frozen = moment.lanes[moment.rows_at(self.at)]
        if frozen.size:
            moment.network.flush(frozen)
            moment.network.gains[frozen] = 0
