"""What the damage study claims of its arms."""

from __future__ import annotations

from collections.abc import Sequence

from experiments.kit.claims import Claim
from experiments.protocols.legs.bodies import BULLET, DT, LEGS, STEPS
from experiments.protocols.legs.budgets import MAIN
from experiments.protocols.legs.claims import (
    KINDS,
    differences,
    distances,
    each_run,
    name_of,
    retention,
)
from experiments.protocols.legs.groups import Group


def claims_of(
    groups: Sequence[Group], controls: Sequence[Group], steps: int, made_by: str
) -> list[Claim]:
    """Return how far each arm gets, the differences, then speeds and published units."""
    claims: list[Claim] = []
    seconds = steps * DT
    for group in (*groups, *controls):
        claims += distances(group, seconds, made_by)
        if group.arm == "hebbian":
            goal = ">= 0.6" if len(group.folds) == len(LEGS) else None
            claims.append(retention(group, goal, made_by))
        elif group.arm not in MAIN and len(group.folds) > 1:  # followed up
            claims += [retention(group, None, made_by), *each_run(group, made_by)]
    hebbian = {group.protocol: group for group in groups if group.arm == "hebbian"}
    for other in groups:
        if other.arm != "hebbian" and other.protocol in hebbian:
            claims += differences(hebbian[other.protocol], other, made_by)
    for group in groups:
        if group.arm in MAIN:
            means, draws = group.draws()
            units = {"m/s": seconds} | ({"Bullet units": BULLET} if steps == STEPS else {})
            for unit, factor in units.items():
                for kind in KINDS:
                    value = means[kind] / factor
                    ends = group.interval(draws[kind] / factor, value)
                    what = f"{name_of(group)}: {kind} [{unit}]"
                    folds = len(group.folds)
                    claims.append(Claim(what, value, *ends, None, group.seeds, made_by, folds))
    return claims
