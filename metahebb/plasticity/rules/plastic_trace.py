"""A fading Hebbian trace behind each weight, gated by a modulator (differentiable plasticity)."""

from metahebb.compiler import bounded
from metahebb.plasticity.rule import rule


@rule
def plastic_trace(  # type: ignore[no-untyped-def]
    pre,
    post,
    trace,
    modulator,
    /,
    gain,
    rate: bounded(0, 1),  # type: ignore[valid-type]
    *,
    base=0.0,
    gate=1.0,
):
    """Δw = gain·ΔH, with ΔH = rate·((base + gate·m)·pre·post − H) and the trace H.

    So each weight is w = w0 + gain·H since the trace was last 0: w0 is the weight at birth, and H
    is a moving mean of the modulated products. |H| is at most 1 where |pre|, |post| and
    |base + gate·m| are.

    The modulator m is what the life tells its synapses. With a base of 0 nothing changes without a
    modulator; with a base of 1 and a gate of 0, every product counts. The bounds of the weights
    have to be ``none``, since a weight that is cut no longer follows its trace.

    Source: Miconi, Stanley and Clune 2018, "Differentiable plasticity" (weights w + α·Hebb with a
    decaying trace). The modulated trace H ← (1 − η)·H + η·m·h_t·h_{t−1}ᵀ is that of Ria-Chaudhry's
    HebbianRNN.
    Differs from the latter: H is postsynaptic × presynaptic, where the published code stores the
    transposed product, and the gain acts per synapse.
    """
    change = rate * ((base + gate * modulator) * pre * post - trace)
    return gain * change, change
