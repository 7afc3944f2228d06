"""Draw weights anew mid-life: a second birth with the body already moving."""

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

    Those that a topology makes static beside a rule were not drawn at birth, and stay.
    """

    at: int
    """Env step before which it happens, after the update that is still due."""
    layer: int = ALL
    """Layer, counted from 1; -1: all of them."""
    number: int = 0
    """Probes of different numbers draw different weights."""

    def __post_init__(self) -> None:
        """Check every field."""
        check_at(self.at)
        check_layer(self.layer)

    def check_run(self, task: Task, network: Network) -> None:
        """Check that the layer is there, and that there is a distribution."""
        check_layer_of(self.layer, task, network)
        if any(slot.name == "birth" for slot in network.slots(task.n_observations, 1)):
            raise InputError(
                "expected a network whose weights at birth are drawn, got co-evolved ones "
                "(randomize_weights); use zero_weights"
            )

    def __call__(self, moment: Moment) -> None:
        """Draw the weights of the lives that reach the step."""
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
