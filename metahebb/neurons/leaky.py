"""The rate neuron of continuous-time recurrent networks, by Euler's method (Miconi 2017, Eq. 1)."""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def leaky(drive, /, x, *, tau=30.0, dt=1.0):  # type: ignore[no-untyped-def]
    """Potential x += dt/τ·(drive − x), in ms; output = tanh(x)."""
    x = x + dt / tau * (drive - x)
    return np.tanh(x), x
