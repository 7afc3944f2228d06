"""What the study of scale claims."""

from __future__ import annotations

import statistics

from experiments.kit.claims import Claim
from metahebb.bench.scale.found import Scale, named, slowest_update
from metahebb.bench.scale.model import predict

GOAL = 0.9


def claims_of(scale: Scale, size: str) -> list[Claim]:
    """Return what was measured, how far the model is off, and what it predicts."""
    two = scale.two_efficiency
    errors = [100 * error for error in scale.errors]
    made: list[tuple[str, float, float | None, float | None, str | None]] = [
        (
            "two real workers on the ant: rate over twice that of one [share]",
            *(statistics.median(two), min(two), max(two), ">= 0.95"),
        ),
        ("dispatcher: processor time per call [ms]", 1e3 * scale.driver_s, None, None, None),
        ("dispatcher: time per call [ms]", 1e3 * scale.call_s, None, None, None),
        ("dispatcher: calls per second, at most", 1 / scale.call_s, None, None, None),
        (
            f"model above measured efficiency, {len(errors)} held-out runs [%]",
            *(statistics.median(errors), min(errors), max(errors), None),
        ),
        ("update of the center, by one process [s]", scale.update_s, None, None, None),
        ("the same, with workers' help [s]", scale.shared_update_s, None, None, None),
    ]
    goals = scale.goals()
    for each in scale.predictions:
        goal = f">= {GOAL}" if each in goals else None
        efficiency = each.model.efficiency
        name = f"predicted, {named(each.plan)} [share]"
        made.append((name, efficiency, *scale.band(efficiency), goal))
    for each in goals:
        alone = predict(each.plan, scale.costs.scaled(scale.driver_s / scale.call_s)).efficiency
        name = f"the same at the processor time of a call, {named(each.plan)} [share]"
        made.append((name, alone, *scale.band(alone), None))
        if not each.plan.delay:
            name = f"update with which {named(each.plan)} reach {GOAL} [s], at most"
            made.append((name, slowest_update(each, GOAL), None, None, None))
    plans = [each.plan for each in scale.held_out] + [each.plan for each in scale.predictions]
    seeds = tuple(sorted({plan.lives.seed for plan in plans}))
    command = f"python -m experiments.scale {size}"
    return [Claim(*claim, seeds, command) for claim in made]
