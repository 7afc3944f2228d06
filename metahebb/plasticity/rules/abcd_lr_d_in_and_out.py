"""The rule ``ABCD_lr_D_in_and_out`` of Najarro & Risi 2020 (their public code)."""

from metahebb.plasticity.rule import rule


@rule
def abcd_lr_d_in_and_out(pre, post, /, A, B, C, D, E, eta):  # type: ignore[no-untyped-def]
    """Δw = η·(A·pre·post + B·pre + C·post + D) + E."""
    return eta * (A * pre * post + B * pre + C * post + D) + E
