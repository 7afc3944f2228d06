"""The rule ``AD`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def ad(pre, post, /, A, D):  # type: ignore[no-untyped-def]
    """Δw = A·pre·post + D."""
    return A * pre * post + D
