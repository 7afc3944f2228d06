"""A probe that sets weights to 0 in mid-life, to see whether the rule builds them again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metahebb.networks import Network
from metahebb.noise import uniforms
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import (
    ALL,
    check_at,
    check_fraction,
    check_layer,
    check_layer_of,
    is_chosen,
)
from metahebb.tasks.base import Task


@dataclass(frozen=True)
class ZeroWeights(Written):
    """Set a random part of the weights to 0 at step ``at``; plasticity goes on from there.

    In each layer the part is drawn from the existing synapses, rounded to whole ones, and anew for
    each life. Static weights of a topology become 0, too, and no rule can build them again.
    """

    at: int
    """The env step before which the probe acts, after the update of the step before."""
    fraction: float = 1.0
    """The part of each layer's weights that becomes 0."""
    layer: int = ALL
    """The number of the layer, counted from 1; -1: all layers."""
    number: int = 0
    """The probe's number in the list; probes with different numbers draw different weights."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_at(self.at)
        check_fraction(self.fraction)
        check_layer(self.layer)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the layer exists."""
        check_layer_of(self.layer, task, network)

    def __call__(self, moment: Moment) -> None:
        """Set weights of the lives that reach step ``at`` to 0."""
        rows = moment.rows_at(self.at)
        if not rows.size:
            return
        moment.network.flush(moment.lanes[rows])
        for row in rows:
            key, start = moment.noise(row, self.number)
            lane = int(moment.lanes[row])
            present = moment.network.present_layers(lane)
            for number, weights in enumerate(moment.network.raw_layers(lane)):
                if is_chosen(self.layer, number):
                    order = np.argsort(uniforms(key, weights.size, start), kind="stable")
                    order = order[present[number].ravel()[order]]
                    some = order[: round(self.fraction * order.size)]
                    weights[np.unravel_index(some, weights.shape)] = 0
                start += weights.size
