"""Rules, learning and evolution share their code: what must be the same life is the same life."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from metahebb.genomes import Shared
from metahebb.learning.base import Lesson
from metahebb.learning.lifetime import Lifetime, genes_of
from metahebb.modulators import PredictionError, Reward
from metahebb.networks import FeedForward, Recurrent
from metahebb.networks.rate import Rate
from metahebb.neurons import NEURONS
from metahebb.plasticity import rule
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Dnms, SerialReversal
from metahebb.worker import GivenPoint, Plan, SearchPoint, Setup, Worker

TASK = Dnms(dt=20.0, trials=24)
PERTURBED = NEURONS["perturbed"].with_constants(dt=20.0)
ERROR = PredictionError(scale_by_mean=True, warm_up=4)


@rule
def generic(pre, post, trace, modulator, /, eta, *, decay=1.0, limit=3e-4):
    """Δw = clip(η·m·E), with E ← decay·E + S and S = pre·post, in other words than the rule's."""
    eligible = pre * post + trace * decay
    return np.maximum(np.minimum(modulator * eta * eligible, limit), -limit), eligible - trace


def lesson_of(network, coefficients, task=TASK, modulator=ERROR, seed=3):
    return Lesson(task, network, seed, modulator, coefficients)


def test_node_perturbation_is_the_generic_hebbian_rule_with_the_kick_as_post():
    networks = (
        Rate((20,), each, neuron=PERTURBED) for each in (RULES["node_perturbation"], generic)
    )
    pupils = [Lifetime().pupil(lesson_of(network, {"eta": 0.01})) for network in networks]
    perturbed, hebbian = pupils
    (first,) = hebbian.weights().values()
    for _ in range(12):
        for pupil in pupils:
            lanes = pupil._lanes
            observations, lengths = lanes.task.script(np.array([0]))
            lanes.network.act_through(observations, lengths, np.array([0]))
        (one,), (other,) = (pupil._lanes.network.traces(0) for pupil in pupils)
        assert one.any()
        np.testing.assert_array_equal(one, other)
        for pupil in pupils:  # lives the trial once more, with other kicks
            pupil._lanes.network.begin_trial(np.array([0]))
        assert perturbed.live(1) == hebbian.live(1)
        (one,), (other,) = (pupil.weights().values() for pupil in pupils)
        np.testing.assert_array_equal(one, other)
    assert (other != first).any()


@pytest.mark.parametrize("name", ["node_perturbation", "supralinear"])
def test_an_eta_of_zero_is_the_static_network(name):
    neuron = NEURONS["perturbed" if name == "node_perturbation" else "deviating"]
    network = Rate((20,), RULES[name], neuron=neuron.with_constants(dt=20.0))
    still, frozen, learning = (
        Lifetime().pupil(lesson_of(network, {"eta": eta})) for eta in (0.0, 0.1, 0.1)
    )
    frozen._lanes.network.gains[0] = 0
    (first,) = still.weights().values()
    outcomes = still.live(16)
    assert outcomes == frozen.live(16)
    for pupil in (still, frozen):
        np.testing.assert_array_equal(pupil.weights()["layer 1"], first)
    assert outcomes != learning.live(16)
    assert (learning.weights()["layer 1"] != first).any()


class Outcomes:
    """An observer that notes the outcome of each trial of the first lane."""

    def __init__(self):
        self.seen = []

    def observe_step(self, moment, step):
        if step.trial_over is not None and step.trial_over[0]:
            self.seen.append(moment.task.outcome(0))


GATED = {"A": 0.8, "B": 0.1, "C": -0.2, "D": 0.05, "eta": 0.5}
LESSONS = [
    lesson_of(Rate((20,), neuron=PERTURBED), {"eta": 0.01}),
    lesson_of(Recurrent((6,), RULES["reward_abcd"]), GATED, modulator=Reward()),
    lesson_of(
        FeedForward((), RULES["reward_abcd"]), GATED, SerialReversal(trials=60), Reward()
    ),
]  # fmt: skip


@pytest.mark.parametrize("given", [True, False])
@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.network.label)
def test_learning_and_evolution_of_the_same_rule_and_seed_live_the_same_life(lesson, given):
    maps = {"coefficients": Shared(rules=1, across=True)}
    setup = Setup.build(lesson.task, lesson.network, lesson.seed, maps=maps)
    setup = replace(setup, modulator=lesson.modulator)
    genes = genes_of(lesson)
    point = SearchPoint(genes, np.zeros_like(genes), mirrored=True)
    if given:
        point = GivenPoint(genes[None])
    plan, watching = Plan(0, lesson.task.max_steps), Outcomes()
    (whole,) = Worker(setup, 1).evaluate(plan, point, range(1))  # in whole trials
    (watched,) = Worker(setup, 1).evaluate(plan, point, range(1), [watching])
    assert whole == watched
    pupil = Lifetime().pupil(lesson)
    outcomes = pupil.live(lesson.task.trials)
    np.testing.assert_equal(
        [tuple(each) for each in outcomes], [tuple(each) for each in watching.seen]
    )
    assert sum(each.reward for each in outcomes) == pytest.approx(whole["episode_return"])
    assert pupil._lanes.task.measures(0) == {
        measure.name: whole[measure.name] for measure in lesson.task.measures
    }


# With C = −A/2, what is learned of one cue is unlearned for the other one, and the sensor that is
# always 1 does not mix them up. One mistake is enough to change a choice.
SERIAL = {"A": 1.0, "B": 0.0, "C": -0.5, "D": 0.0, "eta": 2.0}


@pytest.mark.parametrize("seed", range(3))
def test_rewarded_choices_follow_every_reversal(seed):
    """With coefficients by hand; who is not rewarded guesses."""
    network = FeedForward((), RULES["reward_abcd"])
    task = SerialReversal(trials=2000)
    accuracies = []
    for modulator in (Reward(), Reward(scale=0.0)):
        pupil = Lifetime().pupil(lesson_of(network, SERIAL, task, modulator, seed))
        outcomes = pupil.live(1000)
        accuracies.append(pupil._lanes.task.measures(0)["settled"])
        settled = [each.correct for each in outcomes if each.conditions[0] >= task.settle]
        assert np.mean(settled) == pytest.approx(accuracies[-1])
    assert accuracies[0] >= 0.95
    assert 0.4 <= accuracies[1] <= 0.6
