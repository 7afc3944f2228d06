"""A model of many workers: the real dispatcher over simulated workers, with a simulated clock.

The code that also serves Ray (`Pace`, `cut`, `Dispatch`) decides the units, and which worker gets
which unit when, so that the model cannot deviate from this code. Only time is modeled: the
dispatcher is one process that does one thing after the other, at the `Costs` of a measured run.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

from metahebb.bench.scale.lives import Lives
from metahebb.bench.scale.schedule import Lived, Plan, live
from metahebb.evolution.backends.dispatch import Reply, Unit

DRAINED = 32
"""The largest number of replies that are taken at once, as in ``backends/ray.py``."""
PATIENCE_S = 0.5
"""Seconds that a wait for replies takes at most, as in ``backends/ray.py``."""


@dataclass(frozen=True)
class Costs:
    """The costs of a call, in seconds.

    Attributes:
        send_s: seconds in which the dispatcher sends a call.
        take_s: seconds in which the dispatcher takes a reply.
        round_s: seconds in which the dispatcher asks Ray once for replies.
        pending_s: further seconds of asking for each call without a reply, as Ray checks all calls.
        latency_s: seconds that the call takes to the worker, and its reply back, together.
    """

    send_s: float
    take_s: float
    round_s: float = 0.0
    pending_s: float = 0.0
    latency_s: float = 0.0

    def scaled(self, factor: float) -> Costs:
        """Return the costs of a dispatcher that takes ``factor`` times as long for everything."""
        own = ("send_s", "take_s", "round_s", "pending_s")
        return replace(self, **{name: factor * getattr(self, name) for name in own})

    def call_s(self, pending: int) -> float:
        """Return the dispatcher's seconds per call, if it never waits and ``pending`` are due."""
        return self.send_s + self.take_s + (self.round_s + self.pending_s * pending) / DRAINED


class Simulated:
    """A pool of simulated workers, which is a list of the times at which replies will come."""

    def __init__(self, lives: Lives, workers: int, costs: Costs) -> None:
        """Make all workers ready at time 0."""
        self.now = 0.0
        self._lives, self._costs = lives, costs
        self._free = list(range(workers))
        self._due: list[tuple[float, int, Unit]] = []

    def clock(self) -> float:
        """Return the simulated time [s]."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let the clock advance by ``seconds``, in which the dispatcher does something else."""
        self.now += seconds

    def ready(self) -> list[int]:
        """Return the workers that have nothing to do."""
        return self._free.copy()

    def send(self, worker: int, unit: Unit) -> None:
        """Send a call, which takes time; the worker begins when the call arrives."""
        self.now += self._costs.send_s
        lived = float(self._lives.of(unit.job)[unit.start : unit.stop].sum())
        heapq.heappush(self._due, (self.now + self._costs.latency_s + lived, worker, unit))
        self._free.remove(worker)

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        """Wait for a reply, and take all replies that are there."""
        first = self._due[0][0] if self._due else math.inf
        self.now = max(self.now, min(first, self.now + PATIENCE_S))
        self.now += self._costs.round_s + self._costs.pending_s * len(self._due)
        arrived: list[tuple[float, int, Unit]] = []
        while self._due and self._due[0][0] <= self.now and len(arrived) < DRAINED:
            arrived.append(heapq.heappop(self._due))
        for _, worker, unit in arrived:
            self.now += self._costs.take_s
            self._free.append(worker)
            yield worker, unit, b""

    def rebuild(self, worker: int) -> None:
        """Raise NotImplementedError: no simulated worker is lost."""
        raise NotImplementedError

    def node(self, worker: int) -> str:
        """Return the name of the only node."""
        return ""

    def nodes(self) -> set[str]:
        """Return the name of the only node."""
        return {""}


def predict(plan: Plan, costs: Costs) -> Lived:
    """Return the durations of ``plan`` that the model predicts at these ``costs``."""
    pool = Simulated(plan.lives, plan.workers, costs)
    return live(plan, pool, pool.clock, pool.wait)
