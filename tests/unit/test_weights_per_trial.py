"""Weights that are per trial: no trial builds on the ones before it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metahebb.genomes import Genome, GivenGenes
from metahebb.life import Life, Lockstep
from metahebb.networks import FeedForward, Recurrent, Sparse
from metahebb.noise import Key, Stream
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.runs.config import RunConfig
from metahebb.runs.serial import from_json, to_json
from metahebb.tasks import Association

ONE = np.array([0])
BIRTH = Key(2, Stream.BIRTH)
TRACE = RULES["plastic_trace"].with_constants(base=1.0, gate=0.0)
REMEMBERING = Recurrent((8,), TRACE, Bounds("none"), birth="coevolved")
NETWORKS = {
    "trace": REMEMBERING,
    "bounded": FeedForward((8,), RULES["abcd_lr"], Bounds("max_abs")),
    "sparse": replace(REMEMBERING, topology=Sparse(density=0.5)),
}
TASK = Association(trials=6)


def born(network):
    slots = network.slots(TASK.n_observations, TASK.n_outputs)
    genome = Genome.direct(slots)
    genes = np.random.default_rng(0).normal(0, 0.7, genome.n_genes).astype(np.float32)
    lanes = network.lanes(TASK.n_observations, TASK.n_outputs, 1)
    lanes.born(0, genome, GivenGenes(genes), BIRTH)
    return lanes, genome, genes


def trial(number, seed=0):
    return TASK.trial(number, np.random.default_rng((seed, number)))


def lived(lanes, number):
    """Live a trial, then begin the next one; return the outputs."""
    observations = trial(number).observations[None]
    outputs = lanes.act_through(observations, np.array([observations.shape[1]]), ONE)
    lanes.flush(ONE)
    lanes.begin_trial(ONE)
    return outputs


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("per_trial", [True, False])
def test_a_trial_is_the_same_whatever_was_before_it(name, per_trial):
    network = replace(NETWORKS[name], weights_per_trial=per_trial)
    (late, *_), (first, *_) = born(network), born(network)
    at_birth = late.weights(0)
    for number in range(4):
        lived(late, number)
    same = [np.array_equal(*pair) for pair in zip(at_birth, late.weights(0), strict=True)]
    assert all(same) == per_trial
    assert np.array_equal(lived(late, 4), lived(first, 4)) == per_trial


def test_weights_change_within_a_trial_and_a_next_life_has_its_own():
    lanes, genome, genes = born(replace(REMEMBERING, weights_per_trial=True))
    at_birth = lanes.weights(0)
    observations = trial(0).observations[None]
    lanes.act_through(observations, np.array([observations.shape[1]]), ONE)
    assert (lanes.weights(0)[0] != at_birth[0]).any()
    lanes.born(0, genome, GivenGenes(-genes), BIRTH)
    lived(lanes, 1)
    np.testing.assert_array_equal(lanes.weights(0)[0], -at_birth[0])


class Outputs:
    """An observer that notes the outcome of each trial."""

    def __init__(self):
        self.seen = []

    def observe_step(self, moment, step):
        if step.trial_over[0]:
            self.seen.append(moment.task.outcome(0))


@pytest.mark.parametrize("watched", [True, False])
def test_a_life_of_evolution_consists_of_trials_that_could_stand_alone(watched):
    lanes, genome, genes = born(replace(REMEMBERING, weights_per_trial=True))
    seed = 5
    outcomes = []
    for number in range(6):
        alone, *_ = born(REMEMBERING)
        its = TASK.trial(number, np.random.default_rng((seed, number)))
        length = np.array([len(its.observations)])
        outputs = alone.act_through(its.observations[None], length, ONE)
        outcomes.append(TASK.judge(outputs[0], its))
    task = TASK.lanes(1)

    class Seeded:
        """The lanes of the task with a seed of this test's own."""

        def __getattr__(self, name):
            return getattr(task, name)

        def reset(self, which, seeds, bodies):
            task.reset(which, [seed], bodies)

    lockstep = Lockstep(genome, lanes, Seeded(), 1)
    life = Life(0, GivenGenes(genes), BIRTH, Key(1, Stream.ENVIRONMENT), 0, TASK.max_steps)
    observer = Outputs()
    (result,) = lockstep.live(iter([life]), observers=[observer] if watched else [])
    if watched:
        np.testing.assert_equal(
            [tuple(each) for each in observer.seen], [tuple(each) for each in outcomes]
        )
    assert result.episode_return == pytest.approx(sum(each.reward for each in outcomes))


def test_a_config_without_the_field_is_one_of_before():
    config = RunConfig(task=TASK, network=REMEMBERING)
    data = to_json(config)
    assert "weights_per_trial" not in data["network"]
    assert from_json(RunConfig, data, "config") == config
    fresh = replace(config, network=replace(REMEMBERING, weights_per_trial=True))
    assert from_json(RunConfig, to_json(fresh), "config") == fresh
