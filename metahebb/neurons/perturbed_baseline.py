"""The neuron ``perturbed`` with a low baseline of its rate, far from the highest rate."""

import numpy as np

from metahebb.neurons.neuron import neuron


@neuron
def perturbed_baseline(  # type: ignore[no-untyped-def]
    drive,
    uniform,
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
    baseline=0.1,
    highest=1.0,
):
    """The neuron ``perturbed`` with rates from 0 to ``highest``, and a ``baseline`` R₀ in between.

    Output = R₀ + c·tanh(x/c), with c = R₀ for a potential x below 0, and else c = highest − R₀. So
    the slope is 1 at x = 0.

    Source: Rajan et al. 2010, "Stimulus-dependent suppression of chaos in recurrent neural
    networks", Eq. 2; the activation "baselinetanh" of Michaels et al. 2016.
    """
    clock = clock + 1.0
    part = 0.001 * rate * dt
    hit = np.logical_and(uniform < part, clock > 4.0)
    kick = np.where(hit, amplitude * (2.0 * uniform / part - 1.0), 0.0)
    x = np.where(clock < 1.5, 0.1 * (2.0 * uniform - 1.0), x)
    x = x + dt / tau * (drive - x) + kick * np.where(inside > 0.5, 1.0 / tau, 1.0)
    room = np.where(x < 0.0, baseline, highest - baseline)
    return baseline + room * np.tanh(x / room), x, kick, clock
