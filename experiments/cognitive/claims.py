"""The claims of the study ``cognitive``: which arms learn, how soon, how well."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from experiments.cognitive.bandit import SYSTEMS, Evolved
from experiments.cognitive.names import ACTOR_CRITIC, BANDIT, NODE, NONMATCH, SUPRALINEAR
from experiments.cognitive.published import MEDIAN, UPPER_QUARTILE, WITHIN
from experiments.cognitive.runs import Taught
from experiments.kit.claims import Claim, Interval
from metahebb.analysis.over_runs import mean_over_runs

PART = (0.0, 1.0)
"""The range of an accuracy."""
LAST = 100
"""The number of the last trials of a life whose accuracy and error count in the row of nonmatch."""
AFTER = 0.95
"""The accuracy after the reversal with which a run of evolved rules counts as one that learned."""
GOALS = {SYSTEMS[0]: f">= {AFTER:g}", SYSTEMS[1]: "<= 0.6"}
"""The goals of evolved rules after the reversal, with and without the reward at the synapses."""


def claims_of(
    taught: Sequence[Taught],
    evolved: Sequence[Evolved],
    ideal: Mapping[str, float],
    made_by: str,
) -> list[Claim]:
    """Return the claims of all arms, of the evolved rules, of all tasks, and of the actor-critic.

    Args:
        taught: the runs of every arm.
        evolved: the runs of the bandit.
        ideal: the accuracy of ideal observers, by task.
        made_by: the command that made the runs.
    """
    claims = [claim for each in taught for claim in _of_arm(each, ideal, made_by)]
    claims += [claim for each in evolved for claim in _of_bandit(each, made_by)]
    parts: dict[str, float] = {}
    for task, part in (
        *((each.arm.task, each.has_learned().sum() / len(each.asked)) for each in taught),
        *((BANDIT, learned_of(each) / len(each.seeds)) for each in evolved),
    ):
        parts[task] = max(part, parts.get(task, 0.0))
    all_seeds = max((each.asked for each in taught), key=len)
    name = f"tasks of {len(parts)} that some system learns in two thirds of its seeds"
    n_learned = sum(part >= 2 / 3 - 1e-9 for part in parts.values())
    claims.append(Claim(name, n_learned, None, None, None, all_seeds, made_by))
    some = [each for each in taught if each.arm.system == ACTOR_CRITIC]
    if some:
        learned = sum(int(each.has_learned().sum()) for each in some)
        n = sum(len(each.asked) for each in some)
        name = f"{ACTOR_CRITIC}: runs of {n}, in {len(some)} tasks, that learn"
        seeds = max((each.asked for each in some), key=len)
        claims.append(Claim(name, learned, None, None, None, seeds, made_by))
    return claims


def learned_of(evolved: Evolved) -> int:
    """Return how many runs of evolved rules are right often enough after the reversal."""
    return sum(bool(row[np.isfinite(row)].mean() >= AFTER) for row in evolved.after)


def accuracy_of(taught: Taught) -> Interval:
    """Return the mean accuracy on fresh trials over runs, with its interval over runs and trials.

    A single run has no interval.
    """
    if not taught.runs:
        return None, None, None
    mean = mean_over_runs([row.tolist() for row in taught.judged()], PART)
    return mean["mean"], mean["low"], mean["high"]


def median_of(reached: Sequence[float]) -> float | None:
    """Return the median of trials to criterion; None if it is among the runs that never do.

    Such a run has infinity. Half of the runs have to reach the criterion, and of an even number one
    more than half.
    """
    middle = float(np.median(np.asarray(reached))) if len(reached) else math.inf
    return middle if math.isfinite(middle) else None


def words_of(taught: Taught) -> str:
    """Return words for the fresh trials of a run that has learned."""
    arm = taught.arm
    if arm.still:
        return f"a pass without kicks with the error asked for, in {arm.config.trials:,} trials"
    answers = f", and an answer in {arm.decided:g}" if arm.decided else ""
    return f"accuracy of at least {arm.floor:g}{answers}"


def _of_arm(taught: Taught, ideal: Mapping[str, float], made_by: str) -> list[Claim]:
    arm, n = taught.arm, len(taught.asked)
    ceiling = None if arm.ceiling is None else f"<= {arm.ceiling:g}"
    goal = None if arm.goal is None else f">= {math.ceil(arm.goal * n)}"
    accuracy = accuracy_of(taught)
    made: list[tuple[str, Interval, str | None]] = [
        (f"{arm.name}: accuracy on fresh trials", accuracy, ceiling),
        (
            f"{arm.name}: seeds of {n} that learn ({words_of(taught)})",
            (float(taught.has_learned().sum()), None, None),
            goal,
        ),
    ]
    if arm.task in ideal and arm.observer:
        best = ideal[arm.task]
        parts = [None if end is None else end / best for end in accuracy]
        ratio: Interval = (parts[0], parts[1], parts[2])
        made += [
            (f"{arm.task}, ideal observer: accuracy", (best, None, None), None),
            (f"{arm.name}: accuracy / that of the ideal observer", ratio, None),
        ]
    if arm.still:
        errors = taught.errors().tolist()
        error = mean_over_runs([[each] for each in errors])
        what = f"{arm.name}: error of fresh trials without kicks, after all of learning"
        made.append((what, (error["mean"], error["low"], error["high"]), None))
    made += _criterion(taught)
    if (arm.task, arm.system) == (NONMATCH, NODE):
        made.append(
            (
                f"{arm.name}: seeds of {n} with accuracy of at least 0.95 and an error of at most "
                f"0.15 in the last {LAST} trials",
                (float(sum(map(_ends_well, taught.lived))), None, None),
                f">= {math.ceil(2 / 3 * n)}",
            )
        )
    return [Claim(name, *value, goal, taught.asked, made_by) for name, value, goal in made]


def _criterion(taught: Taught) -> list[tuple[str, Interval, str | None]]:
    """Return the median of trials to criterion, and how many runs are as fast as published."""
    arm, reached, n = taught.arm, taught.reached(), len(taught.asked)
    median = median_of(reached.tolist())
    what = f"{arm.name}: trials to criterion, median of {n} seeds"
    if (arm.task, arm.system) != (NONMATCH, SUPRALINEAR):
        return [(what, (median, None, None), None)]
    soon = float((reached <= WITHIN).sum())
    return [
        (
            f"{what} (published: {MEDIAN}, upper quartile {UPPER_QUARTILE:,})",
            (median, None, None),
            f"<= {UPPER_QUARTILE}",
        ),
        (
            f"{arm.name}: seeds of {n} with the criterion within {WITHIN:,} trials",
            (soon, None, None),
            f">= {math.ceil(0.75 * n)}",
        ),
    ]


def _ends_well(lived: object) -> bool:
    correct, error = (getattr(lived, name)[-LAST:] for name in ("correct", "error"))
    return bool(correct.mean() >= 0.95 - 1e-9 and error.mean() <= 0.15)


def _of_bandit(evolved: Evolved, made_by: str) -> list[Claim]:
    mean = mean_over_runs([row.tolist() for row in evolved.after], PART)
    name = f"{evolved.name}: accuracy after the reversal"
    value = mean["mean"], mean["low"], mean["high"]
    return [Claim(name, *value, GOALS[evolved.system], evolved.seeds, made_by)]
