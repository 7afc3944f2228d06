"""The claims of the study of recurrent networks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.kit.claims import Claim
from experiments.protocols.hidden_variable.lives import Lived
from experiments.protocols.legs.claims import (
    differences,
    distances,
    retention,
    retention_difference,
)
from experiments.protocols.legs.groups import Group
from experiments.recurrent.runs import OURS

SCORES = {
    "return": "return",
    "before": "settled score before the flip",
    "after": "settled score after the flip",
}
"""The measures of the task with a hidden variable, in words."""


def walking(groups: Sequence[Group], seconds: float, made_by: str) -> list[Claim]:
    """Return claims about the distance of each arm, then about differences between arms."""
    claims: list[Claim] = []
    for group in groups:
        claims += [*distances(group, seconds, made_by), retention(group, None, made_by)]
    ours = next(group for group in groups if group.arm == OURS)
    for other in groups:
        if other is not ours:
            claims += differences(ours, other, made_by)
            claims.append(retention_difference(ours, other, made_by))
    return claims


def scoring(lived: Mapping[str, Lived], seeds: tuple[int, ...], made_by: str) -> list[Claim]:
    """Return claims about each arm's scores with the hidden variable, then about differences."""
    figures = {
        f"{arm}: {what}": some.interval(measure)
        for arm, some in lived.items()
        for measure, what in SCORES.items()
    }
    figures |= {
        f"{OURS} − {arm}: {what}": lived[OURS].minus(some, measure)
        for arm, some in lived.items()
        if arm != OURS
        for measure, what in SCORES.items()
    }
    return [
        Claim(f"hidden variable, {name}", *value, None, seeds, made_by)
        for name, value in figures.items()
    ]
