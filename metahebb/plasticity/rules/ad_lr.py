"""The rule ``AD_lr`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def ad_lr(pre, post, /, A, D, eta):  # type: ignore[no-untyped-def]
    """Δw = η·(A·pre·post + D)."""
    return eta * (A * pre * post + D)
