"""The claims of the study of car racing."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.car_racing.budgets import USUAL, Budget
from experiments.car_racing.runs import Scores
from experiments.kit.cells import Floats
from experiments.kit.claims import Claim
from experiments.kit.running import Size
from metahebb.analysis.statistics import nested_interval
from metahebb.tasks.car_racing.task import VARIANTS

GOAL = 300.0
"""Least return of a car that counts as driving, at the size ``quick``; a lap returns about 900."""


def claims_of(
    scores: Mapping[str, Scores], worlds: Mapping[str, Floats], budget: Budget, size: Size
) -> list[Claim]:
    """Return claims about returns: of arms on every ground, of each run, and in other worlds."""
    made_by = f"python -m experiments.car_racing {size}"
    claims = []
    for variant in VARIANTS:
        for arm, grounds in scores.items():
            wanted = (arm, variant, size) == ("hebbian", USUAL, "quick")
            goal = f">= {GOAL:g}" if wanted else None
            name = f"{arm}: mean return on {budget.lives} fresh tracks, {variant}"
            claims.append(
                Claim(name, *nested_interval(grounds[variant]), goal, budget.seeds, made_by)
            )
        # Track i of run j is the same in both arms.
        more = nested_interval(scores["hebbian"][variant] - scores["static"][variant])
        claims.append(Claim(f"hebbian − static: {variant}", *more, None, budget.seeds, made_by))
    for arm, grounds in scores.items():
        for seed, returns in zip(budget.seeds, grounds[USUAL], strict=True):
            name = f"{arm}, run of seed {seed}: mean return of its center, {USUAL}"
            claims.append(Claim(name, *nested_interval(returns[None]), None, (seed,), made_by))
    one = budget.seeds[:1]
    for world, returns in worlds.items():
        name = f"the center of one Hebbian run in the world {world}"
        claims.append(Claim(name, *nested_interval(returns), None, one, made_by))
        if world != "compiled":
            # EnvPool draws other tracks, so that its pairs of lives have no track in common.
            less = worlds["compiled"] - returns
            name = f"the same center: compiled − {world}"
            claims.append(Claim(name, *nested_interval(less), None, one, made_by))
    return claims
