"""What tasks measure beside the return, and how it gets into outcomes."""

from __future__ import annotations

import numpy as np
import pytest
from toys import Toy, ToyLanes, TwoMeasures

from metahebb.errors import InputError
from metahebb.evolution.backends.base import Job
from metahebb.evolution.backends.in_process import InProcess
from metahebb.networks import FeedForward
from metahebb.tasks import Bandit, CarRacing, GymTask, Locomotion, Measure, Reversal
from metahebb.tasks.base import Moving, Task, TaskError
from metahebb.worker import Plan, SearchPoint, Setup, Worker, all_lives, outcome_of, plain, spare

TASKS = {
    "ant": (Locomotion("ant"), 25),
    "cart": (GymTask("CartPole-v1"), 17),
    "reversal": (Reversal(), 41),
    "bandit": (Bandit(), 41),
    "car": (CarRacing(), 25),
}
"""Tasks, and the bytes that travel back of a life in them."""
PLAN = Plan(1, 12, bodies=(0, 1))


def setup_and_point(task: Task) -> tuple[Setup, SearchPoint]:
    """Return a set-up of the task, and a point whose candidates differ."""
    setup = Setup.build(task, FeedForward((4,)), seed=2)
    n = setup.genome.n_genes
    return setup, SearchPoint(np.zeros(n, np.float32), np.full(n, 0.3, np.float32), mirrored=True)


@pytest.mark.parametrize("name", TASKS)
def test_lanes_give_what_their_task_says_that_it_measures(name: str) -> None:
    task, size = TASKS[name]
    assert outcome_of(task).itemsize == size
    lanes, first = task.lanes(1), np.zeros(1, np.intp)
    lanes.reset(first, [3], first)
    assert list(lanes.measures(0)) == [measure.name for measure in task.measures]
    if isinstance(task, Moving):
        assert task.way in task.measures


def test_only_what_a_probe_can_change_is_compared() -> None:
    assert [m.name for m in Bandit().measures if m.compared] == ["before", "after"]


@pytest.mark.parametrize("adds_up", [False, True])
def test_outcomes_hold_each_measure_of_each_life(adds_up: bool) -> None:
    setup, point = setup_and_point(TwoMeasures())
    plan = Plan(1, 12, bodies=(0, 1), adds_up=adds_up)
    backend = InProcess(setup, threads=2, lanes=3)
    (outcomes,) = backend.evaluate([Job(plan, point, 9)])
    backend.close()
    outcomes = plain(outcomes)
    assert outcomes.dtype == outcome_of(setup.task)
    lives = all_lives(setup, PLAN, point, range(9))
    results = sorted(Worker(setup, 1).live(iter(lives)), key=lambda result: result.unit)
    for name in ("distance", "fourth"):
        wanted = [result.measures[name] for result in results]
        np.testing.assert_array_equal(outcomes[name], wanted)
    short = outcomes["steps"] < 4
    assert 0 < short.sum() < short.size
    np.testing.assert_array_equal(np.isnan(outcomes["fourth"]), short)


def test_the_return_is_that_of_a_task_without_measures() -> None:
    more, point = setup_and_point(TwoMeasures())
    none, _ = setup_and_point(Toy(measures=()))
    with_, without = (Worker(s, 2).evaluate(PLAN, point, range(4)) for s in (more, none))
    for name in without.dtype.names:
        np.testing.assert_array_equal(with_[name], without[name])


class Broken(TwoMeasures):
    """A task that cannot begin."""

    def lanes(self, n: int) -> None:
        raise ValueError("no floor")


def test_of_a_candidate_that_ranks_worst_no_measure_is_known() -> None:
    setup, point = setup_and_point(Broken())
    outcomes = spare(setup, 2, PLAN, point, range(1))
    for name in ("episode_return", "distance", "fourth"):
        assert np.isnan(outcomes[name]).all()


def test_a_measure_cannot_be_called_like_what_every_outcome_has() -> None:
    for names in (("steps",), ("observed",), ("way", "way")):
        task = Toy(measures=tuple(map(Measure, names)))
        with pytest.raises(InputError, match=rf"a name of its own .* got '{names[0]}' twice"):
            Setup.build(task, FeedForward((4,)), seed=2)


@pytest.mark.parametrize("given", [{}, {"way": None}, {"way": "far"}])
def test_a_task_that_does_not_give_what_it_measures_is_told(given: dict[str, object]) -> None:
    setup, point = setup_and_point(Toy(measures=(Measure("way", "m"),)))
    backend = InProcess(setup, threads=1)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ToyLanes, "measures", lambda lanes, lane: given)
        with pytest.raises(TaskError, match=r"a number for each measure .* \(way\), got \{"):
            backend.evaluate([Job(PLAN, point, 2)])
    backend.close()
