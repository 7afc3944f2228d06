"""The rule ``ABCD`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def abcd(pre, post, /, A, B, C, D):  # type: ignore[no-untyped-def]
    """Δw = A·pre·post + B·pre + C·post + D."""
    return A * pre * post + B * pre + C * post + D
