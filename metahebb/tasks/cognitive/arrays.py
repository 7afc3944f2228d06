"""Trials as arrays, for learners that do not act in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from metahebb.tasks.cognitive.session import Session

if TYPE_CHECKING:
    from metahebb.tasks.cognitive.task import Cognitive


class TrialArrays(NamedTuple):
    """Trials, one per row.

    Attributes:
        observations: ``(n, n_steps, n_observations)`` float32; 0 in steps behind a trial's end.
        answers: ``(n, n_steps)``, the right action of each step, where 0 is to withhold; −1 behind
            a trial's end, and in a task without right answers.
        lengths: ``(n,)``, the number of steps of each trial.
        kinds: ``(n,)``, the number of each trial's kind.
        conditions: ``(n, n_conditions)`` float64, the values of `Cognitive.conditions`.
    """

    observations: npt.NDArray[np.float32]
    answers: npt.NDArray[np.intp]
    lengths: npt.NDArray[np.intp]
    kinds: npt.NDArray[np.intp]
    conditions: npt.NDArray[np.float64]


def arrays_of(
    task: Cognitive, numbers: Sequence[int] | npt.NDArray[np.intp], seed: int
) -> TrialArrays:
    """Return the trials with the given ``numbers`` of a life with ``seed``; see `Cognitive`."""
    facts = task.facts
    session, n = Session(task), len(numbers)
    shown, right = [], []
    kinds, conditions = np.zeros(n, np.intp), np.zeros((n, len(facts.conditions)))
    for row, number in enumerate(numbers):
        session.begin(seed, int(number))
        answers = session.answers
        shown.append(session.observations)
        right.append(answers)
        kinds[row], conditions[row] = facts.kind_of(answers), facts.values_of(session)
    lengths = np.array([len(each) for each in shown], np.intp)
    longest_one = int(lengths.max(initial=0))
    observations = np.zeros((n, longest_one, facts.n_observations), np.float32)
    all_answers = np.full((n, longest_one), -1, np.intp)
    for row, (seen, answers) in enumerate(zip(shown, right, strict=True)):
        observations[row, : len(seen)] = seen
        if answers is not None:
            all_answers[row, : len(seen)] = answers
    return TrialArrays(observations, all_answers, lengths, kinds, conditions)
