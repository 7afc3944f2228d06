"""The answer of the lesion study."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, named

BACK = "all weights zeroed: speed after 5 s / before"
FROZEN = "zeroed, then frozen: speed after 5 s / before"
STILL = 0.05
"""Part of the former speed up to which a body is said not to move."""


def answer(claims: Sequence[Claim]) -> Answer:
    """Return the answer: what is lost beside the same lives unharmed, and what controls do."""
    ends = ("speed after 5 s / before", "speed after 5 s [m/s]", "survival")
    ratio, speed, survival = (
        named(claims, "hebbian, ", f"all weights zeroed − unharmed: {end}") for end in ends
    )
    static, frozen = named(claims, "static, ", BACK), named(claims, "hebbian, 1 fold, ", FROZEN)
    still = all(claim.ends[1] < STILL for claim in (static, frozen))
    text = (
        f"{_verdict(speed, survival)}, whereas zeroed networks that are frozen, or static, "
        f"{'never move again' if still else 'move, too'}."
    )
    return Answer(text, (ratio, speed, survival, static, frozen))


def _verdict(speed: Claim, survival: Claim) -> str:
    """Return what lives with the lesion have lost beside the same lives without it."""
    whats = {"speed": speed, "survival": survival}
    lost = [f"{what} by {claim.shown()}" for what, claim in whats.items() if claim.sign < 0]
    if lost:
        return (
            "Only in part: after zeroing, lives differ from the same lives unharmed in "
            f"{' and '.join(lost)}"
        )
    if speed.sign > 0 or survival.sign > 0:
        return (
            "Yes, all of it: after zeroing, neither speed nor survival is below that of the same "
            "lives unharmed"
        )
    return (
        "Yes, all of it: after zeroing, speed and survival differ from those of the same lives "
        "unharmed by nothing that can be measured"
    )
