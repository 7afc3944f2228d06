"""Generations of lives over any workers, real, virtual or simulated, by the dispatcher of a run.

Two schedules. *Synchronous* (delay 0): generation g + 1 begins when all of g is in and the center
has moved. *Delayed* (delay 1): g + 1 is sampled around the center that the results of g - 1 have
moved, so that its candidates are ready to be sent as soon as those are all in and that update is
done; units of g are sent before units of g + 1, and at most two generations are in flight.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from metahebb.bench.scale.lives import Lives
from metahebb.evolution.backends.dispatch import Dispatch, Pool, Unit
from metahebb.evolution.backends.pace import Pace

LEASE_S = 120.0


@dataclass(frozen=True)
class Plan:
    """What is to be lived, and how.

    Attributes:
        lives: of all generations.
        workers: that live one life at a time, so that a life of one second takes a worker a second.
        delay: generations that the center lags behind: 0 or 1.
        generations: that count. One before them sets the pace; where there is a delay, one more
            gets into step, and one after them keeps the workers busy as the last one ends.
        update_s: what the process that leads needs to move the center.
        batch: candidates per call; None: as many as the pace says.
    """

    lives: Lives
    workers: int
    delay: int = 0
    generations: int = 2
    update_s: float = 0.0
    batch: int | None = None


@dataclass(frozen=True)
class Lived:
    """How it went.

    Attributes:
        generation_s: seconds per generation, from the end of one update to the end of the next;
            ``(generations,)``.
        calls: units of these generations.
        efficiency: the share of these seconds in which workers lived lives, of whichever
            generation.
    """

    generation_s: tuple[float, ...]
    calls: int
    efficiency: float


class Noted:
    """A pool that notes when which unit was sent first."""

    def __init__(self, pool: Pool, clock: Callable[[], float]) -> None:
        """Read the time off ``clock``."""
        self._pool, self._clock = pool, clock
        self.sent: dict[Unit, float] = {}
        self.ready, self.receive, self.rebuild = pool.ready, pool.receive, pool.rebuild
        self.node, self.nodes = pool.node, pool.nodes

    def send(self, worker: int, unit: Unit) -> None:
        """Give a unit to a worker."""
        self.sent.setdefault(unit, self._clock())
        self._pool.send(worker, unit)


def live(
    plan: Plan,
    pool: Pool,
    clock: Callable[[], float] = time.monotonic,
    wait: Callable[[float], None] = time.sleep,
) -> Lived:
    """Live the generations of ``plan`` and say how long they took.

    Args:
        plan: what is lived.
        pool: its workers; job numbers of units are generations.
        clock: of the pool, in seconds.
        wait: stands for the update of the center.
    """
    pace = Pace()
    ends: list[float] = []
    calls: list[int] = []

    def measure(unit: Unit, seconds: float) -> None:
        pace.note(unit.stop - unit.start, seconds)

    def update() -> None:
        wait(plan.update_s)
        ends.append(clock())

    def units(generation: int) -> list[Unit]:
        n, step = plan.lives.popsize, plan.batch
        if step is None:
            found = pace.units(generation, n, 1, plan.workers)
        else:
            found = [Unit(generation, s, min(s + step, n)) for s in range(0, n, step)]
        calls.append(len(found))
        return found

    noted = Noted(pool, clock)
    dispatch = Dispatch(noted, LEASE_S, str, clock=clock, on_result=measure)

    def begin(generation: int) -> Sequence[Unit]:
        return dispatch.begin(dispatch.round(units(generation)))

    def finish(begun: Sequence[Unit]) -> None:
        dispatch.finish(begun)
        update()

    finish(begin(0))
    first, n = 1 + plan.delay, plan.generations
    if plan.delay:  # as `metahebb.evolution.problem` does it
        begun = begin(1)
        for generation in range(1, first + n):
            after = begin(generation + 1)
            finish(begun)
            begun = after
    else:
        for generation in range(first, first + n):
            finish(begin(generation))
    counted = range(first, first + n)
    took = [ends[g] - ends[g - 1] for g in counted]
    lived_s = _within(plan.lives, noted.sent, ends[first - 1], ends[first + n - 1])
    efficiency = lived_s / (plan.workers * sum(took))
    return Lived(tuple(took), sum(calls[g] for g in counted), efficiency)


def _within(lives: Lives, sent: Mapping[Unit, float], low: float, high: float) -> float:
    """Return the seconds of life of the units ``sent`` that fall between ``low`` and ``high``."""
    total = 0.0
    for unit, began in sent.items():
        ended = began + float(lives.of(unit.job)[unit.start : unit.stop].sum())
        total += max(0.0, min(ended, high) - max(began, low))
    return total
