"""The answer of the study of car racing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from experiments.car_racing.budgets import USUAL, Budget
from experiments.car_racing.claims import GOAL
from experiments.car_racing.runs import Scores
from experiments.car_racing.tables import MOVES
from experiments.kit.cells import Floats
from experiments.kit.claims import Answer, Claim, in_words, named

PUSHED = ("pushed_left", "pushed_right")


def answer(claims: Sequence[Claim], scores: dict[str, Scores], budget: Budget) -> Answer:
    """Return the answer.

    Args:
        claims: the claims of the study.
        scores: the returns of every center on every ground, by arm.
        budget: the budget of the runs.
    """
    mean = named(claims, "hebbian: mean return on", USUAL)
    difference = named(claims, "hebbian − static", USUAL)
    begins = [f"{arm}, run of seed {budget.seeds[0]}" for arm in ("hebbian", "static")]
    carried_by = (mean, difference, *(named(claims, begin) for begin in begins))
    text = (
        f"{_verdict(scores, mean, difference)}: {_hebbian(scores['hebbian'], budget)}; static "
        f"centers return {_list(_means(scores['static'], USUAL))}, pushed "
        f"{_range(scores['static'])}; the goal, a mean of {GOAL:g}, "
        f"{'is met' if mean.figure >= GOAL else 'is missed'}."
    )
    return Answer(text, carried_by)


def _verdict(scores: dict[str, Scores], mean: Claim, difference: Claim) -> str:
    if mean.figure >= GOAL and difference.sign > 0:
        return "Yes, and farther than fixed weights do"
    ours, theirs = (_means(scores[arm], USUAL) for arm in ("hebbian", "static"))
    if ours.max() < MOVES:
        return "No"
    best = ours.max() >= 0.9 * theirs.max()
    return "Where they get moving, as well as fixed weights" if best else "Not as well as weights"


def _hebbian(scores: Scores, budget: Budget) -> str:
    """Return words for the returns of Hebbian centers that move, and the number of the others."""
    usual = _means(scores, USUAL)
    moving = usual >= MOVES
    pushed = [_means(scores, ground)[moving] for ground in PUSHED]
    kept = all((means >= 0.9 * usual[moving]).all() for means in pushed)
    unseen = "" if set(PUSHED) & set(budget.training) else ", which training never showed"
    n = int(moving.sum())
    if n == 0:
        return f"none of {in_words(len(usual))} Hebbian runs found out how to start"
    who = "center of" if n == 1 else "centers of"
    text = (
        f"{in_words(n)} Hebbian {who} {in_words(len(usual))} {'returns' if n == 1 else 'return'} "
        f"{_list(usual[moving])} on fresh tracks and "
        f"{'keeps' if n == 1 else 'keep'} {'that' if kept else 'less'} when pushed sideways"
        f"{unseen} ({_list(np.concatenate(pushed))})"
    )
    still = len(usual) - n
    if still == 0:
        return text
    others = "the other run" if still == 1 else f"the other {in_words(still)} runs"
    return f"{text}, while {others} never found out how to start"


def _means(scores: Scores, ground: str) -> Floats:
    """Return each run's mean return on a ground."""
    return np.asarray(scores[ground].mean(1))


def _range(scores: Scores) -> str:
    """Return the least and the largest mean return of pushed runs."""
    means = np.concatenate([_means(scores, ground) for ground in PUSHED])
    return f"{means.min():.0f} to {means.max():.0f}"


def _list(values: Floats) -> str:
    return " and ".join(f"{value:.0f}" for value in values)
