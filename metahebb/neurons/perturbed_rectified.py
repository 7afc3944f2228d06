"""The neuron ``perturbed`` with rates that are never negative."""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def perturbed_rectified(  # type: ignore[no-untyped-def]
    drive, uniform, /, x, post, clock, *, tau=30.0, dt=1.0, amplitude=16.0, rate=3.0, inside=1.0
):
    """The neuron ``perturbed`` with the output tanh(x) for a potential x above 0, and else 0.

    Source: Michaels et al. 2016, the activation "recttanh".
    """
    clock = clock + 1.0
    part = 0.001 * rate * dt
    hit = np.logical_and(uniform < part, clock > 4.0)
    kick = np.where(hit, amplitude * (2.0 * uniform / part - 1.0), 0.0)
    x = np.where(clock < 1.5, 0.1 * (2.0 * uniform - 1.0), x)
    x = x + dt / tau * (drive - x) + kick * np.where(inside > 0.5, 1.0 / tau, 1.0)
    return np.where(x > 0.0, np.tanh(x), 0.0), x, kick, clock
