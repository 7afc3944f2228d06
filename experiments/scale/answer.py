"""The answer of the study of scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from experiments.kit.claims import Answer, Claim, named
from metahebb.bench.scale.found import Scale
from metahebb.bench.scale.found import named as plan_name


def answer(claims: Sequence[Claim], scale: Scale) -> Answer:
    """Return the answer: two predictions, how good the model is, and real workers.

    Args:
        claims: the claims of the study.
        scale: the measurements and predictions.
    """
    plans = sorted((each.plan for each in scale.goals()), key=lambda plan: plan.delay)
    even, uneven = (named(claims, f"predicted, {plan_name(plan)}") for plan in plans)
    model, real = named(claims, "model above measured"), named(claims, "two real workers")
    life = _seconds(plans[0].lives.mean_s)
    text = (
        f"{plans[0].workers:,} workers with lives of {life} are predicted to live "
        f"{even.shown()} of their time where generations wait for each other ({_goal(even)}), and "
        f"{uneven.shown()} with `--search.delay 1`; the prediction was within "
        f"{math.ceil(max(map(abs, model.ends)))} % of {len(scale.held_out)} "
        f"runs with up to {max(run.plan.workers for run in scale.held_out)} virtual workers, and "
        f"two real workers reached {real.figure:.2f} ({_goal(real)})."
    )
    return Answer(text, (even, uneven, model, real))


def _goal(claim: Claim) -> str:
    goal = float((claim.goal or "").removeprefix(">= "))
    return f"goal {goal:.2f}, {'met' if claim.holds else 'missed'}"


def _seconds(seconds: float) -> str:
    return "one second" if seconds == 1 else f"{seconds:g} seconds"
