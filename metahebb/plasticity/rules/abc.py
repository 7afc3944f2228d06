"""The rule ``ABC`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def abc(pre, post, /, A, B, C):  # type: ignore[no-untyped-def]
    """Δw = A·pre·post + B·pre + C·post."""
    return A * pre * post + B * pre + C * post
