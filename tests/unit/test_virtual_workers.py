"""Virtual workers: real messages and the pool of a run, over lives that are sleep."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from metahebb.bench.local_ray import local_ray, virtual_workers
from metahebb.bench.scale.lives import SENT, Lives
from metahebb.bench.scale.measured import calibrate, measure
from metahebb.bench.scale.schedule import Plan
from metahebb.evolution.backends.dispatch import Dispatch, Unit

pytestmark = [pytest.mark.ray, pytest.mark.slow]


@pytest.fixture(scope="module", autouse=True)
def _ray() -> Iterator[None]:
    with local_ray(2):
        yield


def test_results_are_what_each_candidate_has_slept() -> None:
    lives = Lives(0.01, 0.5, 30)
    units = [Unit(2, start, start + 3) for start in range(0, 30, 3)]
    with virtual_workers(lives, 4) as pool:
        assert len(pool.pids) == 4
        assert len(set(pool.pids.values())) == 1  # of one process
        results = Dispatch(pool, 60.0, str).run(units)
    slept = np.frombuffer(b"".join(results), SENT)["episode_return"]
    np.testing.assert_array_equal(slept, lives.of(2))


@pytest.mark.parametrize("delay", [0, 1])
def test_no_generation_is_faster_than_its_lives(delay: int) -> None:
    plan = Plan(Lives(0.05, 0.5, 48), 6, delay, generations=2, update_s=0.1)
    measured = measure(plan)
    lived = measured.lived
    assert 0.05 < lived.efficiency <= 1
    assert len(lived.generation_s) == 2
    assert sum(lived.generation_s) >= 2 * plan.update_s
    if not delay:
        least = [plan.lives.of(g).sum() / plan.workers + plan.update_s for g in (1, 2)]
        assert all(took > bound for took, bound in zip(lived.generation_s, least, strict=True))
    assert 0 < measured.driver_s < 0.05


def test_a_calibration_takes_a_call_apart() -> None:
    costs, driver_s = calibrate(8, 200)
    assert 0 < costs.send_s <= costs.call_s(8) < 0.1
    assert 0 < costs.pending_s < costs.call_s(8)
    assert costs.latency_s < 0.1
    assert 0 < driver_s < 0.05
