"""The model of many workers: what is known without it, and what virtual workers have shown."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from metahebb.bench.rows import scale as scale_rows
from metahebb.bench.scale.found import Scale, slowest_update
from metahebb.bench.scale.lives import Lives
from metahebb.bench.scale.model import Costs, Simulated, predict
from metahebb.bench.scale.schedule import Plan, live
from metahebb.evolution.backends.dispatch import Lost, Reply, Unit
from metahebb.runs.serial import from_json

FREE = Costs(0.0, 0.0)
TYPICAL = Costs(0.0002, 0.0002, 0.0, 1e-6, 0.001)
MEASURED = Path(__file__).parents[1] / "golden" / "scale.json"


@pytest.fixture(scope="module")
def found() -> Scale:
    """Return what virtual workers have shown, and the model said, when it was stored."""
    stored: Scale = from_json(Scale, json.loads(MEASURED.read_text()))
    return stored


def test_durations_are_lognormal_and_a_function_of_seed_generation_and_candidate() -> None:
    lives = Lives(2.0, 0.5, 20_000)
    drawn = lives.of(3)
    assert drawn.mean() == pytest.approx(2.0, rel=0.02)
    assert drawn.std() / drawn.mean() == pytest.approx(0.5, rel=0.05)
    np.testing.assert_array_equal(lives.seconds(3, 777, 790), drawn[777:790])
    assert not np.isclose(lives.of(4)[:5], drawn[:5]).any()
    assert not np.isclose(replace(lives, seed=1).of(3)[:5], drawn[:5]).any()


@pytest.mark.parametrize(("popsize", "workers"), [(8, 4), (9, 4), (40, 7), (3, 5), (64, 64)])
def test_equal_lives_without_costs_come_in_rows(popsize: int, workers: int) -> None:
    lived = predict(Plan(Lives(1.0, 0.0, popsize), workers, batch=1), FREE)
    rows = math.ceil(popsize / workers)
    assert lived.generation_s == pytest.approx((rows, rows))
    assert lived.efficiency == pytest.approx(popsize / (workers * rows))


def test_workers_wait_for_the_update_where_generations_wait_for_each_other() -> None:
    plan = Plan(Lives(1.0, 0.0, 40), 10, update_s=1.0, batch=1)
    assert predict(plan, FREE).efficiency == pytest.approx(4 / 5)


def test_a_slow_dispatcher_sends_no_more_calls_than_it_can() -> None:
    costs = Costs(0.01, 0.02)
    lived = predict(Plan(Lives(0.001, 0.5, 500), 100, batch=1), costs)
    assert lived.generation_s == pytest.approx((500 * 0.03,) * 2, rel=0.01)
    assert costs.call_s(100) == pytest.approx(0.03)


def test_latency_and_pending_calls_are_paid_for() -> None:
    plan = Plan(Lives(1.0, 0.0, 12), 4, batch=1)
    # Three calls one after the other; the last of four replies of a row are asked for at once.
    assert predict(plan, Costs(0, 0, 0, 0, 0.25)).generation_s == pytest.approx((3.75, 3.75))
    assert predict(plan, Costs(0, 0, 0, 0.05)).generation_s == pytest.approx((3.6, 3.6))


@pytest.mark.parametrize("cv", [0.1, 0.5])
@pytest.mark.parametrize("workers", [10, 100, 400])
def test_a_delay_never_costs_time(workers: int, cv: float) -> None:
    plan = Plan(Lives(1.0, cv, 800), workers, generations=4, update_s=0.2)
    synchronous, delayed = (predict(replace(plan, delay=d), TYPICAL) for d in (0, 1))
    assert synchronous.efficiency < delayed.efficiency <= 1


def test_pace_and_cut_decide_the_calls_of_the_model() -> None:
    assert predict(Plan(Lives(0.01, 0.1, 4000), 10), TYPICAL).calls < 2000
    assert predict(Plan(Lives(0.01, 0.1, 4000), 10, batch=1), TYPICAL).calls == 8000


class Watched(Simulated):
    """Notes what happens in which order."""

    def __init__(self, *told: object) -> None:
        super().__init__(*told)  # type: ignore[arg-type]
        self.events: list[tuple[str, int]] = []

    def send(self, worker: int, unit: Unit) -> None:
        self.events.append(("sent", unit.job))
        super().send(worker, unit)

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        for worker, unit, reply in super().receive():
            self.events.append(("done", unit.job))
            yield worker, unit, reply

    def wait(self, seconds: float) -> None:
        self.events.append(("moved", -1))
        super().wait(seconds)


@pytest.mark.parametrize("delay", [0, 1])
def test_a_generation_is_sent_when_the_center_it_is_sampled_around_has_moved(delay: int) -> None:
    plan = Plan(Lives(1.0, 0.9, 60), 20, delay, generations=3, batch=1)
    pool = Watched(plan.lives, plan.workers, TYPICAL)
    live(plan, pool, pool.clock, pool.wait)
    done: list[int] = []
    moved, sent, ahead = 0, [], 0
    for event, generation in pool.events:
        if event == "done":
            done.append(generation)
        elif event == "moved":
            assert done.count(moved) == plan.lives.popsize  # all of it is in
            moved += 1
        else:
            sent.append(generation)
            assert moved >= max(generation - delay, min(generation, 1))
            ahead += generation > moved
    assert sent == sorted(sent)  # those of the earlier generation first
    assert (ahead > 0) == bool(delay)


class Losing(Simulated):
    """Loses the first call of every tenth candidate."""

    def __init__(self, *told: object) -> None:
        super().__init__(*told)  # type: ignore[arg-type]
        self.lost: set[Unit] = set()

    def receive(self) -> Iterable[tuple[int, Unit, Reply]]:
        for worker, unit, reply in super().receive():
            first = unit not in self.lost and not unit.start % 10
            self.lost |= {unit} if first else set()
            yield worker, unit, Lost("gone") if first else reply


def test_what_is_lost_is_lived_once_more_and_takes_time() -> None:
    plan = Plan(Lives(1.0, 0.1, 60), 20, delay=1, generations=2, batch=1)
    pool = Losing(plan.lives, plan.workers, TYPICAL)
    lived = live(plan, pool, pool.clock, pool.wait)
    assert len(pool.lost) >= 4 * 6  # of each generation that ended
    assert sum(lived.generation_s) > sum(predict(plan, TYPICAL).generation_s)


def test_the_model_says_what_virtual_workers_have_shown(found: Scale) -> None:
    """Costs of one run, efficiencies of others: measured on one machine, and stored."""
    assert len(found.held_out) >= 18
    errors, idle = [], []
    for run in found.held_out:
        lived = predict(run.plan, found.costs)
        errors.append(lived.efficiency / run.measured.efficiency - 1)
        if run.plan.workers * found.call_s < run.plan.lives.mean_s / 2:
            idle.append(errors[-1])  # the dispatcher was, for half of the time
    assert abs(np.median(errors)) < 0.05
    assert len(idle) >= 12
    assert max(map(abs, idle)) < 0.03
    assert max(map(abs, errors)) < 0.1


def test_the_band_is_of_the_largest_errors_either_way(found: Scale) -> None:
    low, high = found.band(0.9)
    assert low == pytest.approx(0.9 / (1 + max(0, *found.errors)))
    assert low <= 0.9 <= high <= 1
    assert {(e.plan.workers, e.plan.delay, e.plan.lives.cv) for e in found.goals()} == {
        (1000, 0, 0.1),
        (1000, 1, 0.5),
    }


def test_the_slowest_update_just_meets_the_goal(found: Scale) -> None:
    synchronous = found.goals()[0]
    update_s = slowest_update(synchronous, 0.9)
    lived = predict(replace(synchronous.plan, update_s=update_s), found.costs)
    assert lived.efficiency == pytest.approx(0.9, abs=0.001)


def test_the_rows_tell_what_was_found(found: Scale, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scale_rows, "find", lambda lanes, quick, say: found)
    rows = {row.row: row for row in scale_rows.rows(2, 16)}
    two = rows["scale, two real workers"]
    assert two.ratio == pytest.approx(np.median(found.two_efficiency))
    error = rows["scale, error of the model"]
    assert error.low == pytest.approx(100 * min(found.errors))
    for each in found.goals():
        (row,) = (
            r for name, r in rows.items() if "1,000" in name and f"cv {each.plan.lives.cv}" in name
        )
        assert (row.ratio, row.goal) == (each.model.efficiency, ">= 0.9")
        assert row.low < row.ratio <= row.high
