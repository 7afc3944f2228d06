"""No plasticity: what fixed-weight networks, the baseline, live with."""

from metahebb.plasticity.rule import rule


@rule
def static(weight, /):  # type: ignore[no-untyped-def]
    """Δw = 0."""
    return 0.0 * weight
