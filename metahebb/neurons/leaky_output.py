"""A neuron with an output that keeps a part of its last value, as in echo state networks.

Source: Jaeger et al. 2007.
"""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def leaky_output(drive, /, h, *, leak=0.5):  # type: ignore[no-untyped-def]
    """Output h = leak·tanh(drive) + (1 − leak)·h; a leak of 1 keeps nothing."""
    h = leak * np.tanh(drive) + (1 - leak) * h
    return h, h
