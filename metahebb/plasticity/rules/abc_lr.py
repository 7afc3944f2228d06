"""The rule ``ABC_lr`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def abc_lr(pre, post, /, A, B, C, eta):  # type: ignore[no-untyped-def]
    """Δw = η·(A·pre·post + B·pre + C·post)."""
    return eta * (A * pre * post + B * pre + C * post)
