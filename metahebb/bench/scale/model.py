"""A model of many workers: the dispatcher as it is, over simulated workers and a clock of its own.

Which units there are, who gets which and when is decided by the code that also serves Ray (`Pace`,
`cut`, `Dispatch`), so that the model cannot drift away from it. What is modelled is time: the
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
"""Replies that are taken at once, as in ``backends/ray.py``."""
PATIENCE_S = 0.5
"""What a wait for replies takes at most, as there."""


@dataclass(frozen=True)
class Costs:
    """Seconds of the dispatcher's process, and of the way to a worker and back.

    Attributes:
        send_s: to send a call.
        take_s: to take a reply.
        round_s: to ask for replies, once.
        pending_s: the same, for each call that is out: Ray looks at all of them.
        latency_s: from a call to its worker and from the worker back, together.
    """

    send_s: float
    take_s: float
    round_s: float = 0.0
    pending_s: float = 0.0
    latency_s: float = 0.0

    def scaled(self, factor: float) -> Costs:
        """Return the costs with all that the dispatcher does taking ``factor`` times as long."""
        own = ("send_s", "take_s", "round_s", "pending_s")
        return replace(self, **{name: factor * getattr(self, name) for name in own})

    def call_s(self, pending: int) -> float:
        """Return the dispatcher's time per call when it never waits and ``pending`` are out."""
        return self.send_s + self.take_s + (self.round_s + self.pending_s * pending) / DRAINED


class Simulated:
    """Workers that are a list of times at which replies will come."""

    def __init__(self, lives: Lives, workers: int, costs: Costs) -> None:
        """Have all workers ready at time 0."""
        self.now = 0.0
        self._lives, self._costs = lives, costs
        self._free = list(range(workers))
        self._due: list[tuple[float, int, Unit]] = []

    def clock(self) -> float:
        """Return the simulated time [s]."""
        return self.now

    def wait(self, seconds: float) -> None:
        """Let the dispatcher's process do something else."""
        self.now += seconds

    def ready(self) -> list[int]:
        """Return who has nothing to do."""
        return self._free.copy()

    def send(self, worker: int, unit: Unit) -> None:
        """Send a call, which takes time; the worker sleeps from its arrival on."""
        self.now += self._costs.send_s
        lived = float(self._lives.of(unit.job)[unit.start : unit.stop].sum())
        heapq.heappush(self._due, (self.now + self._costs.latency_s + lived, worker, unit))
        self._free.remove(worker)

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        """Wait for a reply; take those that are there."""
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
        """Nobody is lost here."""
        raise NotImplementedError

    def node(self, worker: int) -> str:
        """Return the one machine."""
        return ""

    def nodes(self) -> set[str]:
        """Return the one machine."""
        return {""}


def predict(plan: Plan, costs: Costs) -> Lived:
    """Return how ``plan`` would go at these ``costs``."""
    pool = Simulated(plan.lives, plan.workers, costs)
    return live(plan, pool, pool.clock, pool.wait)
