"""The dispatcher hands units of work out to workers, and tries a unit again when it is lost.

A unit is a range of candidates. A unit may be evaluated more than once: because its worker was
lost, or because its worker took so long that an idle worker got a copy of the unit. The first
result counts, and any later result must be equal to the last byte (unless machines may be mixed).
So a lost or slow worker costs time, and changes no result. This module does not know Ray: the
workers are a `Pool`.

A lost unit is tried again candidate by candidate. Such small units get done even where workers are
lost all the time; and if a candidate kills its workers, the losses show which candidate it is.
"""

from __future__ import annotations

import bisect
import itertools
import logging
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from metahebb.errors import ProgressError
from metahebb.tasks.base import TaskError

MAX_LOSSES = 3
"""Number of lost workers after which a candidate counts as poison, which kills its workers.

On a cluster of several nodes, the losses must be on two nodes, or be twice as many.
"""
PATIENCE = 10
"""Number of leases without any result after which a run gives up."""
_SHARES = 2  # a unit is at most one worker's share of the remaining candidates, divided by this
_COPY_LEASES = 1 / 20  # a unit is copied when it takes longer than this part of a lease,
_COPY_TIMES = 3  # and longer than this many times the 95th percentile of finished units
_log = logging.getLogger(__name__)


class DeterminismError(ProgressError):
    """The same candidates, evaluated twice, had different outcomes."""


class Unit(NamedTuple):
    """Candidates ``start`` to ``stop - 1`` of a job: the work that a worker does in one call.

    Attributes:
        job: number of the job in its round.
        start: number of the first candidate (of the first slice, where the job is a gradient).
        stop: number after that of the last candidate (or slice).
        round: number of the round: the set of units that one call of `Dispatch.finish` waits for.
    """

    job: int
    start: int
    stop: int
    round: int = 0


class Failed(NamedTuple):
    """A reply that says that the code of the task, the network or a rule raised an error."""

    reason: str


class Lost(NamedTuple):
    """A reply that says that the worker, or the result that it sent, is gone."""

    reason: str


Reply = bytes | Failed | Lost


class Pool(Protocol):
    """A pool gives the dispatcher its workers, which are numbered from 0."""

    def ready(self) -> Sequence[int]:
        """Return the workers that are alive and have nothing to do."""

    def send(self, worker: int, unit: Unit) -> None:
        """Give a unit to a worker that is ready."""

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        """Wait a moment for replies, and return each with its worker and unit.

        A worker that was replaced may still send a result, but no error and no loss.
        """

    def rebuild(self, worker: int) -> None:
        """Kill a worker that does not answer, and start it anew."""

    def node(self, worker: int) -> str:
        """Return the node of the cluster that a worker is on, or was on when it was lost."""

    def nodes(self) -> Set[str]:
        """Return the nodes of all workers that are alive."""


