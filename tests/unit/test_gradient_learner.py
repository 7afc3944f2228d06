"""The gradient as a teacher: the same bits from the same seed, resume, records, bad input."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
import torch

from metahebb.errors import InputError, ProgressError
from metahebb.learning.base import Lesson
from metahebb.learning.gradient import Gradient
from metahebb.networks import FeedForward, Gated, Recurrent, Sparse
from metahebb.neurons.neuron import neuron
from metahebb.plasticity import Bounds
from metahebb.plasticity.rules import RULES
from metahebb.tasks import Association, Bandit, Recall
from metahebb.tasks.trials.base import Trial
from metahebb.tasks.trials.dnms import Dnms

TRACE = RULES["plastic_trace"]
NETWORK = Recurrent((10,), TRACE, Bounds("none"), birth="coevolved", output="linear")
LEARNER = Gradient(batch=4, modulator="given")


def pupil(seed=0, task=None, network=NETWORK, learner=LEARNER, **start):
    return learner.pupil(Lesson(task or Recall(), network, seed, coefficients=start))


def equal(one, other):
    assert one.keys() == other.keys()
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name], err_msg=name)


@pytest.mark.parametrize("modulator", ["given", "own"])
def test_same_seed_same_bits_and_another_seed_others(modulator):
    learner = Gradient(batch=4, modulator=modulator)
    one, same, other = (pupil(seed, learner=learner) for seed in (1, 1, 2))
    first = one.live(12)
    torch.manual_seed(99)
    assert same.live(12) == first
    equal(one.saved(), same.saved())
    assert other.live(12) != first
    at_once = pupil(1, learner=learner)
    for _ in range(3):
        at_once.live(4)
    equal(one.saved(), at_once.saved())


def test_resume_goes_on_to_the_same_bits():
    whole, stopped = pupil(), pupil()
    whole.live(20)
    stopped.live(8)
    saved = stopped.saved()
    stopped.live(4)  # what was saved is a copy
    resumed = pupil()
    resumed.restore(saved)
    assert resumed.live(12)[-4:] == pupil_after(whole, saved)
    equal(whole.saved(), resumed.saved())


def pupil_after(whole, saved):
    again = pupil()
    again.restore(saved)
    outcomes = again.live(12)
    equal(again.saved(), whole.saved())
    return outcomes[-4:]


def test_a_test_disturbs_nothing_and_fresh_trials_are_of_their_seed():
    tested, plain = pupil(), pupil()
    record = tested.test(6, seed=4)
    assert tested.live(8) == plain.live(8)
    equal(tested.saved(), plain.saved())
    assert record.outputs.shape == (6, 10, 6)
    assert record.rates.shape == (6, 10, 10)
    np.testing.assert_array_equal(record.observations, pupil(7).test(6, seed=4).observations)
    assert not np.array_equal(record.observations, pupil().test(6, seed=5).observations)
    np.testing.assert_allclose(record.rewards[:, -1], record.outcomes.reward, rtol=1e-6)
    assert not record.rewards[:, :-1].any()
    wanted = np.abs(record.outputs - record.targets)[:, -1].mean(1)
    np.testing.assert_allclose(record.outcomes.error, wanted, rtol=1e-5)


def test_threads_are_as_before_and_do_not_matter():
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        one = pupil()
        one.live(4)
        one.test(1, 0)
        assert torch.get_num_threads() == 2
        torch.set_num_threads(1)
        other = pupil()
        other.live(4)
        equal(one.saved(), other.saved())
    finally:
        torch.set_num_threads(threads)


@dataclass(frozen=True)
class Uneven(Association):
    """Trials of two lengths, with a target in their last step."""

    def trial(self, number, rng):
        trial = super().trial(number, rng)
        if number % 2:
            return trial
        return Trial(trial.observations[2:], trial.target[2:], trial.kind)


def test_trials_of_several_lengths_are_lived_together():
    learner = Gradient(batch=4)
    network = Recurrent((10,), RULES["static"])
    one = pupil(task=Uneven(), network=network, learner=learner)
    record = one.test(4, seed=0)
    assert record.lengths.tolist() == [6, 8, 6, 8]
    assert np.isnan(record.outputs[0, 6:]).all()
    assert np.isnan(record.rewards[0, 6:]).all()
    assert np.isfinite(record.outputs[1]).all()
    assert np.isfinite(record.targets[0, 5]).all()
    alone = pupil(task=Uneven(), network=network, learner=Gradient(1)).test(1, seed=0)
    np.testing.assert_allclose(alone.outputs[0], record.outputs[0, :6], rtol=0, atol=1e-6)
    one.live(8)
    assert np.isfinite(one.loss)


def test_every_parameter_learns_and_a_coefficient_has_the_start_that_was_set():
    learner = Gradient(batch=4, modulator="own", spread=0.0)
    one = pupil(task=Association(), learner=learner, rate=0.3)
    before = one.saved()
    rate = before["parameter hidden_1 to hidden_1: rate"]
    np.testing.assert_allclose((1 + np.tanh(rate)) / 2, 0.3, rtol=1e-5)
    one.live(40)
    for name, value in one.saved().items():
        if name.startswith("parameter"):
            assert (value != before[name]).any(), name


def test_a_step_of_the_learner_is_that_of_adam():
    one = pupil(learner=Gradient(batch=4, modulator="given", max_norm=0, learning_rate=0.02))
    before = one.saved()
    one.live(4)
    for name, value in one.saved().items():
        if name.startswith("exp_avg ") and (value != 0).any():
            part = name.removeprefix("exp_avg ")
            moved = one.saved()[f"parameter {part}"] - before[f"parameter {part}"]
            strong = np.abs(value) > 1e-5
            np.testing.assert_allclose(moved[strong], -0.02 * np.sign(value[strong]), rtol=1e-2)


def test_the_gradient_is_shortened_to_its_largest_norm():
    learner = Gradient(batch=4, modulator="given", max_norm=1e-3)
    one = pupil(learner=learner)
    one.live(4)
    moments = [v for name, v in one.saved().items() if name.startswith("exp_avg ")]
    norm = np.sqrt(sum(float(np.square(each / 0.1).sum()) for each in moments))
    assert norm == pytest.approx(1e-3, rel=1e-3)


def test_weights_that_explode_end_the_training_in_one_line_and_nothing_is_lost():
    one = pupil()
    one.live(4)
    saved = one.saved()
    broken = {name: value.copy() for name, value in saved.items()}
    broken["parameter hidden_1 to outputs: birth"][:] = 1e30
    one.restore(broken)
    with pytest.raises(ProgressError, match="trials 4 to 7; use a smaller learning_rate") as caught:
        one.live(4)
    assert "\n" not in str(caught.value)
    equal(one.saved(), broken)
    one.restore(saved)
    one.live(4)


@neuron
def kicked(drive, /, post):
    """Rules see the drive in the place of the output."""
    return np.tanh(drive), drive


BAD_NETWORKS = {
    "normalization": (dict(normalization=Bounds("clip")), "expected normalization of none"),
    "birth": (dict(birth="uniform"), "expected birth of coevolved for a gradient, .*got uniform"),
    "every": (dict(update_every=2), "expected update_every of 1"),
    "window": (dict(update_window=3), "expected update_window of 1"),
    "topology": (dict(topology=Sparse(0.5)), "expected topology of dense"),
    "neuron": (dict(neuron=kicked), "expected a neuron whose output rules see.*got kicked"),
    "scale": (dict(observation_scale=(1.0, 2.0)), "observation_scale to have 13 numbers.*got 2"),
}


@pytest.mark.parametrize("case", BAD_NETWORKS)
def test_networks_that_cannot_be_differentiated_are_refused_in_one_line(case):
    changes, message = BAD_NETWORKS[case]
    settings = dict(normalization=Bounds("none"), birth="coevolved") | changes
    with pytest.raises(InputError, match=message) as caught:
        pupil(network=Recurrent((5,), TRACE, **settings))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Gradient(batch=0), "expected batch of at least 1, got 0"),
        (lambda: Gradient(learning_rate=-1), "expected a learning_rate above 0, got -1"),
        (lambda: Gradient(learning_rate=float("nan")), "expected a learning_rate above 0"),
        (lambda: Gradient(max_norm=-1), "expected a max_norm of at least 0, got -1"),
        (lambda: Gradient(spread=float("inf")), "expected a spread of at least 0, got inf"),
        (lambda: Gradient(modulator="gven"), "expected a modulator among .*did you mean 'given'"),
        (lambda: Gradient(plastic="rec"), "expected a plastic among all, recurrent, got 'rec'"),
        (lambda: pupil(task=Bandit()), "expected a task whose trials have targets .* got bandit"),
        (
            lambda: pupil(network=FeedForward((5,), TRACE, Bounds("none"), "coevolved")),
            "expected recurrent synapses for the rule plastic_trace, got a network without any",
        ),
        (lambda: pupil(network=Gated()), "expected a network that is a graph of populations"),
        (lambda: pupil(task=Dnms()), "expected a task that gives a modulator, got dnms"),
        (lambda: pupil(learner=Gradient()), "expected a modulator for rule plastic_trace"),
        (
            lambda: pupil(network=Recurrent((5,), RULES["abcd"], Bounds("none"), "coevolved")),
            "expected a rule that reads a modulator, got abcd",
        ),
        (
            lambda: pupil(learner=Gradient(modulator="own"), rat=0.3),
            "expected a coefficient of rule 'plastic_trace' among gain, rate, got 'rat'; did you",
        ),
        (
            lambda: pupil(learner=Gradient(modulator="own"), rate=2.0),
            "expected a start of rate between 0 and 1, got 2",
        ),
        (lambda: pupil().live(6), "multiple of 4, the size of a batch, got 6"),
        (lambda: pupil().test(0, seed=1), "expected at least 1 trial for a test, got 0"),
        (
            lambda: pupil().restore(pupil(task=Association(), learner=Gradient(modulator="own"))
                                    .saved()),
            "expected the saved arrays of a pupil with the same network",
        ),
    ],
)  # fmt: skip
def test_bad_input_is_refused_in_one_line(make, message):
    with pytest.raises(InputError, match=message) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_a_task_without_a_target_in_any_step_is_refused():
    @dataclass(frozen=True)
    class Blank(Association):
        def trial(self, number, rng):
            trial = super().trial(number, rng)
            return trial._replace(target=np.full_like(trial.target, np.nan))

    with pytest.raises(InputError, match="expected a target in some steps of trials 0 to 3"):
        pupil(task=Blank(), learner=Gradient(4, modulator="own")).live(4)
