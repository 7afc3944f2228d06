"""Freeze plasticity from a step on: does the rule only write a fixed policy?"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at


@dataclass(frozen=True)
class Freeze(Written):
    """Set every lane's gain to 0 from step ``at`` on; the weights of that step stay."""

    at: int
    """First env step that changes nothing; 0 freezes the newborn."""

    def __post_init__(self) -> None:
        """Check the step."""
        check_at(self.at)

    def __call__(self, moment: Moment) -> None:
        """Freeze the lanes that reach the step, after the update that is still due."""
        frozen = moment.lanes[moment.rows_at(self.at)]
        if frozen.size:
            moment.network.flush(frozen)
            moment.network.gains[frozen] = 0