def cut(
    job: int, n_candidates: int, smallest: int, workers: int, largest: int | None = None
) -> list[Unit]:
    """Cut a job into units, large ones first and small ones last, so that all workers end together.

    Args:
        job: the number of the job.
        n_candidates: the number of candidates of the job.
        smallest: the number of candidates that fill a worker's lanes. Units are no smaller, unless
            some workers would get nothing.
        workers: the number of workers that will share the units.
        largest: the largest number of candidates of a unit; None for no limit.
    """
    units = []
    start = 0
    smallest = max(1, min(smallest, n_candidates // workers))
    while start < n_candidates:
        size = (n_candidates - start) // (_SHARES * workers)
        size = max(smallest, size if largest is None else min(size, largest))
        units.append(Unit(job, start, min(start + size, n_candidates)))
        start += size
    return units


@dataclass
class _Case:
    """The present state of a unit.

    Attributes:
        name: text that names the unit in messages.
        whole: larger unit that this unit is a part of, if there is one.
        parts: smaller units into which the unit was cut when it was lost.
        missing: number of parts that have no result yet.
        result: first result of the unit, once there is one.
        lost_on: nodes of the workers that were lost with the unit.
        failed_on: worker on which the unit raised an error, if it did.
    """

    name: str
    whole: Unit | None = None
    parts: Sequence[Unit] = ()
    missing: int = 0
    result: bytes | None = None
    lost_on: list[str] = field(default_factory=list)
    failed_on: int | None = None


@dataclass
class Dispatch:
    """A dispatcher runs rounds of units on the workers of a pool; several rounds may be open.

    A worker may still be busy with a copy of a unit when the unit's round is over. The worker then
    goes on during the next round, and its result is compared with the first one.

    Attributes:
        pool: workers of the dispatcher.
        lease_s: seconds that a unit may take before its worker counts as hung (its *lease*). A
            lease grows to three times the seconds of the slowest unit of the open rounds, and
            doubles with each loss of the unit.
        name: function that names a unit in messages.
        strict: whether all results of a unit must be equal. Where workers may differ in their
            arithmetic, this is False, and the first result counts.
        clock: function that returns monotonic seconds.
        on_result: function that is called with each unit of an open round that a worker has done,
            and with the seconds that the worker took.
        retries: number of units that were tried again because of an error or a loss.
        copies: number of copies of slow units that idle workers got.
    """

    pool: Pool
    lease_s: float
    name: Callable[[Unit], str]
    strict: bool = True
    clock: Callable[[], float] = time.monotonic
    on_result: Callable[[Unit, float], None] = lambda unit, seconds: None
    retries: int = 0
    copies: int = 0
    _cases: dict[Unit, _Case] = field(default_factory=dict)
    _todo: deque[Unit] = field(default_factory=deque)
    _running: dict[int, tuple[Unit, float]] = field(default_factory=dict)  # oldest first
    _missing: dict[int, int] = field(default_factory=dict)
    """Number of results that are missing, by the number of each open round."""
    _round: int = -1
    _durations: list[float] = field(default_factory=list)  # shortest first

    def run(self, units: Sequence[Unit]) -> list[bytes]:
        """Run the units as a round of their own; return the result of each unit, in order."""
        return self.finish(self.begin(self.round(units)))

    def round(self, units: Sequence[Unit]) -> list[Unit]:
        """Return the units with the number of a new round."""
        self._round += 1
        return [unit._replace(round=self._round) for unit in units]

    def begin(self, units: Sequence[Unit], urgent: bool = False) -> Sequence[Unit]:
        """Open a round, and return its units; workers get them while a `finish` waits.

        Args:
            units: the units of one round, see `round`.
            urgent: whether the units go before the units of open rounds, instead of after them.
        """
        self._durations = []
        left = {unit for unit, _ in self._running.values()}
        self._cases = {
            unit: case
            for unit, case in self._cases.items()
            if unit in left or unit.round in self._missing
        } | {unit: _Case(self.name(unit)) for unit in units}
        if units:
            self._missing[units[0].round] = len(units)
        self._todo = deque([*units, *self._todo] if urgent else [*self._todo, *units])
        return units

    def finish(self, units: Sequence[Unit]) -> list[bytes]:
        """Return the result of each unit of an open round, in order, and close it.

        Raises:
            TaskError: a unit raised an error twice.
            ProgressError: a candidate lost its worker `MAX_LOSSES` times, or no result has come for
                `PATIENCE` leases.
            DeterminismError: a unit had two different results.
        """
        latest = self.clock()
        while units and self._missing[units[0].round]:
            self._hand_out()
            for worker, unit, reply in self.pool.receive():
                if self._take(worker, unit, reply):
                    latest = self.clock()
            self._end_leases()
            if self.clock() - latest > PATIENCE * self._lease():
                raise ProgressError(
                    f"expected results, got none for {self.clock() - latest:.0f} s; see whether "
                    "the workers are alive, then resume"
                )
        if units:
            del self._missing[units[0].round]
        results = [self._cases[unit].result for unit in units]
        return [result for result in results if result is not None]

    def _hand_out(self) -> None:
        ready = list(self.pool.ready())
        stragglers = iter(()) if self._todo or not ready else self._stragglers()
        for worker in ready:
            others = len(ready) > 1 or bool(self._running)
            fit = (u for u in self._todo if not (others and self._avoids(u, worker)))
            unit = next(fit, None)
            if unit is not None:
                self._todo.remove(unit)
            else:
                unit = next(stragglers, None)
                if unit is None:
                    if self._todo:
                        continue
                    break  # no work for the other workers, either; there may be a thousand
                self.copies += 1
                _log.info("%s takes long; a copy goes to worker %d", self._cases[unit].name, worker)
            self._running[worker] = (unit, self.clock())
            self.pool.send(worker, unit)

    def _avoids(self, unit: Unit, worker: int) -> bool:
        """Return whether ``unit`` had better go to another worker, or to another node."""
        case, node = self._cases[unit], self.pool.node(worker)
        if len(case.lost_on) >= MAX_LOSSES - 1 and set(case.lost_on) == {node}:
            return bool(self.pool.nodes() - {node})
        return case.failed_on == worker

    def _stragglers(self) -> Iterator[Unit]:
        """Return units that take long and that only one worker has, the oldest unit first."""
        now = self.clock()
        most = self._durations[int(0.95 * len(self._durations))] if self._durations else 0.0
        age = max(_COPY_LEASES * self.lease_s, _COPY_TIMES * most)
        if now - next(iter(self._running.values()), (None, now))[1] <= age:
            return iter(())
        held = Counter(unit for unit, _ in self._running.values())
        return iter(
            [
                unit
                for unit, since in self._running.values()
                if now - since > age and held[unit] == 1 and self._cases[unit].result is None
            ]
        )

    def _take(self, worker: int, unit: Unit, reply: Reply) -> bool:
        """Note a reply; return whether it is the first result of a unit of an open round."""
        held, since = self._running.get(worker, (None, 0.0))
        if held == unit:
            del self._running[worker]
            if unit.round in self._missing:
                bisect.insort(self._durations, self.clock() - since)
                if isinstance(reply, bytes):
                    self.on_result(unit, self.clock() - since)
        if unit not in self._cases:
            return False  # the unit's round is over
        if isinstance(reply, bytes):
            return self._record(unit, reply)
        if self._cases[unit].result is None:
            bad_news = self._fail if isinstance(reply, Failed) else self._lose
            bad_news(worker, unit, reply.reason)
        return False

    def _record(self, unit: Unit, result: bytes) -> bool:
        case = self._cases[unit]
        if case.result is None:
            if case.parts:  # it counted as lost, and its parts are being lived
                return False
            given_up = case.lost_on or case.failed_on is not None
            if given_up and unit in self._todo:  # it counted as lost, and waits to be lived again
                self._todo.remove(unit)
            if case.failed_on is not None:
                _log.warning(
                    "%s: an error, and then none: nondeterministic; see that the task depends on "
                    "its seed only",
                    case.name,
                )
            self._settle(unit, result)
            return True
        if case.result != result and self.strict:
            raise DeterminismError(
                f"expected the same outcomes of {case.name} each time, got two different "
                "ones; see that the task depends on its seed only and that all machines are alike"
            )
        return False

    def _settle(self, unit: Unit, result: bytes) -> None:
        """Keep the result of a unit; with the last part of a larger unit, settle this one, too."""
        case = self._cases[unit]
        case.result = result
        if case.whole is None:
            self._missing[unit.round] -= 1
            return
        whole = self._cases[case.whole]
        whole.missing -= 1
        if not whole.missing:
            self._settle(
                case.whole, b"".join(self._cases[part].result or b"" for part in whole.parts)
            )

    def _fail(self, worker: int, unit: Unit, reason: str) -> None:
        case = self._cases[unit]
        if case.failed_on is not None:
            raise TaskError(
                f"expected {case.name} to live, got twice an error: {reason}; "
                "give the same command with --workers 0 --threads 1 --traceback to see where"
            )
        case.failed_on = worker
        _log.warning("%s: %s; trying once more", case.name, reason)
        self._again(unit, [unit])

    def _lose(self, worker: int, unit: Unit, reason: str) -> None:
        case = self._cases[unit]
        case.lost_on.append(self.pool.node(worker))
        if unit.stop - unit.start == 1 and self._is_poison(case):
            raise ProgressError(
                f"expected a worker to survive {case.name}, got {len(case.lost_on)} lost workers, "
                f"the last one with: {reason}; poisoned work: see whether the task crashes, "
                "hangs or runs out of memory there"
            )
        _log.warning("worker %d lost with %s: %s; trying again", worker, case.name, reason)
        self._again(
            unit, [unit._replace(start=c, stop=c + 1) for c in range(unit.start, unit.stop)]
        )

    def _is_poison(self, case: _Case) -> bool:
        if len(case.lost_on) < MAX_LOSSES:
            return False
        nodes = set(case.lost_on)
        alone = not self.pool.nodes() - nodes
        return alone or len(nodes) > 1 or len(case.lost_on) == 2 * MAX_LOSSES

    def _again(self, unit: Unit, parts: Sequence[Unit]) -> None:
        """Put a unit first in the queue again, cut into ``parts``, unless a worker has it."""
        self.retries += 1
        if unit in self._todo or any(unit == held for held, _ in self._running.values()):
            return
        if len(parts) > 1:
            case = self._cases[unit]
            if case.parts:
                return  # a copy was lost before
            case.parts, case.missing = parts, len(parts)
            self._cases |= {part: _Case(self.name(part), unit) for part in parts}
        self._todo.extendleft(reversed(parts))  # first, so that poisoned work shows itself soon

    def _lease(self) -> float:
        return max(self.lease_s, 3 * self._durations[-1] if self._durations else 0.0)

    def _end_leases(self) -> None:
        now, least = self.clock(), self._lease()
        old = itertools.takewhile(lambda held: now - held[1][1] > least, self._running.items())
        for worker, (unit, since) in list(old):
            case = self._cases[unit]
            lease = least * 2 ** len(case.lost_on)
            if now - since > lease:
                del self._running[worker]
                self.pool.rebuild(worker)
                if case.result is None:
                    self._lose(worker, unit, f"no answer for {lease:.0f} s")
