"""Node perturbation: synapses onto kicked units change if the trial then went well or badly."""

import numpy as np

from metahebb.plasticity.rule import rule


@rule
def node_perturbation(  # type: ignore[no-untyped-def]
    pre, post, trace, modulator, /, eta, *, decay=1.0, limit=3e-4
):
    """Δw = η·m·E, at most ±limit, with E ← decay·E + pre·post.

    The neuron ``perturbed`` shows its kick as post. The modulator m says at the end of a trial how
    it went (``--modulator prediction_error``), and the trace E is forgotten when a trial begins.

    Source: Miconi 2017, section "Node-perturbation"; limit as in the authors' code.
    """
    eligible = decay * trace + pre * post
    change = np.minimum(np.maximum(eta * modulator * eligible, -limit), limit)
    return change, eligible - trace
