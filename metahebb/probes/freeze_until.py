"""Freeze plasticity until a step: how does a network live on the weights it was born with?"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at


@dataclass(frozen=True)
class FreezeUntil(Written):
    """Keep the weights at birth until step ``at``, whose activity is the first that changes them.

    Before `Freeze` with a later step it leaves a window of plasticity.
    """

    at: int
    """First env step after which weights change; 0 freezes nothing."""

    def __post_init__(self) -> None:
        """Check the step."""
        check_at(self.at)

    def __call__(self, moment: Moment) -> None:
        """Freeze newborns, thaw the lanes that reach the step."""
        if self.at == 0:
            return
        moment.network.gains[moment.lanes[moment.rows_at(0)]] = 0
        thawed = moment.lanes[moment.rows_at(self.at)]
        if thawed.size:
            moment.network.flush(thawed)  # with a gain of 0: what was pending is forgotten
            moment.network.gains[thawed] = moment.network.birth_gain
