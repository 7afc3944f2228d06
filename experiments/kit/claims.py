"""The claims of a study, with intervals, and the answer that rests on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from metahebb.analysis.statistics import meets

Interval = tuple[float | None, float | None, float | None]
"""A figure and the two ends of its 95 % interval; a number that does not exist is None."""

LIVES = "the lives of one run"
"""Words for what varies in an interval that rests on one run."""
CARRYING = 5
"""The largest number of claims that carry an answer."""

_WORDS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty"),
)


@dataclass(frozen=True)
class Claim:
    """A number that a study claims to have measured.

    Attributes:
        name: name of the measured quantity, with its unit.
        value: measured figure; None if there was nothing to measure.
        low: lower end of the 95 % interval; None if there is no interval.
        high: upper end of the 95 % interval; None if there is no interval.
        goal: goal that the study's question states, for example ``>= 4``; None if the figure is
            only reported.
        seeds: seeds of evolution of the runs that the figure rests on.
        command: command line that made the figure.
        folds: number of runs per seed, each with other training bodies.
    """

    name: str
    value: float | None
    low: float | None
    high: float | None
    goal: str | None
    seeds: tuple[int, ...]
    command: str
    folds: int = 1

    @property
    def runs(self) -> int:
        """The number of runs that the figure rests on."""
        return self.folds * len(self.seeds)

    @property
    def holds(self) -> bool | None:
        """Whether the value meets the goal; None if there is no goal."""
        if self.value is None:
            return None if self.goal is None else False
        return meets(self.value, self.goal)

    @property
    def figure(self) -> float:
        """The value; a claim without a value raises `Unmeasured`, as no answer can rest on it."""
        if self.value is None:
            raise Unmeasured(self.name)
        return self.value

    @property
    def ends(self) -> tuple[float, float]:
        """Both ends of the interval; a claim without an interval raises `Unmeasured`."""
        if self.low is None or self.high is None:
            raise Unmeasured(self.name)
        return self.low, self.high

    @property
    def sign(self) -> int:
        """1 if the interval lies above 0, -1 if it lies below 0, and 0 if it contains 0."""
        low, high = self.ends
        return 1 if low > 0 else -1 if high < 0 else 0

    def shown(self, digits: int = 2) -> str:
        """Return the figure with its interval, as in ``0.91 [0.84, 0.97]``.

        A figure that rests on one run stands without an interval, because one run does not show how
        runs vary.
        """
        if self.runs == 1:
            return f"{self.figure:z.{digits}f} (one run)"
        low, high = (f"{end:z.{digits}f}" for end in self.ends)
        return f"{self.figure:z.{digits}f} [{low}, {high}]"

    def to_json(self) -> dict[str, Any]:
        """Return the claim as ``summary.json`` has it.

        The key ``interval_of`` is there only if the figure rests on one run; it then says that the
        interval is over the lives of this run.
        """
        row = asdict(self) | {"holds": self.holds}
        if self.folds == 1:
            del row["folds"]
        if self.low is not None and self.runs == 1:
            row["interval_of"] = LIVES
        return row

    @classmethod
    def from_json(cls, row: dict[str, Any]) -> Claim:
        """Return the claim of a ``row`` that `to_json` made; `holds` is computed anew."""
        computed = ("holds", "interval_of")
        fields = {name: value for name, value in row.items() if name not in computed}
        return cls(**fields | {"seeds": tuple(row["seeds"])})


@dataclass(frozen=True)
class Answer:
    """The answer of a study to its question.

    Attributes:
        text: answer as one sentence of Markdown.
        carried_by: claims that the sentence rests on, three to five.
    """

    text: str
    carried_by: tuple[Claim, ...]


class Unmeasured(LookupError):  # noqa: N818  no mistake, but runs that are not done yet
    """A figure that an answer needs is not among the claims."""


def named(claims: Sequence[Claim], begin: str, end: str = "") -> Claim:
    """Return the first claim with a name that begins with ``begin`` and ends with ``end``.

    Raises:
        Unmeasured: there is no such claim.
    """
    for claim in claims:
        if claim.name.startswith(begin) and claim.name.endswith(end):
            return claim
    raise Unmeasured(" … ".join(part for part in (begin, end) if part))


def answered(make: Callable[[Sequence[Claim]], Answer], claims: Sequence[Claim]) -> Answer:
    """Return the answer that ``make`` makes from the claims.

    If a figure is missing, as in a smoke test or before all runs are finished, return an answer
    that names the figure.
    """
    try:
        return make(claims)
    except Unmeasured as missing:
        text = f"These runs do not answer the question yet: they lack the figure “{missing}”."
        return Answer(text, tuple(claims[:CARRYING]))


def in_words(number: int) -> str:
    """Return a number as a word up to twenty, and in digits above."""
    return _WORDS[number] if 0 <= number < len(_WORDS) else f"{number:,}"
