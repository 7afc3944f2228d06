"""The point neuron of Najarro & Risi 2020."""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def tanh(drive, /):  # type: ignore[no-untyped-def]
    """Output = the hyperbolic tangent of the drive."""
    return np.tanh(drive)
