"""What the page of a learning run is made of, and the words that say how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from scipy.stats import binomtest

from metahebb.analysis.learning_curve import PART, WINDOW, running_mean, trials_to_criterion
from metahebb.analysis.slow_points import SlowPoint
from metahebb.analysis.statistics import mean_of
from metahebb.learning.lived import LivedTrials, Outcomes
from metahebb.report.rounding import with_ends
from metahebb.report.trial_axes import name_of_kind

Matrices = Mapping[str, npt.NDArray[np.float32]]
Numbers = npt.NDArray[np.float64]
Row = list[str]

WORDS = {"correct": "accuracy", "error": "error", "reward": "reward"}
"""The headings of the numbers of trials in tables."""


@dataclass(frozen=True)
class Criterion:
    """When a network counts as one that has learned its task.

    Attributes:
        part: the part of successive trials that has to be right.
        window: the number of these trials.
    """

    part: float = PART
    window: int = WINDOW

    @property
    def words(self) -> str:
        """The criterion in words."""
        return f"{100 * self.part:.3g} % of {self.window} trials in a row"

    def reached(self, outcomes: Outcomes) -> int | None:
        """Return the number of trials after which it was reached first; None: it was not."""
        return trials_to_criterion(outcomes.correct, self.part, self.window)


@dataclass(frozen=True)
class SlowPart:
    """Slow points of a network, for the page.

    Attributes:
        points: the slow points; there may be none.
        rates: ``(n_points, n_units)``, the units' rates at the points.
        unit: the unit of eigenvalues, such as ``per ms``.
        inputs: the constant inputs of the search, in words, such as ``without a stimulus``.
    """

    points: Sequence[SlowPoint]
    rates: npt.NDArray[np.float64]
    unit: str
    inputs: str


@dataclass(frozen=True)
class Learned:
    """A learning run, for its page.

    Attributes:
        name: the title of the page.
        what: the task, the network and what teaches it, in one line.
        outcomes: all trials of the run, in order.
        lived: fresh trials after learning, without learning; None: there are none.
        before: the matrices of weights before the first trial, by name.
        after: the same matrices after the last trial.
        seconds: the time that the run took [s].
        result: a sentence below the headline; empty: there is none.
        facts: further rows of the table of facts, a name and a value each.
        slow: the slow points; None: nobody searched for them.
        criterion: when the task counts as learned.
        choice: the number of the answer that psychometric curves count.
        commands: command lines for what can be done next.
    """

    name: str
    what: str
    outcomes: Outcomes
    lived: LivedTrials | None = None
    before: Matrices = field(default_factory=dict)
    after: Matrices = field(default_factory=dict)
    seconds: float = 0.0
    result: str = ""
    facts: Sequence[tuple[str, str]] = ()
    slow: SlowPart | None = None
    criterion: Criterion = field(default_factory=Criterion)
    choice: int = 1
    commands: Sequence[str] = ()


def headline(outcomes: Outcomes, criterion: Criterion) -> str:
    """Return in one sentence whether, and when, the criterion was reached."""
    n = len(outcomes)
    if not n:
        return "No trial is over yet."
    if not np.isfinite(outcomes.correct).any():
        name = "error" if np.isfinite(outcomes.error).any() else "reward"
        values, size = getattr(outcomes, name), min(WINDOW, max(1, n // 2))
        last, first = _mean(values[-size:]), _mean(values[:size])
        return (
            f"The mean {name} of the last {size} of {n:,} trials is {last}; of the first {size}, "
            f"it is {first}."
        )
    reached = criterion.reached(outcomes)
    if reached is not None:
        right = f"{criterion.words} were right"
        return f"The criterion was reached after {reached:,} trials ({right})."
    means = running_mean(outcomes.correct, criterion.window)
    best = ""
    if np.isfinite(means).any():
        best = f"; at best, {100 * np.nanmax(means):.0f} % were right"
    return f"The criterion was not reached in {n:,} trials ({criterion.words}{best})."


def number_rows(learned: Learned) -> list[Row]:
    """Return the numbers of a run: a heading, and a row for learning and for testing."""
    outcomes = learned.outcomes
    size = min(WINDOW, max(1, len(outcomes) // 2))
    names = known_numbers([outcomes])
    rows = [
        ["", "trials", *(WORDS[name] for name in names)],
        [f"first {size} trials", f"{size:,}", *cells(outcomes, names, slice(0, size))],
        [f"last {size} trials", f"{size:,}", *cells(outcomes, names, slice(-size, None))],
    ]
    if learned.lived is not None:
        tested = learned.lived.outcomes
        rows.append(["test, without learning", f"{len(tested):,}", *cells(tested, names)])
    return rows


def kind_rows(lived: LivedTrials) -> list[Row]:
    """Return a heading and a row for each kind of test trials, with how often each answer came."""
    outcomes, names = lived.outcomes, known_numbers([lived.outcomes])
    rows = [["kind", "trials", *(WORDS[name] for name in names), *lived.choices]]
    for kind in np.unique(outcomes.kind).tolist():
        of_kind = np.flatnonzero(outcomes.kind == kind)
        given = [str(int((outcomes.choice[of_kind] == c).sum())) for c in range(len(lived.choices))]
        name = name_of_kind(lived, kind)
        rows.append([name, str(of_kind.size), *cells(outcomes, names, of_kind), *given])
    return rows


def known_numbers(runs: Sequence[Outcomes]) -> tuple[str, ...]:
    """Return the numbers of trials that tables show: ``correct``, ``error`` and ``reward``.

    A number that is never known is left out, and so is a reward that is minus the error.
    """
    names = [
        name
        for name in ("correct", "error")
        if any(np.isfinite(getattr(run, name)).any() for run in runs)
    ]
    if "error" in names and all(np.allclose(r.reward, -r.error, equal_nan=True) for r in runs):
        return tuple(names)
    return (*names, "reward")


def cells(
    outcomes: Outcomes,
    names: Sequence[str],
    part: slice | npt.NDArray[np.intp] = slice(None),
) -> Row:
    """Return the means of some trials, each with its 95 % interval; a dash: it is not known."""
    return [
        (percent if name == "correct" else mean_with_interval)(getattr(outcomes, name)[part])
        for name in names
    ]


def percent(correct: Numbers) -> str:
    """Return a part of right trials with its 95 % interval (Wilson's score interval)."""
    known = correct[np.isfinite(correct)]
    if not known.size:
        return "–"
    right = int((known > 0.5).sum())
    ends = binomtest(right, known.size).proportion_ci(0.95, "wilson")
    return f"{100 * right / known.size:.1f} % [{100 * ends.low:.1f}, {100 * ends.high:.1f}]"


def mean_with_interval(values: Numbers) -> str:
    """Return a mean with its 95 % interval (bootstrap over trials)."""
    known = values[np.isfinite(values)]
    if not known.size:
        return "–"
    numbers = mean_of(known)
    return with_ends(float(known.mean()), numbers["low"], numbers["high"])


def _mean(values: Numbers) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.3g}".replace("-", "−") if known.size else "not known"
