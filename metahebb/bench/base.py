"""The rows of the benchmark, and the function that times their works in turn."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metahebb.analysis.statistics import meets

Work = Callable[[], float]
"""A function that does some work, and returns its amount (env steps, calls …)."""


@dataclass(frozen=True)
class Row:
    """A measurement of ours beside that of its peer, both taken in the same run.

    Attributes:
        row: name of the row.
        ours: median of our measurements, in ``unit``.
        peer: median of the peer or limit, in ``unit``; None where the goal is absolute.
        ratio: median over repeats of our measurement divided by the peer's of the same repeat;
            where there is no peer, the median of ours.
        low: smallest ratio of all repeats.
        high: largest ratio of all repeats.
        goal: bound that the ratio must meet, for example ``>= 0.9``; None if there is no goal.
        unit: unit of ``ours`` and ``peer``.
        note: text that says what the peer is.
    """

    row: str
    ours: float
    peer: float | None
    ratio: float
    low: float
    high: float
    goal: str | None
    unit: str
    note: str

    @property
    def holds(self) -> bool | None:
        """Whether the ratio meets the goal; None if there is no goal."""
        return meets(self.ratio, self.goal)


def interleaved(
    works: Mapping[str, Work], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Return each work's rates (amount per second), measured in turn A B C A B C ….

    Each work is done once before, unmeasured. As works take turns, a slow phase of the machine
    affects all of them alike.

    Args:
        works: the works, by name.
        repeats: the number of times that each work is measured.
        clock: a function that returns seconds. For works of this thread alone, `time.thread_time`
            leaves out the time in which other processes had the core.
    """
    rates: dict[str, list[float]] = {name: [] for name in works}
    for work in works.values():
        work()
    for _ in range(repeats):
        for name, work in works.items():
            began = clock()
            amount = work()
            rates[name].append(amount / (clock() - began))
    return rates


def compare(
    name: str, ours: list[float], peer: list[float], goal: str | None, unit: str, note: str
) -> Row:
    """Return the row of two series of rates or costs that were measured in turn."""
    ratios = [a / b for a, b in zip(ours, peer, strict=True)]
    return Row(
        name,
        statistics.median(ours),
        statistics.median(peer),
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        goal,
        unit,
        note,
    )
