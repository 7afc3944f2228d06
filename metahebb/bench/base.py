"""Rows of the benchmark, and how they are timed."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from metahebb.analysis.statistics import meets

Work = Callable[[], float]
"""Does some work and returns how much (env steps, calls …)."""


@dataclass(frozen=True)
class Row:
    """One figure beside its peer, both measured in the same run.

    Attributes:
        row: its name.
        ours: the median of ours, in ``unit``.
        peer: the median of the peer or limit; None where the goal is absolute.
        ratio: the median over repeats of ours against the peer, taken repeat by repeat; where
            ``peer`` is None, ours itself.
        low: the least ratio of all repeats.
        high: the largest.
        goal: what the ratio must reach, for example ``>= 0.9``; None where it is only reported.
        unit: of ``ours`` and ``peer``.
        note: what the peer is.
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
        """Whether the ratio meets the goal; None where there is none."""
        return meets(self.ratio, self.goal)


def interleaved(
    works: Mapping[str, Work], repeats: int, clock: Callable[[], float] = time.perf_counter
) -> dict[str, list[float]]:
    """Return each work's rates (amount per second), measured in turn A B C A B C ….

    Each is done once before, unmeasured. The machine's mood then falls on all alike.

    Args:
        works: by name.
        repeats: of each.
        clock: in seconds; for works of this thread alone, `time.thread_time` leaves out the time
            in which others had the core.
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
