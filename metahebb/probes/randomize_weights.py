"""A probe that draws weights anew in mid-life, like a second birth of a body that moves already."""

from __future__ import annotations

from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.networks import Network
from metahebb.probes.base import Moment, Written
from metahebb.probes.values import ALL, check_at, check_layer, check_layer_of, is_chosen
from metahebb.tasks.base import Task


@dataclass(frozen=True)
class RandomizeWeights(Written):
    """Draw weights anew at step ``at``, from the distribution of the network's weights at birth.

    Static weights of a topology stay, because they are inherited and were not drawn at birth.
    """

    at: int
    """The env step before which the probe acts, after the update of the step before."""
    layer: int = ALL
    """The number of the layer, counted from 1; -1: all layers."""
    number: int = 0
    """The probe's number in the list; probes with different numbers draw different weights."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        check_at(self.at)
        check_layer(self.layer)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the layer exists, and that weights at birth are drawn."""
        check_layer_of(self.layer, task, network)
        if any(slot.name == "birth" for slot in network.slots(task.n_observations, 1)):
            raise InputError(
                "expected a network whose weights at birth are drawn, got co-evolved ones "
                "(randomize_weights); use zero_weights"
            )

    def __call__(self, moment: Moment) -> None:
        """Draw the weights of the lives that reach step ``at``."""
        rows = moment.rows_at(self.at)
        if not rows.size:
            return
        moment.network.flush(moment.lanes[rows])
        for row in rows:
            lane = int(moment.lanes[row])
            chosen = [
                number
                for number in range(len(moment.network.raw_layers(lane)))
                if is_chosen(self.layer, number)
            ]
            moment.network.redraw(lane, chosen, *moment.noise(row, self.number))
