"""Miconi's rule: a supralinear trace, in which the sudden effects of kicks outweigh all else."""

import numpy as np

from metahebb.plasticity.rule import rule


@rule
def supralinear(  # type: ignore[no-untyped-def]
    pre, post, trace, modulator, /, eta, *, decay=1.0, limit=3e-4
):
    """Δw = η·m·E, at most ±limit, with E ← decay·E + (pre·post)³.

    The neuron ``deviating`` shows the deviation from its running mean as post, so that the rule
    needs to know nothing of kicks. The modulator m says at the end of a trial how it went
    (``--modulator prediction_error``), and the trace E is forgotten when a trial begins.

    Source: Miconi 2017, Eq. 3 and 4; limit as in the authors' code.
    """
    eligible = decay * trace + (pre * post) ** 3
    change = np.minimum(np.maximum(eta * modulator * eligible, -limit), limit)
    return change, eligible - trace
