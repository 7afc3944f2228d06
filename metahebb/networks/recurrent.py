"""A recurrent network whose synapses, those of its memory too, all follow one plasticity rule."""

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
    """A layer of neurons that hear themselves, then layers of tanh neurons without biases.

    The first layer is h_t = (1 − leak)·h_{t−1} + leak·tanh(W_in·x_t + W_rec·h_{t−1}), with h = 0 at
    birth. Its matrix is W = [W_in W_rec], ``(n_hidden, n_observations + n_hidden)``: one layer to
    a rule, a genome map, a topology (sparse recurrence is a sparse W) and a normalization.

    A rule sees what took part in one step: of W_in, pre is x_t and post h_t; of W_rec, pre is
    h_{t−1} and post h_t, so that A·pre·post links what follows each other in time. Both are updated
    after the action of step t, as everywhere. Probes on sensors change x alone.

    The genome map neuron has other genes for a neuron where its own layer hears it, in h_{t−1},
    than where the next one does.
    """

    kind: ClassVar[str] = "recurrent"

    hidden: tuple[int, ...] = (64,)
    """Neurons that hear themselves, then sizes of the layers behind them."""
    leak: float = 1.0
    """Part of h that each step replaces: 1 keeps nothing but what comes by W_rec."""

    def __post_init__(self) -> None:
        """Check the values."""
        super().__post_init__()
        if not self.hidden:
            raise InputError(
                "expected hidden neurons that hear themselves, got none; give --hidden"
            )
        if not 0 < self.leak <= 1:
            raise InputError(f"expected a leak above 0 and at most 1, got {self.leak}")
        if self.leak < 1 and self.neuron != NEURONS["tanh"]:
            raise InputError(
                f"expected a leak of 1 with the neuron {self.neuron.name}, got {self.leak}: a leak "
                "is that of tanh; use a constant of the neuron's own, as in --neuron leaky:tau=30"
            )

    @classmethod
    def like(cls, old: Network, name: str = "") -> Self:
        """Return such a network that has all that it can have in common with another one.

        It has 8 neurons where the other one has no hidden layer.
        """
        hidden = old.hidden or (8,)
        return super().like(replace(old, hidden=hidden), name)

    def graph(self, n_observations: int, n_outputs: int) -> Graph:
        """Return the populations and projections, for a task of these sizes."""
        first = self.neuron
        if self.leak < 1:
            first = NEURONS["leaky_output"].with_constants(leak=self.leak)
        neurons = (first, *[self.neuron] * (len(self.hidden) - 1), NEURONS[self.output])
        return layered((n_observations, *self.hidden, n_outputs), neurons, recurrent=True)
