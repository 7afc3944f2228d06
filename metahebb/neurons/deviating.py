"""The rate neuron of Miconi 2017 for the paper's own rule: rules see changes of its potential."""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def deviating(  # type: ignore[no-untyped-def]
    drive,
    uniform,
    /,
    x,
    mean,
    post,
    clock,
    *,
    tau=30.0,
    dt=1.0,
    amplitude=16.0,
    rate=3.0,
    inside=1.0,
    keep=0.05,
):
    """The neuron ``perturbed``, of which rules see x − mean, the deviation from a running mean.

    The running mean of the potential is mean ← keep·mean + (1 − keep)·x. Rules see 0 in the first
    two steps of a trial.

    Source: Miconi 2017, Eq. 1 and 3.
    Differs from the reference: the running mean begins anew with each trial, at the potential with
    which the trial begins; it forgets the trial before within two steps anyway.
    """
    clock = clock + 1.0
    part = 0.001 * rate * dt
    hit = np.logical_and(uniform < part, clock > 4.0)
    kick = np.where(hit, amplitude * (2.0 * uniform / part - 1.0), 0.0)
    x = np.where(clock < 1.5, 0.1 * (2.0 * uniform - 1.0), x)
    mean = np.where(clock < 1.5, x, mean)
    x = x + dt / tau * (drive - x) + kick * np.where(inside > 0.5, 1.0 / tau, 1.0)
    post = np.where(clock > 2.0, x - mean, 0.0)
    mean = keep * mean + (1.0 - keep) * x
    return np.tanh(x), x, mean, post, clock
