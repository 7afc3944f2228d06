"""A recurrent network in which all synapses, recurrent ones too, follow one plasticity rule."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar, Self

from metahebb.errors import InputError
from metahebb.networks.base import Network
from metahebb.networks.graph import Graph, layered
from metahebb.networks.plastic import Plastic
from metahebb.neurons import NEURONS


@dataclass(frozen=True)
class Recurrent(Plastic):
    """A recurrent layer of neurons, then layers of tanh neurons, all without biases.

    The first layer is h_t = (1 − leak)·h_{t−1} + leak·tanh(W_in·x_t + W_rec·h_{t−1}), with h = 0 at
    birth. Its matrix is W = [W_in W_rec], ``(n_hidden, n_observations + n_hidden)``. A rule, a
    genome map, a topology and a normalization treat W as one layer. For example, the topology
    ``sparse`` draws the existing synapses from all of W.

    A rule sees the activities that took part in the same step. For a synapse of W_in, pre is x_t
    and post is h_t. For one of W_rec, pre is h_{t−1} and post is h_t, so that A·pre·post links
    activities that follow each other in time. The weights are updated after the action of step t,
    as in all networks. Probes on sensors change x alone.

    With the genome map ``neuron``, a recurrent neuron has two sets of genes: one for its synapses
    onto the next layer, and one for those onto its own layer.
    """

    kind: ClassVar[str] = "recurrent"

    hidden: tuple[int, ...] = (64,)
    """The number of recurrent neurons, then the sizes of the layers behind them."""
    leak: float = 1.0
    """The part of h that each step replaces; with 1, h_{t−1} acts through W_rec only."""

    def __post_init__(self) -> None:
        """Check the values of all fields."""
        super().__post_init__()
        if not self.hidden:
            raise InputError(
                "expected the number of recurrent neurons in hidden, got none; give --hidden"
            )
        if not 0 < self.leak <= 1:
            raise InputError(f"expected a leak above 0 and at most 1, got {self.leak}")
        if self.leak < 1 and self.neuron != NEURONS["tanh"]:
            raise InputError(
                f"expected a leak of 1 with the neuron {self.neuron.name}, got {self.leak}: only "
                "tanh has a leak; use a constant of the neuron's own, as in --neuron leaky:tau=30"
            )

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return a recurrent network with the settings that it can share with ``old``.

        The network has 8 recurrent neurons if ``old`` has no hidden layer.
        """
        hidden = old.hidden or (8,)
        return super().like(replace(old, hidden=hidden), name)

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the network's populations and projections, for a task of these sizes."""
        first = self.neuron
        if self.leak < 1:
            first = NEURONS["leaky_output"].with_constants(leak=self.leak)
        neurons = (first, *[self.neuron] * (len(self.hidden) - 1), NEURONS[self.output])
        return layered((n_observations, *self.hidden, n_outputs), neurons, recurrent=True)
