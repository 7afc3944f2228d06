"""The dispatcher, over workers that do as the script of a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import pytest

from metahebb.bench.scale.lives import Lives
from metahebb.bench.scale.model import Costs, Simulated
from metahebb.errors import ProgressError
from metahebb.evolution.backends.dispatch import (
    MAX_LOSSES,
    DeterminismError,
    Dispatch,
    Failed,
    Lost,
    Reply,
    Unit,
    cut,
)
from metahebb.tasks.base import TaskError

Script = Callable[[int, Unit, int], Reply | None]
"""From worker, unit and how often this unit was sent before, to the reply; None: silence."""


class Scripted:
    """Workers that answer at the next ``receive``, which takes a second."""

    def __init__(self, workers: int, script: Script, nodes: Sequence[str] = ()) -> None:
        self.workers, self.script = workers, script
        self.places = nodes or ["here"] * workers
        self.sent: list[tuple[int, Unit]] = []
        self.rebuilt: list[int] = []
        self.late: list[tuple[int, Unit, Reply]] = []
        self.now = 0.0
        self._busy: dict[int, tuple[Unit, Reply | None]] = {}

    def ready(self) -> list[int]:
        return [w for w in range(self.workers) if w not in self._busy]

    def send(self, worker: int, unit: Unit) -> None:
        assert worker not in self._busy
        before = sum(sent == unit for _, sent in self.sent)
        self.sent.append((worker, unit))
        self._busy[worker] = (unit, self.script(worker, unit, before))

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        self.now += 1.0
        late, self.late = self.late, []
        yield from late
        for worker, (unit, reply) in reversed(list(self._busy.items())):
            if reply is not None:
                del self._busy[worker]
                yield worker, unit, reply

    def rebuild(self, worker: int) -> None:
        self.rebuilt.append(worker)
        del self._busy[worker]

    def node(self, worker: int) -> str:
        return self.places[worker]

    def nodes(self) -> set[str]:
        return set(self.places)

    def dispatch(self, lease_s: float = 5.0, strict: bool = True) -> Dispatch:
        return Dispatch(self, lease_s, str, strict, clock=lambda: self.now)

    def run(self, units: list[Unit], lease_s: float = 5.0, strict: bool = True) -> list[bytes]:
        return self.dispatch(lease_s, strict).run(units)


UNITS = [Unit(0, 0, 4), Unit(0, 4, 8), Unit(1, 0, 4), Unit(1, 4, 6)]


ONE = Unit(0, 3, 4)


def result(unit: Unit) -> bytes:
    return b"".join(part(unit, c) for c in range(unit.start, unit.stop))


def part(unit: Unit, candidate: int) -> bytes:
    return f"{candidate} of {unit.job} in {unit.round}; ".encode()


def test_results_come_in_the_order_of_units() -> None:
    pool = Scripted(3, lambda worker, unit, before: result(unit))
    assert pool.run(UNITS) == [result(unit) for unit in UNITS]
    assert sorted(unit for _, unit in pool.sent) == UNITS  # each once


def test_a_lost_unit_comes_back_candidate_by_candidate_before_the_rest() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        return Lost("gone") if unit == UNITS[0] else result(unit)

    pool = Scripted(1, script)
    dispatch = pool.dispatch()
    assert dispatch.run(UNITS) == [result(unit) for unit in UNITS]
    parts = [UNITS[0]._replace(start=c, stop=c + 1) for c in range(4)]
    assert [unit for _, unit in pool.sent] == [UNITS[0], *parts, *UNITS[1:]]
    assert dispatch.retries == 1


def test_bad_luck_with_large_units_is_no_poison() -> None:
    large = Unit(0, 0, 100)

    def script(worker: int, unit: Unit, before: int) -> Reply:
        unlucky = unit.stop - unit.start > 1 or before < MAX_LOSSES - 1
        return Lost("gone") if unlucky else result(unit)

    pool = Scripted(3, script)
    assert pool.run([large]) == [result(large)]
    sizes = {unit.stop - unit.start for _, unit in pool.sent}
    assert sizes == {100, 1}


def test_a_candidate_that_loses_each_worker_ends_the_run() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        poisoned = unit.job == 0 and unit.start <= 5 < unit.stop
        return Lost("gone") if poisoned else result(unit)

    pool = Scripted(2, script)
    with pytest.raises(ProgressError, match=r"start=5, stop=6.*gone; poisoned work"):
        pool.run(UNITS)
    assert sum(unit == Unit(0, 5, 6) for _, unit in pool.sent) == MAX_LOSSES


def test_a_unit_that_raised_goes_to_another_worker() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        return Failed("odd") if unit == UNITS[0] and worker == 0 else result(unit)

    pool = Scripted(2, script)
    assert pool.run(UNITS[:1]) == [result(UNITS[0])]
    assert [worker for worker, _ in pool.sent] == [0, 1]


def test_a_unit_that_raised_goes_to_the_same_worker_where_there_is_no_other() -> None:
    pool = Scripted(1, lambda w, unit, before: result(unit) if before else Failed("odd"))
    assert pool.run(UNITS[:1]) == [result(UNITS[0])]


def test_a_unit_that_raised_twice_ends_the_run() -> None:
    pool = Scripted(2, lambda worker, unit, before: Failed(f"odd {worker}"))
    with pytest.raises(TaskError, match="got twice an error: odd 1"):
        pool.run(UNITS[:1])


def test_a_silent_worker_is_rebuilt_and_its_lease_doubles() -> None:
    pool = Scripted(1, lambda worker, unit, before: result(unit) if before == 2 else None)
    assert pool.run([ONE]) == [result(ONE)]
    assert pool.rebuilt == [0, 0]
    assert 15 < pool.now < 20  # 5 + 10, and a second or so for each round


def test_leases_follow_the_slowest_unit() -> None:
    class Slow(Scripted):
        def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
            self.now += 3.0
            return super().receive()

    def script(worker: int, unit: Unit, before: int) -> Reply | None:
        return None if unit == UNITS[1] and not before else result(unit)

    pool = Slow(1, script)
    pool.run(UNITS[:2], lease_s=1.0)
    # The first took 4 s, so that the second was given up after more than 12 s: four rounds.
    assert pool.rebuilt == [0]
    assert pool.now == 4.0 * (1 + 4 + 4)


def test_an_answer_after_the_lease_counts_if_it_is_the_first() -> None:
    class Late(Scripted):
        def rebuild(self, worker: int) -> None:
            super().rebuild(worker)
            self.late = [(worker, ONE, b"late")]

    pool = Late(1, lambda worker, unit, before: None)
    assert pool.run([ONE]) == [b"late"]
    assert pool.rebuilt == [0]


@pytest.mark.parametrize("late", [result(UNITS[0]), b"other"])
def test_an_answer_after_the_lease_is_compared_with_that_of_its_parts(late: bytes) -> None:
    class Late(Scripted):
        def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
            if len(self.sent) in (2, 6):  # before the first part is done, and when all are
                self.late = [(0, UNITS[0], late)]
            yield from super().receive()

    pool = Late(1, lambda worker, unit, before: None if unit == UNITS[0] else result(unit))
    if late == result(UNITS[0]):
        assert pool.run(UNITS[:3]) == [result(unit) for unit in UNITS[:3]]
    else:
        with pytest.raises(DeterminismError, match=r"start=0, stop=4.*two different"):
            pool.run(UNITS[:3])


@pytest.mark.parametrize("news", [Lost("gone"), Failed("odd")])
def test_bad_news_of_a_unit_that_is_done_is_no_news(news: Reply) -> None:
    class Twice(Scripted):
        def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
            for reply in super().receive():
                yield reply
                yield from [(0, UNITS[0], news)] * MAX_LOSSES

    pool = Twice(1, lambda worker, unit, before: result(unit))
    assert pool.run(UNITS) == [result(unit) for unit in UNITS]


@pytest.mark.parametrize("second", [result(UNITS[0]), b"other"])
def test_two_results_of_a_unit_must_be_equal(second: bytes) -> None:
    class Twice(Scripted):
        def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
            for reply in super().receive():
                yield reply
                yield 0, UNITS[0], second

    pool = Twice(1, lambda worker, unit, before: result(unit))
    if second == result(UNITS[0]):
        assert pool.run(UNITS) == [result(unit) for unit in UNITS]
    else:
        with pytest.raises(DeterminismError, match="two different"):
            pool.run(UNITS)
    # Where machines may be mixed, the first one counts.
    pool = Twice(1, lambda worker, unit, before: result(unit))
    assert pool.run(UNITS, strict=False) == [result(unit) for unit in UNITS]


def test_a_run_without_any_result_ends() -> None:
    class Deaf(Scripted):
        def ready(self) -> list[int]:
            return []

    pool = Deaf(1, lambda worker, unit, before: None)
    with pytest.raises(ProgressError, match="got none for 51 s"):
        pool.run(UNITS)


@pytest.mark.parametrize(
    ("n_candidates", "smallest", "workers"),
    [(1, 8, 2), (16, 8, 2), (128, 8, 2), (128, 1, 3), (7, 3, 1)],
)
def test_a_job_is_cut_without_gap_or_overlap(
    n_candidates: int, smallest: int, workers: int
) -> None:
    units = cut(5, n_candidates, smallest, workers)
    assert [c for u in units for c in range(u.start, u.stop)] == list(range(n_candidates))
    assert {unit.job for unit in units} == {5}
    least = min(smallest, n_candidates // workers)
    assert all(unit.stop - unit.start >= least for unit in units[:-1])
    assert len(units) >= min(workers, n_candidates)  # nobody gets nothing


def test_units_shrink_so_that_workers_end_together() -> None:
    sizes = [unit.stop - unit.start for unit in cut(0, 128, 8, 2)]
    assert sizes[0] == 32
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) >= 4 * 2


def test_no_unit_is_larger_than_told() -> None:
    units = cut(0, 100, 4, 2, largest=8)
    assert max(unit.stop - unit.start for unit in units) == 8
    assert [c for u in units for c in range(u.start, u.stop)] == list(range(100))


# Copies of what takes long, and rounds.

SLOW = Unit(0, 0, 4)


class Timed(Scripted):
    """Workers that need as many seconds as the script says; None: for ever."""

    def __init__(self, workers: int, seconds: Callable[[int, Unit, int], float | None]) -> None:
        super().__init__(workers, lambda worker, unit, before: result(unit))
        self.seconds = seconds
        self.ends: dict[int, float] = {}

    def send(self, worker: int, unit: Unit) -> None:
        before = sum(sent == unit for _, sent in self.sent)
        super().send(worker, unit)
        seconds = self.seconds(worker, unit, before)
        self.ends[worker] = float("inf") if seconds is None else self.now + seconds

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        self.now += 1.0
        late, self.late = self.late, []
        yield from late
        for worker, (unit, reply) in list(self._busy.items()):
            if self.now >= self.ends[worker] and reply is not None:
                del self._busy[worker]
                yield worker, unit, reply


def test_an_idle_worker_gets_a_copy_of_what_takes_long() -> None:
    pool = Timed(2, lambda worker, unit, before: 1000 if unit == SLOW and not before else 1)
    dispatch = pool.dispatch(lease_s=2000.0)
    assert dispatch.run(UNITS) == [result(unit) for unit in UNITS]
    assert [unit for _, unit in pool.sent] == [*UNITS, SLOW]
    assert 100 < pool.now < 110  # a twentieth of the lease
    assert (dispatch.copies, dispatch.retries, pool.rebuilt) == (1, 0, [])


def test_no_copy_is_made_before_three_times_what_most_units_took() -> None:
    pool = Timed(2, lambda worker, unit, before: 100 if unit == SLOW and not before else 20)
    pool.run(UNITS, lease_s=100.0)
    assert [unit for _, unit in pool.sent] == [*UNITS, SLOW]
    assert pool.now == 60 + 20 + 1  # more than 3 · 20 s, and the copy's 20 s


def test_nothing_is_copied_twice_or_while_there_is_other_work() -> None:
    pool = Timed(3, lambda worker, unit, before: 300 if unit == SLOW else 1)
    assert pool.run(UNITS, lease_s=1000.0) == [result(unit) for unit in UNITS]
    assert [unit for _, unit in pool.sent] == [*UNITS, SLOW]


@pytest.mark.parametrize("second", [result(SLOW), b"other"])
def test_a_copy_that_ends_in_a_later_round_is_compared_all_the_same(second: bytes) -> None:
    pool = Timed(2, lambda worker, unit, before: 150 if unit == SLOW and not before else 1)
    dispatch = pool.dispatch(lease_s=2000.0)
    assert dispatch.run(UNITS) == [result(unit) for unit in UNITS]
    (slow,) = pool._busy
    pool._busy[slow] = (SLOW, second)
    pool.seconds = lambda worker, unit, before: 30  # the straggler ends meanwhile
    later = [unit._replace(round=1) for unit in UNITS]
    if second == result(SLOW):
        assert dispatch.run(UNITS) == [result(unit) for unit in later]
        assert slow in {worker for worker, unit in pool.sent if unit.round == 1}
    else:
        with pytest.raises(DeterminismError, match=r"stop=4, round=0.*two different"):
            dispatch.run(UNITS)


def test_a_copy_that_hangs_into_a_later_round_loses_its_worker_and_no_work() -> None:
    pool = Timed(2, lambda worker, unit, before: None if unit == SLOW and not before else 1)
    dispatch = pool.dispatch(lease_s=200.0)
    for number in range(60):
        own = [unit._replace(round=number) for unit in UNITS]
        assert dispatch.run(UNITS) == [result(unit) for unit in own]
    assert len(pool.rebuilt) == 1
    assert dispatch.retries == 0
    assert dispatch._cases.keys() == set(own)


def test_the_next_round_is_begun_while_one_is_not_done() -> None:
    pool = Timed(2, lambda worker, unit, before: 10 if unit == SLOW else 1)
    dispatch = pool.dispatch(lease_s=400.0)
    first = dispatch.begin(dispatch.round(UNITS))
    second = dispatch.begin(dispatch.round(UNITS))
    assert pool.sent == []  # until somebody waits
    assert dispatch.finish(first) == [result(unit) for unit in first]
    assert [unit for _, unit in pool.sent] == [*first, *second]  # while SLOW was lived
    now = pool.now
    assert dispatch.finish(second) == [result(unit) for unit in second]
    assert pool.now == now  # nothing was left to wait for


def test_what_is_urgent_goes_first() -> None:
    pool = Timed(1, lambda worker, unit, before: 1)
    dispatch = pool.dispatch()
    first = dispatch.begin(dispatch.round(UNITS))
    urgent = dispatch.begin(dispatch.round(UNITS[:1]), urgent=True)
    assert dispatch.finish(urgent) == [result(unit) for unit in urgent]
    assert dispatch.finish(first) == [result(unit) for unit in first]
    assert [unit for _, unit in pool.sent] == [*urgent, *first]


def test_a_loss_in_a_round_that_is_open_is_made_good() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        return Lost("gone") if unit.round == 1 and not before else result(unit)

    pool = Scripted(3, script)
    dispatch = pool.dispatch()
    first = dispatch.begin(dispatch.round(UNITS))
    second = dispatch.begin(dispatch.round(UNITS))
    assert dispatch.finish(first) == [result(unit) for unit in first]
    assert dispatch.finish(second) == [result(unit) for unit in second]
    assert dispatch.retries == len(UNITS) + 14  # each unit, and each candidate


def test_a_lost_copy_is_no_reason_to_wait() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        return Lost("gone") if unit == SLOW and before == 1 else result(unit)

    pool = Timed(2, lambda worker, unit, before: 30 if unit == SLOW and not before else 1)
    pool.script = script
    dispatch = pool.dispatch(lease_s=400.0)
    assert dispatch.run(UNITS) == [result(unit) for unit in UNITS]
    assert [unit for _, unit in pool.sent].count(SLOW) == 3
    assert 20 < pool.now < 30


def test_an_error_that_goes_away_is_called_nondeterministic(
    caplog: pytest.LogCaptureFixture,
) -> None:
    pool = Scripted(1, lambda w, unit, before: result(unit) if before else Failed("odd"))
    pool.run(UNITS[:1])
    assert "an error, and then none: nondeterministic" in caplog.messages[-1]


# Losses where there are several nodes.


def test_what_one_node_loses_three_times_is_tried_on_another() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        return Lost("gone") if unit == ONE and worker == 0 else result(unit)

    pool = Scripted(2, script, nodes=["bad", "good"])
    assert pool.run([ONE]) == [result(ONE)]
    assert [worker for worker, _ in pool.sent] == [0, 0, 1]


def test_what_two_nodes_lose_is_poison() -> None:
    pool = Scripted(2, lambda worker, unit, before: Lost("gone"), nodes=["one", "other"])
    with pytest.raises(ProgressError, match="got 3 lost workers"):
        pool.run([ONE])
    assert {worker for worker, _ in pool.sent} == {0, 1}


def test_what_one_node_loses_six_times_is_poison_though_others_are_there() -> None:
    class Alone(Scripted):
        def ready(self) -> list[int]:
            return [0] if 0 not in self._busy else []

    pool = Alone(2, lambda worker, unit, before: Lost("gone"), nodes=["one", "other"])
    with pytest.raises(ProgressError, match="got 6 lost workers"):
        pool.run([ONE])


# What the dispatcher itself costs.


def test_a_unit_with_a_longer_lease_does_not_hide_one_that_hangs() -> None:
    units = [ONE, UNITS[1], Unit(1, 0, 1)]
    lost, _, hangs = units

    def script(worker: int, unit: Unit, before: int) -> Reply | None:
        if unit == lost:
            return [Lost("gone"), None, result(unit)][before]
        return None if unit == hangs and not before else result(unit)

    pool = Scripted(2, script)
    assert pool.run(units) == [result(unit) for unit in units]
    # The lost one went to worker 0 first; before its lease of 10 s was over, a copy was done.
    assert pool.rebuilt == [1]
    assert 6 < pool.now < 10


def test_what_a_round_costs_does_not_grow_with_the_workers_or_with_what_is_to_do() -> None:
    def looks(workers: int) -> float:
        """Return how often the clock and units were looked at, per unit."""
        lives = Lives(1.0, 0.5, 10 * workers)
        pool, seen = Simulated(lives, workers, Costs(0.0001, 0.0001)), [0]

        def clock() -> float:
            seen[0] += 1
            return pool.now

        class Counted(Unit):
            def __eq__(self, other: object) -> bool:
                seen[0] += 1
                return tuple.__eq__(self, other)

            __hash__ = Unit.__hash__

        units = [Counted(0, k, k + 1) for k in range(lives.popsize)]
        Dispatch(pool, 1000.0, str, clock=clock).run(units)
        return seen[0] / len(units)

    assert looks(200) < 1.5 * looks(20)
