"""The actor-critic: gradients, what stays fixed, learning, resuming, and bad input."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from small_choices import DIFFERENT, FIXATE, SAME, Match, lesson

from metahebb.errors import InputError, ProgressError
from metahebb.learning.actor_critic import ActorCritic
from metahebb.noise import Key, Stream
from metahebb.tasks import Bandit, Locomotion
from metahebb.tasks.base import TaskError
from metahebb.tasks.trials.dnms import Dnms

SMALL = ActorCritic(n_units=12, critic_units=8, batch=8, p0=0.5)
QUICK = ActorCritic(n_units=50, critic_units=50, p0=0.2)


def bits(pupil):
    """Return all saved numbers of ``pupil`` as bytes, by name."""
    return {name: array.tobytes() for name, array in pupil.saved().items()}


def shares(outcomes):
    """Return which part of trials had a decision, and which part of decisions was right."""
    right = [each.correct for each in outcomes if each.choice >= 0]
    return len(right) / len(outcomes), float(np.mean(right or [0.0]))


def test_a_delayed_match_is_learned():
    pupil = QUICK.pupil(lesson(Match(), 1))
    decided, right = shares(pupil.live(640))
    assert decided < 0.8  # most of the first trials have no decision
    assert right < 0.6
    pupil.live(9600)
    lived = pupil.test(640, seed=5)
    decided = lived.outcomes.choice >= 0
    assert decided.mean() > 0.98
    assert lived.outcomes.correct[decided].mean() > 0.95


def test_a_running_mean_teaches_when_to_choose_too():
    pupil = replace(QUICK, baseline="running_mean").pupil(lesson(Match(), 1))
    before, _ = shares(pupil.live(640))
    pupil.live(1920)
    after, _ = shares(pupil.live(640))
    assert before < 0.8
    assert after > 0.9
    assert not any(name.startswith("critic") for name in pupil.weights())


def test_without_a_bias_to_fixate_the_decision_is_never_reached():
    # A policy that draws all actions alike survives ten steps of fixation with the chance 3^-10.
    # An abort costs as much as no decision, so that nothing speaks for waiting.
    task = Match(delay=8)
    without = replace(QUICK, fixation_bias=0.0).pupil(lesson(task, 1))
    assert shares(without.live(1920))[0] < 0.01
    with_bias = QUICK.pupil(lesson(task, 1))
    with_bias.live(1920)
    assert shares(with_bias.live(640))[0] > 0.8


def test_masked_synapses_stay_zero_and_all_others_change():
    pupil = SMALL.pupil(lesson(Match(), 3))
    before = pupil.weights()
    pupil.live(80)
    after = pupil.weights()
    for name in ("state", "update", "reset"):
        exist = before[f"policy_recurrent_{name}"] != 0
        np.testing.assert_array_equal(exist.sum(1), 6)
        changed = after[f"policy_recurrent_{name}"] != before[f"policy_recurrent_{name}"]
        np.testing.assert_array_equal(changed, exist)
        assert (before[f"critic_recurrent_{name}"] != 0).all()
    assert before["policy_readout"].shape == (3, 12)
    assert before["critic_input_state"].shape == (8, 12 + 3)


def test_a_resumed_pupil_goes_on_to_the_same_bits_with_any_number_of_threads():
    task = Match(trials=7)  # lives end between and within the two parts
    whole, part = SMALL.pupil(lesson(task, 4)), SMALL.pupil(lesson(task, 4))
    all_outcomes = whole.live(160)
    first = part.live(80)
    saved = part.saved()
    part.live(8)  # what follows the saving must not matter
    threads = torch.get_num_threads()
    torch.set_num_threads(3)
    try:
        resumed = SMALL.pupil(lesson(task, 4))
        resumed.restore(saved)
        assert str(first + resumed.live(80)) == str(all_outcomes)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(threads)
    assert bits(resumed) == bits(whole)
    assert bits(part) != bits(whole)


def test_a_resumed_running_mean_goes_on_to_the_same_bits():
    learner = replace(SMALL, baseline="running_mean")
    whole, resumed = learner.pupil(lesson(Match(), 4)), learner.pupil(lesson(Match(), 4))
    whole.live(16)
    resumed.restore(whole.saved())
    assert str(whole.live(16)) == str(resumed.live(16))
    assert bits(whole) == bits(resumed)


def test_a_seed_gives_its_own_network_and_trials():
    one, other = SMALL.pupil(lesson(Match(), 4)), SMALL.pupil(lesson(Match(), 5))
    assert str(one.live(16)) != str(other.live(16))
    assert not np.array_equal(
        one.weights()["policy_input_state"], other.weights()["policy_input_state"]
    )


def test_a_test_is_not_noticed_and_depends_on_its_seed():
    pupil, undisturbed = SMALL.pupil(lesson(Match(), 4)), SMALL.pupil(lesson(Match(), 4))
    pupil.live(8)
    undisturbed.live(8)
    lived = pupil.test(13, seed=4)
    again, other = pupil.test(13, seed=4), pupil.test(13, seed=6)
    np.testing.assert_array_equal(lived.rates, again.rates)
    assert not np.array_equal(lived.rates, other.rates)
    assert str(pupil.live(8)) == str(undisturbed.live(8))


def test_tested_trials_hold_each_step_and_nan_behind_the_end():
    lived = SMALL.pupil(lesson(Match(), 4)).test(13, seed=4)
    assert len(lived) == 13
    n_steps = lived.lengths.max()
    assert lived.observations.shape == (13, n_steps, 3)
    assert lived.outputs.shape == (13, n_steps, 3)
    assert lived.rates.shape == (13, n_steps, 12)
    behind = np.arange(n_steps) >= lived.lengths[:, None]
    assert behind.any()
    for array in (lived.observations, lived.outputs, lived.rates):
        np.testing.assert_array_equal(
            np.isnan(array), np.repeat(behind[:, :, None], array.shape[2], 2)
        )
    np.testing.assert_allclose(lived.outputs[~behind].sum(1), 1, atol=1e-6)
    np.testing.assert_allclose(np.nansum(lived.rewards, 1), lived.outcomes.reward)
    assert np.isnan(lived.targets).all()
    assert lived.kinds == ("same", "different")
    assert lived.choices[SAME] == "same"
    assert set(lived.outcomes.choice) <= {-1, SAME, DIFFERENT}
    assert FIXATE == 0  # the bias is that of output 0
    assert set(lived.outcomes.conditions) == {"delay"}


def test_trials_without_a_judge_have_reward_kind_and_choice():
    pupil = SMALL.pupil(lesson(Bandit(max_steps=6), 2))
    outcomes = pupil.live(80)  # more than one life on each lane
    assert {each.kind for each in outcomes} == {0, 1}
    assert {each.reward for each in outcomes} == {-1.0, 1.0}
    assert {each.choice for each in outcomes} == {0, 1}
    assert len(pupil.test(3, seed=1)) == 3
    with pytest.raises(InputError, match=r"can be saved between trials, got bandit; give its"):
        pupil.saved()


def test_rewards_that_explode_are_named():
    class Rich(Match):
        def lanes(self, n):
            lanes = super().lanes(n)
            plain = lanes.step
            lanes.step = lambda *args: (r := plain(*args))._replace(reward=r.reward * 1e38)
            return lanes

    with pytest.raises(ProgressError, match=r"gradient of the .*; choose a lower learning_rate"):
        SMALL.pupil(lesson(Rich(), 1)).live(80)


def test_a_task_without_trials_is_refused():
    with pytest.raises(InputError, match=r"a task with trials for the actor-critic, got .*; use"):
        ActorCritic().pupil(lesson(Locomotion(), 0))


def test_a_task_with_a_continuous_output_is_refused():
    with pytest.raises(InputError, match=r"one output for each choice .*, got dnms with 1 output"):
        ActorCritic().pupil(lesson(Dnms(dt=100), 0))


def test_outputs_that_are_no_answers_are_refused():
    class Reach(Match):
        choices = ()

    class Ring(Match):
        choices = tuple("abcdefgh")

    for task, n in ((Reach(), 0), (Ring(), 8)):
        with pytest.raises(InputError, match=rf"got match with 3 outputs and {n} choices; use"):
            ActorCritic().pupil(lesson(task, 0))


def test_steps_longer_than_the_time_constant_are_refused():
    with pytest.raises(InputError, match=r"at most tau, 50 ms \(actor-critic\), got 100 ms .*"):
        ActorCritic(tau=50).pupil(lesson(Match(), 0))


def test_numbers_of_a_task_that_are_not_finite_are_named():
    class Broken(Match):
        def lanes(self, n):
            lanes = super().lanes(n)
            plain = lanes.step

            def step(outputs, which):
                result = plain(outputs, which)
                result.nonfinite[which == 3] = True
                return result

            lanes.step = step
            return lanes

    with pytest.raises(TaskError, match=r"finite .* on lane 3 of the task match; mend") as raised:
        SMALL.pupil(lesson(Broken(), 1)).live(8)
    assert raised.value.lane == 3


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"batch": 0}, r"expected batch to be at least 1 \(actor-critic\), got 0"),
        ({"p0": 0.0}, "expected p0 to be above 0 and at most 1"),
        ({"learning_rate": -1.0}, "expected learning_rate to be above 0"),
        ({"sigma2": float("nan")}, "expected sigma2 to be at least 0"),
        ({"entropy": -0.1}, "expected entropy to be at least 0"),
        ({"baseline": "learnt"}, "did you mean 'learned'"),
    ],
)
def test_a_value_out_of_range_is_refused(values, message):
    with pytest.raises(InputError, match=message):
        ActorCritic(**values)


def test_a_number_of_trials_is_a_multiple_of_the_batch():
    with pytest.raises(InputError, match="multiple of the batch, 8, got 12; use 16"):
        SMALL.pupil(lesson(Match(), 0)).live(12)


def test_the_stream_of_learning_never_changes():
    assert Stream.LEARNING == 10
    assert Key(0, Stream.LEARNING).stream == 10
