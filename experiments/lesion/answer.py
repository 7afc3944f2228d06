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
    lost = [
        f"{what} by {claim.shown()}"
        for what, claim in (("speed", speed), ("survival", survival))
        if claim.sign < 0
    ]
    verdict = "Only in part" if lost else "Yes, all of it"
    gap = " and ".join(lost) if lost else "by nothing that can be measured"
    differ = f"after zeroing, speed and survival differ from those of the same lives unharmed {gap}"
    if lost:
        differ = f"after zeroing, lives fall behind the same lives unharmed, in {gap}"
    still = all(claim.ends[1] < STILL for claim in (static, frozen))
    controls = "never move again" if still else "move, too"
    text = f"{verdict}: {differ}, whereas zeroed networks that are frozen, or static, {controls}."
    return Answer(text, (ratio, speed, survival, static, frozen))
