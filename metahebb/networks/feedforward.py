"""A feed-forward network in which all synapses follow one plasticity rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from metahebb.networks.graph import Graph, layered
from metahebb.networks.plastic import Plastic
from metahebb.neurons import NEURONS


@dataclass(frozen=True)
class FeedForward(Plastic):
    """Layers of neurons without biases, in which each layer drives the next one.

    The neurons are tanh by default, as in Najarro & Risi 2020.
    """

    kind: ClassVar[str] = ""

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the network's populations and projections, for a task of these sizes."""
        neurons = (*[self.neuron] * len(self.hidden), NEURONS[self.output])
        return layered((n_observations, *self.hidden, n_outputs), neurons)
