"""The task of pairs: what a life shows, which answers are right, and which trials count."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from metahebb.errors import InputError
from metahebb.modulators import PredictionError
from metahebb.networks import Rate
from metahebb.neurons import NEURONS
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Pairs
from metahebb.tasks.base import ScriptedLanes, Varied
from metahebb.tasks.trials.pairs import DMS, DNMS, FUNCTIONS, PAIRS, TRAINING
from metahebb.worker import GivenPoint, Plan, Setup, Worker

BOTH = np.arange(2)
TASK = Pairs(trials=12, counted=5)


def opened(task, bodies):
    lanes = task.lanes(2)
    lanes.reset(BOTH, (1, 2), np.array(bodies))
    return lanes


def answered(lanes, answers):
    """Live a trial in which every lane gives one answer, 1 or 0; return the result."""
    observations, _ = lanes.script(BOTH)
    outputs = np.where(np.array(answers), 0.5, -0.5)[:, None, None]
    shape = (2, observations.shape[1], 1)
    return lanes.finish(np.broadcast_to(outputs, shape).astype(np.float32), BOTH)


def test_functions_are_all_that_are_not_constant_and_training_leaves_two_out():
    assert set(FUNCTIONS) == {"".join(each) for each in itertools.product("01", repeat=4)} - {
        "0000",
        "1111",
    }
    assert {DMS, DNMS} == set(FUNCTIONS) - set(TRAINING)
    for first, second in zip(TRAINING, reversed(TRAINING), strict=True):
        assert all(one != other for one, other in zip(first, second, strict=True))
    same = [pair[0] == pair[1] for pair in PAIRS]
    assert [answer == "1" for answer in DMS] == same


def test_a_trial_shows_both_stimuli_one_after_the_other_and_then_asks():
    lanes = opened(TASK, (0, 1))
    for kind, pair in enumerate(PAIRS):
        (seen, _), (_, length) = lanes.script(BOTH)
        assert length == TASK.n_steps == 35
        for start, stimulus in ((0, pair[0]), (10, pair[1])):
            shown = [3.0, 0.0] if stimulus == "A" else [0.0, 3.0]
            np.testing.assert_array_equal(seen[start : start + 8], np.tile(shown, (8, 1)))
        assert not seen[8:10].any()
        assert not seen[18:].any()
        target = lanes.target(0)
        assert np.isnan(target[:25]).all()
        wanted = 0.8 if TASK.functions[0][kind] == "1" else -0.8
        np.testing.assert_allclose(target[25:], wanted)
        answered(lanes, (1, 1))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_body_of_a_life_says_which_answers_are_right(name):
    lanes = opened(TASK.on((name, "0001")), (0, 1))
    for answer in name:
        step = answered(lanes, (answer == "1", True))
        assert lanes.outcome(0).correct == 1.0
        assert step.reward[0] == pytest.approx(-0.3)
    for answer in name:
        step = answered(lanes, (answer == "0", True))
        assert lanes.outcome(0).correct == 0.0
        assert step.reward[0] == pytest.approx(-1.3)


def test_a_weak_answer_to_the_wrong_side_is_wrong():
    lanes = opened(TASK.on(("0001",)), (0, 0))
    lanes.finish(np.full((2, 35, 1), 0.1, np.float32), BOTH)
    assert lanes.outcome(0).correct == 0.0


def test_only_the_last_trials_count_and_are_measured():
    lanes = opened(TASK.on(("1110", "0001")), (0, 1))
    counted = np.zeros(2)
    for number in range(12):
        step = answered(lanes, (1, number >= 9))
        assert step.truncated.all() == (number == 11)
        counted += step.counted
        assert step.reward.all()
        if number < 7:
            assert not step.counted.any()
    # Of the last five trials, 7 to 11, the first lane fails at 7 and 11, which show BB.
    np.testing.assert_allclose(counted[0], (3 * -0.3 + 2 * -1.3) / 5)
    assert lanes.measures(0)["accuracy"] == pytest.approx(3 / 5)
    assert lanes.measures(0)["error"] == pytest.approx(-counted[0])
    assert TASK.return_range == (-1.8, 0.0)


def test_a_life_is_the_same_step_by_step_and_goes_on_from_what_was_saved():
    task = TASK.on(FUNCTIONS)
    assert isinstance(task, Varied)
    outputs = np.random.default_rng(0).uniform(-1, 1, (12, 2, 35, 1)).astype(np.float32)
    whole, stepped = opened(task, (3, 9)), opened(task, (3, 9))
    assert isinstance(whole, ScriptedLanes)
    for number, of_trial in enumerate(outputs):
        one = whole.finish(of_trial, BOTH)
        steps = [stepped.step(of_trial[:, step], BOTH) for step in range(35)]
        np.testing.assert_array_equal(one.counted, sum(each.counted for each in steps))
        np.testing.assert_array_equal(one.reward, steps[-1].reward)
        assert whole.measures(1) == stepped.measures(1)
        if number == 6:
            again = opened(task, (3, 9))
            again.restore(1, whole.saved(1))
        if number > 6:
            again.finish(of_trial[1:], BOTH[1:])
            assert again.outcome(1) == whole.outcome(1)
            assert again.measures(1) == whole.measures(1)


def test_a_network_learns_from_rewards_that_do_not_count():
    """Lives differ in the first trials only by learning, and the return sees it in the last."""
    network = Rate(
        (20,),
        RULES["gained_perturbation"].with_constants(eta=0.3),
        birth="coevolved",
        neuron=NEURONS["perturbed"].with_constants(tau=100.0, dt=20.0, amplitude=0.5, inside=0.0),
        plastic_senses=True,
    )
    task = Pairs(trials=40, counted=4)
    returns = []
    for scale in (0.0, 1.0):
        setup = replace(
            Setup.build(task, network, seed=0), modulator=PredictionError(scale=scale, warm_up=36)
        )
        genes = np.random.default_rng(0).normal(0, 0.3, (1, setup.genome.n_genes))
        with Worker(setup, 1) as worker:
            point, plan = GivenPoint(genes.astype(np.float32)), Plan(0, task.max_steps)
            unwarmed = replace(setup, modulator=PredictionError(scale=scale))
            (late,) = worker.evaluate(plan, point, range(1))
        with Worker(unwarmed, 1) as worker:
            (early,) = worker.evaluate(plan, point, range(1))
        returns.append((late["episode_return"], early["episode_return"]))
    assert returns[0][0] == returns[0][1]
    assert returns[1][0] != returns[1][1]
    assert all(-1.8 <= value <= 0 for pair in returns for value in pair)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"functions": ()}, "expected functions .*, got none; write for example 0001"),
        ({"functions": ("012",)}, "expected functions as four digits .*, got '012'; write"),
        ({"functions": ("0012",)}, "expected functions as four digits .*, got '0012'; write"),
        ({"counted": 13}, "expected counted from 1 to the number of trials, 12 .*, got 13"),
        ({"target": 0.0}, "expected a target above 0 and at most 1 .*, got 0.0"),
        ({"wait": 15.0}, "expected wait to be a number of whole steps of 20 ms .*, got 15 ms"),
    ],
)
def test_what_cannot_be_is_refused(fields, message):
    with pytest.raises(InputError, match=message):
        replace(TASK, **fields)
