"""Zero weights mid-life: does the rule build them again?"""

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

    The part is exact in each layer, of the synapses that are there, and drawn anew for each life.
    Static weights beside a rule are weights like others: nothing builds those again.
    """

    at: int
    """Env step before which it happens, after the update that is still due."""
    fraction: float = 1.0
    """Part of a layer's weights."""
    layer: int = ALL
    """Layer, counted from 1; -1: all of them."""
    number: int = 0
    """Probes of different numbers draw different weights."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_at(self.at)
        check_fraction(self.fraction)
        check_layer(self.layer)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the layer is there."""
        check_layer_of(self.layer, task, network)

    def __call__(self, moment: Moment) -> None:
        """Zero the weights of the lives that reach the step."""
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
