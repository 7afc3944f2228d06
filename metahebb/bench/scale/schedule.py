"""Generations of lives on real, virtual or simulated workers, led by the dispatcher of a run.

There are two schedules. In the *synchronous* schedule (delay 0), generation g + 1 begins when all
results of generation g have come and the center has moved. In the *delayed* schedule (delay 1),
generation g + 1 is sampled around the center that the results of generation g - 1 have moved. The
units of generation g + 1 can be sent as soon as this update is done, while generation g is still
being lived. Units of g are sent before units of g + 1, and at most two generations are open.
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
    """A plan of generations for a number of workers.

    Attributes:
        lives: durations of all lives.
        workers: number of workers, each of which lives one life at a time.
        delay: number of generations by which the center lags behind, 0 or 1.
        generations: number of generations that are measured. One unmeasured generation before them
            sets the pace. With a delay, there is another one before them, and one after them, which
            keeps the workers busy while the last measured generation ends.
        update_s: seconds that the process that leads needs to move the center.
        batch: number of candidates per call; None to let `Pace` decide.
    """

    lives: Lives
    workers: int
    delay: int = 0
    generations: int = 2
    update_s: float = 0.0
    batch: int | None = None


@dataclass(frozen=True)
class Lived:
    """The durations of the generations of a plan.

    Attributes:
        generation_s: seconds of each generation, from the end of one update to the end of the next,
            ``(generations,)``.
        calls: number of units of these generations.
        efficiency: fraction of the workers' time in which they lived lives of any generation.
    """

    generation_s: tuple[float, ...]
    calls: int
    efficiency: float


class Noted:
    """A pool that notes the time at which each unit was first sent."""

    def __init__(self, pool: Pool, clock: Callable[[], float]) -> None:
        """Bind the pool, and the ``clock`` that gives the time."""
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
    """Live the generations of ``plan``, and return their durations.

    Args:
        plan: the lives and the schedule.
        pool: the workers; a unit's job number is the number of its generation.
        clock: a function that returns the pool's time in seconds.
        wait: a function that waits for the seconds that an update of the center would take.
    """
    pace = Pace()
    ends: list[float] = []
    calls: list[int] = []

    def measure(unit: Unit, seconds: float) -> None:
        pace.note(unit.stop - unit.start, seconds)

    def update() -> None:
        wait(plan.update_s)
        ends.append(clock())

    def units_of(generation: int) -> list[Unit]:
        n, step = plan.lives.popsize, plan.batch
        if step is None:
            units = pace.units(generation, n, 1, plan.workers)
        else:
            units = [Unit(generation, s, min(s + step, n)) for s in range(0, n, step)]
        calls.append(len(units))
        return units

    noted = Noted(pool, clock)
    dispatch = Dispatch(noted, LEASE_S, str, clock=clock, on_result=measure)

    def begin(generation: int) -> Sequence[Unit]:
        return dispatch.begin(dispatch.round(units_of(generation)))

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
    """Return the total seconds of the lives in ``sent``, as far as they lie in [low, high]."""
    total = 0.0
    for unit, began in sent.items():
        ended = began + float(lives.of(unit.job)[unit.start : unit.stop].sum())
        total += max(0.0, min(ended, high) - max(began, low))
    return total
