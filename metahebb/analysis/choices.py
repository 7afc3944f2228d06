"""Which conditions of trials have a psychometric curve, and which ones split it into groups."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from metahebb.analysis.psychometric import Answers, Psychometric, answers, fit_psychometric
from metahebb.errors import InputError
from metahebb.learning.lived import Outcomes

_MOST_GROUPS = 4


@dataclass(frozen=True)
class GroupCurve:
    """The psychometric curve of one group of trials.

    Attributes:
        name: the group's name; empty: all trials.
        given: how often the answer was given at each level.
        fit: the fitted curve; None: there is none.
        why: the reason why there is none; empty where there is a fit.
    """

    name: str
    given: Answers
    fit: Psychometric | None
    why: str


def signed_conditions(outcomes: Outcomes) -> tuple[str, ...]:
    """Return the names of conditions with three levels or more, on both sides of 0."""
    levels = {name: _levels(values) for name, values in outcomes.conditions.items()}
    return tuple(
        name for name, at in levels.items() if at.size >= 3 and at.min() < 0 and at.max() > 0
    )


def splitting_condition(outcomes: Outcomes, condition: str) -> str | None:
    """Return the name of the condition by which the curves of ``condition`` are split, or None.

    It is the first other condition with two to four values that is none of `signed_conditions`.
    """
    signed = signed_conditions(outcomes)
    for name, values in outcomes.conditions.items():
        if name != condition and name not in signed and 2 <= _levels(values).size <= _MOST_GROUPS:
            return name
    return None


def choice_curves(
    outcomes: Outcomes, condition: str, choice: int = 1, split: str | None = None
) -> list[GroupCurve]:
    """Return how often ``choice`` was given against ``condition``, by level of ``split``.

    Trials without any answer are left out.

    Args:
        outcomes: of the trials.
        condition: the name of a condition.
        choice: the number of the answer that counts as chosen.
        split: the name of the condition that splits the trials into groups; None: there is one.

    Raises:
        InputError: a name is none of the task's conditions, or no trial has an answer.
    """
    known = tuple(outcomes.conditions)
    for name in filter(None, (condition, split)):
        if name not in known:
            raise InputError(
                f"expected a condition of the task ({', '.join(known) or 'it has none'}), got "
                f"{name!r} (psychometric curve)"
            )
    answered = outcomes.choice >= 0
    if split is None:
        return [_curve("", outcomes, condition, choice, answered)]
    by = outcomes.conditions[split]
    curves = []
    for level in _levels(by):
        of_group = answered & (by == level)
        if of_group.any():
            curves.append(_curve(f"{split} {level:g}", outcomes, condition, choice, of_group))
    if not curves:
        raise InputError(
            "expected trials with an answer, got none (psychometric curve); train the network "
            "longer"
        )
    return curves


def _curve(
    name: str, outcomes: Outcomes, condition: str, choice: int, chosen: npt.NDArray[np.bool_]
) -> GroupCurve:
    given = answers(
        outcomes.conditions[condition][chosen], (outcomes.choice == choice)[chosen].astype(float)
    )
    try:
        fit = fit_psychometric(given)
    except InputError as error:
        return GroupCurve(name, given, None, _reason(str(error)))
    if fit.intervals["bias"] == (-math.inf, math.inf):
        return GroupCurve(name, given, None, "the answers hardly depend on the level")
    return GroupCurve(name, given, fit, "")


def _reason(text: str) -> str:
    """Return why there is no fit: what was expected, and what there is."""
    return text.split(" (psychometric curve)")[0]


def _levels(values: Sequence[float] | npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    data = np.asarray(values, np.float64)
    return np.unique(data[np.isfinite(data)])
