"""What a model says that a run costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metahebb.evolution.backends.pace import SENDING_S
from metahebb.evolution.config import SearchConfig
from metahebb.runs.config import RunConfig, Stage
from metahebb.runs.cost import Speed, makespan, possible_steps
from metahebb.runs.presets import preset
from metahebb.tasks import Reversal

NONE = np.zeros(0, np.int64)


def test_possible_steps_are_counted_stage_by_stage() -> None:
    ant = preset("ant")  # popsize 500, one body for 250 steps, then two for 400 and for 1000
    each = [504 * 250, 1004 * 400, 1004 * 1000]
    assert possible_steps(ant, 0, 150) == 150 * each[0]
    assert possible_steps(ant, 149, 151) == each[0] + each[1]
    assert possible_steps(ant, 0, 600) == 150 * each[0] + 150 * each[1] + 300 * each[2]
    assert possible_steps(ant, 590, 700) == 110 * each[2]
    assert possible_steps(ant, 5, 5) == 0


def test_possible_steps_are_those_that_plans_give() -> None:
    run = RunConfig(
        task=Reversal(),
        schedule=(Stage(0, 10), Stage(7, 30)),
        search=SearchConfig("xnes", popsize=6),
        episodes=3,
    )
    plans = [run.plan(generation) for generation in range(12)]
    # A dense search watches no center.
    steps = sum(6 * plan.lives_per_candidate * plan.max_steps for plan in plans)
    assert possible_steps(run, 0, 12) == steps
    seeded = replace(run, search=SearchConfig(popsize=6), center_lives=2)
    assert possible_steps(seeded, 0, 12) == steps + sum(2 * plan.max_steps for plan in plans)


def test_a_lane_whose_life_ends_takes_the_next_one() -> None:
    assert makespan(np.array([5, 3, 2, 2]), 2) == 7  # 5 + 2, beside 3 + 2
    assert makespan(np.array([5, 3]), 16) == 5
    assert makespan(np.array([], np.int64), 4) == 0
    assert makespan(np.full(40, 10), 4) == 100


def test_what_is_taken_from_sums_is_close_to_what_lanes_do() -> None:
    lengths = np.minimum(np.random.default_rng(0).geometric(0.01, 513), 250)
    simulated = makespan(lengths[:512], 8)  # one life more, and sums have to do
    assert makespan(lengths, 8) == pytest.approx(simulated, rel=0.03)
    assert makespan(lengths, 8) >= lengths.sum() / 8


def test_threads_share_lives_and_pay_each_sweep() -> None:
    speed = Speed(sweep_s=1.0, step_s=0.1, birth_s=10.0)
    lengths = np.full(8, 50)
    assert speed.sweep(4) == pytest.approx(1.4)
    assert speed.seconds(lengths, lanes=4) == pytest.approx(100 + 0.1 * 400 + 80)
    assert speed.seconds(lengths, lanes=4, threads=2) == pytest.approx(50 + 0.1 * 200 + 40)


def test_workers_wait_for_the_last_call() -> None:
    speed = Speed(sweep_s=0.0, step_s=1e-3, birth_s=0.0)
    lengths = np.full(500, 1000)  # a life takes a second
    one = speed.workers_s(lengths, 1, NONE, 1, 1)
    assert one == pytest.approx(500, rel=0.01)
    # 50 workers get 10 lives each. With 60, calls of eight leave three of them for a second round.
    assert speed.workers_s(lengths, 1, NONE, 16, 50) == pytest.approx(10, rel=0.01)
    assert speed.workers_s(lengths, 1, NONE, 16, 60) == pytest.approx(16, rel=0.01)
    # The lives of the center are a call of their own, behind all others.
    center = np.full(4, 1000)
    assert speed.workers_s(lengths, 1, center, 16, 50) == pytest.approx(14, rel=0.01)
    # No worker is idle for long where a call is a single life.
    assert speed.workers_s(lengths, 1, NONE, 1, 60) == pytest.approx(500 / 60, rel=0.2)


def test_a_driver_that_cannot_send_fast_enough_holds_workers_up() -> None:
    speed = Speed(sweep_s=0.0, step_s=1e-6, birth_s=0.0)
    lengths = np.full(1000, 10)
    assert speed.workers_s(lengths, 1, NONE, 1, 500) >= 500 * SENDING_S
