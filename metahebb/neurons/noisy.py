"""The neuron ``perturbed`` with noise on its potential, of which rules know nothing."""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def noisy(  # type: ignore[no-untyped-def]
    drive,
    uniform,
    normal,
    /,
    x,
    post,
    clock,
    *,
    tau=30.0,
    dt=1.0,
    amplitude=16.0,
    rate=3.0,
    inside=1.0,
    sigma=0.01,
):
    """The neuron ``perturbed`` with a normal number added to its potential in each step.

    The number has the standard deviation ``sigma``·√dt, so that noise adds up equally for all dt.
    Rules see the kick alone.

    Source: Michaels et al. 2016.
    Differs from the reference: there, the noise is not scaled with the time of a step.
    """
    clock = clock + 1.0
    part = 0.001 * rate * dt
    hit = np.logical_and(uniform < part, clock > 4.0)
    kick = np.where(hit, amplitude * (2.0 * uniform / part - 1.0), 0.0)
    x = np.where(clock < 1.5, 0.1 * (2.0 * uniform - 1.0), x)
    x = x + dt / tau * (drive - x) + kick * np.where(inside > 0.5, 1.0 / tau, 1.0)
    x = x + sigma * np.sqrt(dt) * normal
    return np.tanh(x), x, kick, clock
