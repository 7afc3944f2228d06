"""The dispatcher, over workers that do as the script of a test says."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

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

    def __init__(self, workers: int, script: Script) -> None:
        self.workers, self.script = workers, script
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

    def run(self, units: list[Unit], lease_s: float = 5.0, strict: bool = True) -> list[bytes]:
        return Dispatch(self, lease_s, str, strict, clock=lambda: self.now).run(units)


UNITS = [Unit(0, 0, 4), Unit(0, 4, 8), Unit(1, 0, 4), Unit(1, 4, 6)]


def result(unit: Unit) -> bytes:
    return repr(unit).encode()


def test_results_come_in_the_order_of_units() -> None:
    pool = Scripted(3, lambda worker, unit, before: result(unit))
    assert pool.run(UNITS) == [result(unit) for unit in UNITS]
    assert sorted(unit for _, unit in pool.sent) == UNITS  # each once


def test_a_lost_unit_is_sent_again_before_the_rest() -> None:
    def script(worker: int, unit: Unit, before: int) -> Reply:
        return Lost("gone") if unit == UNITS[0] and before < MAX_LOSSES - 1 else result(unit)

    pool = Scripted(1, script)
    assert pool.run(UNITS) == [result(unit) for unit in UNITS]
    assert [unit for _, unit in pool.sent] == [UNITS[0]] * MAX_LOSSES + UNITS[1:]


def test_a_unit_that_loses_each_worker_ends_the_run() -> None:
    pool = Scripted(2, lambda w, unit, n: Lost("gone") if unit == UNITS[1] else result(unit))
    with pytest.raises(ProgressError, match=r"start=4, stop=8.*gone; poisoned work"):
        pool.run(UNITS)
    assert sum(unit == UNITS[1] for _, unit in pool.sent) == MAX_LOSSES


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
    assert pool.run(UNITS[:1]) == [result(UNITS[0])]
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
    assert pool.now == 4.0 * (1 + 4 + 1)


def test_an_answer_after_the_lease_counts_if_it_is_the_first() -> None:
    class Late(Scripted):
        def rebuild(self, worker: int) -> None:
            super().rebuild(worker)
            self.late = [(worker, UNITS[0], b"late")]

    pool = Late(1, lambda worker, unit, before: None)
    assert pool.run(UNITS[:1]) == [b"late"]
    assert pool.rebuilt == [0]


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
    assert all(unit.stop - unit.start >= smallest for unit in units[:-1])


def test_units_shrink_so_that_workers_end_together() -> None:
    sizes = [unit.stop - unit.start for unit in cut(0, 128, 8, 2)]
    assert sizes[0] == 32
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) >= 4 * 2
