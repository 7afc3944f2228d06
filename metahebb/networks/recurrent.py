"""A recurrent network whose synapses, those of its memory too, all follow one plasticity rule."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from metahebb.errors import InputError
from metahebb.genomes import LayerShape
from metahebb.networks.feedforward import FeedForward


@dataclass(frozen=True)
class Recurrent(FeedForward):
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

    hidden: tuple[int, ...] = (64,)
    """Neurons that hear themselves, then sizes of the layers behind them."""
    leak: float = 1.0  # type: ignore[misc]
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

    @property
    def heard(self) -> int:
        """Neurons of the first layer that it hears itself: all."""
        return self.hidden[0]

    def layers(self, n_observations: int, n_outputs: int, planes: int = 1) -> list[LayerShape]:
        """Return the shape of each layer; the first has h_{t−1} behind its sensors."""
        sizes = (n_observations + self.heard, *self.hidden, n_outputs)
        return [LayerShape(planes, o, i) for i, o in itertools.pairwise(sizes)]
