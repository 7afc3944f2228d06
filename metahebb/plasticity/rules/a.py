"""The rule ``A`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def a(pre, post, /, A):  # type: ignore[no-untyped-def]
    """Δw = A·pre·post."""
    return A * pre * post
