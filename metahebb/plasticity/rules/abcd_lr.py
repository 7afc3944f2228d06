"""The rule ``ABCD_lr`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def abcd_lr(pre, post, /, A, B, C, D, eta):  # type: ignore[no-untyped-def]
    """Δw = η·(A·pre·post + B·pre + C·post + D)."""
    return eta * (A * pre * post + B * pre + C * post + D)
