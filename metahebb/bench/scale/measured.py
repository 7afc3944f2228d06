"""Measurements with virtual workers: seconds per generation, and the dispatcher's cost per call."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from metahebb.bench.local_ray import asking_s, virtual_workers
from metahebb.bench.scale.lives import Lives
from metahebb.bench.scale.model import DRAINED, Costs
from metahebb.bench.scale.schedule import Lived, Plan, live
from metahebb.evolution.backends.dispatch import Pool, Reply, Unit

_ASKED = 20


@dataclass
class Timed:
    """A pool that notes the seconds that each call takes to send."""

    pool: Pool
    send_s: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Use the methods that are not timed as they are."""
        self.ready, self.rebuild = self.pool.ready, self.pool.rebuild
        self.node, self.nodes = self.pool.node, self.pool.nodes

    def send(self, worker: int, unit: Unit) -> None:
        """Give a unit to a worker."""
        began = time.perf_counter()
        self.pool.send(worker, unit)
        self.send_s.append(time.perf_counter() - began)

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        """Wait a moment for replies."""
        return self.pool.receive()


@dataclass(frozen=True)
class Measured:
    """A plan that virtual workers have followed.

    Attributes:
        lived: durations of the plan's generations.
        driver_s: processor time of this process per call, including its threads [s].
    """

    lived: Lived
    driver_s: float


def measure(plan: Plan) -> Measured:
    """Follow ``plan`` with virtual workers of the present Ray."""
    with virtual_workers(plan.lives, plan.workers) as pool:
        began, counted = time.process_time(), Timed(pool)
        lived = live(plan, counted)
        return Measured(lived, (time.process_time() - began) / len(counted.send_s))


def calibrate(workers: int, calls: int) -> tuple[Costs, float]:
    """Return the costs of a call, and this process's processor time per call.

    Three runs measure the costs. In the first, lives are over at once and each is a call, so that
    the dispatcher never waits; a call then takes the time to send it, to take its reply, and a part
    of the time to ask Ray for replies. In the second, all workers sleep, and asking Ray for replies
    is timed alone. In the third, one worker is idle before each call, which gives the latency.

    Args:
        workers: the number of workers of the first two runs.
        calls: the number of calls in the generation of the first run.
    """
    at_once = Lives(0.0, 0.0, calls)
    plan = Plan(at_once, workers, generations=1, batch=1)
    with virtual_workers(at_once, workers) as pool:
        timed = Timed(pool)
        began = time.process_time()
        call_s = live(plan, timed).generation_s[0] / calls
        driver_s = (time.process_time() - began) / len(timed.send_s)
    asleep = Lives(2.0, 0.0, workers)
    with virtual_workers(asleep, workers) as pool:
        for worker in pool.ready():
            pool.send(worker, Unit(0, worker, worker + 1))
        # Ray is asked twice per batch of replies: for a first reply, and for all others.
        pending_s = 2 * statistics.median(asking_s(pool, _ASKED)) / workers
    few = Lives(0.0, 0.0, min(calls, 200))
    with virtual_workers(few, 1) as pool:
        alone_s = live(Plan(few, 1, generations=1, batch=1), pool).generation_s[0] / few.popsize
    send_s = min(statistics.fmean(timed.send_s), call_s)
    take_s = max(0.0, call_s - send_s - pending_s * workers / DRAINED)
    latency_s = max(0.0, alone_s - call_s)
    return Costs(send_s, take_s, 0.0, pending_s, latency_s), driver_s
