"""Who evaluates what: units of work handed out, taken back, lost and tried again.

A unit may be evaluated more than once; its first result counts, and any later one must be equal to
the last byte (unless machines may be mixed). So a lost worker costs time and changes nothing.
Ray is not known here: see `Pool`.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from metahebb.errors import ProgressError
from metahebb.tasks.base import TaskError

MAX_LOSSES = 3
"""Losses of one unit after which it counts as what kills its workers."""
PATIENCE = 10
"""Leases without any result after which a run gives up."""
_SHARES = 2  # a unit is at most this part of what would be each worker's share of the rest
_log = logging.getLogger(__name__)


class DeterminismError(ProgressError):
    """The same candidates, evaluated twice, had different outcomes."""


class Unit(NamedTuple):
    """Candidates ``start`` to ``stop - 1`` of a job: what a worker does in one call."""

    job: int
    start: int
    stop: int


class Failed(NamedTuple):
    """The code of the task, the network or a rule raised an error."""

    reason: str


class Lost(NamedTuple):
    """The worker, or what it sent, is gone."""

    reason: str


Reply = bytes | Failed | Lost


class Pool(Protocol):
    """Workers, numbered from 0."""

    def ready(self) -> Sequence[int]:
        """Return the workers that are alive and have nothing to do."""

    def send(self, worker: int, unit: Unit) -> None:
        """Give a unit to a worker that is ready."""

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        """Wait a moment for replies.

        A worker that was given up on may still send a result, but no other news.
        """

    def rebuild(self, worker: int) -> None:
        """Kill a worker that does not answer, and start it anew."""


def cut(job: int, n_candidates: int, smallest: int, workers: int) -> list[Unit]:
    """Return the units of a job: large ones first, small ones at the end so that none waits long.

    Args:
        job: its number.
        n_candidates: of the job.
        smallest: candidates that fill a worker's lanes.
        workers: who will share the units.
    """
    units = []
    start = 0
    while start < n_candidates:
        size = max(smallest, (n_candidates - start) // (_SHARES * workers))
        units.append(Unit(job, start, min(start + size, n_candidates)))
        start += size
    return units


@dataclass
class _Case:
    """What became of a unit so far."""

    result: bytes | None = None
    losses: int = 0
    failed_on: int | None = None


@dataclass
class Dispatch:
    """One round of units over a pool.

    Attributes:
        pool: the workers.
        lease_s: seconds that a unit may take before its worker counts as hung. It grows to three
            times what the slowest unit took, and doubles with each loss of a unit.
        name: says which unit, for messages.
        strict: whether two results of a unit must be equal; where workers differ in their
            arithmetic, the first one counts.
        clock: monotonic seconds.
    """

    pool: Pool
    lease_s: float
    name: Callable[[Unit], str]
    strict: bool = True
    clock: Callable[[], float] = time.monotonic
    _cases: dict[Unit, _Case] = field(default_factory=dict)
    _todo: deque[Unit] = field(default_factory=deque)
    _running: dict[int, tuple[Unit, float]] = field(default_factory=dict)
    _slowest_s: float = 0.0

    def run(self, units: Sequence[Unit]) -> list[bytes]:
        """Return the result of each unit, in order.

        Raises:
            TaskError: a unit raised an error twice.
            ProgressError: a unit lost its worker `MAX_LOSSES` times, or nothing has come for
                `PATIENCE` leases.
            DeterminismError: a unit had two different results.
        """
        self._cases = {unit: _Case() for unit in units}
        self._todo = deque(units)
        missing = len(units)
        latest = self.clock()
        while missing:
            self._hand_out()
            for worker, unit, reply in self.pool.receive():
                if self._take(worker, unit, reply):
                    missing -= 1
                    latest = self.clock()
            self._end_leases()
            if self.clock() - latest > PATIENCE * self._lease():
                raise ProgressError(
                    f"expected results, got none for {self.clock() - latest:.0f} s; see whether "
                    "the workers are alive, then resume"
                )
        return [case.result for case in self._cases.values() if case.result is not None]

    def _hand_out(self) -> None:
        ready = list(self.pool.ready())
        for worker in ready:
            others = len(ready) > 1 or bool(self._running)
            for unit in self._todo:
                if not (others and self._cases[unit].failed_on == worker):
                    self._todo.remove(unit)
                    self._running[worker] = (unit, self.clock())
                    self.pool.send(worker, unit)
                    break

    def _take(self, worker: int, unit: Unit, reply: Reply) -> bool:
        """Note a reply; return whether it is a unit's first result."""
        held, since = self._running.get(worker, (None, 0.0))
        if held == unit:
            del self._running[worker]
            self._slowest_s = max(self._slowest_s, self.clock() - since)
        if isinstance(reply, bytes):
            return self._record(unit, reply)
        if self._cases[unit].result is None:
            bad_news = self._fail if isinstance(reply, Failed) else self._lose
            bad_news(worker, unit, reply.reason)
        return False

    def _record(self, unit: Unit, result: bytes) -> bool:
        case = self._cases[unit]
        if case.result is None:
            case.result = result
            if unit in self._todo:  # given up on, and done after all
                self._todo.remove(unit)
            return True
        if case.result != result and self.strict:
            raise DeterminismError(
                f"expected the same outcomes of {self.name(unit)} each time, got two different "
                "ones; see that the task depends on its seed only and that all machines are alike"
            )
        return False

    def _fail(self, worker: int, unit: Unit, reason: str) -> None:
        case = self._cases[unit]
        if case.failed_on is not None:
            raise TaskError(
                f"expected {self.name(unit)} to live, got twice an error: {reason}; "
                "run with --workers 0 to see where it is raised"
            )
        case.failed_on = worker
        _log.warning("%s: %s; trying once more", self.name(unit), reason)
        self._todo.appendleft(unit)

    def _lose(self, worker: int, unit: Unit, reason: str) -> None:
        case = self._cases[unit]
        case.losses += 1
        if case.losses == MAX_LOSSES:
            raise ProgressError(
                f"expected a worker to survive {self.name(unit)}, got {MAX_LOSSES} lost workers, "
                f"the last one with: {reason}; poisoned work: see whether the task crashes, "
                "hangs or runs out of memory there"
            )
        _log.warning("worker %d lost with %s: %s; trying again", worker, self.name(unit), reason)
        self._todo.appendleft(unit)  # first, so that poisoned work shows itself soon

    def _lease(self) -> float:
        return max(self.lease_s, 3 * self._slowest_s)

    def _end_leases(self) -> None:
        for worker, (unit, since) in list(self._running.items()):
            lease = self._lease() * 2 ** self._cases[unit].losses
            if self.clock() - since > lease:
                del self._running[worker]
                self.pool.rebuild(worker)
                self._lose(worker, unit, f"no answer for {lease:.0f} s")
