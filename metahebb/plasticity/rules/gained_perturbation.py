"""Node perturbation of plastic weights behind an inherited gain per synapse (Miconi 2023)."""

import numpy as np

from metahebb.compiler import bounded
from metahebb.plasticity.rule import rule


@rule
def gained_perturbation(  # type: ignore[no-untyped-def]
    pre,
    post,
    trace,
    modulator,
    /,
    gain: bounded(0, 1),  # type: ignore[valid-type]
    *,
    eta=0.03,
    decay=0.98,
    limit=0.01,
):
    """Δw = gain·ΔP, with ΔP = η·m·E, at most ±limit, and E ← decay·E + pre·post.

    So each weight is w = w0 + Π∘P: w0 is the weight at birth, P learns by node perturbation from 0
    on, and the gain Π says how far the synapse follows P. With a gain of 0 it stays as it was born.
    The bounds of the weights have to be ``none``, since a weight that is cut no longer follows P.

    The neuron ``perturbed`` shows its kick as post. The modulator m says at the end of a trial how
    it went (``--modulator prediction_error``), and the trace E is forgotten when a trial begins.

    Source: Miconi 2023, "Learning to acquire novel cognitive tasks with evolution, plasticity and
    meta-meta-learning", with the settings of the authors' code; decay 0.98 is a time constant of
    1 s in steps of 20 ms.
    Differs from the reference: the gain stays below 1. As there, it is at least 0 and begins at
    0.5.
    """
    eligible = decay * trace + pre * post
    change = gain * np.minimum(np.maximum(eta * modulator * eligible, -limit), limit)
    return change, eligible - trace
