"""The claims about every point of a curve of genome maps."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Claim, Interval, named
from experiments.protocols.genome_maps.numbers import Measured
from experiments.protocols.genome_maps.points import REFERENCE
from experiments.protocols.legs.groups import WALKS

VERSUS = (f"intact / {REFERENCE}", "gap")
"""The beginnings of the names of claims that compare a point to the reference."""
FEW = 1104
"""Number of genes of the smallest published genome of rules for an ant (Ferigo et al. 2024)."""


def claims_of(points: Sequence[Measured], made_by: str) -> list[Claim]:
    """Return the claims about ``points``; the claims with a goal come first."""
    reference = next(point for point in points if point.name == REFERENCE)
    goals: list[Claim] = []
    figures: list[Claim] = []
    for point in points:
        measured: list[tuple[str, Interval, str | None]] = []
        if point is not reference:
            goal = ">= 0.95" if point.genes <= FEW else None
            measured.append((f"intact / {REFERENCE}", point.relative(reference), goal))
            what = f"gap between the intervals on unseen legs, above {REFERENCE} [m]"
            measured.append((what, (point.gap(reference), None, None), ">= 0"))
        measured += [(f"{kind} [m]", point.group.kind(kind), None) for kind in ("intact", "unseen")]
        measured.append(("unseen / intact", point.group.retention(), None))
        for what, value, goal in measured:
            name = f"{point.name}, {point.genes:,} genes, {point.search}: {what}"
            seeds, folds = _runs(point, reference if what.startswith(VERSUS) else point)
            claim = Claim(name, *value, goal, seeds, made_by, folds)
            (figures if goal is None else goals).append(claim)
    return [*goals, *figures]


def _runs(point: Measured, other: Measured) -> tuple[tuple[int, ...], int]:
    """Return the seeds and the number of folds that two points have in common."""
    mine, _ = point.group.common(other.group)
    return mine.seeds, len(mine.folds)


def claim_of(claims: Sequence[Claim], point: str, what: str) -> Claim:
    """Return the claim that is about ``point``, and that has ``what`` at the end of its name."""
    return named(claims, f"{point}, ", f": {what}")


def genes_of(claim: Claim) -> str:
    """Return the number of genes of the point in a claim's name, with commas."""
    return claim.name.split(", ")[1].removesuffix(" genes")


def standing(points: Sequence[Measured]) -> dict[str, int]:
    """Return, for each point, the number of runs with a center that does not walk when intact."""
    counts = {}
    for point in points:
        lived = point.group.cells.values()
        intact = [cells.distance[cells.bodies.index("intact")].mean() for cells in lived]
        counts[point.name] = sum(mean < WALKS for mean in intact)
    return counts
