"""Hebbian coefficients whose work a reward gates: the extension that Burns 2021 asks for."""

from metahebb.plasticity.rule import rule


@rule
def reward_abcd(  # type: ignore[no-untyped-def]
    pre, post, trace, modulator, /, A, B, C, D, eta, *, decay=0.0, base=0.0, gate=1.0
):
    """Δw = η·(base + gate·m)·E, with E ← decay·E + A·pre·post + B·pre + C·post + D.

    The modulator m is what the life tells its synapses (``--modulator reward``). With a decay of 0,
    a base of 1 and a gate of 0 this is ``abcd_lr``.
    """
    eligible = decay * trace + (A * pre * post + B * pre + C * post + D)
    return eta * (base + gate * modulator) * eligible, eligible - trace
