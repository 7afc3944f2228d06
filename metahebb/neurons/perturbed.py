"""The rate neuron of Miconi 2017 (Eq. 1), whose potential is kicked at random times.

Rules see the kick as ``post``, so that the plain Hebbian product is node perturbation.
"""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def perturbed(  # type: ignore[no-untyped-def]
    drive, uniform, /, x, post, clock, *, tau=30.0, dt=1.0, amplitude=16.0, rate=3.0, inside=1.0
):
    """Potential x += dt/τ·(drive − x + kick), in ms; output = tanh(x); rules see the kick.

    A kick comes with ``rate`` per second, but not in the first four steps of a trial. Its size is
    uniform in ±amplitude/dt, so that one kick moves the potential equally far for all dt. With
    ``inside`` 0 the kick is added to the potential itself, without the factor dt/τ. A trial begins
    with a potential uniform in ±0.1.

    Source: Miconi 2017, Eq. 1 and 2; ``inside`` 0: Michaels et al. 2016.
    Differs from the reference: in the first step, the other units receive nothing of the random
    potential yet.
    """
    clock = clock + 1.0
    part = 0.001 * rate * dt
    hit = np.logical_and(uniform < part, clock > 4.0)
    kick = np.where(hit, amplitude * (2.0 * uniform / part - 1.0), 0.0)
    x = np.where(clock < 1.5, 0.1 * (2.0 * uniform - 1.0), x)
    x = x + dt / tau * (drive - x) + kick * np.where(inside > 0.5, 1.0 / tau, 1.0)
    return np.tanh(x), x, kick, clock
