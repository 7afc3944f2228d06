"""Who evaluates what: units of work handed out, taken back, lost and tried again.

A unit may be evaluated more than once: its worker was lost, or took so long that an idle one got a
copy. Its first result counts, and any later one must be equal to the last byte (unless machines may
be mixed). So a lost or slow worker costs time and changes nothing. Ray is not known here: see
`Pool`.

What was lost comes back candidate by candidate: so it gets through where workers are lost all the
time, and where it is the work that kills them, the candidate is found.
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
"""Losses of one candidate after which it counts as what kills its workers. Where there are several
nodes they must be on two of them, or twice as many."""
PATIENCE = 10
"""Leases without any result after which a run gives up."""
_SHARES = 2  # a unit is at most this part of what would be each worker's share of the rest
_COPY_LEASES = 1 / 20  # a unit older than this, and than so many times what most take, is copied
_COPY_TIMES = 3
_log = logging.getLogger(__name__)


class DeterminismError(ProgressError):
    """The same candidates, evaluated twice, had different outcomes."""


class Unit(NamedTuple):
    """Candidates ``start`` to ``stop - 1`` of a job of a round: what a worker does in one call."""

    job: int
    start: int
    stop: int
    round: int = 0


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

    def node(self, worker: int) -> str:
        """Return the machine that a worker is on, or was on when it was lost."""

    def nodes(self) -> Set[str]:
        """Return the machines of all workers that are alive."""


def cut(
    job: int, n_candidates: int, smallest: int, workers: int, largest: int | None = None
) -> list[Unit]:
    """Return the units of a job: large ones first, small ones at the end so that none waits long.

    Args:
        job: its number.
        n_candidates: of the job.
        smallest: candidates that fill a worker's lanes; fewer where workers would get nothing.
        workers: who will share the units.
        largest: candidates of a unit, if it is to be no larger.
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
    """What became of a unit so far.

    Attributes:
        name: says which unit, for messages.
        whole: the unit of which it is a part.
        parts: in which it is lived, since it was lost.
        missing: how many of these have no result.
        result: the first one.
        lost_on: nodes of the workers that were lost with it.
        failed_on: the worker on which it raised an error.
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
    """Rounds of units over a pool, of which several may be open.

    A worker that is still busy with a copy when its round is over goes on with it in the next one;
    what it sends is compared all the same.

    Attributes:
        pool: the workers.
        lease_s: seconds that a unit may take before its worker counts as hung. It grows to three
            times what the slowest unit of the open rounds took, and doubles with each loss of a
            unit.
        name: says which unit, for messages.
        strict: whether two results of a unit must be equal; where workers differ in their
            arithmetic, the first one counts.
        clock: monotonic seconds.
        on_result: called with each unit of an open round that a worker has done, and its seconds.
        retries: units that were tried again because of an error or a loss.
        copies: units that an idle worker got as well.
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
    """Results to come, by open round."""
    _round: int = -1
    _durations: list[float] = field(default_factory=list)  # shortest first

    def run(self, units: Sequence[Unit]) -> list[bytes]:
        """Return the result of each unit, in order: `begin` and `finish`."""
        return self.finish(self.begin(self.round(units)))

    def round(self, units: Sequence[Unit]) -> list[Unit]:
        """Return the units as those of a round of their own."""
        self._round += 1
        return [unit._replace(round=self._round) for unit in units]

    def begin(self, units: Sequence[Unit], urgent: bool = False) -> Sequence[Unit]:
        """Open a round: it is handed out when the next `finish` waits, after what is open.

        Args:
            units: of a `round`.
            urgent: whether it goes before what is open.
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
            ProgressError: a unit lost its worker `MAX_LOSSES` times, or nothing has come for
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
                    break  # nor is there any for the others: they may be a thousand
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
        """Return units that take longer than most, and that nobody else has; the oldest first."""
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
            return False  # of a round that is over
        if isinstance(reply, bytes):
            return self._record(unit, reply)
        if self._cases[unit].result is None:
            bad_news = self._fail if isinstance(reply, Failed) else self._lose
            bad_news(worker, unit, reply.reason)
        return False

    def _record(self, unit: Unit, result: bytes) -> bool:
        case = self._cases[unit]
        if case.result is None:
            if case.parts:  # given up on, and done after all; they are on their way
                return False
            given_up = case.lost_on or case.failed_on is not None
            if given_up and unit in self._todo:  # the same; a look at all that is to do
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
        """Keep a result, and put it together with those of other parts if it is the last one."""
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
        found = set(case.lost_on)
        alone = not self.pool.nodes() - found
        return alone or len(found) > 1 or len(case.lost_on) == 2 * MAX_LOSSES

    def _again(self, unit: Unit, parts: Sequence[Unit]) -> None:
        """Do a unit again, in ``parts``, unless somebody does it."""
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
