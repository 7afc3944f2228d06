"""A probe that freezes plasticity until a step.

It answers how a network lives with the weights of its birth.
"""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.probes.base import Moment, Written
from metahebb.probes.values import check_at


@dataclass(frozen=True)
class FreezeUntil(Written):
    """Keep the weights of birth until step ``at``; its activity is the first that changes them.

    Together with `Freeze` at a later step, the probe leaves a window of plasticity.
    """

    at: int
    """The first env step after which weights change; 0 freezes nothing."""

    def __post_init__(self) -> None:
        """Check the step ``at``."""
        check_at(self.at)

    def __call__(self, moment: Moment) -> None:
        """Freeze newborns, and give plasticity back to the lanes that reach step ``at``."""
        if self.at == 0:
            return
        moment.network.gains[moment.lanes[moment.rows_at(0)]] = 0
        thawed = moment.lanes[moment.rows_at(self.at)]
        if thawed.size:
            moment.network.flush(thawed)  # the gain is still 0, so the pending update does nothing
            moment.network.gains[thawed] = moment.network.birth_gain
